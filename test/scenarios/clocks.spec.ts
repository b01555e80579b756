import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnavailableError } from '../../connectors/sdk/contract/index.js';
import { WorldFolder } from '../support/child/world-folder.js';
import { openWorld, type WorldLab } from '../support/child/world-lab.js';
import { LabClock } from '../support/lab.js';
import { complaintsOf } from '../support/model-checks.js';
import { modelDifferences, readModel, type ComparedModel } from '../support/model-compare.js';

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const JUMPS: readonly (readonly [string, number])[] = [['an hour on', HOUR], ['an hour back', -HOUR], ['a day on', DAY], ['a day back', -DAY], ['ten minutes on', 10 * MINUTE], ['ten minutes back', -10 * MINUTE]];
const SIZE = { seed: 11, assets: 120, pageSize: 20 };

/** Clocks are set: by hand, by a time server after a long sleep, by a restored machine. Nothing that was read may be lost or come twice. */
describe('a clock that jumps', () => {
  const folder = new WorldFolder(SIZE, 'sqlite::memory:');
  let models: readonly [ComparedModel, ComparedModel];

  /** A sync of everything, an hour after the last. `failsAt`: the page of alpha's assets that does not come. */
  let failsAt: number | undefined;
  const open = (clock: LabClock): Promise<WorldLab> => openWorld(folder, {
    clock,
    onPage: (source, stream, page) => {
      if (source === 'alpha' && stream === 'assets' && page === failsAt) throw new UnavailableError('the network is down');
    },
  });

  beforeAll(async () => {
    const clock = new LabClock();
    const lab = await open(clock);
    await lab.sync();
    const first = await readModel(lab.engine.database);
    folder.see(1);
    clock.advance(HOUR);
    await lab.sync();
    models = [first, await readModel(lab.engine.database)];
    await lab.close();
  });
  beforeEach(() => {
    failsAt = undefined;
    folder.see(0);
  });
  afterAll(() => folder.remove());

  const complaints = async ({ engine: { database } }: WorldLab, model: ComparedModel): Promise<string[]> => [...modelDifferences(model, await readModel(database)), ...(await complaintsOf(database))];
  const statuses = async (lab: WorldLab, full = false): Promise<string[]> => (await lab.sync({ full })).runs.map((run) => run.status);
  const GOOD = ['succeeded', 'succeeded', 'succeeded'];

  it.each(JUMPS)('%s between two syncs', async (_name, jump) => {
    for (const full of [false, true]) {
      const clock = new LabClock();
      folder.see(0);
      const lab = await open(clock);
      await lab.sync();
      clock.advance(jump);
      folder.see(1);

      expect(await statuses(lab, full)).toEqual(GOOD);
      clock.advance(HOUR - jump);
      expect(await statuses(lab)).toEqual(GOOD);
      expect(await complaints(lab, models[1])).toEqual([]);
      await lab.close();
    }
  });

  it.each(JUMPS)('%s and back, with runs that broke off before and while it was wrong', async (_name, jump) => {
    const clock = new LabClock();
    const lab = await open(clock);
    await lab.sync();
    clock.advance(HOUR);
    failsAt = 2;
    expect(await statuses(lab, true)).toContain('partial');
    clock.advance(jump);
    failsAt = 1;
    expect(await statuses(lab, true)).toContain('partial');
    clock.advance(-jump + MINUTE);
    failsAt = undefined;
    // What was read while the clock was wrong is newer than what the first broken run knows.
    expect(await statuses(lab, true)).toEqual(GOOD);
    expect(await complaints(lab, models[0])).toEqual([]);
    clock.advance(HOUR);
    folder.see(1);

    expect(await statuses(lab)).toEqual(GOOD);
    expect(await statuses(lab, true)).toEqual(GOOD);
    expect(await complaints(lab, models[1])).toEqual([]);
    await lab.close();
  });

  it.each(JUMPS)('%s under a run that was whole, after one that broke off', async (_name, jump) => {
    const clock = new LabClock();
    const lab = await open(clock);
    await lab.sync();
    clock.advance(HOUR + jump);
    failsAt = 2;
    expect(await statuses(lab, true)).toContain('partial');
    clock.advance(-jump);
    failsAt = undefined;
    folder.see(1);
    expect(await statuses(lab, true)).toEqual(GOOD);
    clock.advance(HOUR);

    // Nothing of the broken run may be gone on with: the whole one came after it, whatever the clock said.
    expect(await statuses(lab, true)).toEqual(GOOD);
    expect(await complaints(lab, models[1])).toEqual([]);
    await lab.close();
  });

  it.each([['ahead', 10 * MINUTE], ['behind', -10 * MINUTE]])('a source whose clock is ten minutes %s', async (_name, shift) => {
    const clock = new LabClock();
    const lab = await open(clock);
    await lab.sync();
    clock.advance(HOUR);
    const world = folder.world(1);
    const rows = world.sources['alpha']!['assets']!.map((row) => (row.epoch === 1 && row.record ? { ...row, record: { ...row.record, modifiedAt: clock.now() + shift } } : row));
    writeFileSync(join(folder.path, 'world.json'), JSON.stringify({ ...world, sources: { ...world.sources, alpha: { ...world.sources['alpha'], assets: rows } } }));

    expect(await statuses(lab)).toEqual(GOOD);
    expect(await complaints(lab, models[1])).toEqual([]);
    clock.advance(MINUTE);
    expect(await statuses(lab, true)).toEqual(GOOD);
    expect(await complaints(lab, models[1])).toEqual([]);
    await lab.close();
  });
});
