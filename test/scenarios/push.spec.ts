import { Tools } from '../support/tools.js';

const same = (id: string, more = {}) => ({ id, status: 'A', serial_number: 'SN-0001', name: 'pc-1', ...more });

describe('a stage that changes in one tool', () => {
  let bench: Tools;
  afterEach(() => bench.close());

  it('reaches the other tools, once, in their codes, verified', async () => {
    bench = await Tools.open({ alpha: '{ enabled: true }', beta: '{ enabled: true }', gamma: '' });
    for (const name of ['alpha', 'beta', 'gamma']) bench.tool(name).put(same('1'));
    const first = await bench.sync();
    expect(first.targets?.map(({ target, counts }) => [target, counts.verified])).toEqual([['alpha', 0], ['beta', 0]]);
    expect(await bench.outbox()).toEqual([]);

    bench.tool('alpha').edit('1', { status: 'R' });
    const second = await bench.sync();

    expect(await bench.stageOf('alpha/1')).toBe('retired');
    expect(bench.tool('beta').status('1')).toBe('R');
    expect(bench.tool('beta').writes()).toHaveLength(1);
    expect([bench.tool('alpha').writes(), bench.tool('gamma').writes()]).toEqual([[], []]);
    expect(second.runs.find((run) => run.source === 'alpha')?.pushes).toEqual({ queued: 1, sent: 1, failed: 0 });
    expect(await bench.outbox()).toEqual([]);

    const third = await bench.sync();
    expect(third.runs.map((run) => run.assets.updated)).toEqual([0, 0, 0]);
    expect(bench.tool('beta').writes()).toHaveLength(1);
    expect(await bench.rows('SELECT origin, to_stage FROM stage_moves')).toEqual([{ origin: 'alpha/records/1', to_stage: 'retired' }]);
  });

  it('stays owed to a tool that is down, and reaches it when it is back', async () => {
    bench = await Tools.open({ alpha: '{ enabled: true }', beta: '{ enabled: true }' });
    for (const name of ['alpha', 'beta']) bench.tool(name).put(same('1'));
    await bench.sync();
    bench.tool('alpha').edit('1', { status: 'R' });
    bench.tool('beta').switches.down = true;

    const { targets } = await bench.sync();
    expect(targets).toMatchObject([{ target: 'alpha', status: 'done' }, { target: 'beta', status: 'failed', left: { owed: 1 } }]);
    await bench.sync();
    bench.tool('beta').switches.down = false;
    await bench.sync();

    expect(bench.tool('beta').status('1')).toBe('R');
    expect(bench.tool('beta').writes()).toHaveLength(1);
    expect(await bench.outbox()).toEqual([]);
  });

  it('is not written twice when the answer is lost', async () => {
    bench = await Tools.open({ alpha: '{ enabled: true }', beta: '{ enabled: true }' });
    for (const name of ['alpha', 'beta']) bench.tool(name).put(same('1'));
    await bench.sync();
    bench.tool('alpha').edit('1', { status: 'M' });
    bench.tool('beta').switches.loseAnswers = 1;

    await bench.sync();
    expect(await bench.outbox()).toMatchObject([{ state: 'sending' }]);
    await bench.sync();
    await bench.sync();

    expect(bench.tool('beta').writes()).toHaveLength(1);
    expect(await bench.outbox()).toEqual([]);
    expect(await bench.rows(`SELECT origin FROM stage_moves`)).toEqual([{ origin: 'alpha/records/1' }]);
    expect(await bench.rows('SELECT outcome FROM push_attempts')).toEqual([{ outcome: 'verified' }]);
  });

  it('leaves nothing while writes are off, and says so', async () => {
    bench = await Tools.open({ alpha: '{ enabled: true }', beta: '{ enabled: true }' });
    await bench.restart((yaml) => yaml.replace('writes: on', 'writes: off'));
    for (const name of ['alpha', 'beta']) bench.tool(name).put(same('1'));
    await bench.sync();
    bench.tool('alpha').edit('1', { status: 'R' });
    const { targets } = await bench.sync();

    expect(targets?.map(({ status }) => status)).toEqual(['off', 'off']);
    expect(bench.tool('beta').writes()).toEqual([]);
    expect(await bench.outbox()).toMatchObject([{ target: 'beta', state: 'owed' }]);
  });
});

describe('a target that held the assets before', () => {
  let bench: Tools;
  afterEach(() => bench.close());

  it('is written nothing before somebody decides for all', async () => {
    bench = await Tools.open({ alpha: '', beta: '{ enabled: true, fields: [stage, location] }' });
    bench.tool('alpha').put(same('1', { location: 'Berlin' }), same('2', { serial_number: 'SN-0002', name: 'pc-2', location: 'Berlin' }));
    bench.tool('beta').put(same('1', { status: 'M', location: 'Berlin' }), same('2', { serial_number: 'SN-0002', name: 'pc-2', location: 'Bonn' }));
    await bench.sync();

    expect(bench.tool('beta').writes()).toEqual([]);
    expect(await bench.outbox()).toMatchObject([{ state: 'waiting' }, { state: 'waiting' }]);
    expect(await bench.rows(`SELECT r.kind AS kind, rr.record_key AS record_key FROM reviews r JOIN review_records rr ON rr.review_id = r.id WHERE r.status = 'open' AND r.kind = 'alignment'`)).toEqual([{ kind: 'alignment', record_key: 'beta/records/1' }, { kind: 'alignment', record_key: 'beta/records/2' }]);
  });
});
