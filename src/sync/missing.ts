import { breaches, isOver, isSuspect } from '../core/reconcile/guards.js';
import type { ReviewDraft } from '../core/reconcile/plan-types.js';
import type { Database } from '../database/database.js';
import { checkLease } from '../database/repositories/leases.js';
import { openReviews } from '../database/repositories/reviews.js';
import { HEAD_COLUMNS, headOf, type RecordHead } from '../database/repositories/rows.js';
import { plus, type ScopeProgress } from '../database/repositories/runs.js';
import { executeIn, selectIn, type Tx } from '../database/tx.js';
import { addConstraints } from '../database/repositories/decisions.js';
import type { CrashPoint } from '../engine/crash-places.js';
import { sliceOptions, sliceSize } from './slice-options.js';
import { storeSlice } from './slice-store.js';
import { plusAssets } from './slice-types.js';
import { LEASE_MS, type StreamRun } from './stream-run.js';

/** So many missing records a scope are asked for one by one, where the connector can. */
const ASK_AT_MOST = 200;
const COLUMNS = HEAD_COLUMNS.join(', ');

export interface MissingOutcome {
  readonly suspect: boolean;
}

export interface MissingPorts {
  readonly database: Database;
  readonly now: () => number;
  readonly crash: CrashPoint;
  /** Asks the vendor for one record; undefined where it cannot. */
  readonly ask?: (externalId: string) => Promise<'found' | 'gone' | 'unknown'>;
}

/** How reviews name a scope. */
export const placeOf = (run: StreamRun, { name }: ScopeProgress): string => `${run.source.name}/${run.stream.name}${name === '' ? '' : `/${name}`}`;

/** Judges one scope that this full pass has read completely: who is missing, who is over, and whether to believe it. */
export async function judgeScope(ports: MissingPorts, run: StreamRun, scope: ScopeProgress): Promise<MissingOutcome> {
  const { database, now } = ports;
  const { safety } = run.source;
  const missing = await database.read((tx) => missingOf(tx, run, scope));
  const place = placeOf(run, scope);
  if (isSuspect(scope.seen, scope.liveBefore, safety) && !(await sizeAccepted(database, place, scope))) {
    await review(ports, run, missing, {
      kind: 'suspect_scope', cause: `suspect:${place}`, because: `the source returned ${scope.seen} records where ${scope.liveBefore} were live: nothing is retired before somebody says that this is right`,
      detail: { source: run.source.name, stream: run.stream.name, scope: scope.name, seen: scope.seen, liveBefore: scope.liveBefore },
    });
    return { suspect: true };
  }
  if ((scope.hidden ?? 0) > scope.hiddenBefore && scope.completeBefore) {
    run.warnings.push(`${run.stream.name}: the source hides ${scope.hidden} records from this user, ${scope.hiddenBefore} before: nothing is called missing`);
    return { suspect: false };
  }
  const moved = await database.read((tx) => movedElsewhere(tx, run, missing));
  const asked = await askFor(ports, missing.filter((head) => !moved.has(head.id)));
  const at = now();
  const told: RecordHead[] = [];
  const counted: RecordHead[] = [];
  for (const head of missing) {
    if (moved.has(head.id) || asked.found.has(head.id)) continue;
    if (head.toldAt !== null || asked.gone.has(head.id) || run.stream.missingIsTold === true) told.push({ ...head, toldAt: head.toldAt ?? at });
    else counted.push({ ...head, misses: head.misses + 1, missingSince: head.missingSince ?? at });
  }
  await saveMisses(ports, run, [...told, ...counted]);
  if (moved.size > 0) await tombstone(ports, run, missing.filter((head) => moved.has(head.id)).map((head) => ({ ...head, toldAt: at })), moved);
  const over = [...told, ...counted.filter((head) => isOver({ misses: head.misses, missingSince: head.missingSince as number }, at, safety))];
  await tombstoneGuarded(ports, run, over, scope.liveBefore, place);
  return { suspect: false };
}

/** Deletes that the vendor told in this stream, of records that no full pass has judged. `overMs`: beside what went in that time, for those that come one by one. */
export async function settleTold(ports: MissingPorts, run: StreamRun, overMs = 0): Promise<void> {
  const rows = await ports.database.read(async (tx) => {
    const heads = (await tx.query(`SELECT ${COLUMNS} FROM record_heads WHERE stream_id = ? AND state = 'live' AND told_at IS NOT NULL`, [run.streamId])).map(headOf);
    const live = await tx.query(`SELECT scope_id, COUNT(*) AS n FROM record_heads WHERE stream_id = ? AND state = 'live' GROUP BY scope_id`, [run.streamId]);
    const recent = overMs === 0 || heads.length === 0 ? [] : await tx.query(`SELECT scope_id, COUNT(*) AS n FROM record_heads WHERE stream_id = ? AND state = 'tombstoned' AND tombstoned_at > ? GROUP BY scope_id`, [run.streamId, ports.now() - overMs]);
    const counts = (all: readonly Record<string, unknown>[]): Map<number, number> => new Map(all.map((row) => [Number(row['scope_id']), Number(row['n'])]));
    return { heads, live: counts(live), recent: counts(recent) };
  });
  const byScope = new Map<number, RecordHead[]>();
  for (const head of rows.heads) byScope.set(head.scopeId, [...(byScope.get(head.scopeId) ?? []), head]);
  for (const [scopeId, heads] of byScope) {
    const scope = [...run.scopes.values()].find((each) => each.scopeId === scopeId);
    const recent = rows.recent.get(scopeId) ?? 0;
    await tombstoneGuarded(ports, run, heads, (scope?.liveBefore ?? rows.live.get(scopeId) ?? 0) + recent, `${run.source.name}/${run.stream.name}${scope?.name ? `/${scope.name}` : ''}`, recent);
  }
}

async function missingOf(tx: Tx, run: StreamRun, scope: ScopeProgress): Promise<RecordHead[]> {
  return (await tx.query(`SELECT ${COLUMNS} FROM record_heads WHERE scope_id = ? AND state = 'live' AND seen_pass <> ? AND seen_at <= ?`, [scope.scopeId, run.pass, run.passStartedAt])).map(headOf);
}

/** The release of a suspect scope accepts its new size: as long as the scope does not shrink further. */
async function sizeAccepted(database: Database, place: string, scope: ScopeProgress): Promise<boolean> {
  const [row] = await database.read((tx) => tx.query(`SELECT detail FROM reviews WHERE cause = ? AND status = 'resolved' AND resolution IN ('accept', 'release') ORDER BY id DESC LIMIT 1`, [`suspect:${place}`]));
  if (!row) return false;
  const { seen, liveBefore } = JSON.parse(row['detail']) as { seen: number; liveBefore: number };
  return scope.seen >= seen && scope.liveBefore <= liveBefore;
}

/** The same external id, live in another stream of the source: the record moved, it is no delete. */
async function movedElsewhere(tx: Tx, run: StreamRun, missing: readonly RecordHead[]): Promise<Map<number, string>> {
  const assets = missing.filter((head) => head.kind === 'asset');
  if (assets.length === 0) return new Map();
  const rows = await selectIn(tx, `SELECT h.external_id AS external_id, st.name AS name FROM record_heads h JOIN streams st ON st.id = h.stream_id WHERE st.source = ? AND h.stream_id <> ? AND h.kind = 'asset' AND h.state = 'live' AND h.external_id IN (?)`, assets.map((head) => head.externalId), [run.source.name, run.streamId]);
  const elsewhere = new Map(rows.map((row) => [row['external_id'] as string, `${run.source.name}/${row['name']}/${row['external_id']}`]));
  return new Map(assets.flatMap((head) => { const key = elsewhere.get(head.externalId); return key === undefined ? [] : [[head.id, key] as const]; }));
}

async function askFor({ ask }: MissingPorts, missing: readonly RecordHead[]): Promise<{ readonly found: ReadonlySet<number>; readonly gone: ReadonlySet<number> }> {
  const [found, gone] = [new Set<number>(), new Set<number>()];
  if (!ask || missing.length > ASK_AT_MOST) return { found, gone };
  for (const head of missing) {
    const answer = await ask(head.externalId);
    if (answer === 'found') found.add(head.id);
    else if (answer === 'gone') gone.add(head.id);
  }
  return { found, gone };
}

async function saveMisses({ database, now }: MissingPorts, run: StreamRun, heads: readonly RecordHead[]): Promise<void> {
  if (heads.length === 0) return;
  await database.transaction(async (tx) => {
    await checkLease(tx, run.lease, LEASE_MS, now());
    for (const head of group(heads)) await executeIn(tx, 'UPDATE record_heads SET misses = ?, missing_since = ?, told_at = ? WHERE id IN (?)', head.ids, [head.misses, head.missingSince, head.toldAt]);
  });
}

function group(heads: readonly RecordHead[]): { misses: number; missingSince: number | null; toldAt: number | null; ids: number[] }[] {
  const groups = new Map<string, { misses: number; missingSince: number | null; toldAt: number | null; ids: number[] }>();
  for (const { id, misses, missingSince, toldAt } of heads) {
    const key = `${misses} ${missingSince} ${toldAt}`;
    const known = groups.get(key);
    if (known) known.ids.push(id);
    else groups.set(key, { misses, missingSince, toldAt, ids: [id] });
  }
  return [...groups.values()];
}

async function tombstoneGuarded(ports: MissingPorts, run: StreamRun, heads: readonly RecordHead[], liveBefore: number, place: string, recent = 0): Promise<void> {
  if (heads.length === 0) return;
  const { maxDeleteRatio, minDeletes } = run.source.safety;
  if (breaches(heads.length + recent, liveBefore, maxDeleteRatio, minDeletes)) {
    await review(ports, run, heads, {
      kind: 'held_tombstone', cause: `held_tombstone:${place}`,
      because: `${heads.length + recent} of ${liveBefore} records are gone ${recent > 0 ? 'within an hour' : 'at once'}, more than ${minDeletes} and more than ${Math.round(maxDeleteRatio * 100)} %: nothing is retired before somebody releases it`,
      detail: { source: run.source.name, stream: run.stream.name, run: run.runId, count: heads.length, liveBefore },
    });
    return;
  }
  await tombstone(ports, run, heads, new Map());
}

/** Records whose source no longer has them; they keep their date and go on linking. */
export async function tombstone({ database, now, crash }: Pick<MissingPorts, 'database' | 'now' | 'crash'>, run: StreamRun, heads: readonly RecordHead[], movedTo: ReadonlyMap<number, string>): Promise<void> {
  const size = sliceSize(database);
  for (let at = 0; at < heads.length; at += size) {
    const part = heads.slice(at, at + size);
    const result = await database.transaction(async (tx) => {
      await checkLease(tx, run.lease, LEASE_MS, now());
      await addConstraints(tx, part.flatMap((head) => { const to = movedTo.get(head.id); return to === undefined ? [] : [{ kind: 'must_link' as const, a: `${run.source.name}/${run.stream.name}/${head.externalId}`, b: to }]; }), 'lockstep', 'the record moved to another stream of its source', now());
      const assets = part.filter((head) => head.kind === 'asset');
      const stored = await storeSlice(tx, assets.map((head) => ({ kind: 'state' as const, head, state: 'tombstoned' as const, at: now() })), run.judgement, sliceOptions(run, now(), false));
      await executeIn(tx, `UPDATE record_heads SET state = 'tombstoned', tombstoned_at = ? WHERE kind <> 'asset' AND id IN (?)`, part.filter((head) => head.kind !== 'asset').map((head) => head.id), [now()]);
      crash('inside tombstoning');
      return stored;
    });
    run.assets = plusAssets(run.assets, result.assets);
    run.reviews += result.reviews;
    run.counts = plus(run.counts, { tombstoned: part.length });
  }
}

async function review({ database, now }: MissingPorts, run: StreamRun, heads: readonly RecordHead[], draft: Omit<ReviewDraft, 'records' | 'seenAt'>): Promise<void> {
  const byKey = new Map(heads.map((head) => [`${run.source.name}/${run.stream.name}/${head.externalId}`, head]));
  const seenAt = new Map([...byKey].map(([key, head]) => [key, head.seenAt]));
  run.reviews += await database.transaction(async (tx) => {
    await checkLease(tx, run.lease, LEASE_MS, now());
    return openReviews(tx, [{ ...draft, records: [...byKey.keys()], seenAt }], (key) => byKey.get(key)?.id, { id: run.runId, source: run.source.name }, now());
  });
}
