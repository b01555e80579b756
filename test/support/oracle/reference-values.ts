/**
 * First part of the reference of identity: which values the records hold, which of them are junk, and what a tier says.
 * Written from the text alone, as plainly as possible: it judges `src/core/reconcile/identify.ts` and shares no code with it.
 */
import type { IdentifierKind } from '../../../connectors/sdk/contract/index.js';
import { isLive, lineOf, streamOf, type IdentityRules, type SourceRecord, type TierLists } from '../../../src/core/model/index.js';

/** Parts of the rules that a test may take out, to see that it would notice. */
export const REMOVABLE = [
  'placeholders', 'echoes', 'shared limit', 'makers', 'own key', 'external_ref always links', 'tiers of a class',
  'differing serial', 'differing instance_uuid', 'differing cloud_resource_id', 'other bios_uuid', 'changed component', 'asset tags part a changed component',
  'spoilt', 'contested', 'same-stream contest', 'single or MACs', 'shared names', 'agreeing records', 'contested under 3 as well',
  'tombstone that would contradict', 'tombstones link', 'tombstones do not contest', 'tombstones do not attach', 'must-link', 'must-link silences', 'cannot-link',
  'cut', 'sides', 'every seed by itself', 'nearest seed', 'ties alone',
  'attach', 'attach guard', 'attach guard: one stream', 'attach guard: bios_uuid', 'cluster guard', 'one family', 'locally administered MAC',
] as const;
export type Removable = (typeof REMOVABLE)[number];
export type Without = ReadonlySet<Removable>;

/** One value of one kind, with everyone who holds it. A serial of several makers is several values. */
export interface Value {
  readonly kind: IdentifierKind;
  readonly value: string;
  /** Only where the holders of a serial name two makers. `undefined` there: the holders that name none. */
  readonly maker?: string;
  /** The holders of a serial of two makers that name none: "are linked by none of them". */
  readonly linksNobody: boolean;
  readonly holders: readonly SourceRecord[];
  readonly junk: boolean;
}

export const textOf = (value: Pick<Value, 'kind' | 'value'>): string => `${value.kind}:${value.value}`;

/** "Every record also holds its own `source/stream/id` as external_ref". Placeholders and echoes are ignored everywhere. */
export function heldBy(record: SourceRecord, without: Without): { kind: IdentifierKind; value: string }[] {
  const held = record.identifiers
    .filter((identifier) => without.has('placeholders') || !identifier.placeholder)
    .filter((identifier) => without.has('echoes') || !identifier.echo)
    .map(({ kind, value }) => ({ kind, value }))
    .filter(({ kind, value }) => kind !== 'external_ref' || value !== record.key);
  return without.has('own key') ? held : [...held, { kind: 'external_ref', value: record.key }];
}

/** "values held by more than `identity.sharedLimit` live records of one stream" (counted for each maker, as the serial is). */
function isShared(holders: readonly SourceRecord[], rules: IdentityRules, without: Without): boolean {
  if (without.has('shared limit')) return false;
  const live = holders.filter(isLive);
  return live.some((one) => live.filter((other) => streamOf(other) === streamOf(one)).length > rules.sharedLimit);
}

export function valuesOf(records: readonly SourceRecord[], rules: IdentityRules, without: Without): Value[] {
  const holdersOf = new Map<string, { kind: IdentifierKind; value: string; holders: SourceRecord[] }>();
  for (const record of records) {
    for (const held of heldBy(record, without)) {
      const found = holdersOf.get(textOf(held)) ?? { ...held, holders: [] };
      if (!found.holders.includes(record)) found.holders.push(record);
      holdersOf.set(textOf(held), found);
    }
  }
  const values: Value[] = [];
  for (const { kind, value, holders } of holdersOf.values()) {
    const makers = [...new Set(holders.map((holder) => holder.maker).filter((maker) => maker !== undefined))];
    // Holders that name no maker hold no value that could be shared too often: the serial stays one that they name, so that another one contradicts it.
    // "Where the holders of a serial name two makers, it is one value for each maker, and holders that name none are linked by none of them."
    if (kind === 'serial' && makers.length > 1 && !without.has('makers')) {
      for (const maker of [...makers, undefined]) {
        const ofMaker = holders.filter((holder) => holder.maker === maker);
        if (ofMaker.length === 0) continue;
        values.push({ kind, value, ...(maker !== undefined && { maker }), linksNobody: maker === undefined, holders: ofMaker, junk: maker !== undefined && isShared(ofMaker, rules, without) });
      }
    } else {
      values.push({ kind, value, linksNobody: false, holders, junk: isShared(holders, rules, without) });
    }
  }
  return values;
}

/** Tiers of the record's class: its own lists, else those of its nearest ancestor, else the default ones. */
export function tiersOf(record: SourceRecord, rules: IdentityRules, without: Without): TierLists {
  if (record.assetClass === undefined || without.has('tiers of a class')) return rules.tiers.default;
  for (const assetClass of lineOf(record.assetClass, rules.classes)) {
    const own = rules.tiers.byClass[assetClass];
    if (own) return own;
  }
  return rules.tiers.default;
}

/** The second hexadecimal digit says that the address was made up by software: 2, 6, a, e. */
export const isLocallyAdministered = (mac: string): boolean => /^[0-9a-f][26ae]/i.test(mac);

/** "a given list replaces the default one; external_ref always links" */
export function linksFor(record: SourceRecord, kind: IdentifierKind, rules: IdentityRules, without: Without): boolean {
  if (kind === 'external_ref' && !without.has('external_ref always links')) return true;
  return tiersOf(record, rules, without).link.includes(kind);
}

/** Both have some, and none in common. "a side without any does not differ" */
export const differ = (a: readonly string[], b: readonly string[]): boolean => a.length > 0 && b.length > 0 && !a.some((one) => b.includes(one));
export const share = (a: readonly string[], b: readonly string[]): boolean => a.some((one) => b.includes(one));
