import { SourceError, type RecordWrite, type WriteOutcome } from '../../connectors/sdk/contract/index.js';
import { LOOKS_MS, verifyField, type FieldVerification, type OwedRecord } from '../core/push/index.js';
import { endAttempts, insertAttempts, openAttempts, type Attempt, type AttemptEnd, type AttemptOutcome } from '../database/repositories/push-attempts.js';
import { deleteOutbox, forgetSent, outboxOf, saveAgreed, saveOutbox, saveSent, type AgreedWrite, type OutboxRow, type TargetRow } from '../database/repositories/push.js';
import type { Tx } from '../database/tx.js';
import { fetchRecords, type ReadBack } from '../sync/fetch-records.js';
import { storeSightings } from '../sync/sighting.js';
import { judgeAssets, type JudgedAsset } from './evaluate.js';
import { waitBefore } from './limits.js';
import { shownIn, stageIn } from './read-back.js';
import { pathOf } from './rules.js';
import { reportOf, type TargetSession } from './target-session.js';

/** So often a write is tried that may or may not have been applied, or that met another's edit, before it is given up. */
const TRIES = 8;

/** One write on its way: what is owed, the record before, the attempt in the log, and what became of it. */
interface InFlight {
  readonly row: OutboxRow;
  readonly judged: JudgedAsset;
  readonly owed: OwedRecord;
  readonly record: TargetRow;
  readonly before: Extract<ReadBack, { kind: 'found' }>;
  attemptId: number;
  outcome?: WriteOutcome;
  after?: ReadBack;
}

/**
 * One batch of assets at one target: read, decide again, log, send, read back, settle. What is sent is computed from what
 * stands there now, so that doing any of it twice does no harm.
 */
export async function relayUpdates(session: TargetSession, rows: readonly OutboxRow[]): Promise<void> {
  const present = await readRecords(session, rows);
  const flights = await prepare(session, rows, present);
  session.engine.crash('after outbox commit before send');
  await send(session, flights);
  session.engine.crash('after the answer before agreed state');
  await readAgain(session, flights);
  await settle(session, flights);
}

// ---- read

async function readRecords(session: TargetSession, rows: readonly OutboxRow[]): Promise<Map<string, ReadBack>> {
  const records = await session.records(rows.map((row) => row.assetId));
  const present = await fetchAll(session, records);
  await session.transaction(async (tx) => { await storeAll(tx, session, present); });
  return present;
}

/** By `stream/externalId`. */
async function fetchAll(session: TargetSession, records: readonly TargetRow[]): Promise<Map<string, ReadBack>> {
  const found = new Map<string, ReadBack>();
  for (const [stream, list] of byStream(records)) {
    const run = await session.run(stream);
    const answers = await fetchRecords(session.client, run, list.map((record) => record.externalId), () => session.now());
    for (const [id, answer] of answers) found.set(`${stream}/${id}`, answer);
  }
  return found;
}

async function storeAll(tx: Tx, session: TargetSession, found: ReadonlyMap<string, ReadBack>): Promise<void> {
  for (const [stream, list] of grouped([...found], ([key]) => key.slice(0, key.indexOf('/')))) {
    const sightings = list.flatMap(([, answer]) => (answer.kind === 'found' ? [{ judged: answer.judged, readAt: answer.readAt }] : []));
    await storeSightings(tx, session.runOf(stream), sightings, session.now());
  }
}

// ---- decide and log

/** What is to be sent, as of what was just read; rows that need nothing any more leave, rows that must wait wait. */
async function prepare(session: TargetSession, rows: readonly OutboxRow[], present: ReadonlyMap<string, ReadBack>): Promise<InFlight[]> {
  return session.transaction(async (tx) => {
    const now = session.now();
    const current = new Map((await outboxOf(tx, rows.map((row) => row.assetId))).filter((row) => row.target === session.target.source.name).map((row) => [row.assetId, row]));
    const judged = await judgeAssets(tx, [...current.keys()], session.context(), true);
    const flights: InFlight[] = [];
    const save: OutboxRow[] = [];
    const done: OutboxRow[] = [];
    const ends: AttemptEnd[] = [];
    for (const each of judged) {
      const row = current.get(each.asset.id);
      if (!row || row.kind === 'create') continue;
      const open = row.state === 'sending' || row.state === 'looking' ? await openAttempts(tx, row.target, row.assetId) : [];
      if (each.verdict.waits) {
        ends.push(...open.map(({ id }) => ({ id, outcome: 'superseded' as const })));
        save.push({ ...row, state: 'waiting', generation: row.generation + 1, reason: each.verdict.waits.because, detail: { waits: each.verdict.waits.kind } });
        session.count('waiting');
        continue;
      }
      if (each.verdict.writes.length === 0) {
        ends.push(...open.map(({ id }) => ({ id, outcome: 'verified' as const })));
        if (open.length > 0) session.count('verified', row);
        done.push(row);
        continue;
      }
      // It left, and shows no effect: it never arrived, or it needs another look.
      if (row.state === 'looking' && isStillBefore(each, open)) { look(session, row, each, open.map(({ id }) => id), save, ends); continue; }
      const unread = unreadOf(each, present);
      if (unread !== undefined && row.attempts < TRIES) {
        save.push({ ...row, attempts: row.attempts + 1, notBefore: now + waitBefore(row.attempts + 1, undefined), reason: session.redact(unread) });
        session.count('retried');
        continue;
      }
      ends.push(...open.map(({ id }): AttemptEnd => ({ id, outcome: row.state === 'sending' ? 'unknown' : 'superseded' })));
      if (unread === undefined && row.attempts >= TRIES) { save.push(dead(session, row, each, { reason: `${TRIES} tries, and none took effect` })); continue; }
      const found = flightsOf(session, row, each, present);
      if (typeof found === 'string') { save.push(dead(session, row, each, { reason: found, hint: 'if the record has another id there now, `lockstep dead-letters resolve` takes it' })); continue; }
      flights.push(...found);
      save.push({ ...row, state: 'sending', attempts: row.attempts + (row.state === 'sending' ? 1 : 0), looks: 0, reason: null, detail: null });
    }
    await endAttempts(tx, ends, now);
    await deleteOutbox(tx, done);
    await saveOutbox(tx, save, now);
    const ids = await insertAttempts(tx, flights.map(({ row, owed, record }) => ({
      pushId: session.pushId, target: row.target, assetId: row.assetId, recordKey: owed.key, recordId: record.recordId, generation: row.generation, kind: 'update', outcome: 'sent', at: now, finishedAt: null, differences: owed.differences, answer: null, readBack: null, runId: row.causeRun,
    })));
    flights.forEach((flight, i) => { flight.attemptId = ids[i] as number; });
    await saveSent(tx, flights.flatMap(({ owed, record }) => [
      ...(owed.stage ? [{ recordId: record.recordId, field: 'stage', raw: owed.stage.codes, value: owed.stage.stage }] : []),
      ...owed.fields.map(({ attribute, value, desired }) => ({ recordId: record.recordId, field: attribute, raw: value, value: desired })),
    ]), now);
    return flights;
  });
}

/** The same is wanted still, and every field shows what it showed before the write. */
function isStillBefore({ verdict }: JudgedAsset, open: readonly Pick<Attempt, 'recordKey' | 'differences'>[]): boolean {
  return verdict.writes.every(({ key, differences }) => {
    const attempt = open.find((each) => each.recordKey === key);
    return attempt !== undefined && differences.every(({ field, before, after }) => attempt.differences.some((sent) => sent.field === field && JSON.stringify([sent.before, sent.after]) === JSON.stringify([before, after])));
  });
}

/** Accepted, and not to be seen: another look later, and in the end a dead letter that says why. */
function look(session: TargetSession, row: OutboxRow, judged: JudgedAsset, attempts: readonly number[], save: OutboxRow[], ends: AttemptEnd[]): void {
  const next = LOOKS_MS[row.looks + 1];
  if (next !== undefined) {
    save.push({ ...row, looks: row.looks + 1, notBefore: session.now() + next });
    session.count('pending');
    return;
  }
  const fields = judged.verdict.writes.flatMap(({ differences }) => differences.map(({ field }) => field));
  const cause = (row.detail?.['likelyCause'] as string | undefined) ?? LIKELY;
  ends.push(...attempts.map((id): AttemptEnd => ({ id, outcome: 'reverted', answer: { likelyCause: cause } })));
  save.push(dead(session, row, judged, { reason: `the target accepted ${fields.join(', ')} and still shows the old value`, likelyCause: cause, hint: 'ask whoever runs the target what resets the field; then `lockstep dead-letters replay`' }));
}

const LIKELY = 'a business rule or workflow that sets the field back, an access rule that drops it in silence, a read-only field, or a value that is no choice of the field';

function dead(session: TargetSession, row: OutboxRow, { verdict }: JudgedAsset, why: Readonly<Record<string, unknown>> & { readonly reason: string }): OutboxRow {
  session.count('failed', row);
  const wanted = verdict.writes.map(({ key, differences }) => ({ record: key, differences }));
  return { ...row, state: 'dead', generation: row.generation, reason: why.reason, detail: { ...why, wanted } };
}

/** Why nobody knows what a record shows that is to be written; it may be known the next time. */
function unreadOf({ verdict }: JudgedAsset, present: ReadonlyMap<string, ReadBack>): string | undefined {
  return verdict.writes.flatMap(({ key, stream, externalId }) => {
    const before = present.get(`${stream}/${externalId}`);
    return before?.kind === 'unknown' ? [`${key} cannot be read there: ${before.reason}`] : [];
  })[0];
}

function flightsOf(session: TargetSession, row: OutboxRow, judged: JudgedAsset, present: ReadonlyMap<string, ReadBack>): InFlight[] | string {
  const flights: InFlight[] = [];
  for (const owed of judged.verdict.writes) {
    const before = present.get(`${owed.stream}/${owed.externalId}`);
    if (before?.kind !== 'found') return `${owed.key} cannot be read there: ${before?.reason ?? 'it was not asked for'}`;
    if (before.judged.kind === 'quarantined') return `${owed.key} cannot be understood as it stands there: ${before.judged.reason}`;
    const record = judged.rows.find((each) => each.stream === owed.stream && each.externalId === owed.externalId);
    if (!record) throw new Error(`${owed.key} is owed and not loaded`);
    flights.push({ row, judged, owed, record, before, attemptId: 0 });
  }
  return flights;
}

// ---- send

async function send(session: TargetSession, flights: readonly InFlight[]): Promise<void> {
  for (const [stream, list] of grouped(flights, ({ owed }) => owed.stream)) {
    const push = session.target.streams.get(stream)?.push;
    if (!push) throw new Error(`stream ${stream} cannot be written`);
    for (let at = 0; at < list.length; at += push.batch) {
      const batch = list.slice(at, at + push.batch);
      // What the target said to the batch before holds for the whole of it: the rest never leaves.
      const { failure } = session;
      if (failure) {
        for (const flight of batch) flight.outcome = { kind: 'retry', reason: session.redact(failure.message) };
        continue;
      }
      const outcomes = await sent(() => push.write(session.client, batch.map((flight) => writeOf(session, flight))));
      batch.forEach((flight, i) => { flight.outcome = outcomes[i] ?? { kind: 'unknown', reason: 'the connector told no outcome' }; });
      session.engine.crash('inside batch answers');
    }
  }

  /** What is thrown speaks of the whole batch. */
  async function sent(work: () => Promise<readonly WriteOutcome[]>): Promise<readonly WriteOutcome[]> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      const outcome = outcomeOf(error);
      if (outcome.kind === 'retry' || outcome.kind === 'unknown') session.stop(error);
      return flights.map(() => outcome);
    }
  }
}

export function outcomeOf(error: SourceError): WriteOutcome {
  if (error.code === 'rate_limited') return { kind: 'retry', reason: error.message, afterMs: (error as SourceError & { readonly retryAfterMs: number }).retryAfterMs };
  if (error.code === 'authentication' || error.code === 'interrupted') return { kind: 'retry', reason: error.message };
  if (error.code === 'unavailable' || error.code === 'protocol') return { kind: 'unknown', reason: error.message };
  if (error.code === 'conflict') return { kind: 'conflict', reason: error.message };
  if (error.code === 'not_found') return { kind: 'gone', reason: error.message };
  return { kind: 'refused', error };
}

function writeOf(session: TargetSession, { owed, before }: InFlight): RecordWrite {
  return {
    externalId: owed.externalId, current: before.raw, ...(owed.stage && { stage: owed.stage }),
    fields: owed.fields.map(({ attribute, value }) => {
      const path = pathOf(session.target.source, owed.stream, attribute);
      return { attribute, value, ...(path && { path }) };
    }),
  };
}

// ---- read back and settle

async function readAgain(session: TargetSession, flights: readonly InFlight[]): Promise<void> {
  const wanted = flights.filter(({ outcome }) => outcome?.kind === 'accepted');
  let found: ReadonlyMap<string, ReadBack>;
  try {
    found = await fetchAll(session, wanted.map(({ record }) => record));
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    // What was accepted and cannot be read back is looked at again when the target can be read.
    session.stop(error);
    found = new Map();
  }
  for (const flight of wanted) flight.after = found.get(`${flight.owed.stream}/${flight.owed.externalId}`) ?? { kind: 'unknown', reason: 'it could not be read back' };
}

type FieldEnd = { readonly field: string; readonly end: FieldVerification; readonly written: unknown; readonly shown: unknown; readonly desired: unknown };

async function settle(session: TargetSession, flights: readonly InFlight[]): Promise<void> {
  const causes = await likelyCauses(session, flights);
  await session.transaction(async (tx) => {
    const now = session.now();
    const current = new Map((await outboxOf(tx, flights.map(({ row }) => row.assetId))).filter((row) => row.target === session.target.source.name).map((row) => [row.assetId, row]));
    const agreed: AgreedWrite[] = [];
    const forget: number[] = [];
    const ends: AttemptEnd[] = [];
    const worst = new Map<string, AttemptOutcome>();
    for (const flight of flights) {
      const { end, fields } = endOf(flight);
      ends.push({ id: flight.attemptId, outcome: end, ...answerOf(session, flight), ...(fields.length > 0 && { readBack: Object.fromEntries(fields.map(({ field, shown }) => [field, shown])) }) });
      for (const { field, end: verification, written, shown, desired } of fields) {
        // A third value came after ours: from what was written on it is drift, or a move.
        if (verification !== 'unchanged') agreed.push({ recordId: flight.record.recordId, field, agreed: { value: desired, shown: verification === 'superseded' ? written : shown, origin: 'written' } });
      }
      // Of a batch that was broken off some may have been applied, whatever was said of the whole: found there, it is our own word.
      if (end !== 'pending' && end !== 'unknown' && end !== 'retry') forget.push(flight.record.recordId);
      worst.set(flight.row.assetId, worse(worst.get(flight.row.assetId), end));
    }
    await saveAgreed(tx, agreed, now);
    await storeAll(tx, session, new Map(flights.flatMap(({ owed, after }) => (after ? [[`${owed.stream}/${owed.externalId}`, after] as const] : []))));
    await forgetSent(tx, forget);
    await endAttempts(tx, ends, now);
    const save: OutboxRow[] = [];
    const done: OutboxRow[] = [];
    for (const [assetId, end] of worst) {
      const row = current.get(assetId);
      const own = flights.filter((flight) => flight.row.assetId === assetId);
      if (row && own[0]) settleRow(session, row, own, end, causes.get(assetId), save, done);
    }
    await deleteOutbox(tx, done);
    await saveOutbox(tx, save, now);
  });
}

/** From the best end to the worst: an asset is as far as the record that lags behind. */
const ORDER: readonly AttemptOutcome[] = ['verified', 'normalised', 'superseded', 'pending', 'conflict', 'retry', 'unknown', 'gone', 'refused'];
const worse = (a: AttemptOutcome | undefined, b: AttemptOutcome): AttemptOutcome => (a === undefined || ORDER.indexOf(b) > ORDER.indexOf(a) ? b : a);

function endOf({ outcome, owed, before, after }: InFlight): { readonly end: AttemptOutcome; readonly fields: readonly FieldEnd[] } {
  if (outcome?.kind !== 'accepted') return { end: outcome?.kind ?? 'unknown', fields: [] };
  if (after?.kind === 'gone') return { end: 'gone', fields: [] };
  if (after?.kind !== 'found') return { end: 'unknown', fields: [] };
  const fields = [
    ...(owed.stage ? [{ field: 'stage', written: owed.stage.codes as unknown, desired: owed.stage.stage as unknown, isDesired: stageIn(after.judged)?.stage === owed.stage.stage }] : []),
    ...owed.fields.map(({ attribute, value, desired }) => ({ field: attribute, written: value as unknown, desired: desired as unknown, isDesired: false })),
  ].map(({ field, written, desired, isDesired }): FieldEnd => {
    const shown = shownIn(after.judged, field);
    return { field, written, desired, shown, end: verifyField({ written, desired, before: shownIn(before.judged, field), after: shown, isDesired }) };
  });
  const ends = new Set(fields.map(({ end }) => end));
  return { fields, end: ends.has('unchanged') ? 'pending' : ends.has('superseded') ? 'superseded' : ends.has('normalised') ? 'normalised' : 'verified' };
}

function answerOf(session: TargetSession, { outcome }: InFlight): { readonly answer?: Readonly<Record<string, unknown>> } {
  if (!outcome || outcome.kind === 'accepted') return {};
  return { answer: outcome.kind === 'refused' ? { ...reportOf(outcome.error, session.redact) } : { reason: session.redact(outcome.reason) } };
}

function settleRow(session: TargetSession, row: OutboxRow, flights: readonly InFlight[], end: AttemptOutcome, likelyCause: string | undefined, save: OutboxRow[], done: OutboxRow[]): void {
  const now = session.now();
  const first = flights[0] as InFlight;
  const isSame = row.generation === first.row.generation;
  const again = (more: Partial<OutboxRow>): void => void save.push({ ...row, state: 'owed', ...more });
  switch (end) {
    case 'verified':
    case 'normalised':
      session.count(end, row);
      // What was decided meanwhile is still owed.
      if (isSame) done.push(row);
      else again({ notBefore: now, attempts: 0, looks: 0 });
      return;
    case 'superseded':
      session.count('superseded');
      again({ notBefore: now, attempts: row.attempts + 1 });
      return;
    case 'pending':
      session.count('pending');
      save.push({ ...row, state: 'looking', looks: 0, notBefore: now + (LOOKS_MS[0] as number), detail: likelyCause === undefined ? null : { likelyCause } });
      return;
    case 'conflict':
    case 'retry': {
      const retry = flights.flatMap(({ outcome }) => (outcome?.kind === 'retry' && outcome.afterMs !== undefined ? [outcome.afterMs] : []));
      session.count('retried');
      if (end === 'conflict') session.engine.metrics.count('lockstep_push_conflicts_total', { target: session.target.source.name });
      again({ notBefore: now + (end === 'conflict' && row.attempts < 3 ? 0 : waitBefore(row.attempts + 1, retry.length > 0 ? Math.max(...retry) : undefined)), attempts: end === 'conflict' ? row.attempts + 1 : row.attempts, reason: reasonOf(flights) });
      return;
    }
    case 'unknown':
      session.count('retried');
      save.push({ ...row, state: 'sending', notBefore: now + waitBefore(row.attempts + 1, undefined), reason: reasonOf(flights) });
      return;
    default: {
      // What was refused is not what is wanted by now: that has not been sent yet.
      if (!isSame) {
        session.count('retried');
        again({ notBefore: now, attempts: 0, looks: 0, reason: reasonOf(flights) });
        return;
      }
      const refused = flights.flatMap(({ outcome }) => (outcome?.kind === 'refused' ? [outcome.error] : []))[0];
      const why = refused ? { ...reportOf(refused, session.redact), reason: session.redact(refused.vendorWords ?? refused.message) } : { reason: reasonOf(flights) ?? 'the target has no such record', hint: 'if the record has another id there now, `lockstep dead-letters resolve` takes it' };
      save.push(dead(session, row, first.judged, why));
    }
  }
}

const reasonOf = (flights: readonly InFlight[]): string | null => flights.flatMap(({ outcome, after }) => (outcome && 'reason' in outcome ? [outcome.reason] : after && after.kind !== 'found' ? [after.reason] : []))[0] ?? null;

/** Asked before the transaction: nothing is asked of a vendor inside one. By asset. */
async function likelyCauses(session: TargetSession, flights: readonly InFlight[]): Promise<Map<string, string>> {
  const causes = new Map<string, string>();
  for (const flight of flights) {
    const ask = session.target.streams.get(flight.owed.stream)?.push?.likelyCause;
    if (!ask || flight.after?.kind !== 'found' || endOf(flight).end !== 'pending') continue;
    try {
      const cause = await ask(session.client, writeOf(session, flight), flight.after.raw);
      if (cause !== undefined) causes.set(flight.row.assetId, session.redact(cause));
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      session.engine.log.warn('the likely cause of a write without effect could not be asked for', { source: session.target.source.name, error: session.redact(error.message) });
    }
  }
  return causes;
}

function grouped<T>(list: readonly T[], name: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of list) groups.set(name(item), [...(groups.get(name(item)) ?? []), item]);
  return groups;
}
const byStream = (records: readonly TargetRow[]): Map<string, TargetRow[]> => grouped(records, (record) => record.stream);
