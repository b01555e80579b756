/**
 * Arbitrary histories: machines of which two to four systems keep records, each in its own spelling and with its own gaps, while the machines are
 * renamed, re-imaged, get other mainboards, change their stage and go. Machines draw their values from few, so that some are clones of others.
 */
import fc from 'fast-check';
import { LIFECYCLE_STAGES } from '../../../connectors/sdk/contract/index.js';
import { History, type HistorySource, type RawRow, type RecordHistory, type Schedule } from './history.js';

const SOURCES: readonly HistorySource[] = [
  { name: 'cmdb', role: 'itsm' }, { name: 'scan', role: 'discovery' }, { name: 'agents', role: 'agent' }, { name: 'cloud', role: 'cloud' },
];

interface Machine {
  readonly assetClass: string;
  readonly maker: number; readonly serial: number; readonly uuid: number; readonly hostname: number; readonly tag: number; readonly mac: number; readonly cloud: number;
}
const machine: fc.Arbitrary<Machine> = fc.record({
  assetClass: fc.constantFrom('server', 'computer', 'server', 'virtual_machine'),
  maker: fc.nat(2), serial: fc.nat(11), uuid: fc.nat(11), hostname: fc.nat(11), tag: fc.nat(11), mac: fc.nat(11), cloud: fc.nat(7),
});

export const CHANGES = ['renamed', 're-imaged', 'new mainboard', 'serial is a placeholder', 'stage', 'owner', 'emptied', 'not said any more', 'touched', 'gone', 'moved class'] as const;
export interface Change { readonly what: (typeof CHANGES)[number]; readonly n: number }
/** `often`: kinds of which half of the changes are. */
export const arbitraryChange = (often: readonly Change['what'][]): fc.Arbitrary<Change> => {
  const any = fc.constantFrom<Change['what'][]>(...CHANGES);
  return fc.record({ what: often.length === 0 ? any : fc.oneof(any, fc.constantFrom(...often)), n: fc.nat(11) });
};

/** What one system keeps of one machine. */
interface View { readonly id: number; readonly machine: number; readonly source: number; readonly gaps: readonly Column[]; readonly spelling: number; readonly wrong: readonly Change[]; readonly changes: readonly Change[] }
type Column = 'serial_number' | 'bios_uuid' | 'instance_uuid' | 'hostname' | 'fqdn' | 'asset_tag' | 'mac_addresses' | 'ip_addresses' | 'manufacturer' | 'name' | 'cloud_resource_id' | 'owner' | 'external_ref';
const COLUMNS: readonly Column[] = ['serial_number', 'bios_uuid', 'instance_uuid', 'hostname', 'fqdn', 'asset_tag', 'mac_addresses', 'ip_addresses', 'manufacturer', 'name', 'cloud_resource_id', 'owner', 'external_ref'];
const view = (versions: number, often: readonly Change['what'][]): fc.Arbitrary<View> => fc.record({
  id: fc.noShrink(fc.nat(199)), machine: fc.nat(15), source: fc.nat(3),
  gaps: fc.subarray([...COLUMNS]), spelling: fc.nat(3),
  wrong: fc.array(arbitraryChange([]), { maxLength: 1 }), changes: fc.array(arbitraryChange(often), { maxLength: versions - 1, size: 'max' }),
});

const MAKERS = [['Dell Inc.', 'DELL', 'Dell', 'dell inc'], ['HP', 'Hewlett-Packard', 'HP Inc.', 'hp'], ['Lenovo', 'LENOVO', 'lenovo', 'Lenovo']] as const;
/** The same value as four systems write it. */
const cased = (text: string, spelling: number): string => (spelling === 1 ? text.toLowerCase() : spelling === 2 ? ` ${text} ` : text);
export function uuidOf(n: number, spelling: number): string {
  const head = `4c4c45${(16 + n).toString(16).padStart(2, '0')}`;
  const swapped = (head.match(/../g) ?? []).reverse().join('');
  return spelling === 3 ? `${swapped}-3400-5010-8000-0000000000${n.toString(16).padStart(2, '0')}`
    : cased(`${head}-0034-1050-8000-0000000000${n.toString(16).padStart(2, '0')}`, spelling === 0 ? 1 : 0);
}
const macOf = (n: number, spelling: number): string => {
  const hex = `${n % 4 === 3 ? '525400' : '005056'}0a00${n.toString(16).padStart(2, '0')}`;
  return spelling === 1 ? hex.toUpperCase() : (hex.match(spelling === 2 ? /..../g : /../g) ?? []).join(spelling === 2 ? '.' : spelling === 3 ? '-' : ':');
};

function firstRow(of: Machine, { id, gaps, spelling, source }: View, refs: readonly string[]): RawRow {
  const columns: Record<Column, RawRow[string]> = {
    manufacturer: MAKERS[of.maker]?.[spelling] ?? null, serial_number: cased(`SN-00${of.serial}A`, spelling), bios_uuid: uuidOf(of.uuid, spelling),
    instance_uuid: `5000${of.uuid.toString(16)}000-0000-4000-8000-00000000000${of.uuid.toString(16)}`,
    hostname: cased(`web${of.hostname}`, spelling), fqdn: `web${of.hostname}.example.org`, name: spelling === 3 ? `Web server ${of.hostname}` : `web${of.hostname}`,
    asset_tag: cased(`AT-${of.tag}`, spelling), mac_addresses: [macOf(of.mac, spelling)], ip_addresses: [`10.0.0.${of.hostname}`],
    cloud_resource_id: `i-0000000${of.cloud}`, owner: `person${of.tag}@example.org`, external_ref: [...refs],
  };
  const said = Object.entries(columns).filter(([column]) => !gaps.includes(column as Column))
    .filter(([column]) => of.assetClass === 'virtual_machine' || (column !== 'cloud_resource_id' && column !== 'instance_uuid'))
    .filter(([column, value]) => column !== 'external_ref' || (value as string[]).length > 0);
  return { id: `r${id}`, class: source === 3 ? 'virtual_machine' : of.assetClass, stage: 'in_use', ...Object.fromEntries(said), modified_at: '' };
}

export function changed(row: RawRow, { what, n }: Change, spelling: number): RawRow | null {
  const put = (columns: Record<string, RawRow[string]>): RawRow => ({ ...row, ...Object.fromEntries(Object.entries(columns).filter(([column]) => column in row || column === 'stage')) });
  switch (what) {
    case 'renamed': return put({ hostname: `web${n}`, fqdn: `web${n}.example.org`, name: `web${n}` });
    case 're-imaged': return put({ hostname: `new${n}`, name: `new${n}`, instance_uuid: `6000${n.toString(16)}000-0000-4000-8000-00000000000${n.toString(16)}`, ip_addresses: [`10.0.1.${n}`] });
    case 'new mainboard': return put({ bios_uuid: uuidOf(n, spelling), mac_addresses: [macOf(n, spelling)] });
    case 'serial is a placeholder': return put({ serial_number: n % 2 === 0 ? 'To Be Filled By O.E.M.' : 'Default string' });
    case 'stage': return put({ stage: LIFECYCLE_STAGES[n % LIFECYCLE_STAGES.length] ?? 'in_use' });
    case 'owner': return put({ owner: `person${n}@example.org` });
    case 'emptied': return put({ [COLUMNS[n % COLUMNS.length] ?? 'owner']: null });
    case 'not said any more': { const { [COLUMNS[n % COLUMNS.length] ?? 'owner']: _, ...rest } = row; return rest as RawRow; }
    case 'touched': return row;
    case 'moved class': return { ...row, class: n % 2 === 0 ? 'server' : 'virtual_machine' };
    case 'gone': return null;
  }
}

export interface HistoryShape {
  /** Records in all. */
  readonly maxRecords?: number;
  readonly maxVersions?: number;
  /** Kinds of change that must not happen, e.g. `stage` where a test is about identity alone. */
  readonly without?: readonly Change['what'][];
  /** Kinds of change of which half of all are. */
  readonly often?: readonly Change['what'][];
}

/** An hour lies between two versions of a record, so that its own times rise; records of one rank may have equal times. */
const timeOf = (version: number, id: number): string => new Date(Date.UTC(2024, 2, 1, 8 + version, id % 3)).toISOString().replace('.000Z', 'Z');

export function arbitraryHistories({ maxRecords = 20, maxVersions = 5, without = [], often = [] }: HistoryShape = {}): fc.Arbitrary<History> {
  return fc.record({
    sources: fc.integer({ min: 2, max: 4 }),
    machines: fc.array(machine, { minLength: 1, maxLength: 8, size: 'max' }),
    views: fc.uniqueArray(view(maxVersions, often), { minLength: 1, maxLength: maxRecords, size: 'max', selector: ({ id }) => id }),
  }).map(({ sources, machines, views }) => {
    const used = SOURCES.slice(0, sources);
    const nameOf = (one: View): string => used[one.source % sources]?.name ?? 'cmdb';
    const records = views.map((one, at): RecordHistory => {
      const of = machines[one.machine % machines.length];
      if (!of) throw new Error('a history has a machine');
      // Every fourth record also names the record that stands before it in the list, as a system does that was filled from another.
      const before = views[at - 1];
      const start = firstRow(of, one, one.id % 4 === 0 && before ? [`${nameOf(before)}/records/r${before.id}`] : []);
      let last = one.wrong.filter(({ what }) => what !== 'gone' && !without.includes(what)).reduce((row, wrong) => changed(row, wrong, one.spelling) ?? row, start);
      const rows: (RawRow | null)[] = [last];
      for (const next of one.changes.filter(({ what }) => !without.includes(what))) {
        // What is gone already cannot go: the next change brings it back.
        const row = changed(last, next, one.spelling);
        if (row === null && rows.at(-1) === null) continue;
        if (row !== null) last = row;
        rows.push(row);
      }
      return { source: nameOf(one), id: `r${one.id}`, versions: rows.map((row, version) => (row === null ? null : { ...row, modified_at: timeOf(version, one.id) })) };
    });
    return new History(used, records);
  });
}

export const arbitrarySchedule: fc.Arbitrary<Schedule> = fc.record({
  picks: fc.array(fc.nat(63), { maxLength: 12, size: 'max' }),
  chunks: fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 6 }),
  repeats: fc.array(fc.constantFrom(0, 0, 1, 2), { maxLength: 6 }),
  rotations: fc.array(fc.nat(9), { maxLength: 6 }),
  batchSize: fc.oneof({ withCrossShrink: true }, fc.constant(200), fc.integer({ min: 1, max: 8 })),
  stale: fc.array(fc.boolean(), { maxLength: 6 }),
});
