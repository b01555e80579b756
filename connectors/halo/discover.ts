import type { Discovery } from '../sdk/contract/index.js';
import { field, integer, text } from '../sdk/mapping/index.js';
import { assetsQuery } from './changes.js';
import { readPage } from './list.js';
import type { AssetType, HaloClient } from './session.js';
import { stagesOf } from './stages.js';
import { referenceStreams } from './streams/index.js';
import { nameOf, rowsOf } from './types.js';

type Table = Discovery['tables'][number];

/** Types of assets with their fields, plain lists with their columns, and statuses that mean nothing to us yet. */
export async function discover(client: HaloClient, names: readonly string[]): Promise<Discovery> {
  const tables: Table[] = [];
  const unmapped: Discovery['unmapped'][number][] = [];
  if (names.includes('assets')) {
    const statuses = [...(await client.catalogue.statuses(client, 'assets') ?? new Map<number, string>())];
    const types = await client.catalogue.types(client, 'assets');
    for (const type of [...types.values()].sort((a, b) => a.id - b.id)) tables.push(await tableOf(client, type, statuses));
    const stages = stagesOf(client.source.options);
    for (const [id, name] of statuses) {
      if (stages.read({ status: name, inactive: 'false' })?.stage === undefined) unmapped.push({ stream: 'assets', field: 'status.name', value: name, label: `status ${id}` });
    }
  }
  if (names.includes('relationships')) {
    tables.push({ stream: 'relationships', table: 'details of assets', fields: [{ name: 'side', type: 'parent or sibling' }, { name: 'relationship_id', type: 'number, named by options.relationshipKinds' }] });
  }
  for (const stream of referenceStreams) {
    if (!names.includes(stream.name)) continue;
    const { rows, total } = await readPage(client, stream.query, 1, 1);
    tables.push({ stream: stream.name, table: stream.query.path.replace('/api/', ''), count: total, fields: Object.keys(rows[0] ?? { id: 0, name: '' }).sort().map((name) => ({ name })) });
  }
  return { tables, unmapped };
}

async function tableOf(client: HaloClient, type: AssetType, statuses: readonly (readonly [number, string])[]): Promise<Table> {
  const details = await client.catalogue.typeDetails(client, type.id, 'assets');
  const { rows, total } = await readPage(client, assetsQuery('assets', { assettype_id: type.id, includeassetfields: 'true' }), 1, 1);
  const allowed = rowsOf(details['allowed_status']).flatMap((status) => nameOf(status) ?? []);
  const own = rowsOf(details['fields']).flatMap((one) => { const name = nameOf(one); return name === undefined ? [] : [{ name, type: (integer(one['lookup']) ?? 0) > 0 ? 'list' : 'text' }]; });
  const custom = rowsOf(rows[0]?.['customfields']).flatMap((one) => {
    const [name, label] = [nameOf(one), text(field(one, 'label'))];
    return name === undefined ? [] : [{ name, type: 'custom field', ...(label !== undefined && { label }) }];
  });
  const choices = statuses.filter(([, name]) => allowed.length === 0 || allowed.includes(name)).map(([id, name]) => ({ value: name, label: `status ${id}` }));
  return { stream: 'assets', table: `AssetType ${type.id}`, label: type.name, count: total, fields: [{ name: 'status.name', ...(choices.length > 0 && { choices }) }, { name: 'inactive', type: 'true or false' }, ...own, ...custom] };
}
