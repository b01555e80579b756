import { createRequire } from 'node:module';
import path from 'node:path';
import { plantTree, ROOT, runNode, type PlantedTree } from '../support/planted-tree.js';

interface Violation { readonly rule: { readonly name: string }; readonly from: string; readonly to: string }
interface Report { readonly summary: { readonly violations: readonly Violation[]; readonly totalCruised: number } }
interface Rules { readonly forbidden: readonly { readonly name: string }[] }

const RULES = path.join(ROOT, '.dependency-cruiser.cjs');
const rules = createRequire(import.meta.url)(RULES) as Rules;
const MANIFEST = JSON.stringify({ name: 'tree', type: 'module', dependencies: { typeorm: '*', 'better-sqlite3': '*', mysql2: '*', yaml: '*' }, devDependencies: { 'fast-check': '*', nock: '*' } });
const TSCONFIG = '{ "compilerOptions": { "target": "ES2023", "module": "NodeNext", "moduleResolution": "NodeNext" } }';

/** Everything that the walls allow, in one tree. */
const GOOD = {
  'package.json': MANIFEST,
  'tsconfig.json': TSCONFIG,
  'connectors/sdk/contract/index.ts': "export * from './words.js';",
  'connectors/sdk/contract/words.ts': 'export type Word = string;',
  'connectors/sdk/http/http.ts': "import type { Word } from '../contract/index.js';\nimport { createHash } from 'node:crypto';\nexport const sum = (word: Word) => createHash('sha256').update(word);",
  'connectors/sdk/conformance/suite.ts': "import 'fast-check';\nexport const suite = 1;",
  'connectors/acme/index.ts': "import { sum } from '../sdk/http/http.js';\nexport * from './client.js';\nexport const s = sum;",
  'connectors/acme/client.ts': "import type { Word } from '../sdk/contract/index.js';\nimport 'yaml';\nexport const client: Word = 'c';",
  'connectors/acme/acme.spec.ts': "import { mocked } from '../../test/support/http-mock.js';\nimport { client } from './client.js';\nimport 'fast-check';\nexport const t = [mocked, client];",
  'src/core/model.ts': "import type { Word } from '../../connectors/sdk/contract/index.js';\nexport type Model = Word;",
  'src/core/fold.ts': "import type { Model } from './model.js';\nexport const fold = (model: Model) => model;",
  'src/core/fold.spec.ts': "import 'fast-check';\nimport { createHash } from 'node:crypto';\nimport { fold } from './fold.js';\nexport const t = [fold, createHash];",
  'src/database/store.ts': "import { DataSource } from 'typeorm';\nimport Database from 'better-sqlite3';\nimport mysql from 'mysql2';\nexport const store = [DataSource, Database, mysql];",
  'src/sync/run.ts': "import { fold } from '../core/fold.js';\nimport { store } from '../database/store.js';\nexport const run = [fold, store];",
  'test/support/http-mock.ts': "import nock from 'nock';\nexport const mocked = nock;",
};

/** Each wall with a file that breaks it, and what it imports there. */
const BREACHES: readonly { readonly rule: string; readonly file: string; readonly text: string; readonly to: RegExp }[] = [
  { rule: 'core-is-pure', file: 'src/core/hash.ts', text: "import { createHash } from 'node:crypto';\nexport const h = createHash;", to: /crypto/ },
  { rule: 'core-is-pure', file: 'src/core/yaml.ts', text: "import 'yaml';", to: /yaml/ },
  { rule: 'core-is-pure', file: 'src/core/shell.ts', text: "import type { run } from '../sync/run.js';\nexport type R = typeof run;", to: /sync\/run/ },
  { rule: 'core-is-pure', file: 'src/core/sdk.ts', text: "import { sum } from '../../connectors/sdk/http/http.js';\nexport const s = sum;", to: /sdk\/http/ },
  { rule: 'contract-stands-alone', file: 'connectors/sdk/contract/port.ts', text: "import type { sum } from '../http/http.js';\nexport type S = typeof sum;", to: /sdk\/http/ },
  { rule: 'a-connector-sees-the-sdk', file: 'connectors/acme/core.ts', text: "import { fold } from '../../src/core/fold.js';\nexport const f = fold;", to: /core\/fold/ },
  { rule: 'a-connector-sees-the-sdk', file: 'connectors/globex/index.ts', text: "import { client } from '../acme/client.js';\nexport const c = client;", to: /acme\/client/ },
  { rule: 'sdk-and-app-name-no-vendor', file: 'src/sync/special.ts', text: "import { client } from '../../connectors/acme/client.js';\nexport const c = client;", to: /acme\/client/ },
  { rule: 'sdk-and-app-name-no-vendor', file: 'connectors/sdk/mapping/special.ts', text: "import { client } from '../../acme/client.js';\nexport const c = client;", to: /acme\/client/ },
  { rule: 'sdk-knows-no-app', file: 'connectors/sdk/http/app.ts', text: "import { run } from '../../../src/sync/run.js';\nexport const r = run;", to: /sync\/run/ },
  { rule: 'no-cycles', file: 'src/sync/a.ts', text: "import type { B } from './b.js';\nexport type A = B | 1;", to: /sync\/b/ },
  { rule: 'only-the-database-folder-knows-the-orm', file: 'src/sync/orm.ts', text: "import { DataSource } from 'typeorm';\nexport const d = DataSource;", to: /typeorm/ },
  { rule: 'only-the-database-folder-knows-the-orm', file: 'test/orm.spec.ts', text: "import { DataSource } from 'typeorm';\nexport const d = DataSource;", to: /typeorm/ },
  { rule: 'only-the-database-folder-knows-the-drivers', file: 'src/sync/sqlite.ts', text: "import Database from 'better-sqlite3';\nexport const d = Database;", to: /better-sqlite3/ },
  { rule: 'only-the-database-folder-knows-the-drivers', file: 'connectors/acme/mysql.ts', text: "import mysql from 'mysql2';\nexport const d = mysql;", to: /mysql2/ },
  { rule: 'only-http-mock-knows-nock', file: 'connectors/acme/nock.spec.ts', text: "import nock from 'nock';\nexport const n = nock;", to: /nock/ },
  { rule: 'shipped-code-imports-no-test', file: 'src/sync/double.ts', text: "import { mocked } from '../../test/support/http-mock.js';\nexport const m = mocked;", to: /http-mock/ },
  { rule: 'shipped-code-imports-no-test', file: 'connectors/acme/double.ts', text: "import { t } from './acme.spec.js';\nexport const u = t;", to: /acme\.spec/ },
  { rule: 'shipped-code-needs-no-dev-dependency', file: 'src/sync/dev.ts', text: "import fc from 'fast-check';\nexport const f = fc;", to: /fast-check/ },
  { rule: 'imports-resolve', file: 'src/sync/nowhere.ts', text: "import { x } from './no-such-file.js';\nexport const y = x;", to: /no-such-file/ },
];
const OTHER_HALF = { 'src/sync/b.ts': "import type { A } from './a.js';\nexport type B = A | 2;" };

describe('the walls between the folders', () => {
  const trees: PlantedTree[] = [];
  afterAll(() => trees.forEach((tree) => tree.remove()));

  async function cruise(files: Readonly<Record<string, string>>): Promise<Report['summary']> {
    const tree = plantTree(files);
    trees.push(tree);
    const { stdout, stderr } = await runNode(
      [path.join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'), '--config', RULES, '--output-type', 'json', 'src', 'connectors', 'test'],
      { cwd: tree.root },
    );
    if (!stdout.startsWith('{')) throw new Error(`the cruiser gave no report: ${stderr}`);
    return (JSON.parse(stdout) as Report).summary;
  }

  it('stand open where the architecture says so', async () => {
    const summary = await cruise(GOOD);

    expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`)).toEqual([]);
    expect(summary.totalCruised).toBeGreaterThanOrEqual(Object.keys(GOOD).length - 2);
  }, 60_000);

  describe('hold', () => {
    let violations: readonly Violation[] = [];
    beforeAll(async () => {
      const bad = Object.fromEntries(BREACHES.map(({ file, text }) => [file, text]));
      violations = (await cruise({ ...GOOD, ...bad, ...OTHER_HALF })).violations;
    }, 60_000);

    it.each(BREACHES)('$rule, broken by $file', ({ rule, file, to }) => {
      const found = violations.filter((violation) => violation.rule.name === rule && violation.from === file);

      expect(found.map((violation) => violation.to)).toEqual(expect.arrayContaining([expect.stringMatching(to)]));
    });

    it('accuse nobody else', () => {
      const guilty = new Set([...BREACHES.map(({ file }) => file), ...Object.keys(OTHER_HALF)]);

      expect(violations.filter(({ from }) => !guilty.has(from))).toEqual([]);
    });
  });

  it.each(rules.forbidden)('$name has a breach that proves it', ({ name }) => {
    expect(BREACHES.map(({ rule }) => rule)).toContain(name);
  });
});
