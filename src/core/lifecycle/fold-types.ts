import type { Hold, LifecycleStage, RelationshipKind } from '../../../connectors/sdk/contract/index.js';
import type { Override, PersonHold } from '../model/decisions.js';
import type { Move, MoveOrigin, MoveVerdict } from '../model/lifecycle.js';
import type { AuthorityRules, ClassTree, LifecycleRules } from '../model/rules.js';
import type { RecordKey, SourceRecord } from '../model/source-record.js';

/** Relationships over which a live asset guards the one that it stands on. */
export const DEPENDENCY_KINDS: readonly RelationshipKind[] = ['runs_on', 'hosted_by', 'depends_on'];
/** Stages in which an asset counts as a live dependant. */
export const LIVE_STAGES: readonly LifecycleStage[] = ['deployed', 'in_use', 'maintenance'];

/** An asset in a live stage, by its own fold without this guard, that runs_on, is hosted_by or depends_on the one judged. */
export interface LiveDependant {
  readonly id: string;
  readonly name?: string;
  readonly kind: RelationshipKind;
  /** Since when it depends, ms UTC: it guards against nothing that happened before. Absent: it always did. */
  readonly since?: number;
}

export interface FoldInput {
  /** All accepted records of one asset, in any order; tombstoned ones count, those of a withdrawn source are not handed in. */
  readonly records: readonly SourceRecord[];
  /** Those anchored to one of the records, in any order; doubles do no harm. */
  readonly moves: readonly Move[];
  readonly verdicts: readonly MoveVerdict[];
  readonly rules: LifecycleRules;
  readonly authority: AuthorityRules;
  readonly classes: ClassTree;
  readonly assetClass?: string;
  readonly personHolds: readonly PersonHold[];
  /** Those of the attribute `stage` pin it; others are passed over. */
  readonly overrides: readonly Override[];
  readonly liveDependants: readonly LiveDependant[];
  /** The resolved attribute `disposal_reference`. */
  readonly disposalReference?: string | null;
  readonly asOf: number;
}

/**
 * `skipped`: illegal, guarded, or a rule before a protected stage or a hold. `outvoted`: a higher source said otherwise within the tie
 * window. `not_a_speaker`: its source may not move the stage. `frozen`: the damper. `not_from`: a rule's move, and the asset was elsewhere.
 */
export type StepOutcome = 'applied' | 'skipped' | 'outvoted' | 'not_a_speaker' | 'rejected' | 'frozen' | 'not_from';

export interface FoldStep {
  readonly move: Move;
  readonly outcome: StepOutcome;
  readonly because: string;
  /** The stage before it. */
  readonly from: LifecycleStage;
  /** Stages that an applied jump left out. */
  readonly passed: readonly LifecycleStage[];
}

export interface FoldReview {
  readonly kind: 'illegal_move' | 'guarded_move' | 'flapping';
  /** Names the move that a verdict accepts or rejects. */
  readonly moveKey: string;
  readonly from: LifecycleStage;
  readonly to: LifecycleStage;
  readonly because: string;
  /** The record that made the move: while the review is open nothing is written to it. */
  readonly record?: RecordKey;
}

export type FoldReport = { readonly kind: 'baselines_disagree'; readonly baselines: readonly { readonly record: RecordKey; readonly stage: LifecycleStage }[] };

/** Whence the stage. `default`: no speaker has said anything, so it counts as deployed. */
export type StageCause =
  | MoveOrigin
  | { readonly kind: 'baseline'; readonly key: RecordKey }
  | { readonly kind: 'default' }
  | { readonly kind: 'override'; readonly by: string; readonly reason: string; readonly until?: number };

export interface FoldResult {
  /** As the asset has it: the fold's, or a person's pin. */
  readonly stage: LifecycleStage;
  /** ms UTC; null: by a baseline, whose time nobody knows. */
  readonly since: number | null;
  readonly by: StageCause;
  /** What the moves alone give, where a pin hides it. */
  readonly underPin?: LifecycleStage;
  readonly holds: readonly Hold[];
  /** Every move, once, in the order in which it counts. */
  readonly steps: readonly FoldStep[];
  /** What is open now. */
  readonly reviews: readonly FoldReview[];
  readonly reports: readonly FoldReport[];
  readonly frozen: boolean;
  /** ms UTC: when the pin ends. */
  readonly nextDueAt?: number;
}
