import { Workshop } from './workshop.js';

const U = (digit: number): string => `${String(digit).repeat(8)}-2222-3333-8444-555555555555`;

describe('contradictions and contests', () => {
  let shop: Workshop;
  beforeEach(async () => { shop = await Workshop.calm({ cmdb: 'role: itsm', scan: 'role: discovery', agent: 'role: agent', vc: 'role: hypervisor' }); });
  afterEach(async () => {
    expect(await shop.differences()).toEqual([]);
    await shop.close();
  });

  it.each(['original first', 'clone first'])('keep a cloned virtual machine and its original two assets (%s)', async (order) => {
    const rows = [
      { id: 'vm-1', class: 'virtual_machine', instance_uuid: U(1), bios_uuid: U(9), name: 'db' },
      { id: 'vm-2', class: 'virtual_machine', instance_uuid: U(2), bios_uuid: U(9), name: 'db-clone' },
    ];
    await shop.feed({ vc: order === 'original first' ? rows.slice(0, 1) : rows.slice(1) });
    await shop.feed({ vc: rows });
    await shop.feed({ agent: [{ id: 'x', class: 'virtual_machine', bios_uuid: U(9) }] });

    expect(await shop.partition()).toEqual(['agent/x', 'vc/vm-1', 'vc/vm-2']);
    expect(await shop.identity('agent/x')).toMatchObject({ [`bios_uuid:${U(9)}`]: 'contested' });
    expect((await shop.questions()).filter((each) => each.startsWith('contested_value'))).toEqual(['contested_value: agent/x, vc/vm-1, vc/vm-2']);
  });

  it('take a mainboard swap for a changed component: one asset, flagged', async () => {
    await shop.feed({ cmdb: [{ id: '1', class: 'server', serial_number: 'SN000001', bios_uuid: U(1) }], scan: [{ id: 'a', class: 'server', serial_number: 'SN000001', bios_uuid: U(2) }] });

    expect(await shop.partition()).toEqual(['cmdb/1+scan/a']);
    const shown = await shop.queries.show((await shop.asset('cmdb/1')).id);
    expect(JSON.stringify(shown)).toContain('changed_component');
  });

  it('take it for two machines when both name an asset tag and these differ', async () => {
    await shop.feed({ cmdb: [{ id: '1', class: 'server', serial_number: 'SN000001', bios_uuid: U(1), asset_tag: 'T-1' }], scan: [{ id: 'a', class: 'server', serial_number: 'SN000001', bios_uuid: U(2), asset_tag: 'T-2' }] });

    expect(await shop.partition()).toEqual(['cmdb/1', 'scan/a']);
  });

  it('stand blades that all show their chassis’ serial on their node’s UUID', async () => {
    await shop.feed({
      cmdb: [{ id: '1', class: 'server', serial_number: 'CHASSIS01', bios_uuid: U(1) }, { id: '2', class: 'server', serial_number: 'CHASSIS01', bios_uuid: U(2) }],
      scan: [{ id: 'a', class: 'server', serial_number: 'CHASSIS01', bios_uuid: U(1) }, { id: 'b', class: 'server', serial_number: 'CHASSIS01', bios_uuid: U(2) }],
      agent: [{ id: 'x', class: 'server', serial_number: 'CHASSIS01' }],
    });

    expect(await shop.partition()).toEqual(['agent/x', 'cmdb/1+scan/a', 'cmdb/2+scan/b']);
    expect(await shop.identity('agent/x')).toMatchObject({ 'serial:CHASSIS01': 'spoilt' });
  });

  it('let a value link nothing while its holders contradict, whichever came first', async () => {
    await shop.feed({ cmdb: [{ id: '1', class: 'server', serial_number: 'SN000001', bios_uuid: U(1) }] });
    await shop.feed({ scan: [{ id: 'a', class: 'server', serial_number: 'SN000002', bios_uuid: U(1) }] });

    expect(await shop.partition()).toEqual(['cmdb/1', 'scan/a']);
    expect(await shop.questions()).toEqual(['contested_value: cmdb/1, scan/a']);

    await shop.resolve('contested_value', 'merge');
    expect(await shop.partition()).toEqual(['cmdb/1+scan/a']);
    expect(await shop.questions()).toEqual([]);
  });

  it('see a contest end when the mistaken record is corrected: the review is over, the records join', async () => {
    await shop.feed({ cmdb: [{ id: '1', class: 'server', serial_number: 'SN000001', bios_uuid: U(1) }], scan: [{ id: 'a', class: 'server', serial_number: 'SN000002', bios_uuid: U(1) }] });
    expect(await shop.partition()).toEqual(['cmdb/1', 'scan/a']);
    await shop.feed({ scan: [{ id: 'a', class: 'server', serial_number: 'SN000001', bios_uuid: U(1) }] });

    expect(await shop.partition()).toEqual(['cmdb/1+scan/a']);
    expect(await shop.questions()).toEqual([]);
  });

  it('swap two UUIDs that a source had mixed up: each follows its serial, nothing merges', async () => {
    await shop.feed({
      cmdb: [{ id: '1', class: 'server', serial_number: 'SN000001', bios_uuid: U(1) }, { id: '2', class: 'server', serial_number: 'SN000002', bios_uuid: U(2) }],
      scan: [{ id: 'a', class: 'server', serial_number: 'SN000001', bios_uuid: U(2) }, { id: 'b', class: 'server', serial_number: 'SN000002', bios_uuid: U(1) }],
    });
    expect(await shop.partition()).toEqual(['cmdb/1+scan/a', 'cmdb/2+scan/b']);

    await shop.feed({ scan: [{ id: 'a', class: 'server', serial_number: 'SN000001', bios_uuid: U(1) }, { id: 'b', class: 'server', serial_number: 'SN000002', bios_uuid: U(2) }] });
    expect(await shop.partition()).toEqual(['cmdb/1+scan/a', 'cmdb/2+scan/b']);
    expect(await shop.questions()).toEqual([]);
  });

  it('let guests that show their host’s UUID contest it; other streams’ records follow the host name', async () => {
    await shop.feed({
      agent: [
        { id: 'host', class: 'server', bios_uuid: U(1), hostname: 'metal1', mac: '00:1b:21:00:00:01' },
        { id: 'ct1', class: 'server', bios_uuid: U(1), hostname: 'ct1', mac: '00:1b:21:00:00:02' },
      ],
      scan: [{ id: 'a', class: 'server', bios_uuid: U(1), hostname: 'metal1.example.com' }, { id: 'b', class: 'server', bios_uuid: U(1), hostname: 'other' }],
    });

    expect(await shop.partition()).toEqual(['agent/ct1', 'agent/host+scan/a', 'scan/b']);
  });
});
