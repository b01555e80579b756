import { statementJob } from '../statement-job.mjs';

export const { name, total, run } = statementJob({ name: 'push-statements-mysql', kind: 'mysql', faults: ['deadlock 1213', 'lock wait 1205', 'server gone'], spec: 'push-statements', count: 'LOCKSTEP_CRASH_PUSH_STATEMENTS', mysql: true });
