import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { nearest } from './nearest.js';
import { problemAt, type ConfigProblem, type Finding } from './problem.js';

export const MAX_FILE_BYTES = 1_048_576;

export type SourceText = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: ConfigProblem };

/** Reads one file as UTF-8 (a byte order mark is skipped). Whatever is no text of bearable size is refused with its place. */
export async function readSourceText(path: string, name: string): Promise<SourceText> {
  const fail = (finding: Finding, line = 1, column = 1): SourceText => ({ ok: false, problem: problemAt({ file: name, line, column }, '', finding) });
  let bytes: Buffer;
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) return fail({ what: 'file too large', found: `${size} bytes`, expected: `at most ${MAX_FILE_BYTES} bytes (1 MiB)`, hint: 'split it into a folder of files' });
    bytes = await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return fail({ what: 'file missing', found: 'no such file', expected: 'a YAML file or a folder of them', suggestion: nearest(basename(path), await neighbours(path)) });
    return fail({ what: 'file not readable', found: code ?? 'an error', expected: 'a file that this user may read' });
  }
  if (bytes.length >= 2 && (bytes.readUInt16BE(0) === 0xfffe || bytes.readUInt16BE(0) === 0xfeff)) {
    return fail({ what: 'wrong encoding', found: 'UTF-16', expected: 'UTF-8', hint: 'save the file as UTF-8' });
  }
  const nul = bytes.indexOf(0);
  if (nul >= 0) return fail({ what: 'not a text file', found: 'a NUL byte', expected: 'UTF-8 text' }, ...placeOfByte(bytes, nul));
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    const at = firstBadByte(bytes);
    return fail({ what: 'wrong encoding', found: `the byte 0x${bytes[at]!.toString(16)}`, expected: 'UTF-8', hint: 'save the file as UTF-8' }, ...placeOfByte(bytes, at));
  }
}

async function neighbours(path: string): Promise<string[]> {
  try {
    return (await readdir(dirname(path))).filter((name) => /\.ya?ml$/.test(name));
  } catch {
    return [];                                                          // the folder is missing too: there is nothing to suggest
  }
}

function placeOfByte(bytes: Buffer, at: number): [line: number, column: number] {
  const before = bytes.subarray(0, at);
  const lineStart = before.lastIndexOf(10) + 1;
  let line = 1;
  for (const byte of before) if (byte === 10) line += 1;
  return [line, before.subarray(lineStart).toString('utf8').length + 1];
}

/** The first byte that no UTF-8 text can have at its place. */
function firstBadByte(bytes: Buffer): number {
  const decodes = (end: number): boolean => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, end), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let [good, bad] = [0, bytes.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (decodes(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
