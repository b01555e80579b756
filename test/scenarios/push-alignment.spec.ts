import { Tools, type ToolRow } from '../support/tools.js';

const pc = (id: string, more: Partial<ToolRow> = {}): ToolRow => ({ id, status: 'A', serial_number: `SN-000${id}`, name: `pc-${id}`, ...more });

describe('the alignment of a target that held the assets before', () => {
  let bench: Tools;
  afterEach(async () => {
    await bench.isAtRest();
    await bench.close();
  });

  const open = async (push = '{ enabled: true, fields: [stage, location] }'): Promise<void> => {
    bench = await Tools.open({ alpha: '', beta: push }, { yaml: 'authority: { default: [alpha, beta], stage: { order: [alpha, beta] } }' });
    bench.tool('alpha').put(pc('1', { location: 'Berlin' }), pc('2', { location: 'Berlin' }), pc('3', { location: 'Berlin' }));
    bench.tool('beta').put(pc('1', { status: 'M', location: 'Bonn' }), pc('2', { location: 'Bonn' }), pc('3', { location: 'Berlin' }));
    await bench.sync();
  };
  const beta = (id: string): readonly [string | undefined, unknown] => [bench.tool('beta').status(id), bench.tool('beta').present(id)?.['location']];

  it('is one held set of what differs; a change of ours goes to nobody in it, and to everybody else', async () => {
    await open();
    expect(await bench.reviews()).toMatchObject([{ kind: 'alignment', records: ['beta/records/1', 'beta/records/2'] }]);
    for (const id of ['1', '2', '3']) bench.tool('alpha').edit(id, { status: 'R' });
    await bench.sync();

    expect(bench.tool('beta').writes().map(({ id }) => id)).toEqual(['3']);
    expect(await bench.reviews()).toMatchObject([{ records: ['beta/records/1', 'beta/records/2'] }]);
  });

  it('ours: our values are written, each record once', async () => {
    await open();
    await bench.resolve('alignment', 'ours');
    await bench.sync();

    expect([beta('1'), beta('2')]).toEqual([['A', 'Berlin'], ['A', 'Berlin']]);
    expect(bench.tool('beta').writes().map(({ id, fields }) => [id, fields])).toEqual([['1', { status: 'A', location: 'Berlin' }], ['2', { location: 'Berlin' }]]);
    expect([await bench.reviews(), await bench.outbox()]).toEqual([[], []]);
  });

  it('theirs: a stage moves the asset, another field is left as it is, until ours changes', async () => {
    await open();
    await bench.resolve('alignment', 'theirs');
    await bench.sync();
    expect([bench.tool('beta').writes(), await bench.stageOf('alpha/1'), beta('1')]).toEqual([[], 'maintenance', ['M', 'Bonn']]);
    expect([await bench.reviews(), await bench.outbox()]).toEqual([[], []]);

    bench.tool('alpha').edit('2', { location: 'Ulm' });
    await bench.sync();
    expect(beta('2')).toEqual(['A', 'Ulm']);
  });

  it('per field: nothing is written to a record before its last field is decided', async () => {
    await open();
    await bench.resolve('alignment', 'ours', { fields: ['location'] });
    await bench.sync();
    expect([beta('1'), beta('2')]).toEqual([['M', 'Bonn'], ['A', 'Berlin']]);
    expect(await bench.reviews()).toMatchObject([{ kind: 'alignment', records: ['beta/records/1'] }]);

    await bench.resolve('alignment', 'theirs', { fields: ['stage'] });
    await bench.sync();
    expect([beta('1'), await bench.stageOf('alpha/1')]).toEqual([['M', 'Berlin'], 'maintenance']);
    expect(await bench.reviews()).toEqual([]);
  });

  it('of some records: the others stay in it', async () => {
    await open();
    await bench.resolve('alignment', 'ours', { only: ['beta/records/2'] });
    await bench.sync();

    expect([beta('1'), beta('2')]).toEqual([['M', 'Bonn'], ['A', 'Berlin']]);
    expect(await bench.reviews()).toMatchObject([{ records: ['beta/records/1'] }]);
  });

  it('is joined by what arrives later and differs', async () => {
    await open();
    const [before] = await bench.reviews();
    bench.tool('alpha').put(pc('4', { location: 'Berlin' }));
    bench.tool('beta').put(pc('4', { location: 'Köln' }));
    await bench.sync();

    expect(await bench.reviews()).toEqual([{ id: before?.id, kind: 'alignment', records: ['beta/records/1', 'beta/records/2', 'beta/records/4'] }]);
    expect(bench.tool('beta').writes()).toEqual([]);
  });

  it('is not asked again of later arrivals where the verdict was kept', async () => {
    await open();
    await bench.resolve('alignment', 'ours', { keep: true });
    await bench.sync();
    bench.tool('alpha').put(pc('4', { location: 'Berlin' }));
    bench.tool('beta').put(pc('4', { location: 'Köln', status: 'M' }));
    await bench.sync();
    await bench.sync();

    expect([beta('4'), await bench.reviews()]).toEqual([['A', 'Berlin'], []]);
    expect(bench.tool('beta').writes('4')).toHaveLength(1);
  });

  it('asks about a field that is pushed since the verdict was kept', async () => {
    await open('{ enabled: true, fields: [stage, location] }');
    await bench.resolve('alignment', 'ours', { keep: true });
    await bench.sync();
    bench.tool('beta').edit('3', { name: 'named-otherwise' });
    await bench.restart((yaml) => yaml.replace('fields: [stage, location]', 'fields: [stage, location, name]'));
    await bench.sync();

    expect(await bench.reviews()).toMatchObject([{ kind: 'alignment', records: ['beta/records/3'] }]);
    expect(bench.tool('beta').writes('3')).toEqual([]);
  });

  it('keeps a verdict whole or not at all: one on some fields says nothing of the others', async () => {
    await open();
    await expect(bench.resolve('alignment', 'ours', { keep: true, fields: ['location'] })).rejects.toThrow(/whole/);
    expect(await bench.reviews()).toMatchObject([{ records: ['beta/records/1', 'beta/records/2'] }]);
  });

  it('is over where the two have become equal meanwhile', async () => {
    await open();
    bench.tool('beta').edit('1', { status: 'A', location: 'Berlin' });
    bench.tool('alpha').edit('2', { location: 'Bonn' });
    await bench.sync();

    expect([await bench.reviews(), await bench.outbox(), bench.tool('beta').writes()]).toEqual([[], [], []]);
  });
});
