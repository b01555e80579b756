import { nearest } from './nearest.js';
import { tokenise, type Token } from './tokens.js';
import { checkCall, checkComparison, checkName, checkTruth } from './check.js';
import { BUILT_IN_FUNCTIONS } from './built-in.js';
import { COMPARE_OPS, MAX_DEPTH, MAX_LENGTH } from './types.js';
import type { Call, CompareOp, Expression, ExpressionProblem, Literal, NameRef, Operand, ParseOptions, ParseResult } from './types.js';

const KEYWORDS = ['and', 'or', 'not', 'in', 'is', 'known', 'matches', 'true', 'false'] as const;
type Keyword = (typeof KEYWORDS)[number];

/**
 * Reads a condition. Everything that could make it fail or never hold is told now: unknown names and functions, values that a name
 * cannot take, numbers where a duration is meant, patterns that do not compile. So evaluating has nothing left to complain of.
 */
export function parseExpression(text: string, options: ParseOptions): ParseResult {
  if (text.length > MAX_LENGTH) {
    return { ok: false, problem: { offset: MAX_LENGTH, found: `${text.length} characters`, expected: `at most ${MAX_LENGTH} characters` } };
  }
  const read = tokenise(text);
  if (!read.ok) return read;
  try {
    return { ok: true, expression: new Parser(read.tokens, { ...options, functions: { ...BUILT_IN_FUNCTIONS, ...options.functions } }).parse() };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, problem: error.problem };
    throw error;
  }
}

/** Leaves the recursion; never leaves this file. */
class Refused extends Error {
  constructor(readonly problem: ExpressionProblem) { super(problem.expected); }
}

class Parser {
  private at = 0;
  private depth = 0;
  constructor(private readonly tokens: readonly Token[], private readonly options: ParseOptions) {}

  parse(): Expression {
    const expression = this.or();
    if (this.token.kind !== 'end') this.refuse('"and", "or" or the end', nearest(this.token.source, ['and', 'or']));
    return expression;
  }

  private or(): Expression { return this.chain('or', () => this.and()); }
  private and(): Expression { return this.chain('and', () => this.not()); }

  private chain(word: 'and' | 'or', next: () => Expression): Expression {
    const terms = [next()];
    while (this.take(word)) terms.push(next());
    return terms.length === 1 ? terms[0]! : { kind: word, terms: terms.flatMap((term) => (term.kind === word ? term.terms : [term])) };
  }

  private not(): Expression {
    if (!this.is('not')) return this.comparison();
    this.at += 1;
    return { kind: 'not', term: this.deeper(() => this.not()) };
  }

  private comparison(): Expression {
    if (this.sign('(')) {
      const inside = this.deeper(() => this.or());
      this.expectSign(')', '"and", "or" or ")"');
      return inside;
    }
    const start = this.token;
    const left = this.operand('a name, a function, a value, "not" or "("', true);
    const op = this.compareOp();
    if (op !== undefined) {
      const at = this.token;
      const right = this.operand('a value, a name or a function');
      this.judge(checkComparison(op, { operand: left, offset: start.offset, source: start.source }, { operand: right, offset: at.offset, source: at.source }, this.options));
      return { kind: 'compare', op, left, right };
    }
    const negated = this.is('not');
    if (negated) this.at += 1;
    if (this.take('in')) return negate(negated, { kind: 'in', operand: left, values: this.list(left, start) });
    if (this.take('matches')) return negate(negated, { kind: 'matches', operand: this.asked(left, start), pattern: this.pattern() });
    if (negated) this.refuse('"in" or "matches"', nearest(this.token.source, ['in', 'matches']));
    if (this.take('is')) {
      const unknown = this.take('not');
      if (!this.take('known')) this.refuse(unknown ? '"known"' : '"known" or "not known"', nearest(this.token.source, ['known']));
      return negate(unknown, { kind: 'known', operand: this.asked(left, start) });
    }
    this.judge(checkTruth(left, start.offset, start.source, this.options));
    return { kind: 'truth', operand: left };
  }

  private operand(expected: string, asked = false): Operand {
    const literal = this.literal();
    if (literal) return literal;
    const token = this.token;
    if (token.kind !== 'word' || isKeyword(token.source)) return this.refuse(expected);
    this.at += 1;
    if (this.sign('(')) return this.call(token);
    const name: NameRef = { kind: 'name', name: token.source };
    this.judge(checkName(name, token.offset, asked, this.options));
    return name;
  }

  private call(name: Token): Call {
    const args: { readonly value: Literal | NameRef; readonly offset: number; readonly source: string }[] = [];
    if (!this.sign(')')) {
      do {
        const token = this.token;
        const value = this.operand('a value, a name or ")"');
        if (value.kind === 'call') throw new Refused({ offset: token.offset, found: `${token.source}(…)`, expected: 'a value or a name: calls do not nest' });
        args.push({ value, offset: token.offset, source: token.source });
      } while (this.sign(','));
      this.expectSign(')', '"," or ")"');
    }
    this.judge(checkCall(name.source, name.offset, args, this.tokens[this.at - 1]!.offset, this.options));
    return { kind: 'call', name: name.source, args: args.map((arg) => arg.value) };
  }

  private list(operand: Operand, start: Token): readonly Literal[] {
    this.expectSign('[', '"["');
    const values: Literal[] = [];
    do {
      const token = this.token;
      const value = this.literal() ?? this.refuse('a value: a text in quotes, a number, a duration, true or false');
      this.judge(checkComparison('=', { operand, offset: start.offset, source: start.source }, { operand: value, offset: token.offset, source: token.source }, this.options));
      values.push(value);
    } while (this.sign(','));
    this.expectSign(']', '"," or "]"');
    return values;
  }

  private pattern(): string {
    const token = this.token;
    if (token.kind !== 'text') return this.refuse('a pattern in quotes');
    this.at += 1;
    const reason = this.options.compile?.(token.value);
    if (reason !== undefined) throw new Refused({ offset: token.offset, found: token.source, expected: `a regular expression (RE2: no look-around, no back-references): ${reason}` });
    return token.value;
  }

  private literal(): Literal | undefined {
    const token = this.token;
    const found: Literal | undefined = token.kind === 'text' || token.kind === 'number' ? { kind: token.kind, value: token.value } as Literal
      : token.kind === 'duration' ? { kind: 'duration', ms: token.ms }
      : this.is('true') || this.is('false') ? { kind: 'boolean', value: this.is('true') } : undefined;
    if (found) this.at += 1;
    return found;
  }

  private compareOp(): CompareOp | undefined {
    const { kind, source } = this.token;
    const op = kind === 'sign' ? COMPARE_OPS.find((known) => known === source) : undefined;
    if (op !== undefined) this.at += 1;
    return op;
  }

  private asked(operand: Operand, token: Token): NameRef | Call {
    if (operand.kind === 'name' || operand.kind === 'call') return operand;
    throw new Refused({ offset: token.offset, found: token.source, expected: 'a name or a function' });
  }

  private deeper<T>(read: () => T): T {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) {
      throw new Refused({ offset: this.token.offset, found: `nesting deeper than ${MAX_DEPTH}`, expected: `at most ${MAX_DEPTH} levels of parentheses and "not"` });
    }
    const result = read();
    this.depth -= 1;
    return result;
  }

  private get token(): Token { return this.tokens[this.at]!; }
  private is(word: Keyword): boolean { return this.token.kind === 'word' && this.token.source.toLowerCase() === word; }
  private take(word: Keyword): boolean {
    const found = this.is(word);
    if (found) this.at += 1;
    return found;
  }
  private sign(sign: string): boolean {
    const found = this.token.kind === 'sign' && this.token.source === sign;
    if (found) this.at += 1;
    return found;
  }
  private expectSign(sign: string, expected: string): void { if (!this.sign(sign)) this.refuse(expected); }
  private judge(problem: ExpressionProblem | undefined): void { if (problem) throw new Refused(problem); }
  private refuse(expected: string, suggestion?: string): never {
    const { offset, source, kind } = this.token;
    throw new Refused({ offset, found: kind === 'end' ? 'the end' : source, expected, ...(suggestion !== undefined && { suggestion }) });
  }
}

const isKeyword = (word: string): boolean => (KEYWORDS as readonly string[]).includes(word.toLowerCase());
const negate = (negated: boolean, term: Expression): Expression => (negated ? { kind: 'not', term } : term);
