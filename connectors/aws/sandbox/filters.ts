import type { Filter } from './params.js';
import { Refusal } from './refusal.js';
import type { Raw } from './shapes.js';

/** Reads the values that a filter compares; several where the record has a list. */
export type FilterReader = (raw: Raw, place: { readonly account: string; readonly region: string }) => readonly unknown[];

const at = (raw: unknown, path: readonly string[]): readonly unknown[] => {
  let values: readonly unknown[] = [raw];
  for (const step of path) {
    values = values.flatMap((value) => {
      const next = typeof value === 'object' && value !== null ? (value as Raw)[step] : undefined;
      return next === undefined || next === null ? [] : Array.isArray(next) ? next as readonly unknown[] : [next];
    });
  }
  return values;
};
const path = (text: string): FilterReader => (raw) => at(raw, text.split('.'));
const owner: FilterReader = (_raw, place) => [place.account];

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html: the documented filters that this world has values for. */
export const INSTANCE_FILTERS: Readonly<Record<string, FilterReader>> = {
  'instance-id': path('InstanceId'), 'instance-state-name': path('State.Name'), 'instance-state-code': path('State.Code'), 'instance-type': path('InstanceType'),
  'image-id': path('ImageId'), 'vpc-id': path('VpcId'), 'subnet-id': path('SubnetId'), 'owner-id': owner, platform: path('Platform'), architecture: path('Architecture'),
  'availability-zone': path('Placement.AvailabilityZone'), tenancy: path('Placement.Tenancy'), 'private-ip-address': path('PrivateIpAddress'), 'ip-address': path('PublicIpAddress'),
  'private-dns-name': path('PrivateDnsName'), 'dns-name': path('PublicDnsName'), 'root-device-name': path('RootDeviceName'), 'key-name': path('KeyName'),
  hypervisor: path('Hypervisor'), 'virtualization-type': path('VirtualizationType'), 'launch-time': path('LaunchTime'), 'platform-details': path('PlatformDetails'),
  'block-device-mapping.volume-id': path('BlockDeviceMappings.Ebs.VolumeId'), 'block-device-mapping.device-name': path('BlockDeviceMappings.DeviceName'),
  'network-interface.mac-address': path('NetworkInterfaces.MacAddress'), 'network-interface.network-interface-id': path('NetworkInterfaces.NetworkInterfaceId'),
  'network-interface.addresses.private-ip-address': path('NetworkInterfaces.PrivateIpAddresses.PrivateIpAddress'),
};

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html */
export const VOLUME_FILTERS: Readonly<Record<string, FilterReader>> = {
  'volume-id': path('VolumeId'), status: path('State'), size: path('Size'), encrypted: path('Encrypted'), 'volume-type': path('VolumeType'), 'availability-zone': path('AvailabilityZone'),
  'snapshot-id': path('SnapshotId'), 'create-time': path('CreateTime'), 'attachment.instance-id': path('Attachments.InstanceId'), 'attachment.device': path('Attachments.Device'),
  'attachment.status': path('Attachments.State'), 'attachment.delete-on-termination': path('Attachments.DeleteOnTermination'),
};

export const NETWORK_INTERFACE_FILTERS: Readonly<Record<string, FilterReader>> = {
  'network-interface-id': path('NetworkInterfaceId'), 'mac-address': path('MacAddress'), 'vpc-id': path('VpcId'), 'subnet-id': path('SubnetId'), status: path('Status'),
  'owner-id': path('OwnerId'), 'private-ip-address': path('PrivateIpAddress'), 'attachment.instance-id': path('Attachment.InstanceId'), 'availability-zone': path('AvailabilityZone'),
};

export const INSTANCE_TYPE_FILTERS: Readonly<Record<string, FilterReader>> = {
  'instance-type': path('InstanceType'), 'memory-info.size-in-mib': path('MemoryInfo.SizeInMiB'), 'vcpu-info.default-vcpus': path('VCpuInfo.DefaultVCpus'),
  'processor-info.supported-architecture': path('ProcessorInfo.SupportedArchitectures'), hypervisor: path('Hypervisor'), 'burstable-performance-supported': path('BurstablePerformanceSupported'),
  'current-generation': path('CurrentGeneration'), 'bare-metal': path('BareMetal'),
};

export const REGION_FILTERS: Readonly<Record<string, FilterReader>> = { endpoint: path('Endpoint'), 'opt-in-status': path('OptInStatus'), 'region-name': path('RegionName') };

const text = (value: unknown): string => (value instanceof Date ? value.toISOString() : String(value));

/** `*` any characters, `?` one, `\` takes the meaning away; case counts. */
function pattern(value: string): (candidate: string) => boolean {
  if (!/[*?\\]/.test(value)) return (candidate) => candidate === value;
  const source = value.replace(/\\([*?\\])|[.+^${}()|[\]\\]|\*|\?/g, (found, escaped: string | undefined) => (
    escaped !== undefined ? `\\${escaped}` : found === '*' ? '[\\s\\S]*' : found === '?' ? '[\\s\\S]' : `\\${found}`
  ));
  const regex = new RegExp(`^${source}$`);
  return (candidate) => regex.test(candidate);
}

/** Values of one filter are alternatives, several filters all hold. `tag:Key` and `tag-key` read the tags of `tagField`. */
export function matcher(
  filters: readonly Filter[], known: Readonly<Record<string, FilterReader>>, tagField?: string,
): (raw: Raw, place: { readonly account: string; readonly region: string }) => boolean {
  const tests = filters.map(({ name, values }) => {
    const patterns = values.map(pattern);
    const reader = tagField !== undefined && name.startsWith('tag:') ? tagReader(tagField, name.slice(4))
      : tagField !== undefined && name === 'tag-key' ? path(`${tagField}.Key`)
        : Object.hasOwn(known, name) ? known[name] : undefined;
    if (reader === undefined) throw new Refusal(400, 'InvalidParameterValue', `The filter '${name}' is invalid`);
    return { reader, patterns };
  });
  return (raw, place) => tests.every(({ reader, patterns }) => reader(raw, place).some((value) => patterns.some((fits) => fits(text(value)))));
}

const tagReader = (field: string, key: string): FilterReader => (raw) =>
  at(raw, [field]).filter((tag) => (tag as Raw)['Key'] === key).map((tag) => (tag as Raw)['Value']);
