import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { fakeClock, recordingLog } from '../sdk/conformance/doubles.js';
import { InterruptedError, ProtocolError, SourceConfigurationError, type CheckFinding, type ConnectContext, type Page, type PullFrom } from '../sdk/contract/index.js';
import type { NvdClient } from './client.js';
import { connector } from './index.js';

const [stream] = connector.streams;
let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'lockstep-nvd-')); });
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const feed = (year: number, count: number, format = 'NVD_CVE'): string => JSON.stringify({
  resultsPerPage: count, startIndex: 0, totalResults: count, format, version: '2.0', timestamp: '2026-11-20T08:00:00.000',
  vulnerabilities: Array.from({ length: count }, (_, at) => ({ cve: { id: `CVE-${year}-${1000 + at}`, published: `${year}-01-01T00:00:00.000`, lastModified: `${year}-02-01T00:00:00.000`, descriptions: [{ lang: 'en', value: 'x'.repeat(50) }] } })),
});
const put = (name: string, text: string): void => writeFileSync(join(folder, name), /\.gz$/.test(name) ? gzipSync(text) : text);
/** Five lines with CRLF, as NVD writes them (https://nvd.nist.gov/vuln/data-feeds). */
const putMeta = (name: string, text: string): void => writeFileSync(join(folder, name),
  `lastModifiedDate:2026-11-20T03:00:01-05:00\r\nsize:${text.length}\r\nzipSize:1\r\ngzSize:1\r\nsha256:${createHash('sha256').update(text).digest('hex').toUpperCase()}\r\n`);

function connect(files: unknown, signal = new AbortController().signal): NvdClient {
  const http = { withPace: () => ({ send: () => { throw new Error('the API is not asked'); } }) };
  const source = { name: 'nvd', connector: 'nvd', role: 'vulnerability', auth: { method: 'none' }, streams: [], options: { files }, folder };
  return connector.connect({ source, http, clock: fakeClock(0), log: recordingLog(), signal } as unknown as ConnectContext) as NvdClient;
}
async function pull(client: NvdClient, from: Partial<PullFrom> = {}): Promise<Page[]> {
  const pages: Page[] = [];
  for await (const page of stream!.pull(client, { mode: 'full', ...from })) pages.push(page);
  return pages;
}
const idsOf = (pages: readonly Page[]): string[] => pages.flatMap((page) => page.records).map((raw: any) => raw.id);

it('reads a folder of feeds in the order of their years', async () => {
  put('nvdcve-2.0-2025.json.gz', feed(2025, 3));
  put('nvdcve-2.0-2024.json.gz', feed(2024, 2));
  put('nvdcve-2.0-modified.json', feed(2026, 1));
  put('README.md', 'not a feed');

  const pages = await pull(connect(['.']), { pageSize: 2 });

  expect(idsOf(pages)).toEqual(['CVE-2024-1000', 'CVE-2024-1001', 'CVE-2025-1000', 'CVE-2025-1001', 'CVE-2025-1002', 'CVE-2026-1000']);
  expect(pages.every(({ records }) => records.length <= 2)).toBe(true);
  expect(pages.map(({ next }) => next !== null)).toEqual([true, true, true, false]);
  expect(pages.at(-1)!.ends).toEqual([{ scope: '', coverage: 'complete' }]);
});

it('reads named files, a single one too', async () => {
  put('a.json.gz', feed(2024, 2));

  expect(idsOf(await pull(connect('a.json.gz')))).toHaveLength(2);
  expect(idsOf(await pull(connect([join(folder, 'a.json.gz')])))).toHaveLength(2);
});

it('goes on behind every page', async () => {
  put('2024.json.gz', feed(2024, 5));
  put('2025.json.gz', feed(2025, 4));
  const pages = await pull(connect(['.']), { pageSize: 2 });

  for (const [at, { next }] of pages.entries()) {
    if (next !== null) expect(idsOf(await pull(connect(['.']), { pageSize: 2, resume: next }))).toEqual(idsOf(pages.slice(at + 1)));
  }
});

it('reads a file again from its beginning when it changed during a break', async () => {
  put('2024.json.gz', feed(2024, 5));
  const pages = await pull(connect(['.']), { pageSize: 2 });
  put('2024.json.gz', feed(2024, 6));

  expect(idsOf(await pull(connect(['.']), { pageSize: 2, resume: pages[0]!.next! }))).toHaveLength(6);
});

it('reads only what changed in an incremental pass', async () => {
  put('2024.json.gz', feed(2024, 2));
  put('2025.json.gz', feed(2025, 2));
  putMeta('2025.meta', feed(2025, 2));
  const { cursor } = (await pull(connect(['.']))).at(-1)!;

  const unchanged = await pull(connect(['.']), { mode: 'incremental', cursor: cursor! });
  expect(unchanged).toEqual([{ scope: '', records: [], next: null, ends: [{ scope: '', coverage: 'complete' }], cursor }]);

  // the checksum, not the time, tells of a file with a .meta
  put('2025.json.gz', feed(2025, 2));
  utimesSync(join(folder, '2025.json.gz'), 1, 1);
  expect(idsOf(await pull(connect(['.']), { mode: 'incremental', cursor: cursor! }))).toEqual([]);

  put('2025.json.gz', feed(2025, 3));
  putMeta('2025.meta', feed(2025, 3));
  expect(idsOf(await pull(connect(['.']), { mode: 'incremental', cursor: cursor! }))).toEqual(['CVE-2025-1000', 'CVE-2025-1001', 'CVE-2025-1002']);
});

it('gives nothing of a file that is not the one its .meta speaks of', async () => {
  put('2024.json.gz', feed(2024, 3));
  putMeta('2024.meta', feed(2024, 4));
  const pages: Page[] = [];

  await expect((async () => { for await (const page of stream!.pull(connect(['.']), { mode: 'full', pageSize: 1 })) pages.push(page); })()).rejects.toThrow(/2024\.json\.gz is not the file that its \.meta speaks of/);
  expect(pages).toEqual([]);
});

it.each`
  what                   | write
  ${'a cut gzip'}        | ${() => writeFileSync(join(folder, 'a.json.gz'), gzipSync(feed(2024, 500)).subarray(0, 400))}
  ${'no gzip at all'}    | ${() => writeFileSync(join(folder, 'a.json.gz'), feed(2024, 2))}
  ${'cut JSON'}          | ${() => put('a.json.gz', feed(2024, 5).slice(0, -40))}
  ${'a feed of 1.1'}     | ${() => put('a.json.gz', '{"CVE_data_type":"CVE","CVE_Items":[{"cve":{}}]}')}
  ${'another API'}       | ${() => put('a.json.gz', feed(2024, 2, 'NVD_CPE'))}
  ${'a web page'}        | ${() => put('a.json', '<html></html>')}
`('refuses $what, by its name', async ({ write }) => {
  write();

  await expect(pull(connect(['.']))).rejects.toThrow(ProtocolError);
  await expect(pull(connect(['.']))).rejects.toThrow(/a\.json/);
});

it.each`
  files              | words
  ${['nowhere']}     | ${'nowhere cannot be read (ENOENT)'}
  ${['.']}           | ${'holds no *.json'}
`('says what is wrong with $files', async ({ files, words }) => {
  await expect(pull(connect(files))).rejects.toThrow(SourceConfigurationError);
  await expect(pull(connect(files))).rejects.toThrow(words);
});

it('refuses two files of one name, for it could not tell them apart', async () => {
  put('a.json', feed(2024, 1));

  await expect(pull(connect(['a.json', '.']))).rejects.toThrow('names a.json twice');
});

it('stops when asked to', async () => {
  put('2024.json.gz', feed(2024, 50));
  const abort = new AbortController();
  abort.abort();

  await expect(pull(connect(['.'], abort.signal))).rejects.toThrow(InterruptedError);
});

it('checks each file, and cannot tell of a single record', async () => {
  put('2024.json.gz', feed(2024, 3));
  putMeta('2024.meta', feed(2024, 3));
  put('2025.json.gz', feed(2025, 2).slice(0, -10));
  const findings: CheckFinding[] = [];
  for await (const finding of connector.check(connect(['.']), ['vulnerabilities'])) findings.push(finding);

  expect(findings).toEqual([
    { what: '2024.json.gz', outcome: 'ok', message: '3 records; checksum as in its .meta' },
    { what: '2025.json.gz', outcome: 'failed', message: expect.stringContaining('2025.json.gz'), hint: expect.any(String) },
  ]);
  expect(await stream!.fetchOne!(connect(['.']), 'CVE-2024-1000')).toMatchObject({ kind: 'unknown' });
});
