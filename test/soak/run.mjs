/**
 * `npm run soak -- --minutes N [--only name] [--seed S]`: works through the long column (docs/testing.md) until its time is up, and says how far it came.
 *
 * A job is a module in `jobs/` that exports `name`, `total` (what a whole long run would be, in its own units), and `run({ seed, until, left, before, done, size, say })`:
 * it works until `until` (ms) or until `left` is done, calls `done(n)` as it goes, throws on the first failure, and returns nothing. `before` is what earlier
 * turns did; `size(n)` corrects `total` where the whole is only known once it runs.
 * The jobs take turns in slices of equal length, so that a short soak touches each. The last lines are the summary; the exit code is 1 if any job failed.
 */
import { randomInt } from 'node:crypto';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { soak } from './schedule.mjs';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '60' }, only: { type: 'string', multiple: true }, seed: { type: 'string' } } });
const minutes = Number(values.minutes);
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error('usage: npm run soak -- --minutes N [--only name] [--seed S]');
  process.exit(2);
}
const folder = path.join(import.meta.dirname, 'jobs');
const jobs = [];
for (const file of readdirSync(folder).filter((name) => name.endsWith('.mjs')).sort()) jobs.push(await import(pathToFileURL(path.join(folder, file)).href));
const chosen = values.only ? jobs.filter(({ name }) => values.only.includes(name)) : jobs;
if (chosen.length === 0) {
  console.error(`no such job; there are: ${jobs.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

console.log(`soak: ${minutes} minutes, seed ${seed}, jobs ${chosen.map(({ name }) => name).join(', ')}`);
const results = await soak(chosen, { minutes, seed, now: () => Date.now(), say: (text) => console.log(text) });
for (const { name, done, total, minutes: took, seeds, error } of results) {
  console.log(`${error ? 'FAILED' : 'ok    '} ${name}: ${done} of ${total} in ${took.toFixed(1)} min, seeds ${seeds.join(' ') || 'none'}${error ? `: ${error.message}` : ''}`);
}
const failed = results.filter(({ error }) => error).length;
console.log(`soak: ${results.length - failed} passed, ${failed} failed, ${results.filter(({ done, total }) => done >= total).length} of ${results.length} jobs reached their whole long run`);
process.exitCode = failed === 0 ? 0 : 1;
