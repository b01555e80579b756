import { DAY, Workshop, type Row } from './workshop.js';

const SOURCES = { cmdb: 'role: itsm', scan: 'role: discovery', agent: 'role: agent', books: 'role: finance' };
const same = (id: string, more: Row): Row => ({ id, class: 'server', serial_number: 'SN000001', ...more });

describe('authority', () => {
  let shop: Workshop;
  const open = async (yaml = '', sources: Readonly<Record<string, string>> = SOURCES): Promise<void> => { shop = await Workshop.calm(sources, yaml); };
  const value = async (attribute: string): Promise<unknown> => (await shop.asset('cmdb/1')).attributes[attribute];
  const all = (more: (source: string) => Row): Promise<unknown> => shop.feed(Object.fromEntries(Object.keys(SOURCES).map((source) => [source, [same('1', more(source))]])));
  afterEach(async () => {
    expect(await shop.differences()).toEqual([]);
    await shop.close();
  });

  it('by the built-in lists: technical from the agent, business from finance', async () => {
    await open();
    await all((source) => ({ os_name: source, name: source, cpu_count: source.length, location: source, owner: `${source}@example.com` }));

    expect((await shop.asset('cmdb/1')).attributes).toMatchObject({ os_name: 'agent', name: 'agent', cpu_count: 5, location: 'books', owner: 'books@example.com' });
  });

  it('by class and attribute first, then by the class’s ancestors, then by the default', async () => {
    await open('authority: { server: { os_name: { order: [scan] } }, hardware: { os_name: { order: [cmdb] }, os_version: { order: [cmdb] } }, default: [books] }');
    await all((source) => ({ os_name: source, os_version: source, cpu_count: source.length, model: source }));
    expect((await shop.asset('cmdb/1')).attributes).toMatchObject({ os_name: 'scan', os_version: 'cmdb', model: 'books' });

    const { attributes } = await shop.explain('cmdb/1');
    expect(attributes['os_name']?.rule).toMatch(/server.*os_name/);
    expect(attributes['os_version']?.rule).toMatch(/hardware.*os_version/);
    expect(attributes['model']?.rule).toMatch(/default/);
  });

  it('ranks unlisted sources after listed ones, and takes role: for all of a role', async () => {
    await open('authority: { default: ["role:discovery"] }');
    await shop.feed({ books: [same('1', { location: 'books', model: 'books' })], scan: [same('1', { location: 'scan' })], cmdb: [same('1', {})] });

    expect((await shop.asset('cmdb/1')).attributes).toMatchObject({ location: 'scan', model: 'books' });
  });

  it('applies to the first insert, whatever arrives first', async () => {
    await open();
    await shop.feed({ books: [same('1', { os_name: 'books' })] });
    await shop.feed({ agent: [same('1', { os_name: 'agent' })] });
    await shop.feed({ cmdb: [same('1', { os_name: 'cmdb' })] });

    expect(await value('os_name')).toBe('agent');
  });

  it('explains winner, losers and rule in the shape that is promised', async () => {
    await open();
    await shop.feed({ cmdb: [same('1', { os_name: 'Ubuntu', modified_at: '2026-02-01T00:00:00Z' })], agent: [same('9', { os_name: 'Debian', modified_at: '2026-01-01T00:00:00Z' })] });
    const explanation = await shop.explain('cmdb/1');

    expect(explanation.attributes['os_name']).toMatchObject({
      value: 'Debian', winner: { source: 'agent', stream: 'records', externalId: '9', value: 'Debian', changedAt: '2026-01-01T00:00:00.000Z' },
      losers: [{ source: 'cmdb', stream: 'records', externalId: '1', value: 'Ubuntu', changedAt: '2026-02-01T00:00:00.000Z', because: expect.any(String) }], rule: expect.any(String),
    });
    expect(explanation.identity).toContainEqual(expect.objectContaining({ identifier: 'serial:SN000001', records: ['agent/records/9', 'cmdb/records/1'], tier: 'link', state: 'linked' }));
  });

  it('lets a source lose it that has not confirmed for staleAfter, and have it again when it speaks', async () => {
    await open('authority: { server: { os_name: { order: [agent, cmdb], staleAfter: 14d } } }');
    await shop.feed({ agent: [same('1', { os_name: 'agent' })], cmdb: [same('1', { os_name: 'cmdb' })] });
    shop.clock.advance(10 * DAY);
    await shop.feed({ cmdb: [same('1', { os_name: 'cmdb' })] });
    expect(await value('os_name')).toBe('agent');
    shop.clock.advance(5 * DAY);
    await shop.feed({ cmdb: [same('1', { os_name: 'cmdb' })] });

    expect(await value('os_name')).toBe('cmdb');
    expect((await shop.explain('cmdb/1')).attributes['os_name']?.losers).toMatchObject([{ source: 'agent', because: 'stale' }]);
    expect((await shop.history('cmdb/1')).filter(({ attribute }) => attribute === 'os_name').at(-1)).toMatchObject({ before: 'agent', after: 'cmdb', cause: { kind: 'due' } });

    await shop.feed({ agent: [same('1', { os_name: 'agent' })] });
    expect(await value('os_name')).toBe('agent');
  });

  it('does not let claims age while their source fails', async () => {
    await open('authority: { server: { os_name: { order: [agent, cmdb], staleAfter: 14d } } }');
    await shop.feed({ agent: [same('1', { os_name: 'agent' })], cmdb: [same('1', { os_name: 'cmdb' })] });
    shop.file('agent.json', '{ not json');
    for (let day = 0; day < 20; day += 5) {
      shop.clock.advance(5 * DAY);
      await shop.sync();
    }

    expect(await value('os_name')).toBe('agent');
  });

  it('ages never by default', async () => {
    await open();
    await shop.feed({ agent: [same('1', { os_name: 'agent' })], cmdb: [same('1', { os_name: 'cmdb' })] });
    shop.clock.advance(3_000 * DAY);
    await shop.feed({ cmdb: [same('1', { os_name: 'cmdb2' })] });

    expect(await value('os_name')).toBe('agent');
  });

  it('ignores a value said to be empty, unless empty wins', async () => {
    await open('authority: { server: { location: { order: [books, cmdb], empty: wins } } }');
    await shop.feed({ books: [same('1', { location: null, department: null })], cmdb: [same('1', { location: 'Berlin', department: 'IT' })] });

    expect((await shop.asset('cmdb/1')).attributes['department']).toBe('IT');
    expect((await shop.asset('cmdb/1')).attributes).not.toHaveProperty('location', 'Berlin');
    const { attributes } = await shop.explain('cmdb/1');
    expect(attributes['location']).toMatchObject({ value: null, winner: { source: 'books', value: null }, losers: [{ source: 'cmdb', value: 'Berlin' }] });
    expect(attributes['department']?.losers).toMatchObject([{ source: 'books', value: null }]);
  });

  it('joins addresses and tags of all sources by default, tags key by key', async () => {
    await open();
    await shop.feed({
      cmdb: [same('1', { ip_addresses: ['10.0.0.2'], tags: { env: 'prod', team: 'a' } })],
      agent: [same('1', { ip_addresses: ['10.0.0.1', '10.0.0.2'], mac_addresses: ['00-1B-21-00-00-01'], tags: { team: 'b' } })],
    });

    expect((await shop.asset('cmdb/1')).attributes).toMatchObject({ ip_addresses: ['10.0.0.1', '10.0.0.2'], mac_addresses: ['00:1b:21:00:00:01'], tags: { env: 'prod', team: 'a' } });
  });

  it.each([
    ['newest', 'memory_mb', { cmdb: [64, '2026-03-01T00:00:00Z'], scan: [32, '2026-04-01T00:00:00Z'], agent: [16, '2026-02-01T00:00:00Z'] }, 32],
    ['max', 'memory_mb', { cmdb: [64, '2026-03-01T00:00:00Z'], scan: [32, '2026-04-01T00:00:00Z'], agent: [16, '2026-02-01T00:00:00Z'] }, 64],
    ['most_reported', 'os_name', { cmdb: ['Linux', ''], scan: ['Linux', ''], agent: ['Windows', ''] }, 'Linux'],
  ] as const)('takes the strategy %s', async (strategy, attribute, claims, expected) => {
    await open(`authority: { server: { ${attribute}: { strategy: ${strategy} } } }`);
    await shop.feed(Object.fromEntries(Object.entries(claims).map(([source, [claim, modified]]) => [source, [same('1', { [attribute]: claim, ...(modified !== '' && { modified_at: modified }) })]])));

    expect(await value(attribute)).toBe(expected);
  });

  it('between equal ranks takes the later time of change of that attribute, not of the record', async () => {
    await open('', { cmdb: 'role: itsm', other: 'role: itsm' });
    await shop.feed({ cmdb: [same('1', { location: 'Berlin', modified_at: '2026-01-10T00:00:00Z' })], other: [same('1', { location: 'Paris', modified_at: '2026-01-20T00:00:00Z' })] });
    expect(await value('location')).toBe('Paris');
    await shop.feed({ cmdb: [same('1', { location: 'Berlin', department: 'IT', modified_at: '2026-02-01T00:00:00Z' })] });
    expect(await value('location')).toBe('Paris');
    await shop.feed({ cmdb: [same('1', { location: 'Rome', department: 'IT', modified_at: '2026-02-02T00:00:00Z' })] });

    expect(await value('location')).toBe('Rome');
  });

  it('never lets an older version replace a newer one', async () => {
    await open();
    await shop.feed({ cmdb: [same('1', { location: 'Berlin', modified_at: '2026-02-01T00:00:00Z' })] });
    await shop.feed({ cmdb: [same('1', { location: 'Paris', modified_at: '2026-01-01T00:00:00Z' })] });

    expect(await value('location')).toBe('Berlin');
    expect((await shop.history('cmdb/1')).filter(({ attribute }) => attribute === 'location')).toEqual([]);
  });

  it('lets a person’s override win until it ends; what it blocks is shown', async () => {
    await open();
    await shop.feed({ cmdb: [same('1', { location: 'Berlin' })] });
    const { id } = await shop.asset('cmdb/1');
    await shop.decisions.override(id, 'location', 'Munich', { reason: 'seen there', until: shop.clock.now() + 10 * DAY });
    await shop.feed({ cmdb: [same('1', { location: 'Paris' })] });
    expect(await value('location')).toBe('Munich');
    expect((await shop.explain('cmdb/1')).attributes['location']).toMatchObject({ value: 'Munich', winner: null, override: { by: 'ann', reason: 'seen there' }, losers: [{ source: 'cmdb', value: 'Paris' }] });
    shop.clock.advance(11 * DAY);
    await shop.sync('cmdb');

    expect(await value('location')).toBe('Paris');
  });

  it('gives it back when an override is released', async () => {
    await open();
    await shop.feed({ cmdb: [same('1', { location: 'Berlin' })] });
    const { id } = await shop.asset('cmdb/1');
    await shop.decisions.override(id, 'location', 'Munich', { reason: 'seen there' });
    await shop.decisions.release(id, 'location', { reason: 'moved' });

    expect(await value('location')).toBe('Berlin');
  });

  it('keeps an override on the asset through a merge', async () => {
    await open();
    await shop.feed({ cmdb: [{ id: '1', class: 'server', location: 'Berlin' }], scan: [{ id: 'a', class: 'server', location: 'Rome' }] });
    await shop.decisions.override((await shop.asset('scan/a')).id, 'location', 'Munich', { reason: 'seen there' });
    await shop.merge('cmdb/1', 'scan/a');

    expect(await value('location')).toBe('Munich');
  });

  it('leaves an override that is over where it was, through a merge into an asset that nobody has looked at since', async () => {
    await open();
    await shop.feed({ cmdb: [{ id: '1', class: 'server', name: 'a' }], scan: [{ id: 'a', class: 'server', name: 'a' }] });
    await shop.decisions.override((await shop.asset('scan/a')).id, 'location', 'Munich', { reason: 'seen there', until: shop.clock.now() + 10 * DAY });
    shop.clock.advance(11 * DAY);
    await shop.sync('scan');
    await shop.merge('cmdb/1', 'scan/a');

    expect(await value('location')).toBeUndefined();
  });

  it('leaves a claim that has turned stale where it was, through a merge into an asset that nobody has looked at since', async () => {
    await open('authority: { server: { os_name: { order: [scan], staleAfter: 5d } } }');
    await shop.feed({ cmdb: [{ id: '1', class: 'server', name: 'a' }], scan: [{ id: 'a', class: 'server', name: 'a', os_name: 'Debian' }] });
    shop.clock.advance(6 * DAY);
    await shop.merge('cmdb/1', 'scan/a');

    expect(await value('os_name')).toBeUndefined();
  });

  it('takes the most specific class on one line of the tree, and a hypervisor’s word across lines', async () => {
    await open('', { cmdb: 'role: itsm', scan: 'role: discovery', vc: 'role: hypervisor' });
    await shop.feed({
      cmdb: [{ id: '1', class: 'hardware', serial_number: 'SN000001' }, { id: '2', class: 'server', bios_uuid: '11111111-2222-3333-8444-555555555555' }],
      scan: [{ id: '1', class: 'server', serial_number: 'SN000001' }], vc: [{ id: '2', class: 'virtual_machine', bios_uuid: '11111111-2222-3333-8444-555555555555' }],
    });

    expect((await shop.asset('cmdb/1')).class).toBe('server');
    expect((await shop.asset('cmdb/2')).class).toBe('virtual_machine');
  });
});
