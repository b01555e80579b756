/** `npm run bench:intake [-- --seconds 60]`: load on the door of webhooks, by the table of what it must stand. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { transpile } from './transpile.mjs';

const { tree, remove } = await transpile(path.resolve(import.meta.dirname, '..'));
try {
  const { main } = await import(pathToFileURL(path.join(tree, 'bench/intake/main.js')).href);
  process.exitCode = await main(process.argv.slice(2), tree);
} finally {
  remove();
}
