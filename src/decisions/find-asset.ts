import { IDENTIFIER_KINDS, type IdentifierKind } from '../../connectors/sdk/contract/index.js';
import { hostLabel, normaliseIdentifier } from '../core/reconcile/normalise.js';
import { headsByKey, valueKey } from '../database/repositories/records.js';
import { loadStreams } from '../database/repositories/streams.js';
import { selectIn, type Tx } from '../database/tx.js';

export interface AssetChoice {
  readonly id: string;
  readonly class: string | null;
  readonly name: string | null;
  readonly stage: string;
}

export class NoSuchAssetError extends Error {
  constructor(readonly wanted: string) {
    super(`no asset is known as "${wanted}"`);
    this.name = 'NoSuchAssetError';
  }
}

export class SeveralAssetsError extends Error {
  constructor(readonly wanted: string, readonly choices: readonly AssetChoice[]) {
    super(`"${wanted}" fits ${choices.length} assets`);
    this.name = 'SeveralAssetsError';
  }
}

/** An asset is an id (an old one too), `kind:value`, `source/stream/externalId`, or a bare identifier or name. */
export async function findAsset(tx: Tx, wanted: string): Promise<string> {
  const [byId] = await tx.query('SELECT id FROM assets WHERE id = ?', [wanted]);
  if (byId) return byId['id'] as string;
  const [redirect] = await tx.query('SELECT new_id FROM asset_redirects WHERE old_id = ?', [wanted]);
  if (redirect) return redirect['new_id'] as string;
  const ids = await candidates(tx, wanted);
  if (ids.size === 0) throw new NoSuchAssetError(wanted);
  if (ids.size === 1) return [...ids][0] as string;
  const rows = await selectIn(tx, 'SELECT id, class, name, stage FROM assets WHERE id IN (?) ', [...ids]);
  throw new SeveralAssetsError(wanted, rows.map((row) => ({ id: row['id'], class: row['class'], name: row['name'], stage: row['stage'] })).sort((a, b) => (a.id < b.id ? -1 : 1)));
}

async function candidates(tx: Tx, wanted: string): Promise<Set<string>> {
  const streams = await loadStreams(tx);
  const heads = await headsByKey(tx, [wanted], streams);
  const own = [...heads.values()].flatMap((head) => head.assetId ?? []);
  if (own.length > 0) return new Set(own);
  const colon = wanted.indexOf(':');
  const named = colon > 0 ? IDENTIFIER_KINDS.find((kind) => kind === wanted.slice(0, colon)) : undefined;
  if (named !== undefined) return assetsOf(tx, keysFor([named], wanted.slice(colon + 1)));
  if (colon > 0 && wanted.slice(0, colon) === 'name') return byName(tx, wanted.slice(colon + 1));
  const found = await assetsOf(tx, keysFor(IDENTIFIER_KINDS, wanted));
  const label = hostLabel(wanted);
  if (found.size === 0 && label !== undefined) for (const id of await assetsOf(tx, [valueKey('hostname', label)])) found.add(id);
  for (const id of await byName(tx, wanted)) found.add(id);
  return found;
}

function keysFor(kinds: readonly IdentifierKind[], value: string): string[] {
  return [...new Set(kinds.flatMap((kind) => {
    const one = normaliseIdentifier(kind, value);
    return one ? [valueKey(one.kind, one.value)] : [];
  }))];
}

async function assetsOf(tx: Tx, keys: readonly string[]): Promise<Set<string>> {
  const rows = await selectIn(tx, 'SELECT DISTINCT h.asset_id AS id FROM identifiers i JOIN record_heads h ON h.id = i.record_id WHERE h.asset_id IS NOT NULL AND i.value_key IN (?)', keys);
  return new Set(rows.map((row) => row['id'] as string));
}

async function byName(tx: Tx, name: string): Promise<Set<string>> {
  return new Set((await tx.query('SELECT id FROM assets WHERE name = ?', [name])).map((row) => row['id'] as string));
}
