import type { FoundRecord, NewRecord } from '../../sdk/contract/index.js';
import { text } from '../../sdk/mapping/index.js';
import { mapAsset } from '../assets.js';
import { assetsQuery } from '../changes.js';
import { readAll } from '../list.js';
import type { HaloClient } from '../session.js';
import { enrich } from '../streams/assets.js';
import { idOf, nameOf, rowId, rowsOf, type AssetRaw } from '../types.js';
import { same } from './names.js';
import { rowsAsTheyAre } from './write.js';

const STREAM = 'assets';

/** What tells one machine from all others, and one asset of a customer from the next. */
const TAG = 'asset_tag';
const KINDS = ['serial', 'bios_uuid', 'instance_uuid', 'cloud_resource_id', TAG];

/**
 * Assets that carry our asset id, then those that hold one of its identifiers. Halo searches parts of words and perhaps no
 * custom fields, so candidates are asked for by everything that the asset was created with, and compared exactly. All of
 * them, however many have a short name or number as a part: one made by a create whose answer was lost has the highest id,
 * and stands on the last page.
 */
export async function search(client: HaloClient, wanted: NewRecord): Promise<FoundRecord[]> {
  const candidates = new Map<number, number>();
  const collect = async (filter: Readonly<Record<string, string>>): Promise<void> => {
    for (const row of await readAll(client, assetsQuery(STREAM, filter))) {
      const [id, type] = [rowId(row), idOf(row['assettype_id'])];
      if (id !== undefined && type !== undefined) candidates.set(id, type);
    }
  };
  const tags = [...wanted.identifiers.filter(({ kind }) => kind === TAG).map(({ value }) => value), text(wanted.attributes['asset_tag'])];
  for (const tag of new Set(tags.flatMap((one) => one ?? []))) await collect({ inventory_number: tag });
  const words = [...wanted.identifiers.filter(({ kind }) => kind !== TAG && KINDS.includes(kind)).map(({ value }) => value), text(wanted.attributes['serial_number']), nameToCreate(wanted), wanted.assetId];
  for (const word of new Set(words.flatMap((one) => one ?? []))) await collect({ search: word });

  const rows = await rowsAsTheyAre(client, [...candidates].map(([id, type]) => ({ id, type })));
  const found = (await enrich(client, [...rows.values()], STREAM)).flatMap((raw) => match(client, wanted, raw) ?? []);
  return found.sort((a, b) => Number(b.by === 'reference') - Number(a.by === 'reference') || Number(a.externalId) - Number(b.externalId));
}

/** An asset is found again by its name: one without any has our id for a name. */
export const nameToCreate = ({ attributes, assetId }: NewRecord): string => text(attributes['name']) ?? text(attributes['hostname']) ?? text(attributes['fqdn']) ?? text(attributes['serial_number']) ?? assetId;

function match(client: HaloClient, wanted: NewRecord, raw: AssetRaw): FoundRecord | undefined {
  const externalId = String(rowId(raw));
  const carries = rowsOf(raw['customfields']).some((row) => same(nameOf(row), wanted.reference) && text(row['value']) === wanted.assetId);
  if (carries) return { externalId, by: 'reference', match: `${wanted.reference} ${wanted.assetId}` };
  const mapping = mapAsset(raw, { source: client.source.name, options: client.source.options, readAt: client.clock.now() });
  if (!('record' in mapping) || mapping.record.kind !== 'asset') return undefined;
  const { identifiers } = mapping.record;
  const held = wanted.identifiers.find(({ kind, value }) => KINDS.includes(kind) && identifiers.some((one) => one.kind === kind && one.value === value));
  return held === undefined ? undefined : { externalId, by: 'identifier', match: `${held.kind} ${held.value}` };
}
