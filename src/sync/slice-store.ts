import type { RecordKey } from '../core/model/index.js';
import { planPage } from '../core/reconcile/plan-page.js';
import type { EffectKind, PagePlan } from '../core/reconcile/plan-types.js';
import { LIVE_STAGES } from '../core/lifecycle/index.js';
import { loadClosure } from '../database/repositories/closure.js';
import { bodiesOf, headsById, idsOfAssets } from '../database/repositories/records.js';
import type { RecordBody } from '../database/repositories/rows.js';
import { loadStreams } from '../database/repositories/streams.js';
import { selectIn, take, type Tx } from '../database/tx.js';
import { evaluatePush } from '../push/evaluate.js';
import { applyPlan } from './slice-apply.js';
import { hostsOf, isOlder, loadSurroundings, prepare, writtenTo, type Prepared } from './slice-load.js';
import { planInput } from './slice-plan.js';
import { NO_ASSETS, plusAssets, type AssetCounts, type Incoming, type Judgement, type SliceOptions, type SliceResult } from './slice-types.js';

/** Effects that wait; on a source's first load only those that join or part assets. */
const GUARDED: ReadonlySet<EffectKind> = new Set(['stage_move', 'class_change', 'merge', 'split', 'emptied']);
const GUARDED_ON_FIRST_LOAD: ReadonlySet<EffectKind> = new Set(['merge', 'split']);

/**
 * One slice: all reading before the decision, one plan, one transaction (the caller's). Each record stands in it at most
 * once. Doing it again changes nothing.
 */
export async function storeSlice(tx: Tx, given: readonly Incoming[], judgement: Judgement, options: SliceOptions): Promise<SliceResult> {
  const incoming = await asTheyAre(tx, given);
  const streams = await loadStreams(tx);
  const older = incoming.filter((each) => each.kind === 'version' && isOlder(each));
  const fresh = older.length === 0 ? incoming : incoming.filter((each) => !older.includes(each));
  const existing = fresh.flatMap((each) => (each.head ? [each.head.id] : []));
  const [bodies, written] = existing.length === 0 ? [new Map<number, RecordBody>(), new Map()] : [await bodiesOf(tx, existing), await writtenTo(tx, existing)];
  const unborn = fresh.filter((each) => each.head === undefined).length;
  let nextId = await take(tx, 'records', unborn);
  const prepared = fresh.map((each): Prepared => {
    const id = each.head?.id ?? nextId++;
    const streamId = each.kind === 'version' ? each.streamId : each.head.streamId;
    return prepare(each, id, bodies.get(id), streams.get(streamId) as NonNullable<ReturnType<typeof streams.get>>, written.get(id) ?? (each.kind === 'version' ? each.written : undefined), judgement);
  });

  const alreadyWaiting = options.guard ? await waitingInRun(tx, existing, options.runId) : new Set<number>();
  const waiting = new Map<Prepared, Set<EffectKind>>();
  for (const each of prepared) if (alreadyWaiting.has(each.head.id)) waiting.set(each, new Set());

  const touched = options.touched ?? [];
  const streamOf = new Map(prepared.map((each) => [each.head.id, each.head.streamId]));
  const closure = await loadClosure(tx, {
    recordIds: [...existing, ...(options.rejudge ?? []), ...(touched.length === 0 ? [] : await idsOfAssets(tx, touched))],
    next: new Map(prepared.map((each) => [each.head.id, each.record])), streamOf: (id) => streamOf.get(id) ?? 0,
  }, judgement.rules.identity, streams);
  const idOf = new Map<RecordKey, number>();
  for (const stored of closure.stored.values()) idOf.set(stored.record.key, stored.head.id);
  for (const each of prepared) idOf.set(each.record.key, each.head.id);
  const keyOf = (id: number): RecordKey | undefined => closure.stored.get(id)?.record.key;
  const surroundings = await loadSurroundings(tx, closure, prepared.flatMap((each) => (each.next?.move ? [each.next.move] : [])), keyOf);
  const firstSeq = await peek(tx);

  const guarded = options.firstLoad ? GUARDED_ON_FIRST_LOAD : GUARDED;
  let plan: PagePlan;
  let active: Prepared[];
  let minted = 0;
  for (;;) {
    active = prepared.filter((each) => !waiting.has(each));
    minted = 0;
    plan = planPage(planInput({
      closure, around: surroundings, idOf, judgement, now: options.now, touched, newMoves: active.flatMap((each) => each.next?.move ?? []), changed: new Set(active.map((each) => each.record.key)),
      active: active.map((each) => ({ id: each.head.id, record: each.record, removed: each.head.state === 'withdrawn' })), mint: () => ({ seq: firstSeq + minted, id: assetId(firstSeq + minted++) }),
    }));
    if (!options.guard || !holdBack(plan, active, guarded, waiting)) break;
  }
  await take(tx, 'assets', minted);
  const assets = await applyPlan(tx, { plan, active, waiting, closure, surroundings, idOf, options, judgement });
  let total: AssetCounts = assets.counts;
  let reviews = assets.reviews + (await tellTargets(tx, plan, judgement, options));

  const hosts = await guardsToJudgeAgain(tx, plan);
  if (hosts.length > 0) {
    const again = await storeSlice(tx, [], judgement, { ...options, guard: false, touched: hosts, rejudge: [] });
    total = plusAssets(total, again.assets);
    reviews += again.reviews;
  }
  return {
    accepted: active.length, older: older.length, assets: total, reviews, unmapped: unmappedOf(active),
    waiting: [...waiting].map(([each, effects]) => ({ externalId: each.head.externalId, effects: [...effects] })),
  };
}

/** What targets are owed now, in the transaction that made them owed it. */
async function tellTargets(tx: Tx, plan: PagePlan, { push, rules, matches }: Judgement, { now, runId }: SliceOptions): Promise<number> {
  if (!push) return 0;
  const assets = [...plan.assets.map(({ after }) => after.id), ...plan.gone.map(({ id }) => id), ...plan.emptied];
  return (await evaluatePush(tx, assets, { push, classes: rules.identity.classes, matches, now, runId })).opened;
}

/**
 * A change of state is decided on heads that were read before this transaction, with vendors asked in between. Where a
 * record stands and what it says is taken from now; what was seen again in the meantime is not gone.
 */
async function asTheyAre(tx: Tx, incoming: readonly Incoming[]): Promise<readonly Incoming[]> {
  const ids = incoming.flatMap((each) => (each.kind === 'state' ? [each.head.id] : []));
  if (ids.length === 0) return incoming;
  const now = await headsById(tx, ids);
  return incoming.flatMap((each): Incoming[] => {
    if (each.kind === 'version') return [each];
    const head = now.get(each.head.id);
    if (head === undefined || (each.state === 'tombstoned' && head.seenAt > each.head.seenAt)) return [];
    const { assetId, contentHash, mappingHash, modifiedAt, version, versionNo } = head;
    return [{ ...each, head: { ...each.head, assetId, contentHash, mappingHash, modifiedAt, version, versionNo } }];
  });
}

export const NOTHING_STORED: SliceResult = { accepted: 0, waiting: [], older: 0, assets: NO_ASSETS, reviews: 0, unmapped: new Map() };

/** Short, in order of creation, and the same on a copy of the database: a plan names assets as the run will. */
export const assetId = (seq: number): string => `ast-${seq.toString(36).padStart(7, '0')}`;

async function peek(tx: Tx): Promise<number> {
  const [row] = await tx.query(`SELECT next FROM sequences WHERE name = 'assets'${tx.dialect === 'mysql' ? ' FOR UPDATE' : ''}`);
  return row === undefined ? 1 : Number(row['next']);
}

/** Puts the records that cause guarded effects among the waiting. True: the plan must be made again without them. */
function holdBack(plan: PagePlan, active: readonly Prepared[], guarded: ReadonlySet<EffectKind>, waiting: Map<Prepared, Set<EffectKind>>): boolean {
  const byKey = new Map(active.map((each) => [each.record.key, each]));
  let held = false;
  for (const effect of plan.effects) {
    if (!guarded.has(effect.kind)) continue;
    for (const key of effect.causes) {
      const each = byKey.get(key);
      if (!each) continue;
      waiting.set(each, (waiting.get(each) ?? new Set()).add(effect.kind));
      held = true;
    }
  }
  return held;
}

/** A record with a version that waits in this run waits with the next one too, so that they count in order. */
async function waitingInRun(tx: Tx, ids: readonly number[], runId: string | null): Promise<Set<number>> {
  if (ids.length === 0 || runId === null) return new Set();
  const rows = await selectIn(tx, `SELECT record_id FROM record_versions WHERE state = 'waiting' AND run_id = ? AND record_id IN (?)`, ids, [runId]);
  return new Set(rows.map((row) => Number(row['record_id'])));
}

const isLiveStage = (stage: string | undefined): boolean => stage !== undefined && (LIVE_STAGES as readonly string[]).includes(stage);

async function guardsToJudgeAgain(tx: Tx, plan: PagePlan): Promise<string[]> {
  const flipped = plan.assets.filter(({ before, after }) => before !== undefined && isLiveStage(before.ownStage) !== isLiveStage(after.ownStage)).map(({ after }) => after.id);
  return flipped.length === 0 ? [] : hostsOf(tx, flipped);
}

function unmappedOf(active: readonly Prepared[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { next } of active) {
    if (!next?.unmapped) continue;
    const text = Object.entries(next.unmapped).map(([field, code]) => `${field}=${code === '' ? '(empty)' : code}`).join(' ');
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return counts;
}
