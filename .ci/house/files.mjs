import { readdirSync } from 'node:fs';
import path from 'node:path';

const LEFT_OUT = new Set(['node_modules', 'dist', 'coverage', 'data', 'reports', '.git', '.stryker-tmp']);

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
        if (!LEFT_OUT.has(entry.name)) visit(at);
      } else if (entry.isFile()) found.push(at);
    }
  };
  visit(folder);
  return found.sort();
}
