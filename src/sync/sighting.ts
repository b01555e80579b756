import { headsByExternalId, markSeen } from '../database/repositories/records.js';
import type { RecordHead } from '../database/repositories/rows.js';
import { registerScope } from '../database/repositories/streams.js';
import type { Tx } from '../database/tx.js';
import type { WrittenValues } from '../core/reconcile/next-version.js';
import { confirmRecords } from './confirm.js';
import { storePart } from './page-store.js';
import { isUnchanged, type JudgedRecord } from './read-record.js';
import type { StreamRun } from './stream-run.js';

export interface Sighting {
  readonly judged: JudgedRecord;
  /** When it was asked for, ms UTC. */
  readonly readAt: number;
  /** Of a record that Lockstep has just created. */
  readonly written?: WrittenValues;
}

/**
 * Single records that were asked for by their id, stored as any other reading of their stream. Completeness is none of
 * their business: they are in no pass, and stay in the scope in which they were.
 */
export async function storeSightings(tx: Tx, run: StreamRun, sightings: readonly Sighting[], now: number): Promise<void> {
  const ids = sightings.flatMap(({ judged }) => judged.externalId ?? []);
  const heads = await headsByExternalId(tx, run.streamId, ids);
  const groups = new Map<string, { head?: RecordHead; readAt: number; part: Sighting[] }>();
  for (const sighting of sightings) {
    const { judged, readAt } = sighting;
    const head = judged.externalId === undefined ? undefined : heads.get(judged.externalId);
    if (head && isUnchanged(head, judged.read, run.mappingHash)) {
      await confirmRecords(tx, run, [head], readAt);
      await markSeen(tx, [head], head.seenPass, readAt, head.scopeId);
      continue;
    }
    const name = `${head?.scopeId ?? 0} ${head?.seenPass ?? 0} ${readAt}`;
    const group = groups.get(name) ?? { ...(head && { head }), readAt, part: [] };
    group.part.push(sighting);
    groups.set(name, group);
  }
  for (const { head, readAt, part } of groups.values()) {
    const scopeId = head?.scopeId ?? (await registerScope(tx, run.streamId, '', run.filterHash)).id;
    const written = new Map(part.flatMap(({ judged, written }) => (judged.externalId !== undefined && written ? [[judged.externalId, written] as const] : [])));
    await storePart(tx, { ...run, pass: head?.seenPass ?? 0 }, part.map(({ judged }) => judged), { scopeId, scope: '', readAt, now, guard: false, written });
  }
}
