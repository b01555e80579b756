/**
 * `npm run generate`: writes what is made from the code (needs `npm run build` before). With `--check` it writes nothing and exits 1 if anything is out of date.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { connectorReadmes } from './generate/readme.mjs';

const root = path.resolve(import.meta.dirname, '..');
const check = process.argv.includes('--check');

/** The JSON Schema for editors, as `lockstep config schema` prints it. */
function configurationSchema() {
  const cli = path.join(root, 'dist/src/cli.js');
  if (!existsSync(cli)) throw new Error('the command line is not built: run `npm run build` first');
  const text = execFileSync(process.execPath, [cli, 'config', 'schema'], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 });
  return [{ file: 'config/lockstep.schema.json', text: text.endsWith('\n') ? text : `${text}\n` }];
}

/** What the API says of itself, as the service serves it at /api/openapi.json. */
async function apiDocument() {
  const at = path.join(root, 'dist/src/api/openapi.js');
  if (!existsSync(at)) throw new Error('the API is not built: run `npm run build` first');
  const { openApiDocument } = await import(pathToFileURL(at).href);
  return [{ file: 'docs/openapi.json', text: `${JSON.stringify(await openApiDocument(), null, 1)}\n` }];
}

const generators = { 'the configuration schema': configurationSchema, 'the description of the API': apiDocument, "the connectors' READMEs": () => connectorReadmes(root) };
for (const [what, generate] of Object.entries(generators)) {
  try {
    for (const { file, text } of await generate()) {
      const at = path.join(root, file);
      if (existsSync(at) && readFileSync(at, 'utf8') === text) continue;
      if (check) {
        console.error(`${file} is out of date: run \`npm run build && npm run generate\``);
        process.exitCode = 1;
      } else {
        writeFileSync(at, text);
        console.log(`wrote ${file}`);
      }
    }
  } catch (error) {
    console.error(`${what}: ${error.message}`);
    process.exitCode = 1;
  }
}
