const HOUR = 3_600_000;
/** Shorter is a night. */
const LEAST_MS = 24 * HOUR;
const TIMES = 3;

export interface Hearing {
  readonly now: number;
  /** Of the last delivery; null: there was none. */
  readonly lastAt: number | null;
  /** Instants of the latest, the newest first. */
  readonly arrivals: readonly number[];
  /** What polls found changed since then that nobody had told, and when first. */
  readonly missedSince: number;
  readonly firstMissedAt: number | null;
}

export interface Silence {
  readonly since: number;
  readonly limitMs: number;
  readonly missed: number;
}

/** A source that tells nothing any more though things change there: longer than a few of its usual gaps, and a day at least. One in which nothing happens is at rest. */
export function silenceOf({ now, lastAt, arrivals, missedSince, firstMissedAt }: Hearing): Silence | undefined {
  if (missedSince === 0 || firstMissedAt === null) return undefined;
  const since = lastAt ?? firstMissedAt;
  const limitMs = Math.max(LEAST_MS, TIMES * usualGapMs(arrivals));
  return now - since > limitMs ? { since, limitMs, missed: missedSince } : undefined;
}

/** The median: a quiet weekend makes no source slow, and a storm none fast. */
export function usualGapMs(arrivals: readonly number[]): number {
  const gaps = arrivals.slice(1).map((at, nth) => (arrivals[nth] as number) - at).sort((a, b) => a - b);
  return gaps.length < 2 ? 0 : (gaps[Math.floor(gaps.length / 2)] as number);
}
