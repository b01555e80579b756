import { readdirSync } from 'node:fs';
import path from 'node:path';

/** Left out at the top of the tree only: a connector may well have a folder called `data`. */
const LEFT_OUT_AT_TOP = new Set(['dist', 'coverage', 'data', 'reports', '.git', '.stryker-tmp']);

/** Files below `root/folder`, as paths with `/`, relative to `root`, in code-unit order. A folder that is not there has none. */
export function filesBelow(root, folder) {
  const found = [];
  const visit = (relative) => {
    let entries;
    try {
      entries = readdirSync(path.join(root, relative), { withFileTypes: true });
    } catch (error) {
      if (error.code === 'ENOENT') return;
      throw error;
    }
    for (const entry of entries) {
      const at = relative ? `${relative}/${entry.name}` : entry.name;
      if (entry.isDirectory()) {
        if (entry.name !== 'node_modules' && !LEFT_OUT_AT_TOP.has(at)) visit(at);
      } else if (entry.isFile()) found.push(at);
    }
  };
  visit(folder);
  return found.sort();
}
