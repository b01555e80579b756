import type { Page } from '../../connectors/sdk/contract/index.js';
import type { WrittenValues } from '../core/reconcile/next-version.js';
import type { ReviewDraft } from '../core/reconcile/plan-types.js';
import type { Database } from '../database/database.js';
import { checkLease } from '../database/repositories/leases.js';
import { leaveQuarantine, saveQuarantine } from '../database/repositories/quarantine.js';
import { headsByExternalId, markBack, markListed, markSeen } from '../database/repositories/records.js';
import { openReviews } from '../database/repositories/reviews.js';
import type { RecordHead } from '../database/repositories/rows.js';
import { NO_COUNTS, plus, saveRunStream, type RunStreamRow, type ScopeProgress, type StreamCounts } from '../database/repositories/runs.js';
import { registerScope } from '../database/repositories/streams.js';
import { executeIn, type Tx } from '../database/tx.js';
import type { CrashPoint } from '../engine/crash-places.js';
import { confirmRecords } from './confirm.js';
import { storeOthers, type OtherRecord } from './other-store.js';
import { isUnchanged, judgeOf, judgeRecord, readRecord, saysGone, type JudgedRecord, type ReadRecord } from './read-record.js';
import { sliceOptions, sliceSize } from './slice-options.js';
import { isOlder, isStale } from './slice-load.js';
import { storeSlice } from './slice-store.js';
import { NO_ASSETS, plusAssets, type AssetCounts, type Incoming, type IncomingVersion } from './slice-types.js';
import { LEASE_MS, type StreamRun } from './stream-run.js';

interface Tally {
  readonly counts: StreamCounts;
  readonly assets: AssetCounts;
  readonly reviews: number;
  /** Raw stage codes that no table row reads, with how many records say them. */
  readonly unmapped: ReadonlyMap<string, number>;
}

/** Stores one page: the unchanged leave first, the rest goes slice by slice, the checkpoint with the last. `readAt`: when the page was asked for, ms UTC. */
export async function storePage(database: Database, run: StreamRun, page: Page, readAt: number, now: () => number, crash: CrashPoint): Promise<void> {
  const context = { ...run.mapContext, readAt };
  const reads = page.records.map((raw) => readRecord(raw, run.stream, context));
  const heads = await database.read((tx) => headsByExternalId(tx, run.streamId, [...new Set(reads.flatMap((read) => read.externalId ?? []))]));
  const { unchanged, back, rest } = split(reads, heads, run);
  const judge = judgeOf(run);
  const judged: JudgedRecord[] = [];
  for (const read of rest) judged.push(await judgeRecord(read, judge, readAt));
  crash('after fetch before store');

  const scopeId = await openScopes(database, run, page, now);
  const parts = slices(judged, sliceSize(database));
  let tally: Tally = { counts: { ...NO_COUNTS, read: reads.length, unchanged: unchanged.length }, assets: NO_ASSETS, reviews: 0, unmapped: new Map() };
  for (const [at, part] of parts.entries()) {
    const isLast = at === parts.length - 1;
    const before = tally;
    tally = await database.transaction(async (tx) => {
      await checkLease(tx, run.lease, LEASE_MS, now());
      const stored = addTally(before, await storePart(tx, run, part, { scopeId, scope: page.scope, readAt, now: now(), guard: true }));
      if (isLast) {
        await confirmRecords(tx, run, unchanged, readAt);
        await markSeen(tx, unchanged, run.pass, readAt, scopeId);
        await markBack(tx, back);
        await markTold(tx, run, page, readAt);
        await saveRunStream(tx, checkpoint(run, page, plus(run.counts, stored.counts), advanceScopes(run, page, reads)));
      }
      crash('after store before commit');
      return stored;
    });
  }
  run.counts = plus(run.counts, tally.counts);
  run.assets = plusAssets(run.assets, tally.assets);
  run.reviews += tally.reviews;
  for (const [codes, count] of tally.unmapped) run.unmapped.set(codes, (run.unmapped.get(codes) ?? 0) + count);
  const noted = judged.flatMap((each) => (each.kind === 'record' ? each.notes.slice(0, 1) : []));
  if (noted.length > 0) run.noted = { first: noted[0] as string, ...run.noted, records: run.noted.records + noted.length };
  run.scopes = advanceScopes(run, page, reads);
  run.pageToken = page.next;
  if (page.cursor !== undefined) run.nextCursor = page.cursor;
  run.warnings.push(...warningsOf(run, page));
  crash('after commit before next page');
}

/** A key twice in a page is changed, whatever its hash: its versions count in order. */
function split(reads: readonly ReadRecord[], heads: ReadonlyMap<string, RecordHead>, run: StreamRun): { readonly unchanged: RecordHead[]; readonly back: RecordHead[]; readonly rest: ReadRecord[] } {
  const times = new Map<string, number>();
  for (const { externalId } of reads) if (externalId !== undefined) times.set(externalId, (times.get(externalId) ?? 0) + 1);
  const [unchanged, back]: [RecordHead[], RecordHead[]] = [[], []];
  const rest: ReadRecord[] = [];
  for (const read of reads) {
    const head = read.externalId === undefined ? undefined : heads.get(read.externalId);
    if (head && times.get(read.externalId as string) === 1 && isUnchanged(head, read, run.mappingHash)) {
      unchanged.push(head);
      if (!saysGone(read)) back.push(head);
    } else rest.push(read);
  }
  return { unchanged, back, rest };
}

/** In order; each key at most once a slice. One empty slice if nothing changed: the checkpoint needs its transaction. */
export function slices(judged: readonly JudgedRecord[], size: number): JudgedRecord[][] {
  const parts: JudgedRecord[][] = [[]];
  let keys = new Set<string>();
  for (const each of judged) {
    const part = parts.at(-1) as JudgedRecord[];
    if (part.length >= size || (each.externalId !== undefined && keys.has(each.externalId))) {
      parts.push([each]);
      keys = new Set();
    } else part.push(each);
    if (each.externalId !== undefined) keys.add(each.externalId);
  }
  return parts;
}

function addTally(a: Tally, b: Tally): Tally {
  const unmapped = new Map(a.unmapped);
  for (const [codes, count] of b.unmapped) unmapped.set(codes, (unmapped.get(codes) ?? 0) + count);
  return { counts: plus(a.counts, b.counts), assets: plusAssets(a.assets, b.assets), reviews: a.reviews + b.reviews, unmapped };
}

export interface PartPlace {
  readonly scopeId: number;
  readonly scope: string;
  readonly readAt: number;
  readonly now: number;
  /** Guarded effects wait for the stream's end. */
  readonly guard: boolean;
  /** What Lockstep has just written to records that are stored here for the first time. */
  readonly written?: ReadonlyMap<string, WrittenValues>;
}

/** Judged records of one stream, each at most once, in the caller's transaction. */
export async function storePart(tx: Tx, run: StreamRun, part: readonly JudgedRecord[], { scopeId, scope, readAt, now, guard, written }: PartPlace): Promise<Tally> {
  // Read again inside: another slice of this page may have stored the same key.
  const heads = part.length === 0 ? new Map<string, RecordHead>() : await headsByExternalId(tx, run.streamId, part.flatMap((each) => each.externalId ?? []));
  const headOf = (externalId: string): { head?: RecordHead } => { const head = heads.get(externalId); return head ? { head } : {}; };
  const common = { streamId: run.streamId, scopeId, mappingHash: run.mappingHash, readAt, pass: run.pass };
  const incoming: Incoming[] = [];
  const others: OtherRecord[] = [];
  const left: RecordHead[] = [];
  let [quarantined, filtered] = [0, 0];
  const entries = [];
  const drafts: ReviewDraft[] = [];
  for (const each of part) {
    if (each.kind === 'quarantined') {
      quarantined++;
      entries.push({ streamId: run.streamId, externalId: each.externalId ?? null, reason: each.reason, raw: each.read.canonical, hash: each.read.hash, readAt, scope });
      const head = each.externalId === undefined ? undefined : heads.get(each.externalId);
      if (head) left.push(head);
    } else if (each.kind === 'filtered') {
      filtered++;
      const head = heads.get(each.externalId);
      if (head?.state === 'live' && head.kind === 'asset') incoming.push({ kind: 'state', head: { ...head, seenAt: readAt, seenPass: run.pass }, state: 'unread', at: readAt });
      else if (head) left.push(head);
    } else {
      drafts.push(...each.held.map((value) => heldValue(run, value, each.externalId)));
      if (each.record.kind === 'asset') incoming.push({ kind: 'version', ...common, externalId: each.externalId, mapped: each.record, contentHash: each.read.hash, raw: each.read.canonical, held: each.held.map((value) => value.attribute), ...headOf(each.externalId), ...(written?.has(each.externalId) && { written: written.get(each.externalId) as WrittenValues }) } satisfies IncomingVersion);
      else others.push({ ...common, mapped: each.record, contentHash: each.read.hash, ...headOf(each.externalId) });
    }
  }
  const outdated = incoming.filter((each): each is IncomingVersion => each.kind === 'version' && (isOlder(each) || isStale(each)));
  const result = await storeSlice(tx, outdated.length === 0 ? incoming : incoming.filter((each) => !outdated.includes(each as IncomingVersion)), run.judgement, sliceOptions(run, now, guard));
  const hosts = await storeOthers(tx, others);
  const again = hosts.length === 0 ? undefined : await storeSlice(tx, [], run.judgement, { ...sliceOptions(run, now, false), touched: hosts });
  await confirmRecords(tx, run, left, readAt);
  await markSeen(tx, left, run.pass, readAt, scopeId);
  const older = [...outdated, ...others.filter(isOlder)].flatMap((each) => each.head ?? []);
  await markListed(tx, older, run.pass);
  await markBack(tx, [...left, ...older]);
  await saveQuarantine(tx, entries, run.runId, now);
  await leaveQuarantine(tx, run.streamId, part.flatMap((each) => (each.kind === 'quarantined' || each.externalId === undefined ? [] : [each.externalId])));
  const opened = await openReviews(tx, merged(drafts), (key) => heads.get(key.slice(`${run.source.name}/${run.stream.name}/`.length))?.id, { id: run.runId, source: run.source.name }, now);
  const handled = part.length - quarantined - filtered;
  return {
    counts: { ...NO_COUNTS, quarantined, filtered, changed: handled - outdated.length, unchanged: outdated.length },
    assets: again ? plusAssets(result.assets, again.assets) : result.assets, reviews: result.reviews + (again?.reviews ?? 0) + opened, unmapped: result.unmapped,
  };
}

const heldValue = (run: StreamRun, { attribute, value }: { readonly attribute: string; readonly value: string }, externalId: string): ReviewDraft => ({
  kind: 'unknown_value', cause: `value:${run.source.name}/${run.stream.name}:${attribute}:${value}`, records: [`${run.source.name}/${run.stream.name}/${externalId}`],
  because: `the mapping of ${attribute} does not list this value, and unknown: hold keeps the earlier claim until somebody decides`, detail: { source: run.source.name, stream: run.stream.name, attribute, value },
});

/** One review a value, whatever the number of records that bear it. */
function merged(drafts: readonly ReviewDraft[]): ReviewDraft[] {
  const byCause = new Map<string, ReviewDraft>();
  for (const draft of drafts) {
    const known = byCause.get(draft.cause);
    byCause.set(draft.cause, known ? { ...known, records: [...known.records, ...draft.records] } : draft);
  }
  return [...byCause.values()];
}

/** A delete that the vendor told waits on the head for the stream's end; a record read in this very pass is plainly there. */
async function markTold(tx: Tx, run: StreamRun, page: Page, readAt: number): Promise<void> {
  for (const gone of page.gone ?? []) {
    await executeIn(tx, `UPDATE record_heads SET told_at = ? WHERE stream_id = ? AND seen_pass <> ? AND state = 'live' AND external_id IN (?)`, [gone.externalId], [gone.at ?? readAt, run.streamId, run.pass]);
  }
}

/** Registers the page's scopes; returns the id of the page's own. Counts what is live there before the pass touches it. */
async function openScopes(database: Database, run: StreamRun, page: Page, now: () => number): Promise<number> {
  const names = new Set([page.scope, ...(page.ends ?? []).map((end) => end.scope)]);
  if ([...names].every((name) => run.scopes.has(name))) return (run.scopes.get(page.scope) as ScopeProgress).scopeId;
  // Known to the run only when they are committed: the transaction may be refused and run again.
  const opened = await database.transaction(async (tx) => {
    const scopes = new Map<string, ScopeProgress>();
    await checkLease(tx, run.lease, LEASE_MS, now());
    for (const name of names) {
      if (run.scopes.has(name)) continue;
      const scope = await registerScope(tx, run.streamId, name, run.filterHash);
      const [row] = await tx.query(`SELECT COUNT(*) AS n FROM record_heads WHERE scope_id = ? AND state = 'live'`, [scope.id]);
      scopes.set(name, { scopeId: scope.id, name, liveBefore: Number(row?.['n'] ?? 0), seen: 0, hiddenBefore: scope.hidden, completeBefore: scope.completeAt !== null });
    }
    return scopes;
  });
  for (const [name, scope] of opened) run.scopes.set(name, scope);
  return (run.scopes.get(page.scope) as ScopeProgress).scopeId;
}

/** The scopes' progress after this page. A record without a readable id makes its scope blind. */
function advanceScopes(run: StreamRun, page: Page, reads: readonly ReadRecord[]): Map<string, ScopeProgress> {
  const scopes = new Map(run.scopes);
  const own = scopes.get(page.scope) as ScopeProgress;
  const blind = own.blind === true || reads.some((read) => read.externalId === undefined);
  scopes.set(page.scope, { ...own, seen: own.seen + reads.length, ...(blind && { blind }) });
  for (const end of page.ends ?? []) {
    const scope = scopes.get(end.scope) as ScopeProgress;
    scopes.set(end.scope, { ...scope, coverage: end.coverage, ...(end.reason !== undefined && { reason: end.reason }), ...(end.hidden !== undefined && { hidden: end.hidden }) });
  }
  return scopes;
}

const warningsOf = (run: StreamRun, page: Page): string[] => [
  ...(page.ends ?? []).flatMap((end) => (end.warning === undefined ? [] : [`${run.stream.name}${end.scope === '' ? '' : ` (${end.scope})`}: ${end.warning}`])),
  ...(page.warnings ?? []).map((warning) => `${run.stream.name}: ${warning}`),
];

export function checkpoint(run: StreamRun, page: Pick<Page, 'next' | 'cursor'>, counts: StreamCounts, scopes: ReadonlyMap<string, ScopeProgress>, status: RunStreamRow['status'] = page.next === null ? 'pulled' : 'running'): RunStreamRow {
  return {
    runId: run.runId, stream: run.stream.name, position: run.position, status, pass: run.pass, passStartedAt: run.passStartedAt, mode: run.mode, pageToken: page.next, startCursor: run.startCursor,
    nextCursor: page.cursor ?? run.nextCursor, filterHash: run.filterHash, counts, scopes: [...scopes.values()], error: null,
  };
}
