import type { Constraint, Move, MoveOrigin, MoveVerdict, Override, PersonHold, RecordKey } from '../../core/model/index.js';
import { executeIn, selectIn, take, type Tx } from '../tx.js';

type KeyOf = (recordId: number) => RecordKey | undefined;

export async function loadMoves(tx: Tx, recordIds: readonly number[], keyOf: KeyOf): Promise<Move[]> {
  const rows = await selectIn(tx, 'SELECT * FROM stage_moves WHERE record_id IN (?)', recordIds);
  return rows.flatMap((row) => {
    const anchor = keyOf(Number(row['record_id']));
    if (anchor === undefined) return [];
    const origin: MoveOrigin = row['origin_kind'] === 'record' ? { kind: 'record', key: row['origin'] } : { kind: row['origin_kind'], name: row['origin'].split('\u0000')[0] };
    return [{
      origin, anchor, to: row['to_stage'], at: Number(row['at']), ...(row['evidence'] !== null && { evidence: row['evidence'] }), ...(row['reason'] !== null && { reason: row['reason'] }),
      ...(row['from_stages'] !== null && { from: JSON.parse(row['from_stages']) }), ...(Number(row['leaves_protected']) === 1 && { leavesProtected: true as const }),
    }];
  });
}

/** Append-only and unique by origin, time and stage: writing a move again changes nothing. Rules and persons act on many assets, so their anchor belongs to the origin. */
export async function saveMoves(tx: Tx, moves: readonly Move[], idOf: (key: RecordKey) => number | undefined, runId: string | null, at: number): Promise<void> {
  const rows = moves.flatMap((move) => {
    const record = idOf(move.anchor);
    return record === undefined ? [] : [{ move, record }];
  });
  if (rows.length === 0) return;
  const first = await take(tx, 'moves', rows.length);
  await tx.insertMany('stage_moves', ['id', 'record_id', 'origin_kind', 'origin', 'to_stage', 'at', 'evidence', 'reason', 'from_stages', 'leaves_protected', 'recorded_at', 'run_id'], rows.map(({ move, record }, i) => [
    first + i, record, move.origin.kind, move.origin.kind === 'record' ? move.origin.key : `${move.origin.name}\u0000${record}`, move.to, move.at, move.evidence ?? null, move.reason ?? null,
    move.from ? JSON.stringify(move.from) : null, move.leavesProtected ? 1 : 0, at, runId,
  ]), { keys: ['origin_kind', 'origin', 'at', 'to_stage'], update: [] });
}

export async function loadVerdicts(tx: Tx, recordIds: readonly number[], keyOf: KeyOf): Promise<MoveVerdict[]> {
  return (await selectIn(tx, 'SELECT * FROM move_verdicts WHERE record_id IN (?)', recordIds)).map((row) => ({ anchor: keyOf(Number(row['record_id'])) ?? '', moveKey: row['move_key'], verdict: row['verdict'], by: row['by_person'], at: Number(row['at']) }));
}

export async function saveVerdict(tx: Tx, verdict: MoveVerdict, recordId: number, reason: string): Promise<void> {
  await tx.insertMany('move_verdicts', ['move_key', 'verdict', 'by_person', 'at', 'reason', 'record_id'], [[verdict.moveKey, verdict.verdict, verdict.by, verdict.at, reason, recordId]], { keys: ['move_key', 'record_id'], update: ['verdict', 'by_person', 'at', 'reason'] });
}

export interface StoredConstraint extends Constraint {
  readonly id: number;
}

/** Those that name one of the records, released ones left out. */
export async function loadConstraints(tx: Tx, keys: readonly RecordKey[]): Promise<StoredConstraint[]> {
  const [any] = await tx.query('SELECT 1 AS one FROM identity_constraints WHERE released_at IS NULL LIMIT 1');
  if (!any) return [];
  const rows = [
    ...(await selectIn(tx, 'SELECT * FROM identity_constraints WHERE released_at IS NULL AND a_key IN (?)', keys)),
    ...(await selectIn(tx, 'SELECT * FROM identity_constraints WHERE released_at IS NULL AND b_key IN (?)', keys)),
  ];
  return [...new Map(rows.map((row) => [Number(row['id']), { id: Number(row['id']), kind: row['kind'], a: row['a_key'], b: row['b_key'] } as StoredConstraint])).values()];
}

export async function addConstraints(tx: Tx, constraints: readonly Constraint[], by: string, reason: string, at: number): Promise<void> {
  if (constraints.length === 0) return;
  const first = await take(tx, 'constraints', constraints.length);
  await tx.insertMany('identity_constraints', ['id', 'kind', 'a_key', 'b_key', 'by_person', 'reason', 'at'], constraints.map(({ kind, a, b }, i) => [first + i, kind, a, b, by, reason, at]));
}

export async function releaseConstraints(tx: Tx, ids: readonly number[], at: number): Promise<void> {
  await tx.executeMany('UPDATE identity_constraints SET released_at = ? WHERE id = ?', ids.map((id) => [at, id]));
}

export async function loadOverrides(tx: Tx, recordIds: readonly number[], keyOf: KeyOf): Promise<Override[]> {
  const rows = await selectIn(tx, 'SELECT * FROM overrides WHERE released_at IS NULL AND record_id IN (?)', recordIds);
  return rows.flatMap((row) => {
    const anchor = keyOf(Number(row['record_id']));
    return anchor === undefined ? [] : [{ id: String(row['id']), anchor, attribute: row['attribute'], value: row['value'] === null ? null : JSON.parse(row['value']), by: row['by_person'], reason: row['reason'], at: Number(row['at']), ...(row['until'] !== null && { until: Number(row['until']) }) }];
  });
}

export async function addOverride(tx: Tx, recordId: number, override: Omit<Override, 'id' | 'anchor'>): Promise<void> {
  const id = await take(tx, 'overrides', 1);
  await tx.insertMany('overrides', ['id', 'record_id', 'attribute', 'value', 'by_person', 'reason', 'at', 'until'], [[id, recordId, override.attribute, override.value === null ? null : JSON.stringify(override.value), override.by, override.reason, override.at, override.until ?? null]]);
}

export async function releaseOverrides(tx: Tx, ids: readonly string[], at: number): Promise<void> {
  await tx.executeMany('UPDATE overrides SET released_at = ? WHERE id = ?', ids.map((id) => [at, Number(id)]));
}

export async function loadPersonHolds(tx: Tx, recordIds: readonly number[], keyOf: KeyOf): Promise<PersonHold[]> {
  const rows = await selectIn(tx, 'SELECT * FROM person_holds WHERE released_at IS NULL AND record_id IN (?)', recordIds);
  return rows.flatMap((row) => {
    const anchor = keyOf(Number(row['record_id']));
    return anchor === undefined ? [] : [{ anchor, hold: row['hold'], by: row['by_person'], reason: row['reason'], at: Number(row['at']) }];
  });
}

export async function addPersonHold(tx: Tx, recordId: number, { hold, by, reason, at }: Omit<PersonHold, 'anchor'>): Promise<void> {
  const id = await take(tx, 'person_holds', 1);
  await tx.insertMany('person_holds', ['id', 'record_id', 'hold', 'by_person', 'reason', 'at'], [[id, recordId, hold, by, reason, at]]);
}

export async function liftPersonHolds(tx: Tx, recordIds: readonly number[], hold: PersonHold['hold'], at: number): Promise<void> {
  await executeIn(tx, 'UPDATE person_holds SET released_at = ? WHERE hold = ? AND released_at IS NULL AND record_id IN (?)', recordIds, [at, hold]);
}
