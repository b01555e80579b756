import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface Block { readonly file: string; readonly line: number; readonly language: string; readonly text: string }
export interface Link { readonly file: string; readonly line: number; readonly target: string }

/** The project's own Markdown, as paths relative to `root`. */
export function documentsOf(root: string): readonly string[] {
  const top = readdirSync(root).filter((name) => name.endsWith('.md'));
  const below = ['docs', 'connectors', 'config', 'test'].filter((folder) => existsSync(path.join(root, folder))).flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md') && !file.includes('node_modules'))
      .map((file) => `${folder}/${file.replaceAll(path.sep, '/')}`));
  return [...top, ...below].sort();
}

/** Fenced blocks; a fence within a list may be indented. */
export function blocksOf(root: string, file: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { line: number; language: string; lines: string[]; fence: string } | undefined;
  readFileSync(path.join(root, file), 'utf8').split('\n').forEach((line, index) => {
    const fence = /^\s*(`{3,}|~{3,})\s*([\w-]*)/.exec(line);
    if (open) {
      if (fence && fence[1]!.startsWith(open.fence) && fence[2] === '') {
        blocks.push({ file, line: open.line, language: open.language, text: open.lines.join('\n') });
        open = undefined;
      } else open.lines.push(line);
    } else if (fence) open = { line: index + 1, language: fence[2]!, lines: [], fence: fence[1]! };
  });
  if (open) throw new Error(`${file}:${open.line} opens a block that never ends`);
  return blocks;
}

/** Links in prose, not those in code. */
export function linksOf(root: string, file: string): readonly Link[] {
  let fenced = false;
  return readFileSync(path.join(root, file), 'utf8').split('\n').flatMap((line, index) => {
    if (/^\s*(`{3,}|~{3,})/.test(line)) {
      fenced = !fenced;
      return [];
    }
    if (fenced) return [];
    return [...line.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].map((match) => ({ file, line: index + 1, target: match[1]! }));
  });
}

/** The anchors that a page has, as hosts of Markdown make them from headings. */
export function anchorsOf(root: string, file: string): ReadonlySet<string> {
  const headings = readFileSync(path.join(root, file), 'utf8').split('\n').flatMap((line) => /^#{1,6}\s+(.+?)\s*$/.exec(line)?.[1] ?? []);
  return new Set(headings.map((heading) => heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').trim().replace(/\s/g, '-')));
}

/** What is wrong with a link; undefined if it leads somewhere. Addresses outside are not asked. */
export function brokenLink(root: string, { file, target }: Link): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return /^(https|mailto):/.test(target) ? undefined : `${target} is not https`;
  const [page = '', anchor] = target.split('#');
  const to = page === '' ? file : path.posix.normalize(path.posix.join(path.posix.dirname(file), page));
  if (to.startsWith('..') || !existsSync(path.join(root, to))) return `${target} does not exist`;
  if (anchor !== undefined && to.endsWith('.md') && !anchorsOf(root, to).has(anchor)) return `${target}: ${to} has no such heading`;
  return undefined;
}

/** Verbs of the public interface, for as long as there is no command line to ask. */
const PROMISED = [
  'init', 'config', 'check', 'schema', 'show', 'discover', 'sync', 'plan', 'assets', 'list', 'history', 'explain', 'merge', 'split', 'override', 'identity', 'match',
  'reviews', 'resolve', 'quarantine', 'replay', 'discard', 'runs', 'sources', 'rebuild', 'connector', 'backup', 'doctor', 'demo', 'version', 'completion', 'help',
];

/** The names of the commands that `src/cli` registers (`.command('sync')`, `new Command('sync')`, a verb's `usage: 'sync [source...]'`, a group's `name: 'assets'`), flat. */
export function verbsOf(root: string): ReadonlySet<string> {
  const folder = path.join(root, 'src/cli');
  if (!existsSync(folder)) return new Set(PROMISED);
  const files = [...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => path.join(folder, file)), path.join(root, 'src/cli.ts')];
  const names = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && existsSync(file))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/(?:(?:\.command|\.createCommand|new Command)\(\s*|\b(?:usage|name): )['"`]([a-z][a-z-]*)/g)].map((match) => match[1]!));
  return new Set([...names, 'help']);
}

/** Calls of the command line in a block: the words behind `lockstep` up to the first that is no plain word. */
export function callsIn({ text }: Block): readonly (readonly string[])[] {
  return text.replace(/\\\n\s*/g, ' ').split('\n').flatMap((line) =>
    [...line.replace(/(^|\s)#.*$/, '').matchAll(/(?:^|[|&;]|\$)\s*(?:[A-Z_]+=\S+\s+)*(?:npx(?:\s+--no(?:-install)?)?(?:\s+--)?\s+)?lockstep((?:\s+[^\s|&;]+)*)/g)].map((match) => {
      const words = match[1]!.trim().split(/\s+/).filter(Boolean);
      const end = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word));
      return end < 0 ? words : words.slice(0, end);
    }));
}
