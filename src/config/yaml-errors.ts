import { isCollection, isMap, isScalar, isSeq, visit, type Document, type YAMLError } from 'yaml';
import type { Finding } from './problem.js';

/** After these the tree is as it was meant: reading goes on as if nothing were. */
const HARMLESS = new Set(['BAD_SCALAR_START', 'TAG_RESOLVE_FAILED', 'BAD_ALIAS', 'BAD_DQ_ESCAPE', 'MULTIPLE_ANCHORS', 'MULTIPLE_TAGS', 'BAD_DIRECTIVE', 'KEY_OVER_1024_CHARS', 'BAD_PROP_ORDER', 'ALIAS_PROPS']);

export interface Blame {
  /** Offset at which the mistake stands, which is seldom where the parser noticed. */
  readonly offset: number;
  readonly finding: Finding;
  /** Nothing needs to be cut out for the rest to be read rightly. */
  readonly harmless: boolean;
}

/** Says in our words what the parser says in its own; never quotes the file, which may hold a secret there. */
export function blame(error: YAMLError, doc: Document, text: string): Blame {
  const at = error.pos[0];
  const lost = (offset: number, what: string, found: string, expected: string, hint?: string): Blame =>
    ({ offset, harmless: false, finding: { what, found, expected, hint } });
  const open = unclosedFlow(error, doc);
  if (open) return { offset: open.end, harmless: true, finding: { what: 'not closed', found: `${open.sign === ']' ? 'a list' : 'a map'} without its "${open.sign}"`, expected: `"${open.sign}" here` } };
  const quoted = quotedOverLines(at, doc, text);
  if (quoted !== undefined) return lost(quoted, 'not closed', 'a text without its closing quote', 'a closing quote on the same line');
  switch (error.code) {
    case 'TAB_AS_INDENT': return lost(at, 'a tab as indentation', 'a tab', 'spaces', 'YAML allows no tabs there');
    case 'BAD_SCALAR_START': return { offset: at, harmless: true, finding: { what: 'reserved character', found: `a text that begins with ${text[at] ?? ''}`, expected: 'the text in quotes' } };
    case 'TAG_RESOLVE_FAILED': return { offset: at, harmless: true, finding: { what: 'unknown tag', found: `"${/^![^\s,[\]{}]*/.exec(text.slice(at))?.[0] ?? '!'}"`, expected: 'no tag', hint: 'a text that begins with "!" stands in quotes' } };
    case 'BAD_DQ_ESCAPE': return { offset: at, harmless: true, finding: { what: 'unknown escape', found: `"${text.slice(at, at + 2)}"`, expected: 'an escape of YAML such as \\n or \\\\', hint: "in 'single quotes' a backslash is a plain character" } };
    case 'BAD_ALIAS': return { offset: at, harmless: true, finding: { what: 'bad alias', found: 'an alias that is not well formed', expected: '*name of an anchor' } };
    case 'BLOCK_AS_IMPLICIT_KEY': case 'MULTILINE_IMPLICIT_KEY': return keyTrouble(at, doc, text, lost);
    case 'BAD_INDENT': return lost(at + /^ */.exec(text.slice(at))![0].length, 'bad indentation', 'a line that is indented unlike its neighbours', 'the same number of spaces for all keys of a map and all items of a list');
    case 'MISSING_CHAR': return missing(error, at, text, lost);
    case 'BLOCK_IN_FLOW': return lost(at, 'bad nesting', 'an indented block inside [ ] or { }', 'values separated by commas');
    default: {
      const harmless = HARMLESS.has(error.code);
      return { offset: at, harmless, finding: { what: 'bad YAML', found: WORDS[error.code] ?? 'a sign that cannot stand here', expected: 'valid YAML', hint: 'check indentation, colons and quotes of this line' } };
    }
  }
}

const WORDS: Readonly<Record<string, string>> = {
  BAD_DIRECTIVE: 'a malformed % line', MULTIPLE_ANCHORS: 'two anchors on one value', MULTIPLE_TAGS: 'two tags on one value', KEY_OVER_1024_CHARS: 'a key of more than 1,024 characters',
  BAD_PROP_ORDER: 'an anchor or tag before the "-" or "?" it belongs behind', ALIAS_PROPS: 'an alias with an anchor or tag of its own', BAD_COLLECTION_TYPE: 'a tag that does not fit the value',
};

type Lost = (offset: number, what: string, found: string, expected: string, hint?: string) => Blame;

function missing(error: YAMLError, at: number, text: string, lost: Lost): Blame {
  if (/comma|,/.test(error.message)) return lost(at, 'missing comma', 'two values side by side', 'a comma between them');
  if (/space|whitespace/i.test(error.message)) return lost(at, 'missing space', `${JSON.stringify(text[at] ?? 'the end')} right here`, 'a space before it');
  if (/Implicit map keys? need/.test(error.message)) return lost(at, 'missing colon', 'a key without its ":"', '": " and a value');
  return lost(at, 'not closed', 'something that was opened before', 'its end');
}

/** A plain text over two lines taken as a key: either its first line lacks the colon, or the second is indented too deep. */
function keyTrouble(at: number, doc: Document, text: string, lost: Lost): Blame {
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  const before = text.slice(lineStart, at);
  const end = text.indexOf('\n', at);
  const key = multiLinePlain(at, doc);
  if (key !== undefined) {
    if (/^[\s-]*$/.test(before)) return lost(at, 'missing colon', 'a line without ":"', 'key: value');
    const last = text.slice(0, key).lastIndexOf('\n') + 1;
    return lost(last + /^\s*/.exec(text.slice(last))![0].length, 'bad indentation', 'a line that is indented deeper than its neighbours', 'the same number of spaces for all keys of a map');
  }
  const rest = text.slice(at, end < 0 ? undefined : end);
  return lost(at, 'a second ":"', rest.includes(': ') ? 'two ": " on one line' : 'a map where a text should be', 'the text in quotes, or the map on lines of its own');
}

function multiLinePlain(at: number, doc: Document): number | undefined {
  let end: number | undefined;
  visit(doc, { Scalar: (_, node) => { if (node.type === 'PLAIN' && node.range && node.range[0] === at && String(node.value).includes(' ') && node.source !== undefined) end = node.range[1]; } });
  if (end === undefined) return undefined;
  return end;
}

/** A flow collection that ends by the end of its lines, not by its bracket. */
function unclosedFlow(error: YAMLError, doc: Document): { readonly sign: ']' | '}'; readonly end: number } | undefined {
  const wanted = /(?:end with a|Expected flow (?:map|sequence) to end with) ([\]}])/.exec(error.message)?.[1] as ']' | '}' | undefined;
  if (wanted === undefined) return undefined;
  let found: number | undefined;
  visit(doc, { Collection: (_, node) => {
    if (!isCollection(node) || !node.flow || !node.range || node.range[0] > error.pos[0]) return;
    if (wanted === ']' ? isSeq(node) : isMap(node)) found = endOfLast(node.items) ?? node.range[0];
  } });
  return found === undefined ? undefined : { sign: wanted, end: found };
}

function endOfLast(items: readonly unknown[]): number | undefined {
  const last = items.at(-1) as { value?: unknown; key?: unknown; range?: [number, number, number] } | undefined;
  const node = (last?.range ? last : last?.value ?? last?.key) as { range?: [number, number, number] } | undefined;
  return node?.range?.[1];
}

/** Where the quoted text begins that runs over several lines and ends at the very place of the error: its own quote is missing. */
function quotedOverLines(at: number, doc: Document, text: string): number | undefined {
  let start: number | undefined;
  visit(doc, { Scalar: (_, node) => {
    if (!isScalar(node) || !node.range || !(node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE')) return;
    const [from, to] = node.range;
    const over = text.slice(from, to).trimEnd().includes('\n');
    const sameLine = at >= from && !text.slice(to, Math.max(to, at)).trimEnd().includes('\n');
    if (over && sameLine && start === undefined) start = from;
  } });
  return start;
}
