import type { Dialect } from './schema-ddl.js';

export type SqlValue = string | number | null;
export type Row = Record<string, any>;

/** `taken_over`: from a holder that did not give it back. `fenced`: a write was refused, for somebody else holds it by now. */
export type LeaseEvent = 'taken_over' | 'fenced';

/** What the database tells whoever counts. Called while work is under way: they must not throw. */
export interface DatabaseHooks {
  /** Real seconds that one piece of work waited for the gate. */
  readonly onGate?: (seconds: number) => void;
  readonly onLease?: (event: LeaseEvent, lease: string) => void;
}

export interface UpsertOptions {
  /** Columns that make a row the same row. */
  readonly keys: readonly string[];
  /** Columns to overwrite on a row that exists; empty: leave it as it is. */
  readonly update: readonly string[];
}

/** One open transaction. Everything speaks in sets: statements are chunked below every driver's bind limit. */
export interface Tx {
  readonly dialect: Dialect;
  /** Absent: nobody counts. */
  readonly onLease?: DatabaseHooks['onLease'];
  query<T extends Row = Row>(sql: string, params?: readonly SqlValue[]): Promise<T[]>;
  /** Rows affected. */
  execute(sql: string, params?: readonly SqlValue[]): Promise<number>;
  insertMany(table: string, columns: readonly string[], rows: readonly (readonly SqlValue[])[], upsert?: UpsertOptions): Promise<void>;
  /** One statement for each row of values, prepared once: for updates whose values differ by row. */
  executeMany(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<void>;
}

/** Most values bound in one IN list. SQLite allows 32,766 in a statement, MySQL 65,535. */
export const IN_CHUNK = 4_096;

/** Runs `SELECT … IN (?)` over chunks. `sql` holds `(?)` where the list goes, as the last parameters. */
export async function selectIn<T extends Row = Row>(tx: Tx, sql: string, values: readonly SqlValue[], before: readonly SqlValue[] = []): Promise<T[]> {
  const rows: T[] = [];
  for (let at = 0; at < values.length; at += IN_CHUNK) {
    const chunk = values.slice(at, at + IN_CHUNK);
    const padded = pad(chunk);
    // One by one: a page of rows spread into push() would overflow the stack.
    for (const row of await tx.query<T>(sql.replace('(?)', `(${marks(padded.length)})`), [...before, ...padded])) rows.push(row);
  }
  return rows;
}

export async function executeIn(tx: Tx, sql: string, values: readonly SqlValue[], before: readonly SqlValue[] = []): Promise<number> {
  let affected = 0;
  for (let at = 0; at < values.length; at += IN_CHUNK) {
    const padded = pad(values.slice(at, at + IN_CHUNK));
    affected += await tx.execute(sql.replace('(?)', `(${marks(padded.length)})`), [...before, ...padded]);
  }
  return affected;
}

/** Runs `DELETE …` or `UPDATE …` on rows by a key of several columns: one statement for many where each statement is a round trip. */
export async function executeByKey(tx: Tx, sql: string, key: readonly string[], rows: readonly (readonly SqlValue[])[]): Promise<void> {
  if (tx.dialect === 'sqlite') return tx.executeMany(`${sql} WHERE ${key.map((column) => `${column} = ?`).join(' AND ')}`, rows);
  for (let at = 0; at < rows.length; at += IN_CHUNK) {
    const chunk = rows.slice(at, at + IN_CHUNK);
    await tx.execute(`${sql} WHERE (${key.join(', ')}) IN (${Array<string>(chunk.length).fill(`(${marks(key.length)})`).join(',')})`, chunk.flat());
  }
}

/** Sets one column, to a value of its own in each row: one statement for many where each statement is a round trip. */
export async function setEach(tx: Tx, table: string, column: string, key: string, entries: readonly (readonly [key: number, value: SqlValue])[]): Promise<void> {
  if (tx.dialect === 'sqlite') return tx.executeMany(`UPDATE ${table} SET ${column} = ? WHERE ${key} = ?`, entries.map(([id, value]) => [value, id]));
  for (let at = 0; at < entries.length; at += 1_000) {
    const chunk = entries.slice(at, at + 1_000);
    await tx.execute(`UPDATE ${table} SET ${column} = CASE ${key} ${chunk.map(() => 'WHEN ? THEN ?').join(' ')} END WHERE ${key} IN (${marks(chunk.length)})`, [...chunk.flat(), ...chunk.map(([id]) => id)]);
  }
}

/** Repeats the last value up to a power of two, so that few shapes of statement are prepared. */
function pad(values: readonly SqlValue[]): SqlValue[] {
  const size = 1 << Math.ceil(Math.log2(Math.max(1, values.length)));
  return [...values, ...Array<SqlValue>(Math.min(size, IN_CHUNK) - values.length).fill(values.at(-1) ?? null)];
}
const marks = (count: number): string => Array<string>(count).fill('?').join(',');

/** Takes `count` numbers of a sequence; the row lock keeps two writers apart. */
export async function take(tx: Tx, sequence: string, count: number): Promise<number> {
  if (count === 0) return 0;
  const [row] = await tx.query<{ next: number }>(`SELECT next FROM sequences WHERE name = ?${tx.dialect === 'mysql' ? ' FOR UPDATE' : ''}`, [sequence]);
  const first = row === undefined ? 1 : Number(row.next);
  await tx.insertMany('sequences', ['name', 'next'], [[sequence, first + count]], { keys: ['name'], update: ['next'] });
  return first;
}
