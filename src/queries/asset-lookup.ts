import { IDENTIFIER_KINDS, IDENTIFYING_ATTRIBUTES, type IdentifierKind } from '../../connectors/sdk/contract/index.js';
import { normaliseIdentifier } from '../core/reconcile/normalise.js';
import { isPlaceholder } from '../core/reconcile/placeholders.js';
import { loadAssets, type StoredAsset } from '../database/repositories/assets.js';
import { assetsHolding, assetsNamed, assetsOfExternalId, redirectOf, type AssetHit } from '../database/repositories/queries-assets.js';
import { valueKey } from '../database/repositories/records.js';
import type { Tx } from '../database/tx.js';

export interface FoundAsset {
  readonly asset: StoredAsset;
  /** What fitted: `serial:ABC123`, `name`, `source/stream/id`. */
  readonly by: readonly string[];
}

export type AssetLookup =
  | { readonly kind: 'one'; readonly asset: StoredAsset; /** The id that was asked for and has merged into it. */ readonly redirectedFrom?: string }
  | { readonly kind: 'several'; readonly found: readonly FoundAsset[] }
  | { readonly kind: 'none'; readonly hint: string };

/**
 * An asset by id (one that has merged too), by `kind:value`, or by a bare identifier: any kind, a name, a record's key or external id.
 * Live holders come before tombstoned ones; a fitting first label of a host name counts only where nothing fits exactly.
 */
export async function lookUpAsset(tx: Tx, reference: string): Promise<AssetLookup> {
  const wanted = reference.trim();
  if (wanted === '') return { kind: 'none', hint: 'an asset is an id, kind:value (such as serial:ABC123) or a bare identifier' };
  const direct = (await loadAssets(tx, [wanted])).get(wanted);
  if (direct) return { kind: 'one', asset: direct };
  const target = await redirectOf(tx, wanted);
  if (target !== undefined) {
    const asset = (await loadAssets(tx, [target])).get(target);
    if (asset) return { kind: 'one', asset, redirectedFrom: wanted };
  }
  const named = kindAndValue(wanted);
  for (const look of named ? [() => byKind(tx, named.kind, named.value)] : bareWays(tx, wanted)) {
    const found = await assetsOf(tx, await look());
    const [first] = found;
    if (found.length === 1 && first) return { kind: 'one', asset: first.asset };
    if (found.length > 1) return { kind: 'several', found };
  }
  return { kind: 'none', hint: hintFor(wanted, named) };
}

type NamedKind = IdentifierKind | 'name';

/** `serial:X`, and `serial_number:X` too; a MAC or an IPv6 address has colons as well, but no kind before the first. */
function kindAndValue(text: string): { readonly kind: NamedKind; readonly value: string } | undefined {
  const at = text.indexOf(':');
  if (at <= 0) return undefined;
  const [word, value] = [text.slice(0, at).toLowerCase(), text.slice(at + 1).trim()];
  const kind = (IDENTIFYING_ATTRIBUTES as Readonly<Record<string, IdentifierKind>>)[word] ?? word;
  return value !== '' && (kind === 'name' || (IDENTIFIER_KINDS as readonly string[]).includes(kind)) ? { kind: kind as NamedKind, value } : undefined;
}

async function byKind(tx: Tx, kind: NamedKind, value: string): Promise<AssetHit[]> {
  if (kind === 'name') return assetsNamed(tx, value);
  const one = normaliseIdentifier(kind, value);
  if (!one) return [];
  const held = await assetsHolding(tx, [valueKey(one.kind, one.value)]);
  return kind === 'external_ref' ? [...held, ...(await byRecordKey(tx, value))] : held;
}

/** Each is tried only where the one before found nothing. */
function bareWays(tx: Tx, text: string): readonly (() => Promise<AssetHit[]>)[] {
  const keysOf = (kinds: readonly IdentifierKind[]): string[] => [...new Set(kinds.flatMap((kind) => {
    const one = normaliseIdentifier(kind, text);
    return one ? [valueKey(one.kind, one.value)] : [];
  }))];
  const isDotted = text.includes('.');
  const exact = IDENTIFIER_KINDS.filter((kind) => kind !== 'hostname');
  return [
    async () => [
      ...(await assetsHolding(tx, keysOf(isDotted ? exact : IDENTIFIER_KINDS))), ...(await assetsNamed(tx, text)),
      ...(await byRecordKey(tx, text)), ...(await assetsOfExternalId(tx, text)),
    ],
    ...(isDotted ? [() => assetsHolding(tx, keysOf(['hostname']))] : []),
  ];
}

/** `source/stream/externalId`: the external id may hold slashes. */
async function byRecordKey(tx: Tx, text: string): Promise<AssetHit[]> {
  const [source, stream, ...rest] = text.split('/');
  return rest.length > 0 && source && stream ? assetsOfExternalId(tx, rest.join('/'), source, stream) : [];
}

async function assetsOf(tx: Tx, hits: readonly AssetHit[]): Promise<FoundAsset[]> {
  const counting = hits.some((hit) => hit.live) ? hits.filter((hit) => hit.live) : hits;
  const ways = new Map<string, Set<string>>();
  for (const { assetId, by } of counting) ways.set(assetId, (ways.get(assetId) ?? new Set()).add(by.startsWith('label:') ? `hostname:${by.slice(6)}` : by));
  const assets = await loadAssets(tx, [...ways.keys()]);
  return [...assets.values()].sort((a, b) => a.state.seq - b.state.seq).map((asset) => ({ asset, by: [...(ways.get(asset.state.id) ?? [])].sort() }));
}

function hintFor(text: string, named: ReturnType<typeof kindAndValue>): string {
  const junk = named && named.kind !== 'name' ? junkOf(named.kind, named.value) : (['serial', 'bios_uuid', 'mac', 'hostname', 'asset_tag'] as const).some((kind) => junkOf(kind, text));
  if (junk) return 'this value is a placeholder that many machines share: it identifies nothing';
  if (/^[a-z_]+:\S/i.test(text) && !named) return `known kinds are ${IDENTIFIER_KINDS.join(', ')} and name`;
  return 'look for it with `lockstep assets list --search TEXT`; an asset is an id, kind:value (such as serial:ABC123) or a bare identifier';
}

function junkOf(kind: IdentifierKind, value: string): boolean {
  const one = normaliseIdentifier(kind, value);
  return one !== undefined && isPlaceholder(one.kind, one.value);
}
