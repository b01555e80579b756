import { ATTRIBUTES, type AttributeValue, type FieldWrite } from '../../sdk/contract/index.js';
import { boolean, field, integer, text } from '../../sdk/mapping/index.js';
import { DEFAULT_FIELDS, dayOf } from '../assets.js';
import type { HaloClient, Refusal } from '../session.js';
import { idOf, nameOf, rowId, rowsOf, type Row } from '../types.js';
import { only, refused, same, siteNamed } from './names.js';

/** One property as it is to stand: a column, a field of the type, or a custom field. */
export interface Wish {
  readonly at: 'column' | 'field' | 'custom';
  /** Of a column its name, of a field its id. */
  readonly key: string;
  readonly label: string;
  readonly value: string | number | boolean;
}

/** Where a value is to be put. */
export interface Place {
  readonly client: HaloClient;
  readonly stream: string;
  /** The type as its details give it. */
  readonly type: Row;
  /** As the record stands; of a new one there is nothing. */
  readonly current: Row;
  /** Custom fields that assets of this instance have. */
  readonly customs: readonly Row[];
  /** The client that the asset belongs to, by id or name. */
  readonly ofClient?: number | string;
}

/** Columns that hold what they say, by how they are compared. */
const COLUMNS: Readonly<Record<string, 'text' | 'day' | 'id' | 'flag'>> = {
  inventory_number: 'text', warranty_end: 'day', warranty_start: 'day', supplier_purchasedate: 'day', site_id: 'id', supplier_id: 'id', business_owner_id: 'id', status_id: 'id', inactive: 'flag',
};
/** Says "not set", and reads as no day whichever version wrote it. */
const NO_DAY = '1900-01-01T00:00:00';

type Put = (value: AttributeValue | null, place: Place) => Promise<readonly Wish[] | Refusal>;
const column = (name: string, value: string | number | boolean): Wish => ({ at: 'column', key: name, label: name, value });
const plain = (name: string): Put => async (value) => [column(name, textOf(value))];
const date = (name: string): Put => async (value) => {
  if (value === null) return [column(name, NO_DAY)];
  const day = dayOf(value);
  return day === undefined ? refused(`${name} is to be ${textOf(value)}, which is no day`, 'Days are written as YYYY-MM-DD.') : [column(name, `${day}T00:00:00`)];
};
const site: Put = async (value, { client, stream, ofClient }) => {
  if (value === null) return refused('an asset of Halo always stands at a site', 'Take location out of the fields that are pushed, or give the asset a location.');
  const found = await siteNamed(client, textOf(value), ofClient, stream);
  return 'refusal' in found ? found : [column('site_id', found.id)];
};
const supplier: Put = async (value, { client, stream }) => {
  if (value === null) return [column('supplier_id', 0)];
  const named = await client.lists.find(client, 'suppliers', (row) => nameOf(row) === textOf(value).trim(), stream);
  const found = 'refusal' in named ? named : only(named, named.length > 1 ? 'suppliers' : 'supplier', textOf(value));
  return 'refusal' in found ? found : [column('supplier_id', found.id)];
};
/** Read as an address where there is one, else as login or name: written by the same. */
const owner: Put = async (value, { client, stream }) => {
  if (value === null) return [column('business_owner_id', 0)];
  const wanted = textOf(value).trim();
  const isOwner = (row: Row): boolean => (wanted.includes('@') ? same(text(row['emailaddress']), wanted) : text(row['login']) === wanted || nameOf(row) === wanted);
  const named = await client.lists.find(client, 'users', isOwner, stream);
  const found = 'refusal' in named ? named : only(named, named.length > 1 ? 'users' : 'user', wanted);
  return 'refusal' in found ? found : [column('business_owner_id', found.id)];
};

const PUTS: Readonly<Record<string, Put>> = {
  asset_tag: plain('inventory_number'), location: site, vendor: supplier, owner, purchase_date: date('supplier_purchasedate'), warranty_expires_on: date('warranty_end'),
};
/** By their raw path, where the configuration maps an attribute from one. */
const PATHS: Readonly<Record<string, Put>> = {
  'inventory_number': plain('inventory_number'), 'warranty_start': date('warranty_start'), 'warranty_end': date('warranty_end'), 'supplier_purchasedate': date('supplier_purchasedate'),
  'site_name': site, 'supplier_name': supplier, 'owner.email': owner,
};

/** What Halo can be told: columns, and whatever a field of the type holds. What only a cloud knows is not Halo's to be told. */
export const WRITABLE: readonly string[] = [
  'name', 'hostname', 'serial_number', 'asset_tag', 'manufacturer', 'model', 'fqdn', 'ip_addresses', 'mac_addresses', 'os_name', 'os_version', 'cpu_count', 'memory_mb', 'disk_gb',
  'owner', 'department', 'location', 'vendor', 'purchase_date', 'warranty_expires_on', 'description', 'assigned_to', 'environment', 'criticality', 'purchase_order', 'cost', 'currency', 'support_ends_on', 'end_of_life_on',
];

/** What one attribute is to say, in properties. A field that the reading takes it from goes before the column of its own. */
export async function wishesOf({ attribute, value, path }: FieldWrite, place: Place): Promise<readonly Wish[] | Refusal> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return refused(`${attribute} holds tags, for which Halo has no field`, 'Take it out of the fields that are pushed.');
  if (path !== undefined) {
    const put = Object.hasOwn(PATHS, path.join('.')) ? PATHS[path.join('.')] : undefined;
    return put === undefined ? refused(`${attribute} cannot be written to ${path.join('.')}`, 'Name the field of the asset type under options.fields instead of mapping its path, or take the attribute out of the fields that are pushed.') : await put(value, place);
  }
  if (!WRITABLE.includes(attribute)) return refused(`${attribute} has no place in Halo that can be written`, 'Take it out of the fields that are pushed.');
  const names = namesOf(attribute, place.client.source.options);
  const own = await inFields(attribute, value, candidates(place, names), place);
  const put = PUTS[attribute];
  if (own === undefined) {
    if (put !== undefined) return await put(value, place);
    return refused(`assets of the type ${nameOf(place.type) ?? 'without a name'} have no field for ${attribute}${names.length === 0 ? '' : ` (${names.join(', ')})`}`, `Name the field under options.fields.${attribute}, add it to the asset type, or take ${attribute} out of the fields that are pushed.`);
  }
  if ('refusal' in own || value !== null || put === undefined) return own;
  const also = await put(null, place);
  return 'refusal' in also ? also : [...own, ...also];
}

/** Names of the fields that the reading takes an attribute from: an asset's name is its host name. */
function namesOf(attribute: string, options: Readonly<Record<string, unknown>>): readonly string[] {
  const target = attribute === 'name' && field(options['fields'], 'name') === undefined ? 'hostname' : attribute;
  const names: unknown = field(options['fields'], target) ?? DEFAULT_FIELDS[target];
  return (Array.isArray(names) ? names : []).flatMap((name) => text(name) ?? []);
}

interface Candidate { readonly at: 'field' | 'custom'; readonly id: number; readonly name: string; readonly row: Row; readonly filled: boolean }

/** In the order in which the reading looks at them: by name, the type's own before custom ones. */
function candidates({ type, current, customs }: Place, names: readonly string[]): Candidate[] {
  const standing = rowsOf(current['fields']);
  const of = (at: 'field' | 'custom', rows: readonly Row[], fits: (row: Row) => boolean): Candidate[] => rows.filter(fits).flatMap((row) => {
    const id = rowId(row);
    return id === undefined ? [] : [{ at, id, name: nameOf(row) ?? String(id), row, filled: (text(row['value']) ?? text(row['display'])) !== undefined }];
  });
  return names.flatMap((name) => [
    ...of('field', standing.length > 0 ? standing : rowsOf(type['fields']), (row) => same(nameOf(row), name)),
    ...of('custom', customs, (row) => same(nameOf(row), name) || same(text(row['label']), name)),
  ]);
}

/** Text, memo and dates are taken as they are written; of the others the codes are not known, and tables lose what is not sent. */
const PLAIN_CUSTOMS = [0, 1, 4];

/** `undefined`: the type has no such field. Emptied is every field that would be read in its place. */
async function inFields(attribute: string, value: AttributeValue | null, all: readonly Candidate[], place: Place): Promise<readonly Wish[] | Refusal | undefined> {
  const filled = all.filter((one) => one.filled);
  const targets = value === null ? filled : [filled[0] ?? all[0]].flatMap((one) => one ?? []);
  if (all.length === 0) return undefined;
  const wishes: Wish[] = [];
  for (const { at, id, name, row } of targets) {
    if (at === 'custom' && !PLAIN_CUSTOMS.includes(integer(row['type']) ?? 0)) return refused(`the custom field ${name} is neither a text nor a date`, `Name a field of plain text under options.fields.${attribute}, or take ${attribute} out of the fields that are pushed.`);
    const said = spelled(attribute, value);
    if (said === undefined) return refused(`${attribute} is to be ${textOf(value)}, which is no amount in minor units`, 'Amounts are whole numbers of cents.');
    const lookup = at === 'field' ? integer(row['lookup']) ?? 0 : 0;
    if (lookup === 0 || said === '') { wishes.push({ at, key: String(id), label: name, value: said }); continue; }
    const coded = await place.client.lists.codes(place.client, lookup, said, place.stream);
    const code = 'refusal' in coded ? coded : only(coded, `value of the list of ${name}`, said);
    if ('refusal' in code) return code;
    wishes.push({ at, key: String(id), label: name, value: String(code.id) });
  }
  return wishes;
}

function spelled(attribute: string, value: AttributeValue | null): string | undefined {
  if (value === null || (ATTRIBUTES as Readonly<Record<string, string>>)[attribute] !== 'minor') return textOf(value);
  const units = Number(value);
  if (!Number.isSafeInteger(units)) return undefined;
  const digits = String(Math.abs(units)).padStart(3, '0');
  return `${units < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

const textOf = (value: AttributeValue | null): string => (value === null ? '' : Array.isArray(value) ? value.join(',') : String(value as string | number | boolean));

/** What a record says in the place of a wish, and what the wish says, in words that compare. */
export function standing(row: Row, { at, key }: Wish): string {
  if (at === 'column') return comparable(key, row[key]);
  return text(rowsOf(row[at === 'field' ? 'fields' : 'customfields']).find((one) => String(rowId(one)) === key)?.['value']) ?? '';
}
export const wanted = ({ at, key, value }: Wish): string => (at === 'column' ? comparable(key, value) : text(value) ?? '');

function comparable(name: string, value: unknown): string {
  switch (COLUMNS[name]) {
    case 'id': return String(idOf(value) ?? '');
    case 'day': return dayOf(value) ?? '';
    case 'flag': return String(boolean(value) ?? false);
    default: return text(value) ?? '';
  }
}

/** A body with nothing but what is to change. */
export function bodyOf(wishes: readonly Wish[]): Record<string, unknown> {
  const of = (at: Wish['at']): readonly Wish[] => wishes.filter((wish) => wish.at === at);
  const [fields, customs] = [of('field'), of('custom')];
  return {
    ...Object.fromEntries(of('column').map(({ key, value }) => [key, value])),
    ...(fields.length > 0 && { fields: fields.map(({ key, value }) => ({ id: key, value })) }),
    ...(customs.length > 0 && { customfields: customs.map(({ key, value }) => ({ id: Number(key), value })) }),
  };
}
