import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type BetterSqlite3 from 'better-sqlite3';
import { SqliteTx, type Database } from './database.js';
import { DatabaseError, openError, workError } from './errors.js';
import * as rows from './repositories/inbox.js';
import type { DeliveryCounts, DeliveryEnd, DeliveryState, Kept, KeptDelivery, NewDelivery, WaitingDelivery } from './repositories/inbox.js';
import { createStatements } from './schema-ddl.js';
import { INBOX_TABLES } from './schema-service.js';
import { chooseDriver, thisHost } from './sqlite-driver.js';
import type { Tx } from './tx.js';

export { DEDUPE_MS } from './repositories/inbox.js';
export type { DeliveryCounts, DeliveryEnd, DeliveryState, Kept, KeptDelivery, NewDelivery, WaitingDelivery } from './repositories/inbox.js';

/** More than this waits to be committed: senders are asked to come again. */
export interface InboxLimits { readonly deliveries: number; readonly bytes: number }
const LIMITS: InboxLimits = { deliveries: 10_000, bytes: 64 * 1024 * 1024 };
/** Deliveries in one commit. */
const AT_ONCE = 1_000;

/** More arrives than can be kept. */
export class InboxFullError extends Error {
  constructor() {
    super('more deliveries arrive than can be stored');
    this.name = 'InboxFullError';
  }
}

/** Where deliveries are kept; beside the model's transactions, so that neither waits for the other nor is lost with its rollback. */
interface Place {
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  read<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Undefined: it is part of the main database's. */
  backupTo?(path: string): Promise<void>;
  close(): Promise<void>;
}

interface Pending { readonly delivery: NewDelivery; readonly resolve: (kept: Kept) => void; readonly reject: (error: unknown) => void }

/** Everything that was delivered and proved, until it was read. On disk before `insert` resolves. */
export class Inbox {
  private pending: Pending[] = [];
  private bytes = 0;
  private flushing: Promise<void> | undefined;

  constructor(private readonly place: Place, private readonly limits: InboxLimits = LIMITS) {}

  /** All of one turn of the event loop are committed together: one fsync for hundreds. Rejects: nothing of it is kept. */
  insert(delivery: NewDelivery): Promise<Kept> {
    if (this.pending.length >= this.limits.deliveries || this.bytes >= this.limits.bytes) return Promise.reject(new InboxFullError());
    return new Promise((resolve, reject) => {
      this.pending.push({ delivery, resolve, reject });
      this.bytes += delivery.delivery.body.byteLength;
      this.flushing ??= new Promise<void>((turn) => setImmediate(turn)).then(() => this.flush());
    });
  }

  private async flush(): Promise<void> {
    while (this.pending.length > 0) {
      const batch = this.pending.splice(0, AT_ONCE);
      this.bytes -= batch.reduce((sum, { delivery }) => sum + delivery.delivery.body.byteLength, 0);
      try {
        const kept = await this.place.transaction((tx) => rows.keepDeliveries(tx, batch.map(({ delivery }) => delivery)));
        batch.forEach(({ resolve }, at) => resolve(kept[at] as Kept));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.flushing = undefined;
  }

  due(source: string, now: number, limit: number): Promise<WaitingDelivery[]> { return this.place.read((tx) => rows.dueDeliveries(tx, source, now, limit)); }
  /** Only after what they led to is committed. */
  end(ends: readonly DeliveryEnd[], now: number): Promise<void> { return this.place.transaction((tx) => rows.endDeliveries(tx, ends, now)); }
  nextDue(source: string): Promise<number | undefined> { return this.place.read((tx) => rows.nextDue(tx, source)); }
  /** By source; a source with none open is absent. */
  open(): Promise<Map<string, DeliveryCounts>> { return this.place.read(rows.openDeliveries); }
  countAfter(source: string, id: number): Promise<number> { return this.place.read((tx) => rows.countAfter(tx, source, id)); }
  /** Instants of the latest, the newest first. */
  arrivals(source: string, limit: number): Promise<number[]> { return this.place.read((tx) => rows.arrivals(tx, source, limit)); }
  /** The newest first; `before`: an id. */
  list(filter: { readonly source?: string; readonly state?: DeliveryState; readonly before?: number }, limit: number): Promise<KeptDelivery[]> { return this.place.read((tx) => rows.listDeliveries(tx, filter, limit)); }
  /** Set aside and to be read again; how many. */
  release(ids: readonly number[], now: number): Promise<number> { return this.place.transaction((tx) => rows.releaseDeliveries(tx, ids, now)); }
  sources(): Promise<string[]> { return this.place.read(rows.sourcesOfInbox); }
  prunable(source: string, before: number, limit: number): Promise<{ readonly count: number; readonly toId: number; readonly lastAt: number } | undefined> { return this.place.read((tx) => rows.prunable(tx, source, before, limit)); }
  remove(source: string, toId: number): Promise<number> { return this.place.transaction((tx) => rows.removeDeliveries(tx, source, toId)); }
  forgetNames(source: string, before: number): Promise<number> { return this.place.transaction((tx) => rows.forgetNames(tx, source, before)); }

  /** A consistent copy; false: it is in that of the main database already. */
  async backupTo(path: string): Promise<boolean> {
    await this.place.backupTo?.(path);
    return this.place.backupTo !== undefined;
  }

  /** What was taken is committed first. */
  async close(): Promise<void> {
    while (this.flushing !== undefined) await this.flushing;
    await this.place.close();
  }
}

/** The inbox that belongs to a database: a file beside it, memory, or a table of it. */
export function openInbox(database: Database, limits?: InboxLimits): Inbox {
  const { place } = database;
  if (place === undefined) return new Inbox({ transaction: (work) => database.beside(work), read: (work) => database.read(work), close: () => Promise.resolve() }, limits);
  const path = place.path === ':memory:' ? ':memory:' : `${place.path}.inbox`;
  // nobody has taken a delivery yet: there is nothing to read
  return new Inbox(new InboxFile(place.readonly && !existsSync(path) ? ':memory:' : path, place.readonly && existsSync(path)), limits);
}

/** A connection and a gate of its own. */
class InboxFile implements Place {
  private readonly raw: BetterSqlite3.Database;
  private tail: Promise<unknown> = Promise.resolve();

  constructor(path: string, readonly: boolean) {
    const choice = chooseDriver(thisHost);
    if ('unsafe' in choice) throw new DatabaseError('the SQLite driver that could be loaded would crash on this Node', 'install again with optional packages (`npm ci`), or run Node 22', { cause: choice.unsafe });
    try {
      this.raw = new choice.driver(path, { readonly, fileMustExist: readonly });
      this.raw.pragma('busy_timeout = 5000');
      if (!readonly) {
        this.raw.pragma('journal_mode = WAL');
        // WAL re-opens at NORMAL: what is answered must survive a power cut
        this.raw.pragma('synchronous = FULL');
        for (const table of INBOX_TABLES) for (const statement of createStatements(table, 'sqlite')) this.raw.exec(statement);
      }
    } catch (error) {
      throw openError(error, 'sqlite');
    }
  }

  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.alone(async () => {
      this.raw.exec('BEGIN IMMEDIATE');
      try {
        const result = await work(new SqliteTx(this.raw, undefined, undefined));
        this.raw.exec('COMMIT');
        return result;
      } catch (error) {
        if (this.raw.inTransaction) this.raw.exec('ROLLBACK');
        throw error;
      }
    });
  }

  read<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.alone(() => work(new SqliteTx(this.raw, undefined, undefined)));
  }

  private async alone<T>(work: () => Promise<T>): Promise<T> {
    const before = this.tail;
    let open!: () => void;
    this.tail = new Promise<void>((resolve) => (open = resolve));
    await before;
    try {
      return await work();
    } catch (error) {
      throw workError(error);
    } finally {
      open();
    }
  }

  async backupTo(path: string): Promise<void> {
    mkdirSync(dirname(path), { recursive: true });
    await this.alone(async () => this.raw.prepare('VACUUM INTO ?').run(path));
  }

  async close(): Promise<void> {
    await this.alone(async () => this.raw.close());
  }
}
