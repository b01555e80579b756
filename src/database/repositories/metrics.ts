import type { Row, Tx } from '../tx.js';

export interface Waiting {
  readonly count: number;
  /** ms UTC; null: none. */
  readonly oldestAt: number | null;
}
const waiting = (row: Row): Waiting => ({ count: Number(row['n']), oldestAt: row['oldest'] === null ? null : Number(row['oldest']) });

export type OutboxCount = Waiting & { readonly target: string; readonly state: string; readonly attempts: number };

/** Groups of the outbox, by its index; no row leaves the database by itself. */
export async function outboxCounts(tx: Tx): Promise<OutboxCount[]> {
  const rows = await tx.query('SELECT target, state, COUNT(*) AS n, MIN(first_owed_at) AS oldest, MAX(attempts) AS attempts FROM outbox GROUP BY target, state');
  return rows.map((row) => ({ target: row['target'], state: row['state'], attempts: Number(row['attempts']), ...waiting(row) }));
}

export async function pausedTargets(tx: Tx): Promise<Set<string>> {
  return new Set((await tx.query('SELECT target FROM push_targets WHERE paused = 1')).map((row) => row['target'] as string));
}

export async function openReviewCounts(tx: Tx): Promise<(Waiting & { readonly kind: string })[]> {
  const rows = await tx.query(`SELECT kind, COUNT(*) AS n, MIN(opened_at) AS oldest FROM reviews WHERE status = 'open' GROUP BY kind`);
  return rows.map((row) => ({ kind: row['kind'], ...waiting(row) }));
}

/** Reviews of these kinds that were ever opened, by source, and how many are open still. */
export async function reviewsEver(tx: Tx, kinds: readonly string[]): Promise<{ readonly source: string; readonly kind: string; readonly ever: number; readonly open: number }[]> {
  const rows = await tx.query(`SELECT COALESCE(source, '') AS source, kind, COUNT(*) AS n, SUM(CASE WHEN status = 'open' THEN 1 ELSE 0 END) AS still FROM reviews
    WHERE status IN ('open', 'resolved', 'over') AND kind IN (${kinds.map(() => '?').join(', ')}) GROUP BY source, kind`, kinds);
  return rows.map((row) => ({ source: row['source'], kind: row['kind'], ever: Number(row['n']), open: Number(row['still']) }));
}

/** By class of reason: the words themselves hold what records say. */
export async function quarantineCounts(tx: Tx): Promise<{ readonly source: string; readonly reason: string; readonly count: number }[]> {
  const rows = await tx.query(`SELECT st.source AS source, q.class AS class, SUM(q.n) AS n FROM
    (SELECT stream_id, CASE WHEN external_id IS NULL THEN 'no_id' WHEN reason LIKE 'mapping of %' THEN 'mapping' ELSE 'record' END AS class, COUNT(*) AS n FROM quarantine GROUP BY stream_id, class) q
    JOIN streams st ON st.id = q.stream_id GROUP BY st.source, q.class`);
  return rows.map((row) => ({ source: row['source'], reason: row['class'], count: Number(row['n']) }));
}

export interface SourceRuns {
  readonly status: string;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  /** ms UTC; of the last run that succeeded. */
  readonly succeededAt: number | null;
}

/** Each looked up from the newest on: nothing is counted. */
export async function lastRuns(tx: Tx, source: string): Promise<SourceRuns | undefined> {
  const [last] = await tx.query(`SELECT status, started_at, finished_at FROM runs WHERE source = ? AND status <> 'running' ORDER BY seq DESC LIMIT 1`, [source]);
  if (!last) return undefined;
  const [good] = await tx.query(`SELECT finished_at FROM runs WHERE source = ? AND status = 'succeeded' ORDER BY seq DESC LIMIT 1`, [source]);
  return { status: last['status'], startedAt: Number(last['started_at']), finishedAt: last['finished_at'] === null ? null : Number(last['finished_at']), succeededAt: good ? Number(good['finished_at']) : null };
}

export async function sourceRows(tx: Tx): Promise<Map<string, { readonly paused: boolean; readonly knownSince: number }>> {
  return new Map((await tx.query('SELECT name, paused, created_at FROM sources')).map((row) => [row['name'] as string, { paused: Number(row['paused']) === 1, knownSince: Number(row['created_at']) }]));
}

/** `due`: waiting, and its time has come. */
export async function jobCounts(tx: Tx, now: number): Promise<(Waiting & { readonly lane: number; readonly state: 'due' | 'running' })[]> {
  const due = await tx.query(`SELECT lane, COUNT(*) AS n, MIN(run_at) AS oldest FROM jobs WHERE state = 'waiting' AND run_at <= ? GROUP BY lane`, [now]);
  const running = await tx.query(`SELECT lane, COUNT(*) AS n, MIN(started_at) AS oldest FROM jobs WHERE state = 'running' GROUP BY lane`);
  return [...due.map((row) => ({ lane: Number(row['lane']), state: 'due' as const, ...waiting(row) })), ...running.map((row) => ({ lane: Number(row['lane']), state: 'running' as const, ...waiting(row) }))];
}

export async function openBreakers(tx: Tx): Promise<Set<string>> {
  return new Set((await tx.query(`SELECT source FROM breakers WHERE state <> 'closed'`)).map((row) => row['source'] as string));
}

export async function webhookCounts(tx: Tx): Promise<{ readonly source: string; readonly lastAt: number | null; readonly missed: number }[]> {
  return (await tx.query('SELECT source, last_at, missed FROM webhook_sources')).map((row) => ({ source: row['source'], lastAt: row['last_at'] === null ? null : Number(row['last_at']), missed: Number(row['missed']) }));
}
