import type { LightMyRequestResponse } from 'fastify';
import { createApiServer, type ApiServer, type ApiServerParts } from '../../src/api/server.js';
import type { Components, Schema } from '../../src/api/schema/schema.js';
import { validate } from '../../src/api/schema/validate.js';
import { TokenService } from '../../src/api/auth/token.service.js';
import type { Engine } from '../../src/engine/engine.js';
import { JobQueue, type Job, type JobRequest } from '../../src/queue/job-queue.js';

/** A queue that does nothing: what was asked for stands in it. */
export class IdleQueue extends JobQueue {
  readonly jobs: Job[] = [];

  override async enqueue(request: JobRequest): Promise<Job> {
    const job: Job = { payload: {}, runAt: 0, ...request, id: this.jobs.length + 1, state: 'waiting', attempts: 0, createdAt: 0, startedAt: null, finishedAt: null, result: null, error: null };
    this.jobs.push(job);
    return job;
  }

  override async find(id: number): Promise<Job | undefined> {
    return this.jobs[id - 1];
  }

  override ended(): Promise<Job> {
    throw new Error('nothing ends here');
  }
}

export interface Operation {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly spec: any;
}

export interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, any>>>>;
  readonly components: { readonly schemas: Components };
}

export const operationsOf = ({ paths }: OpenApi): Operation[] => Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, spec]) => ({ method: method.toUpperCase() as Operation['method'], path, spec: spec as unknown })));

export interface Reply {
  readonly status: number;
  readonly body: any;
  readonly text: string;
  readonly headers: LightMyRequestResponse['headers'];
}

export interface Asking {
  readonly as?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The API over an engine, asked without a socket. Every answer is compared with what the document says of it. */
export class ApiBench {
  readonly queue = new IdleQueue();
  readonly tokens = new Map<string, string>();
  /** `METHOD path status` of every answer so far. */
  readonly seen = new Set<string>();
  api!: ApiServer;
  document!: OpenApi;
  /** Those without parameters first, as a router takes them. */
  private patterns: readonly (Operation & { readonly pattern: RegExp })[] = [];

  private constructor(readonly engine: Engine) {}

  static async open(engine: Engine, more: Partial<ApiServerParts> = {}): Promise<ApiBench> {
    const bench = new ApiBench(engine);
    bench.api = await createApiServer({ engine, queue: bench.queue, limits: { requestsPerMinute: 1e6, strangersPerMinute: 1e6 }, ...more });
    const tokens = new TokenService(engine);
    for (const role of ['viewer', 'operator', 'approver', 'admin']) bench.tokens.set(role, (await tokens.create({ name: role, role })).token);
    const answer = await bench.api.app.inject({ url: '/api/openapi.json', headers: { authorization: `Bearer ${bench.tokens.get('viewer')}` } });
    bench.document = JSON.parse(answer.body) as OpenApi;
    bench.patterns = operationsOf(bench.document).sort((a, b) => a.path.split('{').length - b.path.split('{').length).map((each) => ({ ...each, pattern: new RegExp(`^${each.path.replace(/\{\w+\}/g, '[^/]+')}$`) }));
    return bench;
  }

  /** `as`: a role, or a token. */
  async ask(method: Operation['method'], url: string, { as = 'admin', body, headers = {} }: Asking = {}): Promise<Reply> {
    const token = this.tokens.get(as) ?? as;
    const answer = await this.api.app.inject({ method, url, headers: { ...(token !== '' && { authorization: `Bearer ${token}` }), ...headers }, ...(body !== undefined && { payload: body as object }) });
    const reply: Reply = { status: answer.statusCode, text: answer.body, headers: answer.headers, body: answer.body === '' ? undefined : (JSON.parse(answer.body) as unknown) };
    this.compare(method, url, reply);
    return reply;
  }

  get = (url: string, more?: Asking): Promise<Reply> => this.ask('GET', url, more);
  post = (url: string, body?: unknown, more?: Asking): Promise<Reply> => this.ask('POST', url, { ...more, ...(body !== undefined && { body }) });

  private compare(method: string, url: string, reply: Reply): void {
    const path = url.split('?')[0] ?? '';
    const operation = this.patterns.find((each) => each.method === method && each.pattern.test(path));
    if (!operation) {
      if (reply.status < 404) throw new Error(`${method} ${path} answered ${reply.status}, and the document does not know it`);
      return;
    }
    const said = operation.spec.responses[String(reply.status)];
    const problems: string[] = [];
    if (!said) problems.push(`the status is not documented`);
    const type = String(reply.headers['content-type']).split(';')[0] as string;
    const schema = said?.content?.[type]?.schema as Schema | undefined;
    if (said && !schema) problems.push(`${type} is not documented`);
    if (schema) problems.push(...validate(schema, reply.body, this.document.components.schemas).map(({ at, detail }) => `${at} ${detail}`));
    if (problems.length > 0) throw new Error(`${method} ${url} -> ${reply.status} ${reply.text.slice(0, 1_000)}\n${problems.join('\n')}`);
    this.seen.add(`${method} ${operation.path} ${reply.status}`);
  }

  async close(): Promise<void> {
    await this.api.close();
  }
}
