import { NoticeService } from '../../src/notifications/notice.service.js';
import { createTestDatabase, type TestDatabase } from '../support/mariadb.js';
import { Tools } from '../support/tools.js';

/** The same statements on MariaDB: looked at by two at once, sent once. */
describe('notices on MariaDB', () => {
  let database: TestDatabase;
  let bench: Tools;
  beforeAll(async () => {
    database = await createTestDatabase();
    bench = await Tools.open({ crm: '' }, { url: database.url, yaml: 'notifications: { channels: { ops: { type: webhook, url: "https://hooks.example.com/x" } }, rules: [ { to: [ops] }, { on: [run_failed], to: [ops], digest: 1h } ] }' });
  });
  afterAll(async () => {
    await bench.close();
    await database.drop();
  });

  it('opens one, sends it once, acts on it and prunes it', async () => {
    const posts: string[] = [];
    const carriers = { post: async ({ headers }: { readonly headers: Readonly<Record<string, string>> }) => (posts.push(headers['webhook-id'] ?? ''), { status: 200, body: 'ok' }), mail: async () => '' };
    const [one, other] = [new NoticeService(bench.engine, carriers), new NoticeService(bench.engine, carriers)];
    bench.tool('crm').switches.down = true;
    await bench.sync();

    const looks = await Promise.all([one.observe(), other.observe()]);
    expect(looks.map(({ opened }) => opened).sort()).toEqual([0, 1]);
    await Promise.all([one.deliver(), other.deliver()]);
    expect(posts).toHaveLength(1);
    const [notice] = await one.list({ states: ['open'], kind: 'run_failed', source: 'crm' }, 10);
    await one.acknowledge(notice?.id ?? 0);
    await one.snooze(notice?.id ?? 0, bench.clock.now() + 1_000);
    expect((await one.show(notice?.id ?? 0))?.deliveries).toMatchObject([{ state: 'sent' }]);
    bench.tool('crm').switches.down = false;
    for (const ms of [0, 3_600_000, 100 * 86_400_000]) {
      await bench.sync({ afterMs: ms });
      await one.observe();
      await one.deliver();
    }
    expect(await one.list({ kind: 'run_failed' }, 10)).toEqual([]);
  });
});
