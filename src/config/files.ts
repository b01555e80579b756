import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { problemAt, type ConfigProblem } from './problem.js';
import { readSourceText } from './source-text.js';
import { readYaml, type YamlTree } from './yaml-tree.js';

export interface ConfigFile extends YamlTree {
  /** As the user named it. */
  readonly name: string;
  readonly path: string;
  /** Relative paths that stand in it start here. */
  readonly folder: string;
  /** Absent: could not be read as text. */
  readonly text?: string;
}

/** Reads what `--config` names, in its order: files, and folders as all their `*.yaml` sorted by name. */
export async function readFiles(names: readonly string[], cwd: string): Promise<{ readonly files: readonly ConfigFile[]; readonly problems: readonly ConfigProblem[] }> {
  const problems: ConfigProblem[] = [];
  const files: ConfigFile[] = [];
  for (const name of names) {
    for (const file of await expand(name, cwd, problems)) files.push(await readOne(file, resolve(cwd, file)));
  }
  return { files, problems };
}

async function expand(name: string, cwd: string, problems: ConfigProblem[]): Promise<readonly string[]> {
  const path = resolve(cwd, name);
  const isFolder = await stat(path).then((found) => found.isDirectory(), () => false);          // what is missing is told when it is read
  if (!isFolder) return [name];
  const inside = (await readdir(path)).filter((file) => /\.ya?ml$/.test(file) && !file.startsWith('.')).sort((a, b) => (a < b ? -1 : 1));
  if (!inside.length) problems.push(problemAt({ file: name, line: 1, column: 1 }, '', { what: 'empty folder', found: 'no *.yaml in it', expected: 'at least one' }));
  return inside.map((file) => join(name, file));
}

async function readOne(name: string, path: string): Promise<ConfigFile> {
  const folder = dirname(path);
  const source = await readSourceText(path, name);
  if (!source.ok) return { name, path, folder, problems: [source.problem], lost: [1] };
  return { name, path, folder, text: source.text, ...readYaml(source.text, name) };
}
