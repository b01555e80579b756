import { fakeClock } from '../../sdk/conformance/index.js';
import { createFleet } from '../../sdk/sandbox/index.js';
import { clientOf } from './asking.js';
import { start, type ServiceNowSandbox } from './index.js';

const clock = fakeClock('2026-11-20T10:00:00Z');
let sandbox: ServiceNowSandbox;
const { ask } = clientOf(() => sandbox);
beforeEach(async () => { sandbox = await start({ clock, fleet: createFleet({ size: 20, at: clock.now() }) }); });
afterEach(async () => { await sandbox.close(); });

const json = { 'content-type': 'application/json' };
const patch = (id: string, fields: object, table = 'alm_hardware') => ask(`/api/now/table/${table}/${id}`, { sysparm_exclude_reference_link: 'true' }, { method: 'PATCH', headers: json, body: JSON.stringify(fields) });
const post = (path: string, body: unknown, query: Record<string, string> = {}) => ask(path, query, { method: 'POST', headers: json, body: JSON.stringify(body) });
const read = (stream: string, id: string, column: string): unknown => sandbox.edit.read(stream, id)?.[column];
const linked = (): { asset: string; ci: string; stream: string } => {
  const asset = sandbox.edit.ids('assets').find((id) => read('assets', id, 'install_status') === '1')!;
  const ci = String(read('assets', asset, 'ci'));
  return { asset, ci, stream: sandbox.edit.ids('network').includes(ci) ? 'network' : 'computers' };
};

describe('a batch', () => {
  const item = (id: string, url: string, fields: object) => ({
    id, method: 'PATCH', url, headers: [{ name: 'Content-Type', value: 'application/json' }, { name: 'Accept', value: 'application/json' }], body: Buffer.from(JSON.stringify(fields)).toString('base64'),
  });
  it('answers 200 and tells each item apart', async () => {
    const good = sandbox.edit.insert('assets');
    const answer = await post('/api/now/v1/batch', { batch_request_id: 'b', rest_requests: [
      item('1', `/api/now/table/alm_hardware/${good}?sysparm_fields=po_number`, { po_number: 'PO-7' }), item('2', '/api/now/table/alm_hardware/0000?sysparm_fields=po_number', { po_number: 'PO-7' }), item('3', '/api/nowhere', {}),
    ] });
    expect(answer.status).toBe(200);
    expect((answer.body.serviced_requests as { id: string; status_code: number }[]).map((one) => [one.id, one.status_code])).toEqual([['1', 200], ['2', 404], ['3', 400]]);
    expect(JSON.parse(Buffer.from(answer.body.serviced_requests[0].body as string, 'base64').toString())).toEqual({ result: { po_number: 'PO-7' } });
    expect(read('assets', good, 'po_number')).toBe('PO-7');
  });

  it('is refused where it is none', async () => {
    expect((await post('/api/now/v1/batch', { rest_requests: [] })).status).toBe(400);
    expect((await ask('/api/now/v1/batch')).status).toBe(405);
    expect((await post('/api/now/v1/batch', { batch_request_id: 'b', rest_requests: [{ id: '1', method: 'PATCH', url: 'https://elsewhere.example/api/now' }] })).status).toBe(400);
  });
});

describe('the rules between asset and CI', () => {
  it('carry state and substate of an asset over to the status of its CI', async () => {
    const { asset, ci, stream } = linked();
    await patch(asset, { install_status: '6', substatus: 'available' });
    expect([read(stream, ci, 'install_status'), read(stream, ci, 'hardware_status')]).toEqual(['6', 'in_stock']);
  });

  it('change nothing for a pair that is not mapped', async () => {
    const { asset, ci, stream } = linked();
    await patch(asset, { install_status: '7', substatus: 'sold' });
    expect(read(stream, ci, 'install_status')).toBe('1');
  });

  it('never carry the install status of hardware to its asset, but its place', async () => {
    const { asset, ci, stream } = linked();
    const place = sandbox.edit.ids('locations').find((id) => id !== read(stream, ci, 'location'))!;
    await patch(ci, { install_status: '7', location: place }, 'cmdb_ci');
    expect([read('assets', asset, 'install_status'), read('assets', asset, 'location')]).toEqual(['1', place]);
  });

  it('carry the cost one way only', async () => {
    const { asset, ci, stream } = linked();
    await patch(ci, { cost: '1.00' }, 'cmdb_ci');
    expect(read('assets', asset, 'cost')).not.toBe('1.00');
    await patch(asset, { cost: '2.00' });
    expect(read(stream, ci, 'cost')).toBe('2.00');
  });
});

describe('rules of the customer', () => {
  it('ignore, refuse, keep, tidy up, throttle', async () => {
    const id = sandbox.edit.insert('assets', { po_number: 'PO-1' });
    const rules: [Parameters<typeof sandbox.writes.inject>[0], number, string][] = [
      [{ kind: 'ignore' }, 200, 'PO-1'], [{ kind: 'refuse', words: 'Freeze' }, 403, 'PO-1'], [{ kind: 'read_only', fields: ['po_number'] }, 200, 'PO-1'],
      [{ kind: 'throttle', ms: 9_000 }, 429, 'PO-1'], [{ kind: 'normalise' }, 200, 'po-2'],
    ];
    for (const [rule, status, stands] of rules) {
      sandbox.writes.inject(rule);
      const answer = await patch(id, { po_number: ' PO-2 ' });
      expect([rule.kind, answer.status, read('assets', id, 'po_number')]).toEqual([rule.kind, status, stands]);
      if (rule.kind === 'throttle') expect(answer.headers.get('retry-after')).toBe('9');
      if (rule.kind === 'refuse') expect(answer.body.error.detail).toContain('Freeze');
      sandbox.writes.clear();
    }
    sandbox.writes.inject({ kind: 'refuse', words: 'No way back', match: { when: (before, given) => before['install_status'] === '7' && given['install_status'] === '1' } });
    expect((await patch(id, { install_status: '7' })).status).toBe(200);
    expect((await patch(id, { install_status: '1' })).status).toBe(403);
  });

  it('change the record by themselves once the clock has come so far', async () => {
    const id = sandbox.edit.insert('assets');
    sandbox.writes.inject({ kind: 'own_rule', afterMs: 2_000, patch: { po_number: 'PO-RULE' } });
    await patch(id, { po_number: 'PO-OURS' });
    expect(read('assets', id, 'po_number')).toBe('PO-OURS');
    clock.advance(2_000);
    expect(read('assets', id, 'po_number')).toBe('PO-RULE');
    expect(sandbox.writes.journal().filter((entry) => entry.externalId === id).map(({ kind, by, changed, at }) => [kind, by, changed.includes('po_number'), at])).toEqual([
      ['create', 'person', false, clock.now() - 2_000], ['update', 'api', true, clock.now() - 2_000], ['update', 'rule', true, clock.now()],
    ]);
  });

  it('are written into the journal with what stood before, and writes that change nothing too', async () => {
    const id = sandbox.edit.insert('assets', { po_number: 'PO-1' });
    sandbox.writes.clearJournal();
    for (let twice = 0; twice < 2; twice += 1) await patch(id, { po_number: 'PO-2' });
    expect(sandbox.writes.journal().map(({ by, changed, before, after }) => [by, changed, before['po_number'], after['po_number']])).toEqual([['api', ['po_number'], 'PO-1', 'PO-2'], ['api', [], 'PO-2', 'PO-2']]);
  });
});

describe('the identification engine', () => {
  const item = (values: object, className = 'cmdb_ci_linux_server', more: object = {}) => ({ items: [{ className, values, ...more }] });
  const run = async (body: object, path = 'enhanced', source = 'Lockstep') => (await post(`/api/now/identifyreconcile/${path}`, body, source === '' ? {} : { sysparm_data_source: source })).body.result.items[0] as { operation: string; sysId: string; errors?: { error: string }[] };

  it('inserts what it does not know, finds it by serial number and by name, and knows when nothing changes', async () => {
    const first = await run(item({ name: 'eng-1', serial_number: 'ENG-1' }));
    expect(first.operation).toBe('INSERT');
    expect(await run(item({ name: 'other', serial_number: 'eng-1' }))).toMatchObject({ operation: 'UPDATE', sysId: first.sysId });
    expect(await run(item({ name: 'OTHER' }))).toMatchObject({ operation: 'UPDATE', sysId: first.sysId });
    expect(await run(item({ name: 'OTHER' }))).toMatchObject({ operation: 'NO_CHANGE', sysId: first.sysId });
  });

  it('writes nothing in a dry run', async () => {
    const before = sandbox.edit.ids('computers').length;
    expect(await run(item({ name: 'eng-2' }), 'queryEnhanced')).toMatchObject({ operation: 'INSERT', sysId: 'Unknown' });
    expect(sandbox.edit.ids('computers').length).toBe(before);
  });

  it('goes by the key of the source before its rules', async () => {
    const info = { sys_object_source_info: { source_name: 'Lockstep', source_native_key: 'k1' } };
    const first = await run(item({ name: 'eng-3' }, 'cmdb_ci_server', info));
    expect(await run(item({ name: 'eng-renamed' }, 'cmdb_ci_server', info))).toMatchObject({ operation: 'UPDATE', sysId: first.sysId });
  });

  it('says what is wrong inside a 200', async () => {
    for (const [body, source, code] of [
      [item({ name: 'x' }), '', 'INVALID_INPUT_DATA'], [item({ name: 'x' }), 'Nobody', 'INVALID_INPUT_DATA'], [item({ name: 'x' }, 'cmdb_ci_nothing'), 'Lockstep', 'INVALID_INPUT_DATA'],
      [item({ name: 'x' }, 'cmdb_ci_vm_instance'), 'Lockstep', 'MISSING_DEPENDENCY'], [item({ os: 'x' }), 'Lockstep', 'MISSING_MATCHING_ATTRIBUTES'],
    ] as const) expect((await run(body, 'enhanced', source)).errors?.[0]?.error).toBe(code);
  });
});
