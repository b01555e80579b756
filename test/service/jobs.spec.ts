import { setImmediate as turn } from 'node:timers/promises';
import type { Engine } from '../../src/engine/engine.js';
import { ManualClock } from '../support/manual-clock.js';
import { Tools } from '../support/tools.js';
import { listJobs } from '../../src/database/repositories/jobs.js';
import type { Job, JobKind, JobRequest } from '../../src/queue/job-queue.js';
import { TableQueue } from '../../src/queue/table-queue.js';
import { Worker, type JobHandler, type JobOutcome } from '../../src/queue/worker.js';

/** A worker whose jobs end when the test says so. */
class Shop {
  readonly begun: string[] = [];
  readonly observed: unknown[] = [];
  private readonly open = new Map<string, (outcome: JobOutcome) => void>();
  private heard: (() => void) | undefined;
  readonly clock = new ManualClock(1_000_000);
  readonly engine: Engine;
  readonly queue: TableQueue;
  worker: Worker;

  constructor(readonly bench: Tools) {
    this.engine = { ...bench.engine, clock: this.clock, metrics: { count: () => undefined, observe: (name, seconds, labels) => void this.observed.push([name, seconds, labels]) } };
    this.queue = new TableQueue(this.engine);
    this.worker = this.newWorker();
  }

  newWorker(): Worker {
    const handle: JobHandler = (job, engine) => new Promise((resolve) => {
      const name = this.nameOf(job);
      this.begun.push(name);
      this.open.set(name, resolve);
      engine.signal.addEventListener('abort', () => resolve({ kind: 'again', at: this.clock.now(), reason: 'stopped' }), { once: true });
      this.heard?.();
    });
    return new Worker(() => this.engine, this.queue, Object.fromEntries((['sync', 'push', 'inbox', 'upkeep', 'notices'] as const).map((kind) => [kind, handle])) as Record<JobKind, JobHandler>);
  }

  private readonly nameOf = ({ kind, source, payload }: Pick<Job, 'kind' | 'source' | 'payload'>): string => `${kind}:${source}${payload['n'] === undefined ? '' : `#${String(payload['n'])}`}`;

  add(request: Partial<JobRequest> & Pick<JobRequest, 'kind' | 'source'>): Promise<Job> {
    return this.queue.enqueue({ lane: 'schedule', by: 'test', ...request });
  }

  async until(count: number): Promise<void> {
    while (this.begun.length < count) await new Promise<void>((resolve) => { this.heard = resolve; });
  }

  async end(name: string, outcome: JobOutcome = { kind: 'done' }): Promise<void> {
    this.open.get(name)?.(outcome);
    this.open.delete(name);
  }

  jobs(): Promise<Job[]> {
    return this.engine.database.read((tx) => listJobs(tx, { limit: 1_000 }));
  }
}

describe('jobs', () => {
  let shop: Shop;
  beforeEach(async () => { shop = new Shop(await Tools.open({ alpha: '' })); });
  afterEach(async () => {
    await shop.worker.stop('the test is over');
    await shop.bench.close();
  });

  it('that wait under one key are one: in the better lane, at the earlier time, with what either wants', async () => {
    const first = await shop.add({ kind: 'sync', source: 'alpha', key: 'sync:alpha', runAt: 5_000_000, payload: { trigger: 'schedule' } });
    const second = await shop.add({ kind: 'sync', source: 'alpha', key: 'sync:alpha', runAt: 2_000_000, lane: 'webhook', payload: { full: true } });
    const third = await shop.add({ kind: 'sync', source: 'alpha', key: 'sync:alpha', runAt: 9_000_000, lane: 'backfill' });
    expect([first.id, second.id, third.id]).toEqual([1, 1, 1]);
    expect(await shop.jobs()).toMatchObject([{ runAt: 2_000_000, lane: 'webhook', payload: { trigger: 'schedule', full: true } }]);
    await shop.add({ kind: 'sync', source: 'alpha', key: 'sync:alpha', runAt: 1, unlessWaiting: true });
    expect(await shop.jobs()).toMatchObject([{ runAt: 2_000_000 }]);
  });

  it('of one kind and source are done one after the other; asked for again meanwhile, once more', async () => {
    await shop.worker.start();
    await shop.add({ kind: 'sync', source: 'alpha', key: 'sync:alpha' });
    await shop.until(1);
    await shop.add({ kind: 'sync', source: 'alpha', key: 'sync:alpha' });
    await shop.add({ kind: 'sync', source: 'alpha', key: 'sync:alpha' });
    await shop.add({ kind: 'push', source: 'alpha' });
    await shop.until(2);
    expect(shop.begun).toEqual(['sync:alpha', 'push:alpha']);
    await shop.end('sync:alpha');
    await shop.until(3);
    expect(shop.begun).toEqual(['sync:alpha', 'push:alpha', 'sync:alpha']);
  });

  it('of webhooks go before schedules, and those before filling up; the last places are kept for them', async () => {
    for (let i = 0; i < 9; i++) await shop.add({ kind: 'sync', source: `fill-${i}`, lane: 'backfill' });
    await shop.worker.start();
    await shop.until(4);
    for (let i = 0; i < 3; i++) await shop.add({ kind: 'sync', source: `timed-${i}` });
    await shop.until(5);
    await shop.add({ kind: 'inbox', source: 'alpha', lane: 'webhook' });
    await shop.until(6);
    expect(shop.begun.map((name) => name.split(/[:-]/)[1])).toEqual(['fill', 'fill', 'fill', 'fill', 'timed', 'alpha']);
    await shop.end(shop.begun[0] as string);
    await shop.end(shop.begun[1] as string);
    await shop.until(7);
    expect(shop.begun[6]).toBe('sync:timed-1');
  });

  it('by the thousand of one source delay no other: each source comes to its turn', async () => {
    const { database } = shop.bench.engine;
    const columns = ['id', 'kind', 'source', 'lane', 'payload', 'state', 'run_at', 'attempts', 'created_at', 'created_by'];
    await database.transaction((tx) => tx.insertMany('jobs', columns, Array.from({ length: 20_000 }, (_, i) => [1_000_000 + i, 'sync', 'busy', 1, '{}', 'waiting', 0, 0, 0, 'test'])));
    await shop.add({ kind: 'sync', source: 'quiet' });
    await shop.worker.start();
    await shop.until(2);
    expect(shop.begun.slice(0, 2).sort()).toEqual(['sync:busy', 'sync:quiet']);
  });

  it('that are stopped wait again, and are done when the worker goes on', async () => {
    await shop.worker.start();
    const job = await shop.add({ kind: 'sync', source: 'alpha' });
    await shop.until(1);
    await shop.worker.hold('a reload');
    expect(await shop.jobs()).toMatchObject([{ state: 'waiting', error: 'stopped', attempts: 0 }]);
    shop.clock.advance(2_500);
    shop.worker.release();
    await shop.until(2);
    expect(shop.observed).toEqual([['lockstep_job_wait_seconds', 0, { lane: 'schedule' }], ['lockstep_job_wait_seconds', 2.5, { lane: 'schedule' }]]);
    await shop.end('sync:alpha', { kind: 'done', result: { n: 7 } });
    expect(await shop.queue.ended(job.id)).toMatchObject({ state: 'done', result: { n: 7 } });
  });

  it('that fail by surprise are tried again later, and given up in the end', async () => {
    await shop.worker.stop('not used here');
    let tries = 0;
    const worker = new Worker(() => shop.engine, shop.queue, { sync: async () => { tries++; throw new Error('something broke'); } } as never);
    await worker.start();
    const job = await shop.add({ kind: 'sync', source: 'alpha' });
    for (let end = await shop.queue.find(job.id); end?.state !== 'failed'; end = await shop.queue.find(job.id)) {
      shop.clock.advance(60_000);
      await turn();
    }
    expect(await shop.queue.ended(job.id)).toMatchObject({ state: 'failed', error: 'something broke', attempts: 5 });
    expect(tries).toBe(5);
    await worker.stop('the test is over');
  });

  it('that were taken over while their worker was stopped for long are ended by whoever has them now', async () => {
    await shop.worker.start();
    const job = await shop.add({ kind: 'sync', source: 'alpha' });
    await shop.until(1);
    // Its lease ran out, another worker found that, and does the job.
    const { database } = shop.bench.engine;
    await database.transaction(async (tx) => {
      await tx.execute(`UPDATE leases SET holder = 'another', fence = fence + 1 WHERE name = 'job:sync:alpha'`);
      await tx.execute(`UPDATE jobs SET holder = 'another' WHERE id = ?`, [job.id]);
    });
    await shop.end('sync:alpha', { kind: 'done', result: 'late' });
    await shop.worker.stop('to have it end');
    expect(await shop.queue.find(job.id)).toMatchObject({ state: 'running', result: null });
  });

  it('are never done by two workers at once, of one process neither', async () => {
    const other = shop.newWorker();
    await shop.add({ kind: 'sync', source: 'alpha' });
    await shop.add({ kind: 'sync', source: 'alpha' });
    await shop.worker.start();
    await shop.until(1);
    await other.start();
    await shop.add({ kind: 'push', source: 'alpha' });
    await shop.until(2);
    expect(shop.begun.sort()).toEqual(['push:alpha', 'sync:alpha']);
    await other.stop('the test is over');
  });

  it('of a process that ended are taken over; those of one that runs are left', async () => {
    const { database } = shop.bench.engine;
    await shop.add({ kind: 'sync', source: 'alpha' });
    await shop.add({ kind: 'sync', source: 'beta' });
    const far = shop.clock.now() + 3_600_000;
    await database.transaction(async (tx) => {
      await tx.execute(`UPDATE jobs SET state = 'running', holder = 'elsewhere', attempts = 1`);
      await tx.insertMany('leases', ['name', 'holder', 'fence', 'expires_at'], [['job:sync:beta', 'elsewhere', 1, far], ['job:sync:alpha', 'elsewhere', 2, shop.clock.now() - 1]]);
    });
    await shop.worker.start();
    await shop.until(1);
    expect([shop.begun, (await shop.jobs()).map(({ source, state }) => [source, state])]).toEqual([['sync:alpha'], [['beta', 'running'], ['alpha', 'running']]]);
  });
});
