import { createHash, createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { sandbox as halo } from '../../connectors/halo/sandbox/index.js';
import { createFleet, type Sandbox } from '../../connectors/sdk/sandbox/index.js';
import { sandbox as servicenow } from '../../connectors/servicenow/sandbox/index.js';
import { formatProblem, loadConfig } from '../../src/config/index.js';
import { openInbox, type Inbox } from '../../src/database/inbox.js';
import { openEngine, type Engine } from '../../src/engine/engine.js';
import { connectorCatalogue } from '../../src/sources/catalogue.js';
import { SyncService } from '../../src/sync/sync.service.js';
import { InboxWorker } from '../../src/webhooks/inbox-worker.js';
import { WebhookIntake } from '../../src/webhooks/intake.js';
import { registerWebhooks } from '../../src/webhooks/plugin.js';
import { LabClock, silentLog } from '../support/lab.js';

const SECRETS = { SN_HOOK: 'hook-of-servicenow-0123456789', HALO_HOOK: 'hook-of-halo-0123456789' };

describe('webhooks of two service desks, over the wire', () => {
  const clock = new LabClock(Date.parse('2026-11-20T12:00:00Z'));
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-desks-'));
  let desks: { readonly sn: Sandbox; readonly halo: Sandbox };
  let engine: Engine;
  let inbox: Inbox;
  let server: FastifyInstance;
  let origin: string;
  const told: string[] = [];
  const stageOf = async (source: string, id: string): Promise<unknown> => (await engine.database.read((tx) => tx.query('SELECT a.stage AS stage FROM assets a JOIN record_heads h ON h.asset_id = a.id JOIN streams st ON st.id = h.stream_id WHERE st.source = ? AND h.external_id = ?', [source, id])))[0]?.['stage'];

  beforeAll(async () => {
    const fleet = createFleet({ size: 30, at: clock.now() });
    desks = { sn: await servicenow.start({ fleet, clock }), halo: await halo.start({ fleet, clock }) };
    const file = join(folder, 'lockstep.yaml');
    writeFileSync(file, ['version: 1', 'database: { url: "sqlite:./lockstep.db" }', 'lifecycle: { speakers: { halo: all, sn: all } }', 'sources:',
      desks.sn.yaml('sn', ['webhook: { auth: { method: hmac_sha256, secret: "${env:SN_HOOK}" } }']), desks.halo.yaml('halo', ['streams: [assets]', 'webhook: { auth: { method: basic, username: lockstep, password: "${env:HALO_HOOK}" } }'])].join('\n'));
    const loaded = await loadConfig({ files: [file], env: { ...desks.sn.env(), ...desks.halo.env(), ...SECRETS }, catalogue: connectorCatalogue(), cwd: folder });
    if (!loaded.ok) throw new Error(loaded.problems.map((problem) => formatProblem(problem)).join('\n'));
    engine = await openEngine({ config: loaded.config, catalogue: connectorCatalogue(), clock, log: silentLog, signal: new AbortController().signal, actor: 'test' });
    await new SyncService(engine).sync({ full: true });
    inbox = openInbox(engine.database);
    const intake = new WebhookIntake(engine, inbox, { onArrival: (source) => { told.push(source); } });
    server = Fastify();
    await registerWebhooks(server, () => intake);
    await server.listen({ host: '127.0.0.1', port: 0 });
    origin = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
    desks.sn.deliveries!.deliverTo({ url: `${origin}/webhooks/sn`, auth: { method: 'hmac_sha256', secret: SECRETS.SN_HOOK } });
    desks.halo.deliveries!.deliverTo({ url: `${origin}/webhooks/halo`, auth: { method: 'basic', username: 'lockstep', password: SECRETS.HALO_HOOK } });
  }, 120_000);
  afterAll(async () => {
    await server?.close();
    await inbox?.close();
    await engine?.close();
    for (const desk of Object.values(desks ?? {})) await desk.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each`
    source    | stream      | patch                                          | stage
    ${'sn'}   | ${'assets'} | ${{ install_status: '3', substatus: '' }}      | ${'maintenance'}
    ${'halo'} | ${'assets'} | ${{ status_id: 5 }}                            | ${'maintenance'}
  `('bring a stage of $source into the model', async ({ source, stream, patch, stage }: { source: 'sn' | 'halo'; stream: string; patch: Record<string, unknown>; stage: string }) => {
    const desk = desks[source];
    const id = desk.edit.ids(stream).find((each) => desk.truth(stream).get(each)?.stage === 'in_use')!;
    clock.advance(60_000);
    desk.edit.update(stream, id, patch);
    expect(desk.truth(stream).get(id)?.stage).toBe(stage);

    const sent = await desk.deliveries!.delivered();

    expect(sent.length).toBeGreaterThan(0);
    expect(new Set(sent.map(({ status }) => status))).toEqual(new Set([202]));
    expect(told).toContain(source);
    expect(await new InboxWorker(engine, inbox).drain(source)).toMatchObject({ source, deliveries: sent.length, done: sent.length, waiting: 0 });
    expect(await stageOf(source, id)).toBe(stage);
  });

  it('of all kinds at once get the right verdict each', async () => {
    const body = (event: string): string => JSON.stringify({ event_id: event, event: 'update', table: 'alm_hardware', sys_id: 'f'.repeat(32), sys_mod_count: event });
    const sign = (text: string, at = clock.now(), secret = SECRETS.SN_HOOK): Record<string, string> => {
      const time = String(Math.floor(at / 1_000));
      return { 'x-lockstep-timestamp': time, 'x-lockstep-signature': `sha256=${createHmac('sha256', secret).update(`${time}.${text}`).digest('base64')}` };
    };
    const before = await inbox.countAfter('sn', 0);
    const requests: { readonly text: string; readonly headers: Record<string, string>; readonly right: number }[] = [];
    for (let nth = 0; nth < 200; nth++) {
      const text = body(`mix-${nth}`);
      switch (nth % 20) {
        case 14: case 15: requests.push({ text: body(`mix-${nth - nth % 20}`), headers: sign(body(`mix-${nth - nth % 20}`)), right: 202 }); break;
        case 16: requests.push({ text, headers: sign(text, clock.now(), 'another secret'), right: 401 }); break;
        case 17: requests.push({ text, headers: sign(text, clock.now() - 301_000), right: 401 }); break;
        case 18: requests.push({ text: 'x'.repeat(1024 * 1024 + 1), headers: sign('x'), right: 413 }); break;
        case 19: requests.push({ text: `${text.slice(0, -1)} `, headers: sign(`${text.slice(0, -1)} `), right: 202 }); break;
        default: requests.push({ text, headers: sign(text), right: 202 });
      }
    }
    const post = async ({ text, headers }: { readonly text: string; readonly headers: Record<string, string> }): Promise<number> => (await server.inject({ method: 'POST', url: '/webhooks/sn', headers: { 'content-type': 'application/json', ...headers }, payload: text })).statusCode;

    const statuses = await Promise.all(requests.map(post));

    expect(statuses.map((status, nth) => [nth, status])).toEqual(requests.map(({ right }, nth) => [nth, right]));
    expect(await inbox.countAfter('sn', 0) - before).toBe(150);
    clock.advance(400_000);
    expect(await post(requests[0]!)).toBe(401);
    await new InboxWorker(engine, inbox).drain('sn');
    expect((await inbox.open()).get('sn')).toMatchObject({ quarantined: 10 });
  }, 60_000);

  it('leave no secret behind', async () => {
    const rows = [...(await inbox.due('sn', Number.MAX_SAFE_INTEGER, 1_000)), ...(await inbox.due('halo', Number.MAX_SAFE_INTEGER, 1_000)), ...(await inbox.list({}, 1_000))];
    const { readFileSync } = await import('node:fs');
    const stored = `${JSON.stringify(rows)}${readFileSync(join(folder, 'lockstep.db.inbox'), 'latin1')}${readFileSync(join(folder, 'lockstep.db.inbox-wal'), 'latin1')}`;
    expect(stored).toContain('mix-0');
    for (const secret of Object.values(SECRETS)) for (const form of [secret, Buffer.from(`lockstep:${secret}`).toString('base64'), createHash('sha256').update(secret).digest('hex')]) expect(stored.includes(form)).toBe(false);
  });
});
