import { stat } from 'node:fs/promises';
import { InterruptedError, type Page, type PullFrom, type ScopeEnd } from '../sdk/contract/index.js';
import { text } from '../sdk/mapping/index.js';
import type { FileClient } from './client.js';
import { readCsv } from './csv.js';
import { textOf } from './decode.js';
import { listFiles, reasonOf, type InputFile } from './files.js';
import { readJson, readNdjson } from './json.js';
import { UnreadableFileError, type FileRow, type ReadRow } from './row.js';

const PAGE_SIZE = 500;

interface Token { readonly v: 1; readonly file: number; readonly row: number; readonly stamps: readonly string[] }

export function readRows(file: InputFile, encoding: string): AsyncGenerator<ReadRow> {
  const pieces = textOf(file.path, encoding);
  return file.format === 'csv' ? readCsv(pieces, file.delimiter) : file.format === 'json' ? readJson(pieces) : readNdjson(pieces);
}

/** Every file in turn, each a scope of its own. Memory: one page, and the ids of the pass. */
export async function* pullFiles(client: FileClient, from: PullFrom): AsyncGenerator<Page<FileRow>> {
  const files = await listFiles(client.options, client.source.folder);
  const stamps = files.map((file) => `${file.name} ${file.stamp}`);
  const begun = parseToken(from.resume);
  // Files that changed since are read anew from the start: what was given before is given again, which harms nothing.
  const resume = begun !== undefined && JSON.stringify(begun.stamps) === JSON.stringify(stamps) ? begun : { file: 0, row: 0 };
  const size = Math.max(1, Math.min(from.pageSize ?? PAGE_SIZE, PAGE_SIZE));
  const seen = new Map<string, string>();

  for (const [index, file] of files.entries()) {
    const scope = `file=${file.name}`;
    const last = index === files.length - 1;
    const token = (row: number): string => JSON.stringify({ v: 1, file: index, row, stamps } satisfies Token);
    const next = (row: number, ended: boolean): string | null => (!ended ? token(row) : last ? null : JSON.stringify({ v: 1, file: index + 1, row: 0, stamps } satisfies Token));
    const cursor = (ended: boolean): { cursor?: string } => (ended && last ? { cursor: JSON.stringify({ v: 1, at: client.clock.now() }) } : {});

    let page: FileRow[] = [];
    let row = 0;
    let end: ScopeEnd = { scope, coverage: 'complete' };
    try {
      if (file.problem !== undefined) throw new UnreadableFileError(file.problem);
      for await (const read of readRows(file, client.options.encoding)) {
        if (client.signal.aborted) throw new InterruptedError(`${client.source.name} records: interrupted in ${file.name}, line ${read.line}`);
        const given = once(file, read, seen);
        row += 1;
        // what an interrupted pass has given is read again, for its ids, but not given
        if (index < resume.file || (index === resume.file && row <= resume.row)) continue;
        if (page.length === size) {
          yield { scope, records: page, next: next(row - 1, false) };
          page = [];
        }
        page.push(given);
      }
      const after = await stat(file.path);
      if (`${after.size}:${after.mtimeMs}` !== file.stamp) throw new UnreadableFileError('it was changed while it was read');
    } catch (error) {
      if (error instanceof InterruptedError) throw error;
      if (!(error instanceof UnreadableFileError) && (error as { code?: unknown } | null)?.code === undefined) throw error;
      // what stands before the break is good; what stands behind it is not known
      end = { scope, coverage: 'uncovered', reason: `${file.name}: ${reasonOf(error)}` };
      client.log.warn('a file could not be read to its end', { file: file.name, because: end.reason ?? '' });
    }
    if (index < resume.file) continue;
    yield { scope, records: page, next: next(row, true), ends: [end], ...cursor(true) };
  }
}

/** A second row of an id in the pass is not believed, whichever is right. */
function once(file: InputFile, read: ReadRow, seen: Map<string, string>): FileRow {
  const place = { _file: file.name, _line: read.line };
  if (read.problem !== undefined) return { ...read.columns, ...place, _problem: read.problem };
  const column = Object.keys(read.columns).find((name) => name.trim().toLowerCase() === 'id');
  const id = column === undefined ? undefined : text(read.columns[column]);
  if (id === undefined) return { ...read.columns, ...place };
  const before = seen.get(id);
  if (before !== undefined) return { ...read.columns, ...place, _problem: `its id ${id.slice(0, 100)} stands in ${before} already` };
  seen.set(id, `${file.name}, line ${read.line}`);
  return { ...read.columns, ...place };
}

function parseToken(given: string | undefined): Token | undefined {
  if (given === undefined) return undefined;
  try {
    const token = JSON.parse(given) as Partial<Token> | null;
    const good = token?.v === 1 && Number.isSafeInteger(token.file) && Number.isSafeInteger(token.row) && Array.isArray(token.stamps);
    return good ? token as Token : undefined;
  } catch {
    return undefined; // not ours: the pass begins anew, which harms nothing
  }
}
