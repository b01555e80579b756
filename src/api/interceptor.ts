import { Catch, type ArgumentsHost, type CallHandler, type ExceptionFilter, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { firstValueFrom, from, type Observable } from 'rxjs';
import type { Engine } from '../engine/engine.js';
import { sendProblem } from './gate.js';
import { once } from './idempotency.js';
import { Answer, type RouteMark } from './route.js';

/** What a handler gives becomes the answer: once for each idempotency key, with the status and headers that it asks for. */
export class AnswerInterceptor implements NestInterceptor {
  constructor(private readonly engine: Engine) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return from(this.answer(context, async () => answerOf(await firstValueFrom(next.handle()))));
  }

  private async answer(context: ExecutionContext, work: () => Promise<Answer>): Promise<unknown> {
    const http = context.switchToHttp();
    const [request, reply] = [http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>()];
    const { spec } = request.routeOptions.config as unknown as RouteMark;
    const key = request.headers['idempotency-key'];
    const usual = reply.statusCode;
    if (!spec?.keyed || typeof key !== 'string') {
      const { body, more } = await work();
      void reply.code(more.status ?? usual).headers(more.headers ?? {});
      return body;
    }
    const kept = await once(this.engine, { caller: request.lockstepCall?.identity.id ?? '', key, method: request.method, path: request.url, body: request.body }, async () => {
      const { body, more } = await work();
      return { status: more.status ?? usual, headers: more.headers ?? {}, body };
    });
    void reply.code(kept.status).headers(kept.headers);
    if (kept.isReplayed) void reply.header('idempotency-replayed', 'true');
    return kept.status >= 400 ? JSON.stringify(kept.body) : kept.body;
  }
}

const answerOf = (value: unknown): Answer => (value instanceof Answer ? value : new Answer(value));

/** What is thrown inside Nest takes the same way as what Fastify throws. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly engine: Engine) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(this.engine, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>(), error);
  }
}
