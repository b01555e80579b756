import { parseDuration } from '../../core/expressions/durations.js';
import { AssetQueries } from '../../queries/asset-queries.service.js';
import { dryRun } from '../../plan/dry-run.js';
import { OutboxService, type OwedDocument } from '../../push/outbox.service.js';
import { PushService } from '../../push/push.service.js';
import { UndoService } from '../../push/undo.service.js';
import { missing, usage, type ExitCode } from '../failures.js';
import { renderDeadLetter, renderDeadLetters, renderLog, renderMarkdown, renderOwed, renderTargetNotes, renderTargets } from '../render/push.js';
import { count, plain } from '../render/text.js';
import { failedLookUp, type Session } from '../session.js';
import type { Options, Run } from '../verb.js';
import { numberOf } from './reviews.js';

const DEFAULT_PATIENCE_MS = 10_000;

export const push: Run = async (session, [names], options) => {
  const { out } = session;
  const targets = names as string[];
  if (options['markdown'] && !options['dryRun']) throw usage('--markdown belongs to --dry-run');
  if (options['dryRun']) return dry(session, targets, options['markdown'] === true);
  const patienceMs = patienceOf(options);
  return session.write(async (app) => {
    for (const name of targets) await mustBeTarget(session, name, app.engine.config.sources.map((source) => source.name));
    const report = await app.get(PushService).push({ targets, patienceMs, onProgress: ({ target, counts }) => void out.show(`${target}: ${counts.verified + counts.normalised + counts.created} written, ${counts.failed} failed …`) });
    await out.clearStatus();
    if (out.json) await out.document(report);
    else if (report.targets.length === 0) await out.talk('no source is a target: `push: { enabled: true }` makes it one');
    else await out.line(renderTargets(report.targets, out.style));
    const notes = renderTargetNotes(report.targets, out.talkStyle);
    if (notes !== '') await out.talk(notes);
    return report.targets.some(({ status, counts }) => status === 'failed' || counts.failed > 0) || session.signal.aborted ? 1 : 0;
  });
};

function patienceOf(options: Options): number {
  const text = options['patience'] as string | undefined;
  const ms = text === undefined ? DEFAULT_PATIENCE_MS : parseDuration(text);
  if (ms === undefined) throw usage(`--patience takes a duration such as 30s or 5m, not "${plain(text ?? '')}"`);
  return ms;
}

const mustBeTarget = (session: Session, name: string, known: readonly string[]): Promise<string> => session.oneOf('source', name, known);

async function dry(session: Session, targets: readonly string[], markdown: boolean): Promise<ExitCode> {
  const { out } = session;
  return session.interruptible<ExitCode>(async () => {
    const ports = await session.engineOptions();
    for (const name of targets) await mustBeTarget(session, name, ports.config.sources.map((source) => source.name));
    const owed = await dryRun(ports, targets);
    await out.clearStatus();
    if (out.json) await out.document({ formatVersion: 1, owed });
    else if (markdown) await out.line(renderMarkdown(owed));
    else if (owed.length > 0) await out.line(renderOwed(owed, out.style));
    if (!out.json && !markdown) await out.talk(owed.length === 0 ? 'no target is owed anything.' : `${count(owed.filter(({ state }) => state === 'owed').length, 'asset')} would be written; nothing was.`);
    return 0;
  });
}

async function setPaused(session: Session, name: string, work: (service: OutboxService) => Promise<void>, paused: boolean): Promise<void> {
  const { out } = session;
  await session.write(async (app) => {
    await session.oneOf('source', name, app.engine.config.sources.map((source) => source.name), 1);
    await work(app.get(OutboxService));
    if (out.json) await out.document({ formatVersion: 1, target: name, paused });
    else await out.line(`${plain(name)} ${paused ? 'is written nothing until `lockstep push resume`; what it is owed stays' : 'is written to again'}`);
  });
}
export const pause: Run = (session, [name], options) => setPaused(session, name as string, (service) => service.pause(name as string, options['reason'] as string), true);
export const resume: Run = (session, [name]) => setPaused(session, name as string, (service) => service.resume(name as string), false);

export const outbox: Run = async (session, _args, options) => session.read(async (app) => {
  const { out } = session;
  const limit = (options['limit'] as number | undefined) ?? (out.json ? Infinity : 100);
  const shown: OwedDocument[] = [];
  let all = 0;
  for await (const owed of app.get(OutboxService).list({ ...(options['target'] !== undefined && { target: options['target'] as string }), ...(options['state'] !== undefined && { state: options['state'] as string }) })) {
    if (all++ >= limit) continue;
    if (out.json) await out.document(owed);
    else shown.push(owed);
  }
  if (shown.length > 0) await out.line(renderOwed(shown, out.style));
  if (!out.json) await out.talk(all === 0 ? 'no target is owed anything.' : all > shown.length ? `the first ${shown.length} of ${all}; --limit shows more` : count(all, 'debt'));
});

export const log: Run = async (session, [reference], options) => session.read(async (app) => {
  const { out } = session;
  const found = await app.get(AssetQueries).lookUp(reference as string);
  if (found.kind !== 'one') throw failedLookUp(reference as string, found);
  const attempts = await app.get(OutboxService).attempts(found.asset.state.id, options['limit'] as number);
  if (out.json) for (const attempt of attempts) await out.document(attempt);
  else if (attempts.length > 0) await out.line(renderLog(attempts, out.style));
  else await out.talk('nothing has been written for it.');
});

export const deadLetters: Run = async (session, _args, options) => session.read(async (app) => {
  const { out } = session;
  const letters: OwedDocument[] = [];
  for await (const letter of app.get(OutboxService).list({ state: 'dead', ...(options['target'] !== undefined && { target: options['target'] as string }) })) {
    if (out.json) await out.document(letter);
    else letters.push(letter);
  }
  if (letters.length > 0) await out.line(renderDeadLetters(letters, out.style));
  else if (!out.json) await out.talk('no push gave up.');
});

export const deadLetter: Run = async (session, [id]) => session.read(async (app) => {
  const { out } = session;
  const letter = await app.get(OutboxService).deadLetter(numberOf(id as string, 'a dead letter'));
  if (!letter) throw missing(`there is no dead letter ${plain(id)}`, 'see `lockstep dead-letters list`');
  if (out.json) await out.document(letter);
  else await out.line(renderDeadLetter(letter, out.style));
});

export const replay: Run = async (session, [ids], options) => {
  const { out } = session;
  const numbers = (ids as string[]).map((id) => numberOf(id, 'a dead letter'));
  const target = options['target'] as string | undefined;
  const ways = [numbers.length > 0, target !== undefined, options['all'] === true].filter(Boolean).length;
  if (ways !== 1) throw usage(ways === 0 ? 'nothing was chosen' : 'letters, --target and --all exclude one another', 'name letters by their numbers, or give --target NAME, or --all');
  return session.write(async (app) => {
    const result = await app.get(OutboxService).replay(numbers.length > 0 ? numbers : 'all', target);
    if (out.json) await out.document(result);
    else await out.line(`${count(result.replayed, 'letter')} owed again${result.settled > 0 ? `, ${result.settled} had settled meanwhile` : ''}: \`lockstep push\` delivers now, the next sync does too`);
  });
};

export const cure: Run = async (session, [id], options) => session.write(async (app) => {
  const { out } = session;
  const result = await app.get(OutboxService).cure(numberOf(id as string, 'a dead letter'), options['record'] as string, options['reason'] as string);
  if (out.json) await out.document(result);
  else await out.line(`${plain(result.record)} is ${result.asset} from now on`);
});

export const discard: Run = async (session, [ids], options) => {
  const { out } = session;
  const numbers = (ids as string[]).map((id) => numberOf(id, 'a dead letter'));
  await session.confirm(`leave the target of ${count(numbers.length, 'letter')} as it is`, options['yes'] === true);
  return session.write(async (app) => {
    const result = await app.get(OutboxService).discard(numbers, options['reason'] as string);
    if (out.json) await out.document(result);
    else await out.line(`${count(result.discarded, 'letter')} thrown away`);
  });
};

export const undoPush: Run = async (session, [id], options) => {
  const { out } = session;
  await session.confirm(`write the old values back of ${plain(id)}`, options['yes'] === true);
  return session.write(async (app) => {
    const report = await app.get(UndoService).push(id as string, options['reason'] as string);
    if (out.json) await out.document(report);
    else {
      await out.line(`${count(report.undone.length, 'record')} as before`);
      for (const { record, because } of report.left) await out.talk(`  left: ${plain(record)}: ${plain(because, 300)}`);
    }
    return report.left.length > 0 ? 1 : 0;
  });
};
