import { statementJob } from '../statement-job.mjs';

export const { name, total, run } = statementJob({ name: 'statements-sqlite', kind: 'sqlite', faults: ['an error'] });
