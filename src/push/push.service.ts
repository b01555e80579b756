import { randomBytes } from 'node:crypto';
import { RateLimitedError, SourceError } from '../../connectors/sdk/contract/index.js';
import type { Engine } from '../engine/engine.js';
import { assetsWrittenSince, writeTimes } from '../database/repositories/push-attempts.js';
import { dueRows, nextDueAt, type OutboxRow } from '../database/repositories/push.js';
import { traced } from '../observability/tracing.js';
import { resolveDue } from '../sync/due.js';
import { judgementOf } from '../sync/judgement.js';
import { UnknownNameError } from '../sync/errors.js';
import type { ErrorReport } from '../sync/stream-run.js';
import type { Judgement } from '../sync/slice-types.js';
import { closedBecause, type Closed } from './closed.js';
import { relayCreate } from './create.js';
import { holdByGuard } from './guard.js';
import { breaksGuard, GUARD_WINDOW_MS, waitBefore, writesLeft } from './limits.js';
import { relayUpdates } from './relay.js';
import type { PushRules, Target } from './rules.js';
import { sweepTargets } from './sweep.js';
import { reportOf, withTarget, type Counted, type TargetSession } from './target-session.js';

/** Assets a batch: read before, written, and read after together. */
const BATCH = 50;
const AT_ONCE = 4;

export interface PushRequest {
  /** Names; absent: all targets. */
  readonly targets?: readonly string[];
  /** ms that may be waited for what falls due soon: a second look, a vendor's own waiting time. */
  readonly patienceMs?: number;
  readonly onProgress?: (event: { readonly target: string; readonly counts: Readonly<Record<Counted, number>> }) => void;
}

/** `off`: environment.writes. `busy`: another process pushes there. `failed`: the target could not be worked with. */
export type TargetStatus = 'done' | 'off' | 'paused' | 'quiet' | 'busy' | 'failed';

export interface TargetReport {
  readonly target: string;
  readonly status: TargetStatus;
  readonly reason?: string;
  readonly counts: Readonly<Record<Counted, number>>;
  /** Left in the outbox, by state. */
  readonly left: Readonly<Record<string, number>>;
  /** When the next of them is due; absent: nothing is. */
  readonly nextAt?: string;
  readonly error?: ErrorReport;
}

export interface PushReport {
  readonly formatVersion: 1;
  readonly pushId: string;
  readonly targets: readonly TargetReport[];
  /** By the run that caused them. */
  readonly byRun: Readonly<Record<string, { readonly sent: number; readonly failed: number }>>;
}

/** Delivers what the outbox owes: each target by itself, none waits for another. */
export class PushService {
  private readonly judgement: Judgement;
  constructor(private readonly engine: Engine) {
    this.judgement = judgementOf(engine);
  }

  async push(request: PushRequest = {}): Promise<PushReport> {
    const { engine } = this;
    const known = engine.config.sources.map((source) => source.name);
    for (const name of request.targets ?? []) if (!known.includes(name)) throw new UnknownNameError('source', name, known);
    const pushId = `push-${engine.clock.now().toString(36)}-${randomBytes(4).toString('hex')}`;
    const rules = engine.push;
    if (!rules) return { formatVersion: 1, pushId, targets: [], byRun: {} };
    await resolveDue(engine, this.judgement);
    await sweepTargets(engine, this.judgement);
    const chosen = [...rules.targets.values()].filter(({ source }) => request.targets === undefined || request.targets.length === 0 || request.targets.includes(source.name));
    const sessions: TargetSession[] = [];
    const reports: TargetReport[] = chosen.map(({ source }) => ({ target: source.name, status: 'done', counts: NO_COUNTS, left: {} }));
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let at = next++; at < chosen.length; at = next++) reports[at] = await this.target(rules, chosen[at] as Target, pushId, request, sessions);
    };
    const ends = await Promise.allSettled(Array.from({ length: Math.min(AT_ONCE, chosen.length) }, worker));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    const byRun: Record<string, { sent: number; failed: number }> = {};
    for (const { runId, failed } of sessions.flatMap((session) => session.ended)) {
      const counts = (byRun[runId] ??= { sent: 0, failed: 0 });
      if (failed) counts.failed++;
      else counts.sent++;
    }
    return { formatVersion: 1, pushId, targets: reports, byRun };
  }

  private async target(rules: PushRules, target: Target, pushId: string, request: PushRequest, sessions: TargetSession[]): Promise<TargetReport> {
    const { engine } = this;
    const { source } = target;
    const idle = async (status: TargetStatus, reason: string): Promise<TargetReport> => ({ target: source.name, status, reason, counts: NO_COUNTS, ...(await this.left(source.name)) });
    const closed = await closedBecause(engine, target);
    if (closed) return idle(closed.status, closed.reason);
    const opened = await withTarget(engine, this.judgement, rules, target, pushId, async (session): Promise<TargetReport> => {
      sessions.push(session);
      const halted = await this.work(session, request);
      const { failure } = session;
      return { target: source.name, status: failure ? 'failed' : (halted?.status ?? 'done'), ...(halted && { reason: halted.reason }), counts: { ...session.counts }, ...(await this.left(source.name)), ...(failure && { reason: session.redact(failure.message), error: reportOf(failure, session.redact) }) };
    });
    return 'busy' in opened ? idle('busy', `another process writes there (${opened.busy})`) : opened.value;
  }

  /** Until nothing is due, or nothing can be done now. Asked before each batch, for a person may pause the target at any time; answers what closed it. */
  private async work(session: TargetSession, { patienceMs = 0, onProgress }: PushRequest): Promise<Closed | undefined> {
    const { engine } = this;
    const until = engine.clock.now() + patienceMs;
    const name = session.target.source.name;
    while (!engine.signal.aborted && !session.failure) {
      const closed = await closedBecause(engine, session.target);
      if (closed) return closed;
      const rows = await this.admitted(session);
      if (rows.length === 0) {
        const at = await engine.database.read((tx) => nextDueAt(tx, name));
        if (at === undefined || at > until) return undefined;
        await engine.clock.sleep(Math.max(1, at - engine.clock.now()), engine.signal).catch(() => undefined); // Ctrl-C: the loop's condition ends it
        continue;
      }
      try {
        const updates = rows.filter((row) => row.kind !== 'create');
        await traced('deliver', { target: name, push: session.pushId, assets: rows.length }, async (note) => {
          const before = { ...session.counts };
          if (updates.length > 0) await relayUpdates(session, updates);
          for (const row of rows) if (row.kind === 'create' && !session.failure && !engine.signal.aborted) await relayCreate(session, row);
          note(Object.fromEntries((Object.keys(before) as Counted[]).map((what) => [what, session.counts[what] - before[what]])));
        });
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
        session.stop(error);
      }
      await this.obeyThrottle(session);
      onProgress?.({ target: name, counts: session.counts });
    }
    return undefined;
  }

  /** A target that wants to be left alone for a while has not failed: all that it is owed waits as long, over and above this sitting. */
  private async obeyThrottle(session: TargetSession): Promise<void> {
    const { failure } = session;
    if (!(failure instanceof RateLimitedError)) return;
    const at = session.now() + waitBefore(1, failure.retryAfterMs);
    await session.transaction((tx) => tx.execute(`UPDATE outbox SET not_before = ? WHERE target = ? AND state IN ('owed', 'sending', 'looking') AND not_before < ?`, [at, session.target.source.name, at]));
    session.failure = undefined;
  }

  /** The next batch that quiet hours, the target's own limit and the guard let pass. */
  private async admitted(session: TargetSession): Promise<OutboxRow[]> {
    const { source } = session.target;
    const now = session.now();
    const { rows, written, times } = await this.engine.database.read(async (tx) => ({
      rows: await dueRows(tx, source.name, now, BATCH), written: await assetsWrittenSince(tx, source.name, now - GUARD_WINDOW_MS),
      times: source.push.maxWrites ? await writeTimes(tx, source.name, now - source.push.maxWrites.perMs) : [],
    }));
    if (rows.length === 0) return [];
    const fresh = rows.filter((row) => row.state === 'owed' && !row.released && !written.has(row.assetId));
    if (fresh.length > 0 && (await this.isTooMuch(session, written))) {
      await session.transaction((tx) => holdByGuard(tx, session, written));
      return this.admitted(session);
    }
    if (!source.push.maxWrites) return rows;
    const { left, freeAt } = writesLeft(source.push.maxWrites, times, now);
    // Reading back what was written before costs no write.
    const chosen = [...rows.filter((row) => row.state !== 'owed'), ...rows.filter((row) => row.state === 'owed').slice(0, left)];
    if (chosen.length === 0) await session.transaction(async (tx) => { await tx.execute(`UPDATE outbox SET not_before = ? WHERE target = ? AND state = 'owed' AND not_before < ?`, [freeAt, source.name, freeAt]); });
    return chosen;
  }

  private async isTooMuch(session: TargetSession, written: ReadonlySet<string>): Promise<boolean> {
    const { source } = session.target;
    return this.engine.database.read(async (tx) => {
      const [due] = await tx.query(`SELECT COUNT(*) AS n FROM outbox WHERE target = ? AND state = 'owed' AND released = 0 AND not_before <= ?`, [source.name, session.now()]);
      const [assets] = await tx.query(`SELECT COUNT(DISTINCT h.asset_id) AS n FROM record_heads h JOIN streams st ON st.id = h.stream_id WHERE st.source = ? AND h.kind = 'asset' AND h.state = 'live'`, [source.name]);
      return breaksGuard(written.size, Number(due?.['n'] ?? 0), Number(assets?.['n'] ?? 0), source.push.maxPushRatio);
    });
  }

  private async left(target: string): Promise<Pick<TargetReport, 'left' | 'nextAt'>> {
    return this.engine.database.read(async (tx) => {
      const rows = await tx.query('SELECT state, COUNT(*) AS n FROM outbox WHERE target = ? GROUP BY state', [target]);
      const at = await nextDueAt(tx, target);
      return { left: Object.fromEntries(rows.map((row) => [row['state'] as string, Number(row['n'])])), ...(at !== undefined && { nextAt: new Date(at).toISOString() }) };
    });
  }
}

const NO_COUNTS: Readonly<Record<Counted, number>> = { verified: 0, normalised: 0, created: 0, pending: 0, retried: 0, superseded: 0, waiting: 0, failed: 0 };
