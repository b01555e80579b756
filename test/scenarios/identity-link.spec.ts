import { Workshop } from './workshop.js';

describe('link tier', () => {
  let shop: Workshop;
  beforeEach(async () => { shop = await Workshop.calm({ cmdb: 'role: itsm', scan: 'role: discovery', agent: 'role: agent' }); });
  afterEach(async () => {
    expect(await shop.differences()).toEqual([]);
    await shop.close();
  });

  it('joins spellings of one serial and one maker, but not two makers', async () => {
    await shop.feed({
      cmdb: [{ id: '1', class: 'server', serial_number: ' abc-1234567 ', manufacturer: 'Dell Inc.' }],
      scan: [{ id: 'a', class: 'server', serial_number: 'ABC1234567', manufacturer: 'DELL' }, { id: 'b', class: 'server', serial_number: 'ABC1234567', manufacturer: 'HPE' }],
    });

    expect(await shop.partition()).toEqual(['cmdb/1+scan/a', 'scan/b']);
  });

  it('links by no serial that two makers share a holder that names none', async () => {
    await shop.feed({
      cmdb: [{ id: '1', class: 'server', serial_number: 'ABC1234567', manufacturer: 'Dell' }],
      scan: [{ id: 'a', class: 'server', serial_number: 'ABC1234567', manufacturer: 'HP' }],
      agent: [{ id: 'x', class: 'server', serial_number: 'ABC1234567' }],
    });

    expect(await shop.partition()).toEqual(['agent/x', 'cmdb/1', 'scan/a']);
  });

  it('keeps leading zeros, O and 0 distinct', async () => {
    await shop.feed({
      cmdb: [{ id: '1', class: 'server', serial_number: '0012345678' }, { id: '2', class: 'server', serial_number: 'X0X0X0X1' }],
      scan: [{ id: 'a', class: 'server', serial_number: '12345678' }, { id: 'b', class: 'server', serial_number: 'XOXOXOX1' }],
    });

    expect(await shop.partition()).toEqual(['cmdb/1', 'cmdb/2', 'scan/a', 'scan/b']);
  });

  it('knows a UUID in either byte order, with braces and without dashes', async () => {
    await shop.feed({
      cmdb: [{ id: '1', class: 'server', bios_uuid: '{4C4C4544-0042-3510-8052-B4C04F4D3732}' }],
      scan: [{ id: 'a', class: 'server', bios_uuid: '44454c4c-4200-1035-8052-b4c04f4d3732' }],
      agent: [{ id: 'x', class: 'server', bios_uuid: '4c4c4544004235108052b4c04f4d3732' }],
    });

    expect(await shop.partition()).toEqual(['agent/x+cmdb/1+scan/a']);
  });

  it('reads VMware’s and EC2’s serials as the BIOS UUIDs that they are', async () => {
    await shop.feed({
      cmdb: [
        { id: '1', class: 'virtual_machine', serial_number: 'VMware-42 1e 5b 4a 3c 2d 1f 0e-9a 8b 7c 6d 5e 4f 3a 2b' },
        { id: '2', class: 'virtual_machine', serial_number: 'ec2e1916-9099-7caf-fd21-012345abcdef' },
      ],
      scan: [{ id: 'a', class: 'virtual_machine', bios_uuid: '421e5b4a-3c2d-1f0e-9a8b-7c6d5e4f3a2b' }, { id: 'b', class: 'virtual_machine', bios_uuid: 'EC2E1916-9099-7CAF-FD21-012345ABCDEF' }],
    });

    expect(await shop.partition()).toEqual(['cmdb/1+scan/a', 'cmdb/2+scan/b']);
  });

  it('follows a reference to another system’s record, whichever is read first', async () => {
    await shop.feed({ cmdb: [{ id: '1', class: 'server', external_ref: 'scan/records/A' }], scan: [] });
    expect(await shop.partition()).toEqual(['cmdb/1']);
    await shop.feed({ scan: [{ id: 'A', class: 'server', name: 'web' }, { id: 'a', class: 'server', name: 'db' }] });

    expect(await shop.partition()).toEqual(['cmdb/1+scan/A', 'scan/a']);
  });

  it('merges two assets when a third record bridges them by uncontested values; old ids redirect for ever', async () => {
    await shop.feed({
      cmdb: [{ id: '1', class: 'server', serial_number: 'SN000001' }],
      scan: [{ id: 'a', class: 'server', bios_uuid: '11111111-2222-3333-8444-555555555555' }],
    });
    const before = { cmdb: (await shop.asset('cmdb/1')).id, scan: (await shop.asset('scan/a')).id };
    const { agent } = await shop.feed({ agent: [{ id: 'x', class: 'server', serial_number: 'SN000001', bios_uuid: '11111111-2222-3333-8444-555555555555' }] });

    expect(agent?.assets).toMatchObject({ created: 0, merged: 1 });
    expect(await shop.partition()).toEqual(['agent/x+cmdb/1+scan/a']);
    const { id } = await shop.asset('agent/x');
    expect(Object.values(before)).toContain(id);
    for (const old of Object.values(before)) expect(await shop.queries.show(old)).toMatchObject({ kind: 'found', value: { id } });
  });

  it('finds the same asset again when a record returns', async () => {
    const rows = [{ id: '1', class: 'server', serial_number: 'SN000001' }, { id: '2', class: 'server', serial_number: 'SN000002' }];
    await shop.feed({ cmdb: rows });
    const { id } = await shop.asset('cmdb/2');
    await shop.feed({ cmdb: rows.slice(0, 1) });
    expect((await shop.asset('cmdb/2')).sources[0]?.tombstonedAt).toBeDefined();
    await shop.feed({ cmdb: rows });

    expect(await shop.asset('cmdb/2')).toMatchObject({ id, sources: [{ source: 'cmdb', externalId: '2' }] });
    expect((await shop.asset('cmdb/2')).sources[0]).not.toHaveProperty('tombstonedAt');
  });

  it('gives a machine that another system finds again its old asset: tombstones go on linking', async () => {
    const other = { id: '2', class: 'server' };
    await shop.feed({ cmdb: [{ id: '1', class: 'server', serial_number: 'SN000001' }, other] });
    const { id } = await shop.asset('cmdb/1');
    await shop.feed({ cmdb: [other] });
    expect((await shop.asset('cmdb/1')).sources[0]).toHaveProperty('tombstonedAt');
    await shop.feed({ cmdb: [{ id: '77', class: 'server', serial_number: 'SN000001' }, other] });

    expect(await shop.partition()).toEqual(['cmdb/1+cmdb/77', 'cmdb/2']);
    expect(await shop.asset('cmdb/77')).toMatchObject({ id });
  });

  it('takes two records of one stream with the same serial for one asset, with a review', async () => {
    await shop.feed({ cmdb: [{ id: '1', class: 'server', serial_number: 'SN000001', hostname: 'web1' }, { id: '2', class: 'server', serial_number: 'SN000001', hostname: 'web1' }] });

    expect(await shop.partition()).toEqual(['cmdb/1+cmdb/2']);
    expect(await shop.questions()).toEqual(['duplicate_in_source: cmdb/1, cmdb/2']);
  });
});
