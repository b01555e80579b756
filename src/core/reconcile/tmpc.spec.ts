import fc from 'fast-check';
import { SOURCE_ROLES, type AttributeValue } from '../../../connectors/sdk/contract/index.js';
import type { AuthorityRules } from '../model/rules.js';
import type { Claim, SourceRecord } from '../model/source-record.js';
import { DAY, resolveInput, sourceRecord } from '../../../test/support/core-records.js';
import { compareClaims, isEmpty, type ClaimOrder } from './authority-order.js';
import { resolveAttributes, type AssetResolution, type AttributeOutcome, type ResolveInput } from './resolve.js';

const ATTRIBUTES = ['owner', 'os_version', 'disk_gb', 'ip_addresses', 'tags'] as const;
const SOURCES = ['a', 'b', 'B', 'c'] as const;

const value = (attribute: string): fc.Arbitrary<AttributeValue | null> => {
  if (attribute === 'disk_gb') return fc.constantFrom(null, 1, 2, 10);
  if (attribute === 'ip_addresses') return fc.option(fc.uniqueArray(fc.constantFrom('1', '2', '10'), { maxLength: 3 }));
  if (attribute === 'tags') return fc.option(fc.dictionary(fc.constantFrom('env', 'team'), fc.constantFrom('x', 'y')));
  return fc.constantFrom(null, 'x', 'y', 'z');
};
const claimOf = (attribute: string): fc.Arbitrary<Claim> =>
  fc.record({ value: value(attribute), changedAt: fc.option(fc.integer({ min: 0, max: 3 })), echo: fc.constantFrom(undefined, undefined, true) })
    .map(({ echo, ...said }) => ({ ...said, ...(echo && { echo }) }));

const record = fc.record({
  source: fc.constantFrom(...SOURCES), stream: fc.constantFrom('s', 't'), externalId: fc.constantFrom('1', '2', '10'), state: fc.constantFrom('live', 'live', 'unread', 'tombstoned'),
  assetClass: fc.constantFrom(undefined, 'hardware', 'server', 'computer', 'virtual_machine'), confirmedAt: fc.integer({ min: 0, max: 6 }).map((days) => days * DAY),
  claims: fc.record(Object.fromEntries(ATTRIBUTES.map((attribute) => [attribute, claimOf(attribute)])), { requiredKeys: [] }),
}).map((part) => sourceRecord({ ...part, role: SOURCE_ROLES[SOURCES.indexOf(part.source)]!, tombstonedAt: 7 * DAY } as SourceRecord));
/** At most one record of a key, as in the store. */
const records = fc.uniqueArray(record, { selector: ({ key }) => key, minLength: 1, maxLength: 6 });

const rule = fc.record({
  order: fc.shuffledSubarray(['a', 'b', 'role:cloud', 'role:itsm'], { minLength: 0 }), strategy: fc.constantFrom('ordered', 'newest', 'most_reported', 'union', 'max'),
  staleAfterMs: fc.integer({ min: 1, max: 8 }).map((days) => days * DAY), empty: fc.constantFrom('ignore', 'wins'),
}, { requiredKeys: [] });
const rules: fc.Arbitrary<AuthorityRules> = fc.record({
  byClass: fc.dictionary(fc.constantFrom('hardware', 'server', 'virtual_machine'), fc.dictionary(fc.constantFrom(...ATTRIBUTES, 'class'), rule)), default: fc.shuffledSubarray(['a', 'B', 'c']),
}, { requiredKeys: ['byClass'] }) as fc.Arbitrary<AuthorityRules>;
const overrides = fc.array(fc.record({
  id: fc.constantFrom('1', '2'), anchor: fc.constant('a/s/1'), attribute: fc.constantFrom('owner', 'class'), value: fc.constantFrom('printer', 'server'), by: fc.constant('eve'), reason: fc.constant('r'),
  at: fc.integer({ min: 0, max: 2 }), until: fc.constantFrom(3 * DAY, 9 * DAY),
}), { maxLength: 2 });
const world: fc.Arbitrary<ResolveInput> = fc.record({ records, rules, overrides, asOf: fc.integer({ min: 0, max: 12 }).map((days) => days * DAY) }).map(resolveInput);
const shuffled = world.chain((input) => fc.shuffledSubarray([...input.records], { minLength: input.records.length }).map((other) => [input, { ...input, records: other }] as const));

const RUNS = { numRuns: 5000 };
/** Would the property notice? */
const fails = <T>(property: fc.IProperty<T>): boolean => fc.check(property, { ...RUNS, numRuns: 5_000, endOnFailure: true }).failed;

describe('any order of records gives the same answer', () => {
  const holds = (resolve: (input: ResolveInput) => AssetResolution): fc.IProperty<unknown> => fc.property(shuffled, ([one, other]) => { expect(resolve(other)).toEqual(resolve(one)); });
  const arrivalDecides = ({ records: given, ...input }: ResolveInput): AssetResolution => resolveAttributes({
    ...input, records: given.map((said, place) => ({ ...said, claims: Object.fromEntries(Object.entries(said.claims).map(([name, claim]) => [name, { ...claim, changedAt: place }])) })),
  });

  it('to the last key', () => fc.assert(holds(resolveAttributes), RUNS));
  it('would be caught if arrival decided', () => expect(fails(holds(arrivalDecides))).toBe(true));
  it('would be caught if the first record of all were the only one heard', () => expect(fails(holds((input) => resolveAttributes({ ...input, records: input.records.slice(0, 1) })))).toBe(true));
});

describe('the quick way', () => {
  const bare = ({ assetClass, classBecause, attributes, nextDueAt }: AssetResolution): unknown => ({ assetClass, classBecause, attributes, nextDueAt });
  const agrees = (order: ClaimOrder): fc.IProperty<unknown> => fc.property(world, (input) => {
    expect(bare(resolveAttributes({ ...input, explain: false }, order))).toEqual(bare(resolveAttributes(input)));
  });

  it('gives what the explained way gives', () => fc.assert(agrees(compareClaims), RUNS));
  it('would be caught if it ranked otherwise', () => expect(fails(agrees((authority, a, b) => -compareClaims(authority, a, b)))).toBe(true));
});

describe('an explanation', () => {
  const everyClaimOnce = (see: (outcome: AttributeOutcome) => AttributeOutcome): fc.IProperty<unknown> => fc.property(world, (input) => {
    const { outcomes } = resolveAttributes(input);
    for (const attribute of ATTRIBUTES) {
      const { winner, contributors = [], losers } = see(outcomes[attribute] ?? { value: undefined, losers: [], rule: '', strategy: 'ordered' });
      const named = [...(winner ? [winner] : []), ...contributors, ...losers].map(({ key }) => key).sort();
      expect(named).toEqual(input.records.filter(({ claims }) => claims[attribute]).map(({ key }) => key).sort());
    }
  });

  it('names every claim once, as winner, contributor or loser', () => fc.assert(everyClaimOnce((outcome) => outcome), RUNS));
  it('would be caught if it hid one', () => expect(fails(everyClaimOnce((outcome) => ({ ...outcome, losers: outcome.losers.slice(1) })))).toBe(true));

  it('never lets an echo, a stale or a dead claim win over an own living one', () => fc.assert(fc.property(world, (input) => {
    for (const [attribute, { winner, contributors = [], losers }] of Object.entries(resolveAttributes(input).outcomes)) {
      const echoes = [winner, ...contributors].some((counted) => counted && input.records.find(({ key }) => key === counted.key)!.claims[attribute]!.echo);
      if (echoes) expect(losers.every(({ key, because }) => because === 'stale' || because === 'tombstoned' || input.records.find((other) => other.key === key)!.claims[attribute]!.echo)).toBe(true);
    }
  }), RUNS));

  it('never lets an empty claim win over a value of a living source, where empty is ignored', () => fc.assert(fc.property(world, (input) => {
    const ignoring = { ...input, rules: { byClass: {} }, overrides: [] };
    for (const [attribute, { value: won }] of Object.entries(resolveAttributes(ignoring).outcomes)) {
      const speaks = input.records.some(({ state }) => state !== 'tombstoned') ? input.records.filter(({ state }) => state !== 'tombstoned') : input.records;
      const filled = speaks.some(({ claims }) => claims[attribute] && !claims[attribute].echo && !isEmpty(claims[attribute]));
      if (filled) expect(won).not.toBeNull();
    }
  }), RUNS));
});

describe('nextDueAt', () => {
  const nothingChangesBefore = (due: (at: number) => number): fc.IProperty<unknown> => fc.property(world, (input) => {
    const now = resolveAttributes(input);
    const last = now.nextDueAt === undefined ? 1_000 * DAY : due(now.nextDueAt) - 1;
    const { nextDueAt, ...later } = resolveAttributes({ ...input, asOf: last });
    const { nextDueAt: same, ...before } = now;
    expect(later).toEqual(before);
    expect(nextDueAt).toBe(same);
  });

  it('is the first instant at which anything changes by time alone', () => fc.assert(nothingChangesBefore((at) => at), RUNS));
  it('would be caught if it came late', () => expect(fails(nothingChangesBefore((at) => at + 1))).toBe(true));
});
