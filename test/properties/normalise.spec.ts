import fc from 'fast-check';
import { IDENTIFIER_KINDS, type IdentifierKind } from '../../connectors/sdk/contract/index.js';
import { normaliseMaker } from '../../src/core/reconcile/makers.js';
import { normaliseIdentifier } from '../../src/core/reconcile/normalise.js';
import { parameters } from '../support/property-runs.js';

type Normalise = typeof normaliseIdentifier;
const EVERYDAY = 300;

const hex = (length: number): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const code = fc.string({ unit: fc.constantFrom(...'ABCXYZO0123456789'), minLength: 1, maxLength: 14 });
const label = fc.string({ unit: fc.constantFrom(...'abcxyz0123456789'), minLength: 1, maxLength: 10 }).filter((text) => /[a-z]/.test(text));
/** What sources put around and between the characters that count. */
const noise = fc.constantFrom('', '', '', ' ', '-', '_', '\u2010', '\u2013', '\t', '\u00a0', '\u200b', '\ufeff', '\u00ad');
const blank = fc.constantFrom('', ' ', '\t', '\r\n', '\u00a0', '\u200b', '\ufeff');
const anyText = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'grapheme', maxLength: 20 }), fc.string({ unit: 'binary', maxLength: 20 }), code, hex(32), hex(12), fc.ipV4(), fc.ipV6(), fc.domain(), fc.uuid());

const pairs = (text: string): string[] => text.match(/../g) ?? [];
const dashed = (uuid: string): string => [uuid.slice(0, 8), uuid.slice(8, 12), uuid.slice(12, 16), uuid.slice(16, 20), uuid.slice(20)].join('-');
/** The first three fields of a UUID with their bytes the other way round (as Windows and SMBIOS 2.6 differ from older firmware). */
const swapped = (uuid: string): string => [uuid.slice(0, 8), uuid.slice(8, 12), uuid.slice(12, 16)].map((field) => pairs(field).reverse().join('')).join('') + uuid.slice(16);
const cased = (text: string, upper: boolean): string => (upper ? text.toUpperCase() : text.toLowerCase());
const scattered = (text: string, between: readonly string[]): string => [...text].map((character, at) => (between[at % Math.max(between.length, 1)] ?? '') + character).join('');

const properties = {
  'what is normal stays as it is': (normalise: Normalise) => fc.property(fc.constantFrom(...IDENTIFIER_KINDS), anyText, (kind, raw) => {
    const once = normalise(kind, raw);
    if (once) expect(normalise(once.kind, once.value)).toEqual(once);
  }),

  'a UUID is one in both byte orders and in every spelling': (normalise: Normalise) => fc.property(
    fc.constantFrom<IdentifierKind[]>('bios_uuid', 'instance_uuid'), hex(32), fc.boolean(), blank, fc.constantFrom('plain', 'dashed', 'braces', 'urn'), (kind, uuid, upper, space, form) => {
      const spelled = (text: string): string => space + cased(form === 'plain' ? text : form === 'dashed' ? dashed(text) : form === 'braces' ? `{${dashed(text)}}` : `urn:uuid:${dashed(text)}`, upper) + space;

      expect(normalise(kind, spelled(swapped(uuid)))).toEqual(normalise(kind, dashed(uuid)));
    }),

  'different UUIDs stay different': (normalise: Normalise) => fc.property(hex(32), hex(32), (a, b) => {
    fc.pre(a !== b && a !== swapped(b));
    expect(normalise('bios_uuid', a)).not.toEqual(normalise('bios_uuid', b));
  }),

  'a MAC is one in every spelling': (normalise: Normalise) => fc.property(hex(12), fc.boolean(), blank, fc.constantFrom('', ':', '-', '.'), (mac, upper, space, separator) => {
    const groups = separator === '.' ? mac.match(/..../g) ?? [] : pairs(mac);

    expect(normalise('mac', space + cased(groups.join(separator), upper) + space)).toEqual({ kind: 'mac', value: pairs(mac).join(':') });
  }),

  'case, white space, separators and invisible characters do not count in a serial or an asset tag': (normalise: Normalise) => fc.property(
    fc.constantFrom<IdentifierKind[]>('serial', 'asset_tag'), code, fc.array(noise, { maxLength: 6 }), fc.boolean(), (kind, text, between, upper) => {
      expect(normalise(kind, scattered(cased(text, upper), between))).toEqual(normalise(kind, text));
    }),

  'leading zeros, O and 0 count': (normalise: Normalise) => fc.property(fc.constantFrom<IdentifierKind[]>('serial', 'asset_tag'), code, code, (kind, a, b) => {
    fc.pre(a !== b);
    expect(normalise(kind, a)).not.toEqual(normalise(kind, b));
    expect(normalise(kind, `0${a}`)).not.toEqual(normalise(kind, a));
    expect(normalise(kind, `${a}O`)).not.toEqual(normalise(kind, `${a}0`));
  }),

  'a VMware serial is the BIOS UUID': (normalise: Normalise) => fc.property(hex(32), fc.boolean(), (uuid, upper) => {
    const serial = `VMware-${pairs(cased(uuid, upper)).slice(0, 8).join(' ')}-${pairs(cased(uuid, upper)).slice(8).join(' ')}`;

    expect(normalise('serial', serial)).toEqual(normalise('bios_uuid', swapped(uuid)));
  }),

  'an EC2 serial is its UUID': (normalise: Normalise) => fc.property(hex(29), fc.boolean(), (rest, upper) => {
    const uuid = `ec2${rest}`;

    expect(normalise('serial', cased(dashed(uuid), upper))).toEqual(normalise('bios_uuid', uuid));
  }),

  'a hostname is its first label, whatever its case': (normalise: Normalise) => fc.property(label, fc.domain(), fc.boolean(), blank, fc.constantFrom('', '.'), (host, domain, upper, space, dot) => {
    expect(normalise('hostname', space + cased(`${host}.${domain}`, upper) + dot + space)).toEqual({ kind: 'hostname', value: host });
    expect(normalise('fqdn', space + cased(`${host}.${domain}`, upper) + dot + space)).toEqual({ kind: 'fqdn', value: `${host}.${domain}`.toLowerCase() });
  }),

  'an IPv6 address is one in every spelling': (normalise: Normalise) => fc.property(fc.array(fc.integer({ min: 0, max: 3 }).map((n) => [0, 0, 1, 0xfe80][n] ?? 0), { minLength: 8, maxLength: 8 }), fc.boolean(), fc.nat(7), (words, upper, from) => {
    const whole = words.map((word) => word.toString(16).padStart(4, '0')).join(':');
    const to = words.findIndex((word, at) => at >= from && word !== 0);
    const end = to === -1 ? 8 : to;
    const short = end > from ? `${words.slice(0, from).map((word) => word.toString(16)).join(':')}::${words.slice(end).map((word) => word.toString(16)).join(':')}` : whole;

    expect(normalise('ip', cased(short, upper))).toEqual(normalise('ip', whole));
    expect(normalise('ip', whole)).toBeDefined();
  }),

  'an IPv4 address in IPv6 clothes is that address': (normalise: Normalise) => fc.property(fc.ipV4(), fc.constantFrom('::ffff:', '0:0:0:0:0:ffff:', '::FFFF:'), fc.boolean(), (address, before, inHex) => {
    const groups = pairs(address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0')).join(''));
    const after = inHex ? `${groups.slice(0, 2).join('')}:${groups.slice(2).join('')}` : address;

    expect(normalise('ip', before + after)).toEqual({ kind: 'ip', value: address });
  }),

  'an external_ref is taken as it is': (normalise: Normalise) => fc.property(fc.string({ minLength: 1 }), (reference) => {
    expect(normalise('external_ref', reference)).toEqual({ kind: 'external_ref', value: reference });
  }),
} satisfies Record<string, (normalise: Normalise) => unknown>;
type PropertyName = keyof typeof properties;
const propertyOf = (name: PropertyName, normalise: Normalise): fc.IRawProperty<unknown, false> => properties[name](normalise) as fc.IRawProperty<unknown, false>;

describe('normalise', () => {
  it.each(Object.keys(properties) as PropertyName[])('%s', (name) => {
    fc.assert(propertyOf(name, normaliseIdentifier), parameters(EVERYDAY));
  });

  it('takes the spellings of a maker for one, and leaves a normal one as it is', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ maxLength: 30 }), fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constantFrom('Dell Inc.', 'HP', 'Hewlett-Packard', 'LENOVO', 'Acme Ltd.')), (raw) => {
      const once = normaliseMaker(raw);
      if (once !== undefined) expect(normaliseMaker(once)).toBe(once);
    }), parameters(EVERYDAY));
    expect(new Set(['Dell Inc.', 'DELL', 'dell inc', ' Dell  Inc ', 'Dell, Inc.'].map(normaliseMaker)).size).toBe(1);
    expect(normaliseMaker('Dell Inc.')).not.toBe(normaliseMaker('HP Inc.'));
  });
});

describe('the properties of normalise can fail', () => {
  const mapped = (change: (kind: IdentifierKind, value: string) => string): Normalise => (kind, raw) => {
    const once = normaliseIdentifier(kind, raw);
    return once && { kind: once.kind, value: change(once.kind, once.value) };
  };
  const asWritten: Normalise = (kind, raw) => ({ kind, value: raw });

  it.each([
    ['what is normal stays as it is', 'each pass adds something', mapped((_, value) => `${value}x`)],
    ['a UUID is one in both byte orders and in every spelling', 'the byte order counts', (kind, raw) => ({ kind, value: raw.toLowerCase().replace(/^\s*urn:uuid:|[^0-9a-f]/g, '') })],
    ['different UUIDs stay different', 'only the end counts', mapped((_, value) => value.slice(-1))],
    ['a MAC is one in every spelling', 'it is taken as written', asWritten],
    ['case, white space, separators and invisible characters do not count in a serial or an asset tag', 'only the ends are trimmed', (kind, raw) => ({ kind, value: raw.trim().toUpperCase() })],
    ['leading zeros, O and 0 count', 'leading zeros are cut', mapped((_, value) => value.replace(/^0+/, ''))],
    ['leading zeros, O and 0 count', 'O is read as 0', mapped((_, value) => value.replaceAll('O', '0'))],
    ['a VMware serial is the BIOS UUID', 'it stays a serial', asWritten],
    ['an EC2 serial is its UUID', 'it stays a serial', asWritten],
    ['a hostname is its first label, whatever its case', 'the domain stays', (kind, raw) => ({ kind, value: raw.toLowerCase() })],
    ['an IPv6 address is one in every spelling', 'it is taken as written', asWritten],
    ['an IPv4 address in IPv6 clothes is that address', 'only the dotted form is known', (kind, raw) => ({ kind, value: raw.toLowerCase().replace('::ffff:', '') })],
    ['an external_ref is taken as it is', 'case does not count', (kind, raw) => ({ kind, value: raw.toLowerCase() })],
  ] satisfies [PropertyName, string, Normalise][])('%s: not if %s', (name, _, mutant) => {
    expect(fc.check(propertyOf(name, mutant), { numRuns: 1_000, seed: 1 }).failed).toBe(true);
  });
});
