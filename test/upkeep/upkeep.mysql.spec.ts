import { databaseFindings, workFacts } from '../../src/upkeep/doctor/database.js';
import { judgeWork } from '../../src/upkeep/doctor/work.js';
import { RetentionService } from '../../src/upkeep/retention.service.js';
import { databaseCollector } from '../../src/observability/collector.js';
import { createTestDatabase, type TestDatabase } from '../support/mariadb.js';
import { Tools } from '../support/tools.js';

/** The statements of metrics, retention and doctor, on the other dialect; what they mean is held by their own specs. */
describe('upkeep on a server', () => {
  let database: TestDatabase;
  let bench: Tools;
  beforeAll(async () => {
    database = await createTestDatabase();
    bench = await Tools.open({ alpha: '', beta: '{ enabled: true, fields: [stage, location], onDrift: ours }' }, { yaml: 'authority: { default: [alpha, beta] }', url: database.url });
    for (const name of ['alpha', 'beta']) bench.tool(name).put(...['1', '2'].map((id) => ({ id, status: 'A', serial_number: `SN-0000${id}`, location: 'Berlin' })));
    await bench.sync();
    for (let day = 1; day <= 5; day++) {
      bench.tool('alpha').edit('1', { location: `Room ${day}` });
      await bench.sync({ afterMs: 86_400_000 });
    }
    bench.tool('beta').switches.refuse = () => 'locked';
    bench.tool('alpha').edit('2', { location: 'Ulm' });
    await bench.sync();
  });
  afterAll(async () => {
    await bench.close();
    await database.drop();
  });

  it('measures', async () => {
    const samples = await databaseCollector(bench.engine)();

    expect(samples).toEqual(expect.arrayContaining([{ name: 'lockstep_dead_letters', labels: { target: 'beta' }, value: 1 }, { name: 'lockstep_migrations_pending', value: 0 }, { name: 'lockstep_last_run_outcome', labels: { source: 'alpha', outcome: 'succeeded' }, value: 1 }]));
  });

  it('examines', async () => {
    expect(await databaseFindings(bench.engine.database, undefined, () => Date.now())).toMatchObject([{ subject: 'schema', outcome: 'ok' }, { subject: 'clock', outcome: 'ok' }]);
    expect(judgeWork(await workFacts(bench.engine.database, bench.engine.config, bench.clock.now()))).toEqual([expect.objectContaining({ subject: 'beta', message: '1 dead letter' })]);
  });

  it('prunes, and the model computes to itself', async () => {
    bench.clock.advance(400 * 86_400_000);

    const { pruned } = await new RetentionService(bench.engine, { rows: 3 }).prune();

    expect(pruned.versions).toBeGreaterThan(5);
    expect(pruned.attempts).toBeGreaterThan(3);
    expect(pruned.runs).toBeGreaterThan(3);
    bench.tool('beta').switches.refuse = () => undefined;
    await bench.isAtRest();
  });
});
