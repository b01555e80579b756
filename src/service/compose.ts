import type { FastifyInstance } from 'fastify';
import { createApiServer } from '../api/server.js';
import { isSame, localTokenPath, readLocalToken } from '../api/auth/local-token.js';
import { openInbox, type Inbox } from '../database/inbox.js';
import type { Engine } from '../engine/engine.js';
import { NoticeService } from '../notifications/notice.service.js';
import { databaseCollector, type InboxCounts } from '../observability/collector.js';
import { watchEventLoop } from '../observability/event-loop.js';
import { registerMetrics, registerProbes } from '../observability/http.js';
import type { ServiceMetrics } from '../observability/metrics.js';
import type { TableQueue } from '../queue/table-queue.js';
import { RetentionService } from '../upkeep/retention.service.js';
import { countMissed, silentSources } from '../webhooks/gaps.js';
import { InboxWorker } from '../webhooks/inbox-worker.js';
import { WebhookIntake } from '../webhooks/intake.js';
import { registerWebhooks } from '../webhooks/plugin.js';
import { pruneInbox } from '../webhooks/prune.js';
import { doorWork, type RunCommand } from './door-work.js';
import type { Parts } from './handlers.js';
import { registerLocalDoor } from './local-door.js';
import type { ServiceRole, ServiceServer } from './service.js';

export interface Composition {
  readonly parts: Parts;
  readonly server?: ServiceServer;
  /** Jobs for what was taken and not worked on before the last stop. */
  readonly resume: () => Promise<void>;
  /** When everything else has ended. */
  readonly dispose: () => Promise<void>;
}

export interface ComposePorts {
  readonly role: ServiceRole;
  readonly metrics: ServiceMetrics;
  /** Any command of the command line. */
  readonly run: RunCommand;
  readonly isStopping: () => boolean;
}

/** Somebody else reads single records of the source: so long until it is tried again. */
const BUSY_MS = 1_000;

/** All parts of the service on one engine, which is always the present one. */
export async function compose(engine: Engine, queue: TableQueue, ports: ComposePorts): Promise<Composition> {
  const inbox = openInbox(engine.database);
  // The sources of the configuration of that moment.
  let collector: { readonly config: Engine['config']; readonly collect: ReturnType<typeof databaseCollector> } | undefined;
  ports.metrics.ask(() => {
    if (collector?.config !== engine.config) collector = { config: engine.config, collect: databaseCollector(engine, inboxCounts(inbox)) };
    return collector.collect();
  });
  const forgetLoop = watchEventLoop(ports.metrics);
  const arrived = (source: string): Promise<unknown> => queue.enqueue({ kind: 'inbox', source, lane: 'webhook', key: `inbox:${source}`, by: 'delivery' });
  const server = ports.role === 'all' || ports.role === 'api' ? await listening(engine, queue, inbox, arrived, ports) : undefined;
  return {
    parts: partsOf(inbox),
    ...(server && { server }),
    resume: async () => {
      const known = new Set(engine.config.sources.map(({ name }) => name));
      for (const source of (await inbox.open()).keys()) if (known.has(source)) await arrived(source);
    },
    dispose: async () => {
      forgetLoop();
      await inbox.close();
    },
  };
}

function partsOf(inbox: Inbox): Parts {
  return {
    drainInbox: async (engine, source) => {
      const { busy, nextAt, ...report } = await new InboxWorker(engine, inbox).drain(source);
      const at = busy ? engine.clock.now() + BUSY_MS : nextAt;
      return { result: report, ...(at !== undefined && { nextAt: at }) };
    },
    afterRun: async (engine, run) => void (await countMissed(engine, inbox, run)),
    retention: async (engine) => {
      const report = await new RetentionService(engine).prune();
      return { ...report, pruned: { ...report.pruned, inbox: await pruneInbox(engine, inbox) } };
    },
    notices: async (engine) => {
      await silentSources(engine, inbox);
      const service = new NoticeService(engine);
      const observed = await service.observe();
      return { ...observed, ...(await service.deliver()) };
    },
  };
}

async function listening(engine: Engine, queue: TableQueue, inbox: Inbox, arrived: (source: string) => Promise<unknown>, { metrics, run, isStopping }: ComposePorts): Promise<ServiceServer> {
  const path = localTokenPath(engine.config);
  let token: string | undefined;
  let door: { close(): Promise<void> } | undefined;
  // Each configuration has an intake of its own: other secrets, other networks.
  let intake: { readonly config: Engine['config']; readonly of: WebhookIntake } | undefined;
  const intakeNow = (): WebhookIntake => {
    if (intake?.config !== engine.config) intake = { config: engine.config, of: new WebhookIntake(engine, inbox, { onArrival: async (source) => void (await arrived(source)) }) };
    return intake.of;
  };
  const api = await createApiServer({
    engine, queue,
    plugins: [
      { access: 'open', plugin: (server: FastifyInstance) => registerWebhooks(server, intakeNow) },
      { access: 'open', plugin: async (server: FastifyInstance) => registerProbes(server, { database: engine.database, isStopping, onFailure: (error) => engine.log.warn('not ready', { error: String(error) }) }) },
      { access: 'viewer', plugin: async (server: FastifyInstance) => registerMetrics(server, metrics) },
      // It asks for the token of the file beside the database, which no other caller has.
      ...(path === undefined ? [] : [{ access: 'open' as const, plugin: async (server: FastifyInstance) => { door = registerLocalDoor(server, (given) => isSame(token, given), doorWork(engine, run)); } }]),
    ],
  });
  return {
    listen: async () => {
      const { url } = await api.listen();
      if (path !== undefined) token = readLocalToken(path)?.token;
      return url;
    },
    close: async () => {
      await door?.close();
      token = undefined;
      await api.close();
    },
  };
}

const inboxCounts = (inbox: Inbox): InboxCounts => async () => [...(await inbox.open())].map(([source, { waiting, oldestWaitingAt }]) => ({ source, waiting, oldestAt: oldestWaitingAt }));
