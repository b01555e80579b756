import type { Contradictions } from './contradictions.js';
import type { Clique } from './links.js';
import { UnionFind } from './union-find.js';

export interface Cut {
  readonly components: readonly (readonly number[])[];
  /** Records equally near to two sides: each stands alone. */
  readonly ties: readonly number[];
}

/**
 * Rule 7: a component that still holds a contradiction or a cannot-link is cut. Seeds are the records that contradict, or
 * may not link with, another; every other record belongs to the side whose nearest seed is the fewest records away.
 */
export function cutComponents(size: number, cliques: readonly Clique[], contradictions: Contradictions): Cut {
  const sets = new UnionFind(size);
  for (const { members } of cliques) for (let i = 1; i < members.length; i++) sets.union(members[0] as number, members[i] as number);
  const components: (readonly number[])[] = [];
  const ties: number[] = [];
  let cliquesOfRecord: Map<number, Clique[]> | undefined;
  for (const component of sets.sets()) {
    const pairs = component.length < 2 ? [] : forbiddenPairs(component, contradictions);
    if (pairs.length === 0) {
      components.push(component);
      continue;
    }
    cliquesOfRecord ??= indexCliques(cliques);
    const cut = cutOne(component, pairs, cliquesOfRecord);
    components.push(...cut.components);
    ties.push(...cut.ties);
  }
  return { components, ties };
}

function forbiddenPairs(component: readonly number[], contradictions: Contradictions): [number, number][] {
  const pairs: [number, number][] = [];
  for (let i = 0; i < component.length; i++) {
    for (let j = i + 1; j < component.length; j++) {
      const [a, b] = [component[i] as number, component[j] as number];
      if (contradictions.mayNotLink(a, b) || contradictions.contradict(a, b)) pairs.push([a, b]);
    }
  }
  return pairs;
}

function indexCliques(cliques: readonly Clique[]): Map<number, Clique[]> {
  const index = new Map<number, Clique[]>();
  for (const clique of cliques) {
    for (const member of clique.members) {
      const list = index.get(member);
      if (list) list.push(clique);
      else index.set(member, [clique]);
    }
  }
  return index;
}

function cutOne(component: readonly number[], pairs: readonly (readonly [number, number])[], cliquesOf: ReadonlyMap<number, readonly Clique[]>): Cut {
  const seeds = [...new Set(pairs.flat())].sort((a, b) => a - b);
  const forbidden = new Set(pairs.map(([a, b]) => `${Math.min(a, b)} ${Math.max(a, b)}`));
  const mayNot = (a: number, b: number): boolean => forbidden.has(`${Math.min(a, b)} ${Math.max(a, b)}`);
  const sideOf = sidesOfSeeds(seeds, mayNot, cliquesOf);

  // Breadth first from all sides at once. A record met at one distance by two sides is nobody's, yet it passes on both.
  const reached = new Map<number, Set<number>>(seeds.map((seed) => [seed, new Set([sideOf.get(seed) as number])]));
  let frontier = [...reached.keys()];
  while (frontier.length > 0) {
    const next = new Map<number, Set<number>>();
    for (const record of frontier) {
      for (const clique of cliquesOf.get(record) ?? []) {
        for (const member of clique.members) {
          if (reached.has(member)) continue;
          const sides = next.get(member) ?? new Set<number>();
          for (const side of reached.get(record) as Set<number>) sides.add(side);
          next.set(member, sides);
        }
      }
    }
    for (const [record, sides] of next) reached.set(record, sides);
    frontier = [...next.keys()];
  }

  const bySide = new Map<number, number[]>();
  const ties: number[] = [];
  for (const record of component) {
    const sides = [...(reached.get(record) ?? [])];
    if (sides.length !== 1) ties.push(record);
    else bySide.set(sides[0] as number, [...(bySide.get(sides[0] as number) ?? []), record]);
  }
  return { components: [...bySide.values(), ...ties.map((record) => [record])], ties };
}

/** Seeds that share a linking value and do not contradict are one side, unless that brings contradicting seeds together. */
function sidesOfSeeds(seeds: readonly number[], mayNot: (a: number, b: number) => boolean, cliquesOf: ReadonlyMap<number, readonly Clique[]>): Map<number, number> {
  const position = new Map(seeds.map((seed, at) => [seed, at]));
  const sides = new UnionFind(seeds.length);
  for (const seed of seeds) {
    for (const { members } of cliquesOf.get(seed) ?? []) {
      for (const member of members) {
        const at = position.get(member);
        if (at !== undefined && member !== seed && !mayNot(seed, member)) sides.union(position.get(seed) as number, at);
      }
    }
  }
  const broken = sides.sets().some((side) => side.some((a, i) => side.slice(i + 1).some((b) => mayNot(seeds[a] as number, seeds[b] as number))));
  return new Map(seeds.map((seed, at) => [seed, broken ? at : sides.find(at)]));
}
