import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isPath, type ConnectorCatalogue } from '../config/index.js';
import type { Connector } from '../../connectors/sdk/contract/index.js';

/** Sources beside sources, compiled code beside compiled code: in `dist` the connectors stand there too. */
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** The folder of the bundled connectors. */
export const bundledFolder = (): string => fileURLToPath(new URL('../../connectors/', import.meta.url));

/**
 * Finds connectors by name: bundled ones are the folders of `connectors/` that have a manifest; else a package that is installed where
 * the configuration stands or beside Lockstep; else a path. A connector is the module's export `connector`, or its default one.
 */
export function connectorCatalogue(folder: string = bundledFolder()): ConnectorCatalogue {
  return {
    names: () => bundledNames(folder),
    load: async (name, from) => {
      const address = isPath(name) ? entryOf(join(name)) : bundledNames(folder).includes(name) ? join(folder, name, `index.${EXTENSION}`) : packageEntry(name, from);
      if (address === undefined || !existsSync(address)) return undefined;
      return connectorIn(await import(pathToFileURL(address).href) as Record<string, unknown>, name);
    },
  };
}

function bundledNames(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, `manifest.${EXTENSION}`)) && existsSync(join(folder, entry.name, `index.${EXTENSION}`)))
    .map((entry) => entry.name).sort();
}

/** A path may name the module itself or its folder. */
function entryOf(path: string): string | undefined {
  const candidates = [path, ...['js', 'mjs', EXTENSION].flatMap((extension) => [join(path, `index.${extension}`), `${path}.${extension}`])];
  return candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile());
}

/** A package by Node's own rules, from the configuration's folder first. Undefined: not installed. */
function packageEntry(name: string, from: string): string | undefined {
  if (!/^(@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*$/.test(name)) return undefined;
  for (const start of [pathToFileURL(join(from, 'package.json')).href, import.meta.url]) {
    try {
      return createRequire(start).resolve(name);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error;
    }
  }
  return undefined;
}

/** What every connector has; the conformance suite asks for the rest. */
function connectorIn(module: Record<string, unknown>, name: string): Connector {
  const found = [module['connector'], module['default'], (module['default'] as Record<string, unknown> | undefined)?.['connector']].find(isConnector);
  if (!found) throw new Error(`${name} is no connector: it exports neither "connector" nor a default with manifest, streams, connect and check`);
  return found;
}

function isConnector(value: unknown): value is Connector {
  if (value === null || typeof value !== 'object') return false;
  const { manifest, streams, connect, check } = value as Partial<Connector>;
  return typeof manifest?.name === 'string' && Array.isArray(manifest.auth) && Array.isArray(manifest.streams) && Array.isArray(manifest.webhookAuth)
    && Array.isArray(streams) && typeof connect === 'function' && typeof check === 'function';
}
