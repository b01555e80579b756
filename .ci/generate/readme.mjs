import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { filesBelow } from '../house/files.mjs';
import { optionsOf } from './options.mjs';

const BEGIN = '<!-- generated from manifest.ts and config.ts by `npm run generate` -->';
const END = '<!-- end of the generated part -->';

/** The READMEs of the connectors, with the part under "Configuration" as manifest and options say now. */
export async function connectorReadmes(root) {
  const names = filesBelow(root, 'connectors').map((file) => /^connectors\/([^/]+)\/manifest\.ts$/.exec(file)?.[1]).filter((name) => name && name !== 'sdk');
  const pages = [];
  for (const name of names) {
    const file = `connectors/${name}/README.md`;
    if (!existsSync(path.join(root, file))) throw new Error(`${file} is missing`);
    const manifest = await manifestOf(root, name);
    const config = path.join(root, `connectors/${name}/config.ts`);
    const part = configurationPart(manifest, existsSync(config) ? optionsOf(config) : []);
    pages.push({ file, text: place(file, readFileSync(path.join(root, file), 'utf8'), part) });
  }
  return pages;
}

async function manifestOf(root, name) {
  const built = path.join(root, `dist/connectors/${name}/manifest.js`);
  if (!existsSync(built)) throw new Error(`connectors/${name} is not built: run \`npm run build\` first`);
  const exported = Object.values(await import(pathToFileURL(built).href));
  const manifest = exported.find((one) => one?.name === name && Array.isArray(one.streams));
  if (!manifest) throw new Error(`connectors/${name}/manifest.ts exports no manifest called "${name}"`);
  return manifest;
}

/** Tables of what stands in the YAML for one source of this connector. */
export function configurationPart(manifest, options) {
  const base = { required: 'required', optional: 'may be left out', none: 'not used' }[manifest.baseUrl];
  const lines = [
    `- \`connector: ${manifest.name}\`, role \`${manifest.role}\` unless \`role\` says otherwise`,
    `- \`baseUrl\`: ${base}${manifest.baseUrlExample ? `, e.g. \`${manifest.baseUrlExample}\`` : ''}`,
    '',
    ...table(['Stream', 'Read by default', 'Gives'], manifest.streams.map((one) => [code(one.name), one.default ? 'yes' : 'no', one.about])),
    ...table(['`auth.method`', 'Keys beside it', 'When'], manifest.auth.map((one) => [code(one.method), keys(one.keys), one.about])),
    ...table(['Option', 'Default', 'Meaning'], options.map((one) => [code(`options.${one.name}`), one.required ? 'required' : one.fallback === undefined ? '' : code(one.fallback), one.about])),
    ...table(['`webhook.auth.method`', 'Keys beside it'], manifest.webhookAuth.map((one) => [code(one.method), keys(one.keys)])),
  ];
  while (lines.at(-1) === '') lines.pop();
  return lines.join('\n');
}

const code = (text) => `\`${text}\``;
const keys = (names) => (names.length === 0 ? 'none' : names.map((name) => (name.endsWith('?') ? `${code(name.slice(0, -1))} (optional)` : code(name))).join(', '));
const cell = (text) => String(text).replaceAll('|', '\\|').replace(/\s+/g, ' ').trim();

function table(head, rows) {
  if (rows.length === 0) return [];
  return [`| ${head.join(' | ')} |`, `|${' --- |'.repeat(head.length)}`, ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`), ''];
}

/** Puts the part between the marks; without marks, right under the heading. */
export function place(file, text, part) {
  const block = `${BEGIN}\n\n${part}\n\n${END}`;
  const begin = text.indexOf(BEGIN);
  if (begin >= 0) {
    const end = text.indexOf(END, begin);
    if (end < 0) throw new Error(`${file}: the generated part has no end ("${END}")`);
    return text.slice(0, begin) + block + text.slice(end + END.length);
  }
  const heading = /^## Configuration[ \t]*\n/m.exec(text);
  if (!heading) throw new Error(`${file} has no heading "## Configuration"`);
  const at = heading.index + heading[0].length;
  return `${text.slice(0, at)}\n${block}\n${text.slice(at)}`;
}
