/**
 * One case in a process of its own: what it remembers, and how warm its code is, never depends on the case before. Told by
 * its parent what to do, it answers with what it took.
 */
import { DeskSystem, type Counted, type DeskOptions } from './desk-system.js';
import type { Epoch } from './fleet.js';
import { mysqlLimit } from './limits/mysql.js';
import type { LimitName, Timed } from './limits/rows.js';
import { sqliteLimit } from './limits/sqlite.js';
import { aligning, countsOf, deliver, fullSync, openProduct, rebuild, type TargetSetup } from './product.js';
import { Simulator } from './simulator.js';
import { StatementCounter } from './statements.js';

export type Job =
  | { readonly kind: 'limit'; readonly name: LimitName; readonly records: number; readonly url: string }
  | { readonly kind: 'sync' | 'rebuild'; readonly url: string; readonly folder: string; readonly simulator: string }
  | { readonly kind: 'feed' | 'align'; readonly url: string; readonly folder: string; readonly simulator: string; readonly target: TargetSetup }
  /** `seconds`: so long at most. */
  | { readonly kind: 'push'; readonly url: string; readonly folder: string; readonly simulator: string; readonly target: TargetSetup; readonly seconds: number }
  | { readonly kind: 'desk'; readonly options: DeskOptions; readonly anew: boolean }
  | { readonly kind: 'count' }
  | { readonly kind: 'simulate'; readonly records: number; readonly pageSize: number; readonly epoch: Epoch };

export interface Outcome {
  readonly ms: number;
  /** User and system time of this process while it was measured. */
  readonly cpuMs: number;
  /** Peak since the process began. */
  readonly rssMb: number;
  readonly statements?: number;
  readonly transactions?: number;
  readonly aligning?: Awaited<ReturnType<typeof aligning>>;
  readonly delivered?: Awaited<ReturnType<typeof deliver>>;
  readonly counts?: { readonly read: number; readonly changed: number; readonly unchanged: number; readonly created: number; readonly reviews: number };
}

export type Reply =
  | { readonly ok: true; readonly outcome: Outcome }
  | { readonly ok: true; readonly url: string }
  | { readonly ok: true; readonly counted: Counted }
  | { readonly ok: false; readonly error: string };

class Measured implements Timed {
  private ms = 0;
  private cpuMs = 0;
  async run<T>(work: () => T | Promise<T>): Promise<T> {
    const cpu = process.cpuUsage();
    const start = performance.now();
    const result = await work();
    this.ms += performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    this.cpuMs += (user + system) / 1000;
    return result;
  }
  outcome(more: Partial<Outcome> = {}): Outcome {
    return { ms: this.ms, cpuMs: this.cpuMs, rssMb: process.resourceUsage().maxRSS / 1024, ...more };
  }
}

let simulator: Simulator | undefined;
let desk: DeskSystem | undefined;

async function perform(job: Job): Promise<Reply> {
  const measured = new Measured();
  if (job.kind === 'simulate') {
    const options = { records: job.records, pageSize: job.pageSize };
    simulator ??= await Simulator.start(options);
    simulator.become(options, job.epoch);
    return { ok: true, url: simulator.url };
  }
  if (job.kind === 'limit') {
    await (job.url.startsWith('sqlite:') ? sqliteLimit(job, measured) : mysqlLimit(job, measured));
    return { ok: true, outcome: measured.outcome() };
  }
  if (job.kind === 'desk') {
    if (desk) desk.become(job.options, job.anew);
    else desk = await DeskSystem.start(job.options);
    return { ok: true, url: desk.url };
  }
  if (job.kind === 'count') {
    if (!desk) throw new Error('there is no desk that could have counted');
    return { ok: true, counted: desk.counted() };
  }
  const counter = new StatementCounter();
  const stop = new AbortController();
  const engine = await openProduct({ folder: job.folder, database: job.url, simulator: job.simulator, ...('target' in job && { target: job.target }), signal: stop.signal, onStatement: counter.onStatement });
  try {
    counter.reset();
    if (job.kind === 'push') {
      const timer = setTimeout(() => stop.abort(), job.seconds * 1000);
      const delivered = await measured.run(() => deliver(engine));
      clearTimeout(timer);
      return { ok: true, outcome: measured.outcome({ statements: counter.total, delivered }) };
    }
    if (job.kind === 'feed' || job.kind === 'align') {
      const report = await measured.run(() => fullSync(engine, job.kind === 'align'));
      return { ok: true, outcome: measured.outcome({ statements: counter.total, counts: countsOf(report), aligning: await aligning(engine) }) };
    }
    if (job.kind === 'rebuild') {
      const assets = await measured.run(() => rebuild(engine));
      return { ok: true, outcome: measured.outcome({ statements: counter.total, counts: { read: assets, changed: 0, unchanged: assets, created: 0, reviews: 0 } }) };
    }
    const report = await measured.run(() => fullSync(engine));
    return { ok: true, outcome: measured.outcome({ statements: counter.total, counts: countsOf(report) }) };
  } finally {
    await engine.close();
  }
}

const answer = (reply: Reply): void => void process.send?.(reply);
process.on('message', (job: Job) => {
  perform(job).then(answer, (error: unknown) => answer({ ok: false, error: (error as Error).stack ?? String(error) }));
});
// A child outlives neither its work nor its parent: whatever is still open must not keep it.
process.on('disconnect', () => {
  if (simulator) void simulator.close();
  if (desk) void desk.close();
});
