import type { AddressInfo } from 'node:net';
import helmet from '@fastify/helmet';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { createRedactor } from '../../connectors/sdk/http/redact.js';
import type { Engine } from '../engine/engine.js';
import type { JobQueue } from '../queue/job-queue.js';
import { ApiAdapter, httpServer } from './adapter.js';
import type { Access } from './auth/access.js';
import { Authenticator } from './auth/authenticate.js';
import { DeniedAttempts } from './auth/denied.js';
import { isLoopback, localTokenPath, newLocalToken, removeLocalToken, writeLocalToken } from './auth/local-token.js';
import { serveDocs } from './docs-page.js';
import { answerProblems, guard, refuseUndeclared, withAccess } from './gate.js';
import { AnswerInterceptor, ProblemFilter } from './interceptor.js';
import { LIMITS, RateLimits, type Limits } from './limits.js';
import { ApiModule, documentOf, PREFIX } from './openapi.js';

/** Routes of others on the same server: webhooks, probes, metrics. `access` goes for those of its routes that do not say it themselves (`config: { access }`). */
export interface ApiPlugin {
  readonly plugin: FastifyPluginAsync;
  readonly access?: Access;
}

export interface ApiServerParts {
  readonly engine: Engine;
  readonly queue: JobQueue;
  readonly plugins?: readonly ApiPlugin[];
  readonly limits?: Partial<Limits>;
  /** Where the token of the command line is written once it listens; absent: beside the database, where that is a file. */
  readonly localTokenPath?: string;
}

export interface ApiServer {
  readonly app: NestFastifyApplication;
  /** Gives where it listens. The token of the command line stands from then on. */
  listen(host?: string, port?: number): Promise<{ readonly url: string }>;
  /** Waits for what is being answered. */
  close(): Promise<void>;
}

/** The API with everything that guards it; nothing listens yet. A route that does not say who may call it is refused here. */
export async function createApiServer({ engine, queue, plugins = [], limits = {}, localTokenPath: tokenPath = localTokenPath(engine.config) }: ApiServerParts): Promise<ApiServer> {
  const server = httpServer(engine.config);
  const routes = refuseUndeclared(server);
  let localToken: string | undefined;
  await server.register(helmet as never, { global: true, contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] } }, hsts: engine.config.server.publicUrl?.startsWith('https:') ?? false, frameguard: { action: 'deny' } } as never);
  guard(server, { engine, authenticator: new Authenticator(engine, () => localToken), limits: new RateLimits({ ...LIMITS, ...limits }), denied: new DeniedAttempts(engine) });
  answerProblems(server, engine, routes);
  keepSecrets(server, engine);
  for (const { plugin, access } of plugins) await server.register(access === undefined ? plugin : withAccess(plugin, access));

  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.of({ engine, queue }), new ApiAdapter(server as never), { logger: false, abortOnError: false, bodyParser: false });
  app.setGlobalPrefix(PREFIX);
  app.useGlobalInterceptors(new AnswerInterceptor(engine));
  app.useGlobalFilters(new ProblemFilter(engine));
  let document: object | undefined;
  serveDocs(server, isPublic(engine) ? 'viewer' : 'open', () => (document ??= documentOf(app)));
  await app.init();
  await server.ready();

  const close = async (): Promise<void> => {
    if (tokenPath !== undefined && localToken !== undefined) removeLocalToken(tokenPath, localToken);
    localToken = undefined;
    await app.close();
  };
  return {
    app, close,
    listen: async (host = engine.config.server.host, port = engine.config.server.port) => {
      warnOfRisks(engine, host);
      await app.listen(port, host);
      const at = server.server.address() as AddressInfo;
      const url = urlOf(at);
      if (tokenPath !== undefined) {
        localToken = newLocalToken();
        writeLocalToken(tokenPath, { url, token: localToken, pid: process.pid });
      }
      return { url };
    },
  };
}

/** Reached from elsewhere, directly or through a proxy that people know it by. */
function isPublic({ config: { server } }: Engine): boolean {
  return !isLoopback(server.host) || (server.publicUrl !== undefined && !isLoopback(new URL(server.publicUrl).hostname.replace(/^\[|\]$/g, '')));
}

/** Where a program on this machine reaches it: an address that means all of them includes its own. */
function urlOf({ address, family, port }: AddressInfo): string {
  const own = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '[::1]' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${own}:${port}`;
}

function warnOfRisks({ config, log }: Engine, host: string): void {
  const { server, sources } = config;
  if (!isLoopback(host) && !server.publicUrl?.startsWith('https:')) log.warn('tokens can be read on the way: the API is reached from other machines without TLS', { host, next: 'put a proxy with TLS in front of it, and set server.publicUrl to its https address' });
  if (server.publicUrl?.startsWith('http:') && !isLoopback(new URL(server.publicUrl).hostname)) log.warn('server.publicUrl is plain http: tokens and deliveries can be read on the way', { publicUrl: server.publicUrl });
  for (const { name, tls } of sources) if (tls?.rejectUnauthorized === false) log.warn('certificates of a source are not checked: anybody on the way can answer in its place', { source: name, next: 'set tls.caFile instead of tls.rejectUnauthorized: false' });
}

/** A secret of the configuration that a vendor echoed into a record leaves in no answer. Asked anew where the configuration is another one. */
function keepSecrets(server: FastifyInstance, engine: Pick<Engine, 'config'>): void {
  const looks = createRedactor();
  let known: { readonly of: readonly string[]; readonly redact: ReturnType<typeof createRedactor> | undefined } | undefined;
  server.addHook('onSend', async (_request, reply, payload) => {
    const { secrets } = engine.config;
    if (known?.of !== secrets) known = { of: secrets, redact: secrets.some((secret) => secret.length >= 4) ? createRedactor(secrets) : undefined };
    const { redact } = known;
    // What merely looks like a credential is somebody's data, and stays.
    if (!redact || typeof payload !== 'string' || !String(reply.getHeader('content-type')).includes('json') || redact(payload) === looks(payload)) return payload;
    return JSON.stringify(redact.deep(JSON.parse(payload)));
  });
}
