import { sameValue } from '../model/compare.js';
import type { Agreed, FieldDecision, FieldInput, Side } from './push-types.js';

/**
 * One field of one record, by what we want, what was last agreed, and what the target shows now. Level-triggered: asked
 * again with the same three it says the same, so echoes, bursts and repetitions need no memory of their own.
 */
export function decideField(input: FieldInput): FieldDecision {
  const { field, desired, agreed, seen } = input;
  if (!seen.isReadable) return { kind: 'wait', because: 'the target shows a stage that no table row reads; it is never overwritten' };
  if (seen.isDesired) return agreed && sameValue(agreed.value, desired) && isShown(agreed, seen.shown) ? { kind: 'settled' } : { kind: 'agree', agreed: agreement(desired, seen.shown), because: 'found equal' };
  if (!agreed) return { kind: 'align' };
  const [changedHere, changedThere] = [!sameValue(agreed.value, desired), !isShown(agreed, seen.shown)];
  if (!changedThere) return changedHere ? { kind: 'write', because: 'changed here' } : { kind: 'settled' };
  // Who moves a stage is decided before anything is pushed: by the fold, where the target may speak, else by `onDrift`.
  if (field === 'stage') return bySide(input.onDrift, 'drift', input);
  return changedHere ? bySide(input.onConflict, 'conflict', input) : bySide(input.onDrift, 'drift', input);
}

function bySide(side: Side, of: 'drift' | 'conflict', { desired, desiredSince, seen }: FieldInput): FieldDecision {
  if (side === 'ours') return { kind: 'write', because: `${of}, ours` };
  if (side === 'theirs') return { kind: 'agree', agreed: agreement(desired, seen.shown), because: 'theirs' };
  if (side === 'hold' || desiredSince == null || seen.changedAt == null || desiredSince === seen.changedAt) return { kind: 'hold', of };
  return desiredSince > seen.changedAt ? { kind: 'write', because: 'conflict, newest' } : { kind: 'agree', agreed: agreement(desired, seen.shown), because: 'theirs' };
}

export const agreement = (value: unknown, shown: unknown): Agreed => ({ value, shown, origin: 'adopted' });

/** Of status codes every field that was agreed must still read so; what the vendor shows besides does not matter. */
export function isShown({ shown: before }: Agreed, now: unknown): boolean {
  if (!isCodes(before) || !isCodes(now)) return sameValue(before, now);
  return Object.entries(before).every(([name, code]) => now[name] === code);
}

const isCodes = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
