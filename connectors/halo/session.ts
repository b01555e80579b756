import type { Clock, ConnectorLog, HttpPort, SourceConfig } from '../sdk/contract/index.js';
import type { Row } from './types.js';

/** What the streams share during a run: the authenticated port, and what was read once. */
export interface HaloClient {
  readonly source: SourceConfig;
  readonly http: HttpPort;
  readonly clock: Clock;
  readonly log: ConnectorLog;
  readonly signal: AbortSignal;
  readonly catalogue: Catalogue;
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
