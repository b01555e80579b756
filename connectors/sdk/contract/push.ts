import type { SourceError } from './errors.js';
import type { AttributeValue, Claims, FetchedOne, Identifier } from './records.js';
import type { LifecycleStage } from './vocabulary.js';

/** Raw status codes of a record, by field, as its reading gives them (`StageReading.raw`). */
export type StageCodes = { readonly [field: string]: string };

/** One attribute as it is to stand in the target. */
export interface FieldWrite {
  /** Canonical name; never `stage`. */
  readonly attribute: string;
  /** In the target's own spelling: value maps are undone. `null`: to be emptied. */
  readonly value: AttributeValue | null;
  /** The raw field, as a path into the record, where the configuration maps the attribute from one. Absent: the connector's own field. */
  readonly path?: readonly string[];
}

/** What one existing record is to say. */
export interface RecordWrite<Raw = any> {
  readonly externalId: string;
  /** All status fields of the product, written together. Absent: the stage stays as it is. */
  readonly stage?: { readonly stage: LifecycleStage; readonly codes: StageCodes };
  /** Only what differs. */
  readonly fields: readonly FieldWrite[];
  /** The record as it was read right before: what is written must not overwrite anything newer. */
  readonly current: Raw;
}

/**
 * What became of one write. No answer of a vendor is believed: whatever was `accepted` is read back.
 * `retry`: surely not applied, to be tried again. `unknown`: it may have been applied: read back before anything else.
 * `conflict`: the record changed since it was read, nothing was written. `refused`: repeating it does not help.
 */
export type WriteOutcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'conflict'; readonly reason: string }
  | { readonly kind: 'gone'; readonly reason: string }
  | { readonly kind: 'refused'; readonly error: SourceError }
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  | { readonly kind: 'unknown'; readonly reason: string };

/** An asset that the target does not have yet. */
export interface NewRecord {
  readonly assetId: string;
  readonly assetClass: string;
  /** The target's field that carries our asset id (`push.reference`, else the first of the manifest's `referenceFields`). */
  readonly reference: string;
  /** In the target's spelling. */
  readonly attributes: Claims;
  readonly identifiers: readonly Identifier[];
  readonly stage?: { readonly stage: LifecycleStage; readonly codes: StageCodes };
}

/** A record of the target that may be the asset. `reference`: it carries our asset id. `identifier`: it holds one of its identifiers, compared exactly. */
export interface FoundRecord {
  readonly externalId: string;
  readonly by: 'reference' | 'identifier';
  /** What matched, for people: `serial 5CG1234ABC`. */
  readonly match: string;
}

export type CreateOutcome =
  | { readonly kind: 'created'; readonly externalId: string }
  /** The vendor's own identification took an existing record instead. */
  | { readonly kind: 'matched'; readonly externalId: string; readonly reason: string }
  | { readonly kind: 'refused'; readonly error: SourceError }
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  | { readonly kind: 'unknown'; readonly reason: string };

/** How records of a stream are written. The runtime decides what is written, when and whether; it retries, verifies and counts. */
export interface StreamPush<Client, Raw = any> {
  /** Attributes for which the vendor has a field of its own; others can be written where the configuration maps them from a plain path. */
  readonly attributes: readonly string[];
  /** Most records one call of `write` takes. */
  readonly batch: number;
  /**
   * The codes to write for a stage, all status fields together; `undefined`: the vendor cannot be told. `given`: codes that the
   * configuration's own stage mapping names, which win over the connector's. `options`: the source's, as the client has them. Absent: the
   * stream's records carry no stage.
   */
  codesFor?(stage: LifecycleStage, given: StageCodes, options?: Readonly<Record<string, unknown>>): StageCodes | undefined;
  /** One outcome for each write, in order. Throws a SourceError where nothing at all is known of the batch. */
  write(client: Client, writes: readonly RecordWrite<Raw>[]): Promise<readonly WriteOutcome[]>;
  /** Several records at once, as `fetchOne` gives them. Absent: one by one. */
  fetchMany?(client: Client, externalIds: readonly string[]): Promise<ReadonlyMap<string, FetchedOne<Raw>>>;
  /** Why a write that was accepted may have changed nothing, in the vendor's terms, where it can be found out. */
  likelyCause?(client: Client, write: RecordWrite<Raw>, after: Raw): Promise<string | undefined>;
  /** Absent: records are only updated. */
  readonly create?: {
    /** Classes (with those below them) of which this stream takes new records. */
    readonly classes: readonly string[];
    search(client: Client, wanted: NewRecord): Promise<readonly FoundRecord[]>;
    create(client: Client, wanted: NewRecord): Promise<CreateOutcome>;
  };
}
