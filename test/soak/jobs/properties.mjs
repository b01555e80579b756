import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const RUNS_A_ROUND = 200;

export const name = 'properties';
/** Worlds of each property in a whole long run. */
export const total = 20_000;

/** Every property spec again with a fresh seed and LOCKSTEP_RUNS worlds each, until the time is up. */
export async function run({ seed, until, left, done, say }) {
  let round = 0;
  for (let rest = left; rest > 0 && Date.now() < until; rest -= RUNS_A_ROUND) {
    const own = (seed + round) % 2 ** 31;
    round += 1;
    const { code, words, tests } = await propertySpecs(own, RUNS_A_ROUND);
    if (code !== 0) throw new Error(`LOCKSTEP_SEED=${own} LOCKSTEP_RUNS=${RUNS_A_ROUND} fails:\n${words}`);
    if (tests === 0) throw new Error('there are no property specs');
    done(Math.min(RUNS_A_ROUND, rest));
    say(`seed ${own}: ${tests} properties held for ${RUNS_A_ROUND} worlds each`);
  }
}

async function propertySpecs(seed, runs) {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-soak-'));
  const report = path.join(folder, 'report.json');
  try {
    const { code, words } = await node([
      '--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--testPathPatterns', '(properties/.*|\\.property)\\.spec\\.ts$',
      '--testTimeout', '600000', '--maxWorkers', '1', '--json', '--outputFile', report,
    ], { LOCKSTEP_SEED: String(seed), LOCKSTEP_RUNS: String(runs) });
    return { code, words, tests: JSON.parse(readFileSync(report, 'utf8')).numPassedTests };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function node(args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      words = (words + text).slice(-20_000);
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, words }));
  });
}
