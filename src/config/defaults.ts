import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULTS, type LocatedMap } from './located.js';
import { readYaml } from './yaml-tree.js';

/** The folder of package.json above this file: the same from `src` and from `dist/src`. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('package.json not found above the program');
    folder = parent;
  }
  return folder;
}

let defaults: LocatedMap | undefined;

/** `config/defaults.yaml` as a tree. Its key `source` holds what every source starts from. */
export function defaultTree(): LocatedMap {
  if (defaults) return defaults;
  const path = join(packageRoot(), 'config', 'defaults.yaml');
  const { root, problems } = readYaml(readFileSync(path, 'utf8'), DEFAULTS);
  if (!root || problems.length) throw new Error(`${path} is damaged: ${problems.map((problem) => problem.message).join('; ')}`);
  return (defaults = root);
}
