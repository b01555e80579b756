import { Workshop, type Row } from './workshop.js';

const serial = (n: number): string => `SN${String(n).padStart(6, '0')}`;
const rows = (count: number, more: (at: number) => Row = () => ({})): Row[] => Array.from({ length: count }, (_, at) => ({ id: String(at), class: 'server', serial_number: serial(at), stage: 'in_use', location: 'Berlin', ...more(at) }));
const stages = async (shop: Workshop): Promise<Readonly<Record<string, number>>> => {
  const counts: Record<string, number> = {};
  for (const { stage } of await shop.assets()) counts[stage] = (counts[stage] ?? 0) + 1;
  return counts;
};

describe('guards against mass changes', () => {
  let shop: Workshop;
  beforeEach(async () => { shop = await Workshop.open(); });
  afterEach(async () => {
    expect(await shop.differences()).toEqual([]);
    await shop.close();
  });

  it('hold stage moves beyond ratio and minimum as one set; other values of other records are stored', async () => {
    await shop.feed({ cmdb: rows(100) });
    const { cmdb } = await shop.feed({ cmdb: rows(100, (at) => (at < 30 ? { stage: 'retired' } : { location: 'Paris' })) });

    expect(cmdb).toMatchObject({ status: 'succeeded', reviews: 1 });
    expect(await stages(shop)).toEqual({ in_use: 100 });
    expect((await shop.asset('cmdb/50')).attributes['location']).toBe('Paris');
    expect((await shop.reviews()).map(({ kind, records }) => [kind, records.length])).toEqual([['held_stage_move', 30]]);

    const again = await shop.sync('cmdb');
    expect(again['cmdb']).toMatchObject({ reviews: 0, streams: { records: { unchanged: 100, changed: 0 } } });
    expect(await stages(shop)).toEqual({ in_use: 100 });

    await shop.resolve('held_stage_move', 'release', Array.from({ length: 10 }, (_, at) => `cmdb/${at}`));
    expect(await stages(shop)).toEqual({ in_use: 90, retired: 10 });
    await shop.resolve('held_stage_move', 'release');
    expect(await stages(shop)).toEqual({ in_use: 70, retired: 30 });
    // The one who released them, no run: there was none.
    expect(await shop.engine.database.read((tx) => tx.query(`SELECT DISTINCT cause_kind, run_id, person FROM changes WHERE attribute = 'stage'`))).toEqual([{ cause_kind: 'person', run_id: null, person: shop.engine.actor }]);
    expect(await shop.questions()).toEqual([]);
  });

  it('keep a rejected set from taking effect, until the source says something new', async () => {
    await shop.feed({ cmdb: rows(100) });
    await shop.feed({ cmdb: rows(100, (at) => (at < 30 ? { stage: 'retired' } : {})) });
    await shop.resolve('held_stage_move', 'reject');
    await shop.sync('cmdb');
    expect(await stages(shop)).toEqual({ in_use: 100 });
    await shop.feed({ cmdb: rows(100, (at) => (at < 30 ? { stage: at < 5 ? 'maintenance' : 'retired' } : {})) });

    expect(await stages(shop)).toEqual({ in_use: 95, maintenance: 5 });
    expect(await shop.questions()).toEqual([]);
  });

  it('let through what exceeds only one of ratio and minimum', async () => {
    await shop.feed({ cmdb: rows(100) });
    await shop.feed({ cmdb: rows(100, (at) => (at < 25 ? { stage: 'retired' } : {})) });

    expect(await stages(shop)).toEqual({ in_use: 75, retired: 25 });
    expect(await shop.questions()).toEqual([]);
  });

  it('hold mass emptying, mass change of class and mass merges likewise', async () => {
    await shop.feed({ cmdb: rows(60), scan: Array.from({ length: 60 }, (_, at) => ({ id: `s${at}`, class: 'server', serial_number: `OTHER${at}XY` })) });
    await shop.feed({ cmdb: rows(60, (at) => (at < 30 ? { location: null } : {})) });
    expect((await shop.questions()).map((each) => each.split(':')[0])).toEqual(['held_emptied']);
    expect((await shop.asset('cmdb/0')).attributes['location']).toBe('Berlin');
    await shop.resolve('held_emptied', 'reject');

    await shop.feed({ cmdb: rows(60, (at) => (at < 30 ? { class: 'network_device' } : {})) });
    expect((await shop.questions()).map((each) => each.split(':')[0])).toEqual(['held_class_change']);
    expect((await shop.asset('cmdb/0')).class).toBe('server');
    await shop.resolve('held_class_change', 'reject');

    await shop.feed({ scan: Array.from({ length: 60 }, (_, at) => ({ id: `s${at}`, class: 'server', serial_number: serial(at) })) });
    expect((await shop.questions()).map((each) => each.split(':')[0])).toEqual(['held_merge']);
    expect(await shop.assets()).toHaveLength(120);
    await shop.resolve('held_merge', 'release');

    expect(await shop.assets()).toHaveLength(60);
    expect(await shop.questions()).toEqual([]);
  });

  it('let a source’s first load join what is there, whatever its size, unless it merges assets', async () => {
    await shop.feed({ cmdb: rows(60) });
    const { scan } = await shop.feed({ scan: rows(60, (at) => ({ id: `s${at}`, cpu_count: 4 })) });

    expect(scan).toMatchObject({ status: 'succeeded', reviews: 0 });
    expect(await shop.assets()).toHaveLength(60);
  });

  it('measure against the source’s assets, with its own safety settings', async () => {
    await shop.reconfigure({ sources: { cmdb: 'role: itsm\nsafety: { maxChangeRatio: 0.05, minChanges: 2 }', scan: 'role: discovery' } });
    await shop.feed({ cmdb: rows(40) });
    await shop.feed({ cmdb: rows(40, (at) => (at < 3 ? { stage: 'retired' } : {})) });

    expect(await stages(shop)).toEqual({ in_use: 40 });
    expect((await shop.reviews()).map(({ kind, records }) => [kind, records.length])).toEqual([['held_stage_move', 3]]);
  });
});
