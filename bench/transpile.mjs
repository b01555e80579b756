/**
 * The product and the bench as JavaScript in a folder of their own, by the same settings as the tests: neither an old `dist/`
 * nor a compiler inside of the measured process can spoil the figures.
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { transformFile } from '@swc/core';
import { filesBelow } from '../.ci/house/files.mjs';
import jest from '../jest.config.mjs';

const [, settings] = Object.values(jest.transform)[0];

export async function transpile(root) {
  const tree = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-tree-'));
  symlinkSync(path.join(root, 'node_modules'), path.join(tree, 'node_modules'));
  for (const file of ['package.json', ...['src', 'connectors', 'config', 'bench', 'test/support'].flatMap((folder) => filesBelow(root, folder))]) {
    if (/\.spec\.ts$|\.d\.[cm]?ts$|(^|\/)fixtures\//.test(file)) continue;
    const to = path.join(tree, file.replace(/\.ts$/, '.js'));
    mkdirSync(path.dirname(to), { recursive: true });
    if (file.endsWith('.ts')) writeFileSync(to, (await transformFile(path.join(root, file), { ...settings, swcrc: false, configFile: false })).code);
    else copyFileSync(path.join(root, file), to);
  }
  return { tree, remove: () => rmSync(tree, { recursive: true, force: true }) };
}
