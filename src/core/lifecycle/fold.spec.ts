import type { Override, PersonHold } from '../model/decisions.js';
import { moveKey, type Move, type MoveVerdict } from '../model/lifecycle.js';
import { DAY, DEFAULT_LIFECYCLE, foldInput, HOUR, MINUTE, movedBy, ruled, sourceRecord, transition } from '../../../test/support/core-records.js';
import { foldStage } from './fold.js';
import type { FoldInput, FoldResult } from './fold-types.js';
import { readMove, type AgreedStage, type KeptReading } from './read-stage.js';

const a = sourceRecord({ source: 'a', baseline: 'in_use' });
const b = sourceRecord({ source: 'b', baseline: 'in_use' });
const fold = (part: Partial<FoldInput>): FoldResult => foldStage(foldInput({ records: [a, b], ...part }));
const outcomes = (part: Partial<FoldInput>): string[] => fold(part).steps.map(({ move, outcome }) => `${move.to} ${outcome}`);
const verdict = (move: Move, answer: MoveVerdict['verdict'], at = 90 * DAY, by = 'zoe'): MoveVerdict => ({ moveKey: moveKey(move), verdict: answer, by, at });

describe('where it starts', () => {
  it.each`
    what                                       | records                                                                                                          | stage
    ${'no records'}                            | ${[]}                                                                                                            | ${'deployed'}
    ${'no speaker'}                            | ${[sourceRecord({ source: 'c', role: 'cloud', baseline: 'retired' })]}                                           | ${'deployed'}
    ${'a speaker without a baseline'}          | ${[sourceRecord({ source: 'c' })]}                                                                               | ${'deployed'}
    ${'the highest speaker of authority.stage'} | ${[sourceRecord({ source: 'c', baseline: 'retired' }), sourceRecord({ source: 'top', baseline: 'acquired' })]}  | ${'acquired'}
    ${'equal rank: the smaller source'}        | ${[sourceRecord({ source: 'd', baseline: 'retired' }), sourceRecord({ source: 'c', baseline: 'acquired' })]}     | ${'acquired'}
    ${'one source twice: the smaller key'}     | ${[sourceRecord({ source: 'c', externalId: '2', baseline: 'retired' }), sourceRecord({ source: 'c', baseline: 'acquired' })]} | ${'acquired'}
    ${'a tombstone keeps its word'}            | ${[sourceRecord({ source: 'c', baseline: 'retired', state: 'tombstoned' })]}                                     | ${'retired'}
    ${'a baseline needs no evidence'}          | ${[sourceRecord({ source: 'c', baseline: 'disposed', assetClass: 'hardware' })]}                                 | ${'disposed'}
  `('$what: $stage', ({ records, stage }) => expect(fold({ records, assetClass: 'hardware', authority: { byClass: {}, stage: ['top'] } })).toMatchObject({ stage, since: null, reviews: [] }));

  it('reports baselines that disagree, and asks nobody', () => {
    const records = [a, sourceRecord({ source: 'c', baseline: 'retired' }), sourceRecord({ source: 'd', role: 'cloud', baseline: 'disposed' })];

    expect(fold({ records })).toMatchObject({
      stage: 'in_use', by: { kind: 'baseline', key: a.key }, reviews: [],
      reports: [{ kind: 'baselines_disagree', baselines: [{ record: a.key, stage: 'in_use' }, { record: 'c/things/1', stage: 'retired' }] }],
    });
  });
});

describe('moves', () => {
  it('count in the order of their time, late ones at their place', () => {
    const moves = [movedBy(a, 'retired', 3 * HOUR), movedBy(b, 'maintenance', HOUR)];

    expect(fold({ moves: [moves[0]!] }).steps[0]).toMatchObject({ from: 'in_use', outcome: 'applied' });
    expect(fold({ moves }).steps.map(({ from, move }) => `${from} ${move.to}`)).toEqual(['in_use maintenance', 'maintenance retired']);
    expect(fold({ moves })).toMatchObject({ stage: 'retired', since: 3 * HOUR, by: { kind: 'record', key: a.key } });
  });

  it('of one instant: a person first, sources by rank and name, rules last', () => {
    const records = [a, b, sourceRecord({ source: 'c', role: 'finance', baseline: 'in_use' })];
    const moves = [ruled(a, 'retired', HOUR), movedBy(b, 'retired', HOUR), movedBy(a, 'retired', HOUR), transition(a, 'retired', HOUR), movedBy(records[2]!, 'retired', HOUR)];
    const rules = { ...DEFAULT_LIFECYCLE, speakers: { c: 'all' as const } };

    expect(fold({ records, rules, moves }).steps.map(({ move: { origin } }) => (origin.kind === 'record' ? origin.key[0] : origin.kind))).toEqual(['person', 'c', 'a', 'b', 'rule']);
    expect(fold({ records, rules, moves }).by).toEqual({ kind: 'person', name: 'eve' });
  });

  it('of two rules at one instant: the nearer stage first, for the other rule rests on it', () => {
    const records = [sourceRecord({ source: 'a', baseline: 'acquired' })];
    const moves = [ruled(a, 'in_use', HOUR, { origin: { kind: 'rule', name: 'earlier in the alphabet' } }), ruled(a, 'deployed', HOUR, { origin: { kind: 'rule', name: 'first' } })];

    expect(fold({ records, moves })).toMatchObject({ stage: 'in_use', by: { kind: 'rule', name: 'earlier in the alphabet' }, reviews: [], steps: [{ move: { to: 'deployed' }, outcome: 'applied' }, { move: { to: 'in_use' }, outcome: 'applied' }] });
  });

  it('forward jumps are legal, and what they leave out is recorded', () => {
    const records = [sourceRecord({ source: 'a', baseline: 'acquired' })];

    expect(fold({ records, moves: [movedBy(a, 'retired', HOUR)] }).steps).toMatchObject([{ from: 'acquired', outcome: 'applied', passed: ['deployed', 'in_use'] }]);
  });

  it.each`
    baseline         | to            | outcome      | review
    ${'in_use'}      | ${'acquired'} | ${'applied'} | ${undefined}
    ${'retired'}     | ${'acquired'} | ${'applied'} | ${undefined}
    ${'maintenance'} | ${'in_use'}   | ${'applied'} | ${undefined}
    ${'in_use'}      | ${'deployed'} | ${'skipped'} | ${'illegal_move'}
    ${'retired'}     | ${'in_use'}   | ${'skipped'} | ${'illegal_move'}
    ${'disposed'}    | ${'acquired'} | ${'skipped'} | ${'illegal_move'}
    ${'in_use'}      | ${'in_use'}   | ${'applied'} | ${undefined}
  `('$baseline -> $to is $outcome', ({ baseline, to, outcome, review }) => {
    const record = sourceRecord({ source: 'a', baseline });
    const result = fold({ records: [record], moves: [movedBy(record, to, HOUR)] });

    expect(result.steps.map((step) => step.outcome)).toEqual([outcome]);
    expect(result.reviews.map(({ kind, record: key, from, to: wanted }) => ({ kind, key, from, wanted }))).toEqual(review ? [{ kind: review, key: record.key, from: baseline, wanted: to }] : []);
    expect(result.stage).toBe(outcome === 'applied' ? to : baseline);
  });

  it('of those who do not speak are passed over without a review', () => {
    const cloud = sourceRecord({ source: 'c', role: 'cloud' });

    expect(fold({ records: [a, cloud], moves: [movedBy(cloud, 'retired', HOUR)] })).toMatchObject({ stage: 'in_use', reviews: [], steps: [{ outcome: 'not_a_speaker' }] });
    expect(fold({ records: [a], moves: [movedBy(b, 'retired', HOUR)] })).toMatchObject({ stage: 'in_use', reviews: [], steps: [{ outcome: 'not_a_speaker', because: 'its record is not one of this asset' }] });
  });

  it('a transition by a person is a move that a later one elsewhere follows', () => {
    expect(fold({ moves: [transition(a, 'maintenance', HOUR), movedBy(b, 'retired', 2 * HOUR)] }).stage).toBe('retired');
  });

  it('a staging already reached keeps the time at which it was reached first', () => {
    expect(fold({ moves: [movedBy(a, 'retired', HOUR), movedBy(b, 'retired', 3 * HOUR)] })).toMatchObject({ since: HOUR, by: { kind: 'record', key: a.key } });
  });
});

describe('contrary moves within the tie window', () => {
  const authority = { byClass: {}, stage: ['b', 'a'] };

  it.each`
    what                                        | moves                                                                                             | expected
    ${'the higher one alone counts, if first'}  | ${[movedBy(b, 'maintenance', HOUR), movedBy(a, 'retired', HOUR + 2 * MINUTE)]}                    | ${['maintenance applied', 'retired outvoted']}
    ${'and if it comes second'}                 | ${[movedBy(a, 'retired', HOUR), movedBy(b, 'maintenance', HOUR + 2 * MINUTE)]}                    | ${['retired outvoted', 'maintenance applied']}
    ${'outside both count'}                     | ${[movedBy(b, 'maintenance', HOUR), movedBy(a, 'retired', HOUR + 2 * MINUTE + 1)]}                | ${['maintenance applied', 'retired applied']}
    ${'the same stage is not contrary'}         | ${[movedBy(b, 'retired', HOUR), movedBy(a, 'retired', HOUR + 1)]}                                 | ${['retired applied', 'retired applied']}
    ${'one source may change its mind'}         | ${[movedBy(b, 'maintenance', HOUR), movedBy(b, 'retired', HOUR + 1)]}                             | ${['maintenance applied', 'retired applied']}
    ${'a person stands above sources'}          | ${[transition(a, 'maintenance', HOUR), movedBy(b, 'retired', HOUR + 1)]}                          | ${['maintenance applied', 'retired outvoted']}
    ${'who is outvoted outvotes nobody'}        | ${[transition(a, 'maintenance', HOUR), movedBy(b, 'retired', HOUR + MINUTE), movedBy(a, 'acquired', HOUR + 3 * MINUTE)]} | ${['maintenance applied', 'retired outvoted', 'acquired applied']}
  `('$what', ({ moves, expected }) => {
    expect(outcomes({ authority, moves })).toEqual(expected);
    expect(fold({ authority, moves }).reviews).toEqual([]);
  });

  it('leave out who does not speak or was rejected, and obey who was accepted', () => {
    const [high, low] = [movedBy(b, 'maintenance', HOUR), movedBy(a, 'retired', HOUR + 1)];

    expect(outcomes({ authority, moves: [high, low], rules: { ...DEFAULT_LIFECYCLE, speakers: { b: 'none' } } })).toEqual(['maintenance not_a_speaker', 'retired applied']);
    expect(outcomes({ authority, moves: [high, low], verdicts: [verdict(high, 'reject')] })).toEqual(['maintenance rejected', 'retired applied']);
    expect(outcomes({ authority, moves: [high, low], verdicts: [verdict(low, 'accept')] })).toEqual(['maintenance applied', 'retired applied']);
  });
});

describe('guards', () => {
  const assetClass = 'server';
  const disposed = movedBy(a, 'disposed', HOUR);

  it.each`
    what                                   | part                                                                   | outcome
    ${'hardware without evidence'}         | ${{ assetClass }}                                                      | ${'skipped'}
    ${'with a reference in the move'}      | ${{ assetClass, moves: [movedBy(a, 'disposed', HOUR, { evidence: 'D-1' })] }} | ${'applied'}
    ${'with disposal_reference'}           | ${{ assetClass, disposalReference: 'D-1' }}                            | ${'applied'}
    ${'no hardware'}                       | ${{ assetClass: 'virtual_machine' }}                                   | ${'applied'}
    ${'a person without evidence'}         | ${{ assetClass, moves: [transition(a, 'disposed', HOUR)] }}            | ${'skipped'}
    ${'a live dependant'}                  | ${{ liveDependants: [{ id: '7', name: 'vm7', kind: 'runs_on' }] }}     | ${'skipped'}
    ${'a dependant that came later'}       | ${{ liveDependants: [{ id: '7', kind: 'runs_on', since: HOUR + 1 }] }} | ${'applied'}
    ${'a dependant, and only in_use'}      | ${{ liveDependants: [{ id: '7', kind: 'runs_on' }], moves: [movedBy(a, 'maintenance', HOUR)] }} | ${'applied'}
    ${'a dependant guards retired'}        | ${{ liveDependants: [{ id: '7', kind: 'runs_on' }], moves: [movedBy(a, 'retired', HOUR)] }} | ${'skipped'}
    ${'evidence does not help against it'} | ${{ liveDependants: [{ id: '7', kind: 'runs_on' }], moves: [movedBy(a, 'retired', HOUR, { evidence: 'D-1' })] }} | ${'skipped'}
  `('$what: $outcome', ({ part, outcome }) => {
    const result = fold({ moves: [disposed], ...part });

    expect(result.steps[0]!.outcome).toBe(outcome);
    expect(result.reviews.map(({ kind }) => kind)).toEqual(outcome === 'skipped' ? ['guarded_move'] : []);
  });

  it('name who stands in the way', () => {
    const liveDependants = ['f', 'b', 'c', 'd', 'e', 'a', 'g'].map((id) => ({ id, kind: 'hosted_by' as const }));

    expect(fold({ moves: [disposed], liveDependants }).reviews[0]!.because).toBe('live dependants: a, b, c, d, e and 2 more');
  });
});

describe('holds', () => {
  const held = (hold: PersonHold['hold'], at = 0): PersonHold => ({ anchor: a.key, hold, by: 'eve', reason: 'r', at });

  it.each`
    what                                     | part                                                                                              | outcome
    ${'legal forbids disposed'}              | ${{ personHolds: [held('legal')], moves: [movedBy(a, 'disposed', HOUR)] }}                        | ${'disposed skipped'}
    ${'also to a person'}                    | ${{ personHolds: [held('legal')], moves: [transition(a, 'disposed', HOUR, { evidence: 'x' })] }}  | ${'disposed skipped'}
    ${'but not retired'}                     | ${{ personHolds: [held('legal')], moves: [movedBy(a, 'retired', HOUR)] }}                         | ${'retired applied'}
    ${'nor what was disposed before'}        | ${{ personHolds: [held('legal', HOUR + 1)], moves: [movedBy(a, 'disposed', HOUR)] }}              | ${'disposed applied'}
    ${'lost forbids rules'}                  | ${{ personHolds: [held('lost')], moves: [ruled(a, 'retired', HOUR)] }}                            | ${'retired skipped'}
    ${'legal too'}                           | ${{ personHolds: [held('legal')], moves: [ruled(a, 'retired', HOUR)] }}                           | ${'retired skipped'}
    ${'unless the rule is listed'}           | ${{ personHolds: [held('lost')], moves: [ruled(a, 'retired', HOUR, { leavesProtected: true })] }} | ${'retired applied'}
    ${'a listed rule keeps off a legal one'} | ${{ personHolds: [held('legal')], moves: [ruled(a, 'disposed', HOUR, { leavesProtected: true })] }} | ${'disposed skipped'}
    ${'stolen forbids tools nothing'}        | ${{ personHolds: [held('stolen')], moves: [movedBy(a, 'disposed', HOUR)] }}                       | ${'disposed applied'}
  `('$what', ({ part, outcome }) => expect(outcomes(part)).toEqual([outcome]));

  it('are those of people and of records, tombstoned ones too, each once', () => {
    const records = [sourceRecord({ source: 'a', holds: ['lost'] }), sourceRecord({ source: 'b', holds: ['stolen', 'lost'], state: 'tombstoned' })];

    expect(fold({ records, personHolds: [held('legal'), held('lost')] }).holds).toEqual(['legal', 'lost', 'stolen']);
  });

  it('read from a source stand since they were read', () => {
    const records = [sourceRecord({ source: 'a', baseline: 'in_use', holds: ['legal'], holdsSince: { legal: 2 * HOUR } })];

    expect(outcomes({ records, moves: [movedBy(a, 'disposed', HOUR)] })).toEqual(['disposed applied']);
    expect(outcomes({ records, moves: [movedBy(a, 'disposed', 2 * HOUR)] })).toEqual(['disposed skipped']);
  });

  it('a legal one stands above an accepted move, until it is lifted', () => {
    const move = movedBy(a, 'disposed', HOUR);
    const verdicts = [verdict(move, 'accept')];

    expect(fold({ moves: [move], verdicts, personHolds: [held('legal')] })).toMatchObject({ stage: 'in_use', reviews: [], steps: [{ outcome: 'skipped' }] });
    expect(fold({ moves: [move], verdicts }).stage).toBe('disposed');
  });
});

describe('rules', () => {
  it.each`
    baseline         | move                                                            | outcome
    ${'in_use'}      | ${ruled(a, 'retired', HOUR)}                                    | ${'applied'}
    ${'maintenance'} | ${ruled(a, 'retired', HOUR)}                                    | ${'skipped'}
    ${'maintenance'} | ${ruled(a, 'retired', HOUR, { leavesProtected: true })}         | ${'applied'}
    ${'retired'}     | ${ruled(a, 'disposed', HOUR, { from: ['retired'] })}            | ${'applied'}
    ${'in_use'}      | ${ruled(a, 'retired', HOUR, { from: ['deployed'] })}            | ${'not_from'}
    ${'in_use'}      | ${ruled(a, 'in_use', HOUR, { from: ['deployed'] })}             | ${'not_from'}
    ${'retired'}     | ${ruled(a, 'retired', HOUR)}                                    | ${'applied'}
  `('from $baseline: $move.to is $outcome, and nobody is asked', ({ baseline, move, outcome }) => {
    expect(fold({ records: [sourceRecord({ source: 'a', baseline })], moves: [move] })).toMatchObject({ steps: [{ outcome }], reviews: [] });
  });

  it('that would go an illegal way open a review', () => {
    expect(fold({ moves: [ruled(a, 'requested', HOUR)] }).reviews).toMatchObject([{ kind: 'illegal_move', moveKey: `rule:r@${HOUR}>requested` }]);
  });
});

describe('verdicts', () => {
  const records = [sourceRecord({ source: 'a', baseline: 'retired' })];
  const back = movedBy(a, 'in_use', HOUR);

  it('accept: the move counts from its time although illegal', () => {
    expect(fold({ records, moves: [back, movedBy(a, 'maintenance', 2 * HOUR)], verdicts: [verdict(back, 'accept')] })).toMatchObject({ stage: 'maintenance', since: 2 * HOUR, reviews: [] });
  });
  it('reject: it never counts', () => {
    expect(fold({ records, moves: [back], verdicts: [verdict(back, 'reject')] })).toMatchObject({ stage: 'retired', reviews: [], steps: [{ outcome: 'rejected' }] });
  });
  it('the later one stands; of two at once the rejection', () => {
    const given = [verdict(back, 'accept', 2), verdict(back, 'reject', 1)];
    for (const verdicts of [given, [...given].reverse()]) expect(fold({ records, moves: [back], verdicts }).stage).toBe('in_use');
    for (const answers of [['accept', 'reject'], ['reject', 'accept']] as const) expect(fold({ records, moves: [back], verdicts: answers.map((answer) => verdict(back, answer, 3)) }).stage).toBe('retired');
  });
});

describe('a review closes by itself', () => {
  const records = [sourceRecord({ source: 'a', baseline: 'retired' })];
  const back = movedBy(a, 'in_use', HOUR);

  it('when its author has said something else since', () => {
    expect(fold({ records, moves: [back, movedBy(a, 'maintenance', 2 * HOUR)] }).reviews.map(({ to }) => to)).toEqual(['maintenance']);
    expect(fold({ records, moves: [back, movedBy(a, 'retired', 2 * HOUR)] }).reviews).toEqual([]);
  });
  it('when its record reads otherwise again', () => {
    expect(fold({ records: [{ ...records[0]!, stageRead: 'retired' }], moves: [back] }).reviews).toEqual([]);
    expect(fold({ records: [{ ...records[0]!, stageRead: 'in_use' }], moves: [back] }).reviews).toHaveLength(1);
  });
  it('when the asset is there by another way', () => {
    expect(fold({ records, moves: [back, transition(a, 'acquired', 2 * HOUR), transition(a, 'in_use', 3 * HOUR)] })).toMatchObject({ stage: 'in_use', reviews: [] });
  });
});

describe('a pin', () => {
  const pin = (part: Partial<Override> = {}): Override => ({ id: '1', anchor: a.key, attribute: 'stage', value: 'maintenance', by: 'eve', reason: 'r', at: 5, until: 50 * DAY, ...part });

  it('stands until it ends, and the moves go on under it', () => {
    const moves = [movedBy(a, 'retired', HOUR)];

    expect(fold({ moves, overrides: [pin()], asOf: 50 * DAY - 1 })).toMatchObject({ stage: 'maintenance', underPin: 'retired', since: 5, by: { kind: 'override', by: 'eve', until: 50 * DAY }, nextDueAt: 50 * DAY });
    expect(fold({ moves, overrides: [pin()], asOf: 50 * DAY })).toMatchObject({ stage: 'retired', since: HOUR });
  });
  it('is the latest of those that pin the stage to one', () => {
    expect(fold({ overrides: [pin({ id: '2', value: 'retired', at: 6 }), pin(), pin({ id: '3', attribute: 'owner', at: 7 }), pin({ id: '4', value: 'broken', at: 8 })], asOf: 9 }).stage).toBe('retired');
  });
});

it('the worked case: five tools, a person who retires, echoes, and one who says in_use next day', () => {
  const tools = ['a', 'b', 'c', 'd', 'e'];
  const at = (hour: number): number => hour * HOUR;
  const kept = new Map<string, KeptReading>();
  const records = tools.map((source) => {
    const key = `${source}/things/1`;
    const first = readMove({ key, reading: { raw: { status: '3' }, stage: 'in_use' }, readAt: at(0) });
    if (first.kind !== 'baseline') throw new Error('the first reading is the baseline');
    kept.set(source, first.keep!);
    return sourceRecord({ source, baseline: first.stage });
  });
  expect(fold({ records })).toMatchObject({ stage: 'in_use', reports: [], reviews: [] });

  const moves: Move[] = [transition(records[0]!, 'retired', at(2))];
  expect(fold({ records, moves })).toMatchObject({ stage: 'retired', since: at(2), reviews: [] });

  const written: AgreedStage = { stage: 'retired', raws: [{ status: '7' }] };
  for (const source of tools) {
    const isDown = source === 'e';
    const reading = isDown ? { raw: { status: '3' }, stage: 'in_use' as const } : { raw: { status: '7' }, stage: 'retired' as const };
    const back = readMove({ key: `${source}/things/1`, reading, previousReading: kept.get(source)!, ...(!isDown && { agreed: [written] }), previousReadAt: at(0), readAt: at(3) });
    expect(back).toMatchObject({ kind: 'none', because: isDown ? 'same' : 'echo' });
    kept.set(source, back.keep!);
  }

  const someone = readMove({ key: 'b/things/1', reading: { raw: { status: '3' }, stage: 'in_use' }, previousReading: kept.get('b')!, agreed: [written], previousReadAt: at(3), readAt: at(27), modifiedAt: at(26) });
  if (someone.kind !== 'move') throw new Error('a change by the tool itself is a move');
  moves.push(someone.move);
  const after = fold({ records, moves });

  expect(after).toMatchObject({ stage: 'retired', since: at(2), frozen: false });
  expect(after.reviews).toEqual([{ kind: 'illegal_move', moveKey: `record:b/things/1@${at(26)}>in_use`, from: 'retired', to: 'in_use', because: 'retired -> in_use is not allowed', record: 'b/things/1' }]);
});
