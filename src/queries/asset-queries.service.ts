import { LIFECYCLE_STAGES } from '../../connectors/sdk/contract/index.js';
import type { Engine } from '../engine/engine.js';
import { countAssets, listAssets, withDescendants, type AssetFilter } from '../database/repositories/queries-assets.js';
import { loadStreams } from '../database/repositories/streams.js';
import { judgementOf } from '../sync/judgement.js';
import { assetDetails, type AssetDetails } from './asset-details.js';
import { assetDocuments, type AssetDocument } from './asset-documents.js';
import { assetHistory, type ChangeDocument } from './asset-history.js';
import { lookUpAsset, type AssetLookup } from './asset-lookup.js';
import { explain, explainMaterial, type Explanation } from './explain.js';
import { whyNot, type WhyNot } from './why-not.js';

export interface AssetSelection {
  /** Classes with all that descend from them. */
  readonly classes?: readonly string[];
  readonly stages?: readonly string[];
  readonly sources?: readonly string[];
  readonly search?: string;
  readonly limit?: number;
}

/** More than one asset fits, or none: the caller says so to a person. */
export type Found<T> = { readonly kind: 'found'; readonly value: T } | Exclude<AssetLookup, { readonly kind: 'one' }>;

const PAGE = 500;

/** Reads the model. Writes nothing; each answer is of one moment. */
export class AssetQueries {
  constructor(private readonly engine: Engine) {}

  /** Classes and stages that a filter may name. */
  vocabulary(): { readonly classes: readonly string[]; readonly stages: readonly string[]; readonly sources: readonly string[] } {
    const { identity, sources } = this.engine.config;
    return { classes: Object.keys(identity.classes), stages: LIFECYCLE_STAGES, sources: sources.map(({ name }) => name) };
  }

  /** Page by page, so that a hundred thousand take no more memory than five hundred. */
  async *list(selection: AssetSelection): AsyncGenerator<AssetDocument> {
    const { database } = this.engine;
    const filter = this.filterOf(selection);
    let left = selection.limit ?? Number.POSITIVE_INFINITY;
    for (let after = -1; left > 0;) {
      const size = Math.min(PAGE, left);
      const { documents, last, isFull } = await database.read(async (tx) => {
        const assets = await listAssets(tx, filter, after, size);
        return { documents: await assetDocuments(tx, assets, await loadStreams(tx)), last: assets.at(-1)?.state.seq ?? after, isFull: assets.length === size };
      });
      yield* documents;
      if (!isFull) return;
      after = last;
      left -= documents.length;
    }
  }

  count(selection: AssetSelection): Promise<number> {
    return this.engine.database.read((tx) => countAssets(tx, this.filterOf(selection)));
  }

  lookUp(reference: string): Promise<AssetLookup> {
    return this.engine.database.read((tx) => lookUpAsset(tx, reference));
  }

  async show(reference: string): Promise<Found<AssetDetails>> {
    return this.engine.database.read(async (tx) => {
      const found = await lookUpAsset(tx, reference);
      return found.kind === 'one' ? { kind: 'found', value: await assetDetails(tx, found.asset, found.redirectedFrom, await loadStreams(tx)) } : found;
    });
  }

  async history(reference: string, limit: number, attribute?: string): Promise<Found<readonly ChangeDocument[]>> {
    return this.engine.database.read(async (tx) => {
      const found = await lookUpAsset(tx, reference);
      return found.kind === 'one' ? { kind: 'found', value: await assetHistory(tx, found.asset.state.id, limit, attribute) } : found;
    });
  }

  async explain(reference: string, options: { readonly attribute?: string; readonly whyNot?: string } = {}): Promise<Found<Explanation & { readonly whyNot?: WhyNot }>> {
    const judgement = judgementOf(this.engine);
    return this.engine.database.read(async (tx) => {
      const found = await lookUpAsset(tx, reference);
      if (found.kind !== 'one') return found;
      const material = await explainMaterial(tx, found.asset, judgement, await loadStreams(tx));
      const explanation = explain(material, judgement, options.attribute);
      return {
        kind: 'found',
        value: { ...explanation, ...(found.redirectedFrom !== undefined && { redirectedFrom: found.redirectedFrom }), ...(options.whyNot !== undefined && { whyNot: whyNot(explanation, material, options.whyNot) }) },
      };
    });
  }

  private filterOf({ classes, stages, sources, search }: AssetSelection): AssetFilter {
    return {
      ...(classes && { classes: withDescendants(classes, this.engine.config.identity.classes) }), ...(stages && { stages }), ...(sources && { sources }),
      ...(search !== undefined && search !== '' && { search }),
    };
  }
}
