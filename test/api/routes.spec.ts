import { Tools, type ToolRow } from '../support/tools.js';
import { ApiBench, operationsOf } from '../support/api.js';

const pc = (id: string, more: Partial<ToolRow> = {}): ToolRow => ({ id, status: 'A', serial_number: `SN-${id.padStart(5, '0')}`, name: `pc-${id}`, location: 'Berlin', ...more });
const many = (n: number): string[] => Array.from({ length: n }, (_, i) => `${i + 1}`);

describe('the API', () => {
  let tools: Tools;
  let api: ApiBench;
  const reason = 'as agreed';

  // One world for all, in which each kind of thing is there; every answer is compared with the document by the bench.
  beforeAll(async () => {
    tools = await Tools.open({ alpha: '', beta: '{ enabled: true, fields: [location] }' }, {
      yaml: 'authority: { default: [alpha, beta] }', lines: { alpha: 'mapping: { records: { owner: { values: { ann@example.com: ann@example.com }, unknown: fail } } }' },
    });
    for (const name of ['alpha', 'beta']) tools.tool(name).put(...many(32).map((id) => pc(id)));
    tools.tool('alpha').put(pc('90', { owner: 'nobody@example.com' }), pc('91', { owner: 'nobody@example.com' }), pc('80', { class: 'server', name: 'Zoë’s "box"' }), pc('81', { class: 'server', department: 'IT' }));
    await tools.sync();
    tools.tool('beta').switches.refuse = () => 'location is locked';
    for (const id of ['31', '32']) tools.tool('alpha').edit(id, { location: 'Ulm' });
    await tools.sync();
    tools.tool('beta').switches.refuse = () => undefined;
    tools.tool('alpha').edit('30', { location: 'Bonn' });
    await tools.sync();
    for (const id of many(28)) tools.tool('alpha').edit(id, { location: 'Ulm' });
    await tools.sync();
    api = await ApiBench.open(tools.engine);
  });
  afterAll(async () => {
    await api.close();
    await tools.close();
  });

  describe('lists of assets', () => {
    const idsOf = async (query: string, limit = 500): Promise<string[]> => {
      const ids: string[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const { status, body } = await api.get(`/api/v1/assets?limit=${limit}${query}${cursor === '' ? '' : `&cursor=${cursor}`}`, { as: 'viewer' });
        expect(status).toBe(200);
        expect(body.items.length).toBeLessThanOrEqual(limit);
        ids.push(...(body.items as { id: string }[]).map(({ id }) => id));
        cursor = body.next as string | null;
      }
      return ids;
    };

    it.each(['', '&sort=created', '&sort=-created', '&sort=updated', '&sort=-updated', '&sort=name', '&sort=-name', '&sort=class', '&sort=-stage'])('give each asset once, in pages of whatever size (%s)', async (sort) => {
      const whole = await idsOf(sort);

      expect(whole).toHaveLength(34);
      expect(new Set(whole).size).toBe(34);
      for (const size of [1, 7, 33, 34]) expect(await idsOf(sort, size)).toEqual(whole);
    });

    it.each`
      query                                     | count
      ${'class=hardware'}                       | ${34}
      ${'class=server'}                         | ${2}
      ${'class=server&department=IT'}           | ${1}
      ${'location=Ulm'}                         | ${30}
      ${'location=Ulm&location=Bonn'}           | ${31}
      ${'location=ulm'}                         | ${0}
      ${'serial_number=SN-00007'}               | ${1}
      ${'name=Zo%C3%AB%E2%80%99s%20%22box%22'}  | ${1}
      ${'source=beta'}                          | ${32}
      ${'stage=in_use&source=alpha'}            | ${34}
      ${'stage=retired'}                        | ${0}
      ${'search=SN-0000'}                       | ${9}
      ${'search=%25'}                           | ${0}
    `('are filtered: $query gives $count', async ({ query, count }) => expect(await idsOf(`&${query}`)).toHaveLength(count));

    it('go on where they were while assets come, change and go: what stays as it is comes exactly once', async () => {
      const before = await idsOf('&sort=name');
      const first = (await api.get('/api/v1/assets?sort=name&limit=10')).body;
      const [kept, gone] = [await tools.assetOf('alpha/80'), await tools.assetOf('alpha/81')];
      await api.post('/api/v1/assets/merge', { assets: [kept, gone], reason });
      tools.tool('alpha').put(pc('00', { name: 'aaa-first' }), pc('99', { name: 'zzz-last' }));
      await tools.sync({ push: false });
      const rest: string[] = [];
      for (let cursor = first.next as string | null; cursor !== null;) {
        const page = (await api.get(`/api/v1/assets?sort=name&limit=10&cursor=${cursor}`)).body;
        rest.push(...(page.items as { id: string }[]).map(({ id }) => id));
        cursor = page.next as string | null;
      }

      const got = [...(first.items as { id: string }[]).map(({ id }) => id), ...rest];
      const redirected = (await api.get(`/api/v1/assets/${gone}`)).body;
      expect(new Set(got).size).toBe(got.length);
      for (const id of before.filter((each) => each !== gone && each !== kept)) expect(got).toContain(id);
      expect(got).toContain(await tools.assetOf('alpha/99'));
      expect(redirected).toMatchObject({ id: kept, redirectedFrom: gone, formerIds: [gone] });
    });

    it.each`
      query                                                | at                        | says
      ${'limit=501'}                                       | ${{ parameter: 'limit' }} | ${/at most 500/}
      ${'limit=ten'}                                       | ${{ parameter: 'limit' }} | ${/integer/}
      ${'sort=serial'}                                     | ${{ parameter: 'sort' }}  | ${/must be one of created, -created/}
      ${'class=servr'}                                     | ${{ parameter: 'class' }} | ${/did you mean "server"/}
      ${'source=gamma'}                                    | ${{ parameter: 'source' }}| ${/not known/}
      ${'stage=gone'}                                      | ${{ parameter: 'stage/0' }} | ${/must be one of requested/}
      ${'colour=red'}                                      | ${{ parameter: 'colour' }}| ${/not known here/}
      ${'cursor=abc'}                                      | ${{ parameter: 'cursor' }}| ${/none that this list has given/}
    `('refuse $query and say where', async ({ query, at, says }) => {
      const { status, body } = await api.get(`/api/v1/assets?${query}`);

      expect([status, body.errors]).toEqual([400, [{ ...at, detail: expect.stringMatching(says) }]]);
    });

    it('refuse a cursor of another filter', async () => {
      const { next } = (await api.get('/api/v1/assets?limit=1')).body;

      expect((await api.get(`/api/v1/assets?limit=1&location=Ulm&cursor=${next}`)).body).toMatchObject({ status: 400, errors: [{ parameter: 'cursor' }] });
    });
  });

  describe('one asset', () => {
    it('is found as the command line finds it, explained, with its history in pages', async () => {
      const id = await tools.assetOf('alpha/5');
      for (const reference of [id, 'serial:SN-00005', 'pc-5', 'alpha%2Frecords%2F5']) expect((await api.get(`/api/v1/assets/${reference}`)).body.id).toBe(id);
      const whole = (await api.get(`/api/v1/assets/${id}/history`)).body.items as unknown[];
      const latest = (await api.get(`/api/v1/assets/${id}/history?limit=1`)).body;
      const older = (await api.get(`/api/v1/assets/${id}/history?limit=500&cursor=${latest.next}`)).body;

      expect([...older.items, ...latest.items]).toEqual(whole);
      expect([whole.length > 1, older.next]).toEqual([true, null]);
      expect((await api.get(`/api/v1/assets/${id}/explain?attribute=location&whyNot=beta`)).body).toMatchObject({ asset: id, attributes: { location: { value: 'Ulm', winner: { source: 'alpha' } } }, whyNot: { source: 'beta' } });
      expect((await api.get(`/api/v1/assets/${id}/relationships`)).body).toEqual({ asset: id, items: [] });
      expect((await api.get(`/api/v1/assets/${await tools.assetOf('alpha/30')}/pushes`)).body.items).toMatchObject([{ outcome: 'verified', target: 'beta' }]);
    });

    it('is none, or one of several', async () => {
      tools.tool('beta').put(pc('70', { serial_number: 'SN-70A', name: 'twin' }), pc('71', { serial_number: 'SN-71A', name: 'twin' }));
      await tools.sync({ push: false });

      expect((await api.get('/api/v1/assets/serial:NONE-1')).body).toMatchObject({ type: 'urn:lockstep:problem:not_found', status: 404, instance: '/api/v1/assets/serial:NONE-1' });
      expect((await api.get('/api/v1/assets/twin')).body).toMatchObject({ type: 'urn:lockstep:problem:several_assets', status: 409, choices: [{ name: 'twin' }, { name: 'twin' }] });
    });

    it('is decided upon in the caller’s name, and only as it was seen where If-Match says so', async () => {
      const seen = await api.get('/api/v1/assets/pc-6');
      const etag = String(seen.headers['etag']);
      await tools.sync({ push: false });
      expect((await api.get('/api/v1/assets/pc-6')).headers['etag']).toBe(etag);

      const pinned = await api.post('/api/v1/assets/pc-6/overrides', { attribute: 'department', value: 'IT', reason, until: '2030-01-01T00:00:00Z' }, { as: 'approver', headers: { 'if-match': etag } });
      const late = await api.post('/api/v1/assets/pc-6/transition', { stage: 'retired', reason }, { headers: { 'if-match': etag } });
      const moved = await api.post('/api/v1/assets/pc-6/transition', { stage: 'retired', reason }, { headers: { 'if-match': String((await api.get('/api/v1/assets/pc-6')).headers['etag']) } });
      const held = await api.post('/api/v1/assets/pc-6/holds', { hold: 'legal', reason });
      const released = await api.ask('DELETE', '/api/v1/assets/pc-6/overrides/department?reason=over');

      expect([pinned.status, late.status, moved.status, held.status, released.status]).toEqual([200, 412, 200, 200, 200]);
      expect((await api.get('/api/v1/assets/pc-6')).body).toMatchObject({ stage: 'retired', holds: ['legal'], overrides: [], personHolds: [{ by: expect.stringMatching(/^admin via token tok_/) }] });
      expect((await api.post('/api/v1/assets/pc-6/transition', { stage: 'requested', reason })).body).toMatchObject({ status: 409, type: 'urn:lockstep:problem:refused', hint: expect.any(String) });
      const [entry] = (await api.get('/api/v1/audit?action=assets.override')).body.items;
      expect(entry).toMatchObject({ actor: expect.stringMatching(/^approver via token tok_[0-9a-f]{12} from 127\.0\.0\.1$/), reason });
    });

    it('is parted', async () => {
      const id = await tools.assetOf('alpha/7');
      const parted = await api.post(`/api/v1/assets/${id}/split`, { records: ['beta/records/7'], reason });

      expect(parted.body.assets).toHaveLength(2);
      expect(await tools.assetOf('beta/7')).not.toBe(id);
    });
  });

  it('runs: lists, pages and shows them', async () => {
    const all = (await api.get('/api/v1/runs?source=alpha')).body.items as { id: string }[];
    const first = (await api.get('/api/v1/runs?source=alpha&limit=2')).body;
    const second = (await api.get(`/api/v1/runs?source=alpha&limit=500&cursor=${first.next}`)).body;

    expect([...first.items, ...second.items]).toEqual(all);
    expect((await api.get(`/api/v1/runs/${all[0]?.id}`)).body.id).toBe(all[0]?.id);
    expect((await api.get('/api/v1/runs?status=failed')).body.items).toEqual([]);
    expect((await api.get('/api/v1/runs/run-none')).status).toBe(404);
  });

  it('sources: shows, checks, pauses and asks for a sync that somebody else carries out', async () => {
    expect((await api.get('/api/v1/sources')).body.items).toMatchObject([{ name: 'alpha', state: 'ok' }, { name: 'beta' }]);
    expect((await api.get('/api/v1/sources?limit=1')).body).toMatchObject({ items: [{ name: 'alpha' }], next: expect.any(String) });
    expect((await api.post('/api/v1/sources/alpha/check', undefined, { as: 'operator' })).body).toEqual({ formatVersion: 1, ok: true, sources: [{ source: 'alpha', ok: true, findings: [{ what: 'reach', outcome: 'ok', message: 'ok' }] }] });
    expect((await api.post('/api/v1/sources/alpha/pause', { reason })).status).toBe(200);
    expect((await api.get('/api/v1/sources/alpha')).body).toMatchObject({ state: 'paused', pausedBecause: reason });
    expect((await api.post('/api/v1/sources/alpha/resume')).status).toBe(200);
    expect((await api.post('/api/v1/push/beta/pause', { reason })).body).toEqual({ formatVersion: 1, target: 'beta', paused: true });
    expect((await api.post('/api/v1/push/beta/resume')).body.paused).toBe(false);
    expect((await api.post('/api/v1/sources/gamma/sync')).status).toBe(404);
    expect((await api.post('/api/v1/sources/alpha/sync', { stream: 'tables' })).body.errors).toEqual([{ pointer: '#/stream', detail: 'alpha has no stream "tables"; it has records' }]);

    const asked = await api.post('/api/v1/sources/alpha/sync', { full: true, stream: 'records' }, { as: 'operator' });

    expect([asked.status, asked.headers['location']]).toEqual([202, '/api/v1/jobs/1']);
    expect(api.queue.jobs).toMatchObject([{ kind: 'sync', source: 'alpha', lane: 'schedule', payload: { full: true, stream: 'records', push: true }, by: expect.stringMatching(/^operator via token/) }]);
    expect((await api.get('/api/v1/jobs/1')).body.state).toBe('waiting');
    expect((await api.get('/api/v1/jobs/7')).status).toBe(404);
  });

  it('quarantine: lists, shows, replays and discards', async () => {
    const { items } = (await api.get('/api/v1/quarantine?source=alpha&limit=1')).body;
    const { id } = items[0] as { id: number };

    expect((await api.get('/api/v1/quarantine')).body.items).toHaveLength(2);
    expect((await api.get(`/api/v1/quarantine/${id}`, { as: 'operator' })).body.raw).toMatchObject({ owner: 'nobody@example.com' });
    expect((await api.get('/api/v1/quarantine/999')).status).toBe(404);
    expect((await api.post('/api/v1/quarantine/replay', { all: true })).body).toMatchObject({ replayed: 0, left: 2 });
    expect((await api.post('/api/v1/quarantine/replay', { all: true, source: 'alpha' })).status).toBe(400);
    expect((await api.post('/api/v1/quarantine/discard', { ids: [id], reason })).body).toEqual({ formatVersion: 1, discarded: 1 });
  });

  it('dead letters and debts: lists, shows, replays, cures and discards', async () => {
    const { items } = (await api.get('/api/v1/dead-letters?target=beta')).body as { items: { id: number }[] };
    const [first, second] = items.map(({ id }) => id) as [number, number];

    expect(items).toHaveLength(2);
    expect((await api.get('/api/v1/outbox?state=dead')).body.items).toEqual(items);
    expect((await api.get(`/api/v1/dead-letters/${first}`)).body).toMatchObject({ reason: 'location is locked', log: [{ outcome: 'refused' }] });
    expect((await api.get('/api/v1/dead-letters/999')).status).toBe(404);
    expect((await api.post(`/api/v1/dead-letters/${first}/resolve`, { record: 'beta/records/none', reason })).body).toMatchObject({ status: 409, hint: expect.stringContaining('read it first') });
    expect((await api.post(`/api/v1/dead-letters/${first}/resolve`, { record: 'beta/records/31', reason }, { as: 'operator' })).body).toMatchObject({ record: 'beta/records/31' });
    expect((await api.post('/api/v1/dead-letters/replay', { ids: [second] })).body).toMatchObject({ replayed: 1 });
    expect((await api.post('/api/v1/dead-letters/discard', { ids: [second], reason })).body).toMatchObject({ status: 409, detail: `there is no dead letter ${second}` });
    tools.tool('beta').switches.refuse = () => 'location is locked';
    await tools.push({ targets: ['beta'] });
    tools.tool('beta').switches.refuse = () => undefined;
    const again = ((await api.get('/api/v1/dead-letters')).body.items as { id: number }[]).map(({ id }) => id);
    expect((await api.post('/api/v1/dead-letters/discard', { ids: again, reason })).body).toEqual({ formatVersion: 1, discarded: again.length });
  });

  it('reviews: lists, shows and answers', async () => {
    const [guard] = (await api.get('/api/v1/reviews?kind=push_guard')).body.items;
    const shown = await api.get(`/api/v1/reviews/${guard.id}`);

    expect(shown.body.records.length).toBe(guard.records);
    expect((await api.get('/api/v1/reviews/999')).status).toBe(404);
    expect((await api.post(`/api/v1/reviews/${guard.id}/resolve`, { as: 'merge', reason })).body).toMatchObject({ status: 409, hint: expect.stringContaining('release') });
    expect((await api.post(`/api/v1/reviews/${guard.id}/resolve`, { as: 'release', reason }, { headers: { 'if-match': '"other"' } })).status).toBe(412);
    expect((await api.post(`/api/v1/reviews/${guard.id}/resolve`, { as: 'release', reason }, { headers: { 'if-match': String(shown.headers['etag']) } })).body).toMatchObject({ left: 0 });
    expect((await api.get('/api/v1/reviews?status=resolved&source=beta')).body.items).toMatchObject([{ id: guard.id, resolution: 'release', by: expect.stringMatching(/^admin via token/) }]);
  });

  it('undo: takes a push back', async () => {
    const [attempt] = (await api.get(`/api/v1/assets/${await tools.assetOf('alpha/30')}/pushes`)).body.items;

    expect((await api.post('/api/v1/undo', { push: attempt.pushId, reason })).body).toMatchObject({ undone: [{ record: 'beta/records/30' }] });
    expect((await api.post('/api/v1/undo', { push: 'push-none', reason })).status).toBe(409);
  });

  it('the audit: pages through all of it, and finds an entry that was changed or taken out', async () => {
    const whole = (await api.get('/api/v1/audit?limit=500')).body.items as { seq: number }[];
    const first = (await api.get('/api/v1/audit?limit=3')).body;

    expect((await api.get(`/api/v1/audit?limit=500&cursor=${first.next}`)).body.items).toEqual(whole.slice(3));
    expect((await api.get('/api/v1/audit/verify')).body).toMatchObject({ ok: true, checked: whole.length });
  });

  it('tokens: makes, lists and revokes them, which holds for the next request', async () => {
    const made = await api.post('/api/v1/tokens', { name: 'ci', role: 'viewer', expiresIn: '1h' });
    const { id, token } = made.body as { id: string; token: string };

    expect([made.status, token]).toEqual([201, expect.stringMatching(/^lst_[A-Za-z0-9_-]{43}$/)]);
    expect((await api.get('/api/v1/runs', { as: token })).status).toBe(200);
    expect(JSON.stringify((await api.get('/api/v1/tokens?limit=500')).body)).not.toContain(token);
    expect((await api.get('/api/v1/tokens?limit=2')).body.next).toEqual(expect.any(String));
    expect((await api.ask('DELETE', `/api/v1/tokens/${id}`)).body).toMatchObject({ state: 'revoked' });
    expect((await api.get('/api/v1/runs', { as: token })).status).toBe(401);
    expect((await api.ask('DELETE', '/api/v1/tokens/tok_none')).status).toBe(404);
    expect((await api.post('/api/v1/tokens', { name: 'ci', role: 'root' })).body).toMatchObject({ status: 409, hint: expect.stringContaining('ingest:<source> with one of alpha, beta') });
    expect((await api.post('/api/v1/tokens', { name: 'ci', role: 'viewer', expiresIn: '3651d' })).status).toBe(409);
    expect((await api.post('/api/v1/tokens', { name: 'ci', role: 'viewer', expiresIn: 'a year' })).status).toBe(400);
    expect((await api.post('/api/v1/tokens', { name: 'ci', role: 'viewer' }, { headers: { 'idempotency-key': 'k' } })).body.errors).toEqual([{ header: 'Idempotency-Key', detail: 'is not taken here' }]);
  });

  describe('idempotency keys', () => {
    const pin = (key: string, value: string, more = {}, attribute = 'department'): Promise<any> => api.post('/api/v1/assets/pc-9/overrides', { attribute, value, reason }, { headers: { 'idempotency-key': key }, ...more });

    it('let an act happen once, and give its answer again; for another request, or while it is under way, they are refused', async () => {
      const count = async (): Promise<number> => Number((await tools.rows(`SELECT COUNT(*) AS n FROM audit WHERE action = 'assets.override'`))[0]?.['n']);
      const before = await count();
      const first = await pin('k1', 'IT');
      const second = await pin('k1', 'IT');

      expect([second.status, second.body, second.headers['idempotency-replayed'], await count()]).toEqual([first.status, first.body, 'true', before + 1]);
      expect((await pin('k1', 'HR')).body).toMatchObject({ status: 422, type: 'urn:lockstep:problem:key_used_otherwise' });
      expect((await pin('k1', 'IT', { as: 'approver' })).headers['idempotency-replayed']).toBeUndefined();
      await tools.engine.database.transaction((tx) => tx.execute(`UPDATE idempotency_keys SET status = NULL WHERE key_text = 'k1'`));
      expect((await pin('k1', 'IT')).body).toMatchObject({ status: 409, type: 'urn:lockstep:problem:key_in_progress' });
      tools.clock.advance(11 * 60_000);
      expect((await pin('k1', 'IT')).status).toBe(200);
    });

    it('keep a refusal too', async () => {
      const refused = await pin('k2', 'many', {}, 'cpu_count');
      const again = await pin('k2', 'many', {}, 'cpu_count');

      expect([refused.status, again.status, again.body, again.headers['content-type']]).toEqual([409, 409, refused.body, refused.headers['content-type']]);
    });

    it('must be printable', async () => expect((await pin('ü', 'IT')).body.errors).toEqual([{ header: 'Idempotency-Key', detail: expect.stringContaining('printable') }]));
  });

  it('answers everything that its document promises, and nothing else', () => {
    const untried = operationsOf(api.document).filter(({ method, path, spec }) => {
      const usual = Object.keys(spec.responses as object).find((status) => status.startsWith('2')) as string;
      return !api.seen.has(`${method} ${path} ${usual}`);
    });

    expect(untried.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  });
});
