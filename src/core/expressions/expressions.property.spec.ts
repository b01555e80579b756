import fc from 'fast-check';
import { COMPARE_OPS, evaluate, nextTurnAt, parseExpression, printExpression, truthOf } from './index.js';
import type { Expression, Facts, FactValue, Literal, NameRef, Operand, ParseOptions } from './index.js';

const OPTIONS: ParseOptions = { functions: { age: { args: [{ type: 'any', optional: true }], returns: 'any', about: 'any' } } };

const name: fc.Arbitrary<NameRef> = fc.constantFrom('class', 'stage', 'tags.env', 'x_1').map((n) => ({ kind: 'name', name: n }));
const literal: fc.Arbitrary<Literal> = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }).map((value) => ({ kind: 'text' as const, value })),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => ({ kind: 'number' as const, value: value === 0 ? 0 : value })),
  fc.boolean().map((value) => ({ kind: 'boolean' as const, value })),
  fc.nat(400_000).map((seconds) => ({ kind: 'duration' as const, ms: seconds * 1_000 })),
);
const call: fc.Arbitrary<Operand> = fc.array(fc.oneof(literal, name), { maxLength: 1 }).map((args) => ({ kind: 'call', name: 'age', args }));
const asked = fc.oneof(name, call) as fc.Arbitrary<Extract<Operand, { kind: 'name' | 'call' }>>;

/** Only `any`-typed names: what types admit is the business of the table tests. */
const leaf: fc.Arbitrary<Expression> = fc.oneof(
  fc.record({ kind: fc.constant('compare' as const), op: fc.constantFrom(...COMPARE_OPS), left: asked as fc.Arbitrary<Operand>, right: fc.oneof(literal, name, call) })
    .filter(({ op, right }) => right.kind !== 'boolean' || op === '=' || op === '!='),
  fc.record({ kind: fc.constant('in' as const), operand: asked as fc.Arbitrary<Operand>, values: fc.array(literal, { minLength: 1, maxLength: 3 }) }),
  fc.record({ kind: fc.constant('known' as const), operand: asked }),
  fc.record({ kind: fc.constant('matches' as const), operand: asked, pattern: fc.string({ maxLength: 5 }) }),
  fc.record({ kind: fc.constant('truth' as const), operand: asked as fc.Arbitrary<Operand> }),
);
const chained = (kind: 'and' | 'or', terms: readonly Expression[]): Expression => ({ kind, terms: terms.flatMap((term) => (term.kind === kind ? term.terms : [term])) });
const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof({ maxDepth: 4, withCrossShrink: true }, leaf,
    tie('expression').map((term): Expression => ({ kind: 'not', term })),
    fc.tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(tie('expression'), { minLength: 2, maxLength: 3 })).map(([kind, terms]) => chained(kind, terms))),
}));

const value: fc.Arbitrary<FactValue | undefined> = fc.oneof(
  fc.string({ maxLength: 4 }), fc.constantFrom('server', 'true', '4', '14'), fc.double(), fc.boolean(), fc.constant(null), fc.constant(undefined), fc.array(fc.string({ maxLength: 3 }), { maxLength: 3 }),
);
const facts: fc.Arbitrary<Facts> = fc.tuple(fc.dictionary(fc.constantFrom('class', 'stage', 'tags.env', 'x_1'), value), value, fc.nat()).map(([values, called, asOf]) => ({
  get: (n) => values[n], call: () => called, asOf, isA: (a, b) => a === b || b === 'hardware', matches: (pattern, text) => text.includes(pattern),
}));

const RUNS = { numRuns: 500 };

describe('expressions, for all of them', () => {
  it('are read back from what is printed', () => fc.assert(fc.property(expression, (given) => {
    const text = printExpression(given);
    fc.pre(text.length <= 1_000);
    expect(parseExpression(text, OPTIONS)).toEqual({ ok: true, expression: given });
  }), RUNS));

  it('evaluate without a throw, and only a certain truth holds', () => fc.assert(fc.property(expression, facts, (given, known) => {
    expect(evaluate(given, known)).toBe(truthOf(given, known) === true);
    expect(nextTurnAt(given, known, { age: 'grows' }) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(known.asOf);
  }), RUNS));

  it('obey the laws of not, and, or', () => fc.assert(fc.property(expression, expression, facts, (a, b, known) => {
    const truth = (given: Expression): boolean | undefined => truthOf(given, known);
    const not = (term: Expression): Expression => ({ kind: 'not', term });
    const both = chained('and', [a, b]);
    const either = chained('or', [a, b]);

    expect(truth(not(not(a)))).toBe(truth(a));
    expect(truth(both)).toBe(truth(chained('and', [b, a])));
    expect(truth(not(both))).toBe(truth(chained('or', [not(a), not(b)])));
    expect(truth(not(either))).toBe(truth(chained('and', [not(a), not(b)])));
    expect(truth(chained('and', [a, chained('or', [a, b])])) ?? 'unknown').toBe(truth(a) ?? 'unknown');
    expect(evaluate(a, known) && evaluate(not(a), known)).toBe(false);
  }), RUNS));

  it('any text at all gives an expression or a place within it', () => fc.assert(fc.property(
    fc.array(fc.oneof(fc.constantFrom('and', 'or', 'not', 'in', 'is', 'known', 'matches', '(', ')', '[', ']', ',', '=', '!=', "'a'", '"', '14d', '3', 'age', 'age(', 'x', ' '), fc.string({ unit: 'grapheme', maxLength: 3 })), { maxLength: 20 })
      .map((parts) => parts.join(' ')), (text) => {
      const result = parseExpression(text, OPTIONS);
      if (result.ok) return;
      expect(result.problem.offset).toBeGreaterThanOrEqual(0);
      expect(result.problem.offset).toBeLessThanOrEqual(text.length);
    }), RUNS));
});
