import type { Move } from '../model/lifecycle.js';
import { foldStage } from './fold.js';
import type { FoldInput, FoldResult } from './fold-types.js';
import { evaluateRules } from './rules.js';
import type { RuleInput } from './rule-types.js';

export type SettleInput = FoldInput & Pick<RuleInput, 'attributes' | 'changedAt' | 'matches'> & { readonly lifecycleRules: RuleInput['rules'] };

export interface Settled {
  readonly fold: FoldResult;
  /** To be written by the caller, append-only. */
  readonly newMoves: readonly Move[];
  readonly nextDueAt?: number;
}

/** One rule's move may satisfy the next rule (gone, retired, disposed); each step uses up a rule and an instant, so this bound is never met but by rules that chase each other. */
const ROUNDS = 16;

/** Folds and evaluates rules in turn until no rule has anything to add. */
export function settleStage(input: SettleInput): Settled {
  let moves = input.moves;
  for (let round = 1; ; round++) {
    const fold = foldStage({ ...input, moves });
    const found = evaluateRules({ ...input, fold, moves, rules: input.lifecycleRules });
    if (found.moves.length === 0 || round === ROUNDS) {
      const due = [fold.nextDueAt, found.nextDueAt].filter((at) => at !== undefined);
      return { fold, newMoves: moves.slice(input.moves.length), ...(due.length > 0 && { nextDueAt: Math.min(...due) }) };
    }
    moves = [...moves, ...found.moves];
  }
}
