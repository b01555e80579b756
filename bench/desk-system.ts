import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Call, Pace } from './budget.js';
import { deskRecordOf, movedRecordOf, type RawMachine } from './fleet.js';

export interface DeskOptions {
  readonly assets: number;
  readonly pageSize: number;
  /** How often `alpha` has moved every machine to another place. */
  readonly moves: number;
  /** The desk calls everything that is in use "in stock". */
  readonly disagrees: boolean;
  /** Of calls by id and of writes; absent: none is refused. */
  readonly pace?: Pace;
  /** ms that such a call takes, from the least to the most; absent: no time. */
  readonly latencyMs?: readonly [number, number];
}

export interface Counted {
  readonly calls: readonly Call[];
  /** Calls beyond the pace, answered with 429. */
  readonly refused: number;
}

/** A system that says how things are, `/alpha`, and a target that holds the same machines, `/desk`, takes its time, and counts. */
export class DeskSystem {
  private readonly held = new Map<string, RawMachine>();
  private calls: Call[] = [];
  private refused = 0;
  private asked = 0;
  private constructor(private readonly server: Server, private options: DeskOptions) {}

  static async start(options: DeskOptions): Promise<DeskSystem> {
    const server = createServer();
    server.keepAliveTimeout = 0;
    const system = new DeskSystem(server, options);
    server.on('request', (request, response) => {
      system.answer(request, response).catch((error: unknown) => { response.writeHead(500).end(String(error)); });
    });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
    system.become(options, true);
    return system;
  }

  get url(): string { return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`; }

  /** `anew`: nothing was ever written. */
  become(options: DeskOptions, anew: boolean): void {
    this.options = options;
    if (!anew) return;
    this.held.clear();
    for (let at = 0; at < options.assets; at++) {
      const record = deskRecordOf(at, options.assets, options.disagrees);
      this.held.set(record.id, record);
    }
  }

  /** What was asked by id and written since the last time. */
  counted(): Counted {
    const { calls, refused } = this;
    [this.calls, this.refused] = [[], 0];
    return { calls, refused };
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://desk');
    if (url.pathname === '/alpha' || url.pathname === '/desk') return send(response, 200, this.page(url.pathname, Number(url.searchParams.get('offset') ?? '0')));
    const [, desk, records, id] = url.pathname.split('/');
    if (desk !== 'desk' || records !== 'records') return send(response, 404, {});
    const writes = request.method === 'PATCH';
    const arrivedAt = performance.now();
    const { pace } = this.options;
    if (pace && this.within(arrivedAt - pace.perMs) >= pace.requests) {
      this.refused++;
      response.setHeader('retry-after', '1');
      return send(response, 429, {});
    }
    const call = { arrivedAt, answeredAt: arrivedAt, writes };
    this.calls.push(call);
    const body = writes ? await bodyOf(request) : undefined;
    await this.latency();
    for (const change of body ?? []) {
      const record = this.held.get(change.id);
      if (record) this.held.set(change.id, { ...record, ...change });
    }
    const ids = body?.map((change) => change.id) ?? (id === undefined ? (url.searchParams.get('ids') ?? '').split(',') : [id]);
    const found = ids.flatMap((each) => this.held.get(each) ?? []);
    send(response, 200, { records: writes ? [] : found });
    call.answeredAt = performance.now();
  }

  private within(since: number): number {
    let count = 0;
    for (let at = this.calls.length - 1; at >= 0 && (this.calls[at] as Call).arrivedAt > since; at--) count++;
    return count;
  }

  /** The same each time, and every time between the least and the most as often. */
  private async latency(): Promise<void> {
    const [least, most] = this.options.latencyMs ?? [0, 0];
    const ms = least + ((this.asked++ * 37) % 101) / 100 * (most - least);
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
  }

  private page(path: string, offset: number): object {
    const { assets, pageSize, moves } = this.options;
    const end = Math.min(offset + pageSize, assets);
    const records = Array.from({ length: end - offset }, (_, i) => (path === '/alpha' ? movedRecordOf(offset + i, assets, moves) : this.held.get(deskRecordOf(offset + i, assets, false).id)));
    return { records, next: end < assets ? end : null, total: assets };
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve, reject) => this.server.close((error) => (error ? reject(error) : resolve())));
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length }).end(text);
}

async function bodyOf(request: IncomingMessage): Promise<readonly (Partial<RawMachine> & { readonly id: string })[]> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString('utf8')) as (Partial<RawMachine> & { id: string })[];
}
