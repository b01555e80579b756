import type { SourceRole } from './vocabulary.js';
import type { Stream } from './stream.js';
import type { HttpPort } from './http.js';
import type { Webhook } from './webhook.js';

export interface AuthMethod {
  /** e.g. `oauth_client_credentials`. */
  readonly method: string;
  /** Keys that must stand beside `method`; a trailing `?` marks an optional one. */
  readonly keys: readonly string[];
  readonly about: string;
}

export interface Manifest {
  /** = the folder's name = `connector:` in the configuration. */
  readonly name: string;
  readonly title: string;
  readonly role: SourceRole;
  readonly about: string;
  /** A sentence that must stand wherever data of this vendor is shown, in the vendor's own words. */
  readonly notice?: string;
  /** All streams; `default` ones are read when the configuration names none. */
  readonly streams: readonly { readonly name: string; readonly default: boolean; readonly about: string }[];
  readonly auth: readonly AuthMethod[];
  /** `required`, `optional` or `none`. */
  readonly baseUrl: 'required' | 'optional' | 'none';
  readonly baseUrlExample?: string;
  readonly webhookAuth: readonly { readonly method: string; readonly keys: readonly string[] }[];
  /** Least rights, ready to paste, for `init` and the README. */
  readonly leastRights: string;
  /** Milliseconds until a record that was created is surely found by a search. */
  readonly indexLagMs?: number;
  /** Attributes whose empty text means "said to be empty". */
  readonly emptyIsSaid?: readonly string[];
  /** Requests that may be under way at once for one source. */
  readonly concurrency: number;
  /** Attributes of the vendor that may carry our asset id, for `push.reference`. */
  readonly referenceFields?: readonly string[];
  /** Parts the vendor cannot do or that are not built; conformance skips must agree with it. */
  readonly lacks?: readonly string[];
}

/** What stands in the configuration for one source, references already replaced by values. */
export interface SourceConfig {
  readonly name: string;
  readonly connector: string;
  readonly role: SourceRole;
  readonly baseUrl?: string;
  readonly auth: { readonly method: string } & Readonly<Record<string, any>>;
  readonly streams: readonly string[];
  readonly options: Readonly<Record<string, any>>;
  /** By stream: paths into the raw record that the configuration's mapping reads. A connector that asks for chosen columns asks for these too. */
  readonly wanted?: Readonly<Record<string, readonly (readonly string[])[]>>;
  /** Whether and how it is written to: a connector asks for rights to write only where they are needed. Absent: it is read alone. */
  readonly push?: { readonly enabled: boolean; readonly mode?: 'update' | 'upsert'; readonly fields?: readonly string[]; readonly reference?: string };
  readonly tls?: { readonly caFile?: string; readonly rejectUnauthorized?: boolean };
  /** Folder of the YAML file in which the source stands: relative paths start there. */
  readonly folder: string;
}

/** What the runtime hands a connector: never a clock, a socket or a log of its own. */
export interface ConnectContext {
  readonly source: SourceConfig;
  /** HTTP with retry, throttle, redaction, the source's one rate budget. */
  readonly http: HttpPort;
  readonly clock: Clock;
  readonly log: ConnectorLog;
  /** Aborted on Ctrl-C and shutdown. */
  readonly signal: AbortSignal;
}

export interface Clock {
  /** ms UTC. */
  now(): number;
  /** Resolves after `ms`, or rejects when the signal aborts. The only way to wait. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface ConnectorLog {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Lockstep coped. */
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** One finding of `lockstep check`. */
export interface CheckFinding {
  /** What was tried, e.g. `read alm_hardware`. */
  readonly what: string;
  readonly stream?: string;
  readonly outcome: 'ok' | 'warning' | 'failed';
  readonly message: string;
  /** The next step for a person. */
  readonly hint?: string;
}

/** What an instance offers, for writing mappings from. */
export interface Discovery {
  readonly tables: readonly {
    readonly stream: string;
    readonly table: string;
    readonly label?: string;
    readonly count?: number;
    readonly fields: readonly { readonly name: string; readonly type?: string; readonly label?: string; readonly choices?: readonly { readonly value: string; readonly label: string }[] }[];
  }[];
  /** Values of status fields that the stage table does not know; `from`: the expression that gives such a value, where the field's name alone does not. */
  readonly unmapped: readonly { readonly stream: string; readonly field: string; readonly value: string; readonly label?: string; readonly from?: string }[];
}

export interface Connector<Client = any> {
  readonly manifest: Manifest;
  /** class-validator class of `options`; absent: no options. A plain constructor, instantiated with class-transformer. */
  readonly optionsClass?: new () => object;
  readonly streams: readonly Stream<Client>[];
  /** No request is sent yet. */
  connect(context: ConnectContext): Client | Promise<Client>;
  /** Reaches, authenticates, names each missing right and the clock skew; changes nothing. */
  check(client: Client, streams: readonly string[]): AsyncIterable<CheckFinding>;
  discover?(client: Client, streams: readonly string[]): Promise<Discovery>;
  close?(client: Client): Promise<void>;
  /** Absent: the vendor tells nothing by itself. */
  readonly webhook?: Webhook;
}

/** Identity at run time, types at compile time. */
export const defineConnector = <Client>(connector: Connector<Client>): Connector<Client> => connector;
export const defineStream = <Client, Raw>(stream: Stream<Client, Raw>): Stream<Client, Raw> => stream;
