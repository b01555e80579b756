import { hostname } from 'node:os';
import { AuthenticationError, InterruptedError, type CheckFinding, type Connector, type ConnectContext, type Page } from '../../connectors/sdk/contract/index.js';
import type { Io } from '../../src/cli/io.js';
import { terminal, type Terminal } from './harness.js';

const SECRET = 'sw0rdf!sh&value';
const CONFIG = 'version: 1\nsources:\n  crm: { connector: acme, baseUrl: "http://127.0.0.1:9", auth: { method: basic, username: ann, password: "${env:PASS}" } }\n  other: { connector: acme, baseUrl: "http://127.0.0.1:9", auth: { method: basic, username: bob, password: "${env:PASS}" } }\n';

type Raw = { readonly id: string; readonly name: string };
type Pull = (context: ConnectContext) => AsyncIterable<Page<Raw>>;

/** An invented vendor that does whatever a test needs of one. */
function acme(pull: Pull, check: (context: ConnectContext) => AsyncIterable<CheckFinding> = async function* () { yield { what: 'reach', outcome: 'ok', message: 'answers' }; }): Io['catalogue'] {
  const connector: Connector<ConnectContext> = {
    manifest: {
      name: 'acme', title: 'Acme', role: 'itsm', about: 'invented', baseUrl: 'required', webhookAuth: [], leastRights: '', concurrency: 1,
      auth: [{ method: 'basic', keys: ['username', 'password'], about: '' }], streams: [{ name: 'things', default: true, about: '' }],
    },
    connect: (context) => context, check: (context) => check(context),
    streams: [{
      name: 'things', permissions: [], deletes: 'by_full_scan', incremental: 'none', pull: (context) => pull(context),
      map: (raw: Raw) => ({ ok: true, record: { kind: 'asset', externalId: raw.id, assetClass: 'server', identifiers: [], claims: { name: raw.name } } }),
    }],
  };
  return { names: () => ['acme'], load: async (name) => (name === 'acme' ? connector : undefined) };
}

const page = (ids: readonly string[], next: string | null): Page<Raw> => ({ scope: '', records: ids.map((id) => ({ id, name: `n-${id}` })), next, ...(next === null && { ends: [{ scope: '', coverage: 'complete' as const }] }) });

let at: Terminal;
const env = { PASS: SECRET };
beforeEach(() => {
  at = terminal();
  at.write('lockstep.yaml', CONFIG);
});
afterEach(() => at.dispose());

/** Gives a page, then waits until it is told to stop. */
const endless = (reached: () => void): Pull => async function* ({ signal }) {
  yield page(['1', '2'], 'more');
  reached();
  await new Promise((_, reject) => {
    if (signal.aborted) reject(new InterruptedError('stopped'));
    signal.addEventListener('abort', () => reject(new InterruptedError('stopped')), { once: true });
  });
};

it('ends as interrupted after the slice on the first Ctrl-C: what was stored stays, and the next run ends it', async () => {
  let interrupt = (): void => undefined;
  const first = await at.lockstep('sync crm --json', { env, catalogue: acme(endless(() => interrupt())), onListen: (press) => { interrupt = press; } });
  expect(first.code).toBe(1);
  expect(first.err).toContain('stopping after what is being stored now');
  expect(first.json).toMatchObject([{ runs: [{ source: 'crm', status: 'interrupted', warnings: [] }] }]);
  expect((await at.lockstep('assets list --json', { env, catalogue: acme(endless(() => undefined)) })).json).toHaveLength(2);
  const second = await at.lockstep('sync crm --json', { env, catalogue: acme(async function* () { yield page(['1', '2', '3'], null); }) });
  expect(second.json).toMatchObject([{ runs: [{ status: 'succeeded' }] }]);
  expect(second.code).toBe(0);
});

it('ends at once on the second Ctrl-C, and says that this is safe', async () => {
  const abandoned: number[] = [];
  let interrupt = (): void => undefined;
  const { err } = await at.lockstep('sync crm', { env, catalogue: acme(endless(() => { interrupt(); interrupt(); })), onListen: (press) => { interrupt = press; }, onAbandon: (code) => abandoned.push(code) });
  expect(abandoned).toEqual([1]);
  expect(err).toContain('stopped now: what was stored stays whole');
});

it('tells of a source that fails, in its own words, while the others go on: 1', async () => {
  const refuse: Pull = async function* ({ source }) {
    if (source.name === 'crm') throw new AuthenticationError('the credentials were refused', { source: 'crm', method: 'GET', url: 'http://127.0.0.1:9/things', status: 401 }, { vendorWords: `bad password ${SECRET}`, hint: 'check the password' });
    yield page(['1'], null);
  };
  const { code, out, err } = await at.lockstep('sync', { env, catalogue: acme(refuse) });
  expect(code).toBe(1);
  expect(out).toMatch(/crm +(full|incremental) +failed/);
  expect(out).toMatch(/other +full +succeeded/);
  expect(err).toContain('crm failed: the credentials were refused');
  expect(err).toContain('GET http://127.0.0.1:9/things -> 401');
  expect(err).toContain('they say  "bad password [redacted]"');
  expect(err).toContain('next      check the password');
  expect(err).not.toContain('Request failed with status code');
});

it.each([['check'], ['check --json'], ['sync --debug'], ['sync --json --debug'], ['runs list --json'], ['runs show last'], ['config show'], ['assets list --debug --json']])('prints no secret: %s', async (line) => {
  const leaky: Pull = async function* ({ log }) {
    log.warn(`asked with ${SECRET}`, { url: `http://x/?p=${encodeURIComponent(SECRET)}` });
    yield page(['1'], 'x');
    throw new Error(`failed with Basic ${Buffer.from(`ann:${SECRET}`).toString('base64')} and ${SECRET}`);
  };
  const catalogue = acme(leaky, async function* () { yield { what: 'sign in', outcome: 'failed', message: `refused: ${SECRET}`, hint: `not ${SECRET}` }; });
  await at.lockstep('sync', { env, catalogue });
  const { out, err } = await at.lockstep(line, { env, catalogue });
  const said = out + err;
  expect(said).not.toContain(SECRET);
  expect(said).not.toContain(encodeURIComponent(SECRET));
  expect(said).not.toContain(Buffer.from(`ann:${SECRET}`).toString('base64'));
  expect(said.length).toBeGreaterThan(10);
});

it('fails the check when any finding fails, with the next step', async () => {
  const catalogue = acme(async function* () { yield page([], null); }, async function* ({ source }) {
    yield { what: 'reach', outcome: 'ok', message: 'answers' };
    if (source.name === 'crm') yield { what: 'read things', stream: 'things', outcome: 'failed', message: 'not allowed', hint: 'grant things.read' };
    else yield { what: 'clock', outcome: 'warning', message: '3 min apart' };
  });
  const human = await at.lockstep('check', { env, catalogue });
  expect(human.code).toBe(1);
  expect(human.out).toContain('failed   things: read things: not allowed\n           next grant things.read');
  expect(human.err).toContain('crm cannot be read as configured; 1 of 2 sources can.');
  expect((await at.lockstep('check other --json', { env, catalogue })).json).toMatchObject([{ formatVersion: 1, ok: true, sources: [{ source: 'other', ok: true, findings: [{}, { outcome: 'warning' }] }] }]);
  expect((await at.lockstep('check crmm', { env, catalogue })).code).toBe(2);
});

it('names the process that holds the database, and waits no longer than it is told', async () => {
  const catalogue = acme(async function* () { yield page(['1'], null); });
  await at.lockstep('sync', { env, catalogue });
  at.write('data/lockstep.db.lock', { pid: process.pid, started: '', host: hostname(), what: 'bert' });
  const { code, err } = await at.lockstep('sync --wait 0s', { env, catalogue });
  expect(code).toBe(1);
  expect(err).toContain(`the database is in use by bert (process ${process.pid})`);
  // Who only reads asks nobody.
  expect((await at.lockstep('assets list --json', { env, catalogue })).code).toBe(0);
  expect((await at.lockstep('sync --wait soon', { env, catalogue })).code).toBe(2);
});

it('tells every problem of the configuration at once: data of `config check`, talk of all others', async () => {
  at.write('bad.yaml', 'version: 1\nsource: {}\nsources:\n  crm: { connector: acmee, schedul: 1 }\n');
  const catalogue = acme(async function* () { yield page([], null); });
  const checked = await at.lockstep('config check --config bad.yaml', { env, catalogue });
  expect(checked.code).toBe(2);
  expect(checked.out.trimEnd().split('\n').every((line) => /^bad\.yaml:\d+:\d+ \S+: /.test(line))).toBe(true);
  expect(checked.out).toContain('did you mean "acme"?');
  const json = await at.lockstep('config check --json --config bad.yaml', { env, catalogue });
  expect(json.json.length).toBe(checked.out.trimEnd().split('\n').length);
  for (const problem of json.json) expect(problem).toMatchObject({ file: 'bad.yaml', line: expect.any(Number), column: expect.any(Number), path: expect.any(String), message: expect.any(String), found: expect.any(String), expected: expect.any(String) });
  const other = await at.lockstep('sync --config bad.yaml', { env, catalogue });
  expect({ code: other.code, out: other.out }).toEqual({ code: 2, out: '' });
  for (const line of checked.out.trimEnd().split('\n')) expect(other.err).toContain(line);
  const unset = await at.lockstep('sync', { catalogue });
  expect(unset.code).toBe(2);
  expect(unset.err).toContain('PASS');
});

it('colours only where somebody looks, and not for those who asked to be spared', async () => {
  const catalogue = acme(async function* () { yield page(['1'], null); });
  await at.lockstep('sync', { env, catalogue });
  const tty = { stdout: true, stderr: true };
  const coloured = /\u001b\[/;
  expect((await at.lockstep('assets list', { env, catalogue, tty })).out).toMatch(coloured);
  for (const more of [{ env }, { env: { ...env, NO_COLOR: '1' }, tty }, { env: { ...env, TERM: 'dumb' }, tty }, { env: { ...env, CI: '1' }, tty }]) expect((await at.lockstep('assets list', { ...more, catalogue })).out).not.toMatch(coloured);
  expect((await at.lockstep('assets list --no-color', { env, catalogue, tty })).out).not.toMatch(coloured);
});

it('does not wonder that a stream gave no record which it could not read', async () => {
  const failing: Pull = () => { throw new AuthenticationError('refused'); };
  const nothing: Pull = async function* () { yield page([], null); };

  expect((await at.lockstep('sync crm --json', { env, catalogue: acme(failing) })).json[0].runs[0]).toMatchObject({ status: 'failed', warnings: [] });
  expect((await at.lockstep('sync crm --json', { env, catalogue: acme(nothing) })).json[0].runs[0]).toMatchObject({ status: 'succeeded', warnings: [expect.stringContaining('gave no record')] });
});

it('says of a connector that cannot discover just that', async () => {
  const { code, out, err } = await at.lockstep('discover crm', { env, catalogue: acme(async function* () { yield page([], null); }) });

  expect([code, out]).toEqual([1, '']);
  expect(err).toContain('the connector acme cannot discover');
  expect(err).not.toContain('nobody foresaw');
});
