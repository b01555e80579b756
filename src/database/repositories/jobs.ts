import { LANES, type Job, type JobKind, type JobRequest, type JobState, type Lane } from '../../queue/job-queue.js';
import { executeIn, take, type Row, type Tx } from '../tx.js';

const COLUMNS = ['id', 'kind', 'source', 'lane', 'unique_key', 'payload', 'state', 'run_at', 'attempts', 'created_at', 'created_by', 'started_at', 'finished_at', 'holder', 'expires_at', 'result', 'error'] as const;

const jobOf = (row: Row): Job => ({
  id: Number(row['id']), kind: row['kind'] as JobKind, source: row['source'], lane: LANES[Number(row['lane'])] as Lane, payload: JSON.parse(row['payload']), runAt: Number(row['run_at']), by: row['created_by'], state: row['state'] as JobState, attempts: Number(row['attempts']),
  createdAt: Number(row['created_at']), startedAt: row['started_at'] === null ? null : Number(row['started_at']), finishedAt: row['finished_at'] === null ? null : Number(row['finished_at']), result: row['result'] === null ? null : JSON.parse(row['result']), error: row['error'],
});

/** Of two that ask for the same one job stays: in the better lane, at the earlier time, and with what either wants (`payload` is joined, the later words win). */
export async function insertJob(tx: Tx, request: JobRequest, now: number): Promise<Job> {
  const runAt = request.runAt ?? now;
  const lane = LANES.indexOf(request.lane);
  if (request.key !== undefined) {
    const [row] = await tx.query(`SELECT ${COLUMNS.join(', ')} FROM jobs WHERE unique_key = ?${tx.dialect === 'mysql' ? ' FOR UPDATE' : ''}`, [request.key]);
    if (row && request.unlessWaiting) return jobOf(row);
    if (row) {
      const payload = JSON.stringify({ ...(JSON.parse(row['payload']) as object), ...request.payload });
      await tx.execute('UPDATE jobs SET lane = ?, run_at = ?, payload = ? WHERE id = ?', [Math.min(lane, Number(row['lane'])), Math.min(runAt, Number(row['run_at'])), payload, Number(row['id'])]);
      return jobOf({ ...row, lane: Math.min(lane, Number(row['lane'])), run_at: Math.min(runAt, Number(row['run_at'])), payload });
    }
  }
  const id = await take(tx, 'jobs', 1);
  const row: Row = { id, kind: request.kind, source: request.source, lane, unique_key: request.key ?? null, payload: JSON.stringify(request.payload ?? {}), state: 'waiting', run_at: runAt, attempts: 0, created_at: now, created_by: request.by.slice(0, 128), started_at: null, finished_at: null, holder: null, expires_at: null, result: null, error: null };
  await tx.insertMany('jobs', COLUMNS, [COLUMNS.map((name) => row[name])]);
  return jobOf(row);
}

export async function jobById(tx: Tx, id: number): Promise<Job | undefined> {
  const [row] = await tx.query(`SELECT ${COLUMNS.join(', ')} FROM jobs WHERE id = ?`, [id]);
  return row && jobOf(row);
}

/**
 * The first job that is due of each source and kind in a lane. Goes from source to source along the index, so that a
 * million jobs of one of them cost the others nothing.
 */
export async function dueHeads(tx: Tx, lane: Lane, now: number): Promise<Job[]> {
  const at = LANES.indexOf(lane);
  const heads: Job[] = [];
  for (let [source, kind] = await next(tx, at, undefined); source !== undefined && kind !== undefined; [source, kind] = await next(tx, at, [source, kind])) {
    const [row] = await tx.query(`SELECT ${COLUMNS.join(', ')} FROM jobs WHERE state = 'waiting' AND lane = ? AND source = ? AND kind = ? AND run_at <= ? ORDER BY run_at, id LIMIT 1`, [at, source, kind, now]);
    if (row) heads.push(jobOf(row));
  }
  return heads.sort((a, b) => a.runAt - b.runAt || a.id - b.id);
}

async function next(tx: Tx, lane: number, after: readonly [source: string, kind: string] | undefined): Promise<readonly [string | undefined, string | undefined]> {
  const further = async (where: string, params: readonly string[]): Promise<Row | undefined> => (await tx.query(`SELECT source, kind FROM jobs WHERE state = 'waiting' AND lane = ?${where} ORDER BY source, kind LIMIT 1`, [lane, ...params]))[0];
  const row = after === undefined ? await further('', []) : ((await further(' AND source = ? AND kind > ?', after)) ?? (await further(' AND source > ?', [after[0]])));
  return row ? [row['source'] as string, row['kind'] as string] : [undefined, undefined];
}

/** When the next waiting job falls due; undefined: none waits. */
export async function nextRunAt(tx: Tx, after: number): Promise<number | undefined> {
  let at: number | undefined;
  for (let lane = 0; lane < LANES.length; lane++) {
    const seen = await earliest(tx, lane, after);
    if (seen !== undefined && (at === undefined || seen < at)) at = seen;
  }
  return at;
}

async function earliest(tx: Tx, lane: number, after: number): Promise<number | undefined> {
  let at: number | undefined;
  for (let [source, kind] = await next(tx, lane, undefined); source !== undefined && kind !== undefined; [source, kind] = await next(tx, lane, [source, kind])) {
    const [row] = await tx.query(`SELECT run_at FROM jobs WHERE state = 'waiting' AND lane = ? AND source = ? AND kind = ? AND run_at > ? ORDER BY run_at LIMIT 1`, [lane, source, kind, after]);
    if (row && (at === undefined || Number(row['run_at']) < at)) at = Number(row['run_at']);
  }
  return at;
}

/** False: it is not waiting any more. */
export async function startJob(tx: Tx, id: number, holder: string, now: number): Promise<boolean> {
  return (await tx.execute(`UPDATE jobs SET state = 'running', unique_key = NULL, started_at = ?, holder = ?, attempts = attempts + 1 WHERE id = ? AND state = 'waiting'`, [now, holder, id])) > 0;
}

export async function finishJob(tx: Tx, id: number, state: Exclude<JobState, 'waiting' | 'running'>, outcome: { readonly result?: unknown; readonly error?: string }, now: number): Promise<void> {
  await tx.execute(`UPDATE jobs SET state = ?, finished_at = ?, holder = NULL, result = ?, error = ? WHERE id = ? AND state IN ('running', 'waiting')`, [state, now, outcome.result === undefined ? null : JSON.stringify(outcome.result), outcome.error ?? null, id]);
}

/** Waits again, whatever it got done: what it does can be done twice. `failed`: the attempt counts against it. */
export async function putBack(tx: Tx, id: number, runAt: number, reason: string | null, failed: boolean): Promise<void> {
  await tx.execute(`UPDATE jobs SET state = 'waiting', run_at = ?, holder = NULL, error = ?${failed ? '' : ', attempts = 0'} WHERE id = ? AND state = 'running'`, [runAt, reason, id]);
}

/** `[id, kind, source, holder]` of those that are said to run. */
export async function runningJobs(tx: Tx): Promise<readonly { readonly id: number; readonly kind: string; readonly source: string; readonly holder: string | null; readonly attempts: number }[]> {
  return (await tx.query(`SELECT id, kind, source, holder, attempts FROM jobs WHERE state = 'running'`)).map((row) => ({ id: Number(row['id']), kind: row['kind'], source: row['source'], holder: row['holder'], attempts: Number(row['attempts']) }));
}

/** What is done for a source or target; of upkeep and notices the column tells only which. */
const OF_SOURCES = `kind IN ('sync', 'push', 'inbox')`;

/** Of sources that are configured no more; gives how many. */
export async function cancelJobsOf(tx: Tx, sources: readonly string[], reason: string, now: number): Promise<number> {
  return executeIn(tx, `UPDATE jobs SET state = 'cancelled', unique_key = NULL, finished_at = ?, error = ? WHERE state = 'waiting' AND ${OF_SOURCES} AND source IN (?)`, sources, [now, reason]);
}

/** Sources for which jobs wait. */
export async function sourcesWaiting(tx: Tx): Promise<string[]> {
  return (await tx.query(`SELECT DISTINCT source FROM jobs WHERE state = 'waiting' AND ${OF_SOURCES}`)).map((row) => row['source'] as string);
}

export interface ListJobs { readonly state?: JobState; readonly source?: string; readonly limit: number }

/** The latest first. */
export async function listJobs(tx: Tx, { state, source, limit }: ListJobs): Promise<Job[]> {
  const where = [...(state ? ['state = ?'] : []), ...(source !== undefined ? ['source = ?'] : [])];
  return (await tx.query(`SELECT ${COLUMNS.join(', ')} FROM jobs${where.length ? ` WHERE ${where.join(' AND ')}` : ''} ORDER BY id DESC LIMIT ?`, [...(state ? [state] : []), ...(source !== undefined ? [source] : []), limit])).map(jobOf);
}
