import { insertJob, jobById } from '../database/repositories/jobs.js';
import type { Engine } from '../engine/engine.js';
import { JobQueue, type Job, type JobRequest } from './job-queue.js';

/** How often a job that runs in another process is looked at. */
const LOOK_MS = 500;

const isOver = (job: Job): boolean => job.state !== 'waiting' && job.state !== 'running';

/** The jobs table itself. Workers of this process hear of a new job at once, those of others when they look. */
export class TableQueue extends JobQueue {
  private readonly listeners = new Set<() => void>();
  private readonly waiting = new Map<number, Set<(job: Job) => void>>();

  constructor(private readonly engine: Pick<Engine, 'database' | 'clock'>) {
    super();
  }

  async enqueue(request: JobRequest): Promise<Job> {
    const job = await this.engine.database.transaction((tx) => insertJob(tx, request, this.engine.clock.now()));
    this.wake();
    return job;
  }

  find(id: number): Promise<Job | undefined> {
    return this.engine.database.read((tx) => jobById(tx, id));
  }

  async ended(id: number, signal?: AbortSignal): Promise<Job> {
    for (;;) {
      const told = new Promise<Job>((resolve) => this.waiting.set(id, (this.waiting.get(id) ?? new Set()).add(resolve)));
      const job = await this.find(id);
      if (!job) throw new Error(`there is no job ${id}`);
      if (isOver(job)) return job;
      const look = new AbortController();
      const either = signal ? AbortSignal.any([signal, look.signal]) : look.signal;
      const next = await Promise.race([told, this.engine.clock.sleep(LOOK_MS, either).then(() => undefined, () => undefined)]);
      look.abort();
      if (next) return next;
      signal?.throwIfAborted();
    }
  }

  /** Called when there may be something to do. Gives what takes the listener away. */
  onWork(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  wake(): void {
    for (const listener of this.listeners) listener();
  }

  /** For the workers: whoever waits for this job hears of its end. */
  tell(job: Job): void {
    for (const resolve of this.waiting.get(job.id) ?? []) resolve(job);
    this.waiting.delete(job.id);
  }
}
