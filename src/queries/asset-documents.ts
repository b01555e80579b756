import type { AttributeValue, Hold, LifecycleStage } from '../../connectors/sdk/contract/index.js';
import { byCodeUnit } from '../core/model/index.js';
import type { StoredAsset } from '../database/repositories/assets.js';
import { recordsOfAssets } from '../database/repositories/queries-assets.js';
import { markedShared, valueKey, type StoredRecord } from '../database/repositories/records.js';
import type { StreamRow } from '../database/repositories/rows.js';
import type { Tx } from '../database/tx.js';
import { instant } from './instants.js';

/** One line of `assets list --json`. */
export interface AssetDocument {
  readonly id: string;
  readonly class: string | null;
  readonly name: string | null;
  readonly stage: LifecycleStage;
  readonly holds: readonly Hold[];
  readonly attributes: { readonly [attribute: string]: AttributeValue };
  /** What it can be found by; placeholders and values that too many share are left out. */
  readonly identifiers: readonly { readonly kind: string; readonly value: string }[];
  readonly sources: readonly SourceOfAsset[];
  readonly updatedAt: string;
}

export interface SourceOfAsset {
  readonly source: string;
  readonly stream: string;
  readonly externalId: string;
  readonly lastSeenAt: string;
  readonly tombstonedAt?: string;
}

export async function assetDocuments(tx: Tx, assets: readonly StoredAsset[], streams: ReadonlyMap<number, StreamRow>): Promise<AssetDocument[]> {
  const records = await recordsOfAssets(tx, assets.map(({ state }) => state.id), streams);
  const shared = await sharedAmong(tx, [...records.values()].flat());
  return assets.map((asset) => documentOf(asset, records.get(asset.state.id) ?? [], shared));
}

/** Which of the records' values are marked as held by more than is believable. */
export async function sharedAmong(tx: Tx, records: readonly StoredRecord[]): Promise<ReadonlySet<string>> {
  return markedShared(tx, [...new Set(records.flatMap(({ record }) => record.identifiers.filter((each) => !each.placeholder && !each.echo).map(({ kind, value }) => valueKey(kind, value))))]);
}

export function documentOf({ state, updatedAt }: StoredAsset, records: readonly StoredRecord[], shared: ReadonlySet<string>): AssetDocument {
  const name = state.attributes['name'];
  return {
    id: state.id, class: state.assetClass ?? null, name: typeof name === 'string' ? name : null, stage: state.stage, holds: [...state.holds].sort(byCodeUnit), attributes: state.attributes,
    identifiers: identifiersOf(records, shared), sources: records.map(sourceOf).sort((a, b) => byCodeUnit(keyOf(a), keyOf(b))), updatedAt: instant(updatedAt),
  };
}

const keyOf = ({ source, stream, externalId }: SourceOfAsset): string => `${source}/${stream}/${externalId}`;

export function sourceOf({ record }: StoredRecord): SourceOfAsset {
  const { source, stream, externalId, lastSeenAt, tombstonedAt, state } = record;
  return { source, stream, externalId, lastSeenAt: instant(lastSeenAt), ...(state === 'tombstoned' && { tombstonedAt: instant(tombstonedAt ?? lastSeenAt) }) };
}

/** Of the live records; where there is none any more, the last known ones. */
function identifiersOf(records: readonly StoredRecord[], shared: ReadonlySet<string>): AssetDocument['identifiers'] {
  const live = records.filter(({ record }) => record.state !== 'tombstoned');
  const found = new Map<string, { kind: string; value: string }>();
  const own = new Set(records.map(({ record }) => record.key));
  for (const { record } of live.length > 0 ? live : records) {
    for (const { kind, value, placeholder, echo } of record.identifiers) {
      if (placeholder || echo || shared.has(valueKey(kind, value)) || (kind === 'external_ref' && own.has(value))) continue;
      found.set(`${kind}:${value}`, { kind, value });
    }
  }
  return [...found.values()].sort((a, b) => byCodeUnit(a.kind, b.kind) || byCodeUnit(a.value, b.value));
}
