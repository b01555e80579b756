import { DAY, HOUR } from './workshop.js';
import { Tools, type ToolRow } from '../support/tools.js';

const pc = (more: Partial<ToolRow> = {}): ToolRow => ({ id: '1', status: 'A', serial_number: 'SN-0001', name: 'pc-1', location: 'Berlin', ...more });

describe('what was changed in a target', () => {
  let bench: Tools;
  const open = async (push: string, more = ''): Promise<void> => {
    bench = await Tools.open({ alpha: '', beta: `{ enabled: true, ${push} }` }, { yaml: `authority: { default: [alpha, beta], stage: { order: [alpha, beta] } }\n${more}` });
    for (const name of ['alpha', 'beta']) bench.tool(name).put(pc());
    await bench.sync();
  };
  const location = (): unknown => bench.tool('beta').present('1')?.['location'];
  afterEach(async () => {
    await bench.isAtRest();
    await bench.close();
  });

  it.each([
    ['ours', 'Berlin', 1, 0], ['theirs', 'Bonn', 0, 0], ['hold', 'Bonn', 0, 1],
  ] as const)('drift, %s', async (side, wanted, writes, reviews) => {
    await open(`fields: [location], onDrift: { location: ${side} }`);
    bench.tool('beta').edit('1', { location: 'Bonn' });
    await bench.sync();
    await bench.sync();

    expect([location(), bench.tool('beta').writes().length, (await bench.reviews('push_drift')).length]).toEqual([wanted, writes, reviews]);
  });

  it('is held where the target may claim the field and nothing is configured', async () => {
    await open('fields: [location]');
    bench.tool('beta').edit('1', { location: 'Bonn' });
    await bench.sync();
    expect(await bench.reviews()).toMatchObject([{ kind: 'push_drift', records: ['beta/records/1'] }]);
  });

  it.each([
    ['ours', 'Ulm', 1], ['theirs', 'Bonn', 0],
  ] as const)('drift that was held and is decided: %s', async (side, wanted, writes) => {
    await open('fields: [location, department]');
    bench.tool('beta').edit('1', { location: 'Bonn' });
    await bench.sync();
    await bench.resolve('push_drift', side);
    await bench.sync();
    expect([location(), await bench.reviews(), await bench.outbox()]).toEqual([side === 'ours' ? 'Berlin' : 'Bonn', [], []]);

    // From now on a change of ours is a change like any other.
    bench.tool('alpha').edit('1', { location: 'Ulm' });
    await bench.sync();
    expect([location(), bench.tool('beta').writes().length]).toEqual(['Ulm', writes + 1]);
    expect(wanted).toBeDefined();
  });

  it.each([
    ['ours', 'Ulm', 1, 0], ['theirs', 'Bonn', 0, 0], ['hold', 'Bonn', 0, 1],
  ] as const)('a conflict, %s', async (side, wanted, writes, reviews) => {
    await open(`fields: [location], onConflict: { location: ${side} }`);
    bench.tool('beta').edit('1', { location: 'Bonn' });
    bench.tool('alpha').edit('1', { location: 'Ulm' });
    await bench.sync();
    await bench.sync();

    expect([location(), bench.tool('beta').writes().length, (await bench.reviews('push_conflict')).length]).toEqual([wanted, writes, reviews]);
  });

  it.each([
    ['here', 'Ulm', 1], ['there', 'Bonn', 0],
  ] as const)('a conflict, newest: the later change was made %s', async (later, wanted, writes) => {
    await open('fields: [location], onConflict: { location: newest }');
    const edits = [() => bench.tool('alpha').edit('1', { location: 'Ulm' }), () => bench.tool('beta').edit('1', { location: 'Bonn' })];
    for (const edit of later === 'here' ? edits.reverse() : edits) { edit(); bench.clock.advance(1_000); }
    await bench.sync();
    await bench.sync();

    expect([location(), bench.tool('beta').writes().length]).toEqual([wanted, writes]);
  });

  it('a conflict with an override, newest: the override has its own time', async () => {
    await open('fields: [location], onConflict: { location: newest }');
    bench.tool('beta').edit('1', { location: 'Bonn' });
    bench.clock.advance(5_000);
    await bench.decisions.override(await bench.assetOf('alpha/1'), 'location', 'Ulm', { reason: 'moved' });
    await bench.sync();

    expect([location(), await bench.reviews()]).toEqual(['Ulm', []]);
  });

  it('other fields of the same record go on while one is held', async () => {
    await open('fields: [location, department]');
    bench.tool('beta').edit('1', { location: 'Bonn', department: 'IT' });
    bench.tool('alpha').edit('1', { department: 'IT' });
    await bench.sync();
    bench.tool('alpha').edit('1', { department: 'Sales' });
    await bench.sync();

    expect(bench.tool('beta').writes().map(({ fields }) => fields)).toEqual([{ department: 'Sales' }]);
    expect(await bench.reviews()).toMatchObject([{ kind: 'push_drift' }]);
  });

  it('is settled by itself where both come to the same value', async () => {
    await open('fields: [location]');
    bench.tool('beta').edit('1', { location: 'Bonn' });
    await bench.sync();
    bench.tool('alpha').edit('1', { location: 'Bonn' });
    await bench.sync();

    expect([await bench.reviews(), bench.tool('beta').writes()]).toEqual([[], []]);
  });
});

describe('a stage that was changed in a target', () => {
  let bench: Tools;
  const open = async (push: string, more = ''): Promise<void> => {
    bench = await Tools.open({ alpha: '', beta: `{ enabled: true, ${push} }` }, { yaml: more });
    for (const name of ['alpha', 'beta']) bench.tool(name).put(pc());
    await bench.sync();
  };
  afterEach(async () => {
    await bench.isAtRest();
    await bench.close();
  });

  it.each([['', 'A', 0], [', onDrift: { stage: ours }', 'A', 0], [', onDrift: { stage: theirs }', 'M', 0], [', onDrift: { stage: hold }', 'M', 1]] as const)('that is no speaker%s: moves nothing', async (onDrift, wanted, reviews) => {
    await open(`fields: [stage]${onDrift}`, 'lifecycle: { speakers: { beta: none } }');
    bench.tool('beta').edit('1', { status: 'M' });
    await bench.sync();
    await bench.sync();

    expect([await bench.stageOf('alpha/1'), bench.tool('beta').status('1'), (await bench.reviews()).length]).toEqual(['in_use', wanted, reviews]);
    expect(bench.tool('beta').writes()).toHaveLength(wanted === 'A' ? 1 : 0);
  });

  it.each(['ours', 'theirs', 'hold'] as const)('that is a speaker is a move, and where that is rejected ours is owed again, whatever drift is answered with (%s)', async (side) => {
    await open(`fields: [stage], onDrift: { stage: ${side} }`);
    for (const name of ['alpha', 'beta']) bench.tool(name).edit('1', { status: 'R' });
    await bench.sync();
    bench.clock.advance(HOUR);
    bench.tool('beta').edit('1', { status: 'A' });
    await bench.sync();
    await bench.resolve('illegal_move', 'reject');
    await bench.sync();

    expect([await bench.stageOf('alpha/1'), bench.tool('beta').status('1'), bench.tool('beta').writes().length, await bench.reviews()]).toEqual(['retired', 'R', 1, []]);
  });

  it('to a code that nobody can read is never overwritten, and reported', async () => {
    await open('fields: [stage, location], onDrift: ours');
    bench.tool('beta').edit('1', { status: '?' });
    bench.tool('alpha').edit('1', { status: 'R', location: 'Ulm' });
    const { targets } = await bench.sync();

    expect([bench.tool('beta').status('1'), bench.tool('beta').writes()]).toEqual(['?', []]);
    expect(targets).toMatchObject([{ target: 'beta', left: { waiting: 1 } }]);
    expect((await bench.outbox())[0]?.['reason']).toMatch(/stage/);

    bench.tool('beta').edit('1', { status: 'A' });
    await bench.sync();
    await bench.sync();
    expect(bench.tool('beta').present('1')).toMatchObject({ location: 'Ulm' });
  });

  it.each(['deleted', 'unread'] as const)('of a record that is %s: it is left alone', async (how) => {
    await open('fields: [stage]');
    bench.tool('beta').put(pc({ id: '2', serial_number: 'SN-0002', name: 'pc-2' }));
    await bench.sync();
    if (how === 'deleted') {
      bench.tool('beta').rows.delete('1');
      for (let i = 0; i < 3; i++) { bench.clock.advance(DAY); await bench.sync(); }
    } else await bench.engine.database.transaction((tx) => tx.execute(`UPDATE record_heads SET state = 'unread' WHERE stream_id IN (SELECT id FROM streams WHERE source = 'beta')`));
    bench.tool('alpha').edit('1', { status: 'R' });
    await bench.sync({ sources: ['alpha'] });

    expect(bench.tool('beta').writes()).toEqual([]);
    expect(await bench.outbox()).toEqual([]);
    // Seen again it is told what it missed.
    await bench.sync();
    expect(bench.tool('beta').writes()).toHaveLength(how === 'unread' ? 1 : 0);
  });
});
