import { emptyAll, MYSQL_FAULTS, StatementFault } from '../support/child/faults.js';
import { computer, openLab, type Lab, type LabRecord } from '../support/lab.js';
import { createTestDatabase, type TestDatabase } from '../support/mariadb.js';
import { complaintsOf } from '../support/model-checks.js';
import { modelDifferences, readModel } from '../support/model-compare.js';

/**
 * Only a server asks to try again: it may refuse the COMMIT itself (certification in a cluster), when everything has been
 * done once already. What a transaction leaves behind in memory would then count twice, or be missing in the database.
 */
describe('a commit that the server refuses once', () => {
  const retried = MYSQL_FAULTS.filter((fault) => fault.retried);
  const faults = new StatementFault();
  let database: TestDatabase;
  let lab: Lab;
  beforeAll(async () => {
    database = await createTestDatabase();
    lab = await openLab({ url: database.url, sources: { alpha: 'safety: { maxChangeRatio: 1, maxDeleteRatio: 1 }', beta: '' }, missingIsTold: true, engine: { onStatement: faults.onStatement } });
    lab.world.pageSize = 4;
  });
  afterAll(async () => {
    await lab.close();
    await database.drop();
  });

  /** Loads, bridges, an unmapped stage, a bad record, moves, emptied values, deletes: whatever counts something. */
  const first: LabRecord[] = [
    ...Array.from({ length: 6 }, (_, i) => computer(`a${i}`, { serial: `S${i}`, hostname: `h${i}`, stage: 'in_use', location: 'Berlin' })),
    computer('odd', { serial: 'ODD' }, { stage: { raw: { state: 'somewhere' } } }), { ...computer('bad'), broken: 'it cannot be read' },
  ];
  const second: LabRecord[] = [
    computer('a0', { serial: 'S0', hostname: 'h0', stage: 'maintenance', location: null }, { modifiedAt: Date.UTC(2026, 1, 1) }),
    ...first.slice(2), computer('bridge', { serial: 'S2', bios_uuid: '4c4c4544-0043-3510-8052-b4c04f564433' }),
  ];
  const others: LabRecord[] = [computer('b0', { bios_uuid: '4c4c4544-0043-3510-8052-b4c04f564433', hostname: 'other' })];

  async function story() {
    const said = [];
    for (const [alpha, beta] of [[first, others], [second, others]] as const) {
      lab.clock.advance(60_000);
      lab.world.records.set('alpha', [...alpha]);
      lab.world.records.set('beta', [...beta]);
      for (const source of ['alpha', 'beta']) said.push(...(await lab.sync([source])).runs.map(({ status, streams, assets, reviews, warnings, error }) => ({ status, streams, assets, reviews, warnings, error })));
    }
    return { said, model: await readModel(lab.engine.database), complaints: await complaintsOf(lab.engine.database) };
  }

  it.each(retried.map((fault) => [fault.name, fault] as const))('%s: nobody notices, nothing counts twice, nothing is missing', async (_name, fault) => {
    await emptyAll(lab.engine.database);
    const before = faults.commits;
    const undisturbed = await story();
    const commits = faults.commits - before;

    expect(undisturbed.complaints).toEqual([]);
    expect(commits).toBeGreaterThan(20);
    for (let n = 1; n <= commits; n++) {
      faults.disarm();
      await emptyAll(lab.engine.database);
      faults.armCommit(n, fault);
      const disturbed = await story();

      expect({ n, hit: faults.hit, said: disturbed.said, complaints: disturbed.complaints, differences: modelDifferences(undisturbed.model, disturbed.model) })
        .toEqual({ n, hit: 'COMMIT', said: undisturbed.said, complaints: [], differences: [] });
    }
  });
});
