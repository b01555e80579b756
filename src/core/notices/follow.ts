import { routesOf } from './route.js';
import type { Cause, Notice, NoticeEvent, NoticePolicy, Tell } from './types.js';

export interface Followed {
  /** Notices that are new or differ from what was stored. */
  readonly changed: readonly Notice[];
  readonly tells: readonly Tell[];
}

/**
 * The life of notices, one look further. `known`: all that have not ended. Looking again at the same facts changes
 * nothing and tells nobody twice; a channel hears of a notice at most once in `repeatMs`, unless a snooze ran out.
 */
export function follow(known: readonly Notice[], causes: readonly Cause[], policy: NoticePolicy, now: number): Followed {
  const byKey = new Map(known.filter(({ state }) => state !== 'ended').map((notice) => [notice.key, notice]));
  const standing = new Map(causes.map((cause) => [cause.key, cause]));
  const changed: Notice[] = [];
  const tells: Tell[] = [];
  for (const key of [...new Set([...byKey.keys(), ...standing.keys()])].sort()) {
    const [before, cause] = [byKey.get(key), standing.get(key)];
    const notice = cause ? seen(before, cause) : before && (before.calmSince === null ? { ...before, calmSince: now } : before);
    if (!notice) continue;
    const due = cause ? owed(notice, policy, now) : over(notice, policy, now);
    tells.push(...due.tells);
    if (due.notice !== before && !(before && same(due.notice, before))) changed.push(due.notice);
  }
  return { changed, tells };
}

function seen(before: Notice | undefined, { key, kind, source, severity, title, text, next, path, at, times }: Cause): Notice {
  const facts = { kind, source, severity, title, detail: { text, next, path } };
  if (!before) return { id: 0, key, ...facts, state: 'open', firstAt: at, lastAt: at, times, timesBefore: 0, calmSince: null, snoozedUntil: null, endedAt: null, by: null, reason: null, told: {} };
  const timesBefore = before.calmSince === null ? before.timesBefore : before.times;
  return { ...before, ...facts, lastAt: Math.max(before.lastAt, at), timesBefore, times: timesBefore + times, calmSince: null };
}

function owed(notice: Notice, { rules, repeatMs }: NoticePolicy, now: number): { readonly notice: Notice; readonly tells: readonly Tell[] } {
  const { state, snoozedUntil, told } = notice;
  if (state !== 'open' || (snoozedUntil !== null && snoozedUntil > now)) return { notice, tells: [] };
  const tells: Tell[] = [];
  for (const [channel, route] of routesOf(rules, notice)) {
    const last = told[channel];
    const wakes = last !== undefined && snoozedUntil !== null && last < snoozedUntil;
    if (last === undefined || wakes || now - last >= repeatMs) tells.push({ key: notice.key, event: last === undefined ? 'opened' : 'again', channel, ...route });
  }
  return tells.length === 0 ? { notice, tells } : { notice: { ...notice, told: { ...told, ...Object.fromEntries(tells.map(({ channel }) => [channel, now])) } }, tells };
}

function over(notice: Notice, policy: NoticePolicy, now: number): { readonly notice: Notice; readonly tells: readonly Tell[] } {
  if (notice.calmSince === null || now - notice.calmSince < policy.settleMs) return { notice, tells: [] };
  // Who was told that it is there is told that it is over; where a person called it done that was told then.
  const tells = notice.state === 'resolved' ? [] : tellAll(notice, policy, 'resolved');
  return { notice: { ...notice, state: 'ended', endedAt: notice.calmSince }, tells };
}

/** One message to every channel that had been told of it, through the rule that still leads there. */
export function tellAll(notice: Notice, { rules }: NoticePolicy, event: NoticeEvent): readonly Tell[] {
  const routes = routesOf(rules, notice);
  return Object.keys(notice.told).sort().map((channel) => ({ key: notice.key, event, channel, ...(routes.get(channel) ?? { rule: '', digestMs: 0 }) }));
}

const same = (a: Notice, b: Notice): boolean => JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
