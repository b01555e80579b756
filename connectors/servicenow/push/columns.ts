import { RejectedError, type AttributeValue, type FieldWrite, type SourceError } from '../../sdk/contract/index.js';
import { field, ips, list, macs, text } from '../../sdk/mapping/index.js';
import { arrayOf } from '../ci.js';
import { tableOf } from '../references.js';
import type { NameOf } from '../session.js';
import { isName, refId, type Row } from '../types.js';

/** A column as it is to stand: its text, or the name of what it refers to. */
export type Wish = { readonly column: string; readonly value: string } | { readonly column: string; readonly name: NameOf };
/** Why a value has no place in the instance, with the next step. */
export type Refusal = { readonly refusal: SourceError };

/** How an attribute is put into the vendor's columns; `current` is the record as it stands. */
type Put = (value: AttributeValue | null, current: Row) => readonly Wish[] | Refusal;
export type Columns = Readonly<Record<string, Put>>;

export const refused = (message: string, hint: string): Refusal => ({ refusal: new RejectedError(message, undefined, { hint }) });

const plain = (column: string): Put => (value) => [{ column, value: textOf(value) }];
/** Cents as the decimal text that the column holds. In the currency of the record, whose own unit is a hundredth: what the mapping reads. */
const money = (column: string): Put => (value) => {
  const units = Number(value);
  if (value === null) return [{ column, value: '' }];
  if (!Number.isSafeInteger(units)) return refused(`${column} is to be ${textOf(value)}, which is no amount in minor units`, 'Amounts are whole numbers of cents.');
  const digits = String(Math.abs(units)).padStart(3, '0');
  return [{ column, value: `${units < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}` }];
};
const reference = (column: string, by?: NameOf['by']): Put => (value) => {
  const table = tableOf(column)!;
  if (value === null) return [{ column, value: '' }];
  return [{ column, name: { table, by: by ?? (table === 'sys_user' ? 'email' : 'name'), value: textOf(value).trim() } }];
};
/** The owner is read from `assigned_to`, else from `owned_by`: it is written where it is read. */
const owner: Put = (value, current) => {
  if (value === null) return [{ column: 'assigned_to', value: '' }, { column: 'owned_by', value: '' }];
  return reference(refId(current['assigned_to']) === undefined && refId(current['owned_by']) !== undefined ? 'owned_by' : 'assigned_to')(value, current);
};

/**
 * Addresses are read from the CI's own column and from its adapters, which are rows of their own and Discovery's. Only
 * the column is written: the one address that no adapter holds.
 */
const addresses = (column: string, read: (value: unknown) => string[]): Put => (value, current) => {
  const adapters = arrayOf(current['network_adapters']).flatMap((row) => read(field(row, column)));
  const wanted = read(Array.isArray(value) ? value : list(value ?? ''));
  const own = wanted.filter((address) => !adapters.includes(address));
  if (own.length > 1 || adapters.some((address) => !wanted.includes(address))) {
    return refused(`${column} of a CI holds one address, the others belong to its network adapters`, 'Leave the addresses to Discovery, or write only one that no adapter has.');
  }
  const [standing] = read(current[column]);
  return [{ column, value: own[0] ?? (standing !== undefined && wanted.includes(standing) ? standing : wanted[0] ?? '') }];
};

const POWER: Readonly<Record<string, string>> = { running: 'on', stopped: 'off', suspended: 'suspended', terminated: 'terminated' };
const power: Put = (value) => [{ column: 'state', value: value === null ? '' : POWER[textOf(value)] ?? textOf(value) }];

/** alm_hardware: money, dates and people are the asset's, and flow from it to the CI. */
export const ASSET_COLUMNS: Columns = {
  serial_number: plain('serial_number'), asset_tag: plain('asset_tag'), model: reference('model'), assigned_to: reference('assigned_to'), owner,
  department: reference('department'), location: reference('location'), vendor: reference('vendor'), cost: money('cost'),
  purchase_date: plain('purchase_date'), purchase_order: plain('po_number'), warranty_expires_on: plain('warranty_expiration'),
};

/** What every CI owns. Cost, purchase and warranty are not among them: they are the asset's, which overwrites the CI's. */
export const CI_COLUMNS: Columns = {
  name: plain('name'), serial_number: plain('serial_number'), asset_tag: plain('asset_tag'), fqdn: plain('fqdn'), manufacturer: reference('manufacturer'), model: reference('model_id'),
  ip_addresses: addresses('ip_address', ips), mac_addresses: addresses('mac_address', macs), assigned_to: reference('assigned_to'), owner,
  department: reference('department'), location: reference('location'),
};
export const COMPUTER_COLUMNS: Columns = {
  ...CI_COLUMNS, hostname: plain('host_name'), os_name: plain('os'), os_version: plain('os_version'),
  cpu_count: plain('cpu_count'), memory_mb: plain('ram'), disk_gb: plain('disk_space'),
};
export const VM_COLUMNS: Columns = { ...CI_COLUMNS, cpu_count: plain('cpus'), memory_mb: plain('memory'), disk_gb: plain('disks_size'), power_state: power };

/** Columns that the platform sets, or whose writing leads two records apart. */
const READ_ONLY = /^(sys_.*|ci|asset|old_status|old_substatus|skip_sync|duplicate_of)$/;

/** What one field is to say, in columns. */
export function wishesOf(write: FieldWrite, columns: Columns, current: Row): readonly Wish[] | Refusal {
  const put = write.path === undefined ? (Object.hasOwn(columns, write.attribute) ? columns[write.attribute] : undefined) : pathPut(write.path);
  if (put === undefined) {
    return refused(`${write.attribute} cannot be written${write.path === undefined ? '' : ` to ${write.path.join('.')}`}`,
      'Map the attribute from a plain column of the table, or take it out of the fields that are pushed.');
  }
  if (typeof write.value === 'object' && write.value !== null && !Array.isArray(write.value)) {
    return refused(`${write.attribute} holds tags, for which ServiceNow has no column`, 'Take it out of the fields that are pushed.');
  }
  const wishes = put(write.value, current);
  if ('refusal' in wishes) return wishes;
  const fixed = wishes.find(({ column }) => READ_ONLY.test(column));
  if (fixed !== undefined) return refused(`the column ${fixed.column} is set by the platform`, 'Take the attribute out of the fields that are pushed.');
  const foreign = wishes.find((wish) => wish.column === 'correlation_id' && 'value' in wish && (text(current['correlation_id']) ?? wish.value) !== wish.value);
  return foreign === undefined ? wishes
    : refused(`correlation_id holds ${String(current['correlation_id'])}, which another tool may go by`, 'Name a column of your own under push.reference.');
}

/** `[column]`, or the name behind a reference as `location.name`, `managed_by.email`. */
function pathPut(path: readonly string[]): Put | undefined {
  const [column, by, ...more] = path;
  if (!isName(column) || more.length > 0) return undefined;
  const table = tableOf(column);
  if (by === undefined) return table === undefined ? plain(column) : undefined;
  return table !== undefined && (by === 'name' || (table === 'sys_user' && (by === 'email' || by === 'user_name'))) ? reference(column, by) : undefined;
}

const textOf = (value: AttributeValue | null): string => (value === null ? '' : Array.isArray(value) ? value.join(',') : String(value as string | number | boolean));
