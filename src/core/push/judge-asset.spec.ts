import { ASSET_CLASSES, type AttributeValue, type LifecycleStage, type StageCodes } from '../../../connectors/sdk/contract/index.js';
import { judgeTarget, type JudgeInput, type TargetRecord } from './judge-asset.js';
import type { Agreed, StreamRules, TargetRules } from './push-types.js';

const CODES: Readonly<Partial<Record<LifecycleStage, string>>> = { acquired: '2', deployed: '3', in_use: '3', maintenance: '4', retired: '7' };
const agreed = (value: unknown, shown: unknown = value): Agreed => ({ value, shown, origin: 'written' });
const STREAM: StreamRules = { stream: 'cis', attributes: new Set(['location', 'serial_number', 'asset_tag']), codesFor: (stage) => (CODES[stage] === undefined ? undefined : { status: CODES[stage] as string }), spell: (_attribute, value) => value };

function judge({ target = {}, record = {}, asset = {}, records, ...rest }: { readonly target?: Partial<TargetRules>; readonly record?: Partial<TargetRecord>; readonly asset?: Partial<JudgeInput['asset']>; readonly records?: readonly TargetRecord[] } & Partial<Pick<JudgeInput, 'moveIsOpen'>> = {}) {
  return judgeTarget({
    asset: { id: 'a1', assetClass: 'server', stage: 'retired', stageSince: 0, holds: [], attributes: { location: 'Berlin', serial_number: 'S1' }, ...asset },
    target: { target: 'crm', role: 'itsm', speaks: 'none', fields: ['stage', 'location'], creates: false, createsClasses: ['hardware'], onConflict: { default: 'hold' }, onDrift: {}, streams: new Map([['cis', STREAM]]), ...target },
    records: records ?? [inTarget(record)], classes: ASSET_CLASSES, moveIsOpen: false, since: () => null, matches: () => false, asOf: 0, ...rest,
  });
}

function inTarget(more: Partial<TargetRecord> = {}, shown: Readonly<Record<string, AttributeValue | null>> = { location: 'Berlin', serial_number: 'S1' }): TargetRecord {
  return {
    key: 'crm/cis/1', stream: 'cis', externalId: '1', state: 'live', isHeld: false, codes: { status: '3' }, stage: 'in_use', shown, changedAt: {}, claims: new Set(),
    agreed: new Map([['stage', agreed('in_use', { status: '3' })], ['location', agreed('Berlin')]]), ...more,
  };
}

const NOTHING = { writes: [], creates: false, agreed: [], align: [], holds: [] };
const coded = (status: string, stage?: LifecycleStage): Partial<TargetRecord> => ({ codes: { status } as StageCodes, ...(stage && { stage }) });

describe('what a target owes an asset', () => {
  it('writes every status field together, with what stood there before', () => {
    expect(judge().writes).toEqual([{ key: 'crm/cis/1', stream: 'cis', externalId: '1', stage: { stage: 'retired', codes: { status: '7' } }, fields: [], differences: [{ field: 'stage', before: { status: '3' }, after: { status: '7' }, because: 'changed here' }] }]);
  });

  it.each(['tombstoned', 'unread', 'pending', 'withdrawn'] as const)('leaves a record that is %s alone', (state) => {
    expect(judge({ record: { state } })).toEqual(NOTHING);
  });

  it.each([
    ['of another class', { target: { classes: ['virtual_machine'] } }],
    ['whose class is not known', { target: { classes: ['hardware'] }, asset: { assetClass: undefined } }],
    ['in a stream that it does not write', { record: { stream: 'contracts' } }],
  ])('leaves an asset %s alone', (_what, given) => {
    expect(judge(given as Parameters<typeof judge>[0])).toEqual(NOTHING);
  });

  it('takes a class with its descendants', () => {
    expect(judge({ target: { classes: ['hardware'] } }).writes).toHaveLength(1);
  });

  it('waits while the latest version is held', () => {
    expect(judge({ record: { isHeld: true } })).toMatchObject({ writes: [], waits: { kind: 'held' } });
  });

  it('waits for a person where its own move was skipped, for every field', () => {
    expect(judge({ moveIsOpen: true, asset: { attributes: { location: 'Bonn' } } })).toMatchObject({ waits: { kind: 'open_move' } });
  });

  it('never overwrites a stage that nobody can read', () => {
    const { stage: _stage, ...silent } = inTarget({ ...coded('77') });
    expect(judge({ records: [silent] })).toMatchObject({ writes: [], waits: { kind: 'unreadable' } });
  });

  it('waits where the target has no word for our stage', () => {
    expect(judge({ asset: { stage: 'disposed' } })).toMatchObject({ writes: [], waits: { kind: 'untold' } });
  });

  it('agrees with a coarse word that it would write for the stage', () => {
    expect(judge({ asset: { stage: 'deployed' }, record: { ...coded('3', 'in_use'), agreed: new Map([['location', agreed('Berlin')]]) } })).toMatchObject({ writes: [], agreed: [{ field: 'stage', agreed: { value: 'deployed', shown: { status: '3' } } }] });
  });

  it('writes nothing at all while one field of one record has never been agreed', () => {
    const first = inTarget();
    const second = inTarget({ key: 'crm/cis/2', externalId: '2', agreed: new Map([['stage', agreed('in_use', { status: '3' })]]) }, { location: 'Bonn' });
    const verdict = judge({ records: [first, second] });
    expect(verdict.waits?.kind).toBe('alignment');
    expect(verdict.align).toEqual([{ key: 'crm/cis/2', differences: [{ field: 'location', before: 'Bonn', after: 'Berlin', because: 'never agreed' }] }]);
  });

  it.each([
    ['differs', 'S2', 0], ['is empty', '', 1], ['is not there', null, 1],
  ] as const)('pushes what identifies a record only where none stands: %s', (_what, shown, writes) => {
    const record = inTarget({ ...coded('7', 'retired'), agreed: new Map([['stage', agreed('retired', { status: '7' })], ['serial_number', agreed('S0', shown)]]) }, { serial_number: shown });
    expect(judge({ target: { fields: ['serial_number'] }, records: [record] }).writes).toHaveLength(writes);
  });

  it.each([
    ['hold where it may claim the field', new Set(['location']), {}, 'holds'],
    ['ours where it may not', new Set<string>(), {}, 'writes'],
    ['as configured', new Set<string>(), { location: 'hold' }, 'holds'],
    ['as configured for all', new Set(['location']), { default: 'ours' }, 'writes'],
  ] as const)('answers drift: %s', (_what, claims, onDrift, where) => {
    const verdict = judge({ asset: { stage: 'in_use' }, target: { onDrift }, records: [inTarget({ claims }, { location: 'Bonn' })] });
    expect([verdict.holds.length, verdict.writes.length]).toEqual(where === 'holds' ? [1, 0] : [0, 1]);
  });

  it('answers drift of a stage with ours, whatever other fields are answered with', () => {
    const drifted = inTarget({ agreed: new Map([['stage', agreed('retired', { status: '7' })], ['location', agreed('Berlin')]]) });
    expect(judge({ records: [drifted], target: { onDrift: { default: 'hold' } } }).writes).toHaveLength(1);
    expect(judge({ records: [drifted], target: { onDrift: { stage: 'hold' } } })).toMatchObject({ writes: [], holds: [{ of: 'drift', difference: { field: 'stage' } }] });
    // A speaker's drift was a move, and the fold did not follow it.
    for (const speaks of ['all', ['in_use']] as const) expect(judge({ records: [drifted], target: { speaks, onDrift: { stage: 'hold' } } }).writes).toHaveLength(1);
  });

  it.each([['in_use', 'server', true], ['retired', 'server', false], ['disposed', 'server', false], ['in_use', 'virtual_machine', false]] as const)('creates what is %s and a %s: %s', (stage, assetClass, creates) => {
    expect(judge({ records: [], asset: { stage, assetClass }, target: { creates: true } }).creates).toBe(creates);
  });

  it('creates nothing again where a record of the asset was deleted', () => {
    expect(judge({ asset: { stage: 'in_use' }, target: { creates: true }, record: { state: 'tombstoned' } })).toEqual(NOTHING);
  });
});
