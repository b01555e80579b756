import { crashJob } from '../crash-job.mjs';

/** `kill -9` on SQLite: a first load, a sync with changes, a rebuild, the making of the tables, in turn. */
export const { name, total, run } = crashJob({ name: 'kills-sqlite', total: 200, spec: 'kill', test: 'kill -9 on sqlite', suite: 'kill sqlite', count: 'LOCKSTEP_CRASH_KILLS' });
