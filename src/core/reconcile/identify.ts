import { byCodeUnit } from '../model/compare.js';
import type { RecordKey } from '../model/source-record.js';
import { attach, type Attached } from './attach.js';
import { Contradictions } from './contradictions.js';
import { cutComponents } from './cut.js';
import { cliquesOf, markContested, markRivals, type Clique } from './links.js';
import type { IdentifyInput, IdentityFlag, IdentityReview, Partition, ValueOutcome } from './partition.js';
import { suggestions } from './suggest.js';
import { ValueTable, type Value } from './value-table.js';

const NOTHING_KNOWN: ReadonlySet<string> = new Set();

/**
 * A set of records, with people's constraints, to assets. The same set gives the same partition in whatever order it
 * comes; computed for a closed part it equals the computation over everything (design: identity, rules 1 to 8).
 */
export function identify(input: IdentifyInput): Partition {
  const { rules } = input;
  const table = new ValueTable(input.records, rules, input.known);
  const contradictions = new Contradictions(table, input.constraints, rules.classes);
  markContested(table, contradictions);
  const must = new Set(contradictions.mustPairs.map(([a, b]) => (a < b ? `${a} ${b}` : `${b} ${a}`)));
  markRivals(table, contradictions, (a, b) => must.has(a < b ? `${a} ${b}` : `${b} ${a}`));
  const cliques = cliquesOf(table, contradictions);
  const cut = cutComponents(table.records.length, cliques, contradictions);
  const attached = attach(cut.components, table, contradictions, rules.classes);
  const key = (index: number): RecordKey => (table.records[index] as { key: RecordKey }).key;
  const keys = (list: Iterable<number>): RecordKey[] => [...new Set([...list].map(key))].sort(byCodeUnit);

  const suggested = suggestions(attached.components, table, contradictions, rules.classes, { limit: rules.sharedLimit, known: input.known?.junk ?? NOTHING_KNOWN });
  const reviews: readonly IdentityReview[] = [
    ...valueReviews(table, keys),
    ...refusedReviews(attached, keys),
    ...duplicateReviews(attached, table, keys),
    ...tieReviews(cut.ties, keys),
    ...suggested.found.map(({ kind, value, key: asked, records }): IdentityReview => ({
      kind: 'suggestion', key: `suggestion:${asked}`, records: keys(records), value: { kind, value }, because: `the same ${kind} alone does not prove that they are one asset`,
    })),
  ];
  const standing = new Set(reviews.map((review) => review.key));

  return {
    components: attached.components.map(keys).sort((a, b) => byCodeUnit(a[0] ?? '', b[0] ?? '')),
    values: valueOutcomes(table, cliques, attached, keys),
    reviews,
    over: suggested.tooMany.flatMap((asked) => [`suggestion:${asked}`, `contested:${asked}`]).filter((cause) => !standing.has(cause)),
    flags: flags(attached, table, contradictions, keys),
  };
}

type Keys = (list: Iterable<number>) => RecordKey[];

function valueOutcomes(table: ValueTable, cliques: readonly Clique[], attached: Attached, keys: Keys): ValueOutcome[] {
  const linking = new Set(cliques.flatMap((clique) => (clique.by ? [clique.by] : [])));
  return table.values.map((value) => ({
    kind: value.kind,
    value: value.value,
    ...(value.maker !== undefined && { maker: value.maker }),
    state: value.junk ? 'junk' : value.spoilt ? 'spoilt' : isContested(value) ? 'contested' : linking.has(value) ? 'linked' : attached.joined.has(value) ? 'attached' : 'single',
    tier: table.tiers[value.holders[0] ?? 0]?.get(value.kind) ?? 'none',
    holders: keys(value.holders),
  }));
}
const isContested = (value: Value): boolean => value.contested || value.rivals.length > 0;

function valueReviews(table: ValueTable, keys: Keys): IdentityReview[] {
  const reviews: IdentityReview[] = [];
  for (const value of table.values) {
    if (value.junk || (!value.spoilt && !isContested(value))) continue;
    const live = value.holders.filter((holder) => table.live[holder]);
    reviews.push({
      kind: value.spoilt ? 'spoilt_serial' : 'contested_value',
      key: `contested:${value.id}`,
      records: keys(live),
      value: { kind: value.kind, value: value.value },
      because: value.spoilt
        ? 'machines with this serial name different BIOS UUIDs'
        : value.contested ? 'records that hold this value contradict one another' : 'one source lists different machines with this value',
    });
  }
  return reviews;
}

function refusedReviews(attached: Attached, keys: Keys): IdentityReview[] {
  return attached.refused.map(({ value, holders, because }) => ({ kind: 'ambiguous_attach', key: `attach:${value.id}`, records: keys(holders), value: { kind: value.kind, value: value.value }, because }));
}

function duplicateReviews(attached: Attached, table: ValueTable, keys: Keys): IdentityReview[] {
  return duplicates(attached, table).map((records) => {
    const sorted = keys(records);
    return { kind: 'duplicate_in_source', key: `duplicate:${sorted[0]}`, records: sorted, because: 'one source lists this asset more than once' };
  });
}

function duplicates(attached: Attached, table: ValueTable): number[][] {
  const found: number[][] = [];
  for (const component of attached.components) {
    if (component.length < 2) continue;
    const byStream = new Map<string, number[]>();
    for (const member of component) {
      if (!table.live[member]) continue;
      const stream = table.streams[member] as string;
      byStream.set(stream, [...(byStream.get(stream) ?? []), member]);
    }
    found.push(...[...byStream.values()].filter((members) => members.length > 1));
  }
  return found;
}

const tieReviews = (ties: readonly number[], keys: Keys): IdentityReview[] =>
  ties.map((tie) => ({ kind: 'cut_tie', key: `tie:${keys([tie])[0]}`, records: keys([tie]), because: 'it is equally near to records that are different assets' }));

function flags(attached: Attached, table: ValueTable, contradictions: Contradictions, keys: Keys): IdentityFlag[] {
  const found: IdentityFlag[] = duplicates(attached, table).map((records) => ({ flag: 'duplicate_in_source', records: keys(records) }));
  for (const component of attached.components) {
    if (component.length < 2) continue;
    const changed = new Set<number>();
    component.forEach((a, i) => component.slice(i + 1).forEach((b) => {
      if (!table.live[a] || !table.live[b] || !contradictions.nameDifferently(a, b, 'bios_uuid')) return;
      if (table.usable(a, 'serial').some((serial) => table.usable(b, 'serial').includes(serial))) changed.add(a).add(b);
    }));
    if (changed.size > 0) found.push({ flag: 'changed_component', records: keys(changed) });
  }
  return found;
}
