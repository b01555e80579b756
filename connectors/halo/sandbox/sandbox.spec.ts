import type { Clock } from '../../sdk/contract/index.js';
import { createFleet, type SandboxOptions } from '../../sdk/sandbox/index.js';
import { clientOf } from './asking.js';
import { CREDENTIALS } from './auth.js';
import { start, type HaloSandbox } from './index.js';

const fleet = createFleet({ size: 44 });
let now = fleet.at;
const clock: Clock = { now: () => now, sleep: (ms) => { now += ms; return Promise.resolve(); } };
let sandbox: HaloSandbox;
const { ask, get, ids, token } = clientOf(() => sandbox);
const ALL = { includeactive: 'true', includeinactive: 'true' };

async function fresh(options: SandboxOptions = {}): Promise<void> {
  await sandbox?.close();
  now = fleet.at;
  sandbox = await start({ fleet, clock, ...options });
}
beforeEach(() => fresh());
afterEach(() => sandbox.close());

describe('tokens', () => {
  it('are given to the application for its tenant, each one another, until they end', async () => {
    const [first, second] = [await token(), await token()];
    const use = (value: string): Promise<number> => fetch(`${sandbox.url}/api/AssetType`, { headers: { authorization: `Bearer ${value}` } }).then(({ status }) => status);

    expect(first.body).toEqual({ scope: 'edit:assets read:customers read:suppliers', token_type: 'Bearer', access_token: expect.any(String), expires_in: 3_600, refresh_token: null, id_token: null });
    expect(second.body.access_token).not.toBe(first.body.access_token);
    expect(await use(first.body.access_token)).toBe(200);
    expect(await use('x')).toBe(401);
    now += 3_600_000;
    expect(await use(first.body.access_token)).toBe(401);
    expect(sandbox.secrets()).toContain(second.body.access_token);
  });

  it.each([
    ['a wrong secret', { client_secret: 'x' }, undefined, 'invalid_client'], ['no tenant', {}, '', 'invalid_client'], ['another tenant', {}, '?tenant=other', 'invalid_client'],
    ['an unknown scope', { scope: 'read:assets read:sites' }, undefined, 'invalid_scope'], ['no scope', { scope: '' }, undefined, 'invalid_scope'],
    ['another grant', { grant_type: 'password' }, undefined, 'unsupported_grant_type'], ['a parameter in the address', {}, '?tenant=acme&client_id=1', 'invalid_request'],
  ])('are refused for %s', async (_what, fields, query, error) => {
    expect(await token(fields as Record<string, string>, query)).toMatchObject({ status: 400, body: { error } });
  });

  it('hold no more than the application allows', async () => {
    sandbox.switches.allowedScopes = ['read:assets'];
    expect((await token({ scope: 'edit:assets read:assets read:customers' })).body.scope).toBe('read:assets');
    expect(await get('/api/Users')).toMatchObject({ status: 403, body: { Message: expect.any(String) } });
    expect((await get('/api/Asset', { count: '1' })).status).toBe(403);
    sandbox.switches.allowedScopes = ['edit:assets'];
    expect((await get('/api/Asset', { count: '1' })).status).toBe(200);
  });

  it('need no tenant on premises; authinfo tells both to anybody', async () => {
    expect(await (await fetch(`${sandbox.url}/API/AuthInfo`)).json()).toEqual({ auth_url: `${sandbox.url}/auth`, tenant_id: CREDENTIALS.tenant });
    sandbox.switches.hosted = false;
    expect((await token({}, '')).status).toBe(200);
    expect(await (await fetch(`${sandbox.url}/api/authinfo`)).json()).toMatchObject({ tenant_id: '' });
  });

  it('stand in no YAML', () => {
    const yaml = sandbox.yaml('desk', ['streams: [assets]']);

    expect(yaml).toContain(`  desk:\n    connector: halo\n    baseUrl: ${sandbox.url}\n`);
    expect(yaml).toContain('clientSecret: "${env:SANDBOX_HALO_CLIENT_SECRET}"');
    expect(yaml).toContain('\n    streams: [assets]\n');
    expect(sandbox.yaml('desk', ['options: { requestsPerMinute: 7 }']).match(/options:/g)).toHaveLength(1);
    for (const secret of sandbox.secrets()) expect(yaml).not.toContain(secret);
    expect(Object.keys(sandbox.env())).toEqual(['SANDBOX_HALO_CLIENT_ID', 'SANDBOX_HALO_CLIENT_SECRET']);
  });
});

describe('refusals', () => {
  it.each([['pagesize', '5'], ['includeinactive', 'yes'], ['assettype_id', 'Server'], ['assets', '1;2'], ['lastupdatefromdate', '2026-08-01T06:30:00Z'], ['lastupdatefromdate', 'true'], ['page_size', '10'], ['order', 'name']])('%s=%s: in the sandbox\'s own name', async (name, value) => {
    expect(await get('/api/Asset', { [name]: value })).toMatchObject({ status: 400, body: { errorMessage: expect.stringMatching(/^Sandbox: /) } });
  });

  it('count with paging, a parameter twice, an unknown resource, another method', async () => {
    expect((await get('/api/Asset', { count: '1', pageinate: 'true' })).body.errorMessage).toContain('alternatives');
    expect((await ask('/api/Asset?count=1&count=2')).body.errorMessage).toContain('twice');
    for (const path of ['/api/Device', '/asset', '/api/Asset/x', '/api/AssetType/99', '/api/Asset/1']) expect({ path, status: (await get(path)).status }).toEqual({ path, status: 404 });
    for (const method of ['PUT', 'PATCH']) expect((await ask('/api/Asset', { method, body: '{}' })).status).toBe(405);
    expect((await ask('/api/Users', { method: 'POST', body: '[]' })).status).toBe(400);
    expect((await get('/api/Site', { search: 'x' })).status).toBe(400);
  });

  it('without a token: an empty 401', async () => {
    const answer = await fetch(`${sandbox.url}/api/Asset`);
    expect([answer.status, answer.headers.get('www-authenticate'), await answer.text()]).toEqual([401, 'Bearer', '']);
  });
});

describe('lists', () => {
  it('leave inactive assets out unless they are asked for', async () => {
    const [id = ''] = sandbox.edit.ids('assets');
    sandbox.edit.update('assets', id, { inactive: true });

    expect(await ids({})).not.toContain(Number(id));
    expect(await ids(ALL)).toEqual(sandbox.edit.ids('assets').map(Number).sort((a, b) => a - b));
    expect(await ids({ includeinactive: 'true', includeactive: 'false' })).toContain(Number(id));
  });

  it('come in pages only with pageinate, of at most what the server gives', async () => {
    const whole = await ids(ALL);
    const page = async (no: number, size = 1_000): Promise<any> => (await get('/api/Asset', { ...ALL, order: 'id', pageinate: 'true', page_size: String(size), page_no: String(no) })).body;
    sandbox.switches.maxPageSize = 7;

    expect(await page(2)).toMatchObject({ page_no: 2, page_size: 7, record_count: whole.length });
    expect((await page(2)).assets.map(({ id }: { id: number }) => id)).toEqual(whole.slice(7, 14));
    expect((await page(99)).assets).toEqual([]);
    sandbox.switches.pageSizeSaid = 'asked';
    expect(await page(1)).toMatchObject({ page_size: 1_000, record_count: whole.length });
    sandbox.switches.pageSizeSaid = 'none';
    expect(await page(1)).not.toHaveProperty('page_size');
    expect(await ids({ ...ALL, count: '3' })).toEqual(whole.slice(0, 3));
  });

  it('promise nothing of the order without one', async () => {
    const order = async (): Promise<string> => (await get('/api/Asset', ALL)).body.assets.map(({ id }: { id: number }) => id).join();
    expect(new Set([await order(), await order(), await order()]).size).toBeGreaterThan(1);
  });

  it('give fields of assets only with one type', async () => {
    const fields = async (query: Record<string, string>): Promise<unknown> => (await get('/api/Asset', { ...ALL, count: '1', order: 'id', ...query })).body.assets[0].fields;

    expect(await fields({ includeassetfields: 'true' })).toBeUndefined();
    expect(await fields({ assettype_id: '11' })).toBeUndefined();
    expect(await fields({ includeassetfields: 'true', assettype_id: '11' })).toContainEqual({ id: 102, name: 'Serial Number', value: expect.any(String), display: expect.any(String), mandatory: false, lookup: 0, typeinfo_id: 11102 });
    expect(sandbox.requests().flatMap(({ notes }) => notes ?? [])).toEqual(['includeassetfields does nothing without assettype_id']);
  });

  it('give the code and the text of a field with a list, and key fields that the type chose', async () => {
    const [laptop] = (await get('/api/Asset', { ...ALL, count: '1', order: 'id', includeassetfields: 'true', assettype_id: '12' })).body.assets;
    const field = (name: string): any => laptop.fields.find((one: { name: string }) => one.name === name);

    expect(field('Department')).toMatchObject({ value: expect.stringMatching(/^\d$/), display: expect.stringMatching(/[a-z]/), lookup: 17 });
    expect([laptop.key_field, laptop.key_field2]).toEqual([field('Serial Number').value, field('Hostname').value]);
  });

  it('filter by ids, type, status, tag and text', async () => {
    const whole = await ids(ALL);
    const tag = String(sandbox.edit.read('assets', String(whole[0]))?.['inventory_number']);

    expect(await ids({ ...ALL, assets: `${whole[1]},${whole[3]}` })).toEqual([whole[1], whole[3]]);
    expect(await ids({ ...ALL, assets: `${whole[1]},${whole[3]}`, excludethese: String(whole[3]) })).toEqual([whole[1]]);
    expect(await ids({ ...ALL, inventory_number: tag })).toEqual([whole[0]]);
    expect(await ids({ ...ALL, search: tag.toLowerCase() })).toEqual([whole[0]]);
    sandbox.edit.update('assets', String(whole[2]), { status_id: 9 });
    expect(await ids({ ...ALL, assetstatuses: '9' })).toEqual([whole[2]]);
    expect((await ids({ ...ALL, assettype_id: '14' })).length).toBe((await ids({ ...ALL, assettypes: '14,16' })).length);
  });

  it('ignore lastupdatefromdate, or obey it', async () => {
    const whole = await ids(ALL);
    const since = { ...ALL, lastupdatefromdate: '2099-01-01T00:00:00' };

    expect(await ids(since)).toEqual(whole);
    sandbox.switches.updatedFilter = 'obeyed';
    expect(await ids(since)).toEqual([]);
    sandbox.edit.update('assets', String(whole[0]));
    expect(await ids({ ...ALL, lastupdatefromdate: new Date(now).toISOString().slice(0, 19) })).toEqual([whole[0]]);
  });

  it('of statuses: lookup 61 for assets, another list for tickets', async () => {
    sandbox.switches.allowedScopes = ['all'];

    expect((await get('/api/Lookup', { lookupid: '61' })).body[5]).toEqual({ lookupid: 61, id: 6, name: 'Retired', sequence: 5, inactive: false });
    expect((await get('/api/Lookup', { lookupid: '1' })).status).toBe(400);
    expect((await ask('/api/Status', { headers: { authorization: `Bearer ${(await token({ scope: 'all' })).body.access_token}` } })).body[1]).toEqual({ id: 2, name: 'In Progress' });
  });
});

describe('details', () => {
  it('tell time of change, people and relations from both ends', async () => {
    const edge = sandbox.edit.ids('relationships').find((id) => id.includes('>'))!;
    const [child, parent] = edge.split('>');
    const one = async (id: string | undefined): Promise<any> => (await get(`/api/Asset/${id}`, { includedetails: 'true' })).body;

    expect(await one(child)).toMatchObject({ parent_assets: [{ id: Number(parent), relationship_id: expect.any(Number) }], last_modified: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/), users: [{ emailaddress: expect.stringContaining('@') }] });
    expect((await one(parent)).child_assets).toContainEqual({ id: Number(child), relationship_id: expect.any(Number) });
    expect((await get(`/api/Asset/${child}`)).body).not.toHaveProperty('parent_assets');
    expect((await get(`/api/Asset/${child}`, { includeallowedstatus: 'true' })).body.allowed_status.length).toBeGreaterThan(0);
  });

  it('of a type tell its fields and statuses', async () => {
    expect((await get('/api/AssetType/15', { includedetails: 'true' })).body).toMatchObject({ id: 15, name: 'Virtual Machine', allowall_status: false, allowed_status: expect.arrayContaining([{ id: 7, name: 'Disposed' }]), fields: expect.arrayContaining([expect.objectContaining({ name: 'Cloud Resource ID' })]) });
    expect((await get('/api/AssetType')).body).toHaveLength(6);
  });
});

describe('limits', () => {
  it('hold over a rolling 5 minutes, and name a time only where the instance is told to', async () => {
    sandbox.switches.requestsPer5Minutes = 2;
    const status = async (): Promise<[number, string | null]> => { const answer = await get('/api/AssetType'); return [answer.status, answer.headers.get('retry-after')]; };

    expect([await status(), await status(), await status()]).toEqual([[200, null], [200, null], [429, null]]);
    sandbox.switches.retryAfter = 30;
    expect(await status()).toEqual([429, '30']);
    now += 300_000;
    expect(await status()).toEqual([200, null]);
  });

  it('are nothing while it is down', async () => {
    sandbox.switches.down = true;
    expect(await fetch(`${sandbox.url}/api/authinfo`).then(({ status }) => status)).toBe(503);
  });
});
