/**
 * `npm run mutation -- <folder or file…>`: changes the code on purpose and looks whether the specs notice (Stryker). The bar is 85 % in src/core.
 * Specs beside the code and those in test/properties are run. The report goes to reports/mutation/.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync, writeFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const targets = process.argv.slice(2);
if (targets.length === 0 || targets.some((target) => !existsSync(path.join(root, target)))) {
  console.error('usage: npm run mutation -- <folder or file below src or connectors> …');
  process.exit(2);
}
const mutate = targets.map((target) => (statSync(path.join(root, target)).isDirectory() ? `${target.replace(/\/$/, '')}/**/*.ts` : target));
const folders = targets.map((target) => (target.endsWith('.ts') ? path.posix.dirname(target) : target.replace(/\/$/, '')));

const config = {
  packageManager: 'npm',
  testRunner: 'command',
  commandRunner: {
    // One worker: Stryker itself runs several mutants at once. A first failure is enough to kill a mutant.
    command: `node --experimental-vm-modules node_modules/jest/bin/jest.js --bail --maxWorkers=1 --testPathPatterns "(${[...folders, 'test/properties'].join('|')})/"`,
  },
  mutate: [...mutate, '!**/*.spec.ts', '!**/fixtures/**'],
  concurrency: Number(process.env.LOCKSTEP_MUTATION_CONCURRENCY ?? 2),
  thresholds: { high: 95, low: 90, break: 85 },
  reporters: ['clear-text', 'progress', 'json', 'html'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: 'reports/mutation/mutation.json' },
  htmlReporter: { fileName: 'reports/mutation/mutation.html' },
  tempDirName: '.stryker-tmp',
  ignorePatterns: ['dist', 'data', 'coverage', 'reports', 'bench'],
  disableTypeChecks: false,
  timeoutMS: 60_000,
};
mkdirSync(path.join(root, 'reports/mutation'), { recursive: true });
const file = path.join(root, 'reports/mutation/stryker.config.json');
writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`);
process.exitCode = spawnSync(process.execPath, [path.join(root, 'node_modules/@stryker-mutator/core/bin/stryker.js'), 'run', path.relative(root, file)], {
  cwd: root, stdio: 'inherit', env: { ...process.env, LOCKSTEP_RUNS: process.env.LOCKSTEP_RUNS ?? '30' },
}).status ?? 1;
