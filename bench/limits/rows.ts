import { canonicalJson, contentHash } from '../../src/sync/canonical-json.js';
import { recordOf, type Epoch, type RawMachine } from '../fleet.js';

/** The limit's own tables: 20 columns and a JSON column, identifiers apart under an index that is not unique, source records, history. */
export const COLUMNS = ['name', 'type', 'serial', 'manufacturer', 'model', 'os', 'os_version', 'cpus', 'memory_mb', 'disk_gb', 'state', 'owner', 'department', 'location', 'environment', 'purchased', 'warranty_end', 'cost_cents', 'uuid', 'mac'] as const;
export const IDENTIFIERS = [['serial', 'serial'], ['uuid', 'bios_uuid'], ['mac', 'mac']] as const satisfies readonly (readonly [keyof RawMachine, string])[];

export type Value = string | number | null;
export interface Row {
  readonly id: number;
  readonly raw: RawMachine;
}

/** One source's records, held in memory: the limit has nothing to fetch and nothing to parse. */
export const rowsOf = (records: number, epoch: Epoch): Row[] => Array.from({ length: records }, (_, at) => ({ id: at + 1, raw: recordOf('alpha', at, records * 2, epoch) }));

export const assetValues = ({ id, raw }: Row): Value[] => [id, ...COLUMNS.map((column) => raw[column]), JSON.stringify(raw.network)];
export const identifierRows = ({ id, raw }: Row): Value[][] => IDENTIFIERS.map(([field, kind]) => [kind, raw[field], id, 1]);
export const canonicalOf = ({ raw }: Row): { readonly text: string; readonly hash: string } => {
  const text = canonicalJson(raw);
  return { text, hash: contentHash(text) };
};

export function* batches<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size);
}

/** The cases of the limits */
export const LIMITS = ['L1', 'L2', 'L3', 'L4', 'L5'] as const;
export type LimitName = (typeof LIMITS)[number];

export interface LimitCase {
  readonly name: LimitName;
  readonly records: number;
  /** `sqlite:<path>` or `mysql://…`. */
  readonly url: string;
}
export interface Timed {
  run<T>(work: () => T | Promise<T>): Promise<T>;
}
