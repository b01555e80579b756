import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatProblem, loadConfig, type ConnectorCatalogue, type LoadedConfig } from '../../../src/config/index.js';
import { openEngine, type Engine, type EngineOptions } from '../../../src/engine/engine.js';
import { SyncService, type SyncReport, type SyncRequest } from '../../../src/sync/sync.service.js';
import { LabClock, silentLog } from '../lab.js';
import { makeWorld, WORLD_SOURCES, type World } from './world.js';
import { worldConnector, type WorldClient } from './world-connector.js';

/** A folder with `world.json` and `lockstep.yaml`, as the child processes and the engine in this process read it. */
export class WorldFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'lockstep-world-'));
  readonly config = join(this.path, 'lockstep.yaml');
  readonly file = join(this.path, 'lockstep.db');
  readonly url: string;

  /** `connector`: the path of the compiled connector for child processes, `world` inside this process. */
  constructor(private readonly size: { readonly seed: number; readonly assets: number; readonly pageSize?: number }, url?: string, connector = 'world') {
    this.url = url ?? `sqlite:${this.file}`;
    this.see(0);
    this.configure(connector);
  }

  /** From now on the sources are as they are at `epoch`. */
  see(epoch: 0 | 1): void {
    writeFileSync(join(this.path, 'world.json'), JSON.stringify(this.world(epoch)));
  }

  world(epoch: 0 | 1): World {
    return makeWorld(this.size.seed, this.size.assets, epoch, this.size.pageSize);
  }

  /** What the guards hold is a person's to release; here nothing is held, so that every way ends in the same model by itself. */
  configure(connector: string, more = ''): void {
    const sources = Object.entries(WORLD_SOURCES).map(([name, role]) => `  ${name}: { connector: "${connector}", role: ${role}, safety: { maxChangeRatio: 1, minChanges: 1000000 } }\n`).join('');
    writeFileSync(this.config, `version: 1\ndatabase: { url: "${this.url}" }\nsources:\n${sources}${more}`);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export interface WorldLab {
  readonly engine: Engine;
  readonly config: LoadedConfig;
  sync(request?: SyncRequest): Promise<SyncReport>;
  close(): Promise<void>;
}

export interface WorldLabOptions extends Partial<Omit<EngineOptions, 'config' | 'catalogue' | 'log'>> {
  readonly onPage?: WorldClient['onPage'];
}

/** The engine of this process on a world's folder. */
export async function openWorld(folder: WorldFolder, { onPage, ...options }: WorldLabOptions = {}): Promise<WorldLab> {
  const connector = worldConnector(onPage);
  const catalogue: ConnectorCatalogue = { names: () => ['world'], load: async (name) => (name === 'world' ? connector : undefined) };
  const loaded = await loadConfig({ files: [folder.config], env: {}, catalogue, cwd: folder.path });
  if (!loaded.ok) throw new Error(loaded.problems.map((problem) => formatProblem(problem)).join('\n'));
  const engine = await openEngine({ config: loaded.config, catalogue, clock: new LabClock(), log: silentLog, signal: new AbortController().signal, actor: 'test', ...options });
  return { engine, config: loaded.config, sync: (request = {}) => new SyncService(engine).sync(request), close: () => engine.close() };
}
