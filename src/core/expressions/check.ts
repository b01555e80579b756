import { nearMiss, nearest } from './nearest.js';
import type { CompareOp, ExpressionProblem, FunctionSpec, Literal, NameRef, NameSpec, Operand, ParseOptions, ValueType } from './types.js';

interface Placed<T> { readonly operand: T; readonly offset: number; readonly source: string }

/** What is known of an operand before any fact is asked. */
function specOf(operand: Operand, options: ParseOptions): NameSpec {
  if (operand.kind === 'name') return nameSpec(operand.name, options) ?? { type: 'any' };
  if (operand.kind === 'call') return { type: options.functions[operand.name]?.returns ?? 'any' };
  return { type: operand.kind };
}

function nameSpec(name: string, { names }: ParseOptions): NameSpec | undefined {
  if (names === undefined) return { type: 'any' };
  if (Object.hasOwn(names, name)) return names[name];
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const below = `${name.slice(0, dot)}.*`;
    if (Object.hasOwn(names, below)) return names[below];
  }
  return undefined;
}

/** `asked`: the name stands where something is asked of it, left of an operator. */
export function checkName({ name }: NameRef, offset: number, asked: boolean, options: ParseOptions): ExpressionProblem | undefined {
  if (nameSpec(name, options) !== undefined) return undefined;
  if (options.open && asked && !Object.hasOwn(options.functions, name) && nearMiss(name, Object.keys(options.names ?? {})) === undefined) return undefined;
  const functions = Object.keys(options.functions);
  if (functions.includes(name)) return { offset, found: name, expected: `"${name}(" with parentheses: it is a function`, suggestion: `${name}()` };
  return { offset, found: name, expected: 'a known name; a text stands in quotes', ...suggest(nearest(name, Object.keys(options.names ?? {}))) };
}

export function checkCall(
  name: string, offset: number, args: readonly { readonly value: Literal | NameRef; readonly offset: number; readonly source: string }[], end: number, options: ParseOptions,
): ExpressionProblem | undefined {
  const spec = Object.hasOwn(options.functions, name) ? options.functions[name] : undefined;
  if (!spec) {
    const known = Object.keys(options.functions);
    return { offset, found: `${name}(`, expected: known.length ? `one of the functions ${known.join(', ')}` : 'no function: none is known here', ...suggest(nearest(name, known)) };
  }
  const least = spec.args.filter((arg) => !arg.optional).length;
  if (args.length < least) return { offset: end, found: `${args.length} arguments`, expected: signature(name, spec) };
  if (args.length > spec.args.length) return { offset: args[spec.args.length]!.offset, found: args[spec.args.length]!.source, expected: signature(name, spec) };
  for (const [index, arg] of args.entries()) {
    const wanted = spec.args[index]!;
    const given = specOf(arg.value, options).type;
    if (!fits(given, wanted.type)) return { offset: arg.offset, found: arg.source, expected: `${A[wanted.type]} in ${signature(name, spec)}` };
    const problem = checkValue(arg.value, wanted, arg);
    if (problem) return problem;
  }
  return undefined;
}

export function checkComparison(op: CompareOp, left: Placed<Operand>, right: Placed<Operand>, options: ParseOptions): ExpressionProblem | undefined {
  const [l, r] = [specOf(left.operand, options), specOf(right.operand, options)];
  if (!fits(r.type, l.type) && !fits(l.type, r.type)) {
    const literal = isLiteral(right.operand) ? right : isLiteral(left.operand) ? left : right;
    const other = literal === right ? l.type : r.type;
    return { offset: literal.offset, found: literal.source, expected: `${A[other]} to compare with` };
  }
  if (op !== '=' && op !== '!=' && [l.type, r.type].some((type) => type === 'boolean' || type === 'list')) {
    return { offset: right.offset, found: `${op} ${right.source}`, expected: '"=", "!=" or "in": a list or a true-or-false has no order' };
  }
  return checkValue(right.operand, l, right) ?? checkValue(left.operand, r, left);
}

export function checkTruth(operand: Operand, offset: number, source: string, options: ParseOptions): ExpressionProblem | undefined {
  const { type } = specOf(operand, options);
  if (type === 'boolean' || type === 'any') return undefined;
  return { offset: offset + source.length, found: `${source} alone`, expected: 'a comparison: one of = != < <= > >=, "in [..]", "is known" or "matches"' };
}

function checkValue(operand: Operand, spec: Pick<NameSpec, 'values' | 'type'>, place: { readonly offset: number; readonly source: string }): ExpressionProblem | undefined {
  if (operand.kind !== 'text') return undefined;
  if (spec.type === 'day' && !/^\d{4}-\d\d-\d\d/.test(operand.value)) return { offset: place.offset, found: place.source, expected: 'a date such as \'2026-11-30\'' };
  if (spec.values === undefined || spec.values.includes(operand.value)) return undefined;
  return { offset: place.offset, found: place.source, expected: `one of ${spec.values.join(', ')}`, ...suggest(nearest(operand.value, spec.values)) };
}

/** May a value of type `given` be compared with, or stand for, one of type `wanted`? */
function fits(given: ValueType, wanted: ValueType): boolean {
  if (given === wanted || given === 'any' || wanted === 'any') return true;
  return given === 'text' && (wanted === 'day' || wanted === 'list');
}

const A: Readonly<Record<ValueType, string>> = {
  text: 'a text in quotes', number: 'a number', boolean: 'true or false', duration: 'a duration such as 30s, 5m, 2h or 7d',
  day: "a date in quotes, such as '2026-11-30'", list: 'a text in quotes', any: 'a value',
};
const isLiteral = (operand: Operand): operand is Literal => operand.kind !== 'name' && operand.kind !== 'call';
const suggest = (suggestion: string | undefined): { suggestion?: string } => (suggestion === undefined ? {} : { suggestion });
const signature = (name: string, spec: FunctionSpec): string => `${name}(${spec.args.map((arg) => `${arg.type}${arg.optional ? '?' : ''}`).join(', ')})`;
