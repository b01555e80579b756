/**
 * `node .ci/node-version.mjs <major> [jest arguments]`: a selection of the suite on another Node, in a copy of the tree, with the native driver
 * compiled for it against that Node's own headers. Node comes from npm (`node-<platform>-<arch>`, which the package `node` installs). Where it is
 * not to be had this fails: a version that was not tested is not a version that works.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const [major, ...jestArguments] = process.argv.slice(2);
if (!/^\d+$/.test(major ?? '')) {
  console.error('usage: node .ci/node-version.mjs <major> [jest arguments]');
  process.exit(2);
}
const root = path.resolve(import.meta.dirname, '..');
const work = mkdtempSync(path.join(tmpdir(), `lockstep-node-${major}-`));
try {
  process.exitCode = test();
} finally {
  rmSync(work, { recursive: true, force: true });
}

function test() {
  const name = `node-${process.platform}-${process.arch}`;
  const home = path.join(work, 'node');
  mkdirSync(home);
  writeFileSync(path.join(home, 'package.json'), '{ "private": true }');
  const got = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', `${name}@${major}`], { cwd: home, stdio: 'inherit' });
  const prefix = path.join(home, 'node_modules', name);
  const node = path.join(prefix, 'bin/node');
  if (got.status !== 0 || !existsSync(node)) {
    console.error(`Node ${major} is not to be had from npm (${name}@${major})`);
    return 1;
  }
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  console.log(`Node ${version}`);

  const tree = path.join(work, 'tree');
  cpSync(root, tree, {
    recursive: true, verbatimSymlinks: true,
    filter: (file) => !/^(\.git|dist|coverage|data|reports|\.stryker-tmp)$/.test(path.relative(root, file)) && !file.includes(path.join('better-sqlite3', 'build')),
  });
  const env = { ...process.env, PATH: `${path.join(prefix, 'bin')}${path.delimiter}${process.env.PATH}`, npm_config_nodedir: prefix };
  // The headers of this Node come with its package, so that nothing is fetched from elsewhere.
  const npm = npmScript();
  const rebuilt = spawnSync(node, [npm, 'rebuild', 'better-sqlite3'], { cwd: tree, env, stdio: 'inherit' });
  if (rebuilt.status !== 0) return 1;
  const run = spawnSync(node, [
    '--experimental-vm-modules', 'node_modules/jest/bin/jest.js', ...jestArguments, '--testPathPatterns', '/(src|connectors)/',
    '--testPathIgnorePatterns', '\\.mysql\\.spec\\.ts$', '/test/',
  ], { cwd: tree, env: { ...env, NODE_ENV: 'test' }, stdio: 'inherit' });
  return run.status ?? 1;
}

/** npm's own script, so that it runs under the other Node. */
function npmScript() {
  if (process.env.npm_execpath?.endsWith('.js')) return process.env.npm_execpath;
  return path.join(execFileSync('npm', ['root', '-g'], { encoding: 'utf8' }).trim(), 'npm/bin/npm-cli.js');
}
