/**
 * `node .ci/with-mariadb.mjs <command …>`: runs a command beside a MariaDB of its own, told by LOCKSTEP_TEST_MYSQL_URL, and ends as the command ended.
 * The server is stopped whatever happens; where it cannot start the command is not run, and that is a failure.
 */
import { spawn } from 'node:child_process';
import { startMariadb } from '../test/support/mariadb-server.mjs';

const [command, ...args] = process.argv.slice(2);
if (!command) {
  console.error('usage: node .ci/with-mariadb.mjs <command> [arguments]');
  process.exit(2);
}
const server = await startMariadb();
const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, LOCKSTEP_TEST_MYSQL_URL: server.url } });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
const code = await new Promise((resolve) => {
  child.once('error', (error) => {
    console.error(error.message);
    resolve(1);
  });
  child.once('close', (status) => resolve(status ?? 1));
});
await server.stop();
process.exitCode = code;
