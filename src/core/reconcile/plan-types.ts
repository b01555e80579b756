import type { AttributeValue, Hold, LifecycleStage } from '../../../connectors/sdk/contract/index.js';
import type { Constraint, Override, PersonHold } from '../model/decisions.js';
import type { Move, MoveVerdict } from '../model/lifecycle.js';
import type { AuthorityRules, IdentityRules, LifecycleRules } from '../model/rules.js';
import type { RecordKey, SourceRecord } from '../model/source-record.js';
import type { LifecycleRule } from '../lifecycle/rule-types.js';
import type { LiveDependant } from '../lifecycle/fold-types.js';
import type { IdentityReview, KnownValues, ValueOutcome } from './partition.js';

/** An asset as stored. `seq` grows with creation: the earliest keeps its id when assets become one. */
export interface AssetState {
  readonly id: string;
  readonly seq: number;
  /** The asset's first record: where it goes, the id goes. */
  readonly anchor: RecordKey;
  readonly assetClass?: string;
  readonly stage: LifecycleStage;
  /** The stage without the guard of live dependants: what other assets' guards look at. */
  readonly ownStage: LifecycleStage;
  readonly stageSince: number | null;
  readonly holds: readonly Hold[];
  readonly attributes: { readonly [attribute: string]: AttributeValue };
  readonly flags: { readonly [flag: string]: readonly RecordKey[] };
  /** ms UTC. */
  readonly asOf: number;
  readonly nextDueAt?: number;
}

/** Everything that decides, besides the records. One object a configuration. */
export interface ReconcileRules {
  readonly identity: IdentityRules;
  readonly authority: AuthorityRules;
  readonly lifecycle: LifecycleRules;
  readonly stageRules: readonly LifecycleRule[];
}

export interface PlanInput {
  /** The closure with the changed records already in their new version, in any order. */
  readonly records: readonly SourceRecord[];
  /** Records whose closure is whole. Others were loaded only to judge these by, and are left where they are. */
  readonly followed: ReadonlySet<RecordKey>;
  /** Where each record stood before; absent: it is new. */
  readonly membership: ReadonlyMap<RecordKey, string>;
  /** Records in order of arrival: which record of an asset is its first. */
  readonly arrival: ReadonlyMap<RecordKey, number>;
  /** Records with new content. */
  readonly changed: ReadonlySet<RecordKey>;
  /** Assets to resolve although none of their records changed (something is due, a person decided). */
  readonly touched: ReadonlySet<string>;
  readonly assets: ReadonlyMap<string, AssetState>;
  readonly moves: readonly Move[];
  /** Moves that this plan's records bring; they are among `moves` too. */
  readonly newMoves: readonly Move[];
  readonly verdicts: readonly MoveVerdict[];
  readonly overrides: readonly Override[];
  readonly personHolds: readonly PersonHold[];
  readonly constraints: readonly Constraint[];
  /** By asset id: assets that live on it, by their own stage. */
  readonly dependants: ReadonlyMap<string, readonly LiveDependant[]>;
  readonly known?: KnownValues;
  readonly rules: ReconcileRules;
  readonly asOf: number;
  /** Verification resolves each asset at the instant at which it was resolved last. */
  readonly asOfOf?: (asset: AssetState) => number;
  /** Linear-time search of a pattern. */
  readonly matches?: (pattern: string, text: string) => boolean;
  mint(): { readonly id: string; readonly seq: number };
}

export interface PlannedAsset {
  readonly before?: AssetState;
  readonly after: AssetState;
  readonly records: readonly RecordKey[];
  /** Nothing that is stored differs. */
  readonly same: boolean;
}

export interface PlannedChange {
  readonly assetId: string;
  /** An attribute, `class`, `stage`, `holds`, or `created`, `merged`, `split`. */
  readonly attribute: string;
  readonly before: unknown;
  readonly after: unknown;
  /** Set where a rule or a person, not a record, moved the stage. */
  readonly rule?: string;
  readonly person?: string;
}

/** What a run may not do at once in great number: it waits until the stream's end. */
export type EffectKind = 'stage_move' | 'class_change' | 'merge' | 'split' | 'emptied' | 'tombstone';
export const EFFECT_KINDS: readonly EffectKind[] = ['stage_move', 'class_change', 'merge', 'split', 'emptied', 'tombstone'];

export interface Effect {
  readonly kind: EffectKind;
  /** The changed records that cause it. */
  readonly causes: readonly RecordKey[];
  readonly assets: readonly string[];
}

export interface ReviewDraft {
  readonly kind: string;
  /** Names the cause: one open review each. */
  readonly cause: string;
  readonly records: readonly RecordKey[];
  readonly because: string;
  readonly detail: { readonly [key: string]: unknown };
  /** Of an event that can happen again: ms at which each record was last seen before it. Only an answer to a later question is an answer to this one. */
  readonly seenAt?: ReadonlyMap<RecordKey, number>;
}

export interface PagePlan {
  readonly assets: readonly PlannedAsset[];
  /** Assets whose records all went to others. */
  readonly gone: readonly { readonly id: string; readonly into: string }[];
  /** Assets whose records were all withdrawn: as if nobody had ever spoken of them. */
  readonly emptied: readonly string[];
  /** Records whose asset changed. */
  readonly memberships: readonly { readonly key: RecordKey; readonly assetId: string }[];
  readonly changes: readonly PlannedChange[];
  /** Moves by rules that became due. */
  readonly ruleMoves: readonly Move[];
  readonly effects: readonly Effect[];
  readonly reviews: readonly ReviewDraft[];
  /** Identity reviews of records that are looked at but not judged: only what is asked already is known to be whole. */
  readonly nearby: readonly ReviewDraft[];
  /** Causes of reviews that are over, whichever records they name. */
  readonly over: readonly string[];
  readonly values: readonly ValueOutcome[];
  /** Records for which every identity and stage review stands in `reviews`: others of theirs are over. */
  readonly reviewed: ReadonlySet<RecordKey>;
}

export type { IdentityReview };
