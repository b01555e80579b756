import { DEDUPE_MS, type Inbox } from '../database/inbox.js';
import { loadWebhook, saveWebhook } from '../database/repositories/webhooks.js';
import type { Engine } from '../engine/engine.js';

/** Rows of the inbox that go together. */
const CHUNK = 2_000;

/** What is over and older than `retention.inbox`, in chunks. Its number is kept first; killed in between, nothing is counted twice. How many went. */
export async function pruneInbox(engine: Engine, inbox: Inbox): Promise<number> {
  const now = engine.clock.now();
  const before = now - Math.max(engine.config.retention.inboxMs, DEDUPE_MS);
  let removed = 0;
  for (const source of await inbox.sources()) {
    await inbox.forgetNames(source, now - DEDUPE_MS);
    const { prunedTo } = await engine.database.read((tx) => loadWebhook(tx, source));
    if (prunedTo > 0) removed += await inbox.remove(source, prunedTo);
    for (let batch = await inbox.prunable(source, before, CHUNK); batch && !engine.signal.aborted; batch = await inbox.prunable(source, before, CHUNK)) {
      const { count, toId, lastAt } = batch;
      await engine.database.transaction(async (tx) => {
        const row = await loadWebhook(tx, source);
        await saveWebhook(tx, source, { ...row, accepted: row.accepted + count, prunedTo: toId, lastAt: Math.max(row.lastAt ?? 0, lastAt) });
      });
      removed += await inbox.remove(source, toId);
    }
  }
  return removed;
}
