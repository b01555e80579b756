import type { AttributeValue, IdentifierKind } from '../../connectors/sdk/contract/index.js';
import { byCodeUnit, moveKey, type RecordKey, type SourceRecord } from '../core/model/index.js';
import type { FoldResult, StageCause } from '../core/lifecycle/index.js';
import { BUSINESS_ORDER, TECHNICAL_ORDER } from '../core/reconcile/authority.js';
import { identify } from '../core/reconcile/identify.js';
import type { IdentityReview, ValueState } from '../core/reconcile/partition.js';
import { resolveOne } from '../core/reconcile/resolve-asset.js';
import { explainAttribute, resolveAttributes, type AttributeOutcome, type Loss, type StatedClaim } from '../core/reconcile/resolve.js';
import { tierLookup } from '../core/reconcile/value-table.js';
import type { StoredAsset } from '../database/repositories/assets.js';
import { loadClosure, type Closure } from '../database/repositories/closure.js';
import { idsOfAssets } from '../database/repositories/records.js';
import type { StreamRow } from '../database/repositories/rows.js';
import type { Tx } from '../database/tx.js';
import { loadSurroundings } from '../sync/slice-load.js';
import type { Judgement } from '../sync/slice-types.js';
import { instant, instantOrNull } from './instants.js';

export interface ClaimDocument {
  readonly source: string;
  readonly stream: string;
  readonly externalId: string;
  /** null: said to be empty. */
  readonly value: AttributeValue | null;
  /** null: its source tells no time. */
  readonly changedAt: string | null;
}

export interface AttributeDocument {
  /** null: said to be empty, or not said by anybody whose word counts. */
  readonly value: AttributeValue | null;
  /** null: a person's override stands, or no claim counts. */
  readonly winner: ClaimDocument | null;
  /** For sets that several records made: the others that put something in. */
  readonly contributors?: readonly ClaimDocument[];
  readonly losers: readonly (ClaimDocument & { readonly because: Loss })[];
  readonly rule: string;
  readonly strategy: string;
  readonly override?: { readonly by: string; readonly reason: string; readonly at: string; readonly until: string | null };
}

export interface IdentityDocument {
  /** `kind:value`. */
  readonly identifier: string;
  readonly kind: string;
  readonly value: string;
  /** Set where a serial is one value for each of several makers. */
  readonly maker?: string;
  readonly records: readonly RecordKey[];
  readonly tier: 'link' | 'attach' | 'suggest' | 'none';
  readonly state: Exclude<ValueState, 'single'>;
  /** Why it is junk. */
  readonly because?: 'placeholder' | 'shared';
  /** Holders that are other assets. */
  readonly elsewhere: readonly { readonly record: RecordKey; readonly asset: string | null }[];
}

export interface StageDocument {
  readonly value: string;
  readonly since: string | null;
  /** `record:source/stream/id`, `person:name`, `rule:name`, `baseline:source/stream/id`, `override:name` or `default`. */
  readonly by: string;
  readonly holds: readonly string[];
  readonly underPin?: string;
  readonly moves: readonly { readonly move: string; readonly origin: string; readonly to: string; readonly at: string; readonly outcome: string; readonly because: string }[];
}

/** `assets explain --json`. */
export interface Explanation {
  readonly formatVersion: 1;
  readonly asset: string;
  readonly name: string | null;
  readonly redirectedFrom?: string;
  readonly asOf: string;
  readonly class: { readonly value: string | null; readonly because: string };
  readonly stage: StageDocument;
  readonly attributes: { readonly [attribute: string]: AttributeDocument };
  readonly identity: readonly IdentityDocument[];
  /** Values that only one record holds, or that merely suggest: they joined nothing. */
  readonly unshared: readonly { readonly identifier: string; readonly records: readonly RecordKey[]; readonly tier: string }[];
  readonly records: readonly RecordKey[];
  /** What a person has decided of these records. */
  readonly decisions: readonly { readonly kind: string; readonly a: RecordKey; readonly b: RecordKey }[];
  readonly openQuestions: readonly { readonly kind: string; readonly because: string; readonly records: readonly RecordKey[] }[];
}

/** Everything about an asset that explaining needs, loaded at once. */
export interface ExplainMaterial {
  readonly asset: StoredAsset;
  readonly own: readonly SourceRecord[];
  readonly closure: Closure;
  /** Record -> asset, of the whole closure. */
  readonly assetOf: ReadonlyMap<RecordKey, string | null>;
  readonly surroundings: Awaited<ReturnType<typeof loadSurroundings>>;
}

export async function explainMaterial(tx: Tx, asset: StoredAsset, judgement: Judgement, streams: ReadonlyMap<number, StreamRow>): Promise<ExplainMaterial> {
  const recordIds = await idsOfAssets(tx, [asset.state.id]);
  const closure = await loadClosure(tx, { recordIds, next: new Map(), streamOf: () => 0 }, judgement.rules.identity, streams);
  const stored = [...closure.stored.values()];
  return {
    asset, closure, assetOf: new Map(stored.map(({ head, record }) => [record.key, head.assetId])),
    own: stored.filter(({ head }) => head.assetId === asset.state.id).map(({ record }) => record).sort((a, b) => byCodeUnit(a.key, b.key)),
    surroundings: await loadSurroundings(tx, closure, [], (id) => closure.stored.get(id)?.record.key),
  };
}

/** As the asset was resolved last: at its stored instant, by the present rules. `attribute`: that one alone. */
export function explain(material: ExplainMaterial, judgement: Judgement, attribute?: string): Explanation {
  const { asset: { state }, own, closure, surroundings } = material;
  const keys = new Set(own.map(({ key }) => key));
  const overrides = surroundings.overrides.filter(({ anchor }) => keys.has(anchor));
  const { rules } = judgement;
  const claims = { records: own, rules: rules.authority, classes: rules.identity.classes, overrides, asOf: state.asOf };
  const resolution = resolveAttributes(claims);
  const outcomes = attribute === undefined ? resolution.outcomes : isNoAttribute(attribute) ? {} : { [attribute]: explainAttribute(claims, attribute) };
  const { fold } = resolveOne({
    records: own, moves: surroundings.moves.filter(({ anchor }) => keys.has(anchor)), verdicts: surroundings.verdicts, overrides, personHolds: surroundings.personHolds.filter(({ anchor }) => keys.has(anchor)),
    dependants: surroundings.dependants.get(state.id) ?? [], rules, asOf: state.asOf, arrivalAnchor: state.anchor, matches: judgement.matches,
  });
  const partition = identify({ records: [...closure.stored.values()].map(({ record }) => record), constraints: closure.constraints, rules: rules.identity, known: closure.known });
  const touching = partition.values.filter(({ holders }) => holders.some((key) => keys.has(key)));
  const name = state.attributes['name'];
  return {
    formatVersion: 1, asset: state.id, name: typeof name === 'string' ? name : null, asOf: instant(state.asOf),
    class: { value: resolution.assetClass ?? null, because: resolution.classBecause }, stage: stageDocument(fold),
    attributes: Object.fromEntries(Object.entries(outcomes).map(([each, outcome]) => [each, attributeDocument(outcome)])),
    identity: [
      ...touching.flatMap((value) => (value.state === 'single' || isOwnKey(value, keys) ? [] : [{
        identifier: `${value.kind}:${value.value}`, kind: value.kind, value: value.value, ...(value.maker !== undefined && { maker: value.maker }), records: value.holders, tier: value.tier, state: value.state,
        ...(value.state === 'junk' && { because: 'shared' as const }), elsewhere: elsewhere(value.holders, keys, material),
      }])),
      ...placeholders(own, rules.identity),
    ].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || byCodeUnit(a.identifier, b.identifier)),
    unshared: touching.filter((value) => value.state === 'single' && !isOwnKey(value, keys)).map(({ kind, value, holders, tier }) => ({ identifier: `${kind}:${value}`, records: holders, tier })).sort((a, b) => byCodeUnit(a.identifier, b.identifier)),
    records: [...keys], decisions: closure.constraints.filter(({ a, b }) => keys.has(a) || keys.has(b)).map(({ kind, a, b }) => ({ kind, a, b })),
    openQuestions: partition.reviews.filter(({ records }) => records.some((key) => keys.has(key))).map(({ kind, because, records }: IdentityReview) => ({ kind, because, records })),
  };
}

const ORDER: readonly string[] = ['linked', 'attached', 'contested', 'spoilt', 'junk'];
const isNoAttribute = (attribute: string): boolean => attribute === 'class' || attribute === 'stage';
/** Every record holds its own key as a reference: nobody needs to be told, unless another record refers to it. */
const isOwnKey = ({ kind, value, holders }: { readonly kind: string; readonly value: string; readonly holders: readonly RecordKey[] }, keys: ReadonlySet<RecordKey>): boolean =>
  kind === 'external_ref' && keys.has(value) && holders.length === 1;

function elsewhere(holders: readonly RecordKey[], keys: ReadonlySet<RecordKey>, { assetOf }: ExplainMaterial): IdentityDocument['elsewhere'] {
  return holders.filter((key) => !keys.has(key)).map((record) => ({ record, asset: assetOf.get(record) ?? null }));
}

function placeholders(own: readonly SourceRecord[], rules: Judgement['rules']['identity']): IdentityDocument[] {
  const tierOf = tierLookup(rules);
  const found = new Map<string, IdentityDocument & { records: RecordKey[] }>();
  for (const record of own) {
    for (const { kind, value, placeholder } of record.identifiers) {
      if (!placeholder) continue;
      const identifier = `${kind}:${value}`;
      const entry = found.get(identifier) ?? { identifier, kind, value, records: [], tier: tierOf(record.assetClass).get(kind as IdentifierKind) ?? 'none', state: 'junk', because: 'placeholder', elsewhere: [] };
      entry.records.push(record.key);
      found.set(identifier, entry);
    }
  }
  return [...found.values()];
}

const claimDocument = ({ source, stream, externalId, value, changedAt }: StatedClaim): ClaimDocument => ({ source, stream, externalId, value, changedAt: instantOrNull(changedAt) });

function attributeDocument({ value, winner, contributors, losers, rule, strategy, override }: AttributeOutcome): AttributeDocument {
  return {
    value: value ?? null, winner: winner ? claimDocument(winner) : null, ...(contributors && { contributors: contributors.map(claimDocument) }),
    losers: losers.map((loser) => ({ ...claimDocument(loser), because: loser.because })), rule: ruleText(rule), strategy,
    ...(override && { override: { by: override.by, reason: override.reason, at: instant(override.at), until: instantOrNull(override.until) } }),
  };
}

/** Built-in orders are named in the core; a person wants to see them. */
function ruleText(rule: string): string {
  if (rule === 'built-in technical order') return `${rule}: ${TECHNICAL_ORDER.join(', ')}`;
  return rule === 'built-in business order' ? `${rule}: ${BUSINESS_ORDER.join(', ')}` : rule;
}

function stageDocument({ stage, since, by, holds, underPin, steps }: FoldResult): StageDocument {
  return {
    value: stage, since: instantOrNull(since), by: causeText(by), holds, ...(underPin !== undefined && { underPin }),
    moves: steps.map(({ move, outcome, because }) => ({ move: moveKey(move), origin: causeText(move.origin), to: move.to, at: instant(move.at), outcome, because })),
  };
}

function causeText(cause: StageCause): string {
  switch (cause.kind) {
    case 'record': case 'baseline': return `${cause.kind}:${cause.key}`;
    case 'person': case 'rule': return `${cause.kind}:${cause.name}`;
    case 'override': return `override:${cause.by}`;
    case 'default': return 'default';
  }
}
