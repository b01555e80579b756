import { terminal, type More, type Terminal } from './harness.js';

const SHEET = [
  'id,class,stage,name,serial_number,manufacturer,location,os_version,modified_at',
  '1,computer,in_use,lt-001,ABC123,Dell Inc.,Berlin,10,2026-10-01T10:00:00Z',
  '2,computer,in_use,lt-002,To Be Filled By O.E.M.,Dell Inc.,Berlin,10,2026-10-01T10:00:00Z',
  '3,server,deployed,web-01,SRV900,HPE,Bonn,,2026-10-01T10:00:00Z',
];
const AGENT = [
  { id: 'a1', class: 'computer', name: 'LT-001', serial_number: 'abc-123', manufacturer: 'DELL', os_version: '11', modified_at: '2026-10-05T10:00:00Z' },
  { id: 'a2', class: 'computer', name: 'lt-002.example.com', serial_number: 'XYZ777', manufacturer: 'DELL', modified_at: '2026-10-05T10:00:00Z' },
];
const CONFIG = 'version: 1\nsources:\n  sheet: { connector: file, options: { path: ./sheet.csv } }\n  agents: { connector: file, role: agent, options: { path: ./agent.json } }\n';

export interface WalkDatabase {
  /** For `database.url`. */
  readonly url: string;
  drop(): Promise<void>;
}

/** One walk through the product, as somebody new takes it; each step stands on those before. `database` absent: a SQLite file. */
export function describeWalk(title: string, database?: () => Promise<WalkDatabase>): void {
describe(title, () => {
  let at: Terminal;
  let opened: WalkDatabase | undefined;
  const isFile = database === undefined;
  const env = (): Record<string, string> => (opened ? { DB_URL: opened.url } : {});
  const lockstep = (line: string | readonly string[], more: More = {}) => at.lockstep(line, { env: env(), ...more });
  const ok = async (line: string | readonly string[]) => {
    const answer = await lockstep(line);
    expect({ line, code: answer.code, err: answer.code === 0 ? '' : answer.err }).toEqual({ line, code: 0, err: '' });
    return answer;
  };
  beforeAll(async () => {
    at = terminal();
    opened = await database?.();
  });
  afterAll(async () => {
    at.dispose();
    await opened?.drop();
  });

  it('begins with a configuration', async () => {
    const { err } = await ok('init file');
    expect(err).toContain('lockstep config check');
    const again = await lockstep('init file');
    expect(again).toMatchObject({ code: 2, out: '' });
    expect(again.err).toContain('nothing is overwritten');
    at.write('assets/a.csv', 'id,name\n1,a\n');
    expect((await ok('config check')).out).toBe('');
    at.write('lockstep.yaml', isFile ? CONFIG : CONFIG.replace('sources:', 'database: { url: "${env:DB_URL}" }\nsources:'));
    at.write('sheet.csv', SHEET.join('\n'));
    at.write('agent.json', AGENT);
  });

  if (isFile) it('has nothing to read before the first sync, and says so', async () => {
    const { code, err } = await lockstep('assets list');
    expect(code).toBe(1);
    expect(err).toContain('before the first `lockstep sync` there is nothing to read');
  });

  it('checks its sources', async () => {
    const [report] = (await ok('check --json')).json;
    expect(report).toMatchObject({ formatVersion: 1, ok: true, sources: [{ source: 'sheet', ok: true }, { source: 'agents', ok: true }] });
    for (const { findings } of report.sources) for (const finding of findings) expect(finding).toMatchObject({ what: expect.any(String), outcome: 'ok', message: expect.any(String) });
  });

  it('plans what the sync will do, writing nothing', async () => {
    const { code, json: [plan] } = await lockstep('plan --json --detailed-exitcode');
    expect(code).toBe(3);
    expect(plan).toMatchObject({ formatVersion: 1, summary: { create: expect.any(Number), change: expect.any(Number), retire: 0, push: 0, reviews: 1 } });
    for (const change of plan.changes) expect(change).toMatchObject({ asset: expect.any(String), kind: expect.stringMatching(/^(create|change|retire|merge|split|review)$/), because: expect.any(String) });
    const { out } = await ok('plan --out p.json');
    expect(out.trimEnd().split('\n').at(-1)).toMatch(/^Plan: \d+ to create, \d+ to change, 0 to retire, 0 to push, 1 review\.$/);
    expect((await lockstep('assets list')).out).toBe('');
  });

  it('syncs', async () => {
    const [report] = (await ok('sync --json')).json;
    expect(Object.keys(report)).toEqual(['formatVersion', 'runs']);
    expect(report.formatVersion).toBe(1);
    expect(report.runs.map(({ source }: { source: string }) => source)).toEqual(['sheet', 'agents']);
    for (const run of report.runs) {
      expect(run).toMatchObject({
        mode: 'full', status: 'succeeded', streams: { records: { unchanged: 0, quarantined: 0, tombstoned: 0 } }, assets: { created: expect.any(Number), updated: expect.any(Number), merged: 0, retired: 0 },
        pushes: { queued: 0, sent: 0, failed: 0 }, reviews: expect.any(Number), uncoveredScopes: [], startedAt: expect.stringMatching(/Z$/), finishedAt: expect.stringMatching(/Z$/),
      });
    }
    expect(report.runs[0].streams.records).toMatchObject({ read: 3, changed: 3 });
  });

  it('finds nothing to do the second time', async () => {
    const [report] = (await ok('sync --json')).json;
    for (const run of report.runs) expect(run).toMatchObject({ status: 'succeeded', assets: { created: 0, updated: 0, merged: 0, retired: 0 }, streams: { records: { changed: 0 } } });
    expect((await ok('plan --detailed-exitcode')).out).toBe('Plan: nothing to do.\n');
    expect((await ok('rebuild --verify --json')).json).toEqual([{ formatVersion: 1, assets: 4, differences: [] }]);
  });

  it('lists assets, one a line, in the documented shape and no other key', async () => {
    const { json } = await ok('assets list --json');
    expect(json).toHaveLength(4);
    for (const asset of json) {
      expect(Object.keys(asset)).toEqual(['id', 'class', 'name', 'stage', 'holds', 'attributes', 'identifiers', 'sources', 'updatedAt']);
      for (const source of asset.sources) expect(Object.keys(source)).toEqual(['source', 'stream', 'externalId', 'lastSeenAt']);
      for (const identifier of asset.identifiers) expect(Object.keys(identifier)).toEqual(['kind', 'value']);
    }
    const laptop = json.find(({ sources }) => sources.length === 2);
    expect(laptop).toMatchObject({ class: 'computer', name: 'LT-001', stage: 'in_use', holds: [], attributes: { location: 'Berlin', os_version: '11' }, identifiers: [{ kind: 'serial', value: 'ABC123' }], sources: [{ source: 'agents', stream: 'records', externalId: 'a1' }, { source: 'sheet', stream: 'records', externalId: '1' }] });
    // A placeholder identifies nothing, so nobody finds an asset by it.
    expect(JSON.stringify(json.map(({ identifiers }) => identifiers))).not.toContain('TOBEFILLED');
  });

  it.each([
    ['--class hardware', 4], ['--class computer', 3], ['--class server,computer', 4], ['--stage deployed', 2], ['--source agents', 2], ['--source sheet --stage in_use', 2], ['--search WEB', 1], ['--search abc-123', 1], ['--search a2', 1], ['--search %', 0], ['--limit 2', 2],
  ])('filters by %s', async (filter, n) => expect((await ok(`assets list --json ${filter}`)).json).toHaveLength(n));

  it.each([['--class computr', 'computer'], ['--stage retird', 'retired'], ['--source shet', 'sheet']])('knows better than %s', async (filter, right) => {
    const { code, err } = await lockstep(`assets list ${filter}`);
    expect(code).toBe(2);
    expect(err).toContain(`did you mean "${right}"?`);
  });

  it.each(['serial:ABC123', 'serial:abc-123', 'serial_number:abc123', 'ABC-123', 'LT-001', 'lt-001', 'name:LT-001', 'sheet/records/1', 'agents/records/a1', 'a1', 'external_ref:sheet/records/1'])('shows an asset by %s', async (reference) => {
    const [asset] = (await ok(`assets show ${reference} --json`)).json;
    expect(asset).toMatchObject({ formatVersion: 1, name: 'LT-001', relationships: [], installations: [], reviews: [], overrides: [], formerIds: [] });
  });

  it('lists the assets that an identifier fits: 1, on stderr', async () => {
    const { code, out, err } = await lockstep('assets show lt-002');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/fits 2 assets\n {2}\S+ {2}lt-002\S* {2}computer, .*by .*hostname:lt-002.*\n {2}\S+ {2}lt-002/);
  });

  it.each([['serial:nothing-like-it', 'no asset is known'], ['serial:None', 'placeholder'], ['sn:ABC123', 'known kinds are serial'], ['run-1', 'no asset is known']])('says that there is no %s', async (reference, words) => {
    const { code, out, err } = await lockstep(`assets explain ${reference}`);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(words);
  });

  it('explains a value: who won, who lost and why, by which rule', async () => {
    const [explained] = (await ok('assets explain serial:ABC123 --json')).json;
    expect(explained).toMatchObject({ formatVersion: 1, asset: expect.any(String) });
    expect(explained.attributes.os_version).toEqual({
      value: '11', winner: { source: 'agents', stream: 'records', externalId: 'a1', value: '11', changedAt: '2026-10-05T10:00:00.000Z' },
      losers: [{ source: 'sheet', stream: 'records', externalId: '1', value: '10', changedAt: '2026-10-01T10:00:00.000Z', because: 'outranked' }],
      rule: 'built-in technical order: agent, hypervisor, cloud, discovery, itsm, finance', strategy: 'ordered',
    });
    expect(explained.identity).toEqual([{ identifier: 'serial:ABC123', kind: 'serial', value: 'ABC123', records: ['agents/records/a1', 'sheet/records/1'], tier: 'link', state: 'linked', elsewhere: [] }]);
    expect(Object.keys((await ok('assets explain serial:ABC123 os_version --json')).json[0].attributes)).toEqual(['os_version']);
    expect((await ok('assets explain sheet/records/2 --json')).json[0].identity).toMatchObject([{ identifier: 'serial:TOBEFILLEDBYOEM', state: 'junk', because: 'placeholder' }]);
  });

  it('explains to a person', async () => {
    const { out } = await ok('assets explain serial:ABC123 os_version');
    expect(out).toContain('os_version  11\n  winner  agents/records/a1, changed 2026-10-05 10:00Z\n  lost    sheet/records/1  10, changed 2026-10-01 10:00Z: a source of higher rank says otherwise\n');
    const { out: all } = await ok('assets explain serial:ABC123');
    expect(all).toContain('IDENTITY: 2 records are this asset');
    expect(all).toContain('stage  in_use\n  by      sheet/records/1, which said so when it was first read');
    expect((await ok('assets explain serial:ABC123 os_version --why-not sheet')).out).toContain('loses  os_version  11: it says 10, but a source of higher rank says otherwise (agents/records/a1)');
    expect((await ok('assets explain sheet/records/3 --why-not agents')).out).toContain('agents has no record that is this asset');
    const slip = await lockstep('assets explain serial:ABC123 os_versoin');
    expect(slip.code).toBe(1);
    expect(slip.err).toContain('did you mean "os_version"?');
  });

  it('keeps a history, one change a line', async () => {
    const { json } = await ok('assets history serial:ABC123 --json');
    expect(json.length).toBeGreaterThan(0);
    for (const change of json) {
      expect(change).toMatchObject({ at: expect.stringMatching(/Z$/), attribute: expect.any(String), cause: { kind: 'run', run: expect.any(String), source: expect.any(String) }, configHash: expect.any(String) });
      expect(Object.keys(change)).toEqual(expect.arrayContaining(['before', 'after']));
      expect('stage' in change).toBe(change.attribute === 'stage');
    }
    expect(json[0].attribute).toBe('created');
  });

  it('lets a person pin a value for a time, and take the pin away', async () => {
    const asked = at.now;
    expect((await ok(['assets', 'override', 'serial:ABC123', 'location', 'Munich', '--until', '30d', '--reason', 'seen there'])).out).toContain('pinned');
    const pinned = (await ok('assets explain serial:ABC123 location --json')).json[0].attributes.location;
    expect(pinned).toMatchObject({ value: 'Munich', winner: null, losers: [{ source: 'sheet', because: 'overridden' }], override: { by: 'ann', reason: 'seen there', until: new Date(asked + 30 * 86_400_000).toISOString() } });
    expect((await ok('assets show serial:ABC123')).out).toContain('Munich  pinned by ann until 2026-12-03');
    await ok('assets override serial:ABC123 location --release --reason moved');
    const history = (await ok('assets history serial:ABC123 --attribute location --json')).json;
    expect(history.slice(-2).map(({ before, after, cause }) => [before, after, cause.kind, cause.person])).toEqual([['Berlin', 'Munich', 'person', 'ann'], ['Munich', 'Berlin', 'person', 'ann']]);
    const refused = await lockstep('assets override serial:ABC123 purchase_date soon --reason r');
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('is no value of purchase_date');
  });

  it('asks a person what only a person may decide, and keeps the answer', async () => {
    const [review] = (await ok('reviews list --json')).json;
    expect(review).toMatchObject({ kind: 'suggestion', status: 'open', records: 2, answers: expect.arrayContaining(['merge', 'apart']) });
    const [details] = (await ok(`reviews show ${review.id} --json`)).json;
    expect(details.records.map(({ record }: { record: string }) => record)).toEqual(['agents/records/a2', 'sheet/records/2']);
    expect((await ok(`reviews show ${review.id}`)).out).toContain(`lockstep reviews resolve ${review.id} --as merge`);
    const [before] = (await ok('assets show sheet/records/2 --json')).json;
    const [gone] = (await ok('assets show agents/records/a2 --json')).json;
    await ok(`reviews resolve ${review.id} --as merge --reason same`);
    expect((await ok('reviews list --json')).json).toEqual([]);
    const [after] = (await ok('assets show sheet/records/2 --json')).json;
    expect(after.sources).toHaveLength(2);
    // An id that has merged leads to the asset for ever.
    const old = [before.id, gone.id].find((id) => id !== after.id) as string;
    expect((await ok(`assets show ${old} --json`)).json[0]).toMatchObject({ id: after.id, redirectedFrom: old, formerIds: [old] });
    expect((await ok(`assets explain ${old}`)).out).toContain(`${old} merged into it`);
    const again = await lockstep(`reviews resolve ${review.id} --as apart --reason r`);
    expect(again.code).toBe(1);
    expect(again.err).toContain('resolved already, as merge');
  });

  it('lets a person split what is not one, and merge it again', async () => {
    const [{ id }] = (await ok('assets show sheet/records/2 --json')).json;
    const refused = await lockstep(`assets split ${id} sheet/records/3 --reason r --yes`);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('its records are: ');
    await ok(`assets split ${id} agents/records/a2 --reason two --yes`);
    expect((await ok('assets show agents/records/a2 --json')).json[0].sources).toHaveLength(1);
    const { out } = await ok('assets merge sheet/records/2 agents/records/a2 --reason one --yes');
    expect(out).toContain('one asset now');
    expect((await ok('assets show agents/records/a2 --json')).json[0].sources).toHaveLength(2);
    expect((await ok('rebuild --verify --json')).json[0].differences).toEqual([]);
  });

  it('tries identity rules on pasted records', async () => {
    const joining = await lockstep('identity match - --json', { stdin: '[{"id":"p1","class":"computer","serial_number":"ABC 123","manufacturer":"dell"},{"id":"p2","class":"computer","serial_number":"QQQ1"}]' });
    expect(joining.json).toMatchObject([{ id: 'p1', joins: (await ok('assets show serial:ABC123 --json')).json[0].id, identifiers: [{ kind: 'serial', value: 'ABC123', state: 'linked' }] }, { id: 'p2', joins: null }]);
    const csv = await lockstep('identity match -', { stdin: 'ID,Class,Serial_Number\np3,computer,None\n' });
    expect(csv.out).toContain('would be a new asset');
    expect((await lockstep('identity match nothere.json')).code).toBe(2);
    expect((await lockstep('identity match -', { stdin: '{"id":' })).code).toBe(2);
    expect((await lockstep('identity match -', { stdin: '' })).code).toBe(2);
  });

  it('keeps a bad record in quarantine until it can be taken', async () => {
    at.write('agent.json', [...AGENT, { id: 'a9', class: 'computer', name: 'x'.repeat(10), serial_number: 'NEW1' }, { id: 'a9', class: 'computer', name: 'twice' }]);
    const { code, err } = await lockstep('sync agents');
    expect(err).toContain('lockstep quarantine list --source agents');
    const [entry] = (await ok('quarantine list --json')).json;
    expect(entry).toMatchObject({ id: expect.any(Number), source: 'agents', stream: 'records', externalId: 'a9', reason: expect.any(String), times: 1 });
    expect([0, 1]).toContain(code);
    const [shown] = (await ok(`quarantine show ${entry.id} --json`)).json;
    expect(shown).toMatchObject({ formatVersion: 1, raw: { id: 'a9', name: 'twice' } });
    expect((await ok('quarantine list')).out).toContain('agents/records: ');
    expect((await lockstep('quarantine show 999')).code).toBe(1);
    await ok(`quarantine discard ${entry.id} --reason test --yes`);
    expect((await ok('quarantine list --json')).json).toEqual([]);
  });

  it('tells what its runs and sources are doing', async () => {
    const { json: runs } = await ok('runs list --json --source sheet');
    expect(runs.length).toBe(2);
    expect(runs[0]).toMatchObject({ id: expect.any(String), source: 'sheet', mode: 'full', status: 'succeeded', streams: { records: { read: 3, changed: 0 } }, startedAt: expect.stringMatching(/Z$/) });
    const [run] = (await ok(`runs show ${runs[1].id} --json`)).json;
    expect(run).toMatchObject({ formatVersion: 1, id: runs[1].id, changes: expect.arrayContaining([{ attribute: 'created', count: expect.any(Number), assets: expect.any(Number) }]) });
    expect((await ok('runs show last')).out).toContain('agents');
    expect((await lockstep('runs show run-0')).code).toBe(1);
    const { json: sources } = await ok('sources list --json');
    expect(sources[0]).toMatchObject({ name: 'sheet', connector: 'file', role: 'itsm', state: 'ok', configured: true, paused: false, streams: [{ name: 'records', records: 3 }], lastRun: { status: 'succeeded' } });
    await ok('sources pause sheet --reason later');
    expect((await ok('sources list')).out).toContain('paused: later');
    const skipped = await ok('sync sheet --json');
    expect(skipped.json[0].runs).toMatchObject([{ source: 'sheet', status: 'skipped' }]);
    await ok('sources resume sheet');
    expect((await ok('sources show sheet --json')).json[0]).toMatchObject({ formatVersion: 1, paused: false, state: 'ok' });
    expect((await lockstep('sources show shet')).code).toBe(1);
    expect((await lockstep('sync shet')).code).toBe(2);
    expect((await lockstep('sync --stream recods')).code).toBe(2);
  });

  it('prints the effective configuration with where each value comes from', async () => {
    const [shown] = (await ok('config show --json')).json;
    expect(shown.formatVersion).toBe(1);
    expect(shown.values).toEqual(expect.arrayContaining([{ path: 'sources.agents.role', value: 'agent', origin: expect.stringMatching(/^lockstep\.yaml:\d+$/) }, { path: 'sources.sheet.safety.minDeletes', value: 10, origin: 'default' }]));
    expect(JSON.parse((await ok('config schema')).out)).toMatchObject({ $schema: expect.any(String) });
  });

  if (isFile) it('backs up, and never over a file that is there', async () => {
    await ok('backup copies/one.db');
    const { code, err } = await lockstep('backup copies/one.db');
    expect(code).toBe(1);
    expect(err).toContain('exists already');
    at.write('copy.yaml', CONFIG.replace('sources:', 'database: { url: "sqlite:./copies/one.db" }\nsources:'));
    expect((await ok('assets list --json --config copy.yaml')).json).toHaveLength((await ok('assets list --json')).json.length);
  });
});
}
