import { jest } from '@jest/globals';
import { fakeClock, recordingLog, type FakeClock, type RecordingLog } from '../sdk/conformance/doubles.js';
import {
  AuthenticationError, InterruptedError, PermissionError, RateLimitedError, UnavailableError, SourceConfigurationError,
  type ConnectContext, type Page, type PullFrom, type ScopeEnd,
} from '../sdk/contract/index.js';
import type { LoggedRequest, Sandbox } from '../sdk/sandbox/types.js';
import type { AwsClient } from './client.js';
import { connector } from './index.js';
import { actionOf, sandbox, type AwsSandboxOptions } from './sandbox/index.js';

const ACCOUNTS = ['111122223333', '444455556666', '777788889999'];
const REGIONS = ['eu-central-1', 'eu-west-1', 'us-east-1'];
const SCOPES = ACCOUNTS.flatMap((account) => REGIONS.map((region) => `account=${account},region=${region}`));

interface World { readonly box: Sandbox; readonly clock: FakeClock; readonly log: RecordingLog; readonly abort: AbortController; client(options?: object, auth?: object): Promise<AwsClient> }
/** The SDK takes its time to load, and a machine may be busy. */
jest.setTimeout(60_000);
const open: (() => Promise<void>)[] = [];
afterEach(async () => { for (const close of open.splice(0)) await close(); });

async function world(vendor: AwsSandboxOptions = {}): Promise<World> {
  const clock = fakeClock('2026-11-20T10:00:00Z');
  const box = await sandbox.start({ clock, vendor: { ...vendor } });
  open.push(() => box.close());
  const log = recordingLog();
  const abort = new AbortController();
  return {
    box, clock, log, abort,
    async client(options = {}, auth = {}) {
      const config = box.sourceConfig();
      const source = { ...config, options: { ...config.options, ...options }, auth: { ...config.auth, ...auth } };
      const client = await connector.connect({ source, clock, log, signal: abort.signal } as unknown as ConnectContext);
      open.push(async () => connector.close?.(client));
      return client;
    },
  };
}

const stream = (name: string) => connector.streams.find((entry) => entry.name === name)!;

async function pull(client: AwsClient, from: Partial<PullFrom> = {}, name = 'instances'): Promise<Page[]> {
  const pages: Page[] = [];
  for await (const page of stream(name).pull(client, { mode: 'full', ...from })) pages.push(page);
  return pages;
}

const endsOf = (pages: readonly Page[]): readonly ScopeEnd[] => pages.flatMap((page) => page.ends ?? []);
const scopesOf = (pages: readonly Page[], coverage: ScopeEnd['coverage']): string[] => endsOf(pages).filter((end) => end.coverage === coverage).map((end) => end.scope);
const idsOf = (pages: readonly Page[], name = 'instances'): string[] => pages.flatMap((page) => page.records).flatMap((raw) => {
  const mapping = stream(name).map(raw, { source: 'aws', options: {}, readAt: 0 });
  return mapping.ok && 'record' in mapping && mapping.record.kind === 'asset' ? [mapping.record.externalId] : [];
});
const count = (requests: readonly LoggedRequest[], action: string): number => requests.filter((request) => actionOf(request) === action).length;

describe('a pass over accounts and regions', () => {
  it('gives every record once, and ends every scope once', async () => {
    const { box, client } = await world();

    const pages = await pull(await client());

    expect(idsOf(pages).sort()).toEqual([...box.truth('instances').keys()].sort());
    expect(endsOf(pages).map((end) => end.scope)).toEqual(SCOPES);
    expect(scopesOf(pages, 'complete')).toEqual(SCOPES);
    expect(pages.at(-1)!.next).toBeNull();
    expect(pages.slice(0, -1).every((page) => page.next !== null)).toBe(true);
  });

  it('follows each volume with its attachments', async () => {
    const { box, client } = await world();

    const records = (await pull(await client(), {}, 'volumes')).flatMap((page) => page.records);

    const volumes = records.filter((raw: any) => raw.what === 'volume');
    const expected = volumes.flatMap((raw: any) => raw.volume.Attachments ?? []).length;
    expect(volumes).toHaveLength(box.truth('volumes').size);
    expect(expected).toBeGreaterThan(0);
    expect(records.filter((raw: any) => raw.what === 'attachment')).toHaveLength(expected);
  });

  it('follows a NextToken behind an empty page', async () => {
    const { box, client } = await world({ emptyPages: true });

    const pages = await pull(await client(), { pageSize: 5 });

    expect(pages.some((page) => page.records.length === 0 && page.next !== null && page.ends === undefined)).toBe(true);
    expect(idsOf(pages).sort()).toEqual([...box.truth('instances').keys()].sort());
  });

  it('asks for 1000 at once, and never for fewer than EC2 allows', async () => {
    const { box, client } = await world();
    const one = await client();
    await pull(one);
    expect(box.requests().filter((request) => actionOf(request) === 'DescribeInstances').every(({ body }) => body.includes('MaxResults=1000'))).toBe(true);

    box.clearRequests();
    await pull(one, { pageSize: 1 });

    expect(box.requests().filter((request) => actionOf(request) === 'DescribeInstances').every(({ body }) => body.includes('MaxResults=5'))).toBe(true);
  });

  it('goes on behind every page of an interrupted pass, in another process', async () => {
    const { client } = await world();
    const options = { accounts: ACCOUNTS.slice(0, 2), regions: REGIONS.slice(1) };
    const pages = await pull(await client(options), { pageSize: 5 });
    const scopes = scopesOf(pages, 'complete');
    expect(scopes).toHaveLength(4);
    expect(pages.length).toBeGreaterThan(4);

    for (const [at, { next }] of pages.entries()) {
      if (next === null) continue;
      const before = pages.slice(0, at + 1);
      const rest = await pull(await client(options), { pageSize: 5, resume: next });
      // EC2 promises no order: a scope goes on where its token says, and each record comes on one side alone
      expect([...idsOf(before), ...idsOf(rest)].sort()).toEqual(idsOf(pages).sort());
      expect(scopesOf(rest, 'complete')).toEqual(scopes.filter((scope) => !scopesOf(before, 'complete').includes(scope)));
    }
  });

  it('reads a scope again from its beginning when its token is no longer taken', async () => {
    const { box, client } = await world();
    const pages = await pull(await client(), { pageSize: 5 });
    const next = pages.find((page) => page.next !== null && JSON.parse(page.next).next !== undefined)!.next!;

    const rest = await pull(await client(), { pageSize: 5, resume: JSON.stringify({ ...JSON.parse(next), next: 'forged' }) });

    expect(idsOf(rest).length).toBeGreaterThan(0);
    expect(new Set([...idsOf(pages.slice(0, pages.findIndex((page) => page.next === next) + 1)), ...idsOf(rest)]).size).toBe(box.truth('instances').size);
  });

  it('reads the account of the credentials when none is named', async () => {
    const { client } = await world();

    const pages = await pull(await client({ accounts: undefined, assumeRole: undefined, regions: ['eu-west-1'] }));

    expect(scopesOf(pages, 'complete')).toEqual(['account=111122223333,region=eu-west-1']);
  });

  it('asks each account for its regions when none is named', async () => {
    const { client } = await world();

    const pages = await pull(await client({ regions: undefined, accounts: ['444455556666'] }));

    expect(scopesOf(pages, 'complete')).toEqual(REGIONS.map((region) => `account=444455556666,region=${region}`));
    expect(scopesOf(pages, 'uncovered')).toEqual([]);
  });
});

describe('what may not be read', () => {
  it('leaves a region that is not opted in uncovered, by name, and reads the rest', async () => {
    const { box, client } = await world();

    const pages = await pull(await client({ regions: ['me-central-1', ...REGIONS] }));

    expect(scopesOf(pages, 'uncovered')).toEqual(ACCOUNTS.map((account) => `account=${account},region=me-central-1`));
    expect(endsOf(pages).find((end) => end.coverage === 'uncovered')!.reason).toMatch(/me-central-1.*not-opted-in/);
    expect(idsOf(pages)).toHaveLength(box.truth('instances').size);
    expect(pages.at(-1)!.next).toBeNull();
  });

  it('leaves a denied account uncovered in AWS\'s own words, and reads the rest', async () => {
    const { client } = await world({ deniedAccounts: ['444455556666'] });

    const pages = await pull(await client());

    expect(scopesOf(pages, 'uncovered')).toEqual(REGIONS.map((region) => `account=444455556666,region=${region}`));
    expect(endsOf(pages).find((end) => end.coverage === 'uncovered')!.reason).toMatch(/sts:AssumeRole in account 444455556666.*AccessDenied.*not authorized/);
    expect(scopesOf(pages, 'complete')).toHaveLength(6);
  });

  it('names the regions of a denied account by those that others have', async () => {
    const { client } = await world({ deniedAccounts: ['444455556666'] });

    const pages = await pull(await client({ regions: undefined }));

    expect(scopesOf(pages, 'uncovered')).toEqual(REGIONS.map((region) => `account=444455556666,region=${region}`));
  });

  it('fails when nothing may be read', async () => {
    const { client } = await world({ deniedActions: ['ec2:DescribeInstances'] });

    const failure = await pull(await client()).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(PermissionError);
    expect(failure).toMatchObject({ message: expect.stringContaining('UnauthorizedOperation'), hint: expect.stringContaining('ec2:DescribeInstances'), request: { status: 403, requestId: expect.any(String) } });
  });

  it('fails when the key is refused, and says the key never', async () => {
    const { client } = await world();

    const failure = (await pull(await client({}, { secretAccessKey: 'never-to-be-seen-anywhere' })).catch((error: unknown) => error)) as AuthenticationError;

    expect(failure).toBeInstanceOf(AuthenticationError);
    expect(JSON.stringify([failure, failure.message, failure.stack, (failure.cause as Error).stack])).not.toContain('never-to-be-seen');
  });

  it('goes on without memory when the types may not be asked', async () => {
    const { box, client } = await world({ deniedActions: ['ec2:DescribeInstanceTypes'] });

    const pages = await pull(await client());

    expect(pages.flatMap((page) => page.records)).toHaveLength(box.truth('instances').size);
    expect(pages.flatMap((page) => page.records).every((raw: any) => raw.memoryMb === undefined)).toBe(true);
    expect(pages.flatMap((page) => page.warnings ?? [])[0]).toMatch(/memory.*UnauthorizedOperation/);
  });

  it('loses the memory of no other type to one that EC2 does not know any more, and asks for that one once a region', async () => {
    const { box, client } = await world();
    const [first, second] = [...box.truth('instances').keys()].filter((arn) => arn.includes(':eu-west-1:111122223333:'));
    box.edit.update('instances', first!, { InstanceType: 'm1.retired' });
    box.edit.update('instances', second!, { InstanceType: 't1.retired' });
    box.clearRequests();
    const aws = await client({ accounts: ['111122223333'], regions: ['eu-west-1'], pageSize: 5 });

    const pages = await pull(aws);

    const records = pages.flatMap((page) => page.records as any[]);
    expect(records.filter((raw) => raw.memoryMb === undefined).map((raw) => raw.instance.InstanceType).sort()).toEqual(['m1.retired', 't1.retired']);
    expect(records.length).toBeGreaterThan(2);
    expect(pages.flatMap((page) => page.warnings ?? []).join()).toMatch(/m1\.retired/);
    expect(box.requests().filter((request) => actionOf(request) === 'DescribeInstanceTypes' && String(request.body).includes('m1.retired'))).toHaveLength(1);
  });

  it('asks the configured regions themselves when DescribeRegions is denied', async () => {
    const { client } = await world({ deniedActions: ['ec2:DescribeRegions'] });

    expect(scopesOf(await pull(await client()), 'complete')).toEqual(SCOPES);
  });

  it('reads its own account with its own credentials where the role is missing there', async () => {
    const { client } = await world({ deniedAccounts: ['111122223333'] });

    expect(scopesOf(await pull(await client()), 'complete')).toEqual(SCOPES);
  });

  it('refuses accounts that no role leads to', async () => {
    const { client } = await world();

    await expect(pull(await client({ assumeRole: undefined, accounts: ['444455556666'] }))).rejects.toThrow(SourceConfigurationError);
    expect(scopesOf(await pull(await client({ assumeRole: undefined })), 'uncovered')).toHaveLength(6);
  });
});

describe('trouble on the way', () => {
  it('waits with growing jitter when throttled, and the pass ends complete', async () => {
    const { box, client, clock } = await world({ throttle: false });
    box.faults.inject({ kind: 'throttled_vendor', match: { stream: 'instances' }, times: 5 });

    const pages = await pull(await client({ accounts: ['111122223333'], regions: ['eu-west-1'] }));

    expect(scopesOf(pages, 'complete')).toHaveLength(1);
    expect(clock.sleeps).toHaveLength(5);
    clock.sleeps.forEach((ms, at) => {
      expect(ms).toBeLessThanOrEqual(Math.min(60_000, 2_000 * 2 ** at));
      if (at >= 3) expect(ms).toBeGreaterThanOrEqual(1_000 * 2 ** at);
    });
  });

  it.each(['throttled_seconds', 'throttled_date'] as const)('waits for as long as %s says, should something before AWS say so', async (kind) => {
    const { box, client, clock } = await world({ throttle: false });
    box.faults.inject({ kind, match: { stream: 'instances' }, times: 1, ms: 17_000 });

    await pull(await client({ accounts: ['111122223333'], regions: ['eu-west-1'] }));

    expect(clock.sleeps).toHaveLength(1);
    expect(clock.sleeps[0]).toBeGreaterThanOrEqual(16_000);
    expect(clock.sleeps[0]).toBeLessThanOrEqual(18_000);
  });

  it('reads a scope again when its token is refused in the middle, and gives it up when it is refused again', async () => {
    const { box, client } = await world({ throttle: false });
    const one = await client({ accounts: ['111122223333'], regions: ['eu-west-1'] });
    const whole = idsOf(await pull(one)).sort();
    const refused = { kind: 'cursor_refused', match: { stream: 'instances', when: ({ body }: LoggedRequest) => body.includes('NextToken') } } as const;

    box.faults.inject({ ...refused, times: 1 });
    expect([...new Set(idsOf(await pull(one, { pageSize: 5 })))].sort()).toEqual(whole);

    box.faults.inject(refused);
    const pages = await pull(one, { pageSize: 5 });
    expect(scopesOf(pages, 'uncovered')).toEqual(['account=111122223333,region=eu-west-1']);
    expect(scopesOf(pages, 'complete')).toEqual([]);
  });

  it('gives a scope up after 8 calls, and the pass when all are throttled', async () => {
    const { box, client } = await world({ throttle: false });
    const one = await client({ accounts: ['111122223333'], regions: ['eu-west-1'] });
    box.faults.inject({ kind: 'throttled_vendor', match: { stream: 'instances' } });

    await expect(pull(one)).rejects.toThrow(RateLimitedError);
    expect(count(box.requests(), 'DescribeInstances')).toBe(8);
  });

  it('ends the pass when three places in a row are away, not before', async () => {
    const { box, client } = await world({ throttle: false });
    const away = box.faults.inject({ kind: 'server_error', match: { stream: 'instances', when: ({ headers }) => /\/eu-west-1\//.test(headers['authorization'] ?? '') } });
    const pages = await pull(await client());
    expect(scopesOf(pages, 'uncovered')).toEqual(ACCOUNTS.map((account) => `account=${account},region=eu-west-1`));
    expect(scopesOf(pages, 'complete')).toHaveLength(6);

    away.remove();
    box.faults.inject({ kind: 'server_error', match: { stream: 'instances' } });

    await expect(pull(await client())).rejects.toThrow(UnavailableError);
  });

  it.each(['login_page', 'empty_body', 'malformed_body', 'truncated_body', 'reset_before_headers', 'reset_in_body', 'gateway_page', 'maintenance_page', 'server_error', 'unauthorised'] as const)(
    'never takes %s for an empty list', async (kind) => {
      const { box, client } = await world({ throttle: false });
      const one = await client({ accounts: ['111122223333'], regions: ['eu-west-1'] });
      if (!box.faults.supported.includes(kind)) throw new Error(`the sandbox cannot show ${kind}`);
      box.faults.inject({ kind, match: { stream: 'instances' }, times: 1 });

      const once = await pull(one);
      expect(idsOf(once).length).toBeGreaterThan(0);

      box.faults.clear();
      box.faults.inject({ kind, match: { stream: 'instances' } });
      await expect(pull(one)).rejects.toMatchObject({ name: expect.stringMatching(/Error$/), message: expect.stringContaining('ec2:DescribeInstances in account 111122223333, region eu-west-1') });
    });

  it('renews credentials that end in the middle of a pass', async () => {
    const { box, client, clock } = await world();
    const one = await client({ accounts: ['444455556666'] });
    const pages: Page[] = [];

    for await (const page of stream('instances').pull(one, { mode: 'full', pageSize: 5 })) {
      pages.push(page);
      clock.advance(70 * 60_000);
    }

    expect(idsOf(pages)).toHaveLength([...box.truth('instances').keys()].filter((arn) => arn.includes(':444455556666:')).length);
    expect(count(box.requests(), 'AssumeRole')).toBeGreaterThan(1);
  });

  it('stops at once when asked to', async () => {
    const { abort, client } = await world();
    const pages = stream('instances').pull(await client(), { mode: 'full', pageSize: 5 });
    const iterator = pages[Symbol.asyncIterator]();
    await iterator.next();

    abort.abort();

    await expect((async () => { for (;;) if ((await iterator.next()).done === true) return; })()).rejects.toThrow(InterruptedError);
  });
});

describe('one record', () => {
  it('is found by its ARN, is gone, or cannot be told', async () => {
    const { box, client } = await world();
    const one = await client();
    const [arn] = [...box.truth('instances').keys()];
    const fetch = (id: string, name = 'instances') => stream(name).fetchOne!(one, id);

    expect(await fetch(arn!)).toMatchObject({ kind: 'found', raw: { instance: { InstanceId: arn!.split('/')[1] } } });
    expect(await fetch('arn:aws:ec2:eu-west-1:111122223333:instance/i-00000000000000000')).toEqual({ kind: 'gone' });
    expect(await fetch('arn:aws:ec2:eu-west-1:999999999999:instance/i-00000000000000000')).toMatchObject({ kind: 'unknown' });
    expect(await fetch('arn:aws:ec2:ap-south-2:111122223333:instance/i-00000000000000000')).toMatchObject({ kind: 'unknown' });
    expect(await fetch('i-00000000000000000')).toMatchObject({ kind: 'unknown' });
  });

  it('of volumes may be an attachment', async () => {
    const { client } = await world();
    const one = await client();
    const raws: any[] = (await pull(one, {}, 'volumes')).flatMap((page) => page.records);
    const attachment = raws.find((raw) => raw.what === 'attachment');
    const mapping: any = stream('volumes').map(attachment, { source: 'aws', options: {}, readAt: 0 });
    const fetch = (id: string) => stream('volumes').fetchOne!(one, id);

    expect(await fetch(mapping.record.externalId)).toEqual({ kind: 'found', raw: attachment });
    expect(await fetch(`${mapping.record.from.externalId}/attached/i-00000000000000000`)).toEqual({ kind: 'gone' });
    expect(await fetch(mapping.record.from.externalId)).toMatchObject({ kind: 'found', raw: { what: 'volume' } });
  });
});
