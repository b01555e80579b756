import { isDeadHolder } from '../processes.js';
import { take, type Tx } from '../tx.js';

/** Its holder may act while the fence is the one it got; a later holder's is higher. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  readonly fence: number;
}

export class LeaseLostError extends Error {
  constructor(readonly lease: Lease, readonly holder: string | null) {
    super(`the lease "${lease.name}" went to ${holder ?? 'nobody'}: this run may write no more`);
    this.name = 'LeaseLostError';
  }
}

/** `heldBy`: somebody else holds it. A holder that died on this machine holds nothing: its fence refuses it should it ever write again. */
export async function takeLease(tx: Tx, name: string, holder: string, ttlMs: number, now: number): Promise<{ readonly lease: Lease } | { readonly heldBy: string; readonly until: number }> {
  const [row] = await tx.query(`SELECT holder, expires_at FROM leases WHERE name = ?${tx.dialect === 'mysql' ? ' FOR UPDATE' : ''}`, [name]);
  if (row && row['holder'] !== null && row['holder'] !== holder && Number(row['expires_at']) > now && !isDeadHolder(row['holder'])) return { heldBy: row['holder'], until: Number(row['expires_at']) };
  if (row && row['holder'] !== null && row['holder'] !== holder) tx.onLease?.('taken_over', name);
  const fence = await take(tx, 'fences', 1);
  await tx.insertMany('leases', ['name', 'holder', 'fence', 'expires_at'], [[name, holder, fence, now + ttlMs]], { keys: ['name'], update: ['holder', 'fence', 'expires_at'] });
  return { lease: { name, holder, fence } };
}

/** Every transaction that writes under a lease begins with this: a zombie's late writes are refused. Renews it as well. */
export async function checkLease(tx: Tx, lease: Lease, ttlMs: number, now: number): Promise<void> {
  const renewed = await tx.execute('UPDATE leases SET expires_at = ? WHERE name = ? AND fence = ? AND holder = ?', [now + ttlMs, lease.name, lease.fence, lease.holder]);
  if (renewed > 0) return;
  const [row] = await tx.query('SELECT holder, fence, expires_at FROM leases WHERE name = ?', [lease.name]);
  // MySQL counts a row whose values stay the same as not affected.
  if (row && Number(row['fence']) === lease.fence && row['holder'] === lease.holder) return;
  tx.onLease?.('fenced', lease.name);
  throw new LeaseLostError(lease, row ? row['holder'] : null);
}

export async function releaseLease(tx: Tx, lease: Lease): Promise<void> {
  await tx.execute('UPDATE leases SET holder = NULL, expires_at = 0 WHERE name = ? AND fence = ?', [lease.name, lease.fence]);
}
