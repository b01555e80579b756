import {
  CreateTagsCommand, DescribeInstancesCommand, DescribeInstanceTypesCommand, DescribeNetworkInterfacesCommand, DescribeRegionsCommand, DescribeVolumesCommand, EC2Client, type EC2ClientConfig,
  paginateDescribeInstances, paginateDescribeVolumes, type Instance,
} from '@aws-sdk/client-ec2';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { createFleet } from '../../sdk/sandbox/fleet.js';
import { startAwsSandbox, type AwsSandbox, type AwsSandboxOptions } from './index.js';

const fleet = createFleet({ size: 400 });

describe('the vendor\'s own clients, unchanged', () => {
  let aws: AwsSandbox;
  const clients: { destroy(): void }[] = [];
  const keep = <T extends { destroy(): void }>(client: T): T => { clients.push(client); return client; };
  const key = (): { accessKeyId: string; secretAccessKey: string } => {
    const auth = aws.auth('static');
    return { accessKeyId: auth['accessKeyId'] as string, secretAccessKey: auth['secretAccessKey'] as string };
  };
  const ec2 = (region: string, credentials: EC2ClientConfig['credentials'] = key()): EC2Client =>
    keep(new EC2Client({ endpoint: aws.url, region, maxAttempts: 1, credentials: credentials as NonNullable<typeof credentials> }));
  const sts = (region = 'eu-west-1'): STSClient => keep(new STSClient({ endpoint: aws.url, region, maxAttempts: 1, credentials: key() }));
  const roleIn = (account: string, ExternalId = 'lockstep-sandbox'): ReturnType<typeof fromTemporaryCredentials> => fromTemporaryCredentials({
    masterCredentials: key(), params: { RoleArn: `arn:aws:iam::${account}:role/LockstepReader`, RoleSessionName: 'lockstep', ExternalId, DurationSeconds: 3_600 },
    clientConfig: { region: 'eu-west-1', endpoint: aws.url },
  });
  const everything = async (): Promise<Map<string, Instance>> => {
    const found = new Map<string, Instance>();
    for (const account of aws.accountIds) {
      for (const region of ['eu-west-1', 'eu-central-1', 'us-east-1']) {
        for await (const page of paginateDescribeInstances({ client: ec2(region, roleIn(account)), pageSize: 5 }, {})) {
          for (const instance of (page.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? [])) found.set(`arn:aws:ec2:${region}:${account}:instance/${instance.InstanceId}`, instance);
        }
      }
    }
    return found;
  };
  const failure = async (promise: Promise<unknown>): Promise<{ name: string; status: number | undefined; requestId: string | undefined }> => {
    const error: unknown = await promise.then(() => undefined, (reason: unknown) => reason);
    const { name, $metadata: meta } = error as { name: string; $metadata?: { httpStatusCode?: number; requestId?: string } };
    return { name, status: meta?.httpStatusCode, requestId: meta?.requestId };
  };
  const start = async (vendor: AwsSandboxOptions = {}): Promise<void> => { aws = await startAwsSandbox({ fleet, vendor: vendor as Record<string, unknown> }); };

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await aws.close();
  });

  it('tells who calls, with key and with role', async () => {
    await start();

    expect(await sts().send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: '111122223333', Arn: 'arn:aws:iam::111122223333:user/lockstep', UserId: expect.stringMatching(/^AIDA/) as string });
    const assumed = await sts().send(new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::444455556666:role/LockstepReader', RoleSessionName: 'lockstep', ExternalId: 'lockstep-sandbox' }));
    expect(assumed.AssumedRoleUser?.Arn).toBe('arn:aws:sts::444455556666:assumed-role/LockstepReader/lockstep');
    expect((assumed.Credentials?.Expiration?.getTime() ?? 0) - Date.now()).toBeGreaterThan(3_590_000);
  });

  it('reads all instances of all accounts and regions, each once', async () => {
    await start();
    const found = await everything();
    const truth = aws.truth('instances');
    const cloudMachines = [...fleet.assets()].filter((asset) => asset.knownTo.includes('cloud'));

    expect(cloudMachines.length).toBeGreaterThan(60);
    expect([...found.keys()].sort()).toEqual([...truth.keys()].sort());
    expect(new Set([...truth.values()].map((facts) => facts.asset))).toEqual(new Set(cloudMachines.map((asset) => asset.key)));
  });

  it('reads the documented shape, typed', async () => {
    await start();
    const asset = fleet.asset(7);
    const cloud = asset.cloud as NonNullable<typeof asset.cloud>;
    const answer = await ec2(cloud.region, roleIn(cloud.account)).send(new DescribeInstancesCommand({ InstanceIds: [cloud.resourceId] }));
    const instance = answer.Reservations?.[0]?.Instances?.[0];

    expect(answer.Reservations?.[0]?.OwnerId).toBe(cloud.account);
    expect(instance).toMatchObject({
      InstanceId: cloud.resourceId, InstanceType: cloud.instanceType, State: { Code: 16, Name: 'running' }, Placement: { AvailabilityZone: cloud.zone, Tenancy: 'default' }, Hypervisor: 'xen',
      PrivateIpAddress: cloud.privateIp, CpuOptions: { ThreadsPerCore: 2 }, LaunchTime: new Date(cloud.launchedAt), StateTransitionReason: '', EnaSupport: true,
      BlockDeviceMappings: cloud.volumes.map((volume) => ({ DeviceName: volume.device, Ebs: { VolumeId: volume.resourceId, Status: 'attached' } })),
      NetworkInterfaces: [{ MacAddress: asset.macs[0], NetworkInterfaceId: cloud.networkInterfaceId, PrivateIpAddress: cloud.privateIp }],
    });
    expect(instance?.Tags).toEqual(expect.arrayContaining([{ Key: 'Name', Value: 'app-payments-01' }]));
    expect(instance?.Platform).toBeUndefined();
    expect((answer.$metadata.requestId ?? '')).toMatch(/^[-0-9a-f]{36}$/);
  });

  it('reads volumes, types, regions and interfaces', async () => {
    await start();
    const asset = fleet.asset(7);
    const cloud = asset.cloud as NonNullable<typeof asset.cloud>;
    const client = ec2(cloud.region, roleIn(cloud.account));
    const volumes = await client.send(new DescribeVolumesCommand({ VolumeIds: cloud.volumes.map((volume) => volume.resourceId) }));
    const types = await client.send(new DescribeInstanceTypesCommand({ InstanceTypes: ['m5.large', 't3.medium', 'c6i.xlarge'] }));
    const regions = await client.send(new DescribeRegionsCommand({}));
    const faces = await client.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [cloud.networkInterfaceId] }));

    expect(volumes.Volumes?.map((volume) => [volume.VolumeId, volume.Size, volume.State, volume.Attachments?.[0]?.InstanceId, volume.CreateTime?.getTime()]).sort())
      .toEqual(cloud.volumes.map((volume) => [volume.resourceId, volume.sizeGb, 'in-use', cloud.resourceId, volume.createdAt]).sort());
    expect(types.InstanceTypes?.map((type) => [type.InstanceType, type.VCpuInfo?.DefaultVCpus, type.MemoryInfo?.SizeInMiB])).toEqual([['m5.large', 2, 8_192], ['t3.medium', 2, 4_096], ['c6i.xlarge', 4, 8_192]]);
    expect(regions.Regions?.map((region) => region.RegionName).sort()).toEqual(['eu-central-1', 'eu-west-1', 'us-east-1']);
    expect(faces.NetworkInterfaces?.[0]).toMatchObject({ MacAddress: asset.macs[0], Attachment: { InstanceId: cloud.resourceId }, AvailabilityZone: cloud.zone });
  });

  it('counts volumes to the last one', async () => {
    await start();
    const found = new Set<string>();
    for (const account of aws.accountIds) {
      for (const region of ['eu-west-1', 'eu-central-1', 'us-east-1']) {
        for await (const page of paginateDescribeVolumes({ client: ec2(region, roleIn(account)), pageSize: 1_000 }, {})) {
          for (const volume of page.Volumes ?? []) found.add(`arn:aws:ec2:${region}:${account}:volume/${volume.VolumeId}`);
        }
      }
    }

    expect([...found].sort()).toEqual([...aws.truth('volumes').keys()].sort());
  });

  it('gives errors that the clients understand', async () => {
    await start({ deniedAccounts: ['777788889999'], deniedActions: ['ec2:DescribeVolumes'] });

    expect(await failure(ec2('eu-west-1').send(new DescribeVolumesCommand({ MaxResults: 5 })))).toMatchObject({ name: 'UnauthorizedOperation', status: 403, requestId: expect.stringMatching(/^[-0-9a-f]{36}$/) as string });
    expect(await failure(ec2('me-central-1').send(new DescribeInstancesCommand({ MaxResults: 5 })))).toMatchObject({ name: 'AuthFailure', status: 401 });
    expect(await failure(ec2('eu-west-1').send(new DescribeInstancesCommand({ InstanceIds: ['i-00000000000000000'] })))).toMatchObject({ name: 'InvalidInstanceID.NotFound', status: 400 });
    expect(await failure(ec2('eu-west-1', { ...key(), secretAccessKey: 'wrong' }).send(new DescribeInstancesCommand({ MaxResults: 5 })))).toMatchObject({ name: 'AuthFailure', status: 401 });
    expect(await failure(ec2('eu-west-1', roleIn('777788889999')).send(new DescribeInstancesCommand({ MaxResults: 5 })))).toMatchObject({ name: 'AccessDenied', status: 403 });
    expect(await failure(ec2('eu-west-1', roleIn('444455556666', 'wrong')).send(new DescribeInstancesCommand({ MaxResults: 5 })))).toMatchObject({ name: 'AccessDenied', status: 403 });
  });

  it('ends sessions under way, and gives new ones', async () => {
    await start();
    const client = ec2('eu-west-1', roleIn('444455556666'));
    await client.send(new DescribeInstancesCommand({ MaxResults: 5 }));
    aws.expireSessions();

    expect(await failure(client.send(new DescribeInstancesCommand({ MaxResults: 5 })))).toMatchObject({ name: 'RequestExpired', status: 400 });
    await expect(ec2('eu-west-1', roleIn('444455556666')).send(new DescribeInstancesCommand({ MaxResults: 5 }))).resolves.toBeDefined();
  });

  it('lets a client correct its clock from the Date of the refusal', async () => {
    await start();
    aws.setClockSkew(3_600_000);
    const client = ec2('eu-west-1');

    expect(await failure(client.send(new DescribeInstancesCommand({ MaxResults: 5 })))).toMatchObject({ name: 'RequestExpired' });
    await expect(client.send(new DescribeInstancesCommand({ MaxResults: 5 }))).resolves.toBeDefined();
  });

  it('tags through the client', async () => {
    await start();
    const asset = fleet.asset(7);
    const cloud = asset.cloud as NonNullable<typeof asset.cloud>;
    const client = ec2(cloud.region, roleIn(cloud.account));
    await client.send(new CreateTagsCommand({ Resources: [cloud.resourceId], Tags: [{ Key: 'lockstep:lifecycle', Value: 'in_use' }] }));
    const answer = await client.send(new DescribeInstancesCommand({ Filters: [{ Name: 'tag:lockstep:lifecycle', Values: ['in_use'] }], MaxResults: 1_000 }));

    expect(answer.Reservations?.flatMap((reservation) => reservation.Instances ?? []).map((instance) => instance.InstanceId)).toEqual([cloud.resourceId]);
  });

  it.each<['aws-us-gov' | 'aws-cn', string, string]>([['aws-us-gov', 'us-gov-west-1', 'ec2.us-gov-west-1.amazonaws.com'], ['aws-cn', 'cn-north-1', 'ec2.cn-north-1.amazonaws.com.cn']])(
    'lives in partition %s too', async (partition, region, endpoint) => {
      await start({ partition });
      const credentials = fromTemporaryCredentials({
        masterCredentials: key(), params: { RoleArn: `arn:${partition}:iam::444455556666:role/LockstepReader`, RoleSessionName: 'lockstep', ExternalId: 'lockstep-sandbox' }, clientConfig: { region, endpoint: aws.url },
      });

      expect((await sts(region).send(new GetCallerIdentityCommand({}))).Arn).toBe(`arn:${partition}:iam::111122223333:user/lockstep`);
      expect((await ec2(region, credentials).send(new DescribeRegionsCommand({}))).Regions?.map((one) => one.Endpoint)).toContain(endpoint);
      expect([...aws.truth('instances').keys()].every((id) => id.startsWith(`arn:${partition}:ec2:`))).toBe(true);
      expect(await failure(ec2('eu-west-1').send(new DescribeRegionsCommand({})))).toMatchObject({ name: 'AuthFailure' });
    },
  );
});
