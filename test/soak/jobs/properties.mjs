import { propertySpecs } from '../property-specs.mjs';

/** All but the simulated days, which have a job of their own. */
const PATTERN = '(properties/(?!simulation).*|\\.propert(y|ies))\\.spec\\.ts$';
const RUNS_A_ROUND = 200;

export const name = 'properties';
/** Worlds of each property in a whole long run. */
export const total = 20_000;

/** Every property spec again with a fresh seed and LOCKSTEP_RUNS worlds each, until the time is up. */
export async function run({ seed, until, left, done, say }) {
  let round = 0;
  for (let rest = left; rest > 0 && Date.now() < until; rest -= RUNS_A_ROUND) {
    const own = (seed + round) % 2 ** 31;
    round += 1;
    const { code, words, tests } = await propertySpecs(PATTERN, own, RUNS_A_ROUND);
    if (code !== 0) throw new Error(`LOCKSTEP_SEED=${own} LOCKSTEP_RUNS=${RUNS_A_ROUND} fails:\n${words}`);
    if (tests === 0) throw new Error('there are no property specs');
    done(Math.min(RUNS_A_ROUND, rest));
    say(`seed ${own}: ${tests} properties held for ${RUNS_A_ROUND} worlds each`);
  }
}
