import { executeByKey, executeIn, selectIn, type Row, type SqlValue, type Tx } from '../tx.js';

/** What one transaction did. `after`: where the next one goes on; undefined: there is nothing further. */
export interface Pruned {
  readonly rows: number;
  readonly after: number | undefined;
}

export interface VersionLimits {
  /** Raw payloads kept of each record. */
  readonly rawVersions: number;
  /** Versions recorded before this instant go, ms UTC. */
  readonly before: number;
  /** Most rows that one transaction touches, and most records that it looks at. */
  readonly rows: number;
}

/**
 * Versions of the records beyond `after`. The newest of each record stays, for the next one is numbered and compared by it,
 * and so does what is held or waits: it counts when somebody or the end of its run says so. All else of a record that
 * decides anything stands in its head and its body.
 */
export async function pruneVersions(tx: Tx, after: number, { rawVersions, before, rows }: VersionLimits): Promise<{ readonly raw: number; readonly versions: number; readonly after: number | undefined }> {
  const records = await tx.query('SELECT DISTINCT record_id FROM record_versions WHERE record_id > ? ORDER BY record_id LIMIT ?', [after, rows]);
  if (records.length === 0) return { raw: 0, versions: 0, after: undefined };
  const last = Number(records.at(-1)?.['record_id']);
  const found = await tx.query(`SELECT v.record_id AS record_id, v.no AS no, v.recorded_at AS recorded_at FROM record_versions v JOIN record_heads h ON h.id = v.record_id
    WHERE v.record_id > ? AND v.record_id <= ? AND v.no < h.version_no AND v.state NOT IN ('held', 'waiting') AND (v.recorded_at < ? OR (v.raw IS NOT NULL AND v.no <= h.version_no - ?))
    ORDER BY v.record_id, v.no LIMIT ?`, [after, last, before, rawVersions, rows]);
  const keyOf = (row: Row): SqlValue[] => [Number(row['record_id']), Number(row['no'])];
  const [old, wordy] = [found.filter((row) => Number(row['recorded_at']) < before), found.filter((row) => Number(row['recorded_at']) >= before)];
  await executeByKey(tx, 'DELETE FROM record_versions', ['record_id', 'no'], old.map(keyOf));
  await executeByKey(tx, 'UPDATE record_versions SET raw = NULL', ['record_id', 'no'], wordy.map(keyOf));
  return { raw: wordy.length, versions: old.length, after: found.length < rows ? last : after };
}

/** Attempts of debts that are settled; of one that is not, its log tells the next attempt and the person who decides. */
export async function pruneAttempts(tx: Tx, after: number, before: number, rows: number): Promise<Pruned> {
  const found = await tx.query('SELECT id, at FROM push_attempts WHERE id > ? ORDER BY id LIMIT ?', [after, rows]);
  const old = found.filter((row) => Number(row['at']) < before).map((row) => Number(row['id']));
  const settled = await selectIn(tx, `SELECT p.id AS id FROM push_attempts p WHERE p.outcome <> 'sent' AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.target = p.target AND o.asset_id = p.asset_id) AND p.id IN (?)`, old);
  await executeIn(tx, 'DELETE FROM push_attempts WHERE id IN (?)', settled.map((row) => Number(row['id'])));
  // They are numbered as they happen: behind a stretch of young ones come no old ones.
  return { rows: settled.length, after: found.length < rows || old.length === 0 ? undefined : Number(found.at(-1)?.['id']) };
}

/** The newest run of each source, and the newest that succeeded: what the next one goes on from, and what tells how a source does. */
export async function newestRuns(tx: Tx): Promise<Set<number>> {
  const rows = await tx.query(`SELECT MAX(seq) AS newest, MAX(CASE WHEN status = 'succeeded' THEN seq END) AS good FROM runs GROUP BY source`);
  return new Set(rows.flatMap((row) => [Number(row['newest']), Number(row['good'] ?? 0)]));
}

/** Runs of which nothing tells any more. One that changed something stays as long as the change log that names it. */
export async function pruneRuns(tx: Tx, after: number, before: number, keep: ReadonlySet<number>, rows: number): Promise<Pruned> {
  const found = await tx.query('SELECT id, seq, started_at, status FROM runs WHERE seq > ? ORDER BY seq LIMIT ?', [after, rows]);
  const old = found.filter((row) => Number(row['started_at']) < before);
  const over = old.filter((row) => row['status'] !== 'running' && !keep.has(Number(row['seq']))).map((row) => row['id'] as string);
  const forgotten = (await selectIn(tx, `SELECT r.id AS id FROM runs r WHERE NOT EXISTS (SELECT 1 FROM changes c WHERE c.run_id = r.id) AND NOT EXISTS (SELECT 1 FROM record_versions v WHERE v.state IN ('held', 'waiting') AND v.run_id = r.id)
    AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.cause_run = r.id) AND NOT EXISTS (SELECT 1 FROM reviews q WHERE q.status = 'open' AND q.run_id = r.id) AND r.id IN (?)`, over)).map((row) => row['id'] as string);
  await executeIn(tx, 'DELETE FROM run_streams WHERE run_id IN (?)', forgotten);
  await executeIn(tx, 'DELETE FROM runs WHERE id IN (?)', forgotten);
  return { rows: forgotten.length, after: found.length < rows || old.length === 0 ? undefined : Number(found.at(-1)?.['seq']) };
}

/** A table whose rows are over by a column of their own; each call removes at most `rows`. */
export type Heap = 'jobs' | 'idempotency_keys';

const HEAPS: Readonly<Record<Heap, { readonly key: readonly string[]; readonly over: string }>> = {
  jobs: { key: ['id'], over: `state IN ('done', 'failed', 'cancelled') AND finished_at < ?` },
  idempotency_keys: { key: ['caller', 'key_text'], over: 'at < ?' },
};

export async function pruneHeap(tx: Tx, table: Heap, before: number, rows: number): Promise<number> {
  const { key, over } = HEAPS[table];
  const found = await tx.query(`SELECT ${key.join(', ')} FROM ${table} WHERE ${over} LIMIT ?`, [...Array<number>(over.split('?').length - 1).fill(before), rows]);
  await executeByKey(tx, `DELETE FROM ${table}`, key, found.map((row) => key.map((column) => row[column] as SqlValue)));
  return found.length;
}
