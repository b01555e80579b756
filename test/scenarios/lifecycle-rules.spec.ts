import { DAY, HOUR, Workshop, type Row } from './workshop.js';

const SOURCES = { cmdb: 'role: itsm', scan: 'role: discovery', cloud: 'role: cloud', agent: 'role: agent' };
const vm = (more: Row = {}): Row => ({ id: '1', class: 'virtual_machine', cloud_resource_id: 'i-0123456789abcdef0', ...more });
const filler: Row = { id: 'z', class: 'virtual_machine', cloud_resource_id: 'i-0fffffffffffffff0' };

describe('life cycle rules, holds and guards', () => {
  let shop: Workshop;
  const open = async (yaml = ''): Promise<void> => { shop = await Workshop.calm(SOURCES, yaml); };
  beforeEach(() => open());
  afterEach(async () => {
    expect(await shop.differences()).toEqual([]);
    await shop.close();
  });

  it('takes a deployed machine that is seen running for in use, since then', async () => {
    await shop.feed({ cloud: [vm({ power_state: 'running' })] });

    expect((await shop.asset('cloud/1')).stage).toBe('in_use');
    expect((await shop.explain('cloud/1')).stage.by).toMatch(/^rule:/);
  });

  it('lets one rule stand on another that fires at the same instant, asking nobody', async () => {
    await shop.close();
    await open(`lifecycle: { rules: [
      { name: seen-first, when: "stage = 'acquired' and first_seen_by('discovery')", to: deployed },
      { name: productive, when: "stage = 'deployed' and environment = 'production'", to: in_use } ] }`);
    await shop.feed({ cmdb: [{ id: '1', class: 'server', serial_number: 'SN0001', stage: 'acquired', environment: 'production' }], scan: [] });
    await shop.feed({ scan: [{ id: '1', class: 'server', serial_number: 'SN0001' }] });

    expect((await shop.asset('cmdb/1')).stage).toBe('in_use');
    expect((await shop.explain('cmdb/1')).stage.moves.map(({ to, outcome }) => [to, outcome])).toEqual([['deployed', 'applied'], ['in_use', 'applied']]);
    expect(await shop.questions()).toEqual([]);
  });

  it('retires what is gone from its cloud for 24 h, counted from when it went, and disposes of it 30 days later', async () => {
    await shop.feed({ cloud: [vm({ power_state: 'running' }), filler] });
    await shop.feed({ cloud: [filler] });
    const gone = shop.clock.now();
    shop.clock.advance(23 * HOUR);
    await shop.sync();
    expect((await shop.asset('cloud/1')).stage).toBe('in_use');
    shop.clock.advance(10 * HOUR);
    await shop.sync();
    const { stage, since } = { ...(await shop.asset('cloud/1')), since: (await shop.explain('cloud/1')).stage.since };
    expect({ stage, since }).toEqual({ stage: 'retired', since: new Date(gone + DAY).toISOString() });
    expect((await shop.history('cloud/1')).filter(({ attribute }) => attribute === 'stage').at(-1)).toMatchObject({ after: 'retired', cause: { kind: 'rule', rule: 'built-in:gone' } });

    shop.clock.advance(31 * DAY);
    await shop.sync();
    expect((await shop.asset('cloud/1')).stage).toBe('disposed');
    expect((await shop.explain('cloud/1')).stage.since).toBe(new Date(gone + 31 * DAY).toISOString());
  });

  it('does not retire it while an agent sees it; an ITSM record is no sighting', async () => {
    await shop.feed({ cloud: [vm(), filler], agent: [vm()], cmdb: [vm({ stage: 'in_use' })] });
    await shop.feed({ cloud: [filler] });
    shop.clock.advance(3 * DAY);
    await shop.sync();
    expect((await shop.asset('cloud/1')).stage).toBe('in_use');
    await shop.feed({ agent: [filler] });
    shop.clock.advance(3 * DAY);
    await shop.sync();

    expect((await shop.asset('cloud/1')).stage).toBe('retired');
  });

  it('retires what its cloud says is terminated', async () => {
    await shop.feed({ cloud: [vm({ power_state: 'terminated' })] });
    shop.clock.advance(25 * HOUR);
    await shop.sync();

    expect((await shop.asset('cloud/1')).stage).toBe('retired');
  });

  it('leaves protected stages to people', async () => {
    await shop.feed({ cloud: [vm(), filler], cmdb: [vm({ stage: 'maintenance' })] });
    await shop.feed({ cloud: [filler] });
    shop.clock.advance(3 * DAY);
    await shop.sync();

    expect((await shop.asset('cloud/1')).stage).toBe('maintenance');
  });

  it('runs the configuration’s own rules at the instant at which they came true', async () => {
    await shop.close();
    await open(`lifecycle: { rules: [ { name: seen-first, when: "stage = 'acquired' and first_seen_by('discovery')", to: deployed } ] }`);
    await shop.feed({ cmdb: [{ id: '1', class: 'computer', serial_number: 'SN000001', stage: 'acquired' }] });
    expect((await shop.asset('cmdb/1')).stage).toBe('acquired');
    await shop.feed({ scan: [{ id: 'a', class: 'computer', serial_number: 'SN000001' }] });
    const seen = shop.clock.now();

    expect((await shop.explain('cmdb/1')).stage).toMatchObject({ value: 'deployed', by: 'rule:seen-first', since: new Date(seen).toISOString() });
  });

  it('lets lost and stolen forbid rules only, and legal forbid disposal', async () => {
    await shop.feed({ cloud: [vm(), filler], cmdb: [vm({ stage: 'in_use', holds: 'lost' })] });
    expect((await shop.asset('cmdb/1')).holds).toEqual(['lost']);
    await shop.feed({ cloud: [filler] });
    shop.clock.advance(3 * DAY);
    await shop.sync();
    expect((await shop.asset('cmdb/1')).stage).toBe('in_use');
    await shop.feed({ cmdb: [vm({ stage: 'retired', holds: 'lost' })] });
    expect((await shop.asset('cmdb/1')).stage).toBe('retired');
    await shop.feed({ cmdb: [vm({ stage: 'disposed', holds: 'legal' })] });

    expect((await shop.asset('cmdb/1')).stage).toBe('retired');
    expect(await shop.questions()).toEqual(['guarded_move: cmdb/1']);
  });

  it('ends a hold with the next reading without it, but legal only by a person', async () => {
    await shop.feed({ cmdb: [vm({ stage: 'in_use', holds: 'lost;legal' })] });
    expect((await shop.asset('cmdb/1')).holds).toEqual(['legal', 'lost']);
    await shop.feed({ cmdb: [vm({ stage: 'in_use' })] });

    expect((await shop.asset('cmdb/1')).holds).toEqual(['legal']);
  });

  it('lets a person pin the stage, and folds on beneath it', async () => {
    await shop.feed({ cmdb: [vm({ stage: 'in_use' })] });
    await shop.decisions.override((await shop.asset('cmdb/1')).id, 'stage', 'maintenance', { reason: 'on the bench', until: shop.clock.now() + 5 * DAY });
    expect((await shop.asset('cmdb/1')).stage).toBe('maintenance');
    await shop.feed({ cmdb: [vm({ stage: 'retired' })] });
    expect((await shop.asset('cmdb/1')).stage).toBe('maintenance');
    shop.clock.advance(6 * DAY);
    await shop.sync();

    expect((await shop.asset('cmdb/1')).stage).toBe('retired');
  });

  it('never lets a rule undo what a person decided: five tools say in use, a person pins retired', async () => {
    await shop.feed({ cmdb: [vm({ stage: 'in_use' })], cloud: [vm({ power_state: 'running' })] });
    await shop.decisions.override((await shop.asset('cmdb/1')).id, 'stage', 'retired', { reason: 'sold' });
    await shop.feed({ cloud: [vm({ power_state: 'running', cpu_count: 2 })], cmdb: [vm({ stage: 'in_use', location: 'Berlin' })] });

    expect((await shop.asset('cmdb/1')).stage).toBe('retired');
    expect(await shop.questions()).toEqual([]);
  });
});
