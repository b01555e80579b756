import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { formatProblem, loadConfig } from '../../src/config/index.js';
import { DecisionService } from '../../src/decisions/decision.service.js';
import { openEngine, type Engine } from '../../src/engine/engine.js';
import { PlanService, type PlanReport } from '../../src/plan/plan.service.js';
import { RebuildService } from '../../src/plan/rebuild.service.js';
import { QuarantineService } from '../../src/quarantine/quarantine.service.js';
import type { AssetDocument } from '../../src/queries/asset-documents.js';
import type { ChangeDocument } from '../../src/queries/asset-history.js';
import { AssetQueries } from '../../src/queries/asset-queries.service.js';
import type { Explanation } from '../../src/queries/explain.js';
import { OperationQueries, type ReviewDetails } from '../../src/queries/operation-queries.service.js';
import { ReviewService, type Resolution } from '../../src/reviews/review.service.js';
import { connectorCatalogue } from '../../src/sources/catalogue.js';
import type { RunReport } from '../../src/sync/stream-run.js';
import { SyncService } from '../../src/sync/sync.service.js';
import { LabClock, silentLog } from '../support/lab.js';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A row as a person would write it into a file: `id`, `class`, `stage` and columns named as attributes and identifier kinds. */
export type Row = Readonly<Record<string, unknown>>;

export interface WorkshopOptions {
  /** Name -> further lines of the source; each reads `<name>.json`. */
  readonly sources?: Readonly<Record<string, string>>;
  /** Further top-level lines of the configuration. */
  readonly yaml?: string;
  /** A file on disk, as the command line would use it; default: in memory. */
  readonly onDisk?: boolean;
}

const GUARDS_OFF = 'safety: { maxDeleteRatio: 1, minDeletes: 1000, maxChangeRatio: 1, minChanges: 1000, suspectRatio: 0 }';

/** What a user has: a configuration, files, and the product; nothing of its inside. */
export class Workshop {
  readonly clock = new LabClock();
  readonly folder = mkdtempSync(join(tmpdir(), 'lockstep-scenario-'));
  engine!: Engine;
  private sources: Readonly<Record<string, string>>;
  private yaml: string;

  private constructor(private readonly options: WorkshopOptions) {
    this.sources = options.sources ?? { cmdb: 'role: itsm', scan: 'role: discovery' };
    this.yaml = options.yaml ?? '';
  }

  static async open(options: WorkshopOptions = {}): Promise<Workshop> {
    const shop = new Workshop(options);
    await shop.start();
    return shop;
  }

  /** Guards switched off: for tests of something else, whose worlds are so small that every change is a mass change. */
  static calm(sources: Readonly<Record<string, string>>, yaml = ''): Promise<Workshop> {
    return Workshop.open({ sources: Object.fromEntries(Object.entries(sources).map(([name, lines]) => [name, `${lines}\n${GUARDS_OFF}`])), yaml });
  }

  /** The file of a source, as JSON. */
  rows(source: string, rows: readonly Row[]): void {
    this.file(`${source}.json`, JSON.stringify(rows));
  }

  file(name: string, text: string): void {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  get config(): string {
    return [
      'version: 1', `database: { url: "sqlite:${this.options.onDisk ? './lockstep.db' : ':memory:'}" }`, 'sources:',
      ...Object.entries(this.sources).flatMap(([name, lines]) => [
        `  ${name}:`, '    connector: file', ...(/^options:/m.test(lines) ? [] : [`    options: { path: ${name}.json }`]),
        ...lines.split('\n').filter((line) => line.trim() !== '').map((line) => `    ${line}`),
      ]),
      this.yaml, '',
    ].join('\n');
  }

  private async load() {
    const file = join(this.folder, 'lockstep.yaml');
    writeFileSync(file, this.config);
    const loaded = await loadConfig({ files: [file], env: {}, catalogue: connectorCatalogue(), cwd: this.folder });
    if (!loaded.ok) throw new Error(loaded.problems.map((problem) => formatProblem(problem)).join('\n'));
    return loaded.config;
  }

  private async start(): Promise<void> {
    this.engine = await openEngine({ config: await this.load(), catalogue: connectorCatalogue(), clock: this.clock, log: silentLog, signal: new AbortController().signal, actor: 'ann' });
  }

  /** The configuration edited, the product started again on the same database. */
  async reconfigure(change: { readonly sources?: Readonly<Record<string, string>>; readonly yaml?: string }): Promise<void> {
    if (change.sources) this.sources = change.sources;
    if (change.yaml !== undefined) this.yaml = change.yaml;
    if (this.options.onDisk) {
      await this.engine.close();
      await this.start();
    } else this.engine = { ...this.engine, config: await this.load(), close: this.engine.close };
  }

  async close(): Promise<void> {
    await this.engine.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** One sync a minute later; without names of every source. Gives the runs by source. */
  async sync(...names: readonly string[]): Promise<Readonly<Record<string, RunReport>>> {
    this.clock.advance(MINUTE);
    const { runs } = await new SyncService(this.engine).sync({ full: true, ...(names.length > 0 && { sources: names }) });
    return Object.fromEntries(runs.map((run) => [run.source, run]));
  }

  /** Writes and reads: source -> rows. */
  async feed(files: Readonly<Record<string, readonly Row[]>>): Promise<Readonly<Record<string, RunReport>>> {
    for (const [source, rows] of Object.entries(files)) this.rows(source, rows);
    return this.sync(...Object.keys(files));
  }

  plan(request: { readonly rules?: boolean; readonly sources?: readonly string[] } = {}): Promise<PlanReport> {
    const { config, catalogue, clock, log, signal } = this.engine;
    return new PlanService({ config, catalogue, clock, log, signal, actor: 'ann' }).plan({ full: true, ...request });
  }

  async assets(): Promise<AssetDocument[]> {
    const found: AssetDocument[] = [];
    for await (const asset of this.queries.list({})) found.push(asset);
    return found;
  }

  /** Which records are one asset: `['cmdb/1+scan/9', 'scan/8']`. */
  async partition(): Promise<string[]> {
    return (await this.assets()).map(({ sources }) => sources.map(({ source, externalId }) => `${source}/${externalId}`).join('+')).sort();
  }

  /** The asset of a record `source/id`. */
  async asset(record: string): Promise<AssetDocument> {
    const [source, id] = record.split('/');
    const found = (await this.assets()).find(({ sources }) => sources.some((each) => each.source === source && each.externalId === id));
    if (!found) throw new Error(`no asset has the record ${record}`);
    return found;
  }

  async explain(record: string): Promise<Explanation> {
    const found = await this.queries.explain((await this.asset(record)).id);
    if (found.kind !== 'found') throw new Error(`cannot explain ${record}: ${found.kind}`);
    return found.value;
  }

  /** Identifier -> what became of it, as the asset of that record tells. */
  async identity(record: string): Promise<Readonly<Record<string, string>>> {
    return Object.fromEntries((await this.explain(record)).identity.map(({ identifier, state }) => [identifier, state]));
  }

  async history(record: string): Promise<readonly ChangeDocument[]> {
    const found = await this.queries.history((await this.asset(record)).id, 1_000);
    if (found.kind !== 'found') throw new Error(`no history of ${record}: ${found.kind}`);
    return found.value;
  }

  /** Open reviews with their records, oldest first. */
  async reviews(kind?: string): Promise<ReviewDetails[]> {
    const { operations } = this;
    const listed = await operations.reviews({ status: 'open', ...(kind !== undefined && { kind }) }, 1_000);
    const details = await Promise.all(listed.map(({ id }) => operations.review(id)));
    return details.flatMap((each) => each ?? []).sort((a, b) => a.id - b.id);
  }

  /** `kind: cmdb/1, scan/2` of each open review, sorted. */
  async questions(): Promise<string[]> {
    return (await this.reviews()).map(({ kind, records }) => `${kind}: ${records.map(({ record }) => record.replace('/records/', '/')).sort().join(', ')}`).sort();
  }

  async resolve(kind: string, as: Resolution, only?: readonly string[]): Promise<void> {
    const [review, ...more] = await this.reviews(kind);
    if (!review || more.length > 0) throw new Error(`there are ${more.length + (review ? 1 : 0)} open reviews of kind ${kind}: ${(await this.questions()).join('; ')}`);
    await new ReviewService(this.engine).resolve(review.id, { as, reason: 'a test', ...(only && { only: only.map(keyOf) }) });
  }

  get queries(): AssetQueries { return new AssetQueries(this.engine); }
  get operations(): OperationQueries { return new OperationQueries(this.engine); }
  get decisions(): DecisionService { return new DecisionService(this.engine); }
  get quarantine(): QuarantineService { return new QuarantineService(this.engine); }

  merge(...records: readonly string[]) { return this.decisions.merge(records.map(keyOf), { reason: 'a test' }); }
  split(of: string, ...records: readonly string[]) { return this.decisions.split(keyOf(of), records.map(keyOf), { reason: 'a test' }); }

  /** The model as a function of what is stored comes out the same. */
  async differences() {
    return (await new RebuildService(this.engine).verify()).differences;
  }
}

/** `cmdb/1` -> `cmdb/records/1`. */
export const keyOf = (record: string): string => record.replace('/', '/records/');
