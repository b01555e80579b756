import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Describe } from '../../src/config/schema.js';
import { ROOT } from '../support/planted-tree.js';

const COMMENT = /^\s*\/\*\* (.*) \*\/$/;
const CLASS = /^export class (\w+)/;
const KEY = /^ {2}(\w+)[!?]: /;

/** The comments above the section classes and above their keys. They stand on one line each; a test asks that none is missing. */
export function sectionComments(): Describe {
  const comments = new Map<string, string>();
  const folder = join(ROOT, 'src/config/sections');
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
    let [section, comment] = ['', undefined as string | undefined];
    for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
      comment = COMMENT.exec(line)?.[1] ?? comment;
      const [, name] = CLASS.exec(line) ?? [];
      const [, key] = KEY.exec(line) ?? [];
      if (name !== undefined) section = name;
      const about = name ?? (key === undefined ? undefined : `${section}.${key}`);
      if (about === undefined) continue;
      if (comment !== undefined) comments.set(about, comment);
      comment = undefined;
    }
  }
  return (section, key) => comments.get(key === undefined ? section : `${section}.${key}`);
}
