import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isLoopbackAddress, isPublicAddress } from './address.js';

/** May never be reached, however often it is tried. */
export class ForbiddenTargetError extends Error {
  constructor(what: string) {
    super(`${what}: nothing was sent. A channel's url is https at a public address, without user and password; a receiver on this machine needs \`loopback: true\``);
    this.name = 'ForbiddenTargetError';
  }
}

export interface PostRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Only this machine itself is reached, by http too. */
  readonly loopback: boolean;
}

export interface PostAnswer {
  readonly status: number;
  readonly body: string;
  /** ms that the receiver asks to wait. */
  readonly retryAfterMs?: number;
}

/** All addresses of a host. Injected by tests: answers that change. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

const resolveBySystem: Resolve = (host) => new Promise((resolve, reject) => systemLookup(host, { all: true, verbatim: true }, (error, found) => (error ? reject(error) : resolve(found))));

const TIMEOUT_MS = 10_000;
const MOST_ANSWER = 4_096;

/**
 * Posts to where the configuration says, and nowhere else: the name is resolved once, what it resolves to is judged, and
 * that very address is connected to; another answer a moment later changes nothing. No redirect is followed, no proxy used.
 */
export async function post(request: PostRequest, signal: AbortSignal, resolve: Resolve = resolveBySystem): Promise<PostAnswer> {
  const url = judgedUrl(request);
  const admitted = request.loopback ? isLoopbackAddress : isPublicAddress;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) === 0 ? await resolve(host) : [{ address: host, family: isIP(host) }];
  if (addresses.length === 0) throw new Error(`${host} has no address`);
  if (!addresses.every(({ address }) => admitted(address))) throw new ForbiddenTargetError(`${url.host} leads to an address that is not ${request.loopback ? 'of this machine' : 'public'}`);
  return send(url, request, addresses, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]));
}

function judgedUrl({ url: text, loopback }: PostRequest): URL {
  if (!URL.canParse(text)) throw new ForbiddenTargetError('the url is none');
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(loopback && url.protocol === 'http:')) throw new ForbiddenTargetError(`the url begins with ${url.protocol}`);
  if (url.username !== '' || url.password !== '') throw new ForbiddenTargetError('the url names a user');
  if (url.hostname === '') throw new ForbiddenTargetError('the url names no host');
  return url;
}

function send(url: URL, { headers, body }: PostRequest, addresses: readonly LookupAddress[], signal: AbortSignal): Promise<PostAnswer> {
  const judged = ((_host: string, options: { readonly all?: boolean }, done: (...found: unknown[]) => void) => {
    if (options.all) done(null, [...addresses]);
    else done(null, addresses[0]?.address, addresses[0]?.family);
  }) as unknown as LookupFunction;
  const options: RequestOptions = { method: 'POST', agent: false, lookup: judged, signal, headers: { ...headers, 'content-length': String(Buffer.byteLength(body)), 'user-agent': 'lockstep', connection: 'close' } };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, (response) => {
      read(response).then((text) => resolve({ status: response.statusCode ?? 0, body: text, ...waitOf(response.headers['retry-after']) }), reject);
    });
    request.on('error', (error) => reject(signal.aborted && (signal.reason as Error).name === 'TimeoutError' ? new Error(`no answer within ${TIMEOUT_MS / 1_000} s`) : error));
    request.end(body);
  });
}

/** The beginning of what was answered: enough to know why. */
async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size >= MOST_ANSWER) break;
  }
  return Buffer.concat(chunks).toString('utf8').slice(0, MOST_ANSWER);
}

/** Seconds; a date, which the header may hold too, is left to our own waits. */
function waitOf(header: string | undefined): { readonly retryAfterMs?: number } {
  return header !== undefined && /^\d{1,6}$/.test(header.trim()) ? { retryAfterMs: Number(header) * 1_000 } : {};
}
