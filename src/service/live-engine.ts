import type { Engine } from '../engine/engine.js';

/** An engine whose parts are always those of the present configuration. A copy of it (`actingAs`, `stoppedBy`) is what it was when it was taken. */
export function liveEngine(current: () => Engine): Engine {
  return {
    get config() { return current().config; },
    get catalogue() { return current().catalogue; },
    get database() { return current().database; },
    get clock() { return current().clock; },
    get log() { return current().log; },
    get signal() { return current().signal; },
    get actor() { return current().actor; },
    get crash() { return current().crash; },
    get metrics() { return current().metrics; },
    get push() { return current().push as NonNullable<Engine['push']>; },
    close: () => current().close(),
  };
}
