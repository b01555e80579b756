import type { AttributeValue, Claims, Identifier, LifecycleStage } from '../../sdk/contract/index.js';
import type { ExpectedFacts } from '../../sdk/sandbox/index.js';
import { edgesOf, type Edge } from './edges.js';
import { fieldId, STATUSES, type Asset } from './model.js';
import type { Origins } from './seed.js';
import type { Store } from './store.js';

const CLASSES: Readonly<Record<number, string>> = { 11: 'server', 12: 'computer', 13: 'network_device', 14: 'hypervisor', 15: 'virtual_machine' };
const STAGES: Readonly<Record<string, LifecycleStage>> = {
  'Active': 'in_use', 'On Order': 'requested', 'In Stock': 'acquired', 'Deployed': 'deployed', 'In Repair': 'maintenance', 'Retired': 'retired', 'Missing': 'retired', 'Stolen': 'retired', 'Disposed': 'disposed',
};

/** What each record must become, read from the rows as they stand and from the mapping rules of the vendor's guide, not from the connector. */
export function truthOf(store: Store, stream: string, origins: Origins): ReadonlyMap<string, ExpectedFacts> {
  switch (stream) {
    case 'assets': return new Map(store.all().map((asset) => [String(asset.id), assetFacts(store, asset, origins)]));
    case 'relationships': return new Map(edgesOf(store).map((edge) => [edge.id, edgeFacts(store, edge)]));
    case 'users': case 'sites': case 'suppliers': {
      const type = { users: 'user', sites: 'site', suppliers: 'supplier' }[stream];
      return new Map([...store[stream].values()].map((row) => [String(row.id), { kind: 'reference' as const, reference: { type, name: String(row['name']) } }]));
    }
    default: return new Map();
  }
}

/** Siblings have no kind of ours unless the configuration names one. */
function edgeFacts(store: Store, edge: Edge): ExpectedFacts {
  if (edge.isSibling) return { kind: 'relationship', skipped: true };
  const typeOf = (id: number): unknown => store.assets.get(id)?.columns['assettype_id'];
  const kind = typeOf(edge.from) === 15 && typeOf(edge.to) === 14 ? 'runs_on' : 'depends_on';
  return { kind: 'relationship', relation: { kind, from: String(edge.from), to: String(edge.to) } };
}

const isSerial = (text: string | undefined): boolean => text !== undefined && text !== '' && !/to be filled|default string/i.test(text);
const said = (list: readonly (readonly [Identifier['kind'], string | undefined])[]): Identifier[] =>
  list.flatMap(([kind, value]) => (value === undefined || value === '' ? [] : [{ kind, value }]));
const claimed = (list: Readonly<Record<string, AttributeValue | undefined>>): Claims =>
  Object.fromEntries(Object.entries(list).filter((entry): entry is [string, AttributeValue] => entry[1] !== undefined && entry[1] !== ''));
const whole = (text: string | undefined): number | undefined => (text === undefined || text === '' ? undefined : Number(text));

function assetFacts(store: Store, asset: Asset, origins: Origins): ExpectedFacts {
  const { columns } = asset;
  const field = (name: string): string | undefined => asset.fields[fieldId(name)];
  const listed = (name: string): string[] => (field(name) ?? '').split(',').filter((part) => part !== '');
  const day = (name: string): string | undefined => { const text = String(columns[name] ?? ''); return Number(text.slice(0, 4)) < 1971 ? undefined : text.slice(0, 10); };
  const status = STAGES[STATUSES.find(({ id }) => id === columns['status_id'])?.name ?? ''];
  const stage = columns['inactive'] === true && status !== undefined && status !== 'disposed' ? 'retired' : status;
  const serial = field('Serial Number');
  const origin = origins.get(asset.id);
  const assetClass = CLASSES[Number(columns['assettype_id'])];
  return {
    kind: 'asset', ...(assetClass !== undefined && { assetClass }), ...(stage && { stage }), ...(origin && { asset: origin.asset, sighting: origin.sighting }),
    identifiers: said([
      ['serial', isSerial(serial) ? serial : ''], ['asset_tag', columns['inventory_number'] as string], ['fqdn', field('FQDN')], ['bios_uuid', field('BIOS UUID')],
      ['instance_uuid', field('Instance UUID')], ['cloud_resource_id', field('Cloud Resource ID')], ...listed('MAC Address').map((mac) => ['mac', mac] as const), ...listed('IP Address').map((ip) => ['ip', ip] as const),
    ]),
    claims: claimed({
      name: field('Hostname'), manufacturer: field('Manufacturer'), model: field('Model'), os_name: field('Operating System'), os_version: field('OS Version'), cpu_count: whole(field('CPU Count')),
      memory_mb: whole(field('Memory MB')), disk_gb: whole(field('Disk GB')), department: store.departments.get(field('Department') ?? ''), cloud_account: field('Cloud Account'),
      location: String(store.sites.get(Number(columns['site_id']))?.['name'] ?? ''), vendor: String(store.suppliers.get(Number(columns['supplier_id']))?.['name'] ?? ''),
      owner: String(store.users.get(Number(columns['business_owner_id']))?.['emailaddress'] ?? ''), purchase_date: day('supplier_purchasedate'), warranty_expires_on: day('warranty_end'),
    }),
  };
}
