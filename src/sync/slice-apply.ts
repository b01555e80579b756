import type { RecordKey } from '../core/model/index.js';
import type { EffectKind, PagePlan, ReviewDraft } from '../core/reconcile/plan-types.js';
import { appendChanges, redirectAssets, saveAssets } from '../database/repositories/assets.js';
import type { Closure } from '../database/repositories/closure.js';
import { saveMoves } from '../database/repositories/decisions.js';
import { clearShared, insertHeads, saveBodies, saveIdentifiers, setAssets, setShared, updateHeads, valueKey } from '../database/repositories/records.js';
import { endReviews, endReviewsByCause, openReviews, openReviewsOf } from '../database/repositories/reviews.js';
import type { RecordHead } from '../database/repositories/rows.js';
import { executeIn, type Tx } from '../database/tx.js';
import { settleParkedRefs } from './edge-store.js';
import type { Prepared, Surroundings } from './slice-load.js';
import type { AssetCounts, Judgement, SliceOptions } from './slice-types.js';

export interface ApplyInput {
  readonly plan: PagePlan;
  readonly active: readonly Prepared[];
  readonly waiting: ReadonlyMap<Prepared, ReadonlySet<EffectKind>>;
  readonly closure: Closure;
  readonly surroundings: Surroundings;
  readonly idOf: ReadonlyMap<RecordKey, number>;
  readonly options: SliceOptions;
  readonly judgement: Judgement;
}

/** Carries one plan out: rows, change log, reviews. Nothing is decided here. */
export async function applyPlan(tx: Tx, input: ApplyInput): Promise<{ readonly counts: AssetCounts; readonly reviews: number }> {
  const { plan, options, judgement, idOf } = input;
  const { now } = options;
  await saveRecords(tx, input);
  await saveMoves(tx, [...input.active.flatMap((each) => (each.next?.move ? [each.next.move] : [])), ...plan.ruleMoves], (key) => idOf.get(key), options.runId, now);

  const written = plan.assets.filter((asset) => !asset.same);
  const changedAssets = new Set(plan.changes.map((change) => change.assetId));
  await saveAssets(tx, written.map(({ before, after }) => {
    const stored = input.surroundings.assets.get(after.id);
    return { state: after, anchorId: idOf.get(after.anchor) as number, createdAt: stored?.createdAt ?? now, updatedAt: before === undefined || changedAssets.has(after.id) ? now : (stored?.updatedAt ?? now) };
  }));
  // New heads are inserted with their asset; only the others need it set afterwards.
  const born = new Set(input.active.flatMap((each) => (each.isNew ? [each.head.id] : [])));
  await setAssets(tx, new Map(plan.memberships.flatMap(({ key, assetId }) => {
    const id = idOf.get(key);
    return id === undefined || born.has(id) ? [] : [[id, assetId] as const];
  })));
  await redirectAssets(tx, plan.gone, now);
  await executeIn(tx, 'DELETE FROM assets WHERE id IN (?)', plan.emptied);
  await appendChanges(tx, plan.changes, options.cause, judgement.configHash, now);
  await markShared(tx, input);
  const reviews = await saveReviews(tx, input);
  const created = written.filter(({ before }) => before === undefined).length;
  return {
    reviews,
    counts: {
      created, merged: plan.gone.length,
      updated: [...changedAssets].filter((id) => input.surroundings.assets.has(id) && !plan.gone.some((gone) => gone.id === id)).length,
      retired: plan.changes.filter((change) => change.attribute === 'stage' && (change.after === 'retired' || change.after === 'disposed') && change.before !== 'retired').length,
    },
  };
}

async function saveRecords(tx: Tx, { plan, active, waiting, closure, options, judgement }: ApplyInput): Promise<void> {
  const assetOf = new Map(plan.memberships.map(({ key, assetId }) => [key, assetId]));
  const seated = (each: Prepared): RecordHead => ({ ...each.head, assetId: each.head.state === 'withdrawn' ? null : (assetOf.get(each.record.key) ?? each.head.assetId) });
  const versions = active.filter((each) => each.incoming.kind === 'version');
  await insertHeads(tx, [
    ...active.filter((each) => each.isNew).map(seated),
    ...[...waiting.keys()].filter((each) => each.isNew).map((each): RecordHead => ({ ...each.head, state: 'pending' })),
  ]);
  await updateHeads(tx, [
    ...active.filter((each) => !each.isNew).map(seated),
    // What was read is remembered, so that the same content is not judged again; what counts stays the accepted version.
    ...[...waiting.keys()].filter((each) => !each.isNew).map((each): RecordHead => {
      const old = each.incoming.kind === 'version' ? (each.incoming.head as RecordHead) : each.head;
      return { ...old, contentHash: each.head.contentHash, mappingHash: each.head.mappingHash, versionNo: each.head.versionNo, scopeId: each.head.scopeId, seenAt: each.head.seenAt, seenPass: each.head.seenPass, misses: 0, missingSince: null };
    }),
  ]);
  await saveBodies(tx, versions.map((each) => ({ id: each.head.id, body: each.body })));
  await saveIdentifiers(tx, active.map((each) => {
    const before = each.isNew ? undefined : closure.stored.get(each.head.id)?.record;
    return { id: each.head.id, streamId: each.head.streamId, ...(before && { before }), after: each.head.state === 'withdrawn' ? { ...each.record, identifiers: [], hostnames: [] } : each.record };
  }));
  await saveVersions(tx, versions, waiting, options, judgement.rawVersions);
}

const VERSION_COLUMNS = ['record_id', 'no', 'state', 'recorded_at', 'run_id', 'modified_at', 'content_hash', 'read_at', 'previous_read_at', 'raw', 'effects'];

async function saveVersions(tx: Tx, accepted: readonly Prepared[], waiting: ReadonlyMap<Prepared, ReadonlySet<EffectKind>>, { runId, now }: SliceOptions, rawVersions: number): Promise<void> {
  const known = accepted.filter((each) => !each.isNew).map((each) => each.head.id);
  if (known.length > 0) {
    await executeIn(tx, `UPDATE record_versions SET state = 'superseded', review_id = NULL WHERE state IN ('held', 'waiting') AND record_id IN (?)`, known);
    await executeIn(tx, `UPDATE review_records SET done = 1 WHERE review_id IN (SELECT id FROM reviews WHERE status = 'open' AND kind IN ('held_stage_move', 'held_class_change', 'held_merge', 'held_split', 'held_emptied')) AND record_id IN (?)`, known);
    // The latest raw payloads are kept, to see what changed.
    await executeIn(tx, `UPDATE record_versions SET raw = NULL WHERE raw IS NOT NULL AND no <= (SELECT h.version_no FROM record_heads h WHERE h.id = record_versions.record_id) - ? AND record_id IN (?)`, accepted.filter((each) => !each.isNew && each.head.versionNo > rawVersions).map((each) => each.head.id), [rawVersions]);
  }
  const row = (each: Prepared, state: string, effects: ReadonlySet<EffectKind> | null): (string | number | null)[] => {
    const raw = each.incoming.kind === 'version' ? each.incoming.raw : null;
    // A move that waits happened after the read before this one, which the head soon forgets.
    const previousReadAt = each.incoming.kind === 'version' ? (each.incoming.previousReadAt ?? each.incoming.head?.seenAt ?? null) : null;
    return [each.head.id, each.head.versionNo, state, now, runId, each.head.modifiedAt, each.head.contentHash, each.head.seenAt, previousReadAt, raw, effects ? JSON.stringify([...effects]) : null];
  };
  await tx.insertMany('record_versions', VERSION_COLUMNS, [
    ...accepted.map((each) => row(each, 'accepted', null)),
    ...[...waiting].filter(([each]) => each.incoming.kind === 'version').map(([each, effects]) => row(each, 'waiting', effects)),
  ], { keys: ['record_id', 'no'], update: ['state', 'recorded_at', 'run_id', 'modified_at', 'content_hash', 'read_at', 'previous_read_at', 'raw', 'effects'] });
  await settleParkedRefs(tx, [...accepted, ...waiting.keys()].filter((each) => each.isNew).map((each) => ({ key: each.record.key, id: each.head.id })));
}

async function markShared(tx: Tx, { plan, closure, options }: ApplyInput): Promise<void> {
  const shared = plan.values.filter((value) => value.state === 'junk').map((value) => valueKey(value.kind, value.value));
  if (shared.length > 0) await setShared(tx, [...new Set(shared)], options.now);
  const still = new Set(shared);
  const ended = closure.unshared.filter((key) => !still.has(key));
  if (ended.length === 0) return;
  await clearShared(tx, ended);
  await endReviewsByCause(tx, ended.map(sharedCause), options.now);
}

async function saveReviews(tx: Tx, { plan, closure, idOf, options }: ApplyInput): Promise<number> {
  const ids = [...closure.followed];
  const open = await openReviewsOf(tx, ids);
  // A question that one of these records has left is still one for the others.
  const asked = new Set(open.map((review) => review.cause));
  const drafts = [...plan.reviews, ...plan.nearby.filter((review) => asked.has(review.cause))];
  const wanted = new Set(drafts.map((review) => review.cause));
  const stageKinds = new Set(['illegal_move', 'guarded_move', 'flapping']);
  const resolved = new Set(plan.assets.flatMap((asset) => asset.records.map((key) => idOf.get(key))));
  const over = open.filter((review) => !wanted.has(review.cause) && (!stageKinds.has(review.kind) || [...resolved].length > 0));
  const stillStanding = await stageReviewsElsewhere(tx, over.filter((review) => stageKinds.has(review.kind)).map((review) => review.id), resolved);
  await endReviews(tx, over.filter((review) => !stillStanding.has(review.id)).map((review) => review.id), options.now);
  await endReviewsByCause(tx, plan.over, options.now);
  return openReviews(tx, [...drafts, ...sharedReviews(plan)], (key) => idOf.get(key), { id: options.runId, source: options.source }, options.now);
}

/** A stage review is over only when the asset on whose record it hangs was resolved in this plan. */
async function stageReviewsElsewhere(tx: Tx, ids: readonly number[], resolved: ReadonlySet<number | undefined>): Promise<Set<number>> {
  if (ids.length === 0) return new Set();
  const rows = await tx.query(`SELECT review_id, record_id FROM review_records WHERE review_id IN (${ids.map(() => '?').join(',')})`, ids);
  return new Set(rows.filter((row) => !resolved.has(Number(row['record_id']))).map((row) => Number(row['review_id'])));
}

const sharedCause = (key: string): string => `shared:${key}`;

/** A value that becomes junk while it links is a split: one review for the value. */
function sharedReviews(plan: PagePlan): ReviewDraft[] {
  if (!plan.effects.some((effect) => effect.kind === 'split')) return [];
  return plan.values.filter((value) => value.state === 'junk' && value.tier === 'link' && value.holders.some((key) => plan.reviewed.has(key))).map((value) => ({
    kind: 'shared_value', cause: sharedCause(valueKey(value.kind, value.value)), records: value.holders, because: 'more records of one source hold this value than is believable: it links no more', detail: { value: { kind: value.kind, value: value.value } },
  }));
}
