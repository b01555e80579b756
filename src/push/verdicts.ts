import type { Move, RecordKey } from '../core/model/index.js';
import { moveKey } from '../core/model/index.js';
import { agreement } from '../core/push/index.js';
import type { Engine } from '../engine/engine.js';
import { saveMoves, saveVerdict } from '../database/repositories/decisions.js';
import { outboxOf, saveAgreed, saveOutbox, saveTargetState, targetState, type AgreedWrite, type OutboxRow } from '../database/repositories/push.js';
import { executeIn, selectIn, type Tx } from '../database/tx.js';
import { storeSlice } from '../sync/slice-store.js';
import type { Judgement } from '../sync/slice-types.js';
import { decideAlignment, declined, judgeAssets, shownOf, type EvaluateContext } from './evaluate.js';

export interface HeldSetVerdict {
  readonly kind: string;
  readonly target: string;
  /** Of drift and conflicts. */
  readonly field?: string;
  readonly review: number;
  readonly records: readonly { readonly key: RecordKey; readonly recordId: number | null }[];
  readonly side: 'ours' | 'theirs';
  /** Of an alignment: only these fields. */
  readonly fields?: readonly string[];
  /** Of an alignment: the same for whatever joins later. */
  readonly keep?: boolean;
  readonly reason: string;
}

const CHUNK = 200;

/**
 * Carries a person's word on a held set of a target out, in chunks: agreements, and for a stage that is theirs a move of
 * that person. What comes of it is owed like any other change, but past the guard: somebody has looked at it as a whole.
 */
export async function decideHeldSet(engine: Engine, judgement: Judgement, verdict: HeldSetVerdict): Promise<void> {
  const { push } = engine;
  const target = push?.targets.get(verdict.target);
  if (!push || !target) return;
  if (verdict.keep) {
    await engine.database.transaction(async (tx) => saveTargetState(tx, verdict.target, { ...(await targetState(tx, verdict.target)), keptVerdict: { side: verdict.side, fields: target.rules.fields } }));
  }
  for (let at = 0; at < verdict.records.length; at += CHUNK) {
    const part = verdict.records.slice(at, at + CHUNK);
    await engine.database.transaction(async (tx) => {
      const now = engine.clock.now();
      await tx.executeMany('UPDATE review_records SET done = 1 WHERE review_id = ? AND record_key = ?', part.map(({ key }) => [verdict.review, key]));
      const ids = part.flatMap(({ recordId }) => recordId ?? []);
      const assets = [...(await selectIn(tx, 'SELECT DISTINCT asset_id AS id FROM record_heads WHERE asset_id IS NOT NULL AND id IN (?)', ids)).map((row) => row['id'] as string), ...part.filter(({ recordId }) => recordId === null).map(({ key }) => key)];
      const context: EvaluateContext = { push, classes: judgement.rules.identity.classes, matches: judgement.matches, now, runId: null, only: new Set([verdict.target]) };
      if (verdict.kind === 'push_guard') await decideGuard(tx, verdict, assets, context);
      else await decideFields(tx, engine, verdict, assets, new Set(ids), context);
      await storeSlice(tx, [], judgement, { guard: false, firstLoad: false, cause: { kind: 'person', person: engine.actor }, runId: null, source: null, now, touched: assets });
      if (verdict.side === 'ours') await executeIn(tx, `UPDATE outbox SET released = 1 WHERE target = ? AND asset_id IN (?)`, assets, [verdict.target]);
    });
  }
}

async function decideFields(tx: Tx, engine: Engine, verdict: HeldSetVerdict, assets: readonly string[], records: ReadonlySet<number>, context: EvaluateContext): Promise<void> {
  const writes: AgreedWrite[] = [];
  const moves: { readonly move: Move; readonly recordId: number }[] = [];
  for (const { verdict: judged, rows, asset } of await judgeAssets(tx, assets, context, false)) {
    const chosen = new Map(rows.filter((row) => records.has(row.recordId)).map((row) => [`${row.source}/${row.stream}/${row.externalId}`, row]));
    if (verdict.kind === 'alignment') {
      const only = verdict.fields && new Set(verdict.fields);
      const align = judged.align.filter(({ key }) => chosen.has(key));
      writes.push(...decideAlignment({ ...judged, align }, rows, verdict.side, asset.attributes, only));
      if (verdict.side !== 'theirs') continue;
      for (const { key, differences } of align) {
        const row = chosen.get(key);
        const to = row?.body.reading?.stage;
        if (!row || !to || !differences.some(({ field }) => field === 'stage') || (only && !only.has('stage'))) continue;
        moves.push({ recordId: row.recordId, move: { origin: { kind: 'person', name: engine.actor }, anchor: key, to, at: context.now, reason: verdict.reason } });
      }
      continue;
    }
    for (const { key, difference } of judged.holds) {
      const row = chosen.get(key);
      if (!row || difference.field !== verdict.field) continue;
      const shown = shownOf(row, difference.field);
      // `ours`: what stands there is agreed to be what it says, so that our value is a change of ours.
      writes.push({ recordId: row.recordId, field: difference.field, agreed: agreement(verdict.side === 'ours' ? shown : (asset.attributes[difference.field] ?? null), shown) });
    }
  }
  await saveAgreed(tx, writes, context.now);
  await saveMoves(tx, moves.map(({ move }) => move), (key) => moves.find(({ move }) => move.anchor === key)?.recordId, null, context.now);
  // The person has seen what it was before: it counts, even where no tool could make the move.
  for (const { move, recordId } of moves) await saveVerdict(tx, { moveKey: moveKey(move), verdict: 'accept', by: engine.actor, at: context.now }, recordId, verdict.reason);
}

async function decideGuard(tx: Tx, { target, side }: HeldSetVerdict, assets: readonly string[], context: EvaluateContext): Promise<void> {
  if (side === 'ours') {
    await executeIn(tx, `UPDATE outbox SET state = 'owed', released = 1, reason = NULL, detail = NULL, not_before = ?, generation = generation + 1 WHERE target = ? AND state = 'waiting' AND asset_id IN (?)`, assets, [context.now, target]);
    return;
  }
  await agreeToDiffer(tx, assets, context);
}

/** What is owed to these assets is agreed to stand as it stands, until our value changes again; what is not there is not created. */
export async function agreeToDiffer(tx: Tx, assets: readonly string[], context: EvaluateContext): Promise<void> {
  const writes: AgreedWrite[] = [];
  const declines: OutboxRow[] = [];
  const owed = new Map((await outboxOf(tx, assets)).map((row) => [`${row.target}\u0000${row.assetId}`, row]));
  for (const judged of await judgeAssets(tx, assets, context, false)) {
    const { verdict, rows, asset, target } = judged;
    const debt = owed.get(`${target.source.name}\u0000${asset.id}`);
    if (verdict.creates && debt) declines.push({ ...debt, ...declined(judged), generation: debt.generation + 1 });
    const byKey = new Map(rows.map((row) => [`${row.source}/${row.stream}/${row.externalId}`, row]));
    for (const { key, stage, fields } of verdict.writes) {
      const row = byKey.get(key);
      if (!row) continue;
      if (stage) writes.push({ recordId: row.recordId, field: 'stage', agreed: agreement(stage.stage, shownOf(row, 'stage')) });
      for (const { attribute, desired } of fields) writes.push({ recordId: row.recordId, field: attribute, agreed: agreement(desired, shownOf(row, attribute)) });
    }
  }
  await saveOutbox(tx, declines, context.now);
  await saveAgreed(tx, writes, context.now);
}
