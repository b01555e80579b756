import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DEFAULTS, type LocatedMap } from './located.js';
import { readYaml } from './yaml-tree.js';

/** A file of `config/`, which stands beside `src/`: in the checkout as it is committed, in `dist/` as the build copied it. An image holds `dist/` alone. */
export function configFile(name: string): string {
  return fileURLToPath(new URL(`../../config/${name}`, import.meta.url));
}

let defaults: LocatedMap | undefined;

/** `config/defaults.yaml` as a tree. Its key `source` holds what every source starts from. */
export function defaultTree(): LocatedMap {
  if (defaults) return defaults;
  const path = configFile('defaults.yaml');
  const { root, problems } = readYaml(readFileSync(path, 'utf8'), DEFAULTS);
  if (!root || problems.length) throw new Error(`${path} is damaged: ${problems.map((problem) => problem.message).join('; ')}`);
  return (defaults = root);
}
