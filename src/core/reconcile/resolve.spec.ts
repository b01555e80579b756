import { ASSET_CLASSES } from '../../../connectors/sdk/contract/index.js';
import type { Override } from '../model/decisions.js';
import type { AuthorityRule, AuthorityRules } from '../model/rules.js';
import type { SourceRecord } from '../model/source-record.js';
import { claim, DAY, echo, resolveInput, sourceRecord } from '../../../test/support/core-records.js';
import { sourceRank } from './authority.js';
import { changedAtOf, explainAttribute, resolveAttributes } from './resolve.js';

const pin = (attribute: string, value: Override['value'], part: Partial<Override> = {}): Override =>
  ({ id: 'o1', anchor: 'a/things/1', attribute, value, by: 'eve', reason: 'seen it', at: 0, ...part });
const ruleFor = (attribute: string, rule: Partial<AuthorityRule>): AuthorityRules => ({ byClass: { hardware: { [attribute]: rule } } });
const hardware = (source: string, part: Partial<SourceRecord> = {}): SourceRecord => sourceRecord({ source, assetClass: 'hardware', ...part });
const losses = (input: Parameters<typeof resolveInput>[0], attribute: string): Record<string, string> =>
  Object.fromEntries(resolveAttributes(resolveInput(input)).outcomes[attribute]!.losers.map(({ key, because }) => [key, because]));

describe('who wins', () => {
  it.each`
    attribute         | winner
    ${'os_version'}   | ${'agent'}
    ${'cloud_region'} | ${'agent'}
    ${'hostname'}     | ${'agent'}
    ${'owner'}        | ${'finance'}
    ${'tags_of_mine'} | ${'finance'}
  `('built in: $attribute is believed to $winner', ({ attribute, winner }) => {
    const records = (['itsm', 'finance', 'agent', 'cloud', 'discovery', 'hypervisor', 'vulnerability'] as const).map((role) => sourceRecord({ source: `s-${role}`, role, claims: { [attribute]: claim(role) } }));

    expect(resolveAttributes(resolveInput({ records })).attributes).toEqual({ [attribute]: winner });
  });

  it.each`
    built          | order
    ${'technical'} | ${['agent', 'hypervisor', 'cloud', 'discovery', 'itsm', 'finance', 'vulnerability']}
    ${'business'}  | ${['finance', 'itsm', 'agent', 'hypervisor', 'cloud', 'discovery', 'vulnerability']}
  `('ranks roles in the built-in $built order', ({ built, order }) => {
    const rank = (role: SourceRecord['role']): number => sourceRank({ rules: { byClass: {} }, classes: ASSET_CLASSES }, built === 'technical' ? 'model' : 'owner', undefined, 'x', role);

    expect([...order].reverse().sort((a, b) => rank(a) - rank(b))).toEqual(order);
  });

  it('asks the class first, then its ancestors, then the default, and says which answered', () => {
    const rules: AuthorityRules = {
      byClass: { server: { os_version: { order: ['b'] } }, hardware: { os_version: { order: ['c'] }, model: { order: ['c', 'role:agent'] } } }, default: ['a'],
    };
    const record = (source: string): SourceRecord => sourceRecord({ source, assetClass: 'server', claims: { os_version: claim(source), model: claim(source), owner: claim(source) } });

    const { attributes, outcomes } = resolveAttributes(resolveInput({ records: ['a', 'b', 'c'].map(record), rules }));

    expect(attributes).toEqual({ os_version: 'b', model: 'c', owner: 'a' });
    expect(Object.values(outcomes).map(({ rule }) => rule)).toEqual(['authority.hardware.model: c, role:agent', 'authority.server.os_version: b', 'authority.default: a']);
  });

  it('takes what a rule leaves out from the next one', () => {
    const rules: AuthorityRules = { byClass: { server: { os_version: { staleAfterMs: 14 * DAY } }, hardware: { os_version: { order: ['b'], empty: 'wins' } } }, default: ['a'] };
    const records = [sourceRecord({ source: 'a', assetClass: 'server', claims: { os_version: claim('1') } }), sourceRecord({ source: 'b', assetClass: 'server', claims: { os_version: claim(null) } })];

    const fresh = explainAttribute(resolveInput({ records, rules, asOf: DAY }), 'os_version');

    expect(fresh).toMatchObject({ value: null, rule: 'authority.hardware.os_version: b; stale after 14d (authority.server.os_version); empty wins' });
    expect(explainAttribute(resolveInput({ records, rules, asOf: 14 * DAY }), 'os_version').value).toBeUndefined();
  });

  it('believes a source that is named by its name there, not where its role stands', () => {
    const authority = { rules: { byClass: {}, default: ['role:itsm', 'role:agent', 'itsm-test'] }, classes: ASSET_CLASSES };

    expect([sourceRank(authority, 'owner', 'server', 'itsm-prod', 'itsm'), sourceRank(authority, 'owner', 'server', 'itsm-test', 'itsm'), sourceRank(authority, 'owner', 'server', 'x', 'cloud')]).toEqual([0, 2, 3]);
  });

  it('asks authority.stage for the stage only', () => {
    const authority = { rules: { byClass: {}, stage: ['x'], default: ['y'] }, classes: ASSET_CLASSES };

    expect([sourceRank(authority, 'stage', 'server', 'x', 'itsm'), sourceRank(authority, 'owner', 'server', 'x', 'itsm')]).toEqual([0, 1]);
  });

  it.each`
    what                             | a                                | b                                | winner
    ${'the newer change'}            | ${{ c: claim('1', 10) }}         | ${{ c: claim('2', 20) }}         | ${'2'}
    ${'one that tells a time'}       | ${{ c: claim('1', null) }}       | ${{ c: claim('2', 0) }}          | ${'2'}
    ${'the smaller source'}          | ${{ c: claim('1', 5) }}          | ${{ c: claim('2', 5) }}          | ${'1'}
    ${'an own word before an echo'}  | ${{ c: echo('1', 90) }}          | ${{ c: claim('2', null) }}       | ${'2'}
    ${'an own empty before an echo'} | ${{ c: echo('1') }}              | ${{ c: claim(null) }}            | ${undefined}
    ${'a value before an empty one'} | ${{ c: claim(null, 50) }}        | ${{ c: claim('2', null) }}       | ${'2'}
    ${'an empty list is empty'}      | ${{ c: claim([], 50) }}          | ${{ c: claim('2', null) }}       | ${'2'}
  `('of equal rank: $what', ({ a, b, winner }) => {
    const records = [sourceRecord({ source: 'a', claims: { location: a.c } }), sourceRecord({ source: 'b', claims: { location: b.c } })];

    for (const order of [records, [...records].reverse()]) expect(resolveAttributes(resolveInput({ records: order })).attributes['location']).toBe(winner);
  });

  it.each`
    field           | a                                    | b
    ${'stream'}     | ${{ stream: 's', externalId: '9' }}  | ${{ stream: 't', externalId: '1' }}
    ${'externalId'} | ${{ stream: 's', externalId: '10' }} | ${{ stream: 's', externalId: '9' }}
    ${'code unit'}  | ${{ stream: 's', externalId: 'Z' }}  | ${{ stream: 's', externalId: 'a' }}
  `('breaks the last ties by $field', ({ a, b }) => {
    const records = [sourceRecord({ source: 'x', ...b, claims: { owner: claim('b') } }), sourceRecord({ source: 'x', ...a, claims: { owner: claim('a') } })];

    expect(resolveAttributes(resolveInput({ records })).attributes['owner']).toBe('a');
  });

  it('never lets confirmation or arrival decide', () => {
    const records = [hardware('a', { claims: { owner: claim('old') } }), hardware('b', { confirmedAt: 99 * DAY, lastSeenAt: 99 * DAY, claims: { owner: claim('new') } })];

    expect(resolveAttributes(resolveInput({ records })).attributes['owner']).toBe('old');
  });
});

describe('what is said to be empty', () => {
  const records = [hardware('a', { claims: { owner: claim(null) } }), hardware('b', { claims: { owner: claim('eve') } })];

  it('loses to any value where it is ignored', () => {
    expect(resolveAttributes(resolveInput({ records })).outcomes['owner']).toMatchObject({ value: 'eve', winner: { source: 'b' }, losers: [{ source: 'a', because: 'empty' }] });
  });
  it('takes its rank where it wins', () => {
    const rules = ruleFor('owner', { order: ['a'], empty: 'wins' });

    const { attributes, outcomes } = resolveAttributes(resolveInput({ records, rules }));

    expect(attributes).toEqual({});
    expect(outcomes['owner']).toMatchObject({ value: null, winner: { source: 'a' }, losers: [{ source: 'b', because: 'outranked' }] });
  });
  it('is told apart from what nobody said', () => {
    expect(explainAttribute(resolveInput({ records: [records[0]!] }), 'owner').value).toBeNull();
    expect(explainAttribute(resolveInput({ records }), 'model').value).toBeUndefined();
  });
});

describe('what turns stale', () => {
  const rules = ruleFor('os_version', { order: ['a', 'b'], staleAfterMs: 10 * DAY });
  const records = [hardware('a', { confirmedAt: DAY, claims: { os_version: claim('1') } }), hardware('b', { confirmedAt: 5 * DAY, claims: { os_version: claim('2') } })];

  it.each`
    asOf            | value        | due
    ${10 * DAY}     | ${'1'}       | ${11 * DAY}
    ${11 * DAY - 1} | ${'1'}       | ${11 * DAY}
    ${11 * DAY}     | ${'2'}       | ${15 * DAY}
    ${15 * DAY}     | ${undefined} | ${undefined}
  `('as of $asOf the value is $value, due again at $due', ({ asOf, value, due }) => {
    for (const explain of [true, false]) {
      const resolution = resolveAttributes(resolveInput({ records, rules, asOf, explain }));

      expect([resolution.attributes['os_version'], resolution.nextDueAt]).toEqual([value, due]);
    }
    expect(losses({ records, rules, asOf: 11 * DAY }, 'os_version')).toEqual({ 'a/things/1': 'stale' });
  });

  it('does not age while the source fails', () => {
    const failing = (day: number) => records.map((each) => (each.source === 'a' ? { ...each, failingSince: day * DAY } : each));
    expect(resolveAttributes(resolveInput({ records: failing(9), rules, asOf: 12 * DAY })).attributes['os_version']).toBe('1');
    expect(resolveAttributes(resolveInput({ records: failing(11), rules, asOf: 12 * DAY })).attributes['os_version']).toBe('2');
  });

  it('is never stale without being told so', () => {
    const { attributes, nextDueAt } = resolveAttributes(resolveInput({ records, asOf: 9e15 }));

    expect([attributes['os_version'], nextDueAt]).toEqual(['1', undefined]);
  });
});

describe('tombstones', () => {
  const gone = hardware('a', { state: 'tombstoned', tombstonedAt: 5 * DAY, confirmedAt: 4 * DAY, claims: { owner: claim('eve', 9) } });

  it('say nothing while another record lives', () => {
    const records = [gone, hardware('b', { claims: { model: claim('m') } })];

    expect(resolveAttributes(resolveInput({ records })).attributes).toEqual({ model: 'm' });
    expect(losses({ records }, 'owner')).toEqual({ 'a/things/1': 'tombstoned' });
  });
  it('keep the last known readable when nothing lives, as it was when the last one went', () => {
    const rules = ruleFor('owner', { staleAfterMs: 2 * DAY });

    const resolution = resolveAttributes(resolveInput({ records: [gone], rules }));

    expect(resolution).toMatchObject({ assetClass: 'hardware', attributes: { owner: 'eve' } });
    expect(resolution.nextDueAt).toBeUndefined();
  });
  it('leaves the word to records that are only unread', () => {
    expect(resolveAttributes(resolveInput({ records: [gone, hardware('b', { state: 'unread', claims: { owner: claim('bob') } })] })).attributes).toEqual({ owner: 'bob' });
  });
});

describe('overrides', () => {
  const records = [hardware('a', { claims: { owner: claim('eve', 1) } }), hardware('b', { claims: { owner: claim('bob', 2) } })];

  it('win until they end, and show what they block', () => {
    const overrides = [pin('owner', 'zoe', { until: 20 * DAY })];

    const before = resolveAttributes(resolveInput({ records, overrides, asOf: 20 * DAY - 1 }));

    expect(before).toMatchObject({ attributes: { owner: 'zoe' }, nextDueAt: 20 * DAY, outcomes: { owner: { override: { by: 'eve', reason: 'seen it', until: 20 * DAY } } } });
    expect(before.outcomes['owner']!.winner).toBeUndefined();
    expect(losses({ records, overrides, asOf: 0 }, 'owner')).toEqual({ 'b/things/1': 'overridden', 'a/things/1': 'older' });
    expect(resolveAttributes(resolveInput({ records, overrides, asOf: 20 * DAY })).attributes).toEqual({ owner: 'bob' });
  });
  it('the last one given counts, whatever their order', () => {
    const overrides = [pin('owner', 'first', { at: 1 }), pin('owner', 'last', { id: 'o2', at: 2 })];

    for (const given of [overrides, [...overrides].reverse()]) expect(resolveAttributes(resolveInput({ records, overrides: given, explain: false })).attributes).toEqual({ owner: 'last' });
  });
  it('set what no record names, empty what one does, and leave class and stage to their own rules', () => {
    const overrides = [pin('location', 'Berlin'), pin('owner', null), pin('stage', 'retired'), pin('class', 'printer')];

    for (const explain of [true, false]) {
      expect(resolveAttributes(resolveInput({ records, overrides, explain }))).toMatchObject({ assetClass: 'printer', classBecause: 'override by eve: seen it', attributes: { location: 'Berlin' } });
    }
    expect(Object.keys(resolveAttributes(resolveInput({ records, overrides })).attributes)).toEqual(['location']);
  });
});

describe('strategies', () => {
  const values = (strategy: AuthorityRule['strategy'], attribute: string, claims: Record<string, ReturnType<typeof claim>>, rule: Partial<AuthorityRule> = {}) =>
    explainAttribute(resolveInput({ records: Object.entries(claims).map(([key, value]) => hardware(key.charAt(0), { externalId: key, claims: { [attribute]: value } })), rules: ruleFor(attribute, { order: ['a', 'b', 'c'], strategy, ...rule }) }), attribute);

  it.each`
    strategy           | attribute     | claims                                                                   | value
    ${'newest'}        | ${'owner'}    | ${{ a: claim('x', 1), b: claim('y', 3), c: claim('z', 2) }}              | ${'y'}
    ${'newest'}        | ${'owner'}    | ${{ a: claim('x', 1), b: claim(null, 3) }}                               | ${'x'}
    ${'most_reported'} | ${'owner'}    | ${{ a: claim('x'), b: claim('y'), c: claim('y') }}                       | ${'y'}
    ${'most_reported'} | ${'owner'}    | ${{ a: claim('x'), b: claim('y'), c: echo('y') }}                        | ${'x'}
    ${'most_reported'} | ${'owner'}    | ${{ a: claim('x'), b1: claim('y'), b2: claim('y') }}                     | ${'x'}
    ${'most_reported'} | ${'owner'}    | ${{ a: echo('x'), b: echo('y'), c: echo('y') }}                          | ${'x'}
    ${'most_reported'} | ${'owner'}    | ${{ a: claim('x'), b: claim(null), c: claim(null) }}                     | ${'x'}
    ${'most_reported'} | ${'mac_addresses'} | ${{ a: claim(['x']), b: claim(['z', 'y']), c: claim(['y', 'z']) }}  | ${['y', 'z']}
    ${'max'}           | ${'disk_gb'}  | ${{ a: claim(9), b: claim(100), c: claim(20) }}                          | ${100}
    ${'max'}           | ${'purchase_date'} | ${{ a: claim('2024-01-02'), b: claim('2025-01-01') }}               | ${'2025-01-01'}
    ${'max'}           | ${'disk_gb'}  | ${{ a: claim(9), b: claim('100') }}                                      | ${9}
    ${'max'}           | ${'disk_gb'}  | ${{ a: claim(9), b: echo(100) }}                                         | ${9}
    ${'union'}         | ${'ip_addresses'} | ${{ a: claim(['2', '1']), b: claim(['3', '2']), c: echo(['4']) }}    | ${['1', '2', '3']}
    ${'union'}         | ${'owner'}    | ${{ a: claim('x'), b: claim('y') }}                                      | ${'x'}
    ${'union'}         | ${'tags'}     | ${{ b: claim({ env: 'b', k: '1' }), a: claim({ env: 'a' }), c: claim(['z']) }} | ${{ env: 'a', k: '1' }}
    ${'ordered'}       | ${'tags'}     | ${{ b: claim({ env: 'b', k: '1' }), a: claim({ env: 'a' }) }}            | ${{ env: 'a' }}
    ${'ordered'}       | ${'ip_addresses'} | ${{ a: claim(['2', '1', '2']), b: claim(['3']) }}                    | ${['1', '2']}
  `('$strategy of $claims is $value', ({ strategy, attribute, claims, value }) => expect(values(strategy, attribute, claims).value).toEqual(value));

  it.each(['union', 'max', 'most_reported'] as const)('%s: an empty claim of the first rank empties it where empty wins, one of a lower rank does not', (strategy) => {
    expect(values(strategy, 'disk_gb', { a: claim(null), b: claim(['1']) }, { empty: 'wins' }).value).toBeNull();
    expect(values(strategy, 'disk_gb', { a: claim(['1']), b: claim(null) }, { empty: 'wins' }).value).toEqual(['1']);
  });

  it('names everyone who put something into a set, and keeps those who did not as losers', () => {
    const outcome = values('union', 'ip_addresses', { a: claim(['1'], 5), b: claim(['2'], 7), c: echo(['3']) });

    expect(outcome).toMatchObject({ winner: { source: 'a' }, contributors: [{ source: 'b' }], losers: [{ source: 'c', because: 'echo' }], strategy: 'union' });
    expect(changedAtOf(outcome)).toBe(7);
  });

  it.each(['ip_addresses', 'mac_addresses', 'tags'])('%s are joined unless told otherwise', (attribute) => {
    expect(explainAttribute(resolveInput({ records: [] }), attribute).strategy).toBe('union');
  });
});

describe('the class of an asset', () => {
  const classOf = (records: readonly SourceRecord[], rules: AuthorityRules = { byClass: {} }): string | undefined => resolveAttributes(resolveInput({ records, rules })).assetClass;
  const says = (source: string, assetClass: string, role: SourceRecord['role'] = 'itsm', part: Partial<SourceRecord> = {}): SourceRecord => sourceRecord({ source, role, assetClass, ...part });

  it.each`
    what                                               | records                                                                                          | expected
    ${'nobody says one'}                               | ${[sourceRecord({ source: 'a' })]}                                                               | ${undefined}
    ${'one line: the most specific, of any rank'}      | ${[says('a', 'hardware', 'agent'), says('b', 'server', 'finance')]}                              | ${'server'}
    ${'siblings: authority, technical order'}          | ${[says('a', 'server', 'itsm'), says('b', 'computer', 'agent')]}                                 | ${'computer'}
    ${'siblings: the ancestor decides nothing'}        | ${[says('a', 'server', 'itsm'), says('b', 'computer', 'finance'), says('c', 'hardware', 'agent')]} | ${'server'}
    ${'a hypervisor says virtual'}                     | ${[says('a', 'server', 'agent'), says('b', 'virtual_machine', 'hypervisor')]}                    | ${'virtual_machine'}
    ${'a cloud says volume'}                           | ${[says('a', 'storage', 'agent'), says('b', 'volume', 'cloud')]}                                 | ${'volume'}
    ${'no cloud or hypervisor says so: authority'}     | ${[says('a', 'server', 'agent'), says('b', 'virtual_machine', 'itsm')]}                          | ${'server'}
    ${'an ITSM says virtual, the hypervisor hardware'} | ${[says('a', 'hypervisor', 'hypervisor'), says('b', 'virtual_machine', 'itsm')]}                 | ${'hypervisor'}
    ${'virtual and cloud: authority'}                  | ${[says('a', 'virtual_machine', 'hypervisor'), says('b', 'database', 'cloud')]}                  | ${'virtual_machine'}
    ${'a tombstone of a cloud does not count'}         | ${[says('a', 'server', 'itsm'), says('b', 'virtual_machine', 'cloud', { state: 'tombstoned' })]} | ${'server'}
    ${'equal rank: the newer change'}                  | ${[says('a', 'server', 'itsm', { classChangedAt: 1 }), says('b', 'computer', 'itsm', { classChangedAt: 2 })]} | ${'computer'}
  `('$what', ({ records, expected }) => {
    expect(classOf(records)).toBe(expected);
    expect(classOf([...records].reverse())).toBe(expected);
  });

  it('obeys a rule for class that every candidate shares, and goes stale by it', () => {
    const rules: AuthorityRules = { byClass: { hardware: { class: { order: ['b'], staleAfterMs: DAY } } } };
    const records = [says('a', 'server', 'agent', { confirmedAt: 100 * DAY }), says('b', 'computer', 'finance', { confirmedAt: 99.5 * DAY })];

    expect(resolveAttributes(resolveInput({ records, rules }))).toMatchObject({ assetClass: 'computer', classBecause: 'authority.hardware.class: b; stale after 1d', nextDueAt: 100.5 * DAY });
    expect(resolveAttributes(resolveInput({ records, rules, asOf: 100.5 * DAY })).assetClass).toBe('server');
  });
  it('decides which attribute rules apply', () => {
    const rules: AuthorityRules = { byClass: { server: { owner: { order: ['b'] } } } };
    const records = [says('a', 'hardware', 'finance', { claims: { owner: claim('a') } }), says('b', 'server', 'agent', { claims: { owner: claim('b') } })];

    expect(resolveAttributes(resolveInput({ records, rules })).attributes).toEqual({ owner: 'b' });
  });
});

it('takes attributes by name alone, whatever objects inherit', () => {
  const records = [sourceRecord({ source: 'a', claims: { constructor: claim('x'), toString: claim('y') } }), sourceRecord({ source: 'b', claims: { valueOf: claim('z') } })];

  expect(Object.entries(resolveAttributes(resolveInput({ records })).attributes).sort()).toEqual([['constructor', 'x'], ['toString', 'y'], ['valueOf', 'z']]);
});
