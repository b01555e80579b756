import { crashJob } from '../crash-job.mjs';

/** Cuts of SQLite's log. */
export const { name, total, run } = crashJob({ name: 'torn-log', total: 1_000, spec: 'torn-log', suite: 'torn log', count: 'LOCKSTEP_CRASH_CUTS' });
