import { evaluate, instantAt, nearest, nearMiss, nextTurnAt, parseExpression, printExpression, RULE_CLOCKS, RULE_FUNCTIONS } from './index.js';
import type { DatedFacts, Expression, FactValue, NameSpec, ParseOptions } from './index.js';

const NAMES: Readonly<Record<string, NameSpec>> = {
  class: { type: 'text', values: ['hardware', 'server', 'computer', 'virtual_machine'] }, stage: { type: 'text', values: ['acquired', 'deployed', 'in_use'] },
  power_state: { type: 'text' }, location: { type: 'text' }, cpu_count: { type: 'number' }, ip_addresses: { type: 'list' },
  warranty_expires_on: { type: 'day' }, 'tags.*': { type: 'text' }, is_shared: { type: 'boolean' }, rack_units: { type: 'any' },
};
const OPTIONS: ParseOptions = { names: NAMES, functions: RULE_FUNCTIONS, compile: (pattern) => (pattern.includes('(?=') ? 'look-ahead is not supported' : undefined) };
const DAY = 86_400_000;
const AS_OF = Date.parse('2026-11-24T12:00:00Z');

const parsed = (text: string): Expression => {
  const result = parseExpression(text, OPTIONS);
  if (!result.ok) throw new Error(`${text}: ${JSON.stringify(result.problem)}`);
  return result.expression;
};
const facts = (values: Record<string, FactValue>, calls: Record<string, FactValue> = {}, dated: Partial<DatedFacts> = {}): DatedFacts => ({
  get: (name) => values[name], call: (fn, args) => calls[[fn, ...args].join(' ')], asOf: AS_OF,
  isA: (assetClass, ancestor) => assetClass === ancestor || (ancestor === 'hardware' && ['server', 'computer'].includes(assetClass)),
  matches: (pattern, text) => new RegExp(pattern).test(text), ...dated,
});

describe('parseExpression', () => {
  it.each`
    text                                                         | printed
    ${"stage = 'acquired' and first_seen_by('discovery')"}       | ${"stage = 'acquired' and first_seen_by('discovery')"}
    ${'stage="in_use" or (location is not known)'}               | ${"stage = 'in_use' or not location is known"}
    ${"not (cpu_count > 4 and cpu_count<=8)"}                    | ${'not (cpu_count > 4 and cpu_count <= 8)'}
    ${"(location = 'a' or location = 'b') and cpu_count = -1.5"} | ${"(location = 'a' or location = 'b') and cpu_count = -1.5"}
    ${"absent_for() > 24h AND absent_for('cloud') >= 90s"}       | ${"absent_for() > 1d and absent_for('cloud') >= 90s"}
    ${"class not in ['server', 'computer']"}                     | ${"not class in ['server', 'computer']"}
    ${"tags.cost-center matches '^web-\\d+$'"}                   | ${"tags.cost-center matches '^web-\\d+$'"}
    ${"location = 'O''Fallon'"}                                  | ${"location = 'O''Fallon'"}
    ${'location = "it\'s"'}                                      | ${"location = 'it''s'"}
    ${'is_shared and not is_shared = false'}                     | ${'is_shared and not is_shared = false'}
    ${'until(warranty_expires_on) < 90d'}                        | ${'until(warranty_expires_on) < 90d'}
  `('reads $text', ({ text, printed }: { text: string; printed: string }) => {
    const expression = parsed(text);

    expect(printExpression(expression)).toBe(printed);
    expect(parsed(printed)).toEqual(expression);
  });

  it.each`
    text                                       | offset | found                   | expected                                                | suggestion
    ${''}                                      | ${0}   | ${'the end'}            | ${'a name, a function'}                                 | ${undefined}
    ${"stage == 'acquired'"}                   | ${6}   | ${'=='}                 | ${'"="'}                                                | ${'='}
    ${"stage = 'acquired' && is_shared"}       | ${19}  | ${'&&'}                 | ${'"and"'}                                              | ${'and'}
    ${"stage = 'acquird'"}                     | ${8}   | ${"'acquird'"}          | ${'one of acquired, deployed, in_use'}                  | ${'acquired'}
    ${"stag = 'acquired'"}                     | ${0}   | ${'stag'}               | ${'a known name'}                                       | ${'stage'}
    ${'stage = acquired'}                      | ${8}   | ${'acquired'}           | ${'a text stands in quotes'}                            | ${undefined}
    ${"class in ['server', 'compter']"}        | ${20}  | ${"'compter'"}          | ${'one of hardware'}                                    | ${'computer'}
    ${'absent_for() > 24'}                     | ${15}  | ${'24'}                 | ${'a duration such as 30s'}                             | ${undefined}
    ${'absent_for() > 24x'}                    | ${15}  | ${'24x'}                | ${'a duration such as 30s'}                             | ${undefined}
    ${"first_sen_by('cloud')"}                 | ${0}   | ${'first_sen_by('}      | ${'one of the functions'}                               | ${'first_seen_by'}
    ${'first_seen_by()'}                       | ${14}  | ${'0 arguments'}        | ${'first_seen_by(text)'}                                | ${undefined}
    ${"first_seen_by('a', 'b')"}               | ${19}  | ${"'b'"}                | ${'first_seen_by(text)'}                                | ${undefined}
    ${'first_seen_by(3)'}                      | ${14}  | ${'3'}                  | ${'a text in quotes'}                                   | ${undefined}
    ${'absent_for > 3d'}                       | ${0}   | ${'absent_for'}         | ${'it is a function'}                                   | ${'absent_for()'}
    ${"cpu_count = 'four'"}                    | ${12}  | ${"'four'"}             | ${'a number'}                                           | ${undefined}
    ${"location = 'a' adn cpu_count = 1"}      | ${15}  | ${'adn'}                | ${'"and", "or" or the end'}                             | ${'and'}
    ${'location is knwon'}                     | ${12}  | ${'knwon'}              | ${'"known" or "not known"'}                             | ${'known'}
    ${'(is_shared'}                            | ${10}  | ${'the end'}            | ${'")"'}                                                | ${undefined}
    ${"location = 'open"}                      | ${11}  | ${"' without its end"}  | ${"a closing '"}                                        | ${undefined}
    ${'location'}                              | ${8}   | ${'location alone'}     | ${'a comparison'}                                       | ${undefined}
    ${"location matches '(?=x)'"}              | ${17}  | ${"'(?=x)'"}            | ${'RE2: no look-around'}                                | ${undefined}
    ${'ip_addresses < 3'}                      | ${15}  | ${'3'}                  | ${'a text in quotes to compare with'}                   | ${undefined}
    ${"warranty_expires_on < '24.11.2026'"}    | ${22}  | ${"'24.11.2026'"}       | ${'a date such as'}                                     | ${undefined}
    ${'cpu_count in []'}                       | ${14}  | ${']'}                  | ${'a value'}                                            | ${undefined}
    ${'a § b'}                                 | ${2}   | ${'§'}                  | ${'a name, a value or an operator'}                     | ${undefined}
    ${'constructor = 1'}                       | ${0}   | ${'constructor'}        | ${'a known name'}                                       | ${undefined}
    ${'__proto__()'}                           | ${0}   | ${'__proto__('}         | ${'one of the functions'}                               | ${undefined}
  `('refuses $text', ({ text, offset, found, expected, suggestion }: { text: string; offset: number; found: string; expected: string; suggestion?: string }) => {
    const result = parseExpression(text, OPTIONS);

    expect(result).toEqual({ ok: false, problem: { offset, found, expected: expect.stringContaining(expected), ...(suggestion !== undefined && { suggestion }) } });
  });

  it('admits names of one’s own where that is asked for, but no slips and no texts without quotes', () => {
    const open: ParseOptions = { ...OPTIONS, open: true };

    expect(parseExpression("rack = 'R1'", open).ok).toBe(true);
    expect(parseExpression("locaton = 'R1'", open)).toMatchObject({ ok: false, problem: { offset: 0, suggestion: 'location' } });
    expect(parseExpression('stage = retired_long_ago', open)).toMatchObject({ ok: false, problem: { offset: 8 } });
    expect(parseExpression('absent_for > 3d', open)).toMatchObject({ ok: false, problem: { suggestion: 'absent_for()' } });
  });

  it.each`
    name            | near                | miss
    ${'incremantal'} | ${'incremental'}   | ${'incremental'}
    ${'client_secret'} | ${'clientSecret'} | ${'clientSecret'}
    ${'hsot'}       | ${'host'}           | ${'host'}
    ${'owner_id'}   | ${'owner'}          | ${undefined}
    ${'zzzzzz'}     | ${undefined}        | ${undefined}
    ${'x'}          | ${undefined}        | ${undefined}
  `('nearest to $name is $near, a slip of $miss', ({ name, near, miss }: { name: string; near?: string; miss?: string }) => {
    const known = ['incremental', 'clientSecret', 'host', 'owner', 'full'];

    expect(nearest(name, known)).toBe(near);
    expect(nearMiss(name, known)).toBe(miss);
  });

  it('bounds length and depth', () => {
    const nested = (levels: number): string => `${'('.repeat(levels)}is_shared${')'.repeat(levels)}`;

    expect(parseExpression(nested(32), OPTIONS).ok).toBe(true);
    expect(parseExpression(nested(33), OPTIONS)).toMatchObject({ ok: false, problem: { found: 'nesting deeper than 32' } });
    expect(parseExpression('not '.repeat(33) + 'is_shared', OPTIONS)).toMatchObject({ ok: false });
    expect(parseExpression('is_shared'.padEnd(1_000), OPTIONS).ok).toBe(true);
    expect(parseExpression('is_shared'.padEnd(1_001), OPTIONS)).toMatchObject({ ok: false, problem: { offset: 1_000, found: '1001 characters' } });
  });
});

describe('evaluate', () => {
  it.each`
    text                                       | values                                         | holds
    ${"class = 'hardware'"}                    | ${{ class: 'server' }}                         | ${true}
    ${"class != 'hardware'"}                   | ${{ class: 'server' }}                         | ${false}
    ${"class = 'server'"}                      | ${{ class: 'hardware' }}                       | ${false}
    ${"class in ['hardware']"}                 | ${{ class: 'computer' }}                       | ${true}
    ${"'hardware' = class"}                    | ${{ class: 'computer' }}                       | ${true}
    ${"not location = 'Berlin'"}               | ${{}}                                          | ${false}
    ${"location != 'Berlin'"}                  | ${{}}                                          | ${false}
    ${"location != 'Berlin'"}                  | ${{ location: null }}                          | ${false}
    ${'location is not known'}                 | ${{ location: null }}                          | ${true}
    ${"location = 'x' or cpu_count = 2"}       | ${{ cpu_count: 2 }}                            | ${true}
    ${"location = 'x' and cpu_count = 3"}      | ${{ cpu_count: 2 }}                            | ${false}
    ${"not (location = 'x' and cpu_count = 3)"} | ${{ cpu_count: 2 }}                           | ${true}
    ${"ip_addresses = '10.0.0.1'"}             | ${{ ip_addresses: ['10.0.0.2', '10.0.0.1'] }}  | ${true}
    ${"ip_addresses != '10.0.0.1'"}            | ${{ ip_addresses: ['10.0.0.2', '10.0.0.1'] }}  | ${false}
    ${"ip_addresses matches '^192'"}           | ${{ ip_addresses: ['10.0.0.2'] }}              | ${false}
    ${'rack_units > 2'}                        | ${{ rack_units: '4' }}                         | ${true}
    ${'rack_units > 2'}                        | ${{ rack_units: 'four' }}                      | ${false}
    ${'not rack_units > 2'}                    | ${{ rack_units: 'four' }}                      | ${false}
    ${"warranty_expires_on < '2027-01-01'"}    | ${{ warranty_expires_on: '2026-12-31' }}       | ${true}
    ${'until(warranty_expires_on) < 38d'}      | ${{ warranty_expires_on: '2026-12-31' }}       | ${true}
    ${'until(warranty_expires_on) < 36d'}      | ${{ warranty_expires_on: '2026-12-31' }}       | ${false}
    ${'until(warranty_expires_on) < 36d'}      | ${{ warranty_expires_on: 'soon' }}             | ${false}
    ${'is_shared'}                             | ${{ is_shared: true }}                         | ${true}
    ${'is_shared = true'}                      | ${{ is_shared: 'true' }}                       | ${true}
    ${'not is_shared'}                         | ${{}}                                          | ${false}
  `('$text on $values: $holds', ({ text, values, holds }: { text: string; values: Record<string, FactValue>; holds: boolean }) => {
    expect(evaluate(parsed(text), facts(values))).toBe(holds);
  });

  it('asks functions with the values of their arguments', () => {
    const known = facts({ stage: 'acquired' }, { 'first_seen_by discovery': true, absent_for: 25 * 3_600_000 });

    expect(evaluate(parsed("stage = 'acquired' and first_seen_by('discovery')"), known)).toBe(true);
    expect(evaluate(parsed("first_seen_by('cloud')"), known)).toBe(false);
    expect(evaluate(parsed('absent_for() > 24h'), known)).toBe(true);
    expect(evaluate(parsed('absent_for() > 26h'), known)).toBe(false);
  });
});

describe('instantAt', () => {
  const since = AS_OF - 3 * DAY;
  const dated = (absent: number): DatedFacts => facts({ power_state: 'terminated', location: 'x' }, { absent_for: absent }, { since: (name) => (name === 'power_state' ? since : undefined) });

  it.each`
    text                                                    | absentDays | at
    ${'absent_for() >= 1d'}                                 | ${3}       | ${AS_OF - 2 * DAY}
    ${'absent_for() > 1d'}                                  | ${3}       | ${AS_OF - 2 * DAY + 1}
    ${'1d <= absent_for()'}                                 | ${3}       | ${AS_OF - 2 * DAY}
    ${'absent_for() >= 1d'}                                 | ${0.5}     | ${undefined}
    ${"power_state = 'terminated'"}                         | ${3}       | ${since}
    ${"power_state = 'terminated' and absent_for() >= 1d"}  | ${3}       | ${AS_OF - 2 * DAY}
    ${"power_state = 'terminated' or absent_for() >= 1d"}   | ${3}       | ${since}
    ${"not power_state = 'running' and absent_for() >= 2d"} | ${3}       | ${AS_OF - 1 * DAY}
    ${'not absent_for() < 1d'}                              | ${3}       | ${AS_OF - 2 * DAY}
    ${"location = 'x'"}                                     | ${3}       | ${undefined}
  `('$text, absent $absentDays d', ({ text, absentDays, at }: { text: string; absentDays: number; at?: number }) => {
    expect(instantAt(parsed(text), dated(absentDays * DAY), RULE_CLOCKS)).toBe(at);
  });

  it.each`
    text                                     | absentDays | turnsIn
    ${'absent_for() >= 1d'}                  | ${0.5}     | ${0.5 * DAY}
    ${'absent_for() > 1d'}                   | ${0.5}     | ${0.5 * DAY + 1}
    ${'absent_for() > 1d'}                   | ${2}       | ${undefined}
    ${"location = 'x'"}                      | ${1}       | ${undefined}
    ${"until('2026-11-25') < 1h"}            | ${1}       | ${11 * 3_600_000 + 1}
    ${'absent_for() > 9d or absent_for()>3d'} | ${2}      | ${DAY + 1}
  `('$text, absent $absentDays d, may turn in $turnsIn ms', ({ text, absentDays, turnsIn }: { text: string; absentDays: number; turnsIn?: number }) => {
    expect(nextTurnAt(parsed(text), dated(absentDays * DAY), RULE_CLOCKS)).toBe(turnsIn === undefined ? undefined : AS_OF + turnsIn);
  });
});
