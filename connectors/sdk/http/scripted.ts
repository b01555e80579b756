import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fakeClock, recordingLog, type FakeClock, type RecordingLog } from '../conformance/doubles.js';
import type { SourceError } from '../contract/index.js';
import { createHttp, type HttpOptions, type SourceHttp } from './index.js';

export type Reply = (request: IncomingMessage, response: ServerResponse, body: string) => void;
export interface Seen { readonly method: string; readonly url: string; readonly headers: IncomingMessage['headers']; readonly body: string; readonly at: number }

/** What the specs of this folder share: a server that answers from a script, and ports to it. */
export interface Scripted {
  readonly clock: FakeClock;
  readonly log: RecordingLog;
  readonly server: Server;
  readonly url: string;
  /** Answers in their order; the last one stays. */
  script: Reply[];
  seen: Seen[];
  stop: AbortController;
  http(options?: Partial<HttpOptions>): SourceHttp;
}

export const json = (status: number, body: unknown, headers: Record<string, string> = {}): Reply => (_request, response) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(typeof body === 'string' ? body : JSON.stringify(body));
};
export const raw = (headers: Record<string, string>, body: Uint8Array): Reply => (_request, response) => { response.writeHead(200, headers).end(body); };
export const failureOf = async (promise: Promise<unknown>): Promise<SourceError> => await promise.then(() => { throw new Error('it succeeded'); }, (error: SourceError) => error);

/** Starts before the cases of a file, is wiped between them, and is gone after them. */
export function scriptedServer(): Scripted {
  const clock = fakeClock('2026-11-20T10:00:00Z');
  const log = recordingLog();
  const open: SourceHttp[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      self.seen.push({ method: request.method!, url: request.url!, headers: request.headers, body, at: clock.now() });
      const reply = self.script.length > 1 ? self.script.shift()! : self.script[0];
      if (reply === undefined) throw new Error('unexpected request');
      reply(request, response, body);
    });
  });
  const self: Scripted = {
    clock, log, server, script: [], seen: [], stop: new AbortController(),
    get url() { return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; },
    http(options = {}) {
      const port = createHttp({ source: 'acme-prod', baseUrl: self.url, clock, signal: self.stop.signal, log, concurrency: 2, random: () => 0.5, version: '1.2.3', timeoutMs: 5_000, ...options });
      open.push(port);
      return port;
    },
  };
  beforeAll(async () => { await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)); });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => { self.script = []; self.seen = []; self.stop = new AbortController(); log.entries.length = 0; clock.sleeps.length = 0; });
  afterEach(() => { for (const port of open.splice(0)) port.close(); });
  return self;
}
