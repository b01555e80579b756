import type { Move, SourceRecord } from '../core/model/index.js';
import { recordKey } from '../core/model/index.js';
import { DEPENDENCY_KINDS, LIVE_STAGES, type AgreedStage, type LiveDependant } from '../core/lifecycle/index.js';
import { nextVersion, type NextVersion, type WrittenValues } from '../core/reconcile/next-version.js';
import { loadAssets, type StoredAsset } from '../database/repositories/assets.js';
import type { Closure } from '../database/repositories/closure.js';
import { loadMoves, loadOverrides, loadPersonHolds, loadVerdicts } from '../database/repositories/decisions.js';
import type { RecordBody, RecordHead, StreamRow } from '../database/repositories/rows.js';
import { NO_MARK, sourceRecordOf } from '../database/repositories/rows.js';
import { selectIn, type Tx } from '../database/tx.js';
import type { Incoming, IncomingVersion, Judgement } from './slice-types.js';

/** An incoming change with the record as it will be. */
export interface Prepared {
  readonly incoming: Incoming;
  readonly head: RecordHead;
  readonly isNew: boolean;
  readonly body: RecordBody;
  readonly record: SourceRecord;
  readonly next?: NextVersion;
}

/** `before`: the stored body of each record that exists. */
export function prepare(incoming: Incoming, id: number, before: RecordBody | undefined, stream: StreamRow, written: WrittenValues | undefined, judgement: Judgement): Prepared {
  if (incoming.kind === 'state') {
    const head: RecordHead = { ...incoming.head, state: incoming.state, tombstonedAt: incoming.state === 'tombstoned' ? (incoming.head.toldAt ?? incoming.at) : null, ...(incoming.state === 'live' && { misses: 0, missingSince: null, toldAt: null }) };
    const body = before as RecordBody;
    return { incoming, head, isNew: false, body, record: sourceRecordOf(head, body, stream, NO_MARK) };
  }
  const { mapped, head: old } = incoming;
  const accepted = old !== undefined && old.state !== 'pending' && old.state !== 'withdrawn' ? old : undefined;
  const next = nextVersion({
    key: recordKey(stream.source, stream.name, incoming.externalId), mapped, readAt: incoming.readAt, classes: judgement.rules.identity.classes, isJunk: judgement.isJunk,
    ...(accepted && before && { previous: before, previousReadAt: incoming.previousReadAt ?? accepted.seenAt }), ...(written && { written }), keep: incoming.held,
  });
  // A source may go on listing what it says is gone: that is no return.
  const staysGone = old?.state === 'tombstoned' && mapped.told !== undefined;
  const head: RecordHead = {
    id, streamId: incoming.streamId, externalId: incoming.externalId, kind: 'asset', scopeId: incoming.scopeId, state: staysGone ? 'tombstoned' : 'live', assetId: old?.assetId ?? null, contentHash: incoming.contentHash, mappingHash: incoming.mappingHash,
    modifiedAt: mapped.modifiedAt ?? null, version: mapped.version ?? null, versionNo: (old?.versionNo ?? 0) + 1, firstSeenAt: old?.firstSeenAt ?? incoming.readAt, seenAt: incoming.readAt, seenPass: incoming.pass,
    misses: 0, missingSince: null, toldAt: mapped.told ? (old?.toldAt ?? mapped.told.at ?? incoming.readAt) : null, tombstonedAt: staysGone ? old.tombstonedAt : null,
  };
  return { incoming, head, isNew: old === undefined, body: next.content, record: sourceRecordOf(head, next.content, stream, NO_MARK), next };
}

/** A source's older word never replaces its newer one. */
export function isOlder({ head, mapped }: { readonly head?: RecordHead; readonly mapped: { readonly version?: number; readonly modifiedAt?: number } }): boolean {
  if (head === undefined || head.state === 'pending') return false;
  if (head.version !== null && mapped.version !== undefined) return mapped.version < head.version;
  return head.modifiedAt !== null && mapped.modifiedAt !== undefined && mapped.modifiedAt < head.modifiedAt;
}

/** Where a source tells neither version nor time, what was asked for before the record was last seen says nothing new. */
export function isStale({ head, mapped, readAt }: IncomingVersion): boolean {
  if (head === undefined || head.state === 'pending' || readAt >= head.seenAt) return false;
  return !(head.version !== null && mapped.version !== undefined) && !(head.modifiedAt !== null && mapped.modifiedAt !== undefined);
}

/** Everything besides the records that decides about the followed part of a closure. */
export interface Surroundings {
  readonly assets: ReadonlyMap<string, StoredAsset>;
  readonly moves: readonly Move[];
  readonly verdicts: Awaited<ReturnType<typeof loadVerdicts>>;
  readonly overrides: Awaited<ReturnType<typeof loadOverrides>>;
  readonly personHolds: Awaited<ReturnType<typeof loadPersonHolds>>;
  readonly dependants: ReadonlyMap<string, readonly LiveDependant[]>;
}

export async function loadSurroundings(tx: Tx, closure: Closure, newMoves: readonly Move[], keyOf: (id: number) => string | undefined): Promise<Surroundings> {
  const ids = [...closure.followed].filter((id) => closure.stored.has(id));
  const assetIds = new Set<string>();
  for (const id of ids) {
    const asset = closure.stored.get(id)?.head.assetId;
    if (asset) assetIds.add(asset);
  }
  const assets = await loadAssets(tx, [...assetIds]);
  const moves = await loadMoves(tx, ids, keyOf);
  const guardedAnchors = new Set([...moves, ...newMoves].filter((move) => move.to === 'retired' || move.to === 'disposed').map((move) => move.anchor));
  const guarded = new Set<string>();
  for (const id of ids) {
    const stored = closure.stored.get(id);
    if (stored?.head.assetId && guardedAnchors.has(stored.record.key)) guarded.add(stored.head.assetId);
  }
  return {
    assets, moves, verdicts: await loadVerdicts(tx, ids, keyOf), overrides: await loadOverrides(tx, ids, keyOf), personHolds: await loadPersonHolds(tx, ids, keyOf),
    dependants: guarded.size === 0 ? new Map() : await liveDependants(tx, [...guarded]),
  };
}

const DEPENDENCIES = DEPENDENCY_KINDS.map((kind) => `'${kind}'`).join(',');
const LIVE = LIVE_STAGES.map((stage) => `'${stage}'`).join(',');

/** By the asset that is stood on: assets in a live stage, by their own fold, that run_on, are hosted_by or depend_on it. */
async function liveDependants(tx: Tx, assetIds: readonly string[]): Promise<Map<string, LiveDependant[]>> {
  const rows = await selectIn(tx, `SELECT target.asset_id AS target_id, a.id AS id, a.name AS name, r.relation AS relation, MIN(edge.first_seen_at) AS since
    FROM relationships r JOIN record_heads edge ON edge.id = r.record_id AND edge.state <> 'tombstoned'
    JOIN record_heads target ON target.id = r.to_record_id JOIN record_heads dependant ON dependant.id = r.from_record_id JOIN assets a ON a.id = dependant.asset_id
    WHERE r.relation IN (${DEPENDENCIES}) AND a.own_stage IN (${LIVE}) AND a.id <> target.asset_id AND target.asset_id IN (?) GROUP BY target.asset_id, a.id, a.name, r.relation`, assetIds);
  const found = new Map<string, LiveDependant[]>();
  for (const row of rows) found.set(row['target_id'], [...(found.get(row['target_id']) ?? []), { id: row['id'], kind: row['relation'], ...(row['name'] !== null && { name: row['name'] as string }) }]);
  return found;
}

/** Assets on which these stand, by their relationships: their guards look at these ones' stages. */
export async function hostsOf(tx: Tx, assetIds: readonly string[]): Promise<string[]> {
  const rows = await selectIn(tx, `SELECT DISTINCT target.asset_id AS id FROM relationships r JOIN record_heads dependant ON dependant.id = r.from_record_id JOIN record_heads target ON target.id = r.to_record_id
    WHERE r.relation IN (${DEPENDENCIES}) AND target.asset_id IS NOT NULL AND dependant.asset_id IN (?)`, assetIds);
  return rows.map((row) => row['id'] as string);
}

/** What Lockstep last wrote to these records, and what is on its way there. Empty until something has been pushed. */
export async function writtenTo(tx: Tx, recordIds: readonly number[]): Promise<Map<number, WrittenValues>> {
  const rows = await selectIn(tx, `SELECT record_id, field, raw, value, origin, sent_raw, sent_value, sent_at FROM agreed_state WHERE (origin = 'written' OR sent_at IS NOT NULL) AND record_id IN (?)`, recordIds);
  const byRecord = new Map<number, { attributes: Map<string, unknown[]>; stage: AgreedStage[] }>();
  for (const row of rows) {
    const written = byRecord.get(Number(row['record_id'])) ?? { attributes: new Map<string, unknown[]>(), stage: [] };
    const said = [...(row['origin'] === 'written' ? [[row['raw'], row['value']]] : []), ...(row['sent_at'] === null ? [] : [[row['sent_raw'], row['sent_value']]])]
      .map(([raw, value]) => ({ raw: JSON.parse((raw as string | null) ?? 'null') as unknown, value: JSON.parse((value as string | null) ?? 'null') as unknown }));
    if (row['field'] === 'stage') written.stage.push(...said.map(({ raw, value }) => ({ stage: value as AgreedStage['stage'], raws: [raw as AgreedStage['raws'][number]] })));
    // What the target made of our word (folded case, another date format) is our word too.
    else written.attributes.set(row['field'] as string, said.flatMap(({ raw, value }) => [value, raw]));
    byRecord.set(Number(row['record_id']), written);
  }
  return byRecord as Map<number, WrittenValues>;
}
