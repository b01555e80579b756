import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFleet, type Sandbox, type Writes, type Written } from '../../connectors/sdk/sandbox/index.js';
import { formatProblem, loadConfig } from '../../src/config/index.js';
import type { CrashPlace } from '../../src/engine/crash-places.js';
import { openEngine, type Engine } from '../../src/engine/engine.js';
import { RebuildService } from '../../src/plan/rebuild.service.js';
import { OutboxService, type DeadLetterDetails } from '../../src/push/outbox.service.js';
import { PushService } from '../../src/push/push.service.js';
import { AssetQueries } from '../../src/queries/asset-queries.service.js';
import { OperationQueries } from '../../src/queries/operation-queries.service.js';
import { ReviewService } from '../../src/reviews/review.service.js';
import { connectorCatalogue } from '../../src/sources/catalogue.js';
import { SyncService } from '../../src/sync/sync.service.js';
import { LabClock, silentLog } from './lab.js';
import { startStandins, type Standins } from './standins.js';

export const DESKS = ['halo', 'servicenow'] as const;
export type Desk = (typeof DESKS)[number];

/** How a desk keeps what these tests write: its stream, the raw fields, and its codes. */
export const KEEPS = {
  halo: { stream: 'assets', version: 'OS Version', system: 'Operating System', name: 'Hostname', status: 'status_id', codes: { in_use: 1, maintenance: 5 } },
  servicenow: { stream: 'computers', version: 'os_version', system: 'os', name: 'name', status: 'install_status', codes: { in_use: '1', maintenance: '3' } },
} as const;

/** What the list says of a machine. */
export interface Said { readonly stage: 'in_use' | 'maintenance'; readonly version: string }
export interface Shown { readonly stage: unknown; readonly version: unknown }

const FIRST: Said = { stage: 'in_use', version: '12.1' };
const CALM = 'safety: { maxDeleteRatio: 1, minDeletes: 1000, maxChangeRatio: 1, minChanges: 1000, suspectRatio: 0 }';
const PUSH = 'push: { enabled: true, mode: upsert, fields: [stage, os_version], maxPushRatio: 1 }';
const MINUTE = 60_000;

/**
 * A list of machines that counts, two desks that are told, and the product between them: its own configuration, sync, outbox, relay and read-back.
 * What a desk was told is read off its own journal.
 */
export class PushBench {
  readonly clock = new LabClock(Date.parse('2026-11-20T12:00:00Z'));
  private readonly folder = mkdtempSync(join(tmpdir(), 'lockstep-faults-'));
  private readonly list = new Map<string, Said>();
  private readonly ids = new Map<string, string>();
  /** Called where the product passes the named places: what happens at a desk in the midst of a sitting. */
  onPlace: (place: CrashPlace) => void = () => undefined;
  engine!: Engine;
  private standins!: Standins<Desk>;

  /** `machines` stand in the list and at both desks, which say the same of them. */
  static async open(machines: readonly string[]): Promise<PushBench> {
    const bench = new PushBench();
    bench.standins = await startStandins({
      fleet: createFleet({ size: 10, at: bench.clock.now() }), clock: bench.clock, head: ['environment: { name: test, writes: on }', 'authority: { default: [registry, halo, servicenow] }'],
      sources: {
        halo: { extra: ['streams: [assets]', 'options: { requestsPerMinute: 60000, defaultSite: "1" }', PUSH, CALM] },
        servicenow: { extra: ['streams: [computers]', 'options: { dataSource: Lockstep }', PUSH, CALM] },
      },
    });
    await bench.start(machines);
    return bench;
  }

  private async start(machines: readonly string[]): Promise<void> {
    for (const desk of DESKS) for (const id of this.sandbox(desk).edit.ids(KEEPS[desk].stream)) this.sandbox(desk).edit.vanish(KEEPS[desk].stream, id);
    for (const machine of machines) this.place(machine);
    const file = join(this.folder, 'lockstep.yaml');
    writeFileSync(file, `${this.standins.yaml()}  registry:\n    connector: file\n    role: itsm\n    options: { path: registry.json }\n    ${CALM}\n`);
    this.write();
    const loaded = await loadConfig({ files: [file], env: this.standins.env(), catalogue: connectorCatalogue(), cwd: this.folder });
    if (!loaded.ok) throw new Error(loaded.problems.map((problem) => formatProblem(problem)).join('\n'));
    this.engine = await openEngine({ config: loaded.config, catalogue: connectorCatalogue(), clock: this.clock, log: silentLog, signal: new AbortController().signal, actor: 'ann', url: 'sqlite::memory:', crash: (place) => this.onPlace(place) });
    await this.sync();
    for (const desk of DESKS) this.writes(desk).clearJournal();
  }

  private place(machine: string): void {
    this.list.set(machine, FIRST);
    const serial = `SN-${machine}-01`;
    this.ids.set(`halo ${machine}`, this.sandbox('halo').edit.insert('assets', { 'Hostname': machine, 'FQDN': '', 'Serial Number': serial, 'OS Version': FIRST.version, 'inventory_number': '', 'warranty_end': '' }));
    this.ids.set(`servicenow ${machine}`, this.sandbox('servicenow').edit.insert('computers', { name: machine, fqdn: '', asset_tag: '', serial_number: serial, os_version: FIRST.version }));
  }

  private write(): void {
    writeFileSync(join(this.folder, 'registry.json'), JSON.stringify([...this.list].map(([id, { stage, version }]) => ({ id, class: 'server', name: id, serial_number: `SN-${id}-01`, stage, os_version: version }))));
  }

  sandbox(desk: Desk): Sandbox & { readonly switches: Record<string, unknown> } { return this.standins.sandboxes[desk] as never; }
  writes(desk: Desk): Writes { return this.sandbox(desk).writes as Writes; }

  /** What the list says from now on. */
  say(machine: string, change: Partial<Said>): void {
    this.list.set(machine, { ...(this.list.get(machine) ?? FIRST), ...change });
    this.write();
  }

  /** A minute later: what is read is delivered, unless `push` is false. */
  async sync(sources: readonly string[] = [], push = true): Promise<void> {
    this.clock.advance(MINUTE);
    const { runs } = await new SyncService(this.engine).sync({ full: true, push, ...(sources.length > 0 && { sources }) });
    const failed = runs.find(({ status }) => status !== 'succeeded');
    if (failed) throw new Error(`${failed.source}: ${JSON.stringify(failed.error ?? failed.status)}`);
  }

  /** Delivers what is due, to these desks or all. */
  async push(...targets: readonly Desk[]): Promise<void> {
    await new PushService(this.engine).push(targets.length > 0 ? { targets } : {});
  }

  /** Sittings, each when the next is due, until nothing is. */
  async settle(): Promise<void> {
    for (let sitting = 0; sitting < 20; sitting++) {
      const due = (await this.rows(`SELECT MIN(not_before) AS at FROM outbox WHERE state IN ('owed', 'sending', 'looking')`))[0]?.['at'];
      if (due === null || due === undefined) return;
      this.clock.advance(Math.max(1, Number(due) - this.clock.now()));
      await this.push();
    }
    throw new Error('20 sittings, and something is still owed');
  }

  rows(sql: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    return this.engine.database.read((tx) => tx.query(sql, values as never));
  }

  async assetOf(machine: string): Promise<string> {
    const [row] = await this.rows(`SELECT h.asset_id AS id FROM record_heads h JOIN streams st ON st.id = h.stream_id WHERE st.source = 'registry' AND h.external_id = ?`, [machine]);
    return row?.['id'] as string;
  }

  /** What the outbox holds of a machine at a desk: `none`, or its state. */
  async state(desk: Desk, machine: string): Promise<string> {
    const [row] = await this.rows('SELECT state FROM outbox WHERE target = ? AND asset_id = ?', [desk, await this.assetOf(machine)]);
    return (row?.['state'] as string | undefined) ?? 'none';
  }

  /** Ends of the attempts, oldest first. */
  async ends(desk: Desk, machine: string): Promise<string[]> {
    return (await this.rows('SELECT outcome FROM push_attempts WHERE target = ? AND asset_id = ? ORDER BY id', [desk, await this.assetOf(machine)])).map((row) => row['outcome'] as string);
  }

  /** The dead letter of a machine at a desk. */
  async letter(desk: Desk, machine: string): Promise<DeadLetterDetails | undefined> {
    const outbox = new OutboxService(this.engine);
    const asset = await this.assetOf(machine);
    for await (const letter of outbox.list({ target: desk, state: 'dead' })) if (letter.asset === asset) return outbox.deadLetter(letter.id);
    return undefined;
  }

  async replay(letter: DeadLetterDetails): Promise<void> {
    await new OutboxService(this.engine).replay([letter.id]);
  }

  async reviews(): Promise<string[]> {
    return (await new OperationQueries(this.engine).reviews({ status: 'open' }, 100)).map(({ kind }) => kind);
  }

  async resolve(kind: string): Promise<void> {
    const [review] = await new OperationQueries(this.engine).reviews({ status: 'open', kind }, 1);
    await new ReviewService(this.engine).resolve(review?.id ?? 0, { as: 'ours', reason: 'a test' });
  }

  /** Id of a machine's record at a desk. */
  async idOf(desk: Desk, machine: string): Promise<string> {
    const known = this.ids.get(`${desk} ${machine}`);
    if (known !== undefined) return known;
    const [made, more] = this.journal(desk).filter(({ kind, stream, after }) => kind === 'create' && stream === KEEPS[desk].stream && String(after[KEEPS[desk].name]).toLowerCase() === machine);
    if (!made || more) throw new Error(`${desk} has ${made ? 'more than one' : 'no'} record of ${machine}`);
    return made.externalId;
  }

  /** The record as the desk holds it: the field of the version, and of the stage. */
  async shown(desk: Desk, machine: string): Promise<Shown> {
    const { stream, version, status } = KEEPS[desk];
    const raw = this.sandbox(desk).edit.read(stream, await this.idOf(desk, machine)) ?? {};
    const fields = (raw['fields'] ?? []) as { name: string; value: unknown }[];
    return { stage: raw[status], version: raw[version] ?? fields.find(({ name }) => name === version)?.value };
  }

  journal(desk: Desk): readonly Written[] { return this.writes(desk).journal(); }

  /** What a further sync of everything changes, logs or writes; nothing, when all is at rest. And what a rebuild finds otherwise. */
  async unrest(): Promise<readonly unknown[]> {
    const count = async (): Promise<unknown[]> => [
      ...(await Promise.all(['changes', 'stage_moves', 'reviews', 'push_attempts', 'outbox'].map(async (table) => ({ table, ...(await this.rows(`SELECT COUNT(*) AS n FROM ${table}`))[0] })))), ...DESKS.map((desk) => ({ desk, writes: this.journal(desk).length })),
    ];
    const before = await count();
    await this.sync();
    const after = await count();
    return [...after.filter((each, at) => JSON.stringify(each) !== JSON.stringify(before[at])), ...(await new RebuildService(this.engine).verify()).differences];
  }

  /** The model as people see it: each machine with what counts, and where it is held. */
  async model(): Promise<readonly { readonly name: string | null; readonly stage: string; readonly version: unknown; readonly at: readonly string[] }[]> {
    const found = [];
    for await (const { name, stage, attributes, sources } of new AssetQueries(this.engine).list({})) found.push({ name, stage, version: attributes['os_version'], at: sources.filter(({ tombstonedAt }) => tombstonedAt === undefined).map(({ source }) => source).sort() });
    return found.sort((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1));
  }

  /** The same of the list. `gone`: records that somebody removed at a desk. */
  wanted(gone: readonly { readonly desk: Desk; readonly machine: string }[]): ReturnType<PushBench['model']> {
    const at = (machine: string): string[] => [...DESKS.filter((desk) => !gone.some((one) => one.desk === desk && one.machine === machine)), 'registry'].sort();
    return Promise.resolve([...this.list].map(([name, said]) => ({ name, ...said, at: at(name) })).sort((a, b) => (a.name < b.name ? -1 : 1)));
  }

  /** Secrets of the desks that stand in what is kept of a write. */
  async leaks(): Promise<readonly string[]> {
    const kept = JSON.stringify([await this.rows('SELECT * FROM push_attempts'), await this.rows('SELECT * FROM outbox')]);
    return this.standins.secrets().filter((secret) => kept.includes(secret));
  }

  async close(): Promise<void> {
    await this.engine?.close();
    await this.standins?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
