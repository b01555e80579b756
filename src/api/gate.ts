import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { actingAs, type Engine } from '../engine/engine.js';
import { pathOf } from './adapter.js';
import { allows, isAccess, type Access, type Identity } from './auth/access.js';
import { bearerOf, type Authenticator } from './auth/authenticate.js';
import type { DeniedAttempts } from './auth/denied.js';
import type { RateLimits } from './limits.js';
import { inBody, inParameters, invalid, Problem, problemOf } from './problem.js';
import type { RouteMark } from './route.js';
import { coerce } from './schema/coerce.js';
import { record } from './schema/schema.js';
import { validate } from './schema/validate.js';

const MOST_HEADERS = 100;

/** A route that nobody has said who may call. */
export class UndeclaredRouteError extends Error {
  constructor(readonly route: string) {
    super(`${route} does not say who may call it: give it \`config: { access }\`, or an access to the plugin that it belongs to`);
    this.name = 'UndeclaredRouteError';
  }
}

const PLUGIN_ACCESS = 'lockstepAccess';
const accessOf = (server: FastifyInstance): unknown => (server as unknown as Record<string, unknown>)[PLUGIN_ACCESS];

/** A plugin whose routes may be called so, unless they say otherwise themselves. */
export const withAccess = (plugin: FastifyPluginAsync, access: Access): FastifyPluginAsync => async (instance, options) => {
  instance.decorate(PLUGIN_ACCESS, access);
  await plugin(instance, options);
};

const markOf = (request: FastifyRequest): RouteMark => request.routeOptions.config as unknown as RouteMark;

/** Nothing is served that does not say who may call it. Kept: method and pattern of each route, for 405. */
export function refuseUndeclared(server: FastifyInstance): { readonly method: string; readonly url: string; readonly access: Access }[] {
  const routes: { method: string; url: string; access: Access }[] = [];
  server.addHook('onRoute', function (this: FastifyInstance, route) {
    const { method, url } = route;
    const { access = accessOf(this) } = (route.config ?? {}) as Partial<RouteMark>;
    if (!isAccess(access)) throw new UndeclaredRouteError(`${String(method)} ${url}`);
    route.config = { ...route.config, access } as never;
    for (const each of [method].flat()) routes.push({ method: each, url, access });
  });
  return routes;
}

export interface GateParts {
  readonly engine: Engine;
  readonly authenticator: Authenticator;
  readonly limits: RateLimits;
  readonly denied: DeniedAttempts;
}

/** Every request passes here before its body is read: who calls, whether they may, and how often. */
export function guard(server: FastifyInstance, { engine, authenticator, limits, denied }: GateParts): void {
  server.addHook('onRequest', async (request, reply) => {
    refuseOddShapes(request);
    if (request.is404) {
      tell(reply, await limits.stranger(request.ip));
      return;
    }
    const { access, spec } = markOf(request);
    if (access === 'open') {
      if (spec) tell(reply, await limits.stranger(request.ip));
      return;
    }
    const identity = await known(request, reply);
    tell(reply, await limits.caller(identity.id, spec?.cost ?? 1));
    if (!allows(identity.role, access)) {
      await denied.note({ caller: identity.id, actor: identity.actor, method: request.method, route: request.routeOptions.url ?? '', status: 403 });
      throw new Problem(403, 'forbidden', identity.role === undefined ? 'none of your groups has a role here' : `this takes the role ${access}; yours is ${identity.role}`);
    }
    request.lockstepIdentity = identity;
  });

  async function known(request: FastifyRequest, reply: FastifyReply): Promise<Identity> {
    const secret = bearerOf(request.headers.authorization);
    const identity = secret === undefined || secret === '' ? undefined : await authenticator.identify(request, secret);
    if (identity) return identity;
    tell(reply, await limits.stranger(request.ip));
    await denied.note({ caller: `address:${request.ip}`, actor: `unknown from ${request.ip}`, method: request.method, route: request.routeOptions.url ?? '', status: 401 });
    throw new Problem(401, 'unauthenticated', secret === undefined ? 'a token is needed' : 'the token is not valid', { hint: 'send `Authorization: Bearer <token>`; `lockstep token create` makes one', headers: { 'www-authenticate': secret === undefined ? 'Bearer' : 'Bearer error="invalid_token"' } });
  }

  // After the body was parsed, before any handler.
  server.addHook('preHandler', async (request) => {
    const { spec } = request.is404 ? { spec: undefined } : markOf(request);
    if (!spec) return;
    const identity = request.lockstepIdentity ?? { id: `address:${request.ip}`, person: request.ip, actor: `unknown from ${request.ip}`, role: undefined };
    const [params, query] = [spec.params ?? {}, spec.query ?? {}].map((each) => record(each));
    const [given, asked] = [coerce(params?.properties ?? {}, (request.params ?? {}) as object as Record<string, unknown>), coerce(query?.properties ?? {}, (request.query ?? {}) as object as Record<string, unknown>)];
    const faults = [...inParameters(validate(params ?? {}, given)), ...inParameters(validate(query ?? {}, asked))];
    if (spec.body && !(spec.bodyOptional && (request.body === undefined || request.body === null))) faults.push(...inBody(validate(spec.body, request.body)));
    else if (!spec.body && request.body !== undefined && request.body !== null) faults.push({ pointer: '#', detail: 'no body is taken here' });
    if (request.headers['idempotency-key'] !== undefined && request.method !== 'GET' && !spec.keyed) faults.push({ header: 'Idempotency-Key', detail: 'is not taken here' });
    if (faults.length > 0) throw invalid(faults.slice(0, 20));
    request.lockstepCall = { engine: actingAs(engine, identity.actor), identity, params: given, query: asked, body: request.body ?? undefined, ifMatch: tagsOf(request.headers['if-match']) };
  });
}

function refuseOddShapes(request: FastifyRequest): void {
  if (!request.raw.url?.startsWith('/')) throw new Problem(400, 'invalid_request', 'the address must be a path');
  if (request.raw.rawHeaders.length / 2 > MOST_HEADERS) throw new Problem(431, 'invalid_request', `at most ${MOST_HEADERS} headers are taken`);
}

const tell = (reply: FastifyReply, headers: Readonly<Record<string, string>>): void => void reply.headers(headers);

const tagsOf = (header: string | undefined): readonly string[] | undefined => header?.split(',').map((tag) => tag.trim()).filter((tag) => tag !== '');

/** Whatever went wrong, in one form. */
export function answerProblems(server: FastifyInstance, engine: Engine, routes: readonly { readonly method: string; readonly url: string }[]): void {
  server.setErrorHandler((error, request, reply) => sendProblem(engine, request, reply, error));
  server.setNotFoundHandler((request, reply) => {
    const methods = [...new Set(routes.filter(({ url }) => matches(url, pathOf(request.url))).map(({ method }) => method))].sort();
    const problem = methods.length > 0
      ? new Problem(405, 'method_not_allowed', `${request.method} is not taken here`, { hint: `takes ${methods.join(', ')}`, headers: { allow: methods.join(', ') } })
      : new Problem(404, 'not_found', 'there is nothing at this address', { hint: 'the API is described at /api/openapi.json' });
    return sendProblem(engine, request, reply, problem);
  });
}

export function sendProblem(engine: Engine, request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const problem = problemOf(error);
  if (problem.status >= 500 && problem !== error) {
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
    engine.log.warn('request failed', { method: request.method, route: request.is404 ? '' : request.routeOptions.url, status: problem.status, error: message, ...(problem.extras.errorId !== undefined && { errorId: problem.extras.errorId }), ...(problem.status === 500 && { stack }) });
  }
  return reply.code(problem.status).headers(problem.extras.headers ?? {}).type('application/problem+json').send(JSON.stringify(problem.document(pathOf(request.url))));
}

/** Patterns of routes are segments, each a word or a parameter. */
function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return wanted.length === given.length && wanted.every((part, place) => (part.startsWith(':') ? given[place] !== '' : part === given[place]));
}
