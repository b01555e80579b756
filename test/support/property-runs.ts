import type { Parameters } from 'fast-check';

/** A little less than what jest gives a test, which would tell nothing of a failure that still shrinks. Who sets the runs gives ten minutes. */
const LIMIT_MS = { everyday: 110_000, long: 580_000 };

/**
 * How often a property runs: `LOCKSTEP_RUNS` for long runs, else what the everyday test can afford; `LOCKSTEP_SEED` repeats a run. A failure prints its
 * seed, its path and the shrunk example by itself.
 */
export function parameters<T = unknown>(everyday: number): Parameters<T> {
  const { LOCKSTEP_RUNS: runs, LOCKSTEP_SEED: seed } = process.env;
  return { numRuns: runs ? Number(runs) : everyday, interruptAfterTimeLimit: runs ? LIMIT_MS.long : LIMIT_MS.everyday, markInterruptAsFailure: true, ...(seed && { seed: Number(seed) }) };
}
