import { readFileSync } from 'node:fs';
import type { AssetRecord, Mapping } from '../../sdk/contract/index.js';
import type { AwsInstance, AwsVolume } from '../raw.js';
import { mapInstance } from './instances.js';
import { mapVolume } from './volumes.js';

const fixture = (name: string): any => JSON.parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8'));
const [running, terminated] = fixture('describe-instances.json').reservation.Instances;
const [attached, free] = fixture('describe-volumes.json').volumes;
const where = { account: '111122223333', region: 'eu-west-1', partition: 'aws' };
const context = { source: 'aws-prod', options: {}, readAt: Date.parse('2026-11-20T10:00:00Z') };
const instanceArn = 'arn:aws:ec2:eu-west-1:111122223333:instance/i-0a1b2c3d4e5f60718';
const volumeArn = 'arn:aws:ec2:eu-west-1:111122223333:volume/vol-0123456789abcdef0';

const asset = (mapping: Mapping): AssetRecord => {
  if (!mapping.ok || 'skip' in mapping || mapping.record.kind !== 'asset') throw new Error(`no asset: ${JSON.stringify(mapping)}`);
  return mapping.record;
};
const instance = (changes: object = {}, options: object = {}, about: Partial<AwsInstance> = {}): AssetRecord =>
  asset(mapInstance({ ...where, memoryMb: 8192, instance: { ...running, ...changes }, ...about }, { ...context, options }));

describe('mapping an instance', () => {
  it('names the machine by ARN, bare id, MAC, private DNS name and addresses', () => {
    const { externalId, assetClass, identifiers } = instance();

    expect(externalId).toBe(instanceArn);
    expect(assetClass).toBe('virtual_machine');
    expect(identifiers).toEqual(expect.arrayContaining([
      { kind: 'cloud_resource_id', value: instanceArn }, { kind: 'cloud_resource_id', value: 'i-0a1b2c3d4e5f60718' },
      { kind: 'mac', value: '0a:1b:2c:11:22:33' }, { kind: 'fqdn', value: 'ip-10-0-0-6.eu-west-1.compute.internal' },
      { kind: 'ip', value: '10.0.0.6' }, { kind: 'ip', value: '10.0.0.16' }, { kind: 'ip', value: '3.5.7.9' }, { kind: 'ip', value: '2001:db8::6' },
    ]));
    expect(identifiers).toHaveLength(8);
  });

  it('claims what EC2 knows, and memory from its type', () => {
    expect(instance().claims).toEqual({
      name: 'aws-000006', manufacturer: 'Amazon EC2', model: 'm6i.large', os_name: 'Windows', cpu_count: 2, memory_mb: 8192,
      cloud_provider: 'aws', cloud_account: '111122223333', cloud_region: 'eu-west-1', cloud_resource_id: instanceArn, location: 'eu-west-1a',
      power_state: 'running', owner: 'ada@example.com', department: 'Finance', fqdn: 'ip-10-0-0-6.eu-west-1.compute.internal',
      tags: { Name: 'aws-000006', Owner: 'Ada@Example.com', Department: 'Finance' },
      mac_addresses: ['0a:1b:2c:11:22:33'], ip_addresses: ['10.0.0.16', '10.0.0.6', '2001:db8::6', '3.5.7.9'],
    });
  });

  it('never reads its own life cycle tag back, whatever its key is', () => {
    const { claims, stage } = instance({ Tags: [{ Key: 'stage', Value: 'retired' }, { Key: 'lockstep:lifecycle', Value: 'in_use' }] }, { tagKeys: { lifecycle: 'stage' } });

    expect(claims['tags']).toEqual({ 'lockstep:lifecycle': 'in_use' });
    expect(stage).toBeUndefined();
  });

  it('reads owner and department from the tags that are configured', () => {
    const { claims } = instance({ Tags: [{ Key: 'team', Value: 'Platform' }, { Key: 'Owner', Value: 'x@example.com' }] }, { tagKeys: { owner: 'contact', department: 'team' } });

    expect(claims).toMatchObject({ department: 'Platform' });
    expect(claims).not.toHaveProperty('owner');
  });

  it('leaves the private DNS name out where that is asked for', () => {
    expect(instance({}, { privateDnsAsFqdn: false }).identifiers.filter(({ kind }) => kind === 'fqdn' || kind === 'hostname')).toEqual([]);
  });

  it.each`
    state                                   | power          | fact
    ${{ Code: 0, Name: 'pending' }}         | ${undefined}   | ${'pending'}
    ${{ Code: 16, Name: 'running' }}        | ${'running'}   | ${'running'}
    ${{ Code: 272, Name: 'running' }}       | ${'running'}   | ${'running'}
    ${{ Code: 32, Name: 'shutting-down' }}  | ${undefined}   | ${'shutting-down'}
    ${{ Code: 64, Name: 'stopping' }}       | ${undefined}   | ${'stopping'}
    ${{ Code: 80, Name: 'stopped' }}        | ${'stopped'}   | ${'stopped'}
    ${{ Code: 48, Name: 'terminated' }}     | ${'terminated'} | ${'terminated'}
    ${{ Name: 'stopped' }}                  | ${'stopped'}   | ${'stopped'}
    ${{ Code: 99, Name: 'hibernating' }}    | ${undefined}   | ${'hibernating'}
    ${undefined}                            | ${undefined}   | ${undefined}
  `('$state is the power state $power', ({ state, power, fact }) => {
    const record = instance({ State: state });

    expect(record.claims['power_state']).toBe(power);
    expect(record.facts?.['state']).toBe(fact);
  });

  it.each`
    reason                                                        | at
    ${'User initiated (2026-11-19 21:15:30 GMT)'}                  | ${Date.UTC(2026, 10, 19, 21, 15, 30)}
    ${'Server.SpotInstanceTermination (2026-11-19 21:15:30 UTC)'}  | ${Date.UTC(2026, 10, 19, 21, 15, 30)}
    ${''}                                                         | ${undefined}
    ${'User initiated'}                                           | ${undefined}
    ${'User initiated (2026-13-40 21:15:30 GMT)'}                  | ${undefined}
  `('a terminated instance is a told delete; $reason says $at', ({ reason, at }) => {
    const record = asset(mapInstance({ ...where, instance: { ...terminated, StateTransitionReason: reason } }, context));

    expect(record.told?.at).toBe(at);
    expect(record.told?.because).toContain('terminated');
    expect(record.facts).toEqual({ state: 'terminated', ...(at !== undefined && { state_since: at }) });
    expect(record.stage).toBeUndefined();
  });

  it('says the time of a stop as a fact, and tells no delete of it', () => {
    const record = instance({ State: { Code: 80, Name: 'stopped' }, StateTransitionReason: 'User initiated (2026-11-19 21:15:30 GMT)' });

    expect(record.facts).toEqual({ state: 'stopped', state_since: Date.UTC(2026, 10, 19, 21, 15, 30) });
    expect(record.told).toBeUndefined();
  });

  it('takes the partition into the ARN', () => {
    expect(instance({}, {}, { partition: 'aws-cn', region: 'cn-north-1' }).externalId).toBe('arn:aws-cn:ec2:cn-north-1:111122223333:instance/i-0a1b2c3d4e5f60718');
  });

  it('falls back to the processors of the type, and to the id for a name', () => {
    const { claims } = instance({ CpuOptions: undefined, Tags: [] }, {}, { typeVcpus: 4 });

    expect(claims).toMatchObject({ cpu_count: 4, name: 'i-0a1b2c3d4e5f60718' });
    expect(claims).not.toHaveProperty('tags');
  });

  it('rejects what has no id, or does not say where it was read', () => {
    expect(mapInstance({ ...where, instance: { ...running, InstanceId: undefined } }, context)).toEqual({ ok: false, reason: 'the instance has no InstanceId' });
    expect(mapInstance({ instance: running } as AwsInstance, context)).toMatchObject({ ok: false, reason: expect.stringContaining('account and region') });
  });

  const hostile = [undefined, null, '', 'x', 0, -1, 1.5, true, [], [null], [[]], {}, { Key: null }, [{ Key: 7, Value: {} }], [{ Key: '__proto__', Value: 'x' }], '\ud800', '\u0000'];
  it.each(Object.keys(running))('survives any value of %s', (name) => {
    for (const value of hostile) expect(mapInstance({ ...where, instance: { ...running, [name]: value } }, context)).toHaveProperty('ok');
  });

  it('keeps a tag named __proto__ as a tag', () => {
    const tags = instance({ Tags: [{ Key: '__proto__', Value: 'x' }] }).claims['tags'] as Record<string, string>;

    expect(Object.entries(tags)).toEqual([['__proto__', 'x']]);
  });
});

describe('mapping volumes', () => {
  it('claims size, type and place', () => {
    expect(asset(mapVolume({ what: 'volume', ...where, volume: attached }, context))).toEqual({
      kind: 'asset', externalId: volumeArn, assetClass: 'volume', facts: { state: 'in-use' },
      identifiers: [{ kind: 'cloud_resource_id', value: volumeArn }, { kind: 'cloud_resource_id', value: 'vol-0123456789abcdef0' }],
      claims: {
        name: 'aws-000006-root', model: 'gp3', disk_gb: 100, cloud_provider: 'aws', cloud_account: '111122223333', cloud_region: 'eu-west-1',
        cloud_resource_id: volumeArn, location: 'eu-west-1a', tags: { Name: 'aws-000006-root' },
      },
    });
  });

  it('makes a relationship of an attachment', () => {
    expect(mapVolume({ what: 'attachment', ...where, volumeId: attached.VolumeId, instanceId: 'i-0a1b2c3d4e5f60718', state: 'attached' }, context)).toEqual({
      ok: true,
      record: {
        kind: 'relationship', externalId: `${volumeArn}/attached/i-0a1b2c3d4e5f60718`, relation: 'attached_to',
        from: { streams: ['volumes'], externalId: volumeArn }, to: { streams: ['instances'], externalId: instanceArn },
      },
    });
  });

  it('takes a volume that is deleted for a told delete', () => {
    expect(asset(mapVolume({ what: 'volume', ...where, volume: { ...free, State: 'deleted' } }, context)).told).toEqual({ because: 'EC2 says deleted' });
  });

  it.each(Object.keys(attached))('survives any value of %s', (name) => {
    for (const value of [undefined, null, '', 7, [], {}, [null], [{ Key: 1 }]]) {
      expect(mapVolume({ what: 'volume', ...where, volume: { ...attached, [name]: value } } as AwsVolume, context)).toHaveProperty('ok');
    }
  });
});
