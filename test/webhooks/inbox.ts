import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '../../src/database/database.js';
import { DEDUPE_MS, Inbox, openInbox, type NewDelivery } from '../../src/database/inbox.js';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 20);

export const delivery = (eventId: string, more: Partial<NewDelivery> & { readonly text?: string } = {}): NewDelivery => {
  const { text = `{"id":"${eventId}"}`, ...rest } = more;
  return { source: 'desk', eventId, receivedAt: NOW, delivery: { headers: { 'content-type': 'application/json' }, query: {}, body: Buffer.from(text) }, ...rest };
};

/** The same promises on both sides of the port. */
export function describeInbox(name: string, databaseUrl: (folder: string) => string | Promise<string>): void {
  describe(`inbox on ${name}`, () => {
    let folder: string;
    let url: string;
    let database: Database;
    let inbox: Inbox;
    const reopen = async (): Promise<void> => {
      await inbox.close();
      await database.close();
      database = await Database.open({ url });
      inbox = openInbox(database);
    };
    const events = async (): Promise<string[]> => (await inbox.list({}, 1_000)).map(({ eventId }) => eventId).sort();

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'lockstep-inbox-'));
      url = await databaseUrl(folder);
      database = await Database.open({ url });
      inbox = openInbox(database);
    });
    afterEach(async () => {
      await inbox.close();
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it('loses nothing that it acknowledged when a page of the model is rolled back around it', async () => {
      let taken: string[] = [];
      const page = database.transaction(async (tx) => {
        await tx.execute(`INSERT INTO webhook_sources (source, accepted, pruned_to, missed, missed_since) VALUES ('desk', 1, 0, 0, 0)`);
        taken = await Promise.all(['e1', 'e2', 'e3'].map((event) => inbox.insert(delivery(event))));
        await tx.execute(`UPDATE webhook_sources SET accepted = 2 WHERE source = 'desk'`);
        throw new Error('the page fails');
      });
      await expect(page).rejects.toThrow('the page fails');

      expect(taken).toEqual(['stored', 'stored', 'stored']);
      expect(await database.read((tx) => tx.query('SELECT source FROM webhook_sources'))).toEqual([]);
      await reopen();
      expect(await events()).toEqual(['e1', 'e2', 'e3']);
    });

    it('keeps an event once, by its name or by that of the change, of one turn or of many', async () => {
      expect(await Promise.all([inbox.insert(delivery('e1')), inbox.insert(delivery('e1')), inbox.insert(delivery('e1', { source: 'other' }))])).toEqual(['stored', 'duplicate', 'stored']);
      expect(await inbox.insert(delivery('e1'))).toBe('duplicate');
      expect(await inbox.insert(delivery('e2', { changeId: 'c' }))).toBe('stored');
      expect(await inbox.insert(delivery('e3', { changeId: 'c' }))).toBe('duplicate');
      expect(await Promise.all([inbox.insert(delivery('e4', { changeId: 'd' })), inbox.insert(delivery('e5', { changeId: 'd' }))])).toEqual(['stored', 'duplicate']);
      expect(await events()).toEqual(['e1', 'e1', 'e2', 'e4']);
    });

    it('gives back the very bytes, whatever they are', async () => {
      const bodies = [Buffer.from('{"Zürich":"東京 🗾"}'), Buffer.from([0xff, 0xfe, 0x00, 0x80]), Buffer.alloc(0), Buffer.from('a\u0000b'), Buffer.from('b64'), Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d])];
      for (const [nth, body] of bodies.entries()) await inbox.insert(delivery(`e${nth}`, { delivery: { headers: { 'x-a': 'é' }, query: { q: '1' }, body } }));
      const due = await inbox.due('desk', NOW, 100);
      expect(due.map((each) => Buffer.from(each.delivery.body))).toEqual(bodies);
      expect(due[0]).toMatchObject({ source: 'desk', attempts: 0, receivedAt: NOW, delivery: { headers: { 'x-a': 'é' }, query: { q: '1' } } });
    });

    it('gives those that are due in the order in which they came, and again until it hears what became of them', async () => {
      for (const event of ['e1', 'e2', 'e3', 'e4']) await inbox.insert(delivery(event));
      const [first, second, third, fourth] = (await inbox.due('desk', NOW, 10)).map(({ id }) => id) as [number, number, number, number];
      expect((await inbox.due('desk', NOW, 2)).map(({ id }) => id)).toEqual([first, second]);

      await inbox.end([{ id: first, state: 'done' }, { id: second, state: 'quarantined', reason: 'no JSON' }, { id: third, state: 'waiting', notBefore: NOW + 5_000, looked: true, reason: 'not there' }], NOW);

      expect((await inbox.due('desk', NOW, 10)).map(({ id }) => id)).toEqual([fourth]);
      expect((await inbox.due('desk', NOW + 5_000, 10)).map(({ id, attempts }) => [id, attempts])).toEqual([[fourth, 0], [third, 1]]);
      expect(await inbox.open()).toEqual(new Map([['desk', { waiting: 2, quarantined: 1, oldestWaitingAt: NOW }]]));
      expect(await inbox.nextDue('desk')).toBe(NOW);
      expect(await inbox.list({ state: 'quarantined' }, 10)).toMatchObject([{ id: second, reason: 'no JSON' }]);
      expect(await inbox.release([second, fourth], NOW)).toBe(1);
      expect((await inbox.due('desk', NOW, 10)).map(({ id }) => id)).toEqual([second, fourth]);
    });

    it('prunes what is over, never past what waits, and knows names for seven days', async () => {
      for (const event of ['e1', 'e2', 'e3', 'e4']) await inbox.insert(delivery(event, { changeId: `c-${event}` }));
      const ids = (await inbox.due('desk', NOW, 10)).map(({ id }) => id);
      await inbox.end([0, 1, 3].map((nth) => ({ id: ids[nth] as number, state: 'done' as const })), NOW);

      expect(await inbox.prunable('desk', NOW, 10)).toBeUndefined();
      expect(await inbox.prunable('desk', NOW + 1, 10)).toEqual({ count: 2, toId: ids[1], lastAt: NOW });
      expect(await inbox.remove('desk', ids[1] as number)).toBe(2);
      expect(await events()).toEqual(['e3', 'e4']);
      expect(await inbox.countAfter('desk', ids[1] as number)).toBe(2);

      const later = NOW + DEDUPE_MS + DAY;
      expect(await inbox.insert(delivery('e4', { receivedAt: later }))).toBe('duplicate');
      await inbox.forgetNames('desk', later - DEDUPE_MS);
      await inbox.forgetNames('desk', later - DEDUPE_MS);
      expect(await inbox.insert(delivery('e4', { changeId: 'c-e4', receivedAt: later }))).toBe('stored');
      expect(await inbox.insert(delivery('e3', { receivedAt: later }))).toBe('duplicate');
    });

    it('holds more than one commit takes', async () => {
      const kept = await Promise.all(Array.from({ length: 2_500 }, (_, nth) => inbox.insert(delivery(`e${nth % 2_400}`))));
      expect(kept.filter((each) => each === 'stored')).toHaveLength(2_400);
      expect(await inbox.countAfter('desk', 0)).toBe(2_400);
    });
  });
}
