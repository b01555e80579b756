import { IDENTIFYING_ATTRIBUTES, SourceError, type CreateOutcome, type Identifier, type NewRecord, type Stream } from '../../connectors/sdk/contract/index.js';
import type { AttributeValue } from '../../connectors/sdk/contract/index.js';
import { isA, recordKey, type RecordKey } from '../core/model/index.js';
import { verifyField, type Agreed } from '../core/push/index.js';
import type { WrittenValues } from '../core/reconcile/next-version.js';
import { normaliseIdentifier } from '../core/reconcile/normalise.js';
import { addConstraints } from '../database/repositories/decisions.js';
import { endAttempts, insertAttempts } from '../database/repositories/push-attempts.js';
import type { Tx } from '../database/tx.js';
import { deleteOutbox, outboxOf, saveAgreed, saveOutbox, type OutboxRow } from '../database/repositories/push.js';
import { headsByExternalId } from '../database/repositories/records.js';
import { unpackBody, type RecordBody } from '../database/repositories/rows.js';
import { fetchRecords } from '../sync/fetch-records.js';
import { storeSightings } from '../sync/sighting.js';
import { departedOf, madeOf, type Departed } from './departed.js';
import { evaluatePush, judgeAssets, type JudgedAsset } from './evaluate.js';
import { waitBefore } from './limits.js';
import { shownIn, stageIn } from './read-back.js';
import { outcomeOf } from './relay.js';
import { reportOf, type TargetSession } from './target-session.js';

const TRIES = 8;

interface Wanted {
  /** As it stands now. */
  readonly row: OutboxRow;
  /** It is wanted still; otherwise it has left, and is only followed to its end. */
  readonly isDue: boolean;
  readonly stream: Stream<any, any>;
  readonly record: NewRecord;
  /** Of the asset: to which the new record is bound. */
  readonly anchor: RecordKey;
}

/**
 * A new record in a target: searched for before it is made, by our reference and by what identifies it; after an unknown
 * outcome searched for until the vendor's index must show it. Bound to its asset by a link of its own, whatever its values.
 */
export async function relayCreate(session: TargetSession, given: OutboxRow): Promise<void> {
  const wanted = await wantedOf(session, given);
  if (wanted === undefined) return;
  const { row } = wanted;
  const lagMs = 2 * (session.target.connector.manifest.indexLagMs ?? 0);
  const left = departedOf(row.detail);
  // What was made is known by its id: it is never made a second time, however long it takes until it can be read.
  if (left?.made) return bind(session, row, wanted, left.made, left.how ?? 'created', undefined);
  const found = await wanted.stream.push?.create?.search(session.client, wanted.record) ?? [];
  const ours = found.find(({ by }) => by === 'reference');
  if (ours) return bind(session, row, wanted, ours.externalId, 'created', undefined);
  const sentAt = row.state === 'sending' ? (left?.sentAt ?? 0) : undefined;
  if (sentAt !== undefined && session.now() - sentAt < lagMs) return later(session, row, sentAt + lagMs, 'the target may not show yet what was created there');
  if (!wanted.isDue) return drop(session, row);
  const other = found[0];
  if (other) {
    return kill(session, row, { reason: `${session.target.source.name} already holds ${other.externalId}, with ${other.match}, which is no record of this asset here`, hint: `read the target first (\`lockstep sync ${session.target.source.name}\`); if it stays apart, \`lockstep assets merge\` or mend the identifier` });
  }
  if (row.attempts >= TRIES) return kill(session, row, { reason: `${TRIES} tries to create it, and none was answered` });
  const departed: Departed = { sentAt: session.now(), stream: wanted.stream.name, put: { attributes: wanted.record.attributes, ...(wanted.record.stage && { stage: wanted.record.stage }) } };
  const sending: OutboxRow = { ...row, state: 'sending', attempts: row.attempts + 1, detail: { ...departed } };
  const attemptId = await session.transaction(async (tx) => {
    await put(tx, session, sending);
    const [id] = await insertAttempts(tx, [{
      pushId: session.pushId, target: row.target, assetId: row.assetId, recordKey: null, recordId: null, generation: row.generation, kind: 'create', outcome: 'sent', at: departed.sentAt, finishedAt: null,
      differences: [{ field: 'record', before: null, after: { stream: wanted.stream.name, class: wanted.record.assetClass, ...wanted.record.attributes, ...(wanted.record.stage && { stage: wanted.record.stage.codes }) }, because: 'the target does not have it' }], answer: null, readBack: null, runId: row.causeRun,
    }]);
    return id as number;
  });
  session.engine.crash('after outbox commit before send');
  const outcome = await created(session, wanted);
  session.engine.crash('after the answer before agreed state');
  if (outcome.kind === 'created' || outcome.kind === 'matched') return bind(session, sending, wanted, outcome.externalId, outcome.kind, attemptId);
  const reason = outcome.kind === 'refused' ? session.redact(outcome.error.vendorWords ?? outcome.error.message) : session.redact(outcome.reason);
  await session.transaction((tx) => endAttempts(tx, [{ id: attemptId, outcome: outcome.kind, answer: outcome.kind === 'refused' ? { ...reportOf(outcome.error, session.redact) } : { reason } }], session.now()));
  if (outcome.kind === 'refused') return kill(session, row, { ...reportOf(outcome.error, session.redact), reason });
  session.count('retried');
  if (outcome.kind === 'retry') return save(session, { ...row, state: 'owed', detail: null, reason, notBefore: session.now() + waitBefore(row.attempts + 1, outcome.afterMs) });
  return save(session, { ...sending, detail: { ...departed, sentAt: session.now() }, reason, notBefore: session.now() + Math.max(lagMs, waitBefore(1, undefined)) });
}

async function created(session: TargetSession, { stream, record }: Wanted): Promise<CreateOutcome> {
  try {
    const create = stream.push?.create;
    if (!create) throw new Error(`stream ${stream.name} takes no new records`);
    return await create.create(session.client, record);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    const outcome = outcomeOf(error);
    if (outcome.kind === 'retry' || outcome.kind === 'unknown') session.stop(error);
    return outcome.kind === 'refused' || outcome.kind === 'retry' || outcome.kind === 'unknown' ? outcome : { kind: 'refused', error };
  }
}

/** What is to be made, as of now; undefined: nothing any more. */
async function wantedOf(session: TargetSession, given: OutboxRow): Promise<Wanted | undefined> {
  const { target } = session;
  return session.transaction(async (tx) => {
    const row = (await outboxOf(tx, [given.assetId])).find((each) => each.target === given.target);
    if (!row || row.kind !== 'create' || (row.state !== 'owed' && row.state !== 'sending')) return undefined;
    const [judged] = await judgeAssets(tx, [row.assetId], session.context(), true);
    const isDue = judged?.verdict.creates === true;
    const stream = judged && streamOf(judged.asset.assetClass, departedOf(row.detail)?.stream);
    const { identifiers, anchor } = judged ? await identityOf(row.assetId) : { identifiers: [], anchor: undefined };
    // A create that may have left is followed to its end even where nobody wants it any more.
    if (!judged || (!isDue && row.state !== 'sending') || !stream || anchor === undefined) {
      await settleInstead(tx, session, row, judged);
      return undefined;
    }
    return { row, isDue, stream, anchor, record: newRecord(session, judged, stream, identifiers) };

    /** Where it left to, whatever the asset is by now. */
    function streamOf(assetClass: string | undefined, left: string | undefined): Stream<any, any> | undefined {
      return (left === undefined ? undefined : target.streams.get(left)) ?? [...target.streams.values()].find(({ push }) => push?.create?.classes.some((name) => isA(assetClass, name, session.judgement.rules.identity.classes)));
    }

    async function identityOf(assetId: string): Promise<{ readonly identifiers: readonly Identifier[]; readonly anchor: RecordKey | undefined }> {
      const rows = await tx.query(`SELECT h.id AS id, h.external_id AS external_id, h.state AS state, st.source AS source, st.name AS stream, b.body AS body, a.anchor_record_id AS anchor FROM record_heads h JOIN record_bodies b ON b.record_id = h.id JOIN streams st ON st.id = h.stream_id JOIN assets a ON a.id = h.asset_id WHERE h.asset_id = ? ORDER BY h.id`, [assetId]);
      const values = new Map<string, Identifier>();
      for (const each of rows) {
        if (each['state'] === 'tombstoned') continue;
        for (const one of spelledIdentifiers(unpackBody(each['body'] as string))) values.set(`${one.kind}:${one.value}`, one);
      }
      const first = rows.find((each) => Number(each['id']) === Number(each['anchor'])) ?? rows[0];
      return { identifiers: [...values.values()], anchor: first && recordKey(first['source'] as string, first['stream'] as string, first['external_id'] as string) };
    }
  });
}

/** What identifies a record, as it spells it: a vendor compares exactly, and knows nothing of how identities are compared here. */
function spelledIdentifiers({ identifiers, claims }: RecordBody): Identifier[] {
  const nameOf = ({ kind, value }: Identifier): string => `${kind}:${value}`;
  const known = new Map(identifiers.filter(({ kind, placeholder, echo }) => !placeholder && !echo && kind !== 'external_ref').map(({ kind, value }) => [`${kind}:${value}`, { kind, value }]));
  const spelled = Object.entries(IDENTIFYING_ATTRIBUTES).flatMap(([attribute, kind]) => [claims[attribute]?.value].flat().flatMap((value) => {
    const one = typeof value === 'string' ? normaliseIdentifier(kind, value) : undefined;
    return one && known.has(nameOf(one)) ? [{ own: one, as: { kind, value: value as string } }] : [];
  }));
  const said = new Set(spelled.filter(({ own, as }) => own.kind === as.kind).map(({ own }) => nameOf(own)));
  return [...spelled.map(({ as }) => as), ...[...known].filter(([name]) => !said.has(name)).map(([, one]) => one)];
}

function newRecord({ target }: TargetSession, { asset }: JudgedAsset, stream: Stream<any, any>, identifiers: readonly Identifier[]): NewRecord {
  const rules = target.rules.streams.get(stream.name);
  const own = new Set(stream.push?.attributes ?? []);
  const codes = rules?.codesFor?.(asset.stage);
  return {
    assetId: asset.id, assetClass: asset.assetClass ?? stream.push?.create?.classes[0] ?? 'hardware', reference: target.source.push.reference ?? target.connector.manifest.referenceFields?.[0] ?? '',
    attributes: Object.fromEntries(Object.entries(asset.attributes).filter(([name]) => own.has(name)).map(([name, value]) => [name, rules?.spell(name, value) ?? value])), identifiers, ...(codes && { stage: { stage: asset.stage, codes } }),
  };
}

/** Reads the new record back, links it to its asset, and agrees on everything that it shows because Lockstep said so. */
async function bind(session: TargetSession, row: OutboxRow, { stream, record, anchor }: Wanted, externalId: string, kind: 'created' | 'matched', attemptId: number | undefined): Promise<void> {
  const run = await session.run(stream.name);
  const back = (await fetchRecords(session.client, run, [externalId], () => session.now())).get(externalId);
  if (back?.kind !== 'found') return unreadable(session, row, { stream: stream.name, put: { attributes: record.attributes, ...(record.stage && { stage: record.stage }) }, made: externalId, how: kind }, back?.reason ?? 'it was not asked for', attemptId);
  const key = recordKey(session.target.source.name, stream.name, externalId);
  await session.transaction(async (tx) => {
    const now = session.now();
    const known = (await headsByExternalId(tx, run.streamId, [externalId])).get(externalId);
    const written = kind === 'created' ? writtenBy(departedOf(row.detail)?.put ?? record, back.judged) : undefined;
    if (known?.assetId !== row.assetId && key !== anchor) await addConstraints(tx, [{ kind: 'must_link', a: anchor, b: key }], session.engine.actor, `created there by Lockstep for ${row.assetId}`, now);
    await storeSightings(tx, run, [{ judged: back.judged, readAt: back.readAt, ...(written && { written: written.values }) }], now);
    const head = (await headsByExternalId(tx, run.streamId, [externalId])).get(externalId);
    if (head && written) await saveAgreed(tx, written.agreed.map(({ field, agreed }) => ({ recordId: head.id, field, agreed })), now);
    if (attemptId !== undefined) await endAttempts(tx, [{ id: attemptId, outcome: kind, readBack: { record: key } }], now);
    else await tx.execute(`UPDATE push_attempts SET outcome = ?, finished_at = ?, read_back = ? WHERE target = ? AND asset_id = ? AND kind = 'create' AND outcome IN ('sent', 'unknown')`, [kind, now, JSON.stringify({ record: key }), row.target, row.assetId]);
    // Judged anew by what is agreed since: what the new record does not show as it should is an update like any other, or an alignment where it was there before.
    await deleteOutbox(tx, [row]);
    await evaluatePush(tx, [row.assetId], { ...session.context(), runId: row.causeRun });
  });
  session.count('created', row);
}

/**
 * What of a new record counts as said by us: what it shows of what was put into it, in whatever spelling. A field that shows
 * nothing, or something else, did not take our value, which is owed like any change of ours.
 */
function writtenBy({ attributes, stage }: Pick<NewRecord, 'attributes' | 'stage'>, judged: Parameters<typeof shownIn>[0]): { readonly values: WrittenValues; readonly agreed: readonly { readonly field: string; readonly agreed: Agreed }[] } {
  const put = [...Object.entries(attributes).map(([field, value]) => ({ field, written: value as unknown, value: value as unknown, isDesired: false })), ...(stage ? [{ field: 'stage', written: stage.codes as unknown, value: stage.stage as unknown, isDesired: stageIn(judged)?.stage === stage.stage }] : [])];
  const fields = put.flatMap(({ field, written, value, isDesired }) => {
    const shown = shownIn(judged, field);
    if (shown === undefined || (shown === null && field === 'stage')) return [];
    const end = verifyField({ written, desired: value, before: null, after: shown, isDesired });
    const isTaken = end === 'verified' || end === 'normalised';
    return [{ field, value, shown, isTaken }];
  });
  return {
    agreed: fields.map(({ field, value, shown, isTaken }) => ({ field, agreed: { value: isTaken ? value : null, shown, origin: 'written' } })),
    values: {
      attributes: new Map(fields.filter(({ field, isTaken }) => field !== 'stage' && isTaken).map(({ field, value, shown }) => [field, [value, shown].filter((each): each is AttributeValue => each !== null && each !== undefined)])),
      ...(stage && { stage: [{ stage: stage.stage, raws: [stage.codes] }] }),
    },
  };
}

/** The new record is there, by what the target says, and cannot be read: another look later, and in the end a person; never a second one. */
async function unreadable(session: TargetSession, row: OutboxRow, by: Omit<Departed, 'sentAt'>, why: string, attemptId: number | undefined): Promise<void> {
  if (attemptId !== undefined) await session.transaction((tx) => endAttempts(tx, [{ id: attemptId, outcome: 'unknown', answer: { reason: session.redact(`it is ${by.made} there, and cannot be read: ${why}`) } }], session.now()));
  const departed = { sentAt: session.now(), ...by, ...departedOf(row.detail), made: by.made, how: by.how };
  if (row.looks >= TRIES) return kill(session, row, { ...departed, reason: session.redact(`${by.made} was created there, and cannot be read: ${why}`), hint: 'let the account read what it creates, or restore the record there; then `lockstep dead-letters replay`' });
  session.count('retried');
  await save(session, { ...row, state: 'sending', looks: row.looks + 1, detail: departed, reason: `${by.made} was created and cannot be read yet`, notBefore: session.now() + waitBefore(row.looks + 1, undefined) });
}

/** It left and is nowhere, and nobody wants it any more. */
async function drop(session: TargetSession, row: OutboxRow): Promise<void> {
  await session.transaction(async (tx) => {
    const [judged] = await judgeAssets(tx, [row.assetId], session.context(), true);
    // Wanted again since: it is looked at again.
    if (!judged?.verdict.creates) await settleInstead(tx, session, row, judged);
  });
}

/** No record is to be made: the debt is over, or one of a record that is there. */
async function settleInstead(tx: Tx, session: TargetSession, row: OutboxRow, judged: JudgedAsset | undefined): Promise<void> {
  await deleteOutbox(tx, [row]);
  if (judged && judged.verdict.writes.length > 0 && !judged.verdict.waits) await saveOutbox(tx, [{ ...row, kind: 'update', state: 'owed', generation: row.generation + 1, notBefore: session.now(), attempts: 0, looks: 0, detail: null, reason: null }], session.now());
}

/** Keeps what was decided meanwhile. */
async function put(tx: Tx, session: TargetSession, row: OutboxRow): Promise<void> {
  const current = (await outboxOf(tx, [row.assetId])).find((each) => each.target === row.target);
  if (current) await saveOutbox(tx, [{ ...row, generation: current.generation, digest: current.digest, released: current.released, causeRun: current.causeRun }], session.now());
}
const save = (session: TargetSession, row: OutboxRow): Promise<void> => session.transaction((tx) => put(tx, session, row));
const later = (session: TargetSession, row: OutboxRow, at: number, reason: string): Promise<void> => save(session, { ...row, state: 'sending', notBefore: at, reason });

/** Given up as it was sent; what is wanted by now has not been sent yet, and is owed. */
async function kill(session: TargetSession, row: OutboxRow, why: Readonly<Record<string, unknown>> & { readonly reason: string }): Promise<void> {
  await session.transaction(async (tx) => {
    const current = (await outboxOf(tx, [row.assetId])).find((each) => each.target === row.target);
    if (!current) return;
    const isSame = current.generation === row.generation;
    session.count(isSame ? 'failed' : 'retried', row);
    await saveOutbox(tx, [isSame ? { ...current, state: 'dead', reason: why.reason, detail: why } : { ...current, state: 'owed', attempts: 0, looks: 0, notBefore: session.now(), reason: why.reason, detail: madeOf(why) }], session.now());
  });
}
