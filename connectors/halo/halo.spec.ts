import { startBench, type Bench } from '../sdk/conformance/index.js';
import type { HttpRequest, HttpResponse, SourceConfig } from '../sdk/contract/index.js';
import { readOptions } from '../sdk/config/index.js';
import { HaloOptions } from './config.js';
import { connector } from './index.js';
import { walk, type Place } from './list.js';
import { sandbox, type HaloSandbox } from './sandbox/index.js';
import type { HaloClient } from './session.js';
import { assets } from './streams/assets.js';
import { relationships } from './streams/relationships.js';

const open: Bench[] = [];
type HaloBench = Bench & { readonly sandbox: HaloSandbox };
const bench = async (vendor: Record<string, unknown> = {}, extra: Partial<Parameters<typeof startBench>[1]> = {}): Promise<HaloBench> => {
  const started = await startBench(connector, { sandbox: sandbox.start, fleetSize: 20, vendor, ...extra });
  open.push(started);
  return started as HaloBench;
};
afterEach(async () => { for (const started of open.splice(0)) await started.close(); });

const ids = (given: ReadonlyMap<string, number>): string[] => [...given.keys()].sort();
const all = (b: HaloBench): string[] => b.sandbox.edit.ids('assets').slice().sort();
const stageOf = (b: HaloBench, raw: unknown) => { const mapping = b.map(assets, raw); return 'record' in mapping && mapping.record.kind === 'asset' ? mapping.record.stage : undefined; };
const rawOf = async (b: HaloBench, id: string): Promise<unknown> => { const found = await assets.fetchOne!(b.client as HaloClient, id); return found.kind === 'found' ? found.raw : found; };

describe('an instance that ignores lastupdatefromdate', () => {
  it('is not believed: a full pass leaves no mark, an increment asks for a full pass', async () => {
    const b = await bench({ updatedFilter: 'ignored' });
    const full = await b.pass(assets, { mode: 'full' });

    expect(ids(full.given)).toEqual(all(b));
    expect(full.cursor).toBeUndefined();
    await expect(b.pass(assets, { mode: 'incremental', cursor: JSON.stringify({ v: 1, at: b.clock.now() }) })).rejects.toMatchObject({ code: 'cursor_expired' });
  });

  it('costs no call an asset for relations between full scans', async () => {
    const b = await bench({ updatedFilter: 'ignored' });
    const full = await b.pass(relationships, { mode: 'full' });
    b.sandbox.clearRequests();
    const increment = await b.pass(relationships, { mode: 'incremental', cursor: full.cursor! });

    expect([increment.records.length, increment.cursor]).toEqual([0, full.cursor]);
    expect(b.sandbox.requests().filter((request) => /asset\/\d/i.test(request.path))).toEqual([]);
  });

  it('is told by check, with what it costs', async () => {
    const changes = (findings: Awaited<ReturnType<Bench['check']>>) => findings.find(({ what }) => what === 'changes')?.message;

    expect(changes(await (await bench({ updatedFilter: 'ignored' })).check(['assets', 'relationships']))).toContain('every run reads all of them, and relations are read by full scans alone');
    expect(changes(await (await bench({ updatedFilter: 'obeyed' })).check(['assets']))).toContain('tells which assets changed');
  });
});

describe('an increment', () => {
  it('goes on from each of its pages', async () => {
    const b = await bench({ updatedFilter: 'obeyed' });
    const full = await b.pass(assets, { mode: 'full' });
    await b.clock.sleep(3_600_000);
    const changed = all(b).filter((_, index) => index % 2 === 0);
    for (const id of changed) b.sandbox.edit.update('assets', id);
    const whole = await b.pass(assets, { mode: 'incremental', cursor: full.cursor!, pageSize: 2 });

    expect(ids(whole.given)).toEqual(changed);
    for (const [index, page] of whole.pages.slice(0, -1).entries()) {
      const rest = await b.pass(assets, { mode: 'incremental', cursor: full.cursor!, pageSize: 2, resume: page.next! });
      const before = whole.pages.slice(0, index + 1).flatMap(({ records }) => records).map((raw) => String((raw as { id: number }).id));
      expect([...before, ...rest.given.keys()].sort()).toEqual(changed);
    }
  });
});

describe('inactive assets', () => {
  it('are read, and are no deletes', async () => {
    const b = await bench();
    const [id = ''] = all(b);
    b.sandbox.edit.update('assets', id, { inactive: true });

    expect(ids((await b.pass(assets, { mode: 'full' })).given)).toContain(id);
    expect(b.sandbox.requests().filter(({ path, query }) => path === '/api/Asset' && (query['includeinactive'] !== 'true' || query['includeactive'] !== 'true'))).toEqual([]);
  });
});

describe('inactive people, places and suppliers', () => {
  it.each(['users', 'sites', 'suppliers'])('%s are read, and are no deletes', async (name) => {
    const b = await bench();
    const [id = ''] = b.sandbox.edit.ids(name);
    b.sandbox.edit.update(name, id, { inactive: true });

    expect(ids((await b.pass(connector.streams.find((stream) => stream.name === name)!, { mode: 'full' })).given)).toContain(id);
  });
});

describe('deletes', () => {
  it('leave no trace, and a 404 proves nothing', async () => {
    const b = await bench();
    const [id = ''] = all(b);
    b.sandbox.edit.remove('assets', id);

    expect(await assets.fetchOne!(b.client as HaloClient, id)).toMatchObject({ kind: 'unknown', reason: expect.stringContaining('404') });
    expect(ids((await b.pass(assets, { mode: 'full' })).given)).toEqual(all(b));
  });

  it('of a relation are told by the asset that no longer names it', async () => {
    const b = await bench();
    const id = b.sandbox.edit.ids('relationships').find((each) => each.includes('>'))!;
    expect(await relationships.fetchOne!(b.client as HaloClient, id)).toMatchObject({ kind: 'found' });
    b.sandbox.edit.remove('relationships', id);

    expect(await relationships.fetchOne!(b.client as HaloClient, id)).toEqual({ kind: 'gone' });
    b.sandbox.edit.remove('assets', id.split('>')[0]!);
    expect(await relationships.fetchOne!(b.client as HaloClient, id)).toMatchObject({ kind: 'unknown' });
    expect(await relationships.fetchOne!(b.client as HaloClient, '1?2')).toMatchObject({ kind: 'unknown' });
  });
});

describe('pages', () => {
  it.each([['real', 7], ['asked', 7], ['none', 7], ['asked', 1]] as const)('that the server cuts are read whole, whether it says its size (%s) or not', async (pageSizeSaid, maxPageSize) => {
    const b = await bench({ pageSizeSaid, maxPageSize }, { fleetSize: 60 });

    expect(ids((await b.pass(assets, { mode: 'full' })).given)).toEqual(all(b));
    expect(ids((await b.pass(relationships, { mode: 'full' })).given)).toEqual(b.sandbox.edit.ids('relationships').slice().sort());
  });

  it('are never lost to deletes behind the walk, whatever stands before them', async () => {
    const b = await bench({}, { fleetSize: 60 });
    const stay = new Set(all(b));
    const pass = await b.pass(assets, { mode: 'full', pageSize: 2 }, (page) => {
      const [raw] = page.records as { id: number }[];
      if (raw === undefined) return;
      // what was given goes, and what has not come yet
      for (const id of [raw.id, raw.id - 5]) {
        if (stay.delete(String(id))) b.sandbox.edit.remove('assets', String(id));
      }
    });

    expect([...stay].filter((id) => !pass.given.has(id))).toEqual([]);
    expect(stay.size).toBeGreaterThan(5);
  });

  /** A port that answers from a list of rows, for what no instance does. */
  const server = (rows: readonly object[], answer: (page: { no: number; rows: readonly object[] }) => object): { client: HaloClient; asked: HttpRequest[] } => {
    const asked: HttpRequest[] = [];
    const http = { send: async (request: HttpRequest): Promise<HttpResponse> => {
      asked.push(request);
      const [no, size] = [Number(request.query?.['page_no']), Number(request.query?.['page_size'])];
      const body = answer({ no, rows: rows.slice((no - 1) * size, no * size) });
      return { status: 200, headers: {}, text: '', json: () => body as never };
    } };
    return { asked, client: { source: { name: 'halo', options: {} }, http } as unknown as HaloClient };
  };
  const rows = Array.from({ length: 10 }, (_, index) => ({ id: index + 1 }));
  const collect = async (client: HaloClient, size: number): Promise<{ ids: number[]; place: Place }> => {
    const found: number[] = [];
    let place: Place | undefined;
    for await (const page of walk(client, { path: '/api/Asset', name: 'assets', filter: {}, stream: 'assets' }, size)) {
      found.push(...page.rows.map((row) => Number(row['id'])));
      ({ place } = page);
    }
    return { ids: found.sort((a, b) => a - b), place: place! };
  };
  const whole = rows.map(({ id }) => id);

  it.each([['as it is', 10], ['too low', 3], ['too low by a whole page', 4], ['too high', 25], ['one', 1]])('are all read when the count is %s (%p)', async (_what, record_count) => {
    const { client } = server(rows, (page) => ({ record_count, page_size: 2, assets: page.rows }));

    expect((await collect(client, 2)).ids).toEqual(whole);
  });

  it('that are counted and not given are told as hidden', async () => {
    const { place } = await collect(server(rows, (page) => ({ record_count: 13, assets: page.rows })).client, 4);
    expect(place.total - place.read).toBe(3);
  });

  it('in the middle that come short are asked for again', async () => {
    let times = 0;
    const { client } = server(rows, (page) => ({ record_count: 10, page_size: 3, assets: page.no === 2 && (times += 1) === 1 ? [] : page.rows }));

    expect((await collect(client, 3)).ids).toEqual(whole);
    expect(times).toBe(2);
  });

  it('may come as a bare array, or under another name', async () => {
    expect((await collect(server(rows, (page) => page.rows).client, 100)).ids).toEqual(whole);
    expect((await collect(server(rows, (page) => ({ record_count: 10, devices: page.rows })).client, 3)).ids).toEqual(whole);
  });

  it('without a list or a count are refused', async () => {
    await expect(collect(server(rows, () => ({ record_count: 10 })).client, 3)).rejects.toThrow('no list of assets');
    await expect(collect(server(rows, (page) => ({ assets: page.rows })).client, 3)).rejects.toThrow('no record_count');
  });
});

describe('a filter that is ignored', () => {
  it('is noticed: another type came', async () => {
    const b = await bench();
    const send = (b.client as HaloClient).http.send.bind((b.client as HaloClient).http);
    const client = { ...b.client as HaloClient, http: { ...(b.client as HaloClient).http, send: async (request: HttpRequest) => { const { assettype_id: _type, includeassetfields: _fields, ...query } = request.query ?? {}; return await send({ ...request, query }); } } };
    const pages = assets.pull(client, { mode: 'full' });

    await expect((async () => { for await (const page of pages) expect(page.records.length).toBeLessThan(0); })()).rejects.toThrow('assettype_id was ignored');
  });
});

describe('credentials', () => {
  it('are renewed once when a token is refused, and share one token between many calls', async () => {
    const b = await bench();
    const pass = await b.pass(assets, { mode: 'full', pageSize: 3 }, (_page, index) => { if (index === 1) b.sandbox.revokeTokens(); });

    expect(ids(pass.given)).toEqual(all(b));
    expect(b.sandbox.requests().filter((request) => request.status === 401)).toHaveLength(1);
    expect(b.sandbox.requests().filter((request) => request.path === '/auth/token')).toHaveLength(2);
    expect(b.sandbox.requests().filter((request) => request.path === '/api/authinfo')).toHaveLength(1);
  });

  it('are renewed before they end', async () => {
    const b = await bench({ tokenLifeMs: 20_000 });
    const pass = await b.pass(assets, { mode: 'full', pageSize: 3 }, async () => { await b.clock.sleep(9_000); });

    expect(ids(pass.given)).toEqual(all(b));
    expect(b.sandbox.requests().filter((request) => request.status === 401)).toEqual([]);
  });

  it('ask for no right that no stream uses', async () => {
    const scopes = async (streams: string[], push: SourceConfig['push'] = { enabled: false }): Promise<string | null> => {
      const b = await bench({}, { source: { streams, push } });
      await b.check(streams);
      return new URLSearchParams(b.sandbox.requests().find((request) => request.path === '/auth/token')?.body).get('scope');
    };

    expect(await scopes(['assets', 'relationships'])).toBe('read:assets read:customers');
    expect(await scopes(['assets', 'suppliers'])).toBe('read:assets read:customers read:suppliers');
    expect(await scopes(['relationships', 'sites'], { enabled: true })).toBe('read:assets read:customers');
    expect(await scopes(['assets'], { enabled: true, fields: ['stage'] })).toBe('edit:assets read:assets read:customers');
    expect(await scopes(['assets'], { enabled: true, fields: ['stage', 'vendor'] })).toBe('edit:assets read:assets read:customers read:suppliers');
    // a new asset is told all that it has a place for, whatever is pushed of those that are there
    expect(await scopes(['assets'], { enabled: true, mode: 'upsert', fields: ['stage'] })).toBe('edit:assets read:assets read:customers read:suppliers');
    expect(await scopes(['sites'], { enabled: true, mode: 'upsert' })).toBe('read:assets read:customers');
  });

  it('need the tenant where the instance is hosted: told by it, or by the configuration', async () => {
    const auth = { method: 'oauth_client_credentials', clientId: 'x', clientSecret: 'y' };
    const tenantOf = async (tenant?: string): Promise<string | undefined> => {
      const b = await bench({}, { source: { auth: { ...auth, ...(tenant !== undefined && { tenant }) } } });
      await b.check(['assets']);
      return b.sandbox.requests().find((request) => request.path === '/auth/token')?.query['tenant'];
    };

    expect([await tenantOf(), await tenantOf('other')]).toEqual(['acme', 'other']);
  });

  it('go to the authorization server that the options name', async () => {
    const other = await bench();
    const b = await bench({}, { source: { options: { authUrl: `${other.sandbox.url}/auth` } } });
    await expect(b.pass(assets, { mode: 'full' })).rejects.toMatchObject({ code: 'authentication' });
    expect(other.sandbox.requests().map(({ path }) => path)).toContain('/auth/token');
  });

  it('follow no address of another host that only an answer names', async () => {
    const other = await bench();
    const b = await bench({ authUrl: `${other.sandbox.url}/auth` });

    await expect(b.pass(assets, { mode: 'full' })).rejects.toMatchObject({ code: 'configuration', hint: expect.stringContaining('options.authUrl') });
    expect((await b.check(['assets']))[0]).toMatchObject({ outcome: 'failed', hint: expect.stringContaining('options.authUrl') });
    expect(other.sandbox.requests()).toEqual([]);
  });

  it('go to the usual place where an old instance tells none', async () => {
    const b = await bench({ authUrl: null, hosted: false });
    expect(ids((await b.pass(assets, { mode: 'full' })).given)).toEqual(all(b));
  });

  it('that are wrong say what to look at', async () => {
    const b = await bench({}, { source: { auth: { method: 'oauth_client_credentials', clientId: 'x', clientSecret: 'y' } } });
    expect(await b.check(['assets'])).toEqual([expect.objectContaining({ outcome: 'failed', hint: expect.stringContaining('login type Agent') })]);
  });
});

describe('throttling', () => {
  it('without a time waits longer each time', async () => {
    const b = await bench();
    b.sandbox.faults.inject({ kind: 'throttled_bare', times: 4 });
    b.clock.sleeps.length = 0;
    await b.pass(assets, { mode: 'full' });

    expect(b.clock.sleeps.slice(0, 4)).toEqual([15_000, 30_000, 60_000, 60_000]);
  });

  it('is avoided by the pace that the options name', async () => {
    const b = await bench({ requestsPer5Minutes: 100 }, { fleetSize: 100, source: { options: { requestsPerMinute: 12 } } });
    await b.pass(relationships, { mode: 'full' });

    expect(b.sandbox.requests().length).toBeGreaterThan(90);
    expect(b.sandbox.requests().filter((request) => request.status === 429)).toEqual([]);
  });
});

describe('the status', () => {
  it('is read by its name in lookup 61, never in the list of ticket statuses', async () => {
    const b = await bench();
    const [id = ''] = all(b);
    b.sandbox.edit.update('assets', id, { status_id: 5, inactive: false });

    expect(stageOf(b, await rawOf(b, id))).toEqual({ raw: { status: 'In Repair', inactive: 'false' }, stage: 'maintenance' });
    expect(b.sandbox.requests().filter(({ path }) => /\/status$/i.test(path))).toEqual([]);
  });

  it.each([[0], [-1], [10], [99]])('%p makes no move and is reported', async (status_id) => {
    const b = await bench();
    const [id = ''] = all(b);
    b.sandbox.edit.update('assets', id, { status_id, inactive: false });

    expect(stageOf(b, await rawOf(b, id))).toEqual({ raw: { status: status_id === 10 ? 'Awaiting Audit' : '', inactive: 'false' } });
  });

  it('is taken from the assets where the lookup may not be read, and check says so', async () => {
    const b = await bench({ denied: ['lookup'] });
    const pass = await b.pass(assets, { mode: 'full' });

    expect(pass.records.map((raw) => stageOf(b, raw)?.stage)).toEqual([...pass.given.keys()].map((id) => b.sandbox.truth('assets').get(id)?.stage));
    expect(await b.check(['assets'])).toContainEqual(expect.objectContaining({ what: 'read lookup 61', outcome: 'warning' }));
  });
});

describe('the owner', () => {
  it('is named by login where people may not be read, and check says so', async () => {
    const b = await bench({ denied: ['users'] });
    const pass = await b.pass(assets, { mode: 'full' });
    const owners = pass.records.map((raw) => { const mapping = b.map(assets, raw); return 'record' in mapping && mapping.record.kind === 'asset' ? mapping.record.claims['owner'] : undefined; });

    expect(owners).toEqual(pass.records.map((raw) => (raw as { username: string }).username));
    expect(await b.check(['assets'])).toContainEqual(expect.objectContaining({ what: 'read users', outcome: 'warning', hint: expect.stringContaining('read:customers') }));
    expect(b.sandbox.requests().filter(({ path, status }) => path.startsWith('/api/Users') && status === 403)).toHaveLength(2);
  });
});

describe('check', () => {
  it.each([
    ['asset', 'assets', 'read assets', 'read:assets'], ['assettype', 'assets', 'read asset types', 'asset types'], ['users', 'users', 'read users', 'read:customers'],
    ['supplier', 'suppliers', 'read suppliers', 'read:suppliers'], ['site', 'sites', 'read sites', 'read:customers'],
  ])('names the right when %s is forbidden', async (denied, stream, what, hint) => {
    const b = await bench({ denied: [denied] });
    expect((await b.check([stream])).filter((finding) => finding.outcome === 'failed')).toEqual([expect.objectContaining({ what, hint: expect.stringContaining(hint) })]);
  });

  it('names types without a class and statuses without a meaning', async () => {
    const b = await bench();
    const findings = await b.check(['assets']);

    expect(findings.find(({ what }) => what === 'asset types')).toMatchObject({ outcome: 'warning', message: 'without a class: Printer' });
    expect(findings.find(({ what }) => what === 'asset statuses')).toMatchObject({ outcome: 'warning', message: 'without a meaning: Awaiting Audit' });
    const settled = await bench({}, { source: { options: { classes: { Printer: 'printer' }, statuses: { in_use: ['Active', 'Awaiting Audit'] } } } });
    expect((await settled.check(['assets'])).filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
  });
});

describe('options', () => {
  it('leave out a type, and name a class by id', async () => {
    const b = await bench({}, { source: { options: { classes: { laptop: null, 11: 'storage' } } } });
    const pass = await b.pass(assets, { mode: 'full' });
    const classes = pass.records.map((raw) => { const mapping = b.map(assets, raw); return 'record' in mapping && mapping.record.kind === 'asset' ? mapping.record.assetClass : undefined; });

    expect(new Set(classes)).toEqual(new Set(['storage', 'network_device', 'hypervisor', 'virtual_machine']));
    expect(b.sandbox.requests().some(({ query }) => query['assettype_id'] === '12')).toBe(false);
  });

  it('that leave nothing are told', async () => {
    const b = await bench({}, { source: { options: { classes: { server: null, laptop: null, 'network device': null, hypervisor: null, 'virtual machine': null, printer: null } } } });
    await expect(b.pass(assets, { mode: 'full' })).rejects.toMatchObject({ code: 'protocol', hint: expect.stringContaining('options.classes') });
  });

  it('read relations of some types alone', async () => {
    const b = await bench({}, { source: { options: { relationshipsOf: ['virtual machine'] } } });
    const pass = await b.pass(relationships, { mode: 'full' });

    expect(pass.records.length).toBeGreaterThan(0);
    const machines = all(b).filter((id) => b.sandbox.edit.read('assets', id)?.['assettype_id'] === 15);
    expect(b.sandbox.requests().filter(({ path }) => /asset\/\d/i.test(path)).length).toBe(machines.length);
  });

  it('are checked', () => {
    const problems = (options: object): string[] => readOptions(HaloOptions, options).problems.map(({ path }) => path).sort();

    expect(problems({ authUrl: 'https://auth.example.com/auth', requestsPerMinute: 60, classes: { Server: 'server', 12: null }, statuses: { in_use: ['Live'], lost: ['Cannot Find'] }, fields: { serial_number: ['Service Tag'], bios_uuid: ['UUID'] }, relationshipKinds: { 7: 'connected_to', 8: null }, relationshipsOf: ['Server'] })).toEqual([]);
    expect(problems({ authUrl: 'ftp://x', requestsPerMinute: 0, classes: { Server: 7 }, statuses: { in_use: ['A'], retired: ['a'] }, fields: { colour: ['x'] }, relationshipKinds: { 7: 'owns' }, relationshipsOf: 'Server', more: 1 }))
      .toEqual(['authUrl', 'classes', 'fields', 'more', 'relationshipKinds', 'relationshipsOf', 'requestsPerMinute', 'statuses']);
    expect(problems({ statuses: { gone: ['x'] } })).toEqual(['statuses']);
    expect(problems({ fields: { model: [] } })).toEqual(['fields']);
  });
});

describe('discover', () => {
  it('lists the types with their fields, custom fields and statuses, and what has no stage', async () => {
    const b = await bench();
    const found = await connector.discover!(b.client as HaloClient, ['assets', 'relationships', 'users']);
    const server = found.tables.find(({ label }) => label === 'Server')!;

    expect(server).toMatchObject({ stream: 'assets', table: 'AssetType 11', count: all(b).filter((id) => b.sandbox.edit.read('assets', id)?.['assettype_id'] === 11).length });
    expect(server.fields).toContainEqual({ name: 'Department', type: 'list' });
    expect(server.fields).toContainEqual({ name: 'CFLockstepId', type: 'custom field', label: 'Lockstep ID' });
    expect(server.fields.find(({ name }) => name === 'status.name')?.choices).toContainEqual({ value: 'Retired', label: 'status 6' });
    expect(found.tables.find(({ label }) => label === 'Virtual Machine')!.fields.find(({ name }) => name === 'status.name')?.choices?.length).toBe(7);
    expect(found.unmapped).toEqual([{ stream: 'assets', field: 'status.name', value: 'Awaiting Audit', label: 'status 10' }]);
  });
});

describe('reading', () => {
  it('writes nothing, and asks nothing that the instance ignores', async () => {
    const b = await bench({ updatedFilter: 'obeyed' });
    for (const stream of connector.streams) await b.pass(stream, { mode: 'full' });

    expect(b.sandbox.audit).toEqual([]);
    expect(b.sandbox.requests().flatMap(({ notes }) => notes ?? [])).toEqual([]);
    expect(b.sandbox.peak?.()).toBeLessThanOrEqual(2);
  });
});
