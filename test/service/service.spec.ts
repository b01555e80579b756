import { setImmediate as turn } from 'node:timers/promises';
import { listJobs } from '../../src/database/repositories/jobs.js';
import { loadConfig, type ConnectorCatalogue } from '../../src/config/index.js';
import { ServiceMetrics } from '../../src/observability/metrics.js';
import { compose } from '../../src/service/compose.js';
import { readDoor } from '../../src/service/door-file.js';
import { Service } from '../../src/service/service.js';
import { run } from '../../src/cli/run.js';
import type { Io } from '../../src/cli/io.js';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectorCatalogue } from '../../src/sources/catalogue.js';
import { silentLog } from '../support/lab.js';
import { ManualClock } from '../support/manual-clock.js';
import { Tool, toolConnector } from '../support/tools.js';

const yaml = ({ sources = ['alpha', 'beta'], extra = '', port = 0, where = '' } = {}) => `version: 1
environment: { name: test, writes: on }
database: { url: "sqlite:./lockstep.db" }
server: { port: ${port} }
safety: {}
sources:
${sources.map((name) => `  ${name}: { connector: tool, schedule: { incremental: 5m }, safety: { maxDeleteRatio: 1, maxChangeRatio: 1, suspectRatio: 0 }${name === 'beta' ? ', push: { enabled: true, fields: [stage] }' : ''}${where === '' || name !== 'alpha' ? '' : `, where: "${where}"`} }`).join('\n')}
${extra}`.replace('safety: {}\n', '');

/** A service over tools of a test, on a clock that stands still. */
class House {
  readonly folder = mkdtempSync(join(tmpdir(), 'lockstep-service-'));
  readonly clock = new ManualClock(Date.UTC(2026, 10, 1));
  readonly tools = new Map(['alpha', 'beta', 'gamma'].map((name) => [name, new Tool(name, this.clock)]));
  readonly catalogue: ConnectorCatalogue;
  readonly metrics = new ServiceMetrics({ clock: this.clock, version: 'test' });
  readonly lines: string[] = [];
  service!: Service;
  tick: () => Promise<unknown> = async () => undefined;

  constructor() {
    const bundled = connectorCatalogue();
    const tool = toolConnector(this.tools);
    this.catalogue = { names: () => ['tool', ...bundled.names()], load: async (name, folder) => (name === 'tool' ? tool : bundled.load(name, folder)) };
  }

  readonly log = { ...silentLog, info: (message: string, fields: object = {}) => this.note(message, fields), warn: (message: string, fields: object = {}) => this.note(message, fields) };
  private note(message: string, fields: object): void {
    const { source, target, status, error, next } = fields as Record<string, string | undefined>;
    this.lines.push([message, source ?? target, status, error, next?.replace(/run-\S+/, 'RUN')].filter((part) => part !== undefined).join(' | '));
  }

  get file(): string { return join(this.folder, 'lockstep.yaml'); }
  write(text: string): void { writeFileSync(this.file, text); }
  load() { return loadConfig({ files: [this.file], env: { SECRET: 'a-secret-value' }, cwd: this.folder, catalogue: this.catalogue }); }

  async start(text = yaml()): Promise<void> {
    this.write(text);
    const loaded = await this.load();
    if (!loaded.ok) throw new Error(loaded.problems.map(({ path, message }) => `${path}: ${message}`).join('\n'));
    this.service = await Service.start({
      engine: { clock: this.clock, log: this.log, waitMs: 0, metrics: this.metrics }, config: loaded.config, catalogue: this.catalogue, role: 'all', reload: () => this.load(),
      compose: (engine, queue, isStopping) => compose(engine, queue, { role: 'all', metrics: this.metrics, run, isStopping }),
      ticks: async (tick) => { this.tick = tick; return { stop: async () => { this.tick = async () => undefined; } }; },
    });
  }

  jobs() { return this.service.engine.database.read((tx) => listJobs(tx, { limit: 100 })); }
  rows(sql: string) { return this.service.engine.database.read((tx) => tx.query(sql)); }

  /** Until nothing is due and nothing runs. */
  async settled(): Promise<void> {
    for (;;) {
      await this.tick();
      for (let i = 0; i < 5; i++) await turn();
      const now = this.clock.now();
      if (!(await this.jobs()).some((job) => job.state === 'running' || (job.state === 'waiting' && job.runAt <= now))) return;
    }
  }

  /** A command in another process, as far as it can tell. */
  async lockstep(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
    let [out, err] = ['', ''];
    const io: Io = {
      stdout: { isTTY: false, columns: 120, write: async (text) => { out += text; } }, stderr: { isTTY: false, columns: 120, write: async (text) => { err += text; } },
      stdin: { isTTY: false, text: async () => '', line: async () => '' }, env: { SECRET: 'a-secret-value' }, cwd: this.folder, user: 'anna', clock: { now: this.clock.now, sleep: () => turn() }, onInterrupt: () => () => undefined, onReload: () => () => undefined, abandon: () => undefined, catalogue: this.catalogue,
    };
    const code = await run(argv, io);
    return { code, out, err };
  }

  async close(): Promise<void> {
    await this.service.stop('the test is over');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

describe('the service', () => {
  let house: House;
  const pc = (id: string, status = 'A') => ({ id, status, serial_number: `SN-${id.padStart(5, '0')}`, name: `pc-${id}` });
  const sources = async () => (await house.rows(`SELECT st.source AS source, h.state AS state, COUNT(*) AS n FROM record_heads h JOIN streams st ON st.id = h.stream_id GROUP BY st.source, h.state ORDER BY st.source, h.state`)).map((row) => [row['source'], row['state'], Number(row['n'])]);
  beforeEach(() => {
    house = new House();
    for (const name of ['alpha', 'beta']) house.tools.get(name)?.put(pc('1'), pc('2'));
  });
  afterEach(() => house.close());

  it('reads on schedule, and what one tool says reaches the others', async () => {
    await house.start();
    await house.settled();
    expect(await sources()).toEqual([['alpha', 'live', 2], ['beta', 'live', 2]]);
    house.tools.get('alpha')?.edit('1', { status: 'R' });
    house.clock.advance(5 * 60_000);
    await house.settled();
    expect(house.tools.get('beta')?.status('1')).toBe('R');
    expect(house.lines.filter((line) => line.startsWith('a ')).sort()).toEqual(['a run ended | alpha | succeeded', 'a run ended | alpha | succeeded', 'a run ended | beta | succeeded', 'a run ended | beta | succeeded', 'a target was written | beta']);
  });

  it('does once what was missed while it was stopped', async () => {
    await house.start();
    await house.settled();
    const runs = async () => Number((await house.rows('SELECT COUNT(*) AS n FROM runs'))[0]?.['n']);
    const before = await runs();
    await house.service.stop('night');
    house.clock.advance(9 * 3_600_000);
    await house.start();
    for (let i = 0; i < 4; i++) { house.clock.advance(1_000); await house.settled(); }
    expect(await runs() - before).toBe(2);
  });

  it('carries out commands beside it in the name of whoever typed them, with the same words and codes', async () => {
    await house.start();
    await house.settled();
    expect(readDoor(join(house.folder, 'lockstep.db.token'))).toMatchObject({ pid: process.pid, url: house.service.address });
    const set = await house.lockstep('assets', 'override', 'name:pc-1', 'location', 'Bonn', '--reason', 'moved', '--yes');
    const none = await house.lockstep('assets', 'override', 'name:nobody', 'location', 'Bonn', '--reason', 'moved', '--yes');
    const synced = await house.lockstep('sync', 'alpha', '--json');
    expect([set.code, set.out, none.code, none.err, synced.code]).toEqual([0, expect.stringContaining('pinned'), 1, expect.stringContaining('no asset is known as "name:nobody"'), 0]);
    expect(JSON.parse(synced.out)).toMatchObject({ formatVersion: 1, runs: [{ source: 'alpha', status: 'succeeded' }] });
    expect(await house.rows('SELECT DISTINCT actor FROM audit')).toEqual([{ actor: 'anna' }]);
    const listed = await house.lockstep('assets', 'list', '--json');
    expect(listed.out.trim().split('\n')).toHaveLength(2);
  });

  it('opens its door only with the token, and only for what it knows', async () => {
    await house.start();
    for (const authorization of ['', 'Bearer wrong']) expect((await fetch(`${house.service.address}/local/v1/commands`, { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: '{"argv":["version"]}' })).status).toBe(404);
  });

  it('refuses a configuration that is not valid as a whole, and goes on with the present one', async () => {
    await house.start();
    house.write(`${yaml({ sources: ['alpha'] })}\nnonsense: 1\n`);
    expect(await house.service.reload()).toMatchObject({ ok: false, problems: [{ path: 'nonsense' }] });
    house.write(yaml().replace('./lockstep.db', './another.db'));
    expect(await house.service.reload()).toMatchObject({ ok: false, problems: [expect.stringContaining('database.url')] });
    expect(house.service.engine.config.sources.map(({ name }) => name)).toEqual(['alpha', 'beta']);
  });

  it('a source that leaves: its jobs are cancelled, its records stay and somebody is asked, what it is owed stays until it is back', async () => {
    await house.start();
    await house.settled();
    const beta = house.tools.get('beta');
    if (beta) beta.switches.down = true;
    house.tools.get('alpha')?.edit('1', { status: 'R' });
    house.clock.advance(5 * 60_000);
    await house.settled();
    expect(await house.rows('SELECT target, state FROM outbox')).toMatchObject([{ target: 'beta' }]);
    house.write(yaml({ sources: ['alpha'] }));
    expect(await house.service.reload()).toMatchObject({ ok: true, cancelled: expect.any(Number) });
    await house.settled();
    expect(await sources()).toEqual([['alpha', 'live', 2], ['beta', 'unread', 2]]);
    expect(await house.rows(`SELECT kind FROM reviews WHERE status = 'open'`)).toEqual([{ kind: 'unread_records' }]);
    expect((await house.jobs()).filter(({ source, state }) => source === 'beta' && state === 'waiting')).toEqual([]);
    expect(await house.rows('SELECT target FROM outbox')).toEqual([{ target: 'beta' }]);
    if (beta) beta.switches.down = false;
    house.write(yaml());
    expect(await house.service.reload()).toMatchObject({ ok: true });
    for (let i = 0; i < 20; i++) { house.clock.advance(60_000); await house.settled(); }
    expect([beta?.status('1'), await sources()]).toEqual(['R', [['alpha', 'live', 2], ['beta', 'live', 2]]]);
  });

  it('a reload in the middle of a run: the run stops after what it stores, and is done again under the new configuration', async () => {
    await house.start();
    let reached!: () => void;
    let goOn!: () => void;
    const inside = new Promise<void>((resolve) => { reached = resolve; });
    const gate = new Promise<void>((resolve) => { goOn = resolve; });
    let isFirst = true;
    // A page is read at once: the run is held where its connection is made.
    const { catalogue } = house;
    const connector = await catalogue.load('tool', house.folder);
    if (!connector) throw new Error('no tool');
    const connect = connector.connect.bind(connector);
    (connector as { connect: unknown }).connect = async (context: { source: { name: string } }) => {
      if (context.source.name === 'alpha' && isFirst) { isFirst = false; reached(); await gate; }
      return connect(context as never);
    };
    await house.tick();
    await inside;
    house.write(yaml({ where: "name = 'pc-1'" }));
    const reloading = house.service.reload();
    goOn();
    expect(await reloading).toMatchObject({ ok: true });
    (connector as { connect: unknown }).connect = connect;
    for (let i = 0; i < 3; i++) { house.clock.advance(5 * 60_000); await house.settled(); }
    // What the broken-off run had stored is no longer covered: it stays, and somebody is asked.
    expect((await sources()).filter(([source]) => source === 'alpha')).toEqual([['alpha', 'live', 1], ['alpha', 'unread', 1]]);
  });

  it('a source that joins: it is read, and measured', async () => {
    await house.start();
    await house.settled();
    house.tools.get('gamma')?.put(pc('9'));
    house.write(yaml({ sources: ['alpha', 'beta', 'gamma'] }));
    expect(await house.service.reload()).toMatchObject({ ok: true });
    house.clock.advance(6_000);
    await house.settled();
    expect(await house.metrics.scrape()).toMatch(/lockstep_last_success_seconds\{source="gamma"\} \d/);
  });

  it('a reload that comes while it stops is refused', async () => {
    await house.start();
    house.write(yaml({ sources: ['alpha'] }));
    const reloading = house.service.reload();
    const stopping = house.service.stop('enough');
    const late = house.service.reload();
    expect([await reloading, await late]).toMatchObject([{ ok: false }, { ok: false, problems: ['the service is stopping'] }]);
    await stopping;
  });

  it('a rule that changes: what is read from then on goes by the new one', async () => {
    await house.start();
    await house.settled();
    house.tools.get('alpha')?.edit('1', { location: 'Ulm' });
    house.tools.get('beta')?.edit('1', { location: 'Bonn' });
    house.write(yaml({ extra: 'authority: { default: [beta, alpha] }' }));
    expect(await house.service.reload()).toMatchObject({ ok: true });
    house.clock.advance(5 * 60_000);
    await house.settled();
    const { out } = await house.lockstep('assets', 'show', 'name:pc-1', '--json');
    expect(JSON.parse(out)).toMatchObject({ attributes: { location: 'Bonn' } });
  });

  it('leaves a source that fails again and again alone, probes it, and goes on when it is back', async () => {
    await house.start();
    await house.settled();
    const alpha = house.tools.get('alpha') as Tool;
    alpha.switches.down = true;
    for (let i = 0; i < 3; i++) { house.clock.advance(5 * 60_000); await house.settled(); }
    expect(await house.rows(`SELECT state, failures FROM breakers WHERE source = 'alpha'`)).toEqual([{ state: 'open', failures: 3 }]);
    expect(house.lines).toContain('a run ended otherwise than it should | alpha | failed | the tool does not answer | lockstep runs show RUN');
    expect(house.lines).toContain('a source has failed again and again, and is left alone for a while | alpha');
    const { reads } = alpha;
    house.clock.advance(4 * 60_000);
    await house.settled();
    expect(alpha.reads).toBe(reads);
    alpha.switches.down = false;
    for (let i = 0; i < 3; i++) { house.clock.advance(5 * 60_000); await house.settled(); }
    expect(await house.rows(`SELECT state FROM breakers WHERE source = 'alpha'`)).toEqual([{ state: 'closed' }]);
  });

  it('stops in good order: nothing runs, nothing is held, the file is free and the door is gone', async () => {
    await house.start();
    await house.settled();
    await house.service.stop('enough');
    expect(readDoor(join(house.folder, 'lockstep.db.token'))).toBeUndefined();
    const { code } = await house.lockstep('sync', '--wait', '0s');
    expect(code).toBe(0);
    const { Database } = await import('../../src/database/database.js');
    const database = await Database.open({ url: `sqlite:${join(house.folder, 'lockstep.db')}` });
    expect(await database.read((tx) => tx.query('SELECT name FROM leases WHERE holder IS NOT NULL'))).toEqual([{ name: 'scheduler' }]);
    await database.close();
  });
});
