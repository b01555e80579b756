import type { AttributeValue, Hold, IdentifierKind, LifecycleStage, SourceRole } from '../../../connectors/sdk/contract/index.js';

/** `source/stream/externalId`: names a source record for ever; opaque and case-sensitive. */
export type RecordKey = string;
export const recordKey = (source: string, stream: string, externalId: string): RecordKey => `${source}/${stream}/${externalId}`;

/**
 * `live`: its source has it. `unread`: no longer covered by the configuration; counts as live for identity, is not
 * confirmed any more. `tombstoned`: its source no longer has it.
 */
export type RecordState = 'live' | 'unread' | 'tombstoned';

/** A normalised identifier, as identity compares it. */
export interface RecordIdentifier {
  readonly kind: IdentifierKind;
  readonly value: string;
  /** A value that means nothing (placeholder, zero UUID, shared adapter): listed, never compared. */
  readonly placeholder?: true;
  /** Lockstep itself wrote this value there: links and contradicts nothing. */
  readonly echo?: true;
}

/** What one record says of one attribute. `null`: said to be empty. */
export interface Claim {
  readonly value: AttributeValue | null;
  /** The record's modified time of the version in which this claim last took another value, ms UTC; null: the source tells no time. */
  readonly changedAt: number | null;
  /** The value is what Lockstep last wrote to that very record: ranks below every source's own claim. */
  readonly echo?: true;
}

/** A source record's accepted version, as the pure core sees it. Only records of kind asset take part in identity. */
export interface SourceRecord {
  readonly key: RecordKey;
  readonly source: string;
  readonly stream: string;
  readonly externalId: string;
  readonly role: SourceRole;
  readonly state: RecordState;
  readonly assetClass?: string;
  /** The record's modified time of the version in which `assetClass` last took another value, ms UTC. Absent: the source tells no time. */
  readonly classChangedAt?: number | null;
  readonly identifiers: readonly RecordIdentifier[];
  /** Normalised manufacturer: "Dell Inc." and "DELL" are one. */
  readonly maker?: string;
  /** The labels by which its host name compares; empty: it has none and differs from nobody. */
  readonly hostnames: readonly string[];
  /** The attribute name, compared like a host name, never stored as an identifier. */
  readonly nameLabel?: string;
  readonly claims: { readonly [attribute: string]: Claim };
  /** max(record read at, covered-to mark of its scope), ms UTC. */
  readonly confirmedAt: number;
  /** Since when its source cannot be read, ms UTC: what cannot be confirmed does not age meanwhile. */
  readonly failingSince?: number;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly tombstonedAt?: number;
  /** The first reading of its stage; has no time. Absent: never said one that the stage table reads. */
  readonly baseline?: LifecycleStage;
  /** What the latest reading says, as a stage. Absent: not known. Closes the review of a skipped move that the source itself has taken back. */
  readonly stageRead?: LifecycleStage;
  /** Holds in force by this record's readings; a legal one stays until a person lifts it. */
  readonly holds?: readonly Hold[];
  /** Since when each of them has been read, ms UTC: a hold forbids nothing that happened before. Absent: it always stood. */
  readonly holdsSince?: { readonly [H in Hold]?: number };
  /** Holds that a person lifted although the source goes on stating them. */
  readonly holdsLifted?: readonly Hold[];
  /** Facts for life cycle rules: power_state is taken from the claims, others stand here. */
  readonly facts?: { readonly [fact: string]: string | number | boolean };
  /** When this record was first read with power_state running, ms UTC. */
  readonly firstRunningAt?: number;
  /** Since when it has been read with power_state terminated, ms UTC: the vendor's own time where it tells one. */
  readonly terminatedAt?: number;
}

export const isLive = (record: { readonly state: RecordState }): boolean => record.state !== 'tombstoned';
export const streamOf = (record: { readonly source: string; readonly stream: string }): string => `${record.source}/${record.stream}`;
