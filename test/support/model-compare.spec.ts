import type { Tx } from '../../src/database/tx.js';
import { WorldFolder } from './child/world-folder.js';
import { openWorld, type WorldLab } from './child/world-lab.js';
import { complaintsIn, complaintsOf, countsOf } from './model-checks.js';
import { modelDifferences, modelIn, readModel, type ComparedModel } from './model-compare.js';

const MEMORY = 'sqlite::memory:';

async function synced(pageSize: number, epochs: readonly (0 | 1)[], sources?: readonly string[]): Promise<{ readonly lab: WorldLab; readonly folder: WorldFolder }> {
  const folder = new WorldFolder({ seed: 7, assets: 200, pageSize }, MEMORY);
  const lab = await openWorld(folder);
  for (const epoch of epochs) {
    folder.see(epoch);
    for (const source of sources ?? ['']) {
      const { runs } = await lab.sync(source === '' ? {} : { sources: [source] });
      expect(runs.map((run) => run.status)).toEqual(runs.map(() => 'succeeded'));
    }
  }
  return { lab, folder };
}

describe('the oracle of the crash tests', () => {
  let lab: WorldLab;
  let folder: WorldFolder;
  let model: ComparedModel;
  beforeAll(async () => {
    ({ lab, folder } = await synced(50, [0, 1]));
    model = await readModel(lab.engine.database);
  });
  afterAll(async () => {
    await lab.close();
    folder.remove();
  });
  /** Damages, looks, and takes the damage back. */
  async function lookAfter<T>(damage: (tx: Tx) => Promise<number>, look: (tx: Tx) => Promise<T>): Promise<T> {
    const taken = new Error('taken back');
    let seen: { readonly value: T } | undefined;
    const attempt = lab.engine.database.transaction(async (tx) => {
      if ((await damage(tx)) === 0) throw new Error('it damages nothing');
      seen = { value: await look(tx) };
      throw taken;
    });
    await expect(attempt).rejects.toBe(taken);
    return seen!.value;
  }

  it('sees a world worth killing: overlaps, merges, reviews, quarantine, ends that wait', async () => {
    const sizes = await countsOf(lab.engine.database);

    expect(Object.values(model.assets).filter((asset) => asset.records.length > 1).length).toBeGreaterThan(40);
    expect(sizes['asset_redirects']).toBeGreaterThan(0);
    expect(sizes['parked_refs']).toBeGreaterThan(0);
    expect(model.quarantine.length).toBeGreaterThan(0);
    expect(model.reviews.length).toBeGreaterThan(0);
    expect(model.relationships.length).toBeGreaterThan(3);
    expect(model.installations.length).toBeGreaterThan(5);
    expect(Object.values(model.assets).some((asset) => asset.records.some((record) => record.endsWith(' tombstoned')))).toBe(true);
    expect(Object.values(model.assets).some((asset) => asset.moves.length > 0)).toBe(true);
  });

  it('finds nothing wrong with a sound database', async () => {
    expect(await complaintsOf(lab.engine.database)).toEqual([]);
  });

  it('calls two databases equal that got the same by other pages and in another order', async () => {
    const other = await synced(7, [0, 1], ['gamma', 'alpha', 'beta']);
    const differences = modelDifferences(model, await readModel(other.lab.engine.database));
    await other.lab.close();
    other.folder.remove();

    expect(differences).toEqual([]);
  });

  it.each([
    ['a value', `UPDATE assets SET attributes = REPLACE(attributes, 'Berlin 1', 'Bonn') WHERE attributes LIKE '%Berlin 1%'`],
    ['a stage', `UPDATE assets SET stage = 'retired' WHERE seq = 3`],
    ['a record that moved to another asset', `UPDATE record_heads SET asset_id = (SELECT MIN(id) FROM assets) WHERE id = (SELECT MAX(id) FROM record_heads WHERE kind = 'asset')`],
    ['a record that is gone', `UPDATE record_heads SET state = 'tombstoned' WHERE id = 1`],
    ['a relationship', 'DELETE FROM relationships WHERE record_id = (SELECT MIN(record_id) FROM relationships)'],
    ['an end', 'UPDATE relationships SET to_record_id = NULL WHERE record_id = (SELECT MIN(record_id) FROM relationships WHERE to_record_id IS NOT NULL)'],
    ['an installation', `UPDATE installations SET product = 'other' WHERE record_id = (SELECT MIN(record_id) FROM installations)`],
    ['the quarantine', 'DELETE FROM quarantine WHERE id = (SELECT MIN(id) FROM quarantine)'],
    ['a review', `UPDATE reviews SET status = 'over' WHERE id = (SELECT MIN(id) FROM reviews WHERE status = 'open')`],
    ['an identifier', 'DELETE FROM identifiers WHERE record_id = 1'],
    ['a move', 'DELETE FROM stage_moves'],
  ])('tells when %s differs', async (_what, sql) => {
    const seen = await lookAfter((tx) => tx.execute(sql), modelIn);

    expect(modelDifferences(model, seen)).not.toEqual([]);
  });

  it.each([
    ['an identifier without its record', `INSERT INTO identifiers (value_key, record_id, stream_id, live) VALUES ('serial:x', 999999, 1, 1)`],
    ['an identifier that is live although', `UPDATE record_heads SET state = 'tombstoned' WHERE id = 1`],
    ['a record in an asset that is not there', `UPDATE record_heads SET asset_id = 'ast-nobody' WHERE id = 1`],
    ['an accepted record in no asset', `UPDATE record_heads SET asset_id = NULL WHERE id = 1`],
    ['an asset without records', `INSERT INTO assets (id, seq, anchor_record_id, stage, own_stage, attributes, as_of, created_at, updated_at) VALUES ('ast-x', 999999, 1, 'in_use', 'in_use', '{}', 0, 0, 0)`],
    ['a record without a body', 'DELETE FROM record_bodies WHERE record_id = 1'],
    ['whose newest version is not kept', 'DELETE FROM record_versions WHERE record_id = 1'],
    ['a row of relationships without its record', `INSERT INTO relationships (record_id, relation, from_ref, to_ref) VALUES (999999, 'runs_on', '{}', '{}')`],
    ['an end that waits for a record that has come', `INSERT INTO parked_refs (ref_key, record_id, side) SELECT 'alpha/assets/' || external_id, 1, 'to' FROM record_heads WHERE stream_id = (SELECT id FROM streams WHERE source = 'alpha' AND name = 'assets') LIMIT 1`],
    ['the change log jumps', 'DELETE FROM changes WHERE seq = 5'],
    ['changes nothing', `UPDATE changes SET before_value = after_value WHERE seq = (SELECT MAX(seq) FROM changes WHERE attribute = 'owner')`],
    ['but the log ends at', `UPDATE changes SET after_value = '"nobody@example.com"' WHERE seq = (SELECT MAX(seq) FROM changes WHERE attribute = 'owner')`],
    ['would give', `UPDATE sequences SET next = 2 WHERE name = 'changes'`],
    ['leads on to', `INSERT INTO asset_redirects (old_id, new_id, at) VALUES ('ast-older', 'ast-old', 0), ('ast-old', 'ast-0000001', 0)`],
    ['although nobody runs it', `UPDATE runs SET status = 'running' WHERE id = (SELECT MIN(id) FROM runs)`],
    ['but its stream', `UPDATE run_streams SET status = 'running' WHERE run_id = (SELECT MIN(id) FROM runs)`],
    ['is still held by', `UPDATE leases SET holder = 'somebody' WHERE name = 'source:alpha'`],
    ['wait for the end of a run', `UPDATE record_versions SET state = 'waiting' WHERE record_id = 1`],
    ['two open reviews of one cause', `INSERT INTO reviews (id, kind, cause, status, opened_at, updated_at, because, detail) SELECT 999999, kind, cause, status, 0, 0, because, detail FROM reviews WHERE status = 'open' LIMIT 1`],
  ])('complains: %s', async (words, sql) => {
    const complaints = await lookAfter((tx) => tx.execute(sql), complaintsIn);

    expect(complaints.join('\n')).toContain(words);
  });

  it('complains of an asset that was created twice', async () => {
    const complaints = await lookAfter(async (tx) => {
      const [row] = await tx.query('SELECT MAX(seq) AS n FROM changes');
      await tx.execute(`UPDATE sequences SET next = next + 1 WHERE name = 'changes'`);
      return tx.execute(`INSERT INTO changes (seq, asset_id, at, attribute, before_value, after_value, cause_kind, config_hash) SELECT ?, asset_id, at, attribute, before_value, after_value, cause_kind, config_hash FROM changes WHERE attribute = 'created' LIMIT 1`, [Number(row?.['n']) + 1]);
    }, complaintsIn);

    expect(complaints.join('\n')).toContain('was created 2 times');
  });

  it('finds that a second sync with nothing new writes nothing', async () => {
    const counts = await countsOf(lab.engine.database);
    await lab.sync();
    await lab.sync({ full: true });

    expect(await countsOf(lab.engine.database)).toEqual(counts);
    expect(modelDifferences(model, await readModel(lab.engine.database))).toEqual([]);
    expect(await complaintsOf(lab.engine.database)).toEqual([]);
  });
});
