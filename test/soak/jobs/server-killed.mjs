import { crashJob } from '../crash-job.mjs';

/** `kill -9` of the database server under a sync; the spec starts its own. */
export const { name, total, run } = crashJob({ name: 'server-killed', total: 20, spec: 'server-killed', suite: 'server killed', count: 'LOCKSTEP_CRASH_SERVER_KILLS' });
