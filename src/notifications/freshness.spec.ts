import { staleAfter } from './freshness.js';

const at = (text: string): number => Date.parse(text);

it.each([
  ['nothing scheduled', {}, '2026-11-02T10:00:00Z', 0, '2026-11-03T10:00:00Z'],
  ['an interval', { incremental: { kind: 'every', ms: 600_000 } }, '2026-11-02T10:00:00Z', 0, '2026-11-02T10:30:00Z'],
  ['a cron', { incremental: { kind: 'cron', cron: '*/5 * * * *' } }, '2026-11-02T10:01:00Z', 0, '2026-11-02T10:15:00Z'],
  ['runs that take long', { incremental: { kind: 'cron', cron: '*/5 * * * *' } }, '2026-11-02T10:01:00Z', 1_200_000, '2026-11-02T10:35:00Z'],
  ['office hours: nights do not count', { incremental: { kind: 'cron', cron: '0 8-18 * * 1-5' } }, '2026-11-06T17:30:00Z', 0, '2026-11-09T09:00:00Z'],
  ['the more frequent of two', { incremental: { kind: 'every', ms: 60_000 }, full: { kind: 'cron', cron: '0 2 * * *' } }, '2026-11-02T10:00:00Z', 0, '2026-11-02T10:03:00Z'],
] as const)('%s', (_, schedule, from, longest, expected) => {
  expect(new Date(staleAfter({ timezone: 'UTC', jitterMs: 0, ...schedule }, at(from), longest).at)).toEqual(new Date(expected));
});

it('goes by the zone of the source, through the night in which clocks change', () => {
  expect(new Date(staleAfter({ timezone: 'Europe/Berlin', jitterMs: 0, full: { kind: 'cron', cron: '0 2 * * *' } }, at('2026-10-23T12:00:00Z'), 0).at)).toEqual(new Date('2026-10-26T01:00:00Z'));
});
