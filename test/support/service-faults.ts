import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defineConnector, defineStream, type Connector } from '../../connectors/sdk/contract/index.js';
import { checkLease, LeaseLostError, takeLease, type Lease } from '../../src/database/repositories/leases.js';
import type { Engine } from '../../src/engine/engine.js';
import { databaseCollector, type InboxCounts } from '../../src/observability/collector.js';
import { watchEventLoop } from '../../src/observability/event-loop.js';
import { ServiceMetrics } from '../../src/observability/metrics.js';
import { PauseService } from '../../src/sources/source.service.js';
import { computer, openLab, type Lab } from './lab.js';
import { Scraped } from './scraped.js';
import { Tools, type Tool } from './tools.js';

/** A product that is measured, and what happens to it. */
export interface Measured {
  readonly engine: Engine;
  readonly metrics: ServiceMetrics;
  /** A minute later, so that the database is asked anew. */
  scrape(): Promise<Scraped>;
  advance(ms: number): void;
  close(): Promise<void>;
}
export interface MeasuredTools extends Measured { readonly bench: Tools }
export interface MeasuredLab extends Measured { readonly lab: Lab }

export const PUSHED = '{ enabled: true, fields: [stage, location], onDrift: { default: ours } }';
const MINUTE = 60_000;

async function measured<T extends { readonly clock: { now(): number; advance(ms: number): void }; readonly engine: Engine; close(): Promise<void> }>(open: (metrics: ServiceMetrics) => Promise<T>, inbox?: InboxCounts): Promise<Measured & { readonly of: T }> {
  const opened: { bench?: T } = {};
  const metrics = new ServiceMetrics({ clock: { now: () => opened.bench?.clock.now() ?? 0 }, version: '0.0.0-test' });
  const bench = (opened.bench = await open(metrics));
  metrics.ask(databaseCollector(bench.engine, inbox));
  return {
    of: bench, metrics, get engine() { return bench.engine; }, advance: (ms) => bench.clock.advance(ms), close: () => bench.close(),
    scrape: async () => {
      bench.clock.advance(MINUTE);
      return new Scraped(await metrics.scrape());
    },
  };
}

/** `alpha` is the authority, `beta` is written to. Two assets that agree. */
export async function measuredTools(options: { readonly onDisk?: boolean; readonly inbox?: InboxCounts; readonly assets?: number } = {}): Promise<MeasuredTools> {
  const made = await measured((metrics) => Tools.open({ alpha: '', beta: PUSHED }, { yaml: 'authority: { default: [alpha, beta], stage: { order: [alpha, beta] } }', engine: { metrics }, ...(options.onDisk && { onDisk: true }) }), options.inbox);
  const bench = made.of;
  const rows = Array.from({ length: options.assets ?? 2 }, (_, i) => ({ id: String(i + 1), status: 'A', serial_number: `SERIAL-${1_000 + i}`, location: 'Berlin' }));
  for (const name of ['alpha', 'beta']) bench.tools.get(name)?.put(...rows);
  await bench.sync();
  return Object.defineProperty({ ...made, bench }, 'engine', { get: () => bench.engine }) as MeasuredTools;
}

export async function measuredLab(connector?: Connector, lines = ''): Promise<MeasuredLab> {
  const made = await measured((metrics) => openLab({ sources: { alpha: lines }, engine: { metrics }, ...(connector && { connector }) }));
  return Object.defineProperty({ ...made, lab: made.of }, 'engine', { get: () => made.of.engine }) as MeasuredLab;
}

/** One thing that goes wrong, on a product that did well until then. */
export interface Fault {
  readonly name: string;
  readonly open: () => Promise<Measured>;
  readonly happen: (product: any) => Promise<void> | void;
  /** The metrics that claim to watch it, and by how much each must rise at least. */
  readonly moves: readonly (readonly [name: string, labels: Readonly<Record<string, string>>, atLeast: number])[];
  /** Metrics that fall. */
  readonly lowers?: readonly (readonly [name: string, labels: Readonly<Record<string, string>>])[];
  /** The alert that must fire, where one is for it. */
  readonly alert?: string;
}

const tools = (): Promise<MeasuredTools> => measuredTools();
const toolOf = (bench: Tools, name: string): Tool => bench.tools.get(name) as Tool;
const sql = (engine: Engine, text: string, params: readonly (string | number | null)[] = []): Promise<number> => engine.database.transaction((tx) => tx.execute(text, params));
/** A change of the authority that `beta` is to hear of. */
const moveOn = (bench: Tools, location = 'Hamburg'): void => bench.tools.get('alpha')?.edit('1', { location });

let inboxNow: Awaited<ReturnType<InboxCounts>> = [];

export const FAULTS: readonly Fault[] = [
  {
    name: 'a source that does not answer', open: tools, alert: 'LockstepRunsFailing',
    happen: async ({ bench }: MeasuredTools) => {
      toolOf(bench, 'alpha').switches.down = true;
      for (let i = 0; i < 3; i++) await bench.sync({ sources: ['alpha'] });
    },
    moves: [['lockstep_runs_total', { source: 'alpha', outcome: 'failed' }, 3], ['lockstep_last_run_outcome', { source: 'alpha', outcome: 'failed' }, 1], ['lockstep_failures_in_a_row', { source: 'alpha' }, 3], ['lockstep_last_success_seconds', { source: 'alpha' }, 120]],
    lowers: [['lockstep_last_run_outcome', { source: 'alpha', outcome: 'succeeded' }]],
  },
  { name: 'a source that nobody has read for a day', open: tools, alert: 'LockstepSourceStale', happen: ({ advance }: Measured) => advance(25 * 3_600_000), moves: [['lockstep_last_success_seconds', { source: 'alpha' }, 86_400]] },
  {
    name: 'records that cannot be mapped', open: () => measuredLab(),
    happen: async ({ lab }: MeasuredLab) => { lab.world.records.set('alpha', [computer('1', { serial: 'SN-1' }), { ...computer('2'), broken: 'the state is missing' }, { ...computer(''), broken: 'no id' }]); await lab.sync(); },
    moves: [['lockstep_quarantine_records', { source: 'alpha', reason: 'record' }, 1], ['lockstep_quarantine_records', { source: 'alpha', reason: 'no_id' }, 1], ['lockstep_records_total', { source: 'alpha', stream: 'records' }, 3], ['lockstep_pages_total', { source: 'alpha' }, 1]],
  },
  {
    name: 'a write that the target refuses', open: tools, alert: 'LockstepDeadLetters',
    happen: async ({ bench }: MeasuredTools) => { toolOf(bench, 'beta').switches.refuse = () => 'the location is locked'; moveOn(bench); await bench.sync(); },
    moves: [['lockstep_dead_letters', { target: 'beta' }, 1], ['lockstep_outbox_rows', { target: 'beta', state: 'dead' }, 1], ['lockstep_pushes_total', { target: 'beta', outcome: 'failed' }, 1]],
  },
  {
    name: 'a target that is edited while it is written to', open: tools,
    happen: async ({ bench }: MeasuredTools) => { toolOf(bench, 'beta').switches.conflicts = 2; moveOn(bench); await bench.sync({ patienceMs: 600_000 }); },
    moves: [['lockstep_push_conflicts_total', { target: 'beta' }, 2], ['lockstep_pushes_total', { target: 'beta', outcome: 'retried' }, 2], ['lockstep_pushes_total', { target: 'beta', outcome: 'verified' }, 1]],
  },
  {
    name: 'a target that is away for half an hour', open: tools, alert: 'LockstepOutboxOld',
    happen: async ({ bench, advance }: MeasuredTools) => { moveOn(bench); await bench.sync({ push: false }); toolOf(bench, 'beta').switches.down = true; await bench.push(); advance(30 * MINUTE); },
    moves: [['lockstep_outbox_rows', { target: 'beta' }, 1], ['lockstep_outbox_oldest_seconds', { target: 'beta' }, 1_800]],
  },
  {
    name: 'a write that takes several attempts', open: tools,
    happen: async ({ bench }: MeasuredTools) => { toolOf(bench, 'beta').switches.conflicts = 20; moveOn(bench); await bench.sync(); },
    moves: [['lockstep_outbox_attempts', { target: 'beta' }, 2]],
  },
  {
    name: 'more changes at once than the guard lets pass', open: () => measuredLab(undefined, 'safety: { maxChangeRatio: 0.2, minChanges: 2 }'), alert: 'LockstepGuardTripped',
    happen: async ({ lab }: MeasuredLab) => {
      const fleet = (stage: string) => Array.from({ length: 8 }, (_, i) => computer(String(i), { serial: `SN-${i}`, stage }, { modifiedAt: Date.UTC(2026, 5, stage === 'in_use' ? 1 : 2) }));
      for (const stage of ['in_use', 'retired']) { lab.world.records.set('alpha', fleet(stage)); lab.clock.advance(MINUTE); await lab.sync(); }
    },
    moves: [['lockstep_guard_trips_total', { source: 'alpha', reason: 'stage_move' }, 1], ['lockstep_held_sets_open', { source: 'alpha', reason: 'stage_move' }, 1], ['lockstep_reviews_open', { kind: 'held_stage_move' }, 1]],
  },
  {
    name: 'more writes in an hour than a target takes', open: () => measuredTools({ assets: 30 }), alert: 'LockstepGuardTripped',
    happen: async ({ bench }: MeasuredTools) => { for (let i = 1; i <= 30; i++) bench.tools.get('alpha')?.edit(String(i), { location: 'Hamburg' }); await bench.sync(); },
    moves: [['lockstep_guard_trips_total', { reason: 'push' }, 1], ['lockstep_held_sets_open', { reason: 'push' }, 1], ['lockstep_outbox_rows', { target: 'beta', state: 'waiting' }, 30]],
  },
  {
    name: 'a question that nobody answers for a week', open: tools, alert: 'LockstepReviewsWaiting',
    happen: async ({ bench, advance }: MeasuredTools) => { for (const name of ['alpha', 'beta']) bench.tools.get(name)?.put({ id: '9', status: name === 'alpha' ? 'A' : 'M', serial_number: 'SERIAL-9000', location: name }); await bench.sync(); advance(8 * 24 * 3_600_000); },
    moves: [['lockstep_reviews_open', { kind: 'alignment' }, 1], ['lockstep_reviews_oldest_seconds', { kind: 'alignment' }, 7 * 86_400]],
  },
  {
    name: 'a source that throttles', open: async () => throttled(),
    happen: async ({ lab }: MeasuredLab) => { await lab.sync(); },
    moves: [['lockstep_source_wait_seconds_sum', { source: 'alpha', reason: 'throttled' }, 7], ['lockstep_source_wait_seconds_count', { source: 'alpha', reason: 'throttled' }, 1]],
  },
  {
    name: 'a holder that died, and came back', open: tools,
    happen: async ({ engine, advance }: MeasuredTools) => {
      const take = (holder: string) => engine.database.transaction((tx) => takeLease(tx, 'source:alpha', holder, 1_000, engine.clock.now()));
      const first = (await take('one')) as { readonly lease: Lease };
      advance(2_000);
      await take('two');
      await engine.database.transaction((tx) => checkLease(tx, first.lease, 1_000, engine.clock.now())).catch((error: unknown) => { if (!(error instanceof LeaseLostError)) throw error; });
    },
    moves: [['lockstep_lease_takeovers_total', { source: 'alpha', reason: 'source' }, 1], ['lockstep_fenced_writes_total', { source: 'alpha', reason: 'source' }, 1]],
  },
  {
    name: 'work that holds the gate', open: tools,
    happen: async ({ engine }: MeasuredTools) => {
      let open!: () => void;
      const held = new Promise<void>((resolve) => (open = resolve));
      const first = engine.database.transaction(() => held);
      const second = engine.database.transaction((tx) => tx.query('SELECT 1 AS one'));
      open();
      await Promise.all([first, second]);
    },
    moves: [['lockstep_write_gate_wait_seconds_count', {}, 2]],
  },
  {
    name: 'a process that is blocked', open: tools, alert: 'LockstepEventLoopLag',
    happen: ({ metrics }: MeasuredTools) => {
      let [now, tick] = [0, (): void => undefined];
      watchEventLoop(metrics, { now: () => now, every: (_ms, each) => { tick = each; return () => undefined; } });
      for (let i = 0; i < 4; i++) { now += 500 + 2_000; tick(); }
    },
    moves: [['lockstep_event_loop_lag_seconds_sum', {}, 8], ['lockstep_event_loop_lag_seconds_count', {}, 4]],
  },
  {
    name: 'jobs that nobody takes', open: tools, alert: 'LockstepJobsWaiting',
    happen: async ({ engine, advance }: MeasuredTools) => {
      const now = engine.clock.now();
      for (const [id, state] of [[1, 'waiting'], [2, 'running']] as const) await sql(engine, `INSERT INTO jobs (id, kind, source, lane, payload, state, run_at, attempts, created_at, created_by, started_at) VALUES (?, 'sync', 'alpha', 1, '{}', ?, ?, 0, ?, 'test', ?)`, [id, state, now, now, now]);
      advance(20 * MINUTE);
    },
    moves: [['lockstep_jobs_waiting', { lane: 'schedule' }, 1], ['lockstep_jobs_oldest_seconds', { lane: 'schedule' }, 1_200], ['lockstep_jobs_running', { lane: 'schedule' }, 1]],
  },
  {
    name: 'deliveries that pile up', open: () => { inboxNow = []; return measuredTools({ inbox: async () => inboxNow }); }, alert: 'LockstepInboxOld',
    happen: ({ engine, advance }: MeasuredTools) => { inboxNow = [{ source: 'alpha', waiting: 12, oldestAt: engine.clock.now() }]; advance(10 * MINUTE); },
    moves: [['lockstep_inbox_waiting', { source: 'alpha' }, 12], ['lockstep_inbox_oldest_seconds', { source: 'alpha' }, 600]],
  },
  { name: 'a source that fails so often that it is left alone', open: tools, happen: async ({ engine }: MeasuredTools) => { await sql(engine, `INSERT INTO breakers (source, state, failures, opened_at) VALUES ('alpha', 'open', 5, 1)`); }, moves: [['lockstep_breaker_open', { source: 'alpha' }, 1]] },
  {
    name: 'webhooks that miss changes', open: tools,
    happen: async ({ engine }: MeasuredTools) => { await sql(engine, `INSERT INTO webhook_sources (source, last_at, accepted, missed) VALUES ('alpha', ?, 10, 3)`, [engine.clock.now()]); },
    moves: [['lockstep_webhook_missed_total', { source: 'alpha' }, 3], ['lockstep_webhook_last_seconds', { source: 'alpha' }, 60]],
  },
  {
    name: 'a database that another version has migrated', open: tools, alert: 'LockstepSchemaMismatch',
    happen: async ({ engine }: MeasuredTools) => { await sql(engine, `INSERT INTO migrations (timestamp, name) VALUES (1, 'Later1')`); }, moves: [['lockstep_migrations_pending', {}, 1], ['lockstep_schema_version', {}, 1]],
  },
  { name: 'a database that cannot be asked', open: tools, alert: 'LockstepDatabaseDown', happen: async ({ engine }: MeasuredTools) => { await sql(engine, 'ALTER TABLE migrations RENAME TO elsewhere'); }, moves: [['lockstep_scrape_failures_total', {}, 1]], lowers: [['lockstep_database_up', {}]] },
  {
    name: 'what people have paused', open: tools,
    happen: async ({ engine }: MeasuredTools) => { await new PauseService(engine).pause('alpha', 'a test'); await sql(engine, `INSERT INTO push_targets (target, paused, swept_to) VALUES ('beta', 1, 0) ON CONFLICT (target) DO UPDATE SET paused = 1`); },
    moves: [['lockstep_source_paused', { source: 'alpha' }, 1], ['lockstep_target_paused', { target: 'beta' }, 1]],
  },
];

/** A connector whose one page is throttled once, for seven seconds. */
async function throttled(): Promise<MeasuredLab> {
  let asked = 0;
  const server: Server = createServer((_request, response) => {
    asked += 1;
    if (asked === 1) response.writeHead(429, { 'retry-after': '7' }).end('slow down');
    else response.writeHead(200, { 'content-type': 'application/json' }).end('[]');
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/records`;
  const connector = defineConnector<{ send(request: { url: string }): Promise<unknown> }>({
    manifest: { name: 'lab', title: 'Laboratory', role: 'itsm', about: 'a throttled one', streams: [{ name: 'records', default: true, about: 'assets' }], auth: [{ method: 'none', keys: [], about: 'none' }], baseUrl: 'none', webhookAuth: [], leastRights: 'none', concurrency: 1 },
    streams: [defineStream({
      name: 'records', permissions: [], deletes: 'unknowable', incremental: 'none',
      async *pull(client: { send(request: { url: string }): Promise<unknown> }) { await client.send({ url: address }); yield { scope: '', records: [], next: null, ends: [{ scope: '', coverage: 'complete' as const }], cursor: 'end' }; },
      map: () => ({ ok: false, reason: 'there is none' }),
    })],
    connect: ({ http }) => http,
    async *check() { yield { what: 'reach', outcome: 'ok', message: 'ok' }; },
  });
  const made = await measuredLab(connector as Connector);
  const { close } = made;
  return Object.assign(made, { close: async () => { await close(); server.closeAllConnections(); await new Promise<void>((resolve) => { server.close(() => resolve()); }); } });
}
