import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { fakeClock } from '../conformance/doubles.js';
import { InterruptedError, ProtocolError, UnavailableError } from '../contract/index.js';
import { failureOf, json, raw, scriptedServer, type Reply } from './scripted.js';

const at = scriptedServer();

describe('transport', () => {
  const reset: Reply = (request) => { request.socket.resetAndDestroy(); };

  it.each<[string, Reply]>([
    ['a reset before the headers', reset],
    ['a reset in the body', (request, response) => { response.writeHead(200, { 'content-length': '1000' }); response.write('{"a":', () => request.socket.resetAndDestroy()); }],
    ['a body cut short', (request, response) => { response.writeHead(200, { 'content-length': '1000' }); response.write('{"a":1', () => request.socket.end()); }],
    ['a cut chunked body', (request, response) => { response.writeHead(200); response.write('{"a":1', () => request.socket.destroy()); }],
    ['a cut gzip body', (_request, response) => { response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"a":1234567}').subarray(0, 15)); }],
  ])('%s is tried again', async (_name, reply) => {
    at.script = [reply, reply, json(200, { ok: true })];

    expect((await at.http().send({ url: '/a' })).json()).toEqual({ ok: true });
  });

  it('gives up after 8 resets, with a hint', async () => {
    at.script = [reset];

    const error = await failureOf(at.http().send({ url: '/a', stream: 'laptops' }));

    expect(error).toBeInstanceOf(UnavailableError);
    expect(error.message).toContain('acme-prod laptops');
    expect(error.hint).toBeDefined();
    expect(at.seen).toHaveLength(8);
  });

  it('a refused connection is tried again even for a write, and named', async () => {
    const gone = await new Promise<string>((resolve) => { const s = createServer().listen(0, '127.0.0.1', () => { const { port } = s.address() as AddressInfo; s.close(() => resolve(`http://127.0.0.1:${port}`)); }); });
    const port = at.http({ baseUrl: gone });

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
    at.script = [(request, response, body) => { reply(request, response, body); arrived(); }, json(200, { ok: true })];
    const came = new Promise<void>((resolve) => { arrived = resolve; });
    const pending = at.http({ timeoutMs: 30_000, deadline: (ms, fire) => { expect(ms).toBe(30_000); due.push(fire); return () => undefined; } }).send({ url: '/a' });
    await came;

    due[0]!();

    expect((await pending).json()).toEqual({ ok: true });
    expect(at.log.entries.some((e) => JSON.stringify(e).includes('no whole answer within 30000 ms'))).toBe(true);
  });

  it('cuts a gzip bomb while it streams', async () => {
    at.script = [raw({ 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(40 * 1024 * 1024)))];

    const error = await failureOf(at.http().send({ url: '/a' }));

    expect(error).toBeInstanceOf(ProtocolError);
    expect(error.message).toContain('grows more than 100 times');
    expect(at.seen).toHaveLength(1);
  });

  it('cuts what is larger than allowed', async () => {
    at.script = [json(200, 'x'.repeat(2_000))];

    expect((await failureOf(at.http().send({ url: '/a', maxBytes: 1_000 }))).message).toContain('larger than 1000 bytes');
  });

  it('is interrupted in a wait and in flight', async () => {
    const manual = fakeClock('2026-11-20T10:00:00Z', { manual: true });
    at.script = [json(503, {})];
    const waiting = at.http({ clock: manual }).send({ url: '/a' });
    await manual.waiting(1);
    at.stop.abort();
    expect(await failureOf(waiting)).toBeInstanceOf(InterruptedError);

    at.stop = new AbortController();
    let arrived = (): void => undefined;
    const came = new Promise<void>((resolve) => { arrived = resolve; });
    at.script = [() => arrived()];
    const flying = at.http().send({ url: '/a' });
    await came;
    at.stop.abort();
    expect(await failureOf(flying)).toBeInstanceOf(InterruptedError);
    expect(await failureOf(at.http().send({ url: '/a' }))).toBeInstanceOf(InterruptedError);
  });

  it('keeps to the places of the source, over all its ports', async () => {
    const held: ServerResponse[] = [];
    let arrived = (): void => undefined;
    const two = new Promise<void>((resolve) => { arrived = resolve; });
    at.script = [(_request, response) => { held.push(response); if (held.length === 2) arrived(); }];
    const port = at.http({ concurrency: 2 });
    const all = [port, port.withPace({ requests: 100, perMs: 1 }), port, port].map((p) => p.send({ url: '/a' }));
    await two;

    expect(at.seen).toHaveLength(2);
    at.script = [json(200, {})];
    for (const response of held) response.end('{}');
    await Promise.all(all);

    expect(at.seen).toHaveLength(4);
  });

  it('keeps a rolling pace', async () => {
    at.script = [json(200, {})];
    const port = at.http().withPace({ requests: 5, perMs: 30_000 });

    for (let i = 0; i < 12; i += 1) await port.send({ url: '/a' });

    for (let i = 5; i < at.seen.length; i += 1) expect(at.seen[i]!.at - at.seen[i - 5]!.at).toBeGreaterThanOrEqual(30_000);
    expect(at.seen[11]!.at - at.seen[0]!.at).toBe(60_000);
  });
});

describe('links', () => {
  it('are followed within the origin only', () => {
    const port = at.http({ baseUrl: 'https://acme.example.com' });

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
      at.script = [json(200, {})];
      await at.http({ baseUrl: 'http://vendor.invalid' }).send({ url: '/x' });
      await at.http().send({ url: '/direct' });
    } finally {
      if (before === undefined) delete process.env['HTTP_PROXY']; else process.env['HTTP_PROXY'] = before;
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    }

    expect(asked).toEqual(['http://vendor.invalid/x']);
    expect(at.seen.map((s) => s.url)).toEqual(['/direct']);
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
        const port = at.http({ baseUrl: secure });
        const error = await failureOf(port.send({ url: '/a' }));

        expect(error).toBeInstanceOf(UnavailableError);
        expect(error.message).toContain('not trusted');
        expect(error.hint).toContain('tls.caFile');
        expect(port.calls).toBe(1);
      });
    });

    it('accepts it by caFile, or when told not to look', async () => {
      await withTls('self-signed.pem', async (secure) => {
        expect((await at.http({ baseUrl: secure, tls: { caFile: 'self-signed.pem' }, folder: fileURLToPath(fixture('.')) }).send({ url: '/a' })).json()).toEqual({ ok: 1 });
        expect((await at.http({ baseUrl: secure, tls: { rejectUnauthorized: false } }).send({ url: '/a' })).json()).toEqual({ ok: 1 });
      });
    });

    it('refuses one that is over, though its authority is known', async () => {
      await withTls('expired.pem', async (secure) => {
        const error = await failureOf(at.http({ baseUrl: secure, tls: { caFile: 'expired.pem' }, folder: fileURLToPath(fixture('.')) }).send({ url: '/a' }));
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
          const response = await at.http({ baseUrl: 'https://vendor.invalid', tls: { caFile: 'self-signed.pem', rejectUnauthorized: false }, folder: fileURLToPath(fixture('.')) }).send({ url: '/a' });
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
    expect(() => at.http({ tls: { caFile: 'nowhere.pem' }, folder: '/etc' })).toThrow(/nowhere\.pem cannot be read/);
    expect(() => at.http({ tls: { caFile: 'package.json' } })).toThrow(/holds no PEM certificate/);
  });
});

it('keeps connections for reuse and lets go of them when closed', async () => {
  at.script = [json(200, {})];
  const sockets: Socket[] = [];
  const note = (socket: Socket): void => { sockets.push(socket); };
  at.server.on('connection', note);
  const port = at.http();
  await port.send({ url: '/a' });
  await port.send({ url: '/a' });
  at.server.off('connection', note);
  expect(sockets).toHaveLength(1);
  const closed = new Promise((resolve) => sockets[0]!.once('close', resolve));

  port.close();

  await closed;
});
