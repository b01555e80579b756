import { crashJob } from '../crash-job.mjs';

/** `kill -9` of the service's door under load: no delivery that got its 2xx is lost. */
export const { name, total, run } = crashJob({ name: 'kills-intake', total: 100, spec: 'intake', test: 'kill -9 under webhook load', suite: 'kill intake', count: 'LOCKSTEP_CRASH_INTAKE' });
