import { benchesOf, type Bench } from '../../sdk/conformance/index.js';
import type { CreateOutcome, FieldWrite, LifecycleStage, NewRecord, RecordWrite, WriteOutcome } from '../../sdk/contract/index.js';
import { connector } from '../index.js';
import { sandbox, type HaloSandbox } from '../sandbox/index.js';
import type { HaloClient } from '../session.js';
import { assetPush as push } from './index.js';

type Started = Bench & { readonly sandbox: HaloSandbox; readonly client: HaloClient };
const start = benchesOf<Started>(connector, sandbox.start);
const bench = (options: Record<string, unknown> = {}, vendor: Record<string, unknown> = {}, source: object = {}): Promise<Started> => start({ vendor, source: { options, ...source } });

const current = async (b: Started, id: string): Promise<any> => {
  const found = (await push.fetchMany!(b.client, [id])).get(id);
  return found?.kind === 'found' ? found.raw : undefined;
};
const writeOf = async (b: Started, id: string, fields: readonly FieldWrite[], stage?: LifecycleStage, given: Record<string, string> = {}): Promise<RecordWrite> =>
  ({ externalId: id, current: await current(b, id), fields, ...(stage !== undefined && { stage: { stage, codes: push.codesFor!(stage, given, b.client.source.options)! } }) });
const send = async (b: Started, id: string, fields: readonly FieldWrite[], stage?: LifecycleStage, given: Record<string, string> = {}): Promise<WriteOutcome> =>
  (await push.write(b.client, [await writeOf(b, id, fields, stage, given)]))[0]!;
const field = (attribute: string, value: FieldWrite['value'], path?: readonly string[]): FieldWrite => ({ attribute, value, ...(path && { path }) });
const posts = (b: Started): any[] => b.sandbox.requests().filter(({ method, path }) => method === 'POST' && path === '/api/Asset').map((request) => JSON.parse(request.body ?? ''));
const raw = (b: Started, id: string): any => b.sandbox.edit.read('assets', id);
const textOf = (b: Started, id: string, name: string): unknown => raw(b, id).fields.find((one: { name: string }) => one.name === name)?.value;
const refusal = (outcome: WriteOutcome | CreateOutcome): string => (outcome.kind === 'refused' ? `${outcome.error.message} | ${outcome.error.hint ?? ''}` : outcome.kind);

describe('the codes of a stage', () => {
  it.each<[LifecycleStage, Record<string, string>, unknown]>([
    ['in_use', {}, { status: 'Active', inactive: 'false' }], ['retired', {}, { status: 'Retired', inactive: 'true' }], ['disposed', {}, { status: 'Disposed', inactive: 'true' }],
    ['retired', { status: 'Written Off' }, { status: 'Written Off', inactive: 'true' }], ['in_use', { 'status.name': 'Awaiting Audit' }, { 'status': 'Awaiting Audit', 'inactive': 'false', 'status.name': 'Awaiting Audit' }],
    ['in_use', { status_id: '10' }, { status_id: '10', inactive: 'false' }], ['maintenance', { inactive: 'true' }, { status: 'In Repair', inactive: 'true' }],
  ])('of %s where the configuration gives %j', (stage, given, codes) => {
    expect(push.codesFor!(stage, given)).toEqual(codes);
  });

  it("is this instance's name for it, or the one that the configuration's mapping gives", () => {
    const options = { statuses: { in_use: ['Live', 'Active'] } };
    expect([push.codesFor!('in_use', {}, options), push.codesFor!('in_use', { status: 'Active' }, options)]).toEqual([{ status: 'Live', inactive: 'false' }, { status: 'Active', inactive: 'false' }]);
  });
});

describe('one write', () => {
  it('is an array of one, with its id, both status fields, and nothing that is not to change', async () => {
    const b = await bench();
    const id = b.sandbox.edit.insert('assets');
    const before = raw(b, id);

    expect(await send(b, id, [field('model', 'R760'), field('asset_tag', 'T-1'), field('warranty_expires_on', '2031-02-03')], 'retired')).toEqual({ kind: 'accepted' });
    expect(posts(b)).toEqual([[{ id: Number(id), inventory_number: 'T-1', warranty_end: '2031-02-03T00:00:00', status_id: 6, inactive: true, fields: [{ id: '103', value: 'R760' }] }]]);
    expect(textOf(b, id, 'Serial Number')).toBe(before.key_field2);
  });

  it('without an id that is the record\'s own is never sent: it would be a new asset', async () => {
    const b = await bench();
    const id = b.sandbox.edit.insert('assets');
    const write = await writeOf(b, id, [], 'retired');

    for (const externalId of ['', '0', '-1', 'x', '999999']) expect(refusal((await push.write(b.client, [{ ...write, externalId }]))[0]!)).toContain('no id of the asset');
    expect(posts(b)).toEqual([]);
  });

  it('of a field that the record holds in several places goes where it is read, and null empties all of them', async () => {
    const b = await bench({ fields: { serial_number: ['Cost centre', 'Serial Number'], purchase_order: ['CFCostCentre'] } });
    const id = b.sandbox.edit.insert('assets');

    await send(b, id, [field('serial_number', 'S-1')]);
    expect(textOf(b, id, 'Serial Number')).toBe('S-1');
    await send(b, id, [field('purchase_order', 'PO-7')]);
    expect(raw(b, id).customfields[1].value).toBe('PO-7');
    // read from the custom field now, which is filled and named first
    await send(b, id, [field('serial_number', 'S-2')]);
    expect([raw(b, id).customfields[1].value, textOf(b, id, 'Serial Number')]).toEqual(['S-2', 'S-1']);
    await send(b, id, [field('serial_number', null)]);
    expect([raw(b, id).customfields[1].value, textOf(b, id, 'Serial Number')]).toEqual(['', '']);
  });

  it('writes references by the ids behind their exact names, and values of a list by their code', async () => {
    const b = await bench();
    const id = b.sandbox.edit.insert('assets');
    const [site, supplier, user] = (['sites', 'suppliers', 'users'] as const).map((name) => b.sandbox.edit.read(name, b.sandbox.edit.ids(name)[1]!)!);
    const department = [...b.sandbox.truth('assets').values()].flatMap(({ claims }) => claims?.['department'] ?? []).find((name) => name !== '')!;

    expect(await send(b, id, [field('location', site!['name'] as string), field('vendor', supplier!['name'] as string), field('owner', user!['emailaddress'] as string), field('department', department)])).toEqual({ kind: 'accepted' });
    expect(raw(b, id)).toMatchObject({ site_id: site!['id'], supplier_id: supplier!['id'], business_owner_id: user!['id'] });
    expect(raw(b, id).fields.find((one: { name: string }) => one.name === 'Department')).toMatchObject({ value: expect.stringMatching(/^\d+$/), display: department });
  });

  it.each([
    ['location', 'Nowhere', 'no site of the instance has the name Nowhere'], ['vendor', 'Nobody Ltd', 'no supplier of the instance'], ['owner', 'nobody@example.com', 'no user of the instance'],
    ['department', 'Alchemy', 'no value of the list of Department'], ['purchase_order', 'PO-1', 'no field for purchase_order'], ['cloud_region', 'eu', 'no place in Halo'],
    ['cost', 1.5, 'no field for cost'], ['purchase_date', 'soon', 'which is no day'], ['location', null, 'always stands at a site'],
  ])('refuses %s as %j, and sends nothing', async (attribute, value, words) => {
    const b = await bench();
    const id = b.sandbox.edit.insert('assets');

    expect(refusal(await send(b, id, [field(attribute, value)]))).toContain(words);
    expect(posts(b)).toEqual([]);
  });

  it('guesses no name that is several\'s: of sites that of the asset\'s own client is meant', async () => {
    const b = await bench();
    const id = b.sandbox.edit.insert('assets');
    b.sandbox.edit.insert('sites', { name: 'Main', client_id: 12, client_name: 'Internal IT' });
    const other = b.sandbox.edit.insert('sites', { name: 'Main', client_id: 13, client_name: 'Acme' });
    b.sandbox.edit.insert('sites', { name: 'Acme only', client_id: 13, client_name: 'Acme' });
    for (const inactive of [false, false, true]) b.sandbox.edit.insert('suppliers', { name: 'Twin', inactive });

    expect(await send(b, id, [field('location', 'Main')])).toEqual({ kind: 'accepted' });
    expect(raw(b, id).site_id).not.toBe(Number(other));
    expect(refusal(await send(b, id, [field('location', 'Acme only')]))).toContain('belongs to Acme');
    expect(refusal(await send(b, id, [field('vendor', 'Twin')]))).toContain('3 suppliers');
  });

  it('writes what a path names, where that can be written', async () => {
    const b = await bench();
    const id = b.sandbox.edit.insert('assets');

    expect(await send(b, id, [field('support_ends_on', '2030-01-02', ['warranty_start'])])).toEqual({ kind: 'accepted' });
    expect(raw(b, id).warranty_start).toBe('2030-01-02T00:00:00');
    expect(refusal(await send(b, id, [field('support_ends_on', '2030-01-02', ['third_party_id'])]))).toContain('third_party_id');
    expect(refusal(await send(b, id, [field('name', 'a'), field('hostname', 'b')]))).toContain('both a and b');
  });

  it('overwrites nothing that changed meanwhile, and lets others change the rest', async () => {
    const b = await bench();
    const id = b.sandbox.edit.insert('assets');
    const write = await writeOf(b, id, [field('model', 'R760')], 'retired');
    b.sandbox.edit.update('assets', id, { 'OS Version': '12' });
    expect((await push.write(b.client, [write]))[0]).toEqual({ kind: 'accepted' });

    const stale = await writeOf(b, id, [field('model', 'R770')]);
    b.sandbox.edit.update('assets', id, { Model: 'R999' });
    expect((await push.write(b.client, [stale]))[0]).toMatchObject({ kind: 'conflict', reason: expect.stringContaining('Model') });
    expect(textOf(b, id, 'Model')).toBe('R999');

    // whatever the asset says of when it changed
    const undated = await writeOf(b, id, [field('model', 'R770')], 'disposed');
    const at = Date.parse(raw(b, id).last_modified);
    b.sandbox.edit.update('assets', id, { Model: 'R1000' }, at);
    expect(Date.parse(raw(b, id).last_modified)).toBe(at);
    expect((await push.write(b.client, [undated]))[0]).toMatchObject({ kind: 'conflict', reason: expect.stringContaining('Model') });
    expect(textOf(b, id, 'Model')).toBe('R1000');
  });
});

describe('a status', () => {
  it('is the first that options.statuses names for the stage, and reads back as that stage', async () => {
    const b = await bench({ statuses: { in_use: ['Awaiting Audit', 'Active'] } });
    const id = b.sandbox.edit.insert('assets', { status_id: 5 });

    expect(await send(b, id, [], 'in_use')).toEqual({ kind: 'accepted' });
    expect(raw(b, id)).toMatchObject({ status_name: 'Awaiting Audit', inactive: false });
    const mapping = b.map(connector.streams[0]!, await current(b, id));
    expect('record' in mapping && mapping.record.kind === 'asset' && mapping.record.stage).toMatchObject({ stage: 'in_use', raw: { status: 'Awaiting Audit', inactive: 'false' } });
  });

  it.each([['status.name', 'Awaiting Audit'], ['status_name', 'Awaiting Audit'], ['status_id', '10'], ['status.id', '10']])('that the stage mapping names by %s is written', async (path, code) => {
    const b = await bench();
    const id = b.sandbox.edit.insert('assets');

    expect(await send(b, id, [], 'in_use', { [path]: code })).toEqual({ kind: 'accepted' });
    expect(raw(b, id).status_id).toBe(10);
    expect(refusal(await send(b, id, [], 'in_use', { criticality: '3' }))).toContain('criticality carries no stage');
    expect(refusal(await send(b, id, [], 'in_use', { [path]: 'x' }))).toContain('no asset status of the instance is called x');
  });

  it('that the instance does not have is refused with those that it has; one of another case is found', async () => {
    const b = await bench({ statuses: { retired: ['Put Away'], disposed: ['DISPOSED'] } });
    const id = b.sandbox.edit.insert('assets');

    expect(refusal(await send(b, id, [], 'retired'))).toMatch(/Put Away; it has Active, On Order.*options\.statuses\.retired/);
    expect(await send(b, id, [], 'disposed')).toEqual({ kind: 'accepted' });
    expect(posts(b)).toHaveLength(1);
  });

  it('that the type does not allow is refused before it is sent', async () => {
    const b = await bench({ statuses: { retired: ['Stolen'], stolen: ['Away'] } });
    const id = b.sandbox.edit.insert('assets', { assettype_id: 15 });

    expect(refusal(await send(b, id, [], 'retired'))).toMatch(/Virtual Machine may not have the status Stolen; they may have Active/);
    expect(posts(b)).toEqual([]);
  });

  it('that may not follow is refused in Halo\'s words, with the next step', async () => {
    const b = await bench({}, { forbiddenMoves: [[1, 7]] });
    const id = b.sandbox.edit.insert('assets');

    expect(refusal(await send(b, id, [], 'disposed'))).toMatch(/cannot be changed to this value.*what each status may follow/);
  });
});

describe('several writes', () => {
  it.each([['earlier_stay'], ['none_stay']])('of which one is refused: %s, and each has its own outcome', async (refusedBatch) => {
    const b = await bench({}, { refusedBatch, forbiddenMoves: [[3, 6]] });
    const keys = [1, 3, 1].map((status_id) => b.sandbox.edit.insert('assets', { status_id }));
    const outcomes = await push.write(b.client, await Promise.all(keys.map((id) => writeOf(b, id, [], 'retired'))));

    expect(outcomes.map(({ kind }) => kind)).toEqual(['accepted', 'refused', 'accepted']);
    expect(keys.map((id) => raw(b, id).status_id)).toEqual([6, 3, 6]);
    // what stayed of the array is not written again
    expect(posts(b).map((body) => body.length)).toEqual(refusedBatch === 'earlier_stay' ? [3, 1, 1] : [3, 1, 1, 1]);
  });

  it('travel in one array, whatever their types, and cost one look at each type', async () => {
    const b = await bench();
    const keys = Array.from({ length: push.batch }, (_, nth) => b.sandbox.edit.insert('assets', { assettype_id: 11 + (nth % 2) }));
    const writes = await Promise.all(keys.map((id) => writeOf(b, id, [], 'maintenance')));
    await push.write(b.client, writes.slice(0, 2));
    b.sandbox.clearRequests();

    expect((await push.write(b.client, writes.slice(2))).every(({ kind }) => kind === 'accepted')).toBe(true);
    expect(b.sandbox.requests().map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /api/Asset', 'GET /api/Asset', 'POST /api/Asset']);
  });

  it('of which one is refused and that cannot be read back are unknown: some may have been kept', async () => {
    const b = await bench({}, { forbiddenMoves: [[3, 6]] });
    const keys = [1, 3].map((status_id) => b.sandbox.edit.insert('assets', { status_id }));
    const writes = await Promise.all(keys.map((id) => writeOf(b, id, [], 'retired')));
    b.sandbox.faults.inject({ kind: 'forbidden', match: { purpose: 'any', when: (request) => request.method === 'GET' && posts(b).length > 0 } });

    expect(await push.write(b.client, writes)).toEqual(keys.map(() => ({ kind: 'unknown', reason: expect.stringContaining('may have been kept') })));
    expect(posts(b)).toHaveLength(1);
  });

  it.each([404, 403])('of a type that is hidden from the agent (%d) are refused as that, and hold up no others', async (status) => {
    const b = await bench();
    const keys = [11, 12].map((assettype_id) => b.sandbox.edit.insert('assets', { assettype_id }));
    const writes = await Promise.all(keys.map((id) => writeOf(b, id, [], 'retired')));
    b.sandbox.faults.inject({ kind: status === 403 ? 'forbidden' : 'server_error', status, match: { purpose: 'any', path: '/api/AssetType/12' } });
    const outcomes = await push.write(b.client, writes);

    expect(outcomes[0]).toEqual({ kind: 'accepted' });
    expect(refusal(outcomes[1]!)).toMatch(/Laptop, the asset type of asset \d+, is not given: hidden from this agent.*access control/);
  });

  it('that cannot be looked at are tried again: nothing was sent', async () => {
    const b = await bench();
    const id = b.sandbox.edit.insert('assets');
    const write = await writeOf(b, id, [], 'retired');
    b.sandbox.faults.inject({ kind: 'server_error', match: { purpose: 'any', when: (request) => request.method === 'GET' } });

    expect((await push.write(b.client, [write]))[0]).toMatchObject({ kind: 'retry' });
    expect(posts(b)).toEqual([]);
  });
});

describe('the likely cause', () => {
  it('of a status that may not follow names those that may', async () => {
    const b = await bench({}, { ignoresWritesTo: ['*'] });
    const id = b.sandbox.edit.insert('assets');
    const write = await writeOf(b, id, [], 'disposed');
    await push.write(b.client, [write]);
    b.sandbox.switches.forbiddenMoves = [[1, 7]];

    expect(await push.likelyCause!(b.client, write, await current(b, id))).toMatch(/the status may not follow.*may become Active, On Order.*; .*put inactive back/);
  });

  it('is else what puts values back, or a field that is not there', async () => {
    const b = await bench({}, { ignoresWritesTo: ['*'] });
    const id = b.sandbox.edit.insert('assets');
    const write = await writeOf(b, id, [field('model', 'R760')]);
    expect((await push.write(b.client, [write]))[0]).toEqual({ kind: 'accepted' });

    expect(await push.likelyCause!(b.client, write, await current(b, id))).toMatch(/put Model back, or it is read-only/);
    expect(await push.likelyCause!(b.client, write, { ...await current(b, id), fields: [] })).toContain('no field of Server');
    expect(await push.likelyCause!(b.client, await writeOf(b, id, [], 'retired'), await current(b, id))).toBe("a rule, runbook or template of the instance put status_id and inactive back, or they are read-only for the role of the application's agent");
  });
});

describe('a new asset', () => {
  const wanted: NewRecord = {
    assetId: '3f2504e0-4f89-41d3-9a0c-0305e82c3301', assetClass: 'server', reference: 'CFLockstepId', attributes: { name: 'srv-1', serial_number: 'NEW-1', asset_tag: 'T-77', cost: 100, os_name: 'Linux' },
    identifiers: [{ kind: 'serial', value: 'NEW-1' }, { kind: 'asset_tag', value: 'T-77' }], stage: { stage: 'acquired', codes: push.codesFor!('acquired', {})! },
  };
  const { create, search } = push.create!;

  it('has the type of its class, the site that is configured, our id, and what its type has fields for', async () => {
    const b = await bench();
    const outcome = await create(b.client, wanted);

    expect(outcome).toMatchObject({ kind: 'created' });
    expect(posts(b)).toEqual([[{
      assettype_id: 11, site_id: 1, client_id: 12, inventory_number: 'T-77', status_id: 3, inactive: false,
      fields: expect.arrayContaining([{ id: '101', value: 'srv-1' }, { id: '102', value: 'NEW-1' }, { id: '110', value: 'Linux' }]), customfields: [{ id: 211, value: wanted.assetId }],
    }]]);
  });

  it.each([
    [{ defaultSite: undefined }, {}, 'options.defaultSite names none'], [{ defaultSite: 'Nowhere' }, {}, 'no site of the instance'],
    [{}, { reference: 'CFOther' }, 'no asset shows a custom field CFOther'], [{}, { assetClass: 'mobile' }, 'no asset type of the instance stands for mobile'],
    [{ classes: { Printer: 'server' } }, {}, 'Server and Printer all stand for server'], [{ createTypes: { server: 'Mainframe' } }, {}, 'names Mainframe for server'],
    [{}, { attributes: { name: 'x', vendor: 'Nobody Ltd' } }, 'no supplier'], [{}, { stage: { stage: 'retired', codes: { status: 'Gone', inactive: 'true' } } }, 'no asset status'],
  ])('with options %j and %j is refused with what to configure, and not sent', async (options, change, words) => {
    const b = await bench(options);

    expect(refusal(await create(b.client, { ...wanted, ...change } as NewRecord))).toContain(words);
    expect(posts(b)).toEqual([]);
  });

  it('is of the type that options.createTypes names, at its own location', async () => {
    const b = await bench({ classes: { Printer: 'server' }, createTypes: { server: '11' } });
    const name = b.sandbox.edit.read('sites', '2')!['name'] as string;

    expect((await create(b.client, { ...wanted, attributes: { ...wanted.attributes, location: name } })).kind).toBe('created');
    expect(posts(b)[0][0]).toMatchObject({ assettype_id: 11, site_id: 2 });
  });

  it('is found by its tag, its serial number exactly, and our id; not by a part of a word', async () => {
    const b = await bench();
    const tagged = b.sandbox.edit.insert('assets', { inventory_number: 'T-77' });
    const serial = b.sandbox.edit.insert('assets', { 'Serial Number': 'NEW-1' });
    b.sandbox.edit.insert('assets', { 'Serial Number': 'NEW-12' });

    expect((await search(b.client, wanted)).map(({ externalId, by, match }) => [externalId, by, match])).toEqual([[tagged, 'identifier', 'asset_tag T-77'], [serial, 'identifier', 'serial NEW-1']]);
    const made = await create(b.client, wanted);
    expect((await search(b.client, wanted))[0]).toMatchObject({ externalId: (made as { externalId: string }).externalId, by: 'reference' });
  });

  it('costs the calls that the README names, and is read by its id while lists do not show it', async () => {
    const b = await bench({}, { indexLagMs: 20_000 });
    await create(b.client, wanted);
    b.sandbox.clearRequests();
    const made = await create(b.client, { ...wanted, assetId: '3f2504e0-4f89-41d3-9a0c-0305e82c3302' });
    expect(b.sandbox.requests()).toHaveLength(2);
    const { externalId } = made as { externalId: string };
    expect((await push.fetchMany!(b.client, [externalId])).get(externalId)).toMatchObject({ kind: 'found', raw: { inventory_number: 'T-77' } });
    b.sandbox.clearRequests();
    // tag, serial number, name, our id
    expect(await search(b.client, wanted)).toEqual([]);
    expect(b.sandbox.requests()).toHaveLength(4);
  });

  it('without a name is found again by our id, which it has for a name', async () => {
    const b = await bench();
    const bare: NewRecord = { ...wanted, attributes: {}, identifiers: [] };
    const made = await create(b.client, bare);

    expect((await search(b.client, bare)).map(({ externalId, by }) => [externalId, by])).toEqual([[(made as { externalId: string }).externalId, 'reference']]);
  });
});

describe('check of a target', () => {
  const findings = async (b: Started, what: string) => (await b.check(['assets'])).filter((finding) => finding.what === what);

  it('names the scope that is missing, while reading goes on', async () => {
    const b = await bench({}, { allowedScopes: ['read:assets', 'read:customers'] });

    expect(await findings(b, 'write assets')).toMatchObject([{ outcome: 'failed', message: expect.stringContaining('without edit:assets'), hint: expect.stringContaining('edit:assets') }]);
    expect(await findings(b, 'read assets')).toMatchObject([{ outcome: 'ok' }]);
    expect(refusal(await send(b, b.sandbox.edit.insert('assets'), [], 'retired'))).toMatch(/answered 403.*Tick edit:assets/);
  });

  it('finds nothing amiss where all is there, and asks nothing of a source that is only read', async () => {
    const b = await bench({}, {}, { push: { enabled: true, mode: 'upsert' } });
    expect([await findings(b, 'write assets'), await findings(b, 'create assets'), await findings(b, 'statuses to write')]).toMatchObject([[{ outcome: 'ok' }], [{ outcome: 'ok' }], []]);
    expect(await findings(await bench({}, {}, { push: { enabled: false } }), 'write assets')).toEqual([]);

    const amiss = await bench({ statuses: { maintenance: ['Elsewhere'] }, defaultSite: 'Nowhere' }, {}, { push: { enabled: true, mode: 'upsert', reference: 'CFOther' } });
    expect(await findings(amiss, 'create assets')).toMatchObject([{ message: expect.stringContaining('CFOther') }, { message: expect.stringContaining('Nowhere') }]);
    expect(await findings(amiss, 'statuses to write')).toMatchObject([{ outcome: 'warning', message: expect.stringContaining('maintenance (Elsewhere)') }]);
  });
});
