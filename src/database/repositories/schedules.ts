import type { Breaker } from '../../core/model/breaker.js';
import { CLOSED } from '../../core/model/breaker.js';
import type { DueRow } from '../../scheduling/due-times.js';
import { executeIn, type Tx } from '../tx.js';

export async function dueRows(tx: Tx): Promise<DueRow[]> {
  return (await tx.query('SELECT name, trigger_text, next_at, last_due_at FROM schedules')).map((row) => ({ name: row['name'], text: row['trigger_text'], nextAt: Number(row['next_at']), lastDueAt: row['last_due_at'] === null ? null : Number(row['last_due_at']) }));
}

/** Schedules that are configured no more are forgotten. */
export async function saveDueRows(tx: Tx, rows: readonly DueRow[], forget: readonly string[]): Promise<void> {
  await tx.insertMany('schedules', ['name', 'trigger_text', 'next_at', 'last_due_at'], rows.map((row) => [row.name, row.text, row.nextAt, row.lastDueAt]), { keys: ['name'], update: ['trigger_text', 'next_at', 'last_due_at'] });
  await executeIn(tx, 'DELETE FROM schedules WHERE name IN (?)', forget);
}

export async function breakerOf(tx: Tx, source: string): Promise<Breaker> {
  const [row] = await tx.query(`SELECT state, failures, opened_at, probe_at, reason FROM breakers WHERE source = ?${tx.dialect === 'mysql' ? ' FOR UPDATE' : ''}`, [source]);
  if (!row) return CLOSED;
  return { state: row['state'], failures: Number(row['failures']), openedAt: row['opened_at'] === null ? null : Number(row['opened_at']), probeAt: row['probe_at'] === null ? null : Number(row['probe_at']), reason: row['reason'] };
}

export async function saveBreaker(tx: Tx, source: string, { state, failures, openedAt, probeAt, reason }: Breaker): Promise<void> {
  await tx.insertMany('breakers', ['source', 'state', 'failures', 'opened_at', 'probe_at', 'reason'], [[source, state, failures, openedAt, probeAt, reason]], { keys: ['source'], update: ['state', 'failures', 'opened_at', 'probe_at', 'reason'] });
}
