import type { EngineOptions, Engine } from '../engine/engine.js';
import { OutboxService } from '../push/outbox.service.js';
import { selectIn } from '../database/tx.js';
import { SyncService, type SyncReport, type SyncRequest } from '../sync/sync.service.js';
import { lastChange, RebuildService } from './rebuild.service.js';
import { onScratch } from './scratch.js';

export type PlannedKind = 'create' | 'change' | 'retire' | 'merge' | 'split' | 'push' | 'review';

export interface PlanLine {
  readonly asset: string;
  readonly name?: string;
  readonly class?: string;
  readonly source?: string;
  readonly kind: PlannedKind;
  readonly attribute?: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly because: string;
}

export interface PlanReport {
  readonly formatVersion: 1;
  readonly summary: { readonly create: number; readonly change: number; readonly retire: number; readonly push: number; readonly reviews: number };
  readonly changes: readonly PlanLine[];
  readonly runs: SyncReport['runs'];
}

export interface PlanRequest extends Omit<SyncRequest, 'trigger'> {
  /** What the present rules would change in the stored model, asking no vendor. */
  readonly rules?: boolean;
}

/** The engine with another store: the same code as a sync, on a copy that is thrown away. */
export class PlanService {
  constructor(private readonly options: EngineOptions) {}

  plan(request: PlanRequest = {}): Promise<PlanReport> {
    return onScratch(this.options, async (engine) => {
      const before = { change: await lastChange(engine), review: await lastReview(engine) };
      let runs: SyncReport['runs'] = [];
      if (request.rules) await new RebuildService(engine).rebuild();
      else runs = (await new SyncService(engine).sync({ ...request, trigger: 'plan', push: false })).runs;
      return reportOf(engine, before, runs);
    });
  }
}

async function lastReview(engine: Engine): Promise<number> {
  const [row] = await engine.database.read((tx) => tx.query('SELECT MAX(id) AS id FROM reviews'));
  return Number(row?.['id'] ?? 0);
}

/** What the sync would deliver afterwards: all that is owed by then, field by field. */
async function pushLines(engine: Engine): Promise<PlanLine[]> {
  const lines: PlanLine[] = [];
  if (!engine.push?.writes) return lines;
  for await (const { target, asset, name, differences } of new OutboxService(engine).list({ state: 'owed' })) {
    for (const { field, before, after, because } of differences) lines.push({ asset, ...(name !== null && { name }), source: target, kind: 'push', attribute: field, before, after, because });
  }
  return lines;
}

async function reportOf(engine: Engine, before: { readonly change: number; readonly review: number }, runs: SyncReport['runs']): Promise<PlanReport> {
  const pushes = await pushLines(engine);
  return engine.database.read(async (tx) => {
    const rows = await tx.query('SELECT * FROM changes WHERE seq > ? ORDER BY seq', [before.change]);
    const reviews = await tx.query(`SELECT * FROM reviews WHERE id > ? AND status = 'open' ORDER BY id`, [before.review]);
    const assets = new Map((await selectIn(tx, 'SELECT id, name, class FROM assets WHERE id IN (?)', [...new Set(rows.map((row) => row['asset_id'] as string))])).map((row) => [row['id'] as string, row]));
    const changes = rows.map((row): PlanLine => {
      const asset = assets.get(row['asset_id']);
      const [from, to] = [JSON.parse(row['before_value'] ?? 'null'), JSON.parse(row['after_value'] ?? 'null')];
      const kind = kindOf(row['attribute'], from, to);
      return {
        asset: row['asset_id'], ...(asset?.['name'] && { name: asset['name'] as string }), ...(asset?.['class'] && { class: asset['class'] as string }), ...(row['source'] !== null && { source: row['source'] as string }),
        kind, ...(kind === 'change' || kind === 'retire' ? { attribute: row['attribute'] as string } : {}), before: from, after: to, because: becauseOf(row),
      };
    });
    const of = (kind: PlannedKind): number => new Set(changes.filter((change) => change.kind === kind).map((change) => change.asset)).size;
    return {
      formatVersion: 1, summary: { create: of('create'), change: of('change'), retire: of('retire'), push: new Set(pushes.map(({ source, asset }) => `${source} ${asset}`)).size, reviews: reviews.length }, runs,
      changes: [...changes, ...pushes, ...reviews.map((row): PlanLine => ({ asset: '', kind: 'review', before: null, after: row['kind'], because: row['because'], ...(row['source'] !== null && { source: row['source'] as string }) }))],
    };
  });
}

function kindOf(attribute: string, from: unknown, to: unknown): PlannedKind {
  if (attribute === 'created') return 'create';
  if (attribute === 'merged') return 'merge';
  if (attribute === 'split') return 'split';
  return attribute === 'withdrawn' || (attribute === 'stage' && (to === 'retired' || to === 'disposed') && from !== 'retired') ? 'retire' : 'change';
}

function becauseOf(row: Record<string, any>): string {
  if (row['cause_kind'] === 'rule') return `rule ${row['rule']}`;
  if (row['cause_kind'] === 'person') return `decided by ${row['person']}`;
  if (row['cause_kind'] === 'due') return 'due by time';
  if (row['cause_kind'] === 'rebuild') return 'the present rules';
  return row['source'] === null ? 'a run' : `read from ${row['source']}`;
}
