import type { IdentifierKind } from '../../../connectors/sdk/contract/index.js';
import { lineOf } from '../model/classes.js';
import type { IdentityRules, Tier } from '../model/rules.js';
import { isLive, streamOf, type SourceRecord } from '../model/source-record.js';
import type { KnownValues } from './partition.js';

/** One value with its holders. A serial whose holders name two makers is one value for each maker. */
export interface Value {
  readonly kind: IdentifierKind;
  readonly value: string;
  readonly maker?: string;
  readonly id: string;
  /** Indices of records, live and tombstoned. */
  readonly holders: readonly number[];
  junk: boolean;
  spoilt: boolean;
  contested: boolean;
  /** Pairs that contest it by rule 4, flattened. */
  readonly rivals: number[];
}

export type TierOfKind = ReadonlyMap<string, Tier>;

/** Tiers by class, the nearest ancestor's lists first; external_ref always links. */
export function tierLookup(rules: IdentityRules): (assetClass: string | undefined) => TierOfKind {
  const cache = new Map<string, TierOfKind>();
  return (assetClass) => {
    const known = cache.get(assetClass ?? '');
    if (known) return known;
    const own = assetClass === undefined ? undefined : lineOf(assetClass, rules.classes).find((each) => rules.tiers.byClass[each] !== undefined);
    const lists = (own !== undefined ? rules.tiers.byClass[own] : undefined) ?? rules.tiers.default;
    const tiers = new Map<string, Tier>();
    for (const tier of ['suggest', 'attach', 'link'] as const) for (const kind of lists[tier]) tiers.set(kind, tier);
    tiers.set('external_ref', 'link');
    cache.set(assetClass ?? '', tiers);
    return tiers;
  };
}

/** Records with everything that the rules ask of them, by index, and the values that they hold. */
export class ValueTable {
  readonly live: readonly boolean[];
  readonly streams: readonly string[];
  readonly tiers: readonly TierOfKind[];
  readonly values: readonly Value[];
  /** Per record: its usable values (neither placeholder nor echo), by kind. A serial of no maker's group stands in `serialTexts` only. */
  readonly held: readonly ReadonlyMap<IdentifierKind, readonly Value[]>[];
  readonly serialTexts: readonly (readonly string[])[];
  private readonly groupsOfSerial = new Map<string, Map<string, Value>>();

  constructor(readonly records: readonly SourceRecord[], rules: IdentityRules, known?: KnownValues) {
    const tierOf = tierLookup(rules);
    this.live = records.map(isLive);
    this.streams = records.map(streamOf);
    this.tiers = records.map((record) => tierOf(record.assetClass));
    const byId = new Map<string, Value & { readonly holders: number[] }>();
    const makers = this.makersOfSerials(known);
    const held: Map<IdentifierKind, Value[]>[] = records.map(() => new Map());
    const serialTexts: string[][] = records.map(() => []);
    records.forEach((record, index) => {
      for (const { kind, value, placeholder, echo } of record.identifiers) {
        if (placeholder || echo) continue;
        let id = `${kind}:${value}`;
        let maker: string | undefined;
        if (kind === 'serial') {
          serialTexts[index]?.push(value);
          if ((makers.get(value)?.size ?? 0) > 1) {
            if (record.maker === undefined) continue;
            maker = record.maker;
            id = `${id}|${maker}`;
          }
        }
        const entry = byId.get(id);
        if (entry) entry.holders.push(index);
        else byId.set(id, { kind, value, ...(maker !== undefined && { maker }), id, holders: [index], junk: false, spoilt: false, contested: false, rivals: [] });
      }
    });
    this.values = Array.from(byId.values(), (entry): Value => {
      entry.junk = this.isShared(entry.holders, rules.sharedLimit) || (known?.junk.has(entry.id) ?? false);
      return entry;
    });
    for (const value of this.values) {
      for (const holder of value.holders) {
        const kinds = held[holder] as Map<IdentifierKind, Value[]>;
        const list = kinds.get(value.kind);
        if (list) list.push(value);
        else kinds.set(value.kind, [value]);
      }
      if (value.kind === 'serial') {
        const groups = this.groupsOfSerial.get(value.value) ?? new Map<string, Value>();
        groups.set(value.maker ?? '', value);
        this.groupsOfSerial.set(value.value, groups);
      }
    }
    this.held = held;
    this.serialTexts = serialTexts;
  }

  private makersOfSerials(known?: KnownValues): Map<string, Set<string>> {
    const makers = new Map<string, Set<string>>();
    for (const record of this.records) {
      for (const { kind, value, placeholder, echo } of record.identifiers) {
        if (kind !== 'serial' || placeholder || echo) continue;
        let named = makers.get(value);
        if (!named) makers.set(value, (named = new Set(known?.makers.get(`serial:${value}`))));
        if (record.maker !== undefined) named.add(record.maker);
      }
    }
    return makers;
  }

  private isShared(holders: readonly number[], limit: number): boolean {
    if (holders.length <= limit) return false;
    const counts = new Map<string, number>();
    for (const holder of holders) {
      if (!this.live[holder]) continue;
      const stream = this.streams[holder] as string;
      const count = (counts.get(stream) ?? 0) + 1;
      if (count > limit) return true;
      counts.set(stream, count);
    }
    return false;
  }

  /** Usable values of a kind: not junk. */
  usable(index: number, kind: IdentifierKind): readonly Value[] {
    const values = this.held[index]?.get(kind);
    if (values === undefined) return NONE;
    return values.some((value) => value.junk) ? values.filter((value) => !value.junk) : values;
  }

  /** Serial texts that count when serials are compared: neither junk nor spoilt for this record's maker. */
  comparableSerials(index: number): readonly string[] {
    const texts = this.serialTexts[index] as readonly string[];
    if (texts.length === 0) return texts;
    return texts.filter((text) => {
      const groups = this.groupsOfSerial.get(text);
      const group = groups?.get('') ?? groups?.get(this.records[index]?.maker ?? '');
      return group === undefined || (!group.junk && !group.spoilt);
    });
  }
}
const NONE: readonly Value[] = [];
