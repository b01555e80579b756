import { type Redactor } from '../../connectors/sdk/http/redact.js';
import { causesOf, type Cause, type Facts, type SourceFact } from '../core/notices/index.js';
import type { LoadedConfig } from '../config/types.js';
import { otherFacts, sourceRuns, type SourceRuns } from '../database/repositories/notice-facts.js';
import type { Tx } from '../database/tx.js';
import { staleAfter } from './freshness.js';

/** What stands now, in the words that people get: without secrets. Remembers what a schedule means, for asking costs. */
export class Observation {
  private readonly fresh = new Map<string, { readonly for: string; readonly stale: ReturnType<typeof staleAfter> }>();
  constructor(private readonly config: LoadedConfig, private readonly redact: Redactor) {}

  async causes(tx: Tx, since: number, now: number): Promise<readonly Cause[]> {
    const sources: SourceFact[] = [];
    for (const { name } of this.config.sources) sources.push(this.sourceFact(name, await sourceRuns(tx, name), since));
    const facts: Facts = { now, sources, ...(await otherFacts(tx, new Set(this.config.sources.map(({ name }) => name)), now)) };
    return causesOf(facts).map((cause) => ({ ...cause, title: this.redact(cause.title), text: this.redact(cause.text) }));
  }

  private sourceFact(name: string, { paused, knownSince, runs, lastSuccessAt }: SourceRuns, since: number): SourceFact {
    const longestRun = Math.max(0, ...runs.map(({ startedAt, at }) => at - startedAt));
    const from = lastSuccessAt ?? knownSince ?? since;
    const asked = `${from} ${longestRun}`;
    let known = this.fresh.get(name);
    if (known?.for !== asked) {
      const schedule = this.config.sources.find((source) => source.name === name)?.schedule ?? { timezone: 'UTC', jitterMs: 0 };
      known = { for: asked, stale: staleAfter(schedule, from, longestRun) };
      this.fresh.set(name, known);
    }
    return { name, paused, runs: runs.map(({ id, seq, mode, status, at, error }) => ({ id, seq, mode, status, at, error })), lastSuccessAt, staleAt: known.stale.at, expected: known.stale.expected };
  }
}
