import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConflictError, defineConnector, defineStream, RateLimitedError, RejectedError, UnavailableError, type AttributeValue, type Connector, type CreateOutcome, type FoundRecord, type LifecycleStage, type Mapping, type Page, type PullFrom, type RecordWrite, type StageCodes, type Webhook, type WriteOutcome,
} from '../../connectors/sdk/contract/index.js';
import { hasHeader, jsonBody } from '../../connectors/sdk/webhook/index.js';
import { formatProblem, loadConfig, type ConnectorCatalogue } from '../../src/config/index.js';
import { DecisionService } from '../../src/decisions/decision.service.js';
import { openEngine, type Engine, type EngineOptions } from '../../src/engine/engine.js';
import { dryRun } from '../../src/plan/dry-run.js';
import { PlanService, type PlanReport } from '../../src/plan/plan.service.js';
import { RebuildService } from '../../src/plan/rebuild.service.js';
import { OutboxService, type OwedDocument } from '../../src/push/outbox.service.js';
import { PushService, type PushReport, type PushRequest } from '../../src/push/push.service.js';
import { ReviewService, type ResolveRequest } from '../../src/reviews/review.service.js';
import { SyncService, type SyncReport } from '../../src/sync/sync.service.js';
import { LabClock, silentLog } from './lab.js';

/** A row of a tool, as it keeps it: the status in a code of its own, times by its own clock. */
export interface ToolRow {
  readonly id: string;
  readonly status: string;
  readonly [field: string]: AttributeValue | null;
}

/** One write that arrived, in order: what an oracle asks. */
export interface ToolWrite { readonly kind: 'update' | 'create'; readonly id: string; readonly at: number; readonly fields: Readonly<Record<string, unknown>>; readonly by: 'lockstep' | 'tool' }

/** What a tool does with a write besides taking it. */
export interface ToolSwitches {
  down: boolean;
  /** So many of the next answers are lost after the write was applied. */
  loseAnswers: number;
  /** Fields that are accepted and stay as they are. */
  ignores: readonly string[];
  /** What becomes of a text. */
  spell: (text: string) => string;
  /** A change of the tool's own, so long after each write. */
  ownRule?: undefined | { readonly afterMs: number; readonly change: (row: ToolRow) => Partial<ToolRow> };
  /** A refusal in the vendor's words, by row. */
  refuse: (row: ToolRow, fields: Readonly<Record<string, unknown>>) => string | undefined;
  throttle: number;
  /** Answers `conflict` so often. */
  conflicts: number;
  /** Rows that the tool fails to show one by one, whatever else it shows. */
  unreadable: readonly string[];
  /** What is created is not found by a search before so many ms have passed. */
  indexLagMs: number;
}

const CODES: Readonly<Record<string, LifecycleStage>> = { N: 'requested', S: 'acquired', D: 'deployed', A: 'in_use', M: 'maintenance', R: 'retired', X: 'disposed' };
const WRITES: Readonly<Record<string, string>> = { requested: 'N', acquired: 'S', deployed: 'D', in_use: 'A', maintenance: 'M', retired: 'R', disposed: 'X' };
/** Attributes that a tool has fields for. */
const FIELDS = ['name', 'serial_number', 'asset_tag', 'location', 'owner', 'department', 'warranty_expires_on', 'environment'] as const;

/** One tool: its rows, its habits, and a journal of everything that was written. */
export class Tool {
  readonly rows = new Map<string, ToolRow & { readonly changed: number }>();
  readonly journal: ToolWrite[] = [];
  reads = 0;
  private pending: { readonly at: number; readonly id: string; readonly change: (row: ToolRow) => Partial<ToolRow> }[] = [];
  private readonly createdAt = new Map<string, number>();
  readonly switches: ToolSwitches = { down: false, loseAnswers: 0, ignores: [], spell: (text) => text, refuse: () => undefined, throttle: 0, conflicts: 0, unreadable: [], indexLagMs: 0 };

  constructor(readonly name: string, private readonly clock: Pick<LabClock, 'now'>) {}

  put(...rows: ToolRow[]): void {
    for (const row of rows) this.rows.set(row.id, { ...row, changed: this.clock.now() });
  }

  /** Somebody works in the tool. */
  edit(id: string, change: Partial<ToolRow>): void {
    const row = this.present(id);
    if (!row) throw new Error(`${this.name} has no row ${id}`);
    this.rows.set(id, { ...row, ...change, id, changed: this.clock.now() } as ToolRow & { changed: number });
    this.journal.push({ kind: 'update', id, at: this.clock.now(), fields: change, by: 'tool' });
  }

  writes(id?: string): readonly ToolWrite[] {
    return this.journal.filter((write) => write.by === 'lockstep' && (id === undefined || write.id === id));
  }

  status(id: string): string | undefined {
    return this.present(id)?.status;
  }

  /** The row as it is now, after whatever the tool did meanwhile. */
  present(id: string): (ToolRow & { readonly changed: number }) | undefined {
    const due = this.pending.filter((each) => each.at <= this.clock.now());
    this.pending = this.pending.filter((each) => each.at > this.clock.now());
    for (const { id: which, at, change } of due) {
      const row = this.rows.get(which);
      if (row) this.rows.set(which, { ...row, ...change(row), changed: at } as ToolRow & { changed: number });
    }
    return this.rows.get(id);
  }

  private guard(): void {
    this.reads++;
    if (this.switches.down) throw new UnavailableError('the tool does not answer', { source: this.name, method: 'GET', url: `http://${this.name}.test/records` });
  }

  list(): (ToolRow & { readonly changed: number })[] {
    this.guard();
    return [...this.rows.keys()].flatMap((id) => this.present(id) ?? []);
  }

  one(id: string): (ToolRow & { readonly changed: number }) | undefined {
    this.guard();
    if (this.switches.unreadable.includes(id)) throw new UnavailableError('internal error', { source: this.name, method: 'GET', url: `http://${this.name}.test/records/${id}` });
    return this.present(id);
  }

  write({ externalId, stage, fields }: RecordWrite): WriteOutcome {
    const { switches } = this;
    const request = { source: this.name, method: 'PATCH', url: `http://${this.name}.test/records/${externalId}` };
    if (switches.down) throw new UnavailableError('the tool does not answer', request);
    if (switches.throttle > 0) {
      switches.throttle--;
      throw new RateLimitedError(7_000, request);
    }
    if (switches.conflicts > 0) {
      switches.conflicts--;
      return { kind: 'conflict', reason: new ConflictError('somebody edits it', request).message };
    }
    const row = this.present(externalId);
    if (!row) return { kind: 'gone', reason: 'no such record' };
    const given: Record<string, AttributeValue | null> = { ...(stage && stage.codes), ...Object.fromEntries(fields.map(({ attribute, value, path }) => [path?.[0] ?? attribute, value])) };
    const refusal = switches.refuse(row, given);
    if (refusal !== undefined) return { kind: 'refused', error: new RejectedError('the tool refused the change', request, { vendorWords: refusal, hint: 'see the rule in the tool' }) };
    const taken = Object.fromEntries(Object.entries(given).filter(([field]) => !switches.ignores.includes(field)).map(([field, value]) => [field, typeof value === 'string' && field !== 'status' ? switches.spell(value) : value]));
    this.rows.set(externalId, { ...row, ...taken, changed: this.clock.now() } as ToolRow & { changed: number });
    this.journal.push({ kind: 'update', id: externalId, at: this.clock.now(), fields: given, by: 'lockstep' });
    if (switches.ownRule) this.pending.push({ at: this.clock.now() + switches.ownRule.afterMs, id: externalId, change: switches.ownRule.change });
    if (switches.loseAnswers > 0) {
      switches.loseAnswers--;
      throw new UnavailableError('the connection was lost', request);
    }
    return { kind: 'accepted' };
  }

  search(reference: string, assetId: string, serial: string | undefined): FoundRecord[] {
    this.guard();
    return this.list().filter((row) => this.clock.now() - (this.createdAt.get(row.id) ?? -Infinity) >= this.switches.indexLagMs).flatMap((row): FoundRecord[] => (
      row[reference] === assetId ? [{ externalId: row.id, by: 'reference', match: `${reference} ${assetId}` }]
      : serial !== undefined && row['serial_number'] === serial ? [{ externalId: row.id, by: 'identifier', match: `serial ${serial}` }] : []));
  }

  create(fields: Readonly<Record<string, AttributeValue | null>>): CreateOutcome {
    const request = { source: this.name, method: 'POST', url: `http://${this.name}.test/records` };
    if (this.switches.down) throw new UnavailableError('the tool does not answer', request);
    const id = `${this.name}-new-${this.journal.filter((write) => write.kind === 'create').length + 1}`;
    this.rows.set(id, { status: 'A', ...fields, id, changed: this.clock.now() } as ToolRow & { changed: number });
    this.createdAt.set(id, this.clock.now());
    this.journal.push({ kind: 'create', id, at: this.clock.now(), fields, by: 'lockstep' });
    if (this.switches.loseAnswers > 0) {
      this.switches.loseAnswers--;
      throw new UnavailableError('the connection was lost', request);
    }
    return { kind: 'created', externalId: id };
  }
}

/** `{"event":"e1","id":"1","change":"deleted"}` with the token in `x-tool-token`. */
const toolWebhook: Webhook = {
  tells: ['records'],
  verify: (delivery, auth) => {
    if (!hasHeader(delivery, 'x-tool-token', auth)) return { kind: 'refused', because: 'signature' };
    const body = jsonBody(delivery.body);
    const event = body.ok ? (body.value as { event?: unknown } | null)?.event : undefined;
    return { kind: 'verified', ...(typeof event === 'string' && { eventId: event }) };
  },
  read: (delivery, streams) => {
    const body = jsonBody(delivery.body);
    if (!body.ok) return { kind: 'malformed', because: body.because };
    const { id, change } = (body.value ?? {}) as { id?: unknown; change?: unknown };
    if (typeof id !== 'string' || !streams.includes('records')) return { kind: 'elsewhere', because: 'no record of ours' };
    return { kind: 'hints', hints: [{ streams: ['records'], externalId: id, change: change === 'deleted' ? 'deleted' : 'changed' }] };
  },
};

export function toolConnector(tools: ReadonlyMap<string, Tool>): Connector<Tool> {
  return defineConnector<Tool>({
    manifest: {
      name: 'tool', title: 'Tool', role: 'itsm', about: 'a tool of a test', streams: [{ name: 'records', default: true, about: 'assets' }], auth: [{ method: 'none', keys: [], about: 'none' }], baseUrl: 'none', webhookAuth: [{ method: 'header', keys: ['token'] }], leastRights: 'none', concurrency: 1,
      referenceFields: ['lockstep_id'], indexLagMs: 5_000,
    },
    streams: [defineStream<Tool, ToolRow & { changed: number }>({
      name: 'records', permissions: [], deletes: 'by_full_scan', incremental: 'none',
      pull: (tool, from) => pull(tool, from), map: mapRow,
      fetchOne: (tool, id) => Promise.resolve().then(() => { const raw = tool.one(id); return raw ? { kind: 'found', raw } : { kind: 'gone' }; }),
      push: {
        attributes: FIELDS, batch: 10,
        codesFor: (stage, given): StageCodes | undefined => ({ status: WRITES[stage] as string, ...given }),
        write: (tool, writes) => Promise.resolve().then(() => writes.map((write) => tool.write(write))),
        create: {
          classes: ['hardware'],
          search: (tool, wanted) => Promise.resolve().then(() => tool.search(wanted.reference, wanted.assetId, wanted.identifiers.find(({ kind }) => kind === 'serial')?.value)),
          create: (tool, wanted) => Promise.resolve().then(() => tool.create({ ...wanted.attributes, ...(wanted.stage && wanted.stage.codes), [wanted.reference]: wanted.assetId })),
        },
      },
    })],
    webhook: toolWebhook,
    connect: ({ source }) => tools.get(source.name) as Tool,
    async *check() { yield { what: 'reach', outcome: 'ok', message: 'ok' }; },
  });
}

async function* pull(tool: Tool, _from: PullFrom): AsyncIterable<Page<ToolRow & { changed: number }>> {
  yield { scope: '', records: tool.list(), next: null, ends: [{ scope: '', coverage: 'complete' }], cursor: 'end' };
}

function mapRow(raw: ToolRow & { changed: number }): Mapping {
  const stage = CODES[raw.status];
  return {
    ok: true,
    record: {
      kind: 'asset', externalId: raw.id, assetClass: (raw['class'] as string | undefined) ?? 'computer', modifiedAt: raw.changed, identifiers: [],
      claims: Object.fromEntries(FIELDS.filter((field) => raw[field] !== undefined && raw[field] !== null).map((field) => [field, raw[field] as AttributeValue])),
      stage: { raw: { status: raw.status }, ...(stage && { stage }) },
    },
  };
}

const CALM = 'safety: { maxDeleteRatio: 1, minDeletes: 1000, maxChangeRatio: 1, minChanges: 1000, suspectRatio: 0 }';

/** Tools, the product between them, and a clock that moves when it is waited for. */
export class Tools {
  readonly clock = new LabClock();
  readonly tools = new Map<string, Tool>();
  readonly folder = mkdtempSync(join(tmpdir(), 'lockstep-tools-'));
  engine!: Engine;
  private text = '';
  private ports!: EngineOptions;

  private constructor(private readonly url: string | undefined, private readonly options: Partial<EngineOptions>, private readonly env: Readonly<Record<string, string>>) {}

  /** Name -> `push:` of each tool, as YAML; an empty text: it is only read. `onDisk`: outlives a restart, and can be planned on. */
  static async open(sources: Readonly<Record<string, string>>, more: { readonly yaml?: string; readonly url?: string; readonly onDisk?: boolean; readonly engine?: Partial<EngineOptions>; readonly lines?: Readonly<Record<string, string>>; readonly env?: Readonly<Record<string, string>> } = {}): Promise<Tools> {
    const bench = new Tools(more.url ?? (more.onDisk ? undefined : 'sqlite::memory:'), more.engine ?? {}, more.env ?? {});
    for (const name of Object.keys(sources)) bench.tools.set(name, new Tool(name, bench.clock));
    bench.text = ['version: 1', 'environment: { name: test, writes: on }', 'database: { url: "${env:LAB_DATABASE}" }', 'sources:', ...Object.entries(sources).flatMap(([name, push]) => [`  ${name}:`, '    connector: tool', '    auth: { method: none }', `    ${CALM}`, ...(more.lines?.[name] ?? '').split('\n').filter((line) => line !== '').map((line) => `    ${line}`), ...(push === '' ? [] : [`    push: ${push}`])]), more.yaml ?? '', ''].join('\n');
    await bench.start();
    return bench;
  }

  get catalogue(): ConnectorCatalogue {
    const connector = toolConnector(this.tools);
    return { names: () => ['tool'], load: async (name) => (name === 'tool' ? connector : undefined) };
  }

  /** Again on the same database, with what was edited in the configuration. */
  async restart(edit: (yaml: string) => string = (yaml) => yaml): Promise<void> {
    this.text = edit(this.text);
    await this.engine.close();
    await this.start();
  }

  private async start(): Promise<void> {
    const url = this.url ?? `sqlite:${join(this.folder, 'lockstep.db')}`;
    const file = join(this.folder, 'lockstep.yaml');
    writeFileSync(file, this.text);
    const loaded = await loadConfig({ files: [file], env: { ...this.env, LAB_DATABASE: url }, catalogue: this.catalogue, cwd: this.folder });
    if (!loaded.ok) throw new Error(loaded.problems.map((problem) => formatProblem(problem)).join('\n'));
    this.ports = { config: loaded.config, catalogue: this.catalogue, clock: this.clock, log: silentLog, signal: new AbortController().signal, actor: 'ann', url, ...this.options };
    this.engine = await openEngine(this.ports);
  }

  tool(name: string): Tool {
    const tool = this.tools.get(name);
    if (!tool) throw new Error(`there is no tool ${name}`);
    return tool;
  }

  /** A minute later (or `afterMs`), everything is read; and delivered unless `push` is false. */
  sync({ afterMs = 60_000, ...request }: { readonly push?: boolean; readonly sources?: readonly string[]; readonly patienceMs?: number; readonly afterMs?: number } = {}): Promise<SyncReport> {
    this.clock.advance(afterMs);
    return new SyncService(this.engine).sync({ full: true, ...request });
  }

  push(request: PushRequest = {}): Promise<PushReport> {
    return new PushService(this.engine).push(request);
  }

  async rows(sql: string, params: readonly (string | number)[] = []): Promise<Record<string, any>[]> {
    return this.engine.database.read((tx) => tx.query(sql, params));
  }

  /** By `tool/id`. */
  async stageOf(key: string): Promise<string> {
    const [source, id] = key.split('/') as [string, string];
    const [row] = await this.rows('SELECT a.stage AS stage FROM assets a JOIN record_heads h ON h.asset_id = a.id JOIN streams st ON st.id = h.stream_id WHERE st.source = ? AND h.external_id = ?', [source, id]);
    return row?.['stage'] as string;
  }

  async assetOf(key: string): Promise<string> {
    const [source, id] = key.split('/') as [string, string];
    const [row] = await this.rows('SELECT h.asset_id AS id FROM record_heads h JOIN streams st ON st.id = h.stream_id WHERE st.source = ? AND h.external_id = ?', [source, id]);
    return row?.['id'] as string;
  }

  get letters(): OutboxService {
    return new OutboxService(this.engine);
  }

  get decisions(): DecisionService {
    return new DecisionService(this.engine);
  }

  /** `kind` of each open review with its records, the oldest first. */
  async reviews(kind?: string): Promise<{ readonly id: number; readonly kind: string; readonly records: readonly string[] }[]> {
    const rows = await this.rows(`SELECT r.id AS id, r.kind AS kind, rr.record_key AS record FROM reviews r JOIN review_records rr ON rr.review_id = r.id AND rr.done = 0 WHERE r.status = 'open' ORDER BY r.id, rr.record_key`);
    const found = new Map<number, { id: number; kind: string; records: string[] }>();
    for (const row of rows) {
      const id = Number(row['id']);
      found.set(id, { id, kind: row['kind'], records: [...(found.get(id)?.records ?? []), row['record']] });
    }
    return [...found.values()].filter((review) => kind === undefined || review.kind === kind);
  }

  /** A person answers the one open review of that kind. */
  async resolve(kind: string, as: ResolveRequest['as'], more: Partial<ResolveRequest> = {}): Promise<void> {
    const [review, ...others] = await this.reviews(kind);
    if (!review || others.length > 0) throw new Error(`${others.length + (review ? 1 : 0)} reviews of kind ${kind} are open`);
    await this.resolveOne(review.id, as, more);
  }

  async resolveOne(id: number, as: ResolveRequest['as'], more: Partial<ResolveRequest> = {}): Promise<void> {
    await new ReviewService(this.engine).resolve(id, { as, reason: 'test', ...more });
  }

  /** Of writes that were answered, oldest first: outcome of each. */
  async attempts(target?: string): Promise<string[]> {
    return (await this.rows(`SELECT target, outcome FROM push_attempts ORDER BY id`)).filter((row) => target === undefined || row['target'] === target).map((row) => row['outcome'] as string);
  }

  /** Only on a database in a file. */
  plan(): Promise<PlanReport> {
    return new PlanService(this.ports).plan({ full: true });
  }

  dryRun(targets: readonly string[] = []): Promise<OwedDocument[]> {
    return dryRun(this.ports, targets);
  }

  /** Nothing is left to say: what is stored computes to itself, and a further sync changes and writes nothing. */
  async isAtRest(): Promise<void> {
    const { differences } = await new RebuildService(this.engine).verify();
    if (differences.length > 0) throw new Error(`rebuild --verify: ${JSON.stringify(differences)}`);
    const state = async (): Promise<unknown> => [await this.rows('SELECT MAX(seq) AS seq FROM changes'), await this.rows('SELECT COUNT(*) AS n FROM stage_moves'), await this.rows('SELECT COUNT(*) AS n FROM reviews'), await this.attempts(), [...this.tools.values()].map((tool) => tool.writes().length)];
    const before = JSON.stringify(await state());
    await this.sync();
    const after = JSON.stringify(await state());
    if (after !== before) throw new Error(`a further sync changed something: ${before} became ${after}`);
  }

  outbox(): Promise<Record<string, any>[]> {
    return this.rows('SELECT target, asset_id, state, kind, reason, attempts FROM outbox ORDER BY target, asset_id');
  }

  async close(): Promise<void> {
    await this.engine.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
