import { Tools, type ToolRow } from '../support/tools.js';

const pc = (more: Partial<ToolRow> = {}): ToolRow => ({ id: '1', status: 'A', serial_number: 'SN-0001', name: 'pc-1', ...more });

describe('what identifies a record', () => {
  let bench: Tools;
  const beta = () => bench.tool('beta');
  afterEach(async () => {
    await bench.isAtRest();
    await bench.close();
  });

  it('is never pushed over something else, by no policy and no person, and nothing waits for it', async () => {
    bench = await Tools.open({ alpha: '', beta: '{ enabled: true, fields: [asset_tag, location], onConflict: ours, onDrift: ours }' }, { yaml: 'authority: { default: [alpha, beta] }' });
    bench.tool('alpha').put(pc({ asset_tag: 'T-1', location: 'Berlin' }));
    beta().put(pc({ asset_tag: 'T-2', location: 'Berlin' }));
    await bench.sync();
    bench.tool('alpha').edit('1', { asset_tag: 'T-3', location: 'Ulm' });
    await bench.sync();

    expect(beta().present('1')).toMatchObject({ asset_tag: 'T-2', location: 'Ulm' });
    expect(beta().writes().map(({ fields }) => fields)).toEqual([{ location: 'Ulm' }]);
  });

  it('is pushed where the target has none, and from then on left as it is', async () => {
    bench = await Tools.open({ alpha: '', beta: '{ enabled: true, fields: [asset_tag], onConflict: ours, onDrift: ours }' }, { yaml: 'authority: { default: [alpha, beta] }' });
    bench.tool('alpha').put(pc({ asset_tag: 'T-1' }));
    beta().put(pc());
    await bench.sync();
    await bench.resolve('alignment', 'ours');
    await bench.sync();
    expect(beta().present('1')?.['asset_tag']).toBe('T-1');
    bench.tool('alpha').edit('1', { asset_tag: 'T-3' });
    await bench.sync();
    expect(beta().present('1')?.['asset_tag']).toBe('T-1');
  });
});
