import { crashTurn } from '../crash-job.mjs';

export const name = 'crash-places';
/** Deaths: each place in a first load and in a sync with changes, on both databases. */
export const total = 200;

export async function run({ seed, until, left, done, say }) {
  let made = 0;
  for (const [at, kind] of ['sqlite', 'mysql'].entries()) {
    await crashTurn({
      spec: 'crash-places', test: `on ${kind}`, suite: `places ${kind}`, seed, until: at === 0 ? (Date.now() + until) / 2 : until, mysql: kind === 'mysql', env: { LOCKSTEP_CRASH_PLACES: '5' },
      onProgress: () => {
        made += 1;
        if (made <= left) done(1);
      },
    });
  }
  say(`seed ${seed}: ${made} more held`);
}
