import type { RunStatus, StreamCounts } from '../database/repositories/runs.js';

export interface ProgressEvent {
  readonly kind: 'run_started' | 'stream_started' | 'page' | 'stream_finished' | 'run_finished';
  readonly source: string;
  readonly stream?: string;
  readonly counts?: StreamCounts;
  /** Records that the source says the pass will give in all. */
  readonly expected?: number;
  readonly status?: RunStatus;
  readonly message?: string;
}
