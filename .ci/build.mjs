/**
 * `npm run build`: dist/ is the same tree as the checkout, compiled. What is no TypeScript (defaults, fixtures, data) goes along,
 * so that a path relative to `import.meta.url` is right in both. Specs, READMEs and tests stay behind.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { filesBelow } from './house/files.mjs';

const root = path.resolve(import.meta.dirname, '..');
const dist = path.join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
try {
  execFileSync(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
} catch (error) {
  process.exit(error.status ?? 1);
}
for (const file of ['src', 'connectors', 'config'].flatMap((folder) => filesBelow(root, folder))) {
  if (/\.[cm]?tsx?$/.test(file) || file.endsWith('/README.md')) continue;
  cpSync(path.join(root, file), path.join(dist, file));
}
