import { Tools, type ToolRow } from '../support/tools.js';

const pc = (id: string, more: Partial<ToolRow> = {}): ToolRow => ({ id, status: 'A', serial_number: `SN-${id.padStart(5, '0')}`, name: `pc-${id}`, location: 'Berlin', ...more });

describe('a dead letter', () => {
  let bench: Tools;
  const beta = () => bench.tool('beta');
  const dead = async (): Promise<number> => Number((await bench.rows(`SELECT id FROM outbox WHERE state = 'dead'`))[0]?.['id']);
  beforeEach(async () => {
    bench = await Tools.open({ alpha: '', beta: '{ enabled: true, fields: [location] }' }, { yaml: 'authority: { default: [alpha, beta] }' });
    for (const name of ['alpha', 'beta']) bench.tool(name).put(pc('1'));
    await bench.sync();
    beta().switches.refuse = () => 'Data Policy Exception: location is locked';
    bench.tool('alpha').edit('1', { location: 'Ulm' });
    await bench.sync();
  });
  afterEach(async () => {
    await bench.isAtRest();
    await bench.close();
  });

  it('says in the words of the vendor why, what was wanted, and what to do; and is not tried again by itself', async () => {
    const letter = await bench.letters.deadLetter(await dead());
    expect(letter).toMatchObject({
      formatVersion: 1, target: 'beta', name: 'pc-1', state: 'dead', reason: 'Data Policy Exception: location is locked',
      differences: [{ record: 'beta/records/1', field: 'location', before: 'Berlin', after: 'Ulm' }], log: [{ outcome: 'refused', kind: 'update' }],
    });
    expect(JSON.stringify(letter?.detail)).toContain('see the rule in the tool');
    for (let i = 0; i < 3; i++) await bench.sync();
    expect(await bench.attempts()).toEqual(['refused']);
  });

  it('replayed is computed anew: what is wanted by then is written', async () => {
    beta().switches.refuse = () => undefined;
    expect(await bench.letters.replay([await dead()])).toEqual({ formatVersion: 1, replayed: 1, settled: 0 });
    await bench.push();
    expect([beta().present('1')?.['location'], await bench.outbox()]).toEqual(['Ulm', []]);
  });

  it('replayed in vain is dead again', async () => {
    await bench.letters.replay('all', 'beta');
    await bench.push();
    expect([await bench.outbox(), await bench.attempts()]).toMatchObject([[{ state: 'dead', reason: 'Data Policy Exception: location is locked' }], ['refused', 'refused']]);
  });

  it('is over where the two have become equal meanwhile', async () => {
    beta().switches.refuse = () => undefined;
    beta().edit('1', { location: 'Ulm' });
    await bench.sync();
    expect(await bench.outbox()).toEqual([]);
  });

  it('is owed again where our value changes', async () => {
    beta().switches.refuse = () => undefined;
    bench.tool('alpha').edit('1', { location: 'Bonn' });
    await bench.sync();
    expect([beta().present('1')?.['location'], await bench.outbox()]).toEqual(['Bonn', []]);
  });

  it('cured by an override is written with it', async () => {
    beta().switches.refuse = (_row, fields) => (fields['location'] === 'Ulm' ? 'no such place' : undefined);
    await bench.decisions.override(await bench.assetOf('alpha/1'), 'location', 'Ulm (Donau)', { reason: 'the name it has there' });
    await bench.push();
    expect([beta().present('1')?.['location'], await bench.outbox()]).toEqual(['Ulm (Donau)', []]);
  });

  it('discarded stays quiet until our value changes', async () => {
    beta().switches.refuse = () => undefined;
    await bench.letters.discard([await dead()], 'beta keeps its own');
    for (let i = 0; i < 3; i++) await bench.sync();
    bench.tool('alpha').edit('1', { department: 'Sales' });
    await bench.sync();
    expect([beta().writes(), await bench.outbox()]).toEqual([[], []]);

    bench.tool('alpha').edit('1', { location: 'Bonn' });
    await bench.sync();
    expect([beta().present('1')?.['location'], await bench.outbox()]).toEqual(['Bonn', []]);
  });

  it('of a record that is gone there is cured by the id that it has now', async () => {
    beta().switches.refuse = () => undefined;
    beta().put(pc('71', { serial_number: null, name: null, location: 'Berlin' }), pc('2'));
    await bench.sync();
    beta().rows.delete('1');
    await bench.letters.replay([await dead()]);
    await bench.push();
    expect(await bench.outbox()).toMatchObject([{ state: 'dead', reason: expect.stringContaining('deleted') }]);
    await bench.letters.cure(await dead(), 'beta/records/71', 'created anew there');
    await bench.sync();

    expect(await bench.assetOf('beta/71')).toBe(await bench.assetOf('alpha/1'));
    expect([beta().present('71')?.['location'], beta().writes('71').length]).toEqual(['Ulm', 1]);
  });

  it('cannot be cured by a record that nobody has read, nor be named where there is none', async () => {
    const id = await dead();
    await expect(bench.letters.cure(id, 'beta/records/nowhere', 'x')).rejects.toThrow(/no record of beta/);
    await expect(bench.letters.cure(id, 'alpha/records/1', 'x')).rejects.toThrow(/no record of beta/);
    await expect(bench.letters.discard([id + 100], 'x')).rejects.toThrow(/no dead letter/);
    await expect(bench.letters.replay([id, id + 100])).rejects.toThrow(/no dead letter/);
    expect(await dead()).toBe(id);
  });
});
