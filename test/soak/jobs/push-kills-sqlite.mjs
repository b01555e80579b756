import { crashJob } from '../crash-job.mjs';

/** `kill -9` of syncs that push, on SQLite: each tool is told once. */
export const { name, total, run } = crashJob({ name: 'push-kills-sqlite', total: 200, spec: 'push', test: 'push on sqlite loses', suite: 'push sqlite', count: 'LOCKSTEP_CRASH_PUSH_KILLS' });
