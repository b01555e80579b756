import { moveKey, type Move, type MoveVerdict } from '../model/lifecycle.js';
import { foldInput, HOUR, MINUTE, movedBy, sourceRecord, transition } from '../../../test/support/core-records.js';
import { foldStage } from './fold.js';
import type { FoldInput, FoldResult } from './fold-types.js';

const a = sourceRecord({ source: 'a', baseline: 'in_use' });
const b = sourceRecord({ source: 'b', baseline: 'in_use' });
const fold = (part: Partial<FoldInput>): FoldResult => foldStage(foldInput({ records: [a, b], ...part }));
const verdict = (move: Move, answer: MoveVerdict['verdict'], at: number): MoveVerdict => ({ moveKey: moveKey(move), verdict: answer, by: 'zoe', at });

describe('the damper', () => {
  const flip = (at: number, count: number): Move[] => Array.from({ length: count }, (_, i) => (i % 2 === 0 ? movedBy(a, 'maintenance', at + i * 10 * MINUTE) : movedBy(b, 'in_use', at + i * 10 * MINUTE)));

  it('freezes an asset that two origins flip three times in an hour, with one review', () => {
    const result = fold({ moves: flip(HOUR, 9) });

    expect(result.steps.map(({ outcome }) => outcome)).toEqual(['applied', 'applied', ...Array(7).fill('frozen')]);
    expect(result).toMatchObject({ stage: 'in_use', frozen: true, reviews: [{ kind: 'flapping', moveKey: moveKey(flip(HOUR, 3)[2]!), record: a.key }] });
    expect(result.reviews).toHaveLength(1);
  });
  it.each`
    what                        | moves
    ${'slower than that'}       | ${[movedBy(a, 'maintenance', 0), movedBy(b, 'in_use', 30 * MINUTE), movedBy(a, 'maintenance', HOUR + 1)]}
    ${'one origin by itself'}   | ${[movedBy(a, 'maintenance', 0), movedBy(a, 'in_use', 5 * MINUTE), movedBy(a, 'maintenance', 10 * MINUTE)]}
    ${'a third origin'}         | ${[movedBy(a, 'maintenance', 0), movedBy(b, 'in_use', 5 * MINUTE), transition(a, 'maintenance', 10 * MINUTE)]}
    ${'a life that goes on'}    | ${[movedBy(a, 'maintenance', 0), movedBy(b, 'in_use', 5 * MINUTE), movedBy(a, 'retired', 10 * MINUTE)]}
  `('lets pass: $what', ({ moves }) => expect(fold({ moves })).toMatchObject({ frozen: false, reviews: [] }));

  it('counts three flips at exactly an hour', () => {
    expect(fold({ moves: [movedBy(a, 'maintenance', 0), movedBy(b, 'in_use', 30 * MINUTE), movedBy(a, 'maintenance', HOUR)] }).frozen).toBe(true);
  });
  it('holds everybody but people, who end it', () => {
    const frozen = [...flip(0, 4), movedBy(b, 'retired', HOUR)];

    expect(fold({ moves: frozen })).toMatchObject({ stage: 'in_use', frozen: true });
    expect(fold({ moves: [...frozen, transition(a, 'in_use', 2 * HOUR), movedBy(b, 'retired', 3 * HOUR)] })).toMatchObject({ stage: 'retired', frozen: false, reviews: [] });
  });
  it.each`
    answer      | stage            | outcome
    ${'accept'} | ${'maintenance'} | ${'applied'}
    ${'reject'} | ${'in_use'}      | ${'rejected'}
  `('one verdict settles the whole quarrel: $answer', ({ answer, stage, outcome }) => {
    const moves = flip(0, 9);
    const verdicts = [verdict(moves[2]!, answer, 2 * HOUR)];

    expect(fold({ moves, verdicts })).toMatchObject({ stage, frozen: false, reviews: [] });
    expect(fold({ moves, verdicts }).steps.map((step) => step.outcome)).toEqual(['applied', 'applied', outcome, ...Array(6).fill('frozen')]);
    expect(fold({ moves: [...moves, movedBy(a, 'retired', 80 * MINUTE + 1)], verdicts }).stage).toBe('retired');
    expect(fold({ moves: [...moves, movedBy(a, stage === 'in_use' ? 'maintenance' : 'in_use', 3 * HOUR)], verdicts }).stage).not.toBe(stage);
  });
});
