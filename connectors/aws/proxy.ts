import { request as httpRequest } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy for an https host, from the standard environment; undefined: none. */
export function proxyFor(host: string, port: number, environment: Environment): URL | undefined {
  const named = (name: string): string | undefined => environment[name.toLowerCase()] || environment[name] || undefined;
  const proxy = named('HTTPS_PROXY') ?? named('ALL_PROXY');
  if (proxy === undefined || isExcepted(host.toLowerCase(), port, named('NO_PROXY') ?? '')) return undefined;
  const whole = proxy.includes('://') ? proxy : `http://${proxy}`;
  return URL.canParse(whole) && /^https?:$/.test(new URL(whole).protocol) ? new URL(whole) : undefined;
}

/** Entries are hosts, `.suffixes` or `*`, with a port or without. */
function isExcepted(host: string, port: number, list: string): boolean {
  return list.split(/[\s,]+/).filter((entry) => entry !== '').some((entry) => {
    const [, name, only] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) as unknown as [string, string, string | undefined];
    if (only !== undefined && Number(only) !== port) return false;
    const bare = name.replace(/^\*(?=\.)/, '');
    return bare === '*' || host === bare.replace(/^\./, '') || host.endsWith(bare.startsWith('.') ? bare : `.${bare}`);
  });
}

/**
 * https connections, through the environment's proxy where it names one for the host: the SDK knows no proxies. TLS is
 * spoken with AWS inside the tunnel, by this agent's own options (`ca`, `rejectUnauthorized`); the proxy sees a host.
 */
export class ProxyAwareAgent extends Agent {
  constructor(options: ConstructorParameters<typeof Agent>[0], private readonly environment: Environment) {
    super(options);
  }

  override createConnection(options: any, done?: (error: Error | null, stream: Duplex) => void): any {
    const host = String(options.host ?? 'localhost');
    const port = Number(options.port ?? 443);
    const proxy = proxyFor(host, port, this.environment);
    if (proxy === undefined || done === undefined) return super.createConnection(options, done as any);
    const failed = (error: Error): void => done(error, undefined as unknown as Duplex);
    const credentials = proxy.username === '' ? undefined : `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
    const ask = (proxy.protocol === 'https:' ? httpsRequest : httpRequest)({
      host: proxy.hostname.replace(/^\[(.*)\]$/, '$1'), port: proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : Number(proxy.port), method: 'CONNECT', path: `${host}:${port}`, agent: false, timeout: 10_000,
      headers: { host: `${host}:${port}`, ...(credentials !== undefined && { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }) },
    });
    ask.once('connect', (answer, socket: Socket) => {
      if (answer.statusCode !== 200) {
        socket.destroy();
        failed(Object.assign(new Error(`the proxy ${proxy.host} answered ${answer.statusCode} to CONNECT`), answer.statusCode === 407 ? { $metadata: { httpStatusCode: 407 } } : { code: 'ECONNREFUSED' }));
        return;
      }
      socket.setTimeout(0);
      const { path: _path, ...rest } = options as ConnectionOptions & { path?: string };
      done(null, connectTls({ ...rest, socket, servername: (rest.servername as string | undefined) || host }));
    });
    ask.once('timeout', () => ask.destroy(Object.assign(new Error(`the proxy ${proxy.host} did not answer CONNECT`), { code: 'ETIMEDOUT' })));
    ask.once('error', failed);
    ask.end();
    return undefined;
  }
}
