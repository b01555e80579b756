import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type BetterSqlite3 from 'better-sqlite3';

export type SqliteDriver = typeof BetterSqlite3;

/** The driver to use, or why none can be: `unsafe` is what kept the better one from loading. */
export type DriverChoice = { readonly driver: SqliteDriver } | { readonly unsafe: unknown };

/** What the choice depends on; a spec hands in other hosts. */
export interface DriverHost {
  readonly nodeMajor: number;
  /** The highest version of Node-API that this Node offers. */
  readonly nodeApi: number;
  load(name: string): SqliteDriver;
  /** The binary of better-sqlite3 12, prebuilt or compiled here. */
  binary(): Buffer;
}

/** better-sqlite3 13: optional, so that npm leaves it out on Node 20. */
const ON_NODE_API = 'better-sqlite3-node-api';
/** better-sqlite3 12, on V8's own interface. */
const ON_V8 = 'better-sqlite3';

/**
 * Version 13 wherever Node has Node-API 10 (from 22.14 on; without it 13 crashes instead of refusing), else version 12. Version 12 is no way out on
 * Node 24 if it was compiled against the headers of 24.19 or later: the next garbage collection outside of JavaScript aborts the process
 * (https://github.com/nodejs/node/issues/65446). Prebuilt binaries of 12 are older than these headers.
 */
export function chooseDriver(host: DriverHost): DriverChoice {
  if (host.nodeApi < 10) return { driver: host.load(ON_V8) };
  try {
    return { driver: loadable(host.load(ON_NODE_API)) };
  } catch (error) {
    if (!isAbsence(error)) throw error;
    if (host.nodeMajor === 24 && host.binary().includes('RemoveEnvironmentCleanupHook')) return { unsafe: error };
    return { driver: host.load(ON_V8) };
  }
}

/** Both versions load their binary with the first database. */
function loadable(driver: SqliteDriver): SqliteDriver {
  new driver(':memory:').close();
  return driver;
}

/** Installed without optional packages, or on a system that is too old for the binary. */
function isAbsence(error: unknown): boolean {
  return ['MODULE_NOT_FOUND', 'ERR_DLOPEN_FAILED'].includes((error as { code?: string }).code ?? '');
}

const require = createRequire(import.meta.url);

export const thisHost: DriverHost = {
  nodeMajor: Number.parseInt(process.versions.node, 10),
  nodeApi: Number(process.versions['napi']),
  load: (name) => require(name) as SqliteDriver,
  binary: () => readFileSync(require.resolve('better-sqlite3/build/Release/better_sqlite3.node')),
};
