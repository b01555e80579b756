import type { AttributeValue, LifecycleStage } from '../../../connectors/sdk/contract/index.js';
import type { Expression } from '../expressions/types.js';
import type { Claim, RecordKey, SourceRecord } from '../model/source-record.js';
import type { ClassTree } from '../model/rules.js';
import type { Move } from '../model/lifecycle.js';
import type { FoldResult } from './fold-types.js';

/** A rule of the configuration. */
export interface LifecycleRule {
  readonly name: string;
  readonly when: Expression;
  readonly to: LifecycleStage;
  /** Absent: from every stage that is not protected. A protected stage that stands here is thereby listed. */
  readonly from?: readonly LifecycleStage[];
  /** The rule may leave protected stages and holds (never a legal hold into disposed). */
  readonly protected?: boolean;
}

/** What rules look at. */
export interface RuleInput {
  readonly records: readonly SourceRecord[];
  readonly fold: Pick<FoldResult, 'stage' | 'since' | 'holds'>;
  readonly assetClass?: string;
  readonly classes: ClassTree;
  /** As resolved. */
  readonly attributes: { readonly [attribute: string]: AttributeValue };
  /** When the present value of an attribute was taken, by the claim that won: null or undefined where nobody tells. */
  readonly changedAt?: (attribute: string) => Claim['changedAt'] | undefined;
  /** Moves that are written already: they are not proposed again. */
  readonly moves: readonly Move[];
  /** Those of the configuration; the built-in ones always apply. */
  readonly rules: readonly LifecycleRule[];
  /** Linear-time search of a pattern, for `matches`. Absent: no pattern is found. */
  readonly matches?: (pattern: string, text: string) => boolean;
  readonly asOf: number;
}

/** A rule whose condition holds, and since when. */
export interface Firing {
  readonly rule: string;
  readonly to: LifecycleStage;
  readonly at: number;
  /** The smallest record key involved. */
  readonly anchor: RecordKey;
  readonly from?: readonly LifecycleStage[];
  readonly leavesProtected?: true;
  readonly because: string;
}

/** `due`: ms UTC, later than `asOf`, at which it may hold by time alone. */
export interface Judged { readonly firing?: Firing; readonly dueAt?: number }
