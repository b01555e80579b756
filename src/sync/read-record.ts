import type { AssetRecord, MapContext, MappedRecord, Mapping, Stream } from '../../connectors/sdk/contract/index.js';
import { evaluate, type Expression, type FactValue, type Facts } from '../core/expressions/index.js';
import { isA, type ClassTree } from '../core/model/index.js';
import type { RecordHead } from '../database/repositories/rows.js';
import type { StreamMapping, UnknownValue } from '../sources/mapping.js';
import { canonicalJson, contentHash } from './canonical-json.js';
import type { StreamRun } from './stream-run.js';

/** A record of a page, before anything of it is loaded. */
export interface ReadRecord {
  readonly raw: unknown;
  /** Sorted keys; what is hashed and what is kept. */
  readonly canonical: string;
  readonly hash: string;
  readonly externalId?: string;
  readonly mapping: Mapping;
}

export type JudgedRecord =
  | { readonly kind: 'record'; readonly read: ReadRecord; readonly externalId: string; readonly record: MappedRecord; readonly held: readonly UnknownValue[]; readonly notes: readonly string[] }
  /** Deliberately left out, by the connector or by `where`. */
  | { readonly kind: 'filtered'; readonly read: ReadRecord; readonly externalId: string }
  | { readonly kind: 'quarantined'; readonly read: ReadRecord; readonly externalId?: string; readonly reason: string };

export function readRecord(raw: unknown, { map, placeKeys }: Pick<Stream<unknown>, 'map' | 'placeKeys'>, context: MapContext): ReadRecord {
  const canonical = canonicalJson(raw);
  let mapping: Mapping;
  try {
    mapping = map(raw, context);
  } catch (error) {
    // A mapping never throws; should one do so, only its record suffers.
    mapping = { ok: false, reason: `the connector could not map it: ${(error as Error).message}` };
  }
  const externalId = !mapping.ok ? mapping.externalId : 'skip' in mapping ? mapping.externalId : mapping.record.externalId;
  // What has no id is told apart by its place alone.
  const content = placeKeys && externalId !== undefined ? canonicalJson(without(raw, placeKeys)) : canonical;
  return { raw, canonical, hash: contentHash(content), mapping, ...(externalId !== undefined && { externalId }) };
}

const without = (raw: unknown, keys: readonly string[]): unknown =>
  (typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? Object.fromEntries(Object.entries(raw).filter(([key]) => !keys.includes(key))) : raw);

/** Same content under the same mapping, and nothing has happened to the record since. */
export function isUnchanged(head: RecordHead, read: ReadRecord, mappingHash: string): boolean {
  if (head.contentHash !== read.hash || head.mappingHash !== mappingHash) return false;
  if (head.state === 'unread') return false;
  return head.state !== 'tombstoned' || saysGone(read);
}

/** A source may go on listing what it says is gone. */
export const saysGone = ({ mapping }: ReadRecord): boolean => mapping.ok && 'record' in mapping && mapping.record.kind === 'asset' && mapping.record.told !== undefined;

export interface Judge {
  /** Whose records they are. */
  readonly of: Readonly<Record<'source' | 'role' | 'stream', string>>;
  readonly mapping: StreamMapping;
  readonly where?: Expression;
  readonly classes: ClassTree;
  readonly matches: (pattern: string, text: string) => boolean;
}

export function judgeOf({ source, stream, mapping, judgement }: Pick<StreamRun, 'source' | 'stream' | 'mapping' | 'judgement'>): Judge {
  const where = source.where?.expression;
  return { of: { source: source.name, role: source.role, stream: stream.name }, mapping, ...(where && { where }), classes: judgement.rules.identity.classes, matches: judgement.matches };
}

/** The source's own mapping and filter; nothing here throws. */
export async function judgeRecord(read: ReadRecord, judge: Judge, readAt: number): Promise<JudgedRecord> {
  if (read.mapping.ok && 'skip' in read.mapping) return { kind: 'filtered', read, externalId: read.mapping.externalId };
  const mapped = await judge.mapping.apply(read.raw, read.mapping);
  if (!mapped.ok) return { kind: 'quarantined', read, reason: mapped.reason, ...(mapped.externalId !== undefined && { externalId: mapped.externalId }) };
  if ('skip' in mapped) return { kind: 'filtered', read, externalId: mapped.externalId };
  const { record } = mapped;
  if (record.kind === 'asset' && judge.where && !evaluate(judge.where, factsOf(record, judge, readAt))) return { kind: 'filtered', read, externalId: record.externalId };
  const notes = [...(mapped.notes ?? []), ...(record.kind === 'asset' && record.assetClass !== undefined && !Object.hasOwn(judge.classes, record.assetClass) ? [`${record.externalId}: "${record.assetClass}" is no class; identity.classes can add it`] : [])];
  return { kind: 'record', read, externalId: record.externalId, record, held: mapped.held ?? [], notes };
}

/** What `where` may ask of a mapped record. */
function factsOf(record: AssetRecord, { of, classes, matches }: Judge, asOf: number): Facts {
  const plain = (value: unknown): FactValue | undefined => (value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value)) ? undefined : (value as FactValue));
  return {
    asOf, matches, isA: (assetClass, ancestor) => isA(assetClass, ancestor, classes), call: () => undefined,
    get: (name) => {
      if (name === 'class') return record.assetClass;
      if (name === 'stage') return record.stage?.stage;
      if (name === 'id' || name === 'external_id') return record.externalId;
      if (name === 'holds') return record.stage?.holds ?? [];
      if (name === 'source' || name === 'role' || name === 'stream') return of[name];
      if (name.startsWith('tags.')) return (record.claims['tags'] as Record<string, string> | undefined)?.[name.slice(5)];
      if (Object.hasOwn(record.claims, name)) return plain(record.claims[name]);
      const values = record.identifiers.filter((identifier) => identifier.kind === name).map((identifier) => identifier.value);
      if (values.length > 0) return values.length === 1 ? values[0] : values;
      const fact = name.replace(/^facts\./, '');
      return record.facts && Object.hasOwn(record.facts, fact) ? record.facts[fact] : undefined;
    },
  };
}
