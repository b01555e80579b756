import { Tools, type ToolRow } from '../support/tools.js';

const pc = (id: string, more: Partial<ToolRow> = {}): ToolRow => ({ id, status: 'A', serial_number: `SN-${id.padStart(5, '0')}`, name: `pc-${id}`, location: 'Berlin', ...more });
const many = (n: number, from = 1): string[] => Array.from({ length: n }, (_, i) => `${from + i}`);

describe('the guard over pushes', () => {
  let bench: Tools;
  const beta = () => bench.tool('beta');
  const shown = (location: string): number => [...beta().rows.values()].filter((row) => row['location'] === location).length;
  const move = (location: string, ids: readonly string[]): void => { for (const id of ids) bench.tool('alpha').edit(id, { location }); };
  const open = async (n: number, push = ''): Promise<void> => {
    bench = await Tools.open({ alpha: '', beta: `{ enabled: true, fields: [location]${push} }` }, { yaml: 'authority: { default: [alpha, beta] }' });
    for (const name of ['alpha', 'beta']) bench.tool(name).put(...many(n).map((id) => pc(id)));
    await bench.sync();
  };
  afterEach(async () => {
    await bench.isAtRest();
    await bench.close();
  });

  it('lets a share pass, and twenty-five in any case', async () => {
    await open(30);
    move('Ulm', many(25));
    await bench.sync();
    expect([shown('Ulm'), await bench.reviews()]).toEqual([25, []]);
  });

  it('holds all of more as one set, before the first is written', async () => {
    await open(30);
    move('Ulm', many(26));
    await bench.sync();
    expect([shown('Ulm'), (await bench.reviews()).map(({ kind, records }) => [kind, records.length])]).toEqual([0, [['push_guard', 26]]]);
    expect(new Set((await bench.outbox()).map(({ state }) => state as string))).toEqual(new Set(['waiting']));
  });

  it('counts over an hour', async () => {
    await open(40);
    move('Ulm', many(20));
    await bench.sync();
    move('Ulm', many(10, 21));
    await bench.sync();
    expect([shown('Ulm'), (await bench.reviews()).map(({ kind }) => kind)]).toEqual([20, ['push_guard']]);
    await bench.resolve('push_guard', 'release');
    await bench.push();
    expect(shown('Ulm')).toBe(30);

    bench.clock.advance(3_600_000);
    move('Bonn', many(20));
    await bench.sync();
    expect([shown('Bonn'), await bench.reviews()]).toEqual([20, []]);
  });

  it('released: all of it is written, once; a part: that part', async () => {
    await open(30);
    move('Ulm', many(30));
    await bench.sync();
    await bench.resolve('push_guard', 'release', { only: many(3).map((id) => `beta/records/${id}` as const) });
    await bench.sync();
    expect([shown('Ulm'), (await bench.reviews())[0]?.records.length]).toEqual([3, 27]);
    await bench.resolve('push_guard', 'release');
    await bench.sync();
    expect([shown('Ulm'), beta().writes().length, await bench.reviews(), await bench.outbox()]).toEqual([30, 30, [], []]);
  });

  it('judges anew what has changed since a release that was not written yet', async () => {
    await open(30);
    move('Ulm', many(30));
    await bench.sync();
    await bench.letters.pause('beta', 'change freeze');
    await bench.resolve('push_guard', 'release');
    move('Bonn', many(30));
    await bench.sync();
    await bench.letters.resume('beta');
    await bench.push();

    expect([shown('Berlin'), (await bench.reviews()).map(({ kind, records }) => [kind, records.length])]).toEqual([30, [['push_guard', 30]]]);
  });

  it('rejected: the target keeps what it has, until our value changes again', async () => {
    await open(30);
    move('Ulm', many(30));
    await bench.sync();
    await bench.resolve('push_guard', 'reject');
    await bench.sync();
    await bench.sync();
    expect([shown('Ulm'), await bench.reviews(), await bench.outbox()]).toEqual([0, [], []]);
    move('Bonn', ['7']);
    await bench.sync();
    expect([shown('Bonn'), beta().writes().length]).toEqual([1, 1]);
  });

  it('what changes while it is held is written as it is by then', async () => {
    await open(30);
    move('Ulm', many(30));
    await bench.sync();
    move('Bonn', ['7']);
    move('Berlin', ['8']);
    await bench.sync();
    expect(beta().writes()).toEqual([]);
    await bench.resolve('push_guard', 'release');
    await bench.sync();
    expect([shown('Ulm'), shown('Bonn'), beta().writes('8')]).toEqual([28, 1, []]);
  });

  it('holds new records as well; released they are created, rejected they are not', async () => {
    await open(1, ', mode: upsert');
    bench.tool('alpha').put(...many(30, 100).map((id) => pc(id)));
    await bench.sync();
    expect([beta().rows.size, (await bench.reviews()).map(({ kind, records }) => [kind, records.length])]).toEqual([1, [['push_guard', 30]]]);
    const assets = await Promise.all(many(2, 100).map((id) => bench.assetOf(`alpha/${id}`)));
    await bench.resolve('push_guard', 'release', { only: assets as never });
    await bench.sync();
    expect(beta().rows.size).toBe(3);

    await bench.resolve('push_guard', 'reject');
    await bench.sync();
    bench.tool('alpha').edit('110', { department: 'Sales' });
    await bench.sync();
    expect([beta().rows.size, await bench.reviews()]).toEqual([3, []]);
    expect(new Set((await bench.outbox()).map(({ reason }) => reason as string))).toEqual(new Set(['a person decided that it is not created there']));
    bench.tool('alpha').edit('110', { location: 'Ulm' });
    await bench.sync();
    expect(beta().rows.size).toBe(4);
  });
});
