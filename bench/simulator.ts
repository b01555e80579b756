import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listed, recordOf, SOURCES, START, type Epoch, type SourceName } from './fleet.js';

export interface SimulatorOptions {
  /** Of both sources together. */
  readonly records: number;
  readonly pageSize: number;
}

/** Two systems behind one address, in a process of its own: their work is not the client's. */
export class Simulator {
  private pages = new Map<string, Buffer>();
  private constructor(private readonly server: Server, private options: SimulatorOptions, private epoch: Epoch) {}

  static async start(options: SimulatorOptions): Promise<Simulator> {
    const server = createServer();
    // A page may take the client longer to store than the default of 5 s, and it must find its connection still open.
    server.keepAliveTimeout = 0;
    const simulator = new Simulator(server, options, START);
    server.on('request', (request, response) => {
      const url = new URL(request.url ?? '/', 'http://simulator');
      const body = simulator.pages.get(`${url.pathname}?${url.searchParams.get('offset') ?? '0'}`);
      response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json', 'content-length': body?.length ?? 0 });
      response.end(body);
    });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
    simulator.prepare();
    return simulator;
  }

  get url(): string { return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`; }

  /** What the systems list from now on. The pages are made here and now, not while somebody waits and measures. */
  become(options: SimulatorOptions, epoch: Epoch): void {
    this.options = options;
    this.epoch = epoch;
    this.prepare();
  }

  private prepare(): void {
    this.pages = new Map(SOURCES.flatMap((source) => [...this.pagesOf(source)]));
  }

  private *pagesOf(source: SourceName): Generator<[string, Buffer]> {
    const { records, pageSize } = this.options;
    const total = listed(records);
    for (let offset = 0; offset < Math.max(1, total); offset += pageSize) {
      const end = Math.min(offset + pageSize, total);
      const page = Array.from({ length: end - offset }, (_, i) => recordOf(source, offset + i, records, this.epoch));
      yield [`/${source}?${offset}`, Buffer.from(JSON.stringify({ records: page, next: end < total ? end : null, total }))];
    }
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve, reject) => this.server.close((error) => (error ? reject(error) : resolve())));
  }
}
