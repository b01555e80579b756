import { computer, openLab, type Lab } from '../support/lab.js';
import { OperationQueries } from '../../src/queries/operation-queries.service.js';
import { AssetQueries } from '../../src/queries/asset-queries.service.js';
import { ReviewService } from '../../src/reviews/review.service.js';
import { DAY, HOUR, Workshop, type Row } from './workshop.js';

const rows = (from: number, to: number, more: Row = {}): Row[] => Array.from({ length: to - from }, (_, at) => ({ id: String(from + at), class: 'server', serial_number: `SN${String(from + at).padStart(6, '0')}`, ...more }));
const tombstoned = async (shop: Workshop): Promise<number> => (await shop.assets()).filter(({ sources }) => sources.every((each) => each.tombstonedAt !== undefined)).length;

describe('deletes and their guard', () => {
  let shop: Workshop;
  beforeEach(async () => { shop = await Workshop.open({ sources: { cmdb: 'role: itsm', scan: 'role: discovery' }, onDisk: true }); });
  afterEach(async () => {
    expect(await shop.differences()).toEqual([]);
    await shop.close();
  });

  it('take a row that is missing from a file for told: gone at once, kept with its date, no stage moved', async () => {
    await shop.feed({ cmdb: rows(0, 100, { stage: 'in_use' }) });
    const { cmdb } = await shop.feed({ cmdb: rows(2, 100, { stage: 'in_use' }) });

    expect(cmdb).toMatchObject({ status: 'succeeded', streams: { records: { read: 98, tombstoned: 2 } }, assets: { retired: 0 } });
    expect((await shop.asset('cmdb/0')).sources).toMatchObject([{ tombstonedAt: new Date(shop.clock.now()).toISOString() }]);
    expect((await shop.asset('cmdb/0')).stage).toBe('in_use');
  });

  it('hold more than ratio and minimum as one set, released in part, the rest rejected', async () => {
    await shop.feed({ cmdb: rows(0, 100) });
    const { cmdb } = await shop.feed({ cmdb: rows(20, 100) });
    expect(cmdb).toMatchObject({ status: 'succeeded', reviews: 1, streams: { records: { tombstoned: 0 } } });
    expect(await tombstoned(shop)).toBe(0);
    const [held] = await shop.reviews();
    expect(held).toMatchObject({ kind: 'held_tombstone', answers: expect.arrayContaining(['release', 'reject']) });
    expect(held?.records).toHaveLength(20);

    await shop.resolve('held_tombstone', 'release', ['cmdb/0', 'cmdb/1']);
    expect(await tombstoned(shop)).toBe(2);
    expect((await shop.reviews())[0]?.records.filter(({ done }) => !done)).toHaveLength(18);
    await shop.resolve('held_tombstone', 'reject');
    expect(await tombstoned(shop)).toBe(2);
    expect(await shop.questions()).toEqual([]);
  });

  it('ask again when the same records come back and are gone again, and not before', async () => {
    await shop.feed({ cmdb: rows(0, 100) });
    for (const [as, gone] of [['reject', 0], ['release', 20]] as const) {
      await shop.feed({ cmdb: rows(20, 100) });
      expect(await shop.reviews()).toMatchObject([{ kind: 'held_tombstone' }]);
      await shop.resolve('held_tombstone', as);
      expect(await tombstoned(shop)).toBe(gone);
      await shop.feed({ cmdb: rows(20, 100) });
      expect(await shop.questions()).toEqual([]);
      expect(await tombstoned(shop)).toBe(gone);
      await shop.feed({ cmdb: rows(0, 100) });
      expect(await tombstoned(shop)).toBe(0);
    }
    await shop.feed({ cmdb: rows(20, 100) });
    expect(await shop.reviews()).toMatchObject([{ kind: 'held_tombstone' }]);
  });

  it('ask no more about the part that was rejected when the rest is released', async () => {
    await shop.feed({ cmdb: rows(0, 100) });
    await shop.feed({ cmdb: rows(40, 100) });
    await shop.resolve('held_tombstone', 'reject', rows(0, 20).map(({ id }) => `cmdb/${String(id)}`));
    await shop.resolve('held_tombstone', 'release');
    await shop.feed({ cmdb: rows(40, 100) });

    expect(await shop.questions()).toEqual([]);
    expect(await tombstoned(shop)).toBe(20);
  });

  it('ask in the open set about what came back and is gone again', async () => {
    await shop.feed({ cmdb: rows(0, 100) });
    await shop.feed({ cmdb: rows(30, 100) });
    await shop.feed({ cmdb: rows(15, 100) });
    expect((await shop.reviews())[0]?.records.filter(({ done }) => !done)).toHaveLength(15);
    await shop.feed({ cmdb: rows(30, 100) });
    expect((await shop.reviews())[0]?.records.filter(({ done }) => !done)).toHaveLength(30);
  });

  it.each([[100, 10, 10], [100, 11, 0], [20, 10, 10], [200, 20, 20], [200, 21, 0]])('of %i records let %i go only when within the guard: %i go', async (all, gone, expected) => {
    await shop.feed({ cmdb: rows(0, all) });
    await shop.feed({ cmdb: rows(gone, all) });

    expect(await tombstoned(shop)).toBe(expected);
  });

  it('suspect a source that returns nothing, or a tenth: nothing goes until somebody says that this is right', async () => {
    await shop.feed({ cmdb: rows(0, 40), scan: rows(0, 40) });
    const { cmdb, scan } = await shop.feed({ cmdb: [], scan: rows(0, 4) });

    expect([cmdb?.status, scan?.status]).toEqual(['suspect', 'suspect']);
    expect(await tombstoned(shop)).toBe(0);
    expect((await shop.reviews()).map(({ kind, records }) => [kind, records.length])).toEqual([['suspect_scope', 40], ['suspect_scope', 36]]);
    await shop.feed({ cmdb: rows(0, 3) });
    await shop.sync();
    expect(await shop.reviews()).toHaveLength(2);
    expect((await shop.reviews())[0]).toMatchObject({ because: expect.stringContaining('returned 3 records where 40 were live'), detail: { seen: 3 } });

    const review = (await shop.reviews()).find(({ records }) => records.length === 36);
    await new ReviewService(shop.engine).resolve(review?.id ?? 0, { as: 'release', reason: 'sold' });
    expect((await shop.assets()).filter(({ sources }) => sources.some(({ source, tombstonedAt }) => source === 'scan' && tombstonedAt !== undefined))).toHaveLength(36);
    expect((await shop.sync('scan'))['scan']?.status).toBe('succeeded');
  });

  it('let a suspicion end by itself when the source is whole again', async () => {
    await shop.feed({ cmdb: rows(0, 40) });
    await shop.feed({ cmdb: [] });
    const { cmdb } = await shop.feed({ cmdb: rows(0, 40) });

    expect(cmdb?.status).toBe('succeeded');
    expect(await shop.questions()).toEqual([]);
    expect(await tombstoned(shop)).toBe(0);
  });

  it('let an empty source that never held a record succeed with a warning', async () => {
    const { cmdb } = await shop.feed({ cmdb: [] });

    expect(cmdb).toMatchObject({ status: 'succeeded', warnings: [expect.any(String)] });
  });

  it('make nothing missing in a file that cannot be read: its scope is uncovered, the run partial, the other file is read', async () => {
    await shop.reconfigure({ sources: { cmdb: 'role: itsm\noptions: { path: [one.csv, two.csv] }' } });
    shop.file('one.csv', 'id,class,serial_number\n1,server,SN000001\n2,server,SN000002\n');
    shop.file('two.csv', 'id,class,serial_number\n3,server,SN000003\n');
    await shop.sync();
    shop.file('one.csv', 'id,class,serial_number\n1,"server,SN000001\n');
    shop.file('two.csv', 'id,class,serial_number\n3,server,SN000003\n4,server,SN000004\n');
    const { cmdb } = await shop.sync();

    expect(cmdb).toMatchObject({ status: 'partial', uncoveredScopes: [{ stream: 'records', reason: expect.any(String) }], assets: { created: 1 } });
    expect(await tombstoned(shop)).toBe(0);
  });

  it('take one record in two files of a source for one: a record that moves between them is no delete', async () => {
    await shop.reconfigure({ sources: { cmdb: 'role: itsm\noptions: { path: [one.csv, two.csv] }' } });
    shop.file('one.csv', 'id,class,serial_number\n1,server,SN000001\n2,server,SN000002\n');
    shop.file('two.csv', 'id,class,serial_number\n3,server,SN000003\n');
    await shop.sync();
    const { id } = await shop.asset('cmdb/2');
    shop.file('one.csv', 'id,class,serial_number\n1,server,SN000001\n');
    shop.file('two.csv', 'id,class,serial_number\n3,server,SN000003\n2,server,SN000002\n');
    const { cmdb } = await shop.sync();

    expect(cmdb).toMatchObject({ status: 'succeeded', streams: { records: { tombstoned: 0 } } });
    expect(await shop.asset('cmdb/2')).toMatchObject({ id });
  });

  it('never take a bad row for a missing one', async () => {
    shop.file('cmdb.json', '[{"id":"1","class":"server"},{"id":"2","class":"server"}]');
    await shop.sync('cmdb');
    shop.file('cmdb.json', '[{"id":"1","class":"server"},{"id":"2","class":"server"},{"id":"2","class":"server"},{"class":"server"}]');
    const { cmdb } = await shop.sync('cmdb');

    expect(cmdb?.streams['records']).toMatchObject({ read: 4, tombstoned: 0 });
    expect(cmdb?.streams['records']?.quarantined).toBeGreaterThanOrEqual(2);
    expect(await tombstoned(shop)).toBe(0);
  });

  it('never take a row for missing that is listed in an older version: its newer one stays, and it stays there', async () => {
    await shop.feed({ cmdb: [{ id: '1', class: 'server', location: 'Berlin', modified_at: '2026-02-01T00:00:00Z' }, ...rows(2, 5)] });
    const { cmdb } = await shop.feed({ cmdb: [{ id: '1', class: 'server', location: 'Bonn', modified_at: '2026-01-01T00:00:00Z' }, ...rows(2, 5)] });

    expect(cmdb?.streams['records']).toMatchObject({ read: 4, unchanged: 4, tombstoned: 0 });
    expect(await tombstoned(shop)).toBe(0);
    expect((await shop.asset('cmdb/1')).attributes).toMatchObject({ location: 'Berlin' });
  });

  it('make a scope incomplete by a row without an id: nothing there is missing', async () => {
    await shop.feed({ cmdb: rows(0, 30) });
    const { cmdb } = await shop.feed({ cmdb: [...rows(1, 30), { class: 'server' }] });

    expect(cmdb?.streams['records']).toMatchObject({ quarantined: 1, tombstoned: 0 });
    expect(cmdb?.status).toBe('partial');
    expect(await tombstoned(shop)).toBe(0);
  });
});

describe('a record that is merely not seen', () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = await openLab({ sources: { alpha: 'safety: { missingPasses: 2, missingFor: 1d }' } });
    lab.world.records.set('alpha', Array.from({ length: 30 }, (_, at) => computer(`c${at}`, { serial: `SN${100000 + at}` })));
    await lab.sync();
    lab.world.records.set('alpha', (lab.world.records.get('alpha') ?? []).slice(1));
  });
  afterEach(() => lab.close());
  const gone = async (): Promise<boolean> => {
    const found = await new AssetQueries(lab.engine).show('serial:SN100000');
    return found.kind === 'found' && found.value.sources[0]?.tombstonedAt !== undefined;
  };

  it('needs as many complete passes and as much time as configured, both', async () => {
    const after = async (ms: number): Promise<boolean> => {
      lab.clock.advance(ms);
      await lab.sync();
      return gone();
    };

    expect(await after(HOUR)).toBe(false);
    expect(await after(HOUR)).toBe(false);
    expect(await after(HOUR)).toBe(false);
    expect(await after(22 * HOUR)).toBe(true);
  });

  it('needs two passes however long ago it was seen', async () => {
    lab.clock.advance(30 * DAY);
    await lab.sync();
    expect(await gone()).toBe(false);
    lab.clock.advance(DAY + HOUR);
    await lab.sync();

    expect(await gone()).toBe(true);
  });

  it('begins anew when it was seen in between, and counts no pass that did not cover its scope', async () => {
    lab.clock.advance(HOUR);
    await lab.sync();
    lab.clock.advance(DAY + HOUR);
    lab.world.denied.set('alpha', 'no right');
    const { runs } = await lab.sync();
    expect(runs[0]?.status).toBe('partial');
    expect(await gone()).toBe(false);
    lab.world.denied.clear();
    lab.world.records.set('alpha', [computer('c0', { serial: 'SN100000' }), ...(lab.world.records.get('alpha') ?? [])]);
    await lab.sync();
    lab.world.records.set('alpha', (lab.world.records.get('alpha') ?? []).slice(1));
    lab.clock.advance(HOUR);
    await lab.sync();

    expect(await gone()).toBe(false);
    expect(await new OperationQueries(lab.engine).openReviews()).toBe(0);
  });
});
