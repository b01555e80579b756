import type { Engine } from '../engine/engine.js';
import { saveTargetState, targetState } from '../database/repositories/push.js';
import { sliceSize } from '../sync/slice-options.js';
import type { Judgement } from '../sync/slice-types.js';
import { evaluatePush } from './evaluate.js';

/**
 * Judges every asset against the targets whose rules are new: a target that was switched on, another list of fields, another
 * mapping. In chunks, each with its place in the same transaction, so that memory does not grow with the model and a kill
 * costs one chunk.
 */
export async function sweepTargets(engine: Engine, { rules, matches }: Judgement): Promise<void> {
  const { push, database } = engine;
  if (!push) return;
  for (const { source, hash } of push.targets.values()) {
    const only = new Set([source.name]);
    for (let done = false; !done;) {
      if (engine.signal.aborted) return;
      done = await database.transaction(async (tx) => {
        const state = await targetState(tx, source.name);
        const [rulesHash, place] = (state.rulesHash ?? '').split('@') as [string, string | undefined];
        if (rulesHash === hash && place === undefined) return true;
        // Under other rules it begins anew.
        const from = rulesHash === hash ? state.sweptTo : 0;
        const rows = await tx.query('SELECT id, seq FROM assets WHERE seq > ? ORDER BY seq LIMIT ?', [from, sliceSize(database)]);
        if (rows.length > 0) await evaluatePush(tx, rows.map((row) => row['id'] as string), { push, classes: rules.identity.classes, matches, now: engine.clock.now(), runId: null, only });
        const isOver = rows.length === 0;
        await saveTargetState(tx, source.name, { ...state, rulesHash: isOver ? hash : `${hash}@`, sweptTo: isOver ? 0 : Number(rows.at(-1)?.['seq'] ?? from) });
        return isOver;
      });
    }
  }
}
