import fc from 'fast-check';
import { RebuildService } from '../../src/plan/rebuild.service.js';
import { canonicalModel } from '../support/canonical-model.js';
import type { Database } from '../../src/database/database.js';
import { unpackBody } from '../../src/database/repositories/rows.js';
import { labRecord, play } from '../support/play.js';
import { parameters } from '../support/property-runs.js';
import { arbitraryHistories, arbitrarySchedule } from '../support/worlds/arbitrary-histories.js';
import { PLAIN_SCHEDULE } from '../support/worlds/history.js';

/** Lists are sets, and addresses have one spelling: only plain texts are compared as they are. */
const said = (claims: object): object => Object.fromEntries(Object.entries(claims).filter(([, value]) => typeof value === 'string' || value === null));

async function claimsOf(database: Database, source: string): Promise<Record<string, object>> {
  const rows = await database.read((tx) => tx.query(`SELECT h.external_id AS id, b.body AS body FROM record_heads h JOIN record_bodies b ON b.record_id = h.id JOIN streams st ON st.id = h.stream_id WHERE h.state = 'live' AND st.source = ?`, [source]));
  return Object.fromEntries(rows.map((row) => [row['id'], said(Object.fromEntries(Object.entries(unpackBody(row['body']).claims).map(([attribute, claim]) => [attribute, claim.value])))]));
}

// These are read long after they were written: the time of a change of stage is then when it was read, which an interleaving changes. See stages.spec.ts.
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
    }), parameters(10));
  });

  it('keeps of each record what its source said last', async () => {
    await fc.assert(fc.asyncProperty(arbitraryHistories({ maxRecords: 12, maxVersions: 4 }), arbitrarySchedule, async (history, schedule) => {
      const lab = await play(history, schedule);

      try {
        // A source of which the history tells nothing is never read.
        for (const { name } of history.sources.filter((source) => history.records.some((record) => record.source === source.name))) {
          const expected = Object.fromEntries(history.finalRows(name).map((row) => [row.id, said(labRecord(row).claims)]));
          expect(await claimsOf(lab.engine.database, name)).toEqual(expected);
        }
      } finally {
        await lab.close();
      }
    }), parameters(10));
  });

  it('is computed again from what is stored and comes out the same', async () => {
    await fc.assert(fc.asyncProperty(arbitraryHistories({ maxRecords: 12, maxVersions: 4 }), arbitrarySchedule, async (history, schedule) => {
      const lab = await play(history, schedule);

      try {
        expect((await new RebuildService(lab.engine).verify()).differences).toEqual([]);
      } finally {
        await lab.close();
      }
    }), parameters(10));
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
    }), parameters(6));
  });
});
