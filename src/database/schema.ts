import { flag, int, long, nullable, text, type Table } from './schema-ddl.js';

const key = text(400); // source/stream/externalId
const word = text(64);
const assetId = text(40);

/**
 * The first schema. It already holds what later parts need. Times are ms UTC, JSON stands in `long` columns.
 * Canonical rows are written by one writer at a time; numbers of rows come from `sequences`, taken in the same transaction.
 */
export const TABLES: readonly Table[] = [
  { name: 'meta', columns: { name: word, value: long }, primary: ['name'] },
  { name: 'sequences', columns: { name: word, next: int }, primary: ['name'] },
  { name: 'leases', columns: { name: text(128), holder: nullable(text(128)), fence: int, expires_at: int }, primary: ['name'] },

  { name: 'sources', columns: { name: word, connector: text(255), role: word, paused: flag, paused_because: nullable(long), created_at: int, config_hash: nullable(word) }, primary: ['name'] },
  { name: 'streams', columns: { id: int, source: word, name: word, cursor_text: nullable(long), cursor_at: nullable(int), last_full_at: nullable(int) }, primary: ['id'], unique: [['source', 'name']] },
  // A scope is what one complete read covers; another filter or other options make it another scope.
  { name: 'scopes', columns: { id: int, stream_id: int, name: text(255), filter_hash: word, covered_to: int, complete_at: nullable(int), failing_since: nullable(int), hidden: int }, primary: ['id'], unique: [['stream_id', 'name', 'filter_hash']] },

  // Heads are narrow, because each pass marks every record as seen (so no index holds a mark); bodies are wide and written only when something changed.
  {
    name: 'record_heads',
    columns: {
      id: int, stream_id: int, external_id: text(255), kind: word, scope_id: int, state: text(12), asset_id: nullable(assetId),
      content_hash: word, mapping_hash: word, modified_at: nullable(int), version: nullable(int), version_no: int,
      first_seen_at: int, seen_at: int, seen_pass: int, misses: int, missing_since: nullable(int), told_at: nullable(int), tombstoned_at: nullable(int),
    },
    primary: ['id'], unique: [['stream_id', 'external_id']], indexes: [['asset_id'], ['scope_id'], ['external_id']],
  },
  { name: 'record_bodies', columns: { record_id: int, body: long }, primary: ['record_id'] },
  {
    name: 'record_versions',
    columns: { record_id: int, no: int, state: text(12), recorded_at: int, run_id: nullable(word), modified_at: nullable(int), content_hash: word, read_at: int, previous_read_at: nullable(int), raw: nullable(long), effects: nullable(long), review_id: nullable(int) },
    primary: ['record_id', 'no'], indexes: [['state', 'run_id'], ['review_id']],
  },
  { name: 'identifiers', columns: { value_key: text(255), record_id: int, stream_id: int, live: flag, maker: nullable(word) }, primary: ['value_key', 'record_id'], indexes: [['record_id']] },
  // Only values that more live records of one stream share than is believable; all others are counted from their holders.
  { name: 'value_marks', columns: { value_key: text(255), mark: text(12), at: int }, primary: ['value_key', 'mark'] },
  // What we and a target are of one mind about; `sent_*`: what is on its way there, and counts as our word from the instant before it leaves.
  { name: 'agreed_state', columns: { record_id: int, field: word, raw: nullable(long), value: nullable(long), origin: nullable(text(12)), at: int, sent_raw: nullable(long), sent_value: nullable(long), sent_at: nullable(int) }, primary: ['record_id', 'field'] },

  // A set, not a queue: one row a target and asset, whose fields are computed when it is sent.
  {
    name: 'outbox',
    columns: { target: word, asset_id: assetId, id: int, generation: int, state: text(12), kind: text(12), digest: word, not_before: int, attempts: int, looks: int, released: flag, first_owed_at: int, updated_at: int, cause_run: nullable(word), reason: nullable(long), detail: nullable(long) },
    primary: ['target', 'asset_id'], unique: [['id']], indexes: [['target', 'state', 'not_before'], ['cause_run'], ['asset_id']],
  },
  // Append-only but for its own end: what was sent, why, what was answered, what stood there afterwards.
  {
    name: 'push_attempts',
    columns: { id: int, push_id: word, target: word, asset_id: assetId, record_key: nullable(key), record_id: nullable(int), generation: int, kind: text(12), outcome: text(16), at: int, finished_at: nullable(int), differences: long, answer: nullable(long), read_back: nullable(long), run_id: nullable(word) },
    primary: ['id'], indexes: [['target', 'at'], ['asset_id'], ['push_id'], ['outcome', 'target']],
  },
  { name: 'push_targets', columns: { target: word, paused: flag, paused_because: nullable(long), rules_hash: nullable(word), swept_to: int, kept_verdict: nullable(long) }, primary: ['target'] },

  {
    name: 'assets',
    columns: {
      id: assetId, seq: int, anchor_record_id: int, class: nullable(word), name: nullable(text(255)), stage: word, own_stage: word, stage_since: nullable(int), holds: nullable(long),
      attributes: long, flags: nullable(long), as_of: int, next_due_at: nullable(int), created_at: int, updated_at: int,
    },
    primary: ['id'], unique: [['seq']], indexes: [['class'], ['stage'], ['name'], ['next_due_at']],
  },
  { name: 'asset_redirects', columns: { old_id: assetId, new_id: assetId, at: int }, primary: ['old_id'], indexes: [['new_id']] },
  {
    name: 'stage_moves',
    columns: { id: int, record_id: int, origin_kind: text(12), origin: key, to_stage: word, at: int, evidence: nullable(long), reason: nullable(long), from_stages: nullable(long), leaves_protected: flag, recorded_at: int, run_id: nullable(word) },
    primary: ['id'], unique: [['origin_kind', 'origin', 'at', 'to_stage']], indexes: [['record_id']],
  },
  { name: 'move_verdicts', columns: { move_key: text(600), verdict: text(12), by_person: text(128), at: int, reason: nullable(long), record_id: int }, primary: ['move_key', 'record_id'], indexes: [['record_id']] },
  { name: 'identity_constraints', columns: { id: int, kind: text(16), a_key: key, b_key: key, by_person: text(128), reason: long, at: int, released_at: nullable(int) }, primary: ['id'], indexes: [['a_key'], ['b_key']] },
  { name: 'overrides', columns: { id: int, record_id: int, attribute: word, value: nullable(long), by_person: text(128), reason: long, at: int, until: nullable(int), released_at: nullable(int) }, primary: ['id'], indexes: [['record_id']] },
  { name: 'person_holds', columns: { id: int, record_id: int, hold: word, by_person: text(128), reason: long, at: int, released_at: nullable(int) }, primary: ['id'], indexes: [['record_id']] },

  { name: 'relationships', columns: { record_id: int, relation: word, from_record_id: nullable(int), to_record_id: nullable(int), from_ref: long, to_ref: long }, primary: ['record_id'], indexes: [['from_record_id'], ['to_record_id']] },
  { name: 'installations', columns: { record_id: int, on_record_id: nullable(int), on_ref: long, product: text(255), publisher: nullable(text(255)), product_version: nullable(text(255)), installed_on: nullable(word) }, primary: ['record_id'], indexes: [['on_record_id'], ['product']] },
  // Ends that name a record which has not arrived yet: found again when it does.
  { name: 'parked_refs', columns: { ref_key: key, record_id: int, side: text(8) }, primary: ['ref_key', 'record_id', 'side'], indexes: [['record_id']] },
  { name: 'vulnerabilities', columns: { record_id: int, cve: word, status: word, published_at: int, modified_at: nullable(int), score: nullable({ type: { kind: 'real' } }), severity: nullable(word), known_exploited: flag, body: long }, primary: ['record_id'], indexes: [['cve'], ['modified_at']] },

  {
    name: 'runs',
    columns: { id: word, seq: int, source: word, mode: text(16), status: text(16), started_at: int, finished_at: nullable(int), trigger_kind: word, config_hash: word, resumed_from: nullable(word), first_load: flag, assets_before: int, report: nullable(long), error: nullable(long) },
    primary: ['id'], unique: [['source', 'seq']], indexes: [['seq'], ['status']],
  },
  {
    name: 'run_streams',
    columns: { run_id: word, stream: word, position: int, status: text(16), pass: int, pass_started_at: int, mode: text(16), page_token: nullable(long), start_cursor: nullable(long), next_cursor: nullable(long), filter_hash: word, counts: long, scopes: long, error: nullable(long) },
    primary: ['run_id', 'stream'],
  },
  { name: 'changes', columns: { seq: int, asset_id: assetId, at: int, attribute: word, before_value: nullable(long), after_value: nullable(long), cause_kind: text(16), run_id: nullable(word), source: nullable(word), rule: nullable(text(255)), person: nullable(text(128)), config_hash: word }, primary: ['seq'], indexes: [['asset_id', 'seq'], ['run_id']] },
  {
    name: 'reviews',
    columns: { id: int, kind: word, cause: text(700), status: text(16), opened_at: int, updated_at: int, run_id: nullable(word), source: nullable(word), because: long, detail: long, resolved_at: nullable(int), resolution: nullable(word), by_person: nullable(text(128)), reason: nullable(long) },
    primary: ['id'], indexes: [['cause'], ['status', 'kind']],
  },
  { name: 'review_records', columns: { review_id: int, record_key: key, record_id: nullable(int), done: flag }, primary: ['review_id', 'record_key'], indexes: [['record_id']] },
  { name: 'quarantine', columns: { id: int, stream_id: int, external_id: nullable(text(255)), place: text(300), reason: long, raw: long, read_at: int, scope: text(255), first_at: int, last_at: int, times: int, run_id: nullable(word) }, primary: ['id'], unique: [['stream_id', 'place']] },
  { name: 'audit', columns: { seq: int, at: int, actor: text(128), action: word, subject: long, before_value: nullable(long), after_value: nullable(long), reason: nullable(long), prev_hash: word, hash: word }, primary: ['seq'] },
];
