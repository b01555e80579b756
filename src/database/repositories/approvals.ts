import type { Tx } from '../tx.js';

/** Who has said yes to exactly this, since then. */
export async function approversOf(tx: Tx, subject: string, requestHash: string, since: number): Promise<string[]> {
  return (await tx.query('SELECT by_person FROM approvals WHERE subject = ? AND request_hash = ? AND at >= ? ORDER BY at, by_person', [subject, requestHash, since])).map((row) => row['by_person'] as string);
}

/** A person's later word on a subject takes the place of the earlier one. */
export async function approve(tx: Tx, subject: string, requestHash: string, person: string, at: number, reason: string): Promise<void> {
  await tx.insertMany('approvals', ['subject', 'request_hash', 'by_person', 'at', 'reason'], [[subject, requestHash, person, at, reason]], { keys: ['subject', 'by_person'], update: ['request_hash', 'at', 'reason'] });
}

export async function endApprovals(tx: Tx, subject: string): Promise<void> {
  await tx.execute('DELETE FROM approvals WHERE subject = ?', [subject]);
}
