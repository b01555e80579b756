import { decideField, isShown } from './decide.js';
import type { Agreed, FieldInput } from './push-types.js';

const agreed = (value: unknown, shown: unknown = value): Agreed => ({ value, shown, origin: 'written' });
const input = (more: Partial<FieldInput> & { readonly shows: unknown }): FieldInput => {
  const { shows, ...rest } = more;
  return { field: 'location', desired: 'Berlin', onConflict: 'hold', onDrift: 'hold', seen: { shown: shows, isReadable: true, isDesired: shows === (rest.desired ?? 'Berlin') }, ...rest };
};

describe('one field of one record', () => {
  it.each([
    ['same', 'same', input({ agreed: agreed('Berlin'), shows: 'Berlin' }), { kind: 'settled' }],
    ['same', 'same, in its own spelling', input({ agreed: agreed('Berlin', 'berlin '), shows: 'berlin ' }), { kind: 'settled' }],
    ['changed', 'same', input({ agreed: agreed('Bonn'), shows: 'Bonn' }), { kind: 'write', because: 'changed here' }],
    ['changed', 'same, in its own spelling', input({ agreed: agreed('Bonn', 'bonn'), shows: 'bonn' }), { kind: 'write', because: 'changed here' }],
    ['changed', 'changed to what is wanted', input({ agreed: agreed('Bonn'), shows: 'Berlin' }), { kind: 'agree', because: 'found equal' }],
    ['same', 'changed to what is wanted, exactly', input({ agreed: agreed('Berlin', 'berlin'), shows: 'Berlin' }), { kind: 'agree', because: 'found equal' }],
    ['same', 'changed (drift)', input({ agreed: agreed('Berlin'), shows: 'Bonn' }), { kind: 'hold', of: 'drift' }],
    ['changed', 'changed (conflict)', input({ agreed: agreed('Bonn'), shows: 'Ulm' }), { kind: 'hold', of: 'conflict' }],
    ['never agreed', 'equal', input({ shows: 'Berlin' }), { kind: 'agree', because: 'found equal' }],
    ['never agreed', 'differing', input({ shows: 'Bonn' }), { kind: 'align' }],
    ['never agreed', 'empty', input({ shows: null }), { kind: 'align' }],
  ] as const)('desired %s, seen %s', (_desired, _seen, given, wanted) => {
    expect(decideField(given)).toMatchObject(wanted);
  });

  it.each([
    ['ours', { kind: 'write', because: 'drift, ours' }],
    ['theirs', { kind: 'agree', agreed: { value: 'Berlin', shown: 'Bonn', origin: 'adopted' } }],
    ['hold', { kind: 'hold', of: 'drift' }],
  ] as const)('answers drift with %s, whatever conflicts are answered with', (onDrift, wanted) => {
    for (const onConflict of ['ours', 'theirs', 'newest', 'hold'] as const) expect(decideField(input({ agreed: agreed('Berlin'), shows: 'Bonn', onDrift, onConflict }))).toMatchObject(wanted);
  });

  it.each([
    ['ours', 5, 9, { kind: 'write', because: 'conflict, ours' }],
    ['theirs', 9, 5, { kind: 'agree', agreed: { value: 'Berlin', shown: 'Ulm' } }],
    ['hold', 9, 5, { kind: 'hold', of: 'conflict' }],
    ['newest', 9, 5, { kind: 'write', because: 'conflict, newest' }],
    ['newest', 5, 9, { kind: 'agree', agreed: { value: 'Berlin', shown: 'Ulm' } }],
    ['newest', 7, 7, { kind: 'hold', of: 'conflict' }],
    ['newest', null, 5, { kind: 'hold', of: 'conflict' }],
    ['newest', 9, null, { kind: 'hold', of: 'conflict' }],
    ['newest', 0, 5, { kind: 'agree' }],
  ] as const)('answers a conflict with %s (ours since %s, theirs since %s)', (onConflict, desiredSince, changedAt, wanted) => {
    const given = input({ agreed: agreed('Bonn'), shows: 'Ulm', onConflict, onDrift: 'ours', desiredSince });
    expect(decideField({ ...given, seen: { ...given.seen, changedAt } })).toMatchObject(wanted);
  });

  it('asked again after its own answer it is settled', () => {
    for (const given of [input({ shows: 'Berlin' }), input({ agreed: agreed('Berlin'), shows: 'Bonn', onDrift: 'theirs' }), input({ agreed: agreed('Bonn'), shows: 'Ulm', onConflict: 'theirs' })]) {
      const first = decideField(given);
      expect(first.kind === 'agree' && decideField({ ...given, agreed: first.agreed })).toEqual({ kind: 'settled' });
    }
  });
});

describe('a stage', () => {
  const codes = (status: string, substatus = '') => ({ status, substatus });
  const stage = (more: Partial<FieldInput>): FieldInput => ({ field: 'stage', desired: 'retired', onConflict: 'hold', onDrift: 'ours', seen: { shown: codes('1'), isReadable: true, isDesired: false }, ...more });

  it.each([
    ['is never overwritten where no table row reads it', stage({ agreed: agreed('in_use', codes('1')), seen: { shown: codes('77'), isReadable: false, isDesired: false } }), 'wait'],
    ['nor where it was never agreed', stage({ seen: { shown: codes('77'), isReadable: false, isDesired: false } }), 'wait'],
    ['is written where only we moved', stage({ agreed: agreed('in_use', codes('1')) }), 'write'],
    ['is written over a move that the fold did not follow', stage({ agreed: agreed('retired', codes('7')) }), 'write'],
    ['is written over what moved meanwhile: the fold has decided, whatever conflicts are answered with', stage({ agreed: agreed('in_use', codes('3')) }), 'write'],
    ['is left where its drift is held', stage({ agreed: agreed('retired', codes('7')), onDrift: 'hold' }), 'hold'],
    ['is aligned first', stage({}), 'align'],
  ] as const)('%s', (_what, given, kind) => {
    expect(decideField(given).kind).toBe(kind);
  });

  it('still reads so while the fields that were agreed do, whatever the vendor shows besides', () => {
    expect(isShown(agreed('retired', { status: '7' }), { status: '7', note: 'x' })).toBe(true);
    expect(isShown(agreed('retired', { status: '7', substatus: 'sold' }), { status: '7', substatus: '' })).toBe(false);
  });
});
