import type { Contradictions } from './contradictions.js';
import { isLocalMac } from './normalise.js';
import type { Value, ValueTable } from './value-table.js';

/** A set of records that one value, or a person, links: each is one step from each other. */
export interface Clique {
  readonly members: readonly number[];
  readonly by?: Value;
}

const agree = (a: readonly string[], b: readonly string[]): boolean => a.some((label) => b.includes(label));
const differ = (a: readonly string[], b: readonly string[]): boolean => a.length > 0 && b.length > 0 && !agree(a, b);

/** Rule 3: a value whose live holders contradict one another. */
export function markContested(table: ValueTable, contradictions: Contradictions): void {
  for (const value of table.values) {
    if (value.junk || value.holders.length < 2) continue;
    contradictions.livePairs(value, (a, b) => {
      if (!contradictions.contradict(a, b)) return false;
      value.contested = true;
      return true;
    });
  }
}

export const linksBy = (table: ValueTable, index: number, value: Value): boolean => table.tiers[index]?.get(value.kind) === 'link';

/**
 * Rule 4: two live records of one stream that look like two machines behind one value (containers and guests that show
 * their host's UUID, nodes of one chassis) contest the link values that they share.
 */
export function markRivals(table: ValueTable, contradictions: Contradictions, isMustLinked: (a: number, b: number) => boolean): void {
  const judged = new Set<number>();
  const size = table.records.length;
  for (const value of table.values) {
    if (value.junk || value.holders.length < 2) continue;
    contradictions.livePairs(value, (a, b) => {
      if (table.streams[a] !== table.streams[b] || !linksBy(table, a, value) || !linksBy(table, b, value)) return;
      const pair = a < b ? a * size + b : b * size + a;
      if (judged.has(pair)) return;
      judged.add(pair);
      if (isMustLinked(a, b)) return;
      const shared = sharedLinkValues(table, a, b);
      if (areRivals(table, a, b, shared)) for (const each of shared) each.rivals.push(a, b);
    });
  }
}

function sharedLinkValues(table: ValueTable, a: number, b: number): Value[] {
  const shared: Value[] = [];
  for (const [kind, values] of table.held[a] ?? []) {
    if (table.tiers[a]?.get(kind) !== 'link' || table.tiers[b]?.get(kind) !== 'link') continue;
    const others = table.held[b]?.get(kind);
    if (others) for (const value of values) if (!value.junk && others.includes(value)) shared.push(value);
  }
  return shared;
}

function areRivals(table: ValueTable, a: number, b: number, shared: readonly Value[]): boolean {
  const [left, right] = [table.records[a], table.records[b]];
  if (!left || !right || !differ(left.hostnames, right.hostnames) || shareWeakValue(table, a, b)) return false;
  return shared.length === 1 || (table.usable(a, 'mac').length > 0 && table.usable(b, 'mac').length > 0);
}

function shareWeakValue(table: ValueTable, a: number, b: number): boolean {
  for (const [kind, values] of table.held[a] ?? []) {
    const [tierA, tierB] = [table.tiers[a]?.get(kind), table.tiers[b]?.get(kind)];
    if (tierA === undefined || tierB === undefined || tierA === 'link' || tierB === 'link') continue;
    const others = table.held[b]?.get(kind);
    if (others && values.some((value) => !value.junk && others.includes(value))) return true;
  }
  const [left, right] = [table.records[a], table.records[b]];
  if (!left || !right || table.tiers[a]?.get('name') === undefined || table.tiers[b]?.get('name') === undefined) return false;
  const labels = (record: { hostnames: readonly string[]; nameLabel?: string }): string[] => [...record.hostnames, ...(record.nameLabel === undefined ? [] : [record.nameLabel])];
  return agree(labels(left), labels(right));
}

/** What links what, after junk, spoilt and contested values have been taken out. */
export function cliquesOf(table: ValueTable, contradictions: Contradictions): Clique[] {
  const cliques: Clique[] = contradictions.mustPairs.map((members) => ({ members }));
  for (const value of table.values) {
    if (value.junk || value.spoilt || value.contested || value.holders.length < 2) continue;
    // Before there are components nobody can say that one side is a virtual machine.
    if (value.kind === 'mac' && isLocalMac(value.value)) continue;
    const members = linkable(value, table, contradictions);
    if (members.length < 2) continue;
    if (value.rivals.length === 0) cliques.push({ members, by: value });
    else for (const edge of edgesBesideRivals(value, members, table)) cliques.push({ members: edge, by: value });
  }
  return cliques;
}

/** Rule 8: a tombstone that would contradict a live holder is linked by that value to nobody. */
function linkable(value: Value, table: ValueTable, contradictions: Contradictions): number[] {
  const members = value.holders.filter((holder) => linksBy(table, holder, value));
  if (members.every((member) => table.live[member])) return members;
  const live = value.holders.filter((holder) => table.live[holder]);
  return members.filter((member) => table.live[member] || !live.some((other) => contradictions.wouldContradict(member, other)));
}

/** A value under rule 4 links a record of another stream to the one rival whose host name it bears. */
function edgesBesideRivals(value: Value, members: readonly number[], table: ValueTable): [number, number][] {
  const against = new Map<number, Set<number>>();
  for (let i = 0; i < value.rivals.length; i += 2) {
    const [a, b] = [value.rivals[i] as number, value.rivals[i + 1] as number];
    against.set(a, (against.get(a) ?? new Set()).add(b));
    against.set(b, (against.get(b) ?? new Set()).add(a));
  }
  const names = (index: number): readonly string[] => table.records[index]?.hostnames ?? [];
  const edges: [number, number][] = [];
  for (const [rival, opponents] of against) {
    for (const member of members) {
      if (table.streams[member] === table.streams[rival] || !agree(names(member), names(rival))) continue;
      if ([...opponents].some((opponent) => agree(names(member), names(opponent)))) continue;
      edges.push([rival, member]);
    }
  }
  return edges;
}

