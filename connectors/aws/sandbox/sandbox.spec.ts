import { parse } from 'yaml';
import { createFleet } from '../../sdk/sandbox/fleet.js';
import type { FaultKind } from '../../sdk/sandbox/types.js';
import { actionOf, sandbox, startAwsSandbox, type AwsSandbox, type AwsSandboxOptions } from './index.js';
import { sendRaw, type RawAnswer } from './raw-client.js';

const NOW = Date.UTC(2026, 10, 24, 9);
const HOUR = 3_600_000;
const ID = (n: number): string => `i-0${String(n).padStart(16, '0')}`;
const records = (count: number): AwsSandboxOptions['instances'] => Array.from({ length: count }, (_, n) => ({
  OwnerId: '111122223333', InstanceId: ID(n), InstanceType: 'm6i.large', State: { Code: 16, Name: 'running' }, Placement: { AvailabilityZone: 'eu-west-1a' }, Tags: [],
}));

describe('the sandbox as a sandbox', () => {
  let aws: AwsSandbox;
  let time = NOW;
  const start = async (vendor: AwsSandboxOptions = {}, size = 100): Promise<void> => {
    aws = await startAwsSandbox({ fleet: createFleet({ size }), clock: { now: () => time, sleep: () => Promise.resolve() }, vendor: vendor as Record<string, unknown> });
  };
  const call = (Action: string, form: Readonly<Record<string, string | number | boolean>> = {}, service = 'ec2'): Promise<RawAnswer> => {
    const auth = aws.auth('static');
    return sendRaw({
      url: aws.url, accessKeyId: auth['accessKeyId'] as string, secret: auth['secretAccessKey'] as string, at: time, service, form: { Action, Version: service === 'sts' ? '2011-06-15' : '2016-11-15', ...form },
    });
  };
  const ids = ({ body }: RawAnswer): string[] => [...body.matchAll(/<instanceId>(i-[0-9a-f]+)<\/instanceId>/g)].map((found) => found[1] as string);
  const token = ({ body }: RawAnswer): string | undefined => /<nextToken>([^<]*)<\/nextToken>/.exec(body)?.[1];
  const one = async (id: string): Promise<RawAnswer> => call('DescribeInstances', { 'InstanceId.1': id });

  beforeEach(() => { time = NOW; });
  afterEach(() => aws.close());

  it('is what every sandbox is', async () => {
    await start();

    expect([sandbox.name, aws.name, aws.streams, aws.authMethods]).toEqual(['aws', 'aws', ['instances', 'volumes'], ['static', 'default']]);
    expect(aws.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(() => aws.auth('oauth')).toThrow('no method oauth');
    expect(aws.truth('software').size).toBe(0);
  });

  it('writes YAML that says what sourceConfig says, and no secret', async () => {
    await start();
    const text = aws.yaml('cloud', ['streams: [instances]']);
    const { cloud } = (parse(`sources:\n${text}`) as { sources: Record<string, Record<string, unknown>> }).sources;
    const config = aws.sourceConfig({ name: 'cloud' });

    expect(cloud).toMatchObject({ connector: 'aws', baseUrl: aws.url, streams: ['instances'], options: config.options });
    expect(cloud?.['auth']).toEqual({ ...config.auth, secretAccessKey: '${env:AWS_SANDBOX_SECRET}' });
    expect(aws.env()).toEqual({ AWS_SANDBOX_SECRET: config.auth['secretAccessKey'] });
    for (const secret of aws.secrets()) expect(text).not.toContain(secret);
  });

  it('offers the environment\'s credentials under method default', async () => {
    aws = await startAwsSandbox({ authMethod: 'default', fleet: createFleet({ size: 20 }) });

    expect(aws.sourceConfig().auth).toEqual({ method: 'default' });
    expect(Object.keys(aws.env())).toEqual(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']);
    expect((parse(aws.yaml('x')) as { x: { auth: unknown } }).x.auth).toEqual({ method: 'default' });
  });

  it('is the same twice', async () => {
    await start();
    const [first, keys] = [aws.truth('instances'), aws.secrets()];
    await aws.close();
    await start();

    expect([...aws.truth('instances')]).toEqual([...first]);
    expect(aws.secrets()).toEqual(keys);
  });

  it('notes each request with its purpose and stream', async () => {
    await start();
    await call('DescribeInstances', { MaxResults: 5 });
    await call('DescribeVolumes', { MaxResults: 5 });
    await call('DescribeRegions');
    await call('GetCallerIdentity', {}, 'sts');

    expect(aws.requests().map((request) => [actionOf(request), request.purpose, request.stream, request.status])).toEqual([
      ['DescribeInstances', 'data', 'instances', 200], ['DescribeVolumes', 'data', 'volumes', 200], ['DescribeRegions', 'other', undefined, 200], ['GetCallerIdentity', 'auth', undefined, 200],
    ]);
    aws.clearRequests();
    expect(aws.requests()).toEqual([]);
  });

  describe('terminated instances', () => {
    it('stay for an hour without interfaces, volumes and addresses, then never were', async () => {
      await start();
      const [arn, facts] = [...aws.truth('instances')].find(([id, expected]) => id.includes('111122223333') && id.includes('eu-west-1') && expected.told === undefined) as [string, { identifiers?: readonly unknown[] }];
      const id = arn.slice(arn.lastIndexOf('/') + 1);
      const mappings = (aws.edit.read('instances', arn)?.['BlockDeviceMappings'] as { Ebs: { VolumeId: string; DeleteOnTermination: boolean } }[]).map((mapping) => mapping.Ebs);
      aws.edit.remove('instances', arn, NOW);
      const soon = await one(id);
      time = NOW + HOUR - 1;
      const late = await one(id);
      const told = aws.truth('instances').get(arn);
      time = NOW + HOUR;

      expect(facts.identifiers?.length).toBeGreaterThan(1);
      expect(soon.body).toContain('<instanceState><code>48</code><name>terminated</name></instanceState>');
      expect(soon.body).toContain('<reason>User initiated (2026-11-24 09:00:00 GMT)</reason>');
      expect(soon.body).toContain('<networkInterfaceSet/>');
      expect(soon.body).toContain('<blockDeviceMapping/>');
      expect(soon.body).not.toMatch(/<privateIpAddress>|<vpcId>|<subnetId>/);
      expect(late.status).toBe(200);
      expect(told).toMatchObject({ told: NOW, claims: { power_state: 'terminated' }, identifiers: [{ kind: 'cloud_resource_id', value: arn }] });
      expect((await one(id)).code).toBe('InvalidInstanceID.NotFound');
      expect(aws.truth('instances').has(arn)).toBe(false);
      for (const { VolumeId, DeleteOnTermination } of mappings) {
        const volume = await call('DescribeVolumes', { 'VolumeId.1': VolumeId });
        expect(DeleteOnTermination ? volume.code : /<status>([a-z-]+)<\/status>/.exec(volume.body)?.[1]).toBe(DeleteOnTermination ? 'InvalidVolume.NotFound' : 'available');
      }
    });

    it('of the fleet are there when the sandbox starts, and gone within the hour, whatever the date', async () => {
      await start({}, 200);
      const told = (): string[] => [...aws.truth('instances')].filter(([, facts]) => facts.told !== undefined).map(([id]) => id);
      const atStart = told();
      time = NOW + 40 * 60_000;

      expect(atStart).toHaveLength(2);
      expect(told()).toEqual([]);
    });
  });

  describe('edits', () => {
    it('insert what a user would launch, and what is named', async () => {
      await start();
      const made = aws.edit.insert('instances');
      const named = aws.edit.insert('instances', { InstanceType: 'c6i.xlarge', OwnerId: '444455556666', Placement: { AvailabilityZone: 'us-east-1b' }, Tags: [{ Key: 'Name', Value: 'named' }] });
      const volume = aws.edit.insert('volumes', { Size: 77 });

      expect((await one(made.slice(made.lastIndexOf('/') + 1))).status).toBe(200);
      expect(named).toMatch(/^arn:aws:ec2:us-east-1:444455556666:instance\/i-0[0-9a-f]{16}$/);
      expect(aws.truth('instances').get(named)?.claims).toMatchObject({ name: 'named', model: 'c6i.xlarge', cloud_region: 'us-east-1', memory_mb: 8_192 });
      expect(aws.truth('volumes').get(volume)?.claims).toMatchObject({ disk_gb: 77 });
      expect(aws.edit.ids('volumes')).toContain(volume);
    });

    it('change what the mapping reads, and only where told', async () => {
      await start();
      const [id, other] = aws.edit.ids('instances') as [string, string];
      const before = aws.truth('instances');
      aws.edit.update('instances', id);
      const after = aws.truth('instances');
      aws.edit.update('instances', id, { InstanceType: 'm5.xlarge' });

      expect(after.get(id)?.claims?.['name']).not.toBe(before.get(id)?.claims?.['name']);
      expect(after.get(other)).toEqual(before.get(other));
      expect(aws.truth('instances').get(id)?.claims).toMatchObject({ model: 'm5.xlarge', memory_mb: 16_384 });
      expect(aws.edit.read('instances', id)).toMatchObject({ InstanceType: 'm5.xlarge' });
    });

    it('stop and start, with what goes along', async () => {
      await start({ instances: records(1) });
      aws.edit.update('instances', ID(0), { State: { Name: 'stopped' } }, NOW - 60_000);
      const stopped = await one(ID(0));
      aws.edit.move(ID(0), 'running', NOW);
      const running = await one(ID(0));

      expect(stopped.body).toContain('<code>80</code><name>stopped</name>');
      expect(stopped.body).toContain('<reason>User initiated (2026-11-24 08:59:00 GMT)</reason>');
      expect(running.body).toContain('<code>16</code><name>running</name>');
      expect(running.body).toContain('<launchTime>2026-11-24T09:00:00.000Z</launchTime>');
      expect(running.body).toContain('<reason></reason>');
    });

    it('vanish without a trace', async () => {
      await start({ instances: records(3) });
      aws.edit.vanish('instances', ID(1));

      expect(ids(await call('DescribeInstances', { MaxResults: 5 })).sort()).toEqual([ID(0), ID(2)]);
      expect(aws.edit.read('instances', ID(1))).toBeUndefined();
    });

    it('while a client pages: the rest of the pass does without it, and shows no new ones', async () => {
      await start({ instances: records(20), emptyPages: false });
      const first = await call('DescribeInstances', { MaxResults: 10 });
      const rest = aws.edit.ids('instances').map((arn) => arn.slice(arn.lastIndexOf('/') + 1)).filter((id) => !ids(first).includes(id));
      aws.edit.vanish('instances', rest[0] as string);
      aws.edit.insert('instances');
      const second = await call('DescribeInstances', { MaxResults: 10, NextToken: token(first) as string });

      expect(ids(second).sort()).toEqual(rest.slice(1).sort());
    });

    it('are refused where EC2 has no such thing', async () => {
      await start({ instances: records(1) });

      expect(() => aws.edit.update('instances', ID(0), { Hostname: 'x' })).toThrow('EC2 has no field Hostname in instances');
      expect(() => aws.edit.update('instances', ID(0), { Placement: { Zone: 'x' } })).toThrow('EC2 has no field Placement.Zone in instances');
      expect(() => aws.edit.move(ID(0), 'suspended')).toThrow('EC2 has no state suspended');
      expect(() => aws.edit.insert('databases')).toThrow('no stream databases');
      expect(() => aws.edit.update('instances', ID(9))).toThrow('no i-0');
    });

    it('take bare ids where asked to', async () => {
      await start({ instances: records(1), recordIds: 'id' });

      expect([...aws.truth('instances').keys()]).toEqual([ID(0)]);
    });
  });

  describe('faults', () => {
    it('are those that EC2 can show', async () => {
      await start();

      for (const kind of ['error_in_200', 'total_too_high', 'total_too_low', 'dropped'] as FaultKind[]) expect(aws.faults.supported).not.toContain(kind);
      for (const kind of ['empty_page', 'bad_record', 'duplicate_across_pages', 'throttled_vendor', 'cursor_refused'] as FaultKind[]) expect(aws.faults.supported).toContain(kind);
    });

    it.each<[FaultKind, number, string]>([
      ['throttled_vendor', 503, 'RequestLimitExceeded'], ['unauthorised', 401, 'AuthFailure'], ['forbidden', 403, 'UnauthorizedOperation'], ['server_error', 500, 'InternalError'], ['cursor_refused', 400, 'InvalidPaginationToken'],
    ])('%s speaks EC2', async (kind, status, code) => {
      await start();
      aws.faults.inject({ kind, times: 1 });
      const answer = await call('DescribeInstances', { MaxResults: 5 });

      expect([answer.status, answer.code]).toEqual([status, code]);
      expect((await call('DescribeInstances', { MaxResults: 5 })).status).toBe(200);
    });

    it('spare the way to a session unless told otherwise', async () => {
      await start();
      aws.faults.inject({ kind: 'throttled_vendor' });
      const spared = await call('GetCallerIdentity', {}, 'sts');
      aws.faults.inject({ kind: 'throttled_vendor', match: { purpose: 'auth' } });
      const hit = await call('GetCallerIdentity', {}, 'sts');

      expect([spared.status, hit.status, hit.code]).toEqual([200, 400, 'Throttling']);
    });

    it('duplicate_across_pages gives the last of one page again', async () => {
      await start({ instances: records(20), emptyPages: false });
      const first = await call('DescribeInstances', { MaxResults: 10 });
      aws.faults.inject({ kind: 'duplicate_across_pages' });
      const second = await call('DescribeInstances', { MaxResults: 10, NextToken: token(first) as string });

      expect(ids(second)).toHaveLength(11);
      expect(ids(second).filter((id) => ids(first).includes(id))).toEqual([ids(first).at(-1)]);
    });

    it('empty_page loses nothing: the token leads on', async () => {
      await start({ instances: records(20), emptyPages: false });
      aws.faults.inject({ kind: 'empty_page', times: 1 });
      const empty = await call('DescribeInstances', { MaxResults: 1_000 });
      const full = await call('DescribeInstances', { MaxResults: 1_000, NextToken: token(empty) as string });

      expect([ids(empty).length, ids(full).length]).toEqual([0, 20]);
    });

    it('returns_nothing and returns_tenth end without a token', async () => {
      await start({ instances: records(40), emptyPages: false });
      aws.faults.inject({ kind: 'returns_nothing', times: 1 });
      const nothing = await call('DescribeInstances', { MaxResults: 1_000 });
      aws.faults.inject({ kind: 'returns_tenth' });
      const tenth = await call('DescribeInstances', { MaxResults: 1_000 });

      expect([ids(nothing).length, token(nothing), ids(tenth).length, token(tenth)]).toEqual([0, undefined, 4, undefined]);
    });

    it('bad_record has no id, its neighbours have theirs', async () => {
      await start({ instances: records(5) });
      aws.faults.inject({ kind: 'bad_record', times: 1 });
      const answer = await call('DescribeInstances', { MaxResults: 1_000 });

      expect(ids(answer)).toHaveLength(4);
      expect(answer.body.match(/<instanceType>/g)).toHaveLength(5);
    });
  });

  it('escapes what users type into tags', async () => {
    await start({ instances: records(1) });
    aws.edit.tag('instances', ID(0), 'Name', `<&"'>\u0000\ud800 ☃`);

    expect((await one(ID(0))).body).toContain('<value>&lt;&amp;&quot;&apos;&gt;\ufffd ☃</value>');
  });
});
