import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CommanderError } from 'commander';
import { COMMANDS } from '../../src/cli/commands/index.js';
import { buildProgram } from '../../src/cli/program.js';
import { loadConfig } from '../../src/config/index.js';
import { connectorCatalogue } from '../../src/sources/catalogue.js';
import { terminal } from '../cli/harness.js';
import { folderOf } from '../config/support.js';
import { documentsOf } from '../support/documents.js';
import { plantTree, ROOT } from '../support/planted-tree.js';
import { configurationOf, stepsOf, typedIn, variablesOf, yamlOf, type Typed } from './readme-text.js';

const documents = documentsOf(ROOT);
const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
const lines = readme.split('\n');
const groups = new Map(COMMANDS.flatMap((each) => ('verbs' in each ? [[each.name, each.verbs.map(({ usage }) => usage.split(' ')[0])] as const] : [])));

/** What the command line says against these words; undefined: it takes them. Nothing is carried out. */
async function refused(words: readonly string[]): Promise<string | undefined> {
  const silent = (): void => undefined;
  try {
    await buildProgram(() => Promise.resolve(), { out: silent, err: silent, columns: 100, errColumns: 100 }).parseAsync([...words], { from: 'user' });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.code === 'commander.helpDisplayed' || error.code === 'commander.version' ? undefined : error.message;
  }
}

/** In prose a command may stand without its arguments; what stands there has to exist. */
async function wrong({ words, file, line }: Typed, inProse: boolean): Promise<readonly string[]> {
  if (inProse && groups.has(words[0] ?? '') && words.length === 1) return [];
  const message = await refused(words);
  if (message === undefined || (inProse && /missing required argument|required option/.test(message))) return [];
  return [`${file}:${line} lockstep ${words.join(' ')}: ${message}`];
}

describe('what the documents tell to type', () => {
  it.each(documents)('%s: commands and flags exist', async (file) => {
    const problems = await Promise.all(typedIn(ROOT, file).map((typed) => wrong(typed, !isShell(file, typed))));

    expect(problems.flat()).toEqual([]);
  });

  it('shows the commands of everyday work', () => {
    const typed = new Set(documents.flatMap((file) => typedIn(ROOT, file).map(({ words }) => (groups.has(words[0] ?? '') ? words.slice(0, 2) : words.slice(0, 1)).join(' '))));
    const unnamed = ['sync', 'plan', 'check', 'init', 'config check', 'rebuild', 'backup', 'assets list', 'assets explain', 'assets merge', 'assets split', 'assets override', 'reviews list', 'reviews show', 'reviews resolve', 'quarantine list', 'quarantine replay', 'runs list', 'sources list', 'identity match'].filter((command) => !typed.has(command));

    expect(unnamed).toEqual([]);
  });

  it('notices a command, a flag, an answer and an argument that do not exist', async () => {
    const tree = plantTree({ 'README.md': '```sh\nnpx --no lockstep synk\nlockstep sync --fast   # lockstep bogus\nA=b lockstep plan | lockstep reviews resolve 1 --as maybe --reason "not sure"\nlockstep backup\nlockstep check && lockstep sync \\\n  crm --full\n```\n\n`lockstep assets lits` and `lockstep backup`.\n' });
    try {
      const found = await Promise.all(typedIn(tree.root, 'README.md').map(async ({ words }) => [words.join(' '), (await refused(words)) !== undefined]));

      expect(Object.fromEntries(found)).toEqual({
        synk: true, 'sync --fast': true, plan: false, 'reviews resolve 1 --as maybe --reason not sure': true, backup: true, check: false, 'sync crm --full': false, 'assets lits': true,
      });
    } finally {
      tree.remove();
    }
  });
});

describe('the README', () => {
  it.each(['npm ci && npm run demo', 'npm ci && npm test'])('has `%s` as a line of its own', (command) => {
    expect(lines).toContain(command);
  });

  it('needs about thirty lines for three systems', () => {
    expect(configurationOf(ROOT).text.split('\n').length).toBeLessThanOrEqual(30);
  });

  it('sets every variable that its configuration refers to', () => {
    const exported = [...stepsOf(ROOT, '### Step by step').text.matchAll(/\b([A-Z0-9_]+)=/g)].map((match) => match[1]);

    expect(variablesOf(configurationOf(ROOT).text).filter((name) => !exported.includes(name))).toEqual([]);
  });

  it('names the variables as `init` writes them', async () => {
    const desk = terminal();
    try {
      const { out, code } = await desk.lockstep('init servicenow aws nvd --out -');

      expect(code).toBe(0);
      for (const name of variablesOf(configurationOf(ROOT).text)) expect(out).toContain(`\${env:${name}}`);
    } finally {
      desk.dispose();
    }
  });

  it('explains each status and exit code', () => {
    for (const status of ['succeeded', 'partial', 'suspect', 'failed', 'interrupted', 'skipped']) expect(readme).toMatch(new RegExp(`^\\| ${status} \\|`, 'm'));
    for (const code of [0, 1, 2, 3]) expect(readme).toMatch(new RegExp(`^\\| ${code} \\|`, 'm'));
  });

  it('carries the notice that each connector’s vendor asks for', async () => {
    const catalogue = connectorCatalogue();
    const notices = (await Promise.all(catalogue.names().map((name) => catalogue.load(name, ROOT)))).flatMap((connector) => connector?.manifest.notice ?? []);

    expect(notices.length).toBeGreaterThan(0);
    for (const notice of notices) expect(readme.replace(/\s+/g, ' ')).toContain(notice);
  });

  it('leads to the page of every connector', async () => {
    for (const name of connectorCatalogue().names()) expect(readme).toContain(`(connectors/${name}/README.md`);
  });
});

describe('the YAML of the documents', () => {
  const base = configurationOf(ROOT);
  const blocks = documents.filter((file) => file === 'README.md' || file.startsWith('docs/') || /^connectors\/[^/]+\/README\.md$/.test(file)).flatMap((file) => yamlOf(ROOT, file));

  it.each(blocks.map((block) => [`${block.file}:${block.line}`, block] as const))('%s is a valid configuration, alone or over that of the README', async (_place, { text }) => {
    const texts = text === base.text ? [text] : [base.text, text];
    const env = Object.fromEntries(texts.flatMap(variablesOf).map((name) => [name, 'a-value']));
    const folder = folderOf(Object.fromEntries(texts.map((each, index) => [`${index}.yaml`, each])));
    const result = await loadConfig({ files: texts.map((_, index) => `${index}.yaml`), env, catalogue: connectorCatalogue(), cwd: folder });

    expect(result.ok ? [] : result.problems).toEqual([]);
  });

  it('is refused where a variable is not set', async () => {
    const folder = folderOf({ '0.yaml': base.text });
    const result = await loadConfig({ files: ['0.yaml'], env: {}, catalogue: connectorCatalogue(), cwd: folder });

    expect(result.ok ? [] : result.problems.length).toBe(variablesOf(base.text).length);
  });
});

/** Whether a command stands in a shell block: then it has to be whole. */
function isShell(file: string, { line }: Typed): boolean {
  return /^\s*```/.test(readFileSync(path.join(ROOT, file), 'utf8').split('\n')[line - 1] ?? '');
}
