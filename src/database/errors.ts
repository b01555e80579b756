import type { Logger } from 'typeorm';

/** What is wrong with the place where things are kept, for people. */
export class DatabaseError extends Error {
  /** For programs, as the report of a run shows it. */
  readonly code: string;

  constructor(message: string, readonly hint: string, options?: ErrorOptions & { readonly code?: string }) {
    super(message, options);
    this.name = 'DatabaseError';
    this.code = options?.code ?? 'database';
  }
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | undefined)?.code ?? '');

/** Codes of the server's driver and of the network below it. */
const LOST: ReadonlySet<string> = new Set(['PROTOCOL_CONNECTION_LOST', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ER_SERVER_SHUTDOWN', 'ER_CONNECTION_KILLED']);

/** What a disk or a server refuses while work is under way. Anything else stays as it was thrown. */
export function workError(error: unknown): unknown {
  const code = codeOf(error);
  if (error instanceof DatabaseError || code === '') return error;
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') return new DatabaseError('the disk is full', 'free some space and run it again: nothing is half-written', { cause: error, code: 'disk_full' });
  if (code.startsWith('SQLITE_IOERR')) return new DatabaseError(`the disk cannot be read or written (${code})`, 'check the disk, its quota and the limits of this process, then run it again: nothing is half-written', { cause: error, code: 'disk_failed' });
  if (code.startsWith('SQLITE_READONLY') || code === 'EACCES' || code === 'EROFS') return new DatabaseError('the database file cannot be written', 'check the rights on the file and its folder', { cause: error, code: 'disk_read_only' });
  if (code.startsWith('SQLITE_BUSY')) return new DatabaseError('another program has the database file open and writes to it', 'end it, and run this again', { cause: error, code: 'database_busy' });
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) return new DatabaseError('the file is not a sound SQLite database', 'restore it from a backup', { cause: error, code: 'database_corrupt' });
  if (code === 'EMFILE' || code === 'ENFILE') return new DatabaseError('no more files may be opened', 'raise the limit (`ulimit -n`, LimitNOFILE) or end what holds so many', { cause: error, code: 'too_many_files' });
  if (LOST.has(code)) return new DatabaseError(`the database server was lost (${code})`, 'see whether it runs, then run this again: it goes on from what was stored', { cause: error, code: 'database_lost' });
  return error;
}

/** The same before any work began: everything is told, for the configuration may be wrong. */
export function openError(error: unknown, dialect: string): DatabaseError {
  const code = codeOf(error);
  const { message } = error as { message?: string };
  if (code === 'SQLITE_CANTOPEN') return new DatabaseError('the database file cannot be opened', 'check that the folder of database.url exists and that this user may write there; before the first `lockstep sync` there is nothing to read', { cause: error });
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'ETIMEDOUT') return new DatabaseError(`the database server cannot be reached (${code})`, 'check host and port in database.url', { cause: error });
  if (code === 'ER_ACCESS_DENIED_ERROR' || code === 'ER_DBACCESS_DENIED_ERROR') return new DatabaseError('the database server refuses this user', 'check user, password and grants', { cause: error });
  if (code === 'ER_BAD_DB_ERROR') return new DatabaseError('the database does not exist on the server', 'create it: CREATE DATABASE lockstep CHARACTER SET utf8mb4', { cause: error });
  const known = workError(error);
  return known instanceof DatabaseError ? known : new DatabaseError(`the ${dialect} database cannot be opened: ${message ?? String(error)}`, 'check database.url', { cause: error });
}

const silent = (): void => undefined;
/** TypeORM's own goes to stdout, which is for results. Whatever it would say is thrown as well. */
export const SILENT: Logger = { logQuery: silent, logQueryError: silent, logQuerySlow: silent, logSchemaBuild: silent, logMigration: silent, log: silent };
