import { UndoService, type UndoReport } from '../../src/push/undo.service.js';
import { Tools, type ToolRow } from '../support/tools.js';

const pc = (id: string, more: Partial<ToolRow> = {}): ToolRow => ({ id, status: 'A', serial_number: `SN-${id.padStart(5, '0')}`, name: `pc-${id}`, location: 'Berlin', ...more });

describe('undo push', () => {
  let bench: Tools;
  const beta = () => bench.tool('beta');
  const undo = async (id?: string): Promise<UndoReport> => new UndoService(bench.engine).push(id ?? ((await bench.rows('SELECT push_id FROM push_attempts ORDER BY id LIMIT 1'))[0]?.['push_id'] as string), 'wrong mapping');
  beforeEach(async () => {
    bench = await Tools.open({ alpha: '', beta: '{ enabled: true, fields: [stage, location], onDrift: ours }' }, { yaml: 'authority: { default: [alpha, beta] }' });
    for (const name of ['alpha', 'beta']) bench.tool(name).put(pc('1'), pc('2'));
    await bench.sync();
    for (const id of ['1', '2']) bench.tool('alpha').edit(id, { status: 'R', location: 'Ulm' });
    await bench.sync();
  });
  afterEach(async () => {
    await bench.isAtRest();
    await bench.close();
  });

  it('writes the old values back, which are no move and are not written over again until our value changes', async () => {
    expect(await undo()).toMatchObject({ formatVersion: 1, undone: [{ target: 'beta', record: 'beta/records/2' }, { target: 'beta', record: 'beta/records/1' }], left: [] });
    expect(beta().present('1')).toMatchObject({ status: 'A', location: 'Berlin' });
    for (let i = 0; i < 2; i++) await bench.sync();

    expect([beta().present('1'), beta().writes('1').length, await bench.stageOf('alpha/1'), await bench.reviews()]).toMatchObject([{ status: 'A', location: 'Berlin' }, 2, 'retired', []]);
    bench.tool('alpha').edit('1', { location: 'Bonn', status: 'X' });
    bench.tool('alpha').edit('2', { location: 'Bonn' });
    await bench.sync();
    expect([beta().present('2')?.['location'], beta().status('2')]).toEqual(['Bonn', 'A']);
  });

  it('leaves what was changed there since', async () => {
    beta().edit('1', { location: 'Warehouse' });
    expect(await undo()).toMatchObject({ undone: [{ record: 'beta/records/2' }], left: [{ record: 'beta/records/1' }] });
    expect(beta().present('1')).toMatchObject({ status: 'R', location: 'Warehouse' });
    await bench.sync();
  });

  it('of one attempt takes that alone back', async () => {
    const [attempt] = await bench.rows(`SELECT id FROM push_attempts WHERE record_key = 'beta/records/2'`);
    expect(await undo(String(attempt?.['id']))).toMatchObject({ undone: [{ record: 'beta/records/2' }] });
    expect([beta().status('1'), beta().status('2')]).toEqual(['R', 'A']);
  });

  it('says so where the target takes it and shows no effect', async () => {
    beta().switches.ignores = ['location'];
    const report = await undo();
    expect(report.undone.map(({ differences }) => differences.map(({ field }) => field))).toEqual([['stage'], ['stage']]);
    expect(report.left).toMatchObject([{ record: 'beta/records/2', because: expect.stringContaining('location') }, { record: 'beta/records/1' }]);
    beta().switches.ignores = [];
    for (let i = 0; i < 3; i++) await bench.sync();
    expect(beta().present('1')).toMatchObject({ status: 'A', location: 'Ulm' });
  });

  it('says so in the words of the vendor where it is refused', async () => {
    beta().switches.refuse = () => 'closed for the year';
    expect(await undo()).toMatchObject({ undone: [], left: [{ because: 'closed for the year' }, { because: 'closed for the year' }] });
    beta().switches.refuse = () => undefined;
  });

  it('writes nothing to a paused target', async () => {
    await bench.letters.pause('beta', 'change freeze');
    expect(await undo()).toMatchObject({ undone: [], left: [{ because: expect.stringContaining('change freeze') }, {}] });
    expect(beta().writes()).toHaveLength(2);
    await bench.letters.resume('beta');
  });

  it('of nothing is refused, and a second one finds nothing of ours', async () => {
    await expect(undo('push-nowhere')).rejects.toThrow(/took effect/);
    await undo();
    expect(await undo()).toMatchObject({ undone: [], left: [{ record: 'beta/records/2' }, { record: 'beta/records/1' }] });
    expect(beta().writes()).toHaveLength(4);
  });
});
