import type { FieldDifference } from '../core/push/index.js';
import type { Engine } from '../engine/engine.js';
import {
  changesOfRun, failuresInARow, listQuarantine, listReviews, listRuns, listSourceStates, loadPlacedQuarantine, loadRun, openReviewCount, recordsOfReview, streamStates,
} from '../database/repositories/queries-operations.js';
import { loadRecords } from '../database/repositories/records.js';
import { loadReview } from '../database/repositories/reviews.js';
import { lastRun, runStreams, uncoveredBecause, type ScopeProgress } from '../database/repositories/runs.js';
import { loadStreams } from '../database/repositories/streams.js';
import type { Tx } from '../database/tx.js';
import { judgeAssets } from '../push/evaluate.js';
import { judgementOf } from '../sync/judgement.js';
import { instant, instantOrNull } from './instants.js';
import { quarantineDocument, reviewDocument, runDocument, type QuarantineDocument, type ReviewDocument, type RunDocument, type SourceDocument, type SourceState } from './operation-documents.js';

/** One record of a review, as far as it is known. */
export interface ReviewedRecord {
  readonly record: string;
  readonly done: boolean;
  readonly asset: string | null;
  readonly assetName: string | null;
  readonly state: string | null;
  readonly identifiers: readonly string[];
  readonly claims: { readonly [attribute: string]: unknown };
  /** Of a held set of a target: what it shows, and what is wanted. */
  readonly differences?: readonly FieldDifference[];
}
export type ReviewDetails = ReviewDocument & { readonly formatVersion: 1; readonly records: readonly ReviewedRecord[] };

export type QuarantineDetails = QuarantineDocument & { readonly formatVersion: 1; readonly scope: string; readonly raw: unknown };

/** Reads what runs have done and what waits for a person. */
export class OperationQueries {
  constructor(private readonly engine: Engine) {}

  runs(filter: { readonly source?: string; readonly status?: string; readonly before?: string }, limit: number): Promise<RunDocument[]> {
    return this.engine.database.read(async (tx) => (await listRuns(tx, filter, limit)).map(runDocument));
  }

  async run(id: string): Promise<(RunDocument & { readonly formatVersion: 1 }) | undefined> {
    return this.engine.database.read(async (tx) => {
      const run = id === 'last' ? (await listRuns(tx, {}, 1))[0] : await loadRun(tx, id);
      if (!run) return undefined;
      const streams = await runStreams(tx, run.id);
      return {
        ...runDocument(run), formatVersion: 1,
        streams: Object.fromEntries(streams.map(({ stream, status, mode, counts, scopes, error }) => [stream, { ...counts, status, mode, scopes: scopes.map(scopeDocument), ...(error !== null && { error }) }])),
        changes: await changesOfRun(tx, run.id),
      };
    });
  }

  reviews(filter: { readonly kind?: string; readonly source?: string; readonly status?: string; readonly after?: number }, limit: number): Promise<(ReviewDocument & { readonly records: number; readonly openRecords: number })[]> {
    return this.engine.database.read(async (tx) => (await listReviews(tx, filter, limit)).map(({ review, records, open }) => ({ ...reviewDocument(review), records, openRecords: open })));
  }

  openReviews(): Promise<number> {
    return this.engine.database.read(openReviewCount);
  }

  async review(id: number): Promise<ReviewDetails | undefined> {
    return this.engine.database.read(async (tx) => {
      const review = await loadReview(tx, id);
      if (!review) return undefined;
      const rows = await recordsOfReview(tx, id);
      const differing = await this.differences(tx, review.kind, rows.flatMap(({ assetId }) => assetId ?? []), review.detail['field']);
      const stored = new Map((await loadRecords(tx, rows.flatMap(({ recordId }) => (recordId === null ? [] : [recordId])), await loadStreams(tx))).map((each) => [each.head.id, each.record]));
      return {
        formatVersion: 1, ...reviewDocument(review),
        records: rows.map(({ key, done, recordId, assetId, assetName }) => {
          const record = recordId === null ? undefined : stored.get(recordId);
          return {
            record: key, done, asset: assetId, assetName, state: record?.state ?? null,
            identifiers: (record?.identifiers ?? []).filter(({ kind, value }) => kind !== 'external_ref' || value !== key).map(({ kind, value, placeholder }) => `${kind}:${value}${placeholder ? ' (placeholder)' : ''}`),
            claims: Object.fromEntries(Object.entries(record?.claims ?? {}).map(([attribute, claim]) => [attribute, claim.value])), ...(differing.has(key) && { differences: differing.get(key) as readonly FieldDifference[] }),
          };
        }),
      };
    });
  }

  /** By record: what a target would be told, for those who decide whether it is. */
  private async differences(tx: Tx, kind: string, assetIds: readonly string[], field: unknown): Promise<ReadonlyMap<string, readonly FieldDifference[]>> {
    const { push } = this.engine;
    if (!push || !['alignment', 'push_drift', 'push_conflict', 'push_guard'].includes(kind)) return new Map();
    const { rules, matches } = judgementOf(this.engine);
    const judged = await judgeAssets(tx, [...new Set(assetIds)], { push, classes: rules.identity.classes, matches, now: this.engine.clock.now(), runId: null }, false);
    const of = judged.flatMap(({ verdict }) => (kind === 'alignment' ? verdict.align : kind === 'push_guard' ? verdict.writes : verdict.holds.filter(({ difference }) => difference.field === field).map(({ key, difference }) => ({ key, differences: [difference] }))));
    return new Map(of.map(({ key, differences }) => [key, differences]));
  }

  quarantine(filter: { readonly source?: string; readonly after?: number }, limit: number): Promise<QuarantineDocument[]> {
    return this.engine.database.read(async (tx) => (await listQuarantine(tx, filter, limit)).map(quarantineDocument));
  }

  async quarantined(id: number): Promise<QuarantineDetails | undefined> {
    const row = await this.engine.database.read((tx) => loadPlacedQuarantine(tx, id));
    return row && { formatVersion: 1, ...quarantineDocument(row), scope: row.scope, raw: parsed(row.raw) };
  }

  /** Configured sources in their order, then those that the store still knows. */
  async sources(): Promise<SourceDocument[]> {
    return this.engine.database.read(async (tx) => {
      const configured = new Map(this.engine.config.sources.map((source) => [source.name, source]));
      const stored = new Map((await listSourceStates(tx)).map((row) => [row.name, row]));
      const streams = await streamStates(tx);
      const documents: SourceDocument[] = [];
      for (const name of new Set([...configured.keys(), ...stored.keys()])) {
        const [source, row] = [configured.get(name), stored.get(name)];
        const run = await lastRun(tx, name);
        const failures = await failuresInARow(tx, name);
        documents.push({
          name, connector: source?.connector ?? row?.connector ?? '', role: source?.role ?? row?.role ?? '', configured: source !== undefined, paused: row?.paused ?? false,
          ...(row?.paused && row.pausedBecause !== null && { pausedBecause: row.pausedBecause }), failures, state: await stateOf(tx, source !== undefined, row?.paused ?? false, run?.status, name),
          streams: streams.filter((each) => each.source === name).map(({ name: stream, live, unread, tombstoned, quarantined, lastFullAt, cursorAt }) => ({ name: stream, records: live, unread, tombstoned, quarantined, lastFullAt: instantOrNull(lastFullAt), cursorAt: instantOrNull(cursorAt) })),
          lastRun: run ? { id: run.id, mode: runDocument(run).mode, status: run.status, startedAt: instant(run.startedAt), finishedAt: instantOrNull(run.finishedAt) } : null,
        });
      }
      return documents;
    });
  }
}

function scopeDocument(scope: ScopeProgress) {
  const { name, coverage = 'open', seen, liveBefore, hidden } = scope;
  const reason = uncoveredBecause(scope);
  return { name, coverage: reason === undefined ? coverage : 'uncovered', seen, liveBefore, ...(reason !== undefined && { reason }), ...(hidden !== undefined && { hidden }) };
}

async function stateOf(tx: Tx, configured: boolean, paused: boolean, status: string | undefined, name: string): Promise<SourceState> {
  if (!configured) return 'not configured';
  if (paused) return 'paused';
  let last = status;
  // A run that was skipped says nothing about its source: the one before does.
  if (last === 'skipped') last = (await listRuns(tx, { source: name }, 50)).find((run) => run.status !== 'skipped')?.status;
  switch (last) {
    case undefined: return 'never ran';
    case 'running': return 'running';
    case 'failed': return 'failing';
    case 'partial': case 'suspect': case 'interrupted': return last;
    default: return 'ok';
  }
}

function parsed(raw: string): unknown {
  try {
    return JSON.parse(raw) as unknown;
  } catch {
    return raw; // a payload that was no JSON is shown as it came
  }
}
