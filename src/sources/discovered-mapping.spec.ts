import { parse } from 'yaml';
import { discoveredMapping } from './discovered-mapping.js';

const discovered = (unmapped: Parameters<typeof discoveredMapping>[1]['unmapped']): string =>
  discoveredMapping('sn', { tables: [{ stream: 'assets', table: 'alm_hardware', fields: [{ name: 'substatus' }] }], unmapped });

/** As somebody does who takes the suggestion out of its comment. */
const accepted = (yaml: string): unknown => (parse(yaml.replace(/: \{\}$/m, ':').replace(/^ {8}# stage:/m, '        stage:')) as any).sources.sn.mapping;

it('changes nothing as it is', () => {
  expect(parse(discovered([{ stream: 'assets', field: 'state', value: '11', label: 'Build' }]))).toEqual({ version: 1, sources: { sn: { mapping: { assets: {} } } } });
});

it.each([
  [{ field: 'state' }, 'state'],
  [{ field: 'install_status/substatus', from: 'install_status & "/" & substatus' }, 'install_status & "/" & substatus'],
  [{ field: 'Cost: centre' }, '`Cost: centre`'],
])('suggests a stage that can be taken out of its comment: %p', (named, from) => {
  expect(accepted(discovered([{ stream: 'assets', value: '11/', ...named }]))).toEqual({ assets: { stage: { from, values: { '11/': 'in_use' }, unknown: 'hold' } } });
});
