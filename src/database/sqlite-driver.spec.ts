import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { chooseDriver, thisHost, type DriverHost, type SqliteDriver } from './sqlite-driver.js';

const SAFE = Buffer.from('AddEnvironmentCleanupHook');
const UNSAFE = Buffer.from('AddEnvironmentCleanupHook RemoveEnvironmentCleanupHook');

/** Stands for a driver: opens, unless its binary cannot be loaded. */
function driver(failure?: string): SqliteDriver {
  return class { constructor() { if (failure) throw Object.assign(new Error(failure), { code: failure }); } close(): void { /* nothing is open */ } } as unknown as SqliteDriver;
}
const [twelve, thirteen] = [driver(), driver()];

function host(more: Partial<DriverHost> & { readonly newer?: SqliteDriver }): DriverHost {
  const load = (name: string): SqliteDriver => {
    if (name === 'better-sqlite3') return twelve;
    if (!more.newer) throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
    return more.newer;
  };
  return { nodeMajor: 24, nodeApi: 10, load, binary: () => SAFE, ...more };
}

describe('the SQLite driver', () => {
  it.each([
    { on: 'Node 20, even if 13 is there', given: { nodeMajor: 20, nodeApi: 9, newer: thirteen }, driver: twelve },
    { on: 'Node 22', given: { nodeMajor: 22, newer: thirteen }, driver: thirteen },
    { on: 'Node 24', given: { newer: thirteen, binary: () => UNSAFE }, driver: thirteen },
    { on: 'Node 22 without optional packages', given: { nodeMajor: 22, binary: () => UNSAFE }, driver: twelve },
    { on: 'Node 22 on a system that is too old for the binary of 13', given: { nodeMajor: 22, newer: driver('ERR_DLOPEN_FAILED') }, driver: twelve },
    { on: 'Node 24 without optional packages, prebuilt', given: {}, driver: twelve },
  ])('is the right one on $on', ({ given, driver: expected }) => {
    const choice = chooseDriver(host(given));

    expect('driver' in choice && choice.driver === expected).toBe(true);
  });

  it('is refused on Node 24 where it would abort the process', () => {
    expect(chooseDriver(host({ binary: () => UNSAFE }))).toEqual({ unsafe: expect.objectContaining({ code: 'MODULE_NOT_FOUND' }) });
  });

  it('is not chosen past a failure that nobody foresaw', () => {
    expect(() => chooseDriver(host({ newer: driver('SQLITE_MISUSE') }))).toThrow('SQLITE_MISUSE');
  });

  it('outlives the garbage that its statements become, on this Node', () => {
    let chosen = '';
    chooseDriver({ ...thisHost, load: (name) => { chosen = name; return thisHost.load(name); } });
    // Only what the heap collects by itself, while it grows, ends a process; `gc()` has a context that protects.
    const program = `
      const Database = require(${JSON.stringify(createRequire(import.meta.url).resolve(chosen))});
      const database = new Database(':memory:');
      let turns = 0;
      (function turn() {
        const garbage = [];
        for (let count = 0; count < 2000; count += 1) garbage.push(database.prepare('SELECT 1'), new Array(50));
        if ((turns += 1) < 20) setImmediate(turn);
        else console.log('alive');
      })();`;
    const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });

    expect({ stdout, stderr, status }).toEqual({ stdout: 'alive\n', stderr: '', status: 0 });
  });
});
