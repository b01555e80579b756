import path from 'node:path';
import { ROOT } from '../support/planted-tree.js';

interface Turn { readonly seed: number; readonly until: number; readonly left: number; readonly before: number; done(count: number): void; size(total: number): void }
interface Job { readonly name: string; readonly total: number; run(turn: Turn): Promise<void> }
interface Result { readonly name: string; readonly done: number; readonly total: number; readonly seeds: readonly number[]; readonly error?: Error }
type Soak = (jobs: readonly Job[], options: { minutes: number; seed: number; now: () => number; say: (text: string) => void }) => Promise<readonly Result[]>;

describe('the soak', () => {
  let soak: Soak;
  beforeAll(async () => {
    ({ soak } = (await import(path.join(ROOT, 'test/soak/schedule.mjs'))) as { soak: Soak });
  });

  let clock = 0;
  let said: string[] = [];
  beforeEach(() => {
    clock = 0;
    said = [];
  });
  const start = (jobs: readonly Job[], minutes: number) => soak(jobs, { minutes, seed: 1, now: () => clock, say: (text) => said.push(text) });
  /** Uses its whole turn, one unit a minute. */
  const steady = (name: string, total: number): Job => ({
    name, total,
    run: ({ until, left, done }) => {
      const units = Math.min(left, Math.floor((until - clock) / 60_000));
      clock += units * 60_000;
      done(units);
      return Promise.resolve();
    },
  });

  it('gives each job its turn until the time is up', async () => {
    const results = await start([steady('a', 1_000), steady('b', 1_000)], 30);

    expect(results.map(({ name, done }) => ({ name, done }))).toEqual([{ name: 'a', done: 15 }, { name: 'b', done: 15 }]);
  });

  it('touches each job in a short time', async () => {
    const results = await start([steady('a', 1_000), steady('b', 1_000), steady('c', 1_000)], 3);

    expect(results.map(({ done }) => done)).toEqual([1, 1, 1]);
  });

  it('ends early when every job is through', async () => {
    const results = await start([steady('a', 3), steady('b', 7)], 600);

    expect(results.map(({ done }) => done)).toEqual([3, 7]);
    expect(clock).toBe(10 * 60_000);
  });

  it('stops a job that failed, goes on with the others, and tells the seed', async () => {
    const broken: Job = { name: 'broken', total: 10, run: () => Promise.reject(new Error('a record was lost')) };

    const [first, second] = await start([broken, steady('b', 1_000)], 20);

    expect(first).toMatchObject({ done: 0, seeds: [1], error: new Error('a record was lost') });
    expect(second!.done).toBe(20);
    expect(said.join('\n')).toMatch(/broken: failed with seed 1: Error: a record was lost/);
  });

  it('lets a job find out how much there is, and tells it where it stands', async () => {
    const before: number[] = [];
    const found: Job = { ...steady('found', 1), run: (turn) => {
      before.push(turn.before);
      turn.size(7);
      return steady('found', 7).run({ ...turn, left: 7 - turn.before });
    } };

    const [result] = await start([found, steady('b', 1_000)], 60);

    expect(result).toMatchObject({ done: 7, total: 7 });
    expect(before).toEqual([0, 5]);
  });

  it('gives every turn another seed', async () => {
    const results = await start([steady('a', 1_000), steady('b', 1_000)], 60);
    const seeds = results.flatMap((result) => result.seeds);

    expect(seeds.length).toBeGreaterThan(4);
    expect(new Set(seeds).size).toBe(seeds.length);
  });
});
