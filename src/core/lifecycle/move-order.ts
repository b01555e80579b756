import { LIFECYCLE_STAGES } from '../../../connectors/sdk/contract/index.js';
import { byCodeUnit } from '../model/compare.js';
import { moveKey, type Move } from '../model/lifecycle.js';
import type { SourceRecord } from '../model/source-record.js';

/** A move with what its place among the others hangs on. */
export interface PlacedMove {
  readonly move: Move;
  readonly key: string;
  /** By authority; a person before all sources, a rule after all. */
  readonly rank: number;
  /** The source, or the name of the person or rule. */
  readonly speaker: string;
  /** The record that made it, if it is one of the asset's. */
  readonly record?: SourceRecord;
}

export type MoveOrder = (a: PlacedMove, b: PlacedMove) => number;

/** (at, authority rank, source name, record key), and what else tells two moves apart. */
export const compareMoves: MoveOrder = (a, b) => a.move.at - b.move.at || byNearerStage(a.move, b.move) || byStanding(a, b) || byCodeUnit(a.key, b.key);

/** A rule may rest on the stage that another rule gave at that very instant: of two rules the one that leads less far comes first. */
const byNearerStage = (a: Move, b: Move): number => (a.origin.kind === 'rule' && b.origin.kind === 'rule' ? LIFECYCLE_STAGES.indexOf(a.to) - LIFECYCLE_STAGES.indexOf(b.to) : 0);

/** Who is heard first among equal times. Two rules (ranks infinite) differ by name. */
function byStanding(a: PlacedMove, b: PlacedMove): number {
  if (a.rank !== b.rank) return a.rank < b.rank ? -1 : 1;
  return byCodeUnit(a.speaker, b.speaker) || byCodeUnit(a.record?.key ?? '', b.record?.key ?? '');
}

/** Each move once, in the order in which it counts. Of doubles that differ in what they carry, the one with more counts. */
export function placeMoves(moves: readonly Move[], records: readonly SourceRecord[], rank: (record: SourceRecord) => number, order: MoveOrder = compareMoves): PlacedMove[] {
  if (moves.length === 0) return [];
  const byKey = new Map(records.map((record) => [record.key, record]));
  const placed = new Map<string, PlacedMove>();
  for (const move of moves) {
    const key = moveKey(move);
    const other = placed.get(key);
    if (!other || byContent(move, other.move) < 0) placed.set(key, { move, key, ...standing(move, byKey, rank) });
  }
  return [...placed.values()].sort(order);
}

function byContent(a: Move, b: Move): number {
  return Number(b.evidence !== undefined) - Number(a.evidence !== undefined) || byCodeUnit(a.anchor, b.anchor) || byCodeUnit(contentOf(a), contentOf(b));
}
const contentOf = (move: Move): string => JSON.stringify([move.evidence, move.reason, move.from, move.leavesProtected]);

function standing({ origin }: Move, records: ReadonlyMap<string, SourceRecord>, rank: (record: SourceRecord) => number): Omit<PlacedMove, 'move' | 'key'> {
  if (origin.kind === 'person') return { rank: -1, speaker: origin.name };
  if (origin.kind === 'rule') return { rank: Number.POSITIVE_INFINITY, speaker: origin.name };
  const record = records.get(origin.key);
  return record ? { rank: rank(record), speaker: record.source, record } : { rank: Number.POSITIVE_INFINITY, speaker: '' };
}

/**
 * Two systems' clocks cannot order contrary moves that lie closer than the tie window: the higher one's alone counts. Judged from the
 * highest down, so that a move which does not count itself outvotes none. One source, or people among themselves, change their mind instead.
 * `isAccepted`: a person has said that it counts. Takes moves in order of time.
 */
export function outvotedMoves(moves: readonly PlacedMove[], windowMs: number, isAccepted: (move: PlacedMove) => boolean): ReadonlyMap<string, PlacedMove> {
  const outvoted = new Map<string, PlacedMove>();
  if (moves.length < 2) return outvoted;
  const index = new Map(moves.map((move, i) => [move, i]));
  for (const move of [...moves].sort(byStanding)) {
    if (isAccepted(move)) continue;
    const winner = neighbours(moves, index.get(move)!, windowMs)
      .find((other) => !outvoted.has(other.key) && other.move.to !== move.move.to && voiceOf(other) !== voiceOf(move) && byStanding(other, move) < 0);
    if (winner) outvoted.set(move.key, winner);
  }
  return outvoted;
}

const voiceOf = ({ move, speaker }: PlacedMove): string => (move.origin.kind === 'record' ? `source ${speaker}` : move.origin.kind);

function neighbours(moves: readonly PlacedMove[], index: number, windowMs: number): PlacedMove[] {
  const { at } = moves[index]!.move;
  const found: PlacedMove[] = [];
  for (let i = index - 1; i >= 0 && at - moves[i]!.move.at <= windowMs; i--) found.push(moves[i]!);
  for (let i = index + 1; i < moves.length && moves[i]!.move.at - at <= windowMs; i++) found.push(moves[i]!);
  return found.sort(compareMoves);
}
