import path from 'node:path';
import { plantTree, ROOT, runNode, type PlantedTree } from '../support/planted-tree.js';

const HEADINGS = ['Reads', 'Writes', 'Permissions', 'Configuration', 'Webhook set-up', 'Limits and cost', 'Known gaps', 'Troubleshooting'];
const README = HEADINGS.map((heading) => `## ${heading}\n`).join('\n');
interface Problem { readonly file: string; readonly line: number; readonly message: string }
const lockfile = (packages: object) => JSON.stringify({ lockfileVersion: 3, packages: { '': {}, ...packages } });

/** A house without a fault, with one vendor whose name stands inside of ordinary words (`flaws`), and one long one. */
const GOOD = {
  'package.json': JSON.stringify({ name: 'tree', allowScripts: { native: true, talker: false } }),
  'package-lock.json': lockfile({
    'node_modules/native': { version: '1.0.0', hasInstallScript: true, optionalDependencies: { 'native-linux': '1.0.0' } },
    'node_modules/native-linux': { version: '1.0.0', optional: true },
    'node_modules/talker': { version: '1.0.0', hasInstallScript: true, optionalDependencies: { helper: '1.0.0' } },
    'node_modules/talker/node_modules/helper': { version: '1.0.0' },
  }),
  'connectors/aws/manifest.ts': "export const manifest = { name: 'aws' };",
  'connectors/aws/index.ts': '',
  'connectors/aws/README.md': `# AWS\n\n## Overview\n\n${README}`,
  'connectors/aws/fixtures/instances.json': '{ "source": "https://docs.example/instances", "answer": {} }',
  'connectors/servicenow/manifest.ts': "export const manifest = { name: 'servicenow' };",
  'connectors/servicenow/index.ts': '',
  'connectors/servicenow/README.md': README,
  'connectors/servicenow/fixtures/SOURCES.md': '- rows.ndjson: https://docs.example/rows',
  'connectors/servicenow/fixtures/rows.ndjson': '{}',
  'connectors/servicenow/fixtures/long.ts': `// https://docs.example/long\n${'x'.repeat(30_000)}`,
  'connectors/file/manifest.ts': "export const manifest = { name: 'file' };",
  'connectors/file/index.ts': '',
  'connectors/file/README.md': README,
  'src/sync/file.ts': "/** See ServiceNow's page; AWS does it too. */\nexport const flaws = 'a file of flaws';",
  'src/sync/file.spec.ts': "export const source = 'servicenow-prod';",
};

describe('the checks of the house', () => {
  const trees: PlantedTree[] = [];
  afterAll(() => trees.forEach((tree) => tree.remove()));

  function plant(changes: Readonly<Record<string, string | undefined>>): PlantedTree {
    const kept = Object.entries({ ...GOOD, ...changes }).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const tree = plantTree(Object.fromEntries(kept));
    trees.push(tree);
    return tree;
  }
  const run = (tree: PlantedTree) => runNode([path.join(ROOT, '.ci/house.mjs'), tree.root], { cwd: tree.root });

  let houseProblems: (root: string) => readonly Problem[] = () => [];
  beforeAll(async () => {
    ({ houseProblems } = (await import(path.join(ROOT, '.ci/house/all.mjs'))) as { houseProblems: typeof houseProblems });
  }, 60_000);

  it('pass where nothing is wrong', async () => {
    expect(await run(plant({}))).toEqual({ code: 0, stdout: '', stderr: '' });
  }, 30_000);

  it('print a problem a line and fail', async () => {
    const { code, stderr } = await run(plant({ 'connectors/aws/index.ts': undefined, 'connectors/file/index.ts': undefined }));

    expect(stderr).toBe('connectors/aws/index.ts:1 is missing: every connector has it\nconnectors/file/index.ts:1 is missing: every connector has it\n2 problems of the house\n');
    expect(code).toBe(1);
  }, 30_000);

  it.each<{ what: string; changes: Readonly<Record<string, string | undefined>>; says: RegExp }>([
    { what: 'a vendor in a text of the application', changes: { 'src/sync/a.ts': "export const a = 1;\nexport const b = 'the aws way';" }, says: /^src\/sync\/a\.ts:2 names the vendor "aws"/ },
    { what: 'a vendor in a name of the application', changes: { 'src/sync/a.ts': 'export const awsRegion = 1;' }, says: /^src\/sync\/a\.ts:1 names the vendor "aws"/ },
    { what: 'a vendor inside a longer word', changes: { 'src/sync/a.ts': 'export const myServiceNowTable = 1;' }, says: /names the vendor "servicenow"/ },
    { what: 'a vendor in the middle of a template', changes: { 'src/sync/a.ts': 'export const a = (x: string) => `${x} of ServiceNow ${x}`;' }, says: /names the vendor "servicenow"/ },
    { what: 'a vendor in a pattern', changes: { 'src/sync/a.ts': 'export const a = /servicenow/;' }, says: /names the vendor "servicenow"/ },
    { what: 'a vendor in the SDK', changes: { 'connectors/sdk/http/a.ts': "export const a = { 'x-aws': 1 };" }, says: /^connectors\/sdk\/http\/a\.ts:1 names the vendor "aws"/ },
    { what: 'a file that is too long', changes: { 'src/sync/a.ts': `// ${'x'.repeat(24 * 1024)}` }, says: /^src\/sync\/a\.ts:1 24579 bytes, at most 24576/ },
    { what: 'a spec that is too long', changes: { 'test/a.spec.ts': `// ${'x'.repeat(24 * 1024)}` }, says: /^test\/a\.spec\.ts:1 24579 bytes/ },
    { what: 'a connector without a part', changes: { 'connectors/aws/index.ts': undefined }, says: /^connectors\/aws\/index\.ts:1 is missing/ },
    { what: 'a connector called otherwise than its folder', changes: { 'connectors/aws/manifest.ts': "export const manifest = { name: 'amazon' };" }, says: /says name "amazon"; the folder is called "aws"/ },
    { what: 'a README without a heading', changes: { 'connectors/aws/README.md': README.replace('## Limits and cost', '## Costs') }, says: /^connectors\/aws\/README\.md:1 has the headings/ },
    { what: 'a README in another order', changes: { 'connectors/aws/README.md': [...HEADINGS].reverse().map((heading) => `## ${heading}\n`).join('') }, says: /^connectors\/aws\/README\.md:1 has the headings/ },
    { what: 'a fixture without a source', changes: { 'connectors/aws/fixtures/volumes.json': '{}' }, says: /^connectors\/aws\/fixtures\/volumes\.json:1 carries no address/ },
    { what: 'a fixture that the overview forgets', changes: { 'connectors/servicenow/fixtures/more.ndjson': '{}' }, says: /more\.ndjson:1 carries no address/ },
    {
      what: 'a lockfile without a platform', changes: { 'package-lock.json': lockfile({ 'node_modules/native': { version: '1.0.0', optionalDependencies: { 'native-darwin': '1.0.0' } } }) },
      says: /native-darwin on another platform, and it is not locked/,
    },
    { what: 'a lockfile with addresses of its own', changes: { 'package-lock.json': lockfile({ 'node_modules/a': { version: '1.0.0', resolved: 'https://packages.example/a.tgz' } }) }, says: /leave `resolved` out/ },
    { what: 'an install script that nobody judged', changes: { 'package-lock.json': lockfile({ 'node_modules/a': { version: '1.0.0', hasInstallScript: true } }) }, says: /a has an install script on which package\.json's allowScripts says nothing/ },
    { what: 'a package without a version', changes: { 'package-lock.json': lockfile({ 'node_modules/a': { optional: true } }) }, says: /node_modules\/a has no version/ },
  ])('report $what', ({ changes, says }) => {
    const problems = houseProblems(plant(changes).root);

    expect(problems.map(({ file, line, message }) => `${file}:${line} ${message}`)).toEqual([expect.stringMatching(says)]);
  });

  it('take an allowance back that nothing needs', async () => {
    const tree = plantTree({ ...GOOD, 'src/core/maker.ts': "export const prefix = 'AWS';" });
    trees.push(tree);
    const { vendorsNamed } = (await import(path.join(ROOT, '.ci/house/vendors.mjs'))) as {
      vendorsNamed(root: string, allowed: readonly { file: string; name: string }[]): readonly { file: string; message: string }[];
    };

    expect(vendorsNamed(tree.root, [{ file: 'src/core/maker.ts', name: 'aws' }])).toEqual([]);
    expect(vendorsNamed(tree.root, [{ file: 'src/core/maker.ts', name: 'aws' }, { file: 'src/sync/file.ts', name: 'aws' }]))
      .toEqual([expect.objectContaining({ file: 'src/sync/file.ts', message: expect.stringMatching(/take the allowance back/) })]);
  });
});
