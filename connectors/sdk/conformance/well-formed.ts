import {
  ATTRIBUTES, HOLDS, IDENTIFIER_KINDS, LIFECYCLE_STAGES, POWER_STATES, RELATIONSHIP_KINDS,
  type AssetRecord, type AttributeType, type MappedRecord, type Mapping,
} from '../contract/index.js';
import { completeRecord } from '../mapping/index.js';

const BROKEN = /\u0000|\p{Surrogate}/u;
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '' && !BROKEN.test(value);
const isWhole = (value: unknown): boolean => Number.isSafeInteger(value);
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** What is wrong with a mapping's result, as sentences; none: it keeps the contract. */
export function faultsOf(mapping: Mapping): string[] {
  if (!mapping.ok) return isText(mapping.reason) ? [] : ['rejected without a reason'];
  if ('skip' in mapping) return isText(mapping.skip) && isText(mapping.externalId) ? [] : ['left out without a reason or an id'];
  const { record } = mapping;
  const faults = base(record);
  switch (record.kind) {
    case 'asset': return [...faults, ...asset(record)];
    case 'relationship':
      if (!RELATIONSHIP_KINDS.includes(record.relation)) faults.push(`relation ${String(record.relation)}`);
      for (const end of [record.from, record.to]) if (!isText(end.externalId) || end.streams.length === 0) faults.push('an end without id or stream');
      return faults;
    case 'installation':
      if (!isText(record.on.externalId) || !isText(record.product)) faults.push('an installation on nothing or of nothing');
      if (record.installedOn !== undefined && !DAY.test(record.installedOn)) faults.push(`installedOn ${record.installedOn}`);
      return faults;
    case 'reference': return isText(record.name) ? faults : [...faults, 'a reference without a name'];
    case 'vulnerability':
      if (!isWhole(record.publishedAt)) faults.push('publishedAt');
      for (const score of record.scores) if (!(score.score >= 0 && score.score <= 10)) faults.push(`score ${String(score.score)}`);
      return faults;
    default: return [...faults, 'a record of no kind'];
  }
}

function base(record: MappedRecord): string[] {
  const faults: string[] = [];
  if (!isText(record.externalId) || record.externalId.length > 255) faults.push('externalId');
  if (record.modifiedAt !== undefined && !isWhole(record.modifiedAt)) faults.push(`modifiedAt ${record.modifiedAt}`);
  if (record.version !== undefined && !isWhole(record.version)) faults.push(`version ${record.version}`);
  return faults;
}

function asset(record: AssetRecord): string[] {
  const faults: string[] = [];
  // the tree may be extended in the configuration
  if (record.assetClass !== undefined && !/^[a-z][a-z0-9_]{0,99}$/.test(record.assetClass)) faults.push(`class ${record.assetClass}`);
  for (const { kind, value } of record.identifiers) {
    if (!IDENTIFIER_KINDS.includes(kind) || !isText(value)) faults.push(`identifier ${kind} ${JSON.stringify(value)}`);
    if (kind === 'external_ref' && value.split('/').length < 3) faults.push(`external_ref ${value} is no source/stream/id`);
  }
  for (const [name, value] of Object.entries(record.claims)) {
    const type: AttributeType = Object.hasOwn(ATTRIBUTES, name) ? ATTRIBUTES[name as keyof typeof ATTRIBUTES] : 'text';
    if (value === undefined) faults.push(`${name} is claimed as undefined`);
    else if (value !== null && !isOfType(value, type)) faults.push(`${name} is no ${type}: ${JSON.stringify(value).slice(0, 80)}`);
  }
  if (record.stage !== undefined) {
    if (record.stage.stage !== undefined && !LIFECYCLE_STAGES.includes(record.stage.stage)) faults.push(`stage ${record.stage.stage}`);
    for (const hold of record.stage.holds ?? []) if (!HOLDS.includes(hold)) faults.push(`hold ${hold}`);
    for (const code of Object.values(record.stage.raw)) if (typeof code !== 'string') faults.push('a raw stage code that is no text');
  }
  const complete = completeRecord(record);
  if (complete.identifiers.length !== record.identifiers.length || Object.keys(complete.claims).length !== Object.keys(record.claims).length) {
    faults.push('identifying attributes and identifiers do not agree: build it with mapped()');
  }
  return faults;
}

function isOfType(value: unknown, type: AttributeType): boolean {
  switch (type) {
    case 'integer': case 'minor': return isWhole(value);
    case 'day': return typeof value === 'string' && DAY.test(value);
    case 'list': return Array.isArray(value) && value.every(isText);
    case 'tags': return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every((entry) => typeof entry === 'string' && !BROKEN.test(entry));
    case 'power_state': return POWER_STATES.includes(value as never);
    // lower-case e-mail where known, else what the source calls the person
    case 'email': return isText(value) && (!/^\S+@\S+$/.test(value as string) || value === (value as string).toLowerCase());
    default: return isText(value);
  }
}

/** Values that a field may hold against its documentation. */
export const HOSTILE: readonly unknown[] = [
  null, undefined, '', ' ', 0, -1, 1e21, NaN, true, [], {}, [null], [[]], ['\ud800'], { value: { value: 1 } }, { name: {} }, { id: '\u0000' },
  '\ud800', 'a\u0000b', '9'.repeat(25), 'x'.repeat(300), '0000-00-00 00:00:00', '2026-13-45', '<script>', "'; DROP TABLE x; --", '../../../etc', '^ORDERBYname', '=1+1', '\u202eabc', '{{7*7}}',
  JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
];

/** Every path into a raw record, `depth` levels deep. */
export function paths(value: unknown, depth: number, above: readonly string[] = []): (readonly string[])[] {
  if (depth === 0 || typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array) return [];
  return Object.keys(value).slice(0, 80).flatMap((key) => [[...above, key], ...paths((value as Record<string, unknown>)[key], depth - 1, [...above, key])]);
}

/** The record with the field at `path` replaced; without `value` the key is left out. */
export function bent(raw: unknown, path: readonly string[], ...value: readonly unknown[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value[0];
  const copy: object = Array.isArray(raw) ? [...raw] : Object.assign(Object.create(Object.getPrototypeOf(raw) as object | null) as object, raw);
  const target = copy as Record<string, unknown>;
  if (rest.length === 0 && value.length === 0) delete target[key];
  else target[key] = bent(target[key], rest, ...value);
  return copy;
}

/** So that a map that writes into its raw record is seen. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value) && !ArrayBuffer.isView(value)) {
    Object.freeze(value);
    for (const entry of Object.values(value)) frozen(entry);
  }
  return value;
}
