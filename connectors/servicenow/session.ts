import type { Clock, ConnectorLog, HttpPort, SourceConfig } from '../sdk/contract/index.js';
import type { Row } from './types.js';

/** What the streams share during a run: the authenticated port, and what was read once. */
export interface ServiceNowClient {
  readonly source: SourceConfig;
  readonly http: HttpPort;
  readonly clock: Clock;
  readonly log: ConnectorLog;
  readonly signal: AbortSignal;
  readonly references: References;
  readonly classes: Classes;
  /** Chosen once: cmdb_sam_sw_install where Software Asset Management is installed. */
  softwareTable?: string;
}

/** Names of what rows refer to, each table read once for a run. */
export interface References {
  /** The rows with their reference columns resolved. */
  resolve(client: ServiceNowClient, rows: readonly Row[], columns: readonly string[], stream: string): Promise<Row[]>;
}

/** The class tree of an instance. */
export interface Classes {
  /** From `name` up to the root, as far as known. */
  path(name: unknown): string[];
  knows(name: unknown): boolean;
  /** `root` and all classes below it. */
  below(client: ServiceNowClient, root: string, stream: string): Promise<readonly string[]>;
}
