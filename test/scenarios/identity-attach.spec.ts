import { Workshop } from './workshop.js';

const U = (digit: number): string => `${String(digit).repeat(8)}-2222-3333-8444-555555555555`;

describe('attach and suggest', () => {
  let shop: Workshop;
  const open = async (yaml = ''): Promise<void> => { shop = await Workshop.calm({ cmdb: 'role: itsm', scan: 'role: discovery', agent: 'role: agent', vc: 'role: hypervisor' }, yaml); };
  beforeEach(() => open());
  afterEach(async () => {
    expect(await shop.differences()).toEqual([]);
    await shop.close();
  });

  it.each([['asset_tag', 'T-4711', 't 4711'], ['mac', '00:1B:21:3A:4B:5C', '001b.213a.4b5c'], ['fqdn', 'web1.Example.com', 'WEB1.example.com.']])('joins two components by %s', async (kind, one, other) => {
    await shop.feed({ cmdb: [{ id: '1', class: 'server', serial_number: 'SN000001', [kind]: one }], scan: [{ id: 'a', class: 'server', bios_uuid: U(1), [kind]: other }] });

    expect(await shop.partition()).toEqual(['cmdb/1+scan/a']);
    expect(Object.values(await shop.identity('cmdb/1'))).toEqual(['attached']);
  });

  it('joins none, with a review, when two of the components contradict', async () => {
    await shop.feed({ cmdb: [{ id: '1', class: 'server', serial_number: 'SN000001', asset_tag: 'T-1' }], scan: [{ id: 'a', class: 'server', serial_number: 'SN000002', asset_tag: 'T-1' }], agent: [{ id: 'x', class: 'server', asset_tag: 'T-1' }] });

    expect(await shop.partition()).toEqual(['agent/x', 'cmdb/1', 'scan/a']);
    expect((await shop.questions()).length).toBeGreaterThan(0);
  });

  it('joins none when live records name different BIOS UUIDs', async () => {
    await shop.feed({ cmdb: [{ id: '1', class: 'server', bios_uuid: U(1), mac: '00:1b:21:3a:4b:5c' }], scan: [{ id: 'a', class: 'server', bios_uuid: U(2), mac: '00:1b:21:3a:4b:5c' }] });

    expect(await shop.partition()).toEqual(['cmdb/1', 'scan/a']);
    expect(await shop.questions()).toEqual([expect.stringMatching(/^ambiguous_attach: /)]);
  });

  it('joins none when the components have live records in one stream', async () => {
    await shop.feed({ cmdb: [{ id: '1', class: 'server', serial_number: 'SN000001', fqdn: 'a.example.com' }, { id: '2', class: 'server', fqdn: 'a.example.com' }], scan: [{ id: 'a', class: 'server', fqdn: 'a.example.com' }] });

    expect(await shop.partition()).toEqual(['cmdb/1', 'cmdb/2', 'scan/a']);
    expect(await shop.questions()).toContain('ambiguous_attach: cmdb/1, cmdb/2, scan/a');
  });

  it('joins all components of the family that hold the value', async () => {
    await shop.feed({ cmdb: [{ id: '1', class: 'server', serial_number: 'SN000001', mac: '00:1b:21:3a:4b:5c' }], scan: [{ id: 'a', class: 'computer', mac: '00:1b:21:3a:4b:5c' }], agent: [{ id: 'x', mac: '00:1b:21:3a:4b:5c', class: 'server', bios_uuid: U(3) }] });

    expect(await shop.partition()).toEqual(['agent/x+cmdb/1+scan/a']);
  });

  it('does not join an application to the server whose name it has', async () => {
    await shop.feed({ cmdb: [{ id: '1', class: 'application', fqdn: 'crm.example.com' }], scan: [{ id: 'a', class: 'server', fqdn: 'crm.example.com' }] });

    expect(await shop.partition()).toEqual(['cmdb/1', 'scan/a']);
  });

  it('never identifies hardware by a locally administered MAC, but a virtual machine', async () => {
    await shop.feed({
      cmdb: [{ id: '1', class: 'computer', mac: 'da:a1:19:00:00:01' }, { id: '2', class: 'server', mac: '52:54:00:12:34:56' }],
      scan: [{ id: 'a', class: 'computer', mac: 'da:a1:19:00:00:01' }, { id: 'b', class: 'virtual_machine', mac: '52:54:00:12:34:56' }],
    });

    expect(await shop.partition()).toEqual(['cmdb/1', 'cmdb/2+scan/b', 'scan/a']);
  });

  it('suggests by host name, address and name, and merges never', async () => {
    await shop.feed({
      cmdb: [{ id: '1', class: 'server', hostname: 'web1' }, { id: '2', class: 'server', ip: '10.1.2.3' }, { id: '3', class: 'server', name: 'Mail7' }],
      scan: [{ id: 'a', class: 'server', hostname: 'WEB1.example.com' }, { id: 'b', class: 'server', ip: '10.1.2.3' }, { id: 'c', class: 'server', name: 'mail7' }],
    });

    expect(await shop.partition()).toEqual(['cmdb/1', 'cmdb/2', 'cmdb/3', 'scan/a', 'scan/b', 'scan/c']);
    expect(await shop.questions()).toEqual(['suggestion: cmdb/1, scan/a', 'suggestion: cmdb/2, scan/b', 'suggestion: cmdb/3, scan/c']);

    const [review] = await shop.reviews();
    expect(review).toMatchObject({ kind: 'suggestion', answers: expect.arrayContaining(['merge', 'apart']) });
  });

  it('asks about machines and about applications of one name apart', async () => {
    const both = (server: string, application: string) => [{ id: server, class: 'server', name: 'crm' }, { id: application, class: 'application', name: 'crm' }];
    await shop.feed({ cmdb: both('1', '2'), scan: both('a', 'b') });

    expect(await shop.questions()).toEqual(['suggestion: cmdb/1, scan/a', 'suggestion: cmdb/2, scan/b']);
  });

  it('follows a person’s answer to a suggestion, and asks no more', async () => {
    await shop.feed({ cmdb: [{ id: '1', class: 'server', hostname: 'web1' }], scan: [{ id: 'a', class: 'server', hostname: 'web1' }] });
    await shop.resolve('suggestion', 'merge');
    expect(await shop.partition()).toEqual(['cmdb/1+scan/a']);
    await shop.feed({ cmdb: [{ id: '1', class: 'server', hostname: 'web1', os_name: 'Linux' }] });

    expect(await shop.questions()).toEqual([]);
    expect(await shop.partition()).toEqual(['cmdb/1+scan/a']);
  });

  it('ends an attachment with the tombstone of the record that held the value', async () => {
    await shop.feed({ cmdb: [{ id: '1', class: 'server', serial_number: 'SN000001', asset_tag: 'T-1' }], scan: [{ id: 'a', class: 'server', bios_uuid: U(1), asset_tag: 'T-1' }, { id: 'b', class: 'server' }] });
    expect(await shop.partition()).toEqual(['cmdb/1+scan/a', 'scan/b']);
    await shop.feed({ scan: [{ id: 'b', class: 'server' }] });

    expect(await shop.partition()).toEqual(['cmdb/1', 'scan/a', 'scan/b']);
  });

  it('takes the tiers that the configuration gives', async () => {
    await shop.close();
    await open('identity: { rules: { hardware: { link: [serial], attach: [hostname], suggest: [mac] } } }');
    await shop.feed({
      cmdb: [{ id: '1', class: 'server', hostname: 'web1' }, { id: '2', class: 'server', mac: '00:1b:21:3a:4b:5c' }, { id: '3', class: 'virtual_machine', hostname: 'vm1' }],
      scan: [{ id: 'a', class: 'server', hostname: 'web1' }, { id: 'b', class: 'server', mac: '00:1b:21:3a:4b:5c' }, { id: 'c', class: 'virtual_machine', hostname: 'vm1' }],
    });

    expect(await shop.partition()).toEqual(['cmdb/1+scan/a', 'cmdb/2', 'cmdb/3', 'scan/b', 'scan/c']);
  });
});
