import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { loadConfig } from '../../src/config/index.js';
import { openEngine } from '../../src/engine/engine.js';
import { NoticeService } from '../../src/notifications/notice.service.js';
import { connectorCatalogue } from '../../src/sources/catalogue.js';
import { silentLog } from '../support/lab.js';
import { terminal, type Terminal } from './harness.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

describe('notifications at the command line', () => {
  let at: Terminal;
  let receiver: Server;
  const got: { readonly headers: Record<string, string>; readonly body: string }[] = [];
  let status = 200;
  let env: Record<string, string>;
  const lockstep = (line: string | readonly string[]) => at.lockstep(line, { env });
  beforeAll(async () => {
    receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        got.push({ headers: request.headers as Record<string, string>, body });
        response.writeHead(status).end(status === 200 ? 'taken' : 'not today');
      });
    });
    await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
    env = { HOOK_URL: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/canary-of-the-channel`, HOOK: SECRET };
    at = terminal(Date.now());
    at.write('lockstep.yaml', `version: 1\nserver: { publicUrl: "https://lockstep.example.com" }\nsources:\n  sheet: { connector: file, options: { path: ./missing.csv } }\nnotifications:\n  channels:\n    ops: { type: webhook, url: "\${env:HOOK_URL}", secret: "\${env:HOOK}", loopback: true }\n    inside: { type: slack, url: "https://127.0.0.1/services/T0/B0/canary-of-the-team" }\n  rules:\n    - { to: [ops] }\n`);
  });
  afterAll(async () => {
    at.dispose();
    await new Promise((done) => receiver.close(done));
  });
  /** What the service does every half minute. */
  const beat = async (): Promise<void> => {
    const loaded = await loadConfig({ files: [`${at.folder}/lockstep.yaml`], env, catalogue: connectorCatalogue(), cwd: at.folder });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const engine = await openEngine({ config: loaded.config, catalogue: connectorCatalogue(), clock: { now: () => at.now, sleep: async () => undefined }, log: silentLog, signal: new AbortController().signal });
    try {
      const service = new NoticeService(engine);
      await service.observe();
      await service.deliver();
    } finally {
      await engine.close();
    }
  };

  it('shows no address of a channel', async () => {
    const { out } = await lockstep('config show --json');
    expect(out).toContain('notifications.channels.ops.url');
    expect(out).not.toMatch(/canary|whsec_/);
  });

  it('tests each channel and says what it answered; one that leads inside is refused', async () => {
    const { code, out } = await lockstep('notifications test');
    expect(code).toBe(1);
    expect(out).toMatch(/ops +webhook +taken +200 taken\n/);
    expect(out).toMatch(/inside +slack +failed +127\.0\.0\.1 leads to an address that is not public/);
    expect(JSON.parse(got[0]?.body ?? '')).toMatchObject({ type: 'lockstep.notices', data: { notices: [{ kind: 'test', title: 'This is a test message' }] } });
    expect((await lockstep('notifications test ops --json')).json).toEqual([{ channel: 'ops', type: 'webhook', ok: true, words: '200 taken' }]);
    expect(await lockstep('notifications test opps')).toMatchObject({ code: 1, err: expect.stringContaining('did you mean "ops"') });
  });

  it('a run that could not read everything is told, signed, with what to type', async () => {
    expect((await lockstep('sync')).code).toBe(1);
    await beat();
    const { headers, body } = got.at(-1) as (typeof got)[number];

    expect(new Webhook(SECRET).verify(body, headers)).toMatchObject({ data: { notices: [{ id: 1, event: 'opened', kind: 'run_partial', source: 'sheet', severity: 'warning', next: expect.stringMatching(/^lockstep runs show /), link: expect.stringMatching(/^https:\/\/lockstep\.example\.com\/api\/v1\/runs\//) }] } });
    expect((await lockstep('notifications list --json')).json).toMatchObject([{ id: 1, kind: 'run_partial', state: 'open' }]);
    expect((await lockstep('notifications list')).out).toMatch(/1 +warning +open +A run of sheet could not read everything +.*lockstep runs show/);
    expect((await lockstep('notifications list --kind dead_letter')).err).toContain('there is nothing to tell');
  });

  it('shows, acknowledges, snoozes and resolves', async () => {
    expect((await lockstep('notifications show 1')).out).toMatch(/notice 1 {2}warning {2}A run of sheet could not read everything[\s\S]*MESSAGES\n[\s\S]*ops +sent/);
    expect((await lockstep('notifications show 1 --json')).json).toMatchObject([{ formatVersion: 1, id: 1, deliveries: [{ channel: 'ops', state: 'sent', log: [{ outcome: 'sent', words: '200 taken' }] }] }]);
    expect((await lockstep(['notifications', 'acknowledge', '1', '--reason', 'mine'])).out).toBe('notice 1 acknowledged: A run of sheet could not read everything\n');
    expect((await lockstep('notifications snooze 1 --for 4h')).out).toMatch(/^notice 1 snoozed until /);
    expect((await lockstep('notifications list')).out).toMatch(/snoozed, wakes in/);
    expect((await lockstep('notifications snooze 1 --for soon')).code).toBe(2);
    expect((await lockstep(['notifications', 'resolve', '1', '--reason', 'known'])).code).toBe(0);
    expect(await lockstep('notifications acknowledge 1')).toMatchObject({ code: 1, err: expect.stringContaining('notice 1 is resolved already, by ann') });
    expect(await lockstep('notifications show 9')).toMatchObject({ code: 1, err: expect.stringContaining('there is no notice 9') });
  });

  it('sends a message again and says what became of it', async () => {
    expect((await lockstep('notifications deliveries --state sent --json')).json).toMatchObject([{ id: 1, channel: 'ops', state: 'sent' }]);
    const [before] = got.filter(({ body }) => body.includes('"opened"') && body.includes('run_partial'));

    expect((await lockstep('notifications redeliver 1')).code).toBe(0);
    expect([got.at(-1)?.headers['webhook-id'], JSON.parse(got.at(-1)?.body ?? '').data]).toEqual([before?.headers['webhook-id'], JSON.parse(before?.body ?? '').data]);

    status = 500;
    const refused = await lockstep('notifications redeliver 1');
    expect([refused.code, refused.out]).toEqual([1, expect.stringMatching(/ops +owed +again .*500 not today/)]);
    expect((await lockstep('notifications redeliver 77')).err).toContain('there is no delivery 77');
  });

  it('a key that is none is found before anything is sent', async () => {
    const { code, out } = await at.lockstep('config check', { env: { ...env, HOOK: 'whsec_$$$' } });
    expect([code, out]).toEqual([2, expect.stringContaining('notifications.channels.ops.secret: bad key')]);
    expect(out).not.toContain('$$$');
  });
});
