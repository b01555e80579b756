import { AuthenticationError, PermissionError } from '../../../connectors/sdk/contract/index.js';
import { BadConfiguration, SeveralAssets, usage } from '../failures.js';
import { PLAIN } from '../style.js';
import { renderTold, reported, tell } from './error.js';
import { renderPlan, type PlanChange } from './plan.js';
import { Progress, progressText } from './progress.js';
import { isFailure, renderRunNotes, renderRuns, type ReportedRun } from './runs.js';
import { agoText, plain, spanText, timeText, valueText } from './text.js';

const lines = (...all: string[]): string => all.join('\n');
const told = (error: unknown): string => renderTold(tell(error, () => 'cafe0001'), PLAIN);

describe('failures', () => {
  it('names what failed, where, in whose words, why it matters and what to do', () => {
    const request = { source: 'crm', stream: 'computers', method: 'GET', url: 'https://crm.example.com/api/things', status: 403, requestId: 'r-1' };
    const error = new PermissionError('may not read things', request, { vendorWords: 'User not allowed', hint: 'grant the role reader' });
    expect(told(error)).toBe(lines(
      'error: may not read things',
      '  where     crm / computers: GET https://crm.example.com/api/things -> 403 (request r-1)',
      '  they say  "User not allowed"',
      '  so        what this right covers cannot be read; nothing there counts as missing',
      '  next      grant the role reader',
    ));
    expect(tell(error, () => '').exitCode).toBe(1);
  });

  it('names a program that holds the database file', () => expect(told(Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY' }))).toContain('error: another program holds the database file\n  next      end what has it open for writing'));

  it('is the same for what a run has reported', () => {
    const text = renderTold(reported({ id: 'abcd', code: 'authentication', message: 'credentials refused', stream: 'computers', request: { method: 'POST', url: 'https://x/token', status: 401 } }, 'crm'), PLAIN, 'crm failed');
    expect(text).toBe(lines(
      'crm failed: credentials refused', '  where     crm / computers: POST https://x/token -> 401', '  so        nothing of this source can be read; what was read before stays as it is', '  id        abcd',
    ));
  });

  it('gives what nobody foresaw an id, and no stack', () => {
    const text = told(new TypeError('x is not a function'));
    expect(text).toContain('id        cafe0001');
    expect(text).toContain('--debug');
    expect(text).not.toContain('render.spec');
  });

  it.each([
    [usage('no'), 2], [new BadConfiguration(['a:1:1 b']), 2], [new SeveralAssets('x', []), 1], [new Error('odd'), 1], [new AuthenticationError('no'), 1], ['text', 1],
    [Object.assign(new Error('there is no source "a"'), { name: 'UnknownNameError', wanted: 'crmm', known: ['crm'], what: 'source' }), 2],
    [Object.assign(new Error('refused'), { name: 'DecisionRefusedError', hint: 'else' }), 1],
  ])('has the exit code of its kind: %s', (error, code) => expect(tell(error, () => '').exitCode).toBe(code));

  it('suggests the nearest name', () => expect(told(Object.assign(new Error('there is no source "crmm"'), { name: 'UnknownNameError', wanted: 'crmm', known: ['crm', 'cloud'], what: 'source' }))).toContain('did you mean "crm"? known: crm, cloud'));

  it('lists the assets that an identifier fits', () => {
    expect(told(new SeveralAssets('web-01', [{ id: 'a1', name: 'web-01', class: 'server', stage: 'in_use', by: ['name'] }, { id: 'a2', name: null, class: null, stage: 'retired' }]))).toBe(lines(
      'error: "web-01" fits 2 assets', '  a1  web-01  server, in_use, by name', '  a2  (no name)  no class, retired', '  next      name the one you mean by its id',
    ));
  });

  it('lets no text of others forge a line or steer the terminal', () => {
    expect(told(new PermissionError('a\n\u001b[31mb'))).toContain('error: a [31mb');
    expect(plain('x\u202ey')).toBe('x y');
  });
});

describe('a plan', () => {
  const change = (part: Partial<PlanChange>): PlanChange => ({ asset: 'a1', kind: 'change', source: 'crm', class: 'server', ...part });

  it('is grouped by source, then class; what is hardest to take back first', () => {
    expect(renderPlan({
      summary: { create: 1, change: 1, retire: 1, push: 0, reviews: 1 },
      changes: [
        change({ kind: 'create', name: 'new-1' }), change({ name: 'web-01', attribute: 'os_version', before: '10', after: '11', because: 'read from crm' }), change({ kind: 'retire', name: 'old-1', attribute: 'stage', before: 'in_use', after: 'retired' }),
        change({ kind: 'merge', asset: 'a7', name: 'twin' }), { asset: '', kind: 'review', source: 'crm', before: null, after: 'contested_value', because: 'they contradict' }, change({ kind: 'create', name: 'lt-1', class: 'computer' }), { asset: 'a9', kind: 'change', attribute: 'owner', before: null, after: 'x' },
      ],
    }, PLAIN)).toBe(lines(
      'by rules and time / no class', '  ~ a9 owner: (empty) -> x', '',
      'crm / computer', '  + lt-1', '',
      'crm / reviews', '  ! contested value  they contradict', '',
      'crm / server', '  - old-1 stage: in_use -> retired', '  ~ merge twin', '  ~ web-01 os_version: 10 -> 11  read from crm', '  + new-1', '',
      'Plan: 1 to create, 1 to change, 1 to retire, 0 to push, 1 review.',
    ));
  });

  it('shows 20 lines a group unless all are wanted', () => {
    const plan = { summary: { create: 332, change: 0, retire: 0, push: 0, reviews: 0 }, changes: Array.from({ length: 332 }, (_, i) => change({ kind: 'create', name: `n${i}` })) };
    expect(renderPlan(plan, PLAIN)).toContain('  + n19\n  and 312 more (--all)');
    expect(renderPlan(plan, PLAIN, true)).toContain('  + n331\n');
    expect(renderPlan({ summary: { create: 0, change: 0, retire: 0, push: 0, reviews: 0 }, changes: [] }, PLAIN)).toBe('Plan: nothing to do.');
  });
});

describe('runs', () => {
  const run: ReportedRun = {
    source: 'crm', mode: 'full', status: 'partial', startedAt: '2026-11-03T10:00:00.000Z', finishedAt: '2026-11-03T10:00:42.000Z', reviews: 2, assets: { created: 1200, updated: 3, merged: 1, retired: 0 },
    streams: { computers: { read: 1500, unchanged: 290, changed: 1204, quarantined: 6, tombstoned: 0 } }, uncoveredScopes: [{ stream: 'computers', scope: 'region=eu', reason: 'denied' }], warnings: ['slow'],
  };
  it('are a table', () => expect(renderRuns([run], PLAIN)).toBe(lines(
    'SOURCE  MODE  STATUS    READ  CHANGED  SAME  QUARANTINED  GONE  ASSETS                 REVIEWS  TOOK',
    'crm     full  partial  1,500    1,204   290            6     0  +1,200 ~3 -0 merged 1        2  42 s',
  )));
  it('have notes below it', () => expect(renderRunNotes([run], PLAIN)).toBe(lines(
    'not covered: crm / computers / region=eu: denied', 'warning: crm: slow', 'quarantined: 6 records of crm: `lockstep quarantine list --source crm` says why',
  )));
  it.each([['succeeded', false], ['skipped', false], ['partial', true], ['suspect', true], ['failed', true], ['interrupted', true]])('%s fails the command: %s', (status, failure) => expect(isFailure({ status })).toBe(failure));
});

describe('progress', () => {
  it('tells the share and the time that is left, and no more than the source knows', () => {
    expect(progressText({ startedAt: 0, read: 1200, changed: 12, expected: 3000 }, 20_000)).toBe('1,200 of 3,000 (40 %), 12 changed, about 30 s left');
    expect(progressText({ startedAt: 0, read: 4000, changed: 0, expected: 3000 }, 20_000)).toBe('4,000 read');
    expect(progressText({ startedAt: 0, read: 3000, changed: 0, expected: 3000 }, 20_000)).toBe('3,000 of 3,000 (99 %)');
    expect(progressText({ startedAt: 0, read: 5, changed: 0, waiting: 'asked to wait 30 s' }, 20_000)).toBe('5 read, asked to wait 30 s');
  });

  const record = (animates: boolean) => {
    const said: string[] = [];
    const clock = { at: 0, now: () => clock.at };
    const progress = new Progress({ animates, show: async (text) => void said.push(`~${text}`), talk: async (text) => void said.push(text) }, clock);
    return { said, clock, progress };
  };
  const page = (read: number) => ({ kind: 'page' as const, source: 'crm', stream: 'computers', counts: { read, changed: 0 }, expected: 100 });

  it('is a line an event where nobody looks, with pages at most every 10 s', () => {
    const { said, clock, progress } = record(false);
    progress.on({ kind: 'run_started', source: 'crm' });
    progress.on({ kind: 'stream_started', source: 'crm', stream: 'computers' });
    for (const [at, read] of [[100, 10], [200, 20], [15_000, 30]] as const) { clock.at = at; progress.on(page(read)); }
    progress.on({ kind: 'waiting', source: 'crm', stream: 'computers', message: 'asked to wait 30 s' });
    progress.on({ kind: 'stream_finished', source: 'crm', stream: 'computers', counts: { read: 100, changed: 7 } });
    progress.on({ kind: 'run_finished', source: 'crm', status: 'succeeded' });
    expect(said).toEqual(['crm: started', 'crm computers: 10 of 100 (10 %)', 'crm computers: 30 of 100 (30 %), about 35 s left', 'crm computers: asked to wait 30 s', 'crm computers: 100 read, 7 changed, 15 s', 'crm: succeeded']);
  });

  it('is one line at a terminal, for all sources that run', () => {
    const { said, clock, progress } = record(true);
    progress.on({ kind: 'stream_started', source: 'a', stream: 's' });
    clock.at = 1_000;
    progress.on({ kind: 'stream_started', source: 'b', stream: 't' });
    progress.on({ kind: 'run_finished', source: 'a', status: 'failed' });
    progress.on({ kind: 'stream_started', source: 'b', stream: 'u' });
    expect(said).toEqual(['~a s 0 read', '~a s 0 read  |  b t 0 read', 'a: failed', '~b t 0 read  |  b u 0 read']);
  });
});

it.each([[40, '40 ms'], [4_200, '4 s'], [90_000, '90 s'], [180_000, '3 min'], [7_500_000, '2 h 5 min'], [7_200_000, '2 h'], [5 * 86_400_000, '5 d']])('%i ms are %s', (ms, text) => expect(spanText(ms)).toBe(text));
it('tells times in UTC, and distances', () => {
  expect(timeText('2026-11-03T10:12:59.000Z')).toBe('2026-11-03 10:12Z');
  expect(agoText('2026-11-03T10:00:00.000Z', Date.parse('2026-11-03T10:05:00Z'))).toBe('5 min ago');
  expect(agoText('2026-11-03T10:05:00.000Z', Date.parse('2026-11-03T10:00:00Z'))).toBe('in 5 min');
  expect(agoText(null, 0)).toBe('never');
});
it.each([[null, '(empty)'], ['', '""'], [['a', 'b'], 'a, b'], [[], '(none)'], [{ k: 'v' }, 'k=v'], [16, '16'], [false, 'false']])('%j reads %s', (value, text) => expect(valueText(value)).toBe(text));
