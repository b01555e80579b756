import type { Database } from '../database/database.js';
import type { SliceOptions } from './slice-types.js';
import type { StreamRun } from './stream-run.js';

/** Records a transaction: on SQLite the gate must open again within some 50 ms. */
export const sliceSize = (database: Database): number => (database.dialect === 'sqlite' ? 200 : 500);

/** A slice of a run: what it stores has the run as its cause, or the person who let stored payloads count. */
export const sliceOptions = ({ runId, person, source, firstLoad }: StreamRun, now: number, guard: boolean): SliceOptions => ({
  guard, firstLoad, cause: person === undefined ? { kind: 'run', run: runId, source: source.name } : { kind: 'person', person, source: source.name }, runId: person === undefined ? runId : null, source: source.name, now,
});
