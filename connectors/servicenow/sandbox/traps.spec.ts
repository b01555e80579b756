import type { Clock } from '../../sdk/contract/index.js';
import { createFleet, type SandboxOptions } from '../../sdk/sandbox/index.js';
import { clientOf, type Answer } from './asking.js';
import { CREDENTIALS } from './auth.js';
import { start, type ServiceNowSandbox } from './index.js';

const fleet = createFleet({ size: 44 });
let now = fleet.at;
const clock: Clock = { now: () => now, sleep: (ms) => { now += ms; return Promise.resolve(); } };
let sandbox: ServiceNowSandbox;
const { ask, table, ids, names } = clientOf(() => sandbox);

async function fresh(options: SandboxOptions = {}): Promise<void> {
  await sandbox?.close();
  now = fleet.at;
  sandbox = await start({ fleet, clock, ...options });
}
beforeEach(() => fresh());
afterEach(() => sandbox.close());

describe('traps', () => {
  it('cancels a read past the quota with 200: an error behind the rows, or text that breaks off', async () => {
    sandbox.switches.quotaRows = 20;
    const behind = await table('cmdb_ci', { sysparm_limit: '40' });
    const half = await table('cmdb_ci', { sysparm_limit: '20' });
    sandbox.switches.quotaCut = 'broken';
    const broken = await table('cmdb_ci', { sysparm_limit: '40' });

    expect(behind.status).toBe(200);
    expect(behind.body.result).toHaveLength(20);
    expect(behind.body.error.message).toBe('Transaction cancelled: maximum execution time exceeded');
    expect([half.body.result.length, half.body.error]).toEqual([20, undefined]);
    expect([broken.status, broken.body]).toEqual([200, undefined]);
    expect(broken.text).toContain('Transaction cancelled');
  });

  it('sleeps as HTML with 200', async () => {
    sandbox.switches.hibernating = true;
    const answer = await table('cmdb_ci');

    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html']);
  });

  it('limits by the hour with the headers of the rule, for the Table API alone, until the hour is over', async () => {
    sandbox.switches.requestsPerHour = 2;
    const [one, , three] = [await table('core_company'), await table('core_company'), await table('core_company')];

    expect([one.status, one.headers.get('x-ratelimit-limit')]).toEqual([200, '2']);
    expect(three).toMatchObject({ status: 429, body: { error: { message: 'Rate limit exceeded', detail: 'Rate limit of 2 requests per hour for Table API exceeded' } } });
    expect(Number(three.headers.get('retry-after'))).toBe(Number(three.headers.get('x-ratelimit-reset')) - now / 1_000);
    expect((await ask('/api/now/stats/core_company', { sysparm_count: 'true' })).status).toBe(200);
    now += Number(three.headers.get('retry-after')) * 1_000;
    expect((await table('core_company')).status).toBe(200);
  });

  it('has no rule, and no such header, by default', async () => {
    expect((await table('core_company')).headers.get('x-ratelimit-limit')).toBeNull();
  });

  it('offers a session cookie, lines up the calls that send it back, and drops those past the queue with 202', async () => {
    const cookie = (await table('core_company')).headers.get('set-cookie')?.split(';')[0] ?? '';
    let release: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => { release = resolve; });
    await fresh({ clock: { now: () => now, sleep: () => gate } });
    const calls = Array.from({ length: 15 }, () => ask('/api/now/table/core_company', {}, { headers: { cookie } }));
    const dropped = await new Promise<Answer[]>((resolve) => {
      const list: Answer[] = [];
      for (const call of calls) void call.then((answer) => { if (answer.status === 202 && list.push(answer) === 4) resolve(list); });
    });
    release?.();
    const statuses = (await Promise.all(calls)).map(({ status }) => status);

    expect([cookie.startsWith('JSESSIONID='), ...dropped.map(({ text }) => text)]).toEqual([true, '', '', '', '']);
    expect(statuses.filter((status) => status === 202)).toHaveLength(4);
    expect(statuses.filter((status) => status === 200)).toHaveLength(11);
    expect(sandbox.requests().every(({ notes }) => notes?.length === 1)).toBe(true);
  });

  it('shows its faults in the vendor\'s words', async () => {
    sandbox.faults.inject({ kind: 'throttled_vendor', times: 1, ms: 30_000 });
    sandbox.faults.inject({ kind: 'dropped', times: 1 });
    sandbox.faults.inject({ kind: 'error_in_200', times: 1 });
    const [throttled, dropped, error] = [await table('cmdb_ci'), await table('cmdb_ci'), await table('cmdb_ci')];

    expect([throttled.status, throttled.headers.get('retry-after')]).toEqual([429, '30']);
    expect([dropped.status, dropped.text]).toEqual([202, '']);
    expect([error.status, error.body.result.length > 0, error.body.status]).toEqual([200, true, 'failure']);
    expect(() => sandbox.faults.inject({ kind: 'cursor_refused' })).toThrow(/never does it/);
  });

  it('returns a duplicate across pages, an empty page, a lying count, a tenth, nothing, a spoilt record', async () => {
    const [first = '', second = ''] = await ids('cmdb_ci', 'ORDERBYsys_id', { sysparm_limit: '2' });
    const once = async (kind: 'duplicate_across_pages' | 'empty_page' | 'total_too_high' | 'returns_tenth' | 'returns_nothing' | 'bad_record', query = 'ORDERBYsys_id'): Promise<Answer> => {
      sandbox.faults.inject({ kind, times: 1 });
      return table('cmdb_ci', { sysparm_query: query, sysparm_limit: '1000', sysparm_fields: 'sys_id,name' });
    };
    const whole = (await table('cmdb_ci', { sysparm_limit: '1000' })).body.result.length;

    expect((await once('duplicate_across_pages', `sys_id>${first}^ORDERBYsys_id`)).body.result.slice(0, 2).map((row: any) => row.sys_id)).toEqual([first, second]);
    const empty = await once('empty_page');
    expect([empty.body.result, empty.headers.get('x-total-count')]).toEqual([[], String(whole)]);
    expect((await once('total_too_high')).headers.get('x-total-count')).toBe(String(whole * 2 + 7));
    const tenth = await once('returns_tenth');
    expect([tenth.body.result.length < whole / 5, tenth.headers.get('x-total-count')]).toEqual([true, String(tenth.body.result.length)]);
    expect((await once('returns_nothing')).body.result).toEqual([]);
    expect((await once('bad_record')).body.result[0]).toEqual({ sys_id: expect.any(String), name: { unexpected: [1] } });
  });
});

describe('writes', () => {
  const send = (method: string, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
    ask(path, {}, { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });

  it('change only what was sent, count up, and leave everything alone when nothing changes', async () => {
    const [id = ''] = sandbox.edit.ids('assets');
    const before = sandbox.edit.read('assets', id);
    const changed = await send('PATCH', `/api/now/table/alm_hardware/${id}`, { install_status: '8', substatus: 'lost' });
    const again = await send('PUT', `/api/now/table/alm_hardware/${id}`, { install_status: '8', substatus: 'lost' });

    expect(changed).toMatchObject({ status: 200, body: { result: { install_status: '8', substatus: 'lost', sys_mod_count: String(Number(before?.['sys_mod_count']) + 1), sys_updated_by: CREDENTIALS.username } } });
    expect(again.body.result.sys_mod_count).toBe(changed.body.result.sys_mod_count);
    expect(sandbox.edit.read('assets', id)?.['serial_number']).toBe(before?.['serial_number']);
  });

  it('ignore columns that are none or read-only, without a word', async () => {
    const [id = ''] = sandbox.edit.ids('assets');
    const before = sandbox.edit.read('assets', id);
    const answer = await send('PATCH', `/api/now/table/alm_hardware/${id}`, { colour: 'red', ci: 'x', sys_mod_count: '99', old_status: '1' });

    expect(answer.status).toBe(200);
    expect(sandbox.edit.read('assets', id)).toEqual(before);
    expect(sandbox.requests().at(-1)?.notes).toHaveLength(4);
  });

  it('create one record, the first of an array, at a location; the body can be suppressed', async () => {
    const made = await send('POST', '/api/now/table/core_company', [{ name: 'First' }, { name: 'Second' }]);
    const silent = await send('POST', '/api/now/table/core_company', { name: 'Third' }, { 'x-no-response-body': 'true' });

    expect(made).toMatchObject({ status: 201, body: { result: { name: 'First', sys_mod_count: '0' } } });
    expect(made.headers.get('location')).toBe(`${sandbox.url}/api/now/table/core_company/${made.body.result.sys_id}`);
    expect([silent.status, silent.text]).toEqual([201, '']);
    expect(await names('core_company', 'nameINFirst,Second,Third')).toEqual(['First', 'Third']);
  });

  it('are refused to a user who may change nothing', async () => {
    const [id = ''] = sandbox.edit.ids('assets');
    sandbox.switches.readOnly = true;

    expect(await send('PATCH', `/api/now/table/alm_hardware/${id}`, { install_status: '7' })).toMatchObject({
      status: 403, body: { error: { message: 'Operation Failed', detail: 'ACL Exception Update Failed due to security constraints' } },
    });
  });

  it('of a delete leave a trace under the leaf class, except where the platform keeps none', async () => {
    const esx = sandbox.edit.ids('computers').find((id) => sandbox.edit.read('computers', id)?.['sys_class_name'] === 'cmdb_ci_esx_server') ?? '';
    const [install = ''] = sandbox.edit.ids('software');
    const [silent = ''] = sandbox.edit.ids('network');
    sandbox.edit.remove('computers', esx);
    sandbox.edit.remove('software', install);
    sandbox.edit.vanish('network', silent);
    const { body } = await table('sys_audit_delete', { sysparm_query: `documentkeyIN${esx},${install},${silent}`, sysparm_fields: 'tablename,documentkey,sys_created_on' });

    expect(body.result).toEqual([{ tablename: 'cmdb_ci_esx_server', documentkey: esx, sys_created_on: new Date(now).toISOString().slice(0, 19).replace('T', ' ') }]);
  });

  it('of a class keep the id and move the row', () => {
    const id = sandbox.edit.insert('computers', { name: 'moving' });
    sandbox.edit.update('computers', id, { sys_class_name: 'cmdb_ci_win_server' });

    expect(sandbox.edit.read('computers', id)).toMatchObject({ sys_id: id, sys_class_name: 'cmdb_ci_win_server', name: 'moving' });
  });
});

describe('edits and truth', () => {
  it.each(['computers', 'network', 'vms', 'assets', 'relationships', 'software', 'companies', 'users', 'locations', 'models'])('%s can be inserted, changed, touched and removed', (stream) => {
    const id = sandbox.edit.insert(stream);
    const made = sandbox.truth(stream).get(id);
    now += 5_000;
    sandbox.edit.update(stream, id);
    const changed = sandbox.truth(stream).get(id);
    const raw = sandbox.edit.read(stream, id);
    now += 5_000;
    sandbox.edit.touch(stream, id);

    expect(changed?.modifiedAt).toBe((made?.modifiedAt ?? 0) + 5_000);
    expect(changed).not.toEqual({ ...made, modifiedAt: changed?.modifiedAt });
    expect(sandbox.truth(stream).get(id)).toEqual({ ...changed, modifiedAt: (changed?.modifiedAt ?? 0) + 5_000 });
    expect(raw?.['sys_mod_count']).toBe('1');
    sandbox.edit.remove(stream, id);
    expect(sandbox.edit.ids(stream)).not.toContain(id);
    expect(() => sandbox.edit.update(stream, id)).toThrow(/has no/);
  });

  it('knows what each row must become, and of which asset it is', () => {
    const server = [...sandbox.truth('computers').values()].find(({ asset }) => asset === fleet.asset(12).key);
    const twice = [...sandbox.truth('computers').values()].filter(({ asset }) => asset === fleet.asset(2).key);
    const cloud = [...sandbox.truth('vms').values()].find(({ asset }) => asset === fleet.asset(7).key);
    const flagged = [...sandbox.truth('computers').values()].filter(({ skipped }) => skipped === true);

    expect(server).toMatchObject({ kind: 'asset', assetClass: 'server' });
    expect(server?.identifiers).toEqual(expect.arrayContaining([{ kind: 'serial', value: fleet.asset(12).serial }, { kind: 'bios_uuid', value: fleet.asset(12).biosUuid }]));
    expect(twice).toHaveLength(2);
    expect(cloud).toMatchObject({ assetClass: 'virtual_machine', identifiers: expect.arrayContaining([{ kind: 'cloud_resource_id', value: fleet.asset(7).cloud?.resourceId }]) });
    expect(flagged).toHaveLength(1);
  });

  it('is the same instance for the same fleet and seed', async () => {
    const before = sandbox.edit.ids('computers');
    await fresh();

    expect(sandbox.edit.ids('computers')).toEqual(before);
  });
});
