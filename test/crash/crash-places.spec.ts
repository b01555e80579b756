import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CRASH_PLACES, type CrashPlace } from '../../src/engine/crash-places.js';
import { productFolder, type Ended } from '../support/child/children.js';
import { KillStage, type DatabaseKind } from '../support/child/kill-stage.js';
import { isTimeUp, progress, seedOf, sizeOf } from '../support/child/sizes.js';
import { WorldFolder } from '../support/child/world-folder.js';
import { openWorld } from '../support/child/world-lab.js';
import { randomOf } from '../support/child/world.js';
import type { ComparedModel } from '../support/model-compare.js';

const ROUNDS = sizeOf('LOCKSTEP_CRASH_PLACES', 1);
const FAST = `--import=${pathToFileURL(join(productFolder(), 'test/support/child/fast-intervals.js')).href}`;

/** The process dies at each place that the product names, in a first load and in a sync with changes and deletes, and the next one ends as if nothing had been. */
describe.each<DatabaseKind>(['sqlite', 'mysql'])('a process that dies at a named place, on %s', (kind) => {
  const seed = seedOf(`places ${kind}`);
  const random = randomOf(seed);
  let size = { seed: seed % 1_000, assets: 150, pageSize: 40 };
  let models: readonly [ComparedModel, ComparedModel];
  /** How often a sync passes each place: of the first load, of the changes. */
  let passed: readonly [ReadonlyMap<CrashPlace, number>, ReadonlyMap<CrashPlace, number>];
  let done = 0;

  /** Which places a world's two syncs pass. */
  async function passedIn(world: typeof size): Promise<typeof passed> {
    const [counts, folder] = [[new Map<CrashPlace, number>(), new Map<CrashPlace, number>()] as const, new WorldFolder(world, 'sqlite::memory:')];
    let epoch: 0 | 1 = 0;
    const lab = await openWorld(folder, { crash: (place) => void counts[epoch].set(place, (counts[epoch].get(place) ?? 0) + 1) });
    await lab.sync();
    folder.see((epoch = 1));
    await lab.sync();
    await lab.close();
    folder.remove();
    return counts;
  }
  const isWhole = ([first, second]: typeof passed): boolean => CRASH_PLACES.every((place) => place === 'at lease renewal' || first.has(place) || second.has(place));

  beforeAll(async () => {
    // Now and then a world has nothing that is tombstoned: then the next one is taken.
    for (passed = await passedIn(size); !isWhole(passed); passed = await passedIn(size)) size = { ...size, seed: size.seed + 1 };
    const stage = await KillStage.open(kind, size);
    await stage.finish();
    const first = await stage.model();
    stage.folder.see(1);
    await stage.finish();
    models = [first, await stage.model()];
    await stage.close();
  });

  /** Where a page is slow the lease is renewed; all other places are passed by themselves. */
  const dieAt = (stage: KillStage, place: CrashPlace, n: number): Promise<Ended> => stage.run(['sync'], {
    env: { LOCKSTEP_TEST_CRASH: `${place}#${n}`, ...(place === 'at lease renewal' && { LOCKSTEP_TEST_HANG: 'beta/assets/0', NODE_OPTIONS: FAST }) },
  });

  it.each(CRASH_PLACES)('%s', async (place) => {
    for (let round = 0; round < ROUNDS && !(round > 0 && isTimeUp()); round++) {
      const epochs = ([0, 1] as const).filter((epoch) => place === 'at lease renewal' || passed[epoch].has(place));
      expect(epochs).not.toEqual([]);
      for (const epoch of epochs) {
        const stage = await KillStage.open(kind, size);
        try {
          if (epoch === 1) {
            await stage.finish();
            stage.folder.see(1);
          }
          const n = 1 + Math.floor(random() * Math.min(passed[epoch].get(place) ?? 1, MOST[place] ?? Infinity));
          const died = await dieAt(stage, place, n);
          const where = `${place}, time ${n}, epoch ${epoch}`;

          expect({ where, signal: died.signal }).toEqual({ where, signal: 'SIGKILL' });
          await stage.finish();
          expect({ where, complaints: await stage.oracle(models[epoch]) }).toEqual({ where, complaints: [] });
          const counts = await stage.counts();
          await stage.finish();
          expect({ where, counts: await stage.counts() }).toEqual({ where, counts });
          progress(`places ${kind}`, ++done);
        } finally {
          await stage.close();
        }
      }
    }
  });
});

/** A database of a server needs fewer statements for its tables than a file. */
const MOST: Partial<Record<CrashPlace, number>> = { 'between schema statements': 30 };
