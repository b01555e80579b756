import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connector } from '../connectors/sdk/contract/index.js';
import { formatProblem, loadConfig, type ConnectorCatalogue } from '../src/config/index.js';
import { openEngine, type Engine } from '../src/engine/engine.js';
import { RebuildService } from '../src/plan/rebuild.service.js';
import { PushService } from '../src/push/push.service.js';
import { SyncService, type SyncReport } from '../src/sync/sync.service.js';
import { connector } from './connector.js';
import { deskConnector, deskName, type Shape } from './desk.js';
import { SOURCES } from './fleet.js';

/** A target beside one source, instead of the two sources of a sync. */
export interface TargetSetup {
  readonly shape: Shape;
  readonly requestsPerSecond: number;
  /** What is pushed; absent: the target is only read yet. */
  readonly field?: 'stage' | 'location';
}

export interface ProductOptions {
  /** For the configuration. */
  readonly folder: string;
  readonly database: string;
  readonly simulator: string;
  readonly target?: TargetSetup;
  readonly signal?: AbortSignal;
  readonly onStatement?: (sql: string) => void;
}

const CONNECTORS = new Map<string, Connector>([connector, deskConnector('batched'), deskConnector('single')].map((each) => [each.manifest.name, each]));
const catalogue: ConnectorCatalogue = { names: () => [...CONNECTORS.keys()], load: async (name) => CONNECTORS.get(name) };
const ROLES = { alpha: 'itsm', beta: 'discovery' } as const;
const silent = { debug: () => undefined, info: () => undefined, warn: (message: string, fields?: object) => console.error(message, fields ?? '') };

const sourceText = (name: string, uses: string, role: string, simulator: string): string => `  ${name}:\n    connector: ${uses}\n    role: ${role}\n    baseUrl: ${simulator}\n    auth: { method: none }\n`;

function configText(simulator: string, target: TargetSetup | undefined): string {
  if (!target) return `version: 1\nsources:\n${SOURCES.map((name) => sourceText(name, 'bench', ROLES[name], simulator)).join('')}`;
  const { shape, requestsPerSecond, field } = target;
  const push = field === undefined ? '' : `    push: { enabled: true, fields: [${field}], maxPushRatio: 1 }\n`;
  return `version: 1\nenvironment: { name: bench, writes: on }\nauthority: { default: [alpha, desk] }\nsources:\n${sourceText('alpha', 'bench', 'itsm', simulator)}${sourceText('desk', deskName(shape), 'finance', simulator)}    options: { requestsPerSecond: ${requestsPerSecond} }\n${push}`;
}

/** The product as `lockstep sync` builds it: configuration, engine, services. */
export async function openProduct({ folder, database, simulator, target, signal, onStatement }: ProductOptions): Promise<Engine> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'lockstep.yaml');
  writeFileSync(file, configText(simulator, target));
  const loaded = await loadConfig({ files: [file], env: {}, catalogue, cwd: folder });
  if (!loaded.ok) throw new Error(loaded.problems.map((problem) => formatProblem(problem)).join('\n'));
  return openEngine({ config: loaded.config, catalogue, log: silent, signal: signal ?? new AbortController().signal, actor: 'bench', url: database, ...(onStatement && { onStatement }) });
}

export async function fullSync(engine: Engine, push = true): Promise<SyncReport> {
  const report = await new SyncService(engine).sync({ full: true, push });
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

/** Delivers until nothing is owed, or until it is told to stop. */
export async function deliver(engine: Engine): Promise<{ readonly verified: number; readonly otherwise: number }> {
  const { targets: [target] } = await new PushService(engine).push();
  if (!target || (target.status === 'failed' && !engine.signal.aborted)) throw new Error(`nothing was delivered: ${target?.reason}`);
  const { verified, ...rest } = target.counts;
  return { verified, otherwise: Object.values(rest).reduce((sum, count) => sum + count, 0) };
}

/** Records that wait in the open held set of the alignment, and those that are owed a write all the same. */
export const aligning = (engine: Engine): Promise<{ readonly held: number; readonly sets: number; readonly owed: number }> => engine.database.read(async (tx) => {
  const count = async (sql: string): Promise<number> => Number((await tx.query(sql, []))[0]?.['n']);
  return {
    held: await count(`SELECT COUNT(*) AS n FROM review_records rr JOIN reviews r ON r.id = rr.review_id WHERE r.kind = 'alignment' AND r.status = 'open' AND rr.done = 0`),
    sets: await count(`SELECT COUNT(*) AS n FROM reviews WHERE status = 'open'`), owed: await count(`SELECT COUNT(*) AS n FROM outbox WHERE state <> 'waiting'`),
  };
});
