import { parseDuration } from '../../core/expressions/durations.js';
import { DecisionService, type DecisionResult } from '../../decisions/decision.service.js';
import { AssetQueries } from '../../queries/asset-queries.service.js';
import type { App } from '../../app.module.js';
import { usage } from '../failures.js';
import { count, plain } from '../render/text.js';
import { failedLookUp, type Session } from '../session.js';
import type { Run } from '../verb.js';

/** The asset that is meant, by the same rules as for reading. */
async function idOf(app: App, reference: string): Promise<string> {
  const found = await app.get(AssetQueries).lookUp(reference);
  if (found.kind === 'one') return found.asset.state.id;
  throw failedLookUp(reference, found);
}

/** Asked before the database is held: nobody waits for a person who thinks. */
async function confirmed(session: Session, yes: unknown, references: readonly string[], question: string): Promise<void> {
  if (yes) return;
  await session.confirmable(question);
  await session.read(async (app) => { for (const reference of references) await idOf(app, reference); });
  await session.confirm(question, false);
}

async function told({ out }: Session, what: string, result: DecisionResult): Promise<void> {
  if (out.json) return out.document(result);
  await out.line(`${what}: ${result.assets.join(', ')}`);
  const { created, updated, merged, retired } = result.changed;
  await out.talk(`${count(updated, 'asset')} changed, ${created} created, ${merged} merged away, ${retired} retired.`);
}

export const merge: Run = async (session, [first, others], options) => {
  const references = [first as string, ...(others as string[])];
  await confirmed(session, options['yes'], references, `merge ${references.map((each) => plain(each)).join(' and ')} into one asset`);
  return session.write(async (app) => {
    const ids: string[] = [];
    for (const reference of references) ids.push(await idOf(app, reference));
    const result = await app.get(DecisionService).merge(ids, { reason: options['reason'] as string });
    const isOne = result.assets.length === 1;
    await told(session, isOne ? 'one asset now' : 'still several assets', result);
    if (isOne) return 0;
    await session.out.talk('the decision is kept, but records of them contradict one another: `lockstep assets explain` and `lockstep reviews list` say where');
    return 1;
  });
};

export const split: Run = async (session, [reference, records], options) => {
  await confirmed(session, options['yes'], [reference as string], `part ${count((records as string[]).length, 'record')} from ${plain(reference)}`);
  return session.write(async (app) => told(session, 'assets now', await app.get(DecisionService).split(await idOf(app, reference as string), records as string[], { reason: options['reason'] as string })));
};

export const override: Run = async (session, [reference, attribute, value], options) => {
  const reason = options['reason'] as string;
  if (options['release']) {
    if (value !== undefined || options['until'] !== undefined) throw usage('--release takes neither a value nor --until');
    return session.write(async (app) => told(session, 'released', await app.get(DecisionService).release(await idOf(app, reference as string), attribute as string, { reason })));
  }
  if (value === undefined) throw usage('a value is missing', 'give the value to pin ("" says that it is known to be empty), or --release');
  const until = untilOf(options['until'] as string | undefined, session.io.clock.now());
  return session.write(async (app) => told(session, 'pinned', await app.get(DecisionService).override(await idOf(app, reference as string), attribute as string, value as string, { reason, ...(until !== undefined && { until }) })));
};

export const transition: Run = async (session, [reference, stage], options) => {
  await confirmed(session, options['yes'], [reference as string], `move ${plain(reference)} to ${plain(stage)}`);
  return session.write(async (app) => told(session, plain(stage), await app.get(DecisionService).transition(await idOf(app, reference as string), stage as string, { reason: options['reason'] as string, ...(options['evidence'] !== undefined && { evidence: options['evidence'] as string }) })));
};

export const hold: Run = async (session, [reference, name], options) => session.write(async (app) => {
  const lift = options['lift'] === true;
  return told(session, lift ? `${plain(name)} hold lifted` : `under a ${plain(name)} hold`, await app.get(DecisionService).hold(await idOf(app, reference as string), name as string, { reason: options['reason'] as string, lift }));
});

const DAY_MS = 86_400_000;

/** A day ends with its last instant, in UTC. */
export function untilOf(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const duration = parseDuration(text);
  if (duration !== undefined) return now + duration;
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const at = isDay || /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
  // `2027-02-30` reads as the second of March: no day that anybody meant.
  if (Number.isNaN(at) || (isDay && new Date(at).toISOString().slice(0, 10) !== text)) throw usage(`--until takes a day (2027-01-31), an instant (2027-01-31T18:00:00Z) or a duration (30d), not "${text}"`);
  return isDay ? at + DAY_MS : at;
}
