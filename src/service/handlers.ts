import { afterRun, mayRun } from '../core/model/breaker.js';
import { nextDueAt } from '../database/repositories/push.js';
import { breakerOf, saveBreaker } from '../database/repositories/schedules.js';
import type { Engine } from '../engine/engine.js';
import { PushService } from '../push/push.service.js';
import { sweepTargets } from '../push/sweep.js';
import type { Job, JobRequest, Lane } from '../queue/job-queue.js';
import type { TableQueue } from '../queue/table-queue.js';
import type { JobHandlers, JobOutcome } from '../queue/worker.js';
import { resolveDue } from '../sync/due.js';
import { judgementOf } from '../sync/judgement.js';
import type { RunReport } from '../sync/stream-run.js';
import { SyncService } from '../sync/sync.service.js';

/** What others add to the service. Absent: it is not there. */
export interface Parts {
  /** Deliveries of a source that wait. Gives when there is more to do, ms UTC. */
  readonly drainInbox?: (engine: Engine, source: string) => Promise<{ readonly result: unknown; readonly nextAt?: number }>;
  readonly afterRun?: (engine: Engine, run: RunReport) => Promise<void>;
  readonly retention?: (engine: Engine) => Promise<unknown>;
  readonly notices?: (engine: Engine) => Promise<unknown>;
}

/** A run that another one kept from beginning is tried again after so long. */
const BUSY_MS = 5_000;
const DOWN_FIRST_MS = 15_000;
const DOWN_LONGEST_MS = 15 * 60_000;

/** What each kind of job does. Every one of them can be done twice. */
export function handlersOf(queue: TableQueue, parts: Parts): JobHandlers {
  return {
    sync: (job, engine) => sync(job, engine, queue, parts),
    push: (job, engine) => push(job, engine, queue),
    inbox: async (job, engine) => {
      if (!parts.drainInbox) return { kind: 'failed', error: 'this service takes no deliveries' };
      const { result, nextAt } = await parts.drainInbox(engine, job.source);
      await owePushes(engine, queue, 'webhook', `inbox ${job.id}`);
      if (nextAt !== undefined) await queue.enqueue({ kind: 'inbox', source: job.source, lane: 'webhook', key: `inbox:${job.source}`, runAt: nextAt, by: `job ${job.id}` });
      return { kind: 'done', result };
    },
    upkeep: async (job, engine) => {
      if (job.payload['what'] === 'retention') return { kind: 'done', result: (await parts.retention?.(engine)) ?? null };
      const judgement = judgementOf(engine);
      await resolveDue(engine, judgement);
      await sweepTargets(engine, judgement);
      await owePushes(engine, queue, 'schedule', `job ${job.id}`, true);
      return { kind: 'done' };
    },
    notices: async (_job, engine) => ({ kind: 'done', result: (await parts.notices?.(engine)) ?? null }),
  };
}

async function sync(job: Job, engine: Engine, queue: TableQueue, parts: Parts): Promise<JobOutcome> {
  const { payload } = job;
  const source = engine.config.sources.find((each) => each.name === job.source);
  if (!source) return { kind: 'failed', error: `source ${job.source} is not in the configuration any more` };
  const stream = payload['stream'] as string | undefined;
  const isScheduled = payload['trigger'] === 'schedule';
  if (isScheduled) {
    const allowed = await engine.database.transaction(async (tx) => {
      const now = engine.clock.now();
      const { allowed, breaker } = mayRun(await breakerOf(tx, source.name), now);
      if (allowed && breaker.state === 'probing') await saveBreaker(tx, source.name, breaker);
      return allowed;
    });
    if (!allowed) return { kind: 'done', result: { skipped: 'the source has failed again and again, and is left alone until it is probed' } };
  }
  const report = await new SyncService(engine).sync({
    sources: [source.name], full: payload['full'] === true, trigger: String(payload['trigger'] ?? 'job'), push: false, ...(stream === undefined ? { without: Object.keys(source.schedule.streams) } : { stream }),
  });
  const [run] = report.runs;
  if (!run) return { kind: 'again', at: engine.clock.now(), reason: 'it was stopped before it began' };
  if (run.status === 'skipped') return run.warnings.some((why) => why.startsWith('paused')) ? { kind: 'done', result: { runs: [summary(run)] } } : { kind: 'again', at: engine.clock.now() + BUSY_MS, reason: run.warnings[0] ?? 'another run of this source is under way' };
  if (run.status === 'interrupted' && engine.signal.aborted) return { kind: 'again', at: engine.clock.now(), reason: 'it was stopped, and goes on where it stands' };
  await engine.database.transaction(async (tx) => {
    const before = await breakerOf(tx, source.name);
    const after = afterRun(before, { failed: run.status === 'failed', ...(run.error && { reason: run.error.message }) }, engine.clock.now());
    if (JSON.stringify(before) !== JSON.stringify(after)) await saveBreaker(tx, source.name, after);
    if (after.state === 'open' && before.state !== 'open') engine.log.warn('a source has failed again and again, and is left alone for a while', { source: source.name, failures: after.failures, probeAt: new Date(after.probeAt ?? 0).toISOString() });
  });
  tellOf(engine, run);
  await parts.afterRun?.(engine, run);
  if (payload['push'] !== false) await owePushes(engine, queue, 'schedule', run.id);
  const result = { runs: [summary(run)] };
  return run.status === 'failed' ? { kind: 'failed', error: run.error?.message ?? run.status, result } : { kind: 'done', result };
}

/** For whoever reads the log at night: one line for each run, and what to look at where it did not go well. */
function tellOf({ log }: Engine, { id, source, mode, status, streams, assets, reviews, startedAt, finishedAt, error }: RunReport): void {
  const sum = (what: 'read' | 'changed' | 'quarantined' | 'tombstoned'): number => Object.values(streams).reduce((total, stream) => total + stream[what], 0);
  const facts = { run: id, source, mode, status, read: sum('read'), changed: sum('changed'), quarantined: sum('quarantined'), tombstoned: sum('tombstoned'), assets, reviews, tookMs: Date.parse(finishedAt) - Date.parse(startedAt) };
  if (status === 'succeeded') log.info('a run ended', facts);
  else log.warn('a run ended otherwise than it should', { ...facts, ...(error && { error: error.message, ...(error.hint !== undefined && { hint: error.hint }) }), next: `lockstep runs show ${id}` });
}

const summary = ({ id, source, mode, status, streams, assets, reviews, startedAt, finishedAt, error }: RunReport) => ({ id, source, mode, status, streams, assets, reviews, startedAt, finishedAt, ...(error && { error }) });

async function push(job: Job, engine: Engine, queue: TableQueue): Promise<JobOutcome> {
  if (!engine.push?.targets.has(job.source)) return { kind: 'done', result: { skipped: `${job.source} is no target of the configuration` } };
  const { targets } = await new PushService(engine).push({ targets: [job.source] });
  const [target] = targets;
  if (!target) return { kind: 'done' };
  if (target.status === 'busy') return { kind: 'again', at: engine.clock.now() + 1_000, ...(target.reason !== undefined && { reason: target.reason }) };
  if (engine.signal.aborted) return { kind: 'again', at: engine.clock.now(), reason: 'it was stopped, and goes on where it stands' };
  const failures = target.status === 'failed' ? Number(job.payload['failures'] ?? 0) + 1 : 0;
  // What is closed is asked again by the minute: whoever opens it need not think of it.
  const isOpen = target.status === 'done' || target.status === 'failed';
  const downUntil = engine.clock.now() + Math.min(DOWN_LONGEST_MS, DOWN_FIRST_MS * 2 ** Math.max(0, failures - 1));
  if (isOpen && target.nextAt !== undefined) {
    const dueAt = Math.max(Date.parse(target.nextAt), failures > 0 ? downUntil : 0);
    await queue.enqueue({ ...pushRequest(job.source, 'schedule', `job ${job.id}`), runAt: dueAt, payload: { failures } });
  }
  const { error, ...rest } = target;
  const moved = Object.fromEntries(Object.entries(target.counts).filter(([, count]) => count > 0));
  if (target.status === 'failed' || target.counts.failed > 0) engine.log.warn('a target was not written as it should', { target: job.source, ...moved, left: target.left, ...(error && { error: error.message }), next: target.status === 'failed' ? `lockstep check ${job.source}` : 'lockstep dead-letters list' });
  else if (Object.keys(moved).length > 0) engine.log.info('a target was written', { target: job.source, ...moved, left: target.left });
  return target.status === 'failed' ? { kind: 'failed', error: error?.message ?? target.reason ?? 'the target could not be worked with', result: rest } : { kind: 'done', result: rest };
}

export const pushRequest = (target: string, lane: Lane, by: string): JobRequest => ({ kind: 'push', source: target, lane, key: `push:${target}`, by });

/** One job for each target that is owed something, at the time at which it falls due. `unlessWaiting`: a target that is down is left alone as long as it was meant to be. */
export async function owePushes(engine: Engine, queue: TableQueue, lane: Lane, by: string, unlessWaiting = false): Promise<void> {
  const { push, database } = engine;
  if (!push?.writes) return;
  for (const name of push.targets.keys()) {
    const at = await database.read((tx) => nextDueAt(tx, name));
    if (at !== undefined) await queue.enqueue({ ...pushRequest(name, lane, by), runAt: Math.max(at, engine.clock.now()), unlessWaiting });
  }
}
