import { LANES } from '../../queue/job-queue.js';
import { RESOLUTIONS } from '../../reviews/review.service.js';
import { anyObject, anything, flag, instant, integer, list, map, oneOf, orNull, propertiesOf, record, ref, text, type Components, type Schema } from '../schema/schema.js';

const FORMAT = { formatVersion: integer({ minimum: 1, maximum: 1 }) };
const recordKey = text({ description: 'source/stream/externalId' });
export const RUN_STATUSES = ['running', 'succeeded', 'partial', 'suspect', 'failed', 'interrupted', 'skipped'] as const;
export const OWED_STATES = ['owed', 'waiting', 'sending', 'looking', 'dead'] as const;
export const REVIEW_STATUSES = ['open', 'resolved', 'over'] as const;

const counts = { read: integer(), unchanged: integer(), changed: integer(), quarantined: integer(), filtered: integer(), tombstoned: integer() };
const request = record({ 'source?': text(), 'stream?': text(), method: text(), url: text(), 'status?': integer(), 'requestId?': text() });
const failure = record({ 'id?': text(), 'code?': text(), message: text(), 'stream?': text(), 'request?': request, 'vendorWords?': text(), 'hint?': text() });

const run = record({
  id: text(), source: text(), mode: oneOf(['full', 'incremental']), status: oneOf(RUN_STATUSES), startedAt: instant(), finishedAt: orNull(instant()), trigger: text(), configHash: text(), 'resumedFrom?': text(),
  'streams?': map(record(counts)), 'assets?': record({ created: integer(), updated: integer(), merged: integer(), retired: integer() }), 'pushes?': record({ queued: integer(), sent: integer(), failed: integer() }), 'reviews?': integer(),
  'uncoveredScopes?': list(record({ stream: text(), scope: text(), reason: text() })), 'warnings?': list(text()), 'error?': failure,
}, { description: 'What one pull of one source did; counts are there once it has ended' });

const scope = record({ name: text(), coverage: text(), seen: integer(), liveBefore: integer(), 'reason?': text(), 'hidden?': anything() });

const review = record({
  id: integer(), kind: text(), status: oneOf(REVIEW_STATUSES), because: text(), source: orNull(text()), run: orNull(text()), openedAt: instant(), updatedAt: instant(), detail: anyObject(), answers: list(oneOf(RESOLUTIONS)), meaning: text(),
  'resolution?': orNull(text()), 'resolvedAt?': orNull(instant()), 'by?': orNull(text()), 'reason?': orNull(text()),
});

const difference = { field: text(), before: anything(), after: anything(), because: text() };
const owed = record({
  id: integer(), target: text(), asset: text(), name: orNull(text()), state: oneOf(OWED_STATES), kind: oneOf(['update', 'create']), reason: orNull(text()), attempts: integer(), owedSince: instant(), notBefore: instant(),
  differences: list(record({ ...difference, record: text() })),
});

const source = record({
  name: text(), connector: text(), role: text(), state: oneOf(['ok', 'running', 'failing', 'partial', 'suspect', 'interrupted', 'paused', 'never ran', 'not configured']), configured: flag(), paused: flag(), 'pausedBecause?': text(), failures: integer(),
  streams: list(record({ name: text(), records: integer(), unread: integer(), tombstoned: integer(), quarantined: integer(), lastFullAt: orNull(instant()), cursorAt: orNull(instant()) })),
  lastRun: orNull(record({ id: text(), mode: text(), status: oneOf(RUN_STATUSES), startedAt: instant(), finishedAt: orNull(instant()) })),
});

const quarantined = record({ id: integer(), source: text(), stream: text(), externalId: orNull(text()), reason: text(), times: integer(), firstAt: instant(), lastAt: instant(), run: orNull(text()) });

const token = record({ id: text(), name: text(), role: text(), state: oneOf(['valid', 'expired', 'revoked']), createdAt: instant(), createdBy: text(), expiresAt: orNull(instant()), revokedAt: orNull(instant()), lastUsedAt: orNull(instant()) });

export const OPERATION_COMPONENTS: Components = {
  Run: run,
  RunDetails: record({
    ...FORMAT, ...propertiesOf(run), streams: map(record({ ...counts, status: text(), mode: text(), scopes: list(scope), 'error?': text() })), changes: list(record({ attribute: text(), count: integer(), assets: integer() })),
  }),
  Source: source,
  SourceDetails: record({ ...FORMAT, ...propertiesOf(source) }),
  SourceCheck: record({ ...FORMAT, ok: flag(), sources: list(record({ source: text(), ok: flag(), findings: list(record({ what: text(), 'stream?': text(), outcome: oneOf(['ok', 'warning', 'failed']), message: text(), 'hint?': text() })) })) }),
  SourcePause: record({ ...FORMAT, source: text(), paused: flag() }),
  TargetPause: record({ ...FORMAT, target: text(), paused: flag() }),
  Job: record({
    ...FORMAT, id: integer(), kind: text(), source: text(), lane: oneOf(LANES), state: oneOf(['waiting', 'running', 'done', 'failed', 'cancelled']), attempts: integer(), runAt: instant(), createdAt: instant(), startedAt: orNull(instant()), finishedAt: orNull(instant()), by: text(), result: anything(), error: orNull(text()),
  }),
  Review: record({ ...propertiesOf(review), records: integer(), openRecords: integer() }),
  ReviewDetails: record({
    ...FORMAT, ...propertiesOf(review),
    records: list(record({ record: recordKey, done: flag(), asset: orNull(text()), assetName: orNull(text()), state: orNull(text()), identifiers: list(text()), claims: map(anything()), 'differences?': list(record(difference)) })),
  }),
  Resolved: record({ ...FORMAT, review: integer(), done: integer({ description: 'records on which the decision acted' }), left: integer({ description: 'records that are still open' }), 'awaits?': oneOf(['another person']) }),
  Quarantined: quarantined,
  QuarantinedDetails: record({ ...FORMAT, ...propertiesOf(quarantined), scope: text(), raw: anything() }),
  QuarantineReplay: record({ ...FORMAT, replayed: integer(), left: integer(), problems: list(record({ id: integer(), reason: text() })) }),
  Discarded: record({ ...FORMAT, discarded: integer() }),
  Owed: owed,
  DeadLetter: record({ ...FORMAT, ...propertiesOf(owed), detail: anyObject(), log: list(ref('Attempt')) }),
  Attempt: record({
    id: integer(), pushId: text(), target: text(), assetId: text(), recordKey: orNull(text()), recordId: orNull(integer()), generation: integer(), kind: oneOf(['update', 'create', 'undo']), outcome: text(), at: instant(), finishedAt: orNull(instant()),
    differences: list(record(difference)), answer: orNull(anyObject()), readBack: orNull(anyObject()), runId: orNull(text()),
  }),
  DeadLetterReplay: record({ ...FORMAT, replayed: integer(), settled: integer() }),
  DeadLetterCure: record({ ...FORMAT, asset: text(), record: recordKey }),
  Undone: record({ ...FORMAT, undone: list(record({ target: text(), record: text(), differences: list(record(difference)) })), left: list(record({ target: text(), record: text(), because: text() })) }),
  AuditEntry: record({ seq: integer(), at: instant(), actor: text(), action: text(), subject: anything(), 'before?': anything(), 'after?': anything(), 'reason?': text(), hash: text() }),
  AuditVerdict: record({ ...FORMAT, ok: flag(), checked: integer(), hash: text(), 'broken?': record({ seq: integer(), because: text() }) }),
  Token: token,
  TokenDetails: record({ ...FORMAT, ...propertiesOf(token) }),
  CreatedToken: record({ ...FORMAT, ...propertiesOf(token), token: text({ description: 'shown this once' }) }),
};

const fault = record({ 'pointer?': text(), 'parameter?': text(), 'header?': text(), detail: text() });
export const PROBLEM: Schema = record({
  type: text({ format: 'uri-reference' }), title: text(), status: integer({ minimum: 400, maximum: 599 }), 'detail?': text(), 'instance?': text({ format: 'uri-reference' }), 'hint?': text({ description: 'the next step' }), 'errors?': list(fault), 'errorId?': text({ description: 'the log has it too' }),
  'choices?': list(record({ id: text(), class: orNull(text()), name: orNull(text()), stage: text() })),
}, { description: 'RFC 9457' });
