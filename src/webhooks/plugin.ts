import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Delivery } from '../../connectors/sdk/contract/index.js';
import { MOST_BYTES } from './endpoint.js';
import type { IntakeAnswer, WebhookIntake } from './intake.js';

/**
 * Of the server in which the plugin stands (`Fastify(…)`, `new FastifyAdapter(…)`): a sender that has not sent its whole request
 * after `ms` is cut. Node looks for such only so often, and takes the longer of both times for the whole request, so both are given.
 */
export const cutSlowSenders = (ms: number) => ({ requestTimeout: ms, http: { headersTimeout: ms, requestTimeout: ms, connectionsCheckingInterval: Math.max(10, Math.floor(ms / 30)) } }) as const;
export const WEBHOOK_SERVER_OPTIONS = cutSlowSenders(30_000);

type Asked = FastifyRequest<{ Params: { source: string } }>;

/**
 * `POST /webhooks/{source}` in a scope of its own: whatever a body says that it is, it stays bytes until its proof holds.
 * `intake` is asked for with each request, so that a reload can put another in its place. Addresses are those that `trustProxy` gives.
 */
export async function registerWebhooks(fastify: FastifyInstance, intake: () => WebhookIntake): Promise<void> {
  await fastify.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MOST_BYTES }, (_request, body, done) => done(null, body));
    scope.setErrorHandler(async (error, request, reply) => {
      const { statusCode = 500, code } = error as { readonly statusCode?: number; readonly code?: string };
      const { source } = (request as Asked).params;
      if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return send(reply.header('connection', 'close'), intake().tooLarge(source));
      if (statusCode < 500) return send(reply, { status: statusCode, headers: {}, body: '' });
      request.log.error(error);
      return send(reply, { status: 503, headers: { 'retry-after': '5' }, body: '' });
    });
    scope.route<{ Params: { source: string } }>({
      method: 'POST', url: '/webhooks/:source', bodyLimit: MOST_BYTES, logLevel: 'silent',
      // one parser for all: a type that is wrong or missing is the connector's to judge, so the server is not shown it
      onRequest: async (request: Asked, reply: FastifyReply) => {
        const length = Number(request.headers['content-length'] ?? Number.NaN);
        const refused = await intake().admit(request.params.source, request.ip, Number.isNaN(length) ? undefined : length);
        if (refused) return send(reply.header('connection', 'close'), refused);
        TYPES.set(request, request.headers['content-type']);
        request.headers['content-type'] = 'application/octet-stream';
        return undefined;
      },
      handler: async (request: Asked, reply: FastifyReply) => send(reply, await intake().take(request.params.source, request.ip, deliveryOf(request))),
    });
  });
}

const TYPES = new WeakMap<FastifyRequest, string | undefined>();

function deliveryOf(request: Asked): Delivery {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...request.headers, 'content-type': TYPES.get(request) })) if (value !== undefined) headers[name] = Array.isArray(value) ? value[0] ?? '' : value;
  // Node joins headers that are sent twice: of those that prove something the first alone counts
  const raw = request.raw.rawHeaders;
  for (let at = raw.length - 2; at >= 0; at -= 2) if (raw[at]!.toLowerCase().startsWith('x-')) headers[raw[at]!.toLowerCase()] = raw[at + 1]!;
  const query = Object.fromEntries(Object.entries(request.query as Record<string, string | string[]>).map(([name, value]) => [name, Array.isArray(value) ? value[0] ?? '' : String(value)]));
  return { headers, query, body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0) };
}

function send(reply: FastifyReply, told: IntakeAnswer): FastifyReply {
  return reply.code(told.status).headers({ 'cache-control': 'no-store', ...told.headers }).send(told.body === '' ? undefined : told.body);
}
