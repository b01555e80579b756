import { randomBytes } from 'node:crypto';

/** Names one failure in what a person reads, in the log and in the record of a run. */
export const newErrorId = (): string => randomBytes(4).toString('hex');
