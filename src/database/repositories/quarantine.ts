import { executeByKey, executeIn, take, type Tx } from '../tx.js';

export interface QuarantineEntry {
  readonly streamId: number;
  readonly externalId: string | null;
  readonly reason: string;
  readonly raw: string;
  readonly hash: string;
  readonly readAt: number;
  readonly scope: string;
}

export interface StoredQuarantine {
  readonly id: number;
  readonly streamId: number;
  readonly externalId: string | null;
  readonly reason: string;
  readonly raw: string;
  readonly readAt: number;
  readonly scope: string;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly times: number;
  readonly runId: string | null;
}

export const quarantineOf = (row: Record<string, any>): StoredQuarantine => ({
  id: Number(row['id']), streamId: Number(row['stream_id']), externalId: row['external_id'], reason: row['reason'], raw: row['raw'], readAt: Number(row['read_at']), scope: row['scope'],
  firstAt: Number(row['first_at']), lastAt: Number(row['last_at']), times: Number(row['times']), runId: row['run_id'],
});

/** One entry a record: the latest payload and reason. A record without an id is known by its content. */
export async function saveQuarantine(tx: Tx, entries: readonly QuarantineEntry[], runId: string, at: number): Promise<void> {
  const byPlace = new Map(entries.map((entry) => [`${entry.streamId} ${placeOf(entry)}`, entry]));
  if (byPlace.size === 0) return;
  const list = [...byPlace.values()];
  const first = await take(tx, 'quarantine', list.length);
  await tx.insertMany('quarantine', ['id', 'stream_id', 'external_id', 'place', 'reason', 'raw', 'read_at', 'scope', 'first_at', 'last_at', 'times', 'run_id'],
    list.map((entry, i) => [first + i, entry.streamId, entry.externalId, placeOf(entry), entry.reason.slice(0, 2_000), entry.raw, entry.readAt, entry.scope.slice(0, 255), at, at, 0, runId]),
    { keys: ['stream_id', 'place'], update: ['reason', 'raw', 'read_at', 'scope', 'last_at', 'run_id'] });
  await executeByKey(tx, 'UPDATE quarantine SET times = times + 1', ['stream_id', 'place'], list.map((entry) => [entry.streamId, placeOf(entry)]));
}

const placeOf = (entry: QuarantineEntry): string => (entry.externalId === null ? `#${entry.hash}` : `id:${entry.externalId}`);

/** Records that were handled after all leave the quarantine. */
export async function leaveQuarantine(tx: Tx, streamId: number, externalIds: readonly string[]): Promise<number> {
  return externalIds.length === 0 ? 0 : executeIn(tx, 'DELETE FROM quarantine WHERE stream_id = ? AND place IN (?)', externalIds.map((id) => `id:${id}`), [streamId]);
}

export async function discardQuarantine(tx: Tx, ids: readonly number[]): Promise<number> {
  return executeIn(tx, 'DELETE FROM quarantine WHERE id IN (?)', ids);
}

export async function loadQuarantine(tx: Tx, id: number): Promise<StoredQuarantine | undefined> {
  const [row] = await tx.query('SELECT * FROM quarantine WHERE id = ?', [id]);
  return row ? quarantineOf(row) : undefined;
}
