import type { AssetState, PlannedChange } from '../../core/reconcile/plan-types.js';
import { executeIn, selectIn, take, type SqlValue, type Tx } from '../tx.js';

const COLUMNS = ['id', 'seq', 'anchor_record_id', 'class', 'name', 'stage', 'own_stage', 'stage_since', 'holds', 'attributes', 'flags', 'as_of', 'next_due_at', 'created_at', 'updated_at'] as const;

export interface StoredAsset {
  readonly state: AssetState;
  readonly anchorId: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** `anchorKey`: the key of the record with that id. */
export function assetOf(row: Record<string, any>, anchorKey: string): StoredAsset {
  return {
    anchorId: Number(row['anchor_record_id']), createdAt: Number(row['created_at']), updatedAt: Number(row['updated_at']),
    state: {
      id: row['id'], seq: Number(row['seq']), anchor: anchorKey, ...(row['class'] !== null && { assetClass: row['class'] as string }), stage: row['stage'], ownStage: row['own_stage'],
      stageSince: row['stage_since'] === null ? null : Number(row['stage_since']), holds: row['holds'] === null ? [] : JSON.parse(row['holds']), attributes: JSON.parse(row['attributes']),
      flags: row['flags'] === null ? {} : JSON.parse(row['flags']), asOf: Number(row['as_of']), ...(row['next_due_at'] !== null && { nextDueAt: Number(row['next_due_at']) }),
    },
  };
}

const ANCHORED = `SELECT a.*, st.source AS anchor_source, st.name AS anchor_stream, h.external_id AS anchor_external
  FROM assets a JOIN record_heads h ON h.id = a.anchor_record_id JOIN streams st ON st.id = h.stream_id`;
export const anchoredAsset = (row: Record<string, any>): StoredAsset => assetOf(row, `${row['anchor_source']}/${row['anchor_stream']}/${row['anchor_external']}`);

export async function loadAssets(tx: Tx, ids: readonly string[]): Promise<Map<string, StoredAsset>> {
  const rows = await selectIn(tx, `${ANCHORED} WHERE a.id IN (?)`, ids);
  return new Map(rows.map((row) => [row['id'] as string, anchoredAsset(row)]));
}

export async function assetsPage(tx: Tx, afterSeq: number, limit: number, filter = '', params: readonly (string | number)[] = []): Promise<StoredAsset[]> {
  return (await tx.query(`${ANCHORED} WHERE a.seq > ?${filter} ORDER BY a.seq LIMIT ?`, [afterSeq, ...params, limit])).map(anchoredAsset);
}

/** In an order of its own. `order`: names of expressions, never what a caller wrote. */
export async function assetsInOrder(tx: Tx, where: string, params: readonly SqlValue[], order: string, limit: number): Promise<StoredAsset[]> {
  return (await tx.query(`${ANCHORED} WHERE 1 = 1${where} ORDER BY ${order} LIMIT ?`, [...params, limit])).map(anchoredAsset);
}

export interface AssetWrite {
  readonly state: AssetState;
  readonly anchorId: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export async function saveAssets(tx: Tx, writes: readonly AssetWrite[]): Promise<void> {
  const rows = writes.map(({ state, anchorId, createdAt, updatedAt }) => [
    state.id, state.seq, anchorId, state.assetClass ?? null, typeof state.attributes['name'] === 'string' ? state.attributes['name'].slice(0, 255) : null, state.stage, state.ownStage, state.stageSince,
    state.holds.length === 0 ? null : JSON.stringify(state.holds), JSON.stringify(state.attributes), Object.keys(state.flags).length === 0 ? null : JSON.stringify(state.flags), state.asOf, state.nextDueAt ?? null, createdAt, updatedAt,
  ]);
  await tx.insertMany('assets', COLUMNS, rows, { keys: ['id'], update: COLUMNS.filter((column) => column !== 'id' && column !== 'seq' && column !== 'created_at') });
}

/** Old ids lead to the new one for ever, also through several merges. */
export async function redirectAssets(tx: Tx, gone: readonly { readonly id: string; readonly into: string }[], at: number): Promise<void> {
  if (gone.length === 0) return;
  for (const { id, into } of gone) await tx.execute('UPDATE asset_redirects SET new_id = ? WHERE new_id = ?', [into, id]);
  await tx.insertMany('asset_redirects', ['old_id', 'new_id', 'at'], gone.map(({ id, into }) => [id, into, at]), { keys: ['old_id'], update: ['new_id'] });
  await executeIn(tx, 'DELETE FROM assets WHERE id IN (?)', gone.map(({ id }) => id));
}

export interface ChangeCause {
  readonly kind: 'run' | 'rule' | 'person' | 'due' | 'rebuild';
  readonly run?: string;
  readonly source?: string;
  readonly rule?: string;
  readonly person?: string;
}

/** The append-only change log. A value that did not change leaves no row. */
export async function appendChanges(tx: Tx, changes: readonly PlannedChange[], cause: ChangeCause, configHash: string, at: number): Promise<void> {
  if (changes.length === 0) return;
  const first = await take(tx, 'changes', changes.length);
  await tx.insertMany('changes', ['seq', 'asset_id', 'at', 'attribute', 'before_value', 'after_value', 'cause_kind', 'run_id', 'source', 'rule', 'person', 'config_hash'], changes.map((change, i) => [
    first + i, change.assetId, at, change.attribute, JSON.stringify(change.before ?? null), JSON.stringify(change.after ?? null),
    change.rule !== undefined ? 'rule' : change.person !== undefined ? 'person' : cause.kind, cause.run ?? null, cause.source ?? null, change.rule ?? cause.rule ?? null, change.person ?? cause.person ?? null, configHash,
  ]));
}
