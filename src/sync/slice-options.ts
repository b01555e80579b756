import type { Database } from '../database/database.js';
import type { SliceOptions } from './slice-types.js';
import type { StreamRun } from './stream-run.js';

/** Records a transaction: on SQLite the gate must open again within some 50 ms. */
export const sliceSize = (database: Database): number => (database.dialect === 'sqlite' ? 200 : 500);

/** A slice of a run: what it stores has the run as its cause. */
export const sliceOptions = (run: StreamRun, now: number, guard: boolean): SliceOptions => ({
  guard, firstLoad: run.firstLoad, cause: { kind: 'run', run: run.runId, source: run.source.name }, runId: run.runId, source: run.source.name, now,
});
