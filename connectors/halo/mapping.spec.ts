import { readFileSync } from 'node:fs';
import { LIFECYCLE_STAGES, type AssetRecord, type Mapping, type RelationshipRecord } from '../sdk/contract/index.js';
import { stagesOf } from './stages.js';
import { streams } from './streams/index.js';
import { idOf, type Row } from './types.js';

const { server } = JSON.parse(readFileSync(new URL('./fixtures/assets.json', import.meta.url), 'utf8')) as { server: Row };
const map = (stream: string, raw: Row, options: Record<string, unknown> = {}): Mapping =>
  streams.find((entry) => entry.name === stream)!.map(raw, { source: 'halo', options, readAt: 0 });
const asset = (raw: Row, options?: Record<string, unknown>): AssetRecord => (map('assets', raw, options) as { record: AssetRecord }).record;
const names = (record: AssetRecord): string[] => record.identifiers.map((i) => `${i.kind}=${i.value}`).sort();
const withField = (name: string, value: unknown, more: object = {}): Row => ({ ...server, fields: [...server['fields'] as object[], { id: 199, name, value, display: value, lookup: 0, ...more }] });
const withoutFields = (...gone: string[]): Row => ({ ...server, fields: (server['fields'] as { name: string }[]).filter(({ name }) => !gone.includes(name)) });

describe('an asset', () => {
  it('is what its columns, its fields and its names say', () => {
    const record = asset(server);

    expect(record).toMatchObject({ externalId: '2007', assetClass: 'server', stage: { raw: { status: 'Active', inactive: 'false' }, stage: 'in_use' } });
    expect(names(record)).toEqual(['asset_tag=AT-1042', 'hostname=srv-000013', 'mac=00:14:22:00:00:1a', 'mac=00:14:22:00:00:1c', 'serial=7C1F0A210']);
    expect(record.claims).toEqual({
      name: 'srv-000013', hostname: 'srv-000013', serial_number: '7C1F0A210', asset_tag: 'AT-1042', model: 'PowerEdge R750', mac_addresses: ['00:14:22:00:00:1a', '00:14:22:00:00:1c'], memory_mb: 65536,
      department: 'IT Operations', location: 'Berlin', vendor: 'Dell Inc.', owner: 'ada.abel@example.com', contract: 'SC-901', purchase_date: '2023-04-01', warranty_expires_on: '2026-03-31',
    });
  });

  it.each(['0001-01-01T00:00:00', '1900-01-01T00:00:00', '1970-12-31T00:00:00', '', null])('without a date (%p) claims none', (warranty_end) => {
    expect(asset({ ...server, warranty_end }).claims).not.toHaveProperty('warranty_expires_on');
  });

  it('takes fields by name in any case, the configured ones first', () => {
    expect(asset(withField('serial number', 'X'), {}).claims['serial_number']).toBe('7C1F0A210');
    expect(asset(withField('SERVICE TAG', 'TAG-1'), { fields: { serial_number: ['Service Tag', 'Serial Number'] } }).claims['serial_number']).toBe('TAG-1');
    expect(asset(server, { fields: { serial_number: ['Service Tag', 'Serial Number'] } }).claims['serial_number']).toBe('7C1F0A210');
    expect(asset(server, { fields: { purchase_order: ['CFCostCentre'] } }).claims['purchase_order']).toBe('CC-101');
    expect(asset(server, { fields: { environment: ['cost centre'] } }).claims['environment']).toBe('CC-101');
    expect(asset(withField('Price', '1,234.50'), { fields: { cost: ['Price'] } }).claims['cost']).toBe(123450);
    expect(asset(withField('End of support', '0001-01-01T00:00:00'), { fields: { support_ends_on: ['End of support'] } }).claims).not.toHaveProperty('support_ends_on');
  });

  it('takes key fields by what its type says they are, where the list gave no fields', () => {
    const bare = { ...server, fields: undefined };

    expect(asset(bare).claims).toMatchObject({ serial_number: '7C1F0A210', model: 'PowerEdge R750', name: 'srv-000013' });
    expect(asset({ ...bare, type: { id: 11, name: 'Server', keys: ['Serial Number', 'Rack', 'Hostname'] } }).claims).toMatchObject({ serial_number: 'srv-000013', name: 'PowerEdge R750' });
  });

  it('is not named by a key field that is something else', () => {
    const laptop = { ...withoutFields('Hostname'), type: { id: 12, name: 'Laptop', keys: ['Serial Number', 'Rack', 'Model'] } };

    expect(asset(laptop).claims).toMatchObject({ name: '7C1F0A210' });
    expect(asset({ ...laptop, type: { id: 12, name: 'Laptop', keys: ['Serial Number', 'Model', undefined] } }).claims).not.toHaveProperty('name');
  });

  it('of AWS is known by its instance id, whichever place tells it', () => {
    expect(names(asset({ ...server, aws_id: 'i-0a1b2c3d4e5f60718' }))).toContain('cloud_resource_id=i-0a1b2c3d4e5f60718');
    expect(names(asset(withField('Cloud Resource ID', '/subscriptions/1/vm')))).toContain('cloud_resource_id=/subscriptions/1/vm');
  });

  it('names its owner as well as it can', () => {
    expect(asset({ ...server, owner: { id: 9 } }).claims['owner']).toBe('user9');
    expect(asset({ ...server, owner: null, username: '', business_owner_name: 'Ada Abel' }).claims['owner']).toBe('Ada Abel');
  });

  it('is left out or of another class where the options say so', () => {
    expect(map('assets', server, { classes: { SERVER: null } })).toMatchObject({ ok: true, skip: expect.stringContaining('type Server'), externalId: '2007' });
    expect(asset(server, { classes: { 11: 'storage' } }).assetClass).toBe('storage');
    expect(asset({ ...server, type: { id: 99, name: 'Badge' } }).assetClass).toBeUndefined();
  });

  it('without an id is rejected', () => {
    for (const id of [0, -1, null, 'x', '']) expect(map('assets', { ...server, id })).toEqual({ ok: false, reason: 'no id' });
  });
});

describe('ids', () => {
  it.each([[7, 7], ['7', 7], ['2.0', 2], [2.5, undefined], [0, undefined], [-1, undefined], [true, undefined], [1e21, undefined], ['', undefined]])('%p is %p', (value, id) => expect(idOf(value)).toBe(id));
});

describe('the stage', () => {
  const read = (status: string, inactive: boolean, options: Record<string, unknown> = {}) => stagesOf(options).read({ status, inactive: String(inactive) });

  it.each`
    status               | inactive | stage            | holds
    ${'On Order'}        | ${false} | ${'requested'}   | ${undefined}
    ${'in stock'}        | ${false} | ${'acquired'}    | ${undefined}
    ${'Ready'}           | ${false} | ${'deployed'}    | ${undefined}
    ${'ACTIVE'}          | ${false} | ${'in_use'}      | ${undefined}
    ${'Active'}          | ${true}  | ${'retired'}     | ${undefined}
    ${'On Order'}        | ${true}  | ${'retired'}     | ${undefined}
    ${'Faulty'}          | ${false} | ${'maintenance'} | ${undefined}
    ${'Retired'}         | ${false} | ${'retired'}     | ${undefined}
    ${'Retired'}         | ${true}  | ${'retired'}     | ${undefined}
    ${'Missing'}         | ${false} | ${'retired'}     | ${['lost']}
    ${'Stolen'}          | ${true}  | ${'retired'}     | ${['stolen']}
    ${'Scrapped'}        | ${true}  | ${'disposed'}    | ${undefined}
    ${'Disposed'}        | ${false} | ${'disposed'}    | ${undefined}
    ${'Under the stairs'} | ${true} | ${undefined}     | ${undefined}
    ${''}                | ${true}  | ${undefined}     | ${undefined}
  `('$status, inactive $inactive: $stage', ({ status, inactive, stage, holds }) => {
    const reading = read(status, inactive);
    expect([reading?.stage, reading?.holds]).toEqual([stage, holds]);
  });

  it('can be told for every stage, and reads back as the same', () => {
    for (const stage of LIFECYCLE_STAGES) {
      const codes = stagesOf({}).write(stage);
      expect({ stage, back: stagesOf({}).read(codes)?.stage, inactive: codes?.['inactive'] }).toEqual({ stage, back: stage, inactive: String(stage === 'retired' || stage === 'disposed') });
    }
  });

  it('goes by the names of this instance, the first of which is written', () => {
    const options = { statuses: { in_use: ['Live', 'Sold'], lost: ['Cannot Find'] } };

    expect(stagesOf(options).write('in_use')).toEqual({ status: 'Live', inactive: 'false' });
    expect(read('sold', false, options)?.stage).toBe('in_use');
    expect(read('Active', false, options)?.stage).toBeUndefined();
    expect(read('Cannot Find', false, options)).toMatchObject({ stage: 'retired', holds: ['lost'] });
    expect(read('Missing', false, options)?.stage).toBeUndefined();
    expect(read('Scrapped', true, options)?.stage).toBe('disposed');
  });
});

describe('a relation', () => {
  const end = (id: number, name: string): Row => ({ id, type: { id: 1, name } });
  const relation = (side: string, from: Row, to: Row, options = {}): RelationshipRecord | string => {
    const mapping = map('relationships', { from, to, side, relationship_id: 7 }, options);
    return 'record' in mapping ? mapping.record as RelationshipRecord : 'skip' in mapping ? mapping.skip : mapping.reason;
  };
  const [vm, host, box] = [end(9, 'Virtual Machine'), end(3, 'Hypervisor'), end(5, 'Server')];

  it('to a parent is a dependency; of a virtual machine to a hypervisor, where it runs', () => {
    expect(relation('parent', vm, host)).toMatchObject({ externalId: '9>3', relation: 'runs_on', from: { externalId: '9', streams: ['assets'] }, to: { externalId: '3' } });
    expect(relation('parent', box, host)).toMatchObject({ externalId: '5>3', relation: 'depends_on' });
    expect(relation('parent', end(9, 'VM'), end(3, 'Host'), { classes: { VM: 'virtual_machine', Host: 'hypervisor' } })).toMatchObject({ relation: 'runs_on' });
  });

  it('to a sibling has no kind, unless the options name one', () => {
    expect(relation('sibling', host, box)).toContain('siblings have no kind of ours');
    expect(relation('sibling', host, box, { relationshipKinds: { 7: 'redundant_with' } })).toMatchObject({ externalId: '3=5', relation: 'redundant_with' });
    expect(relation('parent', vm, host, { relationshipKinds: { 7: 'connected_to' } })).toMatchObject({ relation: 'connected_to' });
    expect(relation('parent', vm, host, { relationshipKinds: { 7: null } })).toContain('leaves relations 7 out');
  });

  it('without both ends is rejected', () => {
    expect(relation('parent', vm, {})).toContain('without both of its ends');
    expect(relation('cousin', vm, host)).toContain('without both of its ends');
  });
});
