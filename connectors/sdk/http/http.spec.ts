import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { fakeClock } from '../conformance/doubles.js';
import {
  AuthenticationError, ConflictError, NotFoundError, PermissionError, ProtocolError, RateLimitedError, RejectedError, SourceConfigurationError, UnavailableError,
  type Authenticator, type HttpRequest,
} from '../contract/index.js';
import { mustBeJson } from './index.js';
import { failureOf, json, raw, scriptedServer } from './scripted.js';

const at = scriptedServer();

describe('a request', () => {
  it('goes below baseUrl with encoded query, own user agent and no cookies', async () => {
    at.script = [json(200, { ok: 1 }, { 'set-cookie': 'JSESSIONID=1' })];
    const port = at.http({ baseUrl: `${at.url}/prefix` });

    await port.send({ url: '/api/things', query: { q: 'a=b^c é', none: undefined, n: 3 } });
    await port.send({ url: 'api/things?x=1', query: { y: 2 } });

    expect(at.seen.map((s) => s.url)).toEqual(['/prefix/api/things?q=a%3Db%5Ec%20%C3%A9&n=3', '/prefix/api/things?x=1&y=2']);
    expect(at.seen[1]!.headers).toMatchObject({ 'user-agent': 'Lockstep/1.2.3', accept: 'application/json' });
    expect(at.seen[1]!.headers.cookie).toBeUndefined();
    expect(port.calls).toBe(2);
  });

  it('sends objects as JSON, text and bytes as they are', async () => {
    at.script = [json(200, {})];
    const port = at.http();

    await port.send({ method: 'POST', url: '/a', body: { serial: '0012' } });
    await port.send({ method: 'POST', url: '/a', body: 'a=1&b=2', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
    await port.send({ method: 'PUT', url: '/a', body: new Uint8Array([104, 105]) });

    expect(at.seen.map((s) => [s.headers['content-type'], s.body])).toEqual([
      ['application/json', '{"serial":"0012"}'], ['application/x-www-form-urlencoded', 'a=1&b=2'], ['application/octet-stream', 'hi'],
    ]);
  });

  it('gives status, lower-case headers, text, JSON and the server time', async () => {
    at.script = [json(200, { a: 1 }, { Date: 'Fri, 20 Nov 2026 09:59:58 GMT', 'X-Thing': 'y' })];

    const response = await at.http().send({ url: '/a' });

    expect(response).toMatchObject({ status: 200, text: '{"a":1}', serverTime: Date.parse('2026-11-20T09:59:58Z') });
    expect(response.headers['x-thing']).toBe('y');
    expect(response.json()).toEqual({ a: 1 });
  });

  it.each([
    ['gzip', gzipSync('{"a":"ä"}')], ['deflate', deflateSync('{"a":"ä"}')], ['deflate', deflateRawSync('{"a":"ä"}')], ['br', brotliCompressSync('{"a":"ä"}')],
  ])('reads %s', async (encoding, body) => {
    at.script = [raw({ 'content-encoding': encoding, 'content-type': 'application/json' }, body)];

    expect((await at.http().send({ url: '/a' })).json()).toEqual({ a: 'ä' });
  });

  it('refuses addresses that hold credentials', async () => {
    expect(await failureOf(at.http().send({ url: 'http://u:p@127.0.0.1/' }))).toBeInstanceOf(SourceConfigurationError);
    expect(() => at.http({ baseUrl: 'https://u:p@example.com' })).toThrow(SourceConfigurationError);
    expect(() => at.http({ baseUrl: 'ftp://example.com' })).toThrow(SourceConfigurationError);
    expect(at.seen).toEqual([]);
  });
});

describe('failures by status', () => {
  it.each([
    [400, RejectedError], [401, AuthenticationError], [403, PermissionError], [404, NotFoundError], [410, NotFoundError], [405, RejectedError], [407, SourceConfigurationError],
    [409, ConflictError], [412, ConflictError], [415, RejectedError], [422, RejectedError], [501, RejectedError],
  ])('%i is told at once', async (status, type) => {
    at.script = [json(status, { error: { message: 'No', detail: 'because' } }, { 'X-Request-Id': 'r-7' })];

    const error = await failureOf(at.http().send({ url: '/api/things?token=verysecret', stream: 'laptops' }));

    expect(error).toBeInstanceOf(type);
    expect(error.vendorWords).toBe('No: because');
    expect(error.message).toContain(`acme-prod laptops: GET ${at.url}/api/things answered ${status}`);
    expect(error.request).toEqual({ source: 'acme-prod', stream: 'laptops', method: 'GET', url: `${at.url}/api/things`, status, requestId: 'r-7' });
    expect(at.seen).toHaveLength(1);
  });

  it('hands expected statuses back', async () => {
    at.script = [json(404, { none: true })];

    expect((await at.http().send({ url: '/a', expect: [404] })).status).toBe(404);
  });

  it.each([500, 502, 503, 504, 408])('%i is tried 8 times with full jitter, then told', async (status) => {
    at.script = [json(status, '<html><title>Down</title><h1>Sorry</h1></html>')];

    const error = await failureOf(at.http().send({ url: '/a' }));

    expect(error).toBeInstanceOf(UnavailableError);
    expect(error.message).toContain('given up after 8 tries');
    expect(error.vendorWords).toBe('Down Sorry');
    expect(at.seen).toHaveLength(8);
    expect(at.clock.sleeps).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000]);
  });

  it('500 twice, then well', async () => {
    at.script = [json(500, {}), json(500, {}), json(200, { ok: true })];

    expect((await at.http().send({ url: '/a' })).json()).toEqual({ ok: true });
    expect(at.log.entries.filter((e) => e.level === 'warn')).toHaveLength(2);
  });

  it('a write of unknown outcome is not sent again, unless it may be', async () => {
    at.script = [json(500, {})];
    const port = at.http();

    await failureOf(port.send({ method: 'POST', url: '/a', body: {} }));
    expect(at.seen).toHaveLength(1);
    await failureOf(port.send({ method: 'PATCH', url: '/a', body: {}, idempotent: true }));
    expect(at.seen).toHaveLength(9);
  });
});

describe('throttling', () => {
  it('waits the seconds of Retry-After, no call before', async () => {
    at.script = [json(429, {}, { 'retry-after': '7' }), json(200, {})];

    await at.http().send({ url: '/a' });

    expect(at.seen[1]!.at - at.seen[0]!.at).toBe(7_000);
  });

  it("waits until an HTTP date, judged by the server's own clock", async () => {
    const skewed = at.clock.now() + 3_600_000;
    at.script = [json(429, {}, { date: new Date(skewed).toUTCString(), 'retry-after': new Date(skewed + 9_000).toUTCString() }), json(200, {})];

    await at.http().send({ url: '/a' });

    expect(at.seen[1]!.at - at.seen[0]!.at).toBe(9_000);
  });

  it('backs off from 5 s where nothing is said', async () => {
    at.script = [json(429, ''), json(429, ''), json(200, {})];

    await at.http().send({ url: '/a' });

    expect(at.clock.sleeps).toEqual([2_500, 5_000]);
  });

  it('holds the whole source still', async () => {
    let release = (): void => undefined;
    const arrived = new Promise<void>((resolve) => { release = resolve; });
    const manual = fakeClock('2026-11-20T10:00:00Z', { manual: true });
    at.script = [(request, response) => { json(429, {}, { 'retry-after': '60' })(request, response, ''); release(); }, json(200, {})];
    const port = at.http({ clock: manual, concurrency: 4 });
    const first = port.send({ url: '/a' });
    await arrived;
    await manual.waiting(1);

    const second = port.send({ url: '/b' });
    await manual.waiting(2);
    expect(at.seen.map((s) => s.url)).toEqual(['/a']);
    manual.advance(60_000);
    await Promise.all([first, second]);

    expect(at.seen.map((s) => s.url).sort()).toEqual(['/a', '/a', '/b']);
  });

  it('ends after 8 calls with what was asked', async () => {
    at.script = [json(429, { message: 'slow down' }, { 'retry-after': '3' })];

    const error = await failureOf(at.http().send({ url: '/a' }));

    expect(error).toBeInstanceOf(RateLimitedError);
    expect((error as RateLimitedError).retryAfterMs).toBe(3_000);
    expect(error.message).toContain('slow down');
    expect(at.seen).toHaveLength(8);
  });

  it('does not wait longer than allowed in all', async () => {
    at.script = [json(429, {}, { 'retry-after': '86400' })];

    const error = await failureOf(at.http().send({ url: '/a' }));

    expect(error.message).toContain('longer than allowed');
    expect(at.seen).toHaveLength(1);
    expect(at.clock.sleeps).toEqual([]);
  });
});

describe('judge', () => {
  it('can call a 200 a failure and name its wait and its error', async () => {
    const judge: HttpRequest['judge'] = (response) => (response.text.includes('quota') ? { kind: 'retry', reason: 'quota', afterMs: 1_500 } : undefined);
    at.script = [json(200, { error: 'quota' }), json(200, { result: [] })];

    expect((await at.http().send({ url: '/a', judge })).json()).toEqual({ result: [] });
    expect(at.clock.sleeps).toEqual([1_500]);
  });

  it('can end it', async () => {
    at.script = [json(200, {})];
    const mine = new RejectedError('mine');

    expect(await failureOf(at.http().send({ url: '/a', judge: () => ({ kind: 'fail', error: mine }) }))).toBe(mine);
    expect(mine.message).toContain(`acme-prod: GET ${at.url}/a: mine`);
    expect(mine.request).toMatchObject({ status: 200 });
  });

  it('may make an error of words that hold what was sent', async () => {
    at.script = [json(200, {})];
    const judge: HttpRequest['judge'] = () => ({ kind: 'fail', error: new RejectedError('bad hunter2hunter2', undefined, { vendorWords: 'we got hunter2hunter2' }) });

    const error = await failureOf(at.http({ secrets: ['hunter2hunter2'] }).send({ url: '/a', judge }));

    expect(JSON.stringify([error.message, error.vendorWords, error.stack])).not.toContain('hunter2');
    expect(error.vendorWords).toBe('we got [redacted]');
  });

  it.each([
    ['cut JSON', '{"result":[{"a":1},{"a"', 'broken JSON'],
    ['a login page', '<!DOCTYPE html><html><form>Sign in</form></html>', 'a web page'],
    ['nothing', '', 'an empty body'],
  ])('%s behind a 200 is tried again, then a ProtocolError', async (_name, body, words) => {
    at.script = [json(200, body), json(200, { ok: true })];
    expect((await at.http().send({ url: '/a', judge: mustBeJson })).json()).toEqual({ ok: true });

    at.script = [json(200, body)];
    at.seen = [];
    const error = await failureOf(at.http().send({ url: '/a', judge: mustBeJson }));

    expect(error).toBeInstanceOf(ProtocolError);
    expect(error.retryable).toBe(true);
    expect(error.message).toContain(words);
    expect(error.hint).toBeDefined();
    expect(at.seen).toHaveLength(8);
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
    at.script = [json(401, {}), json(200, {})];

    await at.http().withAuth(auth(['token-one-1', 'token-two-2'])).send({ url: '/a' });

    expect(at.seen.map((s) => s.headers.authorization)).toEqual(['Bearer token-one-1', 'Bearer token-two-2']);
  });

  it('fail for good at the second 401, with the hint', async () => {
    at.script = [json(401, { error: { message: 'User Not Authenticated' } })];

    const error = await failureOf(at.http().withAuth(auth(['token-one-1', 'token-two-2', 'token-three'])).send({ url: '/a' }));

    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.hint).toBe('Check the client secret.');
    expect(at.seen).toHaveLength(2);
  });

  it('may be fetched through the same port, without credentials on that call', async () => {
    at.script = [json(200, { access_token: 'fetched-token' }), json(200, {})];
    const fetching: Authenticator = {
      async authorise(send) { return { authorization: `Bearer ${(await send({ method: 'POST', url: '/token', body: 'x=1' })).json().access_token}` }; },
      reject: () => false,
    };

    await at.http().withAuth(fetching).send({ url: '/a' });

    expect(at.seen.map((s) => [s.url, s.headers.authorization])).toEqual([['/token', undefined], ['/a', 'Bearer fetched-token']]);
  });

  it('never reach another host: a redirect there is refused', async () => {
    let elsewhere = 0;
    const other = createServer((_request, response) => { elsewhere += 1; response.end('{}'); });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const target = `http://127.0.0.1:${(other.address() as AddressInfo).port}/steal?ticket=abc`;
    at.script = [json(302, {}, { location: target })];

    const error = await failureOf(at.http().withAuth(auth(['token-one-1'])).send({ url: '/a' }));

    expect(error).toBeInstanceOf(SourceConfigurationError);
    expect(error.message).toContain('/steal');
    expect(error.message).not.toContain('ticket');
    expect([elsewhere, at.seen.length]).toEqual([0, 1]);
    await new Promise((resolve) => other.close(resolve));
  });

  it('follow a redirect within the origin once', async () => {
    at.script = [json(301, {}, { location: '/b' }), json(200, { ok: 1 })];
    await at.http().send({ url: '/a' });
    expect(at.seen.map((s) => s.url)).toEqual(['/a', '/b']);

    at.script = [json(301, {}, { location: '/b' })];
    at.seen = [];
    expect(await failureOf(at.http().send({ url: '/a' }))).toBeInstanceOf(SourceConfigurationError);
    expect(at.seen).toHaveLength(2);
  });

  it('stand in no message, log or cause, whatever the vendor echoes', async () => {
    const secret = 'S3cr&t/p+ä"w\\rd';
    const basic = Buffer.from(`user:${secret}`).toString('base64');
    const echo = [secret, encodeURIComponent(secret), JSON.stringify(secret), basic, 'token-one-1'].join(' | ');
    at.script = [json(500, { error: { message: echo } })];

    const error = await failureOf(at.http({ secrets: [secret] }).withAuth(auth(['token-one-1'])).send({ url: `/a/${encodeURIComponent(secret)}` }));

    const everything = JSON.stringify([error.message, error.vendorWords, error.stack, error.request, (error.cause as Error)?.message, at.log.entries]);
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), basic, 'token-one-1']) {
      expect(everything).not.toContain(form);
      expect(everything).not.toContain(JSON.stringify(form).slice(1, -1));
    }
    expect(everything).toContain('[redacted]');
  });
});
