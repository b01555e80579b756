import { ASSET_CLASSES, SOURCE_ROLES, type Connector } from '../contract/index.js';
import type { SandboxModule } from '../sandbox/types.js';
import { describeAccess } from './access.js';
import { startBench, type Bench, type BenchOptions } from './bench.js';
import { describeFaults, type FaultExpectations } from './faults.js';
import { describeMapping } from './mapping.js';
import { describeWriting } from './push.js';
import { describeReading, type Suite } from './reading.js';
import { describeWebhooks, type WebhookExpectations } from './webhooks.js';

export interface ConformanceOptions {
  /** How the connector's sandbox is started. */
  readonly sandbox: SandboxModule['start'];
  /**
   * Case (the word in brackets behind its name, or what stands before its colon) or part -> why it is left out, for all streams. Parts (`push`,
   * `webhooks`) must stand under `lacks` of the manifest.
   */
  readonly skip?: Readonly<Record<string, string>>;
  /** Default 24 machines. */
  readonly fleetSize?: number;
  /** The sandbox's own switches. */
  readonly vendor?: Readonly<Record<string, unknown>>;
  readonly source?: BenchOptions['source'];
  /** Where this vendor's faults end otherwise than usual. */
  readonly faults?: FaultExpectations;
  /** How long after its time stamp a change may become visible, at least; default 10 s. An increment's overlap must cover it. */
  readonly lateMs?: number;
  /** What proves deliveries, and for how long; needed where the connector takes any. */
  readonly webhooks?: WebhookExpectations;
  /** Default: all that the sandbox has. The first is the one on which faults are tried. */
  readonly streams?: readonly string[];
}

const PARTS = ['push', 'webhooks'];

/** Everything that a connector must do, against its sandbox: style.md 11, reliability.md D. */
export function describeConnector(connector: Connector, options: ConformanceOptions): void {
  const skip = options.skip ?? {};
  const known = new Set<string>();
  const base: BenchOptions = {
    sandbox: options.sandbox, fleetSize: options.fleetSize ?? 24,
    ...(options.vendor && { vendor: options.vendor }), ...(options.source && { source: options.source }),
  };
  const chosen = connector.streams.filter((stream) => options.streams?.includes(stream.name) ?? true)
    .sort((a, b) => (options.streams?.indexOf(a.name) ?? 0) - (options.streams?.indexOf(b.name) ?? 0));
  const open: Bench[] = [];
  const suite: Suite = {
    connector,
    streams: chosen,
    lateMs: options.lateMs ?? 10_000,
    async bench(extra = {}) {
      const bench = await startBench(connector, { ...base, ...extra });
      open.push(bench);
      return bench;
    },
    test(id, name, run) {
      known.add(id);
      known.add(id.split(':')[0]!);
      // a case that is left out is told by its reason, in `describeManifest`; a pending test would count as one that failed
      if ((skip[id] ?? skip[id.split(':')[0]!]) === undefined) it(`${name} [${id}]`, async () => { await run(); }, 60_000);
    },
  };

  describe(`connector ${connector.manifest.name}`, () => {
    // a case that failed half-way leaves nothing running
    afterEach(async () => { for (const bench of open.splice(0)) await bench.close(); });
    describeManifest(connector, options, known);
    describeReading(suite);
    describeMapping(suite);
    describeFaults(suite, base, options.faults ?? {});
    describeAccess(suite, base);
    // the part is left out where the manifest lacks it
    if (!(connector.manifest.lacks ?? []).includes('push')) describeWriting(suite);
    if (connector.webhook !== undefined && options.webhooks !== undefined) describeWebhooks(suite, options.webhooks);
  });
}

function describeManifest(connector: Connector, options: ConformanceOptions, known: ReadonlySet<string>): void {
  const { manifest } = connector;
  describe('manifest', () => {
    it('says whether it writes', () => {
      const writes = connector.streams.some((stream) => stream.push !== undefined);
      expect({ lacks: (manifest.lacks ?? []).includes('push') || (options.skip ?? {})['push'] !== undefined }).toEqual({ lacks: !writes });
      if (connector.streams.some((stream) => stream.push?.create !== undefined)) expect(manifest.referenceFields?.length).toBeGreaterThan(0);
    });

    it('says whether it takes deliveries', () => {
      const takes = connector.webhook !== undefined;
      expect({ lacks: (manifest.lacks ?? []).includes('webhooks'), tried: options.webhooks !== undefined }).toEqual({ lacks: !takes, tried: takes });
      if (!takes) return;
      expect(manifest.webhookAuth.length).toBeGreaterThan(0);
      expect(connector.webhook!.tells.length).toBeGreaterThan(0);
      for (const name of connector.webhook!.tells) expect(connector.streams.map((stream) => stream.name)).toContain(name);
    });

    it('names what the connector has, and only that', async () => {
      const lacks = manifest.lacks ?? [];
      const offered = manifest.streams.map((stream) => stream.name);
      expect(connector.streams.map((stream) => stream.name).sort()).toEqual(offered.filter((name) => !lacks.includes(name)).sort());
      expect(manifest.streams.some((stream) => stream.default)).toBe(true);
      expect(SOURCE_ROLES).toContain(manifest.role);
      for (const entry of [...manifest.streams, ...manifest.auth]) expect(entry.about).not.toBe('');
      expect(manifest.concurrency).toBeGreaterThan(0);
      const sandbox = await options.sandbox();
      expect(sandbox.name).toBe(manifest.name);
      for (const stream of connector.streams) if (options.streams === undefined || options.streams.includes(stream.name)) expect(sandbox.streams).toContain(stream.name);
      await sandbox.close();
    });

    const skipped = Object.entries(options.skip ?? {});
    if (skipped.length > 0) it.each(skipped)('leaves out %s: %s', (id, why) => {
      expect(why.length).toBeGreaterThan(10);
      expect({ id, known: known.has(id) || (PARTS.includes(id) && (manifest.lacks ?? []).includes(id)) }).toEqual({ id, known: true });
    });

    it('says how each stream learns of changes and deletes', () => {
      for (const stream of connector.streams) {
        expect(['told', 'by_full_scan', 'unknowable']).toContain(stream.deletes);
        expect(['full', 'partial', 'none']).toContain(stream.incremental);
        for (const before of stream.after ?? []) expect(manifest.streams.map((entry) => entry.name)).toContain(before);
      }
      expect(Object.keys(ASSET_CLASSES).length).toBeGreaterThan(0);
    });
  });
}

export { fakeClock, recordingLog, type FakeClock, type RecordingLog } from './doubles.js';
export { benchesOf, startBench, type Bench, type BenchOptions, type Pass } from './bench.js';
export { faultsOf } from './well-formed.js';
export type { FaultExpectations, Outcome } from './faults.js';
