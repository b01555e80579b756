import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeWorld, WORLD_SOURCES, type World } from './world.js';

/** In memory where there is room: a killed process loses nothing that it has given to the system, so a disk would add nothing but its waiting. */
const HOME = roomyIn('/dev/shm') ? '/dev/shm' : tmpdir();

function roomyIn(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize > 2 ** 30;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** A folder with `world.json` and `lockstep.yaml`, as the child processes and the engine in this process read it. */
export class WorldFolder {
  readonly path = mkdtempSync(join(HOME, 'lockstep-world-'));
  readonly config = join(this.path, 'lockstep.yaml');
  /** Of a database that is a file. */
  readonly file: string;
  readonly url: string;
  /** The URL of a server holds a password, which no configuration may name. */
  readonly env: Readonly<Record<string, string>>;

  /** `connector`: the path of the compiled connector for child processes, `world` inside this process. */
  constructor(private readonly size: { readonly seed: number; readonly assets: number; readonly pageSize?: number }, url?: string, private readonly connector = 'world') {
    this.file = url?.startsWith('sqlite:') ? url.slice('sqlite:'.length) : join(this.path, 'lockstep.db');
    this.url = url ?? `sqlite:${this.file}`;
    this.env = { LOCKSTEP_TEST_DATABASE: this.url };
    this.see(0);
    this.configure();
  }

  /** From now on the sources are as they are at `epoch`. */
  see(epoch: 0 | 1): void {
    writeFileSync(join(this.path, 'world.json'), JSON.stringify(this.world(epoch)));
  }

  world(epoch: 0 | 1): World {
    return makeWorld(this.size.seed, this.size.assets, epoch, this.size.pageSize);
  }

  /** What the guards hold is a person's to release; here nothing is held, so that every way ends in the same model by itself. */
  configure(more = ''): void {
    const sources = Object.entries(WORLD_SOURCES).map(([name, role]) => `  ${name}: { connector: "${this.connector}", role: ${role}, safety: { maxChangeRatio: 1, minChanges: 1000000 } }\n`).join('');
    writeFileSync(this.config, `version: 1\ndatabase: { url: "\${env:LOCKSTEP_TEST_DATABASE}" }\nsources:\n${sources}${more}`);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
