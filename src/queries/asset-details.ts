import { recordKey } from '../core/model/index.js';
import type { StoredAsset } from '../database/repositories/assets.js';
import { loadOverrides, loadPersonHolds } from '../database/repositories/decisions.js';
import { formerIds, recordsOfAssets } from '../database/repositories/queries-assets.js';
import { edgesOf, installationsOn, type EdgeRow } from '../database/repositories/queries-edges.js';
import { openReviewsNaming } from '../database/repositories/queries-operations.js';
import type { StreamRow } from '../database/repositories/rows.js';
import type { Tx } from '../database/tx.js';
import { documentOf, sharedAmong, type AssetDocument } from './asset-documents.js';
import { instant, instantOrNull } from './instants.js';

/** `assets show --json`: what the list says, and everything around it. */
export interface AssetDetails extends AssetDocument {
  readonly formatVersion: 1;
  /** Ids that lead here since they merged. */
  readonly formerIds: readonly string[];
  readonly redirectedFrom?: string;
  readonly stageSince: string | null;
  readonly createdAt: string;
  readonly asOf: string;
  readonly nextDueAt: string | null;
  readonly flags: { readonly [flag: string]: readonly string[] };
  readonly relationships: readonly RelationshipOfAsset[];
  readonly installations: readonly { readonly product: string; readonly publisher: string | null; readonly version: string | null; readonly installedOn: string | null; readonly source: string; readonly lastSeenAt: string }[];
  readonly reviews: readonly { readonly id: number; readonly kind: string; readonly because: string; readonly openedAt: string }[];
  readonly overrides: readonly { readonly attribute: string; readonly value: unknown; readonly by: string; readonly reason: string; readonly at: string; readonly until: string | null }[];
  readonly personHolds: readonly { readonly hold: string; readonly by: string; readonly reason: string; readonly at: string }[];
}

export interface RelationshipOfAsset {
  readonly kind: string;
  /** `out`: this asset `kind` the other; `in`: the other `kind` this asset. */
  readonly direction: 'out' | 'in';
  /** null: the other end has not arrived yet; `refersTo` says what it is called there. */
  readonly asset: { readonly id: string; readonly name: string | null; readonly class: string | null; readonly stage: string | null } | null;
  readonly refersTo?: readonly string[];
  readonly sources: readonly { readonly source: string; readonly stream: string; readonly externalId: string; readonly lastSeenAt: string }[];
}

export async function assetDetails(tx: Tx, asset: StoredAsset, redirectedFrom: string | undefined, streams: ReadonlyMap<number, StreamRow>): Promise<AssetDetails> {
  const { state } = asset;
  const records = (await recordsOfAssets(tx, [state.id], streams)).get(state.id) ?? [];
  const ids = records.map(({ head }) => head.id);
  const keyOf = (id: number): string | undefined => records.find(({ head }) => head.id === id)?.record.key;
  const overrides = await loadOverrides(tx, ids, keyOf);
  const holds = await loadPersonHolds(tx, ids, keyOf);
  return {
    formatVersion: 1, ...documentOf(asset, records, await sharedAmong(tx, records)), formerIds: await formerIds(tx, state.id), ...(redirectedFrom !== undefined && { redirectedFrom }),
    stageSince: instantOrNull(state.stageSince), createdAt: instant(asset.createdAt), asOf: instant(state.asOf), nextDueAt: instantOrNull(state.nextDueAt), flags: state.flags,
    relationships: relationships(await edgesOf(tx, state.id)),
    installations: (await installationsOn(tx, state.id)).map(({ product, publisher, version, installedOn, source, seenAt }) => ({ product, publisher, version, installedOn, source, lastSeenAt: instant(seenAt) })),
    reviews: (await openReviewsNaming(tx, ids)).map(({ id, kind, because, openedAt }) => ({ id, kind, because, openedAt: instant(openedAt) })),
    overrides: overrides.filter(({ until }) => until === undefined || until > state.asOf).map(({ attribute, value, by, reason, at, until }) => ({ attribute, value, by, reason, at: instant(at), until: instantOrNull(until) })),
    personHolds: holds.map(({ hold, by, reason, at }) => ({ hold, by, reason, at: instant(at) })),
  };
}

/** Two systems that tell the same relationship tell one. */
function relationships(edges: readonly EdgeRow[]): RelationshipOfAsset[] {
  const found = new Map<string, RelationshipOfAsset & { sources: RelationshipOfAsset['sources'][number][] }>();
  for (const edge of edges) {
    const { relation, direction, assetId, source, stream, externalId } = edge;
    const key = JSON.stringify([direction, relation, assetId ?? edge.ref]);
    const entry = found.get(key) ?? {
      kind: relation, direction, asset: assetId === null ? null : { id: assetId, name: edge.name, class: edge.assetClass, stage: edge.stage },
      ...(assetId === null && { refersTo: refersTo(edge) }), sources: [],
    };
    entry.sources.push({ source, stream, externalId, lastSeenAt: instant(edge.seenAt) });
    found.set(key, entry);
  }
  return [...found.values()];
}

function refersTo({ ref, source }: EdgeRow): string[] {
  const parsed = JSON.parse(ref) as { readonly source?: string; readonly streams?: readonly string[]; readonly externalId?: string };
  return (parsed.streams ?? []).map((stream) => recordKey(parsed.source ?? source, stream, parsed.externalId ?? ''));
}
