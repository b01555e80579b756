import fc from 'fast-check';
import { LIFECYCLE_STAGES, type LifecycleStage, type StageReading } from '../../../connectors/sdk/contract/index.js';
import { liftHold, readHolds, type KeptHolds } from './holds.js';
import { readMove, type AgreedStage, type KeptReading, type ReadMoveInput } from './read-stage.js';

const KEY = 'a/things/1';
/** A vendor without a word for deployed and maintenance: both are written as code 3, which reads as in_use. */
const CODES: Readonly<Record<string, LifecycleStage>> = { 1: 'requested', 2: 'acquired', 3: 'in_use', 7: 'retired', 8: 'disposed' };
const codeOf = (stage: LifecycleStage): string => Object.entries(CODES).find(([, read]) => read === stage)?.[0] ?? '3';
const reading = (code: string, part: Partial<StageReading> = {}): StageReading => ({ raw: { status: code }, ...(CODES[code] && { stage: CODES[code] }), ...part });
const read = (code: string): KeptReading => ({ raw: { status: code }, ...(CODES[code] && { stage: CODES[code] }) });
const agreed = (stage: LifecycleStage): AgreedStage => ({ stage, raws: [{ status: codeOf(stage) }] });
const input = (part: Partial<ReadMoveInput>): ReadMoveInput => ({ key: KEY, readAt: 100, ...part });

describe('a reading', () => {
  it.each`
    what                                        | previous     | now            | agreement                 | result
    ${'the first one'}                          | ${undefined} | ${reading('3')} | ${undefined}             | ${'baseline in_use'}
    ${'the first one that the table reads'}     | ${read('?')} | ${reading('3')} | ${undefined}             | ${'baseline in_use'}
    ${'the first one of what Lockstep created'} | ${undefined} | ${reading('7')} | ${agreed('retired')}     | ${'echo'}
    ${'no change'}                              | ${read('3')} | ${reading('3')} | ${undefined}             | ${'same'}
    ${'no change, and other than agreed'}       | ${read('3')} | ${reading('3')} | ${agreed('retired')}     | ${'same'}
    ${'a change'}                               | ${read('3')} | ${reading('7')} | ${undefined}             | ${'move retired'}
    ${'a change away from what was agreed'}     | ${read('7')} | ${reading('3')} | ${agreed('retired')}     | ${'move in_use'}
    ${'what we wrote, read back'}               | ${read('3')} | ${reading('7')} | ${agreed('retired')}     | ${'echo'}
    ${'read back in a coarse vocabulary'}       | ${read('2')} | ${reading('3')} | ${agreed('maintenance')} | ${'echo'}
    ${'another code of the agreed stage'}       | ${read('3')} | ${{ raw: { status: '77' }, stage: 'retired' }} | ${agreed('retired')} | ${'echo'}
    ${'a code that the table does not know'}    | ${read('3')} | ${reading('?')} | ${undefined}             | ${'unmapped'}
    ${'no code'}                                | ${read('3')} | ${reading('')}  | ${undefined}             | ${'silent'}
    ${'nothing'}                                | ${read('3')} | ${undefined}    | ${undefined}             | ${'silent'}
  `('$what: $result', ({ previous, now, agreement, result }) => {
    const found = readMove(input({ reading: now, previousReading: previous, agreed: agreement && [agreement] }));

    expect(found.kind === 'baseline' ? `baseline ${found.stage}` : found.kind === 'move' ? `move ${found.move.to}` : found.because).toBe(result);
  });

  it('remembers the last stage through codes that it does not know', () => {
    const odd = readMove(input({ reading: reading('?'), previousReading: read('3') }));

    expect(odd.keep).toEqual({ raw: { status: '?' }, stage: 'in_use', isUnmapped: true });
    expect(readMove(input({ reading: reading('3'), previousReading: odd.keep! }))).toMatchObject({ because: 'same' });
    expect(readMove(input({ reading: reading('7'), previousReading: odd.keep! }))).toMatchObject({ kind: 'move' });
  });

  it('is agreed only if every written field reads so', () => {
    const both: AgreedStage = { stage: 'maintenance', raws: [{ status: '3', sub: 'x' }] };
    const now = (raw: StageReading['raw']): ReadMoveInput => input({ reading: { raw, stage: 'in_use' }, previousReading: read('2'), agreed: [both] });

    expect(readMove(now({ status: '3', sub: 'x', other: 'y' }))).toMatchObject({ because: 'echo' });
    expect(readMove(now({ status: '3', sub: 'z' }))).toMatchObject({ kind: 'move' });
    expect(readMove({ ...now({ status: '3' }), agreed: [{ stage: 'maintenance', raws: [{}] }] })).toMatchObject({ kind: 'move' });
  });

  it.each`
    told         | modifiedAt   | previousReadAt | at
    ${60}        | ${70}        | ${50}          | ${60}
    ${undefined} | ${70}        | ${50}          | ${70}
    ${undefined} | ${undefined} | ${50}          | ${100}
    ${40}        | ${70}        | ${50}          | ${51}
    ${50}        | ${70}        | ${50}          | ${51}
    ${200}       | ${70}        | ${50}          | ${100}
    ${100}       | ${70}        | ${50}          | ${100}
    ${40}        | ${70}        | ${undefined}   | ${40}
    ${40}        | ${70}        | ${100}         | ${100}
  `('told $told, modified $modifiedAt, read before at $previousReadAt: it happened at $at', ({ told, modifiedAt, previousReadAt, at }) => {
    expect(readMove(input({ reading: reading('7', { at: told, evidence: 'D-1' }), previousReading: read('3'), modifiedAt, previousReadAt })))
      .toMatchObject({ kind: 'move', move: { origin: { kind: 'record', key: KEY }, anchor: KEY, to: 'retired', at, evidence: 'D-1' } });
  });

  /** A tool reads back whatever Lockstep wrote, however often and in whatever words it has. */
  const echoesDie = (step: typeof readMove): fc.IProperty<unknown> => fc.property(fc.constantFrom(...Object.keys(CODES)), fc.array(fc.constantFrom(...LIFECYCLE_STAGES), { minLength: 1, maxLength: 8 }), (first, writes) => {
    let kept: KeptReading | undefined = read(first);
    for (const stage of writes) {
      const code = codeOf(stage);
      for (let again = 0; again < 2; again++) {
        const found = step(input({ reading: reading(code), previousReading: kept, agreed: [agreed(stage)] }));
        expect(found.kind).toBe('none');
        kept = found.keep;
      }
    }
  });
  it('of our own writing never moves anything', () => fc.assert(echoesDie(readMove)));
  it('would be caught if it did', () => expect(fc.check(echoesDie(({ agreed: _, ...rest }) => readMove(rest))).failed).toBe(true));
});

describe('holds that are read', () => {
  const says = (...holds: NonNullable<StageReading['holds']>): StageReading => ({ raw: { status: '3' }, holds });
  const run = (...readings: (StageReading | undefined)[]): KeptHolds => readings.reduce<KeptHolds>((kept, one, i) => readHolds(kept, one, (i + 1) * 10), {});

  it.each`
    what                                | kept                                           | expected
    ${'stated'}                         | ${run(says('lost'))}                           | ${{ holds: ['lost'], holdsSince: { lost: 10 } }}
    ${'stated again'}                   | ${run(says('lost'), says('stolen', 'lost'))}   | ${{ holds: ['lost', 'stolen'], holdsSince: { lost: 10, stolen: 20 } }}
    ${'ended by a reading without'}     | ${run(says('lost'), says())}                   | ${{}}
    ${'kept when the record is silent'} | ${run(says('lost'), undefined)}                | ${{ holds: ['lost'], holdsSince: { lost: 10 } }}
    ${'legal, kept without'}            | ${run(says('legal'), says())}                  | ${{ holds: ['legal'], holdsSince: { legal: 10 } }}
  `('$what', ({ kept, expected }) => expect(kept).toEqual(expected));

  it('stay lifted while their source goes on, and count when it states them anew', () => {
    const lifted = liftHold(run(says('legal')), 'legal');
    const still = readHolds(lifted, says('legal'), 20);

    expect([lifted, still]).toEqual([{ holdsLifted: ['legal'] }, { holdsLifted: ['legal'] }]);
    expect(readHolds(readHolds(still, says(), 30), says('legal'), 40)).toEqual({ holds: ['legal'], holdsSince: { legal: 40 } });
    expect(liftHold({}, 'lost')).toEqual({});
  });
});
