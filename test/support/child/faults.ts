import type { Database } from '../../../src/database/database.js';
import { TABLES } from '../../../src/database/schema.js';

/** What a statement fails with. `retried`: the server has rolled back and asks to try again, so nobody may notice. */
export interface Fault {
  readonly name: string;
  readonly retried: boolean;
  error(): Error;
}

const fault = (name: string, retried: boolean, fields: Readonly<Record<string, unknown>>, message: string): Fault => ({ name, retried, error: () => Object.assign(new Error(message), fields) });

export const THROWN = fault('an error', false, {}, 'a fault that the test has placed');

/** https://mariadb.com/kb/en/mariadb-error-codes/ and the errors that mysql2 makes itself when the socket ends. */
export const MYSQL_FAULTS: readonly Fault[] = [
  fault('deadlock 1213', true, { code: 'ER_LOCK_DEADLOCK', errno: 1213, sqlState: '40001' }, 'Deadlock found when trying to get lock; try restarting transaction'),
  fault('lock wait 1205', true, { code: 'ER_LOCK_WAIT_TIMEOUT', errno: 1205, sqlState: 'HY000' }, 'Lock wait timeout exceeded; try restarting transaction'),
  fault('server gone', false, { code: 'PROTOCOL_CONNECTION_LOST', fatal: true }, 'Connection lost: The server closed the connection.'),
];

/** The n-th statement of a run fails, or its n-th COMMIT, once. Both are counted on, so that a run without a fault tells how many there are. */
export class StatementFault {
  seen = 0;
  commits = 0;
  /** The statement that was not let through. */
  hit: string | undefined;
  private armed: { left: number; readonly fault: Fault; readonly only?: 'COMMIT' } | undefined;

  readonly onStatement = (sql: string): void => {
    this.seen++;
    if (sql === 'COMMIT') this.commits++;
    const { armed } = this;
    if (!armed || (armed.only !== undefined && armed.only !== sql) || --armed.left > 0) return;
    this.armed = undefined;
    this.hit = sql;
    throw armed.fault.error();
  };

  arm(n: number, fault: Fault): void {
    this.armed = { left: n, fault };
    this.hit = undefined;
  }

  armCommit(n: number, fault: Fault): void {
    this.armed = { left: n, fault, only: 'COMMIT' };
    this.hit = undefined;
  }

  /** Nothing fails any more, whether it has come to it or not. */
  disarm(): void {
    this.armed = undefined;
  }
}

/** A database of the same schema without a row: much faster than a new one. */
export async function emptyAll(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    for (const table of TABLES) await tx.execute(`DELETE FROM ${table.name}`);
  });
}
