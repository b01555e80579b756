/** An estate with its people: vendors that change their records, and commands of people between the syncs. What must hold is asked after each command. */
import type { AsyncCommand } from 'fast-check';
import type { Constraint, RecordKey } from '../../src/core/model/index.js';
import { DecisionService } from '../../src/decisions/decision.service.js';
import { RebuildService } from '../../src/plan/rebuild.service.js';
import { familyOf, ReviewService, TAKES } from '../../src/reviews/review.service.js';
import type { Lab } from './lab.js';
import { labRecord } from './play.js';
import { changed, type Change } from './worlds/arbitrary-histories.js';
import { keeperOf, type History, type RawRow } from './worlds/history.js';

export interface Pin {
  readonly anchor: RecordKey;
  readonly attribute: string;
  readonly value: string;
  readonly at: number;
  readonly until: number;
}

/** What people have decided, as a second bookkeeping beside the product's. */
export class Decided {
  pins: Pin[] = [];
  /** Moves that a person has judged are not asked about again. */
  readonly judgedMoves = new Set<string>();
  /** Merges that left nothing behind. */
  undone = 0;
  private count = 0;
  next(): number { return ++this.count; }
}

const nth = <T,>(list: readonly T[], n: number): T | undefined => list[n % Math.max(list.length, 1)];

/** The product under test, and the lists of its vendors. */
export class Estate {
  private readonly rows = new Map<string, { readonly source: string; last: RawRow; isThere: boolean }>();
  readonly decisions: DecisionService;
  readonly reviews: ReviewService;

  constructor(readonly lab: Lab, history: History) {
    for (const { source, id, versions } of history.records) if (versions[0]) this.rows.set(`${source}/records/${id}`, { source, last: versions[0], isThere: true });
    this.decisions = new DecisionService(lab.engine);
    this.reviews = new ReviewService(lab.engine);
  }

  async edit(n: number, change: Change): Promise<void> {
    const row = nth([...this.rows.values()], n);
    if (!row) return;
    const next = row.isThere ? changed(row.last, change, n % 4) : row.last;
    row.isThere = next !== null;
    if (next !== null) row.last = { ...next, modified_at: new Date(this.lab.clock.now()).toISOString() };
  }

  async sync(): Promise<void> {
    const sources = [...new Set([...this.rows.values()].map(({ source }) => source))];
    for (const source of sources) this.lab.world.records.set(source, [keeperOf(source), ...[...this.rows.values()].flatMap((row) => (row.source === source && row.isThere ? [row.last] : []))].map(labRecord));
    const { runs } = await this.lab.sync(sources);
    for (const run of runs) if (run.status !== 'succeeded') throw new Error(`run of ${run.source} ended ${run.status}: ${JSON.stringify(run.error ?? run.uncoveredScopes)}`);
  }

  /** Assets by id, each with its records, in the order of the smallest ones: ids and numbers of rows say nothing. */
  async assets(): Promise<readonly { readonly id: string; readonly records: readonly RecordKey[]; readonly values: Readonly<Record<string, unknown>> }[]> {
    const rows = await this.lab.engine.database.read((tx) => tx.query('SELECT h.asset_id AS asset, st.source AS source, h.external_id AS external_id, a.stage AS stage, a.attributes AS attributes FROM record_heads h JOIN streams st ON st.id = h.stream_id JOIN assets a ON a.id = h.asset_id'));
    interface Found { readonly id: string; readonly records: RecordKey[]; readonly values: Record<string, unknown> }
    const byId = new Map<string, Found>();
    for (const row of rows) {
      const asset: Found = byId.get(row['asset']) ?? { id: row['asset'], records: [], values: { ...JSON.parse(row['attributes']), stage: row['stage'] } };
      asset.records.push(`${row['source']}/records/${row['external_id']}`);
      byId.set(asset.id, asset);
    }
    for (const { records } of byId.values()) records.sort();
    return [...byId.values()].sort((a, b) => ((a.records[0] as string) < (b.records[0] as string) ? -1 : 1));
  }

  async partition(): Promise<string[]> {
    return (await this.assets()).map(({ records }) => records.join(' '));
  }

  async asset(n: number) {
    return nth(await this.assets(), n);
  }

  constraints(): Promise<Constraint[]> {
    return this.lab.engine.database.read(async (tx) => (await tx.query('SELECT kind, a_key, b_key FROM identity_constraints WHERE released_at IS NULL')).map((row) => ({ kind: row['kind'], a: row['a_key'], b: row['b_key'] })));
  }

  /** No value, reference or decision names a record of these assets and one of another. */
  shareNothing(ids: readonly string[]): Promise<boolean> {
    return this.lab.engine.database.read(async (tx) => {
      const heads = (await tx.query('SELECT h.id AS id, h.asset_id AS asset, st.source AS source, h.external_id AS external_id FROM record_heads h JOIN streams st ON st.id = h.stream_id')).map((row) => ({ id: Number(row['id']), asset: row['asset'] as string, key: `${row['source']}/records/${row['external_id']}` }));
      const holders = new Map<string, Set<string>>();
      const hold = (value: string, asset: string): unknown => holders.set(value, (holders.get(value) ?? new Set()).add(asset));
      const assetOf = new Map(heads.map(({ id, asset }) => [id, asset]));
      for (const row of await tx.query('SELECT value_key, record_id FROM identifiers')) hold(row['value_key'], assetOf.get(Number(row['record_id'])) as string);
      for (const { key, asset } of heads) hold(`external_ref:${key}`, asset);
      const byKey = new Map(heads.map(({ key, asset }) => [key, asset]));
      for (const row of await tx.query('SELECT id, a_key, b_key FROM identity_constraints WHERE released_at IS NULL')) for (const key of [row['a_key'], row['b_key']]) hold(`constraint:${row['id']}`, byKey.get(key) as string);
      return [...holders.values()].every((assets) => assets.size === 1 || !ids.some((id) => assets.has(id)));
    });
  }

  /** Complaints in words. */
  async check(decided: Decided): Promise<string[]> {
    const assets = await this.assets();
    const assetOf = new Map(assets.flatMap((asset) => asset.records.map((key) => [key, asset] as const)));
    const apart = (await this.constraints()).filter(({ kind, a, b }) => kind === 'cannot_link' && assetOf.get(a) === assetOf.get(b));
    const now = this.lab.clock.now();
    const pins = assets.flatMap((asset) => [...new Set(decided.pins.map(({ attribute }) => attribute))].flatMap((attribute) => {
      const standing = decided.pins.filter((pin) => pin.attribute === attribute && pin.until > now && asset.records.includes(pin.anchor)).sort((a, b) => a.at - b.at);
      return standing.length === 0 || standing.at(-1)?.value === asset.values[attribute] ? [] : [`${attribute} of ${asset.records[0]} is ${String(asset.values[attribute])}, not ${standing.at(-1)?.value} as a person wants it`];
    }));
    const asked = await this.lab.engine.database.read((tx) => tx.query(`SELECT cause FROM reviews WHERE status = 'open'`));
    return [
      ...(await new RebuildService(this.lab.engine).verify()).differences.map((difference) => `rebuild: ${JSON.stringify(difference)}`),
      ...apart.map(({ a, b }) => `${a} and ${b} are one asset, which a person has forbidden`), ...pins,
      ...asked.filter((row) => decided.judgedMoves.has(row['cause'])).map((row) => `${row['cause']} is asked again`),
    ];
  }
}

type Command = AsyncCommand<Decided, Estate>;

/** A command that says its name, and what a refusal of it would be. Whatever it did: what must hold holds. */
function command(name: string, run: (estate: Estate, decided: Decided) => Promise<void>): Command {
  return {
    check: () => true,
    run: async (decided, estate) => {
      estate.lab.clock.advance(60_000);
      await run(estate, decided);
      expect(await estate.check(decided)).toEqual([]);
    },
    toString: () => name,
  };
}

export const edit = (n: number, change: Change): Command => command(`edit(${n}, ${JSON.stringify(change)})`, async (estate) => {
  await estate.edit(n, change);
  await estate.sync();
});

export const wait = (hours: number): Command => command(`wait(${hours})`, async (estate) => {
  estate.lab.clock.advance(hours * 3_600_000);
  await estate.sync();
});

export const rebuild = (): Command => command('rebuild()', async (estate) => {
  expect((await new RebuildService(estate.lab.engine).rebuild()).differences).toEqual([]);
});

export const merge = (m: number, n: number): Command => command(`merge(${m}, ${n})`, async (estate) => {
  const [a, b] = [await estate.asset(m), await estate.asset(n)];
  if (!a || !b || a === b || a.id === b.id) return;
  await estate.decisions.merge([a.id, b.id], { reason: 'one' });
});

/** Parts those records of an asset whose bit is set. */
export const split = (n: number, bits: number): Command => command(`split(${n}, ${bits})`, async (estate) => {
  const asset = await estate.asset(n);
  const leaving = asset?.records.filter((_, at) => (bits >> at) % 2 === 1) ?? [];
  if (!asset || leaving.length === 0 || leaving.length === asset.records.length) return;
  await estate.decisions.split(asset.id, leaving, { reason: 'two' });
  expect((await estate.assets()).filter(({ records }) => records.some((key) => leaving.includes(key)) && records.some((key) => asset.records.includes(key) && !leaving.includes(key)))).toEqual([]);
});

/**
 * A merge is undone by a split: the two are apart again. If nothing but people ever bound them to others, all is as before; else the split is one more
 * thing that people say of a component that is cut, and its cut may run elsewhere.
 */
export const mergeAndUndo = (m: number, n: number): Command => command(`mergeAndUndo(${m}, ${n})`, async (estate, decided) => {
  const before = await estate.partition();
  const [a, b] = [await estate.asset(m), await estate.asset(n)];
  if (!a || !b || a.id === b.id) return;
  const alone = await estate.shareNothing([a.id, b.id]);
  const merged = await estate.decisions.merge([a.id, b.id], { reason: 'one' });
  const found = (await estate.assets()).find(({ id }) => id === merged.assets[0]);
  if (merged.assets.length > 1 || !found) return;
  await estate.decisions.split(found.id, b.records.filter((key) => found.records.includes(key)), { reason: 'two after all' });
  if (!alone) return;
  decided.undone += 1;
  expect(await estate.partition()).toEqual(before);
});

export const pin = (n: number, attribute: 'owner' | 'location' | 'stage', hours: number | undefined): Command => command(`pin(${n}, ${attribute}, ${hours})`, async (estate, decided) => {
  const asset = await estate.asset(n);
  if (!asset) return;
  const value = attribute === 'stage' ? 'maintenance' : `pinned-${decided.next()}@example.org`;
  const [at, until] = [estate.lab.clock.now(), hours === undefined ? Infinity : estate.lab.clock.now() + hours * 3_600_000];
  await estate.decisions.override(asset.id, attribute, value, { reason: 'so', ...(hours !== undefined && { until }) });
  const [row] = await estate.lab.engine.database.read((tx) => tx.query('SELECT st.source AS source, h.external_id AS id FROM assets a JOIN record_heads h ON h.id = a.anchor_record_id JOIN streams st ON st.id = h.stream_id WHERE a.id = ?', [asset.id]));
  decided.pins = [...decided.pins.filter((each) => each.attribute !== attribute || !asset.records.includes(each.anchor)), { anchor: `${row?.['source']}/records/${row?.['id']}`, attribute, value, at, until }];
});

export const unpin = (n: number): Command => command(`unpin(${n})`, async (estate, decided) => {
  const chosen = nth(decided.pins, n);
  const asset = chosen && (await estate.assets()).find(({ records }) => records.includes(chosen.anchor));
  if (!asset) return;
  await estate.decisions.release(asset.id, chosen.attribute, { reason: 'no more' });
  decided.pins = decided.pins.filter((each) => each.attribute !== chosen.attribute || !asset.records.includes(each.anchor));
});

/** Answers an open review in one of the ways that it takes. */
export const answer = (n: number, how: number): Command => command(`answer(${n}, ${how})`, async (estate, decided) => {
  const open = await estate.lab.engine.database.read((tx) => tx.query(`SELECT id, kind, cause FROM reviews WHERE status = 'open' AND EXISTS (SELECT 1 FROM review_records rr WHERE rr.review_id = reviews.id AND rr.done = 0) ORDER BY cause`));
  const review = nth(open, n);
  if (!review) return;
  const as = nth(TAKES[familyOf(review['kind'])], how);
  if (!as) return;
  const records = await estate.lab.engine.database.read((tx) => tx.query('SELECT record_key FROM review_records WHERE review_id = ? AND done = 0', [Number(review['id'])]));
  if ((as === 'merge' || as === 'apart') && records.length < 2) return;
  await estate.reviews.resolve(Number(review['id']), { as, reason: 'decided' });
  if (familyOf(review['kind']) === 'move') decided.judgedMoves.add(review['cause']);
});
