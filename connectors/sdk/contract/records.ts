import type { Hold, IdentifierKind, LifecycleStage, RelationshipKind } from './vocabulary.js';

/** A list is a set (order carries no meaning); an object is a set of tags. */
export type AttributeValue = string | number | boolean | readonly string[] | { readonly [key: string]: string };

/** What a record says of an attribute. `null`: said to be empty. Key absent: not said. */
export type Claims = { readonly [attribute: string]: AttributeValue | null };

export interface Identifier {
  readonly kind: IdentifierKind;
  /** As the source spells it; the core normalises. `external_ref` is `source/stream/externalId`, opaque and case-sensitive. */
  readonly value: string;
}

/** What a record says of the life cycle. */
export interface StageReading {
  /** The raw codes as the vendor keeps them, e.g. `{ install_status: '7', substatus: 'disposed' }`. */
  readonly raw: { readonly [field: string]: string };
  /** Canonical stage that the stage table reads from them; absent: unmapped or silent (makes no move and is reported). */
  readonly stage?: LifecycleStage;
  readonly holds?: readonly Hold[];
  /** The vendor's own time of that stage change, ms UTC, where it tells one. */
  readonly at?: number;
  /** Reference that proves a disposal, where the vendor keeps one. */
  readonly evidence?: string;
}

interface MappedBase {
  /** Unique within (source, stream); opaque, case-sensitive, at most 255 characters. */
  readonly externalId: string;
  /** The vendor's time of last change, ms UTC; absent where it tells none. */
  readonly modifiedAt?: number;
  /** A number that only grows with the record's changes, where the vendor has one. */
  readonly version?: number;
}

/** A configuration item or asset. Goes through identity and resolution. */
export interface AssetRecord extends MappedBase {
  readonly kind: 'asset';
  readonly assetClass?: string;
  readonly identifiers: readonly Identifier[];
  readonly claims: Claims;
  readonly stage?: StageReading;
  /** What the record shows of attributes that the configuration does not let it claim and yet writes to it. Set by the runtime. */
  readonly shown?: Claims;
  /** Facts for life cycle rules that are no attributes, e.g. `{ absent: true }`. */
  readonly facts?: { readonly [fact: string]: string | number | boolean };
  /** The source itself tells that the record is deleted or terminated: a told delete. `at` in ms UTC. */
  readonly told?: { readonly at?: number; readonly because: string };
}

/** The end of a relationship: a record of some source. `stream` lists all streams of this source that may hold it. */
export interface RecordRef {
  /** Absent: the source that gives the relationship. */
  readonly source?: string;
  readonly streams: readonly string[];
  readonly externalId: string;
}

/** `from` kind `to`, e.g. volume attached_to instance. */
export interface RelationshipRecord extends MappedBase {
  readonly kind: 'relationship';
  readonly relation: RelationshipKind;
  readonly from: RecordRef;
  readonly to: RecordRef;
}

/** Software found on an asset. Text as the source reports it. */
export interface InstallationRecord extends MappedBase {
  readonly kind: 'installation';
  readonly on: RecordRef;
  readonly product: string;
  readonly publisher?: string;
  readonly productVersion?: string;
  readonly installedOn?: string;
}

/** Things that assets refer to and that are no assets: companies, users, locations, models, sites, vendors. */
export interface ReferenceRecord extends MappedBase {
  readonly kind: 'reference';
  readonly referenceType: 'company' | 'user' | 'location' | 'model' | 'department' | 'site' | 'supplier';
  readonly name: string;
  readonly fields: { readonly [field: string]: string | number | boolean | null };
}

export interface CvssScore {
  readonly version: '2.0' | '3.0' | '3.1' | '4.0';
  readonly vector: string;
  readonly score: number;
  readonly severity?: string;
  readonly source: string;
  readonly type: 'Primary' | 'Secondary';
}

/** One CVE. `configurations` and `affected` keep the vendor's shape; absent configurations mean unknown, never unaffected. */
export interface VulnerabilityRecord extends MappedBase {
  readonly kind: 'vulnerability';
  readonly status: string;
  /** ms UTC. */
  readonly publishedAt: number;
  readonly description?: string;
  readonly scores: readonly CvssScore[];
  readonly weaknesses: readonly string[];
  readonly knownExploited?: { readonly addedOn: string; readonly dueOn?: string; readonly action?: string; readonly name?: string };
  readonly references: readonly { readonly url: string; readonly tags: readonly string[] }[];
  readonly tags: readonly string[];
  readonly configurations?: unknown;
  readonly affected?: unknown;
}

export type MappedRecord = AssetRecord | RelationshipRecord | InstallationRecord | ReferenceRecord | VulnerabilityRecord;

/** Mapping never throws: a record that cannot be mapped is rejected with a reason that a person understands. */
export type Mapping =
  /** `notes`: what was cut or left out on the way, for people; no part of the record. */
  | { readonly ok: true; readonly record: MappedRecord; readonly notes?: readonly string[] }
  /** Deliberately not a record of ours (e.g. a row marked as duplicate by the vendor): counted as filtered. */
  | { readonly ok: true; readonly skip: string; readonly externalId: string }
  | { readonly ok: false; readonly externalId?: string; readonly reason: string };

/** A single record, asked for by its id. */
export type FetchedOne<Raw> =
  | { readonly kind: 'found'; readonly raw: Raw }
  /** The vendor says definitely that it no longer exists. */
  | { readonly kind: 'gone'; readonly at?: number }
  /** Not readable, and it cannot be told whether it exists: counts as one more time not seen. */
  | { readonly kind: 'unknown'; readonly reason: string };
