import { Workshop, type Row } from './workshop.js';

const calm = (yaml = ''): Promise<Workshop> => Workshop.calm({ cmdb: 'role: itsm', scan: 'role: discovery' }, yaml);

describe('junk values', () => {
  it.each([
    ['serial_number', 'To Be Filled By O.E.M.'], ['serial_number', 'Default string'], ['serial_number', 'None'], ['serial_number', '0'], ['serial_number', 'N/A'], ['serial_number', 'System Serial Number'],
    ['serial_number', 'Not Specified'], ['serial_number', 'to be filled by o.e.m'], ['serial_number', 'unknown'], ['serial_number', '123456789'], ['serial_number', 'xxxxxxxx'],
    ['bios_uuid', '00000000-0000-0000-0000-000000000000'], ['bios_uuid', 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF'], ['bios_uuid', '03000200-0400-0500-0006-000700080009'],
    ['mac', '00:00:00:00:00:00'], ['mac', 'ff:ff:ff:ff:ff:ff'], ['mac', '00:50:56:c0:00:01'], ['mac', '02:42:ac:11:00:02'], ['mac', '0a:00:27:00:00:00'],
    ['asset_tag', 'No Asset Tag'], ['asset_tag', 'Default string'], ['hostname', 'localhost'], ['fqdn', 'localhost.localdomain'], ['ip', '127.0.0.1'],
  ])('never join two machines: %s %s', async (kind, value) => {
    const shop = await calm();
    await shop.feed({ cmdb: [{ id: '1', class: 'server', [kind]: value }], scan: [{ id: 'a', class: 'server', [kind]: value }] });

    expect(await shop.partition()).toEqual(['cmdb/1', 'scan/a']);
    expect(await shop.questions()).toEqual([]);
    await shop.close();
  });

  it('are what the configuration says besides', async () => {
    const shop = await calm('identity: { junk: { serial: ["DEFAULT*", "ACME-?"] } }');
    await shop.feed({ cmdb: [{ id: '1', class: 'server', serial_number: 'default 4711' }, { id: '2', class: 'server', serial_number: 'GOOD4711' }], scan: [{ id: 'a', class: 'server', serial_number: 'Default 4711' }, { id: 'b', class: 'server', serial_number: 'good4711' }] });

    expect(await shop.partition()).toEqual(['cmdb/1', 'cmdb/2+scan/b', 'scan/a']);
    await shop.close();
  });

  it('become junk by being held by more than sharedLimit live records of one stream: guarded, one review for the value', async () => {
    const shop = await calm('identity: { sharedLimit: 2 }');
    const holder = (id: string): Row => ({ id, class: 'server', serial_number: 'SHARED001', hostname: `h${id}` });
    await shop.feed({ scan: [{ id: 'a', class: 'server', serial_number: 'SHARED001' }], cmdb: [holder('1')] });
    expect(await shop.partition()).toEqual(['cmdb/1+scan/a']);
    await shop.feed({ cmdb: ['1', '2', '3'].map(holder) });

    expect(await shop.partition()).toEqual(['cmdb/1', 'cmdb/2', 'cmdb/3', 'scan/a']);
    expect(await shop.identity('scan/a')).toMatchObject({ 'serial:SHARED001': 'junk' });
    expect((await shop.questions()).filter((each) => each.startsWith('shared_value'))).toHaveLength(1);
    expect(await shop.differences()).toEqual([]);

    await shop.feed({ cmdb: ['1'].map(holder) });
    expect(await shop.partition()).toEqual(expect.arrayContaining([expect.stringContaining('cmdb/1+')]));
    expect((await shop.identity('scan/a'))['serial:SHARED001']).toBe('linked');
    expect(await shop.reviews('shared_value')).toEqual([]);
    expect(await shop.differences()).toEqual([]);
    await shop.close();
  });

  it('count live records of one stream only: six streams may hold a value', async () => {
    const names = ['s1', 's2', 's3', 's4', 's5', 's6'];
    const shop = await Workshop.calm(Object.fromEntries(names.map((name) => [name, 'role: itsm'])), 'identity: { sharedLimit: 2 }');
    await shop.feed(Object.fromEntries(names.map((name) => [name, [{ id: '1', class: 'server', serial_number: 'SN000001' }]])));

    expect(await shop.partition()).toEqual([names.map((name) => `${name}/1`).join('+')]);
    await shop.close();
  });

  it('leave a contradiction out: a placeholder serial does not differ from a real one', async () => {
    const shop = await calm();
    await shop.feed({ cmdb: [{ id: '1', class: 'server', serial_number: 'None', bios_uuid: '11111111-2222-3333-8444-555555555555' }], scan: [{ id: 'a', class: 'server', serial_number: 'SN000001', bios_uuid: '11111111-2222-3333-8444-555555555555' }] });

    expect(await shop.partition()).toEqual(['cmdb/1+scan/a']);
    expect((await shop.asset('cmdb/1')).identifiers).not.toContainEqual({ kind: 'serial', value: 'NONE' });
    await shop.close();
  });
});
