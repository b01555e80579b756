import 'reflect-metadata';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { fakeClock, recordingLog, type FakeClock } from '../sdk/conformance/doubles.js';
import type { CheckFinding, ConnectContext, Page, PullFrom } from '../sdk/contract/index.js';
import { createHttp } from '../sdk/http/index.js';
import type { Sandbox } from '../sdk/sandbox/types.js';
import type { NvdClient } from './client.js';
import { NvdOptions } from './config.js';
import { connector } from './index.js';
import { manifest, NOTICE } from './manifest.js';
import { sandbox, type NvdSandbox } from './sandbox/index.js';

jest.setTimeout(60_000);
const [stream] = connector.streams;
const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8');
const open: (() => Promise<void>)[] = [];
afterEach(async () => { for (const close of open.splice(0)) await close(); });

interface World { readonly box: Sandbox; readonly clock: FakeClock; readonly log: ReturnType<typeof recordingLog>; client(method?: string, changes?: object): NvdClient }

async function start(vendor: object = {}): Promise<World> {
  const clock = fakeClock('2026-11-20T10:00:00Z');
  const box = await sandbox.start({ clock, vendor: { ...vendor } });
  open.push(() => box.close());
  const log = recordingLog();
  return {
    box, clock, log,
    client(method = 'none', changes = {}) {
      const source = { ...box.sourceConfig({ auth: box.auth(method) }), ...changes };
      const signal = new AbortController().signal;
      const http = createHttp({ source: source.name, ...(source.baseUrl !== undefined && { baseUrl: source.baseUrl }), clock, signal, log, concurrency: 1, secrets: [source.auth['apiKey'] as string | undefined] });
      open.push(async () => http.close());
      return connector.connect({ source, http, clock, log, signal } as unknown as ConnectContext) as NvdClient;
    },
  };
}

async function pull(client: NvdClient, from: Partial<PullFrom> = {}): Promise<Page[]> {
  const pages: Page[] = [];
  for await (const page of stream!.pull(client, { mode: 'full', ...from })) pages.push(page);
  return pages;
}
const idsOf = (pages: readonly Page[]): string[] => pages.flatMap((page) => page.records).map((raw: any) => raw.id);

describe('against a strict NVD', () => {
  it.each(['none', 'api_key'])('reads everything once with auth.method %s', async (method) => {
    const { box, client } = await start();

    const pages = await pull(client(method), { pageSize: 50 });

    expect(idsOf(pages).sort()).toEqual([...box.truth('vulnerabilities').keys()].sort());
    expect(pages.at(-1)).toMatchObject({ next: null, ends: [{ scope: '', coverage: 'complete' }], cursor: expect.any(String) });
  });

  it('hears of every change, new record and rejection since, and of nothing twice over', async () => {
    const { box, client, clock } = await start();
    const ids = [...box.truth('vulnerabilities').keys()];
    const { cursor } = (await pull(client())).at(-1)!;
    clock.advance(3_600_000);
    box.edit.update('vulnerabilities', ids[0]!);
    box.edit.remove('vulnerabilities', ids[1]!);
    const added = box.edit.insert('vulnerabilities');
    clock.advance(60_000);

    const pages = await pull(client(), { mode: 'incremental', cursor: cursor! });

    expect(idsOf(pages).sort()).toEqual([ids[0]!, ids[1]!, added].sort());
    expect(pages.flatMap((page) => page.records).find((raw: any) => raw.id === ids[1])).toMatchObject({ vulnStatus: 'Rejected' });
    const again = await pull(client(), { mode: 'incremental', cursor: pages.at(-1)!.cursor! });
    expect(idsOf(again).length).toBeLessThanOrEqual(3); // the overlap of 15 minutes alone
  });

  it('says what is wrong with a key, and the key never', async () => {
    const { box, client, log } = await start();
    const findings: CheckFinding[] = [];

    for await (const finding of connector.check(client('api_key', { auth: { method: 'api_key', apiKey: '00000000-dead-beef-0000-000000000000' } }), ['vulnerabilities'])) findings.push(finding);

    expect(findings).toEqual([expect.objectContaining({ outcome: 'failed', message: expect.stringContaining('Invalid apiKey.') })]);
    for (const secret of ['00000000-dead-beef-0000-000000000000', ...box.secrets()]) expect(JSON.stringify([findings, log.entries])).not.toContain(secret);
  });
});

describe('a site without internet', () => {
  it('reads the feeds with their checksums, and the same records as from the API', async () => {
    const { box, client } = await start();
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-nvd-'));
    open.push(async () => rmSync(folder, { recursive: true, force: true }));
    await (box as NvdSandbox).writeFeeds(folder);

    const pages = await pull(client('none', { options: { files: ['.'] }, folder }));

    expect([...new Set(idsOf(pages))].sort()).toEqual([...box.truth('vulnerabilities').keys()].sort());
    expect(box.requests()).toEqual([]);
  });
});

describe('options', () => {
  const problems = (options: object): string[] => validateSync(plainToInstance(NvdOptions, options), { whitelist: true, forbidNonWhitelisted: true }).flatMap((error) => Object.values(error.constraints ?? {}));

  it.each([[{}], [{ files: ['./feeds'] }], [{ files: './feeds' }]])('take %j', (options) => expect(problems(options)).toEqual([]));
  it.each([[{ files: [] }], [{ files: [7] }], [{ files: [''] }], [{ file: ['x'] }]])('refuse %j', (options) => expect(problems(options)).not.toEqual([]));
});

it('reads the records that the repository carries', async () => {
  const { client } = await start();

  const pages = await pull(client('none', { options: { files: ['fixtures'] }, folder: import.meta.dirname }), { pageSize: 100 });

  expect(pages.map(({ records }) => records.length)).toEqual([100, 91]);
  expect(new Set(idsOf(pages)).size).toBe(191);
});

describe('the README', () => {
  const cost = (row: string): number => Number(new RegExp(`^\\| ${row} \\| (\\d+) \\|$`, 'm').exec(readme)?.[1]);

  it('tells the cost of 10,000 records', async () => {
    const { box, client } = await start({ records: 10_000 });

    const pages = await pull(client());

    expect(idsOf(pages)).toHaveLength(10_000);
    expect(box.requests()).toHaveLength(cost('10,000 records'));
  });

  it('tells the cost of a window in which nothing changed', async () => {
    const { box, client, clock } = await start();
    const { cursor } = (await pull(client())).at(-1)!;
    clock.advance(7_200_000);
    const { cursor: quiet } = (await pull(client(), { mode: 'incremental', cursor: cursor! })).at(-1)!;
    clock.advance(7_200_000);
    box.clearRequests();

    expect(idsOf(await pull(client(), { mode: 'incremental', cursor: quiet! }))).toEqual([]);

    expect(box.requests()).toHaveLength(cost('a window in which nothing changed'));
  });

  it('shows the notice that NVD asks for, and documents every stream and option', () => {
    expect(readme).toContain(`> ${NOTICE}`);
    expect(manifest.about).toContain(NOTICE);
    for (const { name } of manifest.streams) expect(readme).toContain(`| \`${name}\` |`);
    expect(readme).toContain('| `files` |');
    for (const heading of ['Reads', 'Writes', 'Permissions', 'Configuration', 'Webhook set-up', 'Limits and cost', 'Known gaps', 'Troubleshooting']) expect(readme).toContain(`\n## ${heading}\n`);
  });
});

it('has the streams that its manifest names, and no other', () => {
  expect(connector.streams.map(({ name }) => name)).toEqual(manifest.streams.map(({ name }) => name));
});
