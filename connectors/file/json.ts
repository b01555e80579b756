import { parse } from 'lossless-json';
import { MOST_RECORD, UnreadableFileError, type ReadRow } from './row.js';

/** A number that JavaScript cannot hold to the last digit stays the text that it was: ids of 64 bits, versions like 1.10. */
const exact = (digits: string): unknown => (String(Number(digits)) === digits ? Number(digits) : digits);

function rowOf(source: string, line: number): ReadRow {
  let value: unknown;
  try {
    value = parse(source, undefined, exact);
  } catch (error) {
    // also a RangeError of a nesting without end
    return { line, columns: {}, problem: `it is no JSON: ${(error as Error).message.slice(0, 200)}` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { line, columns: {}, problem: 'it is no object' };
  return { line, columns: value as Record<string, unknown> };
}

/** One object a line. A broken line harms only itself. */
export async function* readNdjson(text: AsyncIterable<string>): AsyncGenerator<ReadRow> {
  let rest = '';
  let line = 0;
  // of a line that is too long only its end is still looked for
  let skipping = false;
  const give = function* (source: string): Generator<ReadRow> {
    line += 1;
    if (skipping) {
      skipping = false;
      yield { line, columns: {}, problem: `it is longer than ${MOST_RECORD} characters` };
    } else if (source.trim() !== '') {
      yield rowOf(source, line);
    }
  };
  for await (const piece of text) {
    let from = 0;
    // only the new piece is searched: a long line would be searched again and again
    for (let end = piece.indexOf('\n'); end >= 0; end = piece.indexOf('\n', from)) {
      yield* give(rest + piece.slice(from, end));
      rest = '';
      from = end + 1;
    }
    rest += piece.slice(from);
    if (rest.length > MOST_RECORD) {
      rest = '';
      skipping = true;
    }
  }
  if (rest !== '' || skipping) yield* give(rest);
}

/**
 * A list of objects, or one object with the list under `records`. The list is cut into its elements while it streams, so
 * that the file may be larger than the memory and a broken element harms only itself.
 */
export async function* readJson(text: AsyncIterable<string>): AsyncGenerator<ReadRow> {
  let line = 1;
  let started = 1;
  let head = '';
  let inside = false;
  let over = false;
  let behind = '';
  let source = '';
  let depth = 0;
  let quoted = false;
  let escaped = false;
  for await (const piece of text) {
    for (let at = 0; at < piece.length; at += 1) {
      const c = piece[at]!;
      if (c === '\n') line += 1;
      if (over) {
        if (behind === '' && !/\s/.test(c)) behind = c;
        continue;
      }
      if (!inside) {
        head += c;
        if (head.length > 100_000) throw new UnreadableFileError('it does not begin with a list of records');
        if (/^\s*(\{\s*"records"\s*:\s*)?\[$/.test(head)) inside = true;
        continue;
      }
      if (quoted) {
        source += c;
        if (escaped) escaped = false;
        else if (c === '\\') escaped = true;
        else if (c === '"') quoted = false;
      } else if (depth === 0 && (c === ',' || c === ']')) {
        if (source.trim() !== '') yield rowOf(source.trim(), started);
        else if (c === ',') yield { line, columns: {}, problem: 'it is empty: two commas in a row' };
        source = '';
        if (c === ']') over = true;
      } else {
        if (source === '' && /\s/.test(c)) continue;
        if (source === '') started = line;
        if (c === '"') quoted = true;
        else if (c === '{' || c === '[') depth += 1;
        else if (c === '}' || c === ']') depth = Math.max(0, depth - 1); // one too many spoils its record alone
        source += c;
      }
      if (source.length > MOST_RECORD) throw new UnreadableFileError(`the record that begins in line ${started} is larger than ${MOST_RECORD} characters: a quote or bracket may not be closed`);
    }
  }
  if (!inside) {
    // one object alone is a list of one
    const only = rowOf(head, 1);
    if (head.trim() === '') throw new UnreadableFileError('it is empty');
    if (only.problem !== undefined || Object.hasOwn(only.columns, 'records')) throw new UnreadableFileError(only.problem ?? 'its records are no list');
    yield only;
    return;
  }
  if (over && behind !== '' && !head.trimStart().startsWith('{')) throw new UnreadableFileError(`text stands behind the end of its list: ${behind}`);
  if (!over) throw new UnreadableFileError(`its list is not closed: it ends in the record that begins in line ${started}`);
}
