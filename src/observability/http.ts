import type { FastifyInstance } from 'fastify';
import type { Database } from '../database/database.js';
import { schemaState } from '../database/repositories/health.js';
import type { ServiceMetrics } from './metrics.js';

/** GET /metrics. Whoever composes the service decides who may ask: the route itself lets everybody. */
export function registerMetrics(fastify: FastifyInstance, metrics: Pick<ServiceMetrics, 'scrape' | 'contentType'>): void {
  fastify.get('/metrics', async (_request, reply) => reply.header('cache-control', 'no-store').type(metrics.contentType).send(await metrics.scrape()));
}

export interface ProbePorts {
  readonly database: Pick<Database, 'read'>;
  /** It has been told to end: no new work is sent here. */
  readonly isStopping: () => boolean;
  /** Told why it is not ready; the answer itself names nothing. */
  readonly onFailure?: (error: unknown) => void;
  /** Calls `fire` after so many ms unless cancelled. */
  readonly deadline?: (ms: number, fire: () => void) => () => void;
}

const realDeadline = (ms: number, fire: () => void): (() => void) => {
  const timer = setTimeout(fire, ms);
  timer.unref();
  return () => clearTimeout(timer);
};
/** Whoever asks gives up soon after. */
const ANSWERS_WITHIN_MS = 3_000;

/**
 * GET /health/live says that the process answers and asks nobody else: a database that is away must not have it killed.
 * GET /health/ready says that it can work: the database answers in time, is migrated as this version needs it, and the
 * process is not ending. Open to everybody, so without details.
 */
export function registerProbes(fastify: FastifyInstance, ports: ProbePorts): void {
  fastify.get('/health/live', async (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'live' }));
  fastify.get('/health/ready', async (_request, reply) => {
    const ready = await isReady(ports);
    return reply.header('cache-control', 'no-store').code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready' });
  });
}

async function isReady({ database, isStopping, onFailure, deadline = realDeadline }: ProbePorts): Promise<boolean> {
  if (isStopping()) return false;
  let cancel: () => void = () => undefined;
  try {
    const late = new Promise<never>((_, reject) => { cancel = deadline(ANSWERS_WITHIN_MS, () => reject(new Error(`the database did not answer within ${ANSWERS_WITHIN_MS} ms`))); });
    const schema = await Promise.race([database.read(schemaState), late]);
    if (schema.differing > 0) throw new Error(`${schema.differing} migrations differ between the database and this version`);
    return !isStopping();
  } catch (error) {
    onFailure?.(error);
    return false;
  } finally {
    cancel();
  }
}
