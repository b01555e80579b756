import { LOOKS_MS, verifyField } from './verify.js';

describe('what a read-back says', () => {
  it.each([
    ['Berlin', 'Bonn', 'Berlin', 'verified'],
    ['Berlin', 'Bonn', 'berlin', 'normalised'],
    ['  Berlin  Mitte ', 'Bonn', 'Berlin Mitte', 'normalised'],
    ['2027-03-31', '2026-01-01', '31.03.2027', 'normalised'],
    ['2027-03-31', '2026-01-01', '2027/03/31', 'normalised'],
    ['2027-03-31', '2026-01-01', '03/31/2027', 'normalised'],
    ['2027-03-31', '2026-01-01', '2027-03-31T00:00:00Z', 'normalised'],
    ['2027-03-04', '2026-01-01', '04/03/2027', 'superseded'],
    ['a long description of a machine', 'x', 'a long description of a', 'normalised'],
    ['a long description of a machine', 'x', 'a long', 'superseded'],
    ['Berlin', 'Bonn', 'Bonn', 'unchanged'],
    ['Berlin', 'Bonn', 'Ulm', 'superseded'],
    ['Berlin', 'Bonn', null, 'superseded'],
    ['Berlin', null, null, 'unchanged'],
    [12, 7, 12, 'verified'],
    [12, 7, '12', 'normalised'],
    [['a', 'B'], [], ['b', 'A'], 'normalised'],
    [['a', 'b'], [], ['a', 'c'], 'superseded'],
  ])('%j over %j reads %j: %s', (written, before, after, wanted) => {
    expect(verifyField({ written, desired: written, before, after, isDesired: false })).toBe(wanted);
  });

  it.each([
    [{ s: '7' }, { s: '7', other: 'x' }, false, 'verified'],
    [{ s: '7' }, { s: '8' }, true, 'normalised'],
    [{ s: '7' }, { s: '1' }, false, 'unchanged'],
    [{ s: '7' }, { s: '5' }, false, 'superseded'],
    [{ s: '7', sub: 'sold' }, { s: '7', sub: '' }, false, 'superseded'],
  ])('of a stage: %j reads %j', (written, after, isDesired, wanted) => {
    expect(verifyField({ written, desired: 'retired', before: { s: '1' }, after, isDesired })).toBe(wanted);
  });

  it('is looked for again after 5 s, 30 s, 2 min and 10 min', () => {
    expect(LOOKS_MS).toEqual([5_000, 30_000, 120_000, 600_000]);
  });
});
