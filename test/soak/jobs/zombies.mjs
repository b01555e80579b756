import { crashJob } from '../crash-job.mjs';

/** SIGSTOP for longer than a lease, then SIGCONT, on MariaDB. */
export const { name, total, run } = crashJob({ name: 'zombies', total: 50, spec: 'zombie', test: 'writes no more', suite: 'zombie', count: 'LOCKSTEP_CRASH_ZOMBIES', mysql: true });
