import { CronTime } from 'cron';
import type { ScheduleSettings, Trigger } from '../config/types.js';

/** A source may miss so many of its scheduled runs before its data counts as too old. */
const MISSED = 3;
/** Where nothing is scheduled. */
const WITHOUT_SCHEDULE = 24 * 3_600_000;

/**
 * When the data of a source that was last read at `from` is too old: at the third instant from then on at which it should
 * have been read again, whatever nights and weekends the schedule leaves out. `longestRun`: ms that a run may take.
 */
export function staleAfter({ incremental, full, timezone, jitterMs }: Omit<ScheduleSettings, 'streams'>, from: number, longestRun: number): { readonly at: number; readonly expected: string } {
  const triggers = [incremental, full].filter((each) => each !== undefined);
  if (triggers.length === 0) return { at: from + WITHOUT_SCHEDULE, expected: '24 h, as nothing is scheduled for it' };
  const dates = triggers.map((trigger) => ({ at: thirdOf(trigger, timezone, from), trigger })).sort((a, b) => a.at - b.at);
  const { at, trigger } = dates[0] as (typeof dates)[number];
  return { at: at + jitterMs + longestRun, expected: `three times of its schedule (${trigger.kind === 'cron' ? trigger.cron : `every ${String(Math.round(trigger.ms / 1_000))} s`})` };
}

function thirdOf(trigger: Trigger, zone: string, from: number): number {
  if (trigger.kind === 'every') return from + MISSED * trigger.ms;
  const cron = new CronTime(trigger.cron, zone);
  let at = new Date(from);
  for (let i = 0; i < MISSED; i++) at = cron.getNextDateFrom(at, zone).toJSDate();
  return at.getTime();
}
