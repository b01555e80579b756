/** Before whom: single records of a webhook go before what a schedule or a person asks for, and that before filling up. */
export type Lane = 'webhook' | 'schedule' | 'backfill';
export const LANES: readonly Lane[] = ['webhook', 'schedule', 'backfill'];

/** `sync`: one run of a source. `push`: what one target is owed. `inbox`: the deliveries of a source that wait. Others: see who handles them. */
export type JobKind = 'sync' | 'push' | 'inbox' | 'upkeep' | 'notices';

export interface JobRequest {
  readonly kind: JobKind;
  /** The source or target that it is for; '' where it is for none. Two jobs of one kind and source never run at the same time. */
  readonly source: string;
  readonly lane: Lane;
  /** Of those that wait only one has this key: asked for again it stays one, at the earlier of both times. Absent: each is its own. */
  readonly key?: string;
  /** Where one waits under the key it is left as it is, its time too. */
  readonly unlessWaiting?: boolean;
  readonly payload?: Readonly<Record<string, unknown>>;
  /** ms UTC; absent: now. */
  readonly runAt?: number;
  /** Who asked for it, for the audit. */
  readonly by: string;
}

export type JobState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

export interface Job extends Required<Omit<JobRequest, 'key' | 'unlessWaiting'>> {
  readonly id: number;
  readonly state: JobState;
  readonly attempts: number;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly result: unknown;
  readonly error: string | null;
}

/** What is to be done and by whom it is being done. The jobs table is the truth; what stands behind the port is how workers hear of it. */
export abstract class JobQueue {
  /** Stored before it resolves. Gives the job that waits under this key, new or old. */
  abstract enqueue(request: JobRequest): Promise<Job>;
  abstract find(id: number): Promise<Job | undefined>;
  /** Resolves when the job is over, in whatever process it ran. */
  abstract ended(id: number, signal?: AbortSignal): Promise<Job>;
}
