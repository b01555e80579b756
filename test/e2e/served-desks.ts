import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { sandbox as halo } from '../../connectors/halo/sandbox/index.js';
import { createFleet, type Sandbox } from '../../connectors/sdk/sandbox/index.js';
import { sandbox as servicenow } from '../../connectors/servicenow/sandbox/index.js';
import { formatProblem, loadConfig } from '../../src/config/index.js';
import { realClock } from '../../src/engine/engine.js';
import { ServiceMetrics } from '../../src/observability/metrics.js';
import { compose } from '../../src/service/compose.js';
import { Service, type ServiceRole } from '../../src/service/service.js';
import { connectorCatalogue } from '../../src/sources/catalogue.js';
import { SyncService } from '../../src/sync/sync.service.js';
import { silentLog } from '../support/lab.js';

const SECRETS = { SN_HOOK: 'hook-of-servicenow-0123456789', HALO_HOOK: 'hook-of-halo-0123456789' };

/** Two service desks whose webhooks come in at a service, which writes to both. `roles`: one service for each, on one database. */
export class ServedDesks {
  readonly folder = mkdtempSync(join(tmpdir(), 'lockstep-served-'));
  readonly services: Service[] = [];
  sn!: Sandbox;
  halo!: Sandbox;

  static async open(url: string, roles: readonly ServiceRole[]): Promise<ServedDesks> {
    const house = new ServedDesks();
    const at = realClock.now();
    const fleet = createFleet({ size: 30, at });
    house.sn = await servicenow.start({ fleet, clock: realClock });
    house.halo = await halo.start({ fleet, clock: realClock });
    const file = join(house.folder, 'lockstep.yaml');
    const pushed = 'push: { enabled: true, fields: [stage], maxPushRatio: 1 }';
    writeFileSync(file, ['version: 1', 'environment: { name: test, writes: on }', 'database: { url: "${env:DATABASE_URL}" }', 'server: { port: 0 }', 'lifecycle: { speakers: { halo: all, sn: all } }', 'sources:',
      house.sn.yaml('sn', ['webhook: { auth: { method: hmac_sha256, secret: "${env:SN_HOOK}" } }', pushed]), house.halo.yaml('halo', ['streams: [assets]', 'webhook: { auth: { method: basic, username: lockstep, password: "${env:HALO_HOOK}" } }', pushed])].join('\n'));
    const catalogue = connectorCatalogue();
    const load = () => loadConfig({ files: [file], env: { ...house.sn.env(), ...house.halo.env(), ...SECRETS, DATABASE_URL: url }, catalogue, cwd: house.folder });
    const loaded = await load();
    if (!loaded.ok) throw new Error(loaded.problems.map((problem) => formatProblem(problem)).join('\n'));
    for (const role of roles) {
      const metrics = new ServiceMetrics({ clock: realClock, version: 'test' });
      house.services.push(await Service.start({
        engine: { clock: realClock, log: silentLog, metrics }, config: loaded.config, catalogue, role, reload: load,
        compose: (engine, queue, isStopping) => compose(engine, queue, { role, metrics, run: async () => 1, isStopping }),
      }));
    }
    await new SyncService(house.engine).sync({ full: true });
    const origin = house.services.find(({ address }) => address !== undefined)?.address;
    house.sn.deliveries!.deliverTo({ url: `${origin}/webhooks/sn`, auth: { method: 'hmac_sha256', secret: SECRETS.SN_HOOK } });
    house.halo.deliveries!.deliverTo({ url: `${origin}/webhooks/halo`, auth: { method: 'basic', username: 'lockstep', password: SECRETS.HALO_HOOK } });
    return house;
  }

  get engine() { return this.services[0]!.engine; }
  rows(sql: string, params: readonly string[] = []) { return this.engine.database.read((tx) => tx.query(sql, params)); }

  /** Records of one asset that both desks show in a stage, and agree on. */
  async shared(stage: string): Promise<{ readonly sn: string; readonly halo: string }> {
    const rows = await this.rows(`SELECT s.external_id AS sn, o.external_id AS halo FROM record_heads s JOIN streams ss ON ss.id = s.stream_id AND ss.source = 'sn' AND ss.name = 'assets' JOIN record_heads o ON o.asset_id = s.asset_id JOIN streams os ON os.id = o.stream_id AND os.source = 'halo' JOIN assets a ON a.id = s.asset_id WHERE a.stage = ? AND s.state = 'live' AND o.state = 'live' ORDER BY s.external_id`, [stage]);
    const row = rows.find(({ sn, halo }) => this.sn.truth('assets').get(sn as string)?.stage === stage && this.halo.truth('assets').get(halo as string)?.stage === stage);
    if (!row) throw new Error(`no asset stands in ${stage} in both`);
    return { sn: row['sn'] as string, halo: row['halo'] as string };
  }

  /** Until it is so; the test's own time is the limit. */
  async until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await isSo())) await turn();
  }

  async close(): Promise<void> {
    for (const service of this.services.reverse()) await service.stop('the test is over');
    await this.sn?.close();
    await this.halo?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The same on either database. */
export function describeServedDesks(name: string, open: () => Promise<ServedDesks>): void {
  describe(name, () => {
    let house: ServedDesks;
    beforeAll(async () => { house = await open(); }, 120_000);
    afterAll(() => house?.close());
    const verified = async (target: string) => (await house.rows(`SELECT COUNT(*) AS n FROM push_attempts WHERE target = ? AND outcome IN ('verified', 'normalised')`, [target])).map((row) => Number(row['n']))[0] as number;

    it('a change in one desk comes in by its webhook, and stands in the other in that tool\'s own codes, verified, without any schedule', async () => {
      const { sn, halo: id } = await house.shared('in_use');
      const before = await verified('halo');
      house.sn.edit.update('assets', sn, { install_status: '3', substatus: '' });
      await house.until(() => house.halo.truth('assets').get(id)?.stage === 'maintenance');
      await house.until(async () => (await verified('halo')) > before);
      expect(await house.rows(`SELECT state, reason FROM outbox WHERE state <> 'waiting'`)).toEqual([]);
    }, 60_000);

    it('and the other way round', async () => {
      const { sn, halo: id } = await house.shared('in_use');
      const before = await verified('sn');
      house.halo.edit.update('assets', id, { status_id: 5 });
      await house.until(() => house.sn.truth('assets').get(sn)?.stage === 'maintenance');
      await house.until(async () => (await verified('sn')) > before);
    }, 60_000);

    it('its own writes come back by webhook, and are no change', async () => {
      await Promise.all([house.sn.deliveries!.delivered(), house.halo.deliveries!.delivered()]);
      const moves = async () => Number((await house.rows('SELECT COUNT(*) AS n FROM stage_moves'))[0]?.['n']);
      const [before, attempts] = [await moves(), await verified('sn') + await verified('halo')];
      await house.until(async () => (await house.rows(`SELECT id FROM jobs WHERE state IN ('waiting', 'running')`)).length === 0);
      expect([await moves(), await verified('sn') + await verified('halo')]).toEqual([before, attempts]);
    }, 60_000);
  });
}
