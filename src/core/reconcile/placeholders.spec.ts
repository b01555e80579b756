import type { IdentifierKind } from '../../../connectors/sdk/contract/index.js';
import { normaliseIdentifier } from './normalise.js';
import { compileJunk, isPlaceholder } from './placeholders.js';

const judge = (kind: IdentifierKind, raw: string): boolean => {
  const one = normaliseIdentifier(kind, raw);
  return one === undefined || isPlaceholder(one.kind, one.value);
};

it.each<[IdentifierKind, string]>([
  ['serial', 'To Be Filled By O.E.M.'], ['serial', 'to be filled by oem'], ['serial', 'Default string'], ['serial', 'None'], ['serial', '0'], ['serial', '00000000'], ['serial', 'N/A'], ['serial', 'System Serial Number'],
  ['serial', '0123456789'], ['serial', 'Not Specified'], ['serial', 'xxxxxxxx'], ['asset_tag', 'No Asset Tag'], ['asset_tag', 'Default string'], ['bios_uuid', '00000000-0000-0000-0000-000000000000'],
  ['bios_uuid', 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF'], ['bios_uuid', '03000200-0400-0500-0006-000700080009'], ['mac', '00:00:00:00:00:00'], ['mac', 'FF-FF-FF-FF-FF-FF'], ['mac', '02:42:ac:11:00:02'], ['mac', '0005.9a3c.7a00'],
  ['ip', '127.0.0.1'], ['ip', '0.0.0.0'], ['ip', '169.254.10.1'], ['hostname', 'localhost'], ['hostname', 'localhost.localdomain'], ['fqdn', 'localhost.localdomain'],
])('%s "%s" says nothing', (kind, raw) => expect(judge(kind, raw)).toBe(true));

it.each<[IdentifierKind, string]>([
  ['serial', '9C95A9550'], ['serial', '0012345'], ['serial', 'ABC123'], ['serial', '1111111'], ['asset_tag', 'P1000091'], ['bios_uuid', '4230bf2a-6b0a-11ee-8c99-0242ac120002'], ['mac', '0a:1b:2c:11:22:33'], ['mac', '52:54:00:12:34:56'],
  ['ip', '10.0.0.14'], ['hostname', 'srv-000014'], ['fqdn', 'srv-000014.corp.example.com'],
])('%s "%s" identifies', (kind, raw) => expect(judge(kind, raw)).toBe(false));

it.each`
  pattern       | value             | junk
  ${'DEFAULT*'} | ${'DEFAULT-0007'} | ${true}
  ${'default*'} | ${'Default 7'}    | ${true}
  ${'*LOANER'}  | ${'77-loaner'}    | ${true}
  ${'A*B*C'}    | ${'AxxBxxC'}      | ${true}
  ${'A*B*C'}    | ${'AxxCxxB'}      | ${false}
  ${'EXACT'}    | ${'EXACT1'}       | ${false}
  ${'A*A'}      | ${'A'}            | ${false}
`('the pattern $pattern fits $value: $junk', ({ pattern, value, junk }) => expect(compileJunk({ serial: [pattern] })('serial', value)).toBe(junk));

it('stays linear on a pattern made to explode', () => expect(compileJunk({ serial: [`${'*a'.repeat(200)}b`] })('serial', 'a'.repeat(5_000))).toBe(false));
