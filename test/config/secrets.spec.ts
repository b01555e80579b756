import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { formatProblem, loadConfig, showConfig } from '../../src/config/index.js';
import { maskedLines } from '../../src/config/snippets.js';
import { SECRET_KEYS } from '../../src/config/secrets.js';
import { CATALOGUE, ENV, folderOf } from './support.js';

let folder: string;
beforeAll(() => { folder = folderOf({}); });

/** Long enough that it cannot stand in a message by chance. */
const secret = fc.stringMatching(/^[A-Za-z0-9]{4}[A-Za-z0-9 !$%&*+,;<=>^_~|#@-]{8,16}[A-Za-z0-9]{4}$/);
const misspell = (key: string, at: number): string => key.slice(0, 1 + (at % (key.length - 1))) + key.slice(2 + (at % (key.length - 1)));
const key = fc.tuple(fc.constantFrom(...SECRET_KEYS), fc.boolean(), fc.nat()).map(([name, wrong, at]) => (wrong ? misspell(name, at) : name));

/** Ways in which people write a value, right and wrong. */
const written = fc.constantFrom<(name: string, value: string) => string>(
  (name, value) => `      ${name}: "${value}"`,
  (name, value) => `      ${name}: '${value}'`,
  (name, value) => `      ${name}: ${value}`,
  (name, value) => `      ${name}: "${value}`,
  (name, value) => `      ${name} : ${value}: x`,
  (name, value) => `      ${name}: |\n        ${value}\n        ${value}`,
  (name, value) => `      ${name}: >-\n        ${value}`,
  (name, value) => `      ${name}:\n        ${value}`,
  (name, value) => `      ${name}:\n        - "${value}"`,
  (name, value) => `      ${name}: ["${value}"]`,
  (name, value) => `      ${name}: { value: "${value}" }`,
  (name, value) => `      ${name}: "\${env:NOWHERE:-${value}}"`,
  (name, value) => `      ${name}: "x\${env:ACME_PASSWORD}${value}"`,
  (name, value) => `      "${name}": "${value}"`,
  (name, value) => `\t${name}: ${value}`,
  (name, value) => `      ${name}: !!int "${value}"`,
  (name, value) => `      ${name}: &anchor "${value}"`,
  (name, value) => `      x: { ${name}: "${value}", y: 1 `,
  (name, value) => `      ${name} "${value}"`,
);

it('a secret that stands in the file is shown in no problem, with or without its line', () => fc.assert(fc.asyncProperty(secret, key, written, fc.constantFrom('acme', 'nobody', '[]'), async (value, name, write, connector) => {
  const text = `version: 1\nsources:\n  a:\n    connector: ${connector}\n    baseUrl: https://a.example.com\n    auth:\n      method: basic\n      username: u\n${write(name, value)}\n    streams: [nope]\n`;
  writeFileSync(join(folder, 'lockstep.yaml'), text);

  const result = await loadConfig({ files: ['lockstep.yaml'], env: ENV, catalogue: CATALOGUE, cwd: folder });

  if (result.ok) throw new Error('it should have been refused');
  const shown = JSON.stringify(result.problems) + result.problems.map((problem) => formatProblem(problem, { source: true })).join('\n');
  expect(shown).not.toContain(value);
}), { numRuns: 250 }), 30_000);

it('a secret behind a reference is shown neither in problems nor in the effective configuration', () => fc.assert(fc.asyncProperty(secret, fc.constantFrom('', 'servr: 1\n', 'server: { port: "${env:S}" }\n', 'environment: { writes: "${env:S}" }\n', 'queue: { url: "${env:S}" }\n'), async (value, mistake) => {
  writeFileSync(join(folder, 'lockstep.yaml'), `version: 1\ndatabase: { url: "mysql://u:\${env:S}@h/db" }\nsources:\n  b: { connector: bare, auth: { method: api_key, apiKey: "\${env:S}" } }\n${mistake}`);

  const result = await loadConfig({ files: ['lockstep.yaml'], env: { S: value }, catalogue: CATALOGUE, cwd: folder });

  expect(result.ok).toBe(mistake === '');
  const shown = result.ok ? JSON.stringify(showConfig(result.config)) : JSON.stringify(result.problems) + result.problems.map((problem) => formatProblem(problem, { source: true })).join('\n');
  expect(shown).not.toContain(value);
  expect(shown).not.toContain(encodeURIComponent(value));
  if (result.ok) expect(result.config.secrets).toEqual(expect.arrayContaining([value, encodeURIComponent(value)]));
}), { numRuns: 60 }), 30_000);

it.each`
  line                                                   | shown
  ${'    clientId: "x"'}                                 | ${'    clientId: "x"'}
  ${'    clientSecret: hunter2'}                         | ${'    clientSecret: ***'}
  ${'  auth: { method: basic, password: "hunter2" }'}    | ${'  auth: { method: basic, password: ***'}
  ${'  auth: { password: "${env:A}" }'}                  | ${'  auth: { password: "${env:A}" }'}
  ${'  auth: { password: "${env:A:-x}" }'}               | ${'  auth: { password: ***'}
  ${'  auth: { password: "${env:A}", token: hunter2 }'}  | ${'  auth: { password: "${env:A}"***'}
  ${'  url: mysql://u:hunter2@h/db'}                     | ${'  url: mysql://u:***@h/db'}
  ${'  url: "mysql://u:${env:P}@h/db"'}                  | ${'  url: "mysql://u:${env:P}@h/db"'}
`('$line is shown as $shown', ({ line, shown }: { line: string; shown: string }) => expect(maskedLines(line)).toEqual([shown]));

it('masking takes no time to speak of, whatever the line', () => {
  const begun = performance.now();
  for (const line of [`x://u:${'${}'.repeat(600)}`, `x://u:${'${'.repeat(900)}`, 'a'.repeat(2_000), 'a://'.repeat(500), 'password '.repeat(200), `x://${'u:'.repeat(900)}`]) maskedLines(line);

  expect(performance.now() - begun).toBeLessThan(500);
});
