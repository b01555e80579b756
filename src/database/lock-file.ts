import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { workError } from './errors.js';
import { isRunning, startOf } from './processes.js';

export class LockHeldError extends Error {
  constructor(readonly holder: string, readonly pid: number, readonly path: string) {
    super(`the database is in use by ${holder} (process ${pid})`);
    this.name = 'LockHeldError';
  }
}

interface Holder {
  readonly pid: number;
  readonly started: string;
  readonly host: string;
  readonly what: string;
}

/** One writing process a SQLite file. A dead holder's lock is taken over. */
export class LockFile {
  private constructor(private readonly path: string, private readonly text: string) {}

  /** Waits up to `waitMs` in steps; `wait` is handed in, so that tests need no time. */
  static async take(path: string, what: string, waitMs: number, wait: (ms: number) => Promise<void>): Promise<LockFile> {
    const text = JSON.stringify({ pid: process.pid, started: startOf(process.pid) ?? '', host: hostname(), what } satisfies Holder);
    for (let waited = 0; ; waited += 100) {
      const held = tried(path, text);
      if (held === undefined) return new LockFile(path, text);
      if (waited >= waitMs) throw new LockHeldError(held.what, held.pid, path);
      await wait(100);
    }
  }

  release(): void {
    try {
      if (readFileSync(this.path, 'utf8') === this.text) rmSync(this.path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/** A folder that cannot be written to is no fault of the lock. */
function tried(path: string, text: string): Holder | undefined {
  try {
    return tryTake(path, text);
  } catch (error) {
    throw workError(error);
  }
}

/** Undefined: it is ours now. */
function tryTake(path: string, text: string): Holder | undefined {
  for (let attempt = 0; attempt < 2; attempt++) {
    // Written whole beside it, then linked: nobody ever reads half a lock.
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, text, { mode: 0o600 });
    try {
      linkSync(draft, path);
      return undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(draft, { force: true });
    }
    const holder = readHolder(path);
    if (holder && isAlive(holder)) return holder;
    removeDead(path, holder);
  }
  return readHolder(path) ?? { pid: 0, started: '', host: '', what: 'another process' };
}

/**
 * Taken aside before it is removed: another process may have put its own lock there since the dead one's was read. `dead`
 * undefined: what is there cannot be read, as an empty file after a power cut.
 */
function removeDead(path: string, dead: Holder | undefined): void {
  const aside = `${path}.${process.pid}.dead`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const taken = readHolder(aside);
  if (taken && (taken.pid !== dead?.pid || taken.started !== dead.started)) linkSync(aside, path);
  rmSync(aside, { force: true });
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined; // gone meanwhile: nobody holds it
  }
}

/** The same process still runs: its id and its start agree. A lock from another host (a shared disk) counts as alive. */
const isAlive = (holder: Holder): boolean => holder.host !== hostname() || isRunning(holder.pid, holder.started);
