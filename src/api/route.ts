import { applyDecorators, Delete, Get, HttpCode, Post } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBearerAuth, ApiBody, ApiExtension, ApiHeader, ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Access } from './auth/access.js';
import { ref, type Schema } from './schema/schema.js';

/** Everything that is known of a route: who may call it, what it takes, what it answers. Requests are checked by it, the documentation is made of it, answers are compared with it. */
export interface RouteSpec {
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  readonly access: Access;
  /** Name -> schema, as `record` takes them. */
  readonly params?: Readonly<Record<string, Schema>>;
  readonly query?: Readonly<Record<string, Schema>>;
  readonly body?: Schema;
  /** A body may be left out. */
  readonly bodyOptional?: boolean;
  /** Status -> what is answered; the first is the usual one. */
  readonly answers: Readonly<Record<number, { readonly about: string; readonly schema: Schema }>>;
  /** Refusals beside those that any route may give. */
  readonly problems?: readonly number[];
  /** Takes If-Match. */
  readonly ifMatch?: boolean;
  /** An act: takes Idempotency-Key, unless its answer holds a secret, which must not be stored. */
  readonly keyed?: boolean;
  /** How much of the caller's allowance it takes; 1 if absent. */
  readonly cost?: number;
}

/** In the configuration of a Fastify route. */
export interface RouteMark { readonly access: Access; readonly spec?: RouteSpec }

const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'The request is not what it must be', 401: 'No valid token', 403: 'The token has no right to do this', 404: 'There is no such thing', 409: 'It cannot be done as things stand', 412: 'It has changed since it was read (If-Match)', 413: 'The body is too large', 415: 'The body is no JSON',
  422: 'The idempotency key belongs to another request', 429: 'Too many requests', 500: 'Nobody foresaw this', 502: 'A source did not do what it was asked', 503: 'Not available now',
};

/** Which refusals a route may answer with. */
export function problemsOf(spec: RouteSpec): number[] {
  const always = [400, 429, 500, 503, ...(spec.access === 'open' ? [] : [401, 403])];
  return [...new Set([...always, ...(spec.params ? [404] : []), ...(spec.body ? [413, 415] : []), ...(spec.ifMatch ? [412] : []), ...(spec.keyed ? [409, 422] : []), ...(spec.problems ?? [])])].sort((a, b) => a - b);
}

/** Declares a route: a handler without it does not start. */
export function Route(method: 'GET' | 'POST' | 'DELETE', path: string, spec: RouteSpec): MethodDecorator {
  const verb = method === 'GET' ? Get : method === 'POST' ? Post : Delete;
  const [first = 200] = Object.keys(spec.answers).map(Number);
  const parameters = (all: Readonly<Record<string, Schema>> = {}) => Object.entries(all).map(([key, schema]) => ({ name: key.replace(/\?$/, ''), required: !key.endsWith('?'), schema }));
  const mark: RouteMark = { access: spec.access, spec };
  return applyDecorators(
    verb(path), HttpCode(first), RouteConfig(mark), ApiTags(spec.tag), ApiOperation({ operationId: spec.id, summary: spec.summary, ...(spec.description !== undefined && { description: spec.description }) }), ApiExtension('x-access', spec.access),
    ...(spec.access === 'open' ? [] : [ApiBearerAuth('token')]),
    ...parameters(spec.params).map(({ name, schema }) => ApiParam({ name, ...(described(schema)), schema: schema as object })),
    ...parameters(spec.query).map(({ name, required, schema }) => ApiQuery({ name, required, ...(described(schema)), schema: schema as object })),
    ...(spec.body ? [ApiBody({ required: !spec.bodyOptional, schema: spec.body as object })] : []),
    ...(spec.ifMatch ? [ApiHeader({ name: 'If-Match', required: false, description: 'the ETag of what was read: refused with 412 if it has changed since', schema: { type: 'string' } })] : []),
    ...(spec.keyed ? [ApiHeader({ name: 'Idempotency-Key', required: false, description: 'the same key and the same request give the same answer for a day', schema: { type: 'string', minLength: 1, maxLength: 200 } })] : []),
    ...Object.entries(spec.answers).map(([status, { about, schema }]) => ApiResponse({ status: Number(status), description: about, schema: schema as object })),
    ...problemsOf(spec).map((status) => ApiResponse({ status, description: PROBLEMS[status] ?? 'Refused', content: { 'application/problem+json': { schema: ref('Problem') as object } } })),
  );
}

const described = ({ description }: Schema): { readonly description?: string } => (description === undefined ? {} : { description });

/** An answer other than the route's usual one, or with headers. */
export class Answer {
  constructor(readonly body: unknown, readonly more: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {}) {}
}
