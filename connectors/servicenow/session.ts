import type { Clock, ConnectorLog, HttpPort, SourceConfig } from '../sdk/contract/index.js';
import type { Redactor } from '../sdk/http/index.js';
import type { Row } from './types.js';

/** What the streams share during a run: the authenticated port, and what was read once. */
export interface ServiceNowClient {
  readonly source: SourceConfig;
  readonly http: HttpPort;
  readonly clock: Clock;
  readonly log: ConnectorLog;
  readonly signal: AbortSignal;
  /** Takes the source's secrets out of words that came wrapped in an answer, where the port does not see them. */
  readonly redact: Redactor;
  readonly references: References;
  readonly names: Names;
  readonly classes: Classes;
  /** Chosen once: cmdb_sam_sw_install where Software Asset Management is installed. */
  softwareTable?: string;
}

/** Names of what rows refer to, each table read once for a run. */
export interface References {
  /** The rows with their reference columns resolved. */
  resolve(client: ServiceNowClient, rows: readonly Row[], columns: readonly string[], stream: string): Promise<Row[]>;
}

/** What a reference is called: unique in its table, or it cannot be written. */
export interface NameOf { readonly table: string; readonly by: 'name' | 'email' | 'user_name'; readonly value: string }

/** The way back from names to rows, for writing. */
export interface Names {
  /** For each name its sys_id, or why there is none; each table is asked once for all of its names. */
  find(client: ServiceNowClient, wanted: readonly NameOf[], stream: string): Promise<(name: NameOf) => { readonly id: string } | { readonly trouble: string }>;
}

/** The class tree of an instance. */
export interface Classes {
  /** From `name` up to the root, as far as known. */
  path(name: unknown): string[];
  knows(name: unknown): boolean;
  /** `root` and all classes below it. */
  below(client: ServiceNowClient, root: string, stream: string): Promise<readonly string[]>;
}
