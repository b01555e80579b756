import type { Metrics } from './metrics-port.js';

export interface LoopPorts {
  /** Real ms of a clock that only runs forward. */
  readonly now: () => number;
  /** Calls `tick` every so many ms of real time; gives what ends that. */
  readonly every: (ms: number, tick: () => void) => () => void;
}

const realPorts: LoopPorts = {
  now: () => performance.now(),
  every: (ms, tick) => {
    const timer = setInterval(tick, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};

const EVERY_MS = 500;

/** Observes how late a timer comes: whatever blocks the process delays everything else by as much. Gives what ends it. */
export function watchEventLoop(metrics: Metrics, { now, every }: LoopPorts = realPorts): () => void {
  let due = now() + EVERY_MS;
  return every(EVERY_MS, () => {
    const at = now();
    metrics.observe('lockstep_event_loop_lag_seconds', Math.max(0, at - due) / 1_000);
    due = at + EVERY_MS;
  });
}
