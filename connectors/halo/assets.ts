import { ATTRIBUTES, type AttributeValue, type MapContext, type Mapping, type StageReading } from '../sdk/contract/index.js';
import { boolean, claims, day, email, field, identifiers, integer, ips, list, macs, mapped, minor, rejected, skipped, text, uuid } from '../sdk/mapping/index.js';
import { classOf } from './classes.js';
import { stagesOf } from './stages.js';
import { nameOf, rowId, rowsOf, type AssetRaw, type Row } from './types.js';

/** Columns that are kept of a row; colours, icons, addresses and counts of tickets change without the asset, and what details alone have would tell them from lists. */
export const COLUMNS: readonly string[] = [
  'id', 'inventory_number', 'key_field', 'key_field2', 'key_field3', 'client_id', 'client_name', 'site_id', 'site_name', 'business_owner_id', 'business_owner_name', 'technical_owner_id',
  'username', 'assettype_id', 'assettype_name', 'inactive', 'status_id', 'status_name', 'warranty_start', 'warranty_end', 'supplier_id', 'supplier_name', 'manufacturer_name', 'supplier_contract_id',
  'supplier_contract_ref', 'supplier_purchasedate', 'contract_id', 'contract_ref', 'third_party_id', 'criticality', 'aws_id', 'intune_id', 'jamf_id', 'fields', 'customfields',
];

/** Fields of the types, by the names that customers mostly give them; `options.fields` names this instance's. */
export const DEFAULT_FIELDS: Readonly<Record<string, readonly string[]>> = {
  hostname: ['Hostname'], serial_number: ['Serial Number'], model: ['Model'], manufacturer: ['Manufacturer'], bios_uuid: ['BIOS UUID'], instance_uuid: ['Instance UUID'],
  mac_addresses: ['MAC Address'], ip_addresses: ['IP Address'], fqdn: ['FQDN'], os_name: ['Operating System'], os_version: ['OS Version'], cpu_count: ['CPU Count'], memory_mb: ['Memory MB'],
  disk_gb: ['Disk GB'], department: ['Department'], cloud_resource_id: ['Cloud Resource ID'], cloud_account: ['Cloud Account'],
};

/** Unset dates are years long past: 1900, or the year 1. */
const FIRST_YEAR = 1971;
export const dayOf = (value: unknown): string | undefined => {
  const found = day(value);
  return found !== undefined && Number(found.slice(0, 4)) >= FIRST_YEAR ? found : undefined;
};

/** Texts of an asset by the name of their field in small letters: the type's own fields, then custom ones, then key fields. */
function textsOf(raw: Row): Map<string, string> {
  const texts = new Map<string, string>();
  const add = (name: unknown, value: unknown): void => {
    const [key, said] = [text(name)?.toLowerCase(), text(value)];
    if (key !== undefined && said !== undefined && !texts.has(key)) texts.set(key, said);
  };
  for (const one of rowsOf(raw['fields'])) {
    // of a list the value is a code
    add(one['name'], integer(one['lookup']) === 0 || one['lookup'] === undefined ? one['value'] ?? one['display'] : one['display'] ?? one['value']);
  }
  for (const one of rowsOf(raw['customfields'])) {
    const said = text(one['display']) ?? one['value'];
    add(one['label'], said);
    add(one['name'], said);
  }
  for (const [nth, name] of keyNames(raw).entries()) add(name, raw[KEY_COLUMNS[nth]!]);
  return texts;
}

const KEY_COLUMNS = ['key_field', 'key_field2', 'key_field3'] as const;
const keyNames = (raw: Row): readonly (string | undefined)[] => {
  const keys = field(raw['type'], 'keys');
  return KEY_COLUMNS.map((_, nth) => (Array.isArray(keys) ? text(keys[nth]) : undefined));
};

function read(attribute: string, value: string | undefined): AttributeValue | undefined {
  switch ((ATTRIBUTES as Readonly<Record<string, string>>)[attribute]) {
    case 'integer': return integer(value, 1);
    case 'minor': return minor(value);
    case 'day': return dayOf(value);
    case 'list': return attribute === 'mac_addresses' ? macs(value) : attribute === 'ip_addresses' ? ips(value) : list(value);
    case 'email': return email(value) ?? value;
    // what these two hold is no text that a field could show
    case 'tags': case 'power_state': return undefined;
    default: return value;
  }
}

/** An asset, as https://kb.dtctoday.com/books/halopsa-api-reference/page/asset-schema describes it. Lists tell no time of change. */
export function mapAsset(raw: AssetRaw, context: MapContext): Mapping {
  const id = rowId(raw);
  if (id === undefined) return rejected('no id');
  const assetClass = classOf(raw, context.options);
  if (assetClass === null) return skipped(String(id), `options.classes leaves assets of the type ${nameOf(raw.type) ?? 'without a name'} out`);

  const texts = textsOf(raw);
  const named: unknown = context.options['fields'];
  const said = (target: string): string | undefined => {
    const names: unknown = field(named, target) ?? DEFAULT_FIELDS[target];
    return (Array.isArray(names) ? names : []).map((name) => texts.get(text(name)?.toLowerCase() ?? '')).find((value) => value !== undefined);
  };
  const fromFields = Object.fromEntries(Object.keys({ ...DEFAULT_FIELDS, ...(typeof named === 'object' && named) }).flatMap((target) => {
    const value = target.endsWith('_uuid') ? undefined : read(target, said(target));
    return value === undefined ? [] : [[target, value] as const];
  }));
  const stage = stageOf(raw, context);
  return mapped({
    kind: 'asset',
    externalId: String(id),
    ...(assetClass !== undefined && { assetClass }),
    identifiers: identifiers({ bios_uuid: uuid(said('bios_uuid')), instance_uuid: uuid(said('instance_uuid')), cloud_resource_id: [said('cloud_resource_id'), raw['aws_id']] }),
    claims: claims({
      name: said('hostname') ?? otherKey(raw, named),
      asset_tag: text(raw['inventory_number']),
      location: text(raw['site_name']),
      vendor: text(raw['supplier_name']),
      manufacturer: text(raw['manufacturer_name']),
      owner: email(field(raw.owner, 'email')) ?? text(raw['username']) ?? text(raw['business_owner_name']),
      contract: text(raw['supplier_contract_ref']) ?? text(raw['contract_ref']),
      purchase_date: dayOf(raw['supplier_purchasedate']),
      warranty_expires_on: dayOf(raw['warranty_end']),
      ...fromFields,
    }),
    ...(stage && { stage }),
  });
}

/** The first key field that tells something of its own: which fields are keys is the customer's choice, and a serial number is no name. */
function otherKey(raw: Row, named: unknown): string | undefined {
  const others = new Set(Object.keys(DEFAULT_FIELDS).flatMap((target) => { const names: unknown = field(named, target) ?? DEFAULT_FIELDS[target]; return Array.isArray(names) ? names.map((name) => text(name)?.toLowerCase()) : []; }));
  const nth = keyNames(raw).findIndex((name) => name !== undefined && !others.has(name.toLowerCase()));
  return nth < 0 ? undefined : text(raw[KEY_COLUMNS[nth]!]);
}

/** Name of the status, and the flag beside it. An unset status (0, -1) and an unknown name make no move and are reported. */
function stageOf(raw: AssetRaw, context: MapContext): StageReading | undefined {
  if (raw['status_id'] === undefined && raw['status_name'] === undefined && raw['inactive'] === undefined) return undefined;
  return stagesOf(context.options).read({ status: nameOf(raw.status) ?? '', inactive: String(boolean(raw['inactive']) ?? false) });
}

