import { changesOf, formerIds, type ChangeRow } from '../database/repositories/queries-assets.js';
import type { Tx } from '../database/tx.js';
import { instant } from './instants.js';

/** One line of `assets history --json`. */
export interface ChangeDocument {
  readonly at: string;
  /** An attribute, `class`, `holds`, `stage`; `created`, `merged` or `split`. */
  readonly attribute: string;
  /** Only where the stage changed: the stage that it took. */
  readonly stage?: unknown;
  readonly before: unknown;
  readonly after: unknown;
  readonly cause: { readonly kind: string; readonly run?: string; readonly source?: string; readonly rule?: string; readonly person?: string };
  /** Of a stage: the move behind it. `at`: when it happened, not when it was noticed. */
  readonly move?: { readonly origin: string; readonly at: string; readonly evidence?: string; readonly reason?: string };
  /** Of a stage: how long the asset had been in the one before, ms; absent where nobody knows since when. */
  readonly inStageForMs?: number;
  readonly configHash: string;
  /** The id under which it happened: one that has merged since differs from the asset's. */
  readonly asset: string;
}

/** The latest `limit` changes, oldest first; those of assets that merged into this one are among them. */
export async function assetHistory(tx: Tx, assetId: string, limit: number, attribute?: string): Promise<ChangeDocument[]> {
  return (await assetHistoryPage(tx, assetId, limit, attribute)).changes;
}

/** The same, before the change of a number; `seqs`: the number of each. */
export async function assetHistoryPage(tx: Tx, assetId: string, limit: number, attribute?: string, before?: number): Promise<{ readonly changes: ChangeDocument[]; readonly seqs: readonly number[] }> {
  const rows = await changesOf(tx, [assetId, ...(await formerIds(tx, assetId))], limit, attribute, before);
  return { changes: await withMoves(tx, assetId, rows), seqs: rows.map(({ seq }) => seq) };
}

async function withMoves(tx: Tx, assetId: string, changes: readonly ChangeRow[]): Promise<ChangeDocument[]> {
  if (!changes.some((change) => change.attribute === 'stage')) return changes.map((change) => changeDocument(change));
  const moves = await movesOf(tx, assetId);
  let entered: number | undefined;
  return changes.map((change) => {
    if (change.attribute !== 'stage') return changeDocument(change);
    const move = moves.filter(({ to, recordedAt }) => to === change.after && recordedAt <= change.at).at(-1);
    const at = move?.at ?? change.at;
    const lasted = entered === undefined || at < entered ? undefined : at - entered;
    entered = at;
    return { ...changeDocument(change), ...(move && { move: { origin: move.origin, at: instant(move.at), ...(move.evidence !== null && { evidence: move.evidence }), ...(move.reason !== null && { reason: move.reason }) } }), ...(lasted !== undefined && { inStageForMs: lasted }) };
  });
}

/** Moves of the asset's records, in the order in which they were recorded. */
async function movesOf(tx: Tx, assetId: string) {
  const rows = await tx.query('SELECT m.* FROM stage_moves m JOIN record_heads h ON h.id = m.record_id WHERE h.asset_id = ? ORDER BY m.recorded_at, m.id', [assetId]);
  return rows.map((row) => ({
    to: row['to_stage'] as string, at: Number(row['at']), recordedAt: Number(row['recorded_at']), evidence: row['evidence'] as string | null, reason: row['reason'] as string | null,
    origin: row['origin_kind'] === 'record' ? (row['origin'] as string) : `${row['origin_kind']} ${String(row['origin']).split('\u0000')[0]}`,
  }));
}

export function changeDocument(change: ChangeRow): ChangeDocument {
  const { attribute, before, after, kind, runId, source, rule, person, configHash, assetId } = change;
  return {
    at: instant(change.at), attribute, ...(attribute === 'stage' && { stage: after }), before, after,
    cause: { kind, ...(runId !== null && { run: runId }), ...(source !== null && { source }), ...(rule !== null && { rule }), ...(person !== null && { person }) },
    configHash, asset: assetId,
  };
}
