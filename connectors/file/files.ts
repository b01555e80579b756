import { readdir, stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import type { FileFormat, FileOptions } from './config.js';

/** One file to read, or why it cannot be. */
export interface InputFile {
  /** As configured (a folder's file: folder/name), with `/`: the same on every machine, and the name of its scope. */
  readonly name: string;
  readonly path: string;
  readonly format?: FileFormat;
  readonly delimiter: string;
  /** Changes with the content: size and time of change. */
  readonly stamp: string;
  readonly problem?: string;
}

const BY_ENDING: Readonly<Record<string, { readonly format: FileFormat; readonly delimiter?: string }>> = {
  '.csv': { format: 'csv' }, '.tsv': { format: 'csv', delimiter: '\t' }, '.json': { format: 'json' }, '.ndjson': { format: 'ndjson' }, '.jsonl': { format: 'ndjson' },
};

/** All files that the options name, in the order of their names, each once. */
export async function listFiles(options: FileOptions, folder: string): Promise<InputFile[]> {
  const files = new Map<string, InputFile>();
  for (const given of Array.isArray(options.path) ? options.path : [options.path]) {
    for (const file of await filesAt(options, folder, given)) if (!files.has(file.path)) files.set(file.path, file);
  }
  return [...files.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

async function filesAt(options: FileOptions, folder: string, given: string): Promise<InputFile[]> {
  const path = resolve(folder, given);
  const name = given.replace(/\\/g, '/').replace(/^\.\//, '').replace(/\/+$/, '') || '.';
  const bad = (problem: string): InputFile[] => [{ name, path, delimiter: ',', stamp: 'none', problem }];
  try {
    const found = await stat(path);
    if (!found.isDirectory()) return [inputFile(options, name, path, `${found.size}:${found.mtimeMs}`, true)!];
    const inside: InputFile[] = [];
    for (const entry of (await readdir(path, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      // a hidden file is an editor's or a copy under way
      if (entry.name.startsWith('.') || entry.name.startsWith('~$') || entry.isDirectory()) continue;
      const own = join(path, entry.name);
      const { size, mtimeMs } = await stat(own);
      const file = inputFile(options, `${name}/${entry.name}`, own, `${size}:${mtimeMs}`, false);
      if (file !== undefined) inside.push(file);
    }
    return inside.length > 0 ? inside : bad('the folder holds no .csv, .tsv, .json, .ndjson or .jsonl file');
  } catch (error) {
    return bad(reasonOf(error));
  }
}

function inputFile(options: FileOptions, name: string, path: string, stamp: string, named: boolean): InputFile | undefined {
  const ending = BY_ENDING[extname(name).toLowerCase()];
  if (ending === undefined && !named) return undefined;
  const format = options.format ?? ending?.format;
  const delimiter = options.delimiter ?? ending?.delimiter ?? ',';
  return format === undefined
    ? { name, path, delimiter, stamp, problem: `its format does not show in its name: set options.format to csv, json or ndjson` }
    : { name, path, format, delimiter, stamp };
}

/** What a person can do something about, without a stack. */
export function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  switch (code) {
    case 'ENOENT': return 'there is no such file';
    case 'EACCES': case 'EPERM': return 'it may not be read by the user that Lockstep runs as';
    case 'EISDIR': return 'it is a folder';
    default: return error instanceof Error ? error.message : String(error);
  }
}
