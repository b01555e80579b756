import { take, type Tx } from '../tx.js';

export type RunStatus = 'running' | 'succeeded' | 'partial' | 'suspect' | 'failed' | 'interrupted' | 'skipped';

export interface RunRow {
  readonly id: string;
  readonly source: string;
  readonly mode: 'full' | 'incremental';
  readonly status: RunStatus;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly trigger: string;
  readonly configHash: string;
  readonly resumedFrom: string | null;
  /** The source had no records before; kept through resumptions. */
  readonly firstLoad: boolean;
  /** The source's assets before the run: what ratios of changes are of. */
  readonly assetsBefore: number;
  readonly report: any;
  readonly error: string | null;
}

export const runOf = (row: Record<string, any>): RunRow => ({
  id: row['id'], source: row['source'], mode: row['mode'], status: row['status'], startedAt: Number(row['started_at']), finishedAt: row['finished_at'] === null ? null : Number(row['finished_at']), trigger: row['trigger_kind'],
  configHash: row['config_hash'], resumedFrom: row['resumed_from'], firstLoad: Number(row['first_load']) === 1, assetsBefore: Number(row['assets_before']), report: row['report'] === null ? null : JSON.parse(row['report']), error: row['error'],
});

export interface StreamCounts {
  readonly read: number;
  readonly unchanged: number;
  readonly changed: number;
  readonly quarantined: number;
  readonly filtered: number;
  readonly tombstoned: number;
}
export const NO_COUNTS: StreamCounts = { read: 0, unchanged: 0, changed: 0, quarantined: 0, filtered: 0, tombstoned: 0 };
export const plus = (a: StreamCounts, b: Partial<StreamCounts>): StreamCounts => ({
  read: a.read + (b.read ?? 0), unchanged: a.unchanged + (b.unchanged ?? 0), changed: a.changed + (b.changed ?? 0), quarantined: a.quarantined + (b.quarantined ?? 0), filtered: a.filtered + (b.filtered ?? 0), tombstoned: a.tombstoned + (b.tombstoned ?? 0),
});

/** What a scope looked like at its end, kept until the stream's closing. */
export interface ScopeProgress {
  readonly scopeId: number;
  readonly name: string;
  /** Live records of the scope before this pass. */
  readonly liveBefore: number;
  /** Records that this pass gave for it, filtered and quarantined ones included. */
  readonly seen: number;
  readonly coverage?: 'complete' | 'uncovered';
  readonly reason?: string;
  readonly hidden?: number;
  /** A record without a readable id: nothing there may be called missing. */
  readonly blind?: boolean;
  /** Hidden rows at the last complete pass. */
  readonly hiddenBefore: number;
  /** It has been read completely before. */
  readonly completeBefore: boolean;
}

/** Why nothing of a scope may be called missing; undefined: as far as it was read, it was read whole. */
export function uncoveredBecause({ coverage, reason, blind }: ScopeProgress): string | undefined {
  if (coverage === 'uncovered') return reason ?? 'not read';
  return blind ? 'a record without a readable id: nothing there may be called missing' : undefined;
}

export interface RunStreamRow {
  readonly runId: string;
  readonly stream: string;
  readonly position: number;
  readonly status: 'waiting' | 'running' | 'pulled' | 'done' | 'failed';
  readonly pass: number;
  readonly passStartedAt: number;
  readonly mode: 'full' | 'incremental';
  readonly pageToken: string | null;
  readonly startCursor: string | null;
  readonly nextCursor: string | null;
  readonly filterHash: string;
  readonly counts: StreamCounts;
  readonly scopes: readonly ScopeProgress[];
  readonly error: string | null;
}

const STREAM_COLUMNS = ['run_id', 'stream', 'position', 'status', 'pass', 'pass_started_at', 'mode', 'page_token', 'start_cursor', 'next_cursor', 'filter_hash', 'counts', 'scopes', 'error'] as const;

export const runStreamOf = (row: Record<string, any>): RunStreamRow => ({
  runId: row['run_id'], stream: row['stream'], position: Number(row['position']), status: row['status'], pass: Number(row['pass']), passStartedAt: Number(row['pass_started_at']), mode: row['mode'], pageToken: row['page_token'],
  startCursor: row['start_cursor'], nextCursor: row['next_cursor'], filterHash: row['filter_hash'], counts: JSON.parse(row['counts']), scopes: JSON.parse(row['scopes']), error: row['error'],
});

export async function insertRun(tx: Tx, run: RunRow): Promise<void> {
  await tx.insertMany('runs', ['id', 'seq', 'source', 'mode', 'status', 'started_at', 'trigger_kind', 'config_hash', 'resumed_from', 'first_load', 'assets_before'], [[run.id, await take(tx, 'runs', 1), run.source, run.mode, run.status, run.startedAt, run.trigger, run.configHash, run.resumedFrom, run.firstLoad ? 1 : 0, run.assetsBefore]]);
}

export async function finishRun(tx: Tx, id: string, status: RunStatus, at: number, report: unknown, error: string | null): Promise<void> {
  await tx.execute('UPDATE runs SET status = ?, finished_at = ?, report = ?, error = ? WHERE id = ?', [status, at, JSON.stringify(report), error, id]);
}

/** The checkpoint: in the transaction of the records that it covers, never ahead of them, never behind. */
export async function saveRunStream(tx: Tx, row: RunStreamRow): Promise<void> {
  await tx.insertMany('run_streams', STREAM_COLUMNS, [[row.runId, row.stream, row.position, row.status, row.pass, row.passStartedAt, row.mode, row.pageToken, row.startCursor, row.nextCursor, row.filterHash, JSON.stringify(row.counts), JSON.stringify(row.scopes), row.error]],
    { keys: ['run_id', 'stream'], update: STREAM_COLUMNS.filter((column) => column !== 'run_id' && column !== 'stream') });
}

export async function runStreams(tx: Tx, runId: string): Promise<RunStreamRow[]> {
  return (await tx.query('SELECT * FROM run_streams WHERE run_id = ? ORDER BY position', [runId])).map(runStreamOf);
}

/** By its number, not by its time: a clock may have been set back since. */
export async function lastRun(tx: Tx, source: string): Promise<RunRow | undefined> {
  const [row] = await tx.query('SELECT * FROM runs WHERE source = ? ORDER BY seq DESC LIMIT 1', [source]);
  return row ? runOf(row) : undefined;
}

/** A run whose process died is interrupted, never succeeded. */
export async function interruptDeadRuns(tx: Tx, source: string, at: number): Promise<void> {
  await tx.execute(`UPDATE runs SET status = 'interrupted', finished_at = ?, error = ? WHERE source = ? AND status = 'running'`, [at, 'the process that ran it ended without a word', source]);
}

export const nextPass = (tx: Tx): Promise<number> => take(tx, 'passes', 1);
