import type { Clock } from '../../connectors/sdk/contract/index.js';

/** A clock that stands until somebody moves it; whoever sleeps wakes when his time has come. */
export class ManualClock implements Clock {
  private readonly sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  constructor(private time: number) {}

  readonly now = (): number => this.time;

  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> => new Promise((resolve, reject) => {
    const sleeper = { at: this.time + ms, wake: () => { this.sleepers.delete(sleeper); signal?.removeEventListener('abort', stop); resolve(); } };
    const stop = (): void => { this.sleepers.delete(sleeper); reject(signal?.reason as Error); };
    if (signal?.aborted) return reject(signal.reason as Error);
    signal?.addEventListener('abort', stop, { once: true });
    this.sleepers.add(sleeper);
  });

  advance(ms: number): void {
    this.time += ms;
    for (const sleeper of [...this.sleepers]) if (sleeper.at <= this.time) sleeper.wake();
  }
}
