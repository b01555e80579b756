import type { AttributeValue } from '../../connectors/sdk/contract/index.js';
import type { RecordKey, SourceRecord } from '../core/model/index.js';
import { recordKey } from '../core/model/index.js';
import { nextVersion } from '../core/reconcile/next-version.js';
import { planPage } from '../core/reconcile/plan-page.js';
import type { PagePlan } from '../core/reconcile/plan-types.js';
import { tierLookup } from '../core/reconcile/value-table.js';
import type { Engine } from '../engine/engine.js';
import { loadClosure, type Closure } from '../database/repositories/closure.js';
import { loadStreams } from '../database/repositories/streams.js';
import type { Tx } from '../database/tx.js';
import { judgementOf } from '../sync/judgement.js';
import { loadSurroundings } from '../sync/slice-load.js';
import { planInput } from '../sync/slice-plan.js';
import type { Judgement } from '../sync/slice-types.js';
import { pastedRecord } from './pasted-record.js';

export interface MatchedIdentifier {
  readonly kind: string;
  readonly value: string;
  readonly tier: 'link' | 'attach' | 'suggest' | 'none';
  /** What it does for this record. */
  readonly state: string;
  /** Records that hold it too. */
  readonly records: readonly RecordKey[];
}

export interface MatchResult {
  readonly formatVersion: 1;
  readonly id: string;
  readonly problem?: string;
  /** Columns that are neither attributes nor identifier kinds. */
  readonly ignored?: readonly string[];
  readonly canonical?: { readonly class?: string; readonly attributes: { readonly [attribute: string]: AttributeValue | null }; readonly maker?: string; readonly hostnames: readonly string[] };
  readonly identifiers?: readonly MatchedIdentifier[];
  /** The asset it would be part of; null: a new one. */
  readonly joins?: string | null;
  /** Several stored assets would become one. */
  readonly merges?: readonly string[];
  readonly others?: readonly { readonly asset: string; readonly because: string }[];
  readonly reviews?: readonly { readonly kind: string; readonly because: string; readonly records: readonly RecordKey[] }[];
}

const PASTED = { id: -1, source: 'pasted', name: 'records', role: 'itsm' as const };

/** What a record would be taken for, and why not for something else. Writes nothing. */
export class IdentityService {
  private readonly judgement: Judgement;
  constructor(private readonly engine: Engine) {
    this.judgement = judgementOf(engine);
  }

  async match(records: readonly unknown[]): Promise<MatchResult[]> {
    const results: MatchResult[] = [];
    for (const [place, pasted] of records.entries()) results.push(await this.one(pasted, place + 1));
    return results;
  }

  private async one(pasted: unknown, place: number): Promise<MatchResult> {
    const read = pastedRecord(pasted, place);
    if (!read.ok) return { formatVersion: 1, id: `#${place}`, problem: read.reason };
    const now = this.engine.clock.now();
    const { rules, isJunk } = this.judgement;
    const key = recordKey(PASTED.source, PASTED.name, read.record.externalId);
    const { content } = nextVersion({ key, mapped: read.record, readAt: now, classes: rules.identity.classes, isJunk });
    const record: SourceRecord = { ...content, key, source: PASTED.source, stream: PASTED.name, externalId: read.record.externalId, role: PASTED.role, state: 'live', confirmedAt: now, firstSeenAt: now, lastSeenAt: now };
    const { plan, closure } = await this.engine.database.read((tx) => this.plan(tx, record, now));
    const seat = plan.assets.find((asset) => asset.records.includes(key));
    const joined = seat?.before?.id ?? null;
    const merged = plan.gone.filter((gone) => gone.into === joined).map((gone) => gone.id);
    return {
      formatVersion: 1, id: read.record.externalId, ...(read.ignored.length > 0 && { ignored: read.ignored }),
      canonical: { ...(content.assetClass !== undefined && { class: content.assetClass }), attributes: Object.fromEntries(Object.entries(content.claims).map(([attribute, claim]) => [attribute, claim.value])), ...(content.maker !== undefined && { maker: content.maker }), hostnames: content.hostnames },
      identifiers: this.identifiers(record, plan), joins: joined, ...(merged.length > 0 && { merges: [joined as string, ...merged] }), others: othersOf(record, plan, closure, new Set([joined ?? '', ...merged])),
      reviews: plan.reviews.filter((review) => review.records.includes(key)).map(({ kind, because, records: named }) => ({ kind, because, records: named })),
    };
  }

  private async plan(tx: Tx, record: SourceRecord, now: number): Promise<{ readonly plan: PagePlan; readonly closure: Closure }> {
    const streams = new Map(await loadStreams(tx)).set(PASTED.id, PASTED);
    const id = -1;
    const closure = await loadClosure(tx, { recordIds: [], next: new Map([[id, record]]), streamOf: () => PASTED.id }, this.judgement.rules.identity, streams);
    const keyOf = (each: number): RecordKey | undefined => closure.stored.get(each)?.record.key;
    const around = await loadSurroundings(tx, closure, [], keyOf);
    const idOf = new Map([...closure.stored.values()].map((stored) => [stored.record.key, stored.head.id]));
    idOf.set(record.key, Number.MAX_SAFE_INTEGER);
    const plan = planPage(planInput({
      closure, around, idOf, judgement: this.judgement, now, touched: [], active: [{ id, record, removed: false }], newMoves: [], changed: new Set([record.key]), mint: () => ({ id: 'new', seq: Number.MAX_SAFE_INTEGER }),
    }));
    return { plan, closure };
  }

  private identifiers(record: SourceRecord, plan: PagePlan): MatchedIdentifier[] {
    const tiers = tierLookup(this.judgement.rules.identity)(record.assetClass);
    return record.identifiers.filter((identifier) => identifier.value !== record.key).map(({ kind, value, placeholder }) => {
      const outcome = plan.values.find((each) => each.kind === kind && each.value === value && (each.maker === undefined || each.maker === record.maker));
      return { kind, value, tier: tiers.get(kind) ?? 'none', state: placeholder ? 'junk' : (outcome?.state ?? 'single'), records: (outcome?.holders ?? []).filter((key) => key !== record.key) };
    });
  }
}

function othersOf(record: SourceRecord, plan: PagePlan, closure: Closure, joined: ReadonlySet<string>): { readonly asset: string; readonly because: string }[] {
  const assetOf = new Map([...closure.stored.values()].map((stored) => [stored.record.key, stored.head.assetId]));
  const others = new Map<string, Set<string>>();
  const add = (key: RecordKey, because: string): void => {
    const asset = assetOf.get(key);
    if (asset && !joined.has(asset)) others.set(asset, (others.get(asset) ?? new Set()).add(because));
  };
  for (const value of plan.values) {
    if (!value.holders.includes(record.key)) continue;
    const why = value.state === 'junk' ? 'is junk' : value.state === 'contested' ? 'is contested' : value.state === 'spoilt' ? 'stands on machines with different boards' : value.tier === 'suggest' ? 'only suggests' : 'joins nothing here, because the records that hold it cannot all be one asset';
    for (const key of value.holders) if (key !== record.key) add(key, `shares ${value.kind} ${value.value}, which ${why}`);
  }
  for (const review of plan.reviews) if (review.kind === 'suggestion' && review.records.includes(record.key)) for (const key of review.records) add(key, review.because);
  return [...others].map(([asset, because]) => ({ asset, because: [...because].join('; ') }));
}
