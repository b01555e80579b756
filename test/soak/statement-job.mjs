import { crashTurn } from './crash-job.mjs';

/**
 * Every statement of a whole sync (or of one that pushes) fails once, with each of `faults`. Turns go on where the last one ended, so they keep the first one's seed: another world
 * would have other statements. How many there are is known after the first cycle.
 */
export function statementJob({ name, kind, faults, spec = 'statements', count = 'LOCKSTEP_CRASH_STATEMENTS', mysql = false }) {
  let world;
  let each = Infinity;
  return {
    name, total: faults.length,
    run: async ({ seed, until, before, done, size, say }) => {
      world ??= seed;
      for (let made = before; made < each * faults.length && Date.now() < until;) {
        const [fault, from] = each === Infinity ? [0, 0] : [Math.floor(made / each), made % each];
        await crashTurn({
          spec, test: `fails on ${kind} with ${faults[fault]}:`, suite: `${spec} ${kind}`, seed: world, until, mysql,
          env: { [count]: '0', [`${count}_MYSQL`]: '0', LOCKSTEP_CRASH_FROM: String(from) },
          onProgress: (of) => {
            each = of;
            size(of * faults.length);
            made += 1;
            done(1);
          },
        });
        say(`seed ${world}: ${made} of ${each * faults.length} statements have failed`);
      }
    },
  };
}
