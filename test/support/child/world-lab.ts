import { formatProblem, loadConfig, type ConnectorCatalogue, type LoadedConfig } from '../../../src/config/index.js';
import { openEngine, type Engine, type EngineOptions } from '../../../src/engine/engine.js';
import { SyncService, type SyncReport, type SyncRequest } from '../../../src/sync/sync.service.js';
import { LabClock, silentLog } from '../lab.js';
import type { WorldFolder } from './world-folder.js';
import { worldConnector, type WorldClient } from './world-connector.js';
import type { World } from './world.js';

export interface WorldLab {
  readonly engine: Engine;
  readonly config: LoadedConfig;
  sync(request?: SyncRequest): Promise<SyncReport>;
  close(): Promise<void>;
}

export interface WorldLabOptions extends Partial<Omit<EngineOptions, 'config' | 'catalogue' | 'log'>> {
  readonly onPage?: WorldClient['onPage'];
  /** In the place of the folder's file. */
  readonly world?: () => World;
}

/** The engine of this process on a world's folder. */
export async function openWorld(folder: WorldFolder, { onPage, world, ...options }: WorldLabOptions = {}): Promise<WorldLab> {
  const connector = worldConnector(onPage, world);
  const catalogue: ConnectorCatalogue = { names: () => ['world'], load: async (name) => (name === 'world' ? connector : undefined) };
  const loaded = await loadConfig({ files: [folder.config], env: folder.env, catalogue, cwd: folder.path });
  if (!loaded.ok) throw new Error(loaded.problems.map((problem) => formatProblem(problem)).join('\n'));
  const engine = await openEngine({ config: loaded.config, catalogue, clock: new LabClock(), log: silentLog, signal: new AbortController().signal, actor: 'test', ...options });
  return { engine, config: loaded.config, sync: (request = {}) => new SyncService(engine).sync(request), close: () => engine.close() };
}
