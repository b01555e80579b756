import type { AuthorityRules } from '../core/model/index.js';
import type { Database } from '../database/database.js';
import { checkLease } from '../database/repositories/leases.js';
import type { RecordHead } from '../database/repositories/rows.js';
import { executeIn, type Tx } from '../database/tx.js';
import { sliceOptions, sliceSize } from './slice-options.js';
import { storeSlice } from './slice-store.js';
import { plusAssets } from './slice-types.js';
import { LEASE_MS, type StreamRun } from './stream-run.js';

/**
 * Due at once: a record of the asset has been confirmed after a time in which its claims may have turned stale. Confirming
 * costs nothing as long as claims stay fresh, for a stored `next_due_at` that is too early merely makes the sweep look again.
 */
const AT_ONCE = 0;

/** The shortest time after which some claim turns stale; undefined: none ever does. */
export function shortestStaleness({ byClass }: AuthorityRules): number | undefined {
  const times = Object.values(byClass).flatMap((rules) => Object.values(rules).flatMap((rule) => rule.staleAfterMs ?? []));
  return times.length === 0 ? undefined : Math.min(...times);
}

/** In the transaction that marks these records as seen, before it does. */
export async function confirmRecords(tx: Tx, run: StreamRun, heads: readonly RecordHead[], readAt: number): Promise<void> {
  const stale = shortestStaleness(run.judgement.rules.authority);
  if (stale === undefined) return;
  const old = heads.filter((head) => head.kind === 'asset' && head.seenAt + stale <= readAt).map((head) => head.id);
  await executeIn(tx, 'UPDATE assets SET next_due_at = ? WHERE id IN (SELECT h.asset_id FROM record_heads h JOIN scopes s ON s.id = h.scope_id WHERE s.covered_to <= ? AND h.id IN (?))', old, [AT_ONCE, readAt - stale]);
}

/** In the transaction that moves a scope's mark, before it does. A scope that could not be read for a while goes on to age. */
export async function confirmScope(tx: Tx, run: StreamRun, scopeId: number, now: number): Promise<void> {
  const stale = shortestStaleness(run.judgement.rules.authority);
  if (stale === undefined) return;
  const [scope] = await tx.query('SELECT covered_to, failing_since FROM scopes WHERE id = ?', [scopeId]);
  const wasFailing = scope?.['failing_since'] != null;
  if (!wasFailing && (run.mode === 'full' || Number(scope?.['covered_to'] ?? 0) + stale > now)) return;
  await tx.execute(`UPDATE assets SET next_due_at = ? WHERE id IN (SELECT asset_id FROM record_heads WHERE scope_id = ? AND kind = 'asset' AND state = 'live' AND seen_at <= ?)`, [AT_ONCE, scopeId, now - stale]);
}

/** What confirming has made due, with this run as its cause. */
export async function resolveConfirmed(database: Database, run: StreamRun, now: () => number): Promise<void> {
  if (shortestStaleness(run.judgement.rules.authority) === undefined) return;
  for (;;) {
    const due = await database.read((tx) => tx.query('SELECT id FROM assets WHERE next_due_at = ? ORDER BY seq LIMIT ?', [AT_ONCE, sliceSize(database)]));
    if (due.length === 0) return;
    await database.transaction(async (tx) => {
      await checkLease(tx, run.lease, LEASE_MS, now());
      const result = await storeSlice(tx, [], run.judgement, { ...sliceOptions(run, now(), false), touched: due.map((row) => row['id'] as string) });
      run.assets = plusAssets(run.assets, result.assets);
      run.reviews += result.reviews;
    });
  }
}
