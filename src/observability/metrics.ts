import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Clock } from '../../connectors/sdk/contract/index.js';
import { COUNTERS, GAUGES, HISTOGRAMS, type Declared, type GaugeName } from './declared.js';
import type { Labels, Metrics } from './metrics-port.js';

/** One value of a gauge, at the time of a scrape. */
export interface Sample {
  readonly name: GaugeName;
  readonly value: number;
  readonly labels?: Labels;
}

/** Asks whoever knows; called at most once in `FRESH_MS`. */
export type Collect = () => Promise<readonly Sample[]>;

export interface MetricsOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly version: string;
  /** Memory, processor time, file descriptors of the process as well. */
  readonly process?: boolean;
  /** Told of a name or a label that nobody has declared. Default: throws, for it is a slip of whoever counts. */
  readonly onUnknown?: (what: string) => void;
  /** Told why the database could not be asked. */
  readonly onFailure?: (error: unknown) => void;
}

/** However often somebody scrapes, the database is asked once in so many ms. */
const FRESH_MS = 5_000;

/** Counts what happens and asks for the rest when somebody looks. One a process. */
export class ServiceMetrics implements Metrics {
  readonly registry = new Registry();
  private readonly counters: ReadonlyMap<string, Counter>;
  private readonly histograms: ReadonlyMap<string, Histogram>;
  private readonly gauges: ReadonlyMap<string, Gauge | Counter>;
  private collect: Collect | undefined;
  private collectedAt = -Infinity;
  private collecting: Promise<void> | undefined;

  constructor(private readonly options: MetricsOptions) {
    const registers = [this.registry];
    const common = (name: string, { help, labels }: Declared) => ({ name, help, labelNames: [...labels], registers });
    this.counters = new Map(Object.entries<Declared>(COUNTERS).map(([name, each]) => [name, new Counter(common(name, each))]));
    this.histograms = new Map(Object.entries<Declared>(HISTOGRAMS).map(([name, each]) => [name, new Histogram({ ...common(name, each), ...(each.buckets && { buckets: [...each.buckets] }) })]));
    this.gauges = new Map(Object.entries<Declared>(GAUGES).map(([name, each]) => [name, name.endsWith('_total') ? new Counter(common(name, each)) : new Gauge(common(name, each))]));
    this.forget();
    if (options.process) collectDefaultMetrics({ register: this.registry });
  }

  count(name: string, labels: Labels = {}, by = 1): void {
    const counter = this.counters.get(name);
    if (counter && this.areDeclared(name, COUNTERS, labels)) counter.inc(labels, by);
    else if (!counter) this.unknown(`no counter is called ${name}`);
  }

  observe(name: string, seconds: number, labels: Labels = {}): void {
    const histogram = this.histograms.get(name);
    if (histogram && this.areDeclared(name, HISTOGRAMS, labels)) histogram.observe(labels, seconds);
    else if (!histogram) this.unknown(`no histogram is called ${name}`);
  }

  /** What is asked at each scrape; known only when the engine is open. */
  ask(collect: Collect): void {
    this.collect = collect;
    this.collectedAt = -Infinity;
  }

  /** In the text format of Prometheus. A database that does not answer is told as such; what was counted is told all the same. */
  async scrape(): Promise<string> {
    if (this.collect && this.options.clock.now() - this.collectedAt >= FRESH_MS) await (this.collecting ??= this.refresh(this.collect).finally(() => { this.collecting = undefined; }));
    return this.registry.metrics();
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  private async refresh(collect: Collect): Promise<void> {
    let samples: readonly Sample[];
    try {
      samples = [...(await collect()), { name: 'lockstep_database_up', value: 1 }];
    } catch (error) {
      this.options.onFailure?.(error);
      this.count('lockstep_scrape_failures_total');
      samples = [{ name: 'lockstep_database_up', value: 0 }];
    }
    this.forget();
    const all: readonly Sample[] = [{ name: 'lockstep_build_info', value: 1, labels: { version: this.options.version } }, ...samples];
    for (const { name, value, labels = {} } of all) if (this.areDeclared(name, GAUGES, labels)) this.gauges.get(name)?.inc(labels, value);
    this.collectedAt = this.options.clock.now();
  }

  /** What is not told any more is over: a series of yesterday is not shown as today's, and what nobody told is no 0. */
  private forget(): void {
    for (const [name, gauge] of this.gauges) {
      gauge.reset();
      if (GAUGES[name as GaugeName].labels.length === 0) gauge.remove({});
    }
  }

  private areDeclared(name: string, declared: Readonly<Record<string, Declared>>, labels: Labels): boolean {
    const allowed: readonly string[] = declared[name]?.labels ?? [];
    const extra = Object.keys(labels).filter((label) => !allowed.includes(label));
    if (extra.length > 0) this.unknown(`${name} has no label ${extra.join(', ')}`);
    return extra.length === 0;
  }

  private unknown(what: string): void {
    if (!this.options.onUnknown) throw new Error(`${what}: declare it in src/observability/declared.ts`);
    this.options.onUnknown(what);
  }
}
