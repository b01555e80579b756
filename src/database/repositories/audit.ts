import { createHash } from 'node:crypto';
import { take, type Tx } from '../tx.js';

export interface AuditEntry {
  readonly at: number;
  readonly actor: string;
  /** e.g. `assets.merge`. */
  readonly action: string;
  readonly subject: unknown;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly reason?: string;
}

/** Append-only; each row carries the hash of the one before, so that a row that is changed or taken out is found. */
export async function appendAudit(tx: Tx, entry: AuditEntry): Promise<void> {
  const [last] = await tx.query('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1');
  const seq = await take(tx, 'audit', 1);
  const row = [seq, entry.at, entry.actor, entry.action, JSON.stringify(entry.subject), entry.before === undefined ? null : JSON.stringify(entry.before), entry.after === undefined ? null : JSON.stringify(entry.after), entry.reason ?? null] as const;
  const previous = last === undefined ? '' : String(last['hash']);
  await tx.insertMany('audit', ['seq', 'at', 'actor', 'action', 'subject', 'before_value', 'after_value', 'reason', 'prev_hash', 'hash'], [[...row, previous, auditHash(previous, row)]]);
}

export const auditHash = (previous: string, row: readonly (string | number | null)[]): string => createHash('sha256').update(JSON.stringify([previous, ...row])).digest('hex');
