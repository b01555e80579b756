import { CronTime } from 'cron';
import type { ScheduleSettings, SourceSettings, Trigger } from '../config/types.js';

/** One thing that a schedule asks for, again and again. */
export interface Schedule {
  /** `source/mode`, `source/mode/stream`. */
  readonly name: string;
  readonly source: string;
  readonly full: boolean;
  /** Absent: all streams that have no times of their own. */
  readonly stream?: string;
  readonly trigger: Trigger;
  readonly timezone: string;
  readonly jitterMs: number;
}

/** When a schedule is due next. `text`: what it was made by; another trigger begins anew. */
export interface DueRow { readonly name: string; readonly text: string; readonly nextAt: number; readonly lastDueAt: number | null }

/** In the order of the configuration; those of streams after their source's. */
export function schedulesOf(sources: readonly SourceSettings[]): Schedule[] {
  return sources.flatMap(({ name: source, schedule }) => [...modesOf(source, schedule, undefined, schedule), ...Object.entries(schedule.streams).flatMap(([stream, own]) => modesOf(source, own, stream, schedule))]);
}

function modesOf(source: string, own: Pick<ScheduleSettings, 'incremental' | 'full'>, stream: string | undefined, { timezone, jitterMs }: ScheduleSettings): Schedule[] {
  return (['incremental', 'full'] as const).flatMap((mode): Schedule[] => {
    const trigger = own[mode];
    return trigger ? [{ name: [source, mode, ...(stream === undefined ? [] : [stream])].join('/'), source, full: mode === 'full', ...(stream !== undefined && { stream }), trigger, timezone, jitterMs }] : [];
  });
}

export const triggerText = ({ trigger, timezone }: Schedule): string => (trigger.kind === 'cron' ? `${trigger.cron} ${timezone}` : `every ${trigger.ms}`);

/**
 * The first time after `after`, ms UTC, without jitter. A time that the clock skips in spring is due when the skipped hour is
 * over; one that it shows twice in autumn is due once, at the first of both. An interval is counted from `after`.
 */
export function nextTime({ trigger, timezone }: Schedule, after: number): number {
  if (trigger.kind === 'every') return after + trigger.ms;
  return new CronTime(trigger.cron, timezone).getNextDateFrom(new Date(after), timezone).toMillis();
}

/** The same for the same due time, on every machine: 0 … jitter. */
export function jitterOf({ name, jitterMs }: Schedule, dueAt: number): number {
  return jitterMs === 0 ? 0 : hash(`${name} ${dueAt}`) % (jitterMs + 1);
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
}

/** Those that were missed do not all begin at once. */
const APART_MS = 500;

export interface DueJob { readonly schedule: Schedule; readonly dueAt: number; readonly runAt: number; /** It fell due while nobody was there. */ readonly late: boolean }

/**
 * What is due by now, and when each is due next. However many times of a schedule have passed, it is due once. A schedule that
 * is new: an interval begins at once, a cron expression at its first time.
 */
export function dueNow(schedules: readonly Schedule[], rows: readonly DueRow[], now: number, lateAfterMs: number): { readonly due: readonly DueJob[]; readonly rows: readonly DueRow[] } {
  const known = new Map(rows.map((row) => [row.name, row]));
  const due: DueJob[] = [];
  let late = 0;
  const next = schedules.map((schedule): DueRow => {
    const text = triggerText(schedule);
    const row = known.get(schedule.name);
    const at = row?.text === text ? row.nextAt : schedule.trigger.kind === 'every' && row === undefined ? now : nextTime(schedule, now);
    if (at > now) return { name: schedule.name, text, nextAt: at, lastDueAt: row?.lastDueAt ?? null };
    const isLate = now - at > lateAfterMs;
    due.push({ schedule, dueAt: at, runAt: now + jitterOf(schedule, at) + (isLate ? APART_MS * late++ : 0), late: isLate });
    // An interval keeps its own step as long as it is kept up with.
    const further = schedule.trigger.kind === 'every' ? Math.max(at + schedule.trigger.ms, now + (isLate ? schedule.trigger.ms : 1)) : nextTime(schedule, now);
    return { name: schedule.name, text, nextAt: further, lastDueAt: at };
  });
  return { due, rows: next };
}
