import fc from 'fast-check';
import { RebuildService } from '../../src/plan/rebuild.service.js';
import { canonicalModel } from '../support/canonical-model.js';
import { play } from '../support/play.js';
import { parameters } from '../support/property-runs.js';
import { arbitraryHistories, arbitrarySchedule } from '../support/worlds/arbitrary-histories.js';
import { PLAIN_SCHEDULE } from '../support/worlds/history.js';

const histories = arbitraryHistories({ maxRecords: 12, maxVersions: 4, without: ['stage'] });

describe('the whole pipeline', () => {
  it('gives the same model in any interleaving, duplication and page size', async () => {
    await fc.assert(fc.asyncProperty(histories, arbitrarySchedule, async (history, schedule) => {
      const plain = await play(history, PLAIN_SCHEDULE);
      const other = await play(history, schedule);

      try {
        expect(await canonicalModel(other.engine.database)).toEqual(await canonicalModel(plain.engine.database));
      } finally {
        await plain.close();
        await other.close();
      }
    }), parameters(25));
  });

  it('is computed again from what is stored and comes out the same', async () => {
    await fc.assert(fc.asyncProperty(arbitraryHistories({ maxRecords: 12, maxVersions: 4 }), arbitrarySchedule, async (history, schedule) => {
      const lab = await play(history, schedule);

      try {
        expect((await new RebuildService(lab.engine).verify()).differences).toEqual([]);
      } finally {
        await lab.close();
      }
    }), parameters(25));
  });

  it('writes nothing when nothing has changed', async () => {
    await fc.assert(fc.asyncProperty(arbitraryHistories({ maxRecords: 12, maxVersions: 3 }), arbitrarySchedule, async (history, schedule) => {
      const lab = await play(history, schedule);

      try {
        const before = await lab.engine.database.read((tx) => tx.query('SELECT MAX(seq) AS n FROM changes'));
        const report = await lab.sync();
        for (const run of report.runs) {
          expect(run.assets).toEqual({ created: 0, updated: 0, merged: 0, retired: 0 });
          expect(run.streams['records']).toMatchObject({ changed: 0, tombstoned: 0 });
        }
        expect(await lab.engine.database.read((tx) => tx.query('SELECT MAX(seq) AS n FROM changes'))).toEqual(before);
      } finally {
        await lab.close();
      }
    }), parameters(15));
  });
});
