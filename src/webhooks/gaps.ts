import type { Inbox } from '../database/inbox.js';
import { isComparableRun, loadWebhook, saveWebhook } from '../database/repositories/webhooks.js';
import type { Engine } from '../engine/engine.js';
import type { RunReport } from '../sync/stream-run.js';
import { silenceOf, type Silence } from './silence.js';

/** Arrivals by which the usual gap is judged. */
const JUDGED_BY = 50;

/** Somebody told something: whatever was missed before is no silence any more. */
export async function noteHeard(engine: Engine, source: string, at: number): Promise<void> {
  await engine.database.transaction(async (tx) => {
    const row = await loadWebhook(tx, source);
    if (row.lastAt !== null && row.lastAt >= at) return;
    await saveWebhook(tx, source, { ...row, lastAt: at, missedSince: 0, firstMissedAt: null, silentSince: null });
  });
}

/** To be called after a poll: how much it found changed in what the source should have told. Deliveries that still wait are no gap. */
export async function countMissed(engine: Engine, inbox: Inbox, report: RunReport): Promise<number> {
  const source = engine.config.sources.find((each) => each.name === report.source);
  const webhook = source?.webhook && (await engine.catalogue.load(source.connector, source.folder))?.webhook;
  if (!webhook || report.status === 'failed' || report.status === 'skipped') return 0;
  const found = Object.entries(report.streams).reduce((sum, [stream, { changed, tombstoned }]) => (webhook.tells.includes(stream) ? sum + changed + tombstoned : sum), 0);
  if (found === 0) return 0;
  const waiting = (await inbox.open()).get(report.source)?.waiting ?? 0;
  const missed = Math.max(0, found - waiting);
  const counted = await engine.database.transaction(async (tx) => {
    if (missed === 0 || !(await isComparableRun(tx, report.id))) return 0;
    const row = await loadWebhook(tx, report.source);
    await saveWebhook(tx, report.source, { ...row, missed: row.missed + missed, missedSince: row.missedSince + missed, firstMissedAt: row.firstMissedAt ?? engine.clock.now() });
    return missed;
  });
  return counted;
}

export interface SourceSilence extends Silence { readonly source: string; readonly isNew: boolean }

/** All sources that have fallen silent, those of which nobody was told yet marked; to be asked now and then. */
export async function silentSources(engine: Engine, inbox: Inbox): Promise<SourceSilence[]> {
  const silent: SourceSilence[] = [];
  for (const { name, webhook } of engine.config.sources) {
    if (!webhook) continue;
    const arrivals = await inbox.arrivals(name, JUDGED_BY);
    const found = await engine.database.transaction(async (tx) => {
      const row = await loadWebhook(tx, name);
      const lastAt = Math.max(row.lastAt ?? 0, arrivals[0] ?? 0) || null;
      // what came in after the miss ends the silence, read or not
      const heardSince = lastAt !== null && row.firstMissedAt !== null && lastAt >= row.firstMissedAt;
      const silence = heardSince ? undefined : silenceOf({ now: engine.clock.now(), lastAt, arrivals, missedSince: row.missedSince, firstMissedAt: row.firstMissedAt });
      const silentSince = silence?.since ?? null;
      if (silentSince !== row.silentSince) await saveWebhook(tx, name, { ...row, silentSince });
      return silence && { ...silence, source: name, isNew: row.silentSince === null };
    });
    if (found) silent.push(found);
  }
  return silent;
}
