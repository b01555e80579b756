import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from '../support/planted-tree.js';

interface Counts { readonly passed: number; readonly failed: number; readonly why: readonly string[] }
interface Finished { readonly code: number; readonly timedOut: boolean; readonly minutes: number }

const load = async <T>(file: string) => (await import(path.join(ROOT, file))) as T;
/** Waits until a process is gone, or dead and only not yet collected. Linux tells by /proc; a signal in flight has no event of its own to wait for. */
async function ended(pid: number): Promise<boolean> {
  for (const until = Date.now() + 5_000; Date.now() < until;) {
    const file = `/proc/${pid}/stat`;
    if (!existsSync(file) || / [ZX] /.test(readFileSync(file, 'utf8'))) return true;
    await new Promise((resolve) => { setImmediate(resolve); });
  }
  return false;
}
const test = (fullName: string, status: string) => ({ fullName, status });

describe('the counts of a suite', () => {
  let folder = '';
  let countsOf: (file: string, exitCode: number) => Counts = () => ({ passed: 0, failed: 0, why: [] });
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'lockstep-counts-'));
    ({ countsOf } = await load<{ countsOf: typeof countsOf }>('.ci/ci/counts.mjs'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function counted(report: object, exitCode: number): Counts {
    const file = path.join(folder, 'report.json');
    writeFileSync(file, JSON.stringify(report));
    return countsOf(file, exitCode);
  }

  it.each([
    { what: 'all passed', report: { numPassedTests: 2, testResults: [{ name: 'a/b.spec.ts', status: 'passed', assertionResults: [test('x', 'passed'), test('y', 'passed')] }] }, code: 0, counts: { passed: 2, failed: 0, why: [] } },
    { what: 'one failed', report: { numPassedTests: 1, testResults: [{ name: 'a/b.spec.ts', status: 'failed', assertionResults: [test('x', 'passed'), test('y', 'failed')] }] }, code: 1, counts: { passed: 1, failed: 1, why: ['a/b.spec.ts: y'] } },
    { what: 'one left out', report: { numPassedTests: 1, testResults: [{ name: 'a/b.spec.ts', status: 'passed', assertionResults: [test('x', 'passed'), test('y', 'pending')] }] }, code: 0, counts: { passed: 1, failed: 1, why: ['a/b.spec.ts: y: left out (pending)'] } },
    { what: 'a file that could not be loaded', report: { numPassedTests: 0, testResults: [{ name: 'a/b.spec.ts', status: 'failed', assertionResults: [] }] }, code: 1, counts: { passed: 0, failed: 1, why: ['a/b.spec.ts: could not be run'] } },
    { what: 'no tests at all', report: { numPassedTests: 0, testResults: [] }, code: 0, counts: { passed: 0, failed: 1, why: ['found no tests'] } },
    { what: 'a bad end without a failed test', report: { numPassedTests: 1, testResults: [{ name: 'a/b.spec.ts', status: 'passed', assertionResults: [test('x', 'passed')] }] }, code: 1, counts: { passed: 1, failed: 1, why: ['ended with 1 although no test failed'] } },
  ])('$what', ({ report, code, counts }) => {
    expect(counted(report, code)).toEqual(counts);
  });

  it('are a failure where no report was written', () => {
    expect(countsOf(path.join(folder, 'none.json'), 0)).toEqual({ passed: 0, failed: 1, why: ['gave no report'] });
  });
});

describe('the commands of a CI run', () => {
  let folder = '';
  let run: (command: string, args: readonly string[], options: object) => Promise<Finished> = () => Promise.reject(new Error('not loaded'));
  let lastWords: (log: string, root: string, lines?: number) => string = () => '';
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'lockstep-commands-'));
    ({ run, lastWords } = await load<{ run: typeof run; lastWords: typeof lastWords }>('.ci/ci/commands.mjs'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const options = (name: string, minutes = 1) => ({ cwd: folder, env: {}, log: path.join(folder, name), minutes });

  it('keep what was said, and the exit code', async () => {
    const { code, timedOut } = await run(process.execPath, ['-e', 'console.log("out"); console.error("err"); process.exit(3)'], options('said.log'));

    expect({ code, timedOut }).toEqual({ code: 3, timedOut: false });
    expect(readFileSync(path.join(folder, 'said.log'), 'utf8')).toBe('out\nerr\n');
  });

  it('end with all their children when their time is up', async () => {
    const started = path.join(folder, 'child.pid');
    const child = `require("fs").writeFileSync(${JSON.stringify(started)}, String(process.pid)); setInterval(() => {}, 1000);`;
    const parent = `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { stdio: "inherit" }); setInterval(() => {}, 1000);`;
    const { code, timedOut } = await run(process.execPath, ['-e', parent], options('long.log', 5 / 60));

    expect({ code, timedOut }).toEqual({ code: 1, timedOut: true });
    expect(existsSync(started)).toBe(true);
    expect(await ended(Number(readFileSync(started, 'utf8')))).toBe(true);
  }, 30_000);

  it('fail where the program does not exist', async () => {
    expect((await run('no-such-program-of-ours', [], options('none.log'))).code).toBe(1);
  });

  it('show the end of a log without the folders of the machine', () => {
    const log = path.join(folder, 'words.log');
    writeFileSync(log, `first\nat ${ROOT}/src/a.ts\nin ${tmpdir()}/x\n`);

    expect(lastWords(log, ROOT, 2)).toBe('at ./src/a.ts\nin <tmp>/x');
  });
});

describe('the sizes of the crash suite', () => {
  let crashSizes: (minutes: number, env?: Readonly<Record<string, string>>) => { sizes: Record<string, string>; notes: string[] } = () => ({ sizes: {}, notes: [] });
  beforeAll(async () => {
    ({ crashSizes } = await load<{ crashSizes: typeof crashSizes }>('.ci/ci/scale.mjs'));
  });

  it.each<{ minutes: number; env: Readonly<Record<string, string>>; kills: string; mysql: string; notes: number }>([
    { minutes: 20, env: {}, kills: '40', mysql: '10', notes: 0 },
    { minutes: 17, env: {}, kills: '40', mysql: '10', notes: 0 },
    { minutes: 8.5, env: {}, kills: '20', mysql: '5', notes: 9 },
    { minutes: 0, env: {}, kills: '8', mysql: '2', notes: 9 },
    { minutes: 20, env: { LOCKSTEP_CRASH_KILLS: '3' }, kills: '3', mysql: '10', notes: 1 },
  ])('with $minutes minutes and $env: $kills kills, $mysql on MariaDB', ({ minutes, env, kills, mysql, notes }) => {
    const scaled = crashSizes(minutes, env);

    expect(scaled.sizes).toMatchObject({ LOCKSTEP_CRASH_KILLS: kills, LOCKSTEP_CRASH_KILLS_MYSQL: mysql });
    expect(scaled.notes).toHaveLength(notes);
  });
});
