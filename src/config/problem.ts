/** Where something stands: `file` as the user named it, line and column counted from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One mistake in the configuration. None of its fields ever holds the value of a secret. */
export interface ConfigProblem extends Place {
  /** e.g. `sources.acme-prod.streams[1]`; empty at the root. */
  readonly path: string;
  /** What is wrong and how to mend it, in one line. */
  readonly message: string;
  readonly found: string;
  readonly expected: string;
  /** The nearest right spelling. */
  readonly suggestion?: string;
}

export interface Finding {
  /** e.g. `unknown key`, `no duration`. */
  readonly what: string;
  readonly found: string;
  readonly expected: string;
  readonly suggestion?: string | undefined;
  /** Said besides: why it is so, or what to do. */
  readonly hint?: string | undefined;
}

export function problemAt(place: Place, path: string, { what, found, expected, suggestion, hint }: Finding): ConfigProblem {
  const message = [
    // The key stands in the path already, and with the right one at hand a list of all would only hide it.
    what === 'unknown key' && suggestion !== undefined ? what : `${what}: found ${found}, expected ${expected}`,
    ...(suggestion === undefined ? [] : [`did you mean "${suggestion}"?`]),
    ...(hint === undefined ? [] : [hint]),
  ].join('; ');
  return {
    file: place.file, line: place.line, column: place.column, path, message: oneLine(message), found: oneLine(found), expected: oneLine(expected),
    ...(suggestion !== undefined && { suggestion: oneLine(suggestion) }),
  };
}

/** Control characters and line ends would forge lines of a report. */
const oneLine = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]+/g, ' ');

/** Source lines for carets, secrets already masked. Kept beside the problems, so that these stay plain data. */
const SNIPPETS = new WeakMap<ConfigProblem, string>();
export const keepSnippet = (problem: ConfigProblem, line: string): void => void SNIPPETS.set(problem, line);

/** `file:line:col path: message`; with `source` the line and a caret follow, indented. */
export function formatProblem(problem: ConfigProblem, { source = false }: { readonly source?: boolean } = {}): string {
  const head = `${problem.file}:${problem.line}:${problem.column} ${problem.path === '' ? '' : `${oneLine(problem.path)}: `}${problem.message}`;
  const line = source ? SNIPPETS.get(problem) : undefined;
  if (line === undefined) return head;
  const start = Math.max(0, Math.min(problem.column - 1, line.length) - 60);
  const shown = line.slice(start, start + 120).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g, ' ').replaceAll('\t', ' ');
  return `${head}\n    ${shown}\n    ${' '.repeat(Math.max(0, problem.column - 1 - start))}^`;
}

/** In the order of the files given, then by place; the same mistake is told once. */
export function sortProblems(problems: readonly ConfigProblem[], files: readonly string[]): ConfigProblem[] {
  const rank = new Map(files.map((file, index) => [file, index]));
  const of = (file: string): number => rank.get(file) ?? files.length;
  const sorted = [...problems].sort((a, b) => of(a.file) - of(b.file) || (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column);
  const seen = new Set<string>();
  return sorted.filter((problem) => {
    const key = JSON.stringify([problem.file, problem.line, problem.column, problem.path, problem.message]);
    return seen.has(key) ? false : (seen.add(key), true);
  });
}
