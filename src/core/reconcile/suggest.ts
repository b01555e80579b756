import { familyOf } from '../model/classes.js';
import type { ClassTree } from '../model/rules.js';
import type { Contradictions } from './contradictions.js';
import type { ValueTable } from './value-table.js';

export interface Suggestion {
  readonly kind: 'hostname' | 'ip' | string;
  readonly value: string;
  /** What it asks about, apart from others: the same name may be in question among machines and among applications. */
  readonly key: string;
  readonly records: readonly number[];
}

export interface Suggestions {
  readonly found: readonly Suggestion[];
  /** Keys of what too many share: nobody is asked about them any more. */
  readonly tooMany: readonly string[];
}

/**
 * Values of the suggest tier that stand on records of several assets which might be one. Assets that contradict each other,
 * or that one stream lists side by side, are plainly two, so nobody is asked about them. `shared.known`: values of which more
 * records than these are known to be shared by too many.
 */
export function suggestions(components: readonly (readonly number[])[], table: ValueTable, contradictions: Contradictions, classes: ClassTree, shared: { readonly limit: number; readonly known: ReadonlySet<string> }): Suggestions {
  const componentOf = new Int32Array(table.records.length);
  components.forEach((members, at) => members.forEach((member) => (componentOf[member] = at)));
  const holdersOf = new Map<string, { kind: string; value: string; holders: Set<number> }>();
  const add = (kind: string, value: string, holder: number): void => {
    const key = `${kind}:${value}`;
    const entry = holdersOf.get(key) ?? { kind, value, holders: new Set<number>() };
    entry.holders.add(holder);
    holdersOf.set(key, entry);
  };
  table.records.forEach((record, index) => {
    if (!table.live[index]) return;
    const tiers = table.tiers[index];
    if (tiers?.get('hostname') === 'suggest') for (const label of record.hostnames) add('hostname', label, index);
    if (tiers?.get('name') === 'suggest' && record.nameLabel !== undefined) add('hostname', record.nameLabel, index);
    for (const [kind, values] of table.held[index] ?? []) {
      if (kind !== 'hostname' && tiers?.get(kind) === 'suggest') for (const value of values) if (!value.junk) add(kind, value.value, index);
    }
  });

  const [found, tooMany]: [Suggestion[], string[]] = [[], []];
  for (const [key, { kind, value, holders }] of holdersOf) {
    const keyIn = (family: string): string => (family === 'machine' ? key : `${key} (${family})`);
    if (shared.known.has(key) || isShared(holders, table, shared.limit)) {
      tooMany.push(...new Set([...holders].map((holder) => keyIn(familyOf(table.records[holder]?.assetClass, classes)))));
      continue;
    }
    if (holders.size < 2) continue;
    const families = new Map<string, Map<number, number[]>>();
    for (const holder of holders) {
      const family = familyOf(table.records[holder]?.assetClass, classes);
      const byComponent = families.get(family) ?? new Map<number, number[]>();
      byComponent.set(componentOf[holder] as number, [...(byComponent.get(componentOf[holder] as number) ?? []), holder]);
      families.set(family, byComponent);
    }
    for (const [family, byComponent] of families) {
      if (byComponent.size < 2) continue;
      const candidates = [...byComponent.keys()];
      const fits = (a: number, b: number): boolean => !(components[a] ?? []).some((x) => (components[b] ?? []).some((y) => contradictions.mayNotLink(x, y) || contradictions.contradict(x, y) || (table.live[x] && table.live[y] && table.streams[x] === table.streams[y])));
      const chosen = candidates.filter((a) => candidates.some((b) => a !== b && fits(a, b)));
      if (chosen.length > 1) found.push({ kind, value, key: keyIn(family), records: chosen.flatMap((component) => byComponent.get(component) ?? []) });
    }
  }
  return { found, tooMany };
}

function isShared(holders: ReadonlySet<number>, table: ValueTable, limit: number): boolean {
  const counts = new Map<string, number>();
  for (const holder of holders) {
    const stream = table.streams[holder] as string;
    counts.set(stream, (counts.get(stream) ?? 0) + 1);
  }
  return [...counts.values()].some((count) => count > limit);
}
