import type { Database } from '../database/database.js';
import { checkLease } from '../database/repositories/leases.js';
import { endReviews, openReviews } from '../database/repositories/reviews.js';
import { executeIn, selectIn, type Tx } from '../database/tx.js';
import { LEASE_MS, type StreamRun } from './stream-run.js';

/**
 * After a pass: questions that its records have answered by themselves end. What was held as gone has been read again or is
 * gone by now; what was unread is read again. `sound`: places that are no longer suspect, as reviews name them.
 */
export async function settleAnswered(database: Database, run: StreamRun, sound: readonly string[], now: () => number): Promise<void> {
  run.reviews += await database.transaction(async (tx) => {
    await checkLease(tx, run.lease, LEASE_MS, now());
    const opened = await listUnread(tx, run, now());
    const open = await tx.query(`SELECT id, kind, cause FROM reviews WHERE status = 'open' AND source = ? AND kind IN ('held_tombstone', 'suspect_scope', 'unread_records')`, [run.source.name]);
    if (open.length === 0) return opened;
    const idsOf = (...kinds: readonly string[]): number[] => open.filter((row) => kinds.includes(row['kind'])).map((row) => Number(row['id']));
    const done = 'UPDATE review_records SET done = 1 WHERE done = 0 AND record_id IN (SELECT id FROM record_heads WHERE stream_id = ?';
    await executeIn(tx, `${done} AND (state <> 'live' OR seen_pass = ?)) AND review_id IN (?)`, idsOf('held_tombstone', 'suspect_scope'), [run.streamId, run.pass]);
    await executeIn(tx, `${done} AND state <> 'unread') AND review_id IN (?)`, idsOf('unread_records'), [run.streamId]);
    const left = new Set((await selectIn(tx, 'SELECT DISTINCT review_id FROM review_records WHERE done = 0 AND review_id IN (?)', open.map((row) => Number(row['id'])))).map((row) => Number(row['review_id'])));
    // What came back and is gone again is another question, which the same set may ask while it stands.
    await executeIn(tx, `DELETE FROM review_records WHERE record_id IN (SELECT id FROM record_heads WHERE stream_id = ? AND state = 'live' AND seen_pass = ?) AND review_id IN (?)`, idsOf('held_tombstone', 'suspect_scope').filter((id) => left.has(id)), [run.streamId, run.pass]);
    const believed = new Set(sound.map((place) => `suspect:${place}`));
    await endReviews(tx, open.filter((row) => !left.has(Number(row['id'])) || believed.has(row['cause'])).map((row) => Number(row['id'])), now());
    return opened;
  });
}

/** Records that this pass read and `where` leaves out: kept, but listed, once, until somebody keeps or withdraws them. */
async function listUnread(tx: Tx, run: StreamRun, now: number): Promise<number> {
  const heads = await tx.query(`SELECT id, external_id FROM record_heads WHERE stream_id = ? AND state = 'unread' AND seen_pass = ?`, [run.streamId, run.pass]);
  if (heads.length === 0) return 0;
  const asked = new Set((await selectIn(tx, `SELECT rr.record_id AS id FROM review_records rr JOIN reviews r ON r.id = rr.review_id WHERE r.kind = 'unread_records' AND r.status <> 'over' AND rr.record_id IN (?)`, heads.map((row) => Number(row['id'])))).map((row) => Number(row['id'])));
  const place = `${run.source.name}/${run.stream.name}`;
  const keys = new Map(heads.filter((row) => !asked.has(Number(row['id']))).map((row) => [`${place}/${row['external_id']}`, Number(row['id'])]));
  if (keys.size === 0) return 0;
  return openReviews(tx, [{
    kind: 'unread_records', cause: `unread:${place}`, records: [...keys.keys()], because: 'they no longer satisfy `where`: these records stay as they are, unconfirmed, until somebody keeps or withdraws them', detail: { place, source: run.source.name },
  }], (key) => keys.get(key), { id: run.runId, source: run.source.name }, now);
}
