import type { AttributeValue } from '../../../connectors/sdk/contract/index.js';
import type { Override } from '../model/decisions.js';
import type { AuthorityRules, ClassTree, Strategy } from '../model/rules.js';
import { isLive, type Claim, type RecordKey, type SourceRecord } from '../model/source-record.js';
import { byCodeUnit } from '../model/compare.js';
import { compileAuthority, type CompiledAuthority, type CompiledRule } from './authority.js';
import { byChangedAt, compareClaims, isEmpty, staleAt, type Candidate, type ClaimOrder } from './authority-order.js';
import { resolveClass, type ClassDecision } from './authority-class.js';
import { decide, valueOf } from './authority-strategies.js';

/** Why a claim does not make the value. `older`: only the source's time of change told them apart. `overridden`: it would have won but for a person. */
export type Loss = 'outranked' | 'stale' | 'echo' | 'empty' | 'tombstoned' | 'older' | 'overridden';

export interface StatedClaim {
  readonly key: RecordKey;
  readonly source: string;
  readonly stream: string;
  readonly externalId: string;
  /** null: said to be empty. */
  readonly value: AttributeValue | null;
  readonly changedAt: number | null;
}
export interface LostClaim extends StatedClaim { readonly because: Loss }

export interface AttributeOutcome {
  /** null: said to be empty. undefined: nobody said, or nobody whose word still counts. */
  readonly value: AttributeValue | null | undefined;
  /** Absent where a person's override stands, or where no claim counts. */
  readonly winner?: StatedClaim;
  /** For a set that several records made: the others that put something in. Each claim is a winner, a contributor or a loser. */
  readonly contributors?: readonly StatedClaim[];
  readonly losers: readonly LostClaim[];
  /** e.g. `authority.hardware.os_version: role:agent, servicenow-prod`, or `built-in business order`. */
  readonly rule: string;
  readonly strategy: Strategy;
  readonly override?: { readonly by: string; readonly reason: string; readonly at: number; readonly until?: number };
}

export interface AssetResolution {
  readonly assetClass?: string;
  readonly classBecause: string;
  /** Absent where unknown or said to be empty. */
  readonly attributes: { readonly [attribute: string]: AttributeValue };
  /** Of every attribute that a record or a person names; empty with `explain: false`. */
  readonly outcomes: { readonly [attribute: string]: AttributeOutcome };
  /** ms UTC: the first instant after `asOf` at which a claim turns stale or an override ends. */
  readonly nextDueAt?: number;
}

export interface ResolveInput {
  /** All accepted records of one asset, in any order. */
  readonly records: readonly SourceRecord[];
  readonly rules: AuthorityRules;
  readonly classes: ClassTree;
  /** Those anchored to one of the records. */
  readonly overrides: readonly Override[];
  readonly asOf: number;
  /** false: no outcomes, for the bulk. The same code ranks. */
  readonly explain?: boolean;
}

/** Same records, same rules, same `asOf`: same answer, in whatever order the records come. */
export function resolveAttributes(input: ResolveInput, order: ClaimOrder = compareClaims): AssetResolution {
  const asset = new Asset(input, order);
  return input.explain === false ? asset.resolved() : asset.explained();
}

/** One attribute alone, with its explanation. */
export function explainAttribute(input: ResolveInput, attribute: string): AttributeOutcome {
  return new Asset(input, compareClaims).outcomeOf(attribute);
}

/** When the present value was taken, by what made it: null where its source tells no time, undefined where there is no value. */
export function changedAtOf({ override, winner, contributors }: AttributeOutcome): number | null | undefined {
  if (override) return override.at;
  if (!winner) return undefined;
  const times = [winner, ...(contributors ?? [])].flatMap(({ changedAt }) => (changedAt === null ? [] : [changedAt]));
  return times.length > 0 ? Math.max(...times) : null;
}

class Asset {
  private readonly authority: CompiledAuthority;
  /** Whose claims count, by key: the live ones; if there is none, the last known stays readable. */
  private readonly speaking: readonly SourceRecord[];
  private readonly past: readonly SourceRecord[];
  private readonly pins: ReadonlyMap<string, Override>;
  private readonly assetClass: ClassDecision;
  /** Claims age up to now, or up to the day on which the last record went: they stay as they were then. */
  private readonly asOf: number;
  private dueAt = Number.POSITIVE_INFINITY;

  constructor(private readonly input: ResolveInput, private readonly order: ClaimOrder) {
    this.authority = compileAuthority(input.rules, input.classes);
    const live = input.records.filter(isLive);
    this.speaking = byKey(live.length > 0 ? live : input.records);
    this.past = live.length > 0 && live.length < input.records.length ? byKey(input.records.filter((record) => !isLive(record))) : [];
    this.asOf = live.length > 0 || input.records.length === 0 ? input.asOf : Math.max(...input.records.map(goneAt));
    this.pins = this.pinned();
    this.assetClass = this.classOf();
  }

  resolved(): AssetResolution {
    const table = this.authority.rulesFor(this.assetClass.assetClass);
    const attributes: Record<string, AttributeValue> = {};
    for (let index = 0; index < this.speaking.length; index++) {
      for (const attribute of Object.keys(this.speaking[index]!.claims)) {
        if (isNoAttribute(attribute) || this.saidBefore(index, attribute)) continue;
        const value = this.valueOf(attribute, table.ruleOf(attribute));
        if (value !== undefined && value !== null) attributes[attribute] = value;
      }
    }
    for (const [attribute, { value }] of this.pins) {
      if (isNoAttribute(attribute)) continue;
      if (value === null) delete attributes[attribute];
      else attributes[attribute] = value;
    }
    return this.answer(attributes, {});
  }

  explained(): AssetResolution {
    const names = new Set([...this.speaking, ...this.past].flatMap((record) => Object.keys(record.claims)).concat([...this.pins.keys()]));
    const attributes: Record<string, AttributeValue> = {};
    const outcomes: Record<string, AttributeOutcome> = {};
    for (const attribute of [...names].sort(byCodeUnit)) {
      if (isNoAttribute(attribute)) continue;
      const outcome = this.outcomeOf(attribute);
      outcomes[attribute] = outcome;
      if (outcome.value !== undefined && outcome.value !== null) attributes[attribute] = outcome.value;
    }
    return this.answer(attributes, outcomes);
  }

  outcomeOf(attribute: string): AttributeOutcome {
    const rule = this.authority.rulesFor(this.assetClass.assetClass).ruleOf(attribute);
    const ranked = this.candidates(attribute, rule).sort((a, b) => this.order(rule, a, b));
    const decision = ranked.length > 0 ? decide(rule, ranked) : undefined;
    const pin = this.pins.get(attribute);
    const counted = decision?.counted ?? [];
    const [winner, ...contributors] = pin ? [] : counted;
    const losers = [
      ...(pin ? counted.map((candidate) => lost(candidate, 'overridden')) : []),
      ...ranked.filter((candidate) => !counted.includes(candidate)).map((candidate) => lost(candidate, lossOf(candidate, counted[0]!, rule))),
      ...this.speaking.flatMap((record) => claimed(record, attribute, (candidate) => this.isStale(record, rule) && lost(candidate, 'stale'))),
      ...this.past.flatMap((record) => claimed(record, attribute, (candidate) => lost(candidate, 'tombstoned'))),
    ];
    return {
      value: pin ? pin.value : decision?.value,
      ...(winner && { winner: stated(winner) }), ...(contributors.length > 0 && { contributors: contributors.map(stated) }),
      losers, rule: rule.text, strategy: rule.strategy,
      ...(pin && { override: { by: pin.by, reason: pin.reason, at: pin.at, ...(pin.until !== undefined && { until: pin.until }) } }),
    };
  }

  private valueOf(attribute: string, rule: CompiledRule): AttributeValue | null | undefined {
    const candidates = this.candidates(attribute, rule);
    const first = candidates[0];
    if (first === undefined) return undefined;
    if (candidates.length === 1) return valueOf(first);
    if (rule.strategy === 'ordered' || rule.strategy === 'newest') {
      return valueOf(candidates.reduce((best, other) => (this.order(rule, other, best) < 0 ? other : best)));
    }
    return decide(rule, candidates.sort((a, b) => this.order(rule, a, b))).value;
  }

  private candidates(attribute: string, rule: CompiledRule): Candidate[] {
    const found: Candidate[] = [];
    for (const record of this.speaking) {
      const claim = claimOf(record, attribute);
      if (claim !== undefined && !this.isStale(record, rule)) found.push({ record, claim });
    }
    return found;
  }

  private isStale(record: SourceRecord, rule: CompiledRule): boolean {
    const at = staleAt(rule, record);
    if (at === undefined) return false;
    if (this.ageOf(record) >= at) return true;
    if (isLive(record)) this.due(at);
    return false;
  }

  /** The instant up to which this record's claims have aged. */
  private readonly ageOf = (record: SourceRecord): number => Math.min(this.asOf, record.failingSince ?? this.asOf);

  private pinned(): Map<string, Override> {
    const pins = new Map<string, Override>();
    for (const override of this.input.overrides) {
      if (override.until !== undefined && override.until <= this.input.asOf) continue;
      if (override.until !== undefined) this.due(override.until);
      const other = pins.get(override.attribute);
      if (!other || override.at > other.at || (override.at === other.at && override.id > other.id)) pins.set(override.attribute, override);
    }
    return pins;
  }

  private classOf(): ClassDecision {
    const decision = resolveClass(this.speaking, this.authority, this.ageOf, this.order);
    if (decision.turnsAt !== undefined && this.speaking.some(isLive)) this.due(decision.turnsAt);
    const pin = this.pins.get('class');
    return typeof pin?.value === 'string' ? { assetClass: pin.value, because: `override by ${pin.by}: ${pin.reason}` } : decision;
  }

  private saidBefore(index: number, attribute: string): boolean {
    for (let i = 0; i < index; i++) if (claimOf(this.speaking[i]!, attribute) !== undefined) return true;
    return false;
  }

  private due(at: number): void {
    if (at > this.input.asOf && at < this.dueAt) this.dueAt = at;
  }

  private answer(attributes: AssetResolution['attributes'], outcomes: AssetResolution['outcomes']): AssetResolution {
    const { assetClass, because } = this.assetClass;
    return { ...(assetClass !== undefined && { assetClass }), classBecause: because, attributes, outcomes, ...(Number.isFinite(this.dueAt) && { nextDueAt: this.dueAt }) };
  }
}

/** Class and stage have rules of their own; the last name would change the object that carries the answer. */
const isNoAttribute = (name: string): boolean => name === 'class' || name === 'stage' || name === '__proto__';

/** Own claims only: an attribute may be called `constructor`. */
function claimOf(record: SourceRecord, attribute: string): Claim | undefined {
  const claim = record.claims[attribute];
  return claim !== undefined && Object.hasOwn(record.claims, attribute) ? claim : undefined;
}

function claimed(record: SourceRecord, attribute: string, loss: (candidate: Candidate) => LostClaim | false): LostClaim[] {
  const claim = claimOf(record, attribute);
  const lost = claim && loss({ record, claim });
  return lost ? [lost] : [];
}

const goneAt = (record: SourceRecord): number => record.tombstonedAt ?? record.lastSeenAt;

function byKey(records: readonly SourceRecord[]): readonly SourceRecord[] {
  return records.length < 2 ? records : [...records].sort((a, b) => byCodeUnit(a.key, b.key));
}

function stated({ record, claim }: Candidate): StatedClaim {
  const { key, source, stream, externalId } = record;
  return { key, source, stream, externalId, value: claim.value, changedAt: claim.changedAt };
}
const lost = (candidate: Candidate, because: Loss): LostClaim => ({ ...stated(candidate), because });

function lossOf(loser: Candidate, winner: Candidate, rule: CompiledRule): Loss {
  if (loser.claim.echo && !winner.claim.echo) return 'echo';
  if (rule.empty === 'ignore' && isEmpty(loser.claim) && !isEmpty(winner.claim)) return 'empty';
  const byTime = rule.strategy === 'newest' || (rule.strategy === 'ordered' && rule.rank(loser.record.source, loser.record.role) === rule.rank(winner.record.source, winner.record.role));
  return byTime && byChangedAt(loser.claim, winner.claim) > 0 ? 'older' : 'outranked';
}
