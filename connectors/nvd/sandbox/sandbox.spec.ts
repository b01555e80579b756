import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Clock } from '../../sdk/contract/index.js';
import type { SandboxOptions } from '../../sdk/sandbox/index.js';
import { start, type NvdSandbox } from './index.js';
import { loadSample, unstamp } from './records.js';

let now = Date.parse('2026-11-20T12:00:00.000Z');
const clock: Clock = { now: () => now, sleep: (ms) => { now += ms; return Promise.resolve(); } };
let sandbox: NvdSandbox;
const PATH = '/rest/json/cves/2.0';

async function fresh(options: SandboxOptions = {}): Promise<void> {
  await sandbox?.close();
  sandbox = await start({ clock, ...options });
}
beforeEach(() => fresh());
afterEach(() => sandbox.close());

interface Answer { readonly status: number; readonly message: string | null; readonly headers: Headers; readonly text: string; readonly body: any }
/** Waits out the rate before it asks, unless `hurry`. */
async function ask(query = '', options: { path?: string; key?: string; hurry?: boolean; method?: string } = {}): Promise<Answer> {
  if (options.hurry !== true) now += 30_000;
  const response = await fetch(`${sandbox.url}${options.path ?? PATH}${query === '' ? '' : `?${query}`}`, { method: options.method ?? 'GET', headers: options.key === undefined ? {} : { apiKey: options.key } });
  const text = await response.text();
  return { status: response.status, message: response.headers.get('message'), headers: response.headers, text, body: text.startsWith('{') ? JSON.parse(text) : undefined };
}
const found = async (query: string): Promise<any[]> => (await ask(query)).body.vulnerabilities.map(({ cve }: { cve: unknown }) => cve);
const refused = async (query: string): Promise<string | null> => {
  const answer = await ask(query);
  expect([answer.status, answer.text]).toEqual([404, '']);
  return answer.message;
};
const key = (): string => sandbox.auth('api_key')['apiKey'] as string;
const window = (from: string, to: string, kind = 'lastMod'): string => `${kind}StartDate=${encodeURIComponent(from)}&${kind}EndDate=${encodeURIComponent(to)}`;

describe('answers', () => {
  it('with the real records, by published, and the number returned as resultsPerPage', async () => {
    const { status, body } = await ask('resultsPerPage=20&startIndex=100');

    expect(status).toBe(200);
    expect(body).toMatchObject({ resultsPerPage: 20, startIndex: 100, totalResults: 191, format: 'NVD_CVE', version: '2.0', timestamp: new Date(now).toISOString().slice(0, -1) });
    const published = body.vulnerabilities.map(({ cve }: any) => cve.published);
    expect(published).toEqual([...published].sort());
  });

  it('page after page, each record once', async () => {
    const ids: string[] = [];
    for (let startIndex = 0, total = 1; startIndex < total;) {
      const { body } = await ask(`resultsPerPage=50&startIndex=${startIndex}`);
      ids.push(...body.vulnerabilities.map(({ cve }: any) => cve.id));
      startIndex += body.resultsPerPage;
      total = body.totalResults;
    }

    expect(new Set(ids).size).toBe(191);
    expect(ids).toHaveLength(191);
  });

  it('past the end with an empty list and 200', async () => {
    expect((await ask('startIndex=191')).body).toMatchObject({ resultsPerPage: 0, startIndex: 191, totalResults: 191, vulnerabilities: [] });
  });

  it('without a match with 200 and no results', async () => {
    expect((await ask('cveId=CVE-2031-123456')).body).toMatchObject({ totalResults: 0, vulnerabilities: [] });
  });

  it('for one record, and for each filter that it has', async () => {
    const sample = await loadSample();
    const kev = sample.filter((cve) => cve['cisaExploitAdd'] !== undefined).length;

    expect((await found(`cveId=${sample[5]?.id ?? ''}`)).map(({ id }) => id)).toEqual([sample[5]?.id]);
    expect(await found('hasKev')).toHaveLength(kev);
    expect(await found('hasKev=&noRejected=')).toHaveLength(kev);
    expect(await found('noRejected')).toHaveLength(187);
    expect((await found('cvssV4Severity=HIGH')).length).toBeGreaterThan(0);
    expect((await found('cweId=CWE-79')).every((cve) => JSON.stringify(cve.weaknesses).includes('"CWE-79"'))).toBe(true);
    expect((await found('sourceIdentifier=cve@mitre.org')).every(({ sourceIdentifier }) => sourceIdentifier === 'cve@mitre.org')).toBe(true);
    expect((await found('keywordSearch=buffer%20overfl')).length).toBeGreaterThan(0);
    expect(await found('keywordSearch=buffer%20overfl&keywordExactMatch')).toEqual(await found('keywordSearch=Buffer%20Overfl&keywordExactMatch='));
    expect((await found('cveTag=disputed')).every((cve) => JSON.stringify(cve.cveTags).includes('disputed'))).toBe(true);
  });

  it('for a window of changes, both ends within', async () => {
    const [first] = await loadSample();
    const at = `${first?.lastModified ?? ''}Z`;
    const before = new Date(Date.parse(at) - 1).toISOString();

    expect((await found(window(at, at))).map(({ id }) => id)).toContain(first?.id);
    expect(await found(window(before, before))).toEqual([]);
    expect((await found(window(at, at.replace('Z', '+00:00')))).length).toBe(1);
    expect((await found(window(`${first?.published ?? ''}Z`, `${first?.published ?? ''}Z`, 'pub'))).map(({ id }) => id)).toContain(first?.id);
  });

  it('with as many records as wanted, under fresh ids, still in order', async () => {
    await fresh({ vendor: { records: 2_500 } });
    const [one, two] = [await ask(), await ask('startIndex=2000')];
    const all = [...one.body.vulnerabilities, ...two.body.vulnerabilities].map(({ cve }: any) => cve);

    expect([one.body.resultsPerPage, two.body.resultsPerPage, one.body.totalResults]).toEqual([2_000, 500, 2_500]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(2_500);
    expect(all.map(({ published }) => published)).toEqual(all.map(({ published }) => published).sort());
  });
});

describe('refusals: 404, empty, the reason in a header', () => {
  it.each(['apiKey', 'lastModifiedStartDate', 'pageSize', 'modStartDate'])('an unknown parameter: %s', async (name) => {
    expect(await refused(`${name}=1`)).toBe(`Invalid parameter: ${name}`);
  });

  it.each(['2026-11-20T10:00:00.000', '2026-11-20T10:00:00-05', '2026-11-20', '2026-13-20T10:00:00Z', '2026-11-20 10:00:00Z'])('a time without a zone, or none: %s', async (time) => {
    expect(await refused(window(time, '2026-11-21T00:00:00Z'))).toBe('Invalid ISO 8601 date/time format, see documentation.');
  });

  it('a bare plus sign, which arrives as a blank', async () => {
    expect(await refused('lastModStartDate=2026-11-19T10:00:00+00:00&lastModEndDate=2026-11-20T10:00:00Z')).toBe('Invalid ISO 8601 date/time format, see documentation.');
  });

  it.each([
    'lastModStartDate=2026-11-19T10:00:00Z', 'lastModEndDate=2026-11-19T10:00:00Z', 'pubStartDate=2026-11-19T10:00:00Z', 'keywordExactMatch', 'isVulnerable',
    'versionStart=1.0&virtualMatchString=cpe:2.3:o:linux:linux_kernel', window('2026-01-01T00:00:00Z', '2026-05-02T00:00:00Z'), window('2026-02-01T00:00:00Z', '2026-01-01T00:00:00Z'),
    'resultsPerPage=2001', 'resultsPerPage=0', 'resultsPerPage=x', 'startIndex=-1', 'hasKev=true', 'noRejected=1', 'cveId=2021-44228', 'cveId=', 'cvssV3Severity=SEVERE',
    'cvssV2Severity=CRITICAL', 'cvssV2Severity=HIGH&cvssV3Severity=HIGH', 'cweId=79', 'cveTag=old', 'cveId=CVE-2021-44228&cveId=CVE-2021-45046',
    'cpeName=cpe:2.3:a:apache:log4j:2.14.1:*:*:*:*:*:*:*',
  ])('%s', async (query) => {
    expect((await refused(query))?.length).toBeGreaterThan(5);
  });

  it('120 days are a range, one millisecond more is none', async () => {
    expect((await ask(window('2026-01-01T00:00:00.000Z', '2026-05-01T00:00:00.000Z'))).status).toBe(200);
    expect((await ask(window('2026-01-01T00:00:00.000Z', '2026-05-01T00:00:00.001Z'))).status).toBe(404);
  });

  it.each(['/rest/json/cves/1.0', '/rest/json/cves/2.0/', '/rest/json/cpes/2.0', '/'])('a path that is not there, without a reason: %s', async (path) => {
    expect(await ask('', { path })).toMatchObject({ status: 404, text: '', message: null });
  });

  it('another method than GET', async () => {
    expect(await ask('', { method: 'POST' })).toMatchObject({ status: 404, message: null });
  });

  it('a wrong key, and one that is not active', async () => {
    expect(await ask('', { key: 'x' })).toMatchObject({ status: 404, text: '', message: 'Invalid apiKey.' });
    sandbox.switches.keyActive = false;
    expect(await ask('', { key: key() })).toMatchObject({ status: 404, message: 'Invalid apiKey.' });
  });

  it('pages above 1,000, on a bad day', async () => {
    sandbox.switches.refusePagesAbove = 1_000;

    expect((await ask('resultsPerPage=2000')).status).toBe(404);
    expect((await ask('resultsPerPage=1000')).status).toBe(200);
  });
});

describe('the rate', () => {
  it('is 5 in any 30 s without a key: then 403 in HTML, with nothing that says when', async () => {
    now += 30_000;
    const first = now;
    const statuses: number[] = [];
    for (let call = 0; call < 6; call += 1) { statuses.push((await ask('resultsPerPage=1', { hurry: true })).status); now += 1_000; }
    const over = await ask('resultsPerPage=1', { hurry: true });

    expect(statuses).toEqual([200, 200, 200, 200, 200, 403]);
    expect([over.headers.get('content-type'), over.headers.get('retry-after')]).toEqual(['text/html', null]);
    expect(over.text).toContain('Request forbidden by administrative rules.');
    now = first + 29_999;
    expect((await ask('resultsPerPage=1', { hurry: true })).status).toBe(403);
    now = first + 30_000;
    expect((await ask('resultsPerPage=1', { hurry: true })).status).toBe(200);
    expect((await ask('resultsPerPage=1', { hurry: true })).status).toBe(403);
  });

  it('is 50 with a key, which the answer confirms', async () => {
    const statuses: number[] = [];
    for (let call = 0; call < 51; call += 1) statuses.push((await ask('resultsPerPage=1', { hurry: true, key: key() })).status);

    expect(statuses.filter((status) => status === 200)).toHaveLength(50);
    expect(statuses.at(-1)).toBe(403);
    expect((await ask('resultsPerPage=1', { key: key() })).headers.get('apikey')).toBe('Yes');
  });

  it('counts refused parameters too', async () => {
    now += 30_000;
    for (let call = 0; call < 5; call += 1) await ask('x=1', { hurry: true });

    expect((await ask('', { hurry: true })).status).toBe(403);
  });

  it('can be set by a test', async () => {
    sandbox.setLimits({ rate: { requests: 1, perMs: 1_000 }, pageSize: 3 });
    const page = await ask('', { hurry: true });

    expect(page.body.resultsPerPage).toBe(3);
    expect((await ask('', { hurry: true })).status).toBe(403);
    sandbox.setLimits({});
    expect((await ask()).body.resultsPerPage).toBe(191);
  });
});

describe('faults', () => {
  const once = async (kind: Parameters<NvdSandbox['faults']['inject']>[0]['kind'], query = 'resultsPerPage=10', more: { status?: number } = {}): Promise<Answer> => {
    sandbox.faults.inject({ kind, times: 1, ...more });
    return ask(query);
  };

  it('speak as the vendor does', async () => {
    const overloaded = await once('server_error', '', { status: 503 });

    expect([overloaded.status, overloaded.headers.get('content-type'), overloaded.headers.get('retry-after')]).toEqual([503, 'text/html', null]);
    expect(overloaded.text).toContain('No server is available');
    expect(await once('throttled_vendor')).toMatchObject({ status: 403 });
    expect(await once('unauthorised')).toMatchObject({ status: 404, message: 'Invalid apiKey.' });
    expect(() => sandbox.faults.inject({ kind: 'cursor_refused' })).toThrow(/never does it/);
    expect(() => sandbox.faults.inject({ kind: 'error_in_200' })).toThrow(/never does it/);
  });

  it('bend a page', async () => {
    const [first, second] = (await ask('resultsPerPage=2')).body.vulnerabilities.map(({ cve }: any) => cve.id);

    expect((await once('duplicate_across_pages', 'startIndex=1&resultsPerPage=1')).body.vulnerabilities.map(({ cve }: any) => cve.id)).toEqual([first, second]);
    expect((await once('empty_page')).body).toMatchObject({ resultsPerPage: 0, totalResults: 191, vulnerabilities: [] });
    expect((await once('total_too_high')).body.totalResults).toBe(389);
    expect((await once('total_too_low')).body.totalResults).toBe(95);
    expect((await once('returns_nothing')).body).toMatchObject({ totalResults: 0, vulnerabilities: [] });
    const tenth = (await once('returns_tenth', '')).body;
    expect(tenth.totalResults).toBe(tenth.vulnerabilities.length);
    expect(tenth.totalResults).toBeLessThan(60);
    expect((await once('bad_record')).body.vulnerabilities[0].cve).toMatchObject({ id: first, published: null, vulnStatus: null });
  });
});

describe('edits, truth and feeds', () => {
  it('insert, change and touch with the time of change; withdraw instead of deleting', async () => {
    const id = sandbox.edit.insert('vulnerabilities', {}, now);
    now += 1_000;
    sandbox.edit.update('vulnerabilities', id);
    expect(sandbox.truth('vulnerabilities').get(id)).toMatchObject({ kind: 'vulnerability', modifiedAt: now, vulnerability: { status: 'Modified', publishedAt: now - 1_000 } });
    now += 1_000;
    sandbox.edit.remove('vulnerabilities', id);
    const [cve] = await found(`cveId=${id}`);

    expect(cve).toMatchObject({ vulnStatus: 'Rejected', metrics: {}, descriptions: [{ value: expect.stringMatching(/^Rejected reason/) }] });
    expect(unstamp(cve.lastModified)).toBe(now - 30_000);
    expect(await found(`cveId=${id}&noRejected`)).toEqual([]);
    sandbox.edit.vanish('vulnerabilities', id);
    expect(sandbox.edit.ids('vulnerabilities')).toHaveLength(191);
  });

  it('know what each record must become', () => {
    const truth = sandbox.truth('vulnerabilities');

    expect(truth.size).toBe(191);
    expect([...truth.values()].filter(({ vulnerability }) => vulnerability?.knownExploited === true)).toHaveLength(3);
    expect([...truth.values()].filter(({ vulnerability }) => vulnerability?.hasConfigurations === false)).toHaveLength(25);
    expect(sandbox.truth('computers').size).toBe(0);
  });

  it('write the yearly feeds with their .meta, whose hash is that of the unpacked text', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'feeds-'));
    const fresher = sandbox.edit.insert('vulnerabilities', {}, now);
    const names = await sandbox.writeFeeds(folder);
    const files = await readdir(folder);
    const all: string[] = [];
    for (const name of names) {
      const json = gunzipSync(await readFile(join(folder, name)));
      const meta = await readFile(join(folder, name.replace('.json.gz', '.meta')), 'latin1');
      const ids = (JSON.parse(json.toString()) as { vulnerabilities: { cve: { id: string } }[] }).vulnerabilities.map(({ cve }) => cve.id);
      if (/\d{4}\.json/.test(name)) all.push(...ids); else expect(ids).toContain(fresher);

      expect(meta.split('\r\n')).toEqual([
        expect.stringMatching(/^lastModifiedDate:\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}-05:00$/), `size:${json.length}`, expect.stringMatching(/^zipSize:\d+$/), expect.stringMatching(/^gzSize:\d+$/),
        `sha256:${createHash('sha256').update(json).digest('hex').toUpperCase()}`, '',
      ]);
    }
    await rm(folder, { recursive: true });

    expect(files).toHaveLength(names.length * 2);
    expect(names).toEqual(expect.arrayContaining(['nvdcve-2.0-2002.json.gz', 'nvdcve-2.0-modified.json.gz', 'nvdcve-2.0-recent.json.gz']));
    expect(all.sort()).toEqual([...sandbox.edit.ids('vulnerabilities')].sort());
  });

  it('give a configuration with and without a key, and YAML without a secret', async () => {
    expect(sandbox.sourceConfig()).toMatchObject({ connector: 'nvd', baseUrl: sandbox.url, auth: { method: 'none' } });
    expect(sandbox.env()).toEqual({});
    await fresh({ authMethod: 'api_key' });

    expect(sandbox.yaml('cves')).toBe(`  cves:\n    connector: nvd\n    baseUrl: ${sandbox.url}\n    auth: { method: api_key, apiKey: "\${env:SANDBOX_NVD_API_KEY}" }\n`);
    expect(Object.values(sandbox.env())).toEqual(sandbox.secrets());
  });
});
