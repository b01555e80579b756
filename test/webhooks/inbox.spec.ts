import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '../../src/database/database.js';
import { InboxFullError, openInbox } from '../../src/database/inbox.js';
import { delivery, describeInbox } from './inbox.js';

describeInbox('SQLite', (folder) => `sqlite:${join(folder, 'lockstep.db')}`);

describe('the file of the inbox', () => {
  let folder: string;
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'lockstep-inbox-')); });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('stands beside the database, in a journal that survives a power cut', async () => {
    const database = await Database.open({ url: `sqlite:${join(folder, 'lockstep.db')}` });
    const inbox = openInbox(database);
    const place = (inbox as unknown as { place: { raw: { pragma(text: string, options: object): unknown } } }).place;

    // NORMAL (1) survives kill -9 as well, so no kill test would notice it
    expect([place.raw.pragma('synchronous', { simple: true }), place.raw.pragma('journal_mode', { simple: true })]).toEqual([2, 'wal']);
    expect(existsSync(join(folder, 'lockstep.db.inbox'))).toBe(true);
    await inbox.insert(delivery('e1'));
    expect(await inbox.backupTo(join(folder, 'copy.inbox'))).toBe(true);
    await inbox.close();
    await database.close();
    expect(existsSync(join(folder, 'copy.inbox'))).toBe(true);
  });

  it('is read beside a running service, and is empty where nothing was ever delivered', async () => {
    const url = `sqlite:${join(folder, 'lockstep.db')}`;
    const database = await Database.open({ url });
    const reader = await Database.open({ url, readonly: true });
    const before = openInbox(reader);
    expect(await before.arrivals('desk', 1)).toEqual([]);
    await before.close();
    expect(existsSync(join(folder, 'lockstep.db.inbox'))).toBe(false);

    const inbox = openInbox(database);
    await inbox.insert(delivery('e1'));
    const beside = openInbox(reader);
    expect(await beside.arrivals('desk', 1)).toHaveLength(1);
    await expect(beside.insert(delivery('e2'))).rejects.toThrow();
    for (const each of [beside, inbox, reader, database]) await each.close();
  });

  it('refuses what it cannot hold, and takes the rest', async () => {
    const database = await Database.open({ url: 'sqlite::memory:' });
    const inbox = openInbox(database, { deliveries: 10, bytes: 1_000 });
    const big = 'a'.repeat(600);
    const answers = await Promise.allSettled(['e1', 'e2', 'e3'].map((event) => inbox.insert(delivery(event, { text: big }))));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect((answers[2] as PromiseRejectedResult).reason).toBeInstanceOf(InboxFullError);
    expect(await inbox.insert(delivery('e4'))).toBe('stored');
    await inbox.close();
    await database.close();
  });
});
