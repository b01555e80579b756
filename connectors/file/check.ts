import type { CheckFinding, Discovery } from '../sdk/contract/index.js';
import type { FileClient } from './client.js';
import { isKnownColumn, mapRow } from './columns.js';
import { listFiles, reasonOf } from './files.js';
import { readRows } from './pull.js';
import { UnreadableFileError } from './row.js';

/** Rows looked at: enough to see that the columns are right. */
const SAMPLE = 1_000;

/** Opens each file and maps its first rows. Changes nothing. */
export async function* check(client: FileClient, streams: readonly string[]): AsyncGenerator<CheckFinding> {
  if (!streams.includes('records')) return;
  for (const file of await listFiles(client.options, client.source.folder)) {
    const base = { what: `read ${file.name}`, stream: 'records' };
    let rows = 0;
    const bad: string[] = [];
    try {
      if (file.problem !== undefined) throw new UnreadableFileError(file.problem);
      for await (const row of readRows(file, client.options.encoding)) {
        rows += 1;
        const mapping = mapRow({ ...row.columns, _file: file.name, _line: row.line, ...(row.problem !== undefined && { _problem: row.problem }) });
        if (!mapping.ok) bad.push(mapping.reason);
        else if ('record' in mapping && mapping.notes !== undefined) bad.push(mapping.notes[0]!);
        if (rows >= SAMPLE) break;
      }
      yield bad.length === 0
        ? { ...base, outcome: 'ok', message: rows === SAMPLE ? `the first ${SAMPLE} rows are good` : `${rows} row${rows === 1 ? '' : 's'}, all good` }
        : { ...base, outcome: 'warning', message: `${bad.length} of ${rows === SAMPLE ? `the first ${SAMPLE}` : rows} rows have a problem, the first: ${bad[0]}`, hint: 'Mend these rows; the others are read all the same.' };
    } catch (error) {
      if (!(error instanceof UnreadableFileError) && (error as { code?: unknown } | null)?.code === undefined) throw error;
      yield { ...base, outcome: 'failed', message: `${file.name}: ${reasonOf(error)}`, hint: 'Check options.path (relative to the configuration file), options.format and the rights on the file.' };
    }
  }
}

/** The columns of each file; those with a name of ours need no mapping. */
export async function discover(client: FileClient, streams: readonly string[]): Promise<Discovery> {
  const tables: Discovery['tables'][number][] = [];
  const unmapped = new Map<string, Discovery['unmapped'][number]>();
  if (!streams.includes('records')) return { tables, unmapped: [] };
  for (const file of await listFiles(client.options, client.source.folder)) {
    if (file.problem !== undefined) continue;
    const names = new Set<string>();
    let rows = 0;
    for await (const row of readRows(file, client.options.encoding)) {
      rows += 1;
      for (const name of Object.keys(row.columns)) names.add(name);
      const mapping = mapRow({ ...row.columns, _file: file.name, _line: row.line, ...(row.problem !== undefined && { _problem: row.problem }) });
      const stage = 'record' in mapping && mapping.record.kind === 'asset' ? mapping.record.stage : undefined;
      const value = stage?.raw['stage'];
      if (stage !== undefined && stage.stage === undefined && value !== undefined) unmapped.set(value, { stream: 'records', field: Object.keys(row.columns).find((name) => name.trim().toLowerCase() === 'stage') ?? 'stage', value });
      if (rows >= SAMPLE) break;
    }
    tables.push({
      stream: 'records', table: file.name,
      fields: [...names].map((name) => ({ name, ...(isKnownColumn(name) && { label: 'read without a mapping' }) })),
    });
  }
  return { tables, unmapped: [...unmapped.values()] };
}
