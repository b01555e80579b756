import type { NoticeEvent, Tell } from './types.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** After how many failures one waits how long. Together just over a day: who is away for longer reads `notifications list`. */
const WAITS: readonly number[] = [30_000, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 8 * HOUR + 18 * MINUTE];
const ALTOGETHER = 24 * HOUR;

/** When a message is tried again after so many attempts; undefined: never. `asked`: how long the receiver asked to wait, ms. */
export function nextTryAt(attempts: number, firstAt: number, now: number, asked = 0): number | undefined {
  const wait = WAITS[attempts - 1];
  if (wait === undefined || now - firstAt >= ALTOGETHER) return undefined;
  return Math.min(now + Math.max(wait, asked), Math.max(now + wait, firstAt + ALTOGETHER));
}

/** Messages that were owed a channel together go out together, at most so many in one. */
export const MOST_ENTRIES = 100;

export interface OpenDelivery {
  readonly id: number;
  readonly channel: string;
  readonly rule: string;
  readonly entries: number;
}

export interface Parcel<T> {
  readonly channel: string;
  readonly rule: string;
  /** The delivery that gathers already; absent: a new one. */
  readonly into?: OpenDelivery;
  readonly digestMs: number;
  readonly tells: readonly T[];
}

/** Which message goes into which delivery: what comes at once by channel, what is gathered by channel and rule. */
export function parcelsOf<T extends Tell>(tells: readonly T[], gathering: readonly OpenDelivery[]): readonly Parcel<T>[] {
  const groups = new Map<string, T[]>();
  for (const tell of tells) {
    const key = JSON.stringify([tell.channel, tell.digestMs === 0 ? '' : tell.rule]);
    groups.set(key, [...(groups.get(key) ?? []), tell]);
  }
  return [...groups.values()].flatMap((group) => {
    const { channel, digestMs, rule: named } = group[0] as T;
    const rule = digestMs === 0 ? '' : named;
    const open = digestMs === 0 ? undefined : gathering.find((each) => each.channel === channel && each.rule === rule && each.entries < MOST_ENTRIES);
    const parcels: Parcel<T>[] = [];
    let [at, into] = [0, open];
    while (at < group.length) {
      const part = group.slice(at, at + MOST_ENTRIES - (into?.entries ?? 0));
      parcels.push({ channel, rule, ...(into && { into }), digestMs, tells: part });
      [at, into] = [at + part.length, undefined];
    }
    return parcels;
  });
}

/** Of several messages about one notice in one digest people read the last; `opened` and `resolved` is news all the same. */
export function latestOf<E extends { readonly notice: number; readonly event: NoticeEvent }>(entries: readonly E[]): readonly E[] {
  const last = new Map<number, E>();
  for (const entry of entries) {
    const before = last.get(entry.notice);
    last.delete(entry.notice);
    last.set(entry.notice, before?.event === 'opened' && entry.event === 'again' ? { ...entry, event: 'opened' } : entry);
  }
  return [...last.values()];
}
