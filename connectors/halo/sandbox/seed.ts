import type { LifecycleStage } from '../../sdk/contract/index.js';
import type { Fleet, FleetAsset, FleetSighting } from '../../sdk/sandbox/index.js';
import { fieldId, TYPES } from './model.js';
import { UNSET, UNSET_OLD, type Store } from './store.js';

/** Which asset and sighting of the fleet stand behind an id. */
export type Origins = ReadonlyMap<number, { readonly asset: string; readonly sighting: string }>;

/** How a user of the vendor enters each stage: lookup 61, and the flag that hides the asset. */
export const STAGE_CODES: Readonly<Record<LifecycleStage, { readonly status_id: number; readonly inactive: boolean }>> = {
  requested: { status_id: 2, inactive: false }, acquired: { status_id: 3, inactive: false }, deployed: { status_id: 4, inactive: false }, in_use: { status_id: 1, inactive: false },
  maintenance: { status_id: 5, inactive: false }, retired: { status_id: 6, inactive: true }, disposed: { status_id: 7, inactive: true },
};

/** Kinds of relationship at this customer: 1 and 2 hang below a parent, 7 stand side by side. */
export const RUNS_BELOW = 1;
export const NEEDS = 2;
export const PATCHED = 7;

const TYPE_OF: Readonly<Record<string, number>> = { server: 11, computer: 12, network_device: 13, hypervisor: 14, virtual_machine: 15 };

/** Fills an instance with what the service desk knows of the fleet. Whoever keeps this one entered nothing twice. */
export function seed(store: Store, fleet: Fleet): Origins {
  const origins = new Map<number, { asset: string; sighting: string }>();
  const ids = new Map<string, number>();
  for (const [index, one] of fleet.departments.entries()) store.departments.set(String(index + 1), one.name);
  for (const [index, one] of fleet.locations.entries()) store.sites.set(index + 1, { id: index + 1, name: one.name, client_id: 12, client_name: 'Internal IT', inactive: false });
  const suppliers = fleet.companies.filter(({ supplier }) => supplier);
  for (const [index, one] of suppliers.entries()) store.suppliers.set(501 + index, { id: 501 + index, name: one.name, is_supplier: true, is_manufacturer: one.maker, inactive: false });
  for (const [index, one] of fleet.people.entries()) {
    store.users.set(index + 1, { id: index + 1, name: one.name, emailaddress: one.email, login: one.userName, site_id: 1, inactive: !one.active, azure_id: '' });
  }
  const numberOf = <T extends { readonly key: string }>(list: readonly T[], key: string, first: number): number => list.findIndex((one) => one.key === key) + first;
  const owned = (asset: FleetAsset): Record<string, unknown> => ({
    business_owner_id: numberOf(fleet.people, asset.owner, 1), technical_owner_id: 0, site_id: numberOf(fleet.locations, asset.location, 1),
    supplier_id: asset.platform === 'metal' ? numberOf(suppliers, asset.supplier, 501) : -1,
  });

  for (const sighting of fleet.sightings('itsm')) {
    if (sighting.isDuplicate) continue;
    const { asset } = sighting;
    const id = store.nextId();
    ids.set(asset.key, id);
    origins.set(id, { asset: asset.key, sighting: sighting.id });
    const departments = numberOf(fleet.departments, asset.department, 1);
    store.put({
      id, listedFrom: 0, modifiedAt: sighting.modifiedAt, columns: { ...columnsOf(sighting), ...owned(asset) }, fields: fieldsOf(sighting, String(departments)),
      customs: { 212: `CC-${100 + (asset.index % 8)}` }, parents: [], siblings: [],
    });
  }
  relate(store, fleet, ids);
  return origins;
}

function columnsOf({ asset, assetTag, stage }: FleetSighting): Record<string, unknown> {
  const date = (day: string, unset: string): string => (day === '' ? unset : `${day}T00:00:00`);
  return {
    assettype_id: TYPE_OF[asset.kind], inventory_number: assetTag ?? '', ...STAGE_CODES[stage], warranty_start: date(asset.purchasedOn, UNSET_OLD),
    warranty_end: date(asset.warrantyExpiresOn, UNSET), supplier_purchasedate: date(asset.purchasedOn, UNSET), supplier_contract_id: 0, supplier_contract_ref: '',
    aws_id: asset.cloud?.resourceId ?? '',
  };
}

function fieldsOf(sighting: FleetSighting, department: string): Record<string, string> {
  const { asset } = sighting;
  const metal = asset.platform === 'metal';
  const values: Readonly<Record<string, string | undefined>> = {
    'Hostname': sighting.name, 'Serial Number': metal ? sighting.serial : undefined, 'Model': sighting.model, 'Manufacturer': metal ? sighting.manufacturer : undefined,
    'BIOS UUID': sighting.biosUuid, 'Instance UUID': asset.hypervisor?.instanceUuid, 'MAC Address': sighting.macs.map((mac) => mac.toUpperCase()).join(','),
    'IP Address': sighting.ips.join(','), 'FQDN': sighting.fqdn, 'Operating System': asset.os.name, 'OS Version': asset.os.version, 'CPU Count': String(asset.cpuCount * asset.coresPerCpu),
    'Memory MB': String(asset.memoryMb), 'Disk GB': String(asset.diskGb), 'Department': department, 'Cloud Resource ID': asset.cloud?.resourceId, 'Cloud Account': asset.cloud?.account,
  };
  const own = TYPES.find(({ id }) => id === TYPE_OF[asset.kind])?.fields ?? [];
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value === undefined || !own.includes(fieldId(name)) ? [] : [[fieldId(name), value]])));
}

function relate(store: Store, fleet: Fleet, ids: ReadonlyMap<string, number>): void {
  const keyAt = (index: number): string => (index < fleet.size ? fleet.asset(index).key : '');
  for (const asset of fleet.assets()) {
    const own = store.assets.get(ids.get(asset.key) ?? 0);
    if (own === undefined) continue;
    const below = (key: string, relationship_id: number): void => { const id = ids.get(key); if (id !== undefined) own.parents.push({ id, relationship_id }); };
    if (asset.hypervisor !== undefined) below(asset.hypervisor.host, RUNS_BELOW);
    if (asset.index % 20 === 8) below(keyAt(asset.index + 4), NEEDS);
    const patched = store.assets.get(ids.get(keyAt(asset.index + 4)) ?? 0);
    if (asset.index % 20 === 1 && patched !== undefined) {
      own.siblings.push({ id: patched.id, relationship_id: PATCHED });
      patched.siblings.push({ id: own.id, relationship_id: PATCHED });
    }
  }
}
