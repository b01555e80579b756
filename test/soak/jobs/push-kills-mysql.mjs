import { crashJob } from '../crash-job.mjs';

/** The same on MariaDB. */
export const { name, total, run } = crashJob({ name: 'push-kills-mysql', total: 100, spec: 'push', test: 'push on mysql loses', suite: 'push mysql', count: 'LOCKSTEP_CRASH_PUSH_KILLS_MYSQL', mysql: true });
