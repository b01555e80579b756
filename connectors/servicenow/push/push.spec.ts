import { benchesOf, type Bench } from '../../sdk/conformance/index.js';
import type { FieldWrite, LifecycleStage, RecordWrite, StreamPush, WriteOutcome } from '../../sdk/contract/index.js';
import { connector } from '../index.js';
import { sandbox, type ServiceNowSandbox } from '../sandbox/index.js';

type Started = Bench & { readonly sandbox: ServiceNowSandbox };
const bench = benchesOf<Started>(connector, sandbox.start);

const pushOf = (stream: string): StreamPush<any> => connector.streams.find((entry) => entry.name === stream)!.push!;
const current = async (b: Bench, stream: string, id: string): Promise<any> => {
  const found = (await pushOf(stream).fetchMany!(b.client, [id])).get(id);
  return found?.kind === 'found' ? found.raw : undefined;
};
const writeOf = async (b: Bench, stream: string, id: string, fields: readonly FieldWrite[], codes?: Record<string, string>, stage: LifecycleStage = 'retired'): Promise<RecordWrite> =>
  ({ externalId: id, current: await current(b, stream, id), fields, ...(codes !== undefined && { stage: { stage, codes } }) });
const push = async (b: Bench, stream: string, id: string, fields: readonly FieldWrite[], codes?: Record<string, string>): Promise<WriteOutcome> =>
  (await pushOf(stream).write(b.client, [await writeOf(b, stream, id, fields, codes)]))[0]!;
const field = (attribute: string, value: FieldWrite['value'], path?: readonly string[]): FieldWrite => ({ attribute, value, ...(path && { path }) });
const raw = (b: Started, stream: string, id: string, column: string): unknown => b.sandbox.edit.read(stream, id)?.[column];
const writes = (b: Started) => b.sandbox.requests().filter((request) => request.method !== 'GET' && request.purpose === 'data');
const notes = (b: Started): string[] => b.sandbox.requests().flatMap((request) => request.notes ?? []);

describe('the codes of a stage', () => {
  it.each`
    stream         | stage         | given                                                | codes
    ${'assets'}    | ${'retired'}  | ${{}}                                                | ${{ install_status: '7', substatus: 'pending_disposal' }}
    ${'assets'}    | ${'disposed'} | ${{}}                                                | ${{ install_status: '7', substatus: 'disposed' }}
    ${'assets'}    | ${'in_use'}   | ${{}}                                                | ${{ install_status: '1', substatus: '' }}
    ${'assets'}    | ${'disposed'} | ${{ substatus: 'sold' }}                             | ${{ install_status: '7', substatus: 'sold' }}
    ${'assets'}    | ${'retired'}  | ${{ install_status: '7' }}                           | ${{ install_status: '7', substatus: 'pending_disposal' }}
    ${'assets'}    | ${'retired'}  | ${{ install_status: '20' }}                          | ${{ install_status: '20', substatus: '' }}
    ${'assets'}    | ${'retired'}  | ${{ install_status: '20', substatus: 'store' }}      | ${{ install_status: '20', substatus: 'store' }}
    ${'computers'} | ${'retired'}  | ${{}}                                                | ${{ install_status: '7', operational_status: '6' }}
    ${'computers'} | ${'disposed'} | ${{}}                                                | ${{ install_status: '7', operational_status: '6' }}
    ${'vms'}       | ${'retired'}  | ${{ install_status: '17' }}                          | ${{ install_status: '17' }}
    ${'vms'}       | ${'retired'}  | ${{ operational_status: '2' }}                       | ${{ install_status: '7', operational_status: '2' }}
  `('of $stream for $stage where the configuration gives $given', ({ stream, stage, given, codes }: { stream: string; stage: LifecycleStage; given: Record<string, string>; codes: unknown }) => {
    expect(pushOf(stream).codesFor!(stage, given)).toEqual(codes);
  });
});

describe('one write', () => {
  it('is a PATCH of the record in its own class, with both status fields, answered by these columns alone', async () => {
    const b = await bench();
    const id = b.sandbox.edit.insert('computers');

    expect(await push(b, 'computers', id, [], { install_status: '7', operational_status: '6' })).toEqual({ kind: 'accepted' });

    const [patch, ...more] = writes(b);
    expect(more).toEqual([]);
    expect([patch!.method, patch!.path]).toEqual(['PATCH', `/api/now/table/cmdb_ci_linux_server/${id}`]);
    expect(JSON.parse(patch!.body)).toEqual({ install_status: '7', operational_status: '6' });
    expect(patch!.query['sysparm_fields']).toBe('sys_id,sys_mod_count,install_status,operational_status');
    expect(notes(b)).toEqual([]);
  });

  it.each`
    stream         | attribute               | value                    | column                  | stands
    ${'assets'}    | ${'cost'}               | ${696291}                | ${'cost'}               | ${'6962.91'}
    ${'assets'}    | ${'cost'}               | ${5}                     | ${'cost'}               | ${'0.05'}
    ${'assets'}    | ${'purchase_order'}     | ${'PO-1'}                | ${'po_number'}          | ${'PO-1'}
    ${'assets'}    | ${'warranty_expires_on'} | ${'2030-02-28'}         | ${'warranty_expiration'} | ${'2030-02-28'}
    ${'assets'}    | ${'warranty_expires_on'} | ${null}                 | ${'warranty_expiration'} | ${''}
    ${'computers'} | ${'memory_mb'}          | ${2048}                  | ${'ram'}                | ${'2048'}
    ${'computers'} | ${'ip_addresses'}       | ${['10.9.8.7']}          | ${'ip_address'}         | ${'10.9.8.7'}
    ${'vms'}       | ${'power_state'}        | ${'stopped'}             | ${'state'}              | ${'off'}
  `('of $attribute $value on $stream stands as $stands in $column', async ({ stream, attribute, value, column, stands }: Record<string, string>) => {
    const b = await bench();
    const id = b.sandbox.edit.insert(stream!);
    expect(await push(b, stream!, id, [field(attribute!, value!)])).toEqual({ kind: 'accepted' });
    expect(raw(b, stream!, id, column!)).toBe(stands);
  });

  it.each`
    what                                  | stream         | given                                                                  | words
    ${'an attribute without a column'}    | ${'assets'}    | ${[field('power_state', 'running')]}                                   | ${'power_state cannot be written'}
    ${'money of a CI'}                    | ${'computers'} | ${[field('cost', 5)]}                                                  | ${'cost cannot be written'}
    ${'what is joined from another table'} | ${'computers'} | ${[field('condition', 'x', ['network_adapters', 'mac_address'])]}     | ${'cannot be written to network_adapters.mac_address'}
    ${'what the platform sets'}           | ${'assets'}    | ${[field('condition', 'x', ['sys_updated_by'])]}                       | ${'sys_updated_by is set by the platform'}
    ${'the link between asset and CI'}    | ${'assets'}    | ${[field('condition', 'x', ['ci'])]}                                   | ${'ci is set by the platform'}
    ${'two addresses of one CI'}          | ${'computers'} | ${[field('ip_addresses', ['10.0.0.1', '10.0.0.2'])]}                   | ${'one address'}
    ${'tags'}                             | ${'assets'}    | ${[field('asset_tag', { a: 'b' })]}                                    | ${'tags'}
    ${'two values for one column'}        | ${'assets'}    | ${[field('owner', 'a@example.com'), field('assigned_to', 'b@example.com')]} | ${'both a@example.com and b@example.com'}
  `('of $what is refused', async ({ stream, given, words }: { stream: string; given: FieldWrite[]; words: string }) => {
    const b = await bench();
    const id = b.sandbox.edit.insert(stream, { assigned_to: '', owned_by: '' });
    const outcome = await push(b, stream, id, given);
    expect(outcome).toMatchObject({ kind: 'refused', error: { code: 'rejected', message: expect.stringContaining(words) as string, hint: expect.any(String) as string } });
    expect(writes(b)).toEqual([]);
  });

  it('goes to the column that the configuration reads, a reference by the name that it reads there', async () => {
    const b = await bench();
    const id = b.sandbox.edit.insert('computers', { correlation_id: '' });
    const [person] = b.sandbox.edit.ids('users');
    expect(await push(b, 'computers', id, [field('condition', 'good', ['life_cycle_stage']), field('data_owner', String(raw(b, 'users', person!, 'email')), ['managed_by', 'email'])])).toEqual({ kind: 'accepted' });
    expect([raw(b, 'computers', id, 'life_cycle_stage'), raw(b, 'computers', id, 'managed_by')]).toEqual(['good', person]);
  });

  it('keeps the reference of another tool', async () => {
    const b = await bench();
    const [mine, theirs] = [b.sandbox.edit.insert('computers', { correlation_id: '' }), b.sandbox.edit.insert('computers', { correlation_id: 'intune:77' })];
    expect(await push(b, 'computers', mine, [field('external', 'a-1', ['correlation_id'])])).toEqual({ kind: 'accepted' });
    expect(await push(b, 'computers', theirs, [field('external', 'a-1', ['correlation_id'])])).toMatchObject({ kind: 'refused', error: { message: expect.stringContaining('intune:77') as string } });
    expect(raw(b, 'computers', theirs, 'correlation_id')).toBe('intune:77');
  });

  it('writes the owner where it is read', async () => {
    const b = await bench();
    const [first, second] = b.sandbox.edit.ids('users');
    const email = String(raw(b, 'users', second!, 'email'));
    const owned = b.sandbox.edit.insert('assets', { assigned_to: '', owned_by: first });
    const assigned = b.sandbox.edit.insert('assets', { assigned_to: first, owned_by: first });

    for (const id of [owned, assigned]) expect(await push(b, 'assets', id, [field('owner', email)])).toEqual({ kind: 'accepted' });

    expect([raw(b, 'assets', owned, 'assigned_to'), raw(b, 'assets', owned, 'owned_by')]).toEqual(['', second]);
    expect([raw(b, 'assets', assigned, 'assigned_to'), raw(b, 'assets', assigned, 'owned_by')]).toEqual([second, first]);
    expect(await push(b, 'assets', assigned, [field('owner', null)])).toEqual({ kind: 'accepted' });
    expect([raw(b, 'assets', assigned, 'assigned_to'), raw(b, 'assets', assigned, 'owned_by')]).toEqual(['', '']);
  });

  it('leaves the stage of a CI to its asset, whose state the platform carries over', async () => {
    const b = await bench();
    const asset = b.sandbox.edit.ids('assets').find((id) => raw(b, 'assets', id, 'install_status') === '1')!;
    const ci = String(raw(b, 'assets', asset, 'ci'));
    const stream = b.sandbox.edit.ids('network').includes(ci) ? 'network' : 'computers';

    expect(await push(b, stream, ci, [], { install_status: '7', operational_status: '6' })).toMatchObject({ kind: 'refused', error: { message: expect.stringContaining('its hardware asset') as string } });
    expect(await push(b, 'assets', asset, [], { install_status: '7', substatus: 'disposed' })).toEqual({ kind: 'accepted' });

    expect([raw(b, stream, ci, 'install_status'), raw(b, stream, ci, 'hardware_status')]).toEqual(['7', 'retired']);
    expect(b.sandbox.writes.journal().map(({ by, externalId }) => [by, externalId])).toEqual([['api', asset], ['rule', ci]]);
  });

  it('is no conflict with what it does not overwrite', async () => {
    const b = await bench();
    const id = b.sandbox.edit.insert('computers');
    const mine = await writeOf(b, 'computers', id, [field('os_version', '13')]);
    b.sandbox.edit.update('computers', id, { last_discovered: '2026-11-20 09:00:00' });
    expect(await pushOf('computers').write(b.client, [mine])).toEqual([{ kind: 'accepted' }]);
    expect(await pushOf('computers').write(b.client, [mine])).toMatchObject([{ kind: 'conflict', reason: expect.stringContaining('os_version') as string }]);
  });

  it('ends as its status says', async () => {
    const b = await bench();
    const id = b.sandbox.edit.insert('assets');
    const mine = await writeOf(b, 'assets', id, [field('purchase_order', 'PO-2')]);
    const match = { when: (request: { method: string }) => request.method === 'PATCH' };
    for (const [fault, outcome] of [
      [{ kind: 'dropped' }, { kind: 'retry', afterMs: 5_000 }],
      // the transaction was cancelled by its quota
      [{ kind: 'server_error', status: 500 }, { kind: 'retry' }],
      [{ kind: 'server_error', status: 502 }, { kind: 'unknown' }],
      [{ kind: 'login_page' }, { kind: 'unknown' }],
      [{ kind: 'empty_body' }, { kind: 'unknown' }],
    ] as const) {
      b.sandbox.faults.inject({ ...fault, times: 1, match });
      expect(await pushOf('assets').write(b.client, [mine])).toMatchObject([outcome]);
    }
    b.sandbox.faults.inject({ kind: 'throttled_seconds', ms: 40_000, match });
    expect(await pushOf('assets').write(b.client, [mine])).toMatchObject([{ kind: 'retry', afterMs: 40_000 }]);
  });

  it('was surely not applied where it was never sent', async () => {
    const b = await bench();
    const mine = await writeOf(b, 'assets', b.sandbox.edit.insert('assets'), [field('purchase_order', 'PO-2')]);
    await b.sandbox.close();
    expect(await pushOf('assets').write(b.client, [mine])).toMatchObject([{ kind: 'retry' }]);
  });

  it.each`
    words                                | hint
    ${'readOnly'}                        | ${/role that writes alm_hardware \(asset\).*columns/}
    ${'Retired assets stay retired'}     | ${/business rule .*Retired assets stay retired.* forbids this change/}
  `('that is refused by $words names what to change', async ({ words, hint }: { words: string; hint: RegExp }) => {
    const b = await bench();
    const id = b.sandbox.edit.insert('assets');
    if (words === 'readOnly') b.sandbox.switches.readOnly = true; else b.sandbox.writes.inject({ kind: 'refuse', words });
    expect(await push(b, 'assets', id, [field('purchase_order', 'PO-2')])).toMatchObject({ kind: 'refused', error: { code: 'permission', hint: expect.stringMatching(hint) as string } });
  });
});

describe('several writes', () => {
  const many = async (b: Started, count: number): Promise<RecordWrite[]> => {
    const ids = Array.from({ length: count }, () => b.sandbox.edit.insert('assets'));
    const found = await pushOf('assets').fetchMany!(b.client, ids);
    return ids.map((externalId) => ({ externalId, current: (found.get(externalId) as { raw: unknown }).raw, fields: [], stage: { stage: 'retired', codes: { install_status: '7', substatus: 'disposed' } } }));
  };

  it('travel in one round trip, each as base64', async () => {
    const b = await bench();
    const batch = await many(b, 50);
    expect((await pushOf('assets').write(b.client, batch)).every(({ kind }) => kind === 'accepted')).toBe(true);
    expect(writes(b).map(({ method, path }) => [method, path])).toEqual([['POST', '/api/now/v1/batch']]);
    const items = (JSON.parse(writes(b)[0]!.body) as { rest_requests: { id: string; method: string; body: string }[] }).rest_requests;
    expect(new Set(items.map((item) => item.id)).size).toBe(50);
    expect(JSON.parse(Buffer.from(items[0]!.body, 'base64').toString('utf8'))).toEqual({ install_status: '7', substatus: 'disposed' });
    expect(notes(b)).toEqual([]);
  });

  it.each`
    how             | kind
    ${'unserviced'} | ${'retry'}
    ${'silent'}     | ${'unknown'}
  `('behind the end of its time are $kind where the answer is $how about them', async ({ how, kind }: { how: 'unserviced' | 'silent'; kind: string }) => {
    const b = await bench();
    const batch = await many(b, 4);
    Object.assign(b.sandbox.switches, { batchStopsAfter: 2, batchStopsHow: how });
    expect((await pushOf('assets').write(b.client, batch)).map((outcome) => outcome.kind)).toEqual(['accepted', 'accepted', kind, kind]);
    expect(b.sandbox.writes.journal().filter((entry) => entry.kind === 'update').length).toBe(2);
  });

  it('of a batch that was cancelled are unknown: what came before the quota stays', async () => {
    const b = await bench();
    const batch = await many(b, 2);
    b.sandbox.faults.inject({ kind: 'server_error', status: 500, match: { path: '/api/now/v1/batch' } });
    expect((await pushOf('assets').write(b.client, batch)).map((outcome) => outcome.kind)).toEqual(['unknown', 'unknown']);
  });

  it('that may not use the Batch API at all fail as one, for it is no fault of the records', async () => {
    const b = await bench();
    const batch = await many(b, 2);
    b.sandbox.faults.inject({ kind: 'forbidden', match: { path: '/api/now/v1/batch' } });
    await expect(pushOf('assets').write(b.client, batch)).rejects.toMatchObject({ code: 'permission' });
  });
});

describe('names of references', () => {
  it('are looked up once for many writes, and exactly', async () => {
    const b = await bench();
    const [place] = b.sandbox.edit.ids('locations');
    const name = String(raw(b, 'locations', place!, 'name'));
    const ids = Array.from({ length: 3 }, () => b.sandbox.edit.insert('assets', { location: '' }));
    b.sandbox.clearRequests();
    for (const id of ids) expect(await push(b, 'assets', id, [field('location', name)])).toEqual({ kind: 'accepted' });
    expect(ids.map((id) => raw(b, 'assets', id, 'location'))).toEqual([place, place, place]);
    expect(b.sandbox.requests().filter((request) => request.query['sysparm_query']?.startsWith('nameIN') === true).length).toBe(1);
    expect(await push(b, 'assets', ids[0]!, [field('location', `${name} `.toUpperCase())])).toMatchObject({ kind: 'refused' });
  });

  it('that nobody or several have are refused, and asked for again', async () => {
    const b = await bench();
    const id = b.sandbox.edit.insert('assets');
    expect(await push(b, 'assets', id, [field('location', 'Atlantis, North')])).toMatchObject({ kind: 'refused', error: { message: expect.stringContaining('no location of the instance (cmn_location) has the name Atlantis, North') as string } });
    const place = b.sandbox.edit.insert('locations', { name: 'Atlantis, North' });
    expect(await push(b, 'assets', id, [field('location', 'Atlantis, North')])).toEqual({ kind: 'accepted' });
    expect(raw(b, 'assets', id, 'location')).toBe(place);
    for (let twice = 0; twice < 2; twice += 1) b.sandbox.edit.insert('locations', { name: 'Lemuria' });
    expect(await push(b, 'assets', id, [field('location', 'Lemuria')])).toMatchObject({ kind: 'refused', error: { message: expect.stringContaining('2 location') as string } });
    expect(await push(b, 'assets', id, [field('location', 'a^ORnameLIKEb')])).toMatchObject({ kind: 'refused' });
  });

  it('of people are their addresses; of two accounts the active one is meant', async () => {
    const b = await bench();
    const id = b.sandbox.edit.insert('assets');
    b.sandbox.edit.insert('users', { email: 'Mia.Ott@example.com', active: 'false' });
    const active = b.sandbox.edit.insert('users', { email: 'Mia.Ott@example.com', active: 'true' });
    expect(await push(b, 'assets', id, [field('assigned_to', 'mia.ott@example.com')])).toEqual({ kind: 'accepted' });
    expect(raw(b, 'assets', id, 'assigned_to')).toBe(active);
  });
});

describe('the likely cause of a write that changed nothing', () => {
  const causeOf = async (b: Started, stream: string, id: string, fields: readonly FieldWrite[], codes?: Record<string, string>): Promise<string | undefined> => {
    const write = await writeOf(b, stream, id, fields, codes);
    expect(await pushOf(stream).write(b.client, [write])).toEqual([{ kind: 'accepted' }]);
    return await pushOf(stream).likelyCause!(b.client, write, await current(b, stream, id));
  };

  it.each`
    what                                | fields                                          | codes                                                  | cause
    ${'an unknown column'}              | ${[field('condition', 'x', ['u_condition'])]}   | ${undefined}                                           | ${/no column u_condition/}
    ${'a value that is no choice'}      | ${[]}                                           | ${{ install_status: '77', substatus: '' }}             | ${/77 is no choice of install_status; the instance offers 1 In use/}
    ${'a substate of another state'}    | ${[]}                                           | ${{ install_status: '7', substatus: 'pending_install' }} | ${/pending_install is no choice of substatus at state 7; the instance offers .*disposed/}
    ${'a rule that puts it back'}       | ${[field('purchase_order', 'PO-3')]}            | ${undefined}                                           | ${/business rule.*write access rule on po_number/}
  `('is $what', async ({ fields, codes, cause }: { fields: FieldWrite[]; codes: Record<string, string> | undefined; cause: RegExp }) => {
    const b = await bench();
    const id = b.sandbox.edit.insert('assets');
    b.sandbox.writes.inject({ kind: 'ignore' });
    expect(await causeOf(b, 'assets', id, fields, codes)).toMatch(cause);
  });

  it('is a read-only field, and nothing where the write is there', async () => {
    const b = await bench();
    const id = b.sandbox.edit.insert('assets');
    b.sandbox.writes.inject({ kind: 'read_only', fields: ['po_number'] });
    expect(await causeOf(b, 'assets', id, [field('purchase_order', 'PO-4')])).toMatch(/po_number of alm_hardware is read-only/);
    expect(await causeOf(b, 'assets', id, [field('asset_tag', 'T-4')])).toBeUndefined();
  });

  it('is what is left where the dictionary and the choices may not be read', async () => {
    for (const denied of ['forbidden', 'empty'] as const) {
      const b = await bench({ vendor: { denied: { sys_choice: denied, sys_dictionary: denied } } });
      const id = b.sandbox.edit.insert('assets');
      b.sandbox.writes.inject({ kind: 'ignore' });
      expect(await causeOf(b, 'assets', id, [field('purchase_order', 'PO-5')])).toMatch(/business rule/);
    }
  });
});

it('re-reads what is gone in sets, and knows by the audit what it cannot see', async () => {
  const b = await bench();
  const [told, hidden, stays] = [b.sandbox.edit.insert('assets'), b.sandbox.edit.insert('assets'), b.sandbox.edit.insert('assets')];
  b.sandbox.edit.remove('assets', told);
  b.sandbox.hide!('assets', [hidden]);
  const found = await pushOf('assets').fetchMany!(b.client, [told, hidden, stays, 'no sys_id^']);
  expect([told, hidden, stays, 'no sys_id^'].map((id) => found.get(id)?.kind)).toEqual(['gone', 'unknown', 'found', 'unknown']);
});

describe('the check of what reaches the CI', () => {
  const finding = async (b: Started) => (await b.check(['assets'])).find(({ what }) => what === 'state of assets reaches their CIs');
  const mappingOf = async (b: Started, state: string, substate: string): Promise<string> => {
    const response = await fetch(`${b.sandbox.url}/api/now/table/alm_asset_ci_state_mapping?sysparm_query=asset_state=${state}^asset_substate=${substate}`, { headers: { accept: 'application/json', 'x-sn-apikey': String(b.sandbox.auth('api_key')['apiKey']) } });
    return ((await response.json()) as { result: { sys_id: string }[] }).result[0]!.sys_id;
  };

  it('names the pairs that the platform does not carry over', async () => {
    const b = await bench();
    expect(await finding(b)).toMatchObject({ outcome: 'ok' });
    const id = await mappingOf(b, '7', 'disposed');
    await fetch(`${b.sandbox.url}/api/now/table/alm_asset_ci_state_mapping/${id}`, {
      method: 'PATCH', headers: { accept: 'application/json', 'content-type': 'application/json', 'x-sn-apikey': String(b.sandbox.auth('api_key')['apiKey']) }, body: '{"active":"false"}',
    });
    expect(await finding(b)).toMatchObject({ outcome: 'warning', message: expect.stringContaining('disposed (7/disposed)') as string, hint: expect.stringContaining('alm_asset_ci_state_mapping') as string });
  });

  it('says nothing where the table may not be read', async () => {
    for (const denied of ['forbidden', 'empty'] as const) expect(await finding(await bench({ vendor: { denied: { alm_asset_ci_state_mapping: denied } } }))).toBeUndefined();
  });
});
