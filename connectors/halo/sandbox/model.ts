/** The instance's own tables, as far as assets need them. */
export interface Field { readonly id: number; readonly name: string; /** Number of the list that its values come from; 0: free text. */ readonly lookup: number }
export interface AssetType {
  readonly id: number;
  readonly name: string;
  readonly group: string;
  /** The three fields that lists and pickers show: chosen by the customer, type by type. */
  readonly keys: readonly number[];
  readonly fields: readonly number[];
  readonly allowedStatuses: readonly number[] | undefined;
}
export interface Relation { readonly id: number; readonly relationship_id: number }

/** An asset: its columns, the fields of its type by id, custom fields by id, and what it is related to. */
export interface Asset {
  readonly id: number;
  /** Seen by lists from then on, ms UTC. */
  readonly listedFrom: number;
  modifiedAt: number;
  columns: Record<string, unknown>;
  fields: Record<string, string>;
  customs: Record<string, string>;
  parents: Relation[];
  siblings: Relation[];
}
export type Row = Record<string, unknown> & { readonly id: number };

const FIELD_NAMES = [
  'Hostname', 'Serial Number', 'Model', 'Manufacturer', 'BIOS UUID', 'Instance UUID', 'MAC Address', 'IP Address', 'FQDN', 'Operating System', 'OS Version', 'CPU Count', 'Memory MB',
  'Disk GB', 'Department', 'Cloud Resource ID', 'Cloud Account',
];
/** Departments come from a list: the value is a code, what people see the text. */
export const DEPARTMENT_LOOKUP = 17;
export const FIELDS: ReadonlyMap<number, Field> = new Map(FIELD_NAMES.map((name, index) => [101 + index, { id: 101 + index, name, lookup: name === 'Department' ? DEPARTMENT_LOOKUP : 0 }]));
export const fieldId = (name: string): number => 101 + FIELD_NAMES.indexOf(name);

const ids = (...names: string[]): number[] => names.map(fieldId);
const HARDWARE = ids('Hostname', 'Serial Number', 'Model', 'Manufacturer', 'BIOS UUID', 'MAC Address', 'IP Address', 'FQDN', 'Operating System', 'OS Version', 'CPU Count', 'Memory MB', 'Disk GB', 'Department');
const NETWORK = ids('Hostname', 'Serial Number', 'Model', 'Manufacturer', 'MAC Address', 'IP Address', 'FQDN', 'OS Version', 'Department');
const VIRTUAL = ids('Hostname', 'BIOS UUID', 'Instance UUID', 'MAC Address', 'IP Address', 'FQDN', 'Operating System', 'OS Version', 'CPU Count', 'Memory MB', 'Disk GB', 'Department', 'Cloud Resource ID', 'Cloud Account');

export const TYPES: readonly AssetType[] = [
  { id: 11, name: 'Server', group: 'Infrastructure', keys: ids('Hostname', 'Serial Number', 'Model'), fields: HARDWARE, allowedStatuses: undefined },
  // the serial number first: a key field is no name
  { id: 12, name: 'Laptop', group: 'End user', keys: ids('Serial Number', 'Hostname', 'Model'), fields: HARDWARE, allowedStatuses: undefined },
  { id: 13, name: 'Network Device', group: 'Infrastructure', keys: ids('Hostname', 'IP Address', 'Serial Number'), fields: NETWORK, allowedStatuses: undefined },
  { id: 14, name: 'Hypervisor', group: 'Infrastructure', keys: ids('Hostname', 'Serial Number', 'Manufacturer'), fields: HARDWARE, allowedStatuses: undefined },
  { id: 15, name: 'Virtual Machine', group: 'Infrastructure', keys: ids('Hostname', 'IP Address', 'Operating System'), fields: VIRTUAL, allowedStatuses: [1, 2, 3, 4, 5, 6, 7] },
  { id: 16, name: 'Printer', group: 'End user', keys: ids('Model', 'Serial Number', 'IP Address'), fields: ids('Serial Number', 'Model', 'Manufacturer', 'IP Address', 'Department'), allowedStatuses: undefined },
];

/** Lookup 61. Only "Active" = 1 is common to instances; all others are this customer's. */
export const STATUSES: readonly { readonly id: number; readonly name: string; readonly inactive: boolean }[] = [
  'Active', 'On Order', 'In Stock', 'Deployed', 'In Repair', 'Retired', 'Disposed', 'Missing', 'Stolen', 'Awaiting Audit',
].map((name, index) => ({ id: index + 1, name, inactive: false }));

/** A custom field that the customer added for our id, and one that nobody of ours knows. */
export const CUSTOM_FIELDS: readonly { readonly id: number; readonly name: string; readonly label: string; readonly type: number }[] = [
  { id: 211, name: 'CFLockstepId', label: 'Lockstep ID', type: 0 }, { id: 212, name: 'CFCostCentre', label: 'Cost centre', type: 0 },
];
