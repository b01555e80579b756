import { StatementFault, THROWN } from '../support/child/faults.js';
import { complaintsOf } from '../support/model-checks.js';
import { PushService } from '../../src/push/push.service.js';
import { UndoService } from '../../src/push/undo.service.js';
import { stoppedBy } from '../../src/engine/engine.js';
import { RebuildService } from '../../src/plan/rebuild.service.js';
import { RetentionService, type RetentionPorts, type RetentionReport } from '../../src/upkeep/retention.service.js';
import { Tools } from '../support/tools.js';

const DAY = 86_400_000;
const NOTHING = { raw: 0, versions: 0, attempts: 0, runs: 0, jobs: 0, idempotency_keys: 0, inbox: 0 };

describe('retention', () => {
  let bench: Tools;
  const faults = new StatementFault();
  const prune = (ports: RetentionPorts = {}): Promise<RetentionReport> => new RetentionService(bench.engine, ports).prune();
  const count = async (table: string, where = '1 = 1'): Promise<number> => Number((await bench.rows(`SELECT COUNT(*) AS n FROM ${table} WHERE ${where}`))[0]?.['n']);
  /** Everything that stays, in an order of its own; ids of runs and pushes hold chance. */
  const stays = async (): Promise<unknown> => Promise.all(['record_versions', 'push_attempts', 'runs', 'run_streams', 'jobs', 'changes', 'assets', 'record_heads', 'outbox'].map(async (table) => (await bench.rows(`SELECT * FROM ${table}`)).map((row) => JSON.stringify(row).replaceAll(/(run|push)-[0-9a-z]+-[0-9a-f]{8}/g, '$1')).sort()));

  /** `days` of one change a day of each of three assets, each delivered. */
  async function history(days: number, yaml = '', onDisk = false): Promise<void> {
    bench = await Tools.open({ alpha: '', beta: '{ enabled: true, fields: [stage, location], onDrift: ours }' }, { yaml: `authority: { default: [alpha, beta] }\n${yaml}`, onDisk, engine: { onStatement: faults.onStatement } });
    for (const name of ['alpha', 'beta']) bench.tool(name).put(...['1', '2', '3'].map((id) => ({ id, status: 'A', serial_number: `SN-0000${id}`, location: 'Berlin' })));
    await bench.sync();
    for (let day = 1; day <= days; day++) {
      for (const id of ['1', '2', '3']) bench.tool('alpha').edit(id, { location: `Room ${day}` });
      await bench.sync({ afterMs: DAY });
    }
  }
  afterEach(async () => {
    faults.disarm();
    expect(await complaintsOf(bench.engine.database)).toEqual([]);
    await bench.isAtRest();
    await bench.close();
  });

  it('keeps what is young, and the newest of what is old: the model computes to itself, and the next sync finds nothing to do', async () => {
    await history(12);
    bench.clock.advance(85 * DAY); // the first week is older than 90 days now
    const before = { versions: await count('record_versions'), attempts: await count('push_attempts'), changes: await count('changes') };

    const { pruned, stopped } = await prune();

    expect(stopped).toBe(false);
    expect(pruned).toMatchObject({ versions: expect.any(Number) as number, attempts: expect.any(Number) as number });
    expect(pruned.versions).toBeGreaterThan(20);
    expect(pruned.attempts).toBeGreaterThan(15);
    expect(await count('record_versions')).toBe(before.versions - pruned.versions);
    expect(await count('push_attempts')).toBe(before.attempts - pruned.attempts);
    expect(await count('changes')).toBe(before.changes);
    expect((await new RebuildService(bench.engine).verify()).differences).toEqual([]);
    expect((await prune()).pruned).toEqual(NOTHING);
  });

  it('keeps the newest version of a record that has been silent for years, and nothing else of it', async () => {
    await history(5);
    bench.clock.advance(1_000 * DAY);

    await prune();

    expect(await bench.rows('SELECT record_id AS id, COUNT(*) AS n, MAX(no) AS no, MAX(raw IS NOT NULL) AS raw FROM record_versions GROUP BY record_id')).toEqual(
      await bench.rows(`SELECT id, 1 AS n, version_no AS no, 1 AS raw FROM record_heads WHERE kind = 'asset' ORDER BY id`));
    expect(await count('push_attempts')).toBe(0);
  });

  it.each([1, 5])('keeps %i raw payloads of each record, as the configuration says, by the pass and by the sync itself', async (rawVersions) => {
    await history(7, `retention: { rawVersions: ${rawVersions} }`, true);
    const kept = () => bench.rows(`SELECT h.external_id AS id, COUNT(*) AS n, MIN(v.no) - MAX(h.version_no) AS oldest FROM record_versions v JOIN record_heads h ON h.id = v.record_id JOIN streams st ON st.id = h.stream_id WHERE v.raw IS NOT NULL AND st.source = 'alpha' GROUP BY h.external_id ORDER BY id`);
    const expected = ['1', '2', '3'].map((id) => ({ id, n: rawVersions, oldest: 1 - rawVersions }));
    expect(await kept()).toEqual(expected);

    await bench.restart((yaml) => yaml.replace(`rawVersions: ${rawVersions}`, 'rawVersions: 1'));
    const { pruned } = await prune();

    expect(pruned.raw).toBeGreaterThanOrEqual(3 * (rawVersions - 1));
    expect((await kept()).map((row) => row['n'])).toEqual([1, 1, 1]);
  });

  it('keeps what is held until somebody says so, however old: released then, it counts', async () => {
    await history(3, '', true);
    await bench.restart((yaml) => yaml.replaceAll('maxChangeRatio: 1, minChanges: 1000', 'maxChangeRatio: 0.1, minChanges: 1'));
    for (const id of ['1', '2', '3']) bench.tool('alpha').edit(id, { status: 'M' });
    await bench.sync();
    expect((await bench.reviews()).map(({ kind }) => kind)).toEqual(['held_stage_move']);
    const run = (await bench.rows(`SELECT run_id FROM record_versions WHERE state = 'held'`)).map((row) => row['run_id'] as string);
    bench.clock.advance(400 * DAY);

    await prune();

    expect(await count('record_versions', `state = 'held' AND raw IS NOT NULL`)).toBe(3);
    expect(await count('runs', `id = '${run[0]}'`)).toBe(1);
    await bench.resolve('held_stage_move', 'release');
    expect(await bench.stageOf('alpha/1')).toBe('maintenance');
    await bench.sync();
    expect((await bench.rows(`SELECT DISTINCT a.stage AS stage FROM assets a`))).toEqual([{ stage: 'maintenance' }]);
  });

  it('keeps the log of what is not delivered yet: the attempt of a dead letter is there for whoever decides', async () => {
    await history(1);
    bench.tool('beta').switches.refuse = () => 'the location is locked';
    bench.tool('alpha').edit('1', { location: 'Ulm' });
    await bench.sync();
    bench.clock.advance(400 * DAY);

    await prune();

    expect((await bench.rows('SELECT outcome FROM push_attempts')).map((row) => row['outcome'])).toContain('refused');
    bench.tool('beta').switches.refuse = () => undefined;
    const [letter] = await bench.outbox();
    expect(letter).toMatchObject({ state: 'dead' });
    bench.tool('alpha').edit('1', { location: 'Bonn' });
    await bench.sync();
    expect(bench.tool('beta').present('1')?.['location']).toBe('Bonn');
  });

  it('counts the writes of the last hour, however short attempts are kept, and cannot undo what is forgotten', async () => {
    await history(2, 'retention: { attempts: 1s }');

    await prune();

    const left = await bench.rows('SELECT at FROM push_attempts');
    expect(left.length).toBeGreaterThan(0);
    expect(left.every((row) => bench.clock.now() - Number(row['at']) <= 3_600_000)).toBe(true);
    bench.clock.advance(2 * 3_600_000);
    await prune();
    expect(await count('push_attempts')).toBe(0);
    await expect(new UndoService(bench.engine).push('1', 'too late')).rejects.toThrow('no write of "1" took effect');
  });

  it('keeps runs that changed something, the newest of each source and the newest that succeeded; the rest is forgotten', async () => {
    await history(2);
    for (let i = 0; i < 20; i++) await bench.sync({ afterMs: DAY });
    bench.tool('alpha').switches.down = true;
    for (let i = 0; i < 3; i++) await bench.sync({ afterMs: DAY });
    bench.clock.advance(365 * DAY);

    const { pruned } = await prune();

    const left = await bench.rows(`SELECT r.source AS source, r.status AS status, (SELECT COUNT(*) FROM changes c WHERE c.run_id = r.id) AS changes FROM runs r ORDER BY r.seq`);
    expect(pruned.runs).toBeGreaterThan(38);
    expect(left.filter((row) => Number(row['changes']) === 0)).toEqual([{ source: 'alpha', status: 'succeeded', changes: 0 }, { source: 'alpha', status: 'failed', changes: 0 }, { source: 'beta', status: 'succeeded', changes: 0 }]);
    bench.tool('alpha').switches.down = false;
  });

  it('removes jobs and idempotency keys a while after their end, and nothing that goes on', async () => {
    await history(0);
    const now = bench.clock.now();
    const at = (days: number): number => now - days * DAY;
    await bench.engine.database.transaction(async (tx) => {
      const job = (id: number, state: string, finished: number | null) => tx.execute(`INSERT INTO jobs (id, kind, source, lane, payload, state, run_at, attempts, created_at, created_by, finished_at) VALUES (?, 'sync', 'alpha', 1, '{}', ?, 0, 0, 0, 'test', ?)`, [id, state, finished]);
      await job(1, 'done', at(8));
      await job(2, 'failed', at(8));
      await job(3, 'done', at(6));
      await job(4, 'waiting', null);
      await job(5, 'running', null);
      for (const [key, days] of [['old', 8], ['young', 1]] as const) await tx.execute(`INSERT INTO idempotency_keys (caller, key_text, request_hash, at) VALUES ('ann', ?, 'h', ?)`, [key, at(days)]);
    });

    expect((await prune({ rows: 1 })).pruned).toEqual({ ...NOTHING, jobs: 2, idempotency_keys: 1 });
    expect((await bench.rows('SELECT id FROM jobs ORDER BY id')).map((row) => Number(row['id']))).toEqual([3, 4, 5]);
  });

  it('asks whoever keeps the inbox, in portions, for what is older than it is to be kept', async () => {
    await history(0, 'retention: { inbox: 30d }');
    const [asked, portions] = [[] as number[][], [10, 10, 3]];

    const { pruned } = await prune({ rows: 10, inbox: async (before, limit) => { asked.push([bench.clock.now() - before, limit]); return portions.shift() ?? 0; } });

    expect(pruned.inbox).toBe(23);
    expect(asked).toEqual([[30 * DAY, 10], [30 * DAY, 10], [30 * DAY, 10]]);
  });

  it('may die between any two of its transactions: what is left is whole, and the next pass ends where an undisturbed one ends', async () => {
    const ports = { rows: 4 };
    const old = async (): Promise<void> => { await history(6); bench.clock.advance(400 * DAY); };
    await old();
    const first = faults.commits;
    await prune(ports);
    const [commits, whole] = [faults.commits - first, await stays()];
    expect(commits).toBeGreaterThan(12);
    for (let n = 1; n <= commits; n += 4) {
      await bench.close();
      await old();
      faults.armCommit(n, THROWN);
      await expect(prune(ports)).rejects.toThrow(THROWN.error().message);
      expect(await complaintsOf(bench.engine.database)).toEqual([]);
      expect((await new RebuildService(bench.engine).verify()).differences).toEqual([]);

      await prune(ports);
      expect(await stays()).toEqual(whole);
    }
  });

  it('ends after the transaction that is under way when it is told to', async () => {
    await history(6);
    bench.clock.advance(400 * DAY);
    const stop = new AbortController();
    let seen = 0;
    const engine = stoppedBy({ ...bench.engine, metrics: { observe: () => undefined, count: () => { if (++seen === 2) stop.abort(); } } }, stop.signal);

    const report = await new RetentionService(engine, { rows: 4 }).prune();

    expect(report).toMatchObject({ stopped: true, pruned: { versions: 8, attempts: 0, runs: 0 } });
    expect((await prune()).pruned.versions).toBeGreaterThan(0);
    await new PushService(bench.engine).push();
  });
});
