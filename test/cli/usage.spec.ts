import { COMMANDS } from '../../src/cli/commands/index.js';
import { versionOf } from '../../src/cli/version.js';
import { terminal, type Terminal } from './harness.js';

let at: Terminal;
beforeAll(() => { at = terminal(); });
afterAll(() => at.dispose());

const VERBS = COMMANDS.flatMap((each) => ('verbs' in each ? each.verbs.map((verb) => `${each.name} ${verb.usage.split(' ')[0] ?? ''}`) : [each.usage.split(' ')[0] ?? '']));

it.each([
  ['snyc', 'Did you mean sync?'],
  ['assets lst', 'Did you mean list?'],
  ['sync --ful', 'Did you mean --full?'],
  ['sync --stream', "argument missing"],
  ['assets explain', "missing required argument 'asset'"],
  ['assets list --limit none', '--limit takes a whole number above 0'],
  ['assets list --limit 0', '--limit takes a whole number above 0'],
  ['assets list surplus', 'too many arguments'],
  ['assets merge a b', "required option '--reason <text>' not specified"],
  ['reviews resolve 1 --as perhaps --reason x', 'Allowed choices are merge, apart, accept, reject, release'],
  ['runs list --status odd', 'Allowed choices are'],
  ['completion tcsh', 'known: bash, zsh, fish'],
  ['init nosuch', 'there is no connector "nosuch"'],
  ['quarantine discard x --reason r --yes', 'a quarantine entry is named by a number'],
  ['quarantine replay', 'nothing was chosen'],
  ['quarantine replay 1 --all', 'exclude one another'],
  ['plan crm --rules', '--rules asks no source'],
  ['assets override a location --reason r', 'a value is missing'],
  ['assets override a location Berlin --release --reason r', '--release takes neither'],
  ['assets override a location Berlin --until tomorrow --reason r', '--until takes a day'],
  ['assets override a location Berlin --until 2027-02-30 --reason r', '--until takes a day'],
  ['assets merge a b --reason r', '--yes is needed where nobody can be asked'],
  ['assets split a x/y/z --reason r', '--yes is needed where nobody can be asked'],
  ['reviews resolve 1 --as release --reason r', '--yes is needed where nobody can be asked'],
  ['quarantine discard 1 --reason r', '--yes is needed where nobody can be asked'],
  ['sync', 'lockstep.yaml:1:1 file missing'],
])('`lockstep %s` is bad usage: 2, on stderr', async (line, words) => {
  const { code, out, err } = await at.lockstep(line);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(words);
});

it.each(['', 'assets', 'config'])('`lockstep %s` alone says what there is, on stderr, and is no success', async (line) => {
  const { code, out, err } = await at.lockstep(line === '' ? [] : line);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain('Commands:');
});

it.each(VERBS)('`lockstep %s --help` says its purpose and two or three examples, on stdout', async (line) => {
  const { code, out, err } = await at.lockstep(`${line} --help`);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^Usage: lockstep /);
  const examples = out.slice(out.indexOf('Examples:')).split('\n').filter((each) => / # /.test(each));
  expect(examples.length).toBeGreaterThanOrEqual(2);
  expect(examples.length).toBeLessThanOrEqual(3);
  for (const example of examples) expect(example).toContain(`lockstep ${line.split(' ')[0]}`.slice(0, 'lockstep'.length));
  expect(out).toContain('--config <file>');
});

it('names every command in the help of the program', async () => {
  const { out } = await at.lockstep('--help');
  for (const each of COMMANDS) expect(out).toContain(`\n  ${'verbs' in each ? each.name : each.usage.split(' ')[0]}`);
  expect(out).not.toMatch(/\n {2}(apply|export)\b/);
});

it('tells its version in three ways', async () => {
  const { version } = versionOf();
  expect((await at.lockstep('--version')).out).toBe(`lockstep ${version}\n`);
  expect((await at.lockstep('version')).out).toMatch(new RegExp(`^lockstep ${version.replaceAll('.', '\\.')} \\(node `));
  expect((await at.lockstep('version --json')).json).toEqual([{ formatVersion: 1, version, node: process.version, platform: `${process.platform}-${process.arch}` }]);
});

it('prints a completion that knows the verbs, the flags and the sources of the configuration', async () => {
  at.write('c.yaml', 'version: 1\nsources:\n  sheet-one: { connector: file, options: { path: ./a.csv } }\n  crm-two: { connector: file, options: { path: "${env:NOT_SET}" } }\n');
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, out } = await at.lockstep(`completion ${shell} --config c.yaml`);
    expect(code).toBe(0);
    for (const word of ['explain', 'quarantine', 'full', 'detailed-exitcode']) expect(out).toContain(word);
    expect(out).toMatch(/sheet-one|crm-two/);
  }
  expect((await at.lockstep('completion bash')).code).toBe(0);
});

describe('confirmation at a terminal', () => {
  it('does nothing unless it is said', async () => {
    const { code, err } = await at.lockstep('quarantine discard 1 --reason r', { tty: { stdin: true, stderr: true }, stdin: 'n' });
    expect(code).toBe(1);
    expect(err).toContain('Throw 1 stored record away? [y/N]');
    expect(err).toContain('not done');
  });
});
