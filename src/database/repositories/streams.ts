import type { SourceRole } from '../../../connectors/sdk/contract/index.js';
import { executeIn, selectIn, take, type Tx } from '../tx.js';
import type { ScopeMark, StreamRow } from './rows.js';

export interface ScopeRow {
  readonly id: number;
  readonly streamId: number;
  readonly name: string;
  readonly filterHash: string;
  /** A complete incremental pass moves this mark: it confirms every record of the scope by one write. ms UTC. */
  readonly coveredTo: number;
  readonly completeAt: number | null;
  readonly hidden: number;
}

export async function registerSource(tx: Tx, source: { readonly name: string; readonly connector: string; readonly role: SourceRole; readonly configHash: string }, at: number): Promise<void> {
  await tx.insertMany('sources', ['name', 'connector', 'role', 'created_at', 'config_hash'], [[source.name, source.connector, source.role, at, source.configHash]], { keys: ['name'], update: ['connector', 'role', 'config_hash'] });
}

/** Streams of all sources ever read; those of sources that left the configuration too. */
export async function loadStreams(tx: Tx): Promise<Map<number, StreamRow>> {
  const rows = await tx.query('SELECT st.id AS id, st.source AS source, st.name AS name, so.role AS role FROM streams st JOIN sources so ON so.name = st.source');
  return new Map(rows.map((row) => [Number(row['id']), { id: Number(row['id']), source: row['source'], name: row['name'], role: row['role'] }]));
}

export async function registerStream(tx: Tx, source: string, name: string): Promise<number> {
  const [row] = await tx.query('SELECT id FROM streams WHERE source = ? AND name = ?', [source, name]);
  if (row) return Number(row['id']);
  const id = await take(tx, 'streams', 1);
  await tx.insertMany('streams', ['id', 'source', 'name'], [[id, source, name]]);
  return id;
}

export async function streamCursor(tx: Tx, streamId: number): Promise<{ readonly cursor?: string; readonly lastFullAt: number | null }> {
  const [row] = await tx.query('SELECT cursor_text, last_full_at FROM streams WHERE id = ?', [streamId]);
  return { ...(row?.['cursor_text'] != null && { cursor: String(row['cursor_text']) }), lastFullAt: row?.['last_full_at'] == null ? null : Number(row['last_full_at']) };
}

export async function saveCursor(tx: Tx, streamId: number, cursor: string | null, at: number, full: boolean): Promise<void> {
  await tx.execute(`UPDATE streams SET cursor_text = ?, cursor_at = ?${full ? ', last_full_at = ?' : ''} WHERE id = ?`, full ? [cursor, at, at, streamId] : [cursor, at, streamId]);
}

const scopeOf = (row: Record<string, any>): ScopeRow => ({
  id: Number(row['id']), streamId: Number(row['stream_id']), name: row['name'], filterHash: row['filter_hash'],
  coveredTo: Number(row['covered_to']), completeAt: row['complete_at'] == null ? null : Number(row['complete_at']), hidden: Number(row['hidden']),
});

export async function scopesOfStream(tx: Tx, streamId: number): Promise<ScopeRow[]> {
  return (await tx.query('SELECT * FROM scopes WHERE stream_id = ?', [streamId])).map(scopeOf);
}

export async function registerScope(tx: Tx, streamId: number, name: string, filterHash: string): Promise<ScopeRow> {
  const [row] = await tx.query('SELECT * FROM scopes WHERE stream_id = ? AND name = ? AND filter_hash = ?', [streamId, name, filterHash]);
  if (row) return scopeOf(row);
  const id = await take(tx, 'scopes', 1);
  await tx.insertMany('scopes', ['id', 'stream_id', 'name', 'filter_hash', 'covered_to', 'hidden'], [[id, streamId, name, filterHash, 0, 0]]);
  return { id, streamId, name, filterHash, coveredTo: 0, completeAt: null, hidden: 0 };
}

export async function scopeMarks(tx: Tx, scopeIds: readonly number[]): Promise<Map<number, ScopeMark>> {
  const rows = await selectIn(tx, 'SELECT id, covered_to, failing_since FROM scopes WHERE id IN (?)', scopeIds);
  return new Map(rows.map((row) => [Number(row['id']), { coveredTo: Number(row['covered_to']), ...(row['failing_since'] != null && { failingSince: Number(row['failing_since']) }) }]));
}

/** Scopes of these streams that the run which began at `since` has not confirmed. */
export async function markFailing(tx: Tx, streamIds: readonly number[], since: number): Promise<void> {
  await executeIn(tx, 'UPDATE scopes SET failing_since = ? WHERE failing_since IS NULL AND covered_to < ? AND (complete_at IS NULL OR complete_at < ?) AND stream_id IN (?)', streamIds, [since, since, since]);
}

export async function closeScope(tx: Tx, scopeId: number, mark: { readonly coveredTo?: number; readonly completeAt?: number; readonly hidden?: number }): Promise<void> {
  if (mark.coveredTo !== undefined) await tx.execute('UPDATE scopes SET covered_to = ? WHERE id = ? AND covered_to < ?', [mark.coveredTo, scopeId, mark.coveredTo]);
  if (mark.completeAt !== undefined) await tx.execute('UPDATE scopes SET complete_at = ?, hidden = ? WHERE id = ?', [mark.completeAt, mark.hidden ?? 0, scopeId]);
  await tx.execute('UPDATE scopes SET failing_since = NULL WHERE id = ? AND failing_since IS NOT NULL', [scopeId]);
}
