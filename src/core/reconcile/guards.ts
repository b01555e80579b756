/** Limits of one source, as configured under `safety`. */
export interface SafetyLimits {
  readonly maxDeleteRatio: number;
  readonly minDeletes: number;
  readonly maxChangeRatio: number;
  readonly minChanges: number;
  /** Complete passes in which a record must be missing. */
  readonly missingPasses: number;
  /** ms for which it must have been missing. */
  readonly missingForMs: number;
  readonly suspectRatio: number;
}

/** A breach needs more than both: the ratio of what was there before, and the minimum. */
export const breaches = (count: number, base: number, ratio: number, minimum: number): boolean => count > minimum && count > ratio * base;

/**
 * A complete pass that gives far fewer records than its scope held is not believed: none where any was live, or fewer than
 * `suspectRatio` of them when more than `minDeletes` are lost.
 */
export function isSuspect(seen: number, liveBefore: number, limits: SafetyLimits): boolean {
  if (liveBefore === 0) return false;
  if (seen === 0) return true;
  return seen < limits.suspectRatio * liveBefore && liveBefore - seen > limits.minDeletes;
}

/** Not-seen records need their passes and their time; told ones need no grace. */
export function isOver(missing: { readonly misses: number; readonly missingSince: number }, now: number, limits: SafetyLimits): boolean {
  return missing.misses >= limits.missingPasses && now - missing.missingSince >= limits.missingForMs;
}
