import { byCodeUnit, sameValue } from '../model/compare.js';
import { moveKey, type Move } from '../model/lifecycle.js';
import type { RecordKey, SourceRecord } from '../model/source-record.js';
import { identify } from './identify.js';
import type { IdentityFlag, IdentityReview, Partition } from './partition.js';
import { differences } from './diff.js';
import type { AssetState, Effect, PagePlan, PlanInput, PlannedAsset, PlannedChange, ReviewDraft } from './plan-types.js';
import { resolveOne, type ResolvedAsset } from './resolve-asset.js';

interface Seat {
  readonly keys: readonly RecordKey[];
  /** Existing assets whose first record is here, earliest first. */
  readonly heirs: readonly AssetState[];
  readonly id: string;
  readonly seq: number;
  readonly anchor: RecordKey;
}

/**
 * From a closed set of records, with what people decided, to everything that is to be written: one printable plan.
 * `sync`, `plan` and `rebuild --verify` differ only in what they do with it.
 */
export function planPage(input: PlanInput): PagePlan {
  const partition = identify({ records: input.records, constraints: input.constraints, rules: input.rules.identity, ...(input.known && { known: input.known }) });
  const byKey = new Map(input.records.map((record) => [record.key, record]));
  const seats = seatsOf(partition, input);
  const index = indexDecisions(input, seats);
  const flagsOf = flagsByRecord(partition.flags);
  const sizeBefore = sizesBefore(input.membership);

  const assets: PlannedAsset[] = [];
  const gone: { id: string; into: string }[] = [];
  const memberships: { key: RecordKey; assetId: string }[] = [];
  const changes: PlannedChange[] = [];
  const ruleMoves: Move[] = [];
  const effects: Effect[] = [];
  const reviews: ReviewDraft[] = [];
  const reviewed = new Set<RecordKey>();
  const partsOf = new Map<string, Set<Seat>>();

  for (const seat of seats) {
    let moved = false;
    for (const key of seat.keys) {
      const previous = input.membership.get(key);
      if (previous !== undefined) partsOf.set(previous, (partsOf.get(previous) ?? new Set()).add(seat));
      if (previous === seat.id) continue;
      moved = true;
      memberships.push({ key, assetId: seat.id });
    }
    for (const merged of seat.heirs.filter((heir) => heir.id !== seat.id)) gone.push({ id: merged.id, into: seat.id });
    const changed = seat.keys.filter((key) => input.changed.has(key));
    if (seat.heirs.length > 1) effects.push({ kind: 'merge', causes: changed, assets: seat.heirs.map((heir) => heir.id) });
    const touched = seat.heirs.some((heir) => input.touched.has(heir.id));
    const before = seat.heirs.find((heir) => heir.id === seat.id);
    if (!moved && changed.length === 0 && !touched && before !== undefined && sizeBefore.get(before.id) === seat.keys.length) continue;

    const records = seat.keys.map((key) => byKey.get(key) as SourceRecord);
    const asOf = before && input.asOfOf ? input.asOfOf(before) : input.asOf;
    const resolved = resolveOne({ records, ...index.of(seat), dependants: seat.heirs.flatMap((heir) => input.dependants.get(heir.id) ?? []), rules: input.rules, asOf, arrivalAnchor: seat.anchor, ...(input.matches && { matches: input.matches }) });
    const after: AssetState = { id: seat.id, seq: seat.seq, anchor: seat.anchor, ...resolved.state, flags: flagsFor(seat.keys, flagsOf), asOf };
    // A record may come with what was over before it came, a decision or claims that have turned stale: what is stored must be judged as of a time after that.
    const planned = plannedAsset(before, after, seat.keys, moved);
    assets.push(planned);
    ruleMoves.push(...resolved.ruleMoves);
    changes.push(...changesOf(planned, seat, resolved));
    effects.push(...assetEffects(planned, changed));
    for (const key of seat.keys) reviewed.add(key);
    reviews.push(...resolved.reviews);
  }

  const effectsOfMoves = input.newMoves.filter((move) => move.origin.kind === 'record' && speaks(move, byKey, input)).map((move): Effect => ({ kind: 'stage_move', causes: [move.anchor], assets: [] }));
  for (const [id, parts] of partsOf) {
    if (parts.size < 2) continue;
    const merged = gone.some((each) => each.id === id);
    const causes = [...parts].flatMap((part) => part.keys.filter((key) => input.changed.has(key)));
    effects.push({ kind: 'split', causes, assets: [id] });
    for (const part of parts) if (part.id !== id && !merged) changes.push({ assetId: part.id, attribute: 'split', before: id, after: part.id });
  }
  const seated = new Set(seats.flatMap((seat) => seat.heirs.map((heir) => heir.id)));
  const emptied = [...input.assets.keys()].filter((id) => !seated.has(id));
  for (const id of emptied) changes.push({ assetId: id, attribute: 'withdrawn', before: id, after: null });
  const isOfFollowed = (review: IdentityReview): boolean => review.records.some((key) => input.followed.has(key));
  return {
    assets, gone, emptied, memberships, changes, ruleMoves, effects: [...effects, ...effectsOfMoves],
    reviews: [...partition.reviews.filter(isOfFollowed).map(draftOf), ...reviews], nearby: partition.reviews.filter((review) => !isOfFollowed(review)).map(draftOf),
    over: partition.over, values: partition.values, reviewed: new Set([...input.followed, ...reviewed]),
  };
}

/** Where an asset's first record has been withdrawn, the earliest that is left stands for it. */
function anchored(input: PlanInput, arrival: (key: RecordKey) => number): AssetState[] {
  const present = new Set(input.records.map((record) => record.key));
  return [...input.assets.values()].flatMap((asset) => {
    if (present.has(asset.anchor)) return [asset];
    const left = [...input.membership].flatMap(([key, id]) => (id === asset.id && present.has(key) ? [key] : [])).sort((a, b) => arrival(a) - arrival(b) || byCodeUnit(a, b));
    return left[0] === undefined ? [] : [{ ...asset, anchor: left[0] }];
  });
}

/** Ids are kept, not derived: the earliest asset whose first record is here gives its id; a part without any is new. */
function seatsOf(partition: Partition, input: PlanInput): Seat[] {
  const arrival = (key: RecordKey): number => input.arrival.get(key) ?? Number.MAX_SAFE_INTEGER;
  const heirsByAnchor = new Map<RecordKey, AssetState[]>();
  for (const asset of anchored(input, arrival)) heirsByAnchor.set(asset.anchor, [...(heirsByAnchor.get(asset.anchor) ?? []), asset]);
  const seats: Seat[] = [];
  const fresh: (readonly RecordKey[])[] = [];
  for (const keys of partition.components) {
    if (!keys.some((key) => input.followed.has(key))) continue;
    const heirs = keys.flatMap((key) => heirsByAnchor.get(key) ?? []).sort((a, b) => a.seq - b.seq);
    const first = heirs[0];
    if (first === undefined) fresh.push(keys);
    else seats.push({ keys, heirs, id: first.id, seq: first.seq, anchor: first.anchor });
  }
  const firstOf = (keys: readonly RecordKey[]): RecordKey => keys.reduce((a, b) => (arrival(b) < arrival(a) || (arrival(b) === arrival(a) && byCodeUnit(b, a) < 0) ? b : a));
  // New assets are numbered in the order in which their first records arrived.
  const ordered = fresh.map((keys) => ({ keys, anchor: firstOf(keys) })).sort((a, b) => arrival(a.anchor) - arrival(b.anchor) || byCodeUnit(a.anchor, b.anchor));
  for (const { keys, anchor } of ordered) seats.push({ keys, heirs: [], anchor, ...input.mint() });
  return seats;
}

function sizesBefore(membership: PlanInput['membership']): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const id of membership.values()) sizes.set(id, (sizes.get(id) ?? 0) + 1);
  return sizes;
}

/** Decisions and moves by the seat in which their anchor stands. */
function indexDecisions(input: PlanInput, seats: readonly Seat[]) {
  const seatOf = new Map<RecordKey, Seat>();
  for (const seat of seats) for (const key of seat.keys) seatOf.set(key, seat);
  const group = <T>(list: readonly T[], anchor: (item: T) => RecordKey): Map<Seat, T[]> => {
    const groups = new Map<Seat, T[]>();
    for (const item of list) {
      const seat = seatOf.get(anchor(item));
      if (seat) groups.set(seat, [...(groups.get(seat) ?? []), item]);
    }
    return groups;
  };
  const [moves, overrides, holds] = [group(input.moves, (move) => move.anchor), group(input.overrides, (each) => each.anchor), group(input.personHolds, (each) => each.anchor)];
  const verdicts = new Map(input.verdicts.map((verdict) => [`${verdict.anchor ?? ''} ${verdict.moveKey}`, verdict]));
  return {
    of: (seat: Seat) => {
      const own = moves.get(seat) ?? [];
      return { moves: own, overrides: overrides.get(seat) ?? [], personHolds: holds.get(seat) ?? [], verdicts: verdicts.size === 0 ? [] : own.flatMap((move) => verdicts.get(`${move.anchor} ${moveKey(move)}`) ?? verdicts.get(` ${moveKey(move)}`) ?? []) };
    },
  };
}

function plannedAsset(before: AssetState | undefined, after: AssetState, records: readonly RecordKey[], joined: boolean): PlannedAsset {
  const same = before !== undefined && !joined && before.assetClass === after.assetClass && before.stage === after.stage && before.ownStage === after.ownStage && before.stageSince === after.stageSince
    && before.nextDueAt === after.nextDueAt && before.anchor === after.anchor && sameValue(before.holds, after.holds) && sameValue(before.attributes, after.attributes) && sameValue(before.flags, after.flags);
  return { ...(before && { before }), after, records, same };
}

function changesOf(planned: PlannedAsset, seat: Seat, resolved: ResolvedAsset): PlannedChange[] {
  const { before, after } = planned;
  const changes: PlannedChange[] = seat.heirs.filter((heir) => heir.id !== seat.id).map((heir) => ({ assetId: after.id, attribute: 'merged', before: heir.id, after: after.id }));
  if (before === undefined) return [...changes, { assetId: after.id, attribute: 'created', before: null, after: { class: after.assetClass ?? null, stage: after.stage } }];
  for (const { attribute, from, to } of differences(before.attributes, after.attributes)) changes.push({ assetId: after.id, attribute, before: from, after: to });
  if (before.assetClass !== after.assetClass) changes.push({ assetId: after.id, attribute: 'class', before: before.assetClass ?? null, after: after.assetClass ?? null });
  if (before.stage !== after.stage) {
    const { by } = resolved;
    changes.push({ assetId: after.id, attribute: 'stage', before: before.stage, after: after.stage, ...(by.kind === 'rule' && { rule: by.name }), ...(by.kind === 'person' && { person: by.name }), ...(by.kind === 'override' && { person: by.by }) });
  }
  if (!sameValue(before.holds, after.holds)) changes.push({ assetId: after.id, attribute: 'holds', before: before.holds, after: after.holds });
  return changes;
}

function assetEffects({ before, after }: PlannedAsset, causes: readonly RecordKey[]): Effect[] {
  if (before === undefined) return [];
  const effects: Effect[] = [];
  if (before.assetClass !== undefined && before.assetClass !== after.assetClass) effects.push({ kind: 'class_change', causes, assets: [after.id] });
  if (Object.keys(before.attributes).some((attribute) => after.attributes[attribute] === undefined)) effects.push({ kind: 'emptied', causes, assets: [after.id] });
  return effects;
}

function speaks(move: Move, byKey: ReadonlyMap<RecordKey, SourceRecord>, { rules }: PlanInput): boolean {
  const record = byKey.get(move.anchor);
  if (!record) return false;
  const given = rules.lifecycle.speakers[record.source];
  if (given === undefined) return record.role === 'itsm';
  return given === 'all' || (given !== 'none' && given.includes(move.to));
}

function flagsByRecord(flags: readonly IdentityFlag[]): Map<RecordKey, IdentityFlag[]> {
  const byRecord = new Map<RecordKey, IdentityFlag[]>();
  for (const flag of flags) for (const key of flag.records) byRecord.set(key, [...(byRecord.get(key) ?? []), flag]);
  return byRecord;
}

function flagsFor(keys: readonly RecordKey[], byRecord: ReadonlyMap<RecordKey, readonly IdentityFlag[]>): { [flag: string]: readonly RecordKey[] } {
  const flags: { [flag: string]: RecordKey[] } = {};
  if (byRecord.size === 0) return flags;
  const seen = new Set<IdentityFlag>();
  for (const key of keys) {
    for (const flag of byRecord.get(key) ?? []) {
      if (seen.has(flag)) continue;
      seen.add(flag);
      flags[flag.flag] = [...new Set([...(flags[flag.flag] ?? []), ...flag.records])].sort(byCodeUnit);
    }
  }
  return flags;
}

const draftOf = ({ kind, key, records, value, because }: IdentityReview): ReviewDraft => ({ kind, cause: key, records, because, detail: value ? { value } : {} });

