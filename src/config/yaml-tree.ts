import { Lexer, LineCounter, parseAllDocuments, type Document } from 'yaml';
import { toLocated } from './yaml-nodes.js';
import { blame } from './yaml-errors.js';
import { endOfBlock, mendLine } from './yaml-mend.js';
import { problemAt, type ConfigProblem, type Place } from './problem.js';
import type { LocatedMap } from './located.js';

export const MAX_DEPTH = 64;
const MAX_TOKENS = 150_000;

export interface YamlTree {
  /** What could be read; absent: nothing usable. */
  readonly root?: LocatedMap;
  readonly problems: readonly ConfigProblem[];
  /** Lines that could not be read: what seems to be missing around them may stand there. */
  readonly lost: readonly number[];
}

/**
 * Text to a tree with places. A line that is no YAML is told and left out, and the rest is read on, so that one slip of indentation does
 * not hide the other mistakes of the file.
 */
export function readYaml(text: string, file: string): YamlTree {
  const start: Place = { file, line: 1, column: 1 };
  const tooMuch = measure(text, file);
  if (tooMuch) return { problems: [tooMuch], lost: [1] };
  const { working, docs, problems, lost, lines } = parsePatiently(text, file);
  const [doc, second] = docs;
  if (second) {
    const at = lines.at(Math.max(0, second.range[0] - 1));
    const marker = text.split('\n').findIndex((line, index) => index + 1 >= at.line && /^---(\s|$)/.test(line) && index > 0) + 1;
    problems.push(problemAt({ file, line: marker || at.line, column: 1 }, '', { what: 'several documents', found: 'a second document ("---")', expected: 'one document a file', hint: 'put it into a file of its own and give several --config' }));
  }
  if (!doc?.contents) {
    if (!problems.length) problems.push(problemAt(start, '', { what: 'empty file', found: 'nothing', expected: 'a map with "version" and "sources"', hint: '`lockstep init` writes one to begin with' }));
    return { problems, lost: [1] };
  }
  const converted = toLocated(doc, { file, text: working, place: (offset) => lines.at(offset), maxDepth: MAX_DEPTH });
  problems.push(...converted.problems);
  const root = converted.root;
  if (root && root.kind !== 'map' && !(root.kind === 'scalar' && root.value === null)) {
    if (!lost.length) problems.push(problemAt(root.place, '', { what: 'wrong type', found: root.kind === 'list' ? 'a list at the root' : 'a single value at the root', expected: 'a map with "version" and "sources"' }));
    return { problems, lost: [...lost, 1] };
  }
  if (root?.kind === 'scalar' && !problems.length) problems.push(problemAt(start, '', { what: 'empty file', found: 'nothing', expected: 'a map with "version" and "sources"' }));
  return { ...(root?.kind === 'map' && { root }), problems, lost };
}

/** Refuses what would take the parser long, in linear time: nesting beyond measure and endless tokens. */
function measure(text: string, file: string): ConfigProblem | undefined {
  let [tokens, flow, block, line, column] = [0, 0, 0, 1, 1];
  const refuse = (what: string, found: string, expected: string): ConfigProblem => problemAt({ file, line, column }, '', { what, found, expected });
  for (const token of new Lexer().lex(text)) {
    tokens += 1;
    if (tokens > MAX_TOKENS) return refuse('file too large', `more than ${MAX_TOKENS} tokens`, 'fewer');
    if (token === '[' || token === '{') flow += 1;
    else if ((token === ']' || token === '}') && flow > 0) flow -= 1;
    else if (token === '-' || token === '?' || token === ':') block += 1;
    if (flow > MAX_DEPTH || (flow === 0 && block > MAX_DEPTH)) return refuse('nested too deeply', `more than ${MAX_DEPTH} levels`, `at most ${MAX_DEPTH} levels`);
    if (CONTROL.has(token)) continue;
    const newline = token.lastIndexOf('\n');
    if (newline < 0) column += token.length;
    else {
      for (let at = token.indexOf('\n'); at >= 0; at = token.indexOf('\n', at + 1)) line += 1;
      column = token.length - newline;
      block = 0;
    }
  }
  return undefined;
}

/** Tokens of the lexer that stand for no character. */
const CONTROL = new Set(['\u0002', '\u0018', '\u001f', '\ufeff']);

interface Parsed { readonly working: string; readonly docs: readonly Document.Parsed[]; readonly problems: ConfigProblem[]; readonly lost: readonly number[]; readonly lines: Lines }

/** A line was mended: behind column `from` everything moved by `by`. */
interface Shift { readonly from: number; readonly by: number }

/** Places in a text whose lines were mended: line numbers stay, columns are put back. */
class Lines {
  readonly counter = new LineCounter();
  constructor(private readonly file: string, private readonly shifts: ReadonlyMap<number, readonly Shift[]>) {}
  at(offset: number): Place {
    const { line, col } = this.counter.linePos(offset);
    const column = (this.shifts.get(line) ?? []).reduceRight((at, { from, by }) => (at > from ? at - by : at), col);
    return { file: this.file, line: Math.max(1, line), column: Math.max(1, column) };
  }
}

function parsePatiently(text: string, file: string): Parsed {
  const problems: ConfigProblem[] = [];
  const lost = new Set<number>();
  const shifts = new Map<number, readonly Shift[]>();
  const mended = new Set<number>();
  const rounds = text.length > 65_536 ? 4 : 60;
  const rows = text.split('\n');
  for (let round = 0; ; round++) {
    const working = rows.join('\n');
    const lines = new Lines(file, shifts);
    const docs = parseAllDocuments(working, { lineCounter: lines.counter, prettyErrors: false, uniqueKeys: false, logLevel: 'silent' }) as Document.Parsed[];
    const troubles = docs.flatMap((doc) => [...doc.errors, ...doc.warnings].map((error) => blame(error, doc, working))).sort((a, b) => a.offset - b.offset);
    const first = troubles.find((trouble) => !trouble.harmless);
    if (first === undefined || round >= rounds) {
      const told = new Set<number>(problems.map((problem) => problem.line));
      for (const { offset, finding, harmless } of troubles.slice(0, 200)) {
        const place = lines.at(offset);
        if (!harmless) lost.add(place.line);
        if (told.has(place.line)) continue;
        told.add(place.line);
        problems.push(problemAt(place, '', finding));
      }
      return { working, docs, problems, lost: [...lost], lines };
    }
    const { line, column } = lines.at(first.offset);
    const row = rows[line - 1] ?? '';
    if (mended.has(line) || lost.has(line) || row.trim() === '') {
      const until = lost.has(line) || row.trim() === '' ? rows.length : endOfBlock(rows, line - 1);
      for (let index = line - 1; index < until; index++) { if (rows[index] !== '') lost.add(index + 1); rows[index] = ''; }
      if (!problems.some((problem) => problem.line === line)) problems.push(problemAt({ file, line, column }, '', first.finding));
      lost.add(line);
      continue;
    }
    mended.add(line);
    const tab = /^[ \t]*/.exec(row)![0].indexOf('\t');
    problems.push(problemAt({ file, line, column: first.finding.what === 'a tab as indentation' && tab >= 0 ? tab + 1 : column }, '', first.finding));
    const mend = mendLine(rows, line - 1, first.finding.what, column);
    if (!mend) {
      for (let index = line - 1, end = endOfBlock(rows, index); index < end; index++) { rows[index] = ''; lost.add(index + 1); }
      continue;
    }
    for (const [index, text] of mend) {
      const before = rows[index]!;
      let from = 0;
      while (from < before.length && before[from] === text[from]) from += 1;
      shifts.set(index + 1, [...(shifts.get(index + 1) ?? []), { from, by: text.length - before.length }]);
      rows[index] = text;
    }
  }
}
