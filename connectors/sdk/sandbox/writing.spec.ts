import { WriteDesk } from './writing.js';

const before = { state: 'old' };

it('meets a rule as often as it says, after as many as it says, and only where it fits', () => {
  const desk = new WriteDesk(['ignore', 'refuse']);
  const rule = desk.inject({ kind: 'ignore', after: 1, times: 2, match: { stream: 'assets', when: (_before, given) => given['state'] === 'new' } });
  const meets = (stream: string, state: string): boolean => desk.take('ignore', stream, '1', before, { state }) !== undefined;

  expect([meets('computers', 'new'), meets('assets', 'other')]).toEqual([false, false]);
  expect([meets('assets', 'new'), meets('assets', 'new'), meets('assets', 'new'), meets('assets', 'new')]).toEqual([false, true, true, false]);
  expect(rule.hits()).toBe(2);
  expect(desk.take('refuse', 'assets', '1', before, {})).toBeUndefined();
});

it('forgets rules that are taken away, and refuses those that its vendor does not have', () => {
  const desk = new WriteDesk(['ignore']);
  const rule = desk.inject({ kind: 'ignore' });
  rule.remove();
  expect(desk.take('ignore', undefined, '1', before, {})).toBeUndefined();
  desk.inject({ kind: 'ignore', match: { externalId: '2' } });
  expect([desk.take('ignore', undefined, '1', before, {}) === undefined, desk.take('ignore', undefined, '2', before, {}) === undefined]).toEqual([true, false]);
  desk.clear();
  expect(desk.take('ignore', undefined, '2', before, {})).toBeUndefined();
  expect(() => desk.inject({ kind: 'normalise' })).toThrow(/no rule normalise/);
});

it('runs what is owed once its time has come, in the order of time', () => {
  const desk = new WriteDesk([]);
  const ran: [string, number][] = [];
  desk.later(200, (at) => ran.push(['late', at]));
  desk.later(100, (at) => ran.push(['early', at]));
  desk.settle(99);
  expect(ran).toEqual([]);
  desk.settle(500);
  desk.settle(900);
  expect(ran).toEqual([['early', 100], ['late', 200]]);
});
