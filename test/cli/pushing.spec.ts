import type { Io } from '../../src/cli/io.js';
import { Tool, toolConnector, type ToolRow } from '../support/tools.js';
import { terminal, type Answer, type Terminal } from './harness.js';

const CONFIG = `version: 1
environment: { name: test, writes: on }
authority: { default: [desk, crm] }
sources:
  desk: { connector: tool, auth: { method: none } }
  crm: { connector: tool, auth: { method: none }, push: { enabled: true, fields: [stage, location] } }
`;
const pc = (id: string, more: Partial<ToolRow> = {}): ToolRow => ({ id, status: 'A', serial_number: `SN-000${id}`, name: `pc-${id}`, location: 'Berlin', ...more });
const INSTANT = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as unknown;

/** One walk; each step stands on those before. */
describe('pushing from the command line', () => {
  let at: Terminal;
  let desk: Tool;
  let crm: Tool;
  let catalogue: Io['catalogue'];
  const lockstep = (line: string | readonly string[]): Promise<Answer> => at.lockstep(line, { catalogue });
  const ok = async (line: string | readonly string[]): Promise<Answer> => {
    const answer = await lockstep(line);
    expect({ line, code: answer.code, err: answer.code === 0 ? '' : answer.err }).toEqual({ line, code: 0, err: '' });
    return answer;
  };
  const fails = async (line: string | readonly string[], code: number, err: RegExp): Promise<void> => {
    const answer = await lockstep(line);
    expect({ line, code: answer.code, out: answer.out }).toEqual({ line, code, out: '' });
    expect(answer.err).toMatch(err);
  };
  beforeAll(async () => {
    at = terminal();
    const clock = { now: (): number => at.now };
    [desk, crm] = [new Tool('desk', clock), new Tool('crm', clock)];
    const connector = toolConnector(new Map([['desk', desk], ['crm', crm]]));
    catalogue = { names: () => ['tool'], load: async (name) => (name === 'tool' ? connector : undefined) };
    at.write('lockstep.yaml', CONFIG);
    for (const tool of [desk, crm]) tool.put(pc('1'), pc('2'), pc('3'));
    await ok('sync');
  });
  afterAll(() => at.dispose());

  it('owes nothing at first', async () => {
    expect((await ok('outbox list --json')).out).toBe('');
    expect((await ok('outbox list')).err).toContain('no target is owed anything.');
    expect((await ok('push --dry-run --json')).json).toEqual([{ formatVersion: 1, owed: [] }]);
    expect((await ok('dead-letters list')).err).toContain('no push gave up.');
  });

  it('moves an asset for a person, and says what is owed', async () => {
    await fails('assets transition pc-1 retired --yes', 2, /--reason/);
    await fails('assets transition pc-1 gone --reason sold --yes', 1, /retired/);
    await fails('assets transition nowhere retired --reason sold --yes', 1, /nowhere/);
    await fails('assets transition pc-1 disposed --reason sold --yes', 1, /--evidence/);
    expect((await ok('assets transition pc-1 retired --reason sold --yes --json')).json).toMatchObject([{ formatVersion: 1, assets: [expect.any(String)], changed: { updated: 1, retired: 1 } }]);

    const [owed, ...more] = (await ok('outbox list --json')).json;
    expect(more).toEqual([]);
    expect(owed).toEqual({
      id: expect.any(Number), target: 'crm', asset: expect.any(String), name: 'pc-1', state: 'owed', kind: 'update', reason: null, attempts: 0, owedSince: INSTANT, notBefore: INSTANT,
      differences: [{ record: 'crm/records/1', field: 'stage', before: { status: 'A' }, after: { status: 'R' }, because: 'changed here' }],
    });
    expect((await ok('outbox list')).out).toContain('pc-1');
    expect((await ok('outbox list --target desk --json')).out).toBe('');
    expect((await ok('outbox list --state dead --json')).out).toBe('');
    await fails('outbox list --state nonsense', 2, /owed/);
  });

  it('shows in three ways what would be written, writing nothing', async () => {
    const [dry] = (await ok('push --dry-run --json')).json;
    expect(dry).toMatchObject({ formatVersion: 1, owed: [{ target: 'crm', name: 'pc-1', differences: [{ field: 'stage' }] }] });
    const text = await ok('push --dry-run');
    expect(text.out).toContain('pc-1');
    expect(text.err).toContain('1 asset would be written; nothing was.');
    expect((await ok('push --dry-run --markdown')).out).toMatch(/\|.*pc-1.*\|/);
    expect((await ok('plan --json')).json[0]).toMatchObject({ formatVersion: 1, summary: { push: 1 } });
    expect((await lockstep('plan --detailed-exitcode')).code).toBe(3);
    await fails('push --markdown', 2, /--dry-run/);
    expect(crm.writes()).toEqual([]);
  });

  it('writes nothing to a paused target', async () => {
    await fails('push pause crm', 2, /--reason/);
    await fails('push pause nowhere --reason x', 1, /nowhere/);
    expect((await ok(['push', 'pause', 'crm', '--reason', 'change freeze', '--json'])).json).toEqual([{ formatVersion: 1, target: 'crm', paused: true }]);
    const [report] = (await ok('push --json')).json;
    expect(report).toMatchObject({ formatVersion: 1, pushId: expect.stringMatching(/^push-/), targets: [{ target: 'crm', status: 'paused', reason: 'change freeze', left: { owed: 1 } }] });
    expect((await ok('push')).out + (await ok('push')).err).toContain('change freeze');
    expect((await ok('push resume crm --json')).json).toEqual([{ formatVersion: 1, target: 'crm', paused: false }]);
    expect(crm.writes()).toEqual([]);
  });

  it('delivers, and logs what it wrote', async () => {
    await fails('push nowhere', 2, /nowhere/);
    await fails('push --patience soon', 2, /30s/);
    const [report] = (await ok('push crm --json')).json;
    expect(report.targets).toEqual([{ target: 'crm', status: 'done', counts: { verified: 1, normalised: 0, created: 0, pending: 0, retried: 0, superseded: 0, waiting: 0, failed: 0 }, left: {} }]);
    expect(crm.status('1')).toBe('R');

    const [attempt] = (await ok('outbox log pc-1 --json')).json;
    expect(attempt).toMatchObject({ pushId: report.pushId, target: 'crm', recordKey: 'crm/records/1', kind: 'update', outcome: 'verified', at: INSTANT, finishedAt: INSTANT, differences: [{ field: 'stage' }], readBack: { stage: { status: 'R' } } });
    expect((await ok('outbox log pc-1')).out).toContain('verified');
    expect((await ok('outbox log pc-2')).err).toContain('nothing has been written');
    await fails('outbox log nowhere', 1, /nowhere/);
  });

  it('takes it back', async () => {
    const [attempt] = (await ok('outbox log pc-1 --json')).json;
    await fails(`undo push ${attempt.pushId} --yes`, 2, /--reason/);
    await fails('undo push push-nowhere --reason x --yes', 1, /took effect/);
    const [report] = (await ok(`undo push ${attempt.pushId} --reason mistake --yes --json`)).json;
    expect(report).toMatchObject({ formatVersion: 1, undone: [{ target: 'crm', record: 'crm/records/1', differences: [{ field: 'stage', before: { status: 'R' }, after: { status: 'A' } }] }], left: [] });
    expect(crm.status('1')).toBe('A');
    expect((await lockstep(`undo push ${attempt.pushId} --reason again --yes`)).code).toBe(1);
  });

  it('explains a dead letter, and ends with 1 as long as it makes one', async () => {
    crm.switches.refuse = (row) => (row.id === '2' ? 'Data Policy Exception: location is locked' : undefined);
    for (const id of ['2', '3']) desk.edit(id, { location: 'Ulm' });
    await ok('sync --no-push');
    const answer = await lockstep('push --json');
    expect(answer.code).toBe(1);
    expect(answer.json[0].targets).toMatchObject([{ status: 'done', counts: { verified: 1, failed: 1 }, left: { dead: 1 } }]);

    const [letter] = (await ok('dead-letters list --json')).json;
    expect(letter).toMatchObject({ target: 'crm', name: 'pc-2', state: 'dead', reason: 'Data Policy Exception: location is locked', differences: [{ field: 'location', before: 'Berlin', after: 'Ulm' }] });
    const [details] = (await ok(`dead-letters show ${letter.id} --json`)).json;
    expect(details).toMatchObject({ formatVersion: 1, id: letter.id, detail: { hint: 'see the rule in the tool' }, log: [{ outcome: 'refused' }] });
    const { out } = await ok(`dead-letters show ${letter.id}`);
    for (const part of ['Data Policy Exception: location is locked', 'see the rule in the tool', 'Ulm']) expect(out).toContain(part);
    expect((await ok('dead-letters list')).out).toContain('Data Policy Exception');
    await fails('dead-letters show 4711', 1, /no dead letter 4711/);
    await fails('dead-letters show seven', 2, /seven/);
  });

  it('replays, cures and discards dead letters', async () => {
    const [{ id }] = (await ok('dead-letters list --json')).json;
    await fails('dead-letters replay', 2, /--all/);
    await fails(`dead-letters replay ${id} --all`, 2, /exclude/);
    await fails('dead-letters replay 4711', 1, /no dead letter/);
    expect((await ok(`dead-letters replay ${id} --json`)).json).toEqual([{ formatVersion: 1, replayed: 1, settled: 0 }]);
    expect((await lockstep('push')).code).toBe(1);
    await fails(`dead-letters resolve ${id} --record crm/records/99 --reason x`, 1, /crm\/records\/99/);
    await fails(`dead-letters discard ${id} --yes`, 2, /--reason/);
    expect((await ok(`dead-letters discard ${id} --reason theirs --yes --json`)).json).toEqual([{ formatVersion: 1, discarded: 1 }]);
    crm.switches.refuse = () => undefined;
    await ok('sync');
    expect([crm.present('2')?.['location'], (await ok('outbox list --json')).out]).toEqual(['Berlin', '']);
  });

  it('tells of a target that cannot be reached, and ends with 1', async () => {
    desk.edit('3', { location: 'Bonn' });
    await ok('sync --no-push');
    crm.switches.down = true;
    const answer = await lockstep('push --json');
    expect([answer.code, answer.json[0].targets]).toMatchObject([1, [{ target: 'crm', status: 'failed', reason: 'the tool does not answer', left: { owed: 1 } }]]);
    crm.switches.down = false;
    expect((await ok('push')).out).toContain('crm');
    expect((await ok('rebuild --verify --json')).json[0]).toMatchObject({ differences: [] });
  });

  it('writes nothing while writes are off, and says so', async () => {
    desk.edit('3', { location: 'Kiel' });
    at.write('lockstep.yaml', CONFIG.replace('writes: on', 'writes: off'));
    await ok('sync');
    const [report] = (await ok('push --json')).json;
    expect(report.targets).toMatchObject([{ status: 'off', reason: expect.stringContaining('environment.writes') }]);
    expect(crm.present('3')?.['location']).toBe('Bonn');
    const [attempt] = (await ok('outbox log pc-3 --json')).json;
    await fails(`undo push ${attempt.pushId} --reason x --yes`, 1, /environment\.writes/);
  });
});
