import { firstToken } from '../../src/api/auth/token.service.js';
import { AuditQueries } from '../../src/queries/audit-queries.service.js';
import { appendAudit } from '../../src/database/repositories/audit.js';
import { openEngine, type Engine } from '../../src/engine/engine.js';
import { ApiBench } from '../support/api.js';
import { silentLog } from '../support/lab.js';
import { createTestDatabase, type TestDatabase } from '../support/mariadb.js';
import { Tools } from '../support/tools.js';

/** What the dialects spell differently (JSON in filters, order of texts, locks), and what only several processes can do to one another. */
describe('the API over a server', () => {
  let database: TestDatabase;
  let tools: Tools;
  let second: Engine;
  beforeAll(async () => {
    database = await createTestDatabase();
    tools = await Tools.open({ alpha: '' }, { url: database.url });
    second = await openEngine({ config: tools.engine.config, catalogue: tools.catalogue, clock: tools.clock, log: silentLog, signal: new AbortController().signal, actor: 'bob', url: database.url });
    tools.tool('alpha').put(...['b', 'a', 'B', 'ä', 'c'].map((name, at) => ({ id: `${at}`, status: 'A', serial_number: `SN-0000${at}`, name, location: at % 2 === 0 ? 'Berlin' : 'berlin' })));
    await tools.sync();
  });
  afterAll(async () => {
    await second.close();
    await tools.close();
    await database.drop();
  });

  it('makes one first token, whoever asks', async () => {
    const made = (await Promise.all([firstToken(tools.engine), firstToken(second), firstToken(tools.engine), firstToken(second)])).filter((each) => each !== undefined);

    expect(made).toHaveLength(1);
  });

  it('filters, orders and pages by bytes', async () => {
    const api = await ApiBench.open(tools.engine);
    const names: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = (await api.get(`/api/v1/assets?sort=name&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)).body as { items: { name: string }[]; next: string | null };
      names.push(...page.items.map(({ name }) => name));
      cursor = page.next;
    }

    expect(names).toEqual(['B', 'a', 'b', 'c', 'ä']);
    expect((await api.get('/api/v1/assets?location=Berlin')).body.items).toHaveLength(3);
    expect((await api.get('/api/v1/assets?location=Berlin&name=a&name=b')).body.items).toHaveLength(1);
    await api.close();
  });

  it('carries an act out once, though two processes are asked at the same time', async () => {
    const [api, other] = [await ApiBench.open(tools.engine), await ApiBench.open(second)];
    const token = api.tokens.get('admin') as string;
    const ask = (bench: ApiBench): Promise<any> => bench.post('/api/v1/sources/alpha/pause', { reason: 'x' }, { as: token, headers: { 'idempotency-key': 'once' } });
    const answers = await Promise.all([ask(api), ask(other), ask(api), ask(other)]);

    expect(new Set(answers.map(({ status }: { status: number }) => status)).size).toBeLessThanOrEqual(2);
    expect(answers.every(({ status }: { status: number }) => status === 200 || status === 409)).toBe(true);
    expect((await api.get('/api/v1/audit?action=sources.pause')).body.items).toHaveLength(1);
    await api.close();
    await other.close();
  });

  it('keeps the audit one chain, though two processes write it', async () => {
    const write = (engine: Engine, at: number): Promise<void> => engine.database.transaction((tx) => appendAudit(tx, { at, actor: engine.actor, action: 'test', subject: at }));
    await Promise.all(Array.from({ length: 20 }, (_, at) => write(at % 2 === 0 ? tools.engine : second, at)));

    expect(await new AuditQueries(second).verify()).toMatchObject({ ok: true });
  });
});
