import type { Instance } from '@aws-sdk/client-ec2';
import { defineStream, PermissionError, RejectedError, type MapContext, type Mapping, type PullFrom } from '../../sdk/contract/index.js';
import { claims, identifiers, integer, ips, macs, mapped, rejected, text } from '../../sdk/mapping/index.js';
import { ec2Arn } from '../arn.js';
import { mustHold, type Account, type AwsClient, type Question } from '../client.js';
import { mappingOptions } from '../config.js';
import { claimsOfTags, own, powerStateOf, stateOf, tagsOf, transitionAt, whereOf } from '../facts.js';
import { findOne, nextOf, pageSizeOf } from '../pull.js';
import { plain, type AwsInstance } from '../raw.js';
import { scan, type Found, type Place } from '../scan.js';

export const instances = defineStream<AwsClient, AwsInstance>({
  name: 'instances',
  permissions: ['ec2:DescribeRegions', 'ec2:DescribeInstances', 'ec2:DescribeInstanceTypes'],
  deletes: 'by_full_scan',
  incremental: 'none',
  pull: (client, from) => scan(client, from, 'instances', (place, token) => describe(client, place, token, from)),
  map: mapInstance,
  fetchOne: (client, externalId) => findOne(client, 'instances', externalId, async (place, id) =>
    (await describe(client, place, undefined, {}, id)).records.find((raw) => raw.instance.InstanceId === id)),
});

/** With `id`, that one: by a filter, for an unknown id under `InstanceIds` fails the whole call. */
async function describe(client: AwsClient, place: Place, token: string | undefined, from: Pick<PullFrom, 'pageSize'>, id?: string): Promise<Found<AwsInstance>> {
  const { account, region, partition } = place;
  const question = { action: 'DescribeInstances', account: account.id, region, stream: 'instances' };
  const { reservations, given } = await client.ec2(account.session, question, async (ec2, options) => {
    const answer = await ec2.send(new client.commands.DescribeInstancesCommand({
      MaxResults: pageSizeOf(client, { mode: 'full', ...from }),
      ...(token !== undefined && { NextToken: token }),
      ...(id !== undefined && { Filters: [{ Name: 'instance-id', Values: [id] }] }),
    }), options);
    return { reservations: mustHold(answer.Reservations, 'reservationSet'), given: answer.NextToken };
  });
  const found = reservations.flatMap(({ OwnerId, Instances = [] }) => Instances.map((instance) => ({ owner: OwnerId ?? account.id, instance })));
  const warnings = await learnTypes(client, place, found.map(({ instance }) => instance));
  return {
    records: found.map(({ owner, instance }) => {
      const type = client.types.get(instance.InstanceType ?? '');
      return {
        account: owner, region, partition, instance: plain<Instance>(instance),
        ...(type?.memoryMb !== undefined && { memoryMb: type.memoryMb }),
        ...(type?.vcpus !== undefined && { typeVcpus: type.vcpus }),
      };
    }),
    ...nextOf(client, place, token, given),
    warnings,
  };
}

const MOST_TYPES = 100;

/** EC2 says the memory of a type, not of an instance. Each type is asked once; without the right the pass goes on without memory. */
async function learnTypes(client: AwsClient, { account, region }: Place, found: readonly Instance[]): Promise<readonly string[]> {
  const strange = (type: string): string => `${region} ${type}`;
  const unknown = [...new Set(found.flatMap(({ InstanceType }) => InstanceType ?? []))].filter((type) => !client.types.has(type) && !client.strangeTypes.has(strange(type))).sort();
  const waiting = Array.from({ length: Math.ceil(unknown.length / MOST_TYPES) }, (_, at) => unknown.slice(at * MOST_TYPES, (at + 1) * MOST_TYPES));
  const warnings: string[] = [];
  for (let wanted = waiting.shift(); wanted !== undefined; wanted = waiting.shift()) {
    try {
      await learn(client, { action: 'DescribeInstanceTypes', account: account.id, region, stream: 'instances' }, account, wanted);
    } catch (error) {
      if (!(error instanceof PermissionError || error instanceof RejectedError)) throw error;
      // A type that EC2 does not know (any more, or here) fails the whole call: the others are asked for without it.
      const refused = error instanceof RejectedError ? refusedTypes(error, wanted) : [];
      for (const type of refused) client.strangeTypes.add(strange(type));
      const rest = wanted.filter((type) => !refused.includes(type));
      if (refused.length > 0 && rest.length > 0) waiting.push(rest);
      warnings.push(`memory of ${refused.length > 0 ? `the instance types ${refused.join(', ')}` : `${wanted.length} instance types`} is not known: ${error.message}`);
    }
  }
  return warnings;
}

async function learn(client: AwsClient, question: Question, account: Account, wanted: readonly string[]): Promise<void> {
  let next: string | undefined;
  do {
    const token = next;
    const answer = await client.ec2(account.session, question, async (ec2, options) => {
      const page = await ec2.send(new client.commands.DescribeInstanceTypesCommand({ InstanceTypes: wanted as any, ...(token !== undefined && { NextToken: token }) }), options);
      return { types: mustHold(page.InstanceTypes, 'instanceTypeSet'), next: page.NextToken };
    });
    for (const type of answer.types) {
      const memoryMb = type.MemoryInfo?.SizeInMiB;
      const vcpus = type.VCpuInfo?.DefaultVCpus;
      client.types.set(type.InstanceType ?? '', { ...(memoryMb !== undefined && { memoryMb }), ...(vcpus !== undefined && { vcpus }) });
    }
    next = answer.next === '' || answer.next === token ? undefined : answer.next;
  } while (next !== undefined);
}

/** `InvalidInstanceType: The following supplied instance types do not exist: [m1.small]`. A lone one needs no name. */
function refusedTypes({ vendorWords = '' }: RejectedError, wanted: readonly string[]): readonly string[] {
  if (!vendorWords.startsWith('InvalidInstanceType')) return [];
  const named = (/\[([^\]]*)\]/.exec(vendorWords)?.[1] ?? '').split(/,\s*/);
  return wanted.length === 1 ? wanted : wanted.filter((type) => named.includes(type));
}

/**
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html. `LaunchTime` is the last start, not an
 * acquisition; `Platform` is there for Windows alone; a terminated instance has lost its interfaces. AWS gives no stage.
 */
export function mapInstance(raw: AwsInstance, context: MapContext): Mapping {
  const instance = raw?.instance;
  const id = text(instance?.InstanceId);
  if (id === undefined) return rejected('the instance has no InstanceId');
  const where = whereOf(raw);
  if (where === undefined) return rejected('the record does not say in which account and region it was read');
  const options = mappingOptions(context.options);
  const arn = ec2Arn(where.partition, where.region, where.account, 'instance', id);
  const tags = tagsOf(instance.Tags, options);
  const state = stateOf(instance.State);
  const interfaces = listOf(instance.NetworkInterfaces);
  const since = transitionAt(instance.StateTransitionReason);
  const cores = integer(instance.CpuOptions?.CoreCount);
  const threads = integer(instance.CpuOptions?.ThreadsPerCore);
  const cpuCount = cores !== undefined && threads !== undefined ? cores * threads : raw.typeVcpus;
  const location = text(instance.Placement?.AvailabilityZone) ?? where.region;
  const addresses = [
    instance.PrivateIpAddress, instance.PublicIpAddress, instance.Ipv6Address,
    ...interfaces.flatMap((entry) => [
      entry.PrivateIpAddress, entry.Association?.PublicIp,
      ...listOf(entry.PrivateIpAddresses).flatMap((address) => [address.PrivateIpAddress, address.Association?.PublicIp]),
      ...listOf(entry.Ipv6Addresses).map((address) => address.Ipv6Address),
    ]),
  ];
  return mapped({
    kind: 'asset',
    externalId: arn,
    assetClass: 'virtual_machine',
    identifiers: identifiers({ cloud_resource_id: [arn, id.toLowerCase()] }),
    claims: claims({
      ...(options.privateDnsAsFqdn && { fqdn: text(instance.PrivateDnsName) }),
      mac_addresses: macs(interfaces.map((entry) => entry.MacAddress)).sort(),
      ip_addresses: ips(addresses).sort(),
      name: text(own(tags, 'Name')) ?? id,
      manufacturer: 'Amazon EC2',
      model: text(instance.InstanceType),
      os_name: text(instance.PlatformDetails),
      cpu_count: integer(cpuCount),
      memory_mb: integer(raw.memoryMb),
      cloud_provider: 'aws',
      cloud_account: where.account,
      cloud_region: where.region,
      cloud_resource_id: arn,
      location,
      power_state: powerStateOf(state),
      ...claimsOfTags(tags, options),
    }),
    ...(state !== undefined && { facts: { state, ...(since !== undefined && { state_since: since }) } }),
    ...(state === 'terminated' && { told: { ...(since !== undefined && { at: since }), because: `EC2 says terminated${reasonOf(instance.StateTransitionReason)}` } }),
  });
}

const listOf = <T>(value: readonly T[] | null | undefined): readonly NonNullable<T>[] =>
  (Array.isArray(value) ? value.filter((entry): entry is NonNullable<T> => typeof entry === 'object' && entry !== null) : []);

const reasonOf = (reason: unknown): string => (typeof reason === 'string' && reason !== '' ? `: ${reason.slice(0, 200)}` : '');
