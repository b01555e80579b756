import type { Engine } from '../engine/engine.js';
import { sliceSize } from './slice-options.js';
import { storeSlice } from './slice-store.js';
import { NO_ASSETS, plusAssets, type AssetCounts, type Judgement } from './slice-types.js';

/**
 * Resolves what time alone has made due: claims that turn stale, overrides that end, rules whose hour has come. Without a
 * service every sync does this first.
 */
export async function resolveDue(engine: Engine, judgement: Judgement): Promise<AssetCounts> {
  let counts = NO_ASSETS;
  const now = engine.clock.now();
  for (;;) {
    const due = await engine.database.read((tx) => tx.query('SELECT id FROM assets WHERE next_due_at IS NOT NULL AND next_due_at <= ? ORDER BY seq LIMIT ?', [now, sliceSize(engine.database)]));
    if (due.length === 0) return counts;
    const ids = due.map((row) => row['id'] as string);
    const result = await engine.database.transaction((tx) => storeSlice(tx, [], judgement, { guard: false, firstLoad: false, cause: { kind: 'due' }, runId: null, source: null, now, touched: ids }));
    counts = plusAssets(counts, result.assets);
    // An asset that is still due at this instant would be found for ever: its next instant must lie ahead.
    const still = await engine.database.read((tx) => tx.query(`SELECT id FROM assets WHERE next_due_at <= ? AND id IN (${ids.map(() => '?').join(',')})`, [now, ...ids]));
    if (still.length > 0) throw new Error(`asset ${String(still[0]?.['id'])} stays due after it was resolved`);
  }
}
