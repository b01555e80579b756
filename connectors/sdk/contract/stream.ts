import type { StreamPush } from './push.js';
import type { FetchedOne, Mapping } from './records.js';

/** A stream's high-water mark, opaque to the core. JSON text, so that it survives upgrades of the connector. */
export type Cursor = string;
/** A place in one pass, opaque to the core: resuming with it gives the pages after it. */
export type PageToken = string;

/**
 * What a complete read covers, e.g. `account=111122223333,region=eu-west-1` or `table=cmdb_ci_computer`.
 * The empty text is the whole stream. The runtime adds the hash of filter and options.
 */
export type ScopeName = string;

export interface ScopeEnd {
  readonly scope: ScopeName;
  /** `complete`: every record of the scope has been given in this pass. `uncovered`: not, for `reason`; nothing there is missing. */
  readonly coverage: 'complete' | 'uncovered';
  readonly reason?: string;
  /** Rows that the vendor counts but this user cannot read. */
  readonly hidden?: number;
  readonly warning?: string;
}

/** A delete that the vendor told (audit table, event). */
export interface ToldDelete {
  readonly externalId: string;
  /** ms UTC. */
  readonly at?: number;
}

export interface Page<Raw = unknown> {
  readonly scope: ScopeName;
  readonly records: readonly Raw[];
  /** Resume behind this page; `null`: the pass over the stream is over. Pages of one pass come in order. */
  readonly next: PageToken | null;
  /** Scopes that end with this page. In a full pass every configured scope ends exactly once. */
  readonly ends?: readonly ScopeEnd[];
  readonly gone?: readonly ToldDelete[];
  /** The mark from which the next incremental pass starts once everything up to here is stored. On the last page at least. */
  readonly cursor?: Cursor;
  /** Records that the vendor says the pass will give in all, for progress; a lie does no harm. */
  readonly expected?: number;
  readonly warnings?: readonly string[];
}

export interface PullFrom {
  readonly mode: 'full' | 'incremental';
  /** In incremental mode: where the last one ended. */
  readonly cursor?: Cursor;
  /** Resume an interrupted pass (same mode, same configuration). */
  readonly resume?: PageToken;
  /** Page size to ask for; absent: the vendor's best. */
  readonly pageSize?: number;
}

export interface Stream<Client, Raw = any> {
  readonly name: string;
  /** The rights it needs, in the vendor's words; `check` names the one that is missing. */
  readonly permissions: readonly string[];
  /** How deletes become known. */
  readonly deletes: 'told' | 'by_full_scan' | 'unknowable';
  /** A record that a complete pass of its scope did not return counts as told: it needs no grace, for its list is what the source says. */
  readonly missingIsTold?: boolean;
  /** `none`: every pass is full. `partial`: increments are blind to some changes, so only full scans confirm. */
  readonly incremental: 'full' | 'partial' | 'none';
  /** Keys of a raw record that tell where it stood when it was read, not what it says: one that merely stands elsewhere is unchanged. */
  readonly placeKeys?: readonly string[];
  /** An empty full pass is a failure even on first load. */
  readonly neverEmpty?: boolean;
  /** Streams whose records this one refers to: they run first. */
  readonly after?: readonly string[];
  pull(client: Client, from: PullFrom): AsyncIterable<Page<Raw>>;
  /** Pure. `source` is the instance's name, for references to records of the same source. Never throws. */
  map(raw: Raw, context: MapContext): Mapping;
  fetchOne?(client: Client, externalId: string): Promise<FetchedOne<Raw>>;
  /** Absent: records of this stream are never written. Needs `fetchOne`, by which every write is verified. */
  readonly push?: StreamPush<Client, Raw>;
}

export interface MapContext {
  readonly source: string;
  /** The connector's validated options. */
  readonly options: Readonly<Record<string, any>>;
  /** When this record was read, ms UTC. */
  readonly readAt: number;
}
