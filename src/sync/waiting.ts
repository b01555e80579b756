import { breaches } from '../core/reconcile/guards.js';
import type { EffectKind } from '../core/reconcile/plan-types.js';
import type { Database } from '../database/database.js';
import { checkLease } from '../database/repositories/leases.js';
import { openReviews } from '../database/repositories/reviews.js';
import { headOf as rowHead, HEAD_COLUMNS } from '../database/repositories/rows.js';
import { executeIn, selectIn, type Tx } from '../database/tx.js';
import { sliceOptions, sliceSize } from './slice-options.js';
import { remap } from './remap.js';
import { storeSlice } from './slice-store.js';
import { plusAssets, type IncomingVersion } from './slice-types.js';
import { LEASE_MS, type StreamRun } from './stream-run.js';

interface WaitingRow {
  readonly recordId: number;
  readonly no: number;
  readonly effects: readonly EffectKind[];
}

const CHANGE_KINDS: readonly EffectKind[] = ['stage_move', 'class_change', 'merge', 'split', 'emptied'];

/**
 * The stream's end: versions whose effects waited take effect when they are within the guard; a kind that is not becomes
 * one held set of this run.
 */
export async function settleWaiting(database: Database, run: StreamRun, now: () => number): Promise<void> {
  const waiting = await database.read((tx) => waitingOf(tx, run));
  if (waiting.length === 0) return;
  const { maxChangeRatio, minChanges } = run.source.safety;
  const breached = CHANGE_KINDS.filter((kind) => {
    const records = new Set(waiting.filter((row) => row.effects.includes(kind)).map((row) => row.recordId));
    return breaches(records.size, run.assetsBefore, maxChangeRatio, minChanges);
  });
  const heldBy = new Map<number, EffectKind>();
  for (const kind of breached) for (const row of waiting) if (row.effects.includes(kind) && !heldBy.has(row.recordId)) heldBy.set(row.recordId, kind);
  for (const kind of breached) await hold(database, run, kind, waiting.filter((row) => heldBy.get(row.recordId) === kind), now);
  await acceptVersions(database, run, waiting.filter((row) => !heldBy.has(row.recordId)), now, run.lease);
}

async function waitingOf(tx: Tx, run: StreamRun): Promise<WaitingRow[]> {
  const rows = await tx.query(`SELECT v.record_id AS id, v.no AS no, v.effects AS effects FROM record_versions v JOIN record_heads h ON h.id = v.record_id WHERE v.state = 'waiting' AND v.run_id = ? AND h.stream_id = ? ORDER BY v.record_id, v.no`, [run.runId, run.streamId]);
  return rows.map((row) => ({ recordId: Number(row['id']), no: Number(row['no']), effects: row['effects'] === null ? [] : JSON.parse(row['effects']) }));
}

const WORDS: Readonly<Record<string, string>> = {
  stage_move: 'would move to another life cycle stage', class_change: 'would change their class', merge: 'would merge assets', split: 'would split assets', emptied: 'would empty values',
};

async function hold(database: Database, run: StreamRun, kind: EffectKind, rows: readonly WaitingRow[], now: () => number): Promise<void> {
  run.reviews += await database.transaction(async (tx) => {
    await checkLease(tx, run.lease, LEASE_MS, now());
    const ids = [...new Set(rows.map((row) => row.recordId))];
    const keys = await keysOf(tx, ids);
    const { maxChangeRatio, minChanges } = run.source.safety;
    const opened = await openReviews(tx, [{
      kind: `held_${kind}`, cause: `held_${kind}:${run.runId}:${run.stream.name}`, records: [...keys.keys()],
      because: `${ids.length} records ${WORDS[kind]} in one run, more than ${minChanges} and more than ${Math.round(maxChangeRatio * 100)} % of the source's ${run.assetsBefore} assets`,
      detail: { source: run.source.name, stream: run.stream.name, run: run.runId, effect: kind, count: ids.length },
    }], (key) => keys.get(key), { id: run.runId, source: run.source.name }, now());
    await executeIn(tx, `UPDATE record_versions SET state = 'held' WHERE state = 'waiting' AND run_id = ? AND record_id IN (?)`, ids, [run.runId]);
    return opened;
  });
}

export async function keysOf(tx: Tx, ids: readonly number[]): Promise<Map<string, number>> {
  const rows = await selectIn(tx, 'SELECT h.id AS id, st.source AS source, st.name AS name, h.external_id AS external_id FROM record_heads h JOIN streams st ON st.id = h.stream_id WHERE h.id IN (?)', ids);
  return new Map(rows.map((row) => [`${row['source']}/${row['name']}/${row['external_id']}`, Number(row['id'])]));
}

/** Takes stored versions through the present mapping and lets them count, each record's in order. */
export async function acceptVersions(database: Database, run: StreamRun, rows: readonly { readonly recordId: number; readonly no: number }[], now: () => number, lease: StreamRun['lease']): Promise<void> {
  const rounds = new Map<number, number>();
  const byRound: { recordId: number; no: number }[][] = [];
  for (const row of rows) {
    const round = rounds.get(row.recordId) ?? 0;
    rounds.set(row.recordId, round + 1);
    (byRound[round] ??= []).push(row);
  }
  const size = sliceSize(database);
  for (const round of byRound) {
    for (let at = 0; at < round.length; at += size) await acceptSlice(database, run, round.slice(at, at + size), now, lease);
  }
}

async function acceptSlice(database: Database, run: StreamRun, rows: readonly { readonly recordId: number; readonly no: number }[], now: () => number, lease: StreamRun['lease']): Promise<void> {
  const stored = await database.read((tx) => selectIn(tx, `SELECT v.record_id AS record_id, v.no AS no, v.raw AS raw, v.read_at AS read_at, v.previous_read_at AS previous_read_at FROM record_versions v WHERE v.raw IS NOT NULL AND v.record_id IN (?)`, rows.map((row) => row.recordId)));
  const wanted = new Set(rows.map((row) => `${row.recordId} ${row.no}`));
  const judged = new Map<number, Awaited<ReturnType<typeof remap>> & { readAt: number; previousReadAt?: number }>();
  for (const row of stored.filter((each) => wanted.has(`${each['record_id']} ${each['no']}`))) judged.set(Number(row['record_id']), { ...(await remap(run, row['raw'], Number(row['read_at']))), readAt: Number(row['read_at']), ...(row['previous_read_at'] !== null && { previousReadAt: Number(row['previous_read_at']) }) });
  const result = await database.transaction(async (tx) => {
    await checkLease(tx, lease, LEASE_MS, now());
    const heads = (await selectIn(tx, `SELECT ${HEAD_COLUMNS.join(', ')} FROM record_heads WHERE id IN (?)`, [...judged.keys()])).map(rowHead);
    const incoming = heads.flatMap((head): IncomingVersion[] => {
      const each = judged.get(head.id);
      if (each?.kind !== 'record' || each.record.kind !== 'asset') return [];
      return [{ kind: 'version', streamId: head.streamId, externalId: head.externalId, scopeId: head.scopeId, mapped: each.record, contentHash: each.read.hash, mappingHash: run.mappingHash, raw: each.read.canonical, readAt: each.readAt, ...(each.previousReadAt !== undefined && { previousReadAt: each.previousReadAt }), pass: head.seenPass, held: each.held.map((value) => value.attribute), head }];
    });
    return storeSlice(tx, incoming, run.judgement, sliceOptions(run, now(), false));
  });
  run.assets = plusAssets(run.assets, result.assets);
  run.reviews += result.reviews;
}
