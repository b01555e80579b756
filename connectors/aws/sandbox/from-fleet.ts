import type { Fleet, FleetCloud, FleetSighting } from '../../sdk/sandbox/fleet.js';
import { madeId, type Cloud } from './cloud.js';
import { INSTANCE_TYPES } from './instance-types.js';
import { PARTITIONS, type Partition } from './partition.js';
import type { Raw } from './shapes.js';

/** Fills the cloud with what the fleet says that a cloud knows. `now` is the vendor's clock at the start: the fleet's present. */
export function fillFromFleet(cloud: Cloud, fleet: Fleet, now: number): void {
  for (const sighting of fleet.sightings('cloud')) {
    if (sighting.asset.cloud === undefined) continue;
    const { index } = sighting.asset;
    const place = relocated(sighting.asset.cloud, cloud.partition);
    const attach = place.terminatedAt === undefined;
    const instance = cloud.add('instances', instanceOf(sighting, place, PARTITIONS[cloud.partition].dnsSuffix), {
      asset: sighting.asset.key, sighting: sighting.id,
      // Launches of three share a reservation: a client has to flatten.
      reservation: madeId('r', `${place.account}/${place.region}/${Math.floor(index / 12)}`),
    });
    for (const volume of place.volumes) {
      // A volume that went with its terminated machine no longer exists; one that outlived it stands alone.
      if (!attach && volume.device === ROOT) continue;
      cloud.add('volumes', {
        OwnerId: place.account, VolumeId: volume.resourceId, Size: volume.sizeGb, AvailabilityZone: place.zone, State: attach ? 'in-use' : 'available',
        CreateTime: new Date(volume.createdAt), VolumeType: 'gp3', Iops: 3_000, Throughput: 125, Encrypted: volume.encrypted, MultiAttachEnabled: false,
        Attachments: attach ? [{ VolumeId: volume.resourceId, InstanceId: place.resourceId, Device: volume.device, State: 'attached', AttachTime: new Date(volume.createdAt), DeleteOnTermination: volume.device === ROOT }] : [],
        Tags: [{ Key: 'Name', Value: volume.name }],
      }, { asset: volume.key, sighting: `cloud-${volume.key}` });
    }
    if (sighting.asset.powerState === 'stopped') cloud.move(instance, 'stopped', sighting.modifiedAt);
    if (place.terminatedAt !== undefined) {
      cloud.move(instance, 'terminated', place.terminatedAt);
      // The fleet's present is the moment at which the sandbox starts, whatever the calendar says.
      instance.visibleUntil = now + (place.terminatedAt - fleet.at) + cloud.options.terminatedForMs;
    }
  }
}

const ROOT = '/dev/xvda';

/** The fleet's regions; in a partition that has others, its own in their stead, always the same for the same. */
export function regionIn(partition: Partition, region: string): string {
  const regions = Object.keys(PARTITIONS[partition].regions);
  if (regions.includes(region)) return region;
  const sum = [...region].reduce((total, letter) => total + letter.charCodeAt(0), 0);
  return regions[sum % regions.length] as string;
}

function relocated(place: FleetCloud, partition: Partition): FleetCloud {
  const region = regionIn(partition, place.region);
  return region === place.region ? place : { ...place, region, zone: region + place.zone.slice(-1) };
}

function instanceOf(sighting: FleetSighting, place: FleetCloud, dnsSuffix: string): Raw {
  const { asset } = sighting;
  const type = INSTANCE_TYPES.get(place.instanceType);
  if (type === undefined) throw new RangeError(`the fleet names an instance type that is not in the table: ${place.instanceType}`);
  const windows = asset.os.family === 'windows';
  const vpc = madeId('vpc', `${place.account}/${place.region}`);
  const subnet = madeId('subnet', `${place.account}/${place.zone}`);
  const launched = new Date(place.launchedAt);
  const groups = [{ GroupId: madeId('sg', `${place.account}/${place.region}`), GroupName: 'default' }];
  const dns = privateDns(place.privateIp, place.region);
  const publicDns = place.publicIp === undefined ? '' : `ec2-${place.publicIp.replaceAll('.', '-')}.${place.region}.compute.${dnsSuffix}`;
  const association = place.publicIp === undefined ? {} : { Association: { IpOwnerId: 'amazon', PublicDnsName: publicDns, PublicIp: place.publicIp } };
  return {
    OwnerId: place.account, InstanceId: place.resourceId, ImageId: place.imageId, InstanceType: place.instanceType, State: { Code: 16, Name: 'running' },
    StateTransitionReason: '', LaunchTime: launched, AmiLaunchIndex: 0, Placement: { AvailabilityZone: place.zone, GroupName: '', Tenancy: 'default' }, Monitoring: { State: 'disabled' },
    ...(windows && { Platform: 'windows' }), PlatformDetails: windows ? 'Windows' : asset.os.name === 'Red Hat Enterprise Linux' ? 'Red Hat Enterprise Linux' : 'Linux/UNIX',
    UsageOperation: windows ? 'RunInstances:0002' : asset.os.name === 'Red Hat Enterprise Linux' ? 'RunInstances:0010' : 'RunInstances',
    Architecture: type.architecture, PrivateDnsName: dns, PublicDnsName: publicDns, PrivateIpAddress: place.privateIp, ...(place.publicIp !== undefined && { PublicIpAddress: place.publicIp }),
    VpcId: vpc, SubnetId: subnet, SecurityGroups: groups, SourceDestCheck: true, EbsOptimized: !type.burstable, EnaSupport: true,
    CpuOptions: { CoreCount: type.cores, ThreadsPerCore: type.threadsPerCore },
    // Nitro says xen too: the field is no use for telling them apart.
    Hypervisor: 'xen', VirtualizationType: 'hvm', RootDeviceType: 'ebs', RootDeviceName: ROOT,
    BlockDeviceMappings: place.volumes.map((volume) => ({
      DeviceName: volume.device, Ebs: { VolumeId: volume.resourceId, Status: 'attached', AttachTime: new Date(volume.createdAt), DeleteOnTermination: volume.device === ROOT },
    })),
    NetworkInterfaces: sighting.macs.map((mac, nth) => ({
      NetworkInterfaceId: nth === 0 ? place.networkInterfaceId : madeId('eni', `${place.networkInterfaceId}/${nth}`), SubnetId: subnet, VpcId: vpc, Description: '',
      OwnerId: place.account, Status: 'in-use', MacAddress: mac, SourceDestCheck: true, InterfaceType: 'interface', Groups: groups,
      Attachment: { AttachmentId: madeId('eni-attach', `${place.networkInterfaceId}/${nth}`), DeviceIndex: nth, Status: 'attached', AttachTime: launched, DeleteOnTermination: nth === 0 },
      ...(nth === 0 ? {
        PrivateIpAddress: place.privateIp, PrivateDnsName: dns, ...association, PrivateIpAddresses: [{ PrivateIpAddress: place.privateIp, PrivateDnsName: dns, Primary: true, ...association }],
      } : { PrivateIpAddresses: [] }),
    })),
    Tags: Object.entries(place.tags).map(([Key, Value]) => ({ Key, Value })),
  };
}

/** us-east-1 has a domain of its own. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-naming.html */
const privateDns = (ip: string, region: string): string => `ip-${ip.replaceAll('.', '-')}.${region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`}`;
