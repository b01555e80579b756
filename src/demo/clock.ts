import type { Clock } from '../../connectors/sdk/contract/index.js';

/**
 * Time of a demonstration. Systems leave their newest seconds to the next read, so between two syncs time has to pass, and
 * nobody is made to wait for it: the clock starts a little in the past and takes a step to each next act, until it is right.
 */
export class DemoClock implements Clock {
  private behindMs: number;
  private skippedMs = 0;

  /** `steps`: how often `step` will be called. All of them must stay below the five minutes that signed requests may be late. */
  constructor(private readonly real: Clock, steps: number, private readonly stepMs = 60_000) {
    this.behindMs = steps * stepMs;
  }

  now(): number {
    return this.real.now() - this.behindMs + this.skippedMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.real.sleep(ms, signal);
  }

  /** Ahead of the real time, to show what takes a quarter of an hour; `back` ends it. */
  skip(ms: number): void {
    this.skippedMs += ms;
  }

  back(): void {
    this.skippedMs = 0;
  }

  step(): void {
    this.behindMs = Math.max(0, this.behindMs - this.stepMs);
  }
}
