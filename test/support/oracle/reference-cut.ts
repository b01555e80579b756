/** Third part of the reference of identity: rule 7, how a component that holds a contradiction or a cannot-link falls apart. */
import { isLive, type SourceRecord } from '../../../src/core/model/index.js';
import type { Judge } from './reference-contradictions.js';
import type { Without } from './reference-values.js';

export type Edge = readonly [SourceRecord, SourceRecord];

export function cut(components: readonly (readonly SourceRecord[])[], edges: readonly Edge[], verdicts: Judge, without: Without): { components: SourceRecord[][]; alone: SourceRecord[] } {
  const finished: SourceRecord[][] = [];
  const alone: SourceRecord[] = [];
  for (const component of components) {
    const within = edges.filter(([a, b]) => component.includes(a) && component.includes(b));
    const parts = cutOne(component, within, verdicts, without);
    finished.push(...parts.sides, ...parts.alone.map((record) => [record]));
    alone.push(...parts.alone);
  }
  return { components: finished, alone };
}

function cutOne(component: readonly SourceRecord[], edges: readonly Edge[], verdicts: Judge, without: Without): { sides: SourceRecord[][]; alone: SourceRecord[] } {
  // "*Contradiction* between two live records"; a cannot-link holds for tombstones too.
  const opposed = (a: SourceRecord, b: SourceRecord): boolean => verdicts.mayNotLink(a, b) || (isLive(a) && isLive(b) && verdicts.contradict(a, b));
  const linked = (a: SourceRecord, b: SourceRecord): boolean => edges.some(([one, other]) => (one === a && other === b) || (one === b && other === a));

  // "seeds are the records that contradict, or may not link with, another of the component"
  const seeds = component.filter((record) => component.some((other) => opposed(record, other)));
  // "A component that still holds a contradiction or a cannot-link is *cut*"
  if (seeds.length === 0 || without.has('cut')) return { sides: [[...component]], alone: [] };

  // "seeds that share a linking value and do not contradict are one side". A linking value is one that links the two directly; a must-link is a link too,
  // so that what a person joined is parted only where a cannot-link or a contradiction stands between the sides.
  let sides: SourceRecord[][] = seeds.map((seed) => [seed]);
  for (const a of without.has('sides') ? [] : seeds) {
    for (const b of seeds) {
      if (a === b || opposed(a, b) || !linked(a, b)) continue;
      const touched = sides.filter((side) => side.includes(a) || side.includes(b));
      sides = [...sides.filter((side) => !touched.includes(side)), touched.flat()];
    }
  }
  // "if that puts contradicting seeds on one side, every seed is a side by itself"
  const clash = sides.some((side) => side.some((a) => side.some((b) => opposed(a, b))));
  if (clash && !without.has('every seed by itself')) sides = seeds.map((seed) => [seed]);

  // "Any other record belongs to the side whose nearest seed is the fewest records away; equally near: it stands alone, with a review."
  const alone: SourceRecord[] = [];
  const grown = sides.map((side) => [...side]);
  for (const record of component) {
    if (seeds.includes(record)) continue;
    const distances = sides.map((side) => distance(record, side, edges));
    const nearest = Math.min(...distances);
    const near = distances.flatMap((d, side) => (d === nearest ? [side] : []));
    if (near.length > 1 && !without.has('ties alone')) { alone.push(record); continue; }
    const chosen = grown[without.has('nearest seed') ? 0 : near[0] ?? 0];
    if (chosen === undefined) throw new Error('a cut component has a side');
    chosen.push(record);
  }
  return { sides: grown, alone };
}

/** How many links lie between a record and the nearest record of a side. */
function distance(from: SourceRecord, side: readonly SourceRecord[], edges: readonly Edge[]): number {
  const seen = new Set([from]);
  for (let steps = 0, front = [from]; front.length > 0; steps += 1) {
    if (front.some((record) => side.includes(record))) return steps;
    front = front.flatMap((record) => edges.flatMap(([a, b]) => (a === record ? [b] : b === record ? [a] : []))).filter((next) => !seen.has(next) && seen.add(next));
  }
  return Infinity;
}
