import { readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { rootCertificates } from 'node:tls';
import axios, { type AxiosInstance } from 'axios';
import { SourceConfigurationError, type HttpRequest } from '../contract/index.js';
import { decodeText, readBody } from './body.js';

/** One call and its whole answer; throws what the client threw. Knows nothing of retries, budgets or credentials. */
export interface Exchange {
  (call: Call): Promise<Answer>;
  close(): void;
}

export interface Call {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: HttpRequest['body'];
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface ExchangeOptions {
  readonly source: string;
  readonly userAgent: string;
  readonly concurrency: number;
  readonly tls?: { readonly caFile?: string; readonly rejectUnauthorized?: boolean };
  readonly folder?: string;
  readonly axios?: AxiosInstance;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

export function createExchange(options: ExchangeOptions): Exchange {
  const client = options.axios ?? axios.create();
  const pool = { keepAlive: true, maxSockets: Math.max(1, options.concurrency) };
  const httpAgent = new HttpAgent(pool);
  const httpsAgent = new HttpsAgent({ ...pool, ...tlsOf(options) });

  const exchange = async (call: Call): Promise<Answer> => {
    const json = typeof call.body === 'object' && !(call.body instanceof Uint8Array);
    const response = await client.request<Readable>({
      method: call.method,
      url: call.url.href,
      headers: {
        accept: 'application/json', 'accept-encoding': 'gzip, deflate, br', 'user-agent': options.userAgent,
        // a bare string would be sent as a form by the client's own default
        ...(call.body !== undefined && { 'content-type': json ? 'application/json' : 'application/octet-stream' }),
        ...lowerCased(call.headers),
      },
      data: json ? JSON.stringify(call.body) : call.body instanceof Uint8Array ? Buffer.from(call.body) : call.body,
      signal: call.signal,
      adapter: 'http',
      httpAgent, httpsAgent,
      // Proxies come from the standard environment, by the client's own reading of it; loopback is never behind one.
      ...(LOOPBACK.test(call.url.hostname) && { proxy: false as const }),
      maxRedirects: 0,
      responseType: 'stream',
      decompress: false,
      maxBodyLength: Infinity,
      maxContentLength: -1,
      timeout: 0,
      validateStatus: () => true,
      transformRequest: [(data: unknown) => data],
      transformResponse: [(data: unknown) => data],
    });
    const headers: Record<string, string> = Object.create(null);
    for (const [name, value] of Object.entries(response.headers)) {
      if (value !== undefined && value !== null) headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : String(value);
    }
    const bodiless = call.method === 'HEAD' || response.status === 204 || response.status === 304;
    // The client's own abort ends with the headers; the body must hear it as well.
    const stop = (): void => { response.data.destroy(new Error('aborted')); };
    if (call.signal.aborted) stop();
    call.signal.addEventListener('abort', stop, { once: true });
    try {
      const bytes = await readBody(response.data, bodiless ? undefined : headers['content-encoding'], call.maxBytes);
      return { status: response.status, headers, text: decodeText(bytes, headers['content-type']) };
    } finally {
      call.signal.removeEventListener('abort', stop);
    }
  };
  return Object.assign(exchange, { close: () => { httpAgent.destroy(); httpsAgent.destroy(); } });
}

const lowerCased = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

function tlsOf(options: ExchangeOptions): { ca?: string[]; rejectUnauthorized?: boolean } {
  const { caFile, rejectUnauthorized } = options.tls ?? {};
  const verify = rejectUnauthorized === undefined ? {} : { rejectUnauthorized };
  if (caFile === undefined) return verify;
  const path = resolve(options.folder ?? '.', caFile);
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SourceConfigurationError(`${options.source}: tls.caFile ${path} cannot be read`, undefined, { cause, hint: 'Name a file of PEM certificates; a relative path starts at the folder of the configuration.' });
  }
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) {
    throw new SourceConfigurationError(`${options.source}: tls.caFile ${path} holds no PEM certificate`, undefined, { hint: 'It must hold -----BEGIN CERTIFICATE----- blocks.' });
  }
  // Beside the public authorities, not instead of them: a redirected or second host of the vendor may have a public one.
  return { ca: [...rootCertificates, pem], ...verify };
}
