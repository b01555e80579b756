import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { IdentityService, type MatchResult } from '../../decisions/identity.service.js';
import { usage } from '../failures.js';
import { renderMatch } from '../render/match.js';
import type { Session } from '../session.js';
import type { Run } from '../verb.js';

const MOST_BYTES = 16 * 1024 * 1024;

export const match: Run = async (session, [file]) => {
  const { out } = session;
  const records = pastedRecords(await textOf(session, file as string), (file as string).toLowerCase().endsWith('.csv'));
  return session.read(async (app) => {
    const results: readonly MatchResult[] = await app.get(IdentityService).match(records);
    for (const [place, result] of results.entries()) {
      if (out.json) await out.document(result);
      else await out.line(`${place === 0 ? '' : '\n'}${renderMatch(result, out.style)}`);
    }
    return results.some(({ problem }) => problem !== undefined) ? 1 : 0;
  });
};

async function textOf({ io }: Session, file: string): Promise<string> {
  if (file === '-') return io.stdin.text();
  try {
    const bytes = readFileSync(resolve(io.cwd, file));
    if (bytes.byteLength > MOST_BYTES) throw usage(`${file} is larger than 16 MiB`, 'to read so many records, make the file a source of the connector "file"');
    return bytes.toString('utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw usage(`${file} cannot be read (${code})`, 'give a file of JSON, NDJSON or CSV, or - for stdin');
  }
}

/** One object, a list of them, one a line, or rows below a header. */
export function pastedRecords(text: string, isCsv: boolean): readonly unknown[] {
  const bare = text.replace(/^\uFEFF/, '').trim();
  if (bare === '') throw usage('there is no record in it', 'one JSON object, a list of them, one a line, or CSV with a header');
  if (isCsv || !/^[[{]/.test(bare)) return rowsOf(bare);
  try {
    const parsed = JSON.parse(bare) as unknown;
    return Array.isArray(parsed) ? parsed : [parsed];
  } catch (whole) {
    const lines = bare.split(/\r?\n/).filter((line) => line.trim() !== '');
    return lines.map((line, at) => {
      try {
        return JSON.parse(line) as unknown;
      } catch (error) {
        throw usage(lines.length === 1 || at === 0 ? `it is no JSON: ${(whole as Error).message}` : `line ${at + 1} is no JSON: ${(error as Error).message}`);
      }
    });
  }
}

function rowsOf(text: string): readonly unknown[] {
  try {
    return parse(text, { columns: (header: string[]) => header.map((name) => name.trim().toLowerCase()), skip_empty_lines: true, relax_column_count: false }) as unknown[];
  } catch (error) {
    throw usage(`it is neither JSON nor CSV: ${(error as Error).message}`);
  }
}
