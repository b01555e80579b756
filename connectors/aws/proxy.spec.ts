import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer, get } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { readFault } from './errors.js';
import { ProxyAwareAgent, proxyFor } from './proxy.js';

/** For `aws.test`, self-signed, made for this test alone. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgl/OHHsVmB6ysRfu4
8X/9Ee48XXeKm53YD2lr6AWK1mehRANCAASZ1P/Z2n51OZQoj9EQPzUGBiC/hofG
5pmb5oEOB6ZuC0Dbewx5uznR4hJiaampYDGlojWD4DEG9ul6kALp09Te
-----END PRIVATE KEY-----`;
const cert = `-----BEGIN CERTIFICATE-----
MIIBkzCCATigAwIBAgIUW1BI73LqZm3xgZM3jtPCPJ9qOHIwCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIYXdzLnRlc3QwIBcNMjYxMTI0MDU0NzQ5WhgPMjEyNjEwMzEw
NTQ3NDlaMBMxETAPBgNVBAMMCGF3cy50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEmdT/2dp+dTmUKI/RED81BgYgv4aHxuaZm+aBDgembgtA23sMebs50eIS
YmmpqWAxpaI1g+AxBvbpepAC6dPU3qNoMGYwHQYDVR0OBBYEFFmBt/CbQkqNPHOi
hS603SqNiuiyMB8GA1UdIwQYMBaAFFmBt/CbQkqNPHOihS603SqNiuiyMA8GA1Ud
EwEB/wQFMAMBAf8wEwYDVR0RBAwwCoIIYXdzLnRlc3QwCgYIKoZIzj0EAwIDSQAw
RgIhAKhslaT4975+iXC6K4toBn7eG/a028KFTCgd+FzPK9mGAiEA+3/knDr9pdan
Bo11ppLiNeYhaQPRta7FME4vk2QhE7E=
-----END CERTIFICATE-----`;

const open: (() => void)[] = [];
afterEach(() => { for (const close of open.splice(0)) close(); });

const listening = async (server: { listen(port: number, host: string, done: () => void): unknown; address(): unknown }): Promise<number> => {
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return (server.address() as AddressInfo).port;
};

/** A proxy whose every tunnel ends at one TLS server, however the host is called. */
async function proxy(refusal?: number): Promise<{ readonly url: string; readonly tunnels: IncomingMessage[] }> {
  const target = createTlsServer({ key, cert }, (_request, response) => response.end('from AWS'));
  const targetPort = await listening(target);
  const tunnels: IncomingMessage[] = [];
  const sockets: Socket[] = [];
  const server = createServer();
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    tunnels.push(request);
    sockets.push(socket);
    if (refusal !== undefined) return void socket.end(`HTTP/1.1 ${refusal} No\r\n\r\n`);
    const behind = connect(targetPort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      behind.pipe(socket).pipe(behind);
    });
    sockets.push(behind);
    for (const one of [socket, behind]) one.on('error', () => undefined);
  });
  const port = await listening(server);
  open.push(() => { for (const socket of sockets) socket.destroy(); server.close(); target.close(); });
  return { url: `http://user:p%40ss@127.0.0.1:${port}`, tunnels };
}

async function ask(environment: Record<string, string>, options: object = { ca: cert }): Promise<string> {
  const agent = new ProxyAwareAgent({ keepAlive: true, ...options }, environment);
  open.push(() => agent.destroy());
  return await new Promise<string>((resolve, reject) => {
    get('https://aws.test/', { agent }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => { text += chunk.toString(); }).on('end', () => resolve(text));
    }).on('error', reject);
  });
}

it('speaks TLS with the host through the tunnel, and gives the proxy its credentials', async () => {
  const { url, tunnels } = await proxy();

  expect(await ask({ HTTPS_PROXY: url })).toBe('from AWS');

  expect(tunnels.map(({ url: host, headers }) => [host, headers['proxy-authorization']])).toEqual([['aws.test:443', `Basic ${Buffer.from('user:p@ss').toString('base64')}`]]);
});

it('trusts what it is told to trust, inside the tunnel too', async () => {
  const { url } = await proxy();

  await expect(ask({ HTTPS_PROXY: url }, {})).rejects.toThrow(/self-signed/);
});

it.each`
  status | kind
  ${407} | ${'configuration'}
  ${502} | ${'unavailable'}
`('a proxy that answers $status is $kind, and its credentials are not said', async ({ status, kind }) => {
  const { url } = await proxy(status);

  const error = await ask({ HTTPS_PROXY: url }).catch((failure: unknown) => failure as Error);

  const fault = readFault(error, Object.assign((text: string) => text, { add: () => undefined, deep: (value: unknown) => value }), 0);
  expect(fault).toMatchObject({ kind, words: expect.stringContaining(`answered ${status}`) });
  expect(fault.words).not.toContain('p%40ss');
});

it.each`
  environment                                                                  | host                             | port   | proxied
  ${{}}                                                                        | ${'ec2.eu-west-1.amazonaws.com'} | ${443} | ${undefined}
  ${{ HTTPS_PROXY: 'http://proxy:3128' }}                                      | ${'ec2.eu-west-1.amazonaws.com'} | ${443} | ${'proxy:3128'}
  ${{ https_proxy: 'http://lower:1', HTTPS_PROXY: 'http://upper:2' }}          | ${'a.b'}                         | ${443} | ${'lower:1'}
  ${{ ALL_PROXY: 'proxy:3128' }}                                               | ${'a.b'}                         | ${443} | ${'proxy:3128'}
  ${{ HTTP_PROXY: 'http://proxy:3128' }}                                       | ${'a.b'}                         | ${443} | ${undefined}
  ${{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '*' }}                       | ${'a.b'}                         | ${443} | ${undefined}
  ${{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'x, .amazonaws.com' }}       | ${'ec2.eu-west-1.amazonaws.com'} | ${443} | ${undefined}
  ${{ HTTPS_PROXY: 'http://proxy:3128', no_proxy: 'amazonaws.com' }}           | ${'ec2.eu-west-1.amazonaws.com'} | ${443} | ${undefined}
  ${{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '*.amazonaws.com' }}         | ${'EC2.amazonaws.com'}           | ${443} | ${undefined}
  ${{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'amazonaws.com:8443' }}      | ${'ec2.amazonaws.com'}           | ${443} | ${'proxy:3128'}
  ${{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'zonaws.com' }}              | ${'ec2.amazonaws.com'}           | ${443} | ${'proxy:3128'}
  ${{ HTTPS_PROXY: 'socks5://proxy:1080' }}                                    | ${'a.b'}                         | ${443} | ${undefined}
`('$environment takes $host to $proxied', ({ environment, host, port, proxied }) => expect(proxyFor(host, port, environment)?.host).toBe(proxied));
