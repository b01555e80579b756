import { statementJob } from '../statement-job.mjs';

export const { name, total, run } = statementJob({ name: 'push-statements-sqlite', kind: 'sqlite', faults: ['an error'], spec: 'push-statements', count: 'LOCKSTEP_CRASH_PUSH_STATEMENTS' });
