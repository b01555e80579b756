import { createHash } from 'node:crypto';
import type { ClassTree, RecordKey } from '../core/model/index.js';
import { byCodeUnit, recordKey, sameValue } from '../core/model/index.js';
import { agreement, isShown, judgeTarget, type Agreed, type TargetRecord, type TargetVerdict, type WantedAsset } from '../core/push/index.js';
import { loadAssets } from '../database/repositories/assets.js';
import { agreedOf, deleteOutbox, heldRecords, openMoves, outboxOf, saveAgreed, saveOutbox, targetRows, targetState, type AgreedWrite, type OutboxRow, type TargetRow } from '../database/repositories/push.js';
import type { Tx } from '../database/tx.js';
import { selectIn } from '../database/tx.js';
import { unpackBody } from '../database/repositories/rows.js';
import { madeOf } from './departed.js';
import { settleHeldSets, type HeldEntry } from './held-sets.js';
import type { PushRules, Target } from './rules.js';

export interface EvaluateContext {
  readonly push: PushRules;
  readonly classes: ClassTree;
  readonly matches: (pattern: string, text: string) => boolean;
  readonly now: number;
  /** What caused it. */
  readonly runId: string | null;
  /** Absent: all targets. */
  readonly only?: ReadonlySet<string>;
}

export interface JudgedAsset {
  readonly target: Target;
  readonly asset: WantedAsset;
  readonly verdict: TargetVerdict;
  readonly rows: readonly TargetRow[];
}

/**
 * What is owed after these assets changed, in the transaction that changed them: agreements, outbox, held sets. Asked
 * again it changes nothing.
 */
export async function evaluatePush(tx: Tx, assetIds: readonly string[], context: EvaluateContext): Promise<{ readonly owed: number; readonly opened: number }> {
  const ids = [...new Set(assetIds)];
  if (ids.length === 0) return { owed: 0, opened: 0 };
  const judged = await judgeAssets(tx, ids, context, true);
  const targets = [...context.push.targets.keys()].filter((name) => context.only?.has(name) ?? true);
  const existing = new Map((await outboxOf(tx, ids)).map((row) => [`${row.target}\u0000${row.assetId}`, row]));
  const save: OutboxRow[] = [];
  const remove: OutboxRow[] = [];
  let owed = 0;
  for (const each of judged) {
    const name = `${each.target.source.name}\u0000${each.asset.id}`;
    const before = existing.get(name);
    existing.delete(name);
    const after = nextRow(each, before, context);
    if (after === 'remove') { if (before) remove.push(before); } else if (after) {
      save.push(after);
      if (after.state === 'owed' && before?.generation !== after.generation) owed++;
    }
  }
  // Of assets that are gone, merged into another or no longer to be told.
  for (const row of existing.values()) if (targets.includes(row.target)) remove.push(row);
  await saveOutbox(tx, save, context.now);
  await deleteOutbox(tx, remove);
  let opened = 0;
  for (const name of targets) opened += await settleHeldSets(tx, name, judged.filter((each) => each.target.source.name === name).flatMap(entriesOf), judged.filter((each) => each.target.source.name === name).flatMap(({ rows }) => rows.map((row) => row.recordId)), context);
  return { owed, opened };
}

function nextRow(judged: JudgedAsset, before: OutboxRow | undefined, { now, runId }: EvaluateContext): OutboxRow | 'remove' | undefined {
  const { verdict, asset, target } = judged;
  const isBusy = before?.state === 'sending' || before?.state === 'looking';
  const owes = verdict.creates || verdict.writes.length > 0;
  if (!owes && !verdict.waits) return isBusy ? undefined : 'remove';
  const digest = digestOf(judged);
  const row: OutboxRow = before ?? { id: 0, target: target.source.name, assetId: asset.id, generation: 0, state: 'owed', kind: verdict.creates ? 'create' : 'update', digest: '', notBefore: now, attempts: 0, looks: 0, released: false, firstOwedAt: now, causeRun: runId, reason: null, detail: null };
  // A person let pass what was wanted then; what is wanted now is for the guard to judge.
  const released = row.released && before?.digest === digest;
  // What is wanted now is not waited for where only the old value is looked for.
  if (isBusy) return before.digest === digest ? undefined : { ...row, released, generation: row.generation + 1, digest, causeRun: runId ?? row.causeRun, ...(before.state === 'looking' && { notBefore: now }) };
  if (verdict.waits) {
    if (before?.state === 'waiting' && before.digest === digest && before.reason === verdict.waits.because) return undefined;
    return { ...row, released, generation: row.generation + 1, state: 'waiting', digest, reason: verdict.waits.because, detail: { waits: verdict.waits.kind }, kind: 'update' };
  }
  if (verdict.creates && before?.detail?.['waits'] === DECLINED && before.detail['of'] === pushedDigest(judged)) return undefined;
  const isGuarded = before?.state === 'waiting' && before.detail?.['waits'] === 'guard';
  if (before && before.digest === digest && (before.state === 'owed' || before.state === 'dead' || isGuarded)) return undefined;
  return { ...row, released, generation: row.generation + 1, state: isGuarded ? 'waiting' : 'owed', kind: verdict.creates ? 'create' : 'update', digest, notBefore: Math.max(now, row.notBefore), attempts: 0, looks: 0, causeRun: runId ?? row.causeRun, ...(!isGuarded && { reason: null, detail: madeOf(before?.detail) }) };
}

/** Of a new record that a person did not want: it stays away until a value that is pushed changes. */
const DECLINED = 'declined';

export const declined = (judged: JudgedAsset): Pick<OutboxRow, 'state' | 'reason' | 'detail'> => ({ state: 'waiting', reason: 'a person decided that it is not created there', detail: { waits: DECLINED, of: pushedDigest(judged) } });

const pushedDigest = ({ asset, target }: JudgedAsset): string => hashOf(target.rules.fields.map((field) => (field === 'stage' ? asset.stage : (asset.attributes[field] ?? null))));

function digestOf({ verdict, asset }: JudgedAsset): string {
  const writes = verdict.writes.map(({ key, differences }) => [key, differences.map(({ field, after }) => [field, after])]).sort((a, b) => byCodeUnit(a[0] as string, b[0] as string));
  return hashOf([verdict.creates && [asset.stage, asset.attributes], writes]);
}

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);

const entriesOf = ({ verdict, rows }: JudgedAsset): HeldEntry[] => {
  const idOf = new Map(rows.map((row) => [keyOf(row), row.recordId]));
  return [
    ...verdict.align.map(({ key }): HeldEntry => ({ kind: 'alignment', key, recordId: idOf.get(key) ?? null })),
    ...verdict.holds.map(({ key, of, difference }): HeldEntry => ({ kind: of === 'drift' ? 'push_drift' : 'push_conflict', field: difference.field, key, recordId: idOf.get(key) ?? null })),
  ];
};

const keyOf = (row: TargetRow): RecordKey => recordKey(row.source, row.stream, row.externalId);

/** The pure verdicts over what is stored. `store`: agreements that they bring are written. */
export async function judgeAssets(tx: Tx, ids: readonly string[], context: EvaluateContext, store: boolean): Promise<JudgedAsset[]> {
  const { push, classes, matches, now } = context;
  const targets = [...push.targets.values()].filter(({ source }) => context.only?.has(source.name) ?? true);
  const assets = await loadAssets(tx, ids);
  const rows = await targetRows(tx, [...assets.keys()], new Set(targets.map(({ source }) => source.name)));
  const recordIds = rows.map((row) => row.recordId);
  const [agreed, held, moves] = [await agreedOf(tx, recordIds), await heldRecords(tx, recordIds), await openMoves(tx, [...assets.keys()])];
  const since = await sinceOf(tx, [...assets.keys()], targets);
  const byAsset = new Map<string, TargetRow[]>();
  for (const row of rows) byAsset.set(`${row.source}\u0000${row.assetId}`, [...(byAsset.get(`${row.source}\u0000${row.assetId}`) ?? []), row]);
  const judged: JudgedAsset[] = [];
  const writes: { recordId: number; field: string; agreed: Agreed }[] = [];
  for (const target of targets) {
    const kept = (await targetState(tx, target.source.name)).keptVerdict;
    for (const { state } of assets.values()) {
      const own = byAsset.get(`${target.source.name}\u0000${state.id}`) ?? [];
      const asset: WantedAsset = { id: state.id, ...(state.assetClass !== undefined && { assetClass: state.assetClass }), stage: state.stage, stageSince: state.stageSince, holds: state.holds, attributes: state.attributes };
      const judge = (): TargetVerdict => judgeTarget({
        asset, target: target.rules, classes, matches, asOf: now, moveIsOpen: moves.get(state.id)?.has(target.source.name) ?? false, since: (attribute) => since(state.id, attribute, state.attributes[attribute]),
        records: own.map((row) => targetRecordOf(row, agreed.get(row.recordId) ?? new Map<string, Agreed>(), held)),
      });
      let verdict = judge();
      if (kept && verdict.align.length > 0) {
        for (const { recordId, field, agreed: verdictOf } of decideAlignment(verdict, own, kept.side, state.attributes, new Set(kept.fields))) {
          writes.push({ recordId, field, agreed: verdictOf });
          agreed.set(recordId, new Map(agreed.get(recordId)).set(field, verdictOf));
        }
        verdict = judge();
      }
      const idOf = new Map(own.map((row) => [keyOf(row), row.recordId]));
      writes.push(...verdict.agreed.map(({ key, field, agreed: now }) => ({ recordId: idOf.get(key) as number, field, agreed: now })));
      judged.push({ target, asset, verdict, rows: own });
    }
  }
  if (store) await saveAgreed(tx, await withOurOwn(tx, writes), now);
  return judged;
}

/** What is found equal because Lockstep had just put it there is its own word, whether the answer came or not. */
async function withOurOwn(tx: Tx, writes: readonly AgreedWrite[]): Promise<AgreedWrite[]> {
  const sent = new Map((await selectIn(tx, 'SELECT record_id, field, sent_raw, sent_value FROM agreed_state WHERE sent_at IS NOT NULL AND record_id IN (?)', [...new Set(writes.map(({ recordId }) => recordId))])).map((row) => [`${row['record_id']} ${row['field']}`, row]));
  if (sent.size === 0) return [...writes];
  return writes.map((write) => {
    const row = sent.get(`${write.recordId} ${write.field}`);
    const isOurs = row !== undefined && (sameValue(JSON.parse(row['sent_value'] as string), write.agreed.value) || isShown({ ...write.agreed, shown: JSON.parse(row['sent_raw'] as string) }, write.agreed.shown));
    return isOurs ? { ...write, agreed: { ...write.agreed, origin: 'written' } } : write;
  });
}

/**
 * A person's word on an alignment as an agreement. `ours`: we agree on what stands there as what it says, so that our value
 * is a change and is written. `theirs`: what stands there is agreed to as it is. A stage is never agreed away in advance:
 * it takes a move.
 */
export function decideAlignment(verdict: TargetVerdict, rows: readonly TargetRow[], side: 'ours' | 'theirs', attributes: WantedAsset['attributes'], only?: ReadonlySet<string>): { readonly recordId: number; readonly field: string; readonly agreed: Agreed }[] {
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  return verdict.align.flatMap(({ key, differences }) => differences.flatMap(({ field }) => {
    const row = byKey.get(key) as TargetRow;
    if (only && !only.has(field)) return [];
    const shown = shownOf(row, field);
    if (side === 'ours') return [{ recordId: row.recordId, field, agreed: agreement(field === 'stage' ? (row.body.reading?.stage ?? null) : shown, shown) }];
    return field === 'stage' ? [] : [{ recordId: row.recordId, field, agreed: agreement(attributes[field] ?? null, shown) }];
  }));
}

/** What a record shows of a field, as agreements keep it. */
export const shownOf = (row: TargetRow, field: string): unknown => (field === 'stage' ? (row.body.reading?.raw ?? null) : (row.body.shown?.[field] ?? row.body.claims[field]?.value ?? null));

function targetRecordOf(row: TargetRow, agreed: ReadonlyMap<string, Agreed>, held: ReadonlySet<number>): TargetRecord {
  const { body } = row;
  return {
    key: keyOf(row), stream: row.stream, externalId: row.externalId, state: row.state as TargetRecord['state'], isHeld: held.has(row.recordId), ...(body.reading && { codes: body.reading.raw, ...(body.reading.stage && !body.reading.isUnmapped && { stage: body.reading.stage }) }),
    shown: { ...Object.fromEntries(Object.entries(body.claims).map(([name, claim]) => [name, claim.value])), ...body.shown }, changedAt: Object.fromEntries(Object.entries(body.claims).map(([name, claim]) => [name, claim.changedAt])),
    claims: new Set(Object.keys(body.claims)), agreed,
  };
}

/** When our values came to be what they are: asked only where some field is decided by it. */
async function sinceOf(tx: Tx, ids: readonly string[], targets: readonly Target[]): Promise<(asset: string, attribute: string, value: unknown) => number | null> {
  if (!targets.some(({ rules }) => Object.values(rules.onConflict).includes('newest'))) return () => null;
  const claims = new Map<string, { readonly value: unknown; readonly changedAt: number | null }[]>();
  for (const row of await selectIn(tx, `SELECT h.asset_id AS asset_id, b.body AS body FROM record_heads h JOIN record_bodies b ON b.record_id = h.id WHERE h.kind = 'asset' AND h.state = 'live' AND h.asset_id IN (?)`, ids)) {
    for (const [attribute, claim] of Object.entries(unpackBody(row['body'] as string).claims)) {
      if (!claim.echo) claims.set(`${row['asset_id']}\u0000${attribute}`, [...(claims.get(`${row['asset_id']}\u0000${attribute}`) ?? []), claim]);
    }
  }
  for (const row of await selectIn(tx, `SELECT h.asset_id AS asset_id, o.attribute AS attribute, o.value AS value, o.at AS at FROM overrides o JOIN record_heads h ON h.id = o.record_id WHERE o.released_at IS NULL AND h.asset_id IN (?)`, ids)) {
    const name = `${row['asset_id']}\u0000${row['attribute']}`;
    claims.set(name, [...(claims.get(name) ?? []), { value: JSON.parse(row['value'] ?? 'null'), changedAt: Number(row['at']) }]);
  }
  return (asset, attribute, value) => {
    const times = (claims.get(`${asset}\u0000${attribute}`) ?? []).flatMap((claim) => (claim.changedAt !== null && sameValue(claim.value, value) ? [claim.changedAt] : []));
    return times.length === 0 ? null : Math.max(...times);
  };
}
