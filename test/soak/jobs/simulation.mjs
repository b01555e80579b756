import { propertySpecs } from '../property-specs.mjs';

// Few enough to end within the limit of a test on a machine that is busy with other things.
const DAYS_A_ROUND = 10;

export const name = 'simulation';
/** Simulated days in a whole long run. */
export const total = 10_000;

/** The simulated day again and again, each round with a seed of its own, until the time is up. */
export async function run({ seed, until, left, done, say }) {
  let round = 0;
  for (let rest = left; rest > 0 && Date.now() < until; rest -= DAYS_A_ROUND) {
    const own = (seed + round) % 2 ** 31;
    round += 1;
    const { code, words, tests } = await propertySpecs('properties/simulation\\.spec\\.ts$', own, DAYS_A_ROUND);
    if (code !== 0) throw new Error(`LOCKSTEP_SEED=${own} LOCKSTEP_RUNS=${DAYS_A_ROUND} fails:\n${words}`);
    if (tests === 0) throw new Error('there is no simulation');
    done(Math.min(DAYS_A_ROUND, rest));
    say(`seed ${own}: ${DAYS_A_ROUND} days ended as they should`);
  }
}
