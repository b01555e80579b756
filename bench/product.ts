import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatProblem, loadConfig, type ConnectorCatalogue } from '../src/config/index.js';
import { openEngine, type Engine } from '../src/engine/engine.js';
import { RebuildService } from '../src/plan/rebuild.service.js';
import { SyncService, type SyncReport } from '../src/sync/sync.service.js';
import { connector } from './connector.js';
import { SOURCES } from './fleet.js';

export interface ProductOptions {
  /** For the configuration. */
  readonly folder: string;
  readonly database: string;
  readonly simulator: string;
  readonly onStatement?: (sql: string) => void;
}

const catalogue: ConnectorCatalogue = { names: () => [connector.manifest.name], load: async (name) => (name === connector.manifest.name ? connector : undefined) };
const ROLES = { alpha: 'itsm', beta: 'discovery' } as const;
const silent = { debug: () => undefined, info: () => undefined, warn: (message: string, fields?: object) => console.error(message, fields ?? '') };

/** The product as `lockstep sync` builds it: configuration, engine, services. */
export async function openProduct({ folder, database, simulator, onStatement }: ProductOptions): Promise<Engine> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'lockstep.yaml');
  const sources = SOURCES.map((name) => `  ${name}:\n    connector: bench\n    role: ${ROLES[name]}\n    baseUrl: ${simulator}\n    auth: { method: none }\n`).join('');
  writeFileSync(file, `version: 1\nsources:\n${sources}`);
  const loaded = await loadConfig({ files: [file], env: {}, catalogue, cwd: folder });
  if (!loaded.ok) throw new Error(loaded.problems.map((problem) => formatProblem(problem)).join('\n'));
  return openEngine({ config: loaded.config, catalogue, log: silent, signal: new AbortController().signal, actor: 'bench', url: database, ...(onStatement && { onStatement }) });
}

export async function fullSync(engine: Engine): Promise<SyncReport> {
  const report = await new SyncService(engine).sync({ full: true });
  for (const run of report.runs) if (run.status !== 'succeeded') throw new Error(`the run of ${run.source} ended ${run.status}: ${run.error?.message ?? run.warnings.join('; ')}`);
  return report;
}

export const rebuild = async (engine: Engine): Promise<number> => {
  const { assets, differences } = await new RebuildService(engine).rebuild();
  if (differences.length > 0) throw new Error(`the rebuild changed ${differences.length} values: ${JSON.stringify(differences[0])}`);
  return assets;
};

export const countsOf = (report: SyncReport): { readonly read: number; readonly changed: number; readonly unchanged: number; readonly created: number; readonly reviews: number } =>
  report.runs.reduce((sum, run) => Object.values(run.streams).reduce((inner, stream) => ({ ...inner, read: inner.read + stream.read, changed: inner.changed + stream.changed, unchanged: inner.unchanged + stream.unchanged }),
    { ...sum, created: sum.created + run.assets.created, reviews: sum.reviews + run.reviews }), { read: 0, changed: 0, unchanged: 0, created: 0, reviews: 0 });
