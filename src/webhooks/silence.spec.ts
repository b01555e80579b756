import { silenceOf, usualGapMs } from './silence.js';

const HOUR = 3_600_000;
const NOW = 1_000 * 24 * HOUR;
const every = (gapMs: number, count: number, lastAt: number): number[] => Array.from({ length: count }, (_, nth) => lastAt - nth * gapMs);

it.each`
  what                                | gap          | quietHours | missed | silent
  ${'hourly, quiet for a day'}        | ${HOUR}      | ${24}      | ${3}   | ${false}
  ${'hourly, quiet for longer'}       | ${HOUR}      | ${25}      | ${3}   | ${true}
  ${'the same, while nothing changed'} | ${HOUR}     | ${999}     | ${0}   | ${false}
  ${'daily, quiet for three days'}    | ${24 * HOUR} | ${72}      | ${3}   | ${false}
  ${'daily, quiet for longer'}        | ${24 * HOUR} | ${73}      | ${3}   | ${true}
`('$what: $silent', ({ gap, quietHours, missed, silent }) => {
  const lastAt = NOW - quietHours * HOUR;
  const silence = silenceOf({ now: NOW, lastAt, arrivals: every(gap, 10, lastAt), missedSince: missed, firstMissedAt: missed === 0 ? null : lastAt + 1 });
  expect(silence?.since).toBe(silent ? lastAt : undefined);
});

it('counts from the first miss where nothing was ever told', () => {
  expect(silenceOf({ now: NOW, lastAt: null, arrivals: [], missedSince: 1, firstMissedAt: NOW - 25 * HOUR })).toEqual({ since: NOW - 25 * HOUR, limitMs: 24 * HOUR, missed: 1 });
  expect(silenceOf({ now: NOW, lastAt: null, arrivals: [], missedSince: 1, firstMissedAt: NOW - HOUR })).toBeUndefined();
});

it('takes the median, which neither a storm nor a weekend moves', () => {
  expect(usualGapMs([...every(1, 3, NOW), ...every(HOUR, 20, NOW - HOUR)])).toBe(HOUR);
  expect(usualGapMs([NOW, NOW - HOUR])).toBe(0);
});
