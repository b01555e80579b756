import { crashJob } from '../crash-job.mjs';

/** SIGTERM at a drawn instant. */
export const { name, total, run } = crashJob({ name: 'stopped', total: 100, spec: 'stopped', test: 'ends its sync', suite: 'stopped', count: 'LOCKSTEP_CRASH_STOPS' });
