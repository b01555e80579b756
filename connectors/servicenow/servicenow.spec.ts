import { readFileSync } from 'node:fs';
import { startBench, type Bench } from '../sdk/conformance/index.js';
import type { HttpRequest, HttpResponse, Page } from '../sdk/contract/index.js';
import { ServiceNowOptions } from './config.js';
import { readOptions } from '../sdk/config/index.js';
import { connector } from './index.js';
import { judge } from './judge.js';
import { sandbox, type ServiceNowSandbox } from './sandbox/index.js';
import { computers } from './streams/computers.js';
import { readPage, walk } from './table.js';
import type { ServiceNowClient } from './session.js';

const answers = JSON.parse(readFileSync(new URL('./fixtures/answers.json', import.meta.url), 'utf8')) as Record<string, string>;
const stream = (name: string) => connector.streams.find((entry) => entry.name === name)!;

const open: Bench[] = [];
const bench = async (vendor: Record<string, unknown> = {}, extra: Partial<Parameters<typeof startBench>[1]> = {}): Promise<Bench & { readonly sandbox: ServiceNowSandbox }> => {
  const started = await startBench(connector, { sandbox: sandbox.start, fleetSize: 20, vendor, ...extra });
  open.push(started);
  return started as Bench & { readonly sandbox: ServiceNowSandbox };
};
afterEach(async () => { for (const started of open.splice(0)) await started.close(); });

const gone = (pages: readonly Page[]): string[] => pages.flatMap((page) => page.gone ?? []).map((told) => told.externalId);
const ids = (given: ReadonlyMap<string, number>): string[] => [...given.keys()].sort();

/** A port that answers from a list: for what no instance does, and what a dropped condition would do. */
const clientOf = (...replies: { readonly rows: readonly object[]; readonly total?: number }[]): { client: ServiceNowClient; asked: HttpRequest[] } => {
  const asked: HttpRequest[] = [];
  const http = { send: async (request: HttpRequest): Promise<HttpResponse> => {
    asked.push(request);
    const reply = replies[Math.min(asked.length - 1, replies.length - 1)]!;
    return { status: 200, headers: reply.total === undefined ? {} : { 'x-total-count': String(reply.total) }, text: '', json: () => ({ result: reply.rows }) as never };
  } };
  return { asked, client: { source: { name: 'sn', streams: [], options: {}, auth: { method: 'basic' } }, http, clock: { now: () => 0, sleep: async () => undefined }, log: { debug() {}, info() {}, warn() {} }, signal: new AbortController().signal } as unknown as ServiceNowClient };
};

describe('deletes', () => {
  it('are told by the audit, with their time, in the next increment', async () => {
    const b = await bench();
    const full = await b.pass(computers, { mode: 'full' });
    const id = ids(full.given)[0]!;
    await b.clock.sleep(600_000);
    const at = Math.floor(b.clock.now() / 1000) * 1000;
    b.sandbox.edit.remove('computers', id);
    await b.clock.sleep(60_000);

    const increment = await b.pass(computers, { mode: 'incremental', cursor: full.cursor! });

    expect(increment.pages.flatMap((page) => page.gone ?? [])).toEqual([{ externalId: id, at }]);
    expect(await computers.fetchOne!(b.client as ServiceNowClient, id)).toEqual({ kind: 'gone', at });
  });

  it('without a trace are not told, and a 404 proves nothing', async () => {
    const b = await bench();
    const full = await b.pass(computers, { mode: 'full' });
    const id = ids(full.given)[0]!;
    b.sandbox.edit.vanish('computers', id);
    await b.clock.sleep(60_000);

    expect(gone((await b.pass(computers, { mode: 'incremental', cursor: full.cursor! })).pages)).toEqual([]);
    expect(await computers.fetchOne!(b.client as ServiceNowClient, id)).toMatchObject({ kind: 'unknown' });
  });

  it.each(['forbidden', 'empty'] as const)('are left to full scans where the audit is %s, and check says so', async (denied) => {
    const b = await bench({ denied: { sys_audit_delete: denied } });
    const full = await b.pass(computers, { mode: 'full' });
    b.sandbox.edit.remove('computers', ids(full.given)[0]!);
    await b.clock.sleep(60_000);

    expect(gone((await b.pass(computers, { mode: 'incremental', cursor: full.cursor! })).pages)).toEqual([]);
    expect(await b.check(['computers'])).toContainEqual(expect.objectContaining({ what: 'read sys_audit_delete', outcome: 'warning', hint: expect.any(String) }));
  });

  it('are not asked for where the options say so', async () => {
    const b = await bench({}, { source: { options: { deletes: 'scan' } } });
    const full = await b.pass(computers, { mode: 'full' });
    b.sandbox.clearRequests();
    await b.pass(computers, { mode: 'incremental', cursor: full.cursor! });

    expect(b.sandbox.requests().filter((request) => request.path.includes('sys_audit_delete'))).toEqual([]);
  });
});

describe('software', () => {
  it('begins anew where Software Asset Management was installed since: the mark was one of another table', async () => {
    const b = await bench({ sam: true });

    await expect(b.pass(stream('software'), { mode: 'incremental', cursor: JSON.stringify({ v: 1, table: 'cmdb_software_instance', to: b.clock.now() }) })).rejects.toMatchObject({ code: 'cursor_expired' });
  });

  it.each([[true, 'cmdb_sam_sw_install'], [false, 'cmdb_software_instance']])('with SAM %p is read from %s', async (sam, table) => {
    const b = await bench({ sam });
    const pass = await b.pass(stream('software'), { mode: 'full' });

    expect(pass.pages.at(-1)?.ends).toEqual([expect.objectContaining({ scope: `table=${table}`, coverage: 'complete' })]);
    expect(ids(pass.given)).toEqual([...b.sandbox.truth('software').keys()].sort());
  });
});

describe('an instance under its quota', () => {
  it.each(['error_behind', 'broken'] as const)('gives smaller pages where the answer is cut (%s), and the rest of the walk keeps to them', async (quotaCut) => {
    const b = await bench({ quotaRows: 60, quotaCut }, { fleetSize: 200 });
    const pass = await b.pass(computers, { mode: 'full' });

    expect(ids(pass.given)).toEqual([...b.sandbox.truth('computers').keys()].sort());
    const limits = b.sandbox.requests().filter((request) => request.path.endsWith('/table/cmdb_ci_computer')).map((request) => Number(request.query['sysparm_limit']));
    expect(limits.slice(0, 6)).toEqual([1000, 500, 250, 125, 63, 50]);
    expect(new Set(limits.slice(5))).toEqual(new Set([50]));
  });
});

describe('credentials', () => {
  it('are renewed when all tokens are revoked in the middle of a pass', async () => {
    const b = await bench();
    const pass = await b.pass(computers, { mode: 'full', pageSize: 3 }, (_page, index) => { if (index === 1) b.sandbox.revokeTokens(); });

    expect(ids(pass.given)).toEqual([...b.sandbox.truth('computers').keys()].sort());
    expect(b.sandbox.requests().filter((request) => request.status === 401)).toHaveLength(1);
  });

  it('survive tokens of 5 seconds', async () => {
    const b = await bench({ tokenLifeMs: 5_000 });
    const pass = await b.pass(computers, { mode: 'full', pageSize: 3 }, async () => { await b.clock.sleep(4_000); });

    expect(ids(pass.given)).toEqual([...b.sandbox.truth('computers').keys()].sort());
  });

  it('share one token between many calls', async () => {
    const b = await bench();
    await b.pass(computers, { mode: 'full', pageSize: 3 });

    expect(b.sandbox.requests().filter((request) => request.purpose === 'auth')).toHaveLength(1);
  });

  it.each([
    ['oauth_client_credentials', { clientCredentials: false }, 'glide.oauth.inbound.client.credential.grant_type.enabled'],
    ['oauth_password', { passwordGrant: false }, 'glide.oauth.inbound.ropc.grant_type.disabled'],
    ['basic', { basicRestricted: true }, 'snc_basic_auth_api_access'],
  ])('by %s that the instance refuses name the switch', async (authMethod, vendor, hint) => {
    const b = await bench(vendor, { authMethod });

    await expect(b.pass(computers, { mode: 'full' })).rejects.toMatchObject({ code: 'authentication', hint: expect.stringContaining(hint) });
    expect((await b.check(['computers']))[0]).toMatchObject({ outcome: 'failed', hint: expect.stringContaining(hint) });
  });
});

describe('a hibernating instance', () => {
  it('is named as such', async () => {
    const b = await bench({}, { authMethod: 'basic' });
    b.sandbox.switches.hibernating = true;

    await expect(b.pass(computers, { mode: 'full' })).rejects.toMatchObject({ code: 'protocol', hint: expect.stringContaining('hibernating') });
  });
});

describe('check', () => {
  it.each([['cmdb_ci_network_adapter', 'forbidden'], ['alm_hardware', 'forbidden'], ['cmdb_rel_ci', 'forbidden']] as const)('names %s when it is %s', async (table, denied) => {
    const b = await bench({ denied: { [table]: denied } });
    const findings = await b.check(['computers', 'vms', 'assets', 'relationships']);

    expect(findings.filter((finding) => finding.outcome === 'failed').map((finding) => finding.what)).toContain(`read ${table}`);
    expect(findings.find((finding) => finding.what === `read ${table}`)!.hint).toContain('role');
  });

  it('names the right without which no change can be read', async () => {
    const { client } = clientOf({ rows: [Object.fromEntries((computers.spec.fields as readonly string[]).filter((name) => name !== 'sys_updated_on').map((name) => [name, 'x']))] });
    const findings = [];
    for await (const finding of connector.check(client, ['computers'])) findings.push(finding);

    expect(findings.find((finding) => finding.what === 'read cmdb_ci_computer')).toMatchObject({ outcome: 'failed', message: expect.stringContaining('sys_updated_on'), hint: expect.stringContaining('full scan') });
  });

  it.each(['forbidden', 'empty'] as const)('warns of classes that stay unknown where the list of tables is %s', async (denied) => {
    const b = await bench({ denied: { sys_db_object: denied } });

    expect((await b.check(['computers'])).find((finding) => finding.what === 'read sys_db_object')).toMatchObject({ outcome: 'warning', hint: expect.stringContaining('sys_db_object') });
    expect((await b.check(['relationships'])).some((finding) => finding.what === 'read sys_db_object')).toBe(false);
  });

  it('tells a table that shows no row', async () => {
    const b = await bench({ denied: { alm_hardware: 'empty' } });
    expect((await b.check(['assets'])).find((finding) => finding.what === 'read alm_hardware')?.outcome).not.toBe('ok');
  });
});

describe('discover', () => {
  it('lists columns with their choices, and status codes in use that the stage table does not know', async () => {
    const b = await bench();
    b.sandbox.edit.update('assets', b.sandbox.edit.ids('assets')[0]!, { install_status: '11', substatus: '' });
    const found = await connector.discover!(b.client as ServiceNowClient, ['computers', 'assets']);

    expect(found.tables.map((table) => [table.stream, table.table, table.count])).toEqual([['computers', 'cmdb_ci_computer', b.sandbox.edit.ids('computers').length], ['assets', 'alm_hardware', b.sandbox.edit.ids('assets').length]]);
    expect(found.tables[1]!.fields.find((field) => field.name === 'install_status')?.choices).toContainEqual({ value: '7', label: 'Retired' });
    expect(found.unmapped).toEqual([expect.objectContaining({ stream: 'assets', field: 'install_status/substatus', value: '11/', from: expect.stringContaining('install_status & "/" & substatus') })]);
  });
});

describe('calls', () => {
  it('are never one a record', async () => {
    const b = await bench({}, { fleetSize: 100 });
    for (const entry of connector.streams) {
      b.sandbox.clearRequests();
      const pass = await b.pass(entry, { mode: 'full' });
      expect({ stream: entry.name, few: b.sandbox.requests().length <= 13 }).toEqual({ stream: entry.name, few: true });
      expect(pass.records.length).toBe(b.sandbox.truth(entry.name).size);
    }
  });

  it('write nothing anywhere', async () => {
    const b = await bench();
    for (const entry of connector.streams) await b.pass(entry, { mode: 'full' });
    expect(new Set(b.sandbox.requests().map((request) => `${request.method} ${request.purpose === 'auth' ? 'token' : 'read'}`))).toEqual(new Set(['POST token', 'GET read']));
  });
});

describe('the stage', () => {
  it('is the asset\'s to say where it is read, else the CI\'s', async () => {
    const withAssets = await bench();
    const without = await bench({}, { source: { streams: ['computers'] } });
    const speakers = async (b: Bench): Promise<number> => (await b.pass(computers, { mode: 'full' })).records.filter((raw) => { const m = b.map(computers, raw); return 'record' in m && m.record.kind === 'asset' && m.record.stage?.stage !== undefined; }).length;

    expect(await speakers(without)).toBeGreaterThan(await speakers(withAssets));
  });
});

describe('options', () => {
  it('are checked', () => {
    expect(readOptions(ServiceNowOptions, { dataSource: 'Lockstep', relationshipKinds: { 'Owns::Owned by': 'used_by', x: null }, deletes: 'scan' }).problems).toEqual([]);
    expect(readOptions(ServiceNowOptions, { relationshipKinds: { a: 'owns' }, deletes: 'never', dataSource: 7, more: 1 }).problems.map((problem) => problem.path).sort()).toEqual(['dataSource', 'deletes', 'more', 'relationshipKinds']);
  });
});

describe('answers', () => {
  const response = (status: number, text: string, headers: Record<string, string> = {}): HttpResponse => ({ status, text, headers, json: () => JSON.parse(text) as never });

  it('are judged by the instance\'s own signs', () => {
    expect(judge(response(202, ''), 0)).toMatchObject({ kind: 'retry', reason: expect.stringContaining('202') });
    expect(judge(response(429, answers['rateLimit']!, { 'x-ratelimit-reset': '100' }), 40_000)).toMatchObject({ kind: 'retry', afterMs: 60_000 });
    expect(judge(response(429, '', { 'retry-after': '5' }), 0)).toBeUndefined();
    expect(judge(response(200, answers['quotaBehindRows']!), 0)).toMatchObject({ kind: 'fail', error: expect.objectContaining({ vendorWords: expect.stringContaining('maximum execution time exceeded') }) });
    expect(judge(response(200, '{"result":[]}'), 0)).toBeUndefined();
    expect(judge(response(404, '{"error":{"message":"No Record found"}}'), 0)).toBeUndefined();
  });

  const query = { table: 'cmdb_ci', filter: '', fields: ['sys_id'], stream: 'computers' };
  const collect = async (c: ServiceNowClient, limit: number): Promise<string[]> => { const found: string[] = []; for await (const page of walk(c, query, { limit })) found.push(...page.rows.map((row) => String(row['sys_id']))); return found; };

  it('that repeat the first rows for ever do not loop: the condition was dropped', async () => {
    await expect(collect(clientOf({ rows: [{ sys_id: 'a' }, { sys_id: 'b' }], total: 2 }).client, 2)).rejects.toThrow('not obeyed');
  });

  it('that are empty in the middle are stepped over when the count says that rows follow', async () => {
    const { client: c, asked } = clientOf({ rows: [{ sys_id: 'a' }, { sys_id: 'b' }], total: 6 }, { rows: [] }, { rows: [], total: 4 }, { rows: [{ sys_id: 'e' }] }, { rows: [], total: 0 });

    expect(await collect(c, 2)).toEqual(['a', 'b', 'e']);
    expect(asked.map((request) => request.query?.['sysparm_offset'])).toEqual([undefined, undefined, undefined, 2, undefined]);
  });

  it('that were empty by accident are asked for again', async () => {
    expect(await collect(clientOf({ rows: [], total: 2 }, { rows: [{ sys_id: 'a' }, { sys_id: 'b' }], total: 2 }, { rows: [], total: 0 }).client, 5)).toEqual(['a', 'b']);
  });

  it('without a list are refused', async () => {
    const { client: c } = clientOf({ rows: {} as never });
    await expect(readPage(c, query, { limit: 5 }, false)).rejects.toThrow('no list of results');
  });

  it('of an increment outside of its time are refused', async () => {
    const { client: c } = clientOf({ rows: [{ sys_id: 'a', sys_updated_on: '2001-01-01 00:00:00' }], total: 1 });
    const from = { mode: 'incremental', cursor: JSON.stringify({ v: 1, to: Date.parse('2026-11-20T10:00:00Z') }), resume: JSON.stringify({ v: 1, to: Date.parse('2026-11-20T11:00:00Z'), from: Date.parse('2026-11-20T10:00:00Z'), read: 0, limit: 10 }) } as const;
    await expect((async () => { for await (const page of computers.pull(c, from)) expect(page).toBeUndefined(); })()).rejects.toThrow('the condition was dropped');
  });

  it('make no query out of an id', async () => {
    expect(await computers.fetchOne!(clientOf({ rows: [] }).client, 'x^ORsys_idISNOTEMPTY')).toEqual({ kind: 'unknown', reason: 'not a sys_id' });
  });
});
