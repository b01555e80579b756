import type { FieldDifference } from '../../core/push/index.js';
import { take, type Tx } from '../tx.js';

/** `sent`: it left, and nobody knows yet. All others are ends, `pending` but for the looks that follow. */
export type AttemptOutcome = 'sent' | 'verified' | 'normalised' | 'pending' | 'reverted' | 'superseded' | 'refused' | 'retry' | 'unknown' | 'conflict' | 'gone' | 'created' | 'matched' | 'undone';

export interface Attempt {
  readonly id: number;
  readonly pushId: string;
  readonly target: string;
  readonly assetId: string;
  readonly recordKey: string | null;
  readonly recordId: number | null;
  readonly generation: number;
  readonly kind: 'update' | 'create' | 'undo';
  readonly outcome: AttemptOutcome;
  readonly at: number;
  readonly finishedAt: number | null;
  readonly differences: readonly FieldDifference[];
  /** The vendor's answer where it is worth knowing: its words, the request, what to do. */
  readonly answer: Readonly<Record<string, unknown>> | null;
  /** What stood there afterwards, by field. */
  readonly readBack: Readonly<Record<string, unknown>> | null;
  readonly runId: string | null;
}

export const attemptOf = (row: Record<string, any>): Attempt => ({
  id: Number(row['id']), pushId: row['push_id'], target: row['target'], assetId: row['asset_id'], recordKey: row['record_key'], recordId: row['record_id'] === null ? null : Number(row['record_id']), generation: Number(row['generation']), kind: row['kind'], outcome: row['outcome'],
  at: Number(row['at']), finishedAt: row['finished_at'] === null ? null : Number(row['finished_at']), differences: JSON.parse(row['differences']), answer: row['answer'] === null ? null : JSON.parse(row['answer']), readBack: row['read_back'] === null ? null : JSON.parse(row['read_back']), runId: row['run_id'],
});

/** Returns their ids, in order. */
export async function insertAttempts(tx: Tx, attempts: readonly Omit<Attempt, 'id'>[]): Promise<number[]> {
  const first = await take(tx, 'attempts', attempts.length);
  await tx.insertMany('push_attempts', ['id', 'push_id', 'target', 'asset_id', 'record_key', 'record_id', 'generation', 'kind', 'outcome', 'at', 'finished_at', 'differences', 'answer', 'read_back', 'run_id'], attempts.map((each, i) => [
    first + i, each.pushId, each.target, each.assetId, each.recordKey, each.recordId, each.generation, each.kind, each.outcome, each.at, each.finishedAt, JSON.stringify(each.differences), each.answer === null ? null : JSON.stringify(each.answer), each.readBack === null ? null : JSON.stringify(each.readBack), each.runId,
  ]));
  return attempts.map((_, i) => first + i);
}

export interface AttemptEnd {
  readonly id: number;
  readonly outcome: AttemptOutcome;
  readonly answer?: Readonly<Record<string, unknown>> | null;
  readonly readBack?: Readonly<Record<string, unknown>> | null;
}

export async function endAttempts(tx: Tx, ends: readonly AttemptEnd[], at: number): Promise<void> {
  await tx.executeMany('UPDATE push_attempts SET outcome = ?, finished_at = ?, answer = COALESCE(?, answer), read_back = COALESCE(?, read_back) WHERE id = ?', ends.map(({ id, outcome, answer, readBack }) => [outcome, at, answer ? JSON.stringify(answer) : null, readBack ? JSON.stringify(readBack) : null, id]));
}

/** Those of one asset at one target that have no end yet, newest first. */
export async function openAttempts(tx: Tx, target: string, assetId: string): Promise<Attempt[]> {
  return (await tx.query(`SELECT * FROM push_attempts WHERE target = ? AND asset_id = ? AND outcome IN ('sent', 'pending', 'unknown') ORDER BY id DESC`, [target, assetId])).map(attemptOf);
}

/** Assets written since an instant: what a guard counts. */
export async function assetsWrittenSince(tx: Tx, target: string, since: number): Promise<Set<string>> {
  return new Set((await tx.query(`SELECT DISTINCT asset_id FROM push_attempts WHERE target = ? AND at > ? AND outcome <> 'retry'`, [target, since])).map((row) => row['asset_id'] as string));
}

/** When each of the newest writes left, newest first. */
export async function writeTimes(tx: Tx, target: string, since: number): Promise<number[]> {
  return (await tx.query('SELECT at FROM push_attempts WHERE target = ? AND at > ? ORDER BY at DESC', [target, since])).map((row) => Number(row['at']));
}
