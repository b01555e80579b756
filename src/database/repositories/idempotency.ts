import type { Tx } from '../tx.js';

export interface KeptAnswer {
  readonly requestHash: string;
  /** null: the request is under way, or its process died. */
  readonly status: number | null;
  readonly answer: string | null;
  readonly at: number;
}

/** Takes a key for a request; gives what stands under it already. `before`: older entries are forgotten, `stale`: older ones that never ended count as not there. */
export async function takeKey(tx: Tx, caller: string, key: string, requestHash: string, now: number, limits: { readonly before: number; readonly stale: number }): Promise<KeptAnswer | undefined> {
  await tx.execute('DELETE FROM idempotency_keys WHERE at < ?', [limits.before]);
  await tx.execute('DELETE FROM idempotency_keys WHERE caller = ? AND key_text = ? AND status IS NULL AND at < ?', [caller, key, limits.stale]);
  const [row] = await tx.query(`SELECT request_hash, status, answer, at FROM idempotency_keys WHERE caller = ? AND key_text = ?${tx.dialect === 'mysql' ? ' FOR UPDATE' : ''}`, [caller, key]);
  if (row) return { requestHash: row['request_hash'], status: row['status'] === null ? null : Number(row['status']), answer: row['answer'], at: Number(row['at']) };
  await tx.insertMany('idempotency_keys', ['caller', 'key_text', 'request_hash', 'at'], [[caller, key, requestHash, now]]);
  return undefined;
}

export async function keepAnswerUnder(tx: Tx, caller: string, key: string, status: number, answer: string): Promise<void> {
  await tx.execute('UPDATE idempotency_keys SET status = ?, answer = ? WHERE caller = ? AND key_text = ?', [status, answer, caller, key]);
}

/** It came to nothing: the same may be tried again. */
export async function freeKey(tx: Tx, caller: string, key: string): Promise<void> {
  await tx.execute('DELETE FROM idempotency_keys WHERE caller = ? AND key_text = ? AND status IS NULL', [caller, key]);
}
