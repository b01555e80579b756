import type { Clock } from '../../sdk/contract/index.js';
import { createFleet, type SandboxOptions } from '../../sdk/sandbox/index.js';
import { BASIC, clientOf, type Answer } from './asking.js';
import { CREDENTIALS } from './auth.js';
import { start, type ServiceNowSandbox } from './index.js';

const fleet = createFleet({ size: 44 });
let now = fleet.at;
const clock: Clock = { now: () => now, sleep: (ms) => { now += ms; return Promise.resolve(); } };
let sandbox: ServiceNowSandbox;
const { ask, table, ids, names } = clientOf(() => sandbox);
const form = (fields: Record<string, string>, type = 'application/x-www-form-urlencoded'): Promise<Answer> =>
  ask('/oauth_token.do', {}, { method: 'POST', headers: { 'content-type': type, authorization: '' }, body: new URLSearchParams(fields).toString() });
const CLIENT = { client_id: CREDENTIALS.clientId, client_secret: CREDENTIALS.clientSecret };
const OPAQUE = { error_description: 'access_denied', error: 'server_error' };

async function fresh(options: SandboxOptions = {}): Promise<void> {
  await sandbox?.close();
  now = fleet.at;
  sandbox = await start({ fleet, clock, ...options });
}
beforeEach(() => fresh());
afterEach(() => sandbox.close());

describe('authentication', () => {
  it('gives the same token while it lives, with the time that is left, and a new one after', async () => {
    const first = await form({ grant_type: 'client_credentials', ...CLIENT });
    now += 1_000_000;
    const again = await form({ grant_type: 'client_credentials', ...CLIENT });
    now += 800_000;
    const later = await form({ grant_type: 'client_credentials', ...CLIENT });

    expect(first.body).toMatchObject({ scope: 'useraccount', token_type: 'Bearer', expires_in: 1799 });
    expect(again.body).toMatchObject({ access_token: first.body.access_token, expires_in: 799 });
    expect(later.body.access_token).not.toBe(first.body.access_token);
    expect(sandbox.secrets()).toEqual(expect.arrayContaining([first.body.access_token, later.body.access_token]));
  });

  it('accepts a token until it ends, and no other', async () => {
    const { body } = await form({ grant_type: 'client_credentials', ...CLIENT });
    const use = (token: string): Promise<Answer> => ask('/api/now/table/core_company', {}, { headers: { authorization: `Bearer ${token}` } });

    expect((await use(body.access_token)).status).toBe(200);
    expect((await use('x')).status).toBe(401);
    now += 1_800_000;
    expect(await use(body.access_token)).toMatchObject({
      status: 401, body: { error: { message: 'User Not Authenticated', detail: 'Required to provide Auth information' }, status: 'failure' },
    });
  });

  it('refuses with one opaque answer: JSON, a wrong secret, a grant that is off, parameters in the URL, GET', async () => {
    const good = { grant_type: 'client_credentials', ...CLIENT };
    const answers = [
      await form(good, 'application/json'), await form({ ...good, client_secret: 'x' }), await form({ ...good, grant_type: 'implicit' }),
      await ask('/oauth_token.do', good, { method: 'POST' }), await ask('/oauth_token.do', good),
    ];
    sandbox.switches.clientCredentials = false;
    answers.push(await form(good));

    for (const answer of answers) expect(answer).toMatchObject({ status: 401, body: OPAQUE });
  });

  it('gives a refresh token with the password grant, which renews, and stops it where the grant is off', async () => {
    const first = await form({ grant_type: 'password', ...CLIENT, username: CREDENTIALS.username, password: CREDENTIALS.password });
    now += 1_900_000;
    const renewed = await form({ grant_type: 'refresh_token', ...CLIENT, refresh_token: first.body.refresh_token });

    expect(renewed.status).toBe(200);
    expect(renewed.body.access_token).not.toBe(first.body.access_token);
    expect((await form({ grant_type: 'refresh_token', ...CLIENT, refresh_token: 'x' })).body).toEqual(OPAQUE);
    expect((await form({ grant_type: 'password', ...CLIENT, username: CREDENTIALS.username, password: 'x' })).body).toEqual(OPAQUE);
    sandbox.switches.passwordGrant = false;
    expect((await form({ grant_type: 'password', ...CLIENT, username: CREDENTIALS.username, password: CREDENTIALS.password })).body).toEqual(OPAQUE);
  });

  it('takes basic and the API key, and refuses the right password of a user who may log in interactively', async () => {
    const key = (apiKey: string): Promise<Answer> => ask('/api/now/table/core_company', {}, { headers: { 'x-sn-apikey': apiKey, authorization: '' } });

    expect((await table('core_company')).status).toBe(200);
    expect((await key(CREDENTIALS.apiKey)).status).toBe(200);
    expect((await key('x')).status).toBe(401);
    sandbox.switches.basicRestricted = true;
    expect((await table('core_company')).status).toBe(401);
  });

  it('gives a configuration for each method, and YAML without a secret', () => {
    for (const method of sandbox.authMethods) expect(sandbox.auth(method).method).toBe(method);
    const yaml = sandbox.yaml('desk', ['streams: [computers]']);

    expect(yaml).toContain(`  desk:\n    connector: servicenow\n    baseUrl: ${sandbox.url}\n`);
    expect(yaml).toContain('clientSecret: "${env:SANDBOX_SN_CLIENT_SECRET}"');
    expect(yaml).toContain('\n    streams: [computers]\n');
    for (const secret of sandbox.secrets()) expect(yaml).not.toContain(secret);
    expect(sandbox.env()).toEqual({ SANDBOX_SN_CLIENT_ID: CREDENTIALS.clientId, SANDBOX_SN_CLIENT_SECRET: CREDENTIALS.clientSecret });
  });
});

describe('refusals', () => {
  it.each(['/api/now/nothing', '/api/now/v7/table/cmdb_ci', '/api/now/table', '/api/now/cmdb/instance/cmdb_ci', '/api/now/stats/cmdb_ci/x', '/nowhere'])('%s: 400, not 404', async (path) => {
    expect(await ask(path)).toMatchObject({ status: 400, body: { error: { message: 'Requested URI does not represent any resource' }, status: 'failure' } });
  });

  it('an unknown table: 400', async () => {
    expect(await table('cmdb_ci_toaster')).toMatchObject({ status: 400, body: { error: { message: 'Invalid table cmdb_ci_toaster' } } });
  });

  it('a table of software asset management that is not installed: 400, and the other schema is filled', async () => {
    expect(await ids('cmdb_software_instance', '')).toEqual([]);
    await fresh({ vendor: { sam: false } });

    expect(await table('cmdb_sam_sw_install', { sysparm_limit: '1' })).toMatchObject({ status: 400, body: { error: { message: 'Invalid table cmdb_sam_sw_install' } } });
    const { body } = await table('cmdb_software_instance', { sysparm_fields: 'name,installed_on,software.name,software.version', sysparm_limit: '1', sysparm_query: 'ORDERBYsys_id' });
    expect(body.result[0]).toEqual({ name: expect.any(String), installed_on: expect.stringMatching(/^[0-9a-f]{32}$/), 'software.name': expect.any(String), 'software.version': expect.any(String) });
  });

  it.each([['sysparm_limit', '0'], ['sysparm_limit', '-1'], ['sysparm_offset', '-1']])('%s=%s: 400', async (name, value) => {
    expect(await table('cmdb_ci', { [name]: value })).toMatchObject({ status: 400, body: { error: { message: `${name} value must be a positive integer` } } });
  });

  it('a limit that is no number: 400', async () => {
    expect(await table('cmdb_ci', { sysparm_limit: 'ten' })).toMatchObject({ status: 400, body: { error: { message: 'Invalid value given for sysparm_limit' } } });
  });

  it('a parameter, or a value of one, that the page does not describe: in the sandbox\'s own name', async () => {
    for (const query of [{ sysparm_feilds: 'name' }, { sysparm_display_value: 'yes' }, { page: '2' }] as Record<string, string>[]) {
      const answer = await table('cmdb_ci', query);
      expect(answer.status).toBe(400);
      expect(answer.body.error.message).toMatch(/^Sandbox: /);
    }
  });

  it('no Accept header or none for JSON, no content type or another: 400, 406, 400, 415', async () => {
    const { request } = await import('node:http');
    const bare = await new Promise<number | undefined>((resolve, reject) => {
      request(`${sandbox.url}/api/now/table/cmdb_ci`, { headers: { authorization: BASIC } }, (response) => { response.resume(); resolve(response.statusCode); }).on('error', reject).end();
    });
    const post = (headers: Record<string, string>): Promise<number> =>
      fetch(`${sandbox.url}/api/now/table/core_company`, { method: 'POST', headers: { accept: 'application/json', authorization: BASIC, ...headers }, body: Buffer.from('{}') }).then(({ status }) => status);

    expect(bare).toBe(400);
    expect((await ask('/api/now/table/cmdb_ci', {}, { headers: { accept: 'text/html' } })).status).toBe(406);
    expect(await post({})).toBe(400);
    expect(await post({ 'content-type': 'text/xml' })).toBe(415);
  });

  it('a body that is not JSON: 400; a method that is not there: 405', async () => {
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name":' };

    expect(await ask('/api/now/table/core_company', {}, post)).toMatchObject({ status: 400, body: { error: { message: 'Exception while reading request' } } });
    expect((await ask('/api/now/table/core_company', {}, { method: 'DELETE' })).status).toBe(405);
  });

  it('a URL with 300 ids: HTML 400; one with 100 passes', async () => {
    const list = (count: number): string => `sys_idIN${Array.from({ length: count }, (_, index) => String(index).padStart(32, '0')).join(',')}`;

    const long = await table('cmdb_ci', { sysparm_query: list(300) });
    expect([long.status, long.headers.get('content-type')]).toEqual([400, 'text/html']);
    expect(long.text).toContain('Request header is too large');
    expect((await table('cmdb_ci', { sysparm_query: list(100) })).status).toBe(200);
  });

  it('an absent single record and one that is hidden: the same 404', async () => {
    const [id = ''] = sandbox.edit.ids('computers');
    sandbox.hide?.('computers', [id]);
    const absent = await ask('/api/now/table/cmdb_ci/00000000000000000000000000000000');
    const unreadable = await ask(`/api/now/table/cmdb_ci/${id}`);

    expect(absent).toMatchObject({ status: 404, body: { error: { message: 'No Record found', detail: "Record doesn't exist or ACL restricts the record retrieval" }, status: 'failure' } });
    expect(unreadable.text).toBe(absent.text);
  });

  it('a list without rows by v1: 404; by v2 and without a version: 200', async () => {
    const query = { sysparm_query: 'name=nobody' };

    expect((await ask('/api/now/v1/table/cmdb_ci', query)).status).toBe(404);
    expect((await ask('/api/now/v2/table/cmdb_ci', query)).body).toEqual({ result: [] });
    expect((await ask('/api/now/table/cmdb_ci', query)).body).toEqual({ result: [] });
  });

  it('a table without rights: 403, or read as if empty; a field in a query: 403', async () => {
    sandbox.switches.denied = { alm_hardware: 'forbidden', sys_audit_delete: 'empty' };
    sandbox.switches.unreadableFields = ['cmdb_ci.serial_number'];

    expect(await table('alm_hardware')).toMatchObject({ status: 403, body: { error: { message: 'Insufficient rights to query records' } } });
    expect(await ask('/api/now/stats/alm_hardware', { sysparm_count: 'true' })).toMatchObject({ status: 403 });
    expect(await table('sys_audit_delete')).toMatchObject({ status: 200, body: { result: [] } });
    expect(await table('cmdb_ci', { sysparm_query: 'serial_number=x' })).toMatchObject({ status: 403, body: { error: { message: 'Insufficient rights to query records' } } });
  });
});

describe('rows', () => {
  it('are text, with references as ids, as links, or empty text', async () => {
    const one = async (query: Record<string, string>): Promise<any> =>
      (await ask('/api/now/table/cmdb_ci_computer', { sysparm_query: 'assetISNOTEMPTY^ORDERBYsys_id', sysparm_limit: '1', sysparm_fields: 'model_id,ram,duplicate_of,virtual,model_id.name', ...query })).body.result[0];
    const id = expect.stringMatching(/^[0-9a-f]{32}$/);

    expect(await one({ sysparm_exclude_reference_link: 'true' })).toEqual({ model_id: id, ram: expect.stringMatching(/^\d+$/), duplicate_of: '', virtual: 'false', 'model_id.name': expect.any(String) });
    expect((await one({})).model_id).toEqual({ link: expect.stringContaining('/api/now/table/cmdb_model/'), value: id });
    expect((await one({})).duplicate_of).toBe('');
    expect(await one({ sysparm_display_value: 'all' })).toMatchObject({ model_id: { display_value: expect.stringMatching(/ /), link: expect.any(String), value: id }, virtual: { display_value: 'false', value: 'false' } });
    expect((await one({ sysparm_display_value: 'all', sysparm_exclude_reference_link: 'true' })).model_id).toEqual({ display_value: expect.any(String), value: id });
    expect((await one({ sysparm_display_value: 'true', sysparm_exclude_reference_link: 'true' })).model_id).toEqual(expect.stringMatching(/ /));
    expect((await one({ sysparm_display_value: 'true' })).model_id).toEqual({ display_value: expect.any(String), link: expect.any(String) });
  });

  it('show labels, and times of the user\'s zone, as display values', async () => {
    const [id = ''] = sandbox.edit.ids('computers');
    const get = async (display: string): Promise<any> => (await ask(`/api/now/table/cmdb_ci_computer/${id}`, { sysparm_fields: 'install_status,sys_updated_on,sys_class_name', sysparm_display_value: display })).body.result;
    const [raw, shown] = [await get('false'), await get('true')];

    expect(raw.install_status).toMatch(/^\d+$/);
    expect(shown.install_status).toMatch(/^[A-Z]/);
    expect(shown.sys_class_name).not.toBe(raw.sys_class_name);
    expect(Date.parse(`${raw.sys_updated_on}Z`) - Date.parse(`${shown.sys_updated_on}Z`)).toBe(8 * 3_600_000);
  });

  it('of a parent table have only the parent\'s columns; a name that is none is left out, and noted', async () => {
    const { body } = await table('cmdb_ci', { sysparm_fields: 'name,ram,os,object_id,hardware_status', sysparm_limit: '1' });

    expect(Object.keys(body.result[0])).toEqual(['name']);
    expect(sandbox.requests().at(-1)?.notes).toHaveLength(4);
  });

  it('of a class and all below it come by the parent, under their leaf class', async () => {
    const { body } = await table('cmdb_ci_computer', { sysparm_fields: 'sys_class_name' });
    const classes = new Set(body.result.map((row: { sys_class_name: string }) => row.sys_class_name));

    expect([...classes].sort()).toEqual(['cmdb_ci_computer', 'cmdb_ci_esx_server', 'cmdb_ci_linux_server', 'cmdb_ci_win_server']);
    expect((await table('cmdb_ci', { sysparm_fields: 'sys_class_name', sysparm_query: 'sys_class_name=cmdb_ci_network_adapter' })).body.result.length).toBeGreaterThan(0);
  });

  it('are described by sys_db_object, sys_dictionary and sys_choice', async () => {
    const parent = (await table('sys_db_object', { sysparm_query: 'name=cmdb_ci_esx_server', sysparm_fields: 'label,super_class.name' })).body.result;
    const columns = (await table('sys_dictionary', { sysparm_query: 'name=cmdb_ci_computer', sysparm_fields: 'element' })).body.result;
    const choices = (await table('sys_choice', { sysparm_query: 'name=alm_asset^element=install_status^inactive=false^ORDERBYsequence', sysparm_fields: 'value,label' })).body.result;

    expect(parent).toEqual([{ label: 'ESX Server', 'super_class.name': 'cmdb_ci_virtualization_server' }]);
    expect(columns.map((row: { element: string }) => row.element)).toContain('object_id');
    expect(choices[0]).toEqual({ value: '1', label: 'In use' });
  });
});

describe('encoded queries', () => {
  beforeEach(() => {
    const make = (name: string, fields: Record<string, string>): void => { sandbox.edit.insert('computers', { name, fqdn: '', serial_number: '', asset_tag: `Q-${name}`, ...fields }); };
    make('q-one', { ram: '1024', os: 'Linux Red Hat', purchase_date: '2025-01-01' });
    make('q-two', { ram: '2048', os: 'Windows', purchase_date: '2025-06-30', sys_class_name: 'cmdb_ci_win_server' });
    make('Q-Three', { ram: '16384', os: '', purchase_date: '2026-01-01' });
  });

  it.each([
    ['asset_tagSTARTSWITHQ-^os=linux red hat', ['q-one']],
    ['asset_tagSTARTSWITHQ-^os!=Windows', ['Q-Three', 'q-one']],
    ['asset_tagSTARTSWITHQ-^ram>1024', ['Q-Three', 'q-two']],
    ['asset_tagSTARTSWITHQ-^ram>=2048^ram<16384', ['q-two']],
    ['asset_tagSTARTSWITHQ-^ram<=2048', ['q-one', 'q-two']],
    ['asset_tagINQ-q-one,Q-q-two', ['q-one', 'q-two']],
    ['asset_tagSTARTSWITHQ-^asset_tagNOT INQ-q-one,Q-q-two', ['Q-Three']],
    ['asset_tagSTARTSWITHQ-^osLIKERED', ['q-one']],
    ['asset_tagENDSWITHtwo', ['q-two']],
    ['asset_tagSTARTSWITHQ-^osISEMPTY', ['Q-Three']],
    ['asset_tagSTARTSWITHQ-^osISNOTEMPTY', ['q-one', 'q-two']],
    ['asset_tagSTARTSWITHQ-^purchase_dateBETWEEN2025-01-01@2025-12-31', ['q-one', 'q-two']],
    ['asset_tagSTARTSWITHQ-^sys_class_nameINSTANCEOFcmdb_ci_win_server', ['q-two']],
    ['asset_tagSTARTSWITHQ-^os=Windows^ORosISEMPTY', ['Q-Three', 'q-two']],
    ['asset_tag=Q-q-one^os=Linux Red Hat^NQasset_tag=Q-q-two', ['q-one', 'q-two']],
    ['asset_tagSTARTSWITHQ-^manufacturer.nameISNOTEMPTY^model_id.manufacturer.nameLIKEzzz', []],
  ])('%s', async (query, expected) => {
    const found = await names('cmdb_ci_computer', query);

    expect(found.sort()).toEqual([...expected].sort());
    expect(sandbox.requests().at(-1)?.notes).toBeUndefined();
  });

  it.each(['asset_tagSTARTSWITHQ-^colour=red', 'asset_tagSTARTSWITHQ-^sys_updated_on>=2026-11-20T10:00:00Z', 'asset_tagSTARTSWITHQ-^sys_updated_on>=2026-02-31 00:00:00',
    'asset_tagSTARTSWITHQ-^ram>many', 'asset_tagSTARTSWITHQ-^nameCONTAINSx', 'asset_tagSTARTSWITHQ-^os.name=x', 'asset_tagSTARTSWITHQ-^nameINSTANCEOFcmdb_ci'])(
    'drops a condition that it does not understand, and runs the rest: %s', async (query) => {
      expect((await names('cmdb_ci_computer', query)).length).toBe(3);
      expect(sandbox.requests().at(-1)?.notes).toEqual([expect.stringContaining('dropped')]);

      sandbox.switches.invalidQueryReturnsNoRows = true;
      expect(await names('cmdb_ci_computer', query)).toEqual([]);
    });

  it('reads plain times as UTC, and those of a script in the user\'s zone', async () => {
    const id = sandbox.edit.insert('computers', { name: 'timed' }, Date.parse('2026-11-20T02:00:00Z'));
    const since = (value: string): Promise<string[]> => ids('cmdb_ci', `sys_id=${id}^sys_updated_on>=${value}`);

    expect(await since('2026-11-20 02:00:00')).toEqual([id]);
    expect(await since('2026-11-20 02:00:01')).toEqual([]);
    expect(await since("javascript:gs.dateGenerate('2026-11-19','18:00:00')")).toEqual([id]);
    expect(await since("javascript:gs.dateGenerate('2026-11-19','18:00:01')")).toEqual([]);
  });

  it('orders by several fields, both ways, and promises no order without', async () => {
    const sorted = (await table('cmdb_ci_computer', { sysparm_query: 'ORDERBYDESCsys_class_name^ORDERBYname', sysparm_fields: 'sys_class_name,name' })).body.result;
    const [one, two] = [await ids('cmdb_ci', ''), await ids('cmdb_ci', '')];

    expect(sorted).toEqual([...sorted].sort((a, b) => (a.sys_class_name === b.sys_class_name ? (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1) : a.sys_class_name < b.sys_class_name ? 1 : -1)));
    expect(one).not.toEqual(two);
    expect([...one].sort()).toEqual([...two].sort());
  });

  it('filters by name-value pairs when no query is given', async () => {
    expect((await ask('/api/now/table/cmdb_ci_computer', { asset_tag: 'Q-q-one', sysparm_fields: 'name' })).body.result).toEqual([{ name: 'q-one' }]);
  });
});

describe('paging', () => {
  it('walks by sys_id in text order, each row once', async () => {
    const seen: string[] = [];
    for (;;) {
      const page = await ids('cmdb_ci', `${seen.length === 0 ? '' : `sys_id>${seen.at(-1) ?? ''}^`}ORDERBYsys_id`, { sysparm_limit: '50' });
      if (page.length === 0) break;
      seen.push(...page);
    }
    const { body } = await ask('/api/now/stats/cmdb_ci', { sysparm_count: 'true' });

    expect(seen).toEqual([...new Set(seen)].sort());
    expect(body.result.stats.count).toBe(String(seen.length));
  });

  it('counts and links unless told not to', async () => {
    const first = await table('cmdb_ci', { sysparm_limit: '10', sysparm_query: 'ORDERBYsys_id' });
    const middle = await table('cmdb_ci', { sysparm_limit: '10', sysparm_offset: '10', sysparm_query: 'ORDERBYsys_id' });
    const uncounted = await table('cmdb_ci', { sysparm_limit: '10', sysparm_no_count: 'true' });
    const bare = await table('cmdb_ci', { sysparm_limit: '10', sysparm_suppress_pagination_header: 'true' });
    const rels = ({ headers }: Answer): string[] => [...(headers.get('link') ?? '').matchAll(/rel="(\w+)"/g)].map((match) => match[1] ?? '');

    expect(Number(first.headers.get('x-total-count'))).toBeGreaterThan(44);
    expect(rels(first)).toEqual(['first', 'next', 'last']);
    expect(rels(middle)).toEqual(['first', 'prev', 'next', 'last']);
    expect([uncounted.headers.get('x-total-count'), rels(uncounted)]).toEqual([null, ['first', 'next']]);
    expect(bare.headers.get('link')).toBeNull();
  });

  it('applies the limit before the rights: short and empty pages though more follow, and counts what is hidden', async () => {
    const all = await ids('cmdb_ci_computer', 'ORDERBYsys_id');
    sandbox.hide?.('computers', all.slice(0, 12));
    const page = await table('cmdb_ci_computer', { sysparm_query: 'ORDERBYsys_id', sysparm_limit: '10' });
    const next = await table('cmdb_ci_computer', { sysparm_query: 'ORDERBYsys_id', sysparm_limit: '10', sysparm_offset: '10' });
    const count = (await ask('/api/now/stats/cmdb_ci_computer', { sysparm_count: 'true' })).body.result.stats.count;

    expect(page.body.result).toEqual([]);
    expect(next.body.result).toHaveLength(8);
    expect([page.headers.get('x-total-count'), count]).toEqual([String(all.length), String(all.length)]);
  });

  it('counts by group', async () => {
    const { body } = await ask('/api/now/stats/cmdb_ci_netgear', { sysparm_count: 'true', sysparm_group_by: 'sys_class_name' });

    expect(body.result.every((group: any) => /^\d+$/.test(group.stats.count) && group.groupby_fields[0].field === 'sys_class_name')).toBe(true);
    expect((await ask('/api/now/stats/cmdb_ci', { sysparm_count: 'true', sysparm_group_by: 'colour' })).status).toBe(400);
  });
});
