import type { Override, PersonHold } from '../model/decisions.js';
import type { Move, MoveVerdict } from '../model/lifecycle.js';
import type { RecordKey, SourceRecord } from '../model/source-record.js';
import { foldStage, settleStage, type FoldReview, type FoldResult, type LiveDependant, type StageCause } from '../lifecycle/index.js';
import type { AssetState, ReconcileRules, ReviewDraft } from './plan-types.js';
import { changedAtOf, explainAttribute, resolveAttributes } from './resolve.js';

export interface ResolveOneInput {
  readonly records: readonly SourceRecord[];
  readonly moves: readonly Move[];
  readonly verdicts: readonly MoveVerdict[];
  readonly overrides: readonly Override[];
  readonly personHolds: readonly PersonHold[];
  readonly dependants: readonly LiveDependant[];
  readonly rules: ReconcileRules;
  readonly asOf: number;
  /** The asset's first record, on which reviews of its stage hang where no record made the move. */
  readonly arrivalAnchor: RecordKey;
  readonly matches?: (pattern: string, text: string) => boolean;
}

export interface ResolvedAsset {
  readonly state: Pick<AssetState, 'assetClass' | 'stage' | 'ownStage' | 'stageSince' | 'holds' | 'attributes' | 'nextDueAt'>;
  readonly by: StageCause;
  readonly fold: FoldResult;
  readonly ruleMoves: readonly Move[];
  readonly reviews: readonly ReviewDraft[];
}

/** One asset from all that is stored of it: its values, its stage, what rules now move, what a person must look at. */
export function resolveOne(input: ResolveOneInput): ResolvedAsset {
  const { records, overrides, rules, asOf } = input;
  const claims = { records, rules: rules.authority, classes: rules.identity.classes, overrides, asOf };
  const values = resolveAttributes({ ...claims, explain: false });
  const stageInput = {
    records, moves: input.moves, verdicts: input.verdicts, overrides, personHolds: input.personHolds, liveDependants: input.dependants, rules: rules.lifecycle, authority: rules.authority, classes: rules.identity.classes, asOf,
    ...(values.assetClass !== undefined && { assetClass: values.assetClass }), disposalReference: textOf(values.attributes['disposal_reference']),
  };
  const settled = settleStage({
    ...stageInput, attributes: values.attributes, lifecycleRules: rules.stageRules, changedAt: (attribute) => changedAtOf(explainAttribute(claims, attribute)), ...(input.matches && { matches: input.matches }),
  });
  const { fold } = settled;
  // Other assets' guards look at the stage that this one would have without its own dependants: so guards never wait for each other.
  const own = input.dependants.length === 0 ? fold : foldStage({ ...stageInput, moves: [...input.moves, ...settled.newMoves], liveDependants: [] });
  const due = [values.nextDueAt, settled.nextDueAt].filter((at) => at !== undefined);
  return {
    state: {
      ...(values.assetClass !== undefined && { assetClass: values.assetClass }), stage: fold.stage, ownStage: own.stage, stageSince: fold.since, holds: fold.holds, attributes: values.attributes,
      ...(due.length > 0 && { nextDueAt: Math.min(...due) }),
    },
    by: fold.by, fold, ruleMoves: settled.newMoves, reviews: fold.reviews.map((review) => stageReview(review, input.arrivalAnchor)),
  };
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function stageReview({ kind, moveKey, from, to, because, record }: FoldReview, anchor: RecordKey): ReviewDraft {
  return { kind, cause: `move:${moveKey}`, records: [record ?? anchor], because, detail: { moveKey, from, to } };
}
