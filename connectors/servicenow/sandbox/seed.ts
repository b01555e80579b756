import { createHash } from 'node:crypto';
import type { Fleet, FleetAsset, FleetSighting } from '../../sdk/sandbox/index.js';
import { fillChoices, fillStateMapping, STAGE_CODES } from './choices.js';
import { columnsOf, TABLES } from './schema.js';
import { idOf, stamp, type Store } from './store.js';
import { insertRow } from './rows.js';

/** Which asset and sighting of the fleet stand behind a sys_id. */
export type Origins = ReadonlyMap<string, { readonly asset: string; readonly sighting: string }>;

export const sysId = (text: string): string => createHash('md5').update(text).digest('hex');
const REL_TYPES = ['Runs on::Runs', 'Registered on::Has registered', 'Virtualized by::Virtualizes', 'Hosted on::Hosts', 'Depends on::Used by',
  'Connects to::Connected by', 'Contains::Contained by', 'Members::Member of', 'Instantiates::Instantiated by', 'Owns::Owned by'];

/** Fills an instance with what the service desk knows of the fleet, in the vendor's tables. */
export function seed(store: Store, fleet: Fleet, sam: boolean): Origins {
  const origins = new Map<string, { asset: string; sighting: string }>();
  const longAgo = fleet.at - 400 * 86_400_000;
  const add = (table: string, key: string, fields: Record<string, string | undefined>, at = longAgo): string => idOf(insertRow(store, table, {
    sys_id: sysId(key), sys_mod_count: at === longAgo ? '0' : '3', sys_created_on: stamp(longAgo), ...fields,
  }, at, 'admin'));

  fillDictionary(add);
  // An instance that lives has seen deletes: who may read this table finds at least one row.
  add('sys_audit_delete', 'audit/0', { tablename: 'cmdb_ci_win_server', documentkey: sysId('gone/0'), display_value: 'srv-old', payload: '<?xml version="1.0" encoding="UTF-8"?><cmdb_ci_win_server/>' });
  fillChoices(store, longAgo);
  fillStateMapping(store, longAgo);
  for (const company of fleet.companies) add('core_company', company.key, { name: company.name, manufacturer: String(company.maker), vendor: String(company.supplier) });
  for (const one of fleet.locations) add('cmn_location', one.key, { name: one.name, city: one.city, country: one.country });
  for (const one of fleet.departments) add('cmn_department', one.key, { name: one.name });
  for (const one of fleet.people) add('sys_user', one.key, { user_name: one.userName, email: one.email, name: one.name, active: String(one.active) });
  const makers = new Map(fleet.companies.map((company) => [company.key, company.name]));
  for (const one of fleet.models) {
    add('cmdb_hardware_product_model', `model/${one.key}`, {
      name: one.name, display_name: `${makers.get(one.company) ?? ''} ${one.name}`, model_number: one.number, manufacturer: sysId(one.company),
    });
  }
  for (const one of fleet.software) {
    add('cmdb_software_product_model', `software/${one.key}`, { name: one.product, display_name: `${one.publisher} ${one.product}` });
    if (!sam) for (const version of one.versions) add('cmdb_ci_spkg', `package/${one.key}/${version}`, { name: one.product, version, install_status: '1' });
  }
  add('cmdb_model_category', 'category/computer', { name: 'Computer' });
  for (const name of REL_TYPES) add('cmdb_rel_type', `type/${name}`, { name });

  const relate = (parent: string, child: string, type: string, at: number): void => {
    add('cmdb_rel_ci', `rel/${parent}/${child}/${type}`, { parent, child, type: sysId(`type/${type}`) }, at);
  };
  for (const sighting of fleet.sightings('itsm')) {
    const { asset } = sighting;
    const ci = addItem(add, sighting, fleet);
    origins.set(ci, { asset: asset.key, sighting: sighting.id });
    addParts(add, sighting, ci);
    if (asset.platform === 'metal' && !sighting.isDuplicate) origins.set(addAsset(add, sighting, ci), { asset: asset.key, sighting: sighting.id });
    const host = guestOf(asset) ? addGuest(add, sighting) : ci;
    if (host !== ci) origins.set(host, { asset: asset.key, sighting: sighting.id });
    if (sighting.isDuplicate) continue;
    for (const one of asset.installations) addInstallation(add, one, host, sam);
    if (asset.hypervisor !== undefined) relate(ci, sysId(`ci/itsm-${asset.hypervisor.host.slice(-6)}`), 'Registered on::Has registered', sighting.modifiedAt);
    const rack = asset.index - (asset.index % 20) + 5;
    if (asset.kind === 'server' && rack < fleet.size) relate(ci, sysId(`ci/itsm-${String(rack).padStart(6, '0')}`), 'Connects to::Connected by', sighting.modifiedAt);
    if (asset.kind === 'server' && asset.index % 20 === 1) {
      const application = add('cmdb_ci_appl', `app/${asset.key}`, { name: `ledger@${asset.name}`, install_status: '1', operational_status: '1' }, sighting.modifiedAt);
      relate(application, ci, 'Runs on::Runs', sighting.modifiedAt);
    }
  }
  return origins;
}

type Add = (table: string, key: string, fields: Record<string, string | undefined>, at?: number) => string;

function fillDictionary(add: Add): void {
  for (const table of TABLES.values()) {
    add('sys_db_object', `table/${table.name}`, { name: table.name, label: table.label, super_class: table.parent === undefined ? '' : sysId(`table/${table.parent}`) });
    for (const column of table.own) {
      add('sys_dictionary', `column/${table.name}/${column.name}`, {
        name: table.name, element: column.name, internal_type: column.type === 'choice' ? 'string' : column.type, reference: column.reference,
        column_label: `${column.name.slice(0, 1).toUpperCase()}${column.name.slice(1).replaceAll('_', ' ')}`,
      });
    }
  }
}

function classOf({ kind, platform, os, model }: FleetAsset): string {
  switch (kind) {
    case 'server': return os.family === 'windows' ? 'cmdb_ci_win_server' : 'cmdb_ci_linux_server';
    case 'hypervisor': return 'cmdb_ci_esx_server';
    case 'network_device': return model === 'isr4331' ? 'cmdb_ci_ip_router' : 'cmdb_ci_ip_switch';
    case 'virtual_machine': return platform === 'cloud' ? 'cmdb_ci_vm_instance' : 'cmdb_ci_vmware_instance';
    default: return 'cmdb_ci_computer';
  }
}

const money = (minor: number): string => (minor === 0 ? '' : (minor / 100).toFixed(2));
/** What the guest reports as its serial number. */
function guestSerial({ platform, biosUuid }: FleetAsset): string {
  if (platform === 'cloud') return biosUuid;
  const bytes = biosUuid.replaceAll('-', '').match(/../g) ?? [];
  return `VMware-${bytes.slice(0, 8).join(' ')}-${bytes.slice(8).join(' ')}`;
}

function shared(sighting: FleetSighting): Record<string, string | undefined> {
  const { asset } = sighting;
  const codes = STAGE_CODES[sighting.stage];
  return {
    name: sighting.name, install_status: codes.installed, operational_status: codes.operational, life_cycle_stage: codes.csdm[0], life_cycle_stage_status: codes.csdm[1],
    ip_address: sighting.ips[0], fqdn: sighting.fqdn, location: sysId(asset.location), department: sysId(asset.department), assigned_to: sysId(asset.owner),
    discovery_source: 'ServiceNow', last_discovered: stamp(sighting.modifiedAt),
  };
}

function hardware(asset: FleetAsset): Record<string, string> {
  return {
    os: asset.os.name, os_version: asset.os.version, ram: String(asset.memoryMb), disk_space: String(asset.diskGb), cpu_count: String(asset.cpuCount),
    cpu_core_count: String(asset.coresPerCpu), host_name: asset.name,
  };
}

function addItem(add: Add, sighting: FleetSighting, fleet: Fleet): string {
  const { asset } = sighting;
  const fields = {
    ...shared(sighting),
    ...(asset.platform === 'metal' ? {
      ...hardware(asset), asset_tag: sighting.assetTag, serial_number: sighting.serial, model_id: sysId(`model/${asset.model}`), manufacturer: sysId(asset.company),
      purchase_date: asset.purchasedOn, warranty_expiration: asset.warrantyExpiresOn, cost: money(asset.costMinor), cost_cc: asset.currency, virtual: 'false',
      hardware_status: STAGE_CODES[sighting.stage].hardware, mac_address: sighting.macs[0], asset: sighting.isDuplicate ? '' : sysId(`asset/${sighting.id}`),
      duplicate_of: sighting.duplicateOf === undefined ? '' : sysId(`ci/${sighting.duplicateOf}`),
    } : {
      object_id: asset.cloud?.resourceId ?? asset.hypervisor?.managedObject, vm_inst_id: asset.cloud?.resourceId ?? asset.hypervisor?.instanceUuid,
      state: asset.powerState === 'running' ? 'on' : asset.powerState === 'stopped' ? 'off' : 'terminated', cpus: String(asset.coresPerCpu), memory: String(asset.memoryMb),
      disks: String(asset.cloud?.volumes.length ?? 1), disks_size: String(asset.diskGb), nics: String(sighting.macs.length), mac_address: sighting.macs[0],
      ...(asset.hypervisor !== undefined && {
        bios_uuid: sighting.biosUuid, vm_instance_uuid: asset.hypervisor.instanceUuid, vcenter_uuid: vcenterOf(fleet), image_path: asset.hypervisor.imagePath, template: 'false',
      }),
    }),
  };
  return add(classOf(asset), `ci/${sighting.id}`, fields, sighting.modifiedAt);
}

/** The one management server of the fleet. */
const vcenterOf = (fleet: Fleet): string => {
  const digits = sysId(`vcenter/${fleet.seed}`);
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join('-');
};

/** Serial numbers by kind, and network adapters: rows of their own. */
function addParts(add: Add, sighting: FleetSighting, ci: string): void {
  if (sighting.asset.platform === 'metal') {
    add('cmdb_serial_number', `serial/${sighting.id}`, { serial_number: sighting.serial, serial_number_type: 'system', valid: 'true', cmdb_ci: ci }, sighting.modifiedAt);
    if (sighting.biosUuid !== undefined) {
      add('cmdb_serial_number', `uuid/${sighting.id}`, { serial_number: sighting.biosUuid, serial_number_type: 'uuid', valid: 'true', cmdb_ci: ci }, sighting.modifiedAt);
    }
  }
  for (const [nth, mac] of sighting.macs.entries()) {
    add('cmdb_ci_network_adapter', `nic/${sighting.id}/${nth}`, {
      name: `eth${nth}`, mac_address: mac, ip_address: nth === 0 ? sighting.ips[0] : '', cmdb_ci: ci, install_status: '1',
    }, sighting.modifiedAt);
  }
}

const guestOf = (asset: FleetAsset): boolean => asset.kind === 'virtual_machine' && asset.installations.length > 0;

/** The system inside a virtual machine is a CI of its own, of a server's class. */
function addGuest(add: Add, sighting: FleetSighting): string {
  const { asset } = sighting;
  const guest = add('cmdb_ci_linux_server', `guest/${sighting.id}`, {
    ...shared(sighting), ...hardware(asset), virtual: 'true', serial_number: guestSerial(asset), hardware_status: 'installed',
    object_id: asset.cloud?.resourceId, mac_address: sighting.macs[0],
  }, sighting.modifiedAt);
  add('cmdb_serial_number', `uuid/guest/${sighting.id}`, {
    serial_number: sighting.biosUuid, serial_number_type: 'uuid', valid: 'true', cmdb_ci: guest,
  }, sighting.modifiedAt);
  return guest;
}

function addAsset(add: Add, sighting: FleetSighting, ci: string): string {
  const { asset } = sighting;
  const codes = STAGE_CODES[sighting.stage];
  return add('alm_hardware', `asset/${sighting.id}`, {
    display_name: `${sighting.assetTag ?? ''} - ${sighting.manufacturer ?? ''} ${sighting.model ?? ''}`, asset_tag: sighting.assetTag, serial_number: sighting.serial, ci,
    model: sysId(`model/${asset.model}`), model_category: sysId('category/computer'), install_status: codes.state, substatus: codes.substatus,
    life_cycle_stage: codes.csdm[0], life_cycle_stage_status: codes.csdm[1], assigned_to: sysId(asset.owner), department: sysId(asset.department),
    location: sysId(asset.location), vendor: sysId(asset.supplier), cost: money(asset.costMinor), purchase_date: asset.purchasedOn,
    warranty_expiration: asset.warrantyExpiresOn, po_number: asset.purchaseOrder, skip_sync: 'false',
  }, sighting.modifiedAt);
}

function addInstallation(add: Add, one: FleetAsset['installations'][number], host: string, sam: boolean): void {
  if (sam) {
    add('cmdb_sam_sw_install', `install/${host}/${one.software}`, {
      display_name: one.product, publisher: one.publisher, version: one.version, installed_on: host, discovery_model: sysId(`software/${one.software}`),
      install_date: stamp(one.installedAt),
    }, one.installedAt);
  } else {
    add('cmdb_software_instance', `instance/${host}/${one.software}`, {
      name: `${one.product} ${one.version}`, installed_on: host, software: sysId(`package/${one.software}/${one.version}`),
    }, one.installedAt);
  }
}

/** All columns of a row, the empty ones too. */
export const filled = (table: string, values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries([...columnsOf(table).keys()].map((name) => [name, values[name] ?? '']));
