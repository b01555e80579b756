import { int, long, nullable, text, type Table } from './schema-ddl.js';

const word = text(64);
const zero = { ...int, default: 0 };

/** What is to be done: the truth about it, whatever queue stands in front. */
export const QUEUE_TABLES: readonly Table[] = [
  {
    name: 'jobs',
    // `unique_key`: what stands once among those that wait; a job that has begun gives it up, so that the same may be asked for again meanwhile.
    columns: {
      id: int, kind: word, source: word, lane: int, unique_key: nullable(text(200)), payload: long, state: text(12), run_at: int, attempts: int, created_at: int, created_by: text(128), started_at: nullable(int), finished_at: nullable(int),
      holder: nullable(text(128)), expires_at: nullable(int), result: nullable(long), error: nullable(long),
    },
    primary: ['id'], unique: [['unique_key']], indexes: [['state', 'lane', 'source', 'kind', 'run_at'], ['finished_at']],
  },
  // When each schedule is due next: what fell due while nobody was there is done once.
  { name: 'schedules', columns: { name: text(200), trigger_text: text(200), next_at: int, last_due_at: nullable(int) }, primary: ['name'] },
  { name: 'breakers', columns: { source: word, state: text(12), failures: int, opened_at: nullable(int), probe_at: nullable(int), reason: nullable(long) }, primary: ['source'] },
];

/** On SQLite in a file of its own, so that intake never waits for the write gate. */
export const INBOX_TABLES: readonly Table[] = [
  {
    name: 'inbox',
    // `change_id`: the same change, told under another event. After the days in which duplicates are recognised both names are given up.
    columns: { id: int, source: word, event_id: text(200), change_id: nullable(text(200)), received_at: int, sent_at: nullable(int), address: nullable(text(64)), headers: long, body: long, state: text(12), attempts: int, not_before: int, done_at: nullable(int), reason: nullable(long) },
    primary: ['id'], unique: [['source', 'event_id'], ['source', 'change_id']], indexes: [['state', 'source', 'not_before'], ['source', 'received_at']], autoIncrement: true,
  },
];

/**
 * Deliveries as far as they matter after their rows are pruned: how many were (`accepted`, up to the row `pruned_to`), and how much a poll found that
 * none had told, in all and since the last delivery (`missed_since`, from `first_missed_at`).
 */
export const WEBHOOK_TABLES: readonly Table[] = [
  { name: 'webhook_sources', columns: { source: word, last_at: nullable(int), accepted: int, pruned_to: zero, missed: int, missed_since: zero, first_missed_at: nullable(int), silent_since: nullable(int) }, primary: ['source'] },
];

export const API_TABLES: readonly Table[] = [
  {
    name: 'api_tokens',
    // `hash`: SHA-256 of the token, which is shown once and stored nowhere.
    columns: { id: word, name: text(128), hash: word, role: text(100), created_at: int, created_by: text(128), expires_at: nullable(int), revoked_at: nullable(int), last_used_at: nullable(int) },
    primary: ['id'], unique: [['hash']],
  },
  { name: 'idempotency_keys', columns: { caller: text(128), key_text: text(200), request_hash: word, status: nullable(int), answer: nullable(long), at: int }, primary: ['caller', 'key_text'], indexes: [['at']] },
  // The first of two persons where two are needed.
  { name: 'approvals', columns: { subject: text(200), request_hash: word, by_person: text(128), at: int, reason: nullable(long) }, primary: ['subject', 'by_person'] },
];

export const NOTICE_TABLES: readonly Table[] = [
  {
    name: 'notices',
    // `told`: channel -> when it was last given a message about it.
    columns: {
      id: int, dedupe_key: text(255), kind: word, source: nullable(word), severity: text(12), title: text(400), detail: long, state: text(16), first_at: int, last_at: int, times: int, times_before: int,
      calm_since: nullable(int), snoozed_until: nullable(int), ended_at: nullable(int), by_person: nullable(text(128)), reason: nullable(long), told: long,
    },
    primary: ['id'], indexes: [['dedupe_key'], ['state', 'kind'], ['ended_at']],
  },
  {
    name: 'notice_deliveries',
    // `gathering` until `due_at`; then owed, until it was taken or given up. `log`: the latest attempts with what was answered.
    columns: { id: int, channel: word, rule: long, message_id: word, state: text(12), attempts: int, next_at: int, due_at: int, created_at: int, finished_at: nullable(int), log: long },
    primary: ['id'], indexes: [['state', 'next_at'], ['created_at'], ['finished_at']],
  },
  // What a delivery says, as it was when it was said.
  { name: 'notice_entries', columns: { delivery_id: int, position: int, notice_id: int, event: text(12), at: int, snapshot: long }, primary: ['delivery_id', 'position'], indexes: [['notice_id']] },
];

/** Of the main database; the inbox stands there only where it is no file. */
export const SERVICE_TABLES: readonly Table[] = [...QUEUE_TABLES, ...WEBHOOK_TABLES, ...API_TABLES, ...NOTICE_TABLES];
