import { normaliseMaker } from './makers.js';

it.each`
  a                               | b
  ${'Dell Inc.'}                  | ${'DELL'}
  ${'Dell EMC'}                   | ${'dell'}
  ${'Hewlett-Packard'}            | ${'HP Inc.'}
  ${'Hewlett Packard Enterprise'} | ${'HPE'}
  ${'LENOVO'}                     | ${'Lenovo Group Ltd.'}
  ${'Cisco Systems, Inc.'}        | ${'CISCO'}
  ${'Apple Inc.'}                 | ${'Apple Computer, Inc.'}
  ${'Super Micro Computer, Inc.'} | ${'Supermicro'}
  ${'VMware, Inc.'}               | ${'VMWARE'}
`('$a and $b are one maker', ({ a, b }) => {
  expect(normaliseMaker(a)).toBeDefined();
  expect(normaliseMaker(a)).toBe(normaliseMaker(b));
});

it.each(['', '  ', 'Unknown', 'To Be Filled By O.E.M.', 'System manufacturer', 'N/A', null, 42])('%p names no maker', (raw) => expect(normaliseMaker(raw)).toBeUndefined());

it('keeps makers apart that only begin alike', () => expect(normaliseMaker('Dellner Couplers')).not.toBe(normaliseMaker('Dell')));
