import { KillStage, type DatabaseKind } from '../support/child/kill-stage.js';
import { progress, seedOf, sizeOf, worldSize } from '../support/child/sizes.js';
import { randomOf } from '../support/child/world.js';
import type { ComparedModel } from '../support/model-compare.js';

/** How often the extras of a cycle are asked for: they hold for a model, and the models are equal. */
const EXTRAS_EVERY = 5;

/**
 * `kill -9` at a drawn instant of `sync`, then again to the end: the model of the run that nobody killed, nothing doubled,
 * nothing left behind. Every other cycle kills a first load, the others a sync with changes, moves, deletes and merges.
 */
describe.each<[DatabaseKind, number]>([
  ['sqlite', sizeOf('LOCKSTEP_CRASH_KILLS', 40)], ['mysql', sizeOf('LOCKSTEP_CRASH_KILLS_MYSQL', 10)],
])('kill -9 on %s', (kind, kills) => {
  const seed = seedOf(`kill ${kind}`);
  const random = randomOf(seed);
  const size = { seed: seed % 1_000, assets: worldSize() };
  let undisturbed: KillStage;
  let models: readonly [ComparedModel, ComparedModel];
  let took: readonly [number, number];
  /** SQLite: the file after the first load, from which the second kind of cycle starts. */
  let loaded: KillStage | undefined;

  beforeAll(async () => {
    undisturbed = await KillStage.open(kind, size);
    const first = await undisturbed.finish();
    if (kind === 'sqlite') {
      loaded = await KillStage.open(kind, size);
      loaded.copyFrom(undisturbed);
    }
    const before = await undisturbed.model();
    undisturbed.folder.see(1);
    const second = await undisturbed.finish();
    models = [before, await undisturbed.model()];
    took = [first.ms, second.ms];
  });
  afterAll(async () => {
    await undisturbed.close();
    await loaded?.close();
  });

  it('is worth it: the undisturbed world is sound and its second sync changes something', async () => {
    expect(await undisturbed.oracle(models[1])).toEqual([]);
    expect(models[0]).not.toEqual(models[1]);
  });

  it(`loses nothing and doubles nothing in ${kills} kills`, async () => {
    let early = 0;
    for (let cycle = 0; cycle < kills; cycle++) {
      const epoch = cycle % 2 === 0 ? 0 : 1;
      const stage = await KillStage.open(kind, size);
      try {
        if (epoch === 1) {
          if (loaded) stage.copyFrom(loaded);
          else await stage.finish();
          stage.folder.see(1);
        }
        // The start of the process is not what is to be killed; a second kill may hit the run that heals.
        const at = [0.15 + 0.85 * random(), ...(random() < 0.3 ? [0.15 + 0.85 * random()] : [])].map((share) => share * took[epoch]);
        for (const ms of at) if ((await stage.kill(ms)).signal === 'SIGKILL') early++;
        const healed = await stage.finish();
        const where = `cycle ${cycle} (epoch ${epoch}, killed after ${at.map(Math.round).join(' and ')} ms, runs ${healed.runs.map((run) => run.id).join(' ')})`;

        expect({ where, complaints: await stage.oracle(models[epoch]) }).toEqual({ where, complaints: [] });
        if (cycle % EXTRAS_EVERY === 0) await holdsAfterwards(stage, where);
      } finally {
        await stage.close();
      }
      progress(`kill ${kind}`, cycle + 1);
    }

    // A kill that comes after the end proves nothing: most must have hit.
    expect(early).toBeGreaterThanOrEqual(Math.floor(kills / 2));
  });

  async function holdsAfterwards(stage: KillStage, where: string): Promise<void> {
    const before = await stage.counts();
    await stage.finish();
    await stage.finish(['sync', '--full']);
    const rebuilt = await stage.run(['rebuild', '--verify']);

    expect({ where, counts: await stage.counts() }).toEqual({ where, counts: before });
    expect({ where, code: rebuilt.code, said: `${rebuilt.stdout}${rebuilt.stderr}`.slice(0, rebuilt.code === 0 ? 0 : 3_000) }).toEqual({ where, code: 0, said: '' });
  }
});
