import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';

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
      const held = tryTake(path, text);
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
    rmSync(path, { force: true });
  }
  return readHolder(path) ?? { pid: 0, started: '', host: '', what: 'another process' };
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined; // gone meanwhile: nobody holds it
  }
}

/** The same process still runs: its id and its start agree. A lock from another host (a shared disk) counts as alive. */
function isAlive(holder: Holder): boolean {
  if (holder.host !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const started = startOf(holder.pid);
  return started === undefined || holder.started === '' || started === holder.started;
}

/** Start time of a process in clock ticks, where the system tells it: process ids are used again. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined; // no /proc here: the id alone decides
  }
}
