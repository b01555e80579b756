import type { Clock, ConnectorLog } from '../../connectors/sdk/contract/index.js';
import type { LoadedConfig } from '../config/types.js';
import { Database, type OpenOptions } from '../database/database.js';
import { LockFile } from '../database/lock-file.js';
import type { ConnectorCatalogue } from '../config/index.js';
import { databaseHooks } from '../observability/database-hooks.js';
import { NO_METRICS, type Metrics } from '../observability/metrics-port.js';
import { pushRulesOf, type PushRules } from '../push/rules.js';
import { crashPointFromEnvironment, type CrashPoint } from './crash-places.js';

/** What every service stands on. Built once a process; nothing else reaches for clock, network or disk. */
export interface Engine {
  readonly config: LoadedConfig;
  readonly catalogue: ConnectorCatalogue;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: ConnectorLog;
  readonly signal: AbortSignal;
  /** Who acts, for the audit. */
  readonly actor: string;
  /** Named places at which tests kill the process. */
  readonly crash: CrashPoint;
  /** The targets of the configuration. Absent: none. */
  readonly push?: PushRules;
  readonly metrics: Metrics;
  close(): Promise<void>;
}

export interface EngineOptions {
  readonly config: LoadedConfig;
  readonly catalogue: ConnectorCatalogue;
  readonly clock?: Clock;
  readonly log: ConnectorLog;
  readonly signal: AbortSignal;
  /** Reads beside a running service; takes no lock. */
  readonly readonly?: boolean;
  /** ms to wait for another process that holds the database. */
  readonly waitMs?: number;
  /** Called again and again while it waits; may throw, which ends the wait. */
  readonly whileWaiting?: () => Promise<void>;
  readonly actor?: string;
  readonly crash?: CrashPoint;
  readonly metrics?: Metrics;
  readonly onStatement?: OpenOptions['onStatement'];
  /** Another database than the configuration's: a scratch copy. */
  readonly url?: string;
}

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const stop = (): void => { clearTimeout(timer); reject(signal?.reason as Error); };
    const timer = setTimeout(() => { signal?.removeEventListener('abort', stop); resolve(); }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  }),
};

export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { config } = options;
  const clock = options.clock ?? realClock;
  const url = options.url ?? config.database.url;
  const path = url.startsWith('sqlite:') && !url.startsWith('sqlite::memory:') ? url.slice('sqlite:'.length) : undefined;
  const crash = options.crash ?? crashPointFromEnvironment();
  const metrics = options.metrics ?? NO_METRICS;
  const open = (): Promise<Database> => Database.open({ url, ...databaseHooks(config, metrics), onSchemaStatement: () => crash('between schema statements'), ...(options.readonly && { readonly: true }), ...(options.onStatement && { onStatement: options.onStatement }) });
  let lock: LockFile | undefined;
  if (path !== undefined && !options.readonly) {
    Database.prepareFolder(path);
    lock = await LockFile.take(`${path}.lock`, options.actor ?? 'lockstep', options.waitMs ?? 60_000, async (ms) => {
      await options.whileWaiting?.();
      await realClock.sleep(ms, options.signal);
    });
  }
  let database: Database;
  let push: PushRules | undefined;
  try {
    push = await pushRulesOf(config, options.catalogue);
    database = await open();
  } catch (error) {
    lock?.release();
    throw error;
  }
  return {
    config, catalogue: options.catalogue, database, ...(push && { push }), clock, log: options.log, signal: options.signal, actor: options.actor ?? 'lockstep', crash, metrics,
    close: async () => {
      await database.close();
      lock?.release();
    },
  };
}

/** The same engine in another's name: what they decide is theirs in the audit. */
export const actingAs = (engine: Engine, actor: string): Engine => ({ ...engine, actor });

/** The same engine under another signal: work of its own can be stopped alone. */
export const stoppedBy = (engine: Engine, signal: AbortSignal): Engine => ({ ...engine, signal: AbortSignal.any([engine.signal, signal]) });
