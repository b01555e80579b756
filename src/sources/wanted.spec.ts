import type { MappingRule } from '../config/types.js';
import { wantedPaths } from './wanted.js';

const from = (text: string): MappingRule => ({ from: text, unknown: 'keep' });

it('tells plain paths as they are, by stream, each once', () => {
  const mapping = { computers: { location: { ...from('location.city'), path: ['location', 'city'] }, owner: null, condition: { ...from('location.city'), path: ['location', 'city'] } }, vms: { stage: { values: { 1: 'in_use' }, unknown: 'hold' as const } } };

  expect(wantedPaths(mapping)).toEqual({ computers: [['location', 'city']] });
});

it.each([
  ['$uppercase(u_rack.name) & "/" & u_slot', [['u_rack', 'name'], ['u_slot']]],
  ["network_adapters[name = 'eth0'].mac_address", [['network_adapters']]],
  ['u_tier = "gold" ? "high" : u_other', [['u_tier'], ['u_other']]],
  ['$.u_floor', [['u_floor']]],
  ['($x := u_floor; $x & u_room.(name & number))', [['u_floor'], ['u_room']]],
  ['`Cost centre`', [['Cost centre']]],
  ['"constant"', []],
])('finds what %s reaches for', (expression, expected) => {
  const { computers = [] } = wantedPaths({ computers: { department: from(expression) } });

  expect([...computers].sort()).toEqual([...expected].sort());
});
