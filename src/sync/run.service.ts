import { randomBytes } from 'node:crypto';
import { InterruptedError, SourceError, type Page, type Stream } from '../../connectors/sdk/contract/index.js';
import type { SourceSettings } from '../config/types.js';
import type { Engine } from '../engine/engine.js';
import { holderOf, holderWords } from '../database/processes.js';
import { checkLease, LeaseLostError, releaseLease, takeLease, type Lease } from '../database/repositories/leases.js';
import { finishRun, insertRun, interruptDeadRuns, lastRun, nextPass, NO_COUNTS, runStreams, saveRunStream, uncoveredBecause, type RunRow, type RunStatus, type RunStreamRow } from '../database/repositories/runs.js';
import { markFailing, registerSource, registerStream, streamCursor } from '../database/repositories/streams.js';
import type { Tx } from '../database/tx.js';
import { traced } from '../observability/tracing.js';
import { connectSource, type Connection } from '../sources/connections.js';
import { StreamMapping, spellingsOf } from '../sources/mapping.js';
import { createRedactor } from '../../connectors/sdk/http/index.js';
import { errorReport, isInterruption } from './errors.js';
import { filterHashOf, mappingHashOf } from './judgement.js';
import { checkpoint } from './page-store.js';
import type { ProgressEvent } from './progress.js';
import { isCovered, isExpired, runStream } from './run-stream.js';
import { NO_ASSETS, plusAssets, type Judgement } from './slice-types.js';
import { LEASE_MS, type ErrorReport, type RunReport, type StreamRun } from './stream-run.js';

export interface RunRequest {
  readonly source: SourceSettings;
  readonly full: boolean;
  readonly stream?: string;
  readonly trigger: string;
  readonly onProgress: (event: ProgressEvent) => void;
}

const RESUMABLE_FOR_MS = 24 * 3_600_000;

/** One pull of one source: never two at once, resumable, and succeeded only when everything read has been handled. */
export class RunService {
  constructor(private readonly engine: Engine, private readonly judgement: Judgement) {}

  async run(request: RunRequest): Promise<RunReport> {
    const { engine } = this;
    const { source } = request;
    let startedAt = engine.clock.now();
    const paused = await this.pausedBecause(source.name);
    const id = `run-${startedAt.toString(36)}-${randomBytes(4).toString('hex')}`;
    if (paused !== undefined) return this.unwritten(request, id, startedAt, 'skipped', `paused: ${paused}`);
    // It may have waited at the gate: a run begins when it has its lease, not before the one that had it.
    const held = await engine.database.transaction((tx) => {
      startedAt = engine.clock.now();
      return takeLease(tx, `source:${source.name}`, holderOf(engine.actor, id), LEASE_MS, startedAt);
    });
    if ('heldBy' in held) return this.unwritten(request, id, startedAt, 'skipped', `another run of this source is under way (${holderWords(held.heldBy)})`);
    request.onProgress({ kind: 'run_started', source: source.name });
    const stopRenewing = this.renew(held.lease);
    try {
      return await traced('run', { source: source.name, run: id }, async (note) => {
        const report = await this.leased(request, id, startedAt, held.lease);
        note({ outcome: report.status });
        return report;
      });
    } catch (error) {
      // Somebody else reads this source by now: this run may not even write that it has ended.
      if (error instanceof LeaseLostError) return this.unwritten(request, id, startedAt, 'interrupted', error.message, errorReport(error, undefined, (text) => text));
      throw error;
    } finally {
      stopRenewing();
      await engine.database.transaction((tx) => releaseLease(tx, held.lease));
    }
  }

  private async pausedBecause(source: string): Promise<string | undefined> {
    const [row] = await this.engine.database.read((tx) => tx.query('SELECT paused, paused_because FROM sources WHERE name = ?', [source]));
    return Number(row?.['paused'] ?? 0) === 1 ? (row?.['paused_because'] ?? 'by a person') : undefined;
  }

  /** A page may take longer than the lease lasts: a throttled source is waited for. */
  private renew(lease: Lease): () => void {
    const { database, clock, crash, log } = this.engine;
    const timer = setInterval(() => {
      database.transaction(async (tx) => {
        await checkLease(tx, lease, LEASE_MS, clock.now());
        crash('at lease renewal');
      }).catch((error: unknown) => log.warn('lease not renewed', { lease: lease.name, error: String(error) }));
    }, LEASE_MS / 3);
    timer.unref();
    return () => clearInterval(timer);
  }

  private async leased(request: RunRequest, id: string, startedAt: number, lease: Lease): Promise<RunReport> {
    const { engine } = this;
    const { source } = request;
    const previous = await engine.database.read((tx) => lastRun(tx, source.name));
    const resumable = await this.resumable(previous, request);
    const connectorName = source.connector;
    const run: RunRow = { id, source: source.name, mode: request.full ? 'full' : 'incremental', status: 'running', startedAt, finishedAt: null, trigger: request.trigger, configHash: this.judgement.configHash, resumedFrom: resumable ? (previous as RunRow).id : null, ...(await this.baseOf(source.name, resumable ? previous : undefined)), report: null, error: null };
    await engine.database.transaction(async (tx) => {
      await checkLease(tx, lease, LEASE_MS, engine.clock.now());
      await interruptDeadRuns(tx, source.name, engine.clock.now());
      await registerSource(tx, { name: source.name, connector: connectorName, role: source.role, configHash: this.judgement.configHash }, startedAt);
      await insertRun(tx, run);
      // What waited for the end of a run that died waits for the end of this one, which may go on with it or begin anew.
      await tx.execute(`UPDATE record_versions SET run_id = ? WHERE state = 'waiting' AND run_id IN (SELECT id FROM runs WHERE source = ? AND status <> 'succeeded')`, [id, source.name]);
    });
    const redact = createRedactor(engine.config.secrets);
    let connection: Connection | undefined;
    const done: StreamRun[] = [];
    const failures: { readonly stream: string; readonly error: ErrorReport; readonly cause: unknown }[] = [];
    let suspect = false;
    let fatal: ErrorReport | undefined;
    try {
      connection = await connectSource(engine, source);
      for (const [position, stream] of this.ordered(connection.connector.streams, source, request.stream).entries()) {
        const streamRun = await this.begin(request, run, lease, connection, stream, position, resumable?.find((row) => row.stream === stream.name));
        done.push(streamRun);
        request.onProgress({ kind: 'stream_started', source: source.name, stream: stream.name, message: streamRun.mode });
        try {
          suspect = (await this.stream(connection, streamRun, request)).suspect || suspect;
          request.onProgress({ kind: 'stream_finished', source: source.name, stream: stream.name, counts: streamRun.counts });
        } catch (error) {
          if (isInterruption(error, engine.signal) || !(error instanceof SourceError)) throw error;
          failures.push({ stream: stream.name, error: errorReport(error, stream.name, redact), cause: error });
          await this.markFailed(streamRun, errorReport(error, stream.name, redact));
          request.onProgress({ kind: 'stream_finished', source: source.name, stream: stream.name, counts: streamRun.counts, message: redact(error.message) });
          if (error.code === 'authentication' || error.code === 'configuration') break;
        }
      }
    } catch (error) {
      fatal = isInterruption(error, engine.signal) ? { ...errorReport(new InterruptedError('the run was stopped'), undefined, redact), hint: 'everything stored so far is safe; run it again and it goes on from there' } : errorReport(error, undefined, redact);
      if (!isInterruption(error, engine.signal)) engine.log.warn('run failed', { run: id, error: fatal.message, errorId: fatal.id });
    } finally {
      await connection?.close().catch((error: unknown) => engine.log.warn('connection not closed', { source: source.name, error: redact(String(error)) }));
    }
    return this.finish(request, run, lease, done, failures, suspect, fatal);
  }

  /** What guards measure against: the source as it was before the run, or before the run that this one goes on with. */
  private async baseOf(source: string, resumed: RunRow | undefined): Promise<Pick<RunRow, 'firstLoad' | 'assetsBefore'>> {
    if (resumed) return { firstLoad: resumed.firstLoad, assetsBefore: resumed.assetsBefore };
    const [row] = await this.engine.database.read((tx) => tx.query(`SELECT COUNT(*) AS n, COUNT(DISTINCT h.asset_id) AS assets FROM record_heads h JOIN streams st ON st.id = h.stream_id WHERE st.source = ? AND h.kind = 'asset' AND h.state IN ('live', 'unread')`, [source]));
    return { firstLoad: Number(row?.['n'] ?? 0) === 0, assetsBefore: Number(row?.['assets'] ?? 0) };
  }

  /** The vendor no longer takes the cursor: the stream is read in full instead. */
  private async stream(connection: Connection, run: StreamRun, request: RunRequest): Promise<{ readonly suspect: boolean }> {
    const onPage = (at: StreamRun, page: Page): void => {
      const labels = { source: run.source.name, stream: run.stream.name };
      this.engine.metrics.count('lockstep_pages_total', labels);
      this.engine.metrics.count('lockstep_records_total', labels, page.records.length);
      request.onProgress({ kind: 'page', source: run.source.name, stream: run.stream.name, counts: at.counts, ...(page.expected !== undefined && { expected: page.expected }) });
    };
    try {
      return await runStream(this.engine, connection, run, onPage);
    } catch (error) {
      if (!isExpired(error) || run.mode === 'full') throw error;
      run.warnings.push(`${run.stream.name}: the source no longer accepts where the last run ended, so the stream was read in full`);
      const pass = await this.engine.database.transaction((tx) => nextPass(tx));
      Object.assign(run, { mode: 'full', startCursor: null, pageToken: null, pulled: false, nextCursor: null, scopes: new Map(), pass, passStartedAt: this.engine.clock.now() });
      return runStream(this.engine, connection, run, onPage);
    }
  }

  /** An interrupted pass goes on where its last checkpoint stands, if the configuration is still the same. */
  private async resumable(previous: RunRow | undefined, request: RunRequest): Promise<readonly RunStreamRow[] | undefined> {
    if (!previous || previous.status === 'succeeded' || previous.status === 'suspect' || previous.status === 'skipped' || previous.configHash !== this.judgement.configHash) return undefined;
    // After a day the first half of the pass says too little of what its source holds now.
    if (this.engine.clock.now() - previous.startedAt > RESUMABLE_FOR_MS) return undefined;
    const rows = await this.engine.database.read((tx) => runStreams(tx, previous.id));
    const left = rows.filter((row) => row.status !== 'done' && (row.pageToken !== null || row.status === 'pulled') && (request.stream === undefined || request.stream === row.stream) && (!request.full || row.mode === 'full'));
    return left.length > 0 ? left : undefined;
  }

  private ordered(streams: readonly Stream<any, any>[], source: SourceSettings, only: string | undefined): Stream<any, any>[] {
    const wanted = streams.filter((stream) => source.streams.includes(stream.name) && (only === undefined || stream.name === only));
    const ordered: Stream<any, any>[] = [];
    const place = (stream: Stream<any, any>, path: readonly string[]): void => {
      if (ordered.includes(stream) || path.includes(stream.name)) return;
      for (const name of stream.after ?? []) {
        const before = wanted.find((each) => each.name === name);
        if (before) place(before, [...path, stream.name]);
      }
      ordered.push(stream);
    };
    for (const stream of wanted) place(stream, []);
    return ordered;
  }

  private async begin(request: RunRequest, run: RunRow, lease: Lease, connection: Connection, stream: Stream<any, any>, position: number, resume: RunStreamRow | undefined): Promise<StreamRun> {
    const { engine } = this;
    const { source } = request;
    const mappingHash = mappingHashOf(engine.config, source, stream.name);
    const filterHash = filterHashOf(source);
    return engine.database.transaction(async (tx) => {
      await checkLease(tx, lease, LEASE_MS, engine.clock.now());
      const streamId = await registerStream(tx, source.name, stream.name);
      const { cursor } = await streamCursor(tx, streamId);
      const [known] = await tx.query('SELECT value FROM meta WHERE name = ?', [`mapping:${streamId}`]);
      const changedRules = known?.['value'] !== `${mappingHash} ${filterHash}`;
      const mode = request.full || stream.incremental === 'none' || cursor === undefined || changedRules ? 'full' : 'incremental';
      const usable = resume !== undefined && resume.mode === mode && resume.filterHash === filterHash ? resume : undefined;
      const streamRun: StreamRun = {
        runId: run.id, source, connector: connection.connector, stream, streamId, position, mode, filterHash, mappingHash, judgement: this.judgement, lease, mapContext: { source: source.name, options: source.options },
        pass: usable?.pass ?? (await nextPass(tx)), passStartedAt: usable?.passStartedAt ?? engine.clock.now(), startCursor: usable ? usable.startCursor : mode === 'incremental' ? (cursor ?? null) : null,
        mapping: new StreamMapping(source, stream.name, spellingsOf(engine.config.references)), firstLoad: run.firstLoad, assetsBefore: run.assetsBefore, counts: usable?.counts ?? NO_COUNTS, scopes: new Map((usable?.scopes ?? []).map((scope) => [scope.name, scope])), nextCursor: usable?.nextCursor ?? null, pageToken: usable?.pageToken ?? null, pulled: usable?.status === 'pulled',
        assets: NO_ASSETS, reviews: 0, unmapped: new Map(), noted: { records: 0 }, warnings: [],
      };
      await saveRunStream(tx, checkpoint(streamRun, { next: streamRun.pageToken }, streamRun.counts, streamRun.scopes, usable?.status === 'pulled' ? 'pulled' : 'running'));
      return streamRun;
    });
  }

  /** A stream that the configuration may name already and that no code reads yet is said to be unread, never passed over in silence. */
  private async notBuilt(source: SourceSettings, only: string | undefined): Promise<string[]> {
    const connector = await this.engine.catalogue.load(source.connector, source.folder);
    return source.streams.filter((name) => (only === undefined || name === only) && connector?.streams.every((stream) => stream.name !== name)).map((name) => `${name}: this version does not read the stream yet`);
  }

  private async markFailed(run: StreamRun, error: ErrorReport): Promise<void> {
    await this.engine.database.transaction(async (tx) => {
      await checkLease(tx, run.lease, LEASE_MS, this.engine.clock.now());
      await saveRunStream(tx, { ...checkpoint(run, { next: run.pageToken }, run.counts, run.scopes, 'failed'), error: JSON.stringify(error) });
    });
  }

  private async finish(request: RunRequest, run: RunRow, lease: Lease, streams: readonly StreamRun[], failures: readonly { readonly stream: string; readonly error: ErrorReport }[], suspect: boolean, fatal: ErrorReport | undefined): Promise<RunReport> {
    const { engine } = this;
    const uncovered = [
      ...streams.flatMap((stream) => [...stream.scopes.values()].flatMap((scope) => {
        const reason = uncoveredBecause(scope);
        return reason === undefined ? [] : [{ stream: stream.stream.name, scope: scope.name, reason }];
      })),
      ...failures.map(({ stream, error }) => ({ stream, scope: '', reason: error.vendorWords ? `${error.message} (${error.vendorWords})` : error.message })),
    ];
    const emptyOnFirstLoad = streams.find((stream) => stream.stream.neverEmpty && stream.mode === 'full' && stream.counts.read === 0 && isCovered(stream) && !failures.some((failure) => failure.stream === stream.stream.name));
    const empty: ErrorReport | undefined = emptyOnFirstLoad && fatal === undefined ? { id: run.id.slice(-8), code: 'empty', stream: emptyOnFirstLoad.stream.name, message: `${emptyOnFirstLoad.stream.name} gave no record at all, which cannot be`, hint: 'the source is in trouble or the address is wrong: run it again later; nothing was changed' } : undefined;
    const unhandled = streams.find(({ counts }) => counts.read !== counts.unchanged + counts.changed + counts.quarantined + counts.filtered);
    const status: RunStatus =
      fatal?.code === 'interrupted' || fatal?.code === 'lease_lost' ? 'interrupted'
      : fatal !== undefined || empty !== undefined || unhandled !== undefined || (failures.length > 0 && streams.every((stream) => stream.counts.read === 0)) ? 'failed'
      : suspect ? 'suspect'
      : uncovered.length > 0 ? 'partial' : 'succeeded';
    const error = fatal ?? empty ?? failures[0]?.error;
    const finishedAt = engine.clock.now();
    const report: RunReport = {
      id: run.id, source: run.source, mode: streams.some((stream) => stream.mode === 'full') ? 'full' : run.mode, status,
      streams: Object.fromEntries(streams.map((stream) => [stream.stream.name, stream.counts])), assets: streams.reduce((sum, stream) => plusAssets(sum, stream.assets), NO_ASSETS),
      pushes: { queued: await this.queued(run.id), sent: 0, failed: 0 }, reviews: streams.reduce((sum, stream) => sum + stream.reviews, 0), uncoveredScopes: uncovered,
      startedAt: new Date(run.startedAt).toISOString(), finishedAt: new Date(finishedAt).toISOString(), ...(run.resumedFrom !== null && { resumedFrom: run.resumedFrom }),
      warnings: [...(await this.notBuilt(request.source, request.stream)), ...streams.flatMap((stream) => [...stream.warnings, ...unmappedWarnings(stream), ...notedWarnings(stream), ...(fatal !== undefined || failures.some((failure) => failure.stream === stream.stream.name) ? [] : emptyWarnings(stream))])], ...(error && { error }),
    };
    if (fatal?.code !== 'lease_lost') {
      await engine.database.transaction(async (tx) => {
        await checkLease(tx, lease, LEASE_MS, engine.clock.now());
        if (status === 'failed' || status === 'partial' || status === 'suspect') await markFailing(tx, await this.streamIds(tx, request), run.startedAt);
        await finishRun(tx, run.id, status, finishedAt, report, error ? JSON.stringify(error) : null);
      });
    }
    this.tell(run.source, status);
    engine.metrics.observe('lockstep_run_duration_seconds', Math.max(0, finishedAt - run.startedAt) / 1_000, { source: run.source });
    request.onProgress({ kind: 'run_finished', source: run.source, status });
    return report;
  }

  /** What targets are owed because of this run. */
  private async queued(runId: string): Promise<number> {
    if (!this.engine.push) return 0;
    const [row] = await this.engine.database.read((tx) => tx.query(`SELECT COUNT(*) AS n FROM outbox WHERE cause_run = ? AND state IN ('owed', 'sending', 'looking')`, [runId]));
    return Number(row?.['n'] ?? 0);
  }

  /** Streams that this run was to read, as far as any run has ever begun one. */
  private async streamIds(tx: Tx, { source, stream }: RunRequest): Promise<number[]> {
    const rows = await tx.query('SELECT id, name FROM streams WHERE source = ?', [source.name]);
    return rows.filter((row) => source.streams.includes(row['name']) && (stream === undefined || row['name'] === stream)).map((row) => Number(row['id']));
  }

  private tell(source: string, outcome: RunStatus): void {
    this.engine.metrics.count('lockstep_runs_total', { source, outcome });
  }

  /** A run of which no row tells. */
  private unwritten({ source, onProgress }: RunRequest, id: string, startedAt: number, status: RunStatus, why: string, error?: ErrorReport): RunReport {
    const at = new Date(startedAt).toISOString();
    this.tell(source.name, status);
    onProgress({ kind: 'run_finished', source: source.name, status, message: why });
    return { id, source: source.name, mode: 'incremental', status, streams: {}, assets: NO_ASSETS, pushes: { queued: 0, sent: 0, failed: 0 }, reviews: 0, uncoveredScopes: [], startedAt: at, finishedAt: at, warnings: [why], ...(error && { error }) };
  }
}

const unmappedWarnings = (run: StreamRun): string[] => [...run.unmapped].map(([codes, count]) => `${run.stream.name}: ${count} ${count === 1 ? 'record says' : 'records say'} ${codes}, which no life cycle stage is mapped to; map it under sources.${run.source.name}.mapping.${run.stream.name}.stage`);

const notedWarnings = ({ stream, noted: { records, first } }: StreamRun): string[] => (records > 0 ? [`${stream.name}: ${records} ${records === 1 ? 'record holds' : 'records hold'} something that cannot be read as it stands${records === 1 ? '' : ', the first'}: ${first}`] : []);

const emptyWarnings = (run: StreamRun): string[] => (run.mode === 'full' && run.counts.read === 0 && !run.stream.neverEmpty && isCovered(run) ? [`${run.stream.name}: the source gave no record; if that is not right, check rights and filter`] : []);
