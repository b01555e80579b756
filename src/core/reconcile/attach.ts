import { familyOf } from '../model/classes.js';
import type { ClassTree } from '../model/rules.js';
import type { Contradictions } from './contradictions.js';
import { isLocalMac } from './normalise.js';
import { UnionFind } from './union-find.js';
import type { Value, ValueTable } from './value-table.js';

export interface Attached {
  /** Components after joining, as records. */
  readonly components: readonly (readonly number[])[];
  readonly joined: ReadonlySet<Value>;
  /** Values that could have joined and were not allowed to: one review each. */
  readonly refused: readonly { readonly value: Value; readonly holders: readonly number[]; readonly because: string }[];
}

interface Join {
  readonly value: Value;
  readonly components: readonly number[];
  readonly holders: readonly number[];
}

/** Rule 6, once, on the finished link components. */
export function attach(components: readonly (readonly number[])[], table: ValueTable, contradictions: Contradictions, classes: ClassTree): Attached {
  const componentOf = new Int32Array(table.records.length);
  components.forEach((members, at) => members.forEach((member) => (componentOf[member] = at)));
  const conflicts = new Map<string, boolean>();
  const inConflict = (a: number, b: number): boolean => {
    const pair = a < b ? `${a} ${b}` : `${b} ${a}`;
    let answer = conflicts.get(pair);
    if (answer === undefined) {
      answer = (components[a] ?? []).some((x) => (components[b] ?? []).some((y) => contradictions.forbidAttach(x, y)));
      conflicts.set(pair, answer);
    }
    return answer;
  };
  const anyConflict = (list: readonly number[]): boolean => list.some((a, i) => list.slice(i + 1).some((b) => inConflict(a, b)));
  const hasLiveVirtual = (component: number): boolean => (components[component] ?? []).some((member) => table.live[member] && contradictions.isVirtual(member));

  const candidates: Join[] = [];
  const refused: Attached['refused'][number][] = [];
  for (const value of table.values) {
    if (value.junk || value.spoilt || value.contested || value.rivals.length > 0 || value.holders.length < 2) continue;
    for (const join of joinsOf(value, table, componentOf, classes, components)) {
      if (value.kind === 'mac' && isLocalMac(value.value)) {
        const physical = join.components.filter((component) => !hasLiveVirtual(component));
        // A locally administered address never identifies hardware.
        if (physical.length > 1 || physical.length === join.components.length) continue;
      }
      if (anyConflict(join.components)) refused.push({ value, holders: join.holders, because: 'the records that hold it cannot all be one asset' });
      else candidates.push(join);
    }
  }

  const clusters = new UnionFind(components.length);
  for (const join of candidates) for (const component of join.components) clusters.union(join.components[0] as number, component);
  const membersOf = new Map<number, number[]>();
  for (const at of new Set(candidates.flatMap((join) => join.components))) {
    const root = clusters.find(at);
    membersOf.set(root, [...(membersOf.get(root) ?? []), at]);
  }
  const broken = new Set([...membersOf].filter(([, members]) => members.length > 2 && anyConflict(members)).map(([root]) => root));

  const joined = new Set<Value>();
  const result = new UnionFind(components.length);
  for (const join of candidates) {
    if (broken.has(clusters.find(join.components[0] as number))) {
      refused.push({ value: join.value, holders: join.holders, because: 'together with other values it would bring records into one asset that cannot be one' });
      continue;
    }
    joined.add(join.value);
    for (const component of join.components) result.union(join.components[0] as number, component);
  }
  return { components: joined.size === 0 ? components : result.sets().map((set) => set.flatMap((at) => components[at] ?? [])), joined, refused };
}

/** The components of one family that hold the value on a live record; nothing where fewer than two do. */
function joinsOf(value: Value, table: ValueTable, componentOf: Int32Array, classes: ClassTree, components: readonly (readonly number[])[]): Join[] {
  const tierOf = (holder: number): string | undefined => (table.live[holder] ? table.tiers[holder]?.get(value.kind) : undefined);
  const holders = value.holders.filter((holder) => tierOf(holder) === 'attach' || tierOf(holder) === 'link');
  if (holders.length < 2 || !holders.some((holder) => tierOf(holder) === 'attach')) return [];
  const distinct = [...new Set(holders.map((holder) => componentOf[holder] as number))];
  if (distinct.length < 2) return [];
  const byFamily = new Map<string, Set<number>>();
  for (const component of distinct) {
    for (const member of components[component] ?? []) {
      if (!table.live[member]) continue;
      const family = familyOf(table.records[member]?.assetClass, classes);
      byFamily.set(family, (byFamily.get(family) ?? new Set()).add(component));
    }
  }
  return [...byFamily.values()]
    .map((set) => ({ value, components: [...set], holders: holders.filter((holder) => set.has(componentOf[holder] as number)) }))
    .filter((join) => join.components.length > 1 && join.holders.some((holder) => tierOf(holder) === 'attach'));
}
