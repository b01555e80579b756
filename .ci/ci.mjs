/** What `.ci/run` does, suite by suite. Needs Node alone: it runs before anything is installed. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lastWords, run } from './ci/commands.mjs';
import { countsOf } from './ci/counts.mjs';
import { crashSizes } from './ci/scale.mjs';
import { findMariadbd } from '../test/support/mariadb-server.mjs';

const BUDGET_MINUTES = Number(process.env.LOCKSTEP_CI_MINUTES ?? 40);
/** Kept back at the end, for the crash suite to stop and report. */
const LAST_MINUTES = 1;
const TEST_PROMISE_MINUTES = 3;
/** Worlds of each property of the whole product: what fits some five minutes on two cores. */
const PROPERTY_RUNS = '100';
/** The same worlds each time, so that a failure here is the change's own: new worlds are for `npm test` at somebody's desk and for the soak to find. */
const PROPERTY_SEED = '26';

const root = path.resolve(import.meta.dirname, '..');
const logs = mkdtempSync(path.join(tmpdir(), 'lockstep-ci-'));
const startedAt = Date.now();
const minutesLeft = () => BUDGET_MINUTES - (Date.now() - startedAt) / 60_000;
const total = { passed: 0, failed: 0 };
let order = 0;

const npm = (...args) => ['npm', args];

/** A suite of one command, which passes or fails as a whole; or, with `jest`, counts by its report. */
async function suite(name, [command, args], { jest = false, minutes = 10, env = {}, judge } = {}) {
  order += 1;
  const log = path.join(logs, `${String(order).padStart(2, '0')}.log`);
  const report = path.join(logs, `${String(order).padStart(2, '0')}.json`);
  const extra = jest ? [...(command === 'npm' ? ['--'] : []), '--json', '--outputFile', report] : [];
  const limit = Math.min(minutes, Math.max(0.5, minutesLeft()));
  const { code, timedOut, minutes: took } = await run(command, [...args, ...extra], { cwd: root, env, log, minutes: limit });
  let counts = jest ? countsOf(report, code) : { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, why: code === 0 ? [] : [`ended with ${code}`] };
  if (timedOut) counts = { passed: counts.passed, failed: Math.max(1, counts.failed), why: [`was ended after ${limit.toFixed(1)} min`, ...counts.why] };
  const complaints = counts.failed === 0 && judge ? judge(readFileSync(log, 'utf8')) : [];
  if (complaints.length > 0) counts = { passed: 0, failed: 1, why: complaints };
  tell(name, counts, took);
  if (counts.failed > 0) process.stdout.write(`${indent(lastWords(log, root))}\n`);
  return { ok: counts.failed === 0, took, log };
}

function tell(name, { passed, failed, why = [] }, minutes) {
  total.passed += passed;
  total.failed += failed;
  console.log(`${failed === 0 ? 'ok    ' : 'FAILED'} ${minutes.toFixed(1).padStart(5)} min  ${name}: ${passed} passed, ${failed} failed`);
  for (const reason of why.slice(0, 40)) console.log(`         ${reason}`);
  if (why.length > 40) console.log(`         and ${why.length - 40} more`);
}

const indent = (text) => text.split('\n').map((line) => `       | ${line}`).join('\n');
const note = (text) => console.log(`       note: ${text}`);

/** npm warns of packages that want another Node; each such warning is a stop sign, none is expected. */
function foreignEngines(log) {
  return [...new Set([...log.matchAll(/EBADENGINE\s+package: '([^']+)'/g)].map((match) => `${match[1]} does not want this Node: pin or override it in package.json`))];
}

console.log(`Lockstep on Node ${process.versions.node}, at most ${BUDGET_MINUTES} minutes`);

await suite('npm ci', npm('ci'), { minutes: 8, judge: foreignEngines });
const tests = await suite('npm test', npm('test'), { jest: true, minutes: 14, env: { LOCKSTEP_SEED: process.env.LOCKSTEP_SEED ?? PROPERTY_SEED } });
if (tests.took > TEST_PROMISE_MINUTES) note(`npm test took ${tests.took.toFixed(1)} minutes; it promises less than ${TEST_PROMISE_MINUTES} on two idle cores`);

await suite('lint', npm('run', '--silent', 'lint:code'), { minutes: 5 });
await suite('walls', npm('run', '--silent', 'lint:walls'), { minutes: 3 });
await suite('house', npm('run', '--silent', 'lint:house'), { minutes: 2 });
await suite('types', npm('run', '--silent', 'typecheck'), { minutes: 5 });
await suite('build', npm('run', '--silent', 'build'), { minutes: 5 });
await suite('generated files are fresh', npm('run', '--silent', 'generate', '--', '--check'), { minutes: 2 });
await audit();
if (await mariadb()) await suite('MariaDB', npm('run', '--silent', 'test:mysql'), { jest: true, minutes: 8 });

await suite('properties', ['node', ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', 'test/properties', '--testTimeout', '600000']], { jest: true, minutes: 10, env: { LOCKSTEP_RUNS: process.env.LOCKSTEP_RUNS ?? PROPERTY_RUNS, LOCKSTEP_SEED: process.env.LOCKSTEP_SEED ?? PROPERTY_SEED } });
await suite('the Dockerfile', npm('run', '--silent', 'test:docker'), { minutes: 8 });
for (const major of [22, 24]) {
  const { ok } = await suite(`Node ${major}`, ['node', ['.ci/node-version.mjs', String(major)]], { jest: true, minutes: 8, env: { LOCKSTEP_RUNS: process.env.LOCKSTEP_RUNS ?? '20', LOCKSTEP_SEED: process.env.LOCKSTEP_SEED ?? PROPERTY_SEED }, judge: foreignEngines });
  if (ok) note(`Node ${major} ran a selection (src and connectors), properties with ${process.env.LOCKSTEP_RUNS ?? '20'} runs each`);
}

// Last, so that it is given what is really left: its counts are the only ones that shrink.
const forCrash = Math.max(2, minutesLeft() - LAST_MINUTES);
const { sizes, notes } = crashSizes(forCrash);
for (const text of notes) note(`scaled: ${text}`);
const crashLimit = Math.min(18, forCrash);
// On a busy machine the cycles end with the time that there is, and what was made is told; a hang is still a failure.
const crash = await suite('crash', npm('run', '--silent', 'test:crash'), { jest: true, minutes: crashLimit, env: { ...sizes, LOCKSTEP_CRASH_UNTIL: String(Date.now() + crashLimit * 0.4 * 60_000) } });
note(`crash: cycles made: ${cyclesMade(crash.log)}`);

rmSync(logs, { recursive: true, force: true });
console.log(`${((Date.now() - startedAt) / 60_000).toFixed(1)} minutes in all`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;

/** The last number that each of the long suites tells. */
function cyclesMade(log) {
  const made = new Map([...readFileSync(log, 'utf8').matchAll(/^(.+): progress (\d+)/gm)].map(([, name, count]) => [name, count]));
  return [...made].map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
}

/** Told, never counted as clean where the registry refuses to answer. */
async function audit() {
  const log = path.join(logs, 'audit.log');
  const { code } = await run('npm', ['audit', '--omit=dev', '--audit-level=high'], { cwd: root, env: { npm_config_audit: 'true' }, log, minutes: 1 });
  const words = readFileSync(log, 'utf8');
  if (code === 0 && /found 0 vulnerabilities|vulnerabilit/.test(words)) note(`npm audit: ${/found 0/.test(words) ? 'nothing known' : 'nothing of high or critical severity'}`);
  else if (/\b(high|critical)\b/i.test(words) && /vulnerabilit/.test(words)) tell('npm audit', { passed: 0, failed: 1, why: words.trim().split('\n').slice(-20) }, 0);
  else note(`npm audit got no answer from the registry (${/\b[45]\d\d\b/.exec(words)?.[0] ?? 'unreachable'}): unknown, not clean`);
}

/** MariaDB from Debian where it is absent. Without it the suites fail; they are not skipped. */
async function mariadb() {
  if (findMariadbd()) return true;
  const log = path.join(logs, 'apt.log');
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const apt = (...args) => run([...sudo, 'apt-get', ...args][0], [...sudo, 'apt-get', ...args].slice(1), { cwd: root, env, log, minutes: 5 });
  const updated = await apt('update', '-q');
  const done = await apt('install', '-q', '-y', '--no-install-recommends', 'mariadb-server');
  if (done.code === 0 && findMariadbd()) {
    note("MariaDB was installed from Debian's packages");
    return true;
  }
  tell('MariaDB', { passed: 0, failed: 1, why: ['is not installed, and apt-get could not install it'] }, updated.minutes + done.minutes);
  process.stdout.write(`${indent(lastWords(log, root, 30))}\n`);
  return false;
}
