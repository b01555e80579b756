/**
 * What no linter knows: sizes, vendors' names, likeness of the connectors' folders, the lockfile.
 * `node .ci/house.mjs [root]` prints one problem a line and exits 1 if there is any. Proved by test/house.
 */
import path from 'node:path';
import { houseProblems } from './house/all.mjs';

const problems = houseProblems(path.resolve(process.argv[2] ?? '.'));
for (const { file, line, message } of problems) console.error(`${file}:${line} ${message}`);
if (problems.length > 0) {
  console.error(`${problems.length} problem${problems.length === 1 ? '' : 's'} of the house`);
  process.exitCode = 1;
}
