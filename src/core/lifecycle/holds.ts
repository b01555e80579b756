import { HOLDS, type Hold, type StageReading } from '../../../connectors/sdk/contract/index.js';
import type { PersonHold } from '../model/decisions.js';
import type { SourceRecord } from '../model/source-record.js';

/** What is kept of a record's holds from one reading to the next. */
export type KeptHolds = Pick<SourceRecord, 'holds' | 'holdsSince' | 'holdsLifted'>;

/**
 * A hold that is read ends with the next reading without it; a legal one only by a person. What a person lifted stays lifted while the
 * source goes on stating it, and counts anew when the source states it again. A record that says nothing of its stage changes nothing.
 */
export function readHolds(kept: KeptHolds, reading: StageReading | undefined, readAt: number): KeptHolds {
  if (!reading) return kept;
  const stated = new Set(reading.holds ?? []);
  const lifted = (kept.holdsLifted ?? []).filter((hold) => stated.has(hold));
  const holds = HOLDS.filter((hold) => (stated.has(hold) && !lifted.includes(hold)) || (hold === 'legal' && kept.holds?.includes(hold)));
  const before = new Set(kept.holds ?? []);
  return keep(holds, (hold) => (before.has(hold) ? kept.holdsSince?.[hold] : readAt), lifted);
}

/** A person lifts a hold that was read from a source. */
export function liftHold(kept: KeptHolds, hold: Hold): KeptHolds {
  if (!kept.holds?.includes(hold)) return kept;
  return keep(kept.holds.filter((other) => other !== hold), (other) => kept.holdsSince?.[other], [...(kept.holdsLifted ?? []), hold]);
}

function keep(holds: readonly Hold[], sinceOf: (hold: Hold) => number | undefined, lifted: readonly Hold[]): KeptHolds {
  const since = Object.fromEntries(holds.flatMap((hold) => { const at = sinceOf(hold); return at === undefined ? [] : [[hold, at]]; }));
  return { ...(holds.length > 0 && { holds }), ...(Object.keys(since).length > 0 && { holdsSince: since }), ...(lifted.length > 0 && { holdsLifted: lifted }) };
}

/** Holds in force on an asset, each with the instant since when; `-Infinity`: it always stood. Tombstones keep theirs: no reading ended it. */
export function holdsOf(records: readonly SourceRecord[], personHolds: readonly PersonHold[]): ReadonlyMap<Hold, number> {
  const found = new Map<Hold, number>();
  const add = (hold: Hold, since: number): void => { found.set(hold, Math.min(since, found.get(hold) ?? since)); };
  for (const record of records) for (const hold of record.holds ?? []) add(hold, record.holdsSince?.[hold] ?? Number.NEGATIVE_INFINITY);
  for (const { hold, at } of personHolds) add(hold, at);
  return found;
}
