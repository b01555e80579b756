import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../connectors/sdk/contract/index.js';
import type { ConnectorCatalogue, LoadedConfig, ConfigProblem } from '../config/index.js';
import { cancelJobsOf, sourcesWaiting } from '../database/repositories/jobs.js';
import { openEngine, type Engine, type EngineOptions } from '../engine/engine.js';
import { pushRulesOf } from '../push/rules.js';
import { sweepTargets } from '../push/sweep.js';
import { TableQueue } from '../queue/table-queue.js';
import { Worker } from '../queue/worker.js';
import { Scheduler } from '../scheduling/scheduler.js';
import { judgementOf } from '../sync/judgement.js';
import { judgeRemoved } from '../sync/unread.js';
import { handlersOf, owePushes, type Parts } from './handlers.js';
import { liveEngine } from './live-engine.js';

export type ServiceRole = 'all' | 'api' | 'worker' | 'scheduler';
export const SERVICE_ROLES: readonly ServiceRole[] = ['all', 'api', 'worker', 'scheduler'];

/** Who holds the database file, as others read it. */
export const SERVICE_NAME = 'lockstep serve';

export interface ServiceOptions {
  readonly engine: Omit<EngineOptions, 'config' | 'catalogue' | 'signal' | 'actor' | 'clock'> & { readonly clock: Clock };
  readonly config: LoadedConfig;
  readonly catalogue: ConnectorCatalogue;
  readonly role: ServiceRole;
  /** The configuration as it stands now. */
  readonly reload: () => Promise<{ readonly ok: true; readonly config: LoadedConfig } | { readonly ok: false; readonly problems: readonly ConfigProblem[] }>;
  /** What listens, and the parts that stand behind jobs: built on the engine that is always the present one. */
  readonly compose: (engine: Engine, queue: TableQueue, isStopping: () => boolean) => Promise<{ readonly parts: Parts; readonly server?: ServiceServer; readonly resume?: () => Promise<void>; readonly dispose?: () => Promise<void> }>;
  /** Tests tick by themselves. */
  readonly ticks?: (tick: () => Promise<unknown>) => Promise<{ stop(): Promise<void> }>;
}

export interface ServiceServer {
  /** Where it listens. */
  listen(): Promise<string>;
  /** Takes nothing new, and ends what is open. */
  close(): Promise<void>;
}

export type ReloadOutcome = { readonly ok: true; readonly cancelled: number } | { readonly ok: false; readonly problems: readonly (ConfigProblem | string)[] };

/** Work under way has so long to come to an end of what it stores. */
const GRACE_MS = 20_000;

/** One process of the service: schedules, jobs, and what listens. */
export class Service {
  private current: Engine;
  private constructor(private readonly options: ServiceOptions, private readonly base: Engine, private readonly stopping: AbortController) {
    this.current = base;
    this.engine = liveEngine(() => this.current);
    this.queue = new TableQueue(this.engine);
  }

  readonly engine: Engine;
  readonly queue: TableQueue;
  worker: Worker | undefined;
  scheduler: Scheduler | undefined;
  address: string | undefined;
  private server: ServiceServer | undefined;
  private timer: { stop(): Promise<void> } | undefined;
  private reloading: Promise<unknown> = Promise.resolve();
  private ended: Promise<void> | undefined;
  private dispose: (() => Promise<void>) | undefined;

  static async start(options: ServiceOptions): Promise<Service> {
    const stopping = new AbortController();
    const base = await openEngine({ ...options.engine, config: options.config, catalogue: options.catalogue, signal: stopping.signal, actor: SERVICE_NAME });
    const service = new Service(options, base, stopping);
    try {
      await service.begin();
    } catch (error) {
      await service.stop('it could not start');
      throw error;
    }
    return service;
  }

  private async begin(): Promise<void> {
    const { role } = this.options;
    const { parts, server, resume, dispose } = await this.options.compose(this.engine, this.queue, () => this.ended !== undefined);
    this.dispose = dispose;
    await this.adopt();
    if (role === 'all' || role === 'worker') await resume?.();
    if (role === 'all' || role === 'worker') this.worker = new Worker(() => this.current, this.queue, handlersOf(this.queue, parts));
    if (role === 'all' || role === 'scheduler') this.scheduler = new Scheduler(() => this.current, this.queue);
    if (server) {
      this.server = server;
      this.address = await server.listen();
    }
    await this.worker?.start();
    const { scheduler } = this;
    if (scheduler) this.timer = await this.options.ticks?.(() => scheduler.tick().catch((error: unknown) => this.engine.log.warn('schedules could not be looked at', { error: String(error) })));
    this.engine.log.info('the service has started', { role, ...(this.address !== undefined && { address: this.address }), sources: this.current.config.sources.length, writes: this.current.config.environment.writes });
  }

  /** Jobs of sources that are configured no more have nothing to do; what their records are from now on is asked once. */
  private async adopt(): Promise<number> {
    const engine = this.current;
    const known = new Set(engine.config.sources.map(({ name }) => name));
    const cancelled = await engine.database.transaction(async (tx) => {
      const gone = (await sourcesWaiting(tx)).filter((name) => !known.has(name));
      return gone.length === 0 ? 0 : cancelJobsOf(tx, gone, 'the source is not in the configuration any more', engine.clock.now());
    });
    const judgement = judgementOf(engine);
    await judgeRemoved(engine, judgement);
    await sweepTargets(engine, judgement);
    await owePushes(engine, this.queue, 'schedule', 'start');
    return cancelled;
  }

  /** Valid or refused whole. Jobs under way stop after what they are storing, and go on under the new configuration. */
  reload(): Promise<ReloadOutcome> {
    const next = this.reloading.then(() => this.reloadOnce());
    this.reloading = next.catch(() => undefined); // told to whoever asked for it
    return next;
  }

  private async reloadOnce(): Promise<ReloadOutcome> {
    const { log } = this.engine;
    if (this.ended !== undefined) return { ok: false, problems: ['the service is stopping'] };
    const refused = (problems: readonly (ConfigProblem | string)[]): ReloadOutcome => {
      log.warn('the configuration was not reloaded, the present one stays', { problems: problems.map((each) => (typeof each === 'string' ? each : `${each.file}:${each.line}:${each.column} ${each.path}: ${each.message}`)) });
      return { ok: false, problems };
    };
    const loaded = await this.options.reload();
    if (!loaded.ok) return refused(loaded.problems);
    const fixed = unchangeable(this.current.config, loaded.config);
    if (fixed.length > 0) return refused(fixed.map((path) => `${path} cannot change while the service runs: restart it`));
    let push: Engine['push'];
    try {
      push = await pushRulesOf(loaded.config, this.options.catalogue);
    } catch (error) {
      return refused([error instanceof Error ? error.message : String(error)]);
    }
    await this.worker?.hold('the configuration is reloaded');
    try {
      const { push: _before, ...rest } = this.base;
      this.current = { ...rest, config: loaded.config, ...(push && { push }) };
      const cancelled = await this.adopt();
      this.scheduler?.reset();
      log.info('the configuration was reloaded', { hash: loaded.config.hash.slice(0, 16), cancelled });
      return { ok: true, cancelled };
    } finally {
      this.worker?.release();
    }
  }

  /** Takes nothing new, ends what is under way after what it stores, gives back every lease. */
  stop(because: string): Promise<void> {
    this.ended ??= this.end(because);
    return this.ended;
  }

  private async end(because: string): Promise<void> {
    const { log } = this.engine;
    await this.timer?.stop();
    // A reload under way lets its jobs go on first; no other one begins.
    await this.reloading;
    const grace = new AbortController();
    const orderly = (async () => {
      await Promise.all([this.server?.close(), this.worker?.stop(because)]);
      this.stopping.abort(new Error(because));
    })();
    const late = wait(GRACE_MS, 'late', { signal: grace.signal, ref: false }).catch(() => undefined);
    if ((await Promise.race([orderly, late])) === 'late') {
      this.stopping.abort(new Error(because));
      log.warn('what was under way did not end in time, and is left: it goes on where its last checkpoint stands', { jobs: (this.worker?.busy ?? []).map(({ id, kind, source }) => `${id} ${kind} ${source}`) });
    }
    grace.abort();
    await this.dispose?.();
    await this.base.close();
    log.info('the service has stopped', { because });
  }
}

/** What a running process stands on. */
function unchangeable(before: LoadedConfig, after: LoadedConfig): string[] {
  return [...(before.database.url === after.database.url ? [] : ['database.url']), ...(before.queue?.url === after.queue?.url ? [] : ['queue.url']), ...(before.server.host === after.server.host && before.server.port === after.server.port ? [] : ['server.host and server.port']),
    ...(JSON.stringify(before.server.trustedProxies) === JSON.stringify(after.server.trustedProxies) ? [] : ['server.trustedProxies'])];
}
