import type { Agreed } from '../../core/push/index.js';
import { executeByKey, executeIn, selectIn, take, type Tx } from '../tx.js';
import { unpackBody, type RecordBody } from './rows.js';

/** A record of a target, as push looks at it. */
export interface TargetRow {
  readonly recordId: number;
  readonly assetId: string;
  readonly source: string;
  readonly stream: string;
  readonly externalId: string;
  readonly state: string;
  readonly scopeId: number;
  readonly body: RecordBody;
}

/** All records of these assets in these sources, tombstoned ones too; only of kind asset and once accepted. */
export async function targetRows(tx: Tx, assetIds: readonly string[], sources: ReadonlySet<string>): Promise<TargetRow[]> {
  const rows = await selectIn(tx, `SELECT h.id AS id, h.asset_id AS asset_id, h.external_id AS external_id, h.state AS state, h.scope_id AS scope_id, st.source AS source, st.name AS stream, b.body AS body
    FROM record_heads h JOIN streams st ON st.id = h.stream_id JOIN record_bodies b ON b.record_id = h.id WHERE h.kind = 'asset' AND h.state NOT IN ('pending', 'withdrawn') AND h.asset_id IN (?)`, assetIds);
  return rows.filter((row) => sources.has(row['source'] as string)).map((row) => ({
    recordId: Number(row['id']), assetId: row['asset_id'], source: row['source'], stream: row['stream'], externalId: row['external_id'], state: row['state'], scopeId: Number(row['scope_id']), body: unpackBody(row['body'] as string),
  }));
}

/** Records whose latest version waits for a person. */
export async function heldRecords(tx: Tx, recordIds: readonly number[]): Promise<Set<number>> {
  return new Set((await selectIn(tx, `SELECT DISTINCT record_id FROM record_versions WHERE state IN ('held', 'waiting') AND record_id IN (?)`, recordIds)).map((row) => Number(row['record_id'])));
}

/** Sources whose records made a stage move that was skipped and is not decided yet, by asset. */
export async function openMoves(tx: Tx, assetIds: readonly string[]): Promise<Map<string, Set<string>>> {
  const rows = await selectIn(tx, `SELECT DISTINCT h.asset_id AS asset_id, st.source AS source, r.detail AS detail FROM reviews r JOIN review_records rr ON rr.review_id = r.id JOIN record_heads h ON h.id = rr.record_id JOIN streams st ON st.id = h.stream_id
    WHERE r.status = 'open' AND rr.done = 0 AND r.kind IN ('illegal_move', 'guarded_move', 'flapping') AND h.asset_id IN (?)`, assetIds);
  const byAsset = new Map<string, Set<string>>();
  for (const row of rows) {
    // A rule's or a person's skipped move hangs on a record as well, which says nothing of that record's source.
    if (!String((JSON.parse(row['detail'] as string) as { moveKey?: string }).moveKey ?? '').startsWith('record:')) continue;
    byAsset.set(row['asset_id'], (byAsset.get(row['asset_id']) ?? new Set<string>()).add(row['source'] as string));
  }
  return byAsset;
}

// ---- agreed state

export async function agreedOf(tx: Tx, recordIds: readonly number[]): Promise<Map<number, Map<string, Agreed>>> {
  const byRecord = new Map<number, Map<string, Agreed>>();
  for (const row of await selectIn(tx, 'SELECT record_id, field, raw, value, origin FROM agreed_state WHERE origin IS NOT NULL AND record_id IN (?)', recordIds)) {
    const id = Number(row['record_id']);
    const fields = byRecord.get(id) ?? new Map<string, Agreed>();
    fields.set(row['field'], { value: JSON.parse(row['value'] ?? 'null'), shown: JSON.parse(row['raw'] ?? 'null'), origin: row['origin'] });
    byRecord.set(id, fields);
  }
  return byRecord;
}

export interface AgreedWrite { readonly recordId: number; readonly field: string; readonly agreed: Agreed }

/** What was on its way has arrived, or does not matter any more. */
export async function saveAgreed(tx: Tx, writes: readonly AgreedWrite[], at: number): Promise<void> {
  await tx.insertMany('agreed_state', ['record_id', 'field', 'raw', 'value', 'origin', 'at', 'sent_raw', 'sent_value', 'sent_at'], writes.map(({ recordId, field, agreed }) => [recordId, field, JSON.stringify(agreed.shown ?? null), JSON.stringify(agreed.value ?? null), agreed.origin, at, null, null, null]), { keys: ['record_id', 'field'], update: ['raw', 'value', 'origin', 'at', 'sent_raw', 'sent_value', 'sent_at'] });
}

/** Before it leaves: whoever reads it there from now on reads our word, whether the answer ever arrives or not. */
export async function saveSent(tx: Tx, writes: readonly { readonly recordId: number; readonly field: string; readonly raw: unknown; readonly value: unknown }[], at: number): Promise<void> {
  await tx.insertMany('agreed_state', ['record_id', 'field', 'at', 'sent_raw', 'sent_value', 'sent_at'], writes.map(({ recordId, field, raw, value }) => [recordId, field, at, JSON.stringify(raw ?? null), JSON.stringify(value ?? null), at]), { keys: ['record_id', 'field'], update: ['sent_raw', 'sent_value', 'sent_at'] });
}

export async function forgetSent(tx: Tx, recordIds: readonly number[]): Promise<void> {
  await executeIn(tx, 'UPDATE agreed_state SET sent_raw = NULL, sent_value = NULL, sent_at = NULL WHERE sent_at IS NOT NULL AND record_id IN (?)', recordIds);
}

// ---- outbox

/** `waiting`: nothing may be sent before a person decides, or the target can take it. `sending`: it left, and no answer is stored. `looking`: accepted, and not seen there yet. `dead`: given up. */
export type OutboxState = 'owed' | 'waiting' | 'sending' | 'looking' | 'dead';

export interface OutboxRow {
  readonly id: number;
  readonly target: string;
  readonly assetId: string;
  readonly generation: number;
  readonly state: OutboxState;
  readonly kind: 'update' | 'create';
  /** Of what is to be written: the same debt is not counted twice. */
  readonly digest: string;
  readonly notBefore: number;
  readonly attempts: number;
  readonly looks: number;
  /** A person let it pass the guard. */
  readonly released: boolean;
  readonly firstOwedAt: number;
  readonly causeRun: string | null;
  readonly reason: string | null;
  /** Of a dead letter: what was tried, what was answered, what to do. Of a create on its way: when it left. */
  readonly detail: Readonly<Record<string, unknown>> | null;
}

export const outboxRowOf = (row: Record<string, any>): OutboxRow => ({
  id: Number(row['id']), target: row['target'], assetId: row['asset_id'], generation: Number(row['generation']), state: row['state'], kind: row['kind'], digest: row['digest'], notBefore: Number(row['not_before']), attempts: Number(row['attempts']),
  looks: Number(row['looks']), released: Number(row['released']) === 1, firstOwedAt: Number(row['first_owed_at']), causeRun: row['cause_run'], reason: row['reason'], detail: row['detail'] === null ? null : JSON.parse(row['detail']),
});

const OUTBOX = ['target', 'asset_id', 'id', 'generation', 'state', 'kind', 'digest', 'not_before', 'attempts', 'looks', 'released', 'first_owed_at', 'updated_at', 'cause_run', 'reason', 'detail'] as const;

export async function outboxOf(tx: Tx, assetIds: readonly string[]): Promise<OutboxRow[]> {
  return (await selectIn(tx, 'SELECT * FROM outbox WHERE asset_id IN (?)', assetIds)).map(outboxRowOf);
}

/** Rows without an id (0) are new. */
export async function saveOutbox(tx: Tx, rows: readonly OutboxRow[], at: number): Promise<void> {
  const fresh = rows.filter((row) => row.id === 0).length;
  let next = await take(tx, 'outbox', fresh);
  await tx.insertMany('outbox', OUTBOX, rows.map((row) => [
    row.target, row.assetId, row.id === 0 ? next++ : row.id, row.generation, row.state, row.kind, row.digest, row.notBefore, row.attempts, row.looks, row.released ? 1 : 0, row.firstOwedAt, at, row.causeRun, row.reason, row.detail === null ? null : JSON.stringify(row.detail),
  ]), { keys: ['target', 'asset_id'], update: OUTBOX.filter((column) => column !== 'target' && column !== 'asset_id' && column !== 'id' && column !== 'first_owed_at') });
}

export async function deleteOutbox(tx: Tx, rows: readonly Pick<OutboxRow, 'target' | 'assetId'>[]): Promise<void> {
  await executeByKey(tx, 'DELETE FROM outbox', ['target', 'asset_id'], rows.map(({ target, assetId }) => [target, assetId]));
}

/** What may be worked on now, the longest owed first. */
export async function dueRows(tx: Tx, target: string, now: number, limit: number, except: ReadonlySet<string> = new Set()): Promise<OutboxRow[]> {
  const rows = (await tx.query(`SELECT * FROM outbox WHERE target = ? AND state IN ('owed', 'sending', 'looking') AND not_before <= ? ORDER BY not_before, id LIMIT ?`, [target, now, limit + except.size])).map(outboxRowOf);
  return rows.filter((row) => !except.has(row.assetId)).slice(0, limit);
}

export async function nextDueAt(tx: Tx, target: string): Promise<number | undefined> {
  const [row] = await tx.query(`SELECT MIN(not_before) AS at FROM outbox WHERE target = ? AND state IN ('owed', 'sending', 'looking')`, [target]);
  return row?.['at'] == null ? undefined : Number(row['at']);
}

// ---- targets

export interface TargetState {
  readonly paused: boolean;
  readonly pausedBecause: string | null;
  /** Of the rules under which all assets have been judged; another hash: they are judged again. */
  readonly rulesHash: string | null;
  /** How far that has come: the sequence number of the last asset. */
  readonly sweptTo: number;
  /** A verdict on an alignment that holds for later arrivals too. */
  /** A person's answer to every later alignment, for the fields that were pushed when it was given. */
  readonly keptVerdict: { readonly side: 'ours' | 'theirs'; readonly fields: readonly string[] } | null;
}

export async function targetState(tx: Tx, target: string): Promise<TargetState> {
  const [row] = await tx.query('SELECT * FROM push_targets WHERE target = ?', [target]);
  return { paused: Number(row?.['paused'] ?? 0) === 1, pausedBecause: row?.['paused_because'] ?? null, rulesHash: row?.['rules_hash'] ?? null, sweptTo: Number(row?.['swept_to'] ?? 0), keptVerdict: row?.['kept_verdict'] ? (JSON.parse(row['kept_verdict']) as TargetState['keptVerdict']) : null };
}

export async function saveTargetState(tx: Tx, target: string, state: TargetState): Promise<void> {
  await tx.insertMany('push_targets', ['target', 'paused', 'paused_because', 'rules_hash', 'swept_to', 'kept_verdict'], [[target, state.paused ? 1 : 0, state.pausedBecause, state.rulesHash, state.sweptTo, state.keptVerdict && JSON.stringify(state.keptVerdict)]], { keys: ['target'], update: ['paused', 'paused_because', 'rules_hash', 'swept_to', 'kept_verdict'] });
}
