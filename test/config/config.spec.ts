import { join } from 'node:path';
import { formatProblem, showConfig } from '../../src/config/index.js';
import { load, loaded, MINIMAL } from './support.js';

const FULL = `version: 1
environment: { name: production, writes: on }
database: { url: "mysql://lockstep:\${env:DB_PASSWORD}@db.example.com:3306/lockstep" }
queue: { url: "redis://127.0.0.1:6379" }
server: { host: 127.0.0.1, port: "\${env:PORT}", publicUrl: "https://lockstep.example.com" }
sources:
  acme-prod:
    connector: acme
    role: itsm
    baseUrl: https://acme.example.com
    auth: { method: basic, username: "\${env:ACME_USER}", password: "\${env:ACME_PASSWORD}" }
    streams: [computers, relationships]
    where: "class = 'server'"
    schedule: { incremental: "*/5 * * * *", full: 12h, timezone: Europe/Berlin, jitter: 30s }
    webhook: { auth: [ { method: hmac_sha256, secret: "\${env:HOOK}", previousSecret: "\${env:HOOK_OLD:-}" } ] }
    mapping: { computers: { location: { from: location.name, values: { BLN: Berlin, 7: Bonn }, unknown: hold }, owner: null, rack: "$uppercase(u_rack)", stage: { values: { 1: in_use } } } }
    push: { enabled: true, fields: [stage, location], classes: [hardware], mode: upsert, where: "rack is known", reference: correlation_id,
            onConflict: { default: hold, location: newest }, onDrift: { location: theirs }, maxPushRatio: 0.3, maxWrites: 500/h, quietHours: ["Mo-Fr 08:00-10:00", "22:00-06:00"] }
    safety: { maxDeleteRatio: 0.2, missingFor: 2d }
    options: { regions: [eu-1], assumeRole: { roleName: reader }, path: data/in.csv }
  aged:
    connector: sheet
    options: { path: ./old.csv, files: more.csv }
  cves: { connector: bare }
identity: { sharedLimit: 7, junk: { serial: ["DEFAULT*"] }, classes: { rack_server: server }, rules: { hardware: { link: [serial, bios_uuid, hostname] }, rack_server: { suggest: [ip] } } }
references: { locations: { Berlin: [BLN, "Berlin HQ"] }, people: { "jane@example.com": [jdoe] } }
authority:
  stage: { order: [acme-prod, role:itsm] }
  default: [acme-prod, role:itsm, role:finance]
  hardware: { os_version: { order: [role:agent, acme-prod], staleAfter: 14d, empty: wins }, tags: { strategy: union }, rack: [aged] }
lifecycle: { speakers: { acme-prod: all, aged: [retired], elsewhere: none }, transitions: { add: ["retired -> in_use"], remove: [] }, protected: [disposed], tieWindow: 5m,
  rules: [ { name: seen-first, when: "stage = 'acquired' and first_seen_by('discovery')", to: deployed, leavesProtected: [retired] } ] }
policies: { warranty: { before: [90d, 30d], where: "class = 'rack_server'", notify: [ops] }, disposition: { rules: [ { name: disks, when: "data_sensitivity = 'high'", method: destroy } ] } }
notifications: { channels: { ops: { type: webhook, url: "https://hooks.example.com/x", secret: "\${env:HOOK}" } }, rules: [ { on: [run_failed], to: [ops], digest: 1h } ] }
security: { twoPersonRule: true, oidc: { issuer: "https://id.example.com", audience: lockstep, roles: { admin: [it-admins] } } }
retention: { rawVersions: 5, versions: 30d }
`;

describe('a whole configuration', () => {
  it('comes out with numbers, ms and parsed conditions, every default in its place', async () => {
    const { config, problems, folder } = await load(FULL);

    expect(problems).toEqual([]);
    expect(config).toMatchObject({
      environment: { name: 'production', writes: true }, database: { kind: 'mysql', url: 'mysql://lockstep:p%40ss%2Fw%3Ard-canary@db.example.com:3306/lockstep' },
      queue: { url: 'redis://127.0.0.1:6379', prefix: 'lockstep' }, server: { host: '127.0.0.1', port: 9090 },
      identity: { sharedLimit: 7, junk: { serial: ['DEFAULT*'] } },
      references: { locations: { Berlin: ['BLN', 'Berlin HQ'] } },
      authority: {
        stage: ['acme-prod', 'role:itsm'], default: ['acme-prod', 'role:itsm', 'role:finance'],
        byClass: { hardware: { os_version: { order: ['role:agent', 'acme-prod'], staleAfterMs: 14 * 86_400_000, empty: 'wins' }, tags: { strategy: 'union' }, rack: { order: ['aged'] } } },
      },
      lifecycle: { speakers: { 'acme-prod': 'all', aged: ['retired'] }, add: [{ from: 'retired', to: 'in_use' }], protected: ['disposed'], tieWindowMs: 300_000 },
      retention: { rawVersions: 5, versionsMs: 30 * 86_400_000, inboxMs: 30 * 86_400_000, attemptsMs: 90 * 86_400_000 },
      policies: { warranty: { beforeMs: [90 * 86_400_000, 30 * 86_400_000], notify: ['ops'] }, vulnerabilities: { stages: ['deployed', 'in_use', 'maintenance'] } },
      notifications: { rules: [{ on: ['run_failed'], to: ['ops'], digestMs: 3_600_000 }] },
      security: { twoPersonRule: true, tokenLifetimeMs: 365 * 86_400_000, oidc: { rolesClaim: 'groups', roles: { admin: ['it-admins'] } } },
    });
    const [acme, aged, cves] = config!.sources;
    expect(acme).toMatchObject({
      name: 'acme-prod', connector: 'acme', role: 'itsm', folder, auth: { method: 'basic', username: 'robot', password: 'hunter2-canary' }, streams: ['computers', 'relationships'],
      where: { text: "class = 'server'", expression: { kind: 'compare' } },
      schedule: { incremental: { kind: 'cron', cron: '*/5 * * * *' }, full: { kind: 'every', ms: 43_200_000 }, timezone: 'Europe/Berlin', jitterMs: 30_000 },
      webhook: { auth: [{ method: 'hmac_sha256', secret: 'hook-canary' }] },
      mapping: { computers: {
        location: { from: 'location.name', path: ['location', 'name'], values: { BLN: 'Berlin', 7: 'Bonn' }, unknown: 'hold' }, owner: null,
        rack: { from: '$uppercase(u_rack)', unknown: 'keep' }, stage: { values: { 1: 'in_use' }, unknown: 'hold' },
      } },
      push: {
        enabled: true, fields: ['stage', 'location'], classes: ['hardware'], mode: 'upsert', reference: 'correlation_id', onConflict: { default: 'hold', location: 'newest' },
        onDrift: { location: 'theirs' }, maxPushRatio: 0.3, maxWrites: { writes: 500, perMs: 3_600_000 },
        quietHours: [{ days: [0, 1, 2, 3, 4], from: 480, to: 600 }, { days: [0, 1, 2, 3, 4, 5, 6], from: 1320, to: 360 }],
      },
      safety: { maxDeleteRatio: 0.2, minDeletes: 10, maxChangeRatio: 0.2, minChanges: 25, missingPasses: 2, missingForMs: 2 * 86_400_000, suspectRatio: 0.5 },
      options: { regions: ['eu-1'], pageSize: 100, assumeRole: { roleName: 'reader' }, path: join(folder, 'data/in.csv') },
    });
    expect(acme!.webhook!.auth[0]).not.toHaveProperty('previousSecret');
    expect(aged).toMatchObject({ role: 'itsm', streams: ['records'], auth: { method: 'none' }, options: { path: join(folder, 'old.csv'), files: [join(folder, 'more.csv')] }, push: { enabled: false, fields: ['stage'] } });
    expect(cves).toMatchObject({ role: 'vulnerability', auth: { method: 'none' }, schedule: { timezone: 'UTC', jitterMs: 0 } });
    expect(config!.identity.tiers.byClass['hardware']).toEqual({ link: ['serial', 'bios_uuid', 'hostname'], attach: ['asset_tag', 'mac', 'fqdn'], suggest: ['ip', 'name'] });
    expect(config!.identity.tiers.byClass['rack_server']).toEqual({ link: ['serial', 'bios_uuid', 'hostname'], attach: ['asset_tag', 'mac', 'fqdn'], suggest: ['ip'] });
    expect(config!.identity.classes).toMatchObject({ rack_server: 'server', server: 'hardware' });
    expect([...config!.secrets].sort()).toEqual(['hook-canary', 'https://hooks.example.com/x', 'hunter2-canary', 'p%40ss%2Fw%3Ard-canary', 'p@ss/w:rd-canary']);
  });

  it('of two lines is enough: writes off, SQLite beside the working directory, nothing scheduled', async () => {
    const { config, folder } = await load(MINIMAL);

    expect(config).toMatchObject({
      environment: { writes: false }, database: { kind: 'sqlite', path: join(folder, 'data/lockstep.db') }, lifecycle: { protected: ['maintenance', 'retired', 'disposed'], tieWindowMs: 120_000 },
      identity: { sharedLimit: 5, tiers: { default: { link: ['external_ref', 'cloud_resource_id', 'instance_uuid', 'bios_uuid', 'serial'], attach: ['asset_tag', 'mac', 'fqdn'], suggest: ['hostname', 'ip', 'name'] }, byClass: {} } },
      authority: { byClass: {} },
    });
    expect(config!.sources[0]!.schedule).toEqual({ timezone: 'UTC', jitterMs: 0, streams: {} });
  });

  it('shows each value with its origin, secrets masked', async () => {
    const rows = showConfig(await loaded(FULL));
    const row = (path: string): unknown => rows.find((candidate) => candidate.path === path);

    expect(row('sources.acme-prod.auth.password')).toEqual({ path: 'sources.acme-prod.auth.password', value: '***', origin: 'lockstep.yaml:11' });
    expect(row('database.url')).toEqual({ path: 'database.url', value: 'mysql://lockstep:***@db.example.com:3306/lockstep', origin: 'lockstep.yaml:3' });
    expect(row('server.port')).toMatchObject({ value: '9090' });
    expect(row('sources.acme-prod.safety.minDeletes')).toEqual({ path: 'sources.acme-prod.safety.minDeletes', value: 10, origin: 'default' });
    expect(row('sources.cves.role')).toEqual({ path: 'sources.cves.role', value: 'vulnerability', origin: 'default' });
    expect(row('sources.acme-prod.streams')).toMatchObject({ value: ['computers', 'relationships'] });
    expect(JSON.stringify(rows)).not.toContain('canary');
  });

  it('keeps its hash when only spelling, order or a secret changes, and loses it when a meaning does', async () => {
    const hash = async (text: string, env: Record<string, string> = {}): Promise<string> => (await loaded(text, { env: { S: 'x', ...env } })).hash;
    const text = 'version: 1\nsources: { b: { connector: bare, auth: { method: api_key, apiKey: "${env:S}" } } }\nretention: { rawVersions: 4 }\n';

    const first = await hash(text);

    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await hash(text, { S: 'another' })).toBe(first);
    expect(await hash('# comment\nretention:\n  rawVersions: 4\nsources:\n  b:\n    auth: { apiKey: "${env:S}", method: "api_key" }\n    connector: bare\nversion: 1\n')).toBe(first);
    expect(await hash(text.replace('4', '5'))).not.toBe(first);
  });
});

describe('several files', () => {
  it('lay over each other key by key, lists whole; each value keeps its file and its folder', async () => {
    const { config, problems, folder } = await load(`${MINIMAL}  s: { connector: sheet, options: { path: a.csv }, streams: [records] }\nserver: { port: 1 }\n`, {
      files: ['lockstep.yaml', 'conf'],
      with: { 'conf/20-last.yml': 'server: { host: "::1" }\nsources: { s: { options: { path: b.csv } } }\n', 'conf/10-first.yaml': 'server: { host: x, port: 2 }\ndatabase: { url: "sqlite:here.db" }\n', 'conf/notes.txt': ':' },
    });

    expect(problems).toEqual([]);
    expect(config!.server).toMatchObject({ host: '::1', port: 2 });
    expect(config!.database.path).toBe(join(folder, 'conf/here.db'));
    expect(config!.sources.map((source) => source.options['path'])).toEqual([undefined, join(folder, 'conf/b.csv')]);
    expect(showConfig(config!).find((row) => row.path === 'server.port')!.origin).toBe('conf/10-first.yaml:1');
  });

  it('are told apart in problems, in the order given', async () => {
    const { problems } = await load('version: 1\nsources: { s: { connector: sheet, streams: [nope] } }\n', { files: ['lockstep.yaml', 'b.yaml', 'gone.yaml'], with: { 'b.yaml': 'sources: { s: { options: { path: 3 } } }\nservr: {}\n' } });

    expect(problems.map((problem) => `${problem.file}:${problem.line}:${problem.column} ${problem.path}`)).toEqual([
      'lockstep.yaml:2:45 sources.s.streams[0]', 'b.yaml:1:34 sources.s.options.path', 'b.yaml:2:1 servr', 'gone.yaml:1:1 ',
    ]);
  });

  it('may be named by LOCKSTEP_CONFIG', async () => {
    const { config } = await load('nothing here', { files: [], env: { LOCKSTEP_CONFIG: 'other.yaml' }, with: { 'other.yaml': MINIMAL } });

    expect(config!.sources).toHaveLength(1);
  });
});

describe('references', () => {
  const source = (auth: string): string => `version: 1\nsources: { b: { connector: bare, auth: ${auth} } }\n`;

  it('take files, without their last line end, relative to the file they stand in', async () => {
    const config = await loaded(source('{ method: api_key, apiKey: "${file:keys/k}" }'), { with: { 'keys/k': 'two\nlines\n' } });

    expect(config.sources[0]!.auth['apiKey']).toBe('two\nlines');
    expect(config.secrets).toEqual(['two\nlines']);
  });

  it('take the type that the key expects, also as a list', async () => {
    const config = await loaded('version: 1\nsources: { a: { connector: acme, baseUrl: "${env:U}", auth: { method: basic, username: x, password: "${env:P}" }, streams: "${env:S}", push: { enabled: "${env:F}", maxPushRatio: "${env:R}" } } }\n', { env: { U: 'https://a.example.com', P: 'p', S: 'computers, assets', F: 'true', R: '0.5' } });

    expect(config.sources[0]).toMatchObject({ streams: ['computers', 'assets'], push: { enabled: true, maxPushRatio: 0.5 } });
  });

  it('are borne unset where nothing is to be reached', async () => {
    const text = source('{ method: api_key, apiKey: "${env:NOWHERE}" }');

    expect((await load(text)).problems).toMatchObject([{ line: 2, found: 'NOWHERE not set' }]);
    expect((await load(text, { requireSecrets: false })).problems).toEqual([]);
  });

  it('are no references in conditions and where "$" is doubled', async () => {
    const config = await loaded('version: 1\nenvironment: { name: "$${env:X}" }\nsources: { b: { connector: bare, where: "name matches \'^a${0}\'" } }\n');

    expect(config.environment.name).toBe('${env:X}');
  });
});

describe('formatProblem', () => {
  it('is one line, and with the source a caret below the place', async () => {
    const { problems } = await load(`${MINIMAL}servr: { port: 1 }\n`);

    expect(formatProblem(problems[0]!)).toBe('lockstep.yaml:4:1 servr: unknown key; did you mean "server"?');
    expect(formatProblem(problems[0]!, { source: true }).split('\n').slice(1)).toEqual(['    servr: { port: 1 }', '    ^']);
  });
});
