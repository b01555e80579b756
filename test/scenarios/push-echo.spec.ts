import { Tools, type ToolRow } from '../support/tools.js';

const pc = (more: Partial<ToolRow> = {}): ToolRow => ({ id: '1', status: 'A', serial_number: 'SN-0001', name: 'pc-1', ...more });
/** Trims, folds case, and writes dates its own way. */
const fussy = (text: string): string => text.trim().toLowerCase().replace(/^(\d{4})-(\d\d)-(\d\d)$/, '$3.$2.$1');

describe('an echo', () => {
  let bench: Tools;
  afterEach(async () => {
    await bench.isAtRest();
    await bench.close();
  });

  const fussyPair = async (onConflict = 'hold'): Promise<void> => {
    bench = await Tools.open({ alpha: '', beta: `{ enabled: true, fields: [stage, location, warranty_expires_on], onConflict: ${onConflict}, onDrift: ours }` }, { yaml: 'authority: { default: [alpha, beta], stage: { order: [alpha, beta] } }' });
    bench.tool('alpha').put(pc({ location: 'Berlin', warranty_expires_on: '2027-03-31' }));
    bench.tool('beta').put(pc({ location: 'Berlin', warranty_expires_on: '2027-03-31' }));
    await bench.sync();
    bench.tool('beta').switches.spell = fussy;
  };

  it('is known in another spelling: the target keeps it as it likes, and is not written again', async () => {
    await fussyPair();
    bench.tool('alpha').edit('1', { location: ' Bonn Süd', warranty_expires_on: '2028-01-15' });
    await bench.sync();

    expect(bench.tool('beta').present('1')).toMatchObject({ location: 'bonn süd', warranty_expires_on: '15.01.2028' });
    expect(await bench.attempts()).toEqual(['normalised']);
    await bench.sync();
    expect(bench.tool('beta').writes()).toHaveLength(1);
    expect(await bench.reviews()).toEqual([]);
  });

  it('a hundred alternating edits on both sides within ten seconds settle, with at most one write a real change', async () => {
    bench = await Tools.open({ alpha: '{ enabled: true, fields: [stage, location], onConflict: newest, onDrift: theirs }', beta: '{ enabled: true, fields: [stage, location], onConflict: newest, onDrift: theirs }' }, { yaml: 'authority: { hardware: { location: { strategy: newest } } }' });
    const tools = ['alpha', 'beta'].map((name) => bench.tool(name));
    for (const tool of tools) tool.put(pc({ location: 'berlin' }));
    await bench.sync();
    // Not at the same instant in both: `newest` would rightly ask a person.
    tools.forEach((tool, i) => Object.assign(tool.switches, { spell: fussy, ownRule: { afterMs: 2_000 + 50 * i, change: (row: ToolRow) => ({ department: `${String(row['department'] ?? '')}.`.slice(-9) }) } }));
    for (let i = 0; i < 100; i++) {
      bench.clock.advance(100);
      (tools[i % 2] as (typeof tools)[number]).edit('1', i % 4 < 2 ? { location: `room ${i}` } : { status: i % 3 === 0 ? 'M' : 'A' });
      if (i % 3 === 2) await bench.sync({ afterMs: 0 });
    }
    for (let i = 0; i < 4; i++) await bench.sync();

    const [alpha, beta] = tools.map((tool) => tool.present('1'));
    expect(alpha).toMatchObject({ status: beta?.status, location: beta?.['location'] });
    for (const tool of tools) {
      const real = tools.find((other) => other !== tool)?.journal.filter((write) => write.by === 'tool').length ?? 0;
      expect(tool.writes().length).toBeLessThanOrEqual(real);
    }
    expect(await bench.outbox()).toEqual([]);
  });

  it('of a burst: only its last value is written, whatever the target does to itself two seconds later', async () => {
    await fussyPair();
    bench.tool('beta').switches.ownRule = { afterMs: 2_000, change: () => ({ department: 'set by a rule' }) };
    for (let i = 0; i < 50; i++) {
      bench.clock.advance(100);
      bench.tool('alpha').edit('1', { location: `Room ${i}` });
    }
    await bench.sync();
    await bench.sync();

    expect(bench.tool('beta').writes().map(({ fields }) => fields)).toEqual([{ location: 'Room 49' }]);
  });

  it('counts in no vote: a value that came from here does not outvote the source that changes it', async () => {
    bench = await Tools.open({ alpha: '', beta: '{ enabled: true, fields: [location], onDrift: ours }', gamma: '{ enabled: true, fields: [location], onDrift: ours }' }, { yaml: 'authority: { hardware: { location: { strategy: most_reported } } }' });
    bench.tool('alpha').put(pc({ location: 'Berlin' }));
    for (const name of ['beta', 'gamma']) bench.tool(name).put(pc());
    await bench.sync();
    for (const { id } of await bench.reviews('alignment')) await bench.resolveOne(id, 'ours');
    await bench.sync();
    expect(['beta', 'gamma'].map((name) => bench.tool(name).present('1')?.['location'])).toEqual(['Berlin', 'Berlin']);

    bench.tool('alpha').edit('1', { location: 'Bonn' });
    await bench.sync();
    expect(['beta', 'gamma'].map((name) => bench.tool(name).present('1')?.['location'])).toEqual(['Bonn', 'Bonn']);
    expect(['beta', 'gamma'].map((name) => bench.tool(name).writes().length)).toEqual([2, 2]);
  });

  it('links nothing: a tag that Lockstep wrote there proves nothing about another machine', async () => {
    bench = await Tools.open({ alpha: '', beta: '{ enabled: true, fields: [asset_tag], onDrift: ours }', gamma: '' });
    bench.tool('alpha').put(pc({ asset_tag: 'T-1' }));
    bench.tool('beta').put(pc());
    await bench.sync();
    await bench.resolve('alignment', 'ours');
    await bench.sync();
    expect(bench.tool('beta').present('1')).toMatchObject({ asset_tag: 'T-1' });

    bench.tool('alpha').edit('1', { asset_tag: null });
    bench.tool('gamma').put({ id: '9', status: 'A', asset_tag: 'T-1', name: 'pc-9' });
    await bench.sync();
    expect(await bench.assetOf('gamma/9')).not.toBe(await bench.assetOf('beta/1'));
  });
});
