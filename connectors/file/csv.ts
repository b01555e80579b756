import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { isKnownColumn } from './columns.js';
import { MOST_RECORD, UnreadableFileError, type ReadRow } from './row.js';

interface Parsed { readonly record: readonly string[]; readonly info: { readonly lines: number } }

/** RFC 4180 with a header: quotes, line breaks within them, CR LF or LF. Every cell is text: a serial 0012345 stays so. */
export async function* readCsv(text: AsyncIterable<string>, delimiter: string): AsyncGenerator<ReadRow> {
  const parser = parse({
    delimiter, info: true, bom: false, relax_column_count: true, relax_quotes: true, skip_empty_lines: true, max_record_size: MOST_RECORD,
    record_delimiter: ['\r\n', '\n', '\r'],
  });
  // errors of the file reach the parser, and a reader that stops closes the file
  pipeline(Readable.from(text), parser, () => undefined);
  let header: string[] | undefined;
  let lines = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      lines = info.lines;
      // `lines` counts to the record's end; line breaks within its quotes lead back to its beginning
      const line = Math.max(1, lines - record.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0));
      if (header === undefined) {
        header = headerOf(record);
        continue;
      }
      if (record.every((cell) => cell.trim() === '')) continue;
      yield rowOf(header, record, line);
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new UnreadableFileError(error.code === 'CSV_QUOTE_NOT_CLOSED' ? `a quote that opens in line ${lines + 1} is never closed`
      : error.code === 'CSV_MAX_RECORD_SIZE' ? `the record that begins in line ${lines + 1} is larger than ${MOST_RECORD} characters: a quote may not be closed` : `line ${lines + 1}: ${error.message}`);
  }
  if (header === undefined) throw new UnreadableFileError('it is empty: not even a line of column names');
}

function headerOf(cells: readonly string[]): string[] {
  const seen = new Map<string, number>();
  const names = cells.map((cell, at) => {
    const name = cell.trim() === '' ? `column ${at + 1}` : cell.trim();
    const times = (seen.get(name.toLowerCase()) ?? 0) + 1;
    seen.set(name.toLowerCase(), times);
    if (times > 1 && isKnownColumn(name)) throw new UnreadableFileError(`it has the column ${name} twice`);
    return times > 1 ? `${name} (${times})` : name;
  });
  if (!seen.has('id')) throw new UnreadableFileError(`it has no column id; its columns are ${names.slice(0, 20).join(', ')}`);
  return names;
}

function rowOf(header: readonly string[], record: readonly string[], line: number): ReadRow {
  const columns = Object.fromEntries(header.slice(0, record.length).map((name, at) => [name, record[at]]));
  if (record.length === header.length) return { line, columns };
  // Cells may have shifted: nothing of such a row is believed, but where its id stands.
  const id = header.find((name) => name.toLowerCase() === 'id')!;
  return {
    line, columns: Object.hasOwn(columns, id) ? { [id]: columns[id] } : {},
    problem: `it has ${record.length} cells where the header has ${header.length}: a separator in a text needs quotes around the cell`,
  };
}
