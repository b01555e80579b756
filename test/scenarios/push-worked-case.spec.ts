import { DAY } from './workshop.js';
import { Tools } from '../support/tools.js';

const NAMES = ['one', 'two', 'three', 'four', 'five'] as const;
const pc = { id: '1', status: 'A', serial_number: 'SN-0001', name: 'pc-1' };

describe('five tools say in_use, a person retires the asset here', () => {
  let bench: Tools;
  const statuses = (): (string | undefined)[] => NAMES.map((name) => bench.tool(name).status('1'));
  const writes = (): number[] => NAMES.map((name) => bench.tool(name).writes().length);

  beforeEach(async () => {
    bench = await Tools.open(Object.fromEntries(NAMES.map((name) => [name, '{ enabled: true }'])));
    for (const name of NAMES) bench.tool(name).put(pc);
    await bench.sync();
    bench.tool('three').switches.down = true;
    await bench.decisions.transition(await bench.assetOf('one/1'), 'retired', { reason: 'sold' });
    await bench.push();
  });
  afterEach(async () => {
    await bench.isAtRest();
    await bench.close();
  });

  const backUp = async (): Promise<void> => {
    await bench.sync();
    bench.tool('three').switches.down = false;
    await bench.sync();
  };

  it('four are written at once, the one that was down when it is back, and each read-back is an echo', async () => {
    expect(statuses()).toEqual(['R', 'R', 'A', 'R', 'R']);
    expect(await bench.outbox()).toMatchObject([{ target: 'three', state: 'owed' }]);
    await backUp();

    expect([statuses(), writes()]).toEqual([['R', 'R', 'R', 'R', 'R'], [1, 1, 1, 1, 1]]);
    expect(await bench.outbox()).toEqual([]);
    expect(await bench.attempts()).toEqual(['verified', 'verified', 'verified', 'verified', 'verified']);
    expect(await bench.rows('SELECT origin_kind, to_stage FROM stage_moves')).toEqual([{ origin_kind: 'person', to_stage: 'retired' }]);
    expect(await bench.reviews()).toEqual([]);
  });

  it('somebody sets it in_use in one tool: a review, nothing flips, and that tool is left alone meanwhile', async () => {
    await backUp();
    bench.clock.advance(DAY);
    bench.tool('two').edit('1', { status: 'A' });
    await bench.sync();
    await bench.sync();

    expect(await bench.stageOf('one/1')).toBe('retired');
    expect([statuses(), writes()]).toEqual([['R', 'A', 'R', 'R', 'R'], [1, 1, 1, 1, 1]]);
    expect(await bench.reviews()).toMatchObject([{ kind: 'illegal_move', records: ['two/records/1'] }]);
    expect(await bench.outbox()).toMatchObject([{ target: 'two', state: 'waiting' }]);
  });

  it('rejected: ours is owed again, and written once', async () => {
    await backUp();
    bench.tool('two').edit('1', { status: 'A' });
    await bench.sync();
    await bench.resolve('illegal_move', 'reject');
    await bench.sync();
    await bench.sync();

    expect([statuses(), writes()]).toEqual([['R', 'R', 'R', 'R', 'R'], [1, 2, 1, 1, 1]]);
    expect(await bench.reviews()).toEqual([]);
    expect(await bench.outbox()).toEqual([]);
  });

  it('accepted: the move counts, and all follow', async () => {
    await backUp();
    bench.tool('two').edit('1', { status: 'A' });
    await bench.sync();
    await bench.resolve('illegal_move', 'accept');
    await bench.sync();

    expect(await bench.stageOf('one/1')).toBe('in_use');
    expect([statuses(), writes()]).toEqual([['A', 'A', 'A', 'A', 'A'], [2, 1, 2, 2, 2]]);
    expect(await bench.outbox()).toEqual([]);
  });
});
