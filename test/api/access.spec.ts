import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiServer } from '../../src/api/server.js';
import { firstToken, TokenService } from '../../src/api/auth/token.service.js';
import { readLocalToken } from '../../src/api/auth/local-token.js';
import { ApiBench, IdleQueue, operationsOf, type Operation } from '../support/api.js';
import { Tools, type ToolRow } from '../support/tools.js';

const pc = (id: string, more: Partial<ToolRow> = {}): ToolRow => ({ id, status: 'A', serial_number: `SN-${id.padStart(5, '0')}`, name: `pc-${id}`, location: 'Berlin', ...more });

/** Who may do what, written down once more: a route that is not here, or says otherwise, fails. */
const RIGHTS: Readonly<Record<string, readonly string[]>> = {
  viewer: [
    'GET /api/v1/assets', 'GET /api/v1/assets/{id}', 'GET /api/v1/assets/{id}/history', 'GET /api/v1/assets/{id}/explain', 'GET /api/v1/assets/{id}/relationships', 'GET /api/v1/assets/{id}/pushes', 'GET /api/v1/sources', 'GET /api/v1/sources/{name}', 'GET /api/v1/jobs/{id}',
    'GET /api/v1/runs', 'GET /api/v1/runs/{id}', 'GET /api/v1/reviews', 'GET /api/v1/reviews/{id}', 'GET /api/v1/quarantine', 'GET /api/v1/outbox', 'GET /api/v1/dead-letters', 'GET /api/v1/dead-letters/{id}',
  ],
  operator: [
    'POST /api/v1/sources/{name}/check', 'POST /api/v1/sources/{name}/sync', 'POST /api/v1/sources/{name}/pause', 'POST /api/v1/sources/{name}/resume', 'POST /api/v1/push/{name}/pause', 'POST /api/v1/push/{name}/resume', 'GET /api/v1/quarantine/{id}', 'POST /api/v1/quarantine/replay',
    'POST /api/v1/dead-letters/replay', 'POST /api/v1/dead-letters/{id}/resolve',
  ],
  approver: [
    'POST /api/v1/assets/{id}/transition', 'POST /api/v1/assets/{id}/overrides', 'DELETE /api/v1/assets/{id}/overrides/{attribute}', 'POST /api/v1/assets/{id}/holds', 'POST /api/v1/assets/merge', 'POST /api/v1/assets/{id}/split', 'POST /api/v1/undo', 'POST /api/v1/reviews/{id}/resolve',
    'POST /api/v1/quarantine/discard', 'POST /api/v1/dead-letters/discard',
  ],
  admin: ['GET /api/v1/audit', 'GET /api/v1/audit/verify', 'GET /api/v1/tokens', 'POST /api/v1/tokens', 'DELETE /api/v1/tokens/{id}'],
};
const LADDER = Object.keys(RIGHTS);
const nameOf = ({ method, path }: Operation): string => `${method} ${path}`;
const filled = (path: string): string => path.replace('{name}', 'alpha').replace('{attribute}', 'location').replace('{id}', path.includes('/assets/') || path.includes('tokens') || path.includes('runs') ? 'none' : '999');

describe('who may call what', () => {
  let tools: Tools;
  let api: ApiBench;
  beforeAll(async () => {
    tools = await Tools.open({ alpha: '', beta: '' });
    api = await ApiBench.open(tools.engine);
    const service = new TokenService(tools.engine);
    api.tokens.set('ingest', (await service.create({ name: 'feeder', role: 'ingest:alpha' })).token);
    api.tokens.set('nobody', '');
    api.tokens.set('bad', `lst_${'A'.repeat(43)}`);
  });
  afterAll(async () => {
    await api.close();
    await tools.close();
  });

  it('is written down for each route', () => {
    expect(operationsOf(api.document).map((each) => [nameOf(each), each.spec['x-access'] as string]).sort()).toEqual(LADDER.flatMap((role) => (RIGHTS[role] ?? []).map((route) => [route, role])).sort());
  });

  it('holds for every route and every caller', async () => {
    const wrong: string[] = [];
    for (const operation of operationsOf(api.document)) {
      const needed = LADDER.findIndex((role) => RIGHTS[role]?.includes(nameOf(operation)));
      for (const as of ['nobody', 'bad', 'ingest', ...LADDER]) {
        const { status } = await api.ask(operation.method, filled(operation.path), { as, ...(operation.method === 'POST' && operation.spec.requestBody && { body: {} }) });
        const rank = LADDER.indexOf(as);
        const isRight = as === 'nobody' || as === 'bad' ? status === 401 : rank < needed ? status === 403 : ![401, 403, 405, 500].includes(status);
        if (!isRight) wrong.push(`${nameOf(operation)} as ${as}: ${status}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it.each`
    header
    ${'Bearer'} ${'Bearer '} ${'Basic YWRtaW46YWRtaW4='} ${'lst_x'} ${'Bearer lst_'} ${'Bearer  two  spaces'} ${'Bearer undefined'} ${'Bearer null'} ${`Bearer lst_${'A'.repeat(9_000)}`} ${'Bearer lsl_'} ${'Bearer lsl_undefined'} ${'Bearer a.b.c'}
  `('takes no "$header"', async ({ header }) => {
    const answer = await api.ask('GET', '/api/v1/assets', { as: '', headers: { authorization: header as string } });

    expect([answer.status, answer.body.type, String(answer.headers['www-authenticate'])]).toEqual([401, 'urn:lockstep:problem:unauthenticated', expect.stringMatching(/^Bearer/)]);
  });

  it('takes no token that has expired, and notes to the minute when one was used', async () => {
    const { id, token } = await new TokenService(tools.engine).create({ name: 'short', role: 'viewer', lifetimeMs: 60_000 });
    const used = async (): Promise<unknown> => (await tools.rows('SELECT last_used_at FROM api_tokens WHERE id = ?', [id]))[0]?.['last_used_at'];
    await api.get('/api/v1/runs', { as: token });
    const first = await used();
    tools.clock.advance(59_999);
    await api.get('/api/v1/runs', { as: token });

    expect([first, await used()]).toEqual([tools.clock.now() - 59_999, first]);
    tools.clock.advance(1);
    expect((await api.get('/api/v1/runs', { as: token })).status).toBe(401);
  });

  it('stores no token', async () => {
    const stored = JSON.stringify(await tools.rows('SELECT * FROM api_tokens'));

    for (const token of api.tokens.values()) if (token !== '') expect(stored).not.toContain(token.slice(4));
  });

  it('audits refusals, at most one a minute of each caller', async () => {
    const denied = async (): Promise<any[]> => (await api.get('/api/v1/audit?action=api.denied&limit=500')).body.items as any[];
    tools.clock.advance(60_000);
    const before = (await denied()).length;
    for (let i = 0; i < 5; i++) {
      await api.get('/api/v1/tokens', { as: 'viewer' });
      await api.get('/api/v1/assets?search=secret', { as: 'bad' });
    }
    const entries = (await denied()).slice(0, (await denied()).length - before);

    expect(entries).toMatchObject([
      { actor: 'unknown from 127.0.0.1', subject: { method: 'GET', route: '/api/v1/assets', status: 401 } }, { actor: expect.stringMatching(/^viewer via token tok_/), subject: { method: 'GET', route: '/api/v1/tokens', status: 403 } },
    ]);
    tools.clock.advance(60_000);
    await api.get('/api/v1/tokens', { as: 'viewer' });
    expect(await denied()).toHaveLength(before + 3);
  });

  it('makes the first token once', async () => {
    const other = await Tools.open({ alpha: '' });
    const [first, second] = [await firstToken(other.engine), await firstToken(other.engine)];
    const bench = await ApiBench.open(other.engine);

    expect([first, second]).toEqual([expect.stringMatching(/^lst_/), undefined]);
    expect((await bench.get('/api/v1/tokens', { as: first as string })).status).toBe(200);
    await bench.close();
    await other.close();
  });

  it('does not start with a route that says nothing, and goes by what a plugin says for its own', async () => {
    const open = (plugin: Parameters<typeof createApiServer>[0]['plugins']) => createApiServer({ engine: tools.engine, queue: new IdleQueue(), plugins: plugin as never });
    await expect(open([{ plugin: async (server) => void server.get('/secret', () => 'x') }])).rejects.toThrow(/GET \/secret does not say who may call it/);

    const server = await open([{ access: 'operator', plugin: async (inner) => {
      inner.get('/metrics', () => 'x');
      inner.get('/health/live', { config: { access: 'open' } as object }, () => 'ok');
    } }]);
    const ask = async (url: string, as?: string): Promise<number> => (await server.app.inject({ url, headers: as === undefined ? {} : { authorization: `Bearer ${api.tokens.get(as)}` } })).statusCode;
    expect([await ask('/metrics'), await ask('/metrics', 'viewer'), await ask('/metrics', 'operator'), await ask('/health/live')]).toEqual([401, 403, 200, 200]);
    await server.close();
  });

  it.each`
    server                                                                     | status
    ${'{ host: 127.0.0.1 }'}                                                   | ${200}
    ${'{ host: "::1" }'}                                                       | ${200}
    ${'{ host: 0.0.0.0 }'}                                                     | ${401}
    ${'{ host: 127.0.0.1, publicUrl: "https://lockstep.example.com" }'}        | ${401}
  `('shows the documentation without a token only where nobody else can come: $server', async ({ server, status }) => {
    const other = await Tools.open({ alpha: '' }, { yaml: `server: ${server}` });
    const started = await createApiServer({ engine: other.engine, queue: new IdleQueue() });

    for (const url of ['/api/openapi.json', '/api/docs', '/api/docs/swagger-ui-bundle.js']) expect((await started.app.inject({ url })).statusCode).toBe(status);
    await started.close();
    await other.close();
  });

  it('says what is dangerous about how it is set up', async () => {
    const warned: string[] = [];
    const other = await Tools.open({ alpha: '' }, {
      yaml: 'server: { host: 127.0.0.1, publicUrl: "http://lockstep.example.com" }', lines: { alpha: 'tls: { rejectUnauthorized: false }' }, engine: { log: { debug: () => undefined, info: () => undefined, warn: (message) => void warned.push(message) } },
    });
    const started = await createApiServer({ engine: other.engine, queue: new IdleQueue() });
    await started.listen('127.0.0.1', 0);

    expect(warned).toEqual([expect.stringContaining('plain http'), expect.stringContaining('certificates of a source are not checked')]);
    await started.close();
    await other.close();
  });
});

describe('the token of the command line', () => {
  let tools: Tools;
  let folder: string;
  beforeEach(async () => {
    tools = await Tools.open({ alpha: '' });
    folder = mkdtempSync(join(tmpdir(), 'lockstep-token-'));
  });
  afterEach(async () => {
    await tools.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('lets the same user in from the same machine, in whoever’s name they type, and is gone with the service', async () => {
    const path = join(folder, 'lockstep.db.token');
    const server = await createApiServer({ engine: tools.engine, queue: new IdleQueue(), localTokenPath: path });
    const { url } = await server.listen('127.0.0.1', 0);
    const access = readLocalToken(path);
    const ask = (headers: Record<string, string>, remoteAddress = '127.0.0.1') => server.app.inject({ method: 'POST', url: '/api/v1/sources/alpha/pause', remoteAddress, payload: { reason: 'x' }, headers: { authorization: `Bearer ${access?.token}`, ...headers } });

    expect([access?.url, statSync(path).mode & 0o777]).toEqual([url, 0o600]);
    const real = await fetch(`${url}/api/v1/sources/alpha/pause`, { method: 'POST', body: '{"reason":"x"}', headers: { authorization: `Bearer ${access?.token}`, 'content-type': 'application/json', 'x-lockstep-user': 'bob' } });
    expect(real.status).toBe(200);
    expect((await tools.rows('SELECT actor FROM audit ORDER BY seq DESC LIMIT 1'))[0]).toEqual({ actor: 'bob' });
    expect((await ask({}, '10.0.0.9')).statusCode).toBe(401);
    expect((await ask({ 'x-forwarded-for': '127.0.0.1' })).statusCode).toBe(401);
    expect((await ask({ authorization: `Bearer ${access?.token.slice(0, -1)}` })).statusCode).toBe(401);
    await server.close();
    expect(() => readFileSync(path)).toThrow(/ENOENT/);
  });
});

describe('two people', () => {
  it('release a held set, and neither of them twice', async () => {
    const tools = await Tools.open({ alpha: '', beta: '{ enabled: true, fields: [location] }' }, { yaml: 'authority: { default: [alpha, beta] }\nsecurity: { twoPersonRule: true }' });
    const ids = Array.from({ length: 30 }, (_, i) => `${i + 1}`);
    for (const name of ['alpha', 'beta']) tools.tool(name).put(...ids.map((id) => pc(id)));
    await tools.sync();
    for (const id of ids) tools.tool('alpha').edit(id, { location: 'Ulm' });
    await tools.sync();
    const api = await ApiBench.open(tools.engine);
    const [review] = (await api.get('/api/v1/reviews?kind=push_guard')).body.items;
    const release = (as: string, more = {}): Promise<any> => api.post(`/api/v1/reviews/${review.id}/resolve`, { as: 'release', reason: 'as planned', ...more }, { as });
    const left = async (): Promise<string> => (await api.get(`/api/v1/reviews/${review.id}`)).body.status as string;

    expect(await release('approver')).toMatchObject({ status: 202, body: { done: 0, left: 30, awaits: 'another person' } });
    expect(await release('approver')).toMatchObject({ status: 202 });
    expect(await release('admin', { only: ['beta/records/1'] })).toMatchObject({ status: 202 });
    expect(await left()).toBe('open');
    expect(await release('admin')).toMatchObject({ status: 200, body: { left: 0 } });
    expect([await left(), await tools.rows('SELECT * FROM approvals')]).toEqual(['resolved', []]);
    expect((await api.get('/api/v1/audit?action=reviews.approve')).body.items.map(({ actor }: { actor: string }) => actor.split(' ')[0])).toEqual(['admin', 'approver', 'approver']);
    await api.close();
    await tools.close();
  });
});

describe('a database that fails', () => {
  it('lets nobody in, refuses nobody, and tells nothing of itself', async () => {
    let failing: Error | undefined;
    const tools = await Tools.open({ alpha: '' }, { engine: { onStatement: () => { if (failing) throw failing; } } });
    const api = await ApiBench.open(tools.engine);
    for (const error of [Object.assign(new Error('disk I/O error in SELECT hash FROM api_tokens'), { code: 'SQLITE_IOERR' }), new Error('SELECT * FROM api_tokens: no such table')]) {
      failing = error;
      for (const as of ['viewer', 'admin', `lst_${'B'.repeat(43)}`]) {
        const answer = await api.get('/api/v1/assets', { as });
        expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
        expect(answer.text).not.toMatch(/SELECT|api_tokens|disk|\bat /);
      }
      expect((await api.get('/api/v1/assets', { as: '' })).status).toBe(401);
    }
    failing = undefined;
    expect((await api.get('/api/v1/assets')).status).toBe(200);
    await api.close();
    await tools.close();
  });
});
