import { readFileSync } from 'node:fs';
import path from 'node:path';

/** What would make `npm ci` in a fresh clone fail, or ask a host that others do not reach. */
export function lockfileProblems(root) {
  const file = 'package-lock.json';
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const { packages } = JSON.parse(readFileSync(path.join(root, file), 'utf8'));
  const scripts = manifest.allowScripts ?? {};
  return Object.entries(packages).flatMap(([at, entry]) => {
    const name = at.slice(at.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const problems = [];
    if (entry.resolved && !entry.resolved.startsWith('https://registry.npmjs.org/')) problems.push(`${at} comes from an address of its own: leave \`resolved\` out`);
    if (at && !entry.link && !entry.version) problems.push(`${at} has no version`);
    if (entry.hasInstallScript && scripts[name] === undefined) problems.push(`${name} has an install script on which package.json's allowScripts says nothing`);
    for (const wanted of Object.keys(entry.optionalDependencies ?? {})) {
      if (!resolves(packages, at, wanted)) problems.push(`${at} may need ${wanted} on another platform, and it is not locked: \`npm ci\` refuses; choose a version whose platform packages are all published`);
    }
    return problems.map((message) => ({ file, line: 1, message }));
  });
}

function resolves(packages, from, name) {
  for (let at = from; ;) {
    if (packages[at ? `${at}/node_modules/${name}` : `node_modules/${name}`]) return true;
    if (!at) return false;
    const cut = at.lastIndexOf('/node_modules/');
    at = cut < 0 ? '' : at.slice(0, cut);
  }
}
