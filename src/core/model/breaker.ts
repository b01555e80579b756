/** Of one source: `closed`, it is read when it is due; `open`, it has failed so often that it is left alone until `probeAt`; `probing`, one run is trying. */
export interface Breaker {
  readonly state: 'closed' | 'open' | 'probing';
  /** In a row. */
  readonly failures: number;
  readonly openedAt: number | null;
  readonly probeAt: number | null;
  readonly reason: string | null;
}

export const CLOSED: Breaker = { state: 'closed', failures: 0, openedAt: null, probeAt: null, reason: null };

/** So many failures in a row open it. */
export const OPENS_AFTER = 3;
const FIRST_MS = 5 * 60_000;
const LONGEST_MS = 60 * 60_000;

/** `allowed`: it may be read now. What a person or a full stop of the breaker asks for is always allowed. */
export function mayRun(breaker: Breaker, now: number): { readonly allowed: boolean; readonly breaker: Breaker } {
  if (breaker.state === 'closed') return { allowed: true, breaker };
  // A probe whose process ended tells nothing: the next one may try when its time has passed as well.
  if ((breaker.probeAt ?? 0) > now) return { allowed: false, breaker };
  return { allowed: true, breaker: { ...breaker, state: 'probing', probeAt: now + FIRST_MS } };
}

/** How a run of the source ended. `failed`: the source could not be worked with at all. */
export function afterRun(breaker: Breaker, outcome: { readonly failed: boolean; readonly reason?: string }, now: number): Breaker {
  if (!outcome.failed) return CLOSED;
  const failures = breaker.failures + 1;
  if (failures < OPENS_AFTER) return { ...breaker, state: 'closed', failures, reason: outcome.reason ?? null };
  const waitMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(10, failures - OPENS_AFTER));
  return { state: 'open', failures, openedAt: breaker.openedAt ?? now, probeAt: now + waitMs, reason: outcome.reason ?? null };
}
