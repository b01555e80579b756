import { Controller, Inject } from '@nestjs/common';
import { OutboxService } from '../../push/outbox.service.js';
import { OperationQueries } from '../../queries/operation-queries.service.js';
import { instant, instantOrNull } from '../../queries/instants.js';
import type { Job } from '../../queue/job-queue.js';
import { checkSources, PauseService } from '../../sources/source.service.js';
import { ApiPorts, TheCall, type Call } from '../call.js';
import { page, pageOf, PAGING, positionOf, sizeOf, type Page, type Paged } from '../cursor.js';
import { invalid, notFound } from '../problem.js';
import { Answer, Route } from '../route.js';
import { flag, record, ref, text } from '../schema/schema.js';
import { configuredSource, NAME_PARAMS, NUMBER_PARAMS, REASON } from './parts.js';

type Named = { readonly name: string };
const OPERATE = { tag: 'sources', access: 'operator', keyed: true, params: NAME_PARAMS } as const;

/** As `runs list` and the queue of jobs tell of it. */
export const jobDocument = ({ id, kind, source, lane, state, attempts, runAt, createdAt, startedAt, finishedAt, by, result, error }: Job) => ({
  formatVersion: 1, id, kind, source, lane, state, attempts, runAt: instant(runAt), createdAt: instant(createdAt), startedAt: instantOrNull(startedAt), finishedAt: instantOrNull(finishedAt), by, result: result ?? null, error,
});

@Controller()
export class SourcesController {
  constructor(@Inject(ApiPorts) private readonly ports: ApiPorts) {}

  @Route('GET', 'sources', { id: 'listSources', tag: 'sources', access: 'viewer', summary: 'List the sources: state, records, last runs', query: PAGING, answers: { 200: { about: 'One page of sources', schema: pageOf(ref('Source')) } } })
  async list(@TheCall() { engine, query }: Call<Paged, undefined, object>): Promise<Page<unknown>> {
    const [after = 0] = positionOf(query.cursor, ['sources'], ['number']) ?? [];
    const sources = await new OperationQueries(engine).sources();
    const size = sizeOf(query);
    return page(sources.slice(Number(after), Number(after) + size + 1), size, ['sources'], () => [Number(after) + size]);
  }

  @Route('GET', 'sources/:name', { id: 'showSource', tag: 'sources', access: 'viewer', summary: 'Show one source with its streams', params: NAME_PARAMS, answers: { 200: { about: 'The source', schema: ref('SourceDetails') } } })
  async show(@TheCall() { engine, params }: Call<object, undefined, Named>): Promise<unknown> {
    const source = (await new OperationQueries(engine).sources()).find(({ name }) => name === params.name);
    if (!source) throw notFound(`there is no source "${params.name}"`, 'see /api/v1/sources');
    return { formatVersion: 1, ...source };
  }

  @Route('POST', 'sources/:name/check', { ...OPERATE, id: 'checkSource', keyed: false, cost: 20, summary: 'Reach the source, sign in, and name each missing right and the clock skew; changes nothing', answers: { 200: { about: 'What was found', schema: ref('SourceCheck') } } })
  async check(@TheCall() call: Call<object, undefined, Named>): Promise<unknown> {
    const name = configuredSource(call, call.params.name);
    const findings = [];
    for await (const { finding } of checkSources(call.engine, [name])) findings.push(finding);
    const ok = findings.every(({ outcome }) => outcome !== 'failed');
    return { formatVersion: 1, ok, sources: [{ source: name, ok, findings }] };
  }

  @Route('POST', 'sources/:name/sync', {
    ...OPERATE, id: 'syncSource', cost: 5, summary: 'Read the source once, now; answered before it begins', body: record({ 'full?': flag({ description: 'read everything again, not only what changed', default: false }), 'stream?': text({ minLength: 1, maxLength: 100, description: 'only this stream' }), 'push?': flag({ description: 'deliver to targets afterwards', default: true }) }), bodyOptional: true,
    answers: { 202: { about: 'The job; Location leads to how it goes on', schema: ref('Job') } },
  })
  async sync(@TheCall() call: Call<object, { readonly full?: boolean; readonly stream?: string; readonly push?: boolean } | undefined, Named>): Promise<Answer> {
    const name = configuredSource(call, call.params.name);
    const { full = false, stream, push = true } = call.body ?? {};
    const streams = call.engine.config.sources.find((source) => source.name === name)?.streams ?? [];
    if (stream !== undefined && !streams.includes(stream)) throw invalid([{ pointer: '#/stream', detail: `${name} has no stream "${stream}"; it has ${streams.join(', ')}` }]);
    const job = await this.ports.queue.enqueue({
      kind: 'sync', source: name, lane: 'schedule', key: ['sync', name, full ? 'full' : 'incremental', stream ?? '', push ? '' : 'no-push'].join(':'), payload: { full, push, ...(stream !== undefined && { stream }), trigger: 'api' }, by: call.engine.actor,
    });
    return new Answer(jobDocument(job), { headers: { location: `/api/v1/jobs/${job.id}` } });
  }

  @Route('GET', 'jobs/:id', { id: 'showJob', tag: 'sources', access: 'viewer', summary: 'Show a job: whether it waits, runs or is over, and what came of it', params: NUMBER_PARAMS, answers: { 200: { about: 'The job', schema: ref('Job') } } })
  async job(@TheCall() { params }: Call<object, undefined, { readonly id: number }>): Promise<unknown> {
    const job = await this.ports.queue.find(params.id);
    if (!job) throw notFound(`there is no job ${params.id}`);
    return jobDocument(job);
  }

  @Route('POST', 'sources/:name/pause', { ...OPERATE, id: 'pauseSource', summary: 'Stop reading a source until it is resumed', body: record({ reason: REASON }), answers: { 200: { about: 'It is paused', schema: ref('SourcePause') } } })
  async pause(@TheCall() call: Call<object, { readonly reason: string }, Named>): Promise<unknown> {
    const name = configuredSource(call, call.params.name);
    await new PauseService(call.engine).pause(name, call.body.reason);
    return { formatVersion: 1, source: name, paused: true };
  }

  @Route('POST', 'sources/:name/resume', { ...OPERATE, id: 'resumeSource', summary: 'Read a paused source again', answers: { 200: { about: 'It is read again', schema: ref('SourcePause') } } })
  async resume(@TheCall() call: Call<object, undefined, Named>): Promise<unknown> {
    const name = configuredSource(call, call.params.name);
    await new PauseService(call.engine).resume(name);
    return { formatVersion: 1, source: name, paused: false };
  }

  @Route('POST', 'push/:name/pause', { ...OPERATE, tag: 'push', id: 'pauseTarget', summary: 'Write nothing to a target until it is resumed; what it is owed stays', body: record({ reason: REASON }), answers: { 200: { about: 'It is paused', schema: ref('TargetPause') } } })
  async pauseTarget(@TheCall() call: Call<object, { readonly reason: string }, Named>): Promise<unknown> {
    const target = configuredSource(call, call.params.name);
    await new OutboxService(call.engine).pause(target, call.body.reason);
    return { formatVersion: 1, target, paused: true };
  }

  @Route('POST', 'push/:name/resume', { ...OPERATE, tag: 'push', id: 'resumeTarget', summary: 'Write to a paused target again', answers: { 200: { about: 'It is written to again', schema: ref('TargetPause') } } })
  async resumeTarget(@TheCall() call: Call<object, undefined, Named>): Promise<unknown> {
    const target = configuredSource(call, call.params.name);
    await new OutboxService(call.engine).resume(target);
    return { formatVersion: 1, target, paused: false };
  }
}
