import type { Clock, ConnectorLog } from '../contract/index.js';

export interface FakeClock extends Clock {
  /** Every wait, in order. */
  readonly sleeps: number[];
  advance(ms: number): void;
  /** Resolves when this many sleepers wait (manual clocks). */
  waiting(count: number): Promise<void>;
}

/**
 * A clock that tests own. By itself it jumps: a sleep moves the time on and is over at once. `manual`: sleepers wait
 * for `advance`.
 */
export function fakeClock(start: string | number, options: { readonly manual?: boolean } = {}): FakeClock {
  let now = typeof start === 'number' ? start : Date.parse(start);
  const sleeps: number[] = [];
  let sleepers: { readonly until: number; readonly wake: () => void }[] = [];
  let watchers: { readonly count: number; readonly tell: () => void }[] = [];
  const watch = (): void => {
    const told = watchers.filter((w) => sleepers.length >= w.count);
    watchers = watchers.filter((w) => sleepers.length < w.count);
    for (const { tell } of told) tell();
  };
  return {
    sleeps,
    now: () => now,
    sleep: (ms, signal) => new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(abortion());
      sleeps.push(ms);
      if (options.manual !== true) {
        now += ms;
        return resolve();
      }
      const stop = (): void => { sleepers = sleepers.filter((s) => s !== sleeper); reject(abortion()); };
      const sleeper = { until: now + ms, wake: () => { signal?.removeEventListener('abort', stop); resolve(); } };
      signal?.addEventListener('abort', stop, { once: true });
      sleepers.push(sleeper);
      watch();
    }),
    advance(ms) {
      now += ms;
      const due = sleepers.filter((s) => s.until <= now);
      sleepers = sleepers.filter((s) => s.until > now);
      for (const { wake } of due) wake();
    },
    waiting: (count) => new Promise((resolve) => { watchers.push({ count, tell: resolve }); watch(); }),
  };
}

const abortion = (): Error => Object.assign(new Error('aborted'), { name: 'AbortError' });

export interface RecordingLog extends ConnectorLog {
  readonly entries: { readonly level: 'debug' | 'info' | 'warn'; readonly message: string; readonly fields?: Readonly<Record<string, unknown>> }[];
}

/** A log that tests read. */
export function recordingLog(): RecordingLog {
  const entries: RecordingLog['entries'] = [];
  const at = (level: 'debug' | 'info' | 'warn') => (message: string, fields?: Readonly<Record<string, unknown>>): void => {
    entries.push({ level, message, ...(fields && { fields }) });
  };
  return { entries, debug: at('debug'), info: at('info'), warn: at('warn') };
}
