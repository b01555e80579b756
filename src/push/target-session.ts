import type { SourceError } from '../../connectors/sdk/contract/index.js';
import { createRedactor } from '../../connectors/sdk/http/index.js';
import type { Engine } from '../engine/engine.js';
import { holderOf, holderWords } from '../database/processes.js';
import { checkLease, releaseLease, takeLease, type Lease } from '../database/repositories/leases.js';
import { targetRows, type OutboxRow, type TargetRow } from '../database/repositories/push.js';
import type { Tx } from '../database/tx.js';
import { connectSource, type Connection } from '../sources/connections.js';
import { errorReport } from '../sync/errors.js';
import { storedRun } from '../sync/stored-run.js';
import { LEASE_MS, type ErrorReport, type StreamRun } from '../sync/stream-run.js';
import type { Judgement } from '../sync/slice-types.js';
import type { EvaluateContext } from './evaluate.js';
import type { PushRules, Target } from './rules.js';

export type Counted = 'verified' | 'normalised' | 'created' | 'pending' | 'retried' | 'superseded' | 'waiting' | 'failed';

/** One sitting at one target: its connection, its lease, its counts. Every transaction checks the fence. */
export class TargetSession {
  readonly counts: Record<Counted, number> = { verified: 0, normalised: 0, created: 0, pending: 0, retried: 0, superseded: 0, waiting: 0, failed: 0 };
  /** By the run that caused them: what reached its end here. */
  readonly ended: { readonly runId: string; readonly failed: boolean }[] = [];
  readonly redact: (text: string) => string;
  /** Set when the target as a whole cannot be worked with now. */
  failure: SourceError | undefined;
  private readonly runs = new Map<string, StreamRun>();

  constructor(readonly engine: Engine, readonly judgement: Judgement, readonly rules: PushRules, readonly target: Target, private readonly connection: Connection, readonly lease: Lease, readonly pushId: string) {
    this.redact = createRedactor(engine.config.secrets);
  }

  get client(): unknown {
    return this.connection.client;
  }

  now(): number {
    return this.engine.clock.now();
  }

  /** Nothing more is tried here in this sitting. */
  stop(error: SourceError): void {
    this.failure ??= error;
  }

  count(what: Counted, row?: OutboxRow): void {
    this.counts[what]++;
    this.engine.metrics.count('lockstep_pushes_total', { target: this.target.source.name, outcome: what });
    if (row?.causeRun && (what === 'verified' || what === 'normalised' || what === 'created' || what === 'failed')) this.ended.push({ runId: row.causeRun, failed: what === 'failed' });
  }

  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.engine.database.transaction(async (tx) => {
      await checkLease(tx, this.lease, LEASE_MS, this.now());
      return work(tx);
    });
  }

  /** Live records of these assets that can be written here. */
  async records(assetIds: readonly string[]): Promise<TargetRow[]> {
    const rows = await this.engine.database.read((tx) => targetRows(tx, assetIds, new Set([this.target.source.name])));
    return rows.filter((row) => row.state === 'live' && this.target.streams.has(row.stream));
  }

  async run(stream: string): Promise<StreamRun> {
    let run = this.runs.get(stream);
    const found = this.target.streams.get(stream);
    if (!found) throw new Error(`stream ${stream} of ${this.target.source.name} cannot be written`);
    if (!run) this.runs.set(stream, (run = await storedRun(this.engine, this.judgement, this.target.source, this.target.connector, found, this.lease, this.pushId)));
    return run;
  }

  /** Of a stream that `run` has been asked for. */
  runOf(stream: string): StreamRun {
    const run = this.runs.get(stream);
    if (!run) throw new Error(`stream ${stream} has not been opened`);
    return run;
  }

  context(): EvaluateContext {
    return { push: this.rules, classes: this.judgement.rules.identity.classes, matches: this.judgement.matches, now: this.now(), runId: null, only: new Set([this.target.source.name]) };
  }
}

/** Alone at the target, and connected. `busy`: who is there already. */
export async function withTarget<T>(engine: Engine, judgement: Judgement, rules: PushRules, target: Target, pushId: string, work: (session: TargetSession) => Promise<T>): Promise<{ readonly value: T } | { readonly busy: string }> {
  const { source } = target;
  const held = await engine.database.transaction((tx) => takeLease(tx, `push:${source.name}`, holderOf(engine.actor, pushId), LEASE_MS, engine.clock.now()));
  if ('heldBy' in held) return { busy: holderWords(held.heldBy) };
  let connection: Connection | undefined;
  try {
    connection = await connectSource(engine, source);
    return { value: await work(new TargetSession(engine, judgement, rules, target, connection, held.lease, pushId)) };
  } finally {
    await connection?.close().catch((error: unknown) => engine.log.warn('connection not closed', { source: source.name, error: String(error) }));
    await engine.database.transaction((tx) => releaseLease(tx, held.lease));
  }
}

export const reportOf = (error: SourceError, redact: (text: string) => string): ErrorReport => errorReport(error, undefined, redact);
