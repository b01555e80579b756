/** `npm run bench`: see `npm run bench -- --help`. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { transpile } from './transpile.mjs';

const { tree, remove } = await transpile(path.resolve(import.meta.dirname, '..'));
try {
  const { main } = await import(pathToFileURL(path.join(tree, 'bench/main.js')).href);
  process.exitCode = await main(process.argv.slice(2));
} finally {
  remove();
}
