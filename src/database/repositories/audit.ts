import { createHash } from 'node:crypto';
import { take, type Row, type SqlValue, type Tx } from '../tx.js';

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
  // The number first: whoever waits for it must then see the row that it follows, also where another process wrote that one meanwhile.
  const seq = await take(tx, 'audit', 1);
  const [last] = await tx.query(`SELECT hash FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT 1${tx.dialect === 'mysql' ? ' FOR UPDATE' : ''}`, [seq]);
  const row = [seq, entry.at, entry.actor, entry.action, JSON.stringify(entry.subject), entry.before === undefined ? null : JSON.stringify(entry.before), entry.after === undefined ? null : JSON.stringify(entry.after), entry.reason ?? null] as const;
  const previous = last === undefined ? '' : String(last['hash']);
  await tx.insertMany('audit', [...HASHED, 'prev_hash', 'hash'], [[...row, previous, auditHash(previous, row)]]);
}

const HASHED = ['seq', 'at', 'actor', 'action', 'subject', 'before_value', 'after_value', 'reason'] as const;

export const auditHash = (previous: string, row: readonly (string | number | null)[]): string => createHash('sha256').update(JSON.stringify([previous, ...row])).digest('hex');

export interface StoredAudit extends AuditEntry {
  readonly seq: number;
  readonly hash: string;
}

const valueOf = (text: string | null): unknown => (text === null ? undefined : (JSON.parse(text) as unknown));
const storedOf = (row: Row): StoredAudit => ({
  seq: Number(row['seq']), at: Number(row['at']), actor: row['actor'], action: row['action'], subject: valueOf(row['subject']), hash: row['hash'],
  ...(row['before_value'] !== null && { before: valueOf(row['before_value']) }), ...(row['after_value'] !== null && { after: valueOf(row['after_value']) }), ...(row['reason'] !== null && { reason: row['reason'] as string }),
});

/** The latest first. */
export async function listAudit(tx: Tx, filter: { readonly action?: string; readonly actor?: string }, before: number | undefined, limit: number): Promise<StoredAudit[]> {
  const where: string[] = [];
  const params: SqlValue[] = [];
  if (before !== undefined) { where.push('seq < ?'); params.push(before); }
  if (filter.action !== undefined) { where.push('action = ?'); params.push(filter.action); }
  if (filter.actor !== undefined) { where.push('actor = ?'); params.push(filter.actor); }
  return (await tx.query(`SELECT * FROM audit${where.length > 0 ? ` WHERE ${where.join(' AND ')}` : ''} ORDER BY seq DESC LIMIT ?`, [...params, limit])).map(storedOf);
}

/** `seq`: of the first entry that does not fit. */
export interface BrokenAudit { readonly seq: number; readonly because: string }

/** Compares the next `limit` entries with what their hashes say. `previous`: where the part before ended. */
export async function verifyAuditPart(tx: Tx, previous: { readonly seq: number; readonly hash: string }, limit: number): Promise<{ readonly last: { readonly seq: number; readonly hash: string }; readonly checked: number; readonly broken?: BrokenAudit }> {
  const rows = await tx.query('SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?', [previous.seq, limit]);
  let last = previous;
  for (const [checked, row] of rows.entries()) {
    const seq = Number(row['seq']);
    const fields = HASHED.map((column) => (column === 'seq' || column === 'at' ? Number(row[column]) : (row[column] as string | null)));
    if (seq !== last.seq + 1) return { last, checked, broken: { seq: last.seq + 1, because: `${seq - last.seq - 1 === 1 ? 'an entry was' : `${seq - last.seq - 1} entries were`} taken out before ${seq}` } };
    if (row['prev_hash'] !== last.hash) return { last, checked, broken: { seq, because: 'it does not follow the entry before: one of both was replaced' } };
    if (row['hash'] !== auditHash(last.hash, fields)) return { last, checked, broken: { seq, because: 'it was changed after it was written' } };
    last = { seq, hash: row['hash'] as string };
  }
  return { last, checked: rows.length };
}

/** The number that the next entry gets: what was taken from the end is missed by it. */
export async function nextAuditSeq(tx: Tx): Promise<number> {
  const [row] = await tx.query(`SELECT next FROM sequences WHERE name = 'audit'`);
  return row === undefined ? 1 : Number(row['next']);
}
