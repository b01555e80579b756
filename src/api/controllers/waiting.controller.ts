import { Controller } from '@nestjs/common';
import { OutboxService } from '../../push/outbox.service.js';
import { QuarantineService } from '../../quarantine/quarantine.service.js';
import { OperationQueries } from '../../queries/operation-queries.service.js';
import { RESOLUTIONS, ReviewService, type ResolveRequest } from '../../reviews/review.service.js';
import { TheCall, type Call } from '../call.js';
import { page, pageOf, PAGING, positionOf, sizeOf, type Page, type Paged } from '../cursor.js';
import { OWED_STATES, REVIEW_STATUSES } from '../documents/operations.js';
import { invalid, notFound } from '../problem.js';
import { Answer, Route } from '../route.js';
import { flag, list, oneOf, record, ref, text } from '../schema/schema.js';
import { IDS, mustMatch, NUMBER_PARAMS, REASON, RECORD_KEYS, tagOf } from './parts.js';

type Numbered = { readonly id: number };
const SOURCE = { 'source?': text({ minLength: 1, maxLength: 63, description: 'only of this source' }) };
const TARGET = { 'target?': text({ minLength: 1, maxLength: 63, description: 'only of this target' }) };
const CHOICE = { 'ids?': IDS, 'all?': flag({ description: 'all there are' }) };
const DISCARD = { access: 'approver', keyed: true, body: record({ ids: IDS, reason: REASON }), answers: { 200: { about: 'They are thrown away', schema: ref('Discarded') } }, problems: [409] } as const;

/** Lists whose entries are numbered in their order. */
async function numbered<T extends { readonly id: number }>(query: Paged, name: string, load: (after: number, limit: number) => Promise<readonly T[]>): Promise<Page<T>> {
  const { limit: _limit, cursor, ...filter } = query;
  const [after = 0] = positionOf(cursor, [name, filter], ['number']) ?? [];
  const size = sizeOf(query);
  return page(await load(Number(after), size + 1), size, [name, filter], ({ id }) => [id]);
}

function onlyOneOf(given: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  const count = names.filter((name) => given[name] !== undefined && given[name] !== false).length;
  if (count !== 1) throw invalid([{ pointer: '#', detail: `must have exactly one of ${names.join(', ')}` }]);
}

@Controller()
export class WaitingController {
  @Route('GET', 'reviews', {
    id: 'listReviews', tag: 'reviews', access: 'viewer', summary: 'List what waits for a person', answers: { 200: { about: 'One page of reviews', schema: pageOf(ref('Review')) } },
    query: { 'kind?': text({ minLength: 1, maxLength: 64 }), ...SOURCE, 'status?': oneOf([...REVIEW_STATUSES, 'all'], { default: 'open' }), ...PAGING },
  })
  async reviews(@TheCall() { engine, query }: Call<Paged & { readonly kind?: string; readonly source?: string; readonly status?: string }, undefined, object>): Promise<Page<unknown>> {
    const { kind, source, status = 'open' } = query;
    return numbered(query, 'reviews', (after, limit) => new OperationQueries(engine).reviews({ after, ...(status !== 'all' && { status }), ...(kind !== undefined && { kind }), ...(source !== undefined && { source }) }, limit));
  }

  @Route('GET', 'reviews/:id', { id: 'showReview', tag: 'reviews', access: 'viewer', summary: 'Show one review: its records and the answers that it takes', params: NUMBER_PARAMS, answers: { 200: { about: 'The review', schema: ref('ReviewDetails') } } })
  async review(@TheCall() { engine, params }: Call<object, undefined, Numbered>): Promise<Answer> {
    const review = await new OperationQueries(engine).review(params.id);
    if (!review) throw notFound(`there is no review ${params.id}`, 'see /api/v1/reviews');
    return new Answer(review, { headers: { etag: tagOf(review) } });
  }

  @Route('POST', 'reviews/:id/resolve', {
    id: 'resolveReview', tag: 'reviews', access: 'approver', keyed: true, ifMatch: true, summary: 'Answer a review, for all of its records or for some', params: NUMBER_PARAMS, problems: [409, 502],
    description: 'Where security.twoPersonRule stands, an answer that lets a set take effect is noted at first (202); the same answer of another person carries it out.',
    body: record({ as: oneOf(RESOLUTIONS), reason: REASON, 'only?': RECORD_KEYS, 'fields?': list(text({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 100, description: 'of an alignment: only these fields' }), 'keep?': flag({ description: 'of an alignment: the same for whatever joins later', default: false }) }),
    answers: { 200: { about: 'It is done', schema: ref('Resolved') }, 202: { about: 'One more person must give the same answer', schema: ref('Resolved') } },
  })
  async resolve(@TheCall() { engine, identity, params, body, ifMatch }: Call<object, ResolveRequest, Numbered>): Promise<Answer> {
    const review = await new OperationQueries(engine).review(params.id);
    if (!review) throw notFound(`there is no review ${params.id}`, 'see /api/v1/reviews');
    mustMatch(ifMatch, tagOf(review));
    const result = await new ReviewService(engine, identity.person).resolve(params.id, body);
    return new Answer(result, result.awaits ? { status: 202 } : {});
  }

  @Route('GET', 'quarantine', { id: 'listQuarantine', tag: 'quarantine', access: 'viewer', summary: 'List records that could not be processed', query: { ...SOURCE, ...PAGING }, answers: { 200: { about: 'One page of entries', schema: pageOf(ref('Quarantined')) } } })
  async quarantine(@TheCall() { engine, query }: Call<Paged & { readonly source?: string }, undefined, object>): Promise<Page<unknown>> {
    return numbered(query, 'quarantine', (after, limit) => new OperationQueries(engine).quarantine({ after, ...(query.source !== undefined && { source: query.source }) }, limit));
  }

  @Route('GET', 'quarantine/:id', { id: 'showQuarantined', tag: 'quarantine', access: 'operator', summary: 'Show one as it came, and why it was refused', params: NUMBER_PARAMS, answers: { 200: { about: 'The entry', schema: ref('QuarantinedDetails') } } })
  async quarantined(@TheCall() { engine, params }: Call<object, undefined, Numbered>): Promise<unknown> {
    const entry = await new OperationQueries(engine).quarantined(params.id);
    if (!entry) throw notFound(`there is no quarantine entry ${params.id}`, 'see /api/v1/quarantine');
    return entry;
  }

  @Route('POST', 'quarantine/replay', {
    id: 'replayQuarantine', tag: 'quarantine', access: 'operator', keyed: true, summary: 'Take stored records through the present mapping; no source is asked', body: record({ ...CHOICE, ...SOURCE }), problems: [409], answers: { 200: { about: 'What was taken, and what is still refused', schema: ref('QuarantineReplay') } },
  })
  async replayQuarantine(@TheCall() { engine, body }: Call<object, { readonly ids?: readonly number[]; readonly source?: string; readonly all?: boolean }, object>): Promise<unknown> {
    onlyOneOf(body, ['ids', 'source', 'all']);
    return new QuarantineService(engine).replay(body);
  }

  @Route('POST', 'quarantine/discard', { ...DISCARD, id: 'discardQuarantine', tag: 'quarantine', summary: 'Throw stored records away for good' })
  async discardQuarantine(@TheCall() { engine, body }: Call<object, { readonly ids: readonly number[]; readonly reason: string }, object>): Promise<unknown> {
    return new QuarantineService(engine).discard(body);
  }

  @Route('GET', 'outbox', { id: 'listOutbox', tag: 'push', access: 'viewer', summary: 'List what targets are owed, with each field difference', query: { ...TARGET, 'state?': oneOf(OWED_STATES), ...PAGING }, answers: { 200: { about: 'One page of debts', schema: pageOf(ref('Owed')) } } })
  async outbox(@TheCall() { engine, query }: Call<Paged & { readonly target?: string; readonly state?: string }, undefined, object>): Promise<Page<unknown>> {
    return numbered(query, 'outbox', (after, limit) => new OutboxService(engine).page(query, after, limit));
  }

  @Route('GET', 'dead-letters', { id: 'listDeadLetters', tag: 'dead letters', access: 'viewer', summary: 'List pushes that gave up', query: { ...TARGET, ...PAGING }, answers: { 200: { about: 'One page of letters', schema: pageOf(ref('Owed')) } } })
  async deadLetters(@TheCall() { engine, query }: Call<Paged & { readonly target?: string }, undefined, object>): Promise<Page<unknown>> {
    return numbered(query, 'dead-letters', (after, limit) => new OutboxService(engine).page({ state: 'dead', ...(query.target !== undefined && { target: query.target }) }, after, limit));
  }

  @Route('GET', 'dead-letters/:id', { id: 'showDeadLetter', tag: 'dead letters', access: 'viewer', summary: 'Show one: what was to be written, what the target said, what to do', params: NUMBER_PARAMS, answers: { 200: { about: 'The letter', schema: ref('DeadLetter') } } })
  async deadLetter(@TheCall() { engine, params }: Call<object, undefined, Numbered>): Promise<unknown> {
    return mustExist(engine, params.id);
  }

  @Route('POST', 'dead-letters/replay', {
    id: 'replayDeadLetters', tag: 'dead letters', access: 'operator', keyed: true, summary: 'Owe them again, with what is wanted now', body: record({ ...CHOICE, ...TARGET }), problems: [409], answers: { 200: { about: 'How many are owed again', schema: ref('DeadLetterReplay') } },
  })
  async replayDeadLetters(@TheCall() { engine, body }: Call<object, { readonly ids?: readonly number[]; readonly target?: string; readonly all?: boolean }, object>): Promise<unknown> {
    onlyOneOf(body, ['ids', 'target', 'all']);
    return new OutboxService(engine).replay(body.ids ?? 'all', body.target);
  }

  @Route('POST', 'dead-letters/discard', { ...DISCARD, id: 'discardDeadLetters', tag: 'dead letters', summary: 'Leave the targets as they are, until our value changes again' })
  async discardDeadLetters(@TheCall() { engine, body }: Call<object, { readonly ids: readonly number[]; readonly reason: string }, object>): Promise<unknown> {
    return new OutboxService(engine).discard(body.ids, body.reason);
  }

  @Route('POST', 'dead-letters/:id/resolve', {
    id: 'resolveDeadLetter', tag: 'dead letters', access: 'operator', keyed: true, summary: 'Cure one whose record has another id in the target now', params: NUMBER_PARAMS, problems: [409],
    body: record({ record: text({ minLength: 3, maxLength: 400, description: 'the record that is meant (source/stream/externalId)' }), reason: REASON }), answers: { 200: { about: 'From now on the record is the asset’s', schema: ref('DeadLetterCure') } },
  })
  async cure(@TheCall() { engine, params, body }: Call<object, { readonly record: string; readonly reason: string }, Numbered>): Promise<unknown> {
    await mustExist(engine, params.id);
    return new OutboxService(engine).cure(params.id, body.record, body.reason);
  }
}

async function mustExist(engine: Call['engine'], id: number): Promise<unknown> {
  const letter = await new OutboxService(engine).deadLetter(id);
  if (!letter || letter.state !== 'dead') throw notFound(`there is no dead letter ${id}`, 'see /api/v1/dead-letters');
  return letter;
}
