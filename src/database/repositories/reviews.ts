import type { RecordKey } from '../../core/model/index.js';
import type { ReviewDraft } from '../../core/reconcile/plan-types.js';
import { executeByKey, executeIn, selectIn, take, type Tx } from '../tx.js';

export interface StoredReview {
  readonly id: number;
  readonly kind: string;
  readonly cause: string;
  readonly status: 'open' | 'resolved' | 'over';
  readonly openedAt: number;
  readonly updatedAt: number;
  readonly runId: string | null;
  readonly source: string | null;
  readonly because: string;
  readonly detail: { readonly [key: string]: unknown };
  readonly resolvedAt: number | null;
  readonly resolution: string | null;
  readonly by: string | null;
  readonly reason: string | null;
}

export function reviewOf(row: Record<string, any>): StoredReview {
  return {
    id: Number(row['id']), kind: row['kind'], cause: row['cause'], status: row['status'], openedAt: Number(row['opened_at']), updatedAt: Number(row['updated_at']), runId: row['run_id'], source: row['source'],
    because: row['because'], detail: JSON.parse(row['detail']), resolvedAt: row['resolved_at'] === null ? null : Number(row['resolved_at']), resolution: row['resolution'], by: row['by_person'], reason: row['reason'],
  };
}

/** Causes can be long values: they keep a readable head. */
const causeOf = (cause: string): string => (cause.length <= 690 ? cause : `${cause.slice(0, 680)}…`);

export async function reviewsByCause(tx: Tx, causes: readonly string[]): Promise<StoredReview[]> {
  return (await selectIn(tx, 'SELECT * FROM reviews WHERE cause IN (?)', causes.map(causeOf))).map(reviewOf);
}

export async function recordsOfReviews(tx: Tx, ids: readonly number[]): Promise<Map<number, { readonly key: RecordKey; readonly recordId: number | null; readonly done: boolean }[]>> {
  const byReview = new Map<number, { key: RecordKey; recordId: number | null; done: boolean }[]>();
  for (const row of await selectIn(tx, 'SELECT * FROM review_records WHERE review_id IN (?) ', ids)) {
    const list = byReview.get(Number(row['review_id'])) ?? [];
    list.push({ key: row['record_key'], recordId: row['record_id'] === null ? null : Number(row['record_id']), done: Number(row['done']) === 1 });
    byReview.set(Number(row['review_id']), list);
  }
  return byReview;
}

/** Kinds that identity and the stage fold open and end by themselves; held sets and others end by a person only. */
export const SELF_ENDING = ['contested_value', 'spoilt_serial', 'duplicate_in_source', 'ambiguous_attach', 'cut_tie', 'suggestion', 'illegal_move', 'guarded_move', 'flapping'] as const;

/** Open ones among the self-ending kinds that name one of the records. */
export async function openReviewsOf(tx: Tx, recordIds: readonly number[]): Promise<StoredReview[]> {
  const rows = await selectIn(tx, `SELECT DISTINCT r.* FROM reviews r JOIN review_records rr ON rr.review_id = r.id WHERE r.status = 'open' AND r.kind IN (${SELF_ENDING.map(() => '?').join(',')}) AND rr.record_id IN (?)`, recordIds, SELF_ENDING);
  return rows.map(reviewOf);
}

/**
 * Opens what is new, widens what is open. A cause that a person has resolved for the same records stays resolved: the
 * same question is not asked twice. What happens again after a record was seen again is another question, and so is what
 * happens in spite of a release. Returns how many were opened.
 */
export async function openReviews(tx: Tx, drafts: readonly ReviewDraft[], idOf: (key: RecordKey) => number | undefined, run: { readonly id: string | null; readonly source: string | null }, at: number): Promise<number> {
  if (drafts.length === 0) return 0;
  const byCause = new Map(drafts.map((draft) => [causeOf(draft.cause), draft]));
  const known = await reviewsByCause(tx, [...byCause.keys()]);
  const records = await recordsOfReviews(tx, known.map((review) => review.id));
  const fresh: ReviewDraft[] = [];
  for (const [cause, draft] of byCause) {
    const same = known.filter((review) => review.cause === cause);
    const open = same.find((review) => review.status === 'open');
    if (open) {
      await widen(tx, open, draft, new Set((records.get(open.id) ?? []).map((each) => each.key)), idOf, at);
      continue;
    }
    const answered = same.some((review) => review.status === 'resolved' && answers(review, new Set((records.get(review.id) ?? []).map((each) => each.key)), draft));
    if (!answered) fresh.push(draft);
  }
  if (fresh.length === 0) return 0;
  const first = await take(tx, 'reviews', fresh.length);
  await tx.insertMany('reviews', ['id', 'kind', 'cause', 'status', 'opened_at', 'updated_at', 'run_id', 'source', 'because', 'detail'], fresh.map((draft, i) => [first + i, draft.kind, causeOf(draft.cause), 'open', at, at, run.id, run.source, draft.because, JSON.stringify(draft.detail)]));
  await tx.insertMany('review_records', ['review_id', 'record_key', 'record_id'], fresh.flatMap((draft, i) => [...new Set(draft.records)].map((key) => [first + i, key, idOf(key) ?? null])), { keys: ['review_id', 'record_key'], update: [] });
  return fresh.length;
}

function answers(review: StoredReview, asked: ReadonlySet<RecordKey>, { records, seenAt }: ReviewDraft): boolean {
  const kept = !seenAt || review.resolution === 'reject' ? asked : new Set(keptOf(review));
  return records.every((key) => kept.has(key) && (seenAt?.get(key) ?? 0) <= review.openedAt);
}

/** Records of a held set that were rejected before the rest was answered. */
const keptOf = ({ detail }: StoredReview): readonly RecordKey[] => (detail['kept'] as readonly RecordKey[] | undefined) ?? [];

export async function keepAnswer(tx: Tx, review: StoredReview, records: readonly RecordKey[]): Promise<void> {
  await tx.execute('UPDATE reviews SET detail = ? WHERE id = ?', [JSON.stringify({ ...review.detail, kept: [...keptOf(review), ...records] }), review.id]);
}

async function widen(tx: Tx, review: StoredReview, draft: ReviewDraft, had: ReadonlySet<RecordKey>, idOf: (key: RecordKey) => number | undefined, at: number): Promise<void> {
  const wanted = new Set(draft.records);
  const isSelfEnding = (SELF_ENDING as readonly string[]).includes(review.kind);
  const added = [...wanted].filter((key) => !had.has(key));
  const removed = isSelfEnding ? [...had].filter((key) => !wanted.has(key)) : [];
  // What contests a value can turn out to be another thing than it seemed: the question is asked as it stands now.
  const kind = isSelfEnding ? draft.kind : review.kind;
  if (added.length === 0 && removed.length === 0 && draft.because === review.because && kind === review.kind) return;
  await tx.insertMany('review_records', ['review_id', 'record_key', 'record_id'], added.map((key) => [review.id, key, idOf(key) ?? null]), { keys: ['review_id', 'record_key'], update: [] });
  await executeByKey(tx, 'DELETE FROM review_records', ['review_id', 'record_key'], removed.map((key) => [review.id, key]));
  await tx.execute('UPDATE reviews SET updated_at = ?, kind = ?, because = ?, detail = ? WHERE id = ?', [at, kind, draft.because, JSON.stringify({ ...review.detail, ...draft.detail }), review.id]);
}

/** Their cause is gone: nobody needs to decide any more. */
export async function endReviews(tx: Tx, ids: readonly number[], at: number): Promise<void> {
  await executeIn(tx, `UPDATE reviews SET status = 'over', resolved_at = ?, updated_at = ? WHERE status = 'open' AND id IN (?)`, ids, [at, at]);
}

export async function endReviewsByCause(tx: Tx, causes: readonly string[], at: number): Promise<void> {
  await endReviews(tx, (await reviewsByCause(tx, causes)).filter(({ status }) => status === 'open').map(({ id }) => id), at);
}

export async function resolveReview(tx: Tx, id: number, resolution: string, by: string, reason: string, at: number): Promise<void> {
  await tx.execute(`UPDATE reviews SET status = 'resolved', resolution = ?, by_person = ?, reason = ?, resolved_at = ?, updated_at = ? WHERE id = ?`, [resolution, by, reason, at, at, id]);
}

export async function loadReview(tx: Tx, id: number): Promise<StoredReview | undefined> {
  const [row] = await tx.query('SELECT * FROM reviews WHERE id = ?', [id]);
  return row ? reviewOf(row) : undefined;
}
