import { statSync } from 'node:fs';
import path from 'node:path';
import { filesBelow } from './files.mjs';

/** A file that no longer fits in the head is two files. */
export const LIMIT = 24 * 1024;
const FOLDERS = ['src', 'connectors', 'test', 'bench', '.ci'];

/** Hand-written code over the limit. Fixtures are the vendors' words and stay as long as these are. */
export function tooLarge(root) {
  return FOLDERS.flatMap((folder) => filesBelow(root, folder))
    .filter((file) => /\.([cm]?[jt]sx?)$/.test(file) && !/(^|\/)fixtures\//.test(file))
    .flatMap((file) => {
      const { size } = statSync(path.join(root, file));
      return size > LIMIT ? [{ file, line: 1, message: `${size} bytes, at most ${LIMIT}: part it by what it does` }] : [];
    });
}
