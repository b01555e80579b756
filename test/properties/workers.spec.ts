import fc from 'fast-check';
import type { Database } from '../../src/database/database.js';
import type { SqlValue, Tx } from '../../src/database/tx.js';
import type { Engine } from '../../src/engine/engine.js';
import { RebuildService } from '../../src/plan/rebuild.service.js';
import { SyncService } from '../../src/sync/sync.service.js';
import { LEASE_MS } from '../../src/sync/stream-run.js';
import { openLab } from '../support/lab.js';
import { complaintsOf } from '../support/model-checks.js';
import { parameters } from '../support/property-runs.js';
import { LONGEST_LAG_MS, SimulatedVendor, vendorConnector } from '../support/simulated-vendor.js';

interface Drawn {
  /** Records edited (`null`: deleted), one after the other, while the workers read. */
  readonly edits: readonly { readonly id: number; readonly isDeleted: boolean }[];
  /** How often so much time passes that every lease is over: who holds one then is a zombie. */
  readonly pauses: number;
  /** Before which of its turns the first worker stands still until the second is through, while these records are edited and its lease goes over. */
  readonly standstill: { readonly turn: number; readonly edits: readonly number[] };
  readonly syncs: readonly [number, number];
  readonly full: readonly boolean[];
  readonly pageSize: number;
}
const drawn: fc.Arbitrary<Drawn> = fc.record({
  edits: fc.array(fc.record({ id: fc.nat(5), isDeleted: fc.constantFrom(false, false, false, true) }), { maxLength: 6 }), pauses: fc.nat(2),
  standstill: fc.record({ turn: fc.nat(25), edits: fc.array(fc.nat(5), { minLength: 1, maxLength: 3 }) }), syncs: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
  full: fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }), pageSize: fc.integer({ min: 1, max: 3 }),
});

/** As a worker of its own sees the one database: each of its transactions waits until the scheduler lets it. */
function seenBy(worker: string, database: Database, scheduler: fc.Scheduler, change: (tx: Tx) => Tx, before: () => Promise<void>): Database {
  const turn = async (what: string): Promise<void> => {
    await before();
    await scheduler.schedule(Promise.resolve(), `${worker}: ${what}`);
  };
  return new Proxy(database, {
    get: (target, name) => {
      if (name === 'transaction') return async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => { await turn('writes'); return target.transaction((tx) => work(change(tx))); };
      if (name === 'read') return async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => { await turn('reads'); return target.read(work); };
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
}

class Signal {
  give!: () => void;
  readonly given = new Promise<void>((resolve) => { this.give = resolve; });
}

/** What a process would be whose transactions do not ask whether the lease is still theirs. */
const withoutFence = (tx: Tx): Tx => new Proxy(tx, {
  get: (target, name) => {
    if (name === 'execute') return async (sql: string, params?: readonly SqlValue[]): Promise<number> => {
      const changed = await target.execute(sql, params);
      return sql.startsWith('UPDATE leases SET expires_at') ? Math.max(changed, 1) : changed;
    };
    const value = Reflect.get(target, name) as unknown;
    return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
  },
});

/** Who lost the lease may have written a part, but never the end. */
async function succeededAtOnce(database: Database): Promise<string[]> {
  const runs = await database.read((tx) => tx.query(`SELECT id, started_at AS s, finished_at AS f FROM runs WHERE status = 'succeeded'`));
  return runs.flatMap((a, at) => runs.slice(at + 1).filter((b) => Number(a['s']) < Number(b['f']) && Number(b['s']) < Number(a['f'])).map((b) => `${a['id']} and ${b['id']} succeeded at once`));
}

/** Two workers read one source; complaints about what is left. */
async function complaints({ edits, pauses, standstill, syncs, full, pageSize }: Drawn, scheduler: fc.Scheduler, change: (tx: Tx) => Tx = (tx) => tx): Promise<string[]> {
  const vendors = new Map<string, SimulatedVendor>();
  const lab = await openLab({ sources: { alpha: 'safety: { maxDeleteRatio: 1, minDeletes: 1000, maxChangeRatio: 1, minChanges: 1000, suspectRatio: 0 }' }, connector: vendorConnector((name) => vendors.get(name) as SimulatedVendor) });
  try {
    const { engine, clock } = lab;
    const vendor = new SimulatedVendor(clock);
    vendors.set('alpha', vendor);
    vendor.habits = { ...vendor.habits, pageSize, tellsTimes: false };
    let said = 0;
    const say = (id: number): void => vendor.edit(`r${id}`, { assetClass: 'computer', identifiers: [], claims: { name: `r${id}`, description: `word ${++said}` } });
    for (let id = 0; id < 5; id++) say(id);
    clock.advance(60_000);
    await lab.sync();

    const statuses: string[] = [];
    const [isStill, isThrough] = [new Signal(), new Signal()];
    const worker = async (name: string, times: number, beforeTurn: () => Promise<void>, beforeLast: () => Promise<void>): Promise<void> => {
      const own: Engine = { ...engine, actor: name, database: seenBy(name, engine.database, scheduler, change, beforeTurn) };
      for (let at = 0; at < times; at++) {
        if (at === times - 1) await beforeLast();
        const { runs } = await new SyncService(own).sync({ full: full[at % full.length] ?? false });
        statuses.push(...runs.map((run) => run.status));
      }
    };
    const tick = async (): Promise<void> => clock.advance(1);
    let turns = 0;
    const standStill = async (): Promise<void> => {
      await tick();
      if (turns++ !== standstill.turn) return;
      for (const id of standstill.edits) say(id);
      clock.advance(LEASE_MS + 1);
      isStill.give();
      await isThrough.given;
    };
    vendor.habits = { ...vendor.habits, beforePage: (page) => scheduler.schedule(Promise.resolve(), `page ${page} is asked for`) };
    const happen = async (what: string, times: number, work: (at: number) => void): Promise<void> => {
      for (let at = 0; at < times; at++) {
        await scheduler.schedule(Promise.resolve(), what);
        work(at);
      }
    };
    await scheduler.waitFor(Promise.all([
      worker('one', syncs[0], standStill, async () => undefined).finally(() => isStill.give()), worker('two', syncs[1], tick, () => isStill.given).finally(() => isThrough.give()), happen('every lease is over', pauses, () => clock.advance(LEASE_MS + 1)),
      happen('an edit', edits.length, (at) => { const edit = edits[at]; if (edit?.isDeleted) vendor.edit(`r${edit.id}`, null); else if (edit) say(edit.id); }),
    ]));

    vendor.habits = { ...vendor.habits, beforePage: () => undefined };
    clock.advance(LEASE_MS + LONGEST_LAG_MS);
    // Two increments: what the last run left undone is done, and what was lost stays lost.
    for (let left = 2; left > 0; left--) statuses.push(...(await lab.sync(undefined, false)).runs.map((run) => `at last ${run.status}`));
    const rows = await engine.database.read((tx) => tx.query(`SELECT h.external_id AS id, a.attributes AS attributes FROM record_heads h JOIN assets a ON a.id = h.asset_id WHERE h.state = 'live'`));
    const known = new Map(rows.map((row) => [row['id'] as string, (JSON.parse(row['attributes']) as { description?: string }).description]));
    return [
      ...statuses.filter((status) => !['succeeded', 'skipped', 'interrupted', 'at last succeeded'].includes(status)).map((status) => `a run ended ${status}`),
      ...[...new Set([...vendor.ids(), ...known.keys()])].filter((id) => known.get(id) !== vendor.lastOf(id)?.claims['description']).map((id) => `${id}: ${String(vendor.lastOf(id)?.claims['description'])} at its vendor, ${known.get(id)} here`),
      ...(await succeededAtOnce(engine.database)), ...(await complaintsOf(engine.database)), ...(await new RebuildService(engine).verify()).differences.map((difference) => JSON.stringify(difference)),
    ];
  } finally {
    await lab.close();
  }
}

describe('two workers on one source', () => {
  it('lose and double nothing, in whatever order their transactions come, also when a lease goes over', async () => {
    await fc.assert(fc.asyncProperty(drawn, fc.scheduler(), async (play, scheduler) => expect(await complaints(play, scheduler)).toEqual([])), parameters(20));
  });

  it('would lose or double something without the fence', async () => {
    const found = await fc.check(fc.asyncProperty(drawn, fc.scheduler(), async (play, scheduler) => (await complaints(play, scheduler, withoutFence)).length === 0), { numRuns: 300, seed: 1, endOnFailure: true });

    expect(found.failed).toBe(true);
  });
});
