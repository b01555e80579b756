import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { blocksOf, brokenLink, callsIn, documentsOf, linksOf, verbsOf } from '../support/documents.js';
import { plantTree, ROOT, type PlantedTree } from '../support/planted-tree.js';

/** Commands whose next word is a command as well. */
const GROUPS = new Set(['config', 'assets', 'identity', 'reviews', 'quarantine', 'runs', 'sources', 'connector', 'dead-letters', 'outbox', 'token', 'audit', 'report', 'undo', 'notifications']);
const SHELL = new Set(['sh', 'bash', 'shell', 'console']);

const scripts = (JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }).scripts;
const documents = documentsOf(ROOT);

describe('the documents', () => {
  it.each(documents)('%s has no link into nowhere', (file) => {
    const broken = linksOf(ROOT, file).flatMap((link) => {
      const what = brokenLink(ROOT, link);
      return what === undefined ? [] : [`${link.file}:${link.line} ${what}`];
    });

    expect(broken).toEqual([]);
  });

  it.each(documents)('%s names only commands that exist', (file) => {
    const verbs = verbsOf(ROOT);
    const unknown = blocksOf(ROOT, file).filter(({ language }) => SHELL.has(language)).flatMap((block) => callsIn(block).flatMap((words) => {
      const [first, second] = words;
      const missing = [first, first !== undefined && GROUPS.has(first) ? second : undefined].filter((word) => word !== undefined && !verbs.has(word));
      return missing.map((word) => `${block.file}:${block.line} lockstep ${words.join(' ')}: there is no "${word}"`);
    }));

    expect(unknown).toEqual([]);
  });

  it.each(documents)('%s names only npm scripts that exist', (file) => {
    const named = [...readFileSync(path.join(ROOT, file), 'utf8').matchAll(/\bnpm run (?:--silent )?([a-z][a-z:-]*)/g)].map((match) => match[1]!);

    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it('list every decision, numbered without a gap', () => {
    const files = readdirSync(path.join(ROOT, 'docs/decisions')).filter((name) => name !== 'README.md').sort();
    const list = readFileSync(path.join(ROOT, 'docs/decisions/README.md'), 'utf8');

    expect(files.map((name) => Number(name.slice(0, 4)))).toEqual(files.map((_, index) => index + 1));
    expect(files.filter((name) => !list.includes(`(${name})`))).toEqual([]);
    for (const name of files) {
      const text = readFileSync(path.join(ROOT, 'docs/decisions', name), 'utf8');
      expect(text).toMatch(new RegExp(`^# ${name.slice(0, 4)}: `));
      expect([...text.matchAll(/^## (Context|Decision|Consequences)$/gm)].map((match) => match[1])).toEqual(['Context', 'Decision', 'Consequences']);
    }
  });

  it('keep one sentence or two in a fragment of the change log', () => {
    const fragments = readdirSync(path.join(ROOT, 'docs/changes')).filter((name) => name !== 'README.md');

    expect(fragments.filter((name) => !/^(added|changed|fixed|removed|security)-[a-z0-9-]+\.md$/.test(name))).toEqual([]);
    expect(fragments.filter((name) => !/^[A-Z][^\n]{10,400}\n$/.test(readFileSync(path.join(ROOT, 'docs/changes', name), 'utf8')))).toEqual([]);
  });
});

describe('the checks of the documents', () => {
  let tree: PlantedTree;
  beforeAll(() => {
    tree = plantTree({
      'docs/a.md': '# A page\n\n## Its `second` part, twice\n\n[b](b.md) [gone](gone.md) [here](#its-second-part-twice) [nowhere](#first) [out](../../etc/passwd) [web](https://a.example) [old](http://a.example) `[code](no.md)`\n\n'
        + '```sh\n$ npx --no lockstep sync crm --full\nlockstep config chekc   # lockstep bogus\nSN_ID=1 lockstep plan | grep x && lockstep assets \\\n  list\nnpm run lockstep-free\n```\n\n```\n[not a link](no.md)\n```\n',
      'docs/b.md': '# B\n',
      'docs/open.md': '```sh\nlockstep sync\n',
      'src/cli/sync.ts': "program.command('sync [source...]');\nprogram.command('config').command('check');\nnew Command('plan');",
      'src/cli/commands/runs.ts': "{ name: 'runs', verbs: [{ usage: 'show <run>' }] }",
      'src/cli/sync.spec.ts': "program.command('bogus');",
    });
  });
  afterAll(() => tree.remove());

  it('find links that lead nowhere, and only those', () => {
    const found = linksOf(tree.root, 'docs/a.md').map((link) => brokenLink(tree.root, link));

    expect(found).toEqual([
      undefined, 'gone.md does not exist', undefined, '#first: docs/a.md has no such heading', '../../etc/passwd does not exist', undefined, 'http://a.example is not https',
    ]);
  });

  it('read commands out of blocks', () => {
    const [block] = blocksOf(tree.root, 'docs/a.md');

    expect(callsIn(block!)).toEqual([['sync', 'crm'], ['config', 'chekc'], ['plan'], ['assets', 'list']]);
  });

  it('know the commands that are registered, not those of a spec', () => {
    expect([...verbsOf(tree.root)].sort()).toEqual(['check', 'config', 'help', 'plan', 'runs', 'show', 'sync']);
  });

  it('refuse a block that never ends', () => {
    expect(() => blocksOf(tree.root, 'docs/open.md')).toThrow('docs/open.md:1 opens a block that never ends');
  });
});
