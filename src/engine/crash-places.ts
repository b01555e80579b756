/** Where tests let the process die. Each is passed by an ordinary sync, but for the schema's (once, on a new database) and the renewal's (while a page is slow). */
export const CRASH_PLACES = ['between schema statements', 'after fetch before store', 'after store before commit', 'after commit before next page', 'inside tombstoning', 'at lease renewal'] as const;
/** Passed by every write to a target. */
export const PUSH_CRASH_PLACES = ['after outbox commit before send', 'inside batch answers', 'after the answer before agreed state'] as const;
/** Passed by every delivery that names a record. */
export const INBOX_CRASH_PLACES = ['after reading again before the inbox knows'] as const;
export type CrashPlace = (typeof CRASH_PLACES)[number] | (typeof PUSH_CRASH_PLACES)[number] | (typeof INBOX_CRASH_PLACES)[number];

/** A no-op but in tests. */
export type CrashPoint = (place: CrashPlace) => void;

/**
 * Crash tests name a place and how often it is passed before the process dies there: `LOCKSTEP_TEST_CRASH="after store
 * before commit#3"`. Only with NODE_ENV=test; a production process has no such places.
 */
export function crashPointFromEnvironment(): CrashPoint {
  const wanted = process.env['NODE_ENV'] === 'test' ? process.env['LOCKSTEP_TEST_CRASH'] : undefined;
  if (!wanted) return () => undefined;
  const [place, times = '1'] = wanted.split('#');
  let left = Number(times);
  return (name) => {
    if (name === place && --left === 0) process.kill(process.pid, 'SIGKILL');
  };
}
