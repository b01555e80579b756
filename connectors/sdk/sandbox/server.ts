import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Clock } from '../contract/index.js';
import type { Certificate } from './certificate.js';
import { faultAnswer, type FaultSet, type SandboxAnswer } from './faults.js';
import { transmit } from './transmit.js';
import type { Fault, LoggedRequest, RequestPurpose } from './types.js';

/** One request as the vendor's part sees it: the log entry, and the parsed parts. */
export interface SandboxRequest {
  readonly log: LoggedRequest;
  readonly method: string;
  readonly path: string;
  readonly params: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** As the client addressed it, for links in answers. */
  readonly origin: string;
  /** A data fault that this answer must show (`bendPage`). */
  readonly fault?: Fault;
  /** ms UTC by the vendor's clock. */
  readonly now: number;
}

export interface ServerOptions {
  readonly clock: Clock;
  readonly port?: number | undefined;
  /** Speak TLS with it. */
  readonly tls?: Certificate | undefined;
  readonly faults: FaultSet;
  /** What a request is for, from its method, path and query; vendors that say it in headers or a form find these in `rest`. */
  readonly classify: (
    method: string, path: string, params: URLSearchParams, rest: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  ) => { readonly purpose: RequestPurpose; readonly stream?: string };
  readonly answer: (request: SandboxRequest) => SandboxAnswer | Promise<SandboxAnswer>;
  /** Most bytes of a request body; default 5 MiB. */
  readonly maxBodyBytes?: number;
  readonly tooLarge?: () => SandboxAnswer;
  /** Compress when the client accepts gzip; default yes, as vendors do. */
  readonly compress?: boolean;
}

export interface SandboxServer {
  readonly url: string;
  requests(): readonly LoggedRequest[];
  clearRequests(): void;
  /** Most requests that were under way at once since the log was cleared. */
  peak(): number;
  /** The vendor's clock. */
  now(): number;
  setClockSkew(ms: number): void;
  close(): Promise<void>;
}

/** The clock of the machine, for a sandbox that is given none. */
export const machineClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => new Promise((resolve, reject) => {
    if (signal?.aborted === true) { reject(signal.reason as Error); return; }
    const done = (): void => { signal?.removeEventListener('abort', cancel); resolve(); };
    const timer = setTimeout(done, ms);
    const cancel = (): void => { clearTimeout(timer); reject(signal?.reason as Error); };
    signal?.addEventListener('abort', cancel, { once: true });
  }),
};

/** A server on loopback, whose every answer passes the faults in force. */
export async function startServer(options: ServerOptions): Promise<SandboxServer> {
  const scheme = options.tls === undefined ? 'http' : 'https';
  let skew = 0;
  let log: LoggedRequest[] = [];
  let underWay = 0;
  let peak = 0;
  const stopped = new AbortController();
  const now = (): number => options.clock.now() + skew;

  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const [path = '/', rawQuery = ''] = splitTarget(incoming.url ?? '/');
    const params = new URLSearchParams(rawQuery);
    const method = incoming.method ?? 'GET';
    const headers = flatten(incoming);
    const body = await readBody(incoming, options.maxBodyBytes ?? 5 * 1024 * 1024);
    const entry: LoggedRequest = {
      method, path, rawQuery, query: Object.fromEntries(params), headers, body: body ?? '', ...options.classify(method, path, params, { headers, body: body ?? '' }), status: 0, at: now(),
    };
    log.push(entry);

    const fault = options.faults.take(entry);
    if (fault !== undefined) entry.fault = fault.kind;
    const answer = body === undefined
      ? options.tooLarge?.() ?? { status: 413 }
      : (fault && faultAnswer(fault, entry, options.faults.answers, now()))
        ?? await options.answer({ log: entry, method, path, params, headers, body, origin: `${scheme}://${headers['host'] ?? '127.0.0.1'}`, ...(fault && { fault }), now: now() });

    await transmit({
      answer: options.compress === false ? answer : compressed(answer, headers, fault), fault, outgoing,
      date: new Date(now()).toUTCString(), withBody: method !== 'HEAD', clock: options.clock, stopped: stopped.signal,
      onStatus: (status) => { entry.status = status; },
    });
  };

  const take = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    underWay += 1;
    peak = Math.max(peak, underWay);
    outgoing.once('close', () => { underWay -= 1; });
    serve(incoming, outgoing).catch((error: unknown) => {
      if (stopped.signal.aborted || outgoing.destroyed) return;
      // A mistake of the sandbox itself: loud, and unlike anything that a vendor says.
      const text = error instanceof Error ? error.stack ?? error.message : String(error);
      if (!outgoing.headersSent) outgoing.writeHead(599, { 'content-type': 'text/plain' });
      outgoing.end(`sandbox failed: ${text}`);
    });
  };
  const settings = { maxHeaderSize: 128 * 1024, keepAliveTimeout: 5_000 };
  const server = options.tls === undefined ? createServer(settings, take) : createSecureServer({ ...settings, ...options.tls }, take);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', () => { server.off('error', reject); resolve(); });
  });
  const { port } = server.address() as AddressInfo;

  return {
    url: `${scheme}://127.0.0.1:${port}`,
    requests: () => log,
    clearRequests: () => { log = []; peak = underWay; },
    peak: () => peak,
    now,
    setClockSkew: (ms) => { skew = ms; },
    close: async () => {
      if (!stopped.signal.aborted) stopped.abort(new Error('sandbox closed'));
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function splitTarget(target: string): [string, string] {
  const at = target.indexOf('?');
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)];
}

function flatten(incoming: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value ?? '']));
}

/** The body as text; undefined when it is larger than allowed (the rest is read and thrown away). */
async function readBody(incoming: IncomingMessage, most: number): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    size += part.length;
    if (size <= most) parts.push(part);
  }
  return size <= most ? Buffer.concat(parts).toString('utf8') : undefined;
}

function compressed(answer: SandboxAnswer, headers: Readonly<Record<string, string>>, fault: Fault | undefined): SandboxAnswer {
  const plain = typeof answer.body === 'string' ? Buffer.from(answer.body) : undefined;
  if (plain === undefined || plain.length < 1_024 || !/\bgzip\b/.test(headers['accept-encoding'] ?? '')) return answer;
  // A body that a fault cuts or changes stays readable up to there.
  if (fault?.kind === 'malformed_body' || fault?.kind === 'truncated_body' || fault?.kind === 'reset_in_body') return answer;
  return { ...answer, headers: { ...answer.headers, 'content-encoding': 'gzip', vary: 'Accept-Encoding' }, body: gzipSync(plain, { level: 1 }) };
}

/** Parameters of a form, or undefined when the body is not one. */
export function formOf(request: SandboxRequest): URLSearchParams | undefined {
  return /^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '') ? new URLSearchParams(request.body) : undefined;
}

export const jsonAnswer = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): SandboxAnswer => ({
  status, headers: { 'content-type': 'application/json;charset=UTF-8', ...headers }, body: JSON.stringify(body),
});

export const htmlAnswer = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): SandboxAnswer => ({
  status, headers: { 'content-type': 'text/html', ...headers }, body,
});
