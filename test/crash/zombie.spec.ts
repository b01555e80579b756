import { KillStage } from '../support/child/kill-stage.js';
import { isTimeUp, progress, seedOf, sizeOf } from '../support/child/sizes.js';
import { randomOf, WORLD_SOURCES, WORLD_STREAMS } from '../support/child/world.js';
import type { ComparedModel } from '../support/model-compare.js';

const STOPS = sizeOf('LOCKSTEP_CRASH_ZOMBIES', 10);

/**
 * SIGSTOP, until its lease is over and another process has done the work; then SIGCONT. It goes on as if nothing had been, with a page in its hands, and
 * its writes are refused. It is stopped where it waits for its source: in a transaction the server would make the other one wait, not take over.
 */
describe('a process that was stopped for longer than its lease', () => {
  const seed = seedOf('zombie');
  const random = randomOf(seed);
  const size = { seed: seed % 1_000, assets: 200 };
  let model: ComparedModel;

  beforeAll(async () => {
    const stage = await KillStage.open('mysql', size);
    await stage.finish();
    model = await stage.model();
    await stage.close();
  });

  it(`writes no more, ${STOPS} times on MariaDB`, async () => {
    const sources = Object.keys(WORLD_SOURCES);
    for (let cycle = 0; cycle < STOPS && !(cycle > 0 && isTimeUp()); cycle++) {
      const stage = await KillStage.open('mysql', size);
      const source = sources[Math.floor(random() * sources.length)]!;
      const page = `${source}/${WORLD_STREAMS[Math.floor(random() * WORLD_STREAMS.length)]}/0`;
      const zombie = stage.start(['sync', source], { env: { LOCKSTEP_TEST_HANG: page } });
      try {
        await zombie.says(`hangs at ${page}`);
        zombie.kill('SIGSTOP');
        expect((await stage.run(['sync', source])).stdout).toContain('another run of this source is under way');
        await stage.expireLeases();
        await stage.finish();
        const [before, statuses] = [await stage.counts(), await stage.statuses()];
        zombie.kill('SIGUSR2');
        zombie.kill('SIGCONT');
        const ended = await zombie.ended;
        const where = `cycle ${cycle}, ${page}`;

        expect({ where, code: ended.code, said: ended.stdout }).toEqual({ where, code: 1, said: expect.stringMatching(/lease_lost/) });
        expect({ where, counts: await stage.counts(), statuses: await stage.statuses() }).toEqual({ where, counts: before, statuses });
        expect({ where, complaints: await stage.oracle(model) }).toEqual({ where, complaints: [] });
      } finally {
        zombie.kill('SIGKILL');
        await zombie.ended;
        await stage.close();
      }
      progress('zombie', cycle + 1);
    }
  });

  it('still holds its file on SQLite: nobody else may write, and it ends well', async () => {
    const stage = await KillStage.open('sqlite', size);
    const sleeper = stage.start(['sync'], { env: { LOCKSTEP_TEST_HANG: 'beta/assets/0' } });
    try {
      await sleeper.says('hangs at beta/assets/0');
      sleeper.kill('SIGSTOP');
      const other = await stage.run(['sync', '--wait', '0s']);
      expect({ code: other.code, said: other.stderr }).toEqual({ code: 1, said: expect.stringMatching(new RegExp(`the database is in use by .*${sleeper.pid}`)) });
      sleeper.kill('SIGUSR2');
      sleeper.kill('SIGCONT');
      expect(await sleeper.ended).toMatchObject({ code: 0 });
      expect(await stage.oracle(model)).toEqual([]);
    } finally {
      sleeper.kill('SIGKILL');
      await sleeper.ended;
      await stage.close();
    }
  });
});
