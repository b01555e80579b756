import type { Scalar } from 'yaml';

/**
 * Where the character at `offset` of a scalar's value stands in the file. Escapes, doubled quotes, folded lines and the indentation of
 * block texts are counted; where a text is folded over several lines the place may be off by the spaces that folding ate.
 */
export function offsetWithin(text: string, node: Scalar, offset: number): number {
  if (!node.range) return 0;
  const [start, end] = node.range;
  switch (node.type) {
    case 'QUOTE_SINGLE': return walk(text, start + 1, end - 1, offset, (at) => (text.startsWith("''", at) ? [2, 1] : undefined));
    case 'QUOTE_DOUBLE': return walk(text, start + 1, end - 1, offset, (at) => (text[at] === '\\' ? escape(text, at) : undefined));
    case 'BLOCK_LITERAL': case 'BLOCK_FOLDED': return inBlock(text, start, end, offset);
    default: return walk(text, start, end, offset, () => undefined);
  }
}

type Step = readonly [taken: number, given: number];

function walk(text: string, start: number, end: number, offset: number, special: (at: number) => Step | undefined): number {
  let [at, given] = [start, 0];
  while (given < offset && at < end) {
    const fold = /^[ \t]*\r?\n\s*/.exec(text.slice(at, Math.min(end, at + 200)))?.[0].length;
    const [taken, units] = fold !== undefined ? [fold, 1] : special(at) ?? [1, 1];
    at += taken;
    given += units;
  }
  return Math.min(at, end);
}

function escape(text: string, at: number): Step {
  switch (text[at + 1]) {
    case 'x': return [4, 1];
    case 'u': return [6, 1];
    case 'U': return [10, Number.parseInt(text.slice(at + 2, at + 10), 16) > 0xffff ? 2 : 1];
    case '\n': return [2 + /^\s*/.exec(text.slice(at + 2))![0].length, 0];
    default: return [2, 1];
  }
}

function inBlock(text: string, start: number, end: number, offset: number): number {
  let at = text.indexOf('\n', start) + 1;
  const indent = /^ */.exec(text.slice(at))![0].length;
  for (let left = offset; at < end;) {
    const newline = text.indexOf('\n', at);
    const length = Math.max(0, (newline < 0 ? end : newline) - at - indent);
    if (left <= length || newline < 0) return Math.min(end, at + indent + Math.min(left, length));
    left -= length + 1;
    at = newline + 1;
  }
  return start;
}
