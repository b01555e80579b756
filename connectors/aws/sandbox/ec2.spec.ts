import { createFleet } from '../../sdk/sandbox/fleet.js';
import { startAwsSandbox, type AwsSandbox, type AwsSandboxOptions } from './index.js';
import { sendRaw, type RawAnswer } from './raw-client.js';

const NOW = Date.UTC(2026, 10, 24, 9);
const ID = (n: number): string => `i-0${String(n).padStart(16, '0')}`;
const many = (count: number): AwsSandboxOptions['instances'] => Array.from({ length: count }, (_, n) => ({
  OwnerId: '111122223333', InstanceId: ID(n), InstanceType: 'm6i.large', State: { Code: 16, Name: 'running' }, Placement: { AvailabilityZone: 'eu-west-1a' },
  Tags: [{ Key: 'Name', Value: `box-${n}` }, { Key: 'Env', Value: n % 10 === 0 ? 'prod' : 'test' }],
}));

describe('the EC2 Query API', () => {
  let aws: AwsSandbox;
  let time = NOW;
  const start = async (vendor: AwsSandboxOptions, limits: { size?: number } = {}): Promise<void> => {
    aws = await startAwsSandbox({ clock: { now: () => time, sleep: () => Promise.resolve() }, vendor: vendor as Record<string, unknown>, ...(limits.size !== undefined && { fleet: createFleet({ size: limits.size }) }) });
  };
  const call = (Action: string, form: Readonly<Record<string, string | number | boolean>> = {}, region = 'eu-west-1'): Promise<RawAnswer> => {
    const auth = aws.auth('static');
    return sendRaw({ url: aws.url, accessKeyId: auth['accessKeyId'] as string, secret: auth['secretAccessKey'] as string, at: time, region, form: { Action, Version: '2016-11-15', ...form } });
  };
  const ids = ({ body }: RawAnswer): string[] => [...body.matchAll(/<instanceId>(i-[0-9a-f]+)<\/instanceId>/g)].map((found) => found[1] as string);
  const token = ({ body }: RawAnswer): string | undefined => /<nextToken>([^<]*)<\/nextToken>/.exec(body)?.[1];
  const pass = async (form: Readonly<Record<string, string | number>>): Promise<{ pages: string[][]; all: string[] }> => {
    const pages: string[][] = [];
    let next: string | undefined;
    do {
      const answer = await call('DescribeInstances', { ...form, ...(next !== undefined && { NextToken: next }) });
      expect(answer.status).toBe(200);
      pages.push(ids(answer));
      next = token(answer);
    } while (next !== undefined && pages.length < 100);
    return { pages, all: pages.flat() };
  };

  beforeEach(() => { time = NOW; });
  afterEach(() => aws.close());

  describe('paging', () => {
    it('gives each instance once, with an empty page on the way, in no order', async () => {
      await start({ instances: many(25) });
      const first = await pass({ MaxResults: 10 });
      const second = await pass({ MaxResults: 10 });

      expect(first.pages.map((page) => page.length)).toEqual([10, 0, 10, 5]);
      expect([...first.all].sort()).toEqual(Array.from({ length: 25 }, (_, n) => ID(n)));
      expect([...second.all].sort()).toEqual([...first.all].sort());
      expect(second.all).not.toEqual(first.all);
      expect(first.all).not.toEqual([...first.all].sort());
    });

    it('ends a full last page with a token for an empty one', async () => {
      await start({ instances: many(20), emptyPages: false });

      expect((await pass({ MaxResults: 10 })).pages.map((page) => page.length)).toEqual([10, 10, 0]);
    });

    it('filters a page after it was cut: short and empty pages', async () => {
      await start({ instances: many(60), emptyPages: false });
      const { pages, all } = await pass({ MaxResults: 10, 'Filter.1.Name': 'tag:Env', 'Filter.1.Value.1': 'prod' });

      expect(pages).toHaveLength(7);
      expect([...all].sort()).toEqual([0, 10, 20, 30, 40, 50].map(ID));
      expect(Math.max(...pages.map((page) => page.length))).toBeLessThan(10);
    });

    it('gives the same page for the same token, so that a client can resume', async () => {
      await start({ instances: many(30), emptyPages: false });
      const next = token(await call('DescribeInstances', { MaxResults: 10 })) as string;
      const [once, again] = [await call('DescribeInstances', { MaxResults: 10, NextToken: next }), await call('DescribeInstances', { MaxResults: 10, NextToken: next })];

      expect(ids(again)).toEqual(ids(once));
      expect(token(again)).toBe(token(once));
    });

    it.each<[string, Readonly<Record<string, string | number>>, string]>([
      ['another filter', { 'Filter.1.Name': 'instance-type', 'Filter.1.Value.1': 'm6i.large' }, 'eu-west-1'],
      ['another region', {}, 'us-east-1'],
    ])('ties a token to its query: %s', async (_what, form, region) => {
      await start({ instances: many(30) });
      const next = token(await call('DescribeInstances', { MaxResults: 10 })) as string;
      const answer = await call('DescribeInstances', { MaxResults: 10, NextToken: next, ...form }, region);

      expect([answer.status, answer.code]).toEqual([400, 'InvalidPaginationToken']);
    });

    it('does not know a token of another action, a made-up or an expired one', async () => {
      await start({ instances: many(30) });
      const next = token(await call('DescribeInstances', { MaxResults: 10 })) as string;

      expect((await call('DescribeVolumes', { MaxResults: 10, NextToken: next })).code).toBe('InvalidPaginationToken');
      expect((await call('DescribeInstances', { MaxResults: 10, NextToken: 'abc' })).code).toBe('InvalidPaginationToken');
      expect((await call('DescribeInstances', { MaxResults: 10, NextToken: '' })).code).toBe('InvalidParameterValue');
      aws.expireTokens();
      expect((await call('DescribeInstances', { MaxResults: 10, NextToken: next })).code).toBe('InvalidPaginationToken');
    });

    it('keeps pages below a limit that is set from outside', async () => {
      await start({ instances: many(12), emptyPages: false });
      aws.setLimits({ pageSize: 5 });
      const limited = await pass({ MaxResults: 1_000 });
      aws.setLimits({ pageSize: undefined });

      expect(limited.pages.map((page) => page.length)).toEqual([5, 5, 2]);
      expect((await pass({ MaxResults: 1_000 })).pages.map((page) => page.length)).toEqual([12]);
    });

    it('gives everything to a call that asks for no pages', async () => {
      await start({ instances: many(1_200) });
      const answer = await call('DescribeInstances');

      expect(ids(answer)).toHaveLength(1_200);
      expect(token(answer)).toBeUndefined();
    });
  });

  describe('what it refuses', () => {
    const cases: readonly [string, string, Readonly<Record<string, string | number | boolean>>, number, string, string?][] = [
      ['fewer than 5 a page', 'DescribeInstances', { MaxResults: 4 }, 400, 'InvalidParameterValue', 'Value ( 4 ) for parameter maxResults is invalid. Expecting a value greater than 5.'],
      ['more than 1,000 a page', 'DescribeInstances', { MaxResults: 1_001 }, 400, 'InvalidParameterValue'],
      ['a page size that is no number', 'DescribeInstances', { MaxResults: 'ten' }, 400, 'InvalidParameterValue'],
      ['pages of named instances', 'DescribeInstances', { MaxResults: 5, 'InstanceId.1': ID(0) }, 400, 'InvalidParameterCombination', 'The parameter instancesSet cannot be used with the parameter maxResults'],
      ['pages of named volumes', 'DescribeVolumes', { MaxResults: 5, 'VolumeId.1': 'vol-00000000000000000' }, 400, 'InvalidParameterCombination', 'The parameter volumeSet cannot be used with the parameter maxResults'],
      ['an unknown instance', 'DescribeInstances', { 'InstanceId.1': ID(0), 'InstanceId.2': ID(77) }, 400, 'InvalidInstanceID.NotFound', `The instance ID &apos;${ID(77)}&apos; does not exist`],
      ['two unknown instances', 'DescribeInstances', { 'InstanceId.1': ID(78), 'InstanceId.2': ID(77) }, 400, 'InvalidInstanceID.NotFound', `The instance IDs &apos;${ID(78)}, ${ID(77)}&apos; do not exist`],
      ['a malformed id', 'DescribeInstances', { 'InstanceId.1': 'ma1' }, 400, 'InvalidInstanceID.Malformed', 'Invalid id: &quot;ma1&quot;'],
      ['an id in capitals', 'DescribeInstances', { 'InstanceId.1': ID(0).toUpperCase() }, 400, 'InvalidInstanceID.Malformed'],
      ['an unknown volume', 'DescribeVolumes', { 'VolumeId.1': 'vol-00000000000000000' }, 400, 'InvalidVolume.NotFound'],
      ['an unknown parameter', 'DescribeInstances', { MaxResults: 5, ImageType: 'machine' }, 400, 'UnknownParameter', 'The parameter ImageType is not recognized'],
      ['the SDK\'s name of a parameter', 'DescribeInstances', { 'InstanceIds.1': ID(0) }, 400, 'UnknownParameter', 'The parameter InstanceIds is not recognized'],
      ['a parameter of another action', 'DescribeRegions', { MaxResults: 5 }, 400, 'UnknownParameter'],
      ['a filter without a value', 'DescribeInstances', { MaxResults: 5, 'Filter.1.Name': 'instance-id' }, 400, 'MissingParameter'],
      ['a filter without a name', 'DescribeInstances', { MaxResults: 5, 'Filter.1.Value.1': 'x' }, 400, 'UnknownParameter'],
      ['an unknown filter', 'DescribeInstances', { MaxResults: 5, 'Filter.1.Name': 'public-ip', 'Filter.1.Value.1': 'x' }, 400, 'InvalidParameterValue', 'The filter &apos;public-ip&apos; is invalid'],
      ['a filter of the prototype', 'DescribeInstances', { MaxResults: 5, 'Filter.1.Name': 'constructor', 'Filter.1.Value.1': 'x' }, 400, 'InvalidParameterValue'],
      ['a very long filter value', 'DescribeInstances', { MaxResults: 5, 'Filter.1.Name': 'instance-id', 'Filter.1.Value.1': 'x'.repeat(256) }, 400, 'FilterLimitExceeded'],
      ['201 filter values', 'DescribeInstances', { MaxResults: 5, 'Filter.1.Name': 'instance-id', ...Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`Filter.1.Value.${n + 1}`, ID(n)])) }, 400, 'FilterLimitExceeded', 'The maximum number of filter values specified on a single call is 200'],
      ['a flag that is no boolean', 'DescribeInstances', { MaxResults: 5, DryRun: 'yes' }, 400, 'InvalidParameterValue'],
      ['a dry run', 'DescribeInstances', { MaxResults: 5, DryRun: true }, 412, 'DryRunOperation'],
      ['an unknown action', 'DescribeEverything', {}, 400, 'InvalidAction', 'The action DescribeEverything is not valid for this web service.'],
      ['no action', '', {}, 400, 'MissingAction'],
      ['another version', 'DescribeInstances', { Version: '2010-08-31' }, 400, 'InvalidAction'],
      ['an action of another service', 'GetCallerIdentity', {}, 400, 'InvalidAction'],
      ['an unknown region name', 'DescribeRegions', { 'RegionName.1': 'eu-nowhere-1' }, 400, 'InvalidParameterValue'],
      ['an unknown instance type', 'DescribeInstanceTypes', { 'InstanceType.1': 'i8ge.tiny' }, 400, 'InvalidInstanceType', 'The following supplied instance types do not exist: [i8ge.tiny]'],
      ['101 instance types', 'DescribeInstanceTypes', Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`InstanceType.${n + 1}`, 'm5.large'])), 400, 'InvalidParameterValue'],
      ['101 instance types a page', 'DescribeInstanceTypes', { MaxResults: 101 }, 400, 'InvalidParameterValue'],
      ['an unknown interface', 'DescribeNetworkInterfaces', { 'NetworkInterfaceId.1': 'eni-0' }, 400, 'InvalidNetworkInterfaceID.NotFound'],
    ];
    // A row without a message would make jest wait for a callback: hence the rest parameter.
    it.each(cases)('%s', async (...[, action, form, status, code, message]) => {
      await start({ instances: many(3) });
      const answer = await call(action, form);

      expect([answer.status, answer.code]).toEqual([status, code]);
      if (message !== undefined) expect(answer.message).toBe(message);
    });

    it('a path of its own, and methods that the Query API does not have', async () => {
      await start({ instances: many(1) });
      const auth = aws.auth('static');
      const send = { url: aws.url, accessKeyId: auth['accessKeyId'] as string, secret: auth['secretAccessKey'] as string, at: time };

      expect((await sendRaw({ ...send, target: '/v2/instances', form: {} })).status).toBe(404);
      expect((await sendRaw({ ...send, method: 'DELETE' })).status).toBe(405);
    });
  });

  describe('filters', () => {
    it.each<[string, string, readonly string[], readonly number[]]>([
      ['alternatives', 'instance-id', [ID(1), ID(2), ID(99)], [1, 2]],
      ['a star', 'tag:Name', ['box-1*'], [1, 10, 11]],
      ['a question mark', 'tag:Name', ['box-?'], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
      ['an escaped star', 'tag:Name', ['box-\\*'], []],
      ['case', 'tag:Name', ['BOX-1'], []],
      ['a dot taken literally', 'instance-type', ['m6i?large'], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
      ['a key of a tag', 'tag-key', ['Env'], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
      ['a state', 'instance-state-name', ['stopped'], []],
    ])('%s', async (_what, name, values, expected) => {
      await start({ instances: many(12) });
      const answer = await call('DescribeInstances', { MaxResults: 1_000, 'Filter.1.Name': name, ...Object.fromEntries(values.map((value, n) => [`Filter.1.Value.${n + 1}`, value])) });

      expect(ids(answer).sort()).toEqual(expected.map(ID));
    });

    it('several filters all hold', async () => {
      await start({ instances: many(12) });
      const answer = await call('DescribeInstances', { MaxResults: 50, 'Filter.1.Name': 'tag:Env', 'Filter.1.Value.1': 'prod', 'Filter.2.Name': 'tag:Name', 'Filter.2.Value.1': 'box-10' });

      expect(ids(answer)).toEqual([ID(10)]);
    });
  });

  describe('throttling', () => {
    it('has a hundred tokens for paged reads, and twenty more a second', async () => {
      await start({ instances: many(1) });
      const burst = await Promise.all(Array.from({ length: 101 }, () => call('DescribeInstances', { MaxResults: 5 })));
      time += 1_000;
      const later = await Promise.all(Array.from({ length: 21 }, () => call('DescribeInstances', { MaxResults: 5 })));

      const refused = burst.filter((answer) => answer.status !== 200);
      expect(refused.map(({ status, code, message, headers }) => [status, code, message, headers['retry-after']])).toEqual([[503, 'RequestLimitExceeded', 'Request limit exceeded.', undefined]]);
      expect(later.filter((answer) => answer.status === 200)).toHaveLength(20);
    });

    it('has half for calls that ask for everything, apart from the others and by region', async () => {
      await start({ instances: many(1) });
      const burst = await Promise.all(Array.from({ length: 51 }, () => call('DescribeInstances')));

      expect(burst.filter((answer) => answer.status === 503)).toHaveLength(1);
      expect((await call('DescribeInstances', { MaxResults: 5 })).status).toBe(200);
      expect((await call('DescribeVolumes')).status).toBe(200);
      expect((await call('DescribeInstances', {}, 'us-east-1')).status).toBe(200);
    });

    it('obeys a rate that is set from outside', async () => {
      await start({ instances: many(1), throttle: false });
      aws.setLimits({ rate: { requests: 2, perMs: 1_000 } });
      const answers = [await call('DescribeRegions'), await call('DescribeRegions'), await call('DescribeRegions')];
      time += 1_000;

      expect(answers.map((answer) => answer.status)).toEqual([200, 200, 503]);
      expect((await call('DescribeRegions')).status).toBe(200);
      aws.setLimits({ rate: undefined });
      expect((await Promise.all(Array.from({ length: 10 }, () => call('DescribeRegions')))).every((answer) => answer.status === 200)).toBe(true);
    });
  });

  describe('tags', () => {
    const tagged = (...resources: readonly string[]): Record<string, string> => ({ ...Object.fromEntries(resources.map((id, n) => [`ResourceId.${n + 1}`, id])), 'Tag.1.Key': 'lockstep:lifecycle', 'Tag.1.Value': 'in_use' });
    const tagsOf = async (id: string): Promise<string[]> =>
      [...(await call('DescribeInstances', { 'InstanceId.1': id })).body.matchAll(/<key>([^<]*)<\/key><value>([^<]*)<\/value>/g)].map((found) => `${found[1]}=${found[2]}`);

    it('sets the named keys and keeps the others', async () => {
      await start({ instances: many(2) });
      const answer = await call('CreateTags', tagged(ID(1)));

      expect(answer.body).toMatch(/<CreateTagsResponse xmlns="http:\/\/ec2.amazonaws.com\/doc\/2016-11-15\/"><requestId>[-0-9a-f]{36}<\/requestId><return>true<\/return><\/CreateTagsResponse>/);
      expect(await tagsOf(ID(1))).toEqual(['Name=box-1', 'Env=test', 'lockstep:lifecycle=in_use']);
      expect(await tagsOf(ID(0))).toEqual(['Name=box-0', 'Env=prod']);
    });

    it('tags all or nothing', async () => {
      await start({ instances: many(2) });
      const answer = await call('CreateTags', tagged(ID(0), ID(77)));

      expect([answer.status, answer.code]).toEqual([400, 'InvalidInstanceID.NotFound']);
      expect(await tagsOf(ID(0))).not.toContain('lockstep:lifecycle=in_use');
    });

    it('shows a write later where reads lag behind', async () => {
      await start({ instances: many(1), tagLagMs: 5_000 });
      await call('CreateTags', tagged(ID(0)));
      time += 4_999;
      const before = await tagsOf(ID(0));
      time += 1;

      expect(before).not.toContain('lockstep:lifecycle=in_use');
      expect(await tagsOf(ID(0))).toContain('lockstep:lifecycle=in_use');
    });

    it.each<[string, Record<string, string>, string]>([
      ['a reserved key', { 'ResourceId.1': ID(0), 'Tag.1.Key': 'aws:x', 'Tag.1.Value': '' }, 'InvalidParameterValue'],
      ['a long key', { 'ResourceId.1': ID(0), 'Tag.1.Key': 'k'.repeat(129), 'Tag.1.Value': '' }, 'InvalidParameterValue'],
      ['a long value', { 'ResourceId.1': ID(0), 'Tag.1.Key': 'k', 'Tag.1.Value': 'v'.repeat(257) }, 'InvalidParameterValue'],
      ['no resource', { 'Tag.1.Key': 'k', 'Tag.1.Value': 'v' }, 'MissingParameter'],
      ['no tag', { 'ResourceId.1': ID(0) }, 'MissingParameter'],
      ['a resource of no kind', { 'ResourceId.1': 'x-1', 'Tag.1.Key': 'k' }, 'InvalidID'],
      ['a 51st tag', { 'ResourceId.1': ID(0), ...Object.fromEntries(Array.from({ length: 49 }, (_, n) => [`Tag.${n + 1}.Key`, `k${n}`])) }, 'TagLimitExceeded'],
    ])('refuses %s', async (_what, form, code) => {
      await start({ instances: many(1) });

      expect((await call('CreateTags', form)).code).toBe(code);
    });
  });

  describe('regions', () => {
    it('lists the enabled ones, all when asked, named ones in any case', async () => {
      await start({ instances: many(1), regions: ['eu-west-1', 'af-south-1', 'me-central-1'] });
      const names = ({ body }: RawAnswer): string[] => [...body.matchAll(/<optInStatus>([^<]*)<\/optInStatus><regionName>([^<]*)</g)].map((found) => `${found[2]} ${found[1]}`).sort();
      const enabled = await call('DescribeRegions');

      expect(names(enabled)).toEqual(['af-south-1 opted-in', 'eu-west-1 opt-in-not-required']);
      expect(enabled.body).toContain('<regionEndpoint>ec2.eu-west-1.amazonaws.com</regionEndpoint>');
      expect(names(await call('DescribeRegions', { AllRegions: true }))).toContain('me-central-1 not-opted-in');
      expect(names(await call('DescribeRegions', { 'RegionName.1': 'me-central-1' }))).toEqual(['me-central-1 not-opted-in']);
      aws.setOptIn('me-central-1', true);
      expect(names(await call('DescribeRegions'))).toContain('me-central-1 opted-in');
      expect((await call('DescribeInstances', { MaxResults: 5 }, 'me-central-1')).status).toBe(200);
    });
  });

  it('shows what others manage only when asked', async () => {
    await start({ instances: [...many(1) ?? [], { ...(many(2) ?? [])[1], Operator: { Managed: true, Principal: 'eks.amazonaws.com' } }] });

    expect(ids(await call('DescribeInstances', { MaxResults: 5 }))).toEqual([ID(0)]);
    expect(ids(await call('DescribeInstances', { MaxResults: 5, IncludeManagedResources: true })).sort()).toEqual([ID(0), ID(1)]);
  });

  it('answers a page of a thousand out of five thousand in a few milliseconds', async () => {
    await start({ instances: many(5_000), emptyPages: false });
    await pass({ MaxResults: 1_000 });
    const times: number[] = [];
    let next: string | undefined;
    do {
      const before = process.cpuUsage();
      const answer = await call('DescribeInstances', { MaxResults: 1_000, ...(next !== undefined && { NextToken: next }) });
      times.push(process.cpuUsage(before).user / 1_000);
      next = token(answer);
    } while (next !== undefined);

    expect(times).toHaveLength(6);
    // Processor time, signature and client included; generous, for a machine that has other work.
    expect([...times].sort((a, b) => a - b)[3]).toBeLessThan(100);
  });
});
