import type { RecordIdentifier, SourceRecord } from '../../core/model/index.js';
import { executeByKey, executeIn, selectIn, setEach, type Tx } from '../tx.js';
import { HEAD_COLUMNS, NO_MARK, headOf, packBody, rowOfHead, sourceRecordOf, unpackBody, type RecordBody, type RecordHead, type StreamRow } from './rows.js';
import { scopeMarks } from './streams.js';

export interface StoredRecord {
  readonly head: RecordHead;
  readonly body: RecordBody;
  readonly record: SourceRecord;
}

const HEAD_LIST = HEAD_COLUMNS.map((column) => `h.${column} AS ${column}`).join(', ');

export async function headsByExternalId(tx: Tx, streamId: number, externalIds: readonly string[]): Promise<Map<string, RecordHead>> {
  const rows = await selectIn(tx, `SELECT ${HEAD_LIST} FROM record_heads h WHERE h.stream_id = ? AND h.external_id IN (?)`, externalIds, [streamId]);
  return new Map(rows.map((row) => [row['external_id'] as string, headOf(row)]));
}

export async function headsById(tx: Tx, ids: readonly number[]): Promise<Map<number, RecordHead>> {
  return new Map((await selectIn(tx, `SELECT ${HEAD_LIST} FROM record_heads h WHERE h.id IN (?)`, ids)).map(headOf).map((head) => [head.id, head]));
}

/** Records of kind asset that have been accepted at least once; pending and withdrawn ones take no part. */
export async function loadRecords(tx: Tx, ids: readonly number[], streams: ReadonlyMap<number, StreamRow>): Promise<StoredRecord[]> {
  if (ids.length === 0) return [];
  const rows = await selectIn(tx, `SELECT ${HEAD_LIST}, b.body AS body FROM record_heads h JOIN record_bodies b ON b.record_id = h.id WHERE h.kind = 'asset' AND h.state NOT IN ('pending', 'withdrawn') AND h.id IN (?)`, ids);
  const marks = await scopeMarks(tx, [...new Set(rows.map((row) => Number(row['scope_id'])))]);
  return rows.map((row) => {
    const head = headOf(row);
    const body = unpackBody(row['body'] as string);
    return { head, body, record: sourceRecordOf(head, body, streams.get(head.streamId) as StreamRow, marks.get(head.scopeId) ?? NO_MARK) };
  });
}

export async function bodiesOf(tx: Tx, ids: readonly number[]): Promise<Map<number, RecordBody>> {
  const rows = await selectIn(tx, 'SELECT record_id, body FROM record_bodies WHERE record_id IN (?)', ids);
  return new Map(rows.map((row) => [Number(row['record_id']), unpackBody(row['body'] as string)]));
}

export async function idsOfAssets(tx: Tx, assetIds: readonly string[]): Promise<number[]> {
  return (await selectIn(tx, 'SELECT id FROM record_heads WHERE asset_id IN (?)', assetIds)).map((row) => Number(row['id']));
}

/** Heads by `source/stream/externalId`; keys of unknown streams are left out. */
export async function headsByKey(tx: Tx, keys: Iterable<string>, streams: ReadonlyMap<number, StreamRow>): Promise<Map<string, RecordHead>> {
  const idOf = new Map([...streams.values()].map((stream) => [`${stream.source}/${stream.name}`, stream.id]));
  const byStream = new Map<number, Map<string, string>>();
  for (const key of keys) {
    const first = key.indexOf('/');
    const second = key.indexOf('/', first + 1);
    const stream = second < 0 ? undefined : idOf.get(key.slice(0, second));
    if (stream === undefined) continue;
    const wanted = byStream.get(stream) ?? new Map<string, string>();
    wanted.set(key.slice(second + 1), key);
    byStream.set(stream, wanted);
  }
  const found = new Map<string, RecordHead>();
  for (const [stream, wanted] of byStream) {
    for (const [externalId, head] of await headsByExternalId(tx, stream, [...wanted.keys()])) found.set(wanted.get(externalId) as string, head);
  }
  return found;
}

export async function insertHeads(tx: Tx, heads: readonly RecordHead[]): Promise<void> {
  await tx.insertMany('record_heads', HEAD_COLUMNS, heads.map(rowOfHead));
}

/** Overwrites whole rows: one statement for many records on every dialect. */
export async function updateHeads(tx: Tx, heads: readonly RecordHead[]): Promise<void> {
  await tx.insertMany('record_heads', HEAD_COLUMNS, heads.map(rowOfHead), { keys: ['id'], update: HEAD_COLUMNS.filter((column) => column !== 'id' && column !== 'stream_id' && column !== 'external_id') });
}

export async function saveBodies(tx: Tx, bodies: readonly { readonly id: number; readonly body: RecordBody }[]): Promise<void> {
  await tx.insertMany('record_bodies', ['record_id', 'body'], bodies.map(({ id, body }) => [id, packBody(body)]), { keys: ['record_id'], update: ['body'] });
}

export async function setAssets(tx: Tx, assetOf: ReadonlyMap<number, string>): Promise<void> {
  await setEach(tx, 'record_heads', 'asset_id', 'id', [...assetOf]);
}

/** Confirms records that were read unchanged. Narrow rows, one statement, and no index to rewrite but for those that moved here from another scope. */
export async function markSeen(tx: Tx, heads: readonly RecordHead[], pass: number, at: number, scopeId: number): Promise<void> {
  const moved = heads.filter((head) => head.scopeId !== scopeId).map((head) => head.id);
  await executeIn(tx, 'UPDATE record_heads SET seen_pass = ?, seen_at = CASE WHEN seen_at < ? THEN ? ELSE seen_at END, misses = 0, missing_since = NULL WHERE id IN (?)', heads.map((head) => head.id), [pass, at, at]);
  await executeIn(tx, 'UPDATE record_heads SET scope_id = ? WHERE id IN (?)', moved, [scopeId]);
}

/** Told as gone, and listed again before that took effect: they are there. */
export async function markBack(tx: Tx, heads: readonly RecordHead[]): Promise<void> {
  await executeIn(tx, 'UPDATE record_heads SET told_at = NULL WHERE id IN (?)', heads.filter((head) => head.toldAt !== null).map((head) => head.id));
}

/** Listed by their source, in an older version than the stored one: they are there, and nothing that they claim now is confirmed. */
export async function markListed(tx: Tx, heads: readonly RecordHead[], pass: number): Promise<void> {
  await executeIn(tx, 'UPDATE record_heads SET seen_pass = ?, misses = 0, missing_since = NULL WHERE id IN (?)', heads.map((head) => head.id), [pass]);
}

// ---- identifiers

/** How a value is found again. Long ones keep a readable head and a checksum of the rest. */
export function valueKey(kind: string, value: string): string {
  const key = `${kind === 'hostname' ? 'label' : kind}:${value}`;
  return key.length <= 240 ? key : `${key.slice(0, 200)}#${checksum(key)}`;
}

/** FNV-1a over code units, twice with different seeds: 64 bits tell long values of one prefix apart. */
function checksum(textValue: string): string {
  let [a, b] = [0x811c9dc5, 0x01000193];
  for (let i = 0; i < textValue.length; i++) {
    const code = textValue.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193) >>> 0;
    b = Math.imul(b ^ (code + i), 0x85ebca6b) >>> 0;
  }
  return a.toString(36) + b.toString(36);
}

/** The keys under which a record is found: its usable identifiers, and the labels by which its host name compares. */
export function keysOfRecord(record: { readonly key: string; readonly identifiers: readonly RecordIdentifier[]; readonly hostnames: readonly string[]; readonly nameLabel?: string }): Set<string> {
  const keys = new Set<string>();
  for (const { kind, value, placeholder, echo } of record.identifiers) {
    if (placeholder || echo) continue;
    // A record is found by its own key in the heads: no row for that.
    if (kind === 'external_ref' && value === record.key) continue;
    keys.add(valueKey(kind, value));
  }
  for (const label of record.hostnames) keys.add(valueKey('hostname', label));
  if (record.nameLabel !== undefined) keys.add(valueKey('hostname', record.nameLabel));
  return keys;
}

export interface HolderRow {
  readonly valueKey: string;
  readonly recordId: number;
  readonly streamId: number;
  readonly live: boolean;
  readonly maker: string | null;
}

export async function holdersOf(tx: Tx, keys: readonly string[]): Promise<HolderRow[]> {
  const rows = await selectIn(tx, 'SELECT value_key, record_id, stream_id, live, maker FROM identifiers WHERE value_key IN (?)', keys);
  return rows.map((row) => ({ valueKey: row['value_key'], recordId: Number(row['record_id']), streamId: Number(row['stream_id']), live: Number(row['live']) === 1, maker: row['maker'] }));
}

export async function liveCounts(tx: Tx, keys: readonly string[]): Promise<{ readonly valueKey: string; readonly streamId: number; readonly maker: string | null; readonly count: number }[]> {
  const rows = await selectIn(tx, 'SELECT value_key, stream_id, maker, COUNT(*) AS n FROM identifiers WHERE live = 1 AND value_key IN (?) GROUP BY value_key, stream_id, maker', keys);
  return rows.map((row) => ({ valueKey: row['value_key'], streamId: Number(row['stream_id']), maker: row['maker'], count: Number(row['n']) }));
}

export async function markedShared(tx: Tx, keys: readonly string[]): Promise<Set<string>> {
  return new Set((await selectIn(tx, `SELECT value_key FROM value_marks WHERE mark = 'shared' AND value_key IN (?)`, keys)).map((row) => row['value_key'] as string));
}

export async function setShared(tx: Tx, keys: readonly string[], at: number): Promise<void> {
  await tx.insertMany('value_marks', ['value_key', 'mark', 'at'], keys.map((key) => [key, 'shared', at]), { keys: ['value_key', 'mark'], update: [] });
}

export async function clearShared(tx: Tx, keys: readonly string[]): Promise<void> {
  await executeIn(tx, `DELETE FROM value_marks WHERE mark = 'shared' AND value_key IN (?)`, keys);
}

/** Only what differs is written. `before` undefined: a new record. */
export async function saveIdentifiers(tx: Tx, changes: readonly { readonly id: number; readonly streamId: number; readonly before?: SourceRecord; readonly after: SourceRecord }[]): Promise<void> {
  const inserts: (string | number | null)[][] = [];
  const updates: (string | number | null)[][] = [];
  const deletes: (string | number | null)[][] = [];
  for (const { id, streamId, before, after } of changes) {
    const [old, now] = [before ? keysOfRecord(before) : undefined, keysOfRecord(after)];
    const [wasLive, isLive] = [before !== undefined && before.state !== 'tombstoned', after.state !== 'tombstoned'];
    const sameMarks = wasLive === isLive && before?.maker === after.maker;
    for (const key of now) {
      if (!old?.has(key)) inserts.push([key, id, streamId, isLive ? 1 : 0, after.maker ?? null]);
      else if (!sameMarks) updates.push([key, id, streamId, isLive ? 1 : 0, after.maker ?? null]);
    }
    if (old) for (const key of old) if (!now.has(key)) deletes.push([key, id]);
  }
  const columns = ['value_key', 'record_id', 'stream_id', 'live', 'maker'];
  await tx.insertMany('identifiers', columns, inserts, { keys: ['value_key', 'record_id'], update: ['live', 'maker'] });
  await tx.insertMany('identifiers', columns, updates, { keys: ['value_key', 'record_id'], update: ['live', 'maker'] });
  await executeByKey(tx, 'DELETE FROM identifiers', ['value_key', 'record_id'], deletes);
}
