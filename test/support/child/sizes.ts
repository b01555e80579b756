import { randomInt } from 'node:crypto';

/** A count that `.ci/run` and the soak scale. */
export function sizeOf(name: `LOCKSTEP_CRASH_${string}`, everyday: number): number {
  const text = process.env[name];
  const size = text === undefined ? everyday : Number(text);
  if (!Number.isInteger(size) || size < 0) throw new Error(`${name} must be a whole number, not "${text}"`);
  return size;
}

/** Of a suite whose instants are drawn: `LOCKSTEP_SEED` repeats one. Always printed. */
export function seedOf(suite: string): number {
  const seed = process.env['LOCKSTEP_SEED'] ? Number(process.env['LOCKSTEP_SEED']) : randomInt(2 ** 31);
  process.stderr.write(`${suite}: LOCKSTEP_SEED=${seed}\n`);
  return seed;
}

/** Assets of the worlds that are killed. */
export const worldSize = (): number => sizeOf('LOCKSTEP_CRASH_ASSETS', 2_000);

/** Whether the time is up that the soak gave this turn. Asked between the cycles: one is always made. */
export function isTimeUp(): boolean {
  const until = process.env['LOCKSTEP_CRASH_UNTIL'];
  return until !== undefined && Date.now() >= Number(until);
}

/** How far a long suite came, for the soak: one line, whatever jest makes of the rest. `of`: where the end is only known when it runs. */
export function progress(suite: string, done: number, of?: number): void {
  process.stderr.write(`${suite}: progress ${done}${of === undefined ? '' : ` of ${of}`}\n`);
}
