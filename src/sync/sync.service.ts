import type { Engine } from '../engine/engine.js';
import { traced } from '../observability/tracing.js';
import { judgementOf } from './judgement.js';
import type { ProgressEvent } from './progress.js';
import { RunService } from './run.service.js';
import type { RunReport } from './stream-run.js';
import { PushService, type TargetReport } from '../push/push.service.js';
import { sweepTargets } from '../push/sweep.js';
import { UnknownNameError } from './errors.js';
import { judgeRemoved } from './unread.js';
import { resolveDue } from './due.js';

export interface SyncRequest {
  /** Names; absent: all, in the order of the configuration. */
  readonly sources?: readonly string[];
  readonly full?: boolean;
  readonly stream?: string;
  /** Streams that are read at other times. */
  readonly without?: readonly string[];
  readonly trigger?: string;
  /** false: nothing is delivered to targets; what they are owed is noted all the same. */
  readonly push?: boolean;
  /** ms that deliveries may wait for what falls due soon. */
  readonly patienceMs?: number;
  readonly onProgress?: (event: ProgressEvent) => void;
}

export interface SyncReport {
  readonly formatVersion: 1;
  readonly runs: readonly RunReport[];
  /** What was delivered afterwards, by target; absent: nothing was to be. */
  readonly targets?: readonly TargetReport[];
}

export { UnknownNameError };

/** Sources that pull at the same time: the network is waited for together, the store takes one slice after the other. */
const AT_ONCE = 4;

export class SyncService {
  constructor(private readonly engine: Engine) {}

  sync(request: SyncRequest = {}): Promise<SyncReport> {
    return traced('sync', { trigger: request.trigger ?? 'command' }, () => this.carryOut(request));
  }

  private async carryOut(request: SyncRequest): Promise<SyncReport> {
    const { engine } = this;
    const sources = this.chosen(request);
    const judgement = judgementOf(engine);
    await judgeRemoved(engine, judgement);
    await resolveDue(engine, judgement);
    await sweepTargets(engine, judgement);
    const service = new RunService(engine, judgement);
    const runs: (RunReport | undefined)[] = sources.map(() => undefined);
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let at = next++; at < sources.length; at = next++) {
        const source = sources[at];
        if (!source || engine.signal.aborted) return;
        runs[at] = await service.run({ source, full: request.full ?? false, trigger: request.trigger ?? 'command', onProgress: request.onProgress ?? (() => undefined), ...(request.stream !== undefined && { stream: request.stream }) });
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: Math.min(AT_ONCE, sources.length) }, worker));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    const done = runs.filter((run) => run !== undefined);
    if (request.push === false || !engine.push || engine.signal.aborted) return { formatVersion: 1, runs: done };
    const { targets, byRun } = await new PushService(engine).push({ ...(request.patienceMs !== undefined && { patienceMs: request.patienceMs }) });
    const told = done.map((run): RunReport => ({ ...run, pushes: { ...run.pushes, ...(byRun[run.id] ?? {}) } }));
    await engine.database.transaction((tx) => tx.executeMany('UPDATE runs SET report = ? WHERE id = ?', told.filter((run) => byRun[run.id]).map((run) => [JSON.stringify(run), run.id])));
    return { formatVersion: 1, runs: told, targets };
  }

  private chosen({ sources, stream, without = [] }: SyncRequest) {
    const known = this.engine.config.sources;
    for (const name of sources ?? []) if (!known.some((source) => source.name === name)) throw new UnknownNameError('source', name, known.map((source) => source.name));
    const chosen = sources === undefined || sources.length === 0 ? known : known.filter((source) => sources.includes(source.name));
    const having = stream === undefined ? chosen : chosen.filter((source) => source.streams.includes(stream));
    if (stream !== undefined && having.length === 0) throw new UnknownNameError('stream', stream, [...new Set(chosen.flatMap((source) => source.streams))]);
    return without.length === 0 ? having : having.map((source) => ({ ...source, streams: source.streams.filter((name) => !without.includes(name)) })).filter((source) => source.streams.length > 0);
  }
}
