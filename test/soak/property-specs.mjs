import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** The property specs that fit `pattern`, with that seed and so many worlds each. */
export async function propertySpecs(pattern, seed, runs) {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-soak-'));
  const report = path.join(folder, 'report.json');
  try {
    const { code, words } = await node([
      '--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--testPathPatterns', pattern,
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
