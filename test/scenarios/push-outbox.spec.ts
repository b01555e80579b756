import { Tools, type ToolRow } from '../support/tools.js';

const pc = (id: string, more: Partial<ToolRow> = {}): ToolRow => ({ id, status: 'A', serial_number: `SN-${id.padStart(5, '0')}`, name: `pc-${id}`, location: 'Berlin', ...more });
const many = (n: number): string[] => Array.from({ length: n }, (_, i) => `${i + 1}`);

describe('the outbox', () => {
  let bench: Tools;
  afterEach(async () => {
    await bench.isAtRest();
    await bench.close();
  });
  const open = async (push: string, ids: readonly string[] = ['1'], lines = ''): Promise<void> => {
    bench = await Tools.open({ alpha: '', beta: `{ enabled: true, ${push} }` }, { yaml: 'authority: { default: [alpha, beta] }', lines: { beta: lines } });
    for (const name of ['alpha', 'beta']) bench.tool(name).put(...ids.map((id) => pc(id)));
    await bench.sync();
  };
  const beta = () => bench.tool('beta');
  const move = (location: string, ...ids: readonly string[]): void => { for (const id of ids) bench.tool('alpha').edit(id, { location }); };
  const shown = (...ids: readonly string[]): unknown[] => ids.map((id) => beta().present(id)?.['location']);

  /** Gives what waits for that work to be done. */
  const atFirstWrite = (work: () => Promise<unknown>): (() => Promise<unknown>) => {
    const { write } = beta();
    let begun: Promise<unknown> | undefined;
    beta().write = function (given) {
      begun ??= work();
      return write.call(this, given);
    };
    return async () => begun;
  };
  const changesWhileUlmIsWritten = async (): Promise<void> => {
    const changed = atFirstWrite(() => bench.decisions.override('name:pc-1', 'location', 'Köln', { reason: 'test' }));
    move('Ulm', '1');
    await bench.sync();
    await changed();
    await bench.push();
  };

  it('owes again what changed while a write was on its way', async () => {
    await open('fields: [location]');
    await changesWhileUlmIsWritten();

    expect([shown('1'), await bench.outbox()]).toEqual([['Köln'], []]);
    expect(beta().writes().map(({ fields }) => fields)).toEqual([{ location: 'Ulm' }, { location: 'Köln' }]);
  });

  it('writes what changed while a write was refused: that has not been sent yet', async () => {
    await open('fields: [location]');
    beta().switches.refuse = (_row, fields) => (fields['location'] === 'Ulm' ? 'no such place' : undefined);
    await changesWhileUlmIsWritten();

    expect([shown('1'), await bench.outbox(), await bench.attempts()]).toEqual([['Köln'], [], ['refused', 'verified']]);
  });

  it('coalesces what changes while the target is away', async () => {
    await open('fields: [location]');
    beta().switches.down = true;
    for (const location of ['Ulm', 'Köln', 'Bonn']) { move(location, '1'); await bench.sync(); }
    beta().switches.down = false;
    await bench.sync();

    expect(beta().writes().map(({ fields }) => fields)).toEqual([{ location: 'Bonn' }]);
  });

  it('writes again where somebody edits the record at that moment, and gives up after eight times', async () => {
    await open('fields: [location]');
    beta().switches.conflicts = 2;
    move('Ulm', '1');
    await bench.sync();
    expect([shown('1'), await bench.attempts()]).toEqual([['Ulm'], ['conflict', 'conflict', 'verified']]);

    beta().switches.conflicts = 1_000;
    move('Köln', '1');
    for (let i = 0; i < 40; i++) await bench.sync();
    expect([await bench.outbox(), 1_000 - beta().switches.conflicts]).toEqual([[expect.objectContaining({ state: 'dead' })], 8]);
  });

  it('waits as long as the vendor says, and sends nothing else there before', async () => {
    const ids = many(15);
    await open('fields: [location], maxPushRatio: 1', ids);
    move('Ulm', ...ids);
    beta().switches.throttle = 1;
    await bench.sync();
    const started = bench.clock.now();
    bench.clock.advance(6_999);
    await bench.push();
    expect(beta().writes()).toEqual([]);
    bench.clock.advance(1);
    await bench.push();

    expect([beta().writes().length, started + 7_000]).toEqual([15, beta().writes()[0]?.at]);
  });

  it('throttled in the middle of a batch: what was applied before is an echo, and not written again', async () => {
    const ids = many(6);
    bench = await Tools.open({ alpha: '', beta: '{ enabled: true, fields: [stage, location] }' });
    for (const name of ['alpha', 'beta']) bench.tool(name).put(...ids.map((id) => pc(id)));
    await bench.sync();
    for (const id of ids) bench.tool('alpha').edit(id, { status: 'R' });
    const { write } = beta();
    let calls = 0;
    beta().write = function (given) {
      if (++calls === 4) this.switches.throttle = 1;
      return write.call(this, given);
    };
    await bench.sync();
    expect(beta().writes()).toHaveLength(3);
    await bench.sync();

    expect([beta().writes().map(({ id }) => id), await bench.outbox()]).toEqual([ids, []]);
    expect(new Set((await bench.rows('SELECT origin FROM stage_moves')).map(({ origin }) => (origin as string).split('/')[0]))).toEqual(new Set(['alpha']));
  });

  it('waits for a throttle within its patience, and ends complete', async () => {
    const ids = many(15);
    await open('fields: [location], maxPushRatio: 1', ids);
    move('Ulm', ...ids);
    beta().switches.throttle = 2;
    const { targets } = await bench.sync({ patienceMs: 60_000 });

    expect([targets?.map(({ target, status, counts }) => [target, status, counts.verified]), await bench.outbox()]).toEqual([[['beta', 'done', 15]], []]);
  });

  it('is delayed by a poisoned asset for that asset alone: refused', async () => {
    await open('fields: [location]', many(12));
    beta().switches.refuse = (row) => (row.id === '3' ? 'Data Policy Exception: location is locked' : undefined);
    move('Ulm', ...many(12));
    await bench.sync();

    expect(shown(...many(12)).filter((each) => each === 'Ulm')).toHaveLength(11);
    expect(await bench.outbox()).toMatchObject([{ state: 'dead', reason: 'Data Policy Exception: location is locked' }]);
  });

  it('is delayed by a poisoned asset for that asset alone: it cannot even be read', async () => {
    await open('fields: [location]', many(12));
    beta().switches.unreadable = ['3'];
    move('Ulm', ...many(12));
    for (let i = 0; i < 3; i++) await bench.sync({ sources: ['alpha'] });

    expect(shown(...many(12)).filter((each) => each === 'Ulm')).toHaveLength(11);
    expect(await bench.outbox()).toHaveLength(1);
    beta().switches.unreadable = [];
    for (let i = 0; i < 20; i++) await bench.sync();
    expect([shown('3'), await bench.outbox()]).toEqual([['Ulm'], []]);
  });

  it('of a paused target keeps what it is owed', async () => {
    await open('fields: [location]');
    await bench.letters.pause('beta', 'change freeze');
    move('Ulm', '1');
    const { targets } = await bench.sync();
    expect([targets, shown('1')]).toMatchObject([[{ status: 'paused', reason: 'change freeze', left: { owed: 1 } }], ['Berlin']]);
    await bench.letters.resume('beta');
    await bench.push();
    expect(shown('1')).toEqual(['Ulm']);
  });

  it('of a target that is paused in the middle keeps what has not left yet', async () => {
    const ids = many(120);
    await open('fields: [location], maxPushRatio: 1', ids);
    const paused = atFirstWrite(() => bench.letters.pause('beta', 'change freeze'));
    move('Ulm', ...ids);
    const { targets } = await bench.sync();
    await paused();
    expect([beta().writes().length, targets]).toMatchObject([50, [{ status: 'paused', reason: 'change freeze', left: { owed: 70 } }]]);
    await bench.letters.resume('beta');
    await bench.push();
    expect(shown(...ids).filter((place) => place !== 'Ulm')).toEqual([]);
  });

  it('leaves nothing in quiet hours, on the clock of the source', async () => {
    // The bench begins on Sunday, 2026-11-01, 00:00 UTC: 01:00 in Berlin.
    await open('fields: [location], quietHours: ["Su 00:00-06:00"]', ['1'], 'schedule: { timezone: Europe/Berlin }');
    move('Ulm', '1');
    const { targets } = await bench.sync();
    expect([targets, shown('1')]).toMatchObject([[{ status: 'quiet', reason: 'quiet hours until 2026-11-01T05:00:00.000Z' }], ['Berlin']]);
    bench.clock.advance(5 * 3_600_000);
    await bench.push();
    expect(shown('1')).toEqual(['Ulm']);
  });

  it('stops where quiet hours begin while it waits', async () => {
    await open('fields: [location], quietHours: ["Su 00:03-06:00"]');
    move('Ulm', '1');
    await bench.sync({ push: false });
    bench.clock.advance(50_000);
    beta().switches.throttle = 3;
    await bench.push({ patienceMs: 90_000 });
    expect(shown('1')).toEqual(['Berlin']);
    expect(bench.clock.now()).toBeLessThan(Date.UTC(2026, 10, 1, 0, 3, 10));
    bench.clock.advance(6 * 3_600_000);
    await bench.push({ patienceMs: 60_000 });
    expect(shown('1')).toEqual(['Ulm']);
  });

  it('writes no more in a window than the target may be written', async () => {
    const ids = many(9);
    await open('fields: [location], maxWrites: 4/h, maxPushRatio: 1', ids);
    move('Ulm', ...ids);
    await bench.sync();
    expect(beta().writes()).toHaveLength(4);
    bench.clock.advance(3_500_000);
    await bench.push();
    expect(beta().writes()).toHaveLength(4);
    for (let i = 0; i < 2; i++) { bench.clock.advance(3_600_000); await bench.push(); }

    const times = beta().writes().map(({ at }) => at);
    expect(times).toHaveLength(9);
    for (const at of times) expect(times.filter((each) => each > at - 3_600_000 && each <= at).length).toBeLessThanOrEqual(4);
  });

  it('writes nothing while writes are off, and all of it when they are on', async () => {
    bench = await Tools.open({ alpha: '', beta: '{ enabled: true, fields: [location] }' }, { onDisk: true, yaml: 'authority: { default: [alpha, beta] }' });
    for (const name of ['alpha', 'beta']) bench.tool(name).put(pc('1'));
    await bench.sync();
    await bench.restart((yaml) => yaml.replace('writes: on', 'writes: off'));
    move('Ulm', '1');
    await bench.sync();
    expect(shown('1')).toEqual(['Berlin']);
    await bench.restart((yaml) => yaml.replace('writes: off', 'writes: on'));
    await bench.push();
    expect(shown('1')).toEqual(['Ulm']);
  });
});
