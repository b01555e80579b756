import type { RunRow } from '../database/repositories/runs.js';
import type { PlacedQuarantine } from '../database/repositories/queries-operations.js';
import type { StoredReview } from '../database/repositories/reviews.js';
import { familyOf, MEANING, TAKES } from '../reviews/review.service.js';
import { instant, instantOrNull } from './instants.js';

/** One line of `runs list --json`: the run's own report with what the store knows besides. */
export type RunDocument = { readonly id: string; readonly source: string; readonly mode: string; readonly status: string; readonly startedAt: string; readonly finishedAt: string | null; readonly trigger: string; readonly configHash: string } & Readonly<Record<string, unknown>>;

/** The report knows best in which mode the run ended: a stream without a cursor makes it a full one. */
export function runDocument({ id, source, mode, status, startedAt, finishedAt, trigger, configHash, resumedFrom, report, error }: RunRow): RunDocument {
  return {
    mode, ...(report as Record<string, unknown> | null), id, source, status, startedAt: instant(startedAt), finishedAt: instantOrNull(finishedAt), trigger, configHash,
    ...(resumedFrom !== null && { resumedFrom }), ...(error !== null && (report as { error?: unknown } | null)?.error === undefined && { error: { message: error } }),
  };
}

export interface ReviewDocument {
  readonly id: number;
  readonly kind: string;
  readonly status: string;
  readonly because: string;
  readonly source: string | null;
  readonly run: string | null;
  readonly openedAt: string;
  readonly updatedAt: string;
  readonly detail: { readonly [key: string]: unknown };
  /** The answers that its kind takes. */
  readonly answers: readonly string[];
  /** What they mean. */
  readonly meaning: string;
  readonly resolution?: string | null;
  readonly resolvedAt?: string | null;
  readonly by?: string | null;
  readonly reason?: string | null;
}

export function reviewDocument(review: StoredReview): ReviewDocument {
  const { id, kind, status, because, source, runId, openedAt, updatedAt, detail, resolution, resolvedAt, by, reason } = review;
  return {
    id, kind, status, because, source, run: runId, openedAt: instant(openedAt), updatedAt: instant(updatedAt), detail, answers: TAKES[familyOf(kind)], meaning: MEANING[familyOf(kind)],
    ...(status !== 'open' && { resolution, resolvedAt: instantOrNull(resolvedAt), by, reason }),
  };
}

export interface QuarantineDocument {
  readonly id: number;
  readonly source: string;
  readonly stream: string;
  readonly externalId: string | null;
  readonly reason: string;
  readonly times: number;
  readonly firstAt: string;
  readonly lastAt: string;
  readonly run: string | null;
}

export function quarantineDocument({ id, source, stream, externalId, reason, times, firstAt, lastAt, runId }: PlacedQuarantine): QuarantineDocument {
  return { id, source, stream, externalId, reason, times, firstAt: instant(firstAt), lastAt: instant(lastAt), run: runId };
}

/** What a source is about, in one word. */
export type SourceState = 'ok' | 'running' | 'failing' | 'partial' | 'suspect' | 'interrupted' | 'paused' | 'never ran' | 'not configured';

export interface SourceDocument {
  readonly name: string;
  readonly connector: string;
  readonly role: string;
  readonly state: SourceState;
  readonly configured: boolean;
  readonly paused: boolean;
  readonly pausedBecause?: string;
  /** Runs that failed in a row. */
  readonly failures: number;
  readonly streams: readonly { readonly name: string; readonly records: number; readonly unread: number; readonly tombstoned: number; readonly quarantined: number; readonly lastFullAt: string | null; readonly cursorAt: string | null }[];
  readonly lastRun: { readonly id: string; readonly mode: string; readonly status: string; readonly startedAt: string; readonly finishedAt: string | null } | null;
}
