import type { Notice } from '../core/notices/index.js';
import type { Delivery, DeliveryEntry } from '../database/repositories/notices.js';

/** One line of `notifications list --json`. */
export interface NoticeDocument {
  readonly id: number;
  readonly kind: Notice['kind'];
  readonly source: string | null;
  readonly severity: Notice['severity'];
  readonly state: Notice['state'];
  readonly title: string;
  readonly text: string;
  readonly next: string;
  readonly firstAt: string;
  readonly lastAt: string;
  readonly times: number;
  /** Channel -> when it was last given a message about it. */
  readonly told: Readonly<Record<string, string>>;
  readonly snoozedUntil: string | null;
  readonly endedAt: string | null;
  readonly by: string | null;
  readonly reason: string | null;
}

/** One line of `notifications deliveries --json`. */
export interface DeliveryDocument {
  readonly id: number;
  readonly channel: string;
  readonly messageId: string;
  readonly state: Delivery['state'];
  readonly attempts: number;
  readonly dueAt: string;
  /** When it is tried next; null: it is over. */
  readonly nextAt: string | null;
  readonly finishedAt: string | null;
  readonly notices: readonly { readonly id: number; readonly event: DeliveryEntry['event']; readonly title: string }[];
  readonly log: readonly { readonly at: string; readonly outcome: string; readonly words: string }[];
}

export type NoticeDetails = NoticeDocument & { readonly formatVersion: 1; readonly deliveries: readonly DeliveryDocument[] };

const instant = (at: number): string => new Date(at).toISOString();
const instantOrNull = (at: number | null): string | null => (at === null ? null : instant(at));

export function noticeDocument({ id, kind, source, severity, state, title, detail, firstAt, lastAt, times, told, snoozedUntil, endedAt, by, reason }: Notice): NoticeDocument {
  return { id, kind, source, severity, state, title, text: detail.text, next: detail.next, firstAt: instant(firstAt), lastAt: instant(lastAt), times, told: Object.fromEntries(Object.entries(told).map(([channel, at]) => [channel, instant(at)])), snoozedUntil: instantOrNull(snoozedUntil), endedAt: instantOrNull(endedAt), by, reason };
}

export function deliveryDocument({ id, channel, messageId, state, attempts, dueAt, nextAt, finishedAt, log }: Delivery, entries: readonly DeliveryEntry[]): DeliveryDocument {
  return {
    id, channel, messageId, state, attempts, dueAt: instant(dueAt), nextAt: finishedAt === null ? instant(nextAt) : null, finishedAt: instantOrNull(finishedAt),
    notices: entries.map(({ notice, event, snapshot }) => ({ id: notice, event, title: snapshot.title })), log: log.map(({ at, outcome, words }) => ({ at: instant(at), outcome, words })),
  };
}
