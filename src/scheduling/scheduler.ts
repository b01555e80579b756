import { randomBytes } from 'node:crypto';
import { holderOf } from '../database/processes.js';
import { dueRows, saveDueRows } from '../database/repositories/schedules.js';
import { insertJob } from '../database/repositories/jobs.js';
import { takeLease } from '../database/repositories/leases.js';
import type { Engine } from '../engine/engine.js';
import type { JobRequest } from '../queue/job-queue.js';
import type { TableQueue } from '../queue/table-queue.js';
import { dueNow, schedulesOf, type DueJob } from './due-times.js';

/** Of all processes one keeps the times; another takes over when it has said nothing for so long. */
const LEASE_MS = 15_000;
/** Later than this it was missed: nobody was there. */
const LATE_MS = 60_000;

/** What the service itself has to do from time to time, ms. */
const CHORES: readonly { readonly key: string; readonly everyMs: number; readonly request: Pick<JobRequest, 'kind' | 'source' | 'payload'> }[] = [
  { key: 'notices', everyMs: 30_000, request: { kind: 'notices', source: '' } },
  { key: 'upkeep:due', everyMs: 60_000, request: { kind: 'upkeep', source: 'due', payload: { what: 'due' } } },
  { key: 'upkeep:retention', everyMs: 3_600_000, request: { kind: 'upkeep', source: 'retention', payload: { what: 'retention' } } },
];

/** Turns times into jobs. The times stand in the database: what was missed is done once, and two schedulers never ask twice. */
export class Scheduler {
  private readonly holder: string;
  /** Nothing falls due before, and the lease lasts. */
  private quietUntil = 0;
  constructor(private readonly engine: () => Engine, private readonly queue: TableQueue) {
    this.holder = holderOf('scheduler', randomBytes(4).toString('hex'));
  }

  /** The configuration is another one. */
  reset(): void {
    this.quietUntil = 0;
  }

  /** Called every second or so. Gives what it asked for. */
  async tick(): Promise<readonly DueJob[]> {
    const { database, clock, config } = this.engine();
    if (clock.now() < this.quietUntil) return [];
    const due = await database.transaction(async (tx) => {
      const now = clock.now();
      const held = await takeLease(tx, 'scheduler', this.holder, LEASE_MS, now);
      if ('heldBy' in held) return undefined;
      const rows = await dueRows(tx);
      const sources = schedulesOf(config.sources);
      const chores = CHORES.map(({ key, everyMs }) => ({ name: `#${key}`, source: '', full: false, trigger: { kind: 'every' as const, ms: everyMs }, timezone: 'UTC', jitterMs: 0 }));
      const { due: found, rows: next } = dueNow([...sources, ...chores], rows, now, LATE_MS);
      for (const job of found) await insertJob(tx, this.requestOf(job), now);
      const known = new Set(next.map(({ name }) => name));
      const changed = next.filter((row) => !rows.some((each) => each.name === row.name && each.nextAt === row.nextAt && each.text === row.text));
      const forget = rows.filter(({ name }) => !known.has(name)).map(({ name }) => name);
      if (changed.length > 0 || forget.length > 0) await saveDueRows(tx, changed, forget);
      this.quietUntil = Math.min(now + LEASE_MS / 2, ...next.map(({ nextAt }) => nextAt));
      return found;
    });
    if (due && due.length > 0) this.queue.wake();
    return due ?? [];
  }

  private requestOf({ schedule, runAt }: DueJob): JobRequest {
    const chore = CHORES.find(({ key }) => schedule.name === `#${key}`);
    if (chore) return { ...chore.request, lane: 'schedule', key: chore.key, runAt, by: 'schedule' };
    return syncRequest(schedule.source, { full: schedule.full, ...(schedule.stream !== undefined && { stream: schedule.stream }), trigger: 'schedule' }, runAt);
  }
}

/** A run of a source that waits is one, whoever asks: a full one covers an incremental one. */
export function syncRequest(source: string, what: { readonly full: boolean; readonly stream?: string; readonly trigger: string }, runAt?: number, by = 'schedule'): JobRequest {
  return {
    kind: 'sync', source, lane: 'schedule', key: `sync:${source}${what.stream === undefined ? '' : `:${what.stream}`}`, by, ...(runAt !== undefined && { runAt }),
    payload: { ...(what.full && { full: true }), ...(what.stream !== undefined && { stream: what.stream }), trigger: what.trigger },
  };
}
