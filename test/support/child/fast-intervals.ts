/** Imported into a process by `NODE_OPTIONS=--import=…`: what comes every 20 seconds comes every fifth of one, so that a renewal can be waited for. */
const slow = globalThis.setInterval;
globalThis.setInterval = ((work: () => void, ms = 0, ...args: unknown[]) => slow(work, ms / 100, ...(args as []))) as typeof setInterval;
