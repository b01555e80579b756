import { createServer, request as send, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RequestPurpose, Sandbox } from '../sandbox/types.js';

/** Stands before a sandbox and, when told to, answers with all that it was sent: as careless gateways do. */
export interface Echo {
  readonly url: string;
  /** What is echoed instead of answered, and with which status. */
  answer(purpose: RequestPurpose | 'none', status: number): void;
  readonly echoes: number;
  close(): Promise<void>;
}

export async function startEcho(sandbox: Sandbox): Promise<Echo> {
  const target = new URL(sandbox.url);
  let wanted: RequestPurpose | 'none' = 'none';
  let status = 500;
  let echoes = 0;
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const body = Buffer.concat(chunks);
      const forward = send({ host: target.hostname, port: target.port, method: incoming.method, path: incoming.url, headers: incoming.headers }, (answer) => {
        // the sandbox knows what the request was for
        if (sandbox.requests().at(-1)?.purpose === wanted) {
          answer.resume();
          echoes += 1;
          outgoing.writeHead(status, { 'content-type': echoes % 2 === 0 ? 'application/json' : 'text/html' }).end(echoOf(incoming.headers, incoming.url ?? '', body.toString('utf8'), echoes));
          return;
        }
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      });
      forward.on('error', () => outgoing.destroy());
      forward.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer(purpose, code) { wanted = purpose; status = code; },
    get echoes() { return echoes; },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** By turns a page and an error in JSON, the credentials decoded too. */
function echoOf(headers: IncomingHttpHeaders, url: string, body: string, turn: number): string {
  const basic = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1];
  const text = `bad request ${url} with ${JSON.stringify(headers)} ${basic === undefined ? '' : Buffer.from(basic, 'base64').toString('utf8')} and ${body} ${decodeURIComponent(body.replace(/%(?![0-9a-fA-F]{2})/g, '%25').replace(/\+/g, ' '))}`;
  return turn % 2 === 0 ? JSON.stringify({ error: { message: text, detail: body } }) : `<html><body><h1>Error</h1><pre>${text.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</pre></body></html>`;
}
