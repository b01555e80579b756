import { contradictionsOf, type Contradiction } from '../core/lifecycle/index.js';
import type { Engine } from '../engine/engine.js';
import { assetsPage } from '../database/repositories/assets.js';
import { idsOfAssets, loadRecords } from '../database/repositories/records.js';
import { loadStreams } from '../database/repositories/streams.js';
import { instant } from './instants.js';

/** One line of `report contradictions --json`. */
export type ContradictionDocument = Omit<Contradiction, 'at'> & { readonly asset: string; readonly name: string | null; readonly class: string | null; readonly stage: string; readonly stageSince: string | null; readonly at: string };

const PAGE = 200;

/** Assets whose stage what is observed speaks against, page by page. */
export class ContradictionQueries {
  constructor(private readonly engine: Engine) {}

  async *list(silentAfterMs: number): AsyncIterable<ContradictionDocument> {
    const asOf = this.engine.clock.now();
    for (let after = 0; ;) {
      const { assets, byAsset } = await this.engine.database.read(async (tx) => {
        const page = await assetsPage(tx, after, PAGE);
        const ids = page.map(({ state }) => state.id);
        const groups = new Map<string, Awaited<ReturnType<typeof loadRecords>>[number]['record'][]>();
        for (const { head, record } of await loadRecords(tx, await idsOfAssets(tx, ids), await loadStreams(tx))) if (head.assetId !== null) groups.set(head.assetId, [...(groups.get(head.assetId) ?? []), record]);
        return { assets: page, byAsset: groups };
      });
      if (assets.length === 0) return;
      for (const { state } of assets) {
        for (const found of contradictionsOf({ stage: state.stage, since: state.stageSince, records: byAsset.get(state.id) ?? [] }, asOf, silentAfterMs)) {
          yield { ...found, at: instant(found.at), asset: state.id, name: typeof state.attributes['name'] === 'string' ? state.attributes['name'] : null, class: state.assetClass ?? null, stage: state.stage, stageSince: state.stageSince === null ? null : instant(state.stageSince) };
        }
      }
      after = assets.at(-1)?.state.seq ?? after;
    }
  }
}
