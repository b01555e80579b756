import { DAY, HOUR, Workshop, type Row } from './workshop.js';

const SOURCES = { cmdb: 'role: itsm', desk: 'role: itsm', scan: 'role: discovery', cloud: 'role: cloud' };
const at = (day: number): string => new Date(Date.UTC(2026, 9, day)).toISOString();

describe('life cycle', () => {
  let shop: Workshop;
  const open = async (yaml = ''): Promise<void> => { shop = await Workshop.calm(SOURCES, yaml); };
  const machine = (stage: string | undefined, day: number, more: Row = {}): Row => ({ id: '1', class: 'server', serial_number: 'SN000001', modified_at: at(day), ...(stage !== undefined && { stage }), ...more });
  const stage = async (): Promise<string> => (await shop.asset('cmdb/1')).stage;
  /** The file's rows are read one a minute. */
  const says = async (source: string, ...rows: readonly Row[]): Promise<void> => { for (const row of rows) await shop.feed({ [source]: [row] }); };
  beforeEach(() => open());
  afterEach(async () => {
    expect(await shop.differences()).toEqual([]);
    await shop.close();
  });

  it('begins with the first reading, else deployed', async () => {
    await says('cmdb', machine('maintenance', 1));
    expect(await stage()).toBe('maintenance');
    await shop.feed({ scan: [{ id: '9', class: 'server', serial_number: 'SN000009' }] });
    expect((await shop.asset('scan/9')).stage).toBe('deployed');
  });

  it('begins with the baseline of the highest speaker; that they disagree is no review', async () => {
    await shop.close();
    await open('authority: { stage: { order: [desk, cmdb] } }');
    await says('cmdb', machine('in_use', 1));
    await says('desk', machine('acquired', 2));

    expect(await stage()).toBe('acquired');
    expect(await shop.questions()).toEqual([]);
  });

  it('follows a change of the reading from the time at which the vendor changed it', async () => {
    await says('cmdb', machine('deployed', 1), machine('in_use', 31, { modified_at: new Date(Date.UTC(2026, 10, 1, 0, 1, 30)).toISOString() }));

    expect(await stage()).toBe('in_use');
    const history = (await shop.history('cmdb/1')).filter(({ attribute }) => attribute === 'stage');
    expect(history.at(-1)).toMatchObject({ before: 'deployed', after: 'in_use', cause: { kind: 'run', source: 'cmdb' } });
    expect((await shop.explain('cmdb/1')).stage).toMatchObject({ value: 'in_use', since: '2026-11-01T00:01:30.000Z', by: 'record:cmdb/records/1' });
  });

  it('keeps the time of a move within the last two readings, whatever the vendor says', async () => {
    await says('cmdb', machine('deployed', 1), machine('in_use', 2));

    const { since } = (await shop.explain('cmdb/1')).stage;
    expect(Date.parse(since ?? '')).toBeGreaterThan(Date.UTC(2026, 10, 1, 0, 1));
    expect(Date.parse(since ?? '')).toBeLessThanOrEqual(Date.UTC(2026, 10, 1, 0, 2));
  });

  it('moves not by a value that cannot be read, nor by silence', async () => {
    await says('cmdb', machine('in_use', 1), machine('On Holiday', 2), machine(undefined, 3));

    expect(await stage()).toBe('in_use');
    expect(await shop.questions()).toEqual([]);
    await says('cmdb', machine('in_use', 4));
    expect((await shop.history('cmdb/1')).filter(({ attribute }) => attribute === 'stage')).toHaveLength(0);
  });

  it('lets a second tool’s earlier stage not vote: only changes move', async () => {
    await says('cmdb', machine('in_use', 1));
    await says('desk', machine('acquired', 2), machine('acquired', 3, { location: 'Berlin' }));
    await says('cmdb', machine('maintenance', 4));
    await says('desk', machine('acquired', 5, { location: 'Paris' }));

    expect(await stage()).toBe('maintenance');
  });

  it.each([['requested', 'in_use'], ['deployed', 'acquired'], ['in_use', 'acquired'], ['maintenance', 'acquired'], ['retired', 'acquired'], ['maintenance', 'in_use'], ['in_use', 'retired']])('takes %s -> %s', async (from, to) => {
    await says('cmdb', machine(from, 1), machine(to, 2));

    expect(await stage()).toBe(to);
    expect(await shop.questions()).toEqual([]);
  });

  it.each([['retired', 'in_use'], ['in_use', 'deployed'], ['in_use', 'requested'], ['disposed', 'in_use'], ['disposed', 'retired'], ['retired', 'deployed'], ['maintenance', 'deployed']])('refuses %s -> %s with one review', async (from, to) => {
    await says('cmdb', machine(from, 1), machine(to, 2), machine(to, 3, { location: 'Berlin' }));

    expect(await stage()).toBe(from);
    expect(await shop.questions()).toEqual(['illegal_move: cmdb/1']);
  });

  it('counts a refused move from its time when a person accepts it', async () => {
    await says('cmdb', machine('retired', 1), machine('in_use', 2));
    await shop.resolve('illegal_move', 'accept');

    expect(await stage()).toBe('in_use');
    expect(await shop.questions()).toEqual([]);
    expect(Date.parse((await shop.explain('cmdb/1')).stage.since ?? '')).toBeLessThanOrEqual(Date.UTC(2026, 10, 1, 0, 2));
  });

  it('never counts it when a person rejects it; the same value read again asks no more', async () => {
    await says('cmdb', machine('retired', 1), machine('in_use', 2));
    await shop.resolve('illegal_move', 'reject');
    await says('cmdb', machine('in_use', 3, { location: 'Berlin' }));

    expect(await stage()).toBe('retired');
    expect(await shop.questions()).toEqual([]);
  });

  it('lets more transitions be added and taken away', async () => {
    await shop.close();
    await open('lifecycle: { transitions: { add: [retired -> in_use], remove: [in_use -> retired] } }');
    await says('cmdb', machine('retired', 1), machine('in_use', 2));
    expect(await stage()).toBe('in_use');
    await says('cmdb', machine('retired', 3));

    expect(await stage()).toBe('in_use');
    expect(await shop.questions()).toEqual(['illegal_move: cmdb/1']);
  });

  it('takes disposed of hardware only with evidence', async () => {
    await says('cmdb', machine('retired', 1), machine('disposed', 2));
    expect(await stage()).toBe('retired');
    expect(await shop.questions()).toEqual(['guarded_move: cmdb/1']);
    await says('cmdb', machine('retired', 3), machine('disposed', 4, { disposal_reference: 'CERT-4711' }));

    expect(await stage()).toBe('disposed');
  });

  it('needs no evidence of a baseline, nor of a virtual machine', async () => {
    await says('cmdb', machine('disposed', 1));
    expect(await stage()).toBe('disposed');
    await shop.feed({ desk: [{ id: '2', class: 'virtual_machine', stage: 'retired' }] });
    await shop.feed({ desk: [{ id: '2', class: 'virtual_machine', stage: 'disposed' }] });

    expect((await shop.asset('desk/2')).stage).toBe('disposed');
  });

  it('lets clouds and discovery move nothing by their word', async () => {
    await says('cmdb', machine('in_use', 1));
    await says('cloud', machine('in_use', 1), machine('retired', 2));
    await says('scan', machine('in_use', 1), machine('retired', 2));

    expect(await stage()).toBe('in_use');
    expect(await shop.questions()).toEqual([]);
  });

  it('takes the speakers that the configuration names, and only the stages that it grants', async () => {
    await shop.close();
    await open('lifecycle: { speakers: { cmdb: none, scan: all, desk: [maintenance] } }');
    await says('cmdb', machine('deployed', 1), machine('in_use', 2));
    await says('scan', machine('deployed', 1), machine('in_use', 2));
    expect(await stage()).toBe('in_use');
    await says('desk', machine('in_use', 1), machine('retired', 2));
    expect(await stage()).toBe('in_use');
    await says('desk', machine('maintenance', 3));
    expect(await stage()).toBe('maintenance');
    await says('cmdb', machine('retired', 4));

    expect(await stage()).toBe('maintenance');
  });

  it('of two contrary moves within the tie window takes the higher source’s alone', async () => {
    await shop.close();
    await open('authority: { stage: { order: [desk, cmdb] } }');
    const soon = (seconds: number): string => new Date(Date.UTC(2026, 10, 1, 0, 3, seconds)).toISOString();
    await shop.feed({ cmdb: [machine('in_use', 1)], desk: [machine('in_use', 1)] });
    shop.clock.advance(HOUR);
    await shop.feed({ cmdb: [machine('retired', 1, { modified_at: soon(60) })], desk: [machine('maintenance', 1, { modified_at: soon(0) })] });

    expect(await stage()).toBe('maintenance');
  });

  it('folds in a move that is told late at its place', async () => {
    const told = (stage: string, minute: number): Row => machine(stage, 1, { modified_at: new Date(Date.UTC(2026, 10, 1, 0, minute)).toISOString() });
    await shop.feed({ cmdb: [machine('deployed', 1)], desk: [machine('deployed', 1)] });
    shop.clock.advance(2 * HOUR);
    await shop.feed({ desk: [told('maintenance', 60)] });
    expect(await stage()).toBe('maintenance');
    await shop.feed({ cmdb: [told('in_use', 30)] });

    expect(await stage()).toBe('maintenance');
    expect(await shop.questions()).toEqual([]);
  });

  it('freezes an asset that two tools flip, with one review; others go on', async () => {
    const flip = (source: string, value: string, minute: number) => ({ [source]: [machine(value, 1, { modified_at: new Date(Date.UTC(2026, 10, 1, 0, minute)).toISOString() }), { id: '2', class: 'server', serial_number: 'SN000002', stage: minute > 30 ? 'in_use' : 'deployed' }] });
    await shop.feed({ ...flip('cmdb', 'in_use', 0), ...flip('desk', 'in_use', 0) });
    for (let turn = 1; turn <= 6; turn++) {
      shop.clock.advance(5 * 60_000);
      await shop.feed(turn % 2 === 1 ? flip('cmdb', 'maintenance', turn * 6 - 1) : flip('desk', turn % 4 === 0 ? 'in_use' : 'in_use', turn * 6 - 1));
      // each tool reads back what the other set, as a person who copies it would
      await shop.feed(turn % 2 === 1 ? flip('desk', 'maintenance', turn * 6 - 1) : flip('cmdb', 'in_use', turn * 6 - 1));
    }

    expect((await shop.questions()).filter((each) => each.startsWith('flapping'))).toHaveLength(1);
    expect((await shop.asset('cmdb/2')).stage).toBe('in_use');
  });

  it('keeps baseline and moves of a record that is gone', async () => {
    await shop.feed({ cmdb: [machine('deployed', 1), { id: '2', class: 'server' }], scan: [{ id: '9', class: 'server', serial_number: 'SN000001' }] });
    await shop.feed({ cmdb: [machine('maintenance', 2), { id: '2', class: 'server' }] });
    await shop.feed({ cmdb: [{ id: '2', class: 'server' }] });
    shop.clock.advance(DAY);
    await shop.sync();

    expect((await shop.asset('scan/9')).stage).toBe('maintenance');
  });

  it('folds both assets’ moves at a merge, and parts them at a split', async () => {
    await shop.feed({ cmdb: [{ id: '1', class: 'server', stage: 'deployed' }] });
    await shop.feed({ desk: [{ id: 'a', class: 'server', stage: 'deployed' }] });
    await shop.feed({ desk: [{ id: 'a', class: 'server', stage: 'maintenance' }] });
    await shop.feed({ cmdb: [{ id: '1', class: 'server', stage: 'in_use' }] });
    shop.clock.advance(HOUR);
    await shop.feed({ desk: [{ id: 'a', class: 'server', stage: 'retired' }] });
    await shop.merge('cmdb/1', 'desk/a');
    expect(await stage()).toBe('retired');
    await shop.split('cmdb/1', 'desk/a');

    expect(await stage()).toBe('in_use');
    expect((await shop.asset('desk/a')).stage).toBe('retired');
  });
});
