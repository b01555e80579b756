import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fakeClock, recordingLog, type FakeClock } from '../sdk/conformance/doubles.js';
import {
  AuthenticationError, CursorExpiredError, NotFoundError, ProtocolError, RateLimitedError, RejectedError, UnavailableError,
  type CheckFinding, type ConnectContext, type Page, type PullFrom,
} from '../sdk/contract/index.js';
import { createHttp } from '../sdk/http/index.js';
import type { NvdClient } from './client.js';
import { connector } from './index.js';

const NOW = '2026-11-20T10:00:00.000Z';
const DAY = 86_400_000;
const [stream] = connector.streams;

interface Answer { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: unknown }
interface Call { readonly query: URLSearchParams; readonly headers: IncomingMessage['headers']; readonly at: number }
type Script = (call: Call, turn: number) => Answer;

const open: (() => void)[] = [];
afterEach(() => { for (const close of open.splice(0)) close(); });

/** NVD as a script: what it answers to the n-th call. */
async function nvd(script: Script, auth: object = { method: 'none' }): Promise<{ readonly client: NvdClient; readonly calls: Call[]; readonly clock: FakeClock }> {
  const clock = fakeClock(NOW);
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://localhost');
    const call = { query: url.searchParams, headers: request.headers, at: clock.now() };
    calls.push(call);
    const { status = 200, headers = {}, body = '' } = url.pathname === '/rest/json/cves/2.0' ? script(call, calls.length) : { status: 404 };
    response.writeHead(status, { date: new Date(clock.now()).toUTCString(), ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const signal = new AbortController().signal;
  const log = recordingLog();
  const http = createHttp({ source: 'nvd', baseUrl, clock, signal, log, concurrency: 1, random: () => 0.5 });
  open.push(() => { http.close(); server.close(); server.closeAllConnections(); });
  const source = { name: 'nvd', connector: 'nvd', role: 'vulnerability', baseUrl, auth, streams: ['vulnerabilities'], options: {}, folder: '.' };
  return { client: (await connector.connect({ source, http, clock, log, signal } as unknown as ConnectContext)) as NvdClient, calls, clock };
}

const cve = (number: number, lastModified = '2026-11-20T09:30:00.000'): object =>
  ({ cve: { id: `CVE-2026-${1000 + number}`, published: '2026-01-01T00:00:00.000', lastModified, vulnStatus: 'Analyzed', descriptions: [] } });

/** Answers a query out of a list, as NVD pages. */
function from(list: readonly object[], changes: object = {}): Script {
  return ({ query }) => {
    const start = Number(query.get('startIndex'));
    const page = list.slice(start, start + Number(query.get('resultsPerPage')));
    return { body: { resultsPerPage: page.length, startIndex: start, totalResults: list.length, format: 'NVD_CVE', version: '2.0', timestamp: '2026-11-20T09:59:59.500', vulnerabilities: page, ...changes } };
  };
}
const many = (count: number): object[] => Array.from({ length: count }, (_, at) => cve(at));

async function pull(client: NvdClient, from_: Partial<PullFrom> = {}): Promise<Page[]> {
  const pages: Page[] = [];
  for await (const page of stream!.pull(client, { mode: 'full', ...from_ })) pages.push(page);
  return pages;
}
const since = (mark: string): Partial<PullFrom> => ({ mode: 'incremental', cursor: JSON.stringify({ v: 1, mark }) });
const idsOf = (pages: readonly Page[]): string[] => pages.flatMap((page) => page.records).map((raw: any) => raw.id);
const last = (pages: readonly Page[]): Page => pages[pages.length - 1]!;
const window = ({ query }: Call): (string | null)[] => [query.get('lastModStartDate'), query.get('lastModEndDate')];

describe('a full load', () => {
  it('gives every record, and marks the time of the first page', async () => {
    const { client, calls } = await nvd(from(many(5)));

    const pages = await pull(client, { pageSize: 2 });

    expect(idsOf(pages)).toEqual(many(5).map((entry: any) => entry.cve.id));
    expect(calls.map(({ query }) => [query.get('startIndex'), query.get('resultsPerPage'), query.has('lastModStartDate')])).toEqual([['0', '2', false], ['2', '2', false], ['4', '2', false]]);
    expect(last(pages)).toMatchObject({ next: null, ends: [{ scope: '', coverage: 'complete' }], cursor: JSON.stringify({ v: 1, mark: '2026-11-20T09:59:59.500Z' }) });
  });

  it('asks for 2000 at once, and not again after exactly a page', async () => {
    const { client, calls } = await nvd(from(many(4)));
    await pull(client, { pageSize: 4 });
    expect(calls).toHaveLength(1);

    await pull(client);

    expect(calls[1]!.query.get('resultsPerPage')).toBe('2000');
  });

  it('goes on behind every page, with the mark of the first one', async () => {
    const { client } = await nvd(({ query }, turn) => from(many(5), { timestamp: `2026-11-20T09:00:0${turn}.000` })({ query } as Call, turn));
    const pages = await pull(client, { pageSize: 2 });

    for (const [at, { next }] of pages.entries()) {
      if (next === null) continue;
      const rest = await pull(client, { pageSize: 2, resume: next });
      expect(idsOf(rest)).toEqual(idsOf(pages.slice(at + 1)));
      expect(last(rest).cursor).toBe(JSON.stringify({ v: 1, mark: '2026-11-20T09:00:01.000Z' }));
    }
  });

  it('believes an empty base only when it is said twice, and keeps no mark of it', async () => {
    const { client, calls } = await nvd(from([]));

    const pages = await pull(client);

    expect(calls).toHaveLength(2);
    expect(pages).toEqual([{ scope: '', records: [], next: null, expected: 0, ends: [{ scope: '', coverage: 'complete' }] }]);
    expect(stream!.neverEmpty).toBe(true);
  });

  it('takes back an empty answer in the middle', async () => {
    const { client } = await nvd((call, turn) => (turn === 2 ? { body: { totalResults: 5, vulnerabilities: [] } } : from(many(5))(call, turn)));

    expect(idsOf(await pull(client, { pageSize: 2 }))).toHaveLength(5);
  });

  it('is not complete when the list ends before its count', async () => {
    const { client } = await nvd(from(many(5), { totalResults: 9 }));

    const page = last(await pull(client, { pageSize: 2 }));

    expect(page).toMatchObject({ next: null, ends: [{ coverage: 'uncovered', reason: 'NVD counts 9 records, but its list ended after 5' }] });
    expect(page.cursor).toBeUndefined();
  });

  it('goes on beyond a count that is too low', async () => {
    const { client } = await nvd(from(many(7), { totalResults: 1 }));

    expect(idsOf(await pull(client, { pageSize: 2 }))).toHaveLength(7);
  });

  it('reads a list again that has become shorter, not one that has become longer', async () => {
    const shorter = await nvd((call, turn) => from(many(turn === 1 ? 5 : 4))(call, turn));
    await pull(shorter.client, { pageSize: 3 });
    expect(shorter.calls.map(({ query }) => query.get('startIndex'))).toEqual(['0', '3', '0', '3']);

    const longer = await nvd((call, turn) => from(many(turn === 1 ? 5 : 6))(call, turn));
    expect(idsOf(await pull(longer.client, { pageSize: 3 }))).toHaveLength(6);
    expect(longer.calls).toHaveLength(2);
  });

  it('asks for half when NVD refuses the size, and stays there', async () => {
    const { client, calls } = await nvd((call, turn) => (Number(call.query.get('resultsPerPage')) > 1000 ? { status: 404, headers: { message: 'Invalid parameter.' } } : from(many(1500))(call, turn)));

    expect(idsOf(await pull(client))).toHaveLength(1500);
    expect(calls.map(({ query }) => `${query.get('startIndex')}+${query.get('resultsPerPage')}`)).toEqual(['0+2000', '0+1000', '1000+1000']);
  });
});

describe('an incremental load', () => {
  it('asks from 15 minutes before the mark to now, both ends with a zone, and marks the newest record', async () => {
    const { client, calls } = await nvd(from([cve(1, '2026-11-20T09:10:00.000'), cve(2, '2026-11-20T09:48:30.250'), cve(3, '2026-11-20T09:20:00.000')]));

    const pages = await pull(client, { ...since('2026-11-20T08:00:00.000Z'), pageSize: 2 });

    expect(calls.map(window)).toEqual([['2026-11-20T07:45:00.000Z', NOW], ['2026-11-20T07:45:00.000Z', NOW]]);
    expect(calls.every(({ query }) => !query.has('noRejected'))).toBe(true);
    expect(last(pages)).toMatchObject({ next: null, ends: [{ scope: '', coverage: 'complete' }], cursor: JSON.stringify({ v: 1, mark: '2026-11-20T09:48:30.250Z' }) });
  });

  it('cuts a long gap into windows of at most 120 days that leave nothing out', async () => {
    const { client, calls } = await nvd(from([cve(1)]));

    await pull(client, since(new Date(Date.parse(NOW) - 300 * DAY).toISOString()));

    const windows = calls.map(window).map(([start, end]) => [Date.parse(start!), Date.parse(end!)] as const);
    expect(windows).toHaveLength(3);
    expect(windows[0]![0]).toBe(Date.parse(NOW) - 300 * DAY - 15 * 60_000);
    expect(windows[2]![1]).toBe(Date.parse(NOW));
    windows.forEach(([start, end], at) => {
      expect(end - start).toBeLessThan(120 * DAY);
      if (at > 0) expect(start).toBe(windows[at - 1]![1]);
    });
  });

  it('keeps the end of its window over all pages, however long they take', async () => {
    const { client, calls, clock } = await nvd(from(many(5)));
    const pages: Page[] = [];

    for await (const page of stream!.pull(client, { mode: 'incremental', ...since('2026-11-20T08:00:00.000Z'), pageSize: 2 } as PullFrom)) {
      pages.push(page);
      clock.advance(3_600_000);
    }

    expect(new Set(calls.map((call) => window(call).join())).size).toBe(1);
    expect(calls).toHaveLength(3);
  });

  it('reads on to NVD\'s present when our clock is behind it', async () => {
    const { client, calls } = await nvd(({ query }, turn) => from(turn <= 2 ? [cve(1)] : [cve(2, '2026-11-20T10:20:00.000')], { timestamp: '2026-11-20T10:30:00.000' })({ query } as Call, turn));

    const pages = await pull(client, since('2026-11-20T08:00:00.000Z'));

    expect(calls.map(window)).toEqual([['2026-11-20T07:45:00.000Z', NOW], [NOW, '2026-11-20T10:30:00.000Z']]);
    expect(last(pages).next).toBeNull();
  });

  it('reads a window again in which a record comes twice', async () => {
    const { client, calls } = await nvd((call, turn) => (turn === 2 ? { body: { totalResults: 5, vulnerabilities: [cve(1), cve(3)] } } : from(many(5))(call, turn)));

    const pages = await pull(client, { ...since('2026-11-20T08:00:00.000Z'), pageSize: 2 });

    expect(new Set(idsOf(pages)).size).toBe(5);
    expect(calls.map(({ query }) => query.get('startIndex'))).toEqual(['0', '2', '4', '0', '2', '4']);
  });

  it('asks an empty window twice before the mark moves, and never beyond what NVD calls now', async () => {
    const { client, calls } = await nvd(from([]));

    const pages = await pull(client, since('2026-11-20T08:00:00.000Z'));

    expect(calls).toHaveLength(2);
    expect(last(pages).cursor).toBe(JSON.stringify({ v: 1, mark: '2026-11-20T09:59:59.500Z' }));
  });

  it('believes the second answer when the first was empty', async () => {
    const { client } = await nvd((call, turn) => from(turn === 1 ? [] : many(3))(call, turn));

    expect(idsOf(await pull(client, since('2026-11-20T08:00:00.000Z')))).toHaveLength(3);
  });

  it('reads a window again in which records have moved, also after a break', async () => {
    const script: Script = (call, turn) => from(many(turn === 1 ? 5 : 4))(call, turn);
    const { client, calls } = await nvd(script);

    const pages = await pull(client, { ...since('2026-11-20T08:00:00.000Z'), pageSize: 3 });

    expect(calls.map(({ query }) => query.get('startIndex'))).toEqual(['0', '3', '0', '3']);
    expect(last(pages).ends).toEqual([{ scope: '', coverage: 'complete' }]);
    const rest = await pull(client, { ...since('2026-11-20T08:00:00.000Z'), pageSize: 3, resume: pages[0]!.next! });
    expect(calls.slice(4).map(({ query }) => query.get('startIndex'))).toEqual(['3', '0', '3']);
    expect(last(rest).next).toBeNull();
  });

  it('moves no mark when the records never come to rest', async () => {
    const { client } = await nvd((call, turn) => from(many(5 + (turn % 2)))(call, turn));

    const page = last(await pull(client, { ...since('2026-11-20T08:00:00.000Z'), pageSize: 3 }));

    expect(page.ends).toEqual([{ scope: '', coverage: 'uncovered', reason: 'records moved in each of 3 readings' }]);
    expect(page.cursor).toBeUndefined();
  });

  it('asks for a full run when its mark cannot be read, and is one when it has none', async () => {
    const { client, calls } = await nvd(from(many(1)));

    await expect(pull(client, { mode: 'incremental', cursor: 'not ours' })).rejects.toThrow(CursorExpiredError);
    expect(calls).toEqual([]);
    await pull(client, { mode: 'incremental' });
    expect(calls[0]!.query.has('lastModStartDate')).toBe(false);
  });
});

describe('NVD\'s signs', () => {
  const html = '<html><body><h1>403 Forbidden</h1>Request forbidden by administrative rules.</body></html>';

  it('waits 30 s when forbidden, and asks for the same page again', async () => {
    const { client, calls } = await nvd((call, turn) => (turn >= 2 && turn <= 5 ? { status: 403, body: html } : from(many(4))(call, turn)));

    expect(idsOf(await pull(client, { pageSize: 2 }))).toHaveLength(4);
    expect(calls.map(({ query }) => query.get('startIndex'))).toEqual(['0', '2', '2', '2', '2', '2']);
    for (let turn = 2; turn <= 5; turn += 1) expect(calls[turn]!.at - calls[turn - 1]!.at).toBeGreaterThanOrEqual(30_000);
  });

  it('stops after five times forbidden in a row', async () => {
    const { client, calls } = await nvd(() => ({ status: 403, body: html }));

    await expect(pull(client)).rejects.toThrow(RateLimitedError);
    expect(calls).toHaveLength(5);
  });

  it('backs off from 10 s, doubling to 5 minutes, and gives up after 8 calls', async () => {
    const { client, calls } = await nvd(() => ({ status: 503, body: '<html>No server is available to handle this request.</html>' }));

    await expect(pull(client)).rejects.toThrow(UnavailableError);

    expect(calls.slice(1).map(({ at }, turn) => at - calls[turn]!.at)).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
  });

  it.each`
    message                                                              | kind
    ${'Invalid apiKey.'}                                                 | ${AuthenticationError}
    ${'Invalid parameter: apiKey'}                                       | ${AuthenticationError}
    ${'Invalid ISO 8601 date/time format, see documentation.'}           | ${RejectedError}
    ${undefined}                                                         | ${NotFoundError}
  `('a 404 that says $message is told in these words', async ({ message, kind }) => {
    const { client, calls } = await nvd(() => ({ status: 404, ...(message !== undefined && { headers: { message } }) }));

    const failure = await pull(client, { pageSize: 1000 }).catch((error: unknown) => error as Error);

    expect(failure).toBeInstanceOf(kind);
    expect((failure as Error).message).toContain(message ?? 'no such path');
    expect(calls).toHaveLength(1);
  });

  it.each`
    body                                          | what
    ${'<html>sign in</html>'}                     | ${'a login page'}
    ${'{"totalResults":5,"vulnerabilities":[{'}   | ${'cut JSON'}
    ${{ error: 'try later' }}                     | ${'an error in a 200'}
    ${''}                                         | ${'nothing'}
    ${'null'}                                     | ${'null'}
  `('never takes $what for an answer', async ({ body }) => {
    const once = await nvd((call, turn) => (turn === 1 ? { body } : from(many(3))(call, turn)));
    expect(idsOf(await pull(once.client))).toHaveLength(3);

    const always = await nvd(() => ({ body }));
    await expect(pull(always.client)).rejects.toThrow(ProtocolError);
    expect(always.calls.length).toBeLessThanOrEqual(8);
  });

  it.each`
    auth                                         | allowed
    ${{ method: 'none' }}                        | ${5}
    ${{ method: 'api_key', apiKey: 'a-b-c-d-e' }} | ${50}
  `('asks at most $allowed times in 30 s with $auth.method', async ({ auth, allowed }) => {
    const { client, calls } = await nvd(from(many(allowed * 2 + 1)), auth);

    await pull(client, { pageSize: 1 });

    for (let at = allowed; at < calls.length; at += 1) expect(calls[at]!.at - calls[at - allowed]!.at).toBeGreaterThanOrEqual(30_000);
    expect(calls).toHaveLength(allowed * 2 + 1);
    expect(calls.every(({ headers, query }) => headers['apikey'] === auth.apiKey && !query.has('apiKey'))).toBe(true);
    expect(calls[0]!.headers['user-agent']).toMatch(/^Lockstep\//);
  });
});

describe('one record', () => {
  it('is asked for by its id, and never called gone', async () => {
    const { client, calls } = await nvd((call, turn) => (turn === 1 ? from([cve(7)])({ query: new URLSearchParams('startIndex=0&resultsPerPage=1') } as Call, 1) : turn === 2 ? { body: { totalResults: 0, vulnerabilities: [] } } : { status: 404, headers: { message: 'Invalid cveId' } }));

    expect(await stream!.fetchOne!(client, 'CVE-2026-1007')).toMatchObject({ kind: 'found', raw: { id: 'CVE-2026-1007' } });
    expect(await stream!.fetchOne!(client, 'CVE-2026-1008')).toMatchObject({ kind: 'unknown' });
    expect(await stream!.fetchOne!(client, 'CVE-2026-1009')).toMatchObject({ kind: 'unknown', reason: expect.stringContaining('Invalid cveId') });
    expect(calls.map(({ query }) => query.toString())).toEqual(['cveId=CVE-2026-1007', 'cveId=CVE-2026-1008', 'cveId=CVE-2026-1009']);
  });
});

describe('check', () => {
  const findings = async (script: Script, auth?: object): Promise<CheckFinding[]> => {
    const { client } = await nvd(script, auth);
    const all: CheckFinding[] = [];
    for await (const finding of connector.check(client, ['vulnerabilities'])) all.push(finding);
    return all;
  };
  const key = { method: 'api_key', apiKey: 'a-b-c-d-e' };
  const one: Script = (call, turn) => ({ ...from(many(1))(call, turn), headers: { apikey: 'Yes' } });

  it('reaches NVD, and tells whether the key is taken', async () => {
    expect((await findings(one, key)).map(({ what, outcome }) => [what, outcome])).toEqual([['reach', 'ok'], ['key', 'ok']]);
    expect((await findings(from(many(1)), key)).map(({ outcome }) => outcome)).toEqual(['ok', 'warning']);
    expect((await findings(from(many(1))))[1]!.message).toContain('5 requests in 30 s');
    expect(await findings(() => ({ status: 404, headers: { message: 'Invalid apiKey.' } }), key)).toEqual([expect.objectContaining({ outcome: 'failed', message: expect.stringContaining('Invalid apiKey.'), hint: expect.stringContaining('replaced') })]);
  });

  it('sees a clock that is off', async () => {
    const all = await findings((call, turn) => ({ ...from(many(1))(call, turn), headers: { date: 'Fri, 20 Nov 2026 12:00:00 GMT' } }));

    expect(all.find(({ what }) => what === 'clock')).toMatchObject({ outcome: 'warning', message: expect.stringContaining('7200 s behind') });
  });
});
