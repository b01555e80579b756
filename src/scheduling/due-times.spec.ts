import fc from 'fast-check';
import type { SourceSettings } from '../config/types.js';
import { dueNow, jitterOf, nextTime, schedulesOf, type DueRow, type Schedule } from './due-times.js';

const cron = (text: string, more: Partial<Schedule> = {}): Schedule => ({ name: 'crm/full', source: 'crm', full: true, trigger: { kind: 'cron', cron: text }, timezone: 'UTC', jitterMs: 0, ...more });
const every = (ms: number, more: Partial<Schedule> = {}): Schedule => ({ name: 'crm/incremental', source: 'crm', full: false, trigger: { kind: 'every', ms }, timezone: 'UTC', jitterMs: 0, ...more });
const at = (text: string): number => Date.parse(text);
const MINUTE = 60_000;

/** All times of a schedule in a span, as a clock that is always looked at meets them. */
function times(schedule: Schedule, from: number, to: number): string[] {
  const found: string[] = [];
  for (let time = nextTime(schedule, from); time <= to; time = nextTime(schedule, time)) found.push(new Date(time).toISOString());
  return found;
}

describe('the nights on which the clock changes', () => {
  const berlin = (text: string) => cron(text, { timezone: 'Europe/Berlin' });

  it('an hour that is skipped in spring: what was due in it is due once, when it is over', () => {
    expect(times(berlin('30 2 * * *'), at('2026-03-28T12:00Z'), at('2026-03-30T12:00Z'))).toEqual(['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z']);
  });

  it('an hour that comes twice in autumn: what is due in it is due once', () => {
    expect(times(berlin('30 2 * * *'), at('2026-10-24T12:00Z'), at('2026-10-26T12:00Z'))).toEqual(['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z']);
  });

  it('every half hour goes on through both', () => {
    expect(times(berlin('*/30 * * * *'), at('2026-10-24T23:50Z'), at('2026-10-25T02:00Z'))).toEqual(['2026-10-25T00:00:00.000Z', '2026-10-25T00:30:00.000Z', '2026-10-25T01:00:00.000Z', '2026-10-25T01:30:00.000Z', '2026-10-25T02:00:00.000Z']);
    expect(times(berlin('*/30 * * * *'), at('2026-03-29T00:20Z'), at('2026-03-29T01:35Z'))).toEqual(['2026-03-29T00:30:00.000Z', '2026-03-29T01:00:00.000Z', '2026-03-29T01:30:00.000Z']);
  });

  it('an interval knows no clock', () => {
    expect(times(every(90 * MINUTE), at('2026-03-29T00:00Z'), at('2026-03-29T03:00Z'))).toEqual(['2026-03-29T01:30:00.000Z', '2026-03-29T03:00:00.000Z']);
  });
});

describe('what is due', () => {
  const now = at('2026-11-01T10:07:00Z');
  const row = (schedule: Schedule, nextAt: number): DueRow => ({ name: schedule.name, text: schedule.trigger.kind === 'cron' ? `${schedule.trigger.cron} UTC` : `every ${schedule.trigger.ms}`, nextAt, lastDueAt: null });

  it('new: an interval begins at once, a cron expression at its first time', () => {
    const { due, rows } = dueNow([every(5 * MINUTE), cron('0 2 * * *')], [], now, MINUTE);
    expect(due.map(({ schedule }) => schedule.name)).toEqual(['crm/incremental']);
    expect(rows.map(({ nextAt }) => new Date(nextAt).toISOString())).toEqual(['2026-11-01T10:12:00.000Z', '2026-11-02T02:00:00.000Z']);
  });

  it('missed many times while nobody was there: once, and then at its usual time', () => {
    const hourly = cron('0 * * * *');
    const { due, rows } = dueNow([hourly], [row(hourly, at('2026-10-20T03:00:00Z'))], now, MINUTE);
    expect(due).toMatchObject([{ late: true, dueAt: at('2026-10-20T03:00:00Z') }]);
    expect(rows).toMatchObject([{ nextAt: at('2026-11-01T11:00:00Z'), lastDueAt: at('2026-10-20T03:00:00Z') }]);
    expect(dueNow([hourly], rows, now + 1_000, MINUTE).due).toEqual([]);
  });

  it('many that were missed begin one after the other', () => {
    const all = Array.from({ length: 20 }, (_, i) => cron('0 * * * *', { name: `s${i}/full`, source: `s${i}` }));
    const { due } = dueNow(all, all.map((each) => row(each, now - 3_600_000)), now, MINUTE);
    expect(due.map(({ runAt }) => runAt - now)).toEqual(all.map((_, i) => i * 500));
  });

  it('an interval that is kept up with keeps its step', () => {
    const five = every(5 * MINUTE);
    expect(dueNow([five], [row(five, now - 900)], now, MINUTE).rows[0]?.nextAt).toBe(now - 900 + 5 * MINUTE);
  });

  it('another trigger begins anew, and is not due for what the old one missed', () => {
    const { due, rows } = dueNow([cron('0 3 * * *')], [row(cron('0 2 * * *'), now - 1)], now, MINUTE);
    expect([due, new Date(rows[0]?.nextAt ?? 0).toISOString()]).toEqual([[], '2026-11-02T03:00:00.000Z']);
  });

  it('is asked for at most once a time, however often and however late it is looked at', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 7_200_000 }), { minLength: 1, maxLength: 60 }), fc.constantFrom(cron('*/20 * * * *'), every(15 * MINUTE), cron('30 2 * * *', { timezone: 'Europe/Berlin' })), (steps, schedule) => {
      let rows: readonly DueRow[] = [];
      let clock = at('2026-03-28T20:00:00Z');
      const begun = clock;
      const seen: number[] = [];
      for (const step of steps) {
        const found = dueNow([schedule], rows, clock, MINUTE);
        rows = found.rows;
        for (const { dueAt } of found.due) seen.push(dueAt);
        clock += step;
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect([...seen].sort((a, b) => a - b)).toEqual(seen);
      expect(rows[0]?.nextAt).toBeGreaterThan(begun);
    }));
  });
});

it('jitter is the same for the same time, within its bounds, and spreads', () => {
  const all = Array.from({ length: 200 }, (_, i) => jitterOf(cron('0 * * * *', { name: `s${i}/full`, jitterMs: 30_000 }), 1_000_000));
  expect(all.every((ms) => ms >= 0 && ms <= 30_000)).toBe(true);
  expect(new Set(all.map((ms) => Math.floor(ms / 3_000))).size).toBeGreaterThan(8);
  expect(all).toEqual(Array.from({ length: 200 }, (_, i) => jitterOf(cron('0 * * * *', { name: `s${i}/full`, jitterMs: 30_000 }), 1_000_000)));
});

it('a source has a schedule for each mode, and its streams their own', () => {
  const schedule = { timezone: 'Europe/Berlin', jitterMs: 5, incremental: { kind: 'every', ms: 1 }, full: { kind: 'cron', cron: '0 2 * * *' }, streams: { software: { full: { kind: 'cron', cron: '0 3 * * 0' } } } };
  expect(schedulesOf([{ name: 'crm', schedule } as unknown as SourceSettings]).map(({ name, full, stream, timezone }) => [name, full, stream, timezone])).toEqual([
    ['crm/incremental', false, undefined, 'Europe/Berlin'], ['crm/full', true, undefined, 'Europe/Berlin'], ['crm/full/software', true, 'software', 'Europe/Berlin'],
  ]);
});
