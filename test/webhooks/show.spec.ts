import { terminal, type Terminal } from '../cli/harness.js';

describe('sources show', () => {
  let desk: Terminal;
  const config = (more: readonly string[]): string => ['version: 1', 'database: { url: "sqlite:./lockstep.db" }', ...more, ''].join('\n');
  const source = ['sources:', '  crm:', '    connector: halo', '    baseUrl: http://127.0.0.1:9', '    auth: { method: oauth_client_credentials, clientId: x, clientSecret: "${env:SECRET}" }'];
  const env = { SECRET: 'x-secret-of-the-source', HOOK: 'a-password-of-the-hook' };
  beforeEach(() => { desk = terminal(Date.parse('2026-11-20T12:00:00Z')); });
  afterEach(() => desk.dispose());

  it('tells the URL to enter, by what deliveries are proved, and what came', async () => {
    desk.write('lockstep.yaml', config(['server: { publicUrl: "https://lockstep.example.com/" }', ...source, '    webhook: { auth: { method: basic, username: u, password: "${env:HOOK}" }, allowFrom: [10.0.0.0/8] }']));
    await desk.lockstep('sync', { env });

    expect((await desk.lockstep('sources show crm --json', { env })).json[0].webhook).toEqual({
      url: 'https://lockstep.example.com/webhooks/crm', path: '/webhooks/crm', methods: ['basic'], allowFrom: ['10.0.0.0/8'], closed: null, lastDeliveryAt: null, accepted: 0, waiting: 0, oldestWaitingAt: null, quarantined: 0, missed: 0, silentSince: null,
      setUp: 'README of the connector halo, "Webhook set-up"',
    });
    const { out, code } = await desk.lockstep('sources show crm', { env });
    expect(code).toBe(0);
    expect(out).toContain('https://lockstep.example.com/webhooks/crm');
    expect(out).toContain('no delivery yet');
    expect(out).not.toContain(env.HOOK);
  }, 60_000);

  it('says why nothing is taken, and what the URL would be', async () => {
    desk.write('lockstep.yaml', config(source));
    await desk.lockstep('sync', { env });
    const { out } = await desk.lockstep('sources show crm', { env });
    expect(out).toContain('closed: the source has no webhook in the configuration');
    expect(out).toContain('/webhooks/crm below the address of the service');
  }, 60_000);
});
