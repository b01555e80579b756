import {
  ATTRIBUTES, IDENTIFYING_ATTRIBUTES,
  type AssetRecord, type AttributeValue, type Claims, type Identifier, type IdentifierKind, type MappedRecord, type Mapping,
} from '../contract/index.js';
import { text } from './values.js';

/** Longer texts are cut, with a note: nobody reads them, and a page of 5 MB fields must not stop a sync. */
export const MOST_TEXT = 16_000;
/** Of a list or of tags; beyond it nothing an asset has. */
export const MOST_ENTRIES = 1_000;
/** An identifier longer than this identifies nothing: it would be cut by every store. */
const MOST_IDENTIFIER = 512;
const MOST_EXTERNAL_ID = 255;

type IdentifierValues = { readonly [kind in IdentifierKind]?: unknown };

/** Identifiers of the kinds that hold a value; lists give one each, the empty are dropped. Placeholders are the core's to tell. */
export function identifiers(values: IdentifierValues): Identifier[] {
  const found: Identifier[] = [];
  const seen = new Set<string>();
  for (const [kind, value] of Object.entries(values) as [IdentifierKind, unknown][]) {
    for (const entry of Array.isArray(value) ? value : [value]) {
      const clean = text(entry);
      if (clean === undefined || clean.length > MOST_IDENTIFIER || seen.has(`${kind} ${clean}`)) continue;
      seen.add(`${kind} ${clean}`);
      found.push({ kind, value: clean });
    }
  }
  return found;
}

/** The claims that are made: `undefined` is "not said" and dropped, `null` is "said to be empty" and kept, an empty list is dropped. */
export function claims(values: { readonly [attribute: string]: AttributeValue | null | undefined }): Claims {
  const made: Record<string, AttributeValue | null> = {};
  for (const attribute of Object.keys(values)) {
    const value = values[attribute];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    // The one name whose assignment would set something else than a claim.
    if (attribute === '__proto__') Object.defineProperty(made, attribute, { value, enumerable: true, writable: true, configurable: true });
    else made[attribute] = value;
  }
  return made;
}

/** The record, complete and within bounds; rejected where its id cannot be kept. */
export function mapped(record: MappedRecord): Mapping {
  const bad = badId(record.externalId);
  if (bad !== undefined) return rejected(bad);
  if (record.kind !== 'asset') return { ok: true, record };
  const notes: string[] = [];
  const complete = completeRecord(record);
  const claims = bound(complete.claims, notes);
  const bounded = claims === complete.claims ? complete : { ...complete, claims };
  return { ok: true, record: bounded, ...(notes.length > 0 && { notes }) };
}

/** It cannot be mapped, for a reason that a person understands. */
export function rejected(reason: string, externalId?: string): Mapping {
  const usable = externalId !== undefined && badId(externalId) === undefined;
  return { ok: false, reason, ...(usable && { externalId }) };
}

/** Deliberately left out: counted as filtered. */
export const skipped = (externalId: string, reason: string): Mapping => ({ ok: true, skip: reason, externalId });

function badId(externalId: unknown): string | undefined {
  if (typeof externalId !== 'string' || externalId === '') return 'no id';
  if (externalId.length > MOST_EXTERNAL_ID) return `its id has ${externalId.length} characters, at most ${MOST_EXTERNAL_ID} can be kept`;
  if (/[\u0000-\u001f\u007f]|\p{Surrogate}/u.test(externalId)) return 'its id holds characters that cannot be kept';
  return undefined;
}

/**
 * design.md 4.1: serial_number, mac_addresses … always give the identifiers serial, mac …, and the other way round. A
 * list becomes the union of both sides; a single attribute that is not claimed takes the first identifier. "Said to be
 * empty" stays so.
 */
export function completeRecord(record: AssetRecord): AssetRecord {
  let made: Record<string, AttributeValue | null> | undefined;
  let found: Identifier[] | undefined;
  for (const [attribute, kind, isList] of IDENTIFYING) {
    const claim = Object.hasOwn(record.claims, attribute) ? record.claims[attribute] : undefined;
    const before = found ?? record.identifiers;
    if (claim === undefined && !before.some((i) => i.kind === kind)) continue;
    const claimed = (Array.isArray(claim) ? claim : [claim]).filter((value): value is string => typeof value === 'string');
    for (const value of claimed) {
      if (value.length > MOST_IDENTIFIER || (found ?? record.identifiers).some((i) => i.kind === kind && i.value === value)) continue;
      (found ??= [...record.identifiers]).push({ kind, value });
    }
    if (claim === null) continue;
    const values = (found ?? record.identifiers).filter((i) => i.kind === kind).map((i) => i.value);
    if (values.length === 0) continue;
    if (isList) {
      const union = [...new Set([...claimed, ...values])].sort();
      if (!Array.isArray(claim) || union.length !== claim.length || union.some((value, at) => value !== claim[at])) (made ??= { ...record.claims })[attribute] = union;
    } else if (claim === undefined) (made ??= { ...record.claims })[attribute] = values[0]!;
  }
  // What is complete already stays what it is: most records pass here more than once.
  return made === undefined && found === undefined ? record : { ...record, identifiers: found ?? record.identifiers, claims: made ?? record.claims };
}

const IDENTIFYING = (Object.entries(IDENTIFYING_ATTRIBUTES) as [keyof typeof IDENTIFYING_ATTRIBUTES, IdentifierKind][]).map(([attribute, kind]) => [attribute, kind, ATTRIBUTES[attribute] === 'list'] as const);

function bound(made: Claims, notes: string[]): Claims {
  if (Object.values(made).every(isBounded)) return made;
  const cut = (attribute: string, value: string): string => {
    if (value.length <= MOST_TEXT) return value;
    notes.push(`${attribute} has ${value.length} characters and was cut to ${MOST_TEXT}`);
    return value.slice(0, MOST_TEXT).replace(/[\ud800-\udbff]$/, '');
  };
  return Object.fromEntries(Object.entries(made).map(([attribute, value]) => {
    if (typeof value === 'string') return [attribute, cut(attribute, value)];
    if (Array.isArray(value)) {
      if (value.length > MOST_ENTRIES) notes.push(`${attribute} has ${value.length} entries and was cut to ${MOST_ENTRIES}`);
      return [attribute, value.slice(0, MOST_ENTRIES).map((entry: string) => cut(attribute, entry))];
    }
    if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value as { readonly [key: string]: string });
      if (entries.length > MOST_ENTRIES) notes.push(`${attribute} has ${entries.length} entries and was cut to ${MOST_ENTRIES}`);
      return [attribute, Object.fromEntries(entries.slice(0, MOST_ENTRIES).map(([key, entry]) => [key, cut(attribute, entry)]))];
    }
    return [attribute, value];
  }));
}

function isBounded(value: AttributeValue | null): boolean {
  if (typeof value === 'string') return value.length <= MOST_TEXT;
  if (typeof value !== 'object' || value === null) return true;
  const entries: readonly string[] = Array.isArray(value) ? value : Object.values(value);
  return entries.length <= MOST_ENTRIES && entries.every((entry) => entry.length <= MOST_TEXT);
}
