import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { defineConnector, defineStream, type Connector, type HttpPort } from '../../connectors/sdk/contract/index.js';
import { loadConfig, type ConnectorCatalogue } from '../../src/config/index.js';
import { openEngine } from '../../src/engine/engine.js';
import { databaseCollector } from '../../src/observability/collector.js';
import { serviceLog } from '../../src/observability/logger.js';
import { ServiceMetrics } from '../../src/observability/metrics.js';
import { SyncService } from '../../src/sync/sync.service.js';
import { terminal, type Terminal } from '../cli/harness.js';

/** Twelve secrets, each of another kind and shape, wherever a configuration may hold one. */
const CANARIES: Readonly<Record<string, string>> = {
  PASSWORD: 'canary one "quoted" pa$$/w:rd', CLIENT_SECRET: 'canary-two~client+secret==', API_KEY: 'CANARY3APIKEY0123456789', API_TOKEN: 'ATATT3xcanary4_token-value', TOKEN: 'canary5.eyJhbGciOiJ.sig-nature', ACCESS_KEY: 'canary6/SecretAccessKey+AB/CD',
  SESSION: 'canary7-session-ümläut-✓-token', PRIVATE: '-----BEGIN PRIVATE KEY-----\nMIIcanary8AAAAAAAAAAAAAAAAAAAAAAAAAA\nBBBBcanary8BBBBBBBBBBBBBBBBBBBBBBBBB\n-----END PRIVATE KEY-----', ENCRYPTION: Buffer.from('canary9-canary9-canary9-canary9-').toString('base64'),
  HOOK: 'canary10-webhook<secret>&more', HOOK_OLD: 'canary11\\webhook\\previous', CHANNEL: 'canary12%channel%20secret',
};

const CONFIG = `version: 1
database: { url: "sqlite:./lockstep.db" }
security: { encryptionKey: "\${env:ENCRYPTION}" }
notifications: { channels: { ops: { type: webhook, url: "https://hooks.example/x", secret: "\${env:CHANNEL}" } } }
sources:
  vault:
    connector: vault
    baseUrl: "\${env:BASE}"
    auth: { method: many, username: robot, password: "\${env:PASSWORD}", clientSecret: "\${env:CLIENT_SECRET}", apiKey: "\${env:API_KEY}", apiToken: "\${env:API_TOKEN}", token: "\${env:TOKEN}", secretAccessKey: "\${env:ACCESS_KEY}", sessionToken: "\${env:SESSION}", secret: "\${env:PRIVATE}" }
    webhook: { auth: [ { method: hmac_sha256, secret: "\${env:HOOK}", previousSecret: "\${env:HOOK_OLD}" } ] }
`;

const KEYS = ['username', 'password', 'clientSecret', 'apiKey', 'apiToken', 'token', 'secretAccessKey', 'sessionToken', 'secret'];
type Client = { readonly http: HttpPort; readonly auth: Readonly<Record<string, string>> };

/** Sends what it has, in the ways in which connectors do: Basic, Bearer, a header, a query, a body. */
const ask = (client: Client, how: string) => {
  const { http, auth } = client;
  const headers: Record<string, string> = how === 'basic' ? { authorization: `Basic ${Buffer.from(`robot:${auth['password']}`).toString('base64')}` } : how === 'bearer' ? { authorization: `Bearer ${auth['token']}` } : { 'x-api-key': auth['apiKey'] as string };
  return http.send({ method: 'POST', url: `/${how}`, headers, query: { key: auth['apiToken'] }, body: { client_secret: auth['clientSecret'], key: auth['secret'] }, idempotent: true });
};

const HOWS = ['basic', 'bearer', 'header'] as const;
const vault = defineConnector<Client>({
  manifest: {
    name: 'vault', title: 'Vault', role: 'itsm', about: 'one that echoes', streams: HOWS.map((name) => ({ name, default: true, about: 'assets' })), auth: [{ method: 'many', keys: KEYS, about: 'many' }], baseUrl: 'required', leastRights: 'none', concurrency: 1,
    webhookAuth: [{ method: 'hmac_sha256', keys: ['secret', 'previousSecret?'] }],
  },
  streams: HOWS.map((name) => defineStream<Client, never>({
    name, permissions: [], deletes: 'unknowable', incremental: 'none', map: () => ({ ok: false, reason: 'there is none' }),
    async *pull(client) { await ask(client, name); yield { scope: '', records: [], next: null, ends: [{ scope: '', coverage: 'complete' as const }], cursor: 'end' }; },
  })),
  connect: ({ source, http }) => ({ http, auth: source.auth as Client['auth'] }),
  async *check(client) { for (const how of HOWS) await ask(client, how); yield { what: 'reach', outcome: 'ok', message: 'ok' }; },
});
const catalogue: ConnectorCatalogue = { names: () => ['vault'], load: async (name) => (name === 'vault' ? (vault as Connector) : undefined) };

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);
/** How a secret may travel. */
const spellings = (secret: string): string[] => [
  secret, escaped(secret), escaped(escaped(secret)), encodeURIComponent(secret), Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('base64url'), Buffer.from(secret).toString('hex'), Buffer.from(`robot:${secret}`).toString('base64'),
  ...(secret.includes('\n') ? secret.split('\n').slice(1, -1) : []),
];
function found(text: string): string[] {
  return Object.entries(CANARIES).filter(([, secret]) => spellings(secret).some((each) => text.includes(each))).map(([name]) => name);
}

describe('twelve canaries in the configuration, echoed by a vendor that fails', () => {
  let server: Server;
  let shell: Terminal;
  let env: Record<string, string>;
  const echo = (): string => JSON.stringify({ error: { message: Object.values(CANARIES).flatMap(spellings).join(' | ') }, ...CANARIES });
  beforeAll(async () => {
    let asked = 0;
    server = createServer((request, response) => {
      request.resume();
      const status = [401, 403, 500, 400][asked++ % 4] as number;
      response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': CANARIES['API_KEY'], 'www-authenticate': `Basic realm="${CANARIES['API_KEY']}"` }).end(echo());
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    env = { ...CANARIES, BASE: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    shell = terminal();
    shell.write('lockstep.yaml', CONFIG);
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    shell.dispose();
  });
  const filesOf = (): string => readdirSync(shell.folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('lockstep.db')).map((name) => readFileSync(join(shell.folder, name), 'latin1')).join('\n');

  it('are found where they are: the search can find', () => {
    expect(Object.keys(CANARIES)).toHaveLength(12);
    expect(found(echo())).toHaveLength(12);
  });

  it.each(['sync', 'sync --debug', 'sync --json --debug', 'check', 'check --json --debug', 'runs show last --json', 'runs list --json', 'sources show vault', 'config show', 'config show --json', 'doctor --debug', 'doctor --json', 'plan --debug'])('are not in what `lockstep %s` says', async (line) => {
    const { out, err } = await shell.lockstep(line, { env, catalogue });

    expect(`${out}${err}`.length).toBeGreaterThan(50);
    expect(found(out + err)).toEqual([]);
  });

  it('are in no file of the database, while it is open and afterwards, nor in the log of a service at its most talkative, its metrics and its reports', async () => {
    const loaded = await loadConfig({ files: [join(shell.folder, 'lockstep.yaml')], env, catalogue, cwd: shell.folder });
    if (!loaded.ok) throw new Error('the configuration is not sound');
    const lines: string[] = [];
    const metrics = new ServiceMetrics({ clock: { now: () => 0 }, version: '0' });
    const log = serviceLog({ env: { LOCKSTEP_LOG_LEVEL: 'trace' }, secrets: loaded.config.secrets, destination: { write: (text: string) => void lines.push(text) } });
    let now = Date.UTC(2026, 10, 5);
    const engine = await openEngine({ config: loaded.config, catalogue, clock: { now: () => now, sleep: async (ms) => { now += ms; } }, log, signal: new AbortController().signal, metrics });
    metrics.ask(databaseCollector(engine));

    const report = await new SyncService(engine).sync({ full: true });
    const scraped = await metrics.scrape();
    const open = filesOf();
    await engine.close();

    expect(report.runs[0]).toMatchObject({ status: 'failed' });
    expect(lines.length).toBeGreaterThan(3);
    expect(open.length).toBeGreaterThan(100_000);
    for (const text of [JSON.stringify(report), lines.join(''), scraped, open, filesOf()]) expect(found(text)).toEqual([]);
  });

  it('are not in a support bundle', async () => {
    const { code, err } = await shell.lockstep('doctor --bundle out.tar.gz', { env, catalogue });

    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringMatching(/out\.tar\.gz holds/) as string });
    expect(found(gunzipSync(readFileSync(join(shell.folder, 'out.tar.gz'))).toString('utf8'))).toEqual([]);
  });
});
