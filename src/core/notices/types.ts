/** What can be told of. `push_paused`: a guard stopped writing to a target until a person decides. */
export const NOTICE_KINDS = [
  'run_failed', 'run_partial', 'run_suspect', 'held_set', 'push_paused', 'review_waiting', 'dead_letter', 'source_not_fresh', 'webhook_silent', 'quarantine_growing', 'breaker_open',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** Rising. `error`: data stands still or is wrong until somebody acts. `warning`: something waits for a person or is incomplete. */
export const NOTICE_SEVERITIES = ['info', 'warning', 'error'] as const;
export type NoticeSeverity = (typeof NOTICE_SEVERITIES)[number];

export interface NoticeDetail {
  /** What happened, in a sentence or two. */
  readonly text: string;
  /** What to type next. */
  readonly next: string;
  /** Where to look, below `server.publicUrl`. */
  readonly path: string;
}

/** Something that stands now and that somebody should know of. The same key is the same thing. */
export interface Cause extends NoticeDetail {
  readonly key: string;
  readonly kind: NoticeKind;
  /** The source or target that it is about; null: none. */
  readonly source: string | null;
  readonly severity: NoticeSeverity;
  readonly title: string;
  /** When it was so for the last time as far as the facts tell, ms UTC. */
  readonly at: number;
  /** How often it happened since it began. */
  readonly times: number;
}

/** `open`: it stands, and somebody is reminded. `acknowledged`: it stands, and somebody cares. `resolved`: a person called it done while it stood. `ended`: it no longer stands. */
export type NoticeState = 'open' | 'acknowledged' | 'resolved' | 'ended';
export const NOTICE_STATES: readonly NoticeState[] = ['open', 'acknowledged', 'resolved', 'ended'];

export interface Notice {
  /** 0: not stored yet. */
  readonly id: number;
  readonly key: string;
  readonly kind: NoticeKind;
  readonly source: string | null;
  readonly severity: NoticeSeverity;
  readonly title: string;
  readonly detail: NoticeDetail;
  readonly state: NoticeState;
  readonly firstAt: number;
  readonly lastAt: number;
  /** How often it happened, returns included. */
  readonly times: number;
  /** How often it had happened before it last went away and came back. */
  readonly timesBefore: number;
  /** Since when its cause is gone; it may come back within the settling time and is the same notice then. */
  readonly calmSince: number | null;
  readonly snoozedUntil: number | null;
  readonly endedAt: number | null;
  /** Who acknowledged, snoozed or resolved it. */
  readonly by: string | null;
  readonly reason: string | null;
  /** Channel -> when it was last given a message about it, ms UTC. */
  readonly told: Readonly<Record<string, number>>;
}

/** `opened`: for the first time. `again`: it still stands. `resolved`: it does not any more, or a person called it done. */
export type NoticeEvent = 'opened' | 'again' | 'resolved';

/** One message about one notice that one channel is owed. */
export interface Tell {
  readonly key: string;
  readonly event: NoticeEvent;
  readonly channel: string;
  /** Which rule gathers it, and for how long; 0: at once. */
  readonly rule: string;
  readonly digestMs: number;
}

/** One rule of the configuration; what is absent admits everything. */
export interface NoticeRule {
  readonly on?: readonly string[];
  readonly sources?: readonly string[];
  readonly minSeverity?: NoticeSeverity;
  readonly to: readonly string[];
  readonly digestMs?: number;
}

export interface NoticePolicy {
  readonly rules: readonly NoticeRule[];
  /** What stands is told again after so long. */
  readonly repeatMs: number;
  /** What went away counts as over after so long without coming back. */
  readonly settleMs: number;
}
