import { CursorExpiredError, type Page } from '../../connectors/sdk/contract/index.js';
import type { Connection } from '../sources/connections.js';
import type { Engine } from '../engine/engine.js';
import { checkLease } from '../database/repositories/leases.js';
import { saveRunStream } from '../database/repositories/runs.js';
import { closeScope, saveCursor } from '../database/repositories/streams.js';
import { traced } from '../observability/tracing.js';
import { settleAnswered } from './answered.js';
import { confirmScope, resolveConfirmed } from './confirm.js';
import { judgeScope, placeOf, settleTold, type MissingPorts } from './missing.js';
import { checkpoint, storePage } from './page-store.js';
import { judgeUnread } from './unread.js';
import { settleWaiting } from './waiting.js';
import { LEASE_MS, type StreamRun } from './stream-run.js';

export interface StreamOutcome {
  readonly suspect: boolean;
}

export type PageSeen = (run: StreamRun, page: Page) => void;

/** Pulls one stream to its end and settles what had to wait for it. Throws what the source threw. */
export async function runStream(engine: Engine, connection: Connection, run: StreamRun, onPage: PageSeen): Promise<StreamOutcome> {
  const now = (): number => engine.clock.now();
  // A run that died between the last page and the stream's end has nothing left to pull.
  if (!run.pulled) await pull(engine, connection, run, onPage);
  return settle(engine, connection, run, now);
}

async function pull(engine: Engine, { client }: Connection, run: StreamRun, onPage: PageSeen): Promise<void> {
  const pages = run.stream.pull(client, {
    mode: run.mode, ...(run.startCursor !== null && run.mode === 'incremental' && { cursor: run.startCursor }), ...(run.pageToken !== null && { resume: run.pageToken }),
  })[Symbol.asyncIterator]();
  // One page is read ahead while the one before is stored: the wait for the network and for the disk overlap. A page says
  // nothing of what happened after it was asked for.
  let askedAt = engine.clock.now();
  let ahead = pages.next();
  ahead.catch(() => undefined); // awaited below; a failure that comes early must not be unhandled meanwhile
  try {
    for (;;) {
      const { done, value: page } = await ahead;
      if (done) return;
      if (engine.signal.aborted) return engine.signal.throwIfAborted();
      const readAt = askedAt;
      if (page.next !== null) {
        askedAt = engine.clock.now();
        ahead = pages.next();
        ahead.catch(() => undefined); // as above
      }
      await traced('page', { source: run.source.name, stream: run.stream.name, run: run.runId, records: page.records.length }, () => storePage(engine.database, run, page, readAt, () => engine.clock.now(), engine.crash));
      onPage(run, page);
      if (page.next === null) return;
    }
  } finally {
    await pages.return?.(undefined).then(undefined, () => undefined); // the source's own failure has been told already
  }
}

async function settle(engine: Engine, connection: Connection, run: StreamRun, now: () => number): Promise<StreamOutcome> {
  const { database } = engine;
  const fetchOne = run.stream.fetchOne?.bind(run.stream);
  const ports: MissingPorts = { database, now, crash: engine.crash, ...(fetchOne && { ask: async (externalId: string) => {
    const answer = await fetchOne(connection.client, externalId);
    return answer.kind;
  } }) };
  await settleWaiting(database, run, now);
  let suspect = false;
  const sound: string[] = [];
  if (run.mode === 'full') {
    for (const scope of run.scopes.values()) {
      if (scope.coverage !== 'complete' || scope.blind) continue;
      if (run.stream.deletes === 'unknowable') continue;
      const outcome = await judgeScope(ports, run, scope);
      if (outcome.suspect) suspect = true;
      else sound.push(placeOf(run, scope));
    }
    if (isCovered(run)) await judgeUnread(engine, run);
  }
  await settleTold(ports, run);
  await settleAnswered(database, run, sound, now);
  await database.transaction(async (tx) => {
    await checkLease(tx, run.lease, LEASE_MS, now());
    for (const scope of run.scopes.values()) {
      if (scope.coverage === 'uncovered' || scope.blind) continue;
      // A stream whose increments are blind to some changes is confirmed only by full scans.
      const isConfirmed = run.mode === 'full' ? scope.coverage === 'complete' && !suspect : run.stream.incremental === 'full';
      if (!isConfirmed) continue;
      await confirmScope(tx, run, scope.scopeId, now());
      // A full pass has confirmed each record that it returned, and none that it did not; an increment confirms all by one mark.
      await closeScope(tx, scope.scopeId, run.mode === 'full' ? { completeAt: now(), hidden: scope.hidden ?? 0 } : { coveredTo: run.passStartedAt });
    }
    // What a complete pass no longer gave is not waited for: its source took it back or mended it.
    for (const scope of run.scopes.values()) if (run.mode === 'full' && scope.coverage === 'complete') await tx.execute('DELETE FROM quarantine WHERE stream_id = ? AND scope = ? AND last_at < ?', [run.streamId, scope.name.slice(0, 255), run.passStartedAt]);
    if (!suspect && isCovered(run)) await saveCursor(tx, run.streamId, run.nextCursor, now(), run.mode === 'full');
    if (run.mode === 'full' && isCovered(run)) await tx.insertMany('meta', ['name', 'value'], [[`mapping:${run.streamId}`, `${run.mappingHash} ${run.filterHash}`]], { keys: ['name'], update: ['value'] });
    await saveRunStream(tx, checkpoint(run, { next: null }, run.counts, run.scopes, 'done'));
  });
  await resolveConfirmed(database, run, now);
  return { suspect };
}

export const isCovered = (run: StreamRun): boolean => [...run.scopes.values()].every((scope) => scope.coverage !== 'uncovered' && !scope.blind);

export const isExpired = (error: unknown): boolean => error instanceof CursorExpiredError;
