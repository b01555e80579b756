/**
 * `npm run test:docker`: what the Dockerfile makes, made and run. With an engine: the image is built and runs `demo --once` on a read-only root.
 * Without one its steps are read and carried out in a copy of what the engine would be sent, and the result is run by its numeric user on a tree
 * without a right to write. What only an image has (apt-get, labels, tini) is said to be left out then.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { rehearse } from './docker/rehearse.mjs';

const root = path.resolve(import.meta.dirname, '..');
const engine = spawnSync('docker', ['info'], { stdio: 'ignore' }).status === 0;
try {
  process.exitCode = engine ? withEngine() : rehearse(root);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function withEngine() {
  const tag = `lockstep-test:${process.pid}`;
  const docker = (...args) => spawnSync('docker', args, { cwd: root, stdio: 'inherit' }).status ?? 1;
  try {
    return docker('build', '--tag', tag, '.') || docker('run', '--rm', '--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', tag, 'demo', '--once');
  } finally {
    docker('image', 'rm', '--force', tag);
  }
}
