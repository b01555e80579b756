import { targetRows } from '../database/repositories/push.js';
import { executeIn, type Tx } from '../database/tx.js';
import { join, openSet, openSets, type HeldEntry } from './held-sets.js';
import type { TargetSession } from './target-session.js';

const CHUNK = 500;

/** More would be written than the guard lets pass: all of it waits, as one held set that a person releases or rejects. */
export async function holdByGuard(tx: Tx, session: TargetSession, written: ReadonlySet<string>): Promise<void> {
  const target = session.target.source.name;
  const now = session.now();
  const open = (await openSets(tx, target)).get(`push_guard:${target}`);
  const review = open ?? (await openSet(tx, 'push_guard', target, undefined, { now, runId: null }));
  for (;;) {
    const rows = await tx.query(`SELECT asset_id FROM outbox WHERE target = ? AND state = 'owed' AND released = 0 AND not_before <= ? ORDER BY id LIMIT ?`, [target, now, CHUNK]);
    const ids = rows.map((row) => row['asset_id'] as string);
    if (ids.length === 0) return;
    await executeIn(tx, `UPDATE outbox SET state = 'waiting', reason = ?, detail = ?, updated_at = ? WHERE target = ? AND asset_id IN (?)`, ids, ['more assets would be written within an hour than push.maxPushRatio allows', JSON.stringify({ waits: 'guard' }), now, target]);
    const records = await targetRows(tx, ids, new Set([target]));
    const known = new Set(records.map((record) => record.assetId));
    const entries: HeldEntry[] = [
      ...records.map((record): HeldEntry => ({ kind: 'push_guard', key: `${record.source}/${record.stream}/${record.externalId}`, recordId: record.recordId })),
      // What is to be created has no record there: it is named by its asset.
      ...ids.filter((id) => !known.has(id)).map((id): HeldEntry => ({ kind: 'push_guard', key: id, recordId: null })),
    ];
    await join(tx, review, entries, now);
    for (const id of ids) if (!written.has(id)) session.count('waiting');
  }
}
