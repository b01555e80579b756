/** Of an exchange (`connectors/sdk/http`): real time, whatever the clock says. */
const EXCHANGE_MS = 120_000;

export interface Deadlines {
  /** Time is up for every exchange that is under way. */
  pass(): void;
  restore(): void;
}

/** The deadlines of exchanges pass when a test says so. All other timers are left alone. */
export function heldDeadlines(): Deadlines {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const held = new Map<unknown, () => void>();
  globalThis.setTimeout = ((fire: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
    const timer = set(fire, ms, ...args);
    if (ms === EXCHANGE_MS) held.set(timer, () => fire(...args));
    return timer;
  }) as typeof setTimeout;
  globalThis.clearTimeout = ((timer: NodeJS.Timeout) => {
    held.delete(timer);
    clear(timer);
  }) as typeof clearTimeout;
  return {
    pass: () => {
      for (const [timer, fire] of [...held]) {
        globalThis.clearTimeout(timer as NodeJS.Timeout);
        fire();
      }
    },
    restore: () => Object.assign(globalThis, { setTimeout: set, clearTimeout: clear }),
  };
}
