import { isDeadHolder } from '../processes.js';
import type { Tx } from '../tx.js';

/** What the server or the library behind the driver calls itself. */
export async function engineVersion(tx: Tx): Promise<string> {
  const [row] = await tx.query(tx.dialect === 'sqlite' ? 'SELECT sqlite_version() AS version' : 'SELECT VERSION() AS version');
  return `${tx.dialect === 'sqlite' ? 'SQLite' : 'server'} ${String(row?.['version'])}`;
}

/** ms UTC by the server's own clock; undefined: there is no server. */
export async function serverTime(tx: Tx): Promise<number | undefined> {
  if (tx.dialect === 'sqlite') return undefined;
  const [row] = await tx.query('SELECT UNIX_TIMESTAMP(NOW(3)) AS seconds');
  return Math.round(Number(row?.['seconds']) * 1_000);
}

/** What is wrong with the file, in the words of SQLite; empty: nothing. */
export async function fileDamage(tx: Tx): Promise<string[]> {
  if (tx.dialect !== 'sqlite') return [];
  return (await tx.query('PRAGMA quick_check(5)')).map((row) => String(row['quick_check'])).filter((text) => text !== 'ok');
}

export interface HeldLease {
  readonly name: string;
  /** ms UTC. */
  readonly expiresAt: number;
  /** Its process ran on this machine and runs no more. */
  readonly isDead: boolean;
}

export async function heldLeases(tx: Tx): Promise<HeldLease[]> {
  const rows = await tx.query('SELECT name, holder, expires_at FROM leases WHERE holder IS NOT NULL ORDER BY name LIMIT 1000');
  return rows.map((row) => ({ name: row['name'], expiresAt: Number(row['expires_at']), isDead: isDeadHolder(row['holder']) }));
}

export async function runningRuns(tx: Tx): Promise<{ readonly id: string; readonly source: string; readonly startedAt: number }[]> {
  return (await tx.query(`SELECT id, source, started_at FROM runs WHERE status = 'running' ORDER BY seq DESC LIMIT 100`)).map((row) => ({ id: row['id'], source: row['source'], startedAt: Number(row['started_at']) }));
}

/** Jobs that somebody took and has neither ended nor kept. */
export async function abandonedJobs(tx: Tx, now: number): Promise<number> {
  const [row] = await tx.query(`SELECT COUNT(*) AS n FROM jobs WHERE state = 'running' AND expires_at < ?`, [now]);
  return Number(row?.['n'] ?? 0);
}

/** By target: since when the longest debt could have been delivered, ms UTC. */
export async function overdueTargets(tx: Tx, now: number): Promise<{ readonly target: string; readonly count: number; readonly since: number }[]> {
  const rows = await tx.query(`SELECT target, COUNT(*) AS n, MIN(not_before) AS since FROM outbox WHERE state IN ('owed', 'sending', 'looking') AND not_before <= ? GROUP BY target`, [now]);
  return rows.map((row) => ({ target: row['target'], count: Number(row['n']), since: Number(row['since']) }));
}

/** Rows of each table: how large the whole is. */
export async function tableSizes(tx: Tx, tables: readonly string[]): Promise<Record<string, number>> {
  const sizes: Record<string, number> = {};
  for (const table of tables) sizes[table] = Number((await tx.query(`SELECT COUNT(*) AS n FROM ${table}`))[0]?.['n'] ?? 0);
  return sizes;
}
