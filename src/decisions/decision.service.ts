import { ATTRIBUTES, HOLDS, LIFECYCLE_STAGES, type AttributeType, type AttributeValue, type Hold, type LifecycleStage } from '../../connectors/sdk/contract/index.js';
import { day, email, integer, list, text } from '../../connectors/sdk/mapping/index.js';
import { liftHold, stageGraph } from '../core/lifecycle/index.js';
import { allOne, type Constraint, type Move, type RecordKey } from '../core/model/index.js';
import type { Engine } from '../engine/engine.js';
import { loadAssets } from '../database/repositories/assets.js';
import { appendAudit } from '../database/repositories/audit.js';
import { addConstraints, addOverride, addPersonHold, liftPersonHolds, loadConstraints, loadOverrides, loadPersonHolds, releaseConstraints, releaseOverrides, saveMoves } from '../database/repositories/decisions.js';
import { bodiesOf, saveBodies } from '../database/repositories/records.js';
import { selectIn, type Tx } from '../database/tx.js';
import { judgementOf } from '../sync/judgement.js';
import { storeSlice } from '../sync/slice-store.js';
import type { AssetCounts, Judgement } from '../sync/slice-types.js';
import { findAsset } from './find-asset.js';
import { DecisionRefusedError } from './refused.js';

export { DecisionRefusedError };

export interface DecisionResult {
  readonly formatVersion: 1;
  /** The assets that the decision left, the kept one first. */
  readonly assets: readonly string[];
  readonly changed: AssetCounts;
}

interface Member {
  readonly id: number;
  readonly key: RecordKey;
}

/** What people decide of assets: kept between records, audited, and an input of every later resolve. */
export class DecisionService {
  private readonly judgement: Judgement;
  /** `precondition`: throws where what was decided upon has changed since; runs first, in the decision's own transaction. */
  constructor(private readonly engine: Engine, private readonly precondition?: (tx: Tx) => Promise<void>) {
    this.judgement = judgementOf(engine);
  }

  /** Joins assets for good: whatever the values of their records say, now and later, these are one. */
  async merge(wanted: readonly string[], { reason }: { readonly reason: string }): Promise<DecisionResult> {
    return this.decide(async (tx, now) => {
      const ids = [...new Set(await inTurn(wanted, (each) => findAsset(tx, each)))];
      if (ids.length < 2) throw new DecisionRefusedError('a merge needs two different assets', 'name both, by id, `kind:value` or a bare identifier');
      const members = await membersOf(tx, ids);
      const all = ids.flatMap((id) => members.get(id) ?? []);
      await this.liftCannotLinks(tx, all.map((member) => member.key), now);
      const links = allOne(all.map((member) => member.key));
      await addConstraints(tx, links, this.engine.actor, reason, now);
      const changed = await this.judgeAgain(tx, all, now);
      await appendAudit(tx, { at: now, actor: this.engine.actor, action: 'assets.merge', subject: ids, after: links, reason });
      return { formatVersion: 1, assets: await assetsOf(tx, all), changed };
    });
  }

  /** Parts records from an asset: none of them may be linked with any that stays. */
  async split(asset: string, keys: readonly RecordKey[], { reason }: { readonly reason: string }): Promise<DecisionResult> {
    return this.decide(async (tx, now) => {
      const id = await findAsset(tx, asset);
      const members = (await membersOf(tx, [id])).get(id) ?? [];
      const leaving = members.filter((member) => keys.includes(member.key));
      const unknown = keys.filter((key) => !members.some((member) => member.key === key));
      if (unknown.length > 0) throw new DecisionRefusedError(`asset ${id} has no record ${unknown.join(', ')}`, `its records are: ${members.map((member) => member.key).join(', ')}`);
      const staying = members.filter((member) => !keys.includes(member.key));
      if (leaving.length === 0 || staying.length === 0) throw new DecisionRefusedError('a split needs records that leave and records that stay', `name some, not all, of: ${members.map((member) => member.key).join(', ')}`);
      await this.liftMustLinks(tx, leaving.map((member) => member.key), staying.map((member) => member.key), now);
      const bars = leaving.flatMap((a) => staying.map((b): Constraint => ({ kind: 'cannot_link', a: a.key, b: b.key })));
      const together = leaving.slice(1).map((member): Constraint => ({ kind: 'must_link', a: (leaving[0] as Member).key, b: member.key }));
      await addConstraints(tx, [...bars, ...together], this.engine.actor, reason, now);
      const changed = await this.judgeAgain(tx, members, now);
      await appendAudit(tx, { at: now, actor: this.engine.actor, action: 'assets.split', subject: { asset: id, records: leaving.map((member) => member.key) }, after: bars, reason });
      return { formatVersion: 1, assets: [...new Set([...(await assetsOf(tx, staying)), ...(await assetsOf(tx, leaving))])], changed };
    });
  }

  /** Pins a value until it is released or ends. */
  async override(asset: string, attribute: string, value: string, { reason, until }: { readonly reason: string; readonly until?: number }): Promise<DecisionResult> {
    return this.decide(async (tx, now) => {
      const id = await findAsset(tx, asset);
      const pinned = this.valueOf(attribute, value);
      if (until !== undefined && until <= now) throw new DecisionRefusedError('the end of the override lies in the past', 'give --until a later day or instant');
      const members = (await membersOf(tx, [id])).get(id) ?? [];
      const before = await this.releaseOf(tx, members, attribute, now);
      const anchor = (await loadAssets(tx, [id])).get(id)?.anchorId as number;
      await addOverride(tx, anchor, { attribute, value: pinned, by: this.engine.actor, reason, at: now, ...(until !== undefined && { until }) });
      const changed = await this.judgeAgain(tx, members, now, [id]);
      await appendAudit(tx, { at: now, actor: this.engine.actor, action: 'assets.override', subject: { asset: id, attribute }, ...(before.length > 0 && { before: before.map((each) => each.value) }), after: pinned, reason });
      return { formatVersion: 1, assets: [id], changed };
    });
  }

  async release(asset: string, attribute: string, { reason }: { readonly reason: string }): Promise<DecisionResult> {
    return this.decide(async (tx, now) => {
      const id = await findAsset(tx, asset);
      const members = (await membersOf(tx, [id])).get(id) ?? [];
      const released = await this.releaseOf(tx, members, attribute, now);
      if (released.length === 0) throw new DecisionRefusedError(`asset ${id} has no override of ${attribute}`, `see \`lockstep assets explain ${id}\``);
      const changed = await this.judgeAgain(tx, members, now, [id]);
      await appendAudit(tx, { at: now, actor: this.engine.actor, action: 'assets.release', subject: { asset: id, attribute }, before: released.map((each) => each.value), reason });
      return { formatVersion: 1, assets: [id], changed };
    });
  }

  /** A person's move: it counts like any other from now on, and a later one elsewhere outranks it. Refused where the life cycle has no such way. */
  async transition(asset: string, stage: string, { reason, evidence }: { readonly reason: string; readonly evidence?: string }): Promise<DecisionResult> {
    const to = this.valueOf('stage', stage) as LifecycleStage;
    return this.decide(async (tx, now) => {
      const id = await findAsset(tx, asset);
      const before = (await loadAssets(tx, [id])).get(id);
      if (!before) throw new DecisionRefusedError(`asset ${id} is gone`, 'see `lockstep assets list`');
      if (before.state.stage === to) throw new DecisionRefusedError(`asset ${id} is ${to} already`, `see \`lockstep assets history ${id} --attribute stage\``);
      const move: Move = { origin: { kind: 'person', name: this.engine.actor }, anchor: before.state.anchor, to, at: now, reason, ...(evidence !== undefined && { evidence }) };
      await saveMoves(tx, [move], () => before.anchorId, null, now);
      const members = (await membersOf(tx, [id])).get(id) ?? [];
      const changed = await this.judgeAgain(tx, members, now, [id]);
      const after = (await loadAssets(tx, [id])).get(id);
      if (after?.state.stage !== to) throw await this.refusedMove(tx, before.anchorId, before.state.stage, to, after?.state.stage);
      await appendAudit(tx, { at: now, actor: this.engine.actor, action: 'assets.transition', subject: { asset: id }, before: before.state.stage, after: { stage: to, ...(evidence !== undefined && { evidence }) }, reason });
      return { formatVersion: 1, assets: [id], changed };
    });
  }

  /** Said from the review that the move opened, which goes back with the transaction. */
  private async refusedMove(tx: Tx, anchorId: number, from: LifecycleStage, to: LifecycleStage, now: LifecycleStage | undefined): Promise<DecisionRefusedError> {
    const [review] = await tx.query(`SELECT r.because AS because FROM reviews r JOIN review_records rr ON rr.review_id = r.id WHERE r.status = 'open' AND r.kind IN ('illegal_move', 'guarded_move', 'flapping') AND rr.record_id = ? ORDER BY r.id DESC LIMIT 1`, [anchorId]);
    if (now !== undefined && now !== from) return new DecisionRefusedError(`the asset would be ${now}, not ${to}: a rule or a pin decides otherwise`, 'see `lockstep assets explain`; `lockstep assets override` pins a stage');
    const legal = LIFECYCLE_STAGES.filter((each) => each !== from && stageGraph(this.judgement.rules.lifecycle).isLegal(from, each));
    return new DecisionRefusedError(`from ${from} the asset cannot move to ${to}${review ? `: ${String(review['because'])}` : ''}`, to === 'disposed' ? 'a disposal needs its reference: --evidence' : `from ${from} it can move to ${legal.join(', ')}; lifecycle.transitions.add admits others`);
  }

  /** Sets or lifts a hold of a person's. A legal one is lifted by a person only, wherever it was stated. */
  async hold(asset: string, hold: string, { reason, lift }: { readonly reason: string; readonly lift: boolean }): Promise<DecisionResult> {
    if (!(HOLDS as readonly string[]).includes(hold)) throw new DecisionRefusedError(`"${hold}" is no hold`, `one of: ${HOLDS.join(', ')}`);
    return this.decide(async (tx, now) => {
      const id = await findAsset(tx, asset);
      const members = (await membersOf(tx, [id])).get(id) ?? [];
      const keyOf = new Map(members.map((member) => [member.id, member.key]));
      const standing = (await loadPersonHolds(tx, [...keyOf.keys()], (each) => keyOf.get(each))).filter((each) => each.hold === hold);
      const stored = (await loadAssets(tx, [id])).get(id);
      const held = stored?.state.holds.includes(hold as Hold) ?? false;
      if (lift && !held) throw new DecisionRefusedError(`asset ${id} is under no ${hold} hold`, `see \`lockstep assets show ${id}\``);
      if (!lift && standing.length > 0) throw new DecisionRefusedError(`asset ${id} is under a ${hold} hold already`, `see \`lockstep assets show ${id}\``);
      if (lift) {
        await liftPersonHolds(tx, [...keyOf.keys()], hold as Hold, now);
        await this.liftReadHold(tx, members, hold as Hold);
      } else await addPersonHold(tx, stored?.anchorId as number, { hold: hold as Hold, by: this.engine.actor, reason, at: now });
      const changed = await this.judgeAgain(tx, members, now, [id]);
      await appendAudit(tx, { at: now, actor: this.engine.actor, action: lift ? 'assets.lift_hold' : 'assets.hold', subject: { asset: id }, after: hold, reason });
      return { formatVersion: 1, assets: [id], changed };
    });
  }

  /** A hold that sources go on stating: the person's word stands against each record that does. */
  private async liftReadHold(tx: Tx, members: readonly Member[], hold: Hold): Promise<void> {
    const bodies = await bodiesOf(tx, members.map((member) => member.id));
    await saveBodies(tx, [...bodies].filter(([, body]) => body.holds?.includes(hold)).map(([id, body]) => {
      const { holds: _holds, holdsSince: _since, holdsLifted: _lifted, ...rest } = body;
      return { id, body: { ...rest, ...liftHold(body, hold) } };
    }));
  }

  private async decide(work: (tx: Tx, now: number) => Promise<DecisionResult>): Promise<DecisionResult> {
    return this.engine.database.transaction(async (tx) => {
      await this.precondition?.(tx);
      return work(tx, this.engine.clock.now());
    });
  }

  private async judgeAgain(tx: Tx, members: readonly Member[], now: number, touched: readonly string[] = []): Promise<AssetCounts> {
    const result = await storeSlice(tx, [], this.judgement, { guard: false, firstLoad: false, cause: { kind: 'person', person: this.engine.actor }, runId: null, source: null, now, rejudge: members.map((member) => member.id), touched });
    return result.assets;
  }

  private async liftCannotLinks(tx: Tx, keys: readonly RecordKey[], now: number): Promise<void> {
    const among = new Set(keys);
    const barred = (await loadConstraints(tx, keys)).filter((each) => each.kind === 'cannot_link' && among.has(each.a) && among.has(each.b));
    await releaseConstraints(tx, barred.map((each) => each.id), now);
  }

  private async liftMustLinks(tx: Tx, left: readonly RecordKey[], right: readonly RecordKey[], now: number): Promise<void> {
    const [a, b] = [new Set(left), new Set(right)];
    const crossing = (await loadConstraints(tx, left)).filter((each) => each.kind === 'must_link' && ((a.has(each.a) && b.has(each.b)) || (a.has(each.b) && b.has(each.a))));
    await releaseConstraints(tx, crossing.map((each) => each.id), now);
  }

  private async releaseOf(tx: Tx, members: readonly Member[], attribute: string, now: number) {
    const keyOf = new Map(members.map((member) => [member.id, member.key]));
    const standing = (await loadOverrides(tx, [...keyOf.keys()], (id) => keyOf.get(id))).filter((each) => each.attribute === attribute);
    await releaseOverrides(tx, standing.map((each) => each.id), now);
    return standing;
  }

  /** As the attribute's type wants it; an empty text pins "known to be empty". */
  private valueOf(attribute: string, value: string): AttributeValue | null {
    if (value === '') return null;
    if (attribute === 'stage') {
      if ((LIFECYCLE_STAGES as readonly string[]).includes(value)) return value;
      throw new DecisionRefusedError(`"${value}" is no life cycle stage`, `one of: ${LIFECYCLE_STAGES.join(', ')}`);
    }
    if (attribute === 'class') {
      if (Object.hasOwn(this.judgement.rules.identity.classes, value)) return value;
      throw new DecisionRefusedError(`"${value}" is no class`, `one of: ${Object.keys(this.judgement.rules.identity.classes).join(', ')}`);
    }
    const type = (ATTRIBUTES as Record<string, AttributeType>)[attribute];
    const typed = typedText(value, type ?? 'text');
    if (typed === undefined) throw new DecisionRefusedError(`"${value}" is no value of ${attribute}`, `${attribute} takes ${type === 'day' ? 'a day such as 2027-01-31' : type === 'integer' || type === 'minor' ? 'a whole number' : type === 'tags' ? 'key=value pairs separated by commas' : 'a text'}`);
    return typed;
  }
}

function typedText(value: string, type: AttributeType): AttributeValue | undefined {
  switch (type) {
    case 'integer':
    case 'minor': return integer(value);
    case 'day': return day(value);
    case 'email': return email(value) ?? text(value);
    case 'list': return list(value);
    case 'tags': {
      const pairs = value.split(',').map((pair) => pair.split('='));
      return pairs.every((pair) => pair.length === 2) ? Object.fromEntries(pairs.map(([key, each]) => [(key as string).trim(), (each as string).trim()])) : undefined;
    }
    default: return text(value);
  }
}

async function inTurn<A, B>(list: readonly A[], work: (item: A) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  for (const item of list) results.push(await work(item));
  return results;
}

/** By asset: its records, the anchor first. */
export async function membersOf(tx: Tx, assetIds: readonly string[]): Promise<Map<string, Member[]>> {
  const rows = await selectIn(tx, `SELECT h.id AS id, h.asset_id AS asset_id, h.external_id AS external_id, st.source AS source, st.name AS name, a.anchor_record_id AS anchor FROM record_heads h JOIN streams st ON st.id = h.stream_id JOIN assets a ON a.id = h.asset_id WHERE h.asset_id IN (?)`, assetIds);
  const byAsset = new Map<string, Member[]>();
  for (const row of rows.sort((a, b) => Number(b['id'] === b['anchor']) - Number(a['id'] === a['anchor']) || Number(a['id']) - Number(b['id']))) {
    byAsset.set(row['asset_id'], [...(byAsset.get(row['asset_id']) ?? []), { id: Number(row['id']), key: `${row['source']}/${row['name']}/${row['external_id']}` }]);
  }
  return byAsset;
}

async function assetsOf(tx: Tx, members: readonly Member[]): Promise<string[]> {
  const rows = await selectIn(tx, 'SELECT DISTINCT h.asset_id AS id, a.seq AS seq FROM record_heads h JOIN assets a ON a.id = h.asset_id WHERE h.id IN (?)', members.map((member) => member.id));
  return rows.sort((a, b) => Number(a['seq']) - Number(b['seq'])).map((row) => row['id'] as string);
}
