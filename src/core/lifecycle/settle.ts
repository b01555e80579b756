import { byCodeUnit } from '../model/compare.js';
import { moveKey, type Move } from '../model/lifecycle.js';
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

/** More moves than an asset's life has; rules that chase each other for ever are cut off here, and go on at the next evaluation. */
const ROUNDS = 64;

/**
 * Folds and evaluates rules in turn until no rule has anything to add. Each time only the earliest move counts and all else is judged
 * anew after it, so that looking late finds what would have been found by looking at every instant.
 */
export function settleStage(input: SettleInput): Settled {
  let moves = input.moves;
  for (let round = 1; ; round++) {
    const fold = foldStage({ ...input, moves });
    const found = evaluateRules({ ...input, fold, moves, rules: input.lifecycleRules });
    const isCutOff = found.moves.length > 0 && round === ROUNDS;
    if (found.moves.length === 0 || isCutOff) {
      const due = [fold.nextDueAt, found.nextDueAt, isCutOff ? input.asOf + 1 : undefined].filter((at) => at !== undefined);
      return { fold, newMoves: moves.slice(input.moves.length), ...(due.length > 0 && { nextDueAt: Math.min(...due) }) };
    }
    moves = [...moves, found.moves.reduce((first, other) => (byTime(first, other) <= 0 ? first : other))];
  }
}

const byTime = (a: Move, b: Move): number => a.at - b.at || byCodeUnit(moveKey(a), moveKey(b));
