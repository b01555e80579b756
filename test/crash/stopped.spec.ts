import { KillStage, OTHER_RULES } from '../support/child/kill-stage.js';
import { isTimeUp, progress, seedOf, sizeOf, worldSize } from '../support/child/sizes.js';
import { randomOf } from '../support/child/world.js';
import type { ComparedModel } from '../support/model-compare.js';

const STOPS = sizeOf('LOCKSTEP_CRASH_STOPS', 20);
/** What an orchestrator grants before it kills. */
const GRACE_MS = 25_000;

/** SIGTERM at a drawn instant: the process ends by itself, as interrupted, with nothing to repair. */
describe('a process that is told to stop', () => {
  const seed = seedOf('stopped');
  const random = randomOf(seed);
  const size = { seed: seed % 1_000, assets: Math.min(worldSize(), 800) };
  let loaded: KillStage;
  let model: ComparedModel;
  let took = 0;

  beforeAll(async () => {
    loaded = await KillStage.open('sqlite', size);
    took = (await loaded.finish()).ms;
    const copy = await KillStage.open('sqlite', size);
    copy.copyFrom(loaded);
    model = await copy.model();
    await copy.close();
  });
  afterAll(() => loaded.close());

  it(`ends its sync as interrupted and leaves nothing to repair, ${STOPS} times`, async () => {
    let [hit, early, cycle] = [0, 0, 0];
    for (; cycle < STOPS && !(cycle > 0 && isTimeUp()); cycle++) {
      const stage = await KillStage.open('sqlite', size);
      const ms = (0.35 + 0.6 * random()) * took;
      const child = stage.start();
      const startedAt = performance.now();
      const timer = setTimeout(() => child.kill('SIGTERM'), ms);
      const ended = await child.ended;
      clearTimeout(timer);
      const where = `cycle ${cycle}, stopped after ${Math.round(ms)} ms: ${ended.signal ?? ended.code} ${ended.stderr.slice(-500)}`;

      expect({ where, inTime: performance.now() - startedAt - ms < GRACE_MS }).toEqual({ where, inTime: true });
      // Before anything is opened there is nobody to listen, and nothing to end.
      if (ended.signal === 'SIGTERM') early++;
      if (ended.signal === 'SIGTERM') expect({ where, isThere: stage.isMade }).toEqual({ where, isThere: false });
      else if (ended.code !== 0) {
        hit++;
        expect({ where, code: ended.code, said: ended.stderr }).toEqual({ where, code: 1, said: expect.stringMatching(/stopping after what is being stored now/) });
        // Versions that wait for the end of their run wait for that of the next one.
        expect({ where, complaints: await stage.complaints({ settled: false }) }).toEqual({ where, complaints: [] });
        const statuses = await stage.statuses();
        expect({ where, others: statuses.filter((status) => status !== 'succeeded' && status !== 'interrupted') }).toEqual({ where, others: [] });
      }
      await stage.finish();
      expect({ where, complaints: await stage.oracle(model) }).toEqual({ where, complaints: [] });
      await stage.close();
      progress('stopped', cycle + 1);
    }
    process.stderr.write(`stopped: ${hit} of ${cycle} hit, ${early} before anything was opened\n`);
    expect(hit).toBeGreaterThanOrEqual(Math.floor(cycle / 2));
  });

  it('ends its rebuild after the slice, and the next rebuild finds the rest', async () => {
    const undisturbed = await KillStage.open('sqlite', size);
    const stage = await KillStage.open('sqlite', size);
    for (const each of [undisturbed, stage]) {
      each.copyFrom(loaded);
      each.folder.configure(OTHER_RULES);
    }
    const { ms } = await undisturbed.succeed(['rebuild']);
    const child = stage.start(['rebuild']);
    const timer = setTimeout(() => child.kill('SIGTERM'), 0.6 * ms);
    const ended = await child.ended;
    clearTimeout(timer);

    // Too early for anybody to listen, or heard.
    if (ended.signal === null && ended.code !== 0) expect({ code: ended.code, said: ended.stderr }).toEqual({ code: 1, said: expect.stringMatching(/stopping after what is being stored now/) });
    else expect(ended.signal ?? ended.code).toBe('SIGTERM');
    await stage.succeed(['rebuild']);
    expect(await stage.oracle(await undisturbed.model())).toEqual([]);
    await stage.close();
    await undisturbed.close();
  });
});
