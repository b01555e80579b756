import type { IdentityRules, RecordKey, SourceRecord } from '../../core/model/index.js';
import type { KnownValues } from '../../core/reconcile/partition.js';
import { tierLookup } from '../../core/reconcile/value-table.js';
import type { Tx } from '../tx.js';
import { loadConstraints, type StoredConstraint } from './decisions.js';
import { headsByKey, holdersOf, idsOfAssets, keysOfRecord, liveCounts, loadRecords, markedShared, valueKey, type HolderRow, type StoredRecord } from './records.js';
import type { StreamRow } from './rows.js';

export interface Closure {
  /** Stored records as they are now, by id. */
  readonly stored: ReadonlyMap<number, StoredRecord>;
  /** Ids that are judged; the others were loaded only to judge these by. */
  readonly followed: ReadonlySet<number>;
  readonly constraints: readonly StoredConstraint[];
  readonly known: KnownValues;
  /** Marks that no longer hold: fewer live holders than the limit. */
  readonly unshared: readonly string[];
}

export interface ClosureSeeds {
  /** Stored records that change, or are to be judged again. */
  readonly recordIds: readonly number[];
  /** Records in the version that is to come, by id; new ones too. */
  readonly next: ReadonlyMap<number, SourceRecord>;
  readonly streamOf: (id: number) => number;
}

interface Values {
  readonly follow: Set<string>;
  readonly judge: Set<string>;
}

/**
 * Rule 9: the records that share an identifier, again until nothing is added. Values of the suggest tier and values that
 * too many hold are not followed further: who holds those is loaded with its own records, for whether two assets might be
 * one depends on all of both, but its suggest values lead no further.
 */
export async function loadClosure(tx: Tx, seeds: ClosureSeeds, rules: IdentityRules, streams: ReadonlyMap<number, StreamRow>): Promise<Closure> {
  const tierOf = tierLookup(rules);
  const stored = new Map<number, StoredRecord>();
  const followed = new Set<number>();
  const asked = new Set<string>();
  const askedJudge = new Set<string>();
  const shared = new Shared(rules.sharedLimit, seeds);
  const constraints = new Map<number, StoredConstraint>();

  const valuesOf = (record: SourceRecord, values: Values): void => {
    const tiers = tierOf(record.assetClass);
    for (const { kind, value, placeholder, echo } of record.identifiers) {
      if (placeholder || echo) continue;
      const tier = tiers.get(kind);
      if (tier === 'link' || tier === 'attach') values.follow.add(valueKey(kind, value));
      else if (tier === 'suggest') values.judge.add(valueKey(kind, value));
    }
    if (tiers.get('hostname') === 'suggest' || tiers.get('name') === 'suggest') {
      for (const label of record.hostnames) values.judge.add(valueKey('hostname', label));
      if (record.nameLabel !== undefined) values.judge.add(valueKey('hostname', record.nameLabel));
    }
  };

  /** From these records on; `reached` gathers whoever was gone through. */
  const follow = async (start: Iterable<number>, reached: Set<number>): Promise<void> => {
    let frontier = new Set(start);
    while (frontier.size > 0) {
      const missing = [...frontier].filter((id) => !stored.has(id));
      for (const each of await loadRecords(tx, missing, streams)) stored.set(each.head.id, each);
      const values: Values = { follow: new Set(), judge: new Set() };
      const keys = new Set<RecordKey>();
      const refs = new Set<RecordKey>();
      const assets = new Set<string>();
      for (const id of frontier) {
        reached.add(id);
        const [now, next] = [stored.get(id), seeds.next.get(id)];
        for (const record of [now?.record, next]) {
          if (record === undefined) continue;
          valuesOf(record, values);
          keys.add(record.key);
          values.follow.add(valueKey('external_ref', record.key));
          for (const { kind, value } of record.identifiers) if (kind === 'external_ref' && value !== record.key) refs.add(value);
        }
        if (now?.head.assetId) assets.add(now.head.assetId);
      }

      const found = new Set<number>();
      const fresh = [...values.follow].filter((key) => !asked.has(key));
      for (const key of fresh) asked.add(key);
      for (const row of await shared.holders(tx, fresh)) found.add(row.recordId);
      for (const head of (await headsByKey(tx, refs, streams)).values()) found.add(head.id);
      for (const id of await idsOfAssets(tx, [...assets])) found.add(id);
      for (const constraint of await loadConstraints(tx, [...keys])) {
        constraints.set(constraint.id, constraint);
        for (const head of (await headsByKey(tx, [constraint.a, constraint.b], streams)).values()) found.add(head.id);
      }
      if (reached === followed) for (const key of values.judge) askedJudge.add(key);
      frontier = new Set([...found].filter((id) => !followed.has(id) && !reached.has(id)));
      // A head without an accepted version (pending, withdrawn, not an asset) has nothing to follow.
      const loadable = new Set<number>();
      for (const each of await loadRecords(tx, [...frontier].filter((id) => !stored.has(id)), streams)) {
        stored.set(each.head.id, each);
        loadable.add(each.head.id);
      }
      frontier = new Set([...frontier].filter((id) => loadable.has(id) || stored.has(id)));
    }
  };

  await follow([...seeds.recordIds, ...seeds.next.keys()], followed);
  const judge = [...askedJudge].filter((key) => !asked.has(key));
  await follow((await shared.holders(tx, judge)).flatMap((row) => (followed.has(row.recordId) ? [] : [row.recordId])), new Set());
  return { stored, followed, constraints: [...constraints.values()], known: shared.known(), unshared: [...shared.ended] };
}

/** Values that more live records of one stream hold than is believable are counted, not loaded. */
class Shared {
  readonly ended = new Set<string>();
  private readonly junk = new Set<string>();
  private readonly makers = new Map<string, readonly string[]>();
  private readonly deltas = new Map<string, { streamId: number; maker: string | null; by: number }[]>();
  private prepared = false;

  constructor(private readonly limit: number, private readonly seeds: ClosureSeeds) {}

  async holders(tx: Tx, keys: readonly string[]): Promise<HolderRow[]> {
    if (keys.length === 0) return [];
    const marked = await markedShared(tx, keys);
    if (marked.size === 0) return holdersOf(tx, keys);
    await this.prepareDeltas(tx);
    const counts = new Map<string, Map<string, Map<number, number>>>();
    const add = (key: string, maker: string | null, streamId: number, by: number): void => {
      const byMaker = counts.get(key) ?? new Map<string, Map<number, number>>();
      const byStream = byMaker.get(maker ?? '') ?? new Map<number, number>();
      byStream.set(streamId, (byStream.get(streamId) ?? 0) + by);
      byMaker.set(maker ?? '', byStream);
      counts.set(key, byMaker);
    };
    for (const row of await liveCounts(tx, [...marked])) add(row.valueKey, row.maker, row.streamId, row.count);
    for (const key of marked) for (const delta of this.deltas.get(key) ?? []) add(key, delta.maker, delta.streamId, delta.by);
    const wanted = keys.filter((key) => !marked.has(key));
    const partly = new Map<string, Set<string>>();
    for (const key of marked) {
      const byMaker = counts.get(key) ?? new Map<string, Map<number, number>>();
      const makers = [...byMaker.keys()].filter((maker) => maker !== '');
      const severalMakers = key.startsWith('serial:') && makers.length > 1;
      const groups = severalMakers ? makers.map((maker) => ({ maker, streams: byMaker.get(maker) as Map<number, number> })) : [{ maker: '', streams: sum([...byMaker.values()]) }];
      const junk = groups.filter(({ streams }) => [...streams.values()].some((count) => count > this.limit));
      if (severalMakers) this.makers.set(key, makers);
      for (const { maker } of junk) this.junk.add(severalMakers ? `${key}|${maker}` : key);
      if (junk.length === 0) this.ended.add(key);
      if (junk.length === 0) wanted.push(key);
      else if (junk.length < groups.length) partly.set(key, new Set(junk.map(({ maker }) => maker)));
    }
    const rows = await holdersOf(tx, wanted);
    if (partly.size > 0) for (const row of await holdersOf(tx, [...partly.keys()])) if (row.maker !== null && !partly.get(row.valueKey)?.has(row.maker)) rows.push(row);
    return rows;
  }

  /** The stored counts know nothing yet of the records that change now. */
  private async prepareDeltas(tx: Tx): Promise<void> {
    if (this.prepared) return;
    this.prepared = true;
    const add = (key: string, streamId: number, maker: string | null, by: number): void => void this.deltas.set(key, [...(this.deltas.get(key) ?? []), { streamId, maker, by }]);
    const ids = [...this.seeds.next.keys()];
    const rows = ids.length === 0 ? [] : await tx.query(`SELECT value_key, record_id, stream_id, maker FROM identifiers WHERE live = 1 AND record_id IN (${ids.map(() => '?').join(',')})`, ids);
    for (const row of rows) add(row['value_key'], Number(row['stream_id']), row['maker'], -1);
    for (const [id, record] of this.seeds.next) if (record.state !== 'tombstoned') for (const key of keysOfRecord(record)) add(key, this.seeds.streamOf(id), record.maker ?? null, 1);
  }

  known(): KnownValues {
    // The core knows host names by their identifier kind; the store keeps them as labels.
    const names = (key: string): string[] => (key.startsWith('label:') ? [key, `hostname:${key.slice(6)}`] : [key]);
    return { junk: new Set([...this.junk].flatMap(names)), makers: this.makers };
  }
}

function sum(maps: readonly ReadonlyMap<number, number>[]): Map<number, number> {
  const total = new Map<number, number>();
  for (const map of maps) for (const [key, count] of map) total.set(key, (total.get(key) ?? 0) + count);
  return total;
}
