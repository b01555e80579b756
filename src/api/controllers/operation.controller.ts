import { Controller } from '@nestjs/common';
import { parseDuration } from '../../core/expressions/durations.js';
import { AuditQueries } from '../../queries/audit-queries.service.js';
import { OperationQueries } from '../../queries/operation-queries.service.js';
import { TokenService } from '../auth/token.service.js';
import { TheCall, type Call } from '../call.js';
import { page, pageOf, PAGING, positionOf, sizeOf, type Page, type Paged } from '../cursor.js';
import { RUN_STATUSES } from '../documents/operations.js';
import { invalid, notFound } from '../problem.js';
import { Answer, Route } from '../route.js';
import { oneOf, record, ref, text } from '../schema/schema.js';

const ID = { id: text({ minLength: 1, maxLength: 64 }) };

/** Runs, the audit, and who may call. */
@Controller()
export class OperationController {
  @Route('GET', 'runs', { id: 'listRuns', tag: 'runs', access: 'viewer', summary: 'List runs, the latest first', query: { 'source?': text({ minLength: 1, maxLength: 63 }), 'status?': oneOf(RUN_STATUSES), ...PAGING }, answers: { 200: { about: 'One page of runs', schema: pageOf(ref('Run')) } } })
  async runs(@TheCall() { engine, query }: Call<Paged & { readonly source?: string; readonly status?: string }, undefined, object>): Promise<Page<unknown>> {
    const { limit: _limit, cursor, ...filter } = query;
    const [before] = positionOf(cursor, ['runs', filter], ['string']) ?? [];
    const size = sizeOf(query);
    return page(await new OperationQueries(engine).runs({ ...filter, ...(before !== undefined && { before: String(before) }) }, size + 1), size, ['runs', filter], ({ id }) => [id]);
  }

  @Route('GET', 'runs/:id', { id: 'showRun', tag: 'runs', access: 'viewer', summary: 'Show one run: streams, scopes, what it changed, why it failed', params: { id: text({ minLength: 1, maxLength: 64, description: 'its id, or "last"' }) }, answers: { 200: { about: 'The run', schema: ref('RunDetails') } } })
  async run(@TheCall() { engine, params }: Call): Promise<unknown> {
    const run = await new OperationQueries(engine).run(params.id);
    if (!run) throw notFound(`there is no run "${params.id}"`, 'see /api/v1/runs');
    return run;
  }

  @Route('GET', 'audit', {
    id: 'listAudit', tag: 'audit', access: 'admin', summary: 'List who did what, when, from where; the latest first', query: { 'action?': text({ minLength: 1, maxLength: 64, description: 'e.g. assets.merge' }), 'actor?': text({ minLength: 1, maxLength: 128 }), ...PAGING },
    answers: { 200: { about: 'One page of entries', schema: pageOf(ref('AuditEntry')) } },
  })
  async audit(@TheCall() { engine, query }: Call<Paged & { readonly action?: string; readonly actor?: string }, undefined, object>): Promise<Page<unknown>> {
    const { limit: _limit, cursor, ...filter } = query;
    const [before] = positionOf(cursor, ['audit', filter], ['number']) ?? [];
    const size = sizeOf(query);
    return page(await new AuditQueries(engine).list(filter, before as number | undefined, size + 1), size, ['audit', filter], ({ seq }) => [seq]);
  }

  @Route('GET', 'audit/verify', { id: 'verifyAudit', tag: 'audit', access: 'admin', cost: 20, summary: 'Compute every hash of the audit again: an entry that was changed or taken out is found', answers: { 200: { about: 'Whether it is whole', schema: ref('AuditVerdict') } } })
  async verify(@TheCall() { engine }: Call<object, undefined, object>): Promise<unknown> {
    return new AuditQueries(engine).verify();
  }

  @Route('GET', 'tokens', { id: 'listTokens', tag: 'tokens', access: 'admin', summary: 'List tokens, without what they are', query: PAGING, answers: { 200: { about: 'One page of tokens', schema: pageOf(ref('Token')) } } })
  async tokens(@TheCall() { engine, query }: Call<Paged, undefined, object>): Promise<Page<unknown>> {
    const after = positionOf(query.cursor, ['tokens'], ['number', 'string']);
    const size = sizeOf(query);
    return page(await new TokenService(engine).list(after as [number, string] | undefined, size + 1), size, ['tokens'], ({ createdAt, id }) => [Date.parse(createdAt), id]);
  }

  @Route('POST', 'tokens', {
    id: 'createToken', tag: 'tokens', access: 'admin', summary: 'Make a token; it is shown in this answer and never again', problems: [409], description: 'Idempotency-Key is refused here: the answer would have to be stored, and it holds a secret.',
    body: record({ name: text({ minLength: 1, maxLength: 40 }), role: text({ minLength: 1, maxLength: 80, description: 'viewer, operator, approver, admin, or ingest:<source>' }), 'expiresIn?': text({ minLength: 2, maxLength: 20, description: 'a duration such as 30d; at most security.tokenLifetime, which it is where this is absent' }) }),
    answers: { 201: { about: 'The token', schema: ref('CreatedToken') } },
  })
  async createToken(@TheCall() { engine, body }: Call<object, { readonly name: string; readonly role: string; readonly expiresIn?: string }, object>): Promise<Answer> {
    const lifetimeMs = body.expiresIn === undefined ? undefined : parseDuration(body.expiresIn);
    if (body.expiresIn !== undefined && lifetimeMs === undefined) throw invalid([{ pointer: '#/expiresIn', detail: 'must be a duration such as 12h or 30d' }]);
    const token = await new TokenService(engine).create({ name: body.name, role: body.role, ...(lifetimeMs !== undefined && { lifetimeMs }) });
    return new Answer(token, { headers: { location: `/api/v1/tokens/${token.id}` } });
  }

  @Route('DELETE', 'tokens/:id', { id: 'revokeToken', tag: 'tokens', access: 'admin', keyed: true, summary: 'Revoke a token: the next request with it is refused', params: ID, answers: { 200: { about: 'It is revoked', schema: ref('TokenDetails') } } })
  async revokeToken(@TheCall() { engine, params }: Call): Promise<unknown> {
    const tokens = new TokenService(engine);
    if (!(await tokens.exists(params.id))) throw notFound(`there is no token "${params.id}"`, 'see /api/v1/tokens');
    return tokens.revoke(params.id);
  }
}
