import { LIFECYCLE_STAGES } from '../../connectors/sdk/contract/index.js';
import type { Engine } from '../engine/engine.js';
import { ASSET_SORTS, countAssets, listAssets, listAssetsInOrder, withDescendants, type AssetFilter, type AssetOrder, type AssetPlace } from '../database/repositories/queries-assets.js';
import type { StoredAsset } from '../database/repositories/assets.js';
import { loadStreams } from '../database/repositories/streams.js';
import { judgementOf } from '../sync/judgement.js';
import { assetDetails, type AssetDetails } from './asset-details.js';
import { assetDocuments, type AssetDocument } from './asset-documents.js';
import { assetHistory, assetHistoryPage, type ChangeDocument } from './asset-history.js';
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
  /** Name -> values of which the asset has one. */
  readonly attributes?: Readonly<Record<string, readonly string[]>>;
}

export { ASSET_SORTS, type AssetOrder, type AssetPlace };

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

  /** One page behind a place, each entry with its own. */
  async page(selection: AssetSelection, order: AssetOrder, after: AssetPlace | undefined, limit: number): Promise<readonly { readonly document: AssetDocument; readonly place: AssetPlace }[]> {
    return this.engine.database.read(async (tx) => {
      const assets = await listAssetsInOrder(tx, this.filterOf(selection), order, after, limit);
      const documents = await assetDocuments(tx, assets, await loadStreams(tx));
      return assets.map((asset, place) => ({ document: documents[place] as AssetDocument, place: { seq: asset.state.seq, value: valueOf(asset, order.by) } }));
    });
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

  /** The latest `limit` changes before the one numbered `before`, oldest first. */
  async historyPage(reference: string, limit: number, attribute?: string, before?: number): Promise<Found<{ readonly changes: readonly ChangeDocument[]; readonly seqs: readonly number[] }>> {
    return this.engine.database.read(async (tx) => {
      const found = await lookUpAsset(tx, reference);
      return found.kind === 'one' ? { kind: 'found', value: await assetHistoryPage(tx, found.asset.state.id, limit, attribute, before) } : found;
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

  private filterOf({ classes, stages, sources, search, attributes }: AssetSelection): AssetFilter {
    return {
      ...(classes && { classes: withDescendants(classes, this.engine.config.identity.classes) }), ...(stages && { stages }), ...(sources && { sources }),
      ...(search !== undefined && search !== '' && { search }), ...(attributes && { attributes }),
    };
  }
}

/** As the database sorts by it: a name is cut where it is stored. */
function valueOf({ state, updatedAt }: StoredAsset, by: AssetOrder['by']): string | number {
  switch (by) {
    case 'created': return state.seq;
    case 'updated': return updatedAt;
    case 'name': return typeof state.attributes['name'] === 'string' ? state.attributes['name'].slice(0, 255) : '';
    case 'class': return state.assetClass ?? '';
    case 'stage': return state.stage;
  }
}
