import path from 'node:path';
import { plantTree, ROOT, runNode, type PlantedTree } from '../support/planted-tree.js';

interface FileResult { readonly filePath: string; readonly messages: readonly { readonly ruleId: string | null; readonly line: number; readonly message: string }[] }

const TSCONFIG = '{ "compilerOptions": { "target": "ES2023", "module": "NodeNext", "moduleResolution": "NodeNext", "strict": true, "skipLibCheck": true, "types": ["node", "jest"] }, "include": ["src", "connectors", "test"] }';

const GOOD = {
  'package.json': '{ "name": "tree", "type": "module" }',
  'tsconfig.json': TSCONFIG,
  'src/core/age.ts': 'export const age = (seenAt: number, asOf: number) => new Date(asOf).getTime() - seenAt;\nexport const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);\n',
  'src/core/age.spec.ts': "it('ages', () => { expect(Date.now()).toBeGreaterThan(0); });\n",
  'src/database/store.ts': "import type { DataSource } from 'typeorm';\nexport const all = (db: DataSource) => db.query('SELECT 1');\n",
  'src/sync/run.ts': "import { createHash } from 'node:crypto';\nexport interface Gate { transaction<T>(work: () => Promise<T>): Promise<T> }\nexport const run = (gate: Gate) => gate.transaction(() => Promise.resolve(createHash('sha256').update('x').digest('hex')));\nexport const cell = new Map<string, number>();\ncell.delete('a');\n",
  'connectors/acme/streams/laptops.ts': "export const when = (text: string) => new Date(text).getTime();\n",
  'connectors/acme/sandbox/server.ts': 'export const startedAt = Date.now();\n',
  'test/support/clock.ts': 'export const now = () => Date.now();\n',
};

const BREACHES: readonly { readonly what: string; readonly file: string; readonly text: string; readonly rule: string; readonly says: RegExp }[] = [
  { what: 'a clock in the core', file: 'src/core/a.ts', text: 'export const now = () => Date.now();', rule: 'no-restricted-syntax', says: /no clock/ },
  { what: 'the present in the core', file: 'src/core/b.ts', text: 'export const now = () => new Date();', rule: 'no-restricted-syntax', says: /no clock/ },
  { what: 'randomness in the core', file: 'src/core/c.ts', text: 'export const dice = () => Math.random();', rule: 'no-restricted-syntax', says: /randomness/ },
  { what: 'a timer in the core', file: 'src/core/d.ts', text: 'export const later = (go: () => void) => setTimeout(go, 1);', rule: 'no-restricted-globals', says: /pure/ },
  { what: 'localeCompare in the core', file: 'src/core/e.ts', text: 'export const order = (a: string, b: string) => a.localeCompare(b);', rule: 'no-restricted-syntax', says: /code unit/ },
  { what: 'the environment in the core', file: 'src/core/f.ts', text: 'export const home = () => process.env["HOME"];', rule: 'no-restricted-globals', says: /pure/ },
  { what: 'a clock in the contract', file: 'connectors/sdk/contract/a.ts', text: 'export const now = () => Date.now();', rule: 'no-restricted-syntax', says: /no clock/ },
  { what: 'the ORM called beside the gate', file: 'src/sync/a.ts', text: "import type { DataSource } from 'typeorm';\nexport const all = (db: DataSource) => db.query('SELECT 1');", rule: 'lockstep/only-the-gate-writes', says: /typeorm/ },
  { what: 'a transaction of the ORM beside the gate', file: 'src/sync/b.ts', text: "import type { EntityManager } from 'typeorm';\nexport const go = (m: EntityManager) => m.transaction(() => Promise.resolve(1));", rule: 'lockstep/only-the-gate-writes', says: /typeorm/ },
  { what: 'a repository of the ORM beside the gate', file: 'src/sync/c.ts', text: "import type { Repository } from 'typeorm';\nexport const go = (r: Repository<{ id: string }>) => r.update('1', { id: '2' });", rule: 'lockstep/only-the-gate-writes', says: /typeorm/ },
  { what: 'the raw driver beside the gate', file: 'src/sync/d.ts', text: "import type Database from 'better-sqlite3';\nexport const go = (db: Database.Database) => db.exec('DELETE FROM x');", rule: 'lockstep/only-the-gate-writes', says: /better-sqlite3/ },
  { what: 'an untyped receiver', file: 'src/sync/e.ts', text: 'export const go = (db: any) => db.query("x");', rule: 'lockstep/only-the-gate-writes', says: /no type/ },
  { what: 'a promise that nobody waits for', file: 'src/sync/f.ts', text: 'const go = () => Promise.resolve(1);\ngo();\nexport {};', rule: '@typescript-eslint/no-floating-promises', says: /./ },
  { what: 'a swallowed error', file: 'src/sync/g.ts', text: 'export const go = () => { try { JSON.parse("{"); } catch { } };', rule: 'no-empty', says: /./ },
  { what: 'a note of unfinished work', file: 'src/sync/h.ts', text: '// TODO later\nexport {};', rule: 'no-warning-comments', says: /./ },
  { what: 'talk on the console', file: 'src/sync/i.ts', text: 'console.log(1);\nexport {};', rule: 'no-console', says: /./ },
  { what: 'a switch with a hole', file: 'src/sync/j.ts', text: "export const go = (x: 'a' | 'b') => { switch (x) { case 'a': return 1; } return 2; };", rule: '@typescript-eslint/switch-exhaustiveness-check', says: /"b"/ },
  { what: 'a connector that waits by itself', file: 'connectors/acme/client.ts', text: 'export const wait = () => new Promise<void>((go) => { setTimeout(go, 1); });', rule: 'no-restricted-globals', says: /Clock/ },
  { what: 'a connector with a clock of its own', file: 'connectors/acme/streams/a.ts', text: 'export const now = () => Date.now();', rule: 'no-restricted-syntax', says: /Clock/ },
  { what: 'a connector with a way to the network of its own', file: 'connectors/acme/streams/b.ts', text: "export const get = () => fetch('http://127.0.0.1');", rule: 'no-restricted-globals', says: /HttpPort/ },
  { what: 'a test that is left out', file: 'src/sync/k.spec.ts', text: "it.skip('x', () => { expect(1 + 1).toBe(2); });", rule: 'no-restricted-syntax', says: /left out/ },
  { what: 'a test that is alone', file: 'test/l.spec.ts', text: "describe.only('x', () => { it('y', () => { expect(1 + 1).toBe(2); }); });", rule: 'no-restricted-syntax', says: /left out/ },
  { what: 'an expectation that cannot fail', file: 'test/m.spec.ts', text: "it('x', () => { expect(true).toBe(true); });", rule: 'no-restricted-syntax', says: /cannot fail/ },
];

describe('the lint rules of the house', () => {
  let tree: PlantedTree | undefined;
  let found: ReadonlyMap<string, FileResult['messages']> = new Map();

  /** One run over good and bad files together: most of its time goes into reading the types of the packages. */
  beforeAll(async () => {
    tree = plantTree({ ...GOOD, ...Object.fromEntries(BREACHES.map(({ file, text }) => [file, text])) });
    const { root } = tree;
    const { stdout, stderr } = await runNode(
      [path.join(ROOT, 'node_modules/eslint/bin/eslint.js'), '--config', path.join(ROOT, 'eslint.config.mjs'), '--format', 'json', '.'],
      { cwd: root },
    );
    if (!stdout.startsWith('[')) throw new Error(`the linter gave no report: ${stderr}`);
    found = new Map((JSON.parse(stdout) as FileResult[]).map(({ filePath, messages }) => [path.relative(root, filePath).replaceAll(path.sep, '/'), messages]));
  }, 90_000);
  afterAll(() => tree?.remove());

  it.each(Object.keys(GOOD).filter((file) => file.endsWith('.ts')))('let good code pass: %s', (file) => {
    expect(found.get(file)).toEqual([]);
  });

  it.each(BREACHES)('refuse $what', ({ file, rule, says }) => {
    const messages = (found.get(file) ?? []).map(({ ruleId, message }) => ({ ruleId, message }));

    expect(messages).toEqual(expect.arrayContaining([{ ruleId: rule, message: expect.stringMatching(says) }]));
  });
});
