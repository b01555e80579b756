import { OperationQueries } from '../../queries/operation-queries.service.js';
import { checkSources, DiscoveryUnavailableError, discoverSource, PauseService } from '../../sources/source.service.js';
import { readWebhookStatus } from '../../webhooks/status.js';
import { missing } from '../failures.js';
import { checkSummary, findingLine, type CheckedSource } from '../render/check.js';
import { renderSource, renderSources } from '../render/operations.js';
import { renderWebhook } from '../render/webhook.js';
import { plain } from '../render/text.js';
import type { Session } from '../session.js';
import type { Run } from '../verb.js';

/** Says each finding as it comes: a source that hangs must not hide what is known of the others. */
export const check: Run = async (session, [names]) => session.interruptible(async () => {
  const { out } = session;
  const ports = await session.engineOptions();
  for (const name of names as string[]) await session.oneOf('source', name, ports.config.sources.map((source) => source.name));
  const checked = new Map<string, { source: string; ok: boolean; findings: CheckedSource['findings'][number][] }>();
  const wanted = ports.config.sources.filter(({ name }) => names.length === 0 || (names as string[]).includes(name));
  for (const { name } of wanted) checked.set(name, { source: name, ok: true, findings: [] });
  let last = '';
  await out.show(`asking ${wanted.map(({ name }) => name).join(', ')} …`);
  for await (const { source, finding } of checkSources(ports, names as string[])) {
    const entry = checked.get(source) as { ok: boolean; findings: CheckedSource['findings'][number][] };
    entry.findings.push(finding);
    if (finding.outcome === 'failed') entry.ok = false;
    if (out.json) continue;
    if (source !== last) await out.line(`${last === '' ? '' : '\n'}${out.style.bold(plain(source))}`);
    last = source;
    await out.line(findingLine(finding, out.style));
  }
  const sources = [...checked.values()];
  const ok = sources.every((source) => source.ok) && !session.signal.aborted;
  if (out.json) await out.document({ formatVersion: 1, ok, sources });
  else await out.talk(checkSummary(sources));
  return ok ? 0 : 1;
});

export const discover: Run = async (session, [name]) => session.interruptible(async () => {
  const { out } = session;
  const ports = await session.engineOptions();
  await session.oneOf('source', name as string, ports.config.sources.map((source) => source.name));
  await out.show(`asking ${String(name)} …`);
  const report = await discoverSource(ports, name as string).catch((error: unknown) => {
    throw error instanceof DiscoveryUnavailableError ? missing(error.message) : error;
  });
  if (out.json) await out.document(report);
  else await out.data(report.yaml);
  if (report.unmapped.length > 0) await out.talk(`${report.unmapped.length} values of status fields have no life cycle stage: they stand first in their stream`);
});

export const list: Run = async (session) => session.read(async (app) => {
  const { out, io } = session;
  const sources = await app.get(OperationQueries).sources();
  if (out.json) for (const source of sources) await out.document(source);
  else await out.line(renderSources(sources, io.clock.now(), out.style));
});

export const show: Run = async (session, [name]) => session.read(async (app) => {
  const { out, io } = session;
  const sources = await app.get(OperationQueries).sources();
  await session.oneOf('source', name as string, sources.map((source) => source.name), 1);
  const source = sources.find((each) => each.name === name);
  if (!source) throw missing(`there is no source "${plain(name)}"`);
  const webhook = await readWebhookStatus(app.engine, source.name);
  if (out.json) await out.document({ formatVersion: 1, ...source, webhook: webhook ?? null });
  else await out.line([renderSource(source, io.clock.now(), out.style), ...(webhook ? ['', renderWebhook(webhook, io.clock.now(), out.style)] : [])].join('\n'));
});

async function setPaused(session: Session, name: string, work: (service: PauseService) => Promise<void>, paused: boolean): Promise<void> {
  const { out } = session;
  await session.write(async (app) => {
    await session.oneOf('source', name, app.engine.config.sources.map((source) => source.name), 1);
    await work(new PauseService(app.engine));
    if (out.json) await out.document({ formatVersion: 1, source: name, paused });
    else await out.line(`${plain(name)} is ${paused ? 'paused: runs skip it until `lockstep sources resume`' : 'read again'}`);
  });
}

export const pause: Run = (session, [name], options) => setPaused(session, name as string, (service) => service.pause(name as string, options['reason'] as string), true);
export const resume: Run = (session, [name]) => setPaused(session, name as string, (service) => service.resume(name as string), false);
