import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { isPublicAddress } from './address.js';
import { ForbiddenTargetError, post, type Resolve } from './post.js';

/** Every way to write an address that is not public, and what else no channel may name. */
const FORBIDDEN: readonly string[] = [
  // plain, and what is no unicast address
  ...['127.0.0.1', '127.1', '127.0.1', '127.255.255.254', '0.0.0.0', '0', '10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', '192.168.255.255', '169.254.169.254', '169.254.170.2', '169.254.0.1', '100.64.0.1', '100.127.255.255', '100.100.100.200', '192.0.0.192', '192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255'].map((host) => `https://${host}/`),
  // decimal, octal, hexadecimal, mixed, short
  ...['2130706433', '2852039166', '3232235777', '167772161', '017700000001', '0177.0.0.1', '0177.0.0.01', '0251.0376.0251.0376', '0x7f000001', '0x7f.0.0.1', '0x7f.1', '0xa9fea9fe', '0xA9.0xFE.0xA9.0xFE', '0xa9.254.0251.254', '169.254.43518', '169.16689662', '10.1', '192.168.257', '172.1048577', '00000000177.0.0.1', '0x00000000007f.0.0.1'].map((host) => `https://${host}/`),
  // IPv6, mapped, compatible, translated, tunnelled, local
  ...['[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[0000:0000:0000:0000:0000:0000:0000:0001]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::ffff:169.254.169.254]', '[::ffff:a9fe:a9fe]', '[0:0:0:0:0:ffff:10.0.0.1]', '[::ffff:192.168.1.1]', '[::127.0.0.1]', '[::7f00:1]', '[64:ff9b::127.0.0.1]', '[64:ff9b::a9fe:a9fe]', '[64:ff9b:1::1]', '[2002:7f00:1::]', '[2002:a9fe:a9fe::1]', '[2001:0:7f00:1::]', '[2001:db8::1]', '[fe80::1]', '[fe80::a9fe:a9fe]', '[fc00::1]', '[fd00:ec2::254]', '[fec0::1]', '[ff02::1]', '[100::1]'].map((host) => `https://${host}/`),
  // names for this machine, trailing dots, other digits and dots
  ...['localhost', 'LOCALHOST', 'localhost.', 'a.localhost', '127.0.0.1.', '①②⑦.⓪.⓪.①', '１２７.0.0.1', '127。0。0。1', '127．0．0．1', 'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ', 'lOcAlHoSt', '%6c%6f%63%61%6c%68%6f%73%74', '%31%32%37.0.0.1'].map((host) => `https://${host}/`),
  // another way to say where to go
  'https://user@hooks.example.com/', 'https://user:secret@hooks.example.com/', 'https://hooks.example.com@127.0.0.1/', 'https://hooks.example.com:443@169.254.169.254/', 'https://:x@hooks.example.com/', 'http://hooks.example.com/', 'http://127.0.0.1/', 'ftp://hooks.example.com/', 'file:///etc/passwd', 'gopher://127.0.0.1:25/', 'data:text/plain,x', 'javascript:1', 'https://', 'https:///127.0.0.1/', 'hooks.example.com', '', '//127.0.0.1/', 'https:127.0.0.1/', 'https:\\\\127.0.0.1\\', 'https://127.0.0.1:443#@hooks.example.com/', 'https://127.0.0.1\\@hooks.example.com/', 'https://169.254.169.254/latest/meta-data/iam/', 'HTTPS://127.0.0.1/',
  // names whose answers lead inside
  'https://inside.example.com/', 'https://metadata.example.com/', 'https://six.example.com/', 'https://one-of-two.example.com/', 'https://xn--n3h.example.com/', 'https://☃.example.com/', 'https://changes.example.com/',
];

const ANSWERS: Readonly<Record<string, readonly string[]>> = { 'inside.example.com': ['10.1.2.3'], 'metadata.example.com': ['169.254.169.254'], 'six.example.com': ['::1'], 'one-of-two.example.com': ['93.184.215.14', '192.168.0.1'], 'xn--n3h.example.com': ['127.0.0.1'] };
let asked = 0;
/** As hostile as a name server can be. Names that no one should ask for lead to this machine. */
const resolve: Resolve = async (host) => {
  asked++;
  return (ANSWERS[host] ?? ['127.0.0.1']).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
};

describe('where a notification may go', () => {
  const connections: string[] = [];
  let server: Server;
  let port = 0;
  let answer: { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string } = { status: 200, body: 'ok' };
  const requests: { readonly url: string; readonly body: string; readonly headers: Record<string, unknown> }[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        requests.push({ url: request.url ?? '', body, headers: request.headers });
        response.writeHead(answer.status, answer.headers).end(answer.body);
      });
    }).on('connection', (socket: Socket) => connections.push(socket.remoteAddress ?? ''));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => new Promise((done) => server.close(done)));
  const never = new AbortController().signal;
  const sending = (url: string, loopback = false) => post({ url, loopback, headers: { 'content-type': 'application/json' }, body: '{}' }, never, resolve);

  it('has more than a hundred forms to refuse', () => expect(new Set(FORBIDDEN).size).toBeGreaterThanOrEqual(100));

  it.each(FORBIDDEN)('refuses %p', async (url) => {
    const aimed = url.replace(/^(https?:\/\/)((?:\[[^\]]*\])|[^/@:\\#[\]]+)\/$/, `$1$2:${port}/`);

    await expect(sending(aimed)).rejects.toThrow(ForbiddenTargetError);
    expect(connections).toEqual([]);
  });

  it('a receiver on this machine is reached only where that was said, and then nothing else', async () => {
    await expect(sending(`http://127.0.0.1:${port}/hook`)).rejects.toThrow('the url begins with http:');
    await expect(sending('https://93.184.215.14/', true)).rejects.toThrow('not of this machine');
    await expect(sending('http://169.254.169.254/', true)).rejects.toThrow(ForbiddenTargetError);
    expect(connections).toEqual([]);
    expect(await sending(`http://127.0.0.1:${port}/hook?x=1`, true)).toEqual({ status: 200, body: 'ok' });
    expect(requests).toMatchObject([{ url: '/hook?x=1', body: '{}', headers: { 'content-type': 'application/json', host: `127.0.0.1:${port}` } }]);
  });

  it('connects to the answer that was judged: another one a moment later counts for nothing', async () => {
    const answers = [['127.0.0.1'], ['10.0.0.1'], ['10.0.0.1']];
    let turn = 0;
    const changing: Resolve = async () => (answers[turn++] ?? []).map((address) => ({ address, family: 4 }));

    expect(await post({ url: `http://moving.example.com:${port}/`, loopback: true, headers: {}, body: '' }, never, changing)).toMatchObject({ status: 200 });
    expect(turn).toBe(1);
  });

  it('follows no redirect', async () => {
    answer = { status: 302, headers: { location: `http://127.0.0.1:${port}/elsewhere` } };
    const before = requests.length;

    expect(await sending(`http://127.0.0.1:${port}/`, true)).toMatchObject({ status: 302 });
    expect(requests.length - before).toBe(1);
  });

  it('reads how long to wait, and only the beginning of an answer', async () => {
    answer = { status: 429, headers: { 'retry-after': '7' }, body: 'x'.repeat(100_000) };

    const { status, body, retryAfterMs } = await sending(`http://127.0.0.1:${port}/`, true);

    expect([status, body.length, retryAfterMs]).toEqual([429, 4_096, 7_000]);
  });

  it('fails where nobody listens, and stops when it is told to', async () => {
    await new Promise((done) => server.close(done));
    await expect(sending(`http://127.0.0.1:${port}/`, true)).rejects.toThrow('ECONNREFUSED');
    await expect(post({ url: `http://127.0.0.1:${port}/`, loopback: true, headers: {}, body: '' }, AbortSignal.abort(new Error('stopped')), resolve)).rejects.toThrow();
  });

  it('asked names that are names', () => expect(asked).toBeGreaterThan(0));
});

it.each(['8.8.8.8', '93.184.215.14', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8'])('%s is public', (address) => expect(isPublicAddress(address)).toBe(true));
