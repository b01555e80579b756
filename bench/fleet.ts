/**
 * The fleet that two systems list, half of it known to both. Made from numbers alone, so that every process makes the same
 * one: 22 scalar fields and one nested object, some 730 bytes of JSON, three identifiers that nobody else has.
 */
export const SOURCES = ['alpha', 'beta'] as const;
export type SourceName = (typeof SOURCES)[number];

export interface RawMachine {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly serial: string;
  readonly uuid: string;
  readonly mac: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly os: string;
  readonly os_version: string;
  readonly cpus: number;
  readonly memory_mb: number;
  readonly disk_gb: number;
  readonly state: string;
  readonly owner: string;
  readonly department: string;
  readonly location: string;
  readonly environment: string;
  readonly purchased: string;
  readonly warranty_end: string;
  readonly cost_cents: number;
  readonly updated_at: string;
  readonly network: { readonly vlan: string; readonly switch: string; readonly port: string; readonly note: string };
}

/** How often all records, and one in a hundred, have changed since the start. */
export interface Epoch {
  readonly all: number;
  readonly some: number;
}
export const START: Epoch = { all: 0, some: 0 };

/** Of a hundred records the one that changes when `some` do. */
const CHANGING = 37;
export const versionOf = (at: number, epoch: Epoch): number => epoch.all + (at % 100 === CHANGING ? epoch.some : 0);

/** Each source lists half of `records`; the second begins in the middle of the first. */
export const listed = (records: number): number => Math.floor(records / 2);
const machineOf = (source: SourceName, at: number, records: number): number => (source === 'alpha' ? at : at + Math.floor(records / 4));
/** Machines that there are at all, when both sources have been read. */
export const machines = (records: number): number => Math.floor(records / 4) + listed(records);

const MAKERS = [['Dell Inc.', 'Latitude 7440'], ['Lenovo', 'ThinkPad T14 Gen 4'], ['HP', 'EliteBook 840 G10'], ['Fujitsu', 'Lifebook U7413'], ['Apple', 'MacBook Pro 14']] as const;
const PLACES = ['Berlin', 'Bonn', 'Hamburg', 'Leipzig', 'Utrecht', 'Vienna', 'Zurich'] as const;
const DEPARTMENTS = ['Sales', 'Finance', 'Engineering', 'Operations', 'Support'] as const;
const FIRST = Date.UTC(2026, 0, 5);
const DAY = 86_400_000;

const of = <T>(list: readonly T[], at: number): T => list[at % list.length] as T;
const hex = (value: number, width: number): string => (value >>> 0).toString(16).padStart(width, '0');
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
/** Far apart for near numbers: identifiers of real fleets do not arrive in order. */
const mixed = (value: number): number => Math.imul(Math.imul(value + 0x9e3779b9, 0x85ebca6b) ^ ((value + 0x9e3779b9) >>> 13), 0xc2b2ae35) >>> 0;

export function recordOf(source: SourceName, at: number, records: number, epoch: Epoch): RawMachine {
  const machine = machineOf(source, at, records);
  const version = versionOf(at, epoch);
  const far = mixed(machine);
  const [manufacturer, model] = of(MAKERS, machine);
  const uuid = `${hex(far, 8)}-${hex(machine & 0xffff, 4)}-4${hex(machine % 4096, 3)}-a${hex((machine * 7) % 4096, 3)}-${hex(machine, 8)}${hex(far & 0xffff, 4)}`;
  const mac = `3c52${hex(machine, 8)}`.match(/../g) as string[];
  const second = source === 'beta';
  return {
    id: `${source}${hex(mixed(at), 8)}${hex(at, 8)}`, name: `WS-${String(machine).padStart(7, '0')}`, type: 'notebook', serial: `S${far.toString(36).toUpperCase().padStart(7, '0')}${String(machine).padStart(6, '0')}`,
    uuid: second ? uuid.toUpperCase() : uuid, mac: second ? mac.join('-').toUpperCase() : mac.join(':'),
    manufacturer, model, os: 'Windows 11 Enterprise', os_version: `10.0.22631.${4000 + version}`, cpus: 4 + (machine % 4) * 2, memory_mb: 8192 * (1 + (machine % 4)), disk_gb: 256 * (1 + (machine % 3)),
    state: 'in use', owner: `user${machine}@example.com`, department: of(DEPARTMENTS, machine), location: of(PLACES, machine), environment: 'production',
    purchased: dayOf(FIRST - (machine % 1000) * DAY), warranty_end: dayOf(FIRST + (machine % 1000) * DAY), cost_cents: 90_000 + (machine % 500) * 100,
    updated_at: new Date(FIRST + (machine % 300) * 60_000 + version * DAY).toISOString(),
    network: { vlan: `office-${machine % 40}`, switch: `sw-${machine % 200}.example.net`, port: `ge-0/0/${machine % 48}`, note: 'Delivered with docking station, privacy filter and spare charger' },
  };
}

/** The fleet of a target: `alpha` lists machines from 0 to `assets`, and a desk holds each of them as well. */
export const movedRecordOf = (at: number, assets: number, moves: number): RawMachine => ({ ...recordOf('alpha', at, assets * 2, START), location: of(PLACES, at + moves), updated_at: new Date(FIRST + (at % 300) * 60_000 + moves * DAY).toISOString() });

/** As the desk shows it before anything was moved or written; `disagrees`: in stock, whatever others say. */
export const deskRecordOf = (at: number, assets: number, disagrees: boolean): RawMachine => ({ ...movedRecordOf(at, assets, 0), id: `desk${hex(mixed(at), 8)}${hex(at, 8)}`, ...(disagrees && { state: 'in stock' }) });
