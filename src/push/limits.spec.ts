import type { QuietHours } from '../config/types.js';
import { breaksGuard, quietUntil, waitBefore, writesLeft } from './limits.js';

const at = (text: string): number => Date.parse(`${text}:00.000Z`);
const hours = (days: readonly number[], from: string, to: string): QuietHours => {
  const minute = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  return { days, from: minute(from), to: minute(to) };
};

// 2026-11-02 is a Monday.
describe('quiet hours', () => {
  const weekdays = [0, 1, 2, 3, 4];
  it.each([
    ['before they begin', [hours(weekdays, '08:00', '10:00')], 'UTC', '2026-11-02T07:59', undefined],
    ['at their first minute', [hours(weekdays, '08:00', '10:00')], 'UTC', '2026-11-02T08:00', '2026-11-02T10:00'],
    ['in their last minute', [hours(weekdays, '08:00', '10:00')], 'UTC', '2026-11-02T09:59', '2026-11-02T10:00'],
    ['at their end', [hours(weekdays, '08:00', '10:00')], 'UTC', '2026-11-02T10:00', undefined],
    ['on another day', [hours(weekdays, '08:00', '10:00')], 'UTC', '2026-11-07T09:00', undefined],
    ['on a wall clock east of Greenwich', [hours(weekdays, '08:00', '10:00')], 'Europe/Berlin', '2026-11-02T07:30', '2026-11-02T09:00'],
    ['on a wall clock in summer', [hours(weekdays, '08:00', '10:00')], 'Europe/Berlin', '2026-07-06T06:30', '2026-07-06T08:00'],
    ['where it is still Sunday', [hours([6], '20:00', '23:00')], 'America/New_York', '2026-11-02T02:00', '2026-11-02T04:00'],
    ['where half hours count', [hours([0], '08:00', '10:00')], 'Asia/Kolkata', '2026-11-02T02:30', '2026-11-02T04:30'],
    ['over midnight, on the evening', [hours([4], '22:00', '06:00')], 'UTC', '2026-11-06T23:00', '2026-11-07T06:00'],
    ['over midnight, on the morning after', [hours([4], '22:00', '06:00')], 'UTC', '2026-11-07T05:59', '2026-11-07T06:00'],
    ['over midnight, not on the morning before', [hours([4], '22:00', '06:00')], 'UTC', '2026-11-06T05:00', undefined],
    ['over midnight from Sunday to Monday', [hours([6], '22:00', '06:00')], 'UTC', '2026-11-02T01:00', '2026-11-02T06:00'],
    ['the longer of two', [hours([0], '08:00', '10:00'), hours([0], '09:00', '12:00')], 'UTC', '2026-11-02T09:30', '2026-11-02T12:00'],
  ] as const)('%s', (_what, given, timezone, now, until) => {
    expect(quietUntil(given, timezone, at(now))).toBe(until === undefined ? undefined : at(until));
  });

  it('end on the wall clock in the night in which the clocks are set back', () => {
    // Berlin, 2026-10-25: 03:00 summer time is 02:00 winter time; 06:00 is 05:00 UTC.
    expect(quietUntil([hours([5], '22:00', '06:00')], 'Europe/Berlin', at('2026-10-24T22:00'))).toBe(at('2026-10-25T05:00'));
  });
});

describe('maxWrites', () => {
  const limit = { writes: 3, perMs: 60_000 };
  it.each([
    ['none written', [], 3, 100_000],
    ['some', [90_000, 80_000], 1, 100_000],
    ['as many as may be', [90_000, 80_000, 70_000], 0, 130_000],
    ['more than may be', [95_000, 90_000, 80_000, 70_000], 0, 140_000],
    ['out of the window', [90_000, 40_000, 30_000], 2, 100_000],
  ])('%s', (_what, times, left, freeAt) => {
    expect(writesLeft(limit, times, 100_000)).toEqual({ left, freeAt });
  });
});

describe('the guard', () => {
  it.each([
    [0, 25, 10, false], [0, 26, 10, true], [10, 16, 100, true], [10, 15, 100, false], [0, 200, 1000, false], [0, 201, 1000, true], [200, 0, 1000, false],
  ])('%i written and %i due of %i assets', (written, due, assets, isTooMuch) => {
    expect(breaksGuard(written, due, assets, 0.2)).toBe(isTooMuch);
  });

  it('never shortens the time that a vendor named', () => {
    expect([waitBefore(1, 7_000), waitBefore(1, undefined), waitBefore(3, undefined), waitBefore(30, undefined), waitBefore(1, 3_600_000)]).toEqual([7_000, 5_000, 20_000, 900_000, 3_600_000]);
  });
});
