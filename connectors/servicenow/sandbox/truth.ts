import type { AttributeValue, Claims, Identifier, RelationshipKind } from '../../sdk/contract/index.js';
import type { ExpectedFacts } from '../../sdk/sandbox/index.js';
import { stageOfAsset, stageOfItem } from './choices.js';
import { isA } from './schema.js';
import type { Origins } from './seed.js';
import { idOf, unstamp, type Row, type Store } from './store.js';

/**
 * What each row must become, read from the rows as they stand and from the mapping rules of the vendor's guide, not from
 * the connector.
 */
export function truthOf(store: Store, stream: string, tables: readonly string[], origins: Origins): ReadonlyMap<string, ExpectedFacts> {
  const parts = partsOf(store);
  const known = new Map<string, ExpectedFacts>();
  for (const table of tables) {
    for (const row of store.all(table)) {
      const origin = origins.get(idOf(row));
      known.set(idOf(row), {
        ...READERS[stream]?.(store, row, parts) ?? { kind: 'asset' },
        modifiedAt: unstamp(row.values['sys_updated_on'] ?? ''),
        ...(origin && { asset: origin.asset, sighting: origin.sighting }),
      });
    }
  }
  return known;
}

interface Parts { readonly macs: ReadonlyMap<string, readonly string[]>; readonly uuids: ReadonlyMap<string, readonly string[]> }
function partsOf(store: Store): Parts {
  const gather = (table: string, column: string, keep: (row: Row) => boolean): ReadonlyMap<string, readonly string[]> => {
    const found = new Map<string, string[]>();
    for (const row of store.all(table)) {
      const of = row.values['cmdb_ci'] ?? '';
      const value = row.values[column] ?? '';
      if (of !== '' && value !== '' && keep(row)) found.set(of, [...found.get(of) ?? [], value]);
    }
    return found;
  };
  return {
    macs: gather('cmdb_ci_network_adapter', 'mac_address', () => true),
    uuids: gather('cmdb_serial_number', 'serial_number', ({ values }) => values['serial_number_type'] === 'uuid' && values['valid'] === 'true'),
  };
}

const said = (list: readonly (readonly [Identifier['kind'], string | undefined])[]): Identifier[] =>
  list.flatMap(([kind, value]) => (value === undefined || value === '' ? [] : [{ kind, value }]));

/** Claims of the values that are not empty. */
const claimed = (list: Readonly<Record<string, AttributeValue | undefined>>): Claims =>
  Object.fromEntries(Object.entries(list).filter((entry): entry is [string, AttributeValue] => entry[1] !== undefined && entry[1] !== ''));
const whole = (text: string | undefined): number | undefined => (text === undefined || text === '' ? undefined : Number(text));
const minor = (text: string | undefined): number | undefined => (text === undefined || text === '' ? undefined : Math.round(Number(text) * 100));

/** A serial number that names one machine: no placeholder, and not the firmware's UUID in disguise. */
const isSerial = (text: string): boolean => text !== '' && !/to be filled|default string|^vmware-|^ec2/i.test(text);

function item(store: Store, row: Row, parts: Parts, assetClass: string): ExpectedFacts {
  const { values } = row;
  const at = (path: string): string | undefined => store.walk(row, row.table, path)?.value;
  const serial = values['serial_number'] ?? '';
  const stage = (values['asset'] ?? '') === '' ? stageOfItem(values['install_status'] ?? '') : undefined;
  return {
    kind: 'asset', assetClass, ...((values['duplicate_of'] ?? '') !== '' && { skipped: true }), ...(stage && { stage }),
    identifiers: said([
      ['serial', isSerial(serial) ? serial : ''], ['asset_tag', values['asset_tag']], ['fqdn', values['fqdn']],
      ...(parts.macs.get(idOf(row)) ?? []).map((mac) => ['mac', mac] as const), ...(parts.uuids.get(idOf(row)) ?? []).map((uuid) => ['bios_uuid', uuid] as const),
      ['cloud_resource_id', values['object_id']?.startsWith('i-') === true ? values['object_id'] : ''],
      ['bios_uuid', values['bios_uuid']], ['instance_uuid', values['vm_instance_uuid']],
    ]),
    ...(/to be filled/i.test(serial) && { notIdentifiers: [{ kind: 'serial' as const, value: serial }] }),
    claims: claimed({
      name: values['name'], manufacturer: at('manufacturer.name'), model: at('model_id.name'), location: at('location.name'), department: at('department.name'),
      owner: (at('assigned_to.email') ?? '') === '' ? at('owned_by.email') : at('assigned_to.email'), os_version: values['os_version'],
      memory_mb: whole(values['ram'] ?? values['memory']), disk_gb: whole(values['disk_space'] ?? values['disks_size']),
      purchase_date: values['purchase_date'], warranty_expires_on: values['warranty_expiration'], cost: minor(values['cost']),
    }),
  };
}

function asset(store: Store, row: Row): ExpectedFacts {
  const { values } = row;
  const at = (path: string): string | undefined => store.walk(row, row.table, path)?.value;
  const serial = values['serial_number'] ?? '';
  const stage = stageOfAsset(values['install_status'] ?? '', values['substatus'] ?? '');
  return {
    kind: 'asset', ...(stage && { stage }),
    identifiers: said([['serial', isSerial(serial) ? serial : ''], ['asset_tag', values['asset_tag']]]),
    claims: claimed({
      model: at('model.name'), location: at('location.name'), department: at('department.name'), vendor: at('vendor.name'),
      owner: (at('assigned_to.email') ?? '') === '' ? at('owned_by.email') : at('assigned_to.email'), purchase_date: values['purchase_date'],
      warranty_expires_on: values['warranty_expiration'], cost: minor(values['cost']),
    }),
  };
}

const KINDS: Readonly<Record<string, { readonly kind: RelationshipKind; readonly turned?: boolean }>> = {
  'Runs on::Runs': { kind: 'runs_on' }, 'Registered on::Has registered': { kind: 'runs_on' }, 'Virtualized by::Virtualizes': { kind: 'runs_on' },
  'Hosted on::Hosts': { kind: 'hosted_by' }, 'Depends on::Used by': { kind: 'depends_on' }, 'Connects to::Connected by': { kind: 'connected_to' },
  'Contains::Contained by': { kind: 'member_of', turned: true }, 'Members::Member of': { kind: 'member_of', turned: true },
};

const READERS: Readonly<Record<string, (store: Store, row: Row, parts: Parts) => ExpectedFacts>> = {
  computers: (store, row, parts) => item(store, row, parts,
    isA(row.table, 'cmdb_ci_virtualization_server') ? 'hypervisor' : isA(row.table, 'cmdb_ci_server') ? 'server' : 'computer'),
  network: (store, row, parts) => item(store, row, parts, 'network_device'),
  vms: (store, row, parts) => item(store, row, parts, 'virtual_machine'),
  assets: asset,
  relationships: (store, row) => {
    const known = KINDS[store.walk(row, row.table, 'type.name')?.value ?? ''];
    const [parent, child] = [row.values['parent'] ?? '', row.values['child'] ?? ''];
    return { kind: 'relationship', ...(known && { relation: { kind: known.kind, from: known.turned === true ? child : parent, to: known.turned === true ? parent : child } }) };
  },
  software: (store, row) => {
    const { values } = row;
    const sam = row.table === 'cmdb_sam_sw_install';
    const product = sam ? values['display_name'] : store.walk(row, row.table, 'software.name')?.value;
    const version = sam ? values['version'] : store.walk(row, row.table, 'software.version')?.value;
    return {
      kind: 'installation', installation: {
        on: values['installed_on'] ?? '', product: product ?? '', ...(sam && values['publisher'] !== undefined && { publisher: values['publisher'] }),
        ...(version !== undefined && version !== '' && { version }),
      },
    };
  },
  companies: (_, row) => ({ kind: 'reference', reference: { type: 'company', name: row.values['name'] ?? '' } }),
  users: (_, row) => ({ kind: 'reference', reference: { type: 'user', name: row.values['name'] ?? '' } }),
  locations: (_, row) => ({ kind: 'reference', reference: { type: 'location', name: row.values['name'] ?? '' } }),
  models: (_, row) => ({ kind: 'reference', reference: { type: 'model', name: row.values['name'] ?? '' } }),
};
