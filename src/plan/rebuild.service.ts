import type { Engine } from '../engine/engine.js';
import { loadRecords, saveBodies, saveIdentifiers } from '../database/repositories/records.js';
import { loadStreams } from '../database/repositories/streams.js';
import { canonicalJson } from '../sync/canonical-json.js';
import { judgementOf } from '../sync/judgement.js';
import { sliceSize } from '../sync/slice-options.js';
import { storeSlice } from '../sync/slice-store.js';
import type { Judgement } from '../sync/slice-types.js';
import { remarked, walkModel, type Part } from './walk.js';

export interface Difference {
  readonly asset: string;
  readonly kind: 'value' | 'identity' | 'stage' | 'class' | 'review';
  readonly attribute?: string;
  readonly stored: unknown;
  readonly computed: unknown;
}

export interface RebuildReport {
  readonly formatVersion: 1;
  readonly assets: number;
  readonly differences: readonly Difference[];
}

/** The canonical model is a function of what is stored: computed again, it comes out the same. */
export class RebuildService {
  private readonly judgement: Judgement;
  constructor(private readonly engine: Engine) {
    this.judgement = judgementOf(engine);
  }

  /** Compares, each asset at the instant at which it was resolved last; writes nothing. */
  async verify(): Promise<RebuildReport> {
    const differences: Difference[] = [];
    let assets = 0;
    await walkModel(this.engine.database, this.judgement, this.engine.clock.now(), (part) => {
      assets += part.surroundings.assets.size;
      differences.push(...differencesOf(part));
    });
    const [orphans] = await this.engine.database.read((tx) => tx.query('SELECT COUNT(*) AS n FROM assets a WHERE NOT EXISTS (SELECT 1 FROM record_heads h WHERE h.asset_id = a.id)'));
    if (Number(orphans?.['n'] ?? 0) > 0) differences.push({ asset: '', kind: 'identity', stored: `${orphans?.['n']} assets without a record`, computed: 'none' });
    return { formatVersion: 1, assets, differences };
  }

  /** Resolves every asset again under the present rules and writes what differs. */
  async rebuild(): Promise<RebuildReport> {
    const { engine } = this;
    const before = await lastChange(engine);
    let assets = 0;
    for (let after = 0; ;) {
      engine.signal.throwIfAborted(); // each slice is whole: the next rebuild finds the rest
      const rows = await engine.database.read((tx) => tx.query(`SELECT id FROM record_heads WHERE kind = 'asset' AND state NOT IN ('pending', 'withdrawn') AND id > ? ORDER BY id LIMIT ?`, [after, sliceSize(engine.database)]));
      if (rows.length === 0) break;
      const ids = rows.map((row) => Number(row['id']));
      after = ids.at(-1) as number;
      assets += await this.rebuildSlice(ids);
    }
    const changes = await engine.database.read((tx) => tx.query('SELECT * FROM changes WHERE seq > ? ORDER BY seq', [before]));
    return {
      formatVersion: 1, assets,
      differences: changes.map((row) => ({
        asset: row['asset_id'], kind: row['attribute'] === 'stage' ? 'stage' : row['attribute'] === 'class' ? 'class' : ['created', 'merged', 'split', 'withdrawn'].includes(row['attribute']) ? 'identity' : 'value',
        attribute: row['attribute'], stored: JSON.parse(row['before_value'] ?? 'null'), computed: JSON.parse(row['after_value'] ?? 'null'),
      })),
    };
  }

  private async rebuildSlice(ids: readonly number[]): Promise<number> {
    const { engine, judgement } = this;
    return engine.database.transaction(async (tx) => {
      const now = engine.clock.now();
      const streams = await loadStreams(tx);
      const stored = await loadRecords(tx, ids, streams);
      const changed = stored.flatMap((each) => { const again = remarked(each, judgement); return again ? [{ each, again }] : []; });
      await saveBodies(tx, changed.map(({ each, again }) => ({ id: each.head.id, body: again.body })));
      await saveIdentifiers(tx, changed.map(({ each, again }) => ({ id: each.head.id, streamId: each.head.streamId, before: each.record, after: again.record })));
      const assets = [...new Set(stored.flatMap((each) => each.head.assetId ?? []))];
      await storeSlice(tx, [], judgement, { guard: false, firstLoad: false, cause: { kind: 'rebuild' }, runId: null, source: null, now, rejudge: ids, touched: assets });
      return assets.length;
    });
  }
}

export async function lastChange(engine: Pick<Engine, 'database'>): Promise<number> {
  const [row] = await engine.database.read((tx) => tx.query('SELECT MAX(seq) AS seq FROM changes'));
  return Number(row?.['seq'] ?? 0);
}

function differencesOf({ plan }: Part): Difference[] {
  const differences: Difference[] = plan.changes.map((change) => ({
    asset: change.assetId, kind: change.attribute === 'stage' ? 'stage' : change.attribute === 'class' ? 'class' : ['created', 'merged', 'split', 'withdrawn'].includes(change.attribute) ? 'identity' : 'value',
    attribute: change.attribute, stored: change.before, computed: change.after,
  }));
  const told = new Set(plan.changes.map((change) => change.assetId));
  for (const { before, after, same } of plan.assets) {
    if (before && !same && !told.has(after.id) && !isMerelyEarly(before, after)) differences.push({ asset: after.id, kind: 'value', attribute: unequalPart(before, after), stored: summary(before), computed: summary(after) });
  }
  for (const { key, assetId } of plan.memberships) if (!told.has(assetId)) differences.push({ asset: assetId, kind: 'identity', stored: `${key} elsewhere`, computed: `${key} here` });
  for (const move of plan.ruleMoves) differences.push({ asset: move.anchor, kind: 'stage', attribute: 'moves', stored: null, computed: { to: move.to, at: move.at, rule: move.origin } });
  return differences;
}

/** Confirmation moves the instant at which a claim turns stale without touching the asset: looking too early does no harm, too late would. */
function isMerelyEarly(before: State, after: State): boolean {
  if (before.nextDueAt === undefined || before.nextDueAt >= (after.nextDueAt ?? Infinity)) return false;
  return unequalPart({ ...before, nextDueAt: after.nextDueAt }, after) === 'flags' && canonicalJson(before.flags) === canonicalJson(after.flags);
}

type State = NonNullable<Part['plan']['assets'][number]['before']>;
const unequalPart = (a: State, b: State): string => (a.ownStage !== b.ownStage ? 'own_stage' : a.stageSince !== b.stageSince ? 'stage_since' : a.nextDueAt !== b.nextDueAt ? 'next_due_at' : a.anchor !== b.anchor ? 'anchor' : 'flags');
const summary = ({ ownStage, stageSince, nextDueAt, flags, anchor }: State) => ({ ownStage, stageSince, nextDueAt: nextDueAt ?? null, flags, anchor });
