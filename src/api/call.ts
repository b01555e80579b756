import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Engine } from '../engine/engine.js';
import type { JobQueue } from '../queue/job-queue.js';
import type { Identity } from './auth/access.js';

/** One request that was let in and is what its route wants. */
export interface Call<Query = Record<never, never>, Body = undefined, Params = { readonly id: string }> {
  /** Acts in the caller's name. */
  readonly engine: Engine;
  readonly identity: Identity;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The tags of If-Match; undefined: not sent. */
  readonly ifMatch: readonly string[] | undefined;
}

/** What the controllers stand on besides the caller's engine. */
export abstract class ApiPorts {
  abstract readonly engine: Engine;
  abstract readonly queue: JobQueue;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once the caller is known and may call the route. */
    lockstepIdentity?: Identity;
    lockstepCall?: Call<any, any, any>;
  }
}

export const TheCall = createParamDecorator((_: unknown, context: ExecutionContext): Call<any, any, any> => {
  const call = context.switchToHttp().getRequest<FastifyRequest>().lockstepCall;
  if (!call) throw new Error('the route was reached without having been let in');
  return call;
});
