import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type BetterSqlite3 from 'better-sqlite3';
import { DataSource, MigrationExecutor, type DataSourceOptions, type QueryRunner } from 'typeorm';
import { DatabaseError, openError, SILENT, workError } from './errors.js';
import { FirstSchema1764000000001 } from './migrations/0001-first-schema.js';
import { Service1764400000002 } from './migrations/0002-service.js';
import type { Dialect } from './schema-ddl.js';
import { chooseDriver, thisHost } from './sqlite-driver.js';
import type { DatabaseHooks, Row, SqlValue, Tx, UpsertOptions } from './tx.js';

export const MIGRATIONS = [FirstSchema1764000000001, Service1764400000002];

export interface OpenOptions extends DatabaseHooks {
  /** `sqlite:<path>`, `sqlite::memory:` or `mysql://user:password@host:port/database`. */
  readonly url: string;
  /** Beside a running service: no migration, no write pragma. */
  readonly readonly?: boolean;
  /** Called before each statement: tests throw or kill here. */
  readonly onStatement?: (sql: string) => void;
  /** The same, before each statement of a migration. */
  readonly onSchemaStatement?: (sql: string) => void;
}

/**
 * The database behind one gate. All of TypeORM's query runners on SQLite share one connection: a write beside an open
 * transaction would be lost with its rollback, and a read would see rows that may never be. So every access queues here.
 * On MySQL the gate keeps the canonical model's one writer; reads have connections of their own.
 */
export class Database {
  private tail: Promise<unknown> = Promise.resolve();
  private closed = false;
  private constructor(private readonly source: DataSource, readonly dialect: Dialect, private readonly onStatement: ((sql: string) => void) | undefined, private readonly hooks: DatabaseHooks) {}

  static async open(options: OpenOptions): Promise<Database> {
    const dialect: Dialect = options.url.startsWith('sqlite:') ? 'sqlite' : 'mysql';
    const source = new DataSource(dialect === 'sqlite' ? sqliteOptions(options) : mysqlOptions(options));
    try {
      await source.initialize();
    } catch (error) {
      throw openError(error, dialect);
    }
    const database = new Database(source, dialect, options.onStatement, options);
    try {
      if (options.readonly) await database.refuseOtherSchema('older');
      else await database.migrate(options.onSchemaStatement);
    } catch (error) {
      await database.close();
      throw workError(error);
    }
    return database;
  }

  /** The folder of a database file, made before the lock beside it. */
  static prepareFolder(path: string): void {
    try {
      mkdirSync(dirname(path), { recursive: true });
    } catch (error) {
      throw openError(error, 'sqlite');
    }
  }

  private async migrate(onStatement: (sql: string) => void = () => undefined): Promise<void> {
    await this.refuseOtherSchema('newer');
    const runner = this.source.createQueryRunner();
    const query = runner.query.bind(runner) as (...call: unknown[]) => Promise<unknown>;
    runner.query = (async (sql: string, ...rest: unknown[]) => {
      onStatement(sql);
      return query(sql, ...rest);
    }) as QueryRunner['query'];
    try {
      const migrations = new MigrationExecutor(this.source, runner);
      migrations.transaction = this.dialect === 'sqlite' ? 'each' : 'none';
      await migrations.executePendingMigrations();
    } finally {
      delete (runner as Partial<QueryRunner>).query; // all of SQLite shares this runner
      await runner.release();
    }
  }

  /** A database that a newer Lockstep has migrated is not touched; a reader does not migrate an older one. */
  private async refuseOtherSchema(which: 'newer' | 'older'): Promise<void> {
    const names = new Set<string>(MIGRATIONS.map((migration) => migration.name));
    const exists = this.dialect === 'sqlite'
      ? await this.source.query(`SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'migrations'`)
      : await this.source.query(`SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'migrations'`);
    const applied: string[] = exists.length === 0 ? [] : (await this.source.query('SELECT name FROM migrations')).map((row: Row) => String(row['name']));
    if (which === 'newer' && applied.some((name) => !names.has(name))) {
      throw new DatabaseError('the database was migrated by a newer Lockstep', 'run the newer version, or restore the backup taken before the upgrade');
    }
    if (which === 'older' && [...names].some((name) => !applied.includes(name))) {
      throw new DatabaseError(applied.length === 0 ? 'the database has no Lockstep tables yet' : 'the database has an older schema', 'run `lockstep sync` once: it creates and upgrades the tables');
    }
  }

  /**
   * Runs alone. On any error everything in it is rolled back. Never await HTTP, timers or queues inside. Where the server
   * asks to try again `work` runs once more, so it must leave nothing behind but what it wrote and what it returns.
   */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    // A file is written to without ever waiting: between two transactions the process must hear of signals, timers and requests.
    if (this.dialect === 'sqlite') await turn();
    return this.alone(() => (this.dialect === 'sqlite' ? this.onSqlite(work, true) : this.onMysql(work, true)));
  }

  /** Reading only. Gated on SQLite, where a read beside a transaction would see what may roll back. */
  async read<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    if (this.dialect === 'sqlite') return this.alone(() => this.onSqlite(work, false));
    return this.onMysql(work, false);
  }

  private async alone<T>(work: () => Promise<T>): Promise<T> {
    const before = this.tail;
    let open!: () => void;
    this.tail = new Promise<void>((resolve) => (open = resolve));
    const { onGate } = this.hooks;
    const since = onGate && performance.now();
    await before;
    // In real time, whatever the clock says: the disk is waited for.
    if (since !== undefined) onGate?.((performance.now() - since) / 1_000);
    try {
      if (this.closed) throw new DatabaseError('the database is closed', 'this is a programming error: report it with the log');
      return await work();
    } finally {
      open();
    }
  }

  private async onSqlite<T>(work: (tx: Tx) => Promise<T>, writes: boolean): Promise<T> {
    const raw = this.raw();
    const tx = new SqliteTx(raw, this.onStatement, this.hooks.onLease);
    try {
      if (!writes) return await work(tx);
      await tx.execute('BEGIN IMMEDIATE');
      const result = await work(tx);
      await tx.execute('COMMIT');
      return result;
    } catch (error) {
      if (writes && raw.inTransaction) raw.exec('ROLLBACK');
      throw workError(error);
    }
  }

  /** `work` may run several times: what it changes outside the database must not add up. */
  private async onMysql<T>(work: (tx: Tx) => Promise<T>, writes: boolean): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const runner = this.source.createQueryRunner();
      try {
        if (!writes) return await work(new MysqlTx(runner, this.onStatement, this.hooks.onLease));
        this.onStatement?.('START TRANSACTION');
        await runner.startTransaction();
        const result = await work(new MysqlTx(runner, this.onStatement, this.hooks.onLease));
        this.onStatement?.('COMMIT');
        await runner.commitTransaction();
        return result;
      } catch (error) {
        if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined); // the connection may be gone: the server rolls back by itself
        if (attempt < 5 && RETRYABLE.has((error as { errno?: number }).errno ?? 0)) continue;
        throw workError(error);
      } finally {
        await runner.release().catch(() => undefined); // a lost connection has nothing to release
      }
    }
  }

  /** A transaction beside the gate, on a connection of its own: for tables that no other transaction of this process touches. Not on SQLite, which has one connection. */
  async beside<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    if (this.dialect === 'sqlite') throw new DatabaseError('a SQLite file has one connection', 'this is a programming error: report it with the log');
    return this.onMysql(work, true);
  }

  /** Of SQLite: the file, `:memory:` where there is none, and whether it is only read. */
  get place(): { readonly path: string; readonly readonly: boolean } | undefined {
    return this.dialect === 'sqlite' ? { path: this.raw().memory ? ':memory:' : this.raw().name, readonly: this.raw().readonly } : undefined;
  }

  private raw(): BetterSqlite3.Database {
    return (this.source.driver as unknown as { databaseConnection: BetterSqlite3.Database }).databaseConnection;
  }

  /** A consistent copy of a live SQLite file. */
  async backupTo(path: string): Promise<void> {
    if (this.dialect !== 'sqlite') throw new DatabaseError('this database is not a file', 'back it up with the tools of the MySQL server (mysqldump --single-transaction)');
    mkdirSync(dirname(path), { recursive: true });
    await this.alone(async () => this.raw().prepare('VACUUM INTO ?').run(path));
  }

  async close(): Promise<void> {
    await this.alone(async () => {
      this.closed = true;
      if (this.source.isInitialized) await this.source.destroy();
    });
  }
}

/** ER_LOCK_WAIT_TIMEOUT and ER_LOCK_DEADLOCK: the server rolled back and asks to try again. */
const RETRYABLE = new Set([1205, 1213]);

function sqliteOptions({ url, readonly }: OpenOptions): DataSourceOptions {
  const path = url.slice('sqlite:'.length);
  if (path !== ':memory:' && !readonly) mkdirSync(dirname(path), { recursive: true });
  const choice = chooseDriver(thisHost);
  if ('unsafe' in choice) throw new DatabaseError('the SQLite driver that could be loaded would crash on this Node', 'install again with optional packages (`npm ci`), or run Node 22', { cause: choice.unsafe });
  return {
    type: 'better-sqlite3', driver: choice.driver, database: path, migrations: MIGRATIONS, logger: SILENT, synchronize: false, enableWAL: !readonly && path !== ':memory:', ...(readonly && { readonly: true, fileMustExist: true }),
    invalidWhereValuesBehavior: { null: 'throw', undefined: 'throw' },
    prepareDatabase: (db: BetterSqlite3.Database) => {
      db.pragma('busy_timeout = 5000');
      db.pragma('cache_size = -65536');
      // WAL re-opens at NORMAL, which survives a kill but not a power cut.
      if (!readonly) db.pragma('synchronous = FULL');
      db.pragma('foreign_keys = ON');
    },
  } as DataSourceOptions;
}

function mysqlOptions({ url }: OpenOptions): DataSourceOptions {
  return {
    type: 'mysql', url, migrations: MIGRATIONS, logger: SILENT, synchronize: false, charset: 'utf8mb4_bin', timezone: 'Z', supportBigNumbers: true, bigNumberStrings: false, connectorPackage: 'mysql2',
    invalidWhereValuesBehavior: { null: 'throw', undefined: 'throw' }, poolSize: 4,
  } as DataSourceOptions;
}

/** The driver runs synchronously; statements are prepared once a shape. */
export class SqliteTx implements Tx {
  readonly dialect = 'sqlite';
  constructor(private readonly raw: BetterSqlite3.Database, private readonly onStatement: ((sql: string) => void) | undefined, readonly onLease: DatabaseHooks['onLease']) {}

  private prepare(sql: string): BetterSqlite3.Statement {
    this.onStatement?.(sql);
    let cache = PREPARED.get(this.raw);
    if (!cache) PREPARED.set(this.raw, (cache = new Map()));
    let statement = cache.get(sql);
    if (!statement) {
      if (cache.size > 400) cache.clear();
      cache.set(sql, (statement = this.raw.prepare(sql)));
    }
    return statement;
  }

  async query<T extends Row>(sql: string, params: readonly SqlValue[] = []): Promise<T[]> {
    return this.prepare(sql).all(...params) as T[];
  }

  async execute(sql: string, params: readonly SqlValue[] = []): Promise<number> {
    return this.prepare(sql).run(...params).changes;
  }

  async insertMany(table: string, columns: readonly string[], rows: readonly (readonly SqlValue[])[], upsert?: UpsertOptions): Promise<void> {
    const conflict = upsert === undefined ? '' : ` ON CONFLICT (${upsert.keys.join(', ')}) DO ${upsert.update.length === 0 ? 'NOTHING' : `UPDATE SET ${upsert.update.map((column) => `${column} = excluded.${column}`).join(', ')}`}`;
    await this.executeMany(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})${conflict}`, rows);
  }

  async executeMany(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<void> {
    if (rows.length === 0) return;
    const statement = this.prepare(sql);
    for (const row of rows) statement.run(...row);
  }
}
const PREPARED = new WeakMap<BetterSqlite3.Database, Map<string, BetterSqlite3.Statement>>();

/** Many rows a statement: on this protocol one statement a row costs a factor of five. */
class MysqlTx implements Tx {
  readonly dialect = 'mysql';
  constructor(private readonly runner: QueryRunner, private readonly onStatement: ((sql: string) => void) | undefined, readonly onLease: DatabaseHooks['onLease']) {}

  async query<T extends Row>(sql: string, params: readonly SqlValue[] = []): Promise<T[]> {
    this.onStatement?.(sql);
    return (await this.runner.query(sql, [...params])) as T[];
  }

  async execute(sql: string, params: readonly SqlValue[] = []): Promise<number> {
    this.onStatement?.(sql);
    return Number(((await this.runner.query(sql, [...params])) as { affectedRows?: number }).affectedRows ?? 0);
  }

  async insertMany(table: string, columns: readonly string[], rows: readonly (readonly SqlValue[])[], upsert?: UpsertOptions): Promise<void> {
    const conflict = upsert === undefined ? '' : ` ON DUPLICATE KEY UPDATE ${(upsert.update.length === 0 ? [upsert.keys[0] as string] : upsert.update).map((column) => `${column} = ${upsert.update.length === 0 ? column : `VALUES(${column})`}`).join(', ')}`;
    const one = `(${columns.map(() => '?').join(',')})`;
    for (const chunk of bySize(rows, columns.length)) {
      await this.execute(`INSERT INTO ${table} (${columns.join(', ')}) VALUES ${Array<string>(chunk.length).fill(one).join(',')}${conflict}`, chunk.flat());
    }
  }

  async executeMany(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<void> {
    for (const row of rows) await this.execute(sql, row);
  }
}

/** Chunks that stay below the bind limit and well below max_allowed_packet. */
function* bySize(rows: readonly (readonly SqlValue[])[], width: number): Generator<readonly (readonly SqlValue[])[]> {
  const most = Math.max(1, Math.floor(30_000 / width));
  let chunk: (readonly SqlValue[])[] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = row.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 8), 0);
    if (chunk.length > 0 && (chunk.length >= most || bytes + size > 3_000_000)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(row);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}
