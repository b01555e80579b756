import { PUSH_CRASH_PLACES } from '../../src/engine/crash-places.js';
import type { DatabaseKind } from '../support/child/kill-stage.js';
import { PushStage } from '../support/child/push-stage.js';
import { isTimeUp, progress, seedOf, sizeOf } from '../support/child/sizes.js';
import { randomOf } from '../support/child/world.js';
import type { ComparedModel } from '../support/model-compare.js';

/** Sync and push together: whoever dies in between, each tool is told once. */
describe.each<[DatabaseKind, number]>([['sqlite', sizeOf('LOCKSTEP_CRASH_PUSH_KILLS', 12)], ['mysql', sizeOf('LOCKSTEP_CRASH_PUSH_KILLS_MYSQL', 4)]])('push on %s', (kind, kills) => {
  const seed = seedOf(`push ${kind}`);
  const random = randomOf(seed);
  const size = { seed: seed % 1_000, assets: 240 };
  let model: ComparedModel;
  let took: number;

  const prepared = async (assets = size.assets): Promise<PushStage> => {
    const stage = await PushStage.open(kind, { ...size, assets });
    await stage.finish();
    stage.edit();
    return stage;
  };

  beforeAll(async () => {
    const stage = await prepared();
    took = (await stage.finish()).ms;
    model = await stage.model();
    expect(await stage.oracle(undefined, 0)).toEqual([]);
    const counts = await stage.counts();
    await stage.finish();
    expect(await stage.counts()).toEqual(counts);
    await stage.close();
  });

  it(`loses nothing and writes nothing twice in ${kills} kills`, async () => {
    let early = 0;
    for (let cycle = 0; cycle < kills && !(early > 0 && isTimeUp()); cycle++) {
      const stage = await prepared();
      try {
        const at = took * (0.3 + 0.6 * random());
        if ((await stage.kill(at)).signal === 'SIGKILL') early++;
        await stage.finish();
        const where = `cycle ${cycle}, killed after ${Math.round(at)} ms`;

        expect({ where, complaints: await stage.oracle(model, 1) }).toEqual({ where, complaints: [] });
        const counts = await stage.counts();
        await stage.finish();
        expect({ where, counts: await stage.counts() }).toEqual({ where, counts });
      } finally {
        await stage.close();
      }
      progress(`push ${kind}`, cycle + 1);
    }
    expect(early).toBeGreaterThan(0);
  });

  it.each([...PUSH_CRASH_PLACES, 'after the vendor applied, before the answer'] as const)('dies %s, and heals', async (place) => {
    const stage = await prepared(60);
    try {
      const n = 1 + Math.floor(random() * 3);
      const died = await stage.run(['sync'], { env: place === 'after the vendor applied, before the answer' ? { LOCKSTEP_TEST_DESK_CRASH: String(n) } : { LOCKSTEP_TEST_CRASH: `${place}#1` } });
      expect({ place, signal: died.signal }).toEqual({ place, signal: 'SIGKILL' });
      await stage.finish();

      expect({ place, n, complaints: await stage.oracle(undefined, 1) }).toEqual({ place, n, complaints: [] });
      const counts = await stage.counts();
      await stage.finish();
      expect(await stage.counts()).toEqual(counts);
    } finally {
      await stage.close();
    }
  });
});
