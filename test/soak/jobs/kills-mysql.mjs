import { crashJob } from '../crash-job.mjs';

/** The same on MariaDB. */
export const { name, total, run } = crashJob({ name: 'kills-mysql', total: 100, spec: 'kill', test: 'kill -9 on mysql', suite: 'kill mysql', count: 'LOCKSTEP_CRASH_KILLS_MYSQL', mysql: true });
