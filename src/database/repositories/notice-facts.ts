import { HOLDING_REVIEWS, RUNS_LOOKED_AT, type Facts, type RunFact } from '../../core/notices/index.js';
import type { SqlValue, Tx } from '../tx.js';

const ENDED = `status IN ('succeeded', 'partial', 'suspect', 'failed')`;
/** Beside the latest runs the latest full ones are looked at: only they end what a full one began. */
const FULL_LOOKED_AT = 5;
/** How far back the latest full ones are looked for. */
const FAR = 20_000;

const runOf = (row: Record<string, any>): RunFact & { readonly startedAt: number } => ({
  id: row['id'], seq: Number(row['seq']), mode: row['mode'], status: row['status'], startedAt: Number(row['started_at']), at: Number(row['finished_at'] ?? row['started_at']), error: row['error'],
});

export interface SourceRuns {
  readonly paused: boolean;
  /** When it was first known; null: never yet. */
  readonly knownSince: number | null;
  readonly runs: readonly (RunFact & { readonly startedAt: number })[];
  readonly lastSuccessAt: number | null;
}

export async function sourceRuns(tx: Tx, source: string): Promise<SourceRuns> {
  const columns = 'id, seq, mode, status, started_at, finished_at, error';
  const [state] = await tx.query('SELECT paused, created_at FROM sources WHERE name = ?', [source]);
  const latest = (await tx.query(`SELECT ${columns} FROM runs WHERE source = ? AND ${ENDED} ORDER BY seq DESC LIMIT ?`, [source, RUNS_LOOKED_AT])).map(runOf);
  const [newest] = latest;
  const full = newest === undefined ? [] : (await tx.query(`SELECT ${columns} FROM runs WHERE source = ? AND seq > ? AND mode = 'full' AND ${ENDED} ORDER BY seq DESC LIMIT ?`, [source, newest.seq - FAR, FULL_LOOKED_AT])).map(runOf);
  const [success] = await tx.query(`SELECT finished_at FROM runs WHERE source = ? AND status = 'succeeded' ORDER BY seq DESC LIMIT 1`, [source]);
  return { paused: Number(state?.['paused'] ?? 0) === 1, knownSince: state ? Number(state['created_at']) : null, runs: [...new Map([...latest, ...full].map((run) => [run.id, run])).values()], lastSuccessAt: success ? Number(success['finished_at']) : null };
}

/** All that is not about runs. `sources`: those of the configuration; of others nobody expects anything. */
export async function otherFacts(tx: Tx, sources: ReadonlySet<string>, now: number): Promise<Omit<Facts, 'now' | 'sources'>> {
  const holding = HOLDING_REVIEWS.map(() => '?').join(', ');
  const held = await tx.query(`SELECT r.id AS id, r.kind AS kind, r.source AS source, r.because AS because, r.opened_at AS opened_at, (SELECT COUNT(*) FROM review_records rr WHERE rr.review_id = r.id AND rr.done = 0) AS records
    FROM reviews r WHERE r.status = 'open' AND r.kind IN (${holding}) ORDER BY r.id LIMIT 1000`, HOLDING_REVIEWS as SqlValue[]);
  const waiting = await tx.query(`SELECT source, COUNT(*) AS n, MAX(opened_at) AS newest FROM reviews WHERE status = 'open' AND kind NOT IN (${holding}) GROUP BY source`, HOLDING_REVIEWS as SqlValue[]);
  const dead = await tx.query(`SELECT target, COUNT(*) AS n, MAX(updated_at) AS newest FROM outbox WHERE state = 'dead' GROUP BY target`);
  const quarantine = await tx.query(`SELECT st.source AS source, COUNT(*) AS total, SUM(CASE WHEN q.first_at > ? THEN 1 ELSE 0 END) AS fresh, MAX(q.first_at) AS newest FROM quarantine q JOIN streams st ON st.id = q.stream_id GROUP BY st.source`, [now - 86_400_000]);
  const silent = await tx.query('SELECT source, silent_since, last_at FROM webhook_sources WHERE silent_since IS NOT NULL');
  const breakers = await tx.query(`SELECT source, opened_at, failures, reason FROM breakers WHERE state <> 'closed'`);
  const ours = (row: Record<string, any>): boolean => sources.has(row['source']);
  return {
    heldSets: held.map((row) => ({ id: Number(row['id']), kind: row['kind'], source: row['source'], because: row['because'], records: Number(row['records']), openedAt: Number(row['opened_at']) })),
    waiting: waiting.map((row) => ({ source: row['source'], reviews: Number(row['n']), newestAt: Number(row['newest']) })),
    deadLetters: dead.map((row) => ({ target: row['target'], assets: Number(row['n']), newestAt: Number(row['newest']) })),
    quarantine: quarantine.map((row) => ({ source: row['source'], total: Number(row['total']), fresh: Number(row['fresh']), newestAt: Number(row['newest']) })),
    silent: silent.filter(ours).map((row) => ({ source: row['source'], since: Number(row['silent_since']), lastAt: row['last_at'] === null ? null : Number(row['last_at']) })),
    breakers: breakers.filter(ours).map((row) => ({ source: row['source'], since: Number(row['opened_at'] ?? now), failures: Number(row['failures']), reason: row['reason'] })),
  };
}

const SINCE = 'notices since';

/** When the state was looked at for the first time: a source that never ran is late from then on. Locks the row, so that two who look at once do so one after the other. */
export async function noticesSince(tx: Tx, now: number): Promise<number> {
  await tx.insertMany('meta', ['name', 'value'], [[SINCE, String(now)]], { keys: ['name'], update: [] });
  const [row] = await tx.query(`SELECT value FROM meta WHERE name = ?${tx.dialect === 'mysql' ? ' FOR UPDATE' : ''}`, [SINCE]);
  return Number(row?.['value'] ?? now);
}
