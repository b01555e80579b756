import { readFileSync } from 'node:fs';
import path from 'node:path';
import { filesBelow } from './files.mjs';

/** Every connector's folder is alike. What its vendor cannot do is absent, and the manifest says so. */
const PARTS = ['index.ts', 'manifest.ts', 'README.md'];
export const README_HEADINGS = ['Reads', 'Writes', 'Permissions', 'Configuration', 'Webhook set-up', 'Limits and cost', 'Known gaps', 'Troubleshooting'];
/** Kinds of fixture whose first lines can hold an address; for others the address stands in a `SOURCES.md` beside them. */
const SOURCED = /https:\/\/\S+/;

export function unlikeTheOthers(root) {
  const files = filesBelow(root, 'connectors');
  const names = [...new Set(files.filter((file) => /^connectors\/[^/]+\/manifest\.ts$/.test(file)).map((file) => file.split('/')[1]))];
  return names.flatMap((name) => {
    const folder = `connectors/${name}`;
    const own = files.filter((file) => file.startsWith(`${folder}/`));
    const missing = PARTS.filter((part) => !own.includes(`${folder}/${part}`)).map((part) => ({ file: `${folder}/${part}`, line: 1, message: 'is missing: every connector has it' }));
    return [...missing, ...manifestProblems(root, folder, name, own), ...readmeProblems(root, folder, own), ...fixtureProblems(root, folder, own)];
  });
}

function manifestProblems(root, folder, name, own) {
  if (!own.includes(`${folder}/manifest.ts`)) return [];
  const file = `${folder}/manifest.ts`;
  const said = /\bname:\s*'([^']+)'/.exec(readFileSync(path.join(root, file), 'utf8'))?.[1];
  return said === name ? [] : [{ file, line: 1, message: `says name "${said ?? ''}"; the folder is called "${name}", and so is the connector in the configuration` }];
}

function readmeProblems(root, folder, own) {
  const file = `${folder}/README.md`;
  if (!own.includes(file)) return [];
  const headings = [...readFileSync(path.join(root, file), 'utf8').matchAll(/^##\s+(.+?)\s*$/gm)].map((match) => match[1]);
  const shared = headings.filter((heading) => README_HEADINGS.includes(heading));
  if (shared.join('|') === README_HEADINGS.join('|')) return [];
  return [{ file, line: 1, message: `has the headings ${shared.join(', ') || '(none of ours)'}; every connector's README has, in this order: ${README_HEADINGS.join(', ')}` }];
}

function fixtureProblems(root, folder, own) {
  const fixtures = own.filter((file) => file.startsWith(`${folder}/fixtures/`));
  if (fixtures.length === 0) return [];
  const overview = fixtures.find((file) => /^(SOURCES|README)\.md$/.test(path.basename(file)));
  const told = overview ? readFileSync(path.join(root, overview), 'utf8') : '';
  return fixtures.filter((file) => file !== overview).flatMap((file) => {
    if (overview && SOURCED.test(told) && told.includes(path.basename(file))) return [];
    if (!file.endsWith('.gz') && SOURCED.test(readFileSync(path.join(root, file), 'utf8').slice(0, 2000))) return [];
    return [{ file, line: 1, message: 'carries no address of its source: in its first lines, or by name in a SOURCES.md beside it' }];
  });
}
