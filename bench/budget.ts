/** How many calls a target takes: at most `requests` in any `perMs`. */
export interface Pace {
  readonly requests: number;
  readonly perMs: number;
}

export interface Call {
  /** ms, by the target's own clock. */
  readonly arrivedAt: number;
  readonly answeredAt: number;
  readonly writes: boolean;
}

/** What became of a target's budget from the first to the last call that wrote, the reads between them counted. */
export interface Used {
  readonly calls: number;
  readonly writes: number;
  /** First to last write call. */
  readonly ms: number;
  /** Whole windows of the pace in that time, and the share of their calls that was made; 0: the run was too short for one. */
  readonly windows: number;
  readonly share: number;
  /** Mean time of a call at the target. */
  readonly latencyMs: number;
  /** Calls under way, on average. */
  readonly inFlight: number;
  /** Share of the time in which no call was under way: the client worked, or waited for its budget. */
  readonly idle: number;
}

/**
 * Counted are whole windows from the first write on: each of them may hold `requests` calls and never more, so that neither
 * the burst at the beginning nor what is left over at the end makes the share look better or worse than it is.
 */
export function usedOf(calls: readonly Call[], { requests, perMs }: Pace): Used {
  const ordered = [...calls].sort((a, b) => a.arrivedAt - b.arrivedAt);
  const writes = ordered.filter((call) => call.writes);
  const [first, last] = [writes[0], writes.at(-1)];
  if (!first || !last) throw new Error('nothing was written');
  const between = ordered.filter(({ arrivedAt }) => arrivedAt >= first.arrivedAt && arrivedAt <= last.arrivedAt);
  const ms = last.arrivedAt - first.arrivedAt;
  const windows = Math.floor(ms / perMs);
  const inWindows = between.filter(({ arrivedAt }) => arrivedAt < first.arrivedAt + windows * perMs).length;
  const busy = between.reduce((sum, call) => sum + call.answeredAt - call.arrivedAt, 0);
  return {
    calls: between.length, writes: writes.length, ms, windows, share: windows === 0 ? 0 : inWindows / (windows * requests), latencyMs: busy / between.length, inFlight: ms === 0 ? 0 : busy / ms, idle: ms === 0 ? 0 : 1 - covered(between, last.arrivedAt) / ms,
  };
}

/** ms before `until` in which at least one call was under way. */
function covered(ordered: readonly Call[], until: number): number {
  let sum = 0;
  let end = -Infinity;
  for (const { arrivedAt, answeredAt } of ordered) {
    const stop = Math.min(answeredAt, until);
    if (stop <= end) continue;
    sum += stop - Math.max(arrivedAt, end);
    end = stop;
  }
  return sum;
}
