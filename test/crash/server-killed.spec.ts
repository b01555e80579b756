import { KillStage } from '../support/child/kill-stage.js';
import { isTimeUp, progress, seedOf, sizeOf, worldSize } from '../support/child/sizes.js';
import { randomOf } from '../support/child/world.js';
import { startMariadb, type MariadbServer } from '../support/mariadb.js';
import type { ComparedModel } from '../support/model-compare.js';

const KILLS = sizeOf('LOCKSTEP_CRASH_SERVER_KILLS', 5);

/** The server dies under a sync: the process says so and ends, and when the server is back the next one goes on from there. */
describe('kill -9 of the database server', () => {
  const seed = seedOf('server killed');
  const random = randomOf(seed);
  const size = { seed: seed % 1_000, assets: worldSize() };
  let server: MariadbServer;
  let model: ComparedModel;
  let took = 0;

  beforeAll(async () => {
    server = await startMariadb();
    const stage = await KillStage.open('mysql', size, server.url);
    took = (await stage.finish()).ms;
    model = await stage.model();
    await stage.close();
  });
  afterAll(() => server.stop());

  it(`is told, and healed by the next sync, ${KILLS} times`, async () => {
    let told = 0;
    let cycle = 0;
    for (; cycle < KILLS && !(cycle > 0 && isTimeUp()); cycle++) {
      const stage = await KillStage.open('mysql', size, server.url);
      const ms = (0.35 + 0.55 * random()) * took;
      const child = stage.start();
      const timer = setTimeout(() => void server.kill(), ms);
      const ended = await child.ended;
      clearTimeout(timer);
      await server.kill();
      await server.restart();
      const where = `cycle ${cycle}, killed after ${Math.round(ms)} ms: ${ended.stderr.slice(-500)}`;

      if (ended.code !== 0) {
        told++;
        expect({ where, code: ended.code, words: `${ended.stdout}${ended.stderr}` }).toEqual({ where, code: 1, words: expect.stringMatching(/database server/) });
        expect(`${ended.stdout}${ended.stderr}`).not.toMatch(/nobody foresaw|\n\s+at /);
      }
      await stage.finish();
      expect({ where, complaints: await stage.oracle(model) }).toEqual({ where, complaints: [] });
      await stage.close();
      progress('server killed', cycle + 1);
    }
    expect(told).toBeGreaterThanOrEqual(Math.floor(cycle / 2));
  });
});
