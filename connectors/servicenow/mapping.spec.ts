import { readFileSync } from 'node:fs';
import type { AssetRecord, Mapping, RelationshipRecord } from '../sdk/contract/index.js';
import { streams } from './streams/index.js';
import type { Row } from './types.js';

/** Rows of the documentation's shapes; each file names the page. */
const rows = JSON.parse(readFileSync(new URL('./fixtures/rows.json', import.meta.url), 'utf8')) as Record<string, Row>;
const map = (stream: string, raw: Row, options: Record<string, unknown> = {}): Mapping =>
  streams.find((entry) => entry.name === stream)!.map(raw as never, { source: 'sn', options, readAt: 0 });
const asset = (stream: string, raw: Row): AssetRecord => (map(stream, raw) as { record: AssetRecord }).record;
const names = (record: AssetRecord): string[] => record.identifiers.map((i) => `${i.kind}=${i.value}`).sort();

const server: Row = {
  ...rows['cmdb_ci_linux_server'],
  class_path: ['cmdb_ci_linux_server', 'cmdb_ci_server', 'cmdb_ci_computer'],
  model_id: { id: '5f5fbcc3c0a8010e00f3b27814f3b96b', name: 'PowerEdge R750', manufacturer: { id: 'c1', name: 'Dell Inc.' } }, manufacturer: { id: 'c1', name: 'Dell Inc.' },
  location: { id: 'l1', name: 'Berlin' }, department: { id: 'd1', name: 'IT' }, assigned_to: { id: 'u1', name: 'Ada', email: 'Ada@Example.com' }, owned_by: { id: 'u2', email: 'bob@example.com' },
  serial_numbers: [
    { serial_number: '9C95A9550', serial_number_type: 'system', valid: 'true' }, { serial_number: '4C4C4544-0039-3910-8035-B9C04F353530', serial_number_type: 'uuid', valid: 'true' },
    { serial_number: 'CHASSIS-1', serial_number_type: 'chassis', valid: 'true' }, { serial_number: 'OLD-BOARD', serial_number_type: 'system', valid: 'false' },
  ],
  network_adapters: [{ name: 'eth0', mac_address: '00-50-56-AA-BB-01', ip_address: '10.0.0.14' }, { name: 'eth1', mac_address: '005056aabb02', ip_address: '' }],
};

describe('a server', () => {
  it('becomes an asset with everything that is joined to it', () => {
    const record = asset('computers', server);

    expect(record).toMatchObject({ externalId: '3a290cc60a0a0bb400000bdb386af1cf', assetClass: 'server', modifiedAt: Date.parse('2026-11-18T06:10:46Z'), version: 24 });
    expect(names(record)).toEqual([
      'asset_tag=P1000091', 'bios_uuid=4c4c4544-0039-3910-8035-b9c04f353530', 'external_ref=sn/assets/0bc1ba8837f3100044e0bfc8bcbe5dbb', 'fqdn=srv-000014.corp.example.com',
      'ip=10.0.0.14', 'mac=00:50:56:aa:bb:01', 'mac=00:50:56:aa:bb:02', 'serial=9C95A9550',
    ]);
    expect(record.claims).toEqual({
      name: 'srv-000014', serial_number: '9C95A9550', asset_tag: 'P1000091', fqdn: 'srv-000014.corp.example.com', manufacturer: 'Dell Inc.', model: 'PowerEdge R750',
      assigned_to: 'ada@example.com', owner: 'ada@example.com', department: 'IT', location: 'Berlin', purchase_date: '2025-01-20', warranty_expires_on: '2028-01-20', cost: 696291, currency: 'USD',
      mac_addresses: ['00:50:56:aa:bb:01', '00:50:56:aa:bb:02'], ip_addresses: ['10.0.0.14'], os_name: 'Linux Red Hat', os_version: '9.4', cpu_count: 1, memory_mb: 65536, disk_gb: 512,
    });
  });

  it('speaks of its stage itself, unless its asset does', () => {
    expect(asset('computers', server).stage).toEqual({ raw: { install_status: '1', operational_status: '1' }, stage: 'in_use' });
    expect(asset('computers', { ...server, stage_from_asset: true }).stage).toBeUndefined();
  });

  it('that Discovery no longer sees says so as a fact, not as a stage', () => {
    const record = asset('computers', { ...server, install_status: '100' });
    expect([record.facts, record.stage]).toEqual([{ absent: true }, undefined]);
  });

  it('is owned by whom it is assigned to, else by its owner', () => {
    expect(asset('computers', { ...server, assigned_to: '' }).claims).toMatchObject({ owner: 'bob@example.com' });
    expect(asset('computers', { ...server, assigned_to: '' }).claims['assigned_to']).toBeUndefined();
  });

  it('is assigned to a person by name where no e-mail is known, and then owned by that person too', () => {
    const named = (assigned_to: object | string) => asset('computers', { ...server, assigned_to }).claims;

    expect(named({ id: 'u3', name: 'Bob Builder', user_name: 'bob' })).toMatchObject({ assigned_to: 'Bob Builder', owner: 'Bob Builder' });
    expect(named({ id: 'u3', user_name: 'bob', email: 'no address' })).toMatchObject({ assigned_to: 'bob', owner: 'bob' });
    // a user that may not be read is known by nothing but its id
    expect(named({ id: 'u3' })).toMatchObject({ owner: 'bob@example.com' });
  });

  it('that is a duplicate is left out, one without sys_id rejected', () => {
    expect(map('computers', { ...server, duplicate_of: '9a290cc60a0a0bb400000bdb386af1cf' })).toMatchObject({ ok: true, skip: expect.stringContaining('duplicate'), externalId: '3a290cc60a0a0bb400000bdb386af1cf' });
    expect(map('computers', { ...server, sys_id: '' })).toEqual({ ok: false, reason: 'no sys_id' });
  });

  it.each([
    [['cmdb_ci_esx_server', 'cmdb_ci_virtualization_server', 'cmdb_ci_server'], 'hypervisor'], [['cmdb_ci_win_server'], 'server'], [['cmdb_ci_computer'], 'computer'],
    [['u_kiosk', 'cmdb_ci_computer', 'cmdb_ci_hardware'], 'computer'], [['u_blade', 'cmdb_ci_linux_server'], 'server'], [['u_unknown'], 'computer'], [[], 'computer'],
  ])('of class %p is a %s', (path, expected) => expect(asset('computers', { ...server, class_path: path }).assetClass).toBe(expected));
});

describe('a virtual machine', () => {
  const vm: Row = { ...rows['cmdb_ci_vmware_instance'], class_path: ['cmdb_ci_vmware_instance', 'cmdb_ci_vm_instance'], vmware: { bios_uuid: '4230bf2a-331b-58e1-2730-ca560789e551', vm_instance_uuid: '50309c1e-0c9e-2f11-9a0c-6f7c9c1e2d3f' } };

  it('of vSphere gives its UUIDs, never its managed object', () => {
    expect(names(asset('vms', vm))).toEqual(['bios_uuid=4230bf2a-331b-58e1-2730-ca560789e551', 'instance_uuid=50309c1e-0c9e-2f11-9a0c-6f7c9c1e2d3f']);
    expect(asset('vms', vm).claims).toMatchObject({ power_state: 'running', cpu_count: 4, memory_mb: 8192, disk_gb: 80 });
  });

  it('of AWS gives its instance id, of Azure resource id and vmId', () => {
    expect(names(asset('vms', { ...vm, vmware: undefined, vm_inst_id: '', object_id: 'i-0a1b2c3d4e5f60718' }))).toEqual(['cloud_resource_id=i-0a1b2c3d4e5f60718']);
    expect(names(asset('vms', { ...vm, vmware: undefined, vm_inst_id: 'i-0a1b2c3d4e5f60718', object_id: '' }))).toEqual(['cloud_resource_id=i-0a1b2c3d4e5f60718']);
    expect(names(asset('vms', { ...vm, vmware: undefined, vm_inst_id: '5c8cee10-123f-4a4b-8a8a-1b2c3d4e5f60', object_id: '/subscriptions/1/resourceGroups/a/providers/Microsoft.Compute/virtualMachines/b' }))).toEqual([
      'bios_uuid=5c8cee10-123f-4a4b-8a8a-1b2c3d4e5f60', 'cloud_resource_id=/subscriptions/1/resourceGroups/a/providers/Microsoft.Compute/virtualMachines/b',
    ]);
  });

  it('is one asset with the guest that instantiates it', () => {
    expect(names(asset('vms', { ...vm, guests: ['3a290cc60a0a0bb400000bdb386af1cf'] }))).toContain('external_ref=sn/computers/3a290cc60a0a0bb400000bdb386af1cf');
  });

  it.each([['off', 'stopped'], ['suspended', 'suspended'], ['ON', 'running'], ['terminated', 'terminated'], ['paused', undefined]])('that is %s is %s', (state, power) => {
    expect(asset('vms', { ...vm, state }).claims['power_state']).toBe(power);
  });
});

describe('a hardware asset', () => {
  it('names its CI in each stream that may hold it, and speaks of the stage', () => {
    const record = asset('assets', { ...rows['alm_hardware'], model: { id: 'm', name: 'PowerEdge R750', manufacturer: { id: 'c1', name: 'Dell Inc.' } }, vendor: { id: 'v', name: 'Bechtle' }, po_number: 'PO-1' });

    expect(names(record)).toEqual([
      'asset_tag=P1000091', 'external_ref=sn/computers/3a290cc60a0a0bb400000bdb386af1cf', 'external_ref=sn/network/3a290cc60a0a0bb400000bdb386af1cf', 'external_ref=sn/vms/3a290cc60a0a0bb400000bdb386af1cf', 'serial=9C95A9550',
    ]);
    expect(record).toMatchObject({ assetClass: 'hardware', stage: { raw: { install_status: '1', substatus: '' }, stage: 'in_use' } });
    expect(record.claims).toMatchObject({ model: 'PowerEdge R750', manufacturer: 'Dell Inc.', vendor: 'Bechtle', purchase_order: 'PO-1', cost: 696291, warranty_expires_on: '2028-01-20' });
    expect(record.claims['currency']).toBeUndefined();
  });

  it('is of the class of its CI, so that a filter by class does not part them', () => {
    expect(asset('assets', { ...rows['alm_hardware'], class_path: ['cmdb_ci_linux_server', 'cmdb_ci_server'] }).assetClass).toBe('server');
    expect(asset('assets', { ...rows['alm_hardware'], class_path: ['u_strange'] }).assetClass).toBe('hardware');
  });
});

describe('a relationship', () => {
  const relation = (type: string, options = {}): RelationshipRecord | string => {
    const mapping = map('relationships', { ...rows['cmdb_rel_ci'], 'type.name': type }, options);
    return 'record' in mapping ? mapping.record as RelationshipRecord : 'skip' in mapping ? mapping.skip : mapping.reason;
  };
  const PARENT = '5a290cc60a0a0bb400000bdb386af1d6';
  const CHILD = '3a290cc60a0a0bb400000bdb386af1cf';

  it.each([
    ['Runs on::Runs', 'runs_on', PARENT], ['Registered on::Has registered', 'runs_on', PARENT], ['Virtualized by::Virtualizes', 'runs_on', PARENT], ['Hosted on::Hosts', 'hosted_by', PARENT],
    ['Depends on::Used by', 'depends_on', PARENT], ['Connects to::Connected by', 'connected_to', PARENT], ['Contains::Contained by', 'member_of', CHILD], ['Members::Member of', 'member_of', CHILD],
    ['Instantiates::Instantiated by', 'instance_of', PARENT],
  ])('%s is %s', (type, kind, from) => {
    expect(relation(type)).toMatchObject({ relation: kind, from: { externalId: from }, to: { externalId: from === PARENT ? CHILD : PARENT } });
  });

  it('of another type is left out, unless the configuration names a kind', () => {
    expect(relation('Owns::Owned by')).toContain('"Owns::Owned by" have no kind');
    expect(relation('Owns::Owned by', { relationshipKinds: { 'Owns::Owned by': 'used_by' } })).toMatchObject({ relation: 'used_by', from: { externalId: PARENT } });
    expect(relation('Runs on::Runs', { relationshipKinds: { 'Runs on::Runs': null } })).toContain('no kind');
    expect(relation('constructor')).toContain('no kind');
  });

  it('without ends or type is rejected', () => {
    expect(map('relationships', { ...rows['cmdb_rel_ci'], child: '' })).toMatchObject({ ok: false, reason: expect.stringContaining('without parent or child') });
    expect(map('relationships', { ...rows['cmdb_rel_ci'], 'type.name': '' })).toMatchObject({ ok: false, reason: expect.stringContaining('without type') });
  });
});

describe('installed software', () => {
  it('with and without Software Asset Management', () => {
    expect(map('software', rows['cmdb_sam_sw_install']!)).toMatchObject({ record: {
      on: { externalId: '3a290cc60a0a0bb400000bdb386af1cf' }, product: 'Adobe Acrobat Reader DC', publisher: 'Adobe', productVersion: '23.008.20470', installedOn: '2025-01-20' } });
    expect(map('software', rows['cmdb_software_instance']!)).toMatchObject({ record: { product: 'OpenSSL', productVersion: '3.0.7' } });
  });
});
