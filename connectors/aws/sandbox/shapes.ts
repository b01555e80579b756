import { escapeXml } from './refusal.js';

/**
 * Wire names of what EC2 answers (botocore `ec2/2016-11-15/service-2.json`: `locationName`). Records are kept in the
 * spelling of the SDK (`InstanceId`), the answers spell them in EC2's own (`instanceId`): one table, so that a field
 * that EC2 does not have cannot slip in.
 */

export type Raw = { readonly [field: string]: unknown };

interface Field { readonly wire: string; readonly fields?: Shape; readonly list?: boolean }
export type Shape = Readonly<Record<string, Field>>;

const plain = (...names: readonly string[]): Record<string, Field> =>
  Object.fromEntries(names.map((name) => [name, { wire: name.charAt(0).toLowerCase() + name.slice(1) }]));
const as = (wire: string): Field => ({ wire });
const one = (wire: string, fields: Shape): Field => ({ wire, fields });
const many = (wire: string, fields?: Shape): Field => ({ wire, list: true, ...(fields && { fields }) });

const TAGS = many('tagSet', plain('Key', 'Value'));
const GROUPS = many('groupSet', plain('GroupId', 'GroupName'));
const OPERATOR = one('operator', plain('Managed', 'Principal', 'HiddenByDefault'));
const ASSOCIATION = one('association', plain('IpOwnerId', 'PublicDnsName', 'PublicIp'));

const INTERFACE: Shape = {
  ...plain('NetworkInterfaceId', 'SubnetId', 'VpcId', 'Description', 'OwnerId', 'Status', 'MacAddress', 'PrivateIpAddress', 'PrivateDnsName', 'SourceDestCheck', 'InterfaceType'),
  Groups: GROUPS,
  Attachment: one('attachment', plain('AttachmentId', 'DeviceIndex', 'Status', 'AttachTime', 'DeleteOnTermination', 'NetworkCardIndex', 'InstanceId', 'InstanceOwnerId')),
  Association: ASSOCIATION,
  PrivateIpAddresses: many('privateIpAddressesSet', { ...plain('PrivateIpAddress', 'PrivateDnsName', 'Primary'), Association: ASSOCIATION }),
  Ipv6Addresses: many('ipv6AddressesSet', plain('Ipv6Address', 'IsPrimaryIpv6')),
};

/** `DescribeNetworkInterfaces` shows an interface from the other side: with its place and its tags. */
export const NETWORK_INTERFACE: Shape = { ...INTERFACE, ...plain('AvailabilityZone', 'RequesterManaged'), TagSet: TAGS, Operator: OPERATOR };

export const INSTANCE: Shape = {
  ...plain(
    'InstanceId', 'ImageId', 'PrivateDnsName', 'KeyName', 'AmiLaunchIndex', 'InstanceType', 'LaunchTime', 'Platform', 'SubnetId', 'VpcId', 'PrivateIpAddress',
    'SourceDestCheck', 'Architecture', 'RootDeviceType', 'RootDeviceName', 'VirtualizationType', 'ClientToken', 'Hypervisor', 'EbsOptimized', 'EnaSupport',
    'PlatformDetails', 'UsageOperation', 'UsageOperationUpdateTime', 'InstanceLifecycle', 'BootMode', 'CurrentInstanceBootMode', 'Ipv6Address',
  ),
  State: one('instanceState', plain('Code', 'Name')),
  PublicDnsName: as('dnsName'),
  PublicIpAddress: as('ipAddress'),
  StateTransitionReason: as('reason'),
  StateReason: one('stateReason', plain('Code', 'Message')),
  Placement: one('placement', plain('AvailabilityZone', 'GroupName', 'Tenancy', 'HostId')),
  Monitoring: one('monitoring', plain('State')),
  SecurityGroups: GROUPS,
  BlockDeviceMappings: many('blockDeviceMapping', {
    ...plain('DeviceName'), Ebs: one('ebs', plain('VolumeId', 'Status', 'AttachTime', 'DeleteOnTermination')),
  }),
  NetworkInterfaces: many('networkInterfaceSet', INTERFACE),
  IamInstanceProfile: one('iamInstanceProfile', plain('Arn', 'Id')),
  CpuOptions: one('cpuOptions', plain('CoreCount', 'ThreadsPerCore')),
  Licenses: many('licenseSet', plain('LicenseConfigurationArn')),
  Operator: OPERATOR,
  Tags: TAGS,
};

export const VOLUME: Shape = {
  ...plain('VolumeId', 'Size', 'SnapshotId', 'AvailabilityZone', 'CreateTime', 'VolumeType', 'Iops', 'Throughput', 'Encrypted', 'KmsKeyId', 'MultiAttachEnabled', 'FastRestored'),
  State: as('status'),
  Attachments: many('attachmentSet', { ...plain('VolumeId', 'InstanceId', 'Device', 'AttachTime', 'DeleteOnTermination'), State: as('status') }),
  Operator: OPERATOR,
  Tags: TAGS,
};

export const INSTANCE_TYPE: Shape = {
  ...plain('InstanceType', 'CurrentGeneration', 'FreeTierEligible', 'BareMetal', 'Hypervisor', 'InstanceStorageSupported', 'BurstablePerformanceSupported', 'HibernationSupported'),
  ProcessorInfo: one('processorInfo', { ...plain('Manufacturer', 'SustainedClockSpeedInGhz'), SupportedArchitectures: many('supportedArchitectures') }),
  VCpuInfo: one('vCpuInfo', plain('DefaultVCpus', 'DefaultCores', 'DefaultThreadsPerCore')),
  MemoryInfo: one('memoryInfo', plain('SizeInMiB')),
};

export const REGION: Shape = {
  ...plain('OptInStatus', 'RegionName'), Endpoint: as('regionEndpoint'),
  Geography: many('geographySet', plain('Name')),
};

const isRecord = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

const scalar = (value: unknown): string => escapeXml(value instanceof Date ? value.toISOString() : String(value));

/** The inner XML of a record. Absent fields are absent; an empty list is an empty element, as EC2 writes it. */
export function toXml(shape: Shape, record: Raw): string {
  let xml = '';
  for (const name in shape) {
    const value = record[name];
    if (value === undefined || value === null) continue;
    const { wire, fields, list } = shape[name] as Field;
    if (list && Array.isArray(value)) {
      xml += value.length === 0 ? `<${wire}/>` : `<${wire}>${value.map((item) => `<item>${fields && isRecord(item) ? toXml(fields, item) : scalar(item)}</item>`).join('')}</${wire}>`;
    } else if (fields && isRecord(value)) xml += `<${wire}>${toXml(fields, value)}</${wire}>`;
    else xml += `<${wire}>${scalar(value)}</${wire}>`;
  }
  return xml;
}

/** Names the first field that EC2 does not have, or nothing. */
export function strangeField(shape: Shape, record: Raw, path = ''): string | undefined {
  for (const [name, value] of Object.entries(record)) {
    const field = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (field === undefined) return path + name;
    for (const item of field.fields ? (Array.isArray(value) ? value : [value]) : []) {
      const inner = isRecord(item) ? strangeField(field.fields as Shape, item, `${path}${name}.`) : undefined;
      if (inner !== undefined) return inner;
    }
  }
  return undefined;
}
