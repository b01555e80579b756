import type { Deliveries } from './deliveries.js';
import type {
  AssetRecord, Claims, Clock, Identifier, LifecycleStage, MappedRecord, RelationshipKind, SourceConfig,
} from '../contract/index.js';
import type { Certificate } from './certificate.js';
import type { Fleet } from './fleet-model.js';

/**
 * A sandbox is a strict server on loopback that behaves as the vendor documents: it authenticates, filters, orders,
 * pages and throttles by itself and refuses what the vendor refuses. The conformance suite, the demo and the tests of
 * the whole product use it through these types alone.
 */

/** What a record of the sandbox must become. A fact that is absent here is not asserted. */
export interface ExpectedFacts {
  readonly kind: MappedRecord['kind'];
  readonly assetClass?: string;
  /** Identifiers that the mapped record must name (values compared after normalising). */
  readonly identifiers?: readonly Identifier[];
  /** Values that must not become identifiers: placeholders, shared addresses. */
  readonly notIdentifiers?: readonly Identifier[];
  /** Claims that the mapped record must make. */
  readonly claims?: Claims;
  readonly stage?: LifecycleStage;
  /** ms UTC. */
  readonly modifiedAt?: number;
  /** The mapping must leave the record out (a row that the vendor marks as a duplicate). */
  readonly skipped?: boolean;
  readonly told?: NonNullable<AssetRecord['told']>['at'] | true;
  readonly relation?: { readonly kind: RelationshipKind; readonly from: string; readonly to: string };
  readonly installation?: { readonly on: string; readonly product: string; readonly publisher?: string; readonly version?: string };
  readonly reference?: { readonly type: string; readonly name: string };
  readonly vulnerability?: {
    readonly status: string; readonly publishedAt: number; readonly knownExploited: boolean; readonly scores: number; readonly description: string;
    readonly hasConfigurations: boolean;
  };
  /** `key` of the asset in the fleet: records with one key are one asset. */
  readonly asset?: string;
  /** `id` of the sighting in the fleet. */
  readonly sighting?: string;
}

export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  /** Decoded; a repeated parameter keeps its last value. */
  readonly query: Readonly<Record<string, string>>;
  /** As it stood in the request line. */
  readonly rawQuery: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether it asked for records, for a token, or for something else. */
  readonly purpose: RequestPurpose;
  readonly stream?: string;
  /** 0 where the connection was broken before a status was sent. */
  status: number;
  /** ms UTC by the sandbox's clock. */
  readonly at: number;
  /** The fault that answered it. */
  fault?: FaultKind;
  /** What the vendor lets pass without a word though it is surely a mistake (an unknown field, a dropped condition). A good connector causes none. */
  notes?: string[];
}

export type RequestPurpose = 'data' | 'auth' | 'other';

export const FAULT_KINDS = [
  // Transport, inside one HTTP exchange. Refused, connect hang, bandwidth: `startFaultProxy`.
  'reset_before_headers', 'reset_in_body', 'truncated_body', 'hang_after_headers', 'hang_before_headers', 'trickle', 'latency', 'sliced',
  // HTTP
  'throttled_seconds', 'throttled_date', 'throttled_vendor', 'throttled_bare', 'server_error', 'maintenance_page', 'gateway_page', 'proxy_auth_page',
  'unauthorised', 'forbidden', 'error_in_200', 'login_page', 'redirect_elsewhere', 'gzip_bomb', 'empty_body', 'dropped',
  // Data
  'malformed_body', 'duplicate_across_pages', 'empty_page', 'total_too_high', 'total_too_low', 'returns_nothing', 'returns_tenth',
  'bad_record', 'cursor_refused',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FaultMatch {
  /** Default `data`: a fault never hits the token request unless told to. */
  readonly purpose?: RequestPurpose | 'any';
  readonly method?: string;
  /** Equal, or a pattern. */
  readonly path?: string | RegExp;
  /** Name of a stream: only requests on behalf of it. */
  readonly stream?: string;
  readonly when?: (request: LoggedRequest) => boolean;
}

export interface Fault {
  readonly kind: FaultKind;
  readonly match?: FaultMatch;
  /** How many matching requests it hits; default: all, until cleared. */
  readonly times?: number;
  /** Matching requests that pass before it bites; default 0. */
  readonly after?: number;
  /** For throttling and latency: the length in ms; default 2,000. */
  readonly ms?: number;
  /** For `server_error`: the status; default 500. */
  readonly status?: number;
  /** For `reset_in_body` and `truncated_body`: how much of the body still goes out, 0 … 1; default a half. */
  readonly share?: number;
  /** For `redirect_elsewhere`: where to; default `http://127.0.0.1:9/`. */
  readonly location?: string;
}

export interface Faults {
  /** Kinds that this sandbox can show; the vendor's nature forbids others (a cursor that does not exist is never refused). */
  readonly supported: readonly FaultKind[];
  /** Faults are judged in the order of injection; the first that fits answers. Returns how to take it away. */
  inject(fault: Fault): { hits(): number; remove(): void };
  clear(): void;
}

/** Raw fields in the vendor's own spelling. */
export type RawFields = Readonly<Record<string, unknown>>;

export interface Edits {
  /** Adds a record; without `record` (or for fields left out) a valid one is made. Returns its external id. `at` is the vendor's time of change. */
  insert(stream: string, record?: RawFields, at?: number): string;
  /** Changes a record; without `patch` a visible change is made to an attribute that the connector maps. */
  update(stream: string, externalId: string, patch?: RawFields, at?: number): void;
  /** Only the vendor's time of change moves. */
  touch(stream: string, externalId: string, at?: number): void;
  /** Deletes as a user of the vendor would: where the vendor keeps a trace of deletes, it is written. */
  remove(stream: string, externalId: string, at?: number): void;
  /** Deletes without any trace, as a clean-up script does. */
  vanish(stream: string, externalId: string): void;
  /** The raw record as it stands, all fields. */
  read(stream: string, externalId: string): RawFields | undefined;
  /** External ids of a stream, in no promised order. */
  ids(stream: string): readonly string[];
}

/** One thing that was written at the vendor, by whom and over what. */
export interface Written {
  readonly kind: 'create' | 'update' | 'delete';
  /** Absent for what is in no stream. */
  readonly stream?: string;
  readonly externalId: string;
  /** `api`: the connector. `rule`: the vendor's own automation. `person`: somebody at the vendor's screen. */
  readonly by: 'api' | 'rule' | 'person';
  /** ms UTC by the vendor's clock. */
  readonly at: number;
  /** Raw fields that differ afterwards; none: it was written and changed nothing. */
  readonly changed: readonly string[];
  readonly before: RawFields;
  readonly after: RawFields;
}

/**
 * What a vendor does with a write beyond what it documents of the request. Answers that get lost and slow successes are
 * faults of the wire: `reset_before_headers` and `hang_before_headers` bite after the write is applied.
 */
export type WriteRule = {
  /** Only such writes; default all. `when` sees the record before, and what is given. */
  readonly match?: { readonly stream?: string; readonly externalId?: string; readonly when?: (before: RawFields, given: RawFields) => boolean };
  /** How many writes it hits; default all. */
  readonly times?: number;
  /** Matching writes that pass before it bites; default 0. */
  readonly after?: number;
} & (
  /** Answered as a success, nothing is kept. */
  | { readonly kind: 'ignore' }
  /** Texts are trimmed and put into lower case, dates written another way. */
  | { readonly kind: 'normalise' }
  /** Some time after the write the vendor's own automation changes the record. */
  | { readonly kind: 'own_rule'; readonly afterMs: number; readonly patch: RawFields }
  /** These raw fields keep what they hold, without a word. */
  | { readonly kind: 'read_only'; readonly fields: readonly string[] }
  /** Refused in the vendor's own words: a business rule, a transition that the work flow does not have. */
  | { readonly kind: 'refuse'; readonly words: string }
  /** Asked to wait. In a batch only the item is. */
  | { readonly kind: 'throttle'; readonly ms: number }
);
export type WriteRuleKind = WriteRule['kind'];

/** The writing side of a sandbox, for tests: its rules, and the journal as the oracle. */
export interface Writes {
  readonly supported: readonly WriteRuleKind[];
  inject(rule: WriteRule): { hits(): number; remove(): void };
  clear(): void;
  /** Everything that was written since the sandbox began or the journal was cleared, in order. */
  journal(): readonly Written[];
  clearJournal(): void;
}

export interface SandboxLimits {
  /** Most records of a page, below the vendor's own maximum; `undefined` sets it back. */
  readonly pageSize?: number | undefined;
  /** Requests allowed in a time, answered with the vendor's own throttling beyond; `undefined` sets it back. */
  readonly rate?: { readonly requests: number; readonly perMs: number } | undefined;
}

export interface Sandbox {
  /** Name of the connector, = `connector:` in the configuration. */
  readonly name: string;
  /** Origin, e.g. `http://127.0.0.1:41234`. */
  readonly url: string;
  /** Streams that it has records for. */
  readonly streams: readonly string[];
  /** Credentials that it accepts, per method of the manifest; the first is the default. */
  readonly authMethods: readonly string[];
  auth(method?: string): SourceConfig['auth'];
  /** A resolved configuration that works; given keys replace its own. */
  sourceConfig(overrides?: Partial<SourceConfig>): SourceConfig;
  /**
   * The same as YAML, an entry of `sources:` indented by two, secrets as `${env:…}`. `extra` are lines of further keys of
   * the source, unindented (e.g. `streams: [computers]`).
   */
  yaml(name: string, extra?: readonly string[]): string;
  /**
   * Writes what it has as files into `folder`, and gives the entry of `sources:` that reads those in the vendor's place, so
   * that no rate limit slows a demonstration. Absent where the connector reads no files, or where the wire is no slower.
   */
  yamlFromFiles?(name: string, folder: string): Promise<string>;
  /** The variables that the YAML refers to. */
  env(): Readonly<Record<string, string>>;
  /** Every secret it knows by now, issued tokens too: none may appear in a log, a message or a database. */
  secrets(): readonly string[];
  /** External id -> what it must become, as of now. Empty for a stream it does not have. */
  truth(stream: string): ReadonlyMap<string, ExpectedFacts>;
  requests(): readonly LoggedRequest[];
  clearRequests(): void;
  /** Most requests that were under way at once since the log was cleared. */
  peak?(): number;
  readonly faults: Faults;
  readonly edit: Edits;
  setLimits(limits: SandboxLimits): void;
  /** The vendor's clock runs ahead (or, negative, behind) of the injected one. */
  setClockSkew(ms: number): void;
  /** What the vendor does with writes, and all that was written; absent where nothing can be written. */
  readonly writes?: Writes;
  /** The vendor's webhooks; absent where it sends none. */
  readonly deliveries?: Deliveries;
  /** Rows of a stream that exist, and may be counted, but cannot be read by this user. */
  hide?(stream: string, externalIds: readonly string[]): void;
  close(): Promise<void>;
}

export interface SandboxOptions {
  /** Default: 200 machines, seed 1. */
  readonly fleet?: Fleet;
  /** Default: the machine's clock. Throttling, token lives and time stamps follow it; delays are slept on it. */
  readonly clock?: Clock;
  /** For made-up ids and secrets; default 1. */
  readonly seed?: number;
  /** Default: any free port. */
  readonly port?: number;
  /** Speak TLS with this key and certificate (`selfSigned`); default: plain HTTP. */
  readonly tls?: Certificate;
  /** How long a record that is gone still shows, where the vendor shows such; default: as the vendor does. ms. */
  readonly goneShowsForMs?: number;
  /** Method of `authMethods` that `auth()`, `sourceConfig()` and `yaml()` use when none is named. */
  readonly authMethod?: string;
  /** The vendor's own switches, documented by its sandbox. */
  readonly vendor?: Readonly<Record<string, unknown>>;
}

/** Each connector's `sandbox/index.ts` has `export const sandbox: SandboxModule`. */
export interface SandboxModule {
  /** Name of the connector. */
  readonly name: string;
  start(options?: SandboxOptions): Promise<Sandbox>;
}
