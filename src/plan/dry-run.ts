import type { EngineOptions } from '../engine/engine.js';
import { OutboxService, type OwedDocument } from '../push/outbox.service.js';
import { sweepTargets } from '../push/sweep.js';
import { resolveDue } from '../sync/due.js';
import { judgementOf } from '../sync/judgement.js';
import { onScratch } from './scratch.js';

/** What a push would find owed, on a copy that is thrown away: no target is asked, nothing is written. */
export function dryRun(options: EngineOptions, targets: readonly string[]): Promise<OwedDocument[]> {
  return onScratch(options, async (engine) => {
    const judgement = judgementOf(engine);
    await resolveDue(engine, judgement);
    await sweepTargets(engine, judgement);
    const owed: OwedDocument[] = [];
    for await (const document of new OutboxService(engine).list({ targets })) owed.push(document);
    return owed;
  });
}
