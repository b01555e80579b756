import type { QuietHours, SourceSettings } from '../config/types.js';

const HOUR = 3_600_000;
/** So many assets may be written in an hour whatever share of the target that is. */
export const GUARD_MINIMUM = 25;

/** More than the share of the target's assets that may be written in an hour, and more than the minimum. */
export function breaksGuard(written: number, due: number, assets: number, maxPushRatio: number): boolean {
  return written + due > GUARD_MINIMUM && written + due > assets * maxPushRatio;
}
export const GUARD_WINDOW_MS = HOUR;

/** How many more writes the target's own limit admits now, and when the next one is free. `times`: of earlier writes, newest first. */
export function writesLeft(limit: NonNullable<SourceSettings['push']['maxWrites']>, times: readonly number[], now: number): { readonly left: number; readonly freeAt: number } {
  const inWindow = times.filter((at) => at > now - limit.perMs);
  const left = Math.max(0, limit.writes - inWindow.length);
  return { left, freeAt: left > 0 ? now : (inWindow[limit.writes - 1] as number) + limit.perMs };
}

/** The end of the quiet hours in which `now` lies; undefined: nothing is quiet. Hours over midnight belong to the day on which they begin. */
export function quietUntil(hours: readonly QuietHours[], timezone: string, now: number): number | undefined {
  const { day, minute } = clockOf(timezone, now);
  let until: number | undefined;
  for (const { days, from, to } of hours) {
    const left = days.includes(day) && from < to && minute >= from && minute < to ? to - minute
      : from >= to && days.includes(day) && minute >= from ? DAY_MINUTES - minute + to
      : from >= to && days.includes((day + 6) % 7) && minute < to ? to - minute : undefined;
    if (left !== undefined) until = Math.max(until ?? 0, onWallClock(now - (now % 60_000) + left * 60_000, to, timezone));
  }
  return until;
}

/** Where the clocks were put on or back on the way, `at` is off by that much. */
function onWallClock(at: number, minute: number, timezone: string): number {
  const off = clockOf(timezone, at).minute - (minute % DAY_MINUTES);
  return at - (Math.abs(off) > DAY_MINUTES / 2 ? off - Math.sign(off) * DAY_MINUTES : off) * 60_000;
}

const DAY_MINUTES = 24 * 60;

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** Day of the week (0 = Monday) and minute of the day on a wall clock of that zone. */
function clockOf(timezone: string, now: number): { readonly day: number; readonly minute: number } {
  const parts = Object.fromEntries(new Intl.DateTimeFormat('en-GB', { timeZone: timezone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).formatToParts(now).map(({ type, value }) => [type, value]));
  return { day: DAYS.indexOf(parts['weekday'] ?? ''), minute: Number(parts['hour']) * 60 + Number(parts['minute']) };
}

/** ms before the next try of what the vendor did not take: its own word, else twice as long each time, a quarter of an hour at most. */
export const waitBefore = (attempt: number, afterMs: number | undefined): number => Math.max(afterMs ?? 0, Math.min(15 * 60_000, 5_000 * 2 ** Math.max(0, attempt - 1)));
