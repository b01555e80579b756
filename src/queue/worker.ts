import { randomBytes } from 'node:crypto';
import { InterruptedError } from '../../connectors/sdk/contract/index.js';
import { createRedactor } from '../../connectors/sdk/http/index.js';
import { holderOf, isDeadHolder } from '../database/processes.js';
import { dueHeads, finishJob, jobById, nextRunAt, putBack, runningJobs, startJob } from '../database/repositories/jobs.js';
import { checkLease, LeaseLostError, releaseLease, takeLease, type Lease } from '../database/repositories/leases.js';
import { stoppedBy, type Engine } from '../engine/engine.js';
import { LANES, type Job, type JobKind, type Lane } from './job-queue.js';
import type { TableQueue } from './table-queue.js';

/** What became of a job. `again`: it waits until then (ms UTC), for it has more to do or could not do it now. */
export type JobOutcome = { readonly kind: 'done'; readonly result?: unknown } | { readonly kind: 'failed'; readonly error: string; readonly result?: unknown } | { readonly kind: 'again'; readonly at: number; readonly reason?: string; readonly failed?: boolean };
/** `engine.signal` is aborted when the job is to stop after what it is just storing. */
export type JobHandler = (job: Job, engine: Engine) => Promise<JobOutcome>;
export type JobHandlers = Readonly<Record<JobKind, JobHandler>>;

/** Jobs at once. The last ones are kept for the lanes before: a schedule never takes the last, filling up never the last two. */
const SLOTS = 6;
const KEPT: Readonly<Record<Lane, number>> = { webhook: 0, schedule: 1, backfill: 2 };
const LEASE_MS = 60_000;
/** So often other processes' new jobs are looked for. */
const LOOK_MS = 1_000;
/** A job that brings down its process so often is given up. */
const CRASHES = 5;

interface Running { readonly job: Job; readonly stop: AbortController; readonly ended: Promise<void> }

/** Takes jobs and does them: the better lane first, never two of one kind for one source, in whatever process. */
export class Worker {
  private readonly running = new Map<number, Running>();
  private readonly holder: string;
  private state: 'idle' | 'working' | 'held' | 'stopped' = 'idle';
  private turn: Promise<void> = Promise.resolve();
  private looking: AbortController | undefined;
  private forget: (() => void) | undefined;

  /** `engine`: the one to work with now, which a reload replaces. */
  constructor(private readonly engine: () => Engine, private readonly queue: TableQueue, private readonly handlers: JobHandlers) {
    // Two workers of one process are two.
    this.holder = holderOf('worker', randomBytes(4).toString('hex'));
  }

  /** Takes over what died with another process, then works until it is stopped. */
  async start(): Promise<void> {
    await this.takeOver();
    this.state = 'working';
    this.forget = this.queue.onWork(() => this.look());
    this.look();
    void this.watch();
  }

  get busy(): readonly Job[] {
    return [...this.running.values()].map(({ job }) => job);
  }

  /** No new job is begun; those under way stop after what they are storing, and wait again. Resolves when none runs any more. */
  async hold(because: string): Promise<void> {
    if (this.state === 'working') this.state = 'held';
    for (const { stop } of this.running.values()) stop.abort(new InterruptedError(because));
    await this.turn;
    for (const { stop } of this.running.values()) stop.abort(new InterruptedError(because));
    await Promise.all([...this.running.values()].map(({ ended }) => ended));
  }

  release(): void {
    if (this.state !== 'held') return;
    this.state = 'working';
    this.look();
  }

  async stop(because: string): Promise<void> {
    this.forget?.();
    await this.hold(because);
    this.state = 'stopped';
    this.looking?.abort();
  }

  /** One turn after the other: two would take the same jobs. */
  private look(): void {
    if (this.state !== 'working') return;
    this.turn = this.turn.then(() => this.fill()).catch((error: unknown) => this.engine().log.warn('no job could be taken', { error: String(error) }));
  }

  private async fill(): Promise<void> {
    for (const lane of LANES) {
      if (this.state !== 'working' || this.running.size >= SLOTS - KEPT[lane]) continue;
      const { database, clock } = this.engine();
      const heads = await database.read((tx) => dueHeads(tx, lane, clock.now()));
      for (const job of heads) {
        if (this.state !== 'working' || this.running.size >= SLOTS - KEPT[lane]) break;
        if ([...this.running.values()].some(({ job: other }) => other.kind === job.kind && other.source === job.source)) continue;
        await this.take(job);
      }
    }
  }

  private async take(found: Job): Promise<void> {
    const engine = this.engine();
    const lease = await engine.database.transaction(async (tx) => {
      const now = engine.clock.now();
      const held = await takeLease(tx, `job:${found.kind}:${found.source}`, this.holder, LEASE_MS, now);
      if ('heldBy' in held) return undefined;
      if (await startJob(tx, found.id, this.holder, now)) return held.lease;
      await releaseLease(tx, held.lease);
      return undefined;
    });
    if (!lease) return;
    // What was asked for until this instant stands in the row.
    const job = (await engine.database.read((tx) => jobById(tx, found.id))) ?? found;
    engine.metrics.observe('lockstep_job_wait_seconds', Math.max(0, engine.clock.now() - job.runAt) / 1_000, { lane: job.lane });
    const stop = new AbortController();
    const ended = this.perform(job, lease, stop).catch((error: unknown) => engine.log.warn('a job could not be ended', { job: job.id, kind: job.kind, error: String(error) })).finally(() => {
      this.running.delete(job.id);
      this.look();
    });
    this.running.set(job.id, { job, stop, ended });
  }

  private async perform(job: Job, lease: Lease, stop: AbortController): Promise<void> {
    const engine = this.engine();
    const renewing = this.renew(lease, stop);
    let outcome: JobOutcome;
    try {
      outcome = await this.handlers[job.kind](job, stoppedBy(engine, stop.signal));
    } catch (error) {
      const reason = createRedactor(engine.config.secrets)(error instanceof Error ? error.message : String(error));
      if (!stop.signal.aborted) engine.log.warn('a job failed', { job: job.id, kind: job.kind, source: job.source, error: reason });
      outcome = stop.signal.aborted ? { kind: 'again', at: engine.clock.now(), reason } : job.attempts >= CRASHES ? { kind: 'failed', error: reason } : { kind: 'again', at: engine.clock.now() + 1_000 * 4 ** job.attempts, reason, failed: true };
    } finally {
      clearInterval(renewing);
    }
    await engine.database.transaction(async (tx) => {
      const now = engine.clock.now();
      // Whoever has taken the job over meanwhile says how it ends.
      await checkLease(tx, lease, LEASE_MS, now);
      if (outcome.kind === 'again') await putBack(tx, job.id, outcome.at, outcome.reason ?? null, outcome.failed === true);
      else await finishJob(tx, job.id, outcome.kind === 'done' ? 'done' : 'failed', { ...(outcome.result !== undefined && { result: outcome.result }), ...(outcome.kind === 'failed' && { error: outcome.error }) }, now);
      await releaseLease(tx, lease);
    });
    const over = await this.queue.find(job.id);
    if (over && outcome.kind !== 'again') this.queue.tell(over);
  }

  private renew(lease: Lease, stop: AbortController): NodeJS.Timeout {
    const { database, clock, log } = this.engine();
    const timer = setInterval(() => {
      database.transaction((tx) => checkLease(tx, lease, LEASE_MS, clock.now())).catch((error: unknown) => {
        log.warn('the lease of a job was not renewed', { lease: lease.name, error: String(error) });
        // Somebody else does it by now.
        if (error instanceof LeaseLostError) stop.abort(new InterruptedError('its lease was lost'));
      });
    }, LEASE_MS / 3);
    timer.unref();
    return timer;
  }

  /** What is said to run, and whose process runs no more or whose lease is over, waits again. */
  private async takeOver(): Promise<void> {
    const { database, clock, log } = this.engine();
    await database.transaction(async (tx) => {
      const now = clock.now();
      for (const job of await runningJobs(tx)) {
        if (this.running.has(job.id)) continue;
        const [lease] = await tx.query('SELECT holder, expires_at FROM leases WHERE name = ?', [`job:${job.kind}:${job.source}`]);
        const isHeld = lease && lease['holder'] !== null && lease['holder'] === job.holder && Number(lease['expires_at']) > now && !isDeadHolder(String(lease['holder']));
        if (isHeld) continue;
        if (job.attempts >= CRASHES) await finishJob(tx, job.id, 'failed', { error: `its process ended ${job.attempts} times while it ran` }, now);
        else await putBack(tx, job.id, now, 'its process ended while it ran', true);
        log.warn('a job was taken over from a process that ended', { job: job.id, kind: job.kind, source: job.source });
      }
    });
  }

  /** Jobs that fall due, and those of other processes, make no sound. */
  private async watch(): Promise<void> {
    for (let round = 1; this.state !== 'stopped'; round++) {
      this.looking = new AbortController();
      const { clock, database } = this.engine();
      const at = await database.read((tx) => nextRunAt(tx, clock.now())).catch(() => undefined); // a database that is away for a moment is asked again
      await clock.sleep(Math.max(20, Math.min(LOOK_MS, (at ?? Infinity) - clock.now())), this.looking.signal).catch(() => undefined);
      if (round % 30 === 0) await this.takeOver().catch((error: unknown) => this.engine().log.warn('jobs of ended processes could not be looked for', { error: String(error) }));
      this.look();
    }
  }
}
