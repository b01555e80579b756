import { readFileSync } from 'node:fs';
import path from 'node:path';
import { blocksOf, type Block } from '../support/documents.js';

/** A command of a document as a shell would hand it over, without `lockstep` itself. */
export interface Typed { readonly file: string; readonly line: number; readonly words: readonly string[] }

const SHELL = new Set(['sh', 'bash', 'shell', 'console']);
const CALL = /(?:^|[|&;(]|\$ )\s*(?:(?:[A-Z_]+=\S+)\s+)*(?:npx --no )?lockstep((?:\s+(?:"[^"]*"|[^\s|&;<>()#"]+))*)/g;

/** Everything that a reader would type: calls in shell blocks, and those in prose between backticks that name a command. */
export function typedIn(root: string, file: string): readonly Typed[] {
  const blocks = blocksOf(root, file).filter(({ language }) => SHELL.has(language)).flatMap((block) => callsOf(block.text).map((words) => ({ file, line: block.line, words })));
  return [...blocks, ...proseOf(root, file)];
}

function callsOf(text: string): readonly (readonly string[])[] {
  return text.replace(/\\\n\s*/g, ' ').split('\n').flatMap((line) => [...withoutComment(line).matchAll(CALL)].map((match) => wordsOf(match[1] ?? '')));
}

const withoutComment = (line: string): string => line.replace(/(^|\s)#.*$/, '');

export const wordsOf = (text: string): readonly string[] => [...text.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');

function proseOf(root: string, file: string): readonly Typed[] {
  let fenced = false;
  return readFileSync(path.join(root, file), 'utf8').split('\n').flatMap((line, index) => {
    if (/^\s*(`{3,}|~{3,})/.test(line)) fenced = !fenced;
    if (fenced) return [];
    return [...line.matchAll(/`((?:npx --no )?lockstep [^`]+)`/g)].flatMap((match) => callsOf(match[1] ?? '').map((words) => ({ file, line: index + 1, words })));
  });
}

/** The README's configuration: its first YAML block that says the version. */
export function configurationOf(root: string): Block {
  const block = blocksOf(root, 'README.md').find(({ language, text }) => language === 'yaml' && text.startsWith('version: 1\n'));
  if (!block) throw new Error('README.md shows no configuration');
  return block;
}

/** The YAML blocks of a document that are laid over a whole configuration. */
export const yamlOf = (root: string, file: string): readonly Block[] => blocksOf(root, file).filter(({ language }) => language === 'yaml');

/** The variables that a text refers to and that have no default. */
export const variablesOf = (text: string): readonly string[] => [...new Set([...text.matchAll(/\$\{env:([A-Z0-9_]+)\}/g)].map((match) => match[1]!))];

/** The shell block under a heading. */
export function stepsOf(root: string, heading: string): Block {
  const lines = readFileSync(path.join(root, 'README.md'), 'utf8').split('\n');
  const at = lines.indexOf(heading) + 1;
  const block = at === 0 ? undefined : blocksOf(root, 'README.md').find(({ language, line }) => SHELL.has(language) && line > at);
  if (!block) throw new Error(`README.md has no steps under "${heading}"`);
  return block;
}

export const commandsOf = (block: Block): readonly (readonly string[])[] => callsOf(block.text);
