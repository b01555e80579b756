import { createHttp, type SourceHttp } from '../http/index.js';
import type { Connector, CheckFinding, Mapping, Page, PullFrom, SourceConfig, Stream } from '../contract/index.js';
import { readOptions } from '../config/index.js';
import { createFleet } from '../sandbox/fleet.js';
import type { Sandbox, SandboxModule } from '../sandbox/types.js';
import { fakeClock, recordingLog, type FakeClock, type RecordingLog } from './doubles.js';

export interface BenchOptions {
  readonly sandbox: SandboxModule['start'];
  /** Machines of the fleet; small, for every stream is read at a page size of one. */
  readonly fleetSize: number;
  readonly vendor?: Readonly<Record<string, unknown>>;
  readonly authMethod?: string;
  /** What the configuration says beside what the sandbox needs. */
  readonly source?: Partial<SourceConfig>;
  /** Real ms until an exchange is cut: short, for a server that hangs is waited for in real time. */
  readonly timeoutMs?: number;
}

/** One connector against one sandbox, as the runtime would hold them. */
export interface Bench {
  readonly sandbox: Sandbox;
  readonly source: SourceConfig;
  readonly client: unknown;
  readonly clock: FakeClock;
  readonly log: RecordingLog;
  readonly http: SourceHttp;
  readonly abort: AbortController;
  /** Everything that was said: logs, errors, findings. */
  readonly said: unknown[];
  check(streams: readonly string[]): Promise<CheckFinding[]>;
  pass(stream: Stream<any>, from: PullFrom, onPage?: (page: Page, index: number) => void | Promise<void>): Promise<Pass>;
  map(stream: Stream<any>, raw: unknown): Mapping;
  close(): Promise<void>;
}

/** What a pass gave. */
export interface Pass {
  readonly pages: readonly Page[];
  readonly records: readonly unknown[];
  readonly cursor: string | undefined;
  /** External id -> how often it was given. */
  readonly given: ReadonlyMap<string, number>;
}

/** Begins at an instant of which all vendors' formats can speak. */
export const BENCH_START = '2026-11-20T10:00:00Z';

/** Opens benches for the tests of one spec file; each is closed when its test is over. */
export function benchesOf<Started extends Bench>(connector: Connector, start: SandboxModule['start']): (more?: Partial<BenchOptions>) => Promise<Started> {
  const open: Bench[] = [];
  afterEach(async () => { for (const bench of open.splice(0)) await bench.close(); });
  return async (more = {}) => {
    const bench = await startBench(connector, { sandbox: start, fleetSize: 20, ...more });
    open.push(bench);
    return bench as Started;
  };
}

export async function startBench(connector: Connector, options: BenchOptions): Promise<Bench> {
  const clock = fakeClock(BENCH_START);
  const sandbox = await options.sandbox({
    clock, fleet: createFleet({ size: options.fleetSize, at: clock.now() }),
    ...(options.vendor && { vendor: options.vendor }), ...(options.authMethod !== undefined && { authMethod: options.authMethod }),
  });
  const given = sandbox.sourceConfig({ streams: connector.streams.map((stream) => stream.name) });
  const chosen: SourceConfig = { ...given, ...options.source, options: { ...given.options, ...options.source?.options } };
  const source: SourceConfig = connector.optionsClass === undefined ? chosen : { ...chosen, options: { ...readOptions(connector.optionsClass, chosen.options).options } };
  const log = recordingLog();
  const abort = new AbortController();
  const http = createHttp({
    source: source.name, ...(source.baseUrl !== undefined && { baseUrl: source.baseUrl }), clock, signal: abort.signal, log, concurrency: connector.manifest.concurrency,
    // a fixed middle: waits are the same in every run
    random: () => 0.5, timeoutMs: options.timeoutMs ?? 5_000, version: 'conformance',
    secrets: Object.values(source.auth).filter((value): value is string => typeof value === 'string'),
  });
  const said: unknown[] = [];
  let closed = false;
  let client: unknown;
  try {
    client = await connector.connect({ source, http, clock, log, signal: abort.signal });
  } catch (error) {
    await sandbox.close();
    throw error;
  }
  const bench: Bench = {
    sandbox, source, client, clock, log, http, abort, said,
    async check(streams) {
      const findings: CheckFinding[] = [];
      for await (const finding of connector.check(client, streams)) findings.push(finding);
      said.push(...findings);
      return findings;
    },
    async pass(stream, from, onPage) {
      const pages: Page[] = [];
      try {
        for await (const page of stream.pull(client, from)) {
          pages.push(page);
          await onPage?.(page, pages.length - 1);
        }
      } catch (error) {
        said.push(describeError(error));
        throw error;
      }
      const records = pages.flatMap((page) => page.records);
      const ids = new Map<string, number>();
      for (const raw of records) {
        const id = idOf(bench.map(stream, raw));
        if (id !== undefined) ids.set(id, (ids.get(id) ?? 0) + 1);
      }
      return { pages, records, cursor: pages.at(-1)?.cursor, given: ids };
    },
    map: (stream, raw) => stream.map(raw, { source: source.name, options: source.options, readAt: clock.now() }),
    async close() {
      if (closed) return;
      closed = true;
      await connector.close?.(client);
      http.close();
      await sandbox.close();
    },
  };
  return bench;
}

export const idOf = (mapping: Mapping): string | undefined => ('record' in mapping ? mapping.record.externalId : mapping.externalId);

/** All that a person or a log could see of an error. */
export function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return { ...error, name: error.name, message: error.message, stack: error.stack, cause: describeError(error.cause) };
}
