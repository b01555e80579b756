/**
 * `node .ci/node-version.mjs <major> [jest arguments]`: a selection of the suite on another Node, in a copy of the tree, with the packages that npm
 * installs there: on Node 22 and later another SQLite driver than on 20 (docs/decisions/0006).
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { otherNode } from './ci/other-node.mjs';

const [major, ...jestArguments] = process.argv.slice(2);
if (!/^\d+$/.test(major ?? '')) {
  console.error('usage: node .ci/node-version.mjs <major> [jest arguments]');
  process.exit(2);
}
const root = path.resolve(import.meta.dirname, '..');
const work = mkdtempSync(path.join(tmpdir(), `lockstep-node-${major}-`));
try {
  process.exitCode = test();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}

function test() {
  const { node, version, env } = otherNode(major, path.join(work, 'node'));
  console.log(`Node ${version}`);

  const tree = path.join(work, 'tree');
  cpSync(root, tree, {
    recursive: true, verbatimSymlinks: true,
    filter: (file) => !/^(\.git|node_modules|dist|coverage|data|reports|\.stryker-tmp)$/.test(path.relative(root, file)),
  });
  // From Node 22 on nothing that is used has to be compiled, as in the image; the old driver, which has, must not be missed.
  const scripts = Number(major) < 22 ? [] : ['--ignore-scripts'];
  const installed = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--prefer-offline', ...scripts], { cwd: tree, env, stdio: 'inherit' });
  if (installed.status !== 0) return 1;
  const run = spawnSync(node, [
    '--experimental-vm-modules', 'node_modules/jest/bin/jest.js', ...jestArguments, '--testPathPatterns', '/(src|connectors)/',
    '--testPathIgnorePatterns', '\\.mysql\\.spec\\.ts$', '/test/',
  ], { cwd: tree, env: { ...env, NODE_ENV: 'test' }, stdio: 'inherit' });
  return run.status ?? 1;
}
