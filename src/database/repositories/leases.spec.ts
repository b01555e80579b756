import { execFileSync } from 'node:child_process';
import { Database } from '../database.js';
import { holderOf, holderWords, isDeadHolder } from '../processes.js';
import { checkLease, LeaseLostError, releaseLease, takeLease, type Lease } from './leases.js';

const TTL = 60_000;

describe('leases', () => {
  let database: Database;
  beforeEach(async () => { database = await Database.open({ url: 'sqlite::memory:' }); });
  afterEach(() => database.close());
  const take = (holder: string, now: number) => database.transaction((tx) => takeLease(tx, 'source:crm', holder, TTL, now));
  const taken = async (holder: string, now: number): Promise<Lease> => {
    const outcome = await take(holder, now);
    if (!('lease' in outcome)) throw new Error(`held by ${outcome.heldBy}`);
    return outcome.lease;
  };
  const check = (lease: Lease, now: number) => database.transaction((tx) => checkLease(tx, lease, TTL, now));

  it('are one holder at a time, until they are given back or over', async () => {
    const first = await taken('a', 0);

    expect(await take('b', TTL - 1)).toEqual({ heldBy: 'a', until: TTL });
    await database.transaction((tx) => releaseLease(tx, first));
    const second = await taken('b', TTL - 1);
    expect(second.fence).toBeGreaterThan(first.fence);
    expect((await taken('c', 3 * TTL)).fence).toBeGreaterThan(second.fence);
  });

  it('refuse whoever lost them, and are not given back by him', async () => {
    const zombie = await taken('a', 0);
    const next = await taken('b', TTL);

    await expect(check(zombie, TTL)).rejects.toThrow(LeaseLostError);
    await database.transaction((tx) => releaseLease(tx, zombie));
    await check(next, TTL + 1);
  });

  it('are kept by whoever goes on checking them', async () => {
    const lease = await taken('a', 0);
    await check(lease, TTL - 1);

    expect(await take('b', TTL + 1)).toMatchObject({ heldBy: 'a' });
  });

  it('of a process that died here are taken at once, of a living one they are not', async () => {
    const dead = execFileSync(process.execPath, ['-e', 'process.stdout.write(String(process.pid))'], { encoding: 'utf8' });
    const holder = holderOf('ann', 'run-1');
    await taken(holder.replace(`:${process.pid}:`, `:${dead}:`), 0);

    const next = await taken(holder, 1);

    expect(next.holder).toBe(holder);
    expect(await take('b', 2)).toMatchObject({ heldBy: holder });
  });
});

describe('holders', () => {
  const alive = holderOf('ann', 'run-1');

  it('are dead when their process is gone, or another has its number', () => {
    expect(isDeadHolder(alive)).toBe(false);
    expect(isDeadHolder(alive.replace(/\d+$/, '1'))).toBe(true);
  });

  it('of another machine, another container or another spelling are believed', () => {
    expect(isDeadHolder(alive.replace(/:[0-9a-f]{12}:\d+$/, ':000000000000:1'))).toBe(false);
    expect(isDeadHolder('somebody')).toBe(false);
  });

  it('fit into their column and read well', () => {
    expect(holderOf('x'.repeat(500), 'y'.repeat(500)).length).toBeLessThanOrEqual(128);
    expect(holderWords(alive)).toBe(`ann, process ${process.pid}`);
    expect(holderWords('somebody')).toBe('somebody');
  });
});
