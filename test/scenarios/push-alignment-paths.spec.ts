import { UndoService } from '../../src/push/undo.service.js';
import { Tools, type ToolRow } from '../support/tools.js';

const pc = (id: string, more: Partial<ToolRow> = {}): ToolRow => ({ id, status: 'A', serial_number: `SN-000${id}`, name: `pc-${id}`, ...more });

/** Each path brings a write to beta on its way, then `location` is pushed too, and beta shows another one: an alignment is open. */
describe('no path writes to a target whose alignment is open for that asset', () => {
  let bench: Tools;
  let writes: number;
  beforeEach(async () => {
    bench = await Tools.open({ alpha: '', beta: '{ enabled: true, fields: [stage] }' }, { onDisk: true, yaml: 'authority: { default: [alpha, beta] }' });
  });
  afterEach(async () => {
    expect(bench.tool('beta').writes()).toHaveLength(writes);
    await bench.isAtRest();
    await bench.close();
  });

  const hold = async (...ids: readonly string[]): Promise<void> => {
    for (const id of ids) bench.tool('alpha').put(pc(id, { location: 'Berlin' }));
    for (const id of ids) bench.tool('beta').put(pc(id, { location: 'Bonn' }));
    await bench.sync();
  };
  const align = async (): Promise<void> => {
    await bench.restart((yaml) => yaml.replace('fields: [stage]', 'fields: [stage, location]'));
    writes = bench.tool('beta').writes().length;
    await bench.push();
    expect((await bench.reviews()).map(({ kind }) => kind)).toContain('alignment');
  };

  it('a debt from before', async () => {
    await hold('1');
    bench.tool('alpha').edit('1', { status: 'R' });
    await bench.sync({ push: false });
    await align();
    await bench.sync();
    expect(await bench.outbox()).toMatchObject([{ state: 'waiting' }]);
  });

  it('a write whose answer was lost', async () => {
    await hold('1');
    bench.tool('alpha').edit('1', { status: 'R' });
    bench.tool('beta').switches.loseAnswers = 1;
    await bench.sync();
    bench.tool('beta').edit('1', { status: 'A' });
    await align();
    await bench.sync();
    expect(await bench.outbox()).toMatchObject([{ state: 'waiting' }]);
  });

  it('a write that is looked at again', async () => {
    await hold('1');
    bench.tool('beta').switches.ignores = ['status'];
    bench.tool('alpha').edit('1', { status: 'R' });
    await bench.sync();
    await align();
    for (let i = 0; i < 15; i++) await bench.sync();
    expect(await bench.outbox()).toMatchObject([{ state: 'waiting' }]);
  });

  it('a dead letter that is owed again', async () => {
    await hold('1');
    bench.tool('beta').switches.refuse = () => 'no';
    bench.tool('alpha').edit('1', { status: 'R' });
    await bench.sync();
    const [letter] = await bench.rows(`SELECT id FROM outbox WHERE state = 'dead'`);
    bench.tool('beta').switches.refuse = () => undefined;
    await bench.restart((yaml) => yaml.replace('fields: [stage]', 'fields: [stage, location]'));
    writes = bench.tool('beta').writes().length;
    await bench.letters.replay([Number(letter?.['id'])]);
    await bench.sync();
    expect(await bench.outbox()).toMatchObject([{ state: 'waiting' }]);
  });

  it('a dead letter that is cured by another record', async () => {
    await hold('1');
    bench.tool('beta').switches.refuse = () => 'no';
    bench.tool('alpha').edit('1', { status: 'R' });
    await bench.sync();
    bench.tool('beta').switches.refuse = () => undefined;
    bench.tool('alpha').put({ id: '9', status: 'A', asset_tag: 'T-9' });
    bench.tool('beta').put({ id: '99', status: 'M', asset_tag: 'T-9' });
    await bench.sync({ push: false });
    const [letter] = await bench.rows(`SELECT id FROM outbox WHERE state = 'dead'`);
    writes = bench.tool('beta').writes().length;
    await bench.letters.cure(Number(letter?.['id']), 'beta/records/99', 'moved there');
    await bench.sync();
    expect(await bench.outbox()).toMatchObject([{ state: 'waiting' }]);
    expect(await bench.reviews('alignment')).toMatchObject([{ records: ['beta/records/99'] }]);
  });

  it('an undo', async () => {
    await hold('1');
    bench.tool('alpha').edit('1', { status: 'R' });
    await bench.sync();
    await align();
    const [attempt] = await bench.rows('SELECT push_id FROM push_attempts');
    const report = await new UndoService(bench.engine).push(attempt?.['push_id'] as string, 'test');
    expect(report).toMatchObject({ undone: [], left: [{ record: 'beta/records/1' }] });
  });

  it('what the guard held and a person released', async () => {
    const ids = Array.from({ length: 30 }, (_, i) => `${100 + i}`);
    await hold(...ids);
    for (const id of ids) bench.tool('alpha').edit(id, { status: 'R' });
    await bench.sync();
    expect((await bench.reviews()).map(({ kind, records }) => [kind, records.length])).toEqual([['push_guard', 30]]);
    await align();
    await bench.resolve('push_guard', 'release');
    await bench.sync();
    expect(new Set((await bench.outbox()).map(({ state }) => state as string))).toEqual(new Set(['waiting']));
  });

  it('a record that is held there while the target may create', async () => {
    await bench.restart((yaml) => yaml.replace('fields: [stage]', 'fields: [stage], mode: upsert'));
    bench.tool('alpha').put(pc('1', { location: 'Berlin' }));
    bench.tool('beta').put(pc('1', { status: 'M', location: 'Bonn' }));
    writes = 0;
    await bench.sync();
    bench.tool('alpha').edit('1', { status: 'R' });
    await bench.sync();
    expect(await bench.outbox()).toMatchObject([{ state: 'waiting' }]);
  });
});
