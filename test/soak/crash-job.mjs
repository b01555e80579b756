/** What the jobs that repeat a crash spec share: a turn is a process of jest, told by environment how much and until when. Its lines of progress are counted, nothing else. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startMariadb } from '../support/mariadb-server.mjs';

const ROOT = path.resolve(import.meta.dirname, '../..');

/**
 * Runs `spec` (of test/crash), or its tests called `test`, until `until`. `suite`: how its lines of progress begin. `onProgress(of)`: called for each.
 * Throws where a test failed, with what jest said, and where none ran. `mysql`: beside a MariaDB of its own.
 */
export async function crashTurn({ spec, test, suite, seed, until, env, mysql = false, onProgress }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-soak-'));
  const report = path.join(folder, 'report.json');
  const server = mysql ? await startMariadb() : undefined;
  try {
    const { code, words } = await node([
      '--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--config', 'jest.crash.config.mjs', '--testPathPatterns', `test/crash/${spec}\\.spec\\.ts$`,
      ...(test === undefined ? [] : ['--testNamePattern', test]), '--testTimeout', '3600000', '--json', '--outputFile', report,
    ], { LOCKSTEP_SEED: String(seed), LOCKSTEP_CRASH_UNTIL: String(until), ...env, ...(server && { LOCKSTEP_TEST_MYSQL_URL: server.url }) }, (line) => {
      const [, , of] = new RegExp(`^${suite}: progress (\\d+)(?: of (\\d+))?$`).exec(line) ?? [];
      if (line.startsWith(`${suite}: progress `)) onProgress(of === undefined ? undefined : Number(of));
    });
    if (code !== 0) throw new Error(`LOCKSTEP_SEED=${seed} ${Object.entries(env).map(([name, value]) => `${name}=${value}`).join(' ')} ${spec}.spec.ts${test === undefined ? '' : ` -t '${test}'`} fails:\n${words}`);
    if (JSON.parse(readFileSync(report, 'utf8')).numPassedTests === 0) throw new Error(`${spec}.spec.ts has no test "${test}"`);
  } finally {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A job of one count: its turns differ by nothing but their seed. */
export const crashJob = ({ name, total, spec, test, suite, count, env = {}, mysql = false }) => ({
  name, total,
  run: async ({ seed, until, left, done, say }) => {
    let made = 0;
    await crashTurn({
      spec, test, suite, seed, until, mysql, env: { ...env, [count]: String(left) },
      onProgress: () => {
        made += 1;
        done(1);
      },
    });
    say(`seed ${seed}: ${made} more held`);
  },
});

function node(args, env, onLine) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
    let [words, line] = ['', ''];
    child.stderr.setEncoding('utf8').on('data', (text) => {
      words = (words + text).slice(-20_000);
      const lines = (line + text).split('\n');
      line = lines.pop();
      lines.forEach(onLine);
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, words }));
  });
}
