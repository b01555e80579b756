import type { RecordKey } from '../core/model/index.js';
import { executeIn, selectIn, take, type Tx } from '../database/tx.js';

export type HeldSetKind = 'alignment' | 'push_drift' | 'push_conflict' | 'push_guard';

/** One record that waits for a person. */
export interface HeldEntry {
  readonly kind: HeldSetKind;
  /** Of drift and conflicts: one set a field. */
  readonly field?: string;
  readonly key: RecordKey;
  readonly recordId: number | null;
}

const BECAUSE: Readonly<Record<HeldSetKind, (target: string, field?: string) => string>> = {
  alignment: (target) => `${target} held these records before Lockstep wrote to it, and shows something else; nothing is written to them before somebody decides whose values count`,
  push_drift: (target, field) => `${field} was changed in ${target}, and the configuration does not say whose value counts`,
  push_conflict: (target, field) => `${field} was changed both here and in ${target}, and the configuration does not say whose value counts`,
  push_guard: (target) => `more of ${target}'s assets would be written within an hour than push.maxPushRatio allows`,
};

const causeOf = (kind: HeldSetKind, target: string, field?: string): string => `${kind}:${target}${field === undefined ? '' : `:${field}`}`;

/**
 * Held sets of one target: one a kind (and field), over as many records as it takes. Records join and leave as they are
 * judged again; a set that nobody is left in is over. `judged`: the records about which `entries` says everything.
 */
export async function settleHeldSets(tx: Tx, target: string, entries: readonly HeldEntry[], judged: readonly number[], context: { readonly now: number; readonly runId: string | null }): Promise<number> {
  const open = await openSets(tx, target);
  const wanted = new Map<string, HeldEntry[]>();
  for (const entry of entries) {
    const cause = causeOf(entry.kind, target, entry.field);
    wanted.set(cause, [...(wanted.get(cause) ?? []), entry]);
  }
  let opened = 0;
  for (const [cause, list] of wanted) {
    const first = list[0] as HeldEntry;
    let id = open.get(cause);
    if (id === undefined) {
      id = await openSet(tx, first.kind, target, first.field, context);
      opened++;
    }
    await join(tx, id, list, context.now);
  }
  for (const [cause, id] of open) {
    if (cause.startsWith('push_guard:')) continue;
    const still = new Set((wanted.get(cause) ?? []).map((entry) => entry.recordId));
    await leave(tx, id, judged.filter((recordId) => !still.has(recordId)), context.now);
  }
  return opened;
}

export async function openSets(tx: Tx, target: string): Promise<Map<string, number>> {
  const rows = await tx.query(`SELECT id, cause FROM reviews WHERE status = 'open' AND kind IN ('alignment', 'push_drift', 'push_conflict', 'push_guard') AND source = ?`, [target]);
  return new Map(rows.map((row) => [row['cause'] as string, Number(row['id'])]));
}

export async function openSet(tx: Tx, kind: HeldSetKind, target: string, field: string | undefined, { now, runId }: { readonly now: number; readonly runId: string | null }): Promise<number> {
  const id = await take(tx, 'reviews', 1);
  await tx.insertMany('reviews', ['id', 'kind', 'cause', 'status', 'opened_at', 'updated_at', 'run_id', 'source', 'because', 'detail'], [[id, kind, causeOf(kind, target, field), 'open', now, now, runId, target, BECAUSE[kind](target, field), JSON.stringify({ target, ...(field !== undefined && { field }) })]]);
  return id;
}

export async function join(tx: Tx, review: number, entries: readonly Pick<HeldEntry, 'key' | 'recordId'>[], now: number): Promise<void> {
  const known = new Set((await selectIn(tx, 'SELECT record_id FROM review_records WHERE review_id = ? AND done = 0 AND record_id IN (?)', entries.flatMap((entry) => entry.recordId ?? []), [review])).map((row) => Number(row['record_id'])));
  const fresh = entries.filter((entry) => entry.recordId === null || !known.has(entry.recordId));
  if (fresh.length === 0) return;
  await tx.insertMany('review_records', ['review_id', 'record_key', 'record_id', 'done'], fresh.map(({ key, recordId }) => [review, key, recordId, 0]), { keys: ['review_id', 'record_key'], update: ['done'] });
  await tx.execute('UPDATE reviews SET updated_at = ? WHERE id = ?', [now, review]);
}

async function leave(tx: Tx, review: number, recordIds: readonly number[], now: number): Promise<void> {
  if (await executeIn(tx, 'DELETE FROM review_records WHERE review_id = ? AND done = 0 AND record_id IN (?)', recordIds, [review]) === 0) return;
  await endIfEmpty(tx, review, now);
}

/** Nobody is left in it: nobody needs to decide any more. */
export async function endIfEmpty(tx: Tx, review: number, now: number): Promise<void> {
  const [left] = await tx.query('SELECT 1 AS one FROM review_records WHERE review_id = ? AND done = 0 LIMIT 1', [review]);
  if (!left) await tx.execute(`UPDATE reviews SET status = 'over', resolved_at = ?, updated_at = ? WHERE id = ? AND status = 'open'`, [now, now, review]);
}
