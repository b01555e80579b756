import { request as httpRequest, type IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import type { Clock } from '../contract/index.js';
import { bendPage, DATA_FAULTS, FaultSet } from './faults.js';
import { formOf, jsonAnswer, startServer, type SandboxServer } from './server.js';
import { FAULT_KINDS, type FaultKind, type LoggedRequest } from './types.js';

let now = 1_800_000_000_000;
let slept: number[] = [];
const clock: Clock = { now: () => now, sleep: (ms) => { now += ms; slept.push(ms); return Promise.resolve(); } };
const body = { result: Array.from({ length: 60 }, (_, index) => ({ id: index, text: 'a record of some length' })) };
const faults = new FaultSet({
  unauthorised: () => ({ status: 401, body: 'who' }), forbidden: () => ({ status: 403, body: 'not you' }),
  throttled: (_, ms) => ({ status: 429, headers: { 'x-wait': String(ms) } }), errorIn200: () => jsonAnswer(200, { error: 'quota' }),
  cursorRefused: () => ({ status: 410 }), dropped: () => ({ status: 202 }),
}, DATA_FAULTS);
let server: SandboxServer;

beforeEach(async () => {
  faults.clear();
  slept = [];
  server = await startServer({
    clock, faults, maxBodyBytes: 1_000,
    classify: (_method, path) => (path === '/token' ? { purpose: 'auth' } : path.startsWith('/rows') ? { purpose: 'data', stream: path.slice(6) } : { purpose: 'other' }),
    answer: (request) => (request.path === '/form' ? jsonAnswer(200, { form: formOf(request)?.toString() ?? null }) : request.path === '/broken' ? Promise.reject(new Error('a mistake')) : jsonAnswer(200, body)),
  });
});
afterEach(() => server.close());

interface Got { readonly status: number; readonly headers: IncomingMessage['headers']; readonly text: string; readonly failure?: string; readonly pieces: number }
/** A bare client: neither redirects nor decompresses, and tells how the answer ended. */
function get(path: string, options: { method?: string; headers?: Record<string, string>; send?: string; most?: number } = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    let begun = false;
    const asked = httpRequest(`${server.url}${path}`, { method: options.method ?? 'GET', headers: options.headers ?? {}, agent: false }, (answer) => {
      begun = true;
      const parts: Buffer[] = [];
      const done = (failure?: string): void => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(parts).toString(), pieces: parts.length, ...(failure !== undefined && { failure }) });
      answer.on('data', (part: Buffer) => { parts.push(part); if (options.most !== undefined && parts.length >= options.most) { asked.destroy(); done('stopped'); } });
      answer.on('end', () => done());
      answer.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    });
    // A reset is told to both; whichever Node tells first, an answer that has begun says how far it came.
    asked.on('error', (error: NodeJS.ErrnoException) => { if (begun) return; if (error.code === 'ECONNRESET') resolve({ status: 0, headers: {}, text: '', failure: 'ECONNRESET', pieces: 0 }); else reject(error); });
    asked.end(options.send);
  });
}

describe('startServer', () => {
  it('answers on loopback, logs, and dates by the clock and its skew', async () => {
    server.setClockSkew(600_000);
    const answer = await get('/rows/a?x=1&x=2&y=%20');

    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(JSON.parse(answer.text)).toEqual(body);
    expect(answer.headers.date).toBe(new Date(now + 600_000).toUTCString());
    expect(server.requests()).toEqual([expect.objectContaining({ method: 'GET', path: '/rows/a', rawQuery: 'x=1&x=2&y=%20', query: { x: '2', y: ' ' }, purpose: 'data', stream: 'a', status: 200, at: now + 600_000 })]);
    server.clearRequests();
    expect(server.requests()).toEqual([]);
  });

  it('compresses for those who accept it', async () => {
    expect((await get('/rows/a', { headers: { 'accept-encoding': 'gzip' } })).headers['content-encoding']).toBe('gzip');
    expect((await get('/rows/a')).headers['content-encoding']).toBeUndefined();
  });

  it('refuses a body that is too large, and reads forms only from forms', async () => {
    const post = (send: string, type: string): Promise<Got> => get('/form', { method: 'POST', send, headers: { 'content-type': type } });

    expect((await post('x'.repeat(1_001), 'text/plain')).status).toBe(413);
    expect(JSON.parse((await post('a=1&b=+', 'application/x-www-form-urlencoded')).text)).toEqual({ form: 'a=1&b=+' });
    expect(JSON.parse((await post('a=1', 'application/json')).text)).toEqual({ form: null });
  });

  it('shows a mistake of its own loudly', async () => {
    expect(await get('/broken')).toMatchObject({ status: 599, text: expect.stringContaining('a mistake') });
  });

  it('counts what is under way at once, and closes at once though an answer hangs', async () => {
    faults.inject({ kind: 'hang_after_headers' });
    const hanging = [get('/rows/a'), get('/rows/b')];
    while (server.requests().filter(({ status }) => status === 200).length < 2) await new Promise((resolve) => { setImmediate(resolve); });

    expect(server.peak()).toBe(2);
    await server.close();
    expect((await Promise.all(hanging)).map(({ failure }) => failure)).toEqual(['ECONNRESET', 'ECONNRESET']);
  });
});

describe('faults', () => {
  const once = (kind: FaultKind, more: object = {}): Promise<Got> => { faults.inject({ kind, times: 1, ...more }); return get('/rows/a'); };

  it.each([
    ['throttled_seconds', { status: 429, headers: { 'retry-after': '2' } }], ['throttled_bare', { status: 429, text: '' }], ['throttled_vendor', { status: 429, headers: { 'x-wait': '2000' } }],
    ['server_error', { status: 500 }], ['maintenance_page', { status: 503, headers: { 'content-type': 'text/html; charset=utf-8' } }], ['gateway_page', { status: 502 }],
    ['proxy_auth_page', { status: 407 }], ['unauthorised', { status: 401, text: 'who' }], ['forbidden', { status: 403, text: 'not you' }],
    ['error_in_200', { status: 200, text: '{"error":"quota"}' }], ['login_page', { status: 200, text: expect.stringContaining('password') }],
    ['redirect_elsewhere', { status: 302, headers: { location: 'http://127.0.0.1:9/' } }], ['empty_body', { status: 200, text: '' }], ['dropped', { status: 202, text: '' }],
    ['cursor_refused', { status: 410 }],
  ] as const)('%s replaces the answer, once', async (kind, expected) => {
    const hit = await once(kind);

    expect(hit).toMatchObject({ ...expected, ...('headers' in expected && { headers: expect.objectContaining(expected.headers) }) });
    expect(server.requests()[0]).toMatchObject({ fault: kind, status: hit.status });
    expect((await get('/rows/a')).status).toBe(200);
  });

  it('throttled_date gives an HTTP date that is never too early', async () => {
    now += 1;
    const until = Date.parse(String((await once('throttled_date', { ms: 1_500 })).headers['retry-after']));

    expect(until).toBeGreaterThanOrEqual(now + 1_500);
    expect(until).toBeLessThan(now + 2_500);
  });

  it('break off: before the headers, in the body, by closing, by a text that ends early', async () => {
    const whole = JSON.stringify(body).length;
    const [before, within, closed, malformed] = [await once('reset_before_headers'), await once('reset_in_body'), await once('truncated_body', { share: 0.25 }), await once('malformed_body')];

    expect(before).toMatchObject({ status: 0, failure: 'ECONNRESET' });
    expect([within.status, within.failure, within.text.length]).toEqual([200, 'ECONNRESET', Math.floor(whole / 2)]);
    expect([closed.status, closed.failure, closed.text.length]).toEqual([200, 'ECONNRESET', Math.floor(whole / 4)]);
    expect([malformed.status, malformed.failure, malformed.text.length]).toEqual([200, undefined, Math.floor(whole / 2)]);
    expect(() => JSON.parse(malformed.text) as unknown).toThrow(SyntaxError);
  });

  it('take time, on the clock alone', async () => {
    const whole = JSON.stringify(body).length;
    expect((await once('latency', { ms: 7_000 })).status).toBe(200);
    expect(slept).toEqual([7_000]);
    slept = [];
    const trickled = await once('trickle');
    const sliced = await once('sliced');

    expect(slept).toEqual(Array.from({ length: whole }, () => 1_000));
    expect(JSON.parse(trickled.text)).toEqual(body);
    expect(JSON.parse(sliced.text)).toEqual(body);
  });

  it('send 10 GiB in 10 MB, valid from the first byte on', async () => {
    faults.inject({ kind: 'gzip_bomb', times: 1 });
    const size = await new Promise<number>((resolve, reject) => {
      const asked = httpRequest(`${server.url}/rows/a`, { agent: false }, (answer) => {
        let plain = 0;
        const unzip = createGunzip();
        unzip.on('data', (part: Buffer) => { plain += part.length; if (plain > 200 * 1024 * 1024) { answer.unpipe(unzip); asked.destroy(); resolve(plain); } });
        unzip.on('error', reject);
        answer.on('error', () => undefined).pipe(unzip);
      });
      asked.on('error', reject).end();
    });

    expect(size).toBeGreaterThan(200 * 1024 * 1024);
  });

  it('hit what they are told to, after and as often as they are told to', async () => {
    const on = async (path: string): Promise<number> => (await get(path)).status;
    const rule = faults.inject({ kind: 'forbidden', match: { stream: 'b' }, after: 1, times: 2 });

    expect([await on('/rows/a'), await on('/rows/b'), await on('/rows/b'), await on('/token'), await on('/rows/b'), await on('/rows/b')]).toEqual([200, 200, 403, 200, 403, 200]);
    expect(rule.hits()).toBe(2);
    faults.inject({ kind: 'unauthorised', match: { purpose: 'auth' } });
    const last = faults.inject({ kind: 'dropped', match: { purpose: 'any', path: /^\/rows/g, method: 'GET', when: ({ query }) => query['x'] === '1' } });
    expect([await on('/token'), await on('/rows/a'), await on('/rows/a?x=1'), await on('/rows/a?x=1')]).toEqual([401, 200, 202, 202]);
    last.remove();
    expect(await on('/rows/a?x=1')).toBe(200);
    faults.clear();
    expect(await on('/token')).toBe(200);
  });

  it('are refused where the vendor never does it', () => {
    const poor = new FaultSet({ unauthorised: () => ({ status: 401 }), forbidden: () => ({ status: 403 }) }, ['empty_page']);

    expect(FAULT_KINDS.filter((kind) => !poor.supported.includes(kind)).sort()).toEqual(
      [...DATA_FAULTS.filter((kind) => kind !== 'empty_page'), 'throttled_vendor', 'error_in_200', 'dropped', 'cursor_refused'].sort());
    expect(() => poor.inject({ kind: 'cursor_refused' })).toThrow(RangeError);
    expect(() => new FaultSet(poor.answers, ['latency'])).toThrow(RangeError);
  });
});

describe('bendPage', () => {
  const page = { rows: [2, 3], total: 30 };
  it.each([
    ['duplicate_across_pages', { rows: [1, 2, 3], total: 30 }], ['empty_page', { rows: [], total: 30 }], ['total_too_high', { rows: [2, 3], total: 67 }],
    ['total_too_low', { rows: [2, 3], total: 15 }], ['returns_nothing', { rows: [], total: 0 }], ['returns_tenth', { rows: [2, 3], total: 3 }],
    ['bad_record', { rows: [-2, 3], total: 30 }], ['latency', page],
  ] as const)('%s', (kind, expected) => {
    expect(bendPage({ kind }, page, { previous: () => 1, spoil: (row) => -row })).toEqual(expected);
  });

  it('leaves the first page without a duplicate, and any page without a fault', () => {
    expect(bendPage({ kind: 'duplicate_across_pages' }, page, { previous: () => undefined })).toEqual(page);
    expect(bendPage(undefined, page)).toEqual(page);
  });
});

it('logs the fault with the request', async () => {
  faults.inject({ kind: 'forbidden', times: 1 });
  await get('/rows/a');
  await get('/rows/a');

  expect(server.requests().map(({ fault }: LoggedRequest) => fault)).toEqual(['forbidden', undefined]);
});
