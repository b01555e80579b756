import { parseDuration } from './durations.js';
import type { ExpressionProblem } from './types.js';

export type Token =
  | { readonly kind: 'text'; readonly value: string; readonly offset: number; readonly source: string }
  | { readonly kind: 'number'; readonly value: number; readonly offset: number; readonly source: string }
  | { readonly kind: 'duration'; readonly ms: number; readonly offset: number; readonly source: string }
  | { readonly kind: 'word' | 'sign' | 'end'; readonly offset: number; readonly source: string };

/** Signs of other languages, and what they are called here. */
const FOREIGN: Readonly<Record<string, string>> = { '==': '=', '===': '=', '<>': '!=', '!==': '!=', '&&': 'and', '||': 'or', '!': 'not', '=>': '>=', '=<': '<=', '~': 'matches', '=~': 'matches' };
const SIGN = /^(?:===|!==|==|!=|<=|>=|<>|=>|=<|=~|&&|\|\||[=<>!~()[\],])/;
const WORD = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_-]+)*/;
const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/;

export type Tokens = { readonly ok: true; readonly tokens: readonly Token[] } | { readonly ok: false; readonly problem: ExpressionProblem };

/**
 * A quote inside a text is written twice (`'it''s'`); a backslash is a character like any other, so that patterns need no second one.
 */
export function tokenise(text: string): Tokens {
  const tokens: Token[] = [];
  const fail = (offset: number, found: string, expected: string, suggestion?: string): Tokens =>
    ({ ok: false, problem: { offset, found, expected, ...(suggestion !== undefined && { suggestion }) } });
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const first = rest[0]!;
    if (/\s/.test(first)) { at += 1; continue; }
    if (first === "'" || first === '"') {
      const end = endOfText(text, at);
      if (end === undefined) return fail(at, `${first} without its end`, `a closing ${first}`);
      const source = text.slice(at, end);
      tokens.push({ kind: 'text', value: source.slice(1, -1).replaceAll(first + first, first), offset: at, source });
      at = end;
      continue;
    }
    const number = NUMBER.exec(rest)?.[0];
    if (number !== undefined) {
      const tail = /^[A-Za-z_]*/.exec(rest.slice(number.length))![0];
      const source = number + tail;
      const ms = parseDuration(source);
      if (tail !== '' && ms === undefined) return fail(at, source, 'a number, or a duration such as 30s, 5m, 2h or 7d');
      if (tail === '' && !Number.isFinite(Number(number))) return fail(at, source, 'a number that can be represented');
      tokens.push(ms !== undefined ? { kind: 'duration', ms, offset: at, source } : { kind: 'number', value: Number(number), offset: at, source });
      at += source.length;
      continue;
    }
    const sign = SIGN.exec(rest)?.[0];
    if (sign !== undefined) {
      if (Object.hasOwn(FOREIGN, sign)) return fail(at, sign, `"${FOREIGN[sign]!}"`, FOREIGN[sign]!);
      tokens.push({ kind: 'sign', offset: at, source: sign });
      at += sign.length;
      continue;
    }
    const word = WORD.exec(rest)?.[0];
    if (word === undefined) return fail(at, String.fromCodePoint(text.codePointAt(at)!), 'a name, a value or an operator');
    tokens.push({ kind: 'word', offset: at, source: word });
    at += word.length;
  }
  tokens.push({ kind: 'end', offset: text.length, source: 'the end' });
  return { ok: true, tokens };
}

function endOfText(text: string, start: number): number | undefined {
  const quote = text[start]!;
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] !== quote) continue;
    if (text[at + 1] === quote) at += 1;
    else return at + 1;
  }
  return undefined;
}
