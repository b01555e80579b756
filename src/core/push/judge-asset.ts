import { IDENTIFYING_ATTRIBUTES, LIFECYCLE_STAGES, type AttributeValue, type LifecycleStage, type StageCodes } from '../../../connectors/sdk/contract/index.js';
import { evaluate, type FactValue, type Facts } from '../expressions/index.js';
import { isA } from '../model/classes.js';
import { sameValue } from '../model/compare.js';
import type { ClassTree } from '../model/rules.js';
import type { RecordKey } from '../model/source-record.js';
import { decideField, isShown } from './decide.js';
import type { Agreed, FieldDecision, Seen, Side, StreamRules, TargetRules } from './push-types.js';

/** An asset as it is to appear everywhere. */
export interface WantedAsset {
  readonly id: string;
  readonly assetClass?: string;
  readonly stage: LifecycleStage;
  readonly stageSince: number | null;
  readonly holds: readonly string[];
  readonly attributes: { readonly [attribute: string]: AttributeValue };
}

/** What a target's record shows of the fields that may be pushed. */
export interface TargetRecord {
  readonly key: RecordKey;
  readonly stream: string;
  readonly externalId: string;
  /** `live`: it can be written. Others are left alone. */
  readonly state: 'live' | 'unread' | 'tombstoned' | 'pending' | 'withdrawn';
  /** Its latest version waits for a person: what it shows is not known yet. */
  readonly isHeld: boolean;
  /** Codes of its stage; absent: this record carries none. */
  readonly codes?: StageCodes;
  /** What they say; absent: no table row reads them. */
  readonly stage?: LifecycleStage;
  readonly shown: { readonly [attribute: string]: AttributeValue | null };
  readonly changedAt: { readonly [attribute: string]: number | null };
  /** Attributes that it may claim: drift there is held unless the configuration says otherwise. */
  readonly claims: ReadonlySet<string>;
  readonly agreed: ReadonlyMap<string, Agreed>;
}

export interface JudgeInput {
  readonly asset: WantedAsset;
  /** Its records in the target, tombstoned ones too. */
  readonly records: readonly TargetRecord[];
  readonly target: TargetRules;
  readonly classes: ClassTree;
  /** A record of this target made a stage move that was skipped, and a person has not decided yet. */
  readonly moveIsOpen: boolean;
  /** When our value of an attribute came to be what it is, ms UTC. */
  readonly since: (attribute: string) => number | null | undefined;
  readonly matches: (pattern: string, text: string) => boolean;
  readonly asOf: number;
}

/** One difference, for people and for the attempts log. */
export interface FieldDifference {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly because: string;
}

export interface OwedRecord {
  readonly key: RecordKey;
  readonly stream: string;
  readonly externalId: string;
  readonly stage?: { readonly stage: LifecycleStage; readonly codes: StageCodes };
  readonly fields: readonly { readonly attribute: string; readonly value: AttributeValue; readonly desired: AttributeValue }[];
  readonly differences: readonly FieldDifference[];
}

/** What one target owes one asset. */
export interface TargetVerdict {
  readonly writes: readonly OwedRecord[];
  /** A new record is due. */
  readonly creates: boolean;
  /** Nothing may be written now, and why. */
  readonly waits?: { readonly because: string; readonly kind: 'alignment' | 'open_move' | 'held' | 'unreadable' | 'untold' };
  readonly agreed: readonly { readonly key: RecordKey; readonly field: string; readonly agreed: Agreed }[];
  readonly align: readonly { readonly key: RecordKey; readonly differences: readonly FieldDifference[] }[];
  readonly holds: readonly { readonly key: RecordKey; readonly of: 'drift' | 'conflict'; readonly difference: FieldDifference }[];
}

const NOTHING: TargetVerdict = { writes: [], creates: false, agreed: [], align: [], holds: [] };

/** Everything that one target owes one asset, from plain data. */
export function judgeTarget(input: JudgeInput): TargetVerdict {
  const { asset, target } = input;
  if (target.classes && !target.classes.some((name) => isA(asset.assetClass, name, input.classes))) return NOTHING;
  if (target.where && !evaluate(target.where, assetFacts(input))) return NOTHING;
  if (input.records.length === 0) return target.creates && isCreatable(input) ? { ...NOTHING, creates: true } : NOTHING;
  const verdict = new Verdict(input);
  for (const record of input.records) if (record.state === 'live' && target.streams.has(record.stream)) verdict.judge(record);
  return verdict.result();
}

/** What is over is not born anew in a tool that never had it. */
function isCreatable({ asset, target, classes }: JudgeInput): boolean {
  return asset.stage !== 'retired' && asset.stage !== 'disposed' && target.createsClasses.some((name) => isA(asset.assetClass, name, classes));
}

class Verdict {
  private readonly writes: OwedRecord[] = [];
  private readonly agreed: { key: RecordKey; field: string; agreed: Agreed }[] = [];
  private readonly align: { key: RecordKey; differences: FieldDifference[] }[] = [];
  private readonly holds: { key: RecordKey; of: 'drift' | 'conflict'; difference: FieldDifference }[] = [];
  private waits: TargetVerdict['waits'];

  constructor(private readonly input: JudgeInput) {}

  judge(record: TargetRecord): void {
    const { target } = this.input;
    const rules = target.streams.get(record.stream) as StreamRules;
    if (record.isHeld) return this.wait('held', `the latest version of ${record.key} waits for a person`);
    const owed: { stage?: OwedRecord['stage']; fields: OwedRecord['fields'][number][]; differences: FieldDifference[] } = { fields: [], differences: [] };
    const differing: FieldDifference[] = [];
    for (const field of target.fields) {
      const asked = field === 'stage' ? this.stageOf(record, rules) : this.attributeOf(field, record, rules);
      if (!asked) continue;
      const decision = decideField({ field, desired: asked.desired, desiredSince: asked.since ?? null, seen: asked.seen, onConflict: target.onConflict[field] ?? target.onConflict['default'] ?? 'hold', onDrift: this.onDrift(field, record), ...(record.agreed.has(field) && { agreed: record.agreed.get(field) as Agreed }) });
      const difference = (because: string): FieldDifference => ({ field, before: asked.before, after: asked.wanted, because });
      this.take(decision, record, field, difference, differing, () => {
        if (asked.stage) owed.stage = asked.stage;
        else owed.fields.push({ attribute: field, value: asked.wanted as AttributeValue, desired: asked.desired as AttributeValue });
        owed.differences.push(difference(decision.kind === 'write' ? decision.because : ''));
      });
    }
    if (differing.length > 0) this.align.push({ key: record.key, differences: differing });
    if (owed.differences.length > 0) this.writes.push({ key: record.key, stream: record.stream, externalId: record.externalId, ...owed });
  }

  private take(decision: FieldDecision, record: TargetRecord, field: string, difference: (because: string) => FieldDifference, differing: FieldDifference[], write: () => void): void {
    switch (decision.kind) {
      case 'settled': return;
      case 'agree': this.agreed.push({ key: record.key, field, agreed: decision.agreed }); return;
      case 'align': differing.push(difference('never agreed')); return;
      case 'hold': this.holds.push({ key: record.key, of: decision.of, difference: difference(decision.of) }); return;
      case 'wait': this.wait('unreadable', decision.because); return;
      case 'write': write();
    }
  }

  private stageOf(record: TargetRecord, rules: StreamRules) {
    if (!rules.codesFor || !record.codes) return undefined;
    const { asset } = this.input;
    const codes = rules.codesFor(asset.stage);
    if (!codes) {
      if (record.stage !== asset.stage) this.wait('untold', `${this.input.target.target} has no code for ${asset.stage}`);
      return undefined;
    }
    const isEmpty = Object.values(record.codes).every((code) => code === '');
    const seen: Seen = {
      shown: record.codes, isReadable: record.stage !== undefined || isEmpty,
      // A coarse vocabulary reads some of what is written as another stage: that is agreement all the same.
      isDesired: record.stage === asset.stage || isShown({ value: null, shown: codes, origin: 'written' }, record.codes),
    };
    return { desired: asset.stage, wanted: codes, before: record.codes as unknown, seen, stage: { stage: asset.stage, codes }, since: asset.stageSince };
  }

  private attributeOf(attribute: string, record: TargetRecord, rules: StreamRules) {
    const desired = this.input.asset.attributes[attribute];
    if (desired === undefined || !rules.attributes.has(attribute)) return undefined;
    const shown = record.shown[attribute] ?? null;
    // What identifies a record is never pushed over something else: that would make it another machine's record.
    if (attribute in IDENTIFYING_ATTRIBUTES && !isEmptyValue(shown) && !sameValue(shown, desired)) return undefined;
    const seen: Seen = { shown, isReadable: true, isDesired: sameValue(shown, desired), changedAt: record.changedAt[attribute] ?? null };
    return { desired, wanted: rules.spell(attribute, desired), before: shown === null ? null : rules.spell(attribute, shown), seen, stage: undefined, since: this.input.since(attribute) };
  }

  private onDrift(field: string, record: TargetRecord): Exclude<Side, 'newest'> {
    const { onDrift, speaks } = this.input.target;
    if (field === 'stage') return speaks === 'all' || (speaks !== 'none' && record.stage !== undefined && speaks.includes(record.stage)) ? 'ours' : (onDrift['stage'] ?? 'ours');
    return onDrift[field] ?? (onDrift['default'] ?? (record.claims.has(field) ? 'hold' : 'ours'));
  }

  private wait(kind: NonNullable<TargetVerdict['waits']>['kind'], because: string): void {
    this.waits ??= { kind, because };
  }

  result(): TargetVerdict {
    const { target } = this.input;
    // Whatever else there is to wait for: an alignment and a skipped move are decided by people first, for the whole asset.
    if (this.align.length > 0) this.waits = { kind: 'alignment', because: `what ${target.target} shows and what is wanted have never been agreed` };
    else if (this.input.moveIsOpen && this.writes.length > 0) this.waits = { kind: 'open_move', because: `a stage move made in ${target.target} was skipped, and nobody has decided on it yet` };
    return { writes: this.writes, creates: false, ...(this.waits && { waits: this.waits }), agreed: this.agreed, align: this.align, holds: this.holds };
  }
}

const isEmptyValue = (value: unknown): boolean => value === null || value === '' || (Array.isArray(value) && value.length === 0);

/** What `push.where` may ask of an asset. */
function assetFacts({ asset, classes, matches, asOf }: JudgeInput): Facts {
  return {
    asOf, matches, isA: (assetClass, ancestor) => isA(assetClass, ancestor, classes), call: () => undefined,
    get: (name) => {
      if (name === 'class') return asset.assetClass;
      if (name === 'stage') return asset.stage;
      if (name === 'id') return asset.id;
      if (name === 'holds') return asset.holds;
      if (name.startsWith('tags.')) return (asset.attributes['tags'] as Record<string, string> | undefined)?.[name.slice(5)];
      const value = Object.hasOwn(asset.attributes, name) ? asset.attributes[name] : undefined;
      return value === undefined || (typeof value === 'object' && !Array.isArray(value)) ? undefined : (value as FactValue);
    },
  };
}

export const isStage = (value: unknown): value is LifecycleStage => (LIFECYCLE_STAGES as readonly unknown[]).includes(value);
