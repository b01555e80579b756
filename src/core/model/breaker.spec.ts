import { afterRun, CLOSED, mayRun, OPENS_AFTER, type Breaker } from './breaker.js';

const MINUTE = 60_000;
const failed = { failed: true, reason: 'it does not answer' };

function failing(times: number, now: number): Breaker {
  let breaker = CLOSED;
  for (let i = 0; i < times; i++) breaker = afterRun(breaker, failed, now);
  return breaker;
}

describe('the breaker of a source', () => {
  it('stays closed for what happens now and then', () => {
    expect(failing(OPENS_AFTER - 1, 0).state).toBe('closed');
    expect(afterRun(failing(OPENS_AFTER - 1, 0), { failed: false }, 0)).toEqual(CLOSED);
  });

  it('opens after failures in a row, and leaves the source alone until it is probed', () => {
    const open = failing(OPENS_AFTER, 1_000);
    expect(open).toEqual({ state: 'open', failures: 3, openedAt: 1_000, probeAt: 1_000 + 5 * MINUTE, reason: 'it does not answer' });
    expect([mayRun(open, 1_000 + 5 * MINUTE - 1).allowed, mayRun(open, 1_000 + 5 * MINUTE).allowed]).toEqual([false, true]);
  });

  it('lets one run probe, and no second one beside it', () => {
    const now = 1_000 + 5 * MINUTE;
    const { breaker } = mayRun(failing(OPENS_AFTER, 1_000), now);
    expect([breaker.state, mayRun(breaker, now + 1).allowed]).toEqual(['probing', false]);
    expect(mayRun(breaker, now + 5 * MINUTE).allowed).toBe(true); // its process ended without a word
  });

  it('waits longer with each probe that fails, an hour at most, and closes with the first that succeeds', () => {
    let breaker = failing(OPENS_AFTER, 0);
    const waits: number[] = [];
    for (let now = breaker.probeAt as number; waits.length < 6; now = breaker.probeAt as number) {
      breaker = afterRun(mayRun(breaker, now).breaker, failed, now);
      waits.push(((breaker.probeAt as number) - now) / MINUTE);
    }
    expect(waits).toEqual([10, 20, 40, 60, 60, 60]);
    expect(breaker.openedAt).toBe(0);
    expect(afterRun(breaker, { failed: false }, 9)).toEqual(CLOSED);
  });
});
