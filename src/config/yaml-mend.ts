const depth = (row: string): number => /^ */.exec(row)![0].length;
const filled = (row: string): boolean => row.trim() !== '' && !row.trimStart().startsWith('#');

/** Index behind the lines that belong to a line by being indented deeper. */
export function endOfBlock(rows: readonly string[], index: number): number {
  let end = index + 1;
  while (end < rows.length && (!filled(rows[end]!) || depth(rows[end]!) > depth(rows[index]!))) end += 1;
  while (end > index + 1 && !filled(rows[end - 1]!)) end -= 1;
  return end;
}

/**
 * What a broken line was probably meant to be, only to read on behind it: the mistake itself has been told. Gives changed lines by
 * index; undefined: no good guess.
 */
export function mendLine(rows: readonly string[], index: number, what: string, column: number): ReadonlyMap<number, string> | undefined {
  const row = rows[index]!;
  switch (what) {
    case 'a tab as indentation': return reindented(rows, index, indentOf(rows, index), row.replace(/^[ \t]*/, ''));
    case 'bad indentation': return reindented(rows, index, siblingIndent(rows, index), row.trimStart());
    case 'bad YAML': {
      const sign = row[column - 1];
      return (sign === ']' || sign === '}') && row.trim() !== sign ? new Map([[index, `${row.slice(0, column - 1)} ${row.slice(column)}`]]) : undefined;
    }
    case 'missing colon': {
      const glued = /^(\s*(?:- )?[\w.-]+):(\S.*)$/.exec(row);
      if (glued) return new Map([[index, `${glued[1]}: ${glued[2]}`]]);
      const [, indent, key, rest] = /^(\s*(?:- )?)([\w.-]+)(?:\s+(.*))?$/.exec(row.trimEnd()) ?? [];
      return key === undefined ? undefined : new Map([[index, `${indent}${key}:${rest === undefined ? '' : ` ${rest}`}`]]);
    }
    case 'a second ":"': {
      const [, head, rest] = /^(\s*(?:- )?[\w.-]+: +)([^"'[{|>&*!#].*)$/.exec(row.trimEnd()) ?? [];
      return head === undefined ? undefined : new Map([[index, `${head}${JSON.stringify(rest)}`]]);
    }
    case 'not closed': {
      const [, quote] = /^\s*(?:- )?(?:[\w.-]+: +)?(["'])(?:(?!\1).)*$/.exec(row.trimEnd()) ?? [];
      return quote === undefined ? undefined : new Map([[index, `${row.trimEnd()}${quote}`]]);
    }
    default: return undefined;
  }
}

/** The line at another depth. Its children may stay: anything deeper than it is still below it. */
function reindented(rows: readonly string[], index: number, indent: number, text: string): ReadonlyMap<number, string> | undefined {
  const mended = ' '.repeat(indent) + text;
  return rows[index] === mended ? undefined : new Map([[index, mended]]);
}

function siblingIndent(rows: readonly string[], index: number): number {
  const before = rows.slice(0, index).findLast(filled) ?? '';
  if (depth(before) < depth(rows[index]!)) return depth(before);
  const candidates = rows.slice(0, index).filter(filled).map(depth);
  return candidates.toReversed().find((indent) => indent <= depth(rows[index]!) + 1) ?? depth(before);
}

/** How deep a line that was indented by a tab was probably meant to be. */
function indentOf(rows: readonly string[], index: number): number {
  const opens = (row: string): boolean => /:\s*(#.*)?$/.test(row);
  const before = rows.slice(0, index).findLast(filled) ?? '';
  const after = rows.slice(index + 1).find((row) => filled(row) && !/^\s*\t/.test(row));
  if (opens(before)) return after !== undefined && depth(after) > depth(before) ? depth(after) : depth(before) + 2;
  if (!opens(rows[index]!) || after === undefined) return depth(before);
  // It opens a block: the deepest level that is still open and less deep than what follows.
  const open: number[] = [];
  for (const row of rows.slice(0, index).filter(filled)) {
    while (open.length && open.at(-1)! >= depth(row)) open.pop();
    open.push(depth(row));
  }
  return open.findLast((level) => level < depth(after)) ?? depth(before);
}
