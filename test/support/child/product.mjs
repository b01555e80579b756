/**
 * Compiles the product for the processes that the crash tests kill: `src`, `connectors` and the world's connector, as `npm run build` lays them out, but in
 * a folder of the suite's own and without judging types, so that a stale `dist/` can neither pass nor fail for the checkout. Plain JavaScript: jest and
 * the soak both call it before anything else.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import swc from '@swc/core';

const ROOT = path.resolve(import.meta.dirname, '../../..');
/** Below node_modules, so that packages are found from there and nothing of it is ever committed. */
const CACHE = path.join(ROOT, 'node_modules/.cache/lockstep-crash');

/** The folder that stands for `dist/`. Compiled anew only when a source has changed. */
export function compileProduct() {
  const files = ['src', 'connectors', 'test/support'].flatMap((folder) => filesBelow(path.join(ROOT, folder))).filter((file) => !/\.spec\.ts$|README\.md$/.test(file)).sort();
  const hash = createHash('sha256').update(readFileSync(path.join(ROOT, 'package.json')));
  for (const file of [...files, ...filesBelow(path.join(ROOT, 'config'))]) hash.update(`${path.relative(ROOT, file)}\0${statSync(file).size}\0`).update(readFileSync(file));
  const home = path.join(CACHE, hash.digest('hex').slice(0, 16));
  if (existsSync(home)) return path.join(home, 'dist');
  const draft = `${home}.${process.pid}`;
  for (const file of files) {
    const target = path.join(draft, 'dist', path.relative(ROOT, file));
    mkdirSync(path.dirname(target), { recursive: true });
    if (file.endsWith('.ts') && !file.endsWith('.d.ts')) writeFileSync(target.replace(/\.ts$/, '.js'), swc.transformSync(readFileSync(file, 'utf8'), { ...OPTIONS, filename: file }).code);
    else cpSync(file, target);
  }
  for (const part of ['package.json', 'config']) cpSync(path.join(ROOT, part), path.join(draft, part), { recursive: true });
  cpSync(path.join(ROOT, 'config'), path.join(draft, 'dist/config'), { recursive: true });
  try {
    renameSync(draft, home);
  } catch (error) {
    // Another suite was faster with the same sources.
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(home)) throw error;
  }
  for (const other of readdirSync(CACHE)) if (path.join(CACHE, other) !== home && Date.now() - statSync(path.join(CACHE, other)).mtimeMs > 86_400_000) rmSync(path.join(CACHE, other), { recursive: true, force: true });
  return path.join(home, 'dist');
}

/** As jest.config.mjs has them. */
const OPTIONS = {
  jsc: { target: 'es2023', keepClassNames: true, parser: { syntax: 'typescript', decorators: true }, transform: { legacyDecorator: true, decoratorMetadata: true } },
  module: { type: 'es6' }, sourceMaps: 'inline', configFile: false, swcrc: false,
};

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

/** jest's `globalSetup`: once, before the suites. */
export default function setup() {
  process.env.LOCKSTEP_TEST_PRODUCT = compileProduct();
}
