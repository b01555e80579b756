import type { Parameters } from 'fast-check';

/**
 * How often a property runs: `LOCKSTEP_RUNS` for long runs, else what the everyday test can afford; `LOCKSTEP_SEED` repeats a run. A failure prints its
 * seed, its path and the shrunk example by itself.
 */
export function parameters(everyday: number): Parameters<unknown> {
  const { LOCKSTEP_RUNS: runs, LOCKSTEP_SEED: seed } = process.env;
  return { numRuns: runs ? Number(runs) : everyday, ...(seed && { seed: Number(seed) }) };
}
