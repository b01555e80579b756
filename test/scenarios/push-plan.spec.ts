import { Tools, type ToolRow } from '../support/tools.js';

const pc = (id: string, more: Partial<ToolRow> = {}): ToolRow => ({ id, status: 'A', serial_number: `SN-${id.padStart(5, '0')}`, name: `pc-${id}`, location: 'Berlin', ...more });

/** What was written is what was said, to the last field. */
describe('what a push would write', () => {
  let bench: Tools;
  const names = ['beta', 'gamma'];
  beforeEach(async () => {
    bench = await Tools.open({ alpha: '', beta: '{ enabled: true, fields: [stage, location], onDrift: ours }', gamma: '{ enabled: true, fields: [stage, location], mode: upsert, classes: [hardware] }' }, { onDisk: true, yaml: 'authority: { default: [alpha, beta, gamma] }' });
    for (const name of ['alpha', ...names]) bench.tool(name).put(pc('1'), pc('2'), pc('3', { location: name === 'gamma' ? 'Köln' : 'Berlin' }));
    await bench.sync();
    bench.tool('alpha').edit('1', { status: 'R', location: 'Ulm' });
    bench.tool('alpha').edit('3', { status: 'M' });
    bench.tool('beta').edit('2', { location: 'Bonn' });
    bench.tool('alpha').put(pc('4'), pc('5', { class: 'virtual_machine' }));
  });
  afterEach(async () => {
    await bench.isAtRest();
    await bench.close();
  });
  const written = async (): Promise<string[]> => {
    const rows = await bench.rows(`SELECT target, asset_id, differences, kind FROM push_attempts`);
    return rows.flatMap((row) => (JSON.parse(row['differences'] as string) as { field: string; before: unknown; after: unknown }[]).map(({ field, before, after }) => JSON.stringify([row['target'], field === 'record' ? '' : row['asset_id'], field, before, field === 'record' ? null : after]))).sort();
  };

  it('is in the plan as the sync does it', async () => {
    const plan = await bench.plan();
    const said = plan.changes.filter(({ kind }) => kind === 'push').map(({ source, asset, attribute, before, after }) => JSON.stringify([source, attribute === 'record' ? '' : asset, attribute, before, attribute === 'record' ? null : after])).sort();
    expect([names.flatMap((name) => bench.tool(name).writes()), await bench.attempts()]).toEqual([[], []]);
    await bench.sync({ afterMs: 0 });

    expect(said).toEqual(await written());
    expect(said).toHaveLength(7);
    expect(plan.summary.push).toBe(5);
  });

  it('is in a dry run as the push does it, and what waits is told beside it', async () => {
    await bench.sync({ push: false });
    const owed = await bench.dryRun();
    const said = owed.filter(({ state }) => state === 'owed').flatMap(({ target, asset, differences }) => differences.map(({ field, before, after }) => JSON.stringify([target, field === 'record' ? '' : asset, field, before, field === 'record' ? null : after]))).sort();
    expect(owed.filter(({ state }) => state === 'waiting')).toMatchObject([{ target: 'gamma', differences: expect.arrayContaining([expect.objectContaining({ field: 'location', before: 'Köln', after: 'Berlin' })]) }]);
    expect(names.flatMap((name) => bench.tool(name).writes())).toEqual([]);
    expect((await bench.dryRun(['beta'])).map(({ target }) => target).every((target) => target === 'beta')).toBe(true);
    await bench.push();

    expect(said).toEqual(await written());
  });

  it('is nothing where nothing changed, and nothing is what a second sync writes', async () => {
    await bench.sync();
    await bench.resolve('alignment', 'ours');
    await bench.sync();
    expect([(await bench.plan()).changes, await bench.dryRun()]).toEqual([[], []]);
  });
});
