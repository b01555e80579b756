import { createHash } from 'node:crypto';
import { approve, approversOf } from '../database/repositories/approvals.js';
import { appendAudit } from '../database/repositories/audit.js';
import type { StoredReview } from '../database/repositories/reviews.js';
import type { Engine } from '../engine/engine.js';
import { canonicalJson } from '../sync/canonical-json.js';

/** A yes counts for a week: who is asked later decides on what they see then. */
const COUNTS_FOR_MS = 7 * 24 * 3_600_000;

export const approvalSubject = (review: number): string => `review:${review}`;

export interface ApprovalRequest {
  readonly review: StoredReview;
  /** Record keys that would take effect: a set that has grown since is another one. */
  readonly records: readonly string[];
  readonly answer: Readonly<Record<string, unknown>>;
  readonly reason: string;
  readonly person: string;
}

/** Whether somebody else has said yes to exactly this. If not, the yes is kept for the second person. */
export async function isApprovedByAnother(engine: Engine, { review, records, answer, reason, person }: ApprovalRequest): Promise<boolean> {
  const { database, clock, actor } = engine;
  const subject = approvalSubject(review.id);
  const hash = createHash('sha256').update(canonicalJson([answer, [...records].sort()])).digest('hex');
  return database.transaction(async (tx) => {
    const now = clock.now();
    const others = (await approversOf(tx, subject, hash, now - COUNTS_FOR_MS)).filter((each) => each !== person);
    if (others.length > 0) return true;
    await approve(tx, subject, hash, person, now, reason);
    await appendAudit(tx, { at: now, actor, action: 'reviews.approve', subject: { review: review.id, kind: review.kind, cause: review.cause }, after: { ...answer, records }, reason });
    return false;
  });
}
