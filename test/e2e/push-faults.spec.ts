import { DESKS, KEEPS, PushBench, type Desk, type Said, type Shown } from '../support/push-bench.js';
import { ASKED_MS, edits, habit, hiddenAtFirst, judge, lateAnswer, LONG_MS, lostAnswer, normalises, readOnly, refuses, removed, removes, status, switched, throttled, throttlesBehind, type Arrange, type Kind } from '../support/push-faults.js';

/** How a fault ends at one desk. */
interface End {
  /** What the outbox holds after the sitting that met it: of the machine, and of the two others where they are not done. */
  readonly first: string;
  readonly others?: readonly [before: string, behind: string];
  /** Ends of the attempts once nothing is due any more. */
  readonly ends: string;
  /** Writes of ours that the desk noted, by then. */
  readonly writes: number;
  /** A dead letter: the desk's words or the cause, and the next step. */
  readonly letter?: readonly [words: RegExp, next: RegExp];
  /** The earliest time of the write, after the sitting began. */
  readonly notBefore?: number;
  /** What waits for a person. */
  readonly review?: string;
  /** What it shows in the end, where that is not what the list says. */
  readonly shows?: string;
}

interface Row extends End {
  readonly fault: string;
  readonly desk: Desk;
  readonly kind: Kind;
  readonly arrange: Arrange;
  /** Default: another version. */
  readonly says?: Partial<Said>;
  /** It happens in the midst of a sitting at this desk: the other one is served before. */
  readonly alone?: boolean;
  /** The record is gone: nothing is to be mended. */
  readonly gone?: boolean;
}

const NEW = '13.0';
const CLEAN = { doubles: 0, lost: 0, repeats: 0 };
const DAY = 24 * 3_600_000;
const done = { first: 'none', ends: 'verified', writes: 1 } as const;

const row = (fault: string, desk: Desk, kind: Kind, arrange: Arrange, end: End, more: Partial<Row> = {}): Row => ({ fault, desk, kind, arrange, ...end, ...more });
const both = (fault: string, kind: Kind, arrange: Arrange, ends: End | Readonly<Record<Desk, End>>, more: Partial<Row> = {}): Row[] => DESKS.map((desk) => row(fault, desk, kind, arrange, 'halo' in ends ? ends[desk] : ends, more));

const lost: End = { first: 'sending', others: ['sending', 'sending'], ends: 'verified', writes: 1 };

const UPDATES: readonly Row[] = [
  ...both('applied but answer lost', 'update', lostAnswer('update'), lost),
  ...both('slow success after our timeout', 'update', lateAnswer('update'), lost),
  ...both('conflict 409', 'update', status('update', 409), { halo: done, servicenow: { ...done, ends: 'conflict verified' } }),
  ...both('conflict 412', 'update', status('update', 412), { halo: done, servicenow: { ...done, ends: 'conflict verified' } }),
  ...both('conflict: somebody changes the same field', 'update', edits('version', '12.9'), { first: 'none', ends: 'conflict', writes: 0, review: 'push_conflict', shows: '12.9' }, { alone: true }),
  ...both('conflict: somebody changes another field', 'update', edits('system', 'Debian'), done, { alone: true }),
  row('partial batch, the rest put off', 'servicenow', 'update', switched({ batchStopsAfter: 1, batchStopsHow: 'unserviced' }), { ...done, first: 'owed', others: ['none', 'owed'], ends: 'retry verified' }),
  row('partial batch, the rest not mentioned', 'servicenow', 'update', switched({ batchStopsAfter: 1, batchStopsHow: 'silent' }), { ...done, first: 'sending', others: ['none', 'sending'], ends: 'unknown verified' }),
  row('partial batch, the first stays', 'halo', 'update', switched({ refusedBatch: 'earlier_stay' }, refuses('Locked for a moment', 1)), done),
  row('partial batch, nothing stays', 'halo', 'update', switched({ refusedBatch: 'none_stay' }, refuses('Locked for a moment', 1)), done),
  row('one item refused by a business rule', 'servicenow', 'update', refuses('Keep audited servers'), { first: 'dead', ends: 'refused', writes: 0, letter: [/aborted by Business Rule 'Keep audited servers'/, /The business rule Keep audited servers of cmdb_ci_linux_server forbids this change/] }),
  row('one item refused by a business rule, earlier ones stay', 'halo', 'update', switched({ refusedBatch: 'earlier_stay' }, refuses('Keep audited servers')), { first: 'dead', ends: 'refused', writes: 0, letter: [/Keep audited servers/, /its own words say why/] }),
  row('one item refused by a business rule, nothing stays', 'halo', 'update', switched({ refusedBatch: 'none_stay' }, refuses('Keep audited servers')), { first: 'dead', ends: 'refused', writes: 0, letter: [/Keep audited servers/, /its own words say why/] }),
  ...both('read-only field', 'update', readOnly('update'), {
    halo: { first: 'looking', ends: 'reverted', writes: 1, letter: [/accepted os_version and still shows the old value/, /read-only for the role of the application's agent/] },
    servicenow: { first: 'looking', ends: 'reverted', writes: 1, letter: [/accepted os_version and still shows the old value/, /os_version of cmdb_ci_linux_server is read-only in the dictionary/] },
  }),
  ...both('record gone before the sitting', 'update', removed, {
    halo: { first: 'owed', ends: '', writes: 0, letter: [/Halo answers 404 both/, /dead-letters resolve/] },
    servicenow: { first: 'dead', ends: '', writes: 0, letter: [/the target has deleted it/, /dead-letters resolve/] },
  }, { gone: true }),
  ...both('record gone in the midst of the sitting', 'update', removes, { first: 'dead', ends: 'gone', writes: 0, letter: [/no longer given: deleted, or hidden/, /dead-letters resolve/] }, { gone: true, alone: true }),
  ...both('vendor normalises the value', 'update', normalises('update'), { first: 'none', ends: 'normalised', writes: 1, shows: '13.0 lts' }, { says: { version: '13.0 LTS' } }),
  row('forbidden transition', 'halo', 'update', switched({ forbiddenMoves: [[1, 5]] }), { first: 'dead', ends: 'refused', writes: 0, letter: [/The status cannot be changed to this value/, /look at what each status may follow/] }, { says: { stage: 'maintenance' } }),
  row('forbidden transition', 'servicenow', 'update', refuses('CI life cycle'), { first: 'dead', ends: 'refused', writes: 0, letter: [/Business Rule 'CI life cycle'/, /The business rule CI life cycle of cmdb_ci_linux_server forbids this change/] }, { says: { stage: 'maintenance' } }),
  row('throttled mid-batch', 'servicenow', 'update', throttlesBehind(1, 2), { first: 'owed', others: ['none', 'owed'], ends: 'retry verified', writes: 1, notBefore: ASKED_MS }),
  row('throttled mid-batch', 'halo', 'update', throttlesBehind(1, 1), { ...done, notBefore: ASKED_MS }),
  ...both('throttled for longer than a request waits', 'update', throttled('update', LONG_MS), { first: 'owed', others: ['owed', 'owed'], ends: 'retry verified', writes: 1, notBefore: LONG_MS }),
];

const made: End = { first: 'none', ends: 'created', writes: 1 };
const CREATES: readonly Row[] = [
  ...both('applied but answer lost, found late', 'create', switched({ indexLagMs: 60_000 }, lostAnswer('create')), { ...made, first: 'sending' }),
  ...both('slow success after our timeout, found late', 'create', switched({ indexLagMs: 60_000 }, lateAnswer('create')), { ...made, first: 'sending' }),
  ...[409, 412].flatMap((code) => both(`conflict ${code}`, 'create', status('create', code), {
    halo: { first: 'dead', ends: 'refused', writes: 0, letter: [/Object reference not set/, /Look in Halo for another asset/] },
    servicenow: { first: 'dead', ends: 'refused', writes: 0, letter: [/Service unavailable/, /Look in ServiceNow for another CI/] },
  }, { alone: true })),
  row('one item refused by a business rule', 'halo', 'create', habit('create', () => ({ kind: 'refuse', words: 'No servers after June' })), { first: 'dead', ends: 'refused', writes: 0, letter: [/No servers after June/, /its own words say why/] }, { alone: true }),
  row('one item refused by a rule of its class', 'servicenow', 'create', switched({ engine: 'parks_incomplete' }), { first: 'dead', ends: 'refused', writes: 0, letter: [/INSERT_AS_INCOMPLETE/, /complete it, then try again/] }, { alone: true }),
  ...both('throttled', 'create', throttled('create', ASKED_MS), { ...made, notBefore: ASKED_MS }),
  ...both('throttled for longer than a request waits', 'create', throttled('create', LONG_MS), { ...made, first: 'owed', ends: 'retry created', notBefore: LONG_MS }),
  row('answered, and listed late', 'halo', 'create', switched({ indexLagMs: 60_000 }), made),
  row('answered, and listed late', 'servicenow', 'create', switched({ indexLagMs: 60_000 }), { ...made, first: 'sending' }),
  row('answered, and not found by its id at first', 'halo', 'create', switched({ indexLagMs: 60_000 }, hiddenAtFirst), { ...made, first: 'sending' }),
  ...both('vendor normalises the value', 'create', normalises('create'), { ...made, shows: '13.0 lts' }, { says: { version: '13.0 LTS' } }),
  ...both('a field that no new record takes', 'create', readOnly('create'), { first: 'none', ends: 'created verified', writes: 2 }),
];

describe.each([['update', UPDATES], ['create', CREATES]] as const)('faults of a %s', (kind, rows) => {
  let bench: PushBench;
  const named = rows.map((each, at) => ({ ...each, title: `${each.desk}: ${each.fault}`, trio: ['before', 'subject', 'behind'].map((name) => `${kind}-${String(at).padStart(2, '0')}-${name}`) as [string, string, string] }));
  const wanted = (desk: Desk, { version, stage }: Said): Shown => ({ stage: KEEPS[desk].codes[stage], version });

  beforeAll(async () => {
    bench = await PushBench.open(named.flatMap(({ trio: [before, subject, behind] }) => [before, ...(kind === 'update' ? [subject] : []), behind]));
  }, 60_000);
  afterAll(() => bench?.close());

  it.each(named)('$title', async ({ desk, arrange, says, trio: [before, subject, behind], alone, gone, ...end }) => {
    const other = DESKS.find((each) => each !== desk) as Desk;
    const said: Said = { stage: 'in_use', version: NEW, ...says };
    const rest: Said = { stage: 'in_use', version: NEW };
    const from = bench.journal(desk).length;
    const entries = () => bench.journal(desk).slice(from);
    const writesOf = async (machine: string) => {
      const id = await bench.idOf(desk, machine).catch(() => undefined);
      return entries().filter(({ externalId, by }) => externalId === id && by === 'api');
    };
    bench.say(before, rest);
    bench.say(subject, said);
    bench.say(behind, rest);
    let over = await arrange({ bench, desk, machine: subject });
    const begun = bench.clock.now();
    if (alone) {
      const met = bench.onPlace;
      bench.onPlace = () => undefined;
      await bench.sync(['registry'], false);
      await bench.push(other);
      bench.onPlace = met;
      await bench.push(desk);
    } else await bench.sync(['registry']);

    // the sitting that met it: the others are told all the same, there and at the other desk
    expect({ first: await bench.state(desk, subject), others: [await bench.state(desk, before), await bench.state(desk, behind)] }).toEqual({ first: end.first, others: end.others ?? ['none', 'none'] });
    expect([await bench.state(other, before), await bench.state(other, subject), await bench.state(other, behind)]).toEqual(['none', 'none', 'none']);
    expect(await bench.shown(other, subject)).toEqual(wanted(other, said));

    // the next sittings
    if (!end.letter) over();
    await bench.settle();
    expect({ oracle: judge(entries(), desk), ends: (await bench.ends(desk, subject)).join(' '), writes: (await writesOf(subject)).length }).toEqual({ oracle: CLEAN, ends: end.ends, writes: end.writes });
    for (const machine of [before, behind]) expect({ shown: await bench.shown(desk, machine), writes: (await writesOf(machine)).length, state: await bench.state(desk, machine) }).toEqual({ shown: wanted(desk, rest), writes: 1, state: 'none' });
    if (end.notBefore !== undefined) expect(Math.min(...(await writesOf(subject)).map(({ at }) => at)) - begun).toBeGreaterThanOrEqual(end.notBefore);
    expect(await bench.reviews()).toEqual(end.review === undefined ? [] : [end.review]);

    // what a person does about it
    const letter = await bench.letter(desk, subject);
    expect(letter === undefined).toBe(end.letter === undefined);
    if (letter && end.letter) {
      expect(letter.reason).toMatch(end.letter[0]);
      expect(`${String(letter.detail['hint'])} ${String(letter.detail['likelyCause'])}`).toMatch(end.letter[1]);
      over();
      over = () => undefined;
      if (gone) return;
      await bench.replay(letter);
    }
    if (end.review !== undefined) {
      expect(await bench.shown(desk, subject)).toEqual({ ...wanted(desk, said), version: end.shows });
      await bench.resolve(end.review);
    }
    await bench.settle();
    expect({ state: await bench.state(desk, subject), shown: await bench.shown(desk, subject) }).toEqual({ state: 'none', shown: end.shows === undefined || end.review !== undefined ? wanted(desk, said) : { ...wanted(desk, said), version: end.shows } });
    // a person let ours count over somebody's value
    expect(judge(entries(), desk)).toEqual({ ...CLEAN, lost: end.review === undefined ? 0 : 1 });
  }, 30_000);

  it('come to rest: the model is the list, nobody is asked, nothing is owed, and a further sync does nothing', async () => {
    // what is gone is believed after its grace
    for (let day = 0; day < 3; day++) {
      bench.clock.advance(DAY);
      await bench.sync();
    }
    const gone = named.flatMap(({ desk, trio: [, machine], ...each }) => (each.gone ? [{ desk, machine }] : []));

    expect(await bench.model()).toEqual(await bench.wanted(gone));
    expect({ reviews: await bench.reviews(), outbox: await bench.rows('SELECT target, state, reason FROM outbox'), open: await bench.rows(`SELECT target, outcome FROM push_attempts WHERE outcome IN ('sent', 'unknown', 'pending') AND finished_at IS NULL`) }).toEqual({ reviews: [], outbox: [], open: [] });
    expect(DESKS.map((desk) => judge(bench.journal(desk), desk).doubles)).toEqual([0, 0]);
    expect(await bench.unrest()).toEqual([]);
    expect(await bench.leaks()).toEqual([]);
  });
});
