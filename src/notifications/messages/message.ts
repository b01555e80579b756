import { latestOf, type NoticeEvent, type NoticeSeverity } from '../../core/notices/index.js';
import type { DeliveryEntry } from '../../database/repositories/notices.js';

/** What a channel is to be told: the same for every try, so that a receiver can know it again. */
export interface Message {
  readonly id: string;
  /** When it was due, ms UTC. */
  readonly at: number;
  /** `environment.name`: whoever runs several sees which one speaks. */
  readonly environment: string;
  /** `server.publicUrl`. */
  readonly publicUrl?: string;
  readonly entries: readonly DeliveryEntry[];
}

/** One notice for people. */
export interface Line {
  readonly event: NoticeEvent;
  readonly severity: NoticeSeverity;
  /** `error`, `warning`, `info`, `still error`, `resolved`. */
  readonly mark: string;
  readonly title: string;
  readonly text: string;
  /** A command; absent where nothing is left to do. */
  readonly next?: string;
  readonly link?: string;
}

/** Shown in one message to people; the rest is counted. */
export const MOST_LINES = 20;

export function linesOf({ entries, publicUrl }: Message): readonly Line[] {
  return latestOf(entries).map(({ event, snapshot: { severity, title, detail, endedAt, by } }) => {
    const over = event === 'resolved';
    return {
      event, severity, title, mark: over ? 'resolved' : event === 'again' ? `still ${severity}` : severity,
      text: over ? (endedAt === null ? `${by ?? 'Somebody'} called it done.` : `Over since ${new Date(endedAt).toISOString()}.`) : detail.text,
      ...(!over && { next: detail.next, ...(publicUrl !== undefined && { link: linkTo(publicUrl, detail.path) }) }),
    };
  });
}

export const linkTo = (publicUrl: string, path: string): string => publicUrl.replace(/\/+$/, '') + path;

/** `[production] error: A run of crm failed`, `[production] 4 notices: 2 error, 1 still warning, 1 resolved`. */
export function headline({ environment }: Pick<Message, 'environment'>, lines: readonly Line[]): string {
  const [only, ...others] = lines;
  if (only && others.length === 0) return `[${environment}] ${only.mark}: ${only.title}`;
  const counts = new Map<string, number>();
  for (const { mark } of lines) counts.set(mark, (counts.get(mark) ?? 0) + 1);
  return `[${environment}] ${lines.length} notices: ${[...counts].map(([mark, n]) => `${n} ${mark}`).join(', ')}`;
}

export const theRest = (hidden: number): string => `and ${hidden} more: lockstep notifications list`;
