import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { readFileSync } from 'node:fs';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { gzipSync, deflateRawSync, deflateSync, brotliCompressSync } from 'node:zlib';
import {
  AuthenticationError, ConflictError, InterruptedError, NotFoundError, PermissionError, ProtocolError, RateLimitedError, RejectedError,
  SourceConfigurationError, SourceError, UnavailableError, type Authenticator, type HttpRequest,
} from '../contract/index.js';
import { fakeClock, recordingLog } from '../conformance/doubles.js';
import { createHttp, mustBeJson, type HttpOptions, type SourceHttp } from './index.js';

type Reply = (request: IncomingMessage, response: ServerResponse, body: string) => void;
interface Seen { readonly method: string; readonly url: string; readonly headers: IncomingMessage['headers']; readonly body: string; readonly at: number }

const clock = fakeClock('2026-11-20T10:00:00Z');
const log = recordingLog();
let server: Server;
let url: string;
let script: Reply[] = [];
let seen: Seen[] = [];
let stop: AbortController;
const open: SourceHttp[] = [];

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Reply => (_request, response) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(typeof body === 'string' ? body : JSON.stringify(body));
};
const raw = (headers: Record<string, string>, body: Uint8Array): Reply => (_request, response) => { response.writeHead(200, headers).end(body); };

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      seen.push({ method: request.method!, url: request.url!, headers: request.headers, body, at: clock.now() });
      const reply = script.length > 1 ? script.shift()! : script[0];
      if (reply === undefined) throw new Error('unexpected request');
      reply(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => { script = []; seen = []; stop = new AbortController(); log.entries.length = 0; clock.sleeps.length = 0; });
afterEach(() => { for (const http of open.splice(0)) http.close(); });

const http = (options: Partial<HttpOptions> = {}): SourceHttp => {
  const port = createHttp({ source: 'acme-prod', baseUrl: url, clock, signal: stop.signal, log, concurrency: 2, random: () => 0.5, version: '1.2.3', timeoutMs: 5_000, ...options });
  open.push(port);
  return port;
};
const failureOf = async (promise: Promise<unknown>): Promise<SourceError> => await promise.then(() => { throw new Error('it succeeded'); }, (error: SourceError) => error);

describe('a request', () => {
  it('goes below baseUrl with encoded query, own user agent and no cookies', async () => {
    script = [json(200, { ok: 1 }, { 'set-cookie': 'JSESSIONID=1' })];
    const port = http({ baseUrl: `${url}/prefix` });

    await port.send({ url: '/api/things', query: { q: 'a=b^c é', none: undefined, n: 3 } });
    await port.send({ url: 'api/things?x=1', query: { y: 2 } });

    expect(seen.map((s) => s.url)).toEqual(['/prefix/api/things?q=a%3Db%5Ec%20%C3%A9&n=3', '/prefix/api/things?x=1&y=2']);
    expect(seen[1]!.headers).toMatchObject({ 'user-agent': 'Lockstep/1.2.3', accept: 'application/json' });
    expect(seen[1]!.headers.cookie).toBeUndefined();
    expect(port.calls).toBe(2);
  });

  it('sends objects as JSON, text and bytes as they are', async () => {
    script = [json(200, {})];
    const port = http();

    await port.send({ method: 'POST', url: '/a', body: { serial: '0012' } });
    await port.send({ method: 'POST', url: '/a', body: 'a=1&b=2', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
    await port.send({ method: 'PUT', url: '/a', body: new Uint8Array([104, 105]) });

    expect(seen.map((s) => [s.headers['content-type'], s.body])).toEqual([
      ['application/json', '{"serial":"0012"}'], ['application/x-www-form-urlencoded', 'a=1&b=2'], ['application/octet-stream', 'hi'],
    ]);
  });

  it('gives status, lower-case headers, text, JSON and the server time', async () => {
    script = [json(200, { a: 1 }, { Date: 'Fri, 20 Nov 2026 09:59:58 GMT', 'X-Thing': 'y' })];

    const response = await http().send({ url: '/a' });

    expect(response).toMatchObject({ status: 200, text: '{"a":1}', serverTime: Date.parse('2026-11-20T09:59:58Z') });
    expect(response.headers['x-thing']).toBe('y');
    expect(response.json()).toEqual({ a: 1 });
  });

  it.each([
    ['gzip', gzipSync('{"a":"ä"}')], ['deflate', deflateSync('{"a":"ä"}')], ['deflate', deflateRawSync('{"a":"ä"}')], ['br', brotliCompressSync('{"a":"ä"}')],
  ])('reads %s', async (encoding, body) => {
    script = [raw({ 'content-encoding': encoding, 'content-type': 'application/json' }, body)];

    expect((await http().send({ url: '/a' })).json()).toEqual({ a: 'ä' });
  });

  it('refuses addresses that hold credentials', async () => {
    expect(await failureOf(http().send({ url: 'http://u:p@127.0.0.1/' }))).toBeInstanceOf(SourceConfigurationError);
    expect(() => http({ baseUrl: 'https://u:p@example.com' })).toThrow(SourceConfigurationError);
    expect(() => http({ baseUrl: 'ftp://example.com' })).toThrow(SourceConfigurationError);
    expect(seen).toEqual([]);
  });
});

describe('failures by status', () => {
  it.each([
    [400, RejectedError], [401, AuthenticationError], [403, PermissionError], [404, NotFoundError], [410, NotFoundError], [405, RejectedError], [407, SourceConfigurationError],
    [409, ConflictError], [412, ConflictError], [415, RejectedError], [422, RejectedError], [501, RejectedError],
  ])('%i is told at once', async (status, type) => {
    script = [json(status, { error: { message: 'No', detail: 'because' } }, { 'X-Request-Id': 'r-7' })];

    const error = await failureOf(http().send({ url: '/api/things?token=verysecret', stream: 'laptops' }));

    expect(error).toBeInstanceOf(type);
    expect(error.vendorWords).toBe('No: because');
    expect(error.message).toContain(`acme-prod laptops: GET ${url}/api/things answered ${status}`);
    expect(error.request).toEqual({ source: 'acme-prod', stream: 'laptops', method: 'GET', url: `${url}/api/things`, status, requestId: 'r-7' });
    expect(seen).toHaveLength(1);
  });

  it('hands expected statuses back', async () => {
    script = [json(404, { none: true })];

    expect((await http().send({ url: '/a', expect: [404] })).status).toBe(404);
  });

  it.each([500, 502, 503, 504, 408])('%i is tried 8 times with full jitter, then told', async (status) => {
    script = [json(status, '<html><title>Down</title><h1>Sorry</h1></html>')];

    const error = await failureOf(http().send({ url: '/a' }));

    expect(error).toBeInstanceOf(UnavailableError);
    expect(error.message).toContain('given up after 8 tries');
    expect(error.vendorWords).toBe('Down Sorry');
    expect(seen).toHaveLength(8);
    expect(clock.sleeps).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000]);
  });

  it('500 twice, then well', async () => {
    script = [json(500, {}), json(500, {}), json(200, { ok: true })];

    expect((await http().send({ url: '/a' })).json()).toEqual({ ok: true });
    expect(log.entries.filter((e) => e.level === 'warn')).toHaveLength(2);
  });

  it('a write of unknown outcome is not sent again, unless it may be', async () => {
    script = [json(500, {})];
    const port = http();

    await failureOf(port.send({ method: 'POST', url: '/a', body: {} }));
    expect(seen).toHaveLength(1);
    await failureOf(port.send({ method: 'PATCH', url: '/a', body: {}, idempotent: true }));
    expect(seen).toHaveLength(9);
  });
});

describe('throttling', () => {
  it('waits the seconds of Retry-After, no call before', async () => {
    script = [json(429, {}, { 'retry-after': '7' }), json(200, {})];

    await http().send({ url: '/a' });

    expect(seen[1]!.at - seen[0]!.at).toBe(7_000);
  });

  it("waits until an HTTP date, judged by the server's own clock", async () => {
    const skewed = clock.now() + 3_600_000;
    script = [json(429, {}, { date: new Date(skewed).toUTCString(), 'retry-after': new Date(skewed + 9_000).toUTCString() }), json(200, {})];

    await http().send({ url: '/a' });

    expect(seen[1]!.at - seen[0]!.at).toBe(9_000);
  });

  it('backs off from 5 s where nothing is said', async () => {
    script = [json(429, ''), json(429, ''), json(200, {})];

    await http().send({ url: '/a' });

    expect(clock.sleeps).toEqual([2_500, 5_000]);
  });

  it('holds the whole source still', async () => {
    let release = (): void => undefined;
    const arrived = new Promise<void>((resolve) => { release = resolve; });
    const manual = fakeClock('2026-11-20T10:00:00Z', { manual: true });
    script = [(request, response) => { json(429, {}, { 'retry-after': '60' })(request, response, ''); release(); }, json(200, {})];
    const port = http({ clock: manual, concurrency: 4 });
    const first = port.send({ url: '/a' });
    await arrived;
    await manual.waiting(1);

    const second = port.send({ url: '/b' });
    await manual.waiting(2);
    expect(seen.map((s) => s.url)).toEqual(['/a']);
    manual.advance(60_000);
    await Promise.all([first, second]);

    expect(seen.map((s) => s.url).sort()).toEqual(['/a', '/a', '/b']);
  });

  it('ends after 8 calls with what was asked', async () => {
    script = [json(429, { message: 'slow down' }, { 'retry-after': '3' })];

    const error = await failureOf(http().send({ url: '/a' }));

    expect(error).toBeInstanceOf(RateLimitedError);
    expect((error as RateLimitedError).retryAfterMs).toBe(3_000);
    expect(error.message).toContain('slow down');
    expect(seen).toHaveLength(8);
  });

  it('does not wait longer than allowed in all', async () => {
    script = [json(429, {}, { 'retry-after': '86400' })];

    const error = await failureOf(http().send({ url: '/a' }));

    expect(error.message).toContain('longer than allowed');
    expect(seen).toHaveLength(1);
    expect(clock.sleeps).toEqual([]);
  });
});

describe('judge', () => {
  it('can call a 200 a failure and name its wait and its error', async () => {
    const judge: HttpRequest['judge'] = (response) => (response.text.includes('quota') ? { kind: 'retry', reason: 'quota', afterMs: 1_500 } : undefined);
    script = [json(200, { error: 'quota' }), json(200, { result: [] })];

    expect((await http().send({ url: '/a', judge })).json()).toEqual({ result: [] });
    expect(clock.sleeps).toEqual([1_500]);
  });

  it('can end it', async () => {
    script = [json(200, {})];
    const mine = new RejectedError('mine');

    expect(await failureOf(http().send({ url: '/a', judge: () => ({ kind: 'fail', error: mine }) }))).toBe(mine);
    expect(mine.message).toContain(`acme-prod: GET ${url}/a: mine`);
    expect(mine.request).toMatchObject({ status: 200 });
  });

  it('may make an error of words that hold what was sent', async () => {
    script = [json(200, {})];
    const judge: HttpRequest['judge'] = () => ({ kind: 'fail', error: new RejectedError('bad hunter2hunter2', undefined, { vendorWords: 'we got hunter2hunter2' }) });

    const error = await failureOf(http({ secrets: ['hunter2hunter2'] }).send({ url: '/a', judge }));

    expect(JSON.stringify([error.message, error.vendorWords, error.stack])).not.toContain('hunter2');
    expect(error.vendorWords).toBe('we got [redacted]');
  });

  it.each([
    ['cut JSON', '{"result":[{"a":1},{"a"', 'broken JSON'],
    ['a login page', '<!DOCTYPE html><html><form>Sign in</form></html>', 'a web page'],
    ['nothing', '', 'an empty body'],
  ])('%s behind a 200 is tried again, then a ProtocolError', async (_name, body, words) => {
    script = [json(200, body), json(200, { ok: true })];
    expect((await http().send({ url: '/a', judge: mustBeJson })).json()).toEqual({ ok: true });

    script = [json(200, body)];
    seen = [];
    const error = await failureOf(http().send({ url: '/a', judge: mustBeJson }));

    expect(error).toBeInstanceOf(ProtocolError);
    expect(error.retryable).toBe(true);
    expect(error.message).toContain(words);
    expect(error.hint).toBeDefined();
    expect(seen).toHaveLength(8);
  });
});

describe('credentials', () => {
  const auth = (tokens: string[]): Authenticator & { rejected: number } => {
    let at = 0;
    return {
      hint: 'Check the client secret.', rejected: 0,
      authorise: async () => ({ authorization: `Bearer ${tokens[at]}` }),
      reject() { this.rejected += 1; at += 1; return at < tokens.length; },
    };
  };

  it('are renewed once on a 401', async () => {
    script = [json(401, {}), json(200, {})];

    await http().withAuth(auth(['token-one-1', 'token-two-2'])).send({ url: '/a' });

    expect(seen.map((s) => s.headers.authorization)).toEqual(['Bearer token-one-1', 'Bearer token-two-2']);
  });

  it('fail for good at the second 401, with the hint', async () => {
    script = [json(401, { error: { message: 'User Not Authenticated' } })];

    const error = await failureOf(http().withAuth(auth(['token-one-1', 'token-two-2', 'token-three'])).send({ url: '/a' }));

    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.hint).toBe('Check the client secret.');
    expect(seen).toHaveLength(2);
  });

  it('may be fetched through the same port, without credentials on that call', async () => {
    script = [json(200, { access_token: 'fetched-token' }), json(200, {})];
    const fetching: Authenticator = {
      async authorise(send) { return { authorization: `Bearer ${(await send({ method: 'POST', url: '/token', body: 'x=1' })).json().access_token}` }; },
      reject: () => false,
    };

    await http().withAuth(fetching).send({ url: '/a' });

    expect(seen.map((s) => [s.url, s.headers.authorization])).toEqual([['/token', undefined], ['/a', 'Bearer fetched-token']]);
  });

  it('never reach another host: a redirect there is refused', async () => {
    let elsewhere = 0;
    const other = createServer((_request, response) => { elsewhere += 1; response.end('{}'); });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const target = `http://127.0.0.1:${(other.address() as AddressInfo).port}/steal?ticket=abc`;
    script = [json(302, {}, { location: target })];

    const error = await failureOf(http().withAuth(auth(['token-one-1'])).send({ url: '/a' }));

    expect(error).toBeInstanceOf(SourceConfigurationError);
    expect(error.message).toContain('/steal');
    expect(error.message).not.toContain('ticket');
    expect([elsewhere, seen.length]).toEqual([0, 1]);
    await new Promise((resolve) => other.close(resolve));
  });

  it('follow a redirect within the origin once', async () => {
    script = [json(301, {}, { location: '/b' }), json(200, { ok: 1 })];
    await http().send({ url: '/a' });
    expect(seen.map((s) => s.url)).toEqual(['/a', '/b']);

    script = [json(301, {}, { location: '/b' })];
    seen = [];
    expect(await failureOf(http().send({ url: '/a' }))).toBeInstanceOf(SourceConfigurationError);
    expect(seen).toHaveLength(2);
  });

  it('stand in no message, log or cause, whatever the vendor echoes', async () => {
    const secret = 'S3cr&t/p+ä"w\\rd';
    const basic = Buffer.from(`user:${secret}`).toString('base64');
    const echo = [secret, encodeURIComponent(secret), JSON.stringify(secret), basic, 'token-one-1'].join(' | ');
    script = [json(500, { error: { message: echo } })];

    const error = await failureOf(http({ secrets: [secret] }).withAuth(auth(['token-one-1'])).send({ url: `/a/${encodeURIComponent(secret)}` }));

    const everything = JSON.stringify([error.message, error.vendorWords, error.stack, error.request, (error.cause as Error)?.message, log.entries]);
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), basic, 'token-one-1']) {
      expect(everything).not.toContain(form);
      expect(everything).not.toContain(JSON.stringify(form).slice(1, -1));
    }
    expect(everything).toContain('[redacted]');
  });
});

describe('transport', () => {
  const reset: Reply = (request) => { request.socket.resetAndDestroy(); };

  it.each<[string, Reply]>([
    ['a reset before the headers', reset],
    ['a reset in the body', (request, response) => { response.writeHead(200, { 'content-length': '1000' }); response.write('{"a":', () => request.socket.resetAndDestroy()); }],
    ['a body cut short', (request, response) => { response.writeHead(200, { 'content-length': '1000' }); response.write('{"a":1', () => request.socket.end()); }],
    ['a cut chunked body', (request, response) => { response.writeHead(200); response.write('{"a":1', () => request.socket.destroy()); }],
    ['a cut gzip body', (_request, response) => { response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"a":1234567}').subarray(0, 15)); }],
  ])('%s is tried again', async (_name, reply) => {
    script = [reply, reply, json(200, { ok: true })];

    expect((await http().send({ url: '/a' })).json()).toEqual({ ok: true });
  });

  it('gives up after 8 resets, with a hint', async () => {
    script = [reset];

    const error = await failureOf(http().send({ url: '/a', stream: 'laptops' }));

    expect(error).toBeInstanceOf(UnavailableError);
    expect(error.message).toContain('acme-prod laptops');
    expect(error.hint).toBeDefined();
    expect(seen).toHaveLength(8);
  });

  it('a refused connection is tried again even for a write, and named', async () => {
    const gone = await new Promise<string>((resolve) => { const s = createServer().listen(0, '127.0.0.1', () => { const { port } = s.address() as AddressInfo; s.close(() => resolve(`http://127.0.0.1:${port}`)); }); });
    const port = http({ baseUrl: gone });

    const error = await failureOf(port.send({ method: 'POST', url: '/a', body: {} }));

    expect(error.message).toContain('ECONNREFUSED');
    expect(error.hint).toContain('Nothing listens');
    expect(port.calls).toBe(8);
  });

  it.each<[string, Reply]>([
    ['never answers', () => undefined],
    ['hangs after the headers', (_request, response) => { response.writeHead(200).flushHeaders(); }],
    ['trickles', (_request, response) => { response.writeHead(200); response.write('{'); }],
  ])('a server that %s is cut when its time is up', async (_name, reply) => {
    let arrived = (): void => undefined;
    const due: (() => void)[] = [];
    script = [(request, response, body) => { reply(request, response, body); arrived(); }, json(200, { ok: true })];
    const came = new Promise<void>((resolve) => { arrived = resolve; });
    const pending = http({ timeoutMs: 30_000, deadline: (ms, fire) => { expect(ms).toBe(30_000); due.push(fire); return () => undefined; } }).send({ url: '/a' });
    await came;

    due[0]!();

    expect((await pending).json()).toEqual({ ok: true });
    expect(log.entries.some((e) => JSON.stringify(e).includes('no whole answer within 30000 ms'))).toBe(true);
  });

  it('cuts a gzip bomb while it streams', async () => {
    script = [raw({ 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(40 * 1024 * 1024)))];

    const error = await failureOf(http().send({ url: '/a' }));

    expect(error).toBeInstanceOf(ProtocolError);
    expect(error.message).toContain('grows more than 100 times');
    expect(seen).toHaveLength(1);
  });

  it('cuts what is larger than allowed', async () => {
    script = [json(200, 'x'.repeat(2_000))];

    expect((await failureOf(http().send({ url: '/a', maxBytes: 1_000 }))).message).toContain('larger than 1000 bytes');
  });

  it('is interrupted in a wait and in flight', async () => {
    const manual = fakeClock('2026-11-20T10:00:00Z', { manual: true });
    script = [json(503, {})];
    const waiting = http({ clock: manual }).send({ url: '/a' });
    await manual.waiting(1);
    stop.abort();
    expect(await failureOf(waiting)).toBeInstanceOf(InterruptedError);

    stop = new AbortController();
    let arrived = (): void => undefined;
    const came = new Promise<void>((resolve) => { arrived = resolve; });
    script = [() => arrived()];
    const flying = http().send({ url: '/a' });
    await came;
    stop.abort();
    expect(await failureOf(flying)).toBeInstanceOf(InterruptedError);
    expect(await failureOf(http().send({ url: '/a' }))).toBeInstanceOf(InterruptedError);
  });

  it('keeps to the places of the source, over all its ports', async () => {
    const held: ServerResponse[] = [];
    let arrived = (): void => undefined;
    const two = new Promise<void>((resolve) => { arrived = resolve; });
    script = [(_request, response) => { held.push(response); if (held.length === 2) arrived(); }];
    const port = http({ concurrency: 2 });
    const all = [port, port.withPace({ requests: 100, perMs: 1 }), port, port].map((p) => p.send({ url: '/a' }));
    await two;

    expect(seen).toHaveLength(2);
    script = [json(200, {})];
    for (const response of held) response.end('{}');
    await Promise.all(all);

    expect(seen).toHaveLength(4);
  });

  it('keeps a rolling pace', async () => {
    script = [json(200, {})];
    const port = http().withPace({ requests: 5, perMs: 30_000 });

    for (let i = 0; i < 12; i += 1) await port.send({ url: '/a' });

    for (let i = 5; i < seen.length; i += 1) expect(seen[i]!.at - seen[i - 5]!.at).toBeGreaterThanOrEqual(30_000);
    expect(seen[11]!.at - seen[0]!.at).toBe(60_000);
  });
});

describe('links', () => {
  it('are followed within the origin only', () => {
    const port = http({ baseUrl: 'https://acme.example.com' });

    expect(port.sameOrigin('/api?page=2')).toBe('https://acme.example.com/api?page=2');
    expect(port.sameOrigin('https://api.example.net/x', ['https://api.example.net'])).toBe('https://api.example.net/x');
    for (const bad of ['https://evil.example/x', '//evil.example/x', 'http://acme.example.com/x', 'https://acme.example.com.evil.example', 'https://u@acme.example.com/', 'https://acme.example.com@evil.example/', 'javascript:alert(1)']) {
      expect(() => port.sameOrigin(bad)).toThrow(ProtocolError);
    }
  });
});

describe('proxies and certificates', () => {
  it('takes the proxy of the standard environment, but not for loopback', async () => {
    const asked: string[] = [];
    const proxy = createServer((request, response) => { asked.push(request.url!); response.end('{}'); });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const before = process.env['HTTP_PROXY'];
    process.env['HTTP_PROXY'] = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    try {
      script = [json(200, {})];
      await http({ baseUrl: 'http://vendor.invalid' }).send({ url: '/x' });
      await http().send({ url: '/direct' });
    } finally {
      if (before === undefined) delete process.env['HTTP_PROXY']; else process.env['HTTP_PROXY'] = before;
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    }

    expect(asked).toEqual(['http://vendor.invalid/x']);
    expect(seen.map((s) => s.url)).toEqual(['/direct']);
  });

  describe('over TLS', () => {
    const fixture = (name: string): URL => new URL(`./fixtures/${name}`, import.meta.url);
    const withTls = async (certificate: string, run: (secure: string) => Promise<void>): Promise<void> => {
      const secure = createSecureServer({ key: readFileSync(fixture('key.pem')), cert: readFileSync(fixture(certificate)) }, (_request, response) => response.end('{"ok":1}'));
      await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
      try {
        await run(`https://127.0.0.1:${(secure.address() as AddressInfo).port}`);
      } finally {
        secure.closeAllConnections();
        await new Promise((resolve) => secure.close(resolve));
      }
    };

    it('refuses a certificate that nobody vouches for, at once and with the next step', async () => {
      await withTls('self-signed.pem', async (secure) => {
        const port = http({ baseUrl: secure });
        const error = await failureOf(port.send({ url: '/a' }));

        expect(error).toBeInstanceOf(UnavailableError);
        expect(error.message).toContain('not trusted');
        expect(error.hint).toContain('tls.caFile');
        expect(port.calls).toBe(1);
      });
    });

    it('accepts it by caFile, or when told not to look', async () => {
      await withTls('self-signed.pem', async (secure) => {
        expect((await http({ baseUrl: secure, tls: { caFile: 'self-signed.pem' }, folder: fileURLToPath(fixture('.')) }).send({ url: '/a' })).json()).toEqual({ ok: 1 });
        expect((await http({ baseUrl: secure, tls: { rejectUnauthorized: false } }).send({ url: '/a' })).json()).toEqual({ ok: 1 });
      });
    });

    it('refuses one that is over, though its authority is known', async () => {
      await withTls('expired.pem', async (secure) => {
        const error = await failureOf(http({ baseUrl: secure, tls: { caFile: 'expired.pem' }, folder: fileURLToPath(fixture('.')) }).send({ url: '/a' }));
        expect(error.message).toContain('CERT_HAS_EXPIRED');
      });
    });

    it('goes through a proxy of the environment by CONNECT', async () => {
      const asked: string[] = [];
      const proxy = createServer();
      const sockets: Socket[] = [];
      proxy.on('connection', (socket) => sockets.push(socket));
      await withTls('self-signed.pem', async (secure) => {
        proxy.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
          asked.push(request.url!);
          const upstream = connect(Number(new URL(secure).port), '127.0.0.1', () => { socket.write('HTTP/1.1 200 OK\r\n\r\n'); upstream.write(head); upstream.pipe(socket).pipe(upstream); });
          upstream.on('error', () => socket.destroy());
          socket.on('error', () => upstream.destroy());
        });
        await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
        const before = process.env['HTTPS_PROXY'];
        process.env['HTTPS_PROXY'] = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
        try {
          const response = await http({ baseUrl: 'https://vendor.invalid', tls: { caFile: 'self-signed.pem', rejectUnauthorized: false }, folder: fileURLToPath(fixture('.')) }).send({ url: '/a' });
          expect(response.json()).toEqual({ ok: 1 });
        } finally {
          if (before === undefined) delete process.env['HTTPS_PROXY']; else process.env['HTTPS_PROXY'] = before;
          // tunnels are no longer the server's to close
          for (const socket of sockets) socket.destroy();
        }
      });
      await new Promise((resolve) => proxy.close(resolve));
      expect(asked).toEqual(['vendor.invalid:443']);
    });
  });

  it('names a file of certificates that cannot be used', () => {
    expect(() => http({ tls: { caFile: 'nowhere.pem' }, folder: '/etc' })).toThrow(/nowhere\.pem cannot be read/);
    expect(() => http({ tls: { caFile: 'package.json' } })).toThrow(/holds no PEM certificate/);
  });
});

it('keeps connections for reuse and lets go of them when closed', async () => {
  script = [json(200, {})];
  const sockets: Socket[] = [];
  const note = (socket: Socket): void => { sockets.push(socket); };
  server.on('connection', note);
  const port = http();
  await port.send({ url: '/a' });
  await port.send({ url: '/a' });
  server.off('connection', note);
  expect(sockets).toHaveLength(1);
  const closed = new Promise((resolve) => sockets[0]!.once('close', resolve));

  port.close();

  await closed;
});
