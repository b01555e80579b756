import fc from 'fast-check';
import { HOLDS, LIFECYCLE_STAGES, SOURCE_ROLES } from '../../../connectors/sdk/contract/index.js';
import { moveKey, originText, type Move } from '../model/lifecycle.js';
import type { SourceRecord } from '../model/source-record.js';
import { DEFAULT_LIFECYCLE, foldInput, MINUTE, sourceRecord } from '../../../test/support/core-records.js';
import { foldStage } from './fold.js';
import type { FoldInput, FoldResult, FoldStep } from './fold-types.js';
import type { MoveOrder } from './move-order.js';
import { stageGraph } from './stage-graph.js';

const RUNS = { numRuns: 300 };
const fails = <T>(property: fc.IProperty<T>): boolean => fc.check(property, { numRuns: 5_000, endOnFailure: true }).failed;

const stage = fc.constantFrom(...LIFECYCLE_STAGES);
const records: fc.Arbitrary<SourceRecord[]> = fc.uniqueArray(fc.record({
  source: fc.constantFrom('a', 'b', 'c', 'd'), externalId: fc.constantFrom('1', '2'), role: fc.constantFrom('itsm', 'itsm', ...SOURCE_ROLES), state: fc.constantFrom('live', 'tombstoned'),
  baseline: fc.option(stage, { nil: undefined }), holds: fc.subarray([...HOLDS], { maxLength: 1 }), holdsSince: fc.constantFrom({}, { legal: 30 * MINUTE }),
}), { selector: ({ source, externalId }) => `${source}/${externalId}`, minLength: 1, maxLength: 4 }).map((parts) => parts.map(({ baseline, ...part }) => sourceRecord({ ...part, ...(baseline && { baseline }) })));

const moveOf = (keys: readonly string[]): fc.Arbitrary<Move> => fc.record({
  origin: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...keys).map((key) => ({ kind: 'record' as const, key })) },
    fc.constantFrom('eve', 'zoe').map((name) => ({ kind: 'person' as const, name })), fc.constantFrom('r', 's').map((name) => ({ kind: 'rule' as const, name })),
  ),
  anchor: fc.constantFrom(...keys), to: stage, at: fc.integer({ min: 0, max: 60 }).map((minutes) => minutes * MINUTE), evidence: fc.constantFrom(undefined, 'D-1'),
  from: fc.option(fc.subarray([...LIFECYCLE_STAGES], { minLength: 1, maxLength: 2 }), { nil: undefined }), leavesProtected: fc.constantFrom(undefined, undefined, true),
}).map(({ evidence, from, leavesProtected, ...move }) => ({
  ...move, ...(evidence && { evidence }), ...(move.origin.kind === 'rule' && from && { from }), ...(move.origin.kind === 'rule' && leavesProtected && { leavesProtected }),
}));

const world: fc.Arbitrary<FoldInput> = records.chain((given) => fc.array(moveOf(given.map(({ key }) => key)), { maxLength: 10 }).chain((moves) => fc.record({
  records: fc.constant(given), moves: fc.constant(moves), assetClass: fc.constantFrom('server', 'virtual_machine'),
  verdicts: moves.length === 0 ? fc.constant([]) : fc.array(fc.record({ moveKey: fc.constantFrom(...moves.map(moveKey)), verdict: fc.constantFrom('accept', 'reject'), by: fc.constant('zoe'), at: fc.integer({ min: 0, max: 3 }) }), { maxLength: 2 }),
  authority: fc.shuffledSubarray(['a', 'b', 'c']).map((stageOrder) => ({ byClass: {}, stage: stageOrder })),
  rules: fc.constantFrom(DEFAULT_LIFECYCLE, { ...DEFAULT_LIFECYCLE, tieWindowMs: 0, speakers: { a: 'none' } }, { ...DEFAULT_LIFECYCLE, add: [{ from: 'retired', to: 'in_use' }] }),
  liveDependants: fc.constantFrom([], [{ id: '9', kind: 'runs_on', since: 40 * MINUTE }]),
  personHolds: fc.constantFrom([], [{ anchor: given[0]!.key, hold: 'lost', by: 'eve', reason: 'r', at: 20 * MINUTE }]),
}) as unknown as fc.Arbitrary<FoldInput>)).map(foldInput);

const rearranged = world.chain((input) => fc.tuple(
  fc.constant(input), fc.shuffledSubarray([...input.records], { minLength: input.records.length }),
  fc.tuple(fc.shuffledSubarray([...input.moves], { minLength: input.moves.length }), fc.subarray([...input.moves])).map((parts) => parts.flat()),
  fc.shuffledSubarray([...input.verdicts], { minLength: input.verdicts.length }),
).map(([one, given, moves, verdicts]) => [one, { ...one, records: given, moves, verdicts }] as const));

describe('any order of records, moves and verdicts, and any doubles', () => {
  const same = (order?: MoveOrder): fc.IProperty<unknown> => fc.property(rearranged, ([one, other]) => { expect(foldStage(other, order)).toEqual(foldStage(one, order)); });

  it('give the same', () => fc.assert(same(), RUNS));
  it('would be caught if equal times were left to arrival', () => expect(fails(same((a, b) => a.move.at - b.move.at))).toBe(true));
  it('would be caught if all were left to arrival', () => expect(fails(same(() => 0))).toBe(true));
});

describe('a merge', () => {
  const union = (foldTogether: (left: FoldInput, right: FoldInput) => FoldResult): fc.IProperty<unknown> => fc.property(world, fc.nat(), (input, salt) => {
    const left = input.records.filter((_, i) => (salt >> i) % 2 === 0);
    const mine = (move: Move): boolean => left.some(({ key }) => key === move.anchor);
    const half = (part: readonly SourceRecord[], moves: readonly Move[]): FoldInput => ({ ...input, records: part, moves });
    const parts = [half(left, input.moves.filter(mine)), half(input.records.filter((record) => !left.includes(record)), input.moves.filter((move) => !mine(move)))] as const;

    expect(foldTogether(...parts)).toEqual(foldStage(input));
    expect(foldTogether(parts[1], parts[0])).toEqual(foldStage(input));
  });

  it('folds the moves of both assets together', () => fc.assert(union((left, right) => foldStage({ ...left, records: [...left.records, ...right.records], moves: [...left.moves, ...right.moves] })), RUNS));
  it('would be caught if it kept the moves of one', () => expect(fails(union((left, right) => foldStage({ ...left, records: [...left.records, ...right.records] })))).toBe(true));
});

/** Checks each step of a world's fold; `see` may falsify what the check is shown. */
const everyStep = (check: (step: FoldStep, input: FoldInput, result: FoldResult) => void, see: (step: FoldStep) => FoldStep = (step) => step): fc.IProperty<unknown> => fc.property(world, (input) => {
  const result = foldStage(input);
  for (const step of result.steps) check(see(step), input, result);
});
const isAccepted = ({ move }: FoldStep, { verdicts }: FoldInput): boolean => verdicts.some(({ moveKey: key, verdict }) => key === moveKey(move) && verdict === 'accept');

describe('a rule', () => {
  const staysOut = (step: FoldStep, input: FoldInput): void => {
    const { move, outcome, from } = step;
    if (move.origin.kind !== 'rule' || outcome !== 'applied' || move.to === from || isAccepted(step, input) || move.leavesProtected) return;
    expect(move.from?.includes(from) || !input.rules.protected.includes(from)).toBe(true);
    const held = [...input.records.flatMap(({ holds = [], holdsSince }) => holds.map((hold) => holdsSince?.[hold] ?? 0)), ...input.personHolds.map(({ at }) => at)];
    expect(held.every((since) => since > move.at)).toBe(true);
  };

  it('never leaves a protected stage or a hold unless it is listed', () => fc.assert(everyStep(staysOut), RUNS));
  it('would be caught if it did', () => expect(fails(everyStep(staysOut, (step) => (step.outcome === 'skipped' ? { ...step, outcome: 'applied' } : step)))).toBe(true));
});

describe('the stage', () => {
  const isWay = (see: (steps: readonly FoldStep[]) => readonly FoldStep[]): fc.IProperty<unknown> => fc.property(world, (input) => {
    const result = foldStage(input);
    const start = foldStage({ ...input, moves: [] }).stage;
    const end = see(result.steps).reduce((at, step) => {
      expect(step.from).toBe(at);
      if (step.outcome !== 'applied' || step.move.to === at) return at;
      expect(stageGraph(input.rules).isLegal(at, step.move.to) || isAccepted(step, input)).toBe(true);
      return step.move.to;
    }, start);
    expect(result.stage).toBe(end);
  });

  it('is reached from the baseline by legal or accepted moves alone; all others change nothing', () => fc.assert(isWay((steps) => steps), RUNS));
  it('would be caught if a skipped move moved it', () => expect(fails(isWay((steps) => steps.map((step) => (step.outcome === 'skipped' ? { ...step, outcome: 'applied' } : step))))).toBe(true));

  const inertStays = (inert: (step: FoldStep) => boolean): fc.IProperty<unknown> => fc.property(world, (input) => {
    const result = foldStage(input);
    const kept = result.steps.filter((step) => !inert(step)).map(({ move }) => move);
    expect(foldStage({ ...input, moves: kept }).stage).toBe(result.stage);
  });
  it('is the same without the moves that do not count', () => fc.assert(inertStays(({ outcome }) => outcome === 'skipped' || outcome === 'outvoted' || outcome === 'not_a_speaker' || outcome === 'not_from'), RUNS));
  it('would be caught if those counted', () => expect(fails(inertStays(({ outcome }) => outcome === 'applied'))).toBe(true));

  const noEvidenceNoDisposal = (step: FoldStep, input: FoldInput): void => {
    const { move, outcome, from } = step;
    if (outcome !== 'applied' || move.to !== 'disposed' || from === 'disposed') return;
    const legal = input.records.flatMap(({ holds = [], holdsSince }) => (holds.includes('legal') ? [holdsSince?.legal ?? 0] : []));
    expect(legal.every((since) => since > move.at)).toBe(true);
    if (!isAccepted(step, input)) expect(move.evidence !== undefined || input.assetClass !== 'server').toBe(true);
  };
  it('is never disposed under a legal hold, nor hardware without evidence', () => fc.assert(everyStep(noEvidenceNoDisposal), RUNS));
  it('would be caught if it were', () => expect(fails(everyStep(noEvidenceNoDisposal, (step) => (step.outcome === 'skipped' ? { ...step, outcome: 'applied' } : step)))).toBe(true));
});

describe('a review', () => {
  const opensFor = (see: (result: FoldResult) => FoldResult['reviews']): fc.IProperty<unknown> => fc.property(world, (input) => {
    const result = foldStage(input);
    const open = see(result);
    expect(new Set(open.map(({ moveKey: key }) => key)).size).toBe(open.length);
    expect(open.filter(({ kind }) => kind === 'flapping')).toHaveLength(result.frozen ? 1 : 0);
    for (const { moveKey: key, from, to, kind } of open) {
      const step = result.steps.find(({ move }) => moveKey(move) === key)!;
      expect([step.outcome, step.from, step.move.to]).toEqual([kind === 'flapping' ? 'frozen' : 'skipped', from, to]);
      expect(input.verdicts.some((verdict) => verdict.moveKey === key)).toBe(false);
    }
    const last = new Map(result.steps.map((step) => [originText(step.move.origin), step]));
    for (const step of last.values()) {
      const illegal = step.outcome === 'skipped' && !isAccepted(step, input) && step.because.endsWith('is not allowed') && step.move.to !== result.stage;
      if (illegal) expect(open.map(({ moveKey: key }) => key)).toContain(moveKey(step.move));
    }
  });

  it('is open for the last illegal move of each author, once, and for nothing that is decided', () => fc.assert(opensFor(({ reviews }) => reviews), RUNS));
  it('would be caught if one were missing', () => expect(fails(opensFor(({ reviews }) => reviews.slice(1)))).toBe(true));
});
