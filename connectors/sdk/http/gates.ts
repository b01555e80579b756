import { bulkhead } from 'cockatiel';
import type { Clock } from '../contract/index.js';

/** Passed before each request; may wait. `answered` tells when the answer had come. */
export interface Gate {
  pass(signal: AbortSignal): Promise<(answeredAt: number) => void>;
}

/**
 * At most `requests` in any `perMs`. The vendor counts arrivals, which we do not see: a slot is freed `perMs` after its
 * *answer*, so that a slow first request cannot bring two windows' worth of arrivals together.
 */
export function rollingWindow(clock: Clock, pace: { readonly requests: number; readonly perMs: number }): Gate {
  const slots: { at: number }[] = [];
  let turn: Promise<void> = Promise.resolve();
  const take = async (signal: AbortSignal): Promise<{ at: number }> => {
    while (slots.length >= pace.requests) {
      const oldest = slots.reduce((a, b) => (b.at < a.at ? b : a));
      const wait = oldest.at + pace.perMs - clock.now();
      if (wait > 0) await clock.sleep(wait, signal);
      if (oldest.at + pace.perMs <= clock.now()) slots.splice(slots.indexOf(oldest), 1);
    }
    const slot = { at: clock.now() };
    slots.push(slot);
    return slot;
  };
  return {
    async pass(signal) {
      const mine = turn.then(() => take(signal));
      turn = mine.then(() => undefined, () => undefined);
      const slot = await mine;
      return (answeredAt) => { slot.at = Math.max(slot.at, answeredAt); };
    },
  };
}

/** What one source may do at once, and until when it was asked to keep still. One for all ports of a source. */
export interface SourceBudget {
  /** Runs `work` when one of the source's places is free. */
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Nothing leaves before this instant. */
  pauseUntil(at: number): void;
  /** Waits while the source was asked to keep still. */
  still(signal: AbortSignal): Promise<void>;
}

export function sourceBudget(clock: Clock, concurrency: number): SourceBudget {
  // cockatiel's bulkhead is a fair queue; its timers (retry, breaker) know no injected clock, so waiting is ours.
  const places = bulkhead(Math.max(1, concurrency), Number.MAX_SAFE_INTEGER);
  let notBefore = 0;
  return {
    run: (work, signal) => places.execute(() => work(), signal),
    pauseUntil(at) { notBefore = Math.max(notBefore, at); },
    async still(signal) {
      for (let wait = notBefore - clock.now(); wait > 0; wait = notBefore - clock.now()) await clock.sleep(wait, signal);
    },
  };
}
