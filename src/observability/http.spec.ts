import fastify from 'fastify';
import { Database } from '../database/database.js';
import { registerMetrics, registerProbes, type ProbePorts } from './http.js';
import { ServiceMetrics } from './metrics.js';

describe('the probes', () => {
  let database: Database;
  beforeEach(async () => { database = await Database.open({ url: 'sqlite::memory:' }); });
  afterEach(() => database.close());

  async function ask(path: string, more: Partial<ProbePorts> = {}) {
    const failures: string[] = [];
    const server = fastify();
    registerProbes(server, { database, isStopping: () => false, onFailure: (error) => failures.push((error as Error).message), ...more });
    const { statusCode, body, headers } = await server.inject(path);
    await server.close();
    return { statusCode, body: JSON.parse(body) as unknown, cache: headers['cache-control'], failures };
  }

  it('is ready when the database answers and is migrated', async () => {
    expect(await ask('/health/ready')).toEqual({ statusCode: 200, body: { status: 'ready' }, cache: 'no-store', failures: [] });
  });

  it.each<[string, Partial<ProbePorts>, RegExp | undefined]>([
    ['it is ending', { isStopping: () => true }, undefined],
    ['the database does not answer', { database: { read: async () => { throw new Error('connect ECONNREFUSED 10.0.0.1:3306 as lockstep'); } } }, /ECONNREFUSED/],
    ['the database takes too long', { database: { read: () => new Promise<never>(() => undefined) }, deadline: (_ms, fire) => { fire(); return () => undefined; } }, /within 3000 ms/],
    ['the database throws at once', { database: { read: () => { throw new Error('closed'); } } }, /closed/],
  ])('is not ready when %s, and says no more than that', async (_when, more, failure) => {
    const answer = await ask('/health/ready', more);

    expect(answer).toMatchObject({ statusCode: 503, body: { status: 'not ready' } });
    expect(answer.failures).toEqual(failure ? [expect.stringMatching(failure)] : []);
  });

  it('is not ready on a schema that differs from its own', async () => {
    await database.transaction((tx) => tx.execute(`INSERT INTO migrations (timestamp, name) VALUES (1, 'Later1')`));

    expect(await ask('/health/ready')).toMatchObject({ statusCode: 503, failures: ['1 migrations differ between the database and this version'] });
  });

  it('lives without asking anybody, even when it is ending', async () => {
    const asked: string[] = [];
    const more: Partial<ProbePorts> = { database: { read: async () => { asked.push('database'); throw new Error('away'); } }, isStopping: () => true };

    expect(await ask('/health/live', more)).toMatchObject({ statusCode: 200, body: { status: 'live' } });
    expect(asked).toEqual([]);
  });
});

it('answers scrapes in the format that they are read in', async () => {
  const metrics = new ServiceMetrics({ clock: { now: () => 0 }, version: '1', process: true });
  metrics.count('lockstep_runs_total', { source: 'crm', outcome: 'succeeded' });
  const server = fastify();
  registerMetrics(server, metrics);

  const { headers, body } = await server.inject('/metrics');

  await server.close();
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(body).toContain('lockstep_runs_total{source="crm",outcome="succeeded"} 1\n');
  expect(body).toContain('process_resident_memory_bytes ');
});
