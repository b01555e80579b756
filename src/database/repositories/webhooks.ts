import type { Row, Tx } from '../tx.js';

/** What is known of a source's deliveries beside those that the inbox still has. */
export interface WebhookRow {
  /** Of the latest that was read, ms UTC. */
  readonly lastAt: number | null;
  /** Those that were pruned, up to the row `prunedTo` of the inbox. */
  readonly accepted: number;
  readonly prunedTo: number;
  /** What polls found changed that no delivery had told: in all, and since the last delivery, first at `firstMissedAt`. */
  readonly missed: number;
  readonly missedSince: number;
  readonly firstMissedAt: number | null;
  readonly silentSince: number | null;
}

export const NOTHING_HEARD: WebhookRow = { lastAt: null, accepted: 0, prunedTo: 0, missed: 0, missedSince: 0, firstMissedAt: null, silentSince: null };

const instant = (value: unknown): number | null => (value === null || value === undefined ? null : Number(value));
const webhookOf = (row: Row): WebhookRow => ({
  lastAt: instant(row['last_at']), accepted: Number(row['accepted']), prunedTo: Number(row['pruned_to']), missed: Number(row['missed']), missedSince: Number(row['missed_since']), firstMissedAt: instant(row['first_missed_at']), silentSince: instant(row['silent_since']),
});

export async function loadWebhook(tx: Tx, source: string): Promise<WebhookRow> {
  const [row] = await tx.query('SELECT * FROM webhook_sources WHERE source = ?', [source]);
  return row ? webhookOf(row) : NOTHING_HEARD;
}

const COLUMNS = ['last_at', 'accepted', 'pruned_to', 'missed', 'missed_since', 'first_missed_at', 'silent_since'] as const;

/** In the transaction that loaded it. */
export async function saveWebhook(tx: Tx, source: string, row: WebhookRow): Promise<void> {
  await tx.insertMany('webhook_sources', ['source', ...COLUMNS], [[source, row.lastAt, row.accepted, row.prunedTo, row.missed, row.missedSince, row.firstMissedAt, row.silentSince]], { keys: ['source'], update: COLUMNS });
}

/** Targets that could be delivered to now. */
export async function targetsOwedNow(tx: Tx, now: number): Promise<string[]> {
  return (await tx.query(`SELECT DISTINCT target FROM outbox WHERE state IN ('owed', 'sending', 'looking') AND not_before <= ? ORDER BY target`, [now])).map((row) => String(row['target']));
}

/** Whether a run can tell what deliveries missed: not the first of its source, nor the first under another configuration, which reads unchanged records as changed. */
export async function isComparableRun(tx: Tx, runId: string): Promise<boolean> {
  const [run] = await tx.query('SELECT source, first_load, config_hash, started_at FROM runs WHERE id = ?', [runId]);
  if (!run || Number(run['first_load']) === 1) return false;
  const [before] = await tx.query(`SELECT config_hash FROM runs WHERE source = ? AND id <> ? AND started_at <= ? AND status <> 'skipped' ORDER BY started_at DESC, id DESC LIMIT 1`, [run['source'], runId, run['started_at']]);
  return before !== undefined && before['config_hash'] === run['config_hash'];
}

/** Whether the source as a whole was ever read to its end: single records before that would make its first load look like a later one. */
export async function wasReadOnce(tx: Tx, source: string): Promise<boolean> {
  const [row] = await tx.query(`SELECT id FROM runs WHERE source = ? AND status IN ('succeeded', 'partial', 'suspect') LIMIT 1`, [source]);
  return row !== undefined;
}
