import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Node of another major in `folder`, from npm (`node-<platform>-<arch>`, which the package `node` installs). Returns its version and the environment
 * in which `node`, and with it `npm`, is that one. Where it is not to be had this throws: what was not tried on a version does not work on it.
 */
export function otherNode(major, folder) {
  const name = `node-${process.platform}-${process.arch}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }');
  const got = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefer-offline', `${name}@${major}`], { cwd: folder, stdio: 'inherit' });
  const prefix = path.join(folder, 'node_modules', name);
  const node = path.join(prefix, 'bin/node');
  if (got.status !== 0 || !existsSync(node)) throw new Error(`Node ${major} is not to be had from npm (${name}@${major})`);
  // Its headers come with it, so that compiling fetches nothing. A script of the npm that started us would bring its own Node along.
  const env = { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}`, npm_config_nodedir: prefix, npm_node_execpath: node, NODE: node };
  return { node, version: execFileSync(node, ['--version'], { encoding: 'utf8' }).trim(), env };
}
