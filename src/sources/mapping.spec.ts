import type { Mapping, StageReading } from '../../connectors/sdk/contract/index.js';
import { mapped } from '../../connectors/sdk/mapping/index.js';
import type { MappingRule, SourceSettings } from '../config/types.js';
import { createMatcher, spellingsOf, StreamMapping } from './mapping.js';

const apply = async (rules: Record<string, Partial<MappingRule> | null>, raw: object, claims: Record<string, any> = {}, references = {}) => {
  const filled = Object.fromEntries(Object.entries(rules).map(([attribute, rule]) => [attribute, rule && { unknown: attribute === 'stage' ? 'hold' : 'keep', ...(rule.from !== undefined && /^[\w.]+$/.test(rule.from) && { path: rule.from.split('.') }), ...rule }]));
  const mapping = new StreamMapping({ mapping: { records: filled }, push: { enabled: false, fields: [] } } as unknown as SourceSettings, 'records', spellingsOf(references));
  return mapping.apply(raw, mapped({ kind: 'asset', externalId: '1', assetClass: 'computer', identifiers: [], claims }));
};
const claimsOf = async (...args: Parameters<typeof apply>) => {
  const result = await apply(...args);
  return result.ok && 'record' in result && result.record.kind === 'asset' ? result.record.claims : result;
};

it('reads plain paths and JSONata', async () => {
  expect(await claimsOf({ location: { from: 'site.name' }, owner: { from: '$lowercase(contact.mail)' } }, { site: { name: 'Berlin' }, contact: { mail: 'A@B.C' } })).toMatchObject({ location: 'Berlin', owner: 'a@b.c' });
});

it('does not claim what is mapped to null, nor its identifier', async () => {
  const result = await apply({ serial_number: null, owner: null }, {}, { serial_number: 'S1', owner: 'a@b.c', name: 'pc' });

  expect(result).toMatchObject({ ok: true, record: { claims: { name: 'pc' }, identifiers: [] } });
  expect(await claimsOf({ owner: null }, {}, { owner: 'a@b.c' })).toEqual({});
});

it('takes another field as serial, and its identifier with it', async () => {
  expect(await apply({ serial_number: { from: 'u_serial' } }, { u_serial: 'S2' }, { serial_number: 'S1' })).toMatchObject({ record: { claims: { serial_number: 'S2' }, identifiers: [{ kind: 'serial', value: 'S2' }] } });
});

it('adds references to other systems to those that the connector knows, and takes none that names no record', async () => {
  const apply = async (raw: object) => {
    const mapping = new StreamMapping({ mapping: { records: { external_ref: { from: '"aws/instances/" & correlation_id', unknown: 'keep' } } }, push: { enabled: false, fields: [] } } as unknown as SourceSettings, 'records', new Map());
    const result = await mapping.apply(raw, mapped({ kind: 'asset', externalId: '1', identifiers: [{ kind: 'external_ref', value: 'sn/assets/7' }], claims: {} }));
    return result.ok && 'record' in result && result.record.kind === 'asset' ? result.record.identifiers.map(({ value }) => value) : result;
  };

  expect(await apply({ correlation_id: 'arn:aws:ec2:x:1:instance/i-1' })).toEqual(['sn/assets/7', 'aws/instances/arn:aws:ec2:x:1:instance/i-1']);
  // else the two or three records without one would all be one asset
  expect(await apply({ correlation_id: '' })).toEqual(['sn/assets/7']);
});

it.each`
  unknown      | outcome
  ${'keep'}    | ${{ ok: true, record: { claims: { location: 'XYZ' } } }}
  ${'default'} | ${{ ok: true, record: { claims: { location: 'Elsewhere' } } }}
  ${'hold'}    | ${{ ok: true, held: [{ attribute: 'location', value: 'XYZ' }] }}
  ${'fail'}    | ${{ ok: false, externalId: '1', reason: expect.stringContaining('"XYZ"') }}
`('an unlisted value with unknown: $unknown', async ({ unknown, outcome }) => {
  expect(await apply({ location: { from: 'loc', values: { BLN: 'Berlin' }, unknown, default: 'Elsewhere' } }, { loc: 'XYZ' })).toMatchObject(outcome);
});

it.each`
  attribute         | value                                         | claimed
  ${'cost'}         | ${696291}                                     | ${696291}
  ${'cost'}         | ${'696291'}                                   | ${696291}
  ${'cost'}         | ${19.99 * 100}                                | ${1999}
  ${'cost'}         | ${'-5'}                                       | ${-5}
  ${'mac_addresses'} | ${'00-50-56-AA-BB-01, 0050.56aa.bb02'}       | ${['00:50:56:aa:bb:01', '00:50:56:aa:bb:02']}
  ${'mac'}          | ${['00-50-56-AA-BB-01']}                      | ${['00:50:56:aa:bb:01']}
  ${'ip_addresses'} | ${['FE80::1%eth0', '10.0.0.1/24']}            | ${['10.0.0.1', 'fe80::1']}
  ${'power_state'}  | ${' Running '}                                | ${'running'}
  ${'currency'}     | ${'eur'}                                      | ${'EUR'}
  ${'tags'}         | ${{ tier: 1, env: 'prod', gone: null }}       | ${{ tier: '1', env: 'prod' }}
  ${'purchase_date'} | ${'2026-01-31 00:00:00'}                     | ${'2026-01-31'}
`('claims $attribute from $value as the vocabulary has it', async ({ attribute, value, claimed }) => {
  const made: any = await claimsOf({ [attribute]: { from: 'a' } }, { a: value });

  expect(made[attribute === 'mac' ? 'mac_addresses' : attribute]).toEqual(claimed);
});

it.each`
  attribute         | value             | words
  ${'cost'}         | ${'6962.91'}      | ${'cost: "6962.91" is no whole number of minor units (cents)'}
  ${'cost'}         | ${12.5}           | ${'cost: 12.5 is no whole number of minor units (cents)'}
  ${'power_state'}  | ${'Powered on'}   | ${'power_state: "Powered on" is none of running, stopped, suspended, terminated'}
  ${'purchase_date'} | ${'31.12.2026'}  | ${'purchase_date: "31.12.2026" is no ISO 8601 date'}
  ${'mac_addresses'} | ${'zz'}          | ${'mac_addresses: "zz" holds no address'}
  ${'memory_mb'}    | ${'lots'}         | ${'memory_mb: "lots" is no whole number'}
  ${'currency'}     | ${'Euro'}         | ${'currency: "Euro" is no code of ISO 4217'}
  ${'tags'}         | ${'a=b'}          | ${'tags: "a=b" is no object of texts'}
  ${'vendor'}       | ${{ name: 'x' }}  | ${'vendor: {"name":"x"} is no text'}
`('claims nothing of $attribute from $value, and says so', async ({ attribute, value, words }) => {
  expect(await apply({ [attribute]: { from: 'a' } }, { a: value }, { name: 'pc' })).toMatchObject({ ok: true, record: { claims: { name: 'pc' } }, notes: [`mapping of ${words} and is not claimed`] });
});

it('keeps what the connector noted, and notes nothing of what is not said', async () => {
  const noted: Mapping = { ...mapped({ kind: 'asset', externalId: '1', identifiers: [], claims: {} }), notes: ['cut'] } as Mapping;

  expect(await new StreamMapping({ mapping: { records: { cost: { path: ['a'], from: 'a', unknown: 'keep' } } }, push: { enabled: false, fields: [] } } as unknown as SourceSettings, 'records', new Map()).apply({ a: '' }, noted)).toMatchObject({ ok: true, notes: ['cut'] });
  expect(await apply({ cost: { from: 'a' } }, {})).not.toHaveProperty('notes');
});

it('translates listed values', async () => expect(await claimsOf({ location: { from: 'loc', values: { BLN: 'Berlin' } } }, { loc: 'BLN' })).toEqual({ location: 'Berlin' }));

it('maps stages, and holds an unknown one without a stage', async () => {
  expect(await apply({ stage: { from: 'state', values: { live: 'in_use' } } }, { state: 'live' })).toMatchObject({ record: { stage: { raw: { state: 'live' }, stage: 'in_use' } } });
  const held = await apply({ stage: { from: 'state', values: { live: 'in_use' } } }, { state: 'odd' });

  expect(held).toMatchObject({ held: [{ attribute: 'stage', value: 'odd' }], record: { stage: { raw: { state: 'odd' } } } });
  expect((held as any).record.stage.stage).toBeUndefined();
});

it('adds stages to those that the connector reads itself', async () => {
  const apply = async (raw: object, stage: StageReading | undefined, unknown: MappingRule['unknown'] = 'hold') => {
    const mapping = new StreamMapping({ mapping: { records: { stage: { from: 'state', path: ['state'], values: { 42: 'in_use' }, unknown, ...(unknown === 'default' && { default: 'acquired' }) } } }, push: { enabled: false, fields: [] } } as unknown as SourceSettings, 'records', new Map());
    return mapping.apply(raw, mapped({ kind: 'asset', externalId: '1', identifiers: [], claims: {}, ...(stage && { stage }) }));
  };
  const read: StageReading = { raw: { state: '7' }, stage: 'retired' };
  const unread: StageReading = { raw: { state: '99' } };

  expect(await apply({ state: '42' }, { raw: { state: '42' } })).toMatchObject({ record: { stage: { raw: { state: '42' }, stage: 'in_use' } } });
  expect(await apply({ state: '7' }, read)).toMatchObject({ record: { stage: read } });
  expect(await apply({}, read, 'keep')).toMatchObject({ record: { stage: read } });
  expect(await apply({ state: '99' }, unread)).toMatchObject({ held: [{ attribute: 'stage', value: '99' }] });
  expect(await apply({ state: '7' }, read, 'default')).toMatchObject({ record: { stage: { stage: 'acquired' } } });
  expect(await apply({ state: '7' }, read, 'fail')).toMatchObject({ ok: false });
});

it('spells the same place one way', async () => expect(await claimsOf({}, {}, { location: ' berlin hq ' }, { locations: { Berlin: ['BLN', 'Berlin HQ'] } })).toEqual({ location: 'Berlin' }));

it.each([['a recursion', '($f := function($n) { $f($n + 1) }; $f(0))'], ['a tail loop', '($f := function($n) { $n > 1e9 ? $n : $f($n + 1) }; $f(0))'], ['an evil pattern', '$match(text, /^(a+)+$/)']])('ends %s within its limits', async (_, from) => {
  const started = Date.now();

  const result = await apply({ description: { from } }, { text: `${'a'.repeat(40)}!` });

  expect(Date.now() - started).toBeLessThan(10_000);
  expect(result.ok === false || result.ok === true).toBe(true);
  if (!result.ok) expect(result.reason).toMatch(/^mapping of description: /);
});

it.each(['constructor.name', '__proto__.polluted', '$constructor', 'toString'])('does not reach %s of a record', async (from) => expect(await claimsOf({ description: { from } }, { a: 1 })).toEqual({}));

it('matches in linear time', () => {
  const matches = createMatcher();

  expect(matches('^web-\\d+', 'web-01')).toBe(true);
  expect(matches('(a+)+$', `${'a'.repeat(5_000)}!`)).toBe(false);
});
