import type { Clock, ConnectorLog, HttpPort, SourceConfig, SourceError } from '../sdk/contract/index.js';
import type { Row } from './types.js';

/** What the streams share during a run: the authenticated port, and what was read once. */
export interface HaloClient {
  readonly source: SourceConfig;
  readonly http: HttpPort;
  readonly clock: Clock;
  readonly log: ConnectorLog;
  readonly signal: AbortSignal;
  readonly catalogue: Catalogue;
  /** What writes name and Halo knows by id. */
  readonly lists: Lists;
  /** Scopes of the last token, as far as the authorization server told them. */
  granted(): readonly string[] | undefined;
}

export interface AssetType {
  readonly id: number;
  readonly name: string;
  /** Names of the fields that `key_field`, `key_field2` and `key_field3` show. */
  readonly keys: readonly (string | undefined)[];
}
export interface Person { readonly id: number; readonly name?: string; readonly email?: string; readonly login?: string }

/** What this instance's administrators set up, each read once for a run. */
export interface Catalogue {
  /** All types that this agent sees, by id. */
  types(client: HaloClient, stream: string): Promise<ReadonlyMap<number, AssetType>>;
  /** Names of asset statuses (lookup 61) by id; undefined where they may not be read. */
  statuses(client: HaloClient, stream: string): Promise<ReadonlyMap<number, string> | undefined>;
  /** The people with these ids, as far as they may be read. */
  people(client: HaloClient, ids: ReadonlySet<number>, stream: string): Promise<ReadonlyMap<number, Person>>;
  /** One type with its fields and allowed statuses. */
  typeDetails(client: HaloClient, id: number, stream: string): Promise<Row>;
}

/** Why a value has no place in the instance, with the next step. */
export type Refusal = { readonly refusal: SourceError };
export type ListName = 'sites' | 'suppliers' | 'users';

/** What assets refer to, to be found by name. */
export interface Lists {
  /** Rows that fit, or why the list may not be read. */
  find(client: HaloClient, list: ListName, fits: (row: Row) => boolean, stream: string): Promise<readonly Row[] | Refusal>;
  /** Rows of a list of values whose text this is, in any case. */
  codes(client: HaloClient, lookup: number, wanted: string, stream: string): Promise<readonly Row[] | Refusal>;
}
