import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { registerProbes } from '../../src/observability/http.js';
import { terminal, type Answer, type Terminal } from './harness.js';

const CONFIG = (more = ''): string => `version: 1
database: { url: "sqlite:./data/lockstep.db" }
sources:
  cmdb: { connector: file, options: { path: rows.json } }
references: { people: { ann@example.com: ["Ann Person"] } }
${more}`;

describe('doctor', () => {
  let shell: Terminal;
  beforeEach(() => {
    shell = terminal();
    shell.write('lockstep.yaml', CONFIG());
    shell.write('rows.json', [{ id: '1', class: 'server', serial_number: 'SERIAL-OF-A-RECORD', location: 'PLACE-OF-A-RECORD' }]);
  });
  afterEach(() => shell.dispose());
  const outcomes = (answer: Answer): string[] => (answer.json[0] as { findings: { area: string; subject?: string; outcome: string }[] }).findings.map(({ area, subject = '', outcome }) => `${area} ${subject.replace(shell.folder, '.')}: ${outcome}`);

  it('finds all well after a sync, and says so of each part', async () => {
    await shell.lockstep('sync');

    const answer = await shell.lockstep('doctor --json');

    expect(answer.code).toBe(0);
    expect(answer.json[0]).toMatchObject({ formatVersion: 1, ok: true });
    expect(outcomes(answer)).toEqual(expect.arrayContaining(['configuration : ok', 'versions : ok', 'database ./data/lockstep.db: ok', 'database schema: ok', 'database integrity: ok', 'sources cmdb: ok', 'work : ok', 'writes : ok']));
  });

  it('tells people the next step, and exits 1 when something has failed', async () => {
    await shell.lockstep('sync');
    shell.write('lockstep.yaml', CONFIG().replace('rows.json', 'away.json'));

    const answer = await shell.lockstep('doctor');

    expect(answer.code).toBe(1);
    expect(answer.out).toMatch(/^sources\n {2}failed {3}cmdb: .*away\.json.*\n {11}next /m);
    expect(answer.err).toMatch(/\d+ things? failed/);
    expect((await shell.lockstep('doctor --offline')).code).toBe(0);
  });

  it('knows a database that does not exist yet, one that is none, and one that another version made', async () => {
    expect(outcomes(await shell.lockstep('doctor --json'))).toContain('database ./data/lockstep.db: warning');

    mkdirSync(join(shell.folder, 'data'));
    writeFileSync(join(shell.folder, 'data/lockstep.db'), 'this is no database, whatever its name says'.repeat(50));
    const broken = await shell.lockstep('doctor --json');

    expect(broken.code).toBe(1);
    expect(outcomes(broken)).toContain('database ./data/lockstep.db: failed');
  });

  it('names every problem of the configuration as a finding', async () => {
    shell.write('lockstep.yaml', CONFIG('retentoin: {}\n'));

    const answer = await shell.lockstep('doctor --json');

    expect(answer.code).toBe(1);
    expect(answer.json[0]).toMatchObject({ ok: false, findings: [{ area: 'configuration', outcome: 'failed', message: expect.stringMatching(/lockstep\.yaml:\d+:1 retentoin.*retention/) as string }] });
    expect(await shell.lockstep('doctor --bundle x.tar.gz')).toMatchObject({ code: 1 });
  });

  it('writes a bundle that tar reads, says what is in it, overwrites nothing, and lets nobody else read it', async () => {
    shell.write('lockstep.yaml', CONFIG('security: { encryptionKey: "${env:KEY}" }\nnotifications: { channels: { ops: { type: webhook, url: "https://hooks.example/HOOK-PATH", secret: "${env:HOOK}" } } }\n'));
    const env = { KEY: Buffer.alloc(32, 7).toString('base64'), HOOK: 'hook-s3cr3t-value' };
    await shell.lockstep('sync', { env });

    const answer = await shell.lockstep('doctor --bundle support.tar.gz', { env });

    const file = join(shell.folder, 'support.tar.gz');
    expect(answer).toMatchObject({ code: 0, err: expect.stringMatching(/support\.tar\.gz holds:\n {2}findings\.json: what doctor found\n[^]*Read it before you send it/) as string });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    execFileSync('tar', ['-xzf', file, '-C', shell.folder]);
    const read = (name: string): string => readFileSync(join(shell.folder, 'lockstep-bundle', name), 'utf8');
    const names = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }).trim().split('\n').map((name) => name.replace('lockstep-bundle/', ''));
    expect(names).toEqual(['README.txt', 'findings.json', 'versions.json', 'configuration.json', 'metrics.txt', 'runs.json', 'leases.json', 'tables.json']);
    const all = names.map(read).join('\n');
    for (const secret of [env.KEY, env.HOOK, 'HOOK-PATH', 'Ann Person', 'ann@example.com', 'SERIAL-OF-A-RECORD', 'PLACE-OF-A-RECORD']) expect(all).not.toContain(secret);
    expect(JSON.parse(read('runs.json'))).toMatchObject([{ source: 'cmdb', status: 'succeeded', streams: { records: { read: 1 } } }]);
    expect(JSON.parse(read('tables.json'))).toMatchObject({ assets: 1, record_heads: 1, jobs: 0 });
    expect(read('metrics.txt')).toContain('lockstep_last_run_outcome{source="cmdb",outcome="succeeded"} 1');
    expect(await shell.lockstep('doctor --offline --bundle support.tar.gz', { env })).toMatchObject({ code: 1, err: expect.stringMatching(/support\.tar\.gz is there already/) as string });
  });

  describe('--live', () => {
    let server: FastifyInstance | undefined;
    afterEach(async () => {
      await server?.close();
      server = undefined;
    });
    async function listening(stopping: () => boolean): Promise<void> {
      server = fastify();
      registerProbes(server, { database: { read: async () => ({ applied: 1, differing: 0 }) as never }, isStopping: stopping });
      await server.listen({ host: '127.0.0.1', port: 0 });
      shell.write('lockstep.yaml', CONFIG(`server: { host: 0.0.0.0, port: ${(server.server.address() as AddressInfo).port} }\n`));
    }

    it('is 0 when the service is ready, and 1 when it is not', async () => {
      let stopping = false;
      await listening(() => stopping);

      expect(await shell.lockstep('doctor --live')).toMatchObject({ code: 0, out: 'the service is ready\n', err: '' });
      stopping = true;
      expect(await shell.lockstep('doctor --live')).toMatchObject({ code: 1, err: expect.stringMatching(/not ready .*answered 503/) as string });
      expect((await shell.lockstep('doctor --live --json')).json[0]).toMatchObject({ ok: false, status: 503 });
    });

    it('is 1 when nobody listens, and when the configuration cannot be read', async () => {
      await listening(() => false);
      await server?.close();

      expect(await shell.lockstep('doctor --live')).toMatchObject({ code: 1, err: expect.stringMatching(/cannot be reached \(ECONNREFUSED\)/) as string });
      shell.write('lockstep.yaml', 'version: 1\n');
      expect(await shell.lockstep('doctor --live')).toMatchObject({ code: 1 });
      expect(await shell.lockstep('doctor --live --offline')).toMatchObject({ code: 2 });
    });
  });
});
