import { statementJob } from '../statement-job.mjs';

export const { name, total, run } = statementJob({ name: 'statements-mysql', kind: 'mysql', faults: ['deadlock 1213', 'lock wait 1205', 'server gone'], mysql: true });
