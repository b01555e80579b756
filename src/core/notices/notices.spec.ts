import fc from 'fast-check';
import { causesOf, follow, latestOf, MOST_ENTRIES, nextTryAt, parcelsOf, routesOf, type Cause, type Facts, type Notice, type NoticePolicy, type RunFact, type Tell } from './index.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOTHING: Facts = { now: 0, sources: [], heldSets: [], waiting: [], deadLetters: [], quarantine: [], silent: [], breakers: [] };
const policy: NoticePolicy = { rules: [{ to: ['ops'] }], repeatMs: DAY, settleMs: 30 * MINUTE };

const run = (seq: number, status: RunFact['status'], mode: RunFact['mode'] = 'incremental'): RunFact => ({ id: `run-${seq}`, seq, status, mode, at: seq * MINUTE, error: status === 'failed' ? 'it refused' : null });
const runs = (...list: readonly RunFact[]): Facts => ({ ...NOTHING, sources: [{ name: 'crm', paused: false, runs: list, lastSuccessAt: 0, staleAt: DAY, expected: '24 h' }] });
const told = (facts: Facts): string[] => causesOf(facts).map(({ kind, source, severity, times }) => `${kind} ${source ?? '-'} ${severity} ${times}`);

describe('what stands', () => {
  it.each([
    ['nothing', NOTHING, []],
    ['a run that succeeded', runs(run(1, 'succeeded')), []],
    ['a run that failed', runs(run(1, 'succeeded'), run(2, 'failed')), ['run_failed crm error 1']],
    ['three that failed in a row', runs(run(1, 'failed'), run(2, 'failed'), run(3, 'failed')), ['run_failed crm error 3']],
    ['failed, then succeeded', runs(run(1, 'failed'), run(2, 'succeeded')), []],
    ['failed, then partial: it can be read again', runs(run(1, 'failed'), run(2, 'partial')), ['run_partial crm warning 1']],
    ['partial, then failed: both', runs(run(1, 'partial'), run(2, 'failed')), ['run_failed crm error 1', 'run_partial crm warning 1']],
    ['suspect, then failed, then partial', runs(run(1, 'suspect'), run(2, 'failed'), run(3, 'partial')), ['run_partial crm warning 1']],
    ['a full run that failed is not mended by an increment', runs(run(1, 'failed', 'full'), run(2, 'succeeded')), ['run_failed crm error 1']],
    ['but by a full one', runs(run(1, 'failed', 'full'), run(2, 'failed'), run(3, 'succeeded', 'full')), []],
    ['too old data', { ...runs(), now: DAY }, ['source_not_fresh crm error 1']],
    ['almost too old data', { ...runs(), now: DAY - 1 }, []],
    ['a paused source', { ...NOTHING, now: 9 * DAY, sources: [{ name: 'crm', paused: true, runs: [], lastSuccessAt: null, staleAt: DAY, expected: '24 h' }] }, []],
    ['held sets, each by itself', { ...NOTHING, heldSets: [1, 2].map((id) => ({ id, kind: 'held_tombstone', source: 'crm', because: 'many', records: 30, openedAt: 1 })) }, ['held_set crm warning 1', 'held_set crm warning 1']],
    ['a guard that paused pushing', { ...NOTHING, heldSets: [{ id: 1, kind: 'push_guard', source: 'crm', because: 'many', records: 30, openedAt: 1 }] }, ['push_paused crm error 1']],
    ['reviews, together', { ...NOTHING, waiting: [{ source: null, reviews: 7, newestAt: 1 }, { source: 'crm', reviews: 0, newestAt: 1 }] }, ['review_waiting - info 7']],
    ['dead letters', { ...NOTHING, deadLetters: [{ target: 'desk', assets: 3, newestAt: 1 }] }, ['dead_letter desk error 3']],
    ['a quarantine that grows', { ...NOTHING, quarantine: [{ source: 'a', fresh: 9, total: 900, newestAt: 1 }, { source: 'b', fresh: 10, total: 10, newestAt: 1 }] }, ['quarantine_growing b warning 10']],
    ['a silent webhook', { ...NOTHING, silent: [{ source: 'crm', since: 5, lastAt: null }] }, ['webhook_silent crm warning 1']],
    ['an open breaker', { ...NOTHING, breakers: [{ source: 'crm', since: 5, failures: 5, reason: 'down' }] }, ['breaker_open crm error 1']],
  ] as const)('%s', (_, facts, expected) => expect(told(facts as Facts)).toEqual(expected));

  it('says what happened, what to type and where to look', () => {
    expect(causesOf(runs(run(1, 'failed'), run(2, 'failed')))[0]).toEqual({
      key: 'run_failed:crm', kind: 'run_failed', source: 'crm', severity: 'error', title: 'A run of crm failed, 2 times now', text: 'it refused', next: 'lockstep runs show run-2', path: '/api/v1/runs/run-2', at: 2 * MINUTE, times: 2,
    });
  });
});

describe('who hears of it', () => {
  const notice = { kind: 'run_failed', source: 'crm', severity: 'error' } as const;
  it.each([
    ['no rule', [], []],
    ['a rule for all', [{ to: ['a', 'b'] }], ['a 0', 'b 0']],
    ['its kind', [{ on: ['run_failed'], to: ['a'] }, { on: ['held_set'], to: ['b'] }], ['a 0']],
    ['its source', [{ sources: ['crm'], to: ['a'] }, { sources: ['hr'], to: ['b'] }], ['a 0']],
    ['its severity', [{ minSeverity: 'error', to: ['a'] }, { minSeverity: 'info', to: ['b'] }], ['a 0', 'b 0']],
    ['a channel named twice: by the rule that waits least', [{ to: ['a'], digestMs: 10 }, { to: ['a'] }, { to: ['a'], digestMs: 5 }], ['a 0']],
  ] as const)('%s', (_, rules, expected) => expect([...routesOf(rules, notice)].map(([channel, { digestMs }]) => `${channel} ${digestMs}`)).toEqual(expected));

  it('a rule for errors leaves out warnings, one for a source what is about none', () => {
    expect(routesOf([{ minSeverity: 'error', to: ['a'] }], { ...notice, severity: 'warning' }).size).toBe(0);
    expect(routesOf([{ sources: ['crm'], to: ['a'] }], { ...notice, source: null }).size).toBe(0);
  });
});

const cause = (key: string, at = 0, times = 1): Cause => ({ key, kind: 'run_failed', source: 'crm', severity: 'error', title: key, text: 't', next: 'n', path: '/p', at, times });

/** A life told as steps: what stands when. Gives who was told what. */
function live(steps: readonly (readonly [at: number, keys: readonly string[]])[], under = policy, act: (notices: Notice[], at: number) => Notice[] = (notices) => notices): { readonly said: string[]; readonly notices: Notice[] } {
  let notices: Notice[] = [];
  const said: string[] = [];
  let id = 1;
  for (const [at, keys] of steps) {
    notices = act(notices, at);
    const { changed, tells } = follow(notices, keys.map((key) => cause(key)), under, at);
    for (const notice of changed) notices = [...notices.filter((each) => each.id !== notice.id), notice.id === 0 ? { ...notice, id: id++ } : notice];
    said.push(...tells.map(({ key, event, channel }) => `${at / MINUTE}: ${event} ${key} to ${channel}`));
  }
  return { said, notices };
}

describe('the life of a notice', () => {
  it.each([
    ['is told once, however often one looks', [[0, ['a']], [MINUTE, ['a']], [2 * MINUTE, ['a']]], ['0: opened a to ops']],
    ['is told again a day later', [[0, ['a']], [DAY - 1, ['a']], [DAY, ['a']], [DAY + HOUR, ['a']]], ['0: opened a to ops', '1440: again a to ops']],
    ['is told to be over once that has settled', [[0, ['a']], [HOUR, []], [HOUR + 29 * MINUTE, []], [HOUR + 30 * MINUTE, []], [2 * HOUR, []]], ['0: opened a to ops', '90: resolved a to ops']],
    ['that comes back before it settled was never over', [[0, ['a']], [10 * MINUTE, []], [20 * MINUTE, ['a']], [30 * MINUTE, []], [40 * MINUTE, ['a']]], ['0: opened a to ops']],
    ['that comes back later is another one', [[0, ['a']], [MINUTE, []], [HOUR, []], [2 * HOUR, ['a']]], ['0: opened a to ops', '60: resolved a to ops', '120: opened a to ops']],
  ] as const)('%s', (_, steps, expected) => expect(live(steps).said).toEqual(expected));

  it('counts how often it came back', () => expect(live([[0, ['a']], [1, []], [2, ['a']], [3, ['a']], [4, []], [5, ['a']]]).notices[0]).toMatchObject({ times: 3, calmSince: null, state: 'open' }));

  it('keeps still while it is acknowledged, and says that it is over', () => {
    const { said } = live([[0, ['a']], [DAY, ['a']], [3 * DAY, ['a']], [4 * DAY, []], [5 * DAY, []]], policy, (notices, at) => (at === DAY ? notices.map((each) => ({ ...each, state: 'acknowledged' as const })) : notices));
    expect(said).toEqual(['0: opened a to ops', '7200: resolved a to ops']);
  });

  it('keeps still while it is snoozed, and is told when the snooze is over', () => {
    const steps = [[0, ['a']], [HOUR, ['a']], [2 * HOUR, ['a']], [4 * HOUR, ['a']], [5 * HOUR, ['a']], [28 * HOUR, ['a']]] as const;
    const { said } = live(steps, policy, (notices, at) => (at === HOUR ? notices.map((each) => ({ ...each, snoozedUntil: 4 * HOUR })) : notices));
    expect(said).toEqual(['0: opened a to ops', '240: again a to ops', '1680: again a to ops']);
  });

  it('that a person called done is silent until its cause has gone and come back', () => {
    const { said, notices } = live([[0, ['a']], [DAY, ['a']], [2 * DAY, ['a']], [3 * DAY, []], [4 * DAY, []], [5 * DAY, ['a']]], policy, (all, at) => (at === DAY ? all.map((each) => ({ ...each, state: 'resolved' as const })) : all));
    expect(said).toEqual(['0: opened a to ops', '7200: opened a to ops']);
    expect(notices.map(({ state }) => state)).toEqual(['ended', 'open']);
  });

  it('is over only for those who had heard of it', () => expect(live([[0, ['a']], [1, []], [DAY, []]], { ...policy, rules: [] })).toMatchObject({ said: [], notices: [{ state: 'ended' }] }));
});

describe('whatever happens in whatever order', () => {
  const keys = fc.subarray(['a', 'b', 'c']);
  const history = fc.array(fc.tuple(fc.integer({ min: 1, max: 600 }), keys), { minLength: 1, maxLength: 60 }).map((steps) => {
    let at = 0;
    return steps.map(([minutes, stands]) => [(at += minutes * MINUTE), stands] as const);
  });

  it('looking again, and at facts that are told twice and in another order, changes nothing', () => {
    fc.assert(fc.property(history, fc.infiniteStream(fc.nat(2)), (steps, extra) => {
      const noisy = steps.flatMap(([at, stands]) => Array.from({ length: 1 + (extra.next().value as number) }, () => [at, [...stands, ...stands].reverse()] as const));

      expect(live(noisy)).toEqual(live(steps));
    }), { numRuns: 300 });
  });

  it('nobody hears of one notice twice within the interval, nothing that stands goes untold, and each end is told once', () => {
    fc.assert(fc.property(history, (steps) => {
      let notices: Notice[] = [];
      let id = 1;
      const heard = new Map<number, number[]>();
      const over = new Map<number, number>();
      for (const [at, stands] of steps) {
        const { changed, tells } = follow(notices, stands.map((key) => cause(key)), policy, at);
        for (const notice of changed) notices = [...notices.filter((each) => each.id !== notice.id), notice.id === 0 ? { ...notice, id: id++ } : notice];
        for (const tell of tells) {
          const about = (notices.filter((each) => each.key === tell.key).sort((a, b) => b.id - a.id)[0] as Notice).id;
          if (tell.event === 'resolved') over.set(about, (over.get(about) ?? 0) + 1);
          else heard.set(about, [...(heard.get(about) ?? []), at]);
        }
        for (const key of stands) expect(notices.filter((each) => each.key === key && each.state === 'open' && (each.told['ops'] ?? -DAY) > at - DAY)).toHaveLength(1);
      }
      for (const times of heard.values()) for (let i = 1; i < times.length; i++) expect((times[i] as number) - (times[i - 1] as number)).toBeGreaterThanOrEqual(DAY);
      expect([...over.keys()].sort()).toEqual(notices.filter(({ state }) => state === 'ended').map((each) => each.id).sort());
      expect([...over.values()].every((times) => times === 1)).toBe(true);
    }), { numRuns: 300 });
  });

  it('facts in any order and any number give the same causes', () => {
    const fact = fc.record({ source: fc.constantFrom('a', 'b', 'c'), reviews: fc.nat(3), newestAt: fc.nat(3) });
    fc.assert(fc.property(fc.array(fact), fc.array(fc.record({ seq: fc.nat(8), status: fc.constantFrom('succeeded' as const, 'partial' as const, 'suspect' as const, 'failed' as const) })), (waiting, list) => {
      const all = [...new Map(list.map(({ seq, status }) => [seq, run(seq, status)])).values()];
      const facts = { ...runs(...all), waiting };
      const shuffled = { ...runs(...[...all, ...all].reverse()), waiting: [...waiting, ...waiting].reverse() };

      expect(causesOf(shuffled)).toEqual(causesOf(facts));
    }));
  });
});

describe('sending', () => {
  it('waits longer each time, for a day, then gives up', () => {
    const waits: number[] = [];
    let [now, attempts] = [0, 1];
    for (let next = nextTryAt(1, 0, 0); next !== undefined; next = nextTryAt(++attempts, 0, now)) {
      waits.push(next - now);
      now = next;
    }
    expect(waits.every((wait, i) => i === 0 || wait >= (waits[i - 1] as number))).toBe(true);
    expect([waits.length, now >= DAY, now < 25 * HOUR]).toEqual([9, true, true]);
  });

  it('waits as long as the receiver asks, within the day', () => {
    expect(nextTryAt(1, 0, 0, 5 * MINUTE)).toBe(5 * MINUTE);
    expect(nextTryAt(1, 0, 0, 99 * DAY)).toBe(DAY);
  });

  const tell = (key: string, digestMs = 0, channel = 'ops', rule = 'r'): Tell => ({ key, event: 'opened', channel, rule, digestMs });

  it('puts together what goes out together', () => {
    const open = { id: 7, channel: 'ops', rule: 'r', entries: MOST_ENTRIES - 1 };
    const parcels = parcelsOf([tell('a'), tell('b', 5), tell('c'), tell('d', 5), tell('e', 0, 'boss'), tell('f', 9, 'ops', 'other')], [open]);
    expect(parcels.map(({ channel, into, tells }) => `${channel} ${into?.id ?? 'new'} ${tells.map(({ key }) => key).join('')}`)).toEqual(['ops new ac', 'ops 7 b', 'ops new d', 'boss new e', 'ops new f']);
  });

  it('parts what is too much for one', () => expect(parcelsOf(Array.from({ length: 2 * MOST_ENTRIES + 1 }, (_, i) => tell(String(i))), []).map(({ tells }) => tells.length)).toEqual([MOST_ENTRIES, MOST_ENTRIES, 1]));

  it('shows people the last of what is said of one notice', () => {
    const entry = (notice: number, event: 'opened' | 'again' | 'resolved') => ({ notice, event });
    expect(latestOf([entry(1, 'opened'), entry(2, 'opened'), entry(1, 'again'), entry(2, 'resolved'), entry(3, 'again')])).toEqual([entry(1, 'opened'), entry(2, 'resolved'), entry(3, 'again')]);
  });
});
