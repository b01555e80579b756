import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { terminal, type Terminal } from './harness.js';

let at: Terminal;
let script: string;
beforeAll(async () => {
  at = terminal();
  at.write('lockstep.yaml', 'version: 1\nsources:\n  sheet-one: { connector: file, options: { path: ./a.csv } }\n  crm-two: { connector: file, options: { path: "./b.csv" } }\n');
  script = join(at.folder, 'completion.bash');
  writeFileSync(script, (await at.lockstep('completion bash')).out);
});
afterAll(() => at.dispose());

/** What bash itself offers after these words; the last one is being typed. */
function offered(...words: readonly string[]): string[] {
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const out = execFileSync('bash', ['--norc', '-c', `source '${script}'; COMP_WORDS=(lockstep ${quoted}); COMP_CWORD=${words.length}; _lockstep; printf '%s\\n' "\${COMPREPLY[@]}"`], { encoding: 'utf8', cwd: at.folder });
  return out.split('\n').filter((line) => line !== '');
}

it.each([
  [['as'], ['assets']],
  [['assets', 'ex'], ['explain']],
  [['assets', 'explain', 'web-01', '--why-not', ''], ['sheet-one', 'crm-two']],
  [['sync', ''], ['sheet-one', 'crm-two']],
  [['sync', 'sheet-one', 'c'], ['crm-two']],
  [['sync', '--fu'], ['--full']],
  [['--config', 'lockstep.yaml', 'sources', 'pa'], ['pause']],
  [['sources', 'pause', 'sh'], ['sheet-one']],
  [['reviews', 'resolve', '1', '--as', 're'], ['reject', 'release']],
  [['completion', ''], ['bash', 'zsh', 'fish']],
  [['plan', '--out', 'lock'], ['lockstep.yaml']],
  [['assets', 'list', '--search', ''], []],
])('offers after %j: %j', (words, expected) => expect(offered(...words)).toEqual(expected));

it('offers every flag of a command, and those of all', () => expect(offered('assets', 'list', '--')).toEqual(expect.arrayContaining(['--class', '--stage', '--source', '--search', '--limit', '--json', '--config', '--help'])));

it('survives names that shells would read as something else', async () => {
  const { out } = await at.lockstep('completion zsh');
  // Each pair of quotes closes: an apostrophe in a description is escaped.
  expect((out.replaceAll("'\\''", '').match(/'/g) ?? []).length % 2).toBe(0);
});
