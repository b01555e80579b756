import { judgeConfiguration, judgeDisk, judgeServerClock, judgeVersions, judgeWrites } from './surroundings.js';
import { judgeWork, type WorkFacts } from './work.js';

const NOW = Date.UTC(2026, 10, 1);
const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const WELL: WorkFacts = {
  now: NOW, leases: [], running: [], jobs: { due: 0, oldestAt: null, abandoned: 0 }, inbox: [], overdue: [], dead: [], reviews: { open: 0, oldestAt: null }, quarantined: [],
  sources: [{ name: 'crm', paused: false, failures: 0, ranBefore: true, succeededAt: NOW - HOUR }], pausedTargets: [], writes: true,
};
const lease = (name: string, more: Partial<WorkFacts['leases'][number]> = {}) => ({ name, expiresAt: NOW + MINUTE, isDead: false, ...more });
const run = (ageMs: number) => ({ id: 'run-1', source: 'crm', startedAt: NOW - ageMs });
const source = (more: Partial<WorkFacts['sources'][number]>) => [{ ...WELL.sources[0]!, ...more }];

describe('stuck work', () => {
  it.each<[string, Partial<WorkFacts>, string, RegExp, string | undefined]>([
    ['nothing', {}, 'ok', /nothing is stuck/, undefined],
    ['a run under way', { running: [run(2 * HOUR)], leases: [lease('source:crm')] }, 'ok', /nothing is stuck/, undefined],
    ['a run for more than a day', { running: [run(25 * HOUR)], leases: [lease('source:crm')] }, 'warning', /under way for 25 hours/, 'crm'],
    ['a run whose process is gone', { running: [run(HOUR)], leases: [lease('source:crm', { isDead: true })] }, 'warning', /whoever ran it is gone/, 'crm'],
    ['a run whose lease ran out', { running: [run(HOUR)], leases: [lease('source:crm', { expiresAt: NOW - 1 })] }, 'warning', /whoever ran it is gone/, 'crm'],
    ['a run without a lease', { running: [run(HOUR)] }, 'warning', /whoever ran it is gone/, 'crm'],
    ['a lease of the dead', { leases: [lease('push:crm', { isDead: true })] }, 'warning', /held by a process that is gone/, 'push:crm'],
    ['jobs due for a moment', { jobs: { due: 3, oldestAt: NOW - 10 * MINUTE, abandoned: 0 } }, 'ok', /nothing is stuck/, undefined],
    ['jobs due for a while', { jobs: { due: 3, oldestAt: NOW - 20 * MINUTE, abandoned: 0 } }, 'warning', /3 jobs due, the oldest for 20 minutes/, undefined],
    ['jobs due for hours', { jobs: { due: 1, oldestAt: NOW - 3 * HOUR, abandoned: 0 } }, 'failed', /1 job due, the oldest for 3 hours/, undefined],
    ['jobs of a worker that is gone', { jobs: { due: 0, oldestAt: null, abandoned: 2 } }, 'warning', /2 jobs taken/, undefined],
    ['deliveries for hours', { inbox: [{ source: 'crm', waiting: 7, oldestAt: NOW - 2 * HOUR }] }, 'failed', /7 deliveries wait/, 'crm'],
    ['a debt for a moment', { overdue: [{ target: 'crm', count: 2, since: NOW - MINUTE }] }, 'ok', /nothing is stuck/, undefined],
    ['a debt for hours', { overdue: [{ target: 'crm', count: 2, since: NOW - 2 * HOUR }] }, 'warning', /2 assets owed/, 'crm'],
    ['a debt for days', { overdue: [{ target: 'crm', count: 2, since: NOW - 3 * DAY }] }, 'failed', /2 assets owed, the longest for 3 days/, 'crm'],
    ['a debt where nothing may be written', { overdue: [{ target: 'crm', count: 2, since: NOW - 3 * DAY }], writes: false }, 'ok', /nothing is stuck/, undefined],
    ['a paused target', { overdue: [{ target: 'crm', count: 2, since: NOW - 3 * DAY }], pausedTargets: ['crm'] }, 'warning', /it is paused/, 'crm'],
    ['dead letters', { dead: [{ target: 'crm', count: 1 }] }, 'warning', /1 dead letter$/, 'crm'],
    ['young questions', { reviews: { open: 4, oldestAt: NOW - 6 * DAY } }, 'ok', /nothing is stuck/, undefined],
    ['old questions', { reviews: { open: 4, oldestAt: NOW - 8 * DAY } }, 'warning', /4 questions open, the oldest for 8 days/, undefined],
    ['quarantine', { quarantined: [{ source: 'crm', count: 5 }] }, 'warning', /5 records in quarantine/, 'crm'],
    ['a paused source', { sources: source({ paused: true, failures: 9 }) }, 'warning', /it is paused/, 'crm'],
    ['a source that was never read', { sources: source({ ranBefore: false, succeededAt: null }) }, 'warning', /never been read/, 'crm'],
    ['a source that failed twice', { sources: source({ failures: 2 }) }, 'ok', /nothing is stuck/, undefined],
    ['a source that fails', { sources: source({ failures: 3 }) }, 'failed', /last 3 runs failed/, 'crm'],
    ['a source that is stale', { sources: source({ succeededAt: NOW - 3 * DAY }) }, 'warning', /no run has succeeded for 3 days/, 'crm'],
  ])('%s', (_name, facts, outcome, message, subject) => {
    const findings = judgeWork({ ...WELL, ...facts });

    expect(findings).toEqual([{ area: 'work', outcome, message: expect.stringMatching(message) as string, ...(outcome !== 'ok' && { next: expect.any(String) as string }), ...(subject !== undefined && { subject }) }]);
  });
});

const GIB = 1_073_741_824;
it.each([
  [50 * GIB, 100 * GIB, GIB, 'ok'], [5 * GIB, 100 * GIB, GIB, 'warning'], [20 * GIB, 100 * GIB, 30 * GIB, 'warning'], [GIB / 20, 100 * GIB, GIB, 'failed'],
])('%p bytes free of %p beside a database of %p: %s', (freeBytes, totalBytes, databaseBytes, outcome) => {
  expect(judgeDisk({ freeBytes, totalBytes, databaseBytes }).outcome).toBe(outcome);
});

it.each([['v20.19.0', 'ok'], ['v24.1.0', 'ok'], ['v20.18.3', 'failed'], ['v18.20.0', 'failed']])('Node %s: %s', (node, outcome) => {
  expect(judgeVersions({ version: '1', node, platform: 'linux-x64' }).outcome).toBe(outcome);
});

it.each([[0, 'ok'], [4_900, 'ok'], [-4_900, 'ok'], [61_000, 'warning'], [-61_000, 'warning']])('a server clock %p ms off: %s', (off, outcome) => {
  expect(judgeServerClock(NOW, NOW + off).outcome).toBe(outcome);
});

it.each([['https://x.example', 'ok'], ['http://localhost:8080', 'ok'], ['http://[::1]:1', 'ok'], ['http://x.example', 'warning']])('a public address %s: %s', (publicUrl, outcome) => {
  expect(judgeConfiguration({ sources: [], server: { host: '127.0.0.1', port: 1, trustedProxies: [], publicUrl } }).map((each) => each.outcome)).toEqual([outcome]);
});

it.each([[true, true, 'ok', /writes are on: crm/], [false, true, 'warning', /nothing is written to crm/], [false, false, 'ok', /no source is written to/]])('writes %p, push %p: %s', (writes, enabled, outcome, message) => {
  expect(judgeWrites({ environment: { name: '', writes }, sources: [{ name: 'crm', push: { enabled } }] as never })).toMatchObject({ outcome, message: expect.stringMatching(message) as string });
});
