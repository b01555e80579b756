import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '../../src/database/database.js';
import { openInbox } from '../../src/database/inbox.js';
import { productFolder } from '../support/child/children.js';
import { isTimeUp, progress, seedOf, sizeOf } from '../support/child/sizes.js';
import { randomOf } from '../support/child/world.js';
import { HOOK_TOKEN, startIntake, writeIntakeConfig } from '../support/intake-process.js';

/** Senders at once. */
const SENDERS = 16;

describe('kill -9 under webhook load', () => {
  const kills = sizeOf('LOCKSTEP_CRASH_INTAKE', 20);
  const seed = seedOf('kill intake');
  const random = randomOf(seed);

  it('loses no delivery that got its 2xx', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-intake-'));
    const config = writeIntakeConfig(folder);
    const sent = new Set<string>();
    const acknowledged = new Set<string>();
    for (let nth = 1; nth <= kills && (nth === 1 || !isTimeUp()); nth++) {
      const child = await startIntake(productFolder(), config);
      const killAt = acknowledged.size + 1 + Math.floor(random() * 400);
      let dead: Promise<void> | undefined;
      const sender = async (): Promise<void> => {
        while (dead === undefined) {
          const event = `e${sent.size}`;
          sent.add(event);
          const status = await fetch(`http://127.0.0.1:${child.port}/webhooks/desk`, { method: 'POST', headers: { 'x-lockstep-token': HOOK_TOKEN }, body: JSON.stringify({ event_id: event, table: 'cmdb_ci_server', sys_id: event, note: 'x'.repeat(500) }) }).then((answer) => answer.status, () => undefined);
          // an answer that came after the kill was sent before it
          if (status === 202) acknowledged.add(event);
          else if (status !== undefined) throw new Error(`answered ${status}`);
          if (acknowledged.size >= killAt) dead ??= child.kill();
          if (status === undefined && dead === undefined) throw new Error('the intake ended by itself');
        }
      };
      await Promise.all(Array.from({ length: SENDERS }, sender));
      await dead;

      const database = await Database.open({ url: `sqlite:${join(folder, 'lockstep.db')}` });
      const inbox = openInbox(database);
      const kept: string[] = [];
      for (let before: number | undefined; ;) {
        const rows = await inbox.list({ ...(before !== undefined && { before }) }, 1_000);
        if (rows.length === 0) break;
        kept.push(...rows.map(({ eventId }) => eventId.replace(/^id:/, '')));
        before = rows.at(-1)?.id;
      }
      await inbox.close();
      await database.close();
      const rows = new Set(kept);
      expect({ seed, nth, lost: [...acknowledged].filter((event) => !rows.has(event)), twice: kept.length - rows.size, unsent: kept.filter((event) => !sent.has(event)) }).toEqual({ seed, nth, lost: [], twice: 0, unsent: [] });
      // each sender has at most one delivery whose answer was lost
      expect(rows.size - acknowledged.size).toBeLessThanOrEqual(nth * SENDERS);
      progress('kill intake', nth, kills);
    }
    expect(acknowledged.size).toBeGreaterThan(0);
    rmSync(folder, { recursive: true, force: true });
  });
});
