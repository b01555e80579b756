import { callBuiltIn, isBuiltIn } from './built-in.js';
import { negation, truthOf, valueOf, type Truth } from './evaluate.js';
import type { CompareOp, DatedFacts, Expression, Facts, Operand } from './types.js';

/** How a call's value runs with time: an age grows by 1 ms a ms, `until(day)` shrinks. Absent from the map: it stands still. */
export type Clocked = Readonly<Record<string, 'grows' | 'shrinks'>>;
export const BUILT_IN_CLOCKS: Clocked = { until: 'shrinks', since: 'grows' };

/**
 * Since when (ms UTC) the condition has held without a break, as far as the facts tell; undefined when it does not hold now, or when no
 * fact in it is dated. Gives a rule's move the instant at which its condition became true instead of that of evaluation.
 */
export function instantAt(expression: Expression, facts: DatedFacts, clocks: Clocked = {}): number | undefined {
  const { truth, since } = settled(expression, facts, { ...BUILT_IN_CLOCKS, ...clocks });
  return truth === true && Number.isFinite(since) ? since : undefined;
}

/** The first instant after `asOf` (ms UTC) at which time alone may turn the condition over; undefined: only new facts can. */
export function nextTurnAt(expression: Expression, facts: Facts, clocks: Clocked = {}): number | undefined {
  const turns = crossings(expression, facts, { ...BUILT_IN_CLOCKS, ...clocks }).map(({ op, at }) => Math.max(at, turn(op, at))).filter((at) => at > facts.asOf);
  return turns.length ? Math.min(...turns) : undefined;
}

interface Settled { readonly truth: Truth; /** `-Infinity`: as far back as is known. */ readonly since: number }

function settled(expression: Expression, facts: DatedFacts, clocks: Clocked): Settled {
  switch (expression.kind) {
    case 'not': {
      const { truth, since } = settled(expression.term, facts, clocks);
      return { truth: negation(truth), since };
    }
    case 'and': return join(expression.terms.map((term) => settled(term, facts, clocks)), false);
    case 'or': return join(expression.terms.map((term) => settled(term, facts, clocks)), true);
    case 'compare': {
      const crossing = crossingOf(expression.op, expression.left, expression.right, facts, clocks);
      const truth = truthOf(expression, facts);
      if (crossing) {
        const since = turn(crossing.op, crossing.at);
        const started = Math.max(sinceOf(expression.left, facts), sinceOf(expression.right, facts));
        return { truth, since: since <= facts.asOf ? Math.max(since, started) : started };
      }
      return { truth, since: Math.max(sinceOf(expression.left, facts), sinceOf(expression.right, facts)) };
    }
    case 'in': case 'known': case 'matches': case 'truth':
      return { truth: truthOf(expression, facts), since: sinceOf(expression.operand, facts) };
  }
}

/** `decisive` alone decides the whole: then since the earliest of those that say so; else since the last that came to say the contrary. */
function join(terms: readonly Settled[], decisive: boolean): Settled {
  const deciding = terms.filter((term) => term.truth === decisive);
  if (deciding.length) return { truth: decisive, since: Math.min(...deciding.map((term) => term.since)) };
  const truth = terms.some((term) => term.truth === undefined) ? undefined : !decisive;
  return { truth, since: Math.max(...terms.map((term) => term.since)) };
}

function sinceOf(operand: Operand, facts: DatedFacts): number {
  if (operand.kind === 'name') return facts.since?.(operand.name) ?? Number.NEGATIVE_INFINITY;
  if (operand.kind !== 'call') return Number.NEGATIVE_INFINITY;
  const args = operand.args.map((arg) => valueOf(arg, facts));
  const named = Math.max(Number.NEGATIVE_INFINITY, ...operand.args.map((arg) => sinceOf(arg, facts)));
  return Math.max(named, facts.sinceCall?.(operand.name, args) ?? Number.NEGATIVE_INFINITY);
}

interface Crossing { readonly op: CompareOp; /** The instant at which both sides are equal. */ readonly at: number }

function crossings(expression: Expression, facts: Facts, clocks: Clocked): readonly Crossing[] {
  switch (expression.kind) {
    case 'and': case 'or': return expression.terms.flatMap((term) => crossings(term, facts, clocks));
    case 'not': return crossings(expression.term, facts, clocks);
    case 'compare': {
      const found = crossingOf(expression.op, expression.left, expression.right, facts, clocks);
      return found ? [found] : [];
    }
    default: return [];
  }
}

function crossingOf(op: CompareOp, left: Operand, right: Operand, facts: Facts, clocks: Clocked): Crossing | undefined {
  const [l, r] = [runningValue(left, facts, clocks), runningValue(right, facts, clocks)];
  if (!l || !r || l.pace === r.pace) return undefined;
  // l.value + l.pace * t = r.value + r.pace * t
  return { op: l.pace > r.pace ? op : MIRRORED[op], at: facts.asOf + (r.value - l.value) / (l.pace - r.pace) };
}

function runningValue(operand: Operand, facts: Facts, clocks: Clocked): { readonly value: number; readonly pace: number } | undefined {
  const value = operand.kind === 'call' && isBuiltIn(operand.name)
    ? callBuiltIn(operand.name, operand.args.map((arg) => valueOf(arg, facts)), facts.asOf)
    : valueOf(operand, facts);
  if (typeof value !== 'number') return undefined;
  const clock = operand.kind === 'call' && Object.hasOwn(clocks, operand.name) ? clocks[operand.name] : undefined;
  return { value, pace: clock === 'grows' ? 1 : clock === 'shrinks' ? -1 : 0 };
}

/** As seen by a left side that grows against the right one. */
const MIRRORED: Readonly<Record<CompareOp, CompareOp>> = { '=': '=', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

/** First whole ms at which a growing left side stands beyond the crossing, as `op` counts the crossing itself. */
function turn(op: CompareOp, at: number): number {
  return op === '>' || op === '<=' ? Math.floor(at) + 1 : Math.ceil(at);
}
