import { callBuiltIn, isBuiltIn } from './built-in.js';
import type { CompareOp, Expression, FactValue, Facts, Operand } from './types.js';

/** `undefined`: it cannot be told. */
export type Truth = boolean | undefined;

/**
 * True only if the condition certainly holds. Inside, three values (Kleene): a comparison with an unknown is unknown, and so is its
 * negation, so that `not location = 'Berlin'` never catches an asset whose location nobody told.
 */
export function evaluate(expression: Expression, facts: Facts): boolean {
  return truthOf(expression, facts) === true;
}

export function truthOf(expression: Expression, facts: Facts): Truth {
  switch (expression.kind) {
    case 'and': return all(expression.terms.map((term) => truthOf(term, facts)));
    case 'or': return negation(all(expression.terms.map((term) => negation(truthOf(term, facts)))));
    case 'not': return negation(truthOf(expression.term, facts));
    case 'compare': return compareOperands(expression.op, expression.left, expression.right, facts);
    case 'in': return negation(all(expression.values.map((value) => negation(compareOperands('=', expression.operand, value, facts)))));
    case 'known': return isKnown(valueOf(expression.operand, facts));
    case 'matches': return found(expression.pattern, valueOf(expression.operand, facts), facts);
    case 'truth': return truthOfValue(valueOf(expression.operand, facts));
  }
}

export const negation = (truth: Truth): Truth => (truth === undefined ? undefined : !truth);

/** Kleene's "and": one false decides, else one unknown does. */
function all(truths: readonly Truth[]): Truth {
  if (truths.includes(false)) return false;
  return truths.includes(undefined) ? undefined : true;
}

export function valueOf(operand: Operand, facts: Facts): FactValue | undefined {
  switch (operand.kind) {
    case 'duration': return operand.ms;
    case 'name': return facts.get(operand.name);
    case 'call': {
      const args = operand.args.map((arg) => valueOf(arg, facts));
      return isBuiltIn(operand.name) ? callBuiltIn(operand.name, args, facts.asOf) : facts.call(operand.name, args);
    }
    default: return operand.value;
  }
}

const isKnown = (value: FactValue | undefined): value is Exclude<FactValue, null> => value !== undefined && value !== null;

function compareOperands(op: CompareOp, left: Operand, right: Operand, facts: Facts): Truth {
  const [l, r] = [valueOf(left, facts), valueOf(right, facts)];
  if (!isKnown(l) || !isKnown(r)) return undefined;
  const asksClass = isClass(left) || isClass(right);
  if (asksClass && (op === '=' || op === '!=') && typeof l === 'string' && typeof r === 'string') {
    const belongs = isClass(left) ? facts.isA(l, r) : facts.isA(r, l);
    return op === '=' ? belongs : !belongs;
  }
  if (op === '!=') return negation(compareValues('=', l, r));
  return compareValues(op, l, r);
}

const isClass = (operand: Operand): boolean => operand.kind === 'name' && operand.name === 'class';

function compareValues(op: Exclude<CompareOp, '!='>, left: Exclude<FactValue, null>, right: Exclude<FactValue, null>): Truth {
  if (isList(left)) return anyOf(left, (member) => compareValues(op, member, right));
  if (isList(right)) return anyOf(right, (member) => compareValues(op, left, member));
  const [l, r] = alike(left, right);
  if (op === '=') return l === r;
  if (typeof l === 'boolean' || typeof r === 'boolean' || typeof l !== typeof r) return undefined;
  switch (op) {
    case '<': return l < r;
    case '<=': return l <= r;
    case '>': return l > r;
    case '>=': return l >= r;
  }
}

const isList = (value: FactValue): value is readonly string[] => Array.isArray(value);

function anyOf<T>(members: readonly T[], holds: (member: T) => Truth): Truth {
  return negation(all(members.map((member) => negation(holds(member)))));
}

/** Attributes of one's own are kept as text: `'4'` is compared with a number as 4, `'true'` with a true-or-false as true. */
function alike(left: string | number | boolean, right: string | number | boolean): [string | number | boolean, string | number | boolean] {
  if (typeof left === typeof right) return [left, right];
  if (typeof left === 'string') return [asTypeOf(right, left), right];
  return typeof right === 'string' ? [left, asTypeOf(left, right)] : [left, right];
}

function asTypeOf(sample: string | number | boolean, text: string): string | number | boolean {
  if (typeof sample === 'number' && /^-?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  if (typeof sample === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function found(pattern: string, value: FactValue | undefined, facts: Facts): Truth {
  if (!isKnown(value)) return undefined;
  if (isList(value)) return anyOf(value, (member) => facts.matches(pattern, member));
  return facts.matches(pattern, String(value));
}

function truthOfValue(value: FactValue | undefined): Truth {
  if (!isKnown(value)) return undefined;
  return value === true || value === 'true';
}
