/** Sizes of the crash suite for CI (docs/testing.md), and what a cycle of start, kill, restart and settle takes at most, in minutes. */
const FULL = { LOCKSTEP_CRASH_KILLS: 40, LOCKSTEP_CRASH_KILLS_MYSQL: 10, LOCKSTEP_CRASH_CUTS: 200, LOCKSTEP_CRASH_STOPS: 20, LOCKSTEP_CRASH_INTAKE: 20, LOCKSTEP_CRASH_ZOMBIES: 10, LOCKSTEP_CRASH_SERVER_KILLS: 5, LOCKSTEP_CRASH_PUSH_KILLS: 12, LOCKSTEP_CRASH_PUSH_KILLS_MYSQL: 4 };
const FULL_MINUTES = 17;
/** Below this a random kill proves too little to be called a test. */
const LEAST_SHARE = 0.2;

/**
 * Scales numbers, never kinds: with less than 15 minutes left every count shrinks alike.
 * A count that the caller set stays. `notes` says what was scaled.
 */
export function crashSizes(minutesLeft, env = process.env) {
  const share = Math.max(LEAST_SHARE, Math.min(1, minutesLeft / FULL_MINUTES));
  const sizes = {};
  const notes = [];
  for (const [name, full] of Object.entries(FULL)) {
    sizes[name] = env[name] ?? String(Math.max(1, Math.round(full * share)));
    if (Number(sizes[name]) < full) notes.push(`${name} ${sizes[name]} instead of ${full}`);
  }
  return { sizes, notes };
}
