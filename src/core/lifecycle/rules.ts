import { evaluate } from '../expressions/evaluate.js';
import { instantAt, nextTurnAt } from '../expressions/instants.js';
import type { DatedFacts } from '../expressions/types.js';
import { RULE_CLOCKS } from '../expressions/vocabulary.js';
import { moveKey, type Move } from '../model/lifecycle.js';
import { BUILT_IN_RULES, knownSince, smallestKey } from './built-in-rules.js';
import { ruleFacts } from './rule-facts.js';
import type { Firing, Judged, LifecycleRule, RuleInput } from './rule-types.js';

export interface RuleMoves {
  /** Not written yet. */
  readonly moves: readonly Move[];
  /** ms UTC: the first instant after `asOf` at which time alone may make a rule fire. */
  readonly nextDueAt?: number;
}

/**
 * The moves that rules make of what is known now, each at the instant at which its condition became true: so evaluating late, twice or
 * on another day proposes the same. Whether a move then counts (protected stages, holds, guards, the stage that it starts from) is the
 * fold's to say.
 */
export function evaluateRules(input: RuleInput): RuleMoves {
  if (input.records.length === 0) return { moves: [] };
  const judged = [...BUILT_IN_RULES.map((rule) => rule(input)), ...judgeConfigured(input)];
  const written = new Set(input.moves.map(moveKey));
  const moves = judged.flatMap(({ firing }) => (firing && firing.to !== input.fold.stage ? [moveOf(firing, input.asOf)] : [])).filter((move) => !written.has(moveKey(move)));
  const due = judged.flatMap(({ dueAt }) => (dueAt === undefined || dueAt <= input.asOf ? [] : [dueAt]));
  return { moves, ...(due.length > 0 && { nextDueAt: Math.min(...due) }) };
}

/** A vendor's clock may run ahead; nothing became true later than now. */
function moveOf({ rule, to, at, anchor, from, leavesProtected, because }: Firing, asOf: number): Move {
  return { origin: { kind: 'rule', name: rule }, anchor, to, at: Math.min(at, asOf), reason: because, ...(from && { from }), ...(leavesProtected && { leavesProtected }) };
}

function judgeConfigured(input: RuleInput): Judged[] {
  if (input.rules.length === 0) return [];
  const facts = ruleFacts(input);
  return input.rules.map((rule) => judge(rule, facts, input));
}

function judge(rule: LifecycleRule, facts: DatedFacts, { records, fold }: RuleInput): Judged {
  if (rule.from && !rule.from.includes(fold.stage)) return {};
  const dueAt = nextTurnAt(rule.when, facts, RULE_CLOCKS);
  const due = dueAt === undefined ? {} : { dueAt };
  if (!evaluate(rule.when, facts)) return due;
  // A rule that names the stages it starts from holds since the asset came into this one; so may it fire at each coming.
  const entered = rule.from ? (fold.since ?? Number.NEGATIVE_INFINITY) : Number.NEGATIVE_INFINITY;
  // Where no fact is dated the condition has held as long as anybody knows.
  const told = instantAt(rule.when, facts, RULE_CLOCKS) ?? fold.since ?? knownSince(records);
  return {
    ...due,
    firing: {
      rule: rule.name, to: rule.to, at: Math.max(told, entered), anchor: smallestKey(records), because: `rule ${rule.name}`,
      ...(rule.from && { from: rule.from }), ...(rule.protected && { leavesProtected: true as const }),
    },
  };
}
