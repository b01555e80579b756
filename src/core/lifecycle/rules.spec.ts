import fc from 'fast-check';
import { ASSET_CLASSES, LIFECYCLE_STAGES, SOURCE_ROLES, type LifecycleStage } from '../../../connectors/sdk/contract/index.js';
import { parseExpression } from '../expressions/parse.js';
import { RULE_FUNCTIONS } from '../expressions/vocabulary.js';
import type { Move } from '../model/lifecycle.js';
import type { SourceRecord } from '../model/source-record.js';
import { claim, DAY, foldInput, HOUR, MINUTE, movedBy, sourceRecord, transition } from '../../../test/support/core-records.js';
import { evaluateRules } from './rules.js';
import type { LifecycleRule, RuleInput } from './rule-types.js';
import { settleStage, type Settled, type SettleInput } from './settle.js';

const when = (text: string): LifecycleRule['when'] => {
  const read = parseExpression(text, { functions: RULE_FUNCTIONS });
  if (!read.ok) throw new Error(JSON.stringify(read.problem));
  return read.expression;
};
const rule = (text: string, to: LifecycleStage, part: Partial<LifecycleRule> = {}): LifecycleRule => ({ name: 'mine', when: when(text), to, ...part });
const input = (part: Partial<Omit<RuleInput, 'fold'>> & { readonly records: readonly SourceRecord[]; readonly stage?: LifecycleStage; readonly since?: number | null; readonly holds?: RuleInput['fold']['holds'] }): RuleInput => {
  const { stage = 'deployed', since = null, holds = [], ...rest } = part;
  return { fold: { stage, since, holds }, classes: ASSET_CLASSES, attributes: {}, moves: [], rules: [], asOf: 10 * DAY, ...rest };
};
const fired = (part: Parameters<typeof input>[0]): string[] => evaluateRules(input(part)).moves.map(({ to, at }) => `${to}@${at / HOUR}`);
const vm = (part: Partial<SourceRecord> = {}): SourceRecord => sourceRecord({ source: 'h', role: 'hypervisor', assetClass: 'virtual_machine', ...part });
const gone = { state: 'tombstoned', tombstonedAt: DAY } as const;
const running = (changedAt: number | null = null): SourceRecord['claims'] => ({ power_state: claim('running', changedAt) });
const terminated = (changedAt: number | null = null): SourceRecord['claims'] => ({ power_state: claim('terminated', changedAt) });

describe('seen running: in use', () => {
  it.each`
    what                                  | part                                                                                        | moves
    ${'first seen running'}               | ${{ records: [vm({ firstRunningAt: 5 * HOUR })] }}                                          | ${['in_use@5']}
    ${'by any record, the first'}         | ${{ records: [vm({ firstRunningAt: 5 * HOUR }), sourceRecord({ source: 'a', firstRunningAt: 3 * HOUR })] }} | ${['in_use@3']}
    ${'a record that is gone ran'}        | ${{ records: [vm({ firstRunningAt: 5 * HOUR, ...gone }), sourceRecord({ source: 'a', role: 'agent' })] }} | ${['in_use@5']}
    ${'never seen running'}               | ${{ records: [vm()] }}                                                                      | ${[]}
    ${'only from deployed'}               | ${{ records: [vm({ firstRunningAt: 5 * HOUR })], stage: 'acquired' }}                       | ${[]}
    ${'running already when deployed'}    | ${{ records: [vm({ firstRunningAt: 5 * HOUR, claims: running(5 * HOUR) })], since: 7 * HOUR }} | ${['in_use@7']}
    ${'started after it was deployed'}    | ${{ records: [vm({ firstRunningAt: 5 * HOUR, claims: running(9 * HOUR) })], since: 7 * HOUR }} | ${['in_use@9']}
    ${'ran once, then was deployed anew'} | ${{ records: [vm({ firstRunningAt: 5 * HOUR })], since: 7 * HOUR }}                         | ${[]}
  `('$what: $moves', ({ part, moves }) => expect(fired(part)).toEqual(moves));

  it('is anchored to the record that ran, and moves from deployed alone', () => {
    const { moves } = evaluateRules(input({ records: [sourceRecord({ source: 'a' }), vm({ firstRunningAt: 5 })] }));

    expect(moves).toMatchObject([{ origin: { kind: 'rule', name: 'built-in:seen-running' }, anchor: 'h/things/1', from: ['deployed'] }]);
  });
});

describe('gone or terminated for a day: retired', () => {
  const agent = (part: Partial<SourceRecord> = {}): SourceRecord => sourceRecord({ source: 'g', role: 'agent', ...part });

  it.each`
    what                                    | records                                                                                 | moves
    ${'gone'}                               | ${[vm(gone)]}                                                                           | ${['retired@48']}
    ${'terminated'}                         | ${[vm({ claims: terminated(30 * HOUR) })]}                                              | ${['retired@54']}
    ${'terminated, read at'}                | ${[vm({ claims: terminated(), terminatedAt: 31 * HOUR })]}                              | ${['retired@55']}
    ${'terminated, then gone'}              | ${[vm({ ...gone, claims: terminated(12 * HOUR) })]}                                     | ${['retired@36']}
    ${'all of them, the last one decides'}  | ${[vm(gone), vm({ source: 'c', role: 'cloud', claims: terminated(50 * HOUR) })]}        | ${['retired@74']}
    ${'one of two is there'}                | ${[vm(gone), vm({ source: 'c', role: 'cloud' })]}                                       | ${[]}
    ${'only unread'}                        | ${[vm({ state: 'unread' })]}                                                            | ${[]}
    ${'an agent sees it'}                   | ${[vm(gone), agent()]}                                                                  | ${[]}
    ${'a discovery sees it'}                | ${[vm(gone), sourceRecord({ source: 'd', role: 'discovery' })]}                         | ${[]}
    ${'an agent saw it longer'}             | ${[vm(gone), agent({ state: 'tombstoned', tombstonedAt: 60 * HOUR })]}                  | ${['retired@60']}
    ${'an ITSM record is no sighting'}      | ${[vm(gone), sourceRecord({ source: 'i', role: 'itsm' }), sourceRecord({ source: 'f', role: 'finance' })]} | ${['retired@48']}
    ${'no cloud or hypervisor ever had it'} | ${[agent({ state: 'tombstoned', tombstonedAt: 0 })]}                                    | ${[]}
  `('$what: $moves', ({ records, moves }) => expect(fired({ records, stage: 'in_use' })).toEqual(moves));

  it('waits out the day, and says when it will be over', () => {
    expect(evaluateRules(input({ records: [vm(gone)], stage: 'in_use', asOf: 2 * DAY - 1 }))).toEqual({ moves: [], nextDueAt: 2 * DAY });
    expect(fired({ records: [vm(gone)], stage: 'in_use', asOf: 2 * DAY })).toEqual(['retired@48']);
    expect(fired({ records: [vm({ claims: terminated(), lastSeenAt: 10 * DAY })], stage: 'in_use' })).toEqual([]);
  });
  it('says so once', () => {
    const { moves } = evaluateRules(input({ records: [vm(gone)], stage: 'in_use' }));

    expect(fired({ records: [vm(gone)], stage: 'acquired', moves })).toEqual([]);
    expect(fired({ records: [vm(gone)], stage: 'retired' })).toEqual([]);
  });
});

describe('virtual and retired for thirty days: disposed', () => {
  it.each`
    assetClass           | since        | asOf         | moves                  | due
    ${'virtual_machine'} | ${DAY}       | ${31 * DAY}  | ${[`disposed@${744}`]} | ${undefined}
    ${'virtual_machine'} | ${DAY}       | ${30 * DAY}  | ${[]}                  | ${31 * DAY}
    ${'volume'}          | ${DAY}       | ${31 * DAY}  | ${[`disposed@${744}`]} | ${undefined}
    ${'virtual_machine'} | ${null}      | ${33 * DAY}  | ${[`disposed@${768}`]} | ${undefined}
    ${'server'}          | ${DAY}       | ${99 * DAY}  | ${[]}                  | ${undefined}
    ${undefined}         | ${DAY}       | ${99 * DAY}  | ${[]}                  | ${undefined}
  `('$assetClass since $since as of $asOf', ({ assetClass, since, asOf, moves, due }) => {
    const asked = { records: [vm({ firstSeenAt: 2 * DAY })], stage: 'retired' as const, since, asOf, assetClass };

    expect(fired(asked)).toEqual(moves);
    expect(evaluateRules(input(asked)).nextDueAt).toBe(due);
  });
});

describe('rules of the configuration', () => {
  const seen = sourceRecord({ source: 'net', role: 'discovery', firstSeenAt: 7 * HOUR });
  const itsm = sourceRecord({ source: 'snow', firstSeenAt: 2 * HOUR });

  it.each`
    what                                     | text                                                | part                                                                  | moves
    ${'a role has seen it'}                  | ${"first_seen_by('discovery')"}                     | ${{ records: [seen, itsm] }}                                          | ${['in_use@7']}
    ${'a source has seen it'}                | ${"first_seen_by('snow')"}                          | ${{ records: [seen, itsm] }}                                          | ${['in_use@2']}
    ${'nobody of that role'}                 | ${"first_seen_by('agent')"}                         | ${{ records: [seen, itsm] }}                                          | ${[]}
    ${'in that stage, since it came there'}  | ${"stage = 'acquired' and first_seen_by('net')"}    | ${{ records: [seen], stage: 'acquired', since: 9 * HOUR }}            | ${['in_use@9']}
    ${'in another stage'}                    | ${"stage = 'acquired' and first_seen_by('net')"}    | ${{ records: [seen], stage: 'requested' }}                            | ${[]}
    ${'seen now'}                            | ${"seen_by('discovery')"}                           | ${{ records: [seen, itsm] }}                                          | ${['in_use@7']}
    ${'not seen any more'}                   | ${"not seen_by('discovery')"}                       | ${{ records: [{ ...seen, ...gone }, itsm] }}                          | ${['in_use@24']}
    ${'absent for long'}                     | ${"absent_for('discovery') >= 2d"}                  | ${{ records: [{ ...seen, ...gone }, itsm] }}                          | ${['in_use@72']}
    ${'absent from everywhere'}              | ${'absent_for() > 2d'}                              | ${{ records: [{ ...seen, ...gone }, itsm] }}                          | ${[]}
    ${'in its stage for long'}               | ${'in_stage_for() >= 3d'}                           | ${{ records: [itsm], since: DAY }}                                    | ${['in_use@96']}
    ${'in its stage since it is known'}      | ${'in_stage_for() >= 3d'}                           | ${{ records: [itsm] }}                                                | ${['in_use@74']}
    ${'a class below'}                       | ${"class = 'hardware'"}                             | ${{ records: [itsm], assetClass: 'server' }}                          | ${['in_use@2']}
    ${'a hold'}                              | ${"holds = 'lost'"}                                 | ${{ records: [itsm], holds: ['lost', 'legal'] }}                      | ${['in_use@2']}
    ${'no hold'}                             | ${"holds = 'lost'"}                                 | ${{ records: [itsm] }}                                                | ${[]}
    ${'an attribute, since it changed'}      | ${"power_state = 'running'"}                        | ${{ records: [itsm], attributes: { power_state: 'running' }, changedAt: () => 6 * HOUR }} | ${['in_use@6']}
    ${'unchanged for long'}                  | ${"unchanged_for('power_state') >= 1d"}             | ${{ records: [itsm], attributes: { power_state: 'stopped' }, changedAt: () => 6 * HOUR }} | ${['in_use@30']}
    ${'a tag'}                               | ${"tags.env = 'prod'"}                              | ${{ records: [itsm], attributes: { tags: { env: 'prod' } } }}         | ${['in_use@2']}
    ${'a list'}                              | ${"ip_addresses = '10.0.0.1'"}                      | ${{ records: [itsm], attributes: { ip_addresses: ['10.0.0.1'] } }}    | ${['in_use@2']}
    ${'a fact beside the attributes'}        | ${'agent_installed'}                                | ${{ records: [{ ...itsm, facts: { agent_installed: true } }] }}       | ${['in_use@2']}
    ${'a fact of the dead'}                  | ${'agent_installed'}                                | ${{ records: [{ ...itsm, ...gone, facts: { agent_installed: true } }] }} | ${[]}
    ${'a fact by its long name'}             | ${'facts.agent_installed'}                          | ${{ records: [{ ...itsm, facts: { agent_installed: true } }] }}       | ${['in_use@2']}
    ${'a source that holds it'}              | ${"source = 'net' and role = 'itsm'"}               | ${{ records: [seen, itsm] }}                                          | ${['in_use@2']}
    ${'a source that holds it no more'}      | ${"source = 'net'"}                                 | ${{ records: [{ ...seen, ...gone }, itsm] }}                          | ${[]}
    ${'a stream, a key'}                     | ${"stream = 'things' and external_id = '1' and id = '1'"} | ${{ records: [itsm] }}                                          | ${['in_use@2']}
    ${'an identifier'}                       | ${"serial = 'S1' and not (mac is known)"}           | ${{ records: [{ ...itsm, identifiers: [{ kind: 'serial', value: 'S1' }] }] }} | ${['in_use@2']}
    ${'a placeholder'}                       | ${'serial is known'}                                | ${{ records: [{ ...itsm, identifiers: [{ kind: 'serial', value: 'NONE', placeholder: true }] }] }} | ${[]}
    ${'a pattern'}                           | ${"name matches 'web'"}                             | ${{ records: [itsm], attributes: { name: 'web1' }, matches: (p: string, t: string) => t.includes(p) }} | ${['in_use@2']}
    ${'a vendor whose clock runs ahead'}     | ${"power_state = 'running'"}                        | ${{ records: [itsm], attributes: { power_state: 'running' }, changedAt: () => 11 * DAY }} | ${['in_use@240']}
  `('$what: $text', ({ text, part, moves }) => expect(fired({ ...part, rules: [rule(text, 'in_use')] })).toEqual(moves));

  it('say when time alone may make them hold', () => {
    const rules = [rule("absent_for('discovery') >= 20d", 'retired')];

    expect(evaluateRules(input({ records: [{ ...seen, ...gone }, itsm], rules })).nextDueAt).toBe(21 * DAY);
  });
  it('with `from` hold since the asset came there; `protected` goes with the move', () => {
    const rules = [rule("first_seen_by('net')", 'in_use', { from: ['maintenance'], protected: true })];

    expect(evaluateRules(input({ records: [seen], rules }))).toEqual({ moves: [] });
    expect(evaluateRules(input({ records: [seen], rules, stage: 'maintenance', since: 30 * HOUR })).moves)
      .toEqual([{ origin: { kind: 'rule', name: 'mine' }, anchor: seen.key, to: 'in_use', at: 30 * HOUR, from: ['maintenance'], leavesProtected: true, reason: 'rule mine' }]);
  });
});

describe('settling', () => {
  const settle = (part: Partial<SettleInput> & Pick<SettleInput, 'records'>): Settled => settleStage({ ...foldInput(part), attributes: {}, lifecycleRules: [], ...part });

  it('goes on until no rule has anything to add', () => {
    const settled = settle({ records: [vm({ firstRunningAt: HOUR, ...gone })], assetClass: 'virtual_machine', asOf: 60 * DAY });

    expect(settled.newMoves.map(({ to, at }) => `${to}@${at / DAY}`)).toEqual([`in_use@${1 / 24}`, 'retired@2', 'disposed@32']);
    expect(settled.fold).toMatchObject({ stage: 'disposed', since: 32 * DAY });
  });
  it('says when to look again', () => {
    expect(settle({ records: [vm(gone)], assetClass: 'virtual_machine', asOf: 1.5 * DAY })).toMatchObject({ fold: { stage: 'deployed' }, newMoves: [], nextDueAt: 2 * DAY });
  });
  it('re-use of hardware is not undone by what its hypervisor no longer has', () => {
    const records = [vm({ ...gone, assetClass: 'hypervisor' }), sourceRecord({ source: 'i', baseline: 'in_use' })];
    const first = settle({ records, asOf: 3 * DAY });

    const again = settle({ records, moves: [...first.newMoves, movedBy(records[1]!, 'acquired', 4 * DAY)], asOf: 9 * DAY });

    expect([first.fold.stage, again.fold.stage, again.newMoves]).toEqual(['retired', 'acquired', []]);
  });
  it('judges what comes later by what came before it, however late it looks', () => {
    const lifecycleRules = [rule('in_stage_for() >= 2d', 'retired', { name: 'a-late' }), rule('in_stage_for() >= 1d', 'maintenance', { name: 'z-early', from: ['in_use'] })];

    expect(settle({ records: [sourceRecord({ source: 'i', baseline: 'in_use' })], lifecycleRules }).newMoves.map(({ to }) => to)).toEqual(['maintenance', 'retired']);
    expect(settle({ records: [sourceRecord({ source: 'i', baseline: 'in_use' })], lifecycleRules }).fold).toMatchObject({ stage: 'maintenance', since: DAY });
  });
  it('cuts rules off that chase each other through time, and says that there is more', () => {
    const chase = [rule('in_stage_for() >= 1h', 'acquired', { name: 'one', from: ['in_use'] }), rule('in_stage_for() >= 1h', 'in_use', { name: 'two', from: ['acquired'] })];
    const asked = { records: [sourceRecord({ source: 'i', baseline: 'in_use' })], lifecycleRules: chase, asOf: 90 * DAY };

    const settled = settle(asked);

    expect(settled.nextDueAt).toBe(90 * DAY + 1);
    expect(settle({ ...asked, moves: settled.newMoves }).newMoves.length).toBeGreaterThan(0);
  });
  it('ends with rules that chase each other at one instant', () => {
    const chase = [rule("stage = 'in_use'", 'acquired', { name: 'one' }), rule("stage = 'acquired'", 'in_use', { name: 'two' })];

    expect(settle({ records: [sourceRecord({ source: 'i', baseline: 'in_use' })], lifecycleRules: chase }).newMoves.length).toBeLessThanOrEqual(2);
  });

  const stage = fc.constantFrom(...LIFECYCLE_STAGES);
  const hours = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max }).map((hour) => hour * HOUR);
  const records = fc.uniqueArray(fc.record({
    source: fc.constantFrom('a', 'b', 'c', 'd'), role: fc.constantFrom(...SOURCE_ROLES), state: fc.constantFrom('live', 'tombstoned'), baseline: stage, tombstonedAt: hours(40), firstRunningAt: hours(40),
    claims: fc.constantFrom({}, running(3 * HOUR), terminated(5 * HOUR)), firstSeenAt: hours(3),
  }, { requiredKeys: ['source', 'role', 'state', 'tombstonedAt', 'claims', 'firstSeenAt'] }), { selector: ({ source }) => source, minLength: 1, maxLength: 4 }).map((parts) => parts.map((part) => sourceRecord(part as Partial<SourceRecord> & { source: string })));
  const lifecycleRules = fc.subarray([rule("stage = 'acquired' and first_seen_by('discovery')", 'deployed'), rule("absent_for('itsm') > 1d", 'retired', { name: 'silent' }), rule('in_stage_for() > 12h', 'maintenance', { name: 'check', from: ['in_use'] })]);
  const world: fc.Arbitrary<SettleInput> = records.chain((given) => fc.record({
    records: fc.constant(given), lifecycleRules, moves: fc.array(fc.record({ to: stage, at: hours(50), record: fc.constantFrom(...given), person: fc.boolean() }), { maxLength: 3 })
      .map((moves) => moves.map(({ to, at, record, person }): Move => (person ? transition(record, to, at) : movedBy(record, to, at)))),
    assetClass: fc.constantFrom('server', 'virtual_machine'), asOf: hours(40).map((at) => at + 50 * HOUR),
  })).map((part) => ({ ...foldInput(part), attributes: {}, lifecycleRules: part.lifecycleRules }));
  const holds = (property: (step: typeof settleStage) => fc.IProperty<unknown>, step: typeof settleStage, numRuns: number): boolean => !fc.check(property(step), { numRuns, endOnFailure: true }).failed;

  const idempotent = (step: typeof settleStage): fc.IProperty<unknown> => fc.property(world, (given) => {
    const first = step(given);
    const second = step({ ...given, moves: [...given.moves, ...first.newMoves] });
    expect([second.newMoves, second.fold, second.nextDueAt]).toEqual([[], first.fold, first.nextDueAt]);
    expect(first.newMoves.every(({ at }) => at <= given.asOf)).toBe(true);
  });
  it('twice adds nothing', () => fc.assert(idempotent(settleStage), { numRuns: 300 }));
  it('would be caught if moves bore the time of evaluation', () => {
    let clock = 0;
    const late: typeof settleStage = (given) => { const settled = settleStage(given); return { ...settled, newMoves: settled.newMoves.map((move) => ({ ...move, at: move.at + (clock += MINUTE) })) }; };

    expect(holds(idempotent, late, 2_000)).toBe(false);
  });

  const laterIsTheSame = (step: typeof settleStage): fc.IProperty<unknown> => fc.property(world, hours(20), (given, more) => {
    const now = step(given);
    if (now.nextDueAt !== undefined && now.nextDueAt <= given.asOf + more) return;
    const later = step({ ...given, asOf: given.asOf + more });
    expect([later.newMoves, later.fold]).toEqual([now.newMoves, now.fold]);
  });
  it('at any instant before it is due gives the same', () => fc.assert(laterIsTheSame(settleStage), { numRuns: 300 }));
  it('would be caught if it did not say when it is due', () => {
    expect(holds(laterIsTheSame, (given) => { const { nextDueAt: _, ...settled } = settleStage(given); return settled; }, 2_000)).toBe(false);
  });
});
