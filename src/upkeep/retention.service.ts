import type { Engine } from '../engine/engine.js';
import { newestRuns, pruneAttempts, pruneHeap, pruneRuns, pruneVersions, type Heap } from '../database/repositories/retention.js';
import type { Tx } from '../database/tx.js';
import { GUARD_WINDOW_MS } from '../push/limits.js';

/** Rows that went, by what they were. `raw`: payloads of versions that stay. */
export interface RetentionReport {
  readonly formatVersion: 1;
  readonly pruned: Readonly<Record<'raw' | 'versions' | 'attempts' | 'runs' | Heap | 'inbox', number>>;
  /** Told to stop before the end: the next pass finds the rest. */
  readonly stopped: boolean;
}

export interface RetentionPorts {
  /** Removes at most `limit` deliveries that were worked on before an instant (ms UTC), and says how many. Absent: nobody keeps any. */
  readonly inbox?: (before: number, limit: number) => Promise<number>;
  /** Most rows a transaction. */
  readonly rows?: number;
}

const DAY = 86_400_000;
/** How long what the configuration says nothing of is kept after its end. */
const KEPT_MS: Readonly<Record<Heap, number>> = { jobs: 7 * DAY, idempotency_keys: 7 * DAY };

/**
 * Removes what has been used and is only history: small transactions one after the other, so that nothing waits for it and a
 * process that dies in between has lost nothing. The change log, the audit, and whatever `rebuild` computes from stay for ever.
 */
export class RetentionService {
  constructor(private readonly engine: Engine, private readonly ports: RetentionPorts = {}) {}

  async prune(): Promise<RetentionReport> {
    const { config: { retention, sources }, database, clock, signal, log, metrics } = this.engine;
    const now = clock.now();
    const rows = this.ports.rows ?? 500;
    const pruned = { raw: 0, versions: 0, attempts: 0, runs: 0, jobs: 0, idempotency_keys: 0, inbox: 0 };
    const took = (what: keyof typeof pruned, count: number): void => {
      pruned[what] += count;
      if (count > 0) metrics.count('lockstep_pruned_rows_total', { reason: what }, count);
    };
    const history = now - retention.versionsMs;
    await this.walk((tx, after) => pruneVersions(tx, after, { rawVersions: retention.rawVersions, before: history, rows }), ({ raw, versions }) => { took('raw', raw); took('versions', versions); });
    // Guards and limits count the latest attempts, however short these are to be kept.
    const counted = Math.max(GUARD_WINDOW_MS, ...sources.map(({ push }) => push.maxWrites?.perMs ?? 0));
    await this.walk((tx, after) => pruneAttempts(tx, after, now - Math.max(retention.attemptsMs, counted), rows), (part) => took('attempts', part.rows));
    const keep = await database.read(newestRuns);
    await this.walk((tx, after) => pruneRuns(tx, after, history, keep, rows), (part) => took('runs', part.rows));
    for (const table of Object.keys(KEPT_MS) as Heap[]) await this.heap(() => database.transaction((tx) => pruneHeap(tx, table, now - KEPT_MS[table], rows)), rows, (count) => took(table, count));
    const { inbox } = this.ports;
    if (inbox) await this.heap(() => inbox(now - retention.inboxMs, rows), rows, (count) => took('inbox', count));
    log.info('history pruned', { ...pruned, stopped: signal.aborted });
    return { formatVersion: 1, pruned, stopped: signal.aborted };
  }

  /** By number, each part in a transaction of its own. */
  private async walk<T extends { readonly after: number | undefined }>(prune: (tx: Tx, after: number) => Promise<T>, took: (part: T) => void): Promise<void> {
    const { database, signal } = this.engine;
    let at: number | undefined = 0;
    while (at !== undefined && !signal.aborted) {
      const from: number = at;
      const part: T = await database.transaction((tx) => prune(tx, from));
      took(part);
      at = part.after;
    }
  }

  /** Until a part is not full. */
  private async heap(remove: () => Promise<number>, rows: number, took: (count: number) => void): Promise<void> {
    for (let count = rows; count >= rows && !this.engine.signal.aborted;) {
      count = await remove();
      took(count);
    }
  }
}
