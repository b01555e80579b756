import { selectIn, type Row, type SqlValue, type Tx } from '../tx.js';
import { quarantineOf, type StoredQuarantine } from './quarantine.js';
import { reviewOf, type StoredReview } from './reviews.js';
import { runOf, type RunRow } from './runs.js';

// ---- runs

/** The latest first; `before`: the id of the run behind which the list goes on. */
export async function listRuns(tx: Tx, filter: { readonly source?: string; readonly status?: string; readonly before?: string }, limit: number): Promise<RunRow[]> {
  const where: string[] = [];
  const params: SqlValue[] = [];
  if (filter.source !== undefined) { where.push('source = ?'); params.push(filter.source); }
  if (filter.status !== undefined) { where.push('status = ?'); params.push(filter.status); }
  if (filter.before !== undefined) { where.push('seq < (SELECT b.seq FROM runs b WHERE b.id = ?)'); params.push(filter.before); }
  return (await tx.query(`SELECT * FROM runs${where.length > 0 ? ` WHERE ${where.join(' AND ')}` : ''} ORDER BY seq DESC LIMIT ?`, [...params, limit])).map(runOf);
}

export async function loadRun(tx: Tx, id: string): Promise<RunRow | undefined> {
  const [row] = await tx.query('SELECT * FROM runs WHERE id = ?', [id]);
  return row ? runOf(row) : undefined;
}

/** How often each attribute changed in a run. */
export async function changesOfRun(tx: Tx, runId: string): Promise<{ readonly attribute: string; readonly count: number; readonly assets: number }[]> {
  const rows = await tx.query('SELECT attribute, COUNT(*) AS n, COUNT(DISTINCT asset_id) AS assets FROM changes WHERE run_id = ? GROUP BY attribute ORDER BY n DESC, attribute', [runId]);
  return rows.map((row) => ({ attribute: row['attribute'], count: Number(row['n']), assets: Number(row['assets']) }));
}

// ---- reviews

export async function listReviews(tx: Tx, filter: { readonly kind?: string; readonly source?: string; readonly status?: string; readonly after?: number }, limit: number): Promise<{ readonly review: StoredReview; readonly records: number; readonly open: number }[]> {
  const where: string[] = [];
  const params: SqlValue[] = [];
  if (filter.status !== undefined) { where.push('r.status = ?'); params.push(filter.status); }
  if (filter.kind !== undefined) { where.push('r.kind = ?'); params.push(filter.kind); }
  if (filter.source !== undefined) {
    where.push(`(r.source = ? OR r.id IN (SELECT fr.review_id FROM review_records fr JOIN record_heads fh ON fh.id = fr.record_id JOIN streams fs ON fs.id = fh.stream_id WHERE fs.source = ?))`);
    params.push(filter.source, filter.source);
  }
  if (filter.after !== undefined) { where.push('r.id > ?'); params.push(filter.after); }
  const rows = await tx.query(`SELECT r.*, (SELECT COUNT(*) FROM review_records rr WHERE rr.review_id = r.id) AS records, (SELECT COUNT(*) FROM review_records rr WHERE rr.review_id = r.id AND rr.done = 0) AS open_records
    FROM reviews r${where.length > 0 ? ` WHERE ${where.join(' AND ')}` : ''} ORDER BY r.id LIMIT ?`, [...params, limit]);
  return rows.map((row) => ({ review: reviewOf(row), records: Number(row['records']), open: Number(row['open_records']) }));
}

/** Open reviews that name one of the records. */
export async function openReviewsNaming(tx: Tx, recordIds: readonly number[]): Promise<StoredReview[]> {
  const rows = await selectIn(tx, `SELECT DISTINCT r.* FROM reviews r JOIN review_records rr ON rr.review_id = r.id WHERE r.status = 'open' AND rr.done = 0 AND rr.record_id IN (?)`, recordIds);
  return [...new Map(rows.map((row) => [Number(row['id']), reviewOf(row)])).values()].sort((a, b) => a.id - b.id);
}

export async function openReviewCount(tx: Tx): Promise<number> {
  const [row] = await tx.query(`SELECT COUNT(*) AS n FROM reviews WHERE status = 'open'`);
  return Number(row?.['n'] ?? 0);
}

export interface ReviewRecordRow {
  readonly key: string;
  readonly done: boolean;
  readonly recordId: number | null;
  readonly assetId: string | null;
  readonly assetName: string | null;
}

export async function recordsOfReview(tx: Tx, id: number): Promise<ReviewRecordRow[]> {
  const rows = await tx.query(`SELECT rr.record_key AS record_key, rr.done AS done, rr.record_id AS record_id, h.asset_id AS asset_id, a.name AS name FROM review_records rr
    LEFT JOIN record_heads h ON h.id = rr.record_id LEFT JOIN assets a ON a.id = h.asset_id WHERE rr.review_id = ? ORDER BY rr.record_key`, [id]);
  return rows.map((row) => ({ key: row['record_key'], done: Number(row['done']) === 1, recordId: row['record_id'] === null ? null : Number(row['record_id']), assetId: row['asset_id'], assetName: row['name'] }));
}

// ---- quarantine

export type PlacedQuarantine = StoredQuarantine & { readonly source: string; readonly stream: string };
const placed = (row: Row): PlacedQuarantine => ({ ...quarantineOf(row), source: row['source_name'], stream: row['stream_name'] });
const QUARANTINE = 'SELECT q.*, st.source AS source_name, st.name AS stream_name FROM quarantine q JOIN streams st ON st.id = q.stream_id';

export async function listQuarantine(tx: Tx, filter: { readonly source?: string; readonly after?: number }, limit: number): Promise<PlacedQuarantine[]> {
  const params: SqlValue[] = [filter.after ?? 0, ...(filter.source === undefined ? [] : [filter.source])];
  return (await tx.query(`${QUARANTINE} WHERE q.id > ?${filter.source === undefined ? '' : ' AND st.source = ?'} ORDER BY q.id LIMIT ?`, [...params, limit])).map(placed);
}

export async function loadPlacedQuarantine(tx: Tx, id: number): Promise<PlacedQuarantine | undefined> {
  const [row] = await tx.query(`${QUARANTINE} WHERE q.id = ?`, [id]);
  return row ? placed(row) : undefined;
}

// ---- sources

export interface SourceStateRow {
  readonly name: string;
  readonly connector: string;
  readonly role: string;
  readonly paused: boolean;
  readonly pausedBecause: string | null;
}

export async function listSourceStates(tx: Tx): Promise<SourceStateRow[]> {
  return (await tx.query('SELECT * FROM sources ORDER BY name')).map((row) => ({ name: row['name'], connector: row['connector'], role: row['role'], paused: Number(row['paused']) === 1, pausedBecause: row['paused_because'] }));
}

export interface StreamStateRow {
  readonly source: string;
  readonly name: string;
  readonly cursorAt: number | null;
  readonly lastFullAt: number | null;
  readonly live: number;
  readonly unread: number;
  readonly tombstoned: number;
  readonly quarantined: number;
}

export async function streamStates(tx: Tx): Promise<StreamStateRow[]> {
  const streams = await tx.query('SELECT * FROM streams ORDER BY source, name');
  const counts = new Map<number, Record<string, number>>();
  for (const row of await tx.query('SELECT stream_id, state, COUNT(*) AS n FROM record_heads GROUP BY stream_id, state')) {
    const states = counts.get(Number(row['stream_id'])) ?? {};
    states[row['state'] as string] = Number(row['n']);
    counts.set(Number(row['stream_id']), states);
  }
  const quarantined = new Map((await tx.query('SELECT stream_id, COUNT(*) AS n FROM quarantine GROUP BY stream_id')).map((row) => [Number(row['stream_id']), Number(row['n'])]));
  return streams.map((row) => {
    const id = Number(row['id']);
    const states = counts.get(id) ?? {};
    return {
      source: row['source'], name: row['name'], cursorAt: row['cursor_at'] === null ? null : Number(row['cursor_at']), lastFullAt: row['last_full_at'] === null ? null : Number(row['last_full_at']),
      live: states['live'] ?? 0, unread: states['unread'] ?? 0, tombstoned: states['tombstoned'] ?? 0, quarantined: quarantined.get(id) ?? 0,
    };
  });
}

/** How many runs of a source have failed in a row, the latest included. */
export async function failuresInARow(tx: Tx, source: string): Promise<number> {
  const rows = await tx.query(`SELECT status FROM runs WHERE source = ? AND status NOT IN ('running', 'skipped') ORDER BY seq DESC LIMIT 100`, [source]);
  const end = rows.findIndex((row) => row['status'] !== 'failed');
  return end < 0 ? rows.length : end;
}
