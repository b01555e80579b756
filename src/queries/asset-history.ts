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
  readonly configHash: string;
  /** The id under which it happened: one that has merged since differs from the asset's. */
  readonly asset: string;
}

/** The latest `limit` changes, oldest first; those of assets that merged into this one are among them. */
export async function assetHistory(tx: Tx, assetId: string, limit: number, attribute?: string): Promise<ChangeDocument[]> {
  return (await changesOf(tx, [assetId, ...(await formerIds(tx, assetId))], limit, attribute)).map(changeDocument);
}

export function changeDocument(change: ChangeRow): ChangeDocument {
  const { attribute, before, after, kind, runId, source, rule, person, configHash, assetId } = change;
  return {
    at: instant(change.at), attribute, ...(attribute === 'stage' && { stage: after }), before, after,
    cause: { kind, ...(runId !== null && { run: runId }), ...(source !== null && { source }), ...(rule !== null && { rule }), ...(person !== null && { person }) },
    configHash, asset: assetId,
  };
}
