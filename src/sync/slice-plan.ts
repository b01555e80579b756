import type { Move, RecordKey, SourceRecord } from '../core/model/index.js';
import type { PlanInput } from '../core/reconcile/plan-types.js';
import type { Closure } from '../database/repositories/closure.js';
import type { Surroundings } from './slice-load.js';
import type { Judgement } from './slice-types.js';

export interface SlicePlanInput {
  readonly closure: Closure;
  readonly around: Surroundings;
  readonly idOf: ReadonlyMap<RecordKey, number>;
  readonly judgement: Judgement;
  readonly now: number;
  readonly touched: readonly string[];
  /** Records in the version that is to count; `removed` ones take no part any more. */
  readonly active: readonly { readonly id: number; readonly record: SourceRecord; readonly removed: boolean }[];
  readonly newMoves: readonly Move[];
  readonly changed: ReadonlySet<RecordKey>;
  readonly mint: PlanInput['mint'];
}

/** The pure core's view of a closure: stored records with the coming versions in their place. */
export function planInput({ closure, around, idOf, judgement, now, touched, active, newMoves, changed, mint }: SlicePlanInput): PlanInput {
  const records = new Map<number, SourceRecord>();
  for (const stored of closure.stored.values()) records.set(stored.head.id, stored.record);
  const membership = new Map<RecordKey, string>();
  for (const id of closure.followed) {
    const stored = closure.stored.get(id);
    if (stored?.head.assetId) membership.set(stored.record.key, stored.head.assetId);
  }
  for (const { id, record, removed } of active) {
    if (removed) records.delete(id);
    else records.set(id, record);
  }
  const followed = new Set<RecordKey>();
  for (const id of closure.followed) {
    const record = records.get(id);
    if (record) followed.add(record.key);
  }
  const present = new Set([...records.values()].map((record) => record.key));
  return {
    records: [...records.values()], followed, membership, arrival: idOf, changed, touched: new Set(touched), assets: new Map([...around.assets].map(([id, asset]) => [id, asset.state])),
    moves: [...around.moves, ...newMoves].filter((move) => present.has(move.anchor)), newMoves, verdicts: around.verdicts, overrides: around.overrides, personHolds: around.personHolds,
    constraints: closure.constraints, dependants: around.dependants, known: closure.known, rules: judgement.rules, matches: judgement.matches, asOf: now, mint,
  };
}
