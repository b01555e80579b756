import type { Edits, RawFields } from '../../sdk/sandbox/types.js';
import { madeId, STATE_CODES, type Cloud, type Resource, type Stream, type Tag } from './cloud.js';
import type { Raw } from './shapes.js';

/** What the vendor's own users do. Records are in the SDK's spelling; `OwnerId` and the zone place a new one. */
export interface AwsEdits extends Edits {
  /** Start, stop or terminate an instance. */
  move(externalId: string, state: string, at?: number): void;
  tag(stream: string, externalId: string, key: string, value: string | undefined): void;
}

interface Home { readonly account: string; readonly zone: string }

export function editsOf(cloud: Cloud, home: Home, now: () => number): AwsEdits {
  const streamOf = (name: string): Stream => {
    if (name !== 'instances' && name !== 'volumes') throw new RangeError(`no stream ${name}`);
    return name;
  };
  const find = (stream: string, externalId: string): Resource => cloud.find(streamOf(stream), externalId);

  const insert = (name: string, record: RawFields = {}, at = now()): string => {
    const stream = streamOf(name);
    return cloud.externalId(cloud.add(stream, stream === 'instances' ? newInstance(cloud, home, record, at) : newVolume(cloud, home, record, at)));
  };
  const tag = (stream: string, externalId: string, key: string, value: string | undefined): void => {
    const resource = find(stream, externalId);
    const kept = cloud.tags(resource).filter((one) => one.Key !== key);
    cloud.patch(resource, { Tags: value === undefined ? kept : [...kept, { Key: key, Value: value }] });
  };
  const move = (externalId: string, state: string, at = now()): void => cloud.move(find('instances', externalId), state, at);

  return {
    insert, tag, move,
    update: (stream, externalId, patch, at = now()) => {
      const resource = find(stream, externalId);
      if (patch === undefined) {
        const name = cloud.tags(resource).find((one) => one.Key === 'Name')?.Value ?? resource.id;
        tag(stream, externalId, 'Name', `${name.replace(/-r\d+$/, '')}-r${cloud.nextNumber()}`);
        return;
      }
      const { State: state, ...fields } = patch;
      if (Object.keys(fields).length > 0) cloud.patch(resource, fields);
      const name = resource.stream === 'instances' ? (state as Raw | undefined)?.['Name'] : undefined;
      if (typeof name === 'string' && Object.hasOwn(STATE_CODES, name)) cloud.move(resource, name, at);
      else if (state !== undefined) cloud.patch(resource, { State: state });
    },
    // EC2 keeps no time of change: the nearest is the last start; a volume has nothing of the kind.
    touch: (stream, externalId, at = now()) => {
      const resource = find(stream, externalId);
      if (resource.stream === 'instances') cloud.patch(resource, { LaunchTime: new Date(at) });
    },
    // An instance that is terminated shows it for a while; a deleted volume is gone at once.
    remove: (stream, externalId, at = now()) => {
      const resource = find(stream, externalId);
      if (resource.stream === 'instances') cloud.move(resource, 'terminated', at);
      else cloud.drop(resource);
    },
    vanish: (stream, externalId) => cloud.drop(find(stream, externalId)),
    read: (stream, externalId) => {
      const resource = cloud.all(streamOf(stream), now()).find((one) => cloud.externalId(one) === externalId || one.id === externalId);
      return resource === undefined ? undefined : { ...resource.raw, OwnerId: resource.account };
    },
    ids: (stream) => cloud.all(streamOf(stream), now()).map((resource) => cloud.externalId(resource)),
  };
}

const named = (record: RawFields, name: string): readonly Tag[] => (record['Tags'] as readonly Tag[] | undefined) ?? [{ Key: 'Name', Value: name }];

function newInstance(cloud: Cloud, home: Home, record: RawFields, at: number): Raw {
  const number = cloud.nextNumber();
  const id = typeof record['InstanceId'] === 'string' ? record['InstanceId'] : madeId('i', `made/${number}`);
  const ip = `172.31.${(number >> 8) & 255}.${number & 255}`;
  const zone = (record['Placement'] as Raw | undefined)?.['AvailabilityZone'] ?? home.zone;
  const mac = `0a:ff:c0:${[number >> 16, number >> 8, number].map((byte) => (byte & 255).toString(16).padStart(2, '0')).join(':')}`;
  return {
    OwnerId: home.account, InstanceId: id, ImageId: madeId('ami', 'made'), InstanceType: 'm6i.large', State: { Code: 16, Name: 'running' }, StateTransitionReason: '', LaunchTime: new Date(at),
    PlatformDetails: 'Linux/UNIX', UsageOperation: 'RunInstances', Architecture: 'x86_64', PrivateDnsName: `ip-${ip.replaceAll('.', '-')}.internal`, PublicDnsName: '', PrivateIpAddress: ip,
    VpcId: madeId('vpc', 'made'), SubnetId: madeId('subnet', 'made'), CpuOptions: { CoreCount: 1, ThreadsPerCore: 2 }, Hypervisor: 'xen', VirtualizationType: 'hvm', RootDeviceType: 'ebs',
    RootDeviceName: '/dev/xvda', BlockDeviceMappings: [],
    NetworkInterfaces: [{ NetworkInterfaceId: madeId('eni', id), OwnerId: home.account, Status: 'in-use', MacAddress: mac, PrivateIpAddress: ip, InterfaceType: 'interface' }],
    ...record, Placement: { Tenancy: 'default', ...(record['Placement'] as Raw | undefined), AvailabilityZone: zone }, Tags: named(record, `made-${String(number).padStart(6, '0')}`),
  };
}

function newVolume(cloud: Cloud, home: Home, record: RawFields, at: number): Raw {
  const number = cloud.nextNumber();
  return {
    OwnerId: home.account, VolumeId: madeId('vol', `made/${number}`), Size: 20, AvailabilityZone: home.zone, State: 'available', CreateTime: new Date(at), VolumeType: 'gp3', Iops: 3_000,
    Encrypted: true, Attachments: [], ...record, Tags: named(record, `made-volume-${String(number).padStart(6, '0')}`),
  };
}
