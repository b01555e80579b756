import type { Claims, MapContext, Mapping, StageReading } from '../sdk/contract/index.js';
import { claims, currency, day, email, field, identifiers, instant, integer, ips, macs, mapped, minor, rejected, skipped, text, uuid } from '../sdk/mapping/index.js';
import { assetClass } from './classes.js';
import type { ServiceNowClient } from './session.js';
import { CI_ABSENT, ciStages } from './stages.js';
import { readByIds } from './table.js';
import { isSysId, refId, type AdapterRow, type CiRaw, type Row, type SerialRow } from './types.js';

/** Columns that every CI has; vendor documentation, "cmdb_ci" of the CMDB schema. */
export const BASE_FIELDS: readonly string[] = [
  'sys_id', 'sys_class_name', 'name', 'asset', 'asset_tag', 'serial_number', 'model_id', 'manufacturer', 'install_status', 'operational_status',
  'life_cycle_stage', 'life_cycle_stage_status', 'ip_address', 'mac_address', 'fqdn', 'location', 'department', 'assigned_to', 'owned_by', 'managed_by',
  'purchase_date', 'warranty_expiration', 'cost', 'cost_cc', 'discovery_source', 'last_discovered', 'correlation_id', 'duplicate_of',
  'sys_created_on', 'sys_updated_on', 'sys_updated_by', 'sys_mod_count',
];
export const CI_REFERENCES: readonly string[] = ['model_id', 'manufacturer', 'location', 'department', 'assigned_to', 'owned_by', 'managed_by'];

export const SERIAL_FIELDS = ['sys_id', 'cmdb_ci', 'serial_number', 'serial_number_type', 'valid'];
export const ADAPTER_FIELDS = ['sys_id', 'cmdb_ci', 'name', 'mac_address', 'ip_address'];
/** Tables that every stream of CIs joins. */
export const CI_JOINS = [
  { table: 'cmdb_serial_number', fields: SERIAL_FIELDS },
  { table: 'cmdb_ci_network_adapter', fields: ADAPTER_FIELDS },
];

const sysIds = (rows: readonly Row[]): string[] => rows.map((row) => row['sys_id']).filter(isSysId);

/** By CI: the rows of a table that point at it, in the order of their sys_id, so that the same data give the same record. */
async function joined(client: ServiceNowClient, stream: string, table: string, fields: readonly string[], column: string, ids: readonly string[], also?: string): Promise<Map<string, Row[]>> {
  const groups = new Map<string, Row[]>();
  for (const row of await readByIds(client, { table, fields, stream, ...(also !== undefined && { also }) }, column, ids)) {
    const ci = refId(row[column]);
    if (ci === undefined) continue;
    groups.set(ci, [...(groups.get(ci) ?? []), row]);
  }
  return groups;
}

/** References, serials, adapters and classes of a page of CIs. `own` adds what one kind of CI has beside. */
export async function enrichCis(client: ServiceNowClient, stream: string, rows: readonly Row[], stageFromAsset: (row: Row) => boolean): Promise<CiRaw[]> {
  const root = stream === 'computers' ? 'cmdb_ci_computer' : stream === 'network' ? 'cmdb_ci_netgear' : 'cmdb_ci_vm_instance';
  // A class of the customer's own: its ancestors are read once.
  if (rows.some((row) => typeof row['sys_class_name'] === 'string' && row['sys_class_name'] !== '' && !client.classes.knows(row['sys_class_name']))) {
    await client.classes.below(client, root, stream);
  }
  const resolved = await client.references.resolve(client, rows, CI_REFERENCES, stream);
  const ids = sysIds(rows);
  const serials = await joined(client, stream, 'cmdb_serial_number', SERIAL_FIELDS, 'cmdb_ci', ids);
  const adapters = await joined(client, stream, 'cmdb_ci_network_adapter', ADAPTER_FIELDS, 'cmdb_ci', ids);
  return resolved.map((row) => {
    const id = isSysId(row['sys_id']) ? row['sys_id'] : '';
    return {
      ...row,
      class_path: client.classes.path(row['sys_class_name']),
      serial_numbers: (serials.get(id) ?? []).map(({ serial_number, serial_number_type, valid }) => ({ serial_number, serial_number_type, valid }) as SerialRow),
      network_adapters: (adapters.get(id) ?? []).map(({ name, mac_address, ip_address }) => ({ name, mac_address, ip_address }) as AdapterRow),
      stage_from_asset: stageFromAsset(row),
    };
  });
}

/**
 * Hardware speaks of its stage through its asset where it has one (KB0717902: install_status of a hardware CI never
 * reaches the asset, so the CI's word may be stale). That asset's record is of the stream `assets`; where the
 * configuration does not read it, the CI's own status is all there is.
 */
export const hardwareSpeaksByAsset = (client: ServiceNowClient) => (row: Row): boolean => refId(row['asset']) !== undefined && client.source.streams.includes('assets');

/** A cloud's own id: AWS's instance id stands in `object_id` and `vm_inst_id`, Azure's resource id in `object_id`; vSphere's managed object is none. */
export const cloudId = (raw: Row): string | undefined =>
  [text(raw['object_id']), text(raw['vm_inst_id'])].find((id) => id !== undefined && (/^i-[0-9a-f]{8,17}$/i.test(id) || /^\/subscriptions\//i.test(id)));

export interface CiParts {
  readonly stream: string;
  readonly fallbackClass: string;
  readonly identifiers?: Parameters<typeof identifiers>[0];
  readonly claims?: Parameters<typeof claims>[0];
  readonly externalRefs?: readonly string[];
}

/** A CI as a canonical record; the streams add what only their class has. */
export function mapCi(raw: CiRaw, context: MapContext, parts: CiParts): Mapping {
  const id = raw['sys_id'];
  if (!isSysId(id)) return rejected('no sys_id');
  const duplicate = refId(raw['duplicate_of']);
  if (duplicate !== undefined) return skipped(id, `marked as a duplicate of ${duplicate}`);

  const asset = refId(raw['asset']);
  const serials = arrayOf(raw.serial_numbers).filter((row) => text(field(row, 'valid')) !== 'false');
  const ofType = (type: string): unknown[] => serials.filter((row) => text(field(row, 'serial_number_type'))?.toLowerCase() === type).map((row) => field(row, 'serial_number'));
  const adapters = arrayOf(raw.network_adapters);
  const macAddresses = macs([...macs(raw['mac_address']), ...adapters.flatMap((row) => macs(field(row, 'mac_address')))]);
  const ipAddresses = ips([...ips(raw['ip_address']), ...adapters.flatMap((row) => ips(field(row, 'ip_address')))]);
  const code = currency(raw['cost_cc']);
  const cost = minor(raw['cost'], code);
  const modifiedAt = instant(raw['sys_updated_on']);
  const version = integer(raw['sys_mod_count']);
  const stage = stageOf(raw);

  return mapped({
    kind: 'asset',
    externalId: id,
    assetClass: assetClass(arrayOf(raw.class_path), parts.fallbackClass),
    ...(modifiedAt !== undefined && { modifiedAt }),
    ...(version !== undefined && { version }),
    identifiers: identifiers({
      serial: [raw['serial_number'], ...ofType('system')],
      bios_uuid: ofType('uuid').map(uuid),
      asset_tag: raw['asset_tag'],
      mac: macAddresses,
      ip: ipAddresses,
      fqdn: raw['fqdn'],
      cloud_resource_id: cloudId(raw),
      external_ref: [...(asset === undefined ? [] : [`${context.source}/assets/${asset}`]), ...(parts.externalRefs ?? [])],
      ...parts.identifiers,
    }),
    claims: claims({ ...common(raw), cost, ...(cost !== undefined && { currency: code }), mac_addresses: macAddresses, ip_addresses: ipAddresses, ...parts.claims }),
    ...(stage && { stage }),
    ...(text(raw['install_status']) === CI_ABSENT && { facts: { absent: true } }),
  });
}

/** What CIs and assets call alike. */
function common(raw: Row): Parameters<typeof claims>[0] {
  return {
    name: text(raw['name']),
    serial_number: text(raw['serial_number']),
    asset_tag: text(raw['asset_tag']),
    fqdn: text(raw['fqdn']),
    manufacturer: nameOf(raw['manufacturer']) ?? nameOf(field(raw['model_id'], 'manufacturer')),
    model: nameOf(raw['model_id']),
    ...people(raw),
    department: nameOf(raw['department']),
    location: nameOf(raw['location']),
    purchase_date: day(raw['purchase_date']),
    warranty_expires_on: day(raw['warranty_expiration']),
  };
}

/** A person by e-mail, or by name where none is known. */
const person = (reference: unknown): string | undefined => email(field(reference, 'email')) ?? nameOf(reference) ?? text(field(reference, 'user_name'));

/** Owner: who it is assigned to, else who owns it. */
export function people(raw: Row): Claims {
  const assigned = person(raw['assigned_to']);
  const owner = assigned ?? person(raw['owned_by']);
  return { ...(assigned !== undefined && { assigned_to: assigned }), ...(owner !== undefined && { owner }) };
}

/** Name of a resolved reference. */
export const nameOf = (reference: unknown): string | undefined => text(field(reference, 'name'));
export const arrayOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** No reading where the asset speaks for both, and none of `100 Absent`, which is a fact. */
function stageOf(raw: CiRaw): StageReading | undefined {
  if (raw.stage_from_asset === true || text(raw['install_status']) === CI_ABSENT) return undefined;
  return ciStages.read(raw);
}

export { joined };
