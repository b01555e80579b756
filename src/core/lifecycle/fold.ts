import { LIFECYCLE_STAGES, type Hold, type LifecycleStage } from '../../../connectors/sdk/contract/index.js';
import { byCodeUnit } from '../model/compare.js';
import type { Override } from '../model/decisions.js';
import { originText, type MoveVerdict } from '../model/lifecycle.js';
import type { SourceRecord } from '../model/source-record.js';
import { compileAuthority } from '../reconcile/authority.js';
import { Damper, type Quarrel } from './damper.js';
import type { FoldInput, FoldReport, FoldResult, FoldReview, FoldStep, StageCause } from './fold-types.js';
import { forbidsDisposal, guardOf, LEGAL_HOLD, ruleBar } from './guards.js';
import { holdsOf } from './holds.js';
import { outvotedMoves, placeMoves, type MoveOrder, type PlacedMove } from './move-order.js';
import { maySpeak } from './speakers.js';
import { passedStages, stageGraph } from './stage-graph.js';

/** Stage of an asset of which no speaker has said any. */
export const DEFAULT_STAGE: LifecycleStage = 'deployed';

/** The stage as a fold over all moves from the highest speaker's baseline: same records, moves, verdicts and rules, same answer, in whatever order they come. */
export function foldStage(input: FoldInput, order?: MoveOrder): FoldResult {
  const rule = compileAuthority(input.authority, input.classes).rulesFor(input.assetClass).ruleOf('stage');
  const rank = (record: SourceRecord): number => rule.rank(record.source, record.role);
  const baselines = input.records.filter((record): record is Baseline => record.baseline !== undefined && maySpeak(input.rules, record, record.baseline))
    .sort((a, b) => rank(a) - rank(b) || byCodeUnit(a.source, b.source) || byCodeUnit(a.key, b.key));
  const fold = new Fold(input, placeMoves(input.moves, input.records, rank, order), baselines[0]);
  return pinned(fold.run(reportsOf(baselines)), input);
}

type Baseline = SourceRecord & { readonly baseline: LifecycleStage };

function reportsOf(baselines: readonly Baseline[]): FoldReport[] {
  if (new Set(baselines.map(({ baseline }) => baseline)).size < 2) return [];
  return [{ kind: 'baselines_disagree', baselines: baselines.map(({ key, baseline }) => ({ record: key, stage: baseline })) }];
}

function pinned(result: FoldResult, { overrides, asOf }: FoldInput): FoldResult {
  let pin: (Override & { readonly value: LifecycleStage }) | undefined;
  for (const override of overrides) {
    if (override.attribute !== 'stage' || !isStage(override.value) || (override.until !== undefined && override.until <= asOf)) continue;
    if (!pin || override.at > pin.at || (override.at === pin.at && override.id > pin.id)) pin = { ...override, value: override.value };
  }
  if (!pin) return result;
  const { by, reason, until, at, value } = pin;
  return { ...result, stage: value, since: at, by: { kind: 'override', by, reason, ...(until !== undefined && { until }) }, underPin: result.stage, ...(until !== undefined && { nextDueAt: until }) };
}

const isStage = (value: unknown): value is LifecycleStage => (LIFECYCLE_STAGES as readonly unknown[]).includes(value);

type Judgement = Pick<FoldStep, 'outcome' | 'because'> & Partial<Pick<FoldStep, 'passed'>>;

/** One walk over the moves. */
class Fold {
  private stage: LifecycleStage;
  private since: number | null = null;
  private by: StageCause;
  private freeze: { readonly review: FoldReview; readonly quarrel: Quarrel } | undefined;
  private readonly steps: FoldStep[] = [];
  private readonly reviews: { readonly placed: PlacedMove; readonly review: FoldReview }[] = [];
  private readonly damper = new Damper();
  private readonly holds: ReadonlyMap<Hold, number>;
  private readonly verdicts: ReadonlyMap<string, MoveVerdict>;

  constructor(private readonly input: FoldInput, private readonly moves: readonly PlacedMove[], baseline: Baseline | undefined) {
    this.stage = baseline?.baseline ?? DEFAULT_STAGE;
    this.by = baseline ? { kind: 'baseline', key: baseline.key } : { kind: 'default' };
    this.holds = holdsOf(input.records, input.personHolds);
    this.verdicts = latest(input.verdicts);
  }

  run(reports: readonly FoldReport[]): FoldResult {
    const verdictOn = ({ key }: PlacedMove): MoveVerdict['verdict'] | undefined => this.verdicts.get(key)?.verdict;
    const heard = this.moves.filter((placed) => this.barOf(placed) === undefined && verdictOn(placed) !== 'reject');
    const outvoted = outvotedMoves(heard, this.input.rules.tieWindowMs, (placed) => verdictOn(placed) === 'accept');
    for (const placed of this.moves) this.steps.push({ move: placed.move, from: this.stage, passed: [], ...this.step(placed, outvoted.get(placed.key)) });
    return {
      stage: this.stage, since: this.since, by: this.by, holds: [...this.holds.keys()].sort(), steps: this.steps,
      reviews: [...this.openReviews(), ...(this.freeze ? [this.freeze.review] : [])], reports, frozen: this.freeze !== undefined,
    };
  }

  private step(placed: PlacedMove, winner: PlacedMove | undefined): Judgement {
    const bar = this.barOf(placed);
    if (bar !== undefined) return { outcome: 'not_a_speaker', because: bar };
    const verdict = this.verdicts.get(placed.key);
    if (verdict) return this.decided(placed, verdict);
    if (winner) return { outcome: 'outvoted', because: `within the tie window ${originText(winner.move.origin)} says ${winner.move.to}` };
    const { move } = placed;
    if (move.origin.kind !== 'person' && this.damper.isMuted(placed)) return { outcome: 'frozen', because: 'part of a quarrel that a person has decided' };
    if (this.freeze && move.origin.kind !== 'person') return { outcome: 'frozen', because: this.freeze.review.because };
    if (move.origin.kind === 'rule') {
      if (move.from && !move.from.includes(this.stage)) return { outcome: 'not_from', because: `the rule moves from ${move.from.join(', ')}, not from ${this.stage}` };
      const barred = move.to === this.stage ? undefined : ruleBar(move, this.stage, this.input, this.holds);
      if (barred) return { outcome: 'skipped', because: barred };
    }
    return this.judged(placed);
  }

  /** A person's answer: an accepted move counts from its `at` although illegal; a legal hold alone stands above it. */
  private decided(placed: PlacedMove, { verdict, by, at }: MoveVerdict): Judgement {
    const quarrel = placed.move.origin.kind !== 'person' && this.isLegal(placed.move.to) ? this.damper.quarrelOf(placed, this.stage) : undefined;
    const judgement = ((): Judgement => {
      if (verdict === 'reject') return { outcome: 'rejected', because: `rejected by ${by}` };
      if (forbidsDisposal(placed.move, this.holds)) return { outcome: 'skipped', because: `accepted by ${by}, but ${LEGAL_HOLD} until it is lifted` };
      return this.apply(placed, `accepted by ${by}`);
    })();
    if (quarrel) this.damper.mute(quarrel, at);
    return judgement;
  }

  private judged(placed: PlacedMove): Judgement {
    const { move } = placed;
    const byPerson = move.origin.kind === 'person';
    if (move.to !== this.stage) {
      if (!this.isLegal(move.to)) return this.held(placed, 'illegal_move', `${this.stage} -> ${move.to} is not allowed`);
      const guard = guardOf(move, this.input, this.holds);
      if (guard !== undefined) return this.held(placed, 'guarded_move', guard);
      const quarrel = byPerson ? undefined : this.damper.quarrelOf(placed, this.stage);
      if (quarrel) return this.frozen(placed, quarrel);
    }
    if (byPerson && this.freeze) this.thaw();
    return this.apply(placed, 'legal');
  }

  private isLegal(to: LifecycleStage): boolean {
    return stageGraph(this.input.rules).isLegal(this.stage, to);
  }

  private apply(placed: PlacedMove, because: string): Judgement {
    const { move } = placed;
    if (move.to === this.stage) return { outcome: 'applied', because: 'it was there already' };
    const passed = passedStages(this.stage, move.to);
    this.damper.changed(placed, this.stage);
    this.stage = move.to;
    this.since = move.at;
    this.by = move.origin;
    return { outcome: 'applied', because, passed };
  }

  private held(placed: PlacedMove, kind: FoldReview['kind'], because: string): Judgement {
    this.reviews.push({ placed, review: this.review(placed, kind, because) });
    return { outcome: 'skipped', because };
  }

  private frozen(placed: PlacedMove, quarrel: Quarrel): Judgement {
    const because = `${quarrel.origins.join(' and ')} flip it between ${quarrel.stages.join(' and ')}`;
    this.freeze = { review: this.review(placed, 'flapping', because), quarrel };
    return { outcome: 'frozen', because };
  }

  private thaw(): void {
    this.freeze = undefined;
    this.damper.settle();
  }

  private review({ move, key, record }: PlacedMove, kind: FoldReview['kind'], because: string): FoldReview {
    return { kind, moveKey: key, from: this.stage, to: move.to, because, ...(record && { record: record.key }) };
  }

  /** Nothing is left to decide once the asset is there by another way, or the author of the move has said something else since, or taken it back. */
  private openReviews(): FoldReview[] {
    if (this.reviews.length === 0) return [];
    const lastOf = new Map(this.moves.map((placed) => [originText(placed.move.origin), placed]));
    return this.reviews.filter(({ placed, review: { to } }) => {
      const stageRead = placed.record?.stageRead;
      return to !== this.stage && (stageRead === undefined || stageRead === to) && lastOf.get(originText(placed.move.origin)) === placed;
    }).map(({ review }) => review);
  }

  /** Why this move is nobody's whose word counts; undefined: it is somebody's. */
  private barOf({ move, record, key }: PlacedMove): string | undefined {
    if (move.origin.kind !== 'record') return undefined;
    if (!record) return 'its record is not one of this asset';
    if (this.verdicts.get(key)?.verdict === 'accept' || maySpeak(this.input.rules, record, move.to)) return undefined;
    return `${record.source} does not speak for ${move.to}`;
  }
}

function latest(verdicts: readonly MoveVerdict[]): ReadonlyMap<string, MoveVerdict> {
  const found = new Map<string, MoveVerdict>();
  for (const verdict of verdicts) {
    const other = found.get(verdict.moveKey);
    if (!other || isLater(verdict, other)) found.set(verdict.moveKey, verdict);
  }
  return found;
}

/** Of two answers at the same instant the rejection stands. */
function isLater(a: MoveVerdict, b: MoveVerdict): boolean {
  if (a.at !== b.at) return a.at > b.at;
  return a.verdict === b.verdict ? a.by > b.by : a.verdict === 'reject';
}
