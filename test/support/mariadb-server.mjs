/**
 * A MariaDB of one's own: own data folder, own socket, a free port, stopped by its own pid. Never the one that the machine runs.
 * Plain JavaScript, because .ci uses it before anything is built.
 */
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, chmodSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const FOLDERS = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin', '/usr/bin', '/usr/local/bin'];

/** The server's program, or undefined where it is not installed. */
export function findMariadbd() {
  return findProgram('mariadbd') ?? findProgram('mysqld');
}

function findProgram(name) {
  return FOLDERS.filter(Boolean).map((folder) => path.join(folder, name)).find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch (error) {
      if (error.code === 'ENOENT' || error.code === 'EACCES' || error.code === 'ENOTDIR') return false;
      throw error;
    }
  });
}

/**
 * @param {readonly string[]} settings further ones, which win over these here
 * @returns {Promise<import('./mariadb-server.d.mts').MariadbServer>}
 */
export async function startMariadb(settings = []) {
  const program = findMariadbd();
  const installer = findProgram('mariadb-install-db') ?? findProgram('mysql_install_db');
  if (!program || !installer) throw new Error('MariaDB is not installed: `apt-get install mariadb-server` (the service itself need not run)');
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-mariadb-'));
  chmodSync(folder, 0o700);
  const datadir = path.join(folder, 'data');
  const socket = path.join(folder, 'socket');
  const user = userInfo().username;
  const password = randomBytes(12).toString('hex');
  const initFile = path.join(folder, 'init.sql');
  // Only databases of ours may be made, so that a wrong name in a test cannot touch anything else.
  writeFileSync(initFile, `CREATE USER IF NOT EXISTS 'lockstep'@'127.0.0.1' IDENTIFIED BY '${password}';\nGRANT ALL ON \`lockstep\\_test\\_%\`.* TO 'lockstep'@'127.0.0.1';\n`
    + `GRANT PROCESS, CONNECTION ADMIN ON *.* TO 'lockstep'@'127.0.0.1';\n`, { mode: 0o600 });
  try {
    await run(installer, ['--no-defaults', `--datadir=${datadir}`, `--user=${user}`, '--auth-root-authentication-method=normal', '--skip-test-db'], { maxBuffer: 1 << 24 });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  const port = await freePort();
  let child = await launch();

  return {
    url: `mysql://lockstep:${password}@127.0.0.1:${port}/`,
    port,
    get pid() { return child.pid; },
    kill: () => end('SIGKILL'),
    async restart() {
      if (child.exitCode === null && child.signalCode === null) throw new Error('the server still runs: stop or kill it first');
      child = await launch();
    },
    async stop() {
      await end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };

  /** Resolves when the server says that it is ready; rejects with its last words when it ends before. */
  function launch() {
    return new Promise((resolve, reject) => {
      const server = spawn(program, [
        '--no-defaults', `--datadir=${datadir}`, `--socket=${socket}`, `--port=${port}`, '--bind-address=127.0.0.1', `--pid-file=${path.join(folder, 'pid')}`,
        `--user=${user}`, `--init-file=${initFile}`, '--skip-name-resolve', '--character-set-server=utf8mb4', '--collation-server=utf8mb4_bin',
        '--innodb-buffer-pool-size=256M', '--innodb-log-file-size=128M', '--innodb-flush-log-at-trx-commit=1', '--max-connections=100', '--skip-log-bin', ...settings,
      ], { stdio: ['ignore', 'ignore', 'pipe'] });
      let words = '';
      const early = (code, signal) => reject(new Error(`mariadbd ended before it was ready (${signal ?? code}): ${words.slice(-2000)}`));
      server.once('error', reject);
      server.once('exit', early);
      server.stderr.setEncoding('utf8').on('data', (text) => {
        words = (words + text).slice(-8000);
        if (!/ready for connections/.test(words)) return;
        server.stderr.removeAllListeners('data');
        server.stderr.resume();
        server.off('exit', early);
        resolve(server);
      });
    });
  }

  function end(signal) {
    return new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve();
      child.once('exit', () => resolve());
      child.kill(signal);
    });
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
