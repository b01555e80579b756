import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COUNTERS, GAUGES, HISTOGRAMS } from './declared.js';
import { watchEventLoop } from './event-loop.js';
import { ServiceMetrics, type Sample } from './metrics.js';

const open = (more: Partial<ConstructorParameters<typeof ServiceMetrics>[0]> = {}) => {
  const clock = { at: 0, now: () => clock.at };
  return { clock, metrics: new ServiceMetrics({ clock, version: '1.2.3', ...more }) };
};
const linesOf = async (metrics: ServiceMetrics, name: string): Promise<string[]> => (await metrics.scrape()).split('\n').filter((line) => line.startsWith(name));

it('counts under declared names and labels, and throws on any other', () => {
  const { metrics } = open();

  expect(() => metrics.count('lockstep_runs_totals', { source: 'crm' })).toThrow('no counter is called lockstep_runs_totals: declare it');
  expect(() => metrics.observe('lockstep_runs_total', 1)).toThrow('no histogram is called lockstep_runs_total');
  expect(() => metrics.count('lockstep_runs_total', { source: 'crm', asset: 'ast-1' })).toThrow('lockstep_runs_total has no label asset');
});

it('tells whoever listens instead, and goes on', async () => {
  const told: string[] = [];
  const { metrics } = open({ onUnknown: (what) => told.push(what) });

  metrics.count('nothing', {});
  metrics.observe('lockstep_run_duration_seconds', 1, { stream: 'x' });
  metrics.count('lockstep_runs_total', { source: 'crm', outcome: 'failed' }, 2);

  expect(told).toEqual(['no counter is called nothing', 'lockstep_run_duration_seconds has no label stream']);
  expect(await linesOf(metrics, 'lockstep_runs_total')).toEqual(['lockstep_runs_total{source="crm",outcome="failed"} 2']);
});

it('asks once in five seconds however often it is scraped, and once for all who scrape together', async () => {
  const { clock, metrics } = open();
  let asked = 0;
  metrics.ask(async () => { asked++; return [{ name: 'lockstep_jobs_waiting', value: asked, labels: { lane: 'webhook' } }]; });

  await Promise.all([metrics.scrape(), metrics.scrape()]);
  clock.at = 4_999;
  expect(await linesOf(metrics, 'lockstep_jobs_waiting')).toEqual(['lockstep_jobs_waiting{lane="webhook"} 1']);
  clock.at = 5_000;
  expect(await linesOf(metrics, 'lockstep_jobs_waiting')).toEqual(['lockstep_jobs_waiting{lane="webhook"} 2']);
  expect(asked).toBe(2);
});

it('shows no series that is over, and no stale one while the database does not answer', async () => {
  const { clock, metrics } = open();
  let answer: () => readonly Sample[] = (): Sample[] => [{ name: 'lockstep_reviews_open', value: 1, labels: { kind: 'a' } }, { name: 'lockstep_guard_trips_total', value: 7, labels: { source: 'crm', reason: 'merge' } }];
  metrics.ask(async () => answer());
  expect(await linesOf(metrics, 'lockstep_reviews_open')).toEqual(['lockstep_reviews_open{kind="a"} 1']);

  clock.at += 5_000;
  expect(await linesOf(metrics, 'lockstep_guard_trips_total')).toEqual(['lockstep_guard_trips_total{source="crm",reason="merge"} 7']);
  answer = () => [{ name: 'lockstep_reviews_open', value: 1, labels: { kind: 'b' } }];
  clock.at += 5_000;
  expect(await linesOf(metrics, 'lockstep_reviews_open')).toEqual(['lockstep_reviews_open{kind="b"} 1']);
  answer = () => { throw new Error('away'); };
  clock.at += 5_000;
  expect(await linesOf(metrics, 'lockstep_reviews_open')).toEqual([]);
  expect(await linesOf(metrics, 'lockstep_database_up')).toEqual(['lockstep_database_up 0']);
  // Free disk that nobody has asked for is no full disk.
  expect(await linesOf(metrics, 'lockstep_disk_free_ratio')).toEqual([]);
  expect(await linesOf(metrics, 'lockstep_build_info')).toEqual(['lockstep_build_info{version="1.2.3"} 1']);
});

it('calls every metric by the house: lockstep_, base units, and no label that data can multiply', () => {
  const all = Object.entries({ ...COUNTERS, ...HISTOGRAMS, ...GAUGES });

  expect(all.filter(([name, { help }]) => !/^lockstep_[a-z_]+$/.test(name) || !/^[A-Z1].*\.$/.test(help)).map(([name]) => name)).toEqual([]);
  expect(Object.keys(COUNTERS).filter((name) => !name.endsWith('_total'))).toEqual([]);
  expect(Object.keys(HISTOGRAMS).filter((name) => !name.endsWith('_seconds'))).toEqual([]);
  expect(new Set(all.flatMap(([, { labels }]) => labels as readonly string[]))).toEqual(new Set(['source', 'stream', 'target', 'reason', 'outcome', 'state', 'kind', 'lane', 'version']));
});

it('declares whatever the code counts by name', () => {
  const declared = new Set(Object.keys({ ...COUNTERS, ...HISTOGRAMS, ...GAUGES }));
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !file.endsWith('declared.ts'));
  const named = files.flatMap((file) => [...readFileSync(join('src', file), 'utf8').matchAll(/'(lockstep_[a-z_]+)'/g)].map((found) => found[1] as string)).filter((name) => /_(total|seconds|up|open|rows|info|ratio|bytes|pending|version|waiting|paused|attempts|letters|records|outcome|row|running)$/.test(name));

  expect(named.length).toBeGreaterThan(30);
  expect([...new Set(named)].filter((name) => !declared.has(name))).toEqual([]);
});

it('observes how late each tick comes, not how late all came together', async () => {
  const { metrics } = open();
  let [now, tick, ended] = [0, (): void => undefined, false];
  const end = watchEventLoop(metrics, { now: () => now, every: (_ms, each) => { tick = each; return () => { ended = true; }; } });

  for (const late of [0, 300, 0]) { now += 500 + late; tick(); }
  end();

  expect(await linesOf(metrics, 'lockstep_event_loop_lag_seconds_sum')).toEqual(['lockstep_event_loop_lag_seconds_sum 0.3']);
  expect(ended).toBe(true);
});
