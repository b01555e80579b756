import { FastifyAdapter } from '@nestjs/platform-fastify';
import { fastify, type FastifyInstance, type FastifyReply } from 'fastify';
import type { LoadedConfig } from '../config/types.js';
import { WEBHOOK_SERVER_OPTIONS } from '../webhooks/plugin.js';
import { Problem, problemOf } from './problem.js';

const BODY_LIMIT = 1_048_576;

/** Faults of the bytes themselves, before there is a request. */
const WIRE: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'the headers are larger than 16 kB'], ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request took too long to arrive'],
};

/** The HTTP server: strict about what it reads, and believing no header but of the proxies that are configured. */
export function httpServer({ server }: Pick<LoadedConfig, 'server'>): FastifyInstance {
  return fastify({
    bodyLimit: BODY_LIMIT, ...WEBHOOK_SERVER_OPTIONS, routerOptions: { maxParamLength: 500, caseSensitive: true, ignoreTrailingSlash: false, ignoreDuplicateSlashes: false },
    exposeHeadRoutes: false, onProtoPoisoning: 'error', onConstructorPoisoning: 'error', trustProxy: server.trustedProxies.length > 0 ? [...server.trustedProxies] : false, return503OnClosing: true, forceCloseConnections: 'idle',
    clientErrorHandler: (error, socket) => {
      const [status, detail] = WIRE[(error as { code?: string }).code ?? ''] ?? [400, 'the request is no valid HTTP'];
      if (!socket.writable) return;
      const body = JSON.stringify(new Problem(status, 'invalid_request', detail).document('/'));
      socket.end(`HTTP/1.1 ${status} ${status === 431 ? 'Request Header Fields Too Large' : status === 408 ? 'Request Timeout' : 'Bad Request'}\r\nConnection: close\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    },
    frameworkErrors: (error, request, reply) => {
      const problem = problemOf(error);
      void (reply as FastifyReply).code(problem.status).type('application/problem+json').send(JSON.stringify(problem.document(pathOf(request.url))));
    },
  }) as unknown as FastifyInstance;
}

/** Where a problem happened: without the query, which may hold what nobody should log. */
export const pathOf = (url: string): string => {
  const path = url.split(/[?#]/)[0] ?? '/';
  return path.length > 500 ? path.slice(0, 500) : path;
};

/** Errors and unknown addresses are answered by us alone: what Nest would install in their place forgets what was wrong. */
export class ApiAdapter extends FastifyAdapter {
  override setErrorHandler(): never {
    return undefined as never;
  }

  override setNotFoundHandler(): never {
    return undefined as never;
  }
}
