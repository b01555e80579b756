import { Tools, type ToolRow } from '../support/tools.js';

const pc = (more: Partial<ToolRow> = {}): ToolRow => ({ id: '1', status: 'A', serial_number: 'SN-0001', name: 'pc-1', location: 'Berlin', ...more });
const SECOND = 1_000;

describe('a write is read back', () => {
  let bench: Tools;
  let isOver = true;
  beforeEach(async () => {
    isOver = true;
    bench = await Tools.open({ alpha: '', beta: '{ enabled: true, fields: [stage, location], onDrift: ours }' }, { yaml: 'authority: { default: [alpha, beta] }' });
    for (const name of ['alpha', 'beta']) bench.tool(name).put(pc());
    await bench.sync();
  });
  afterEach(async () => {
    if (isOver) await bench.isAtRest();
    await bench.close();
  });
  const beta = () => bench.tool('beta');
  const move = async (location = 'Ulm'): Promise<void> => {
    bench.tool('alpha').edit('1', { location });
    await bench.sync();
  };
  /** Only what falls due by then. */
  const after = async (ms: number): Promise<void> => {
    bench.clock.advance(ms);
    await bench.push();
  };
  const state = async (): Promise<unknown> => (await bench.outbox())[0]?.['state'];

  it('verified: agreed, and done', async () => {
    await move();
    expect([await bench.attempts(), await bench.outbox()]).toEqual([['verified'], []]);
  });

  it('normalised: it means the same, and is done', async () => {
    beta().switches.spell = (text) => text.toUpperCase();
    await move();
    expect([await bench.attempts(), await bench.outbox(), beta().present('1')?.['location']]).toEqual([['normalised'], [], 'ULM']);
  });

  it('pending: looked at again after 5 s, 30 s, 2 min and 10 min, without another write; then reverted, with its likely cause', async () => {
    isOver = false;
    beta().switches.ignores = ['location'];
    await move();
    expect([await bench.attempts(), await state()]).toEqual([['pending'], 'looking']);
    let reads = beta().reads;
    for (const ms of [5 * SECOND, 30 * SECOND, 120 * SECOND, 600 * SECOND]) {
      await after(ms - SECOND);
      expect([beta().reads, await state()]).toEqual([reads, 'looking']);
      await after(SECOND);
      expect(beta().reads).toBeGreaterThan(reads);
      reads = beta().reads;
    }
    expect([beta().writes().length, await bench.attempts()]).toEqual([1, ['reverted']]);
    const [letter] = await bench.rows('SELECT reason, detail FROM outbox');
    expect(letter?.['reason']).toMatch(/location/);
    expect(JSON.parse(letter?.['detail'] as string)).toMatchObject({ likelyCause: expect.stringMatching(/business rule.*access rule.*read-only.*choice/), hint: expect.any(String) });
  });

  it('pending: seen at a later look it is verified, by one write', async () => {
    beta().switches.ignores = ['location'];
    await move();
    beta().edit('1', { location: 'Ulm' });
    await after(5 * SECOND);
    expect([await bench.attempts(), await bench.outbox(), beta().writes().length]).toEqual([['verified'], [], 1]);
  });

  it('pending: other assets go on meanwhile', async () => {
    bench.tool('alpha').put(pc({ id: '2', serial_number: 'SN-0002', name: 'pc-2' }));
    beta().put(pc({ id: '2', serial_number: 'SN-0002', name: 'pc-2' }));
    await bench.sync();
    beta().switches.ignores = ['location'];
    await move();
    beta().switches.ignores = [];
    bench.tool('alpha').edit('2', { location: 'Köln' });
    await bench.sync({ afterMs: SECOND });
    expect([beta().present('2')?.['location'], beta().present('1')?.['location']]).toEqual(['Köln', 'Berlin']);
    beta().edit('1', { location: 'Ulm' });
    await bench.sync();
  });

  it('pending: a value that changes here meanwhile is written at once, and not waited for', async () => {
    beta().switches.ignores = ['location'];
    await move('Ulm');
    await after(5 * SECOND);
    beta().switches.ignores = [];
    bench.tool('alpha').edit('1', { location: 'Köln' });
    await bench.sync({ afterMs: SECOND });
    expect([beta().present('1')?.['location'], await bench.outbox()]).toEqual(['Köln', []]);
    expect(beta().writes().map(({ fields }) => fields)).toEqual([{ location: 'Ulm' }, { location: 'Köln' }]);
  });

  it('pending: a value that goes back here meanwhile owes nothing any more', async () => {
    beta().switches.ignores = ['location'];
    await move('Ulm');
    bench.tool('alpha').edit('1', { location: 'Berlin' });
    await bench.sync({ afterMs: 10 * SECOND });
    expect([await bench.outbox(), beta().writes().length]).toEqual([[], 1]);
  });

  it('superseded: a third value is drift, and answered as such', async () => {
    isOver = false;
    await bench.close();
    bench = await Tools.open({ alpha: '', beta: '{ enabled: true, fields: [stage, location] }' }, { yaml: 'authority: { default: [alpha, beta] }' });
    for (const name of ['alpha', 'beta']) bench.tool(name).put(pc());
    await bench.sync();
    beta().switches.ownRule = { afterMs: 0, change: () => ({ location: 'Warehouse' }) };
    await move();
    expect([(await bench.attempts())[0], beta().writes().length, await bench.outbox()]).toEqual(['superseded', 1, []]);
    expect(await bench.reviews()).toMatchObject([{ kind: 'push_drift', records: ['beta/records/1'] }]);
  });

  it('superseded: a third stage is a move of the target', async () => {
    beta().switches.ownRule = { afterMs: 0, change: () => ({ status: 'R' }) };
    bench.tool('alpha').edit('1', { status: 'M' });
    await bench.sync({ push: false });
    await after(10 * 60 * SECOND);
    beta().switches.ownRule = undefined;
    await bench.sync();
    expect([(await bench.attempts('beta'))[0], await bench.stageOf('alpha/1'), beta().status('1')]).toEqual(['superseded', 'retired', 'R']);
  });

  it('a target that goes on resetting what is ours is written a bounded number of times, and ends as a dead letter', async () => {
    isOver = false;
    beta().switches.ownRule = { afterMs: 0, change: () => ({ location: 'Warehouse' }) };
    await move();
    for (let i = 0; i < 20; i++) await bench.sync();
    expect(beta().writes().length).toBeLessThanOrEqual(10);
    expect(await bench.outbox()).toMatchObject([{ state: 'dead' }]);
  });
});
