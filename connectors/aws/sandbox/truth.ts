import type { ExpectedFacts } from '../../sdk/sandbox/types.js';
import type { Claims, Identifier } from '../../sdk/contract/index.js';
import type { Cloud, Resource, Tag } from './cloud.js';
import { INSTANCE_TYPES } from './instance-types.js';
import type { Raw } from './shapes.js';

/** What each record must become, from what EC2 says of it and nothing else. */
export function truthOf(cloud: Cloud, stream: string, now: number): ReadonlyMap<string, ExpectedFacts> {
  if (stream !== 'instances' && stream !== 'volumes') return new Map();
  return new Map(cloud.all(stream, now).map((resource) => [cloud.externalId(resource), stream === 'instances' ? instance(cloud, resource) : volume(cloud, resource)]));
}

const tag = (raw: Raw, key: string): string | undefined => ((raw['Tags'] as readonly Tag[] | undefined) ?? []).find((one) => one.Key === key)?.Value;
const origin = (resource: Resource): Pick<ExpectedFacts, 'asset' | 'sighting'> => ({
  ...(resource.asset !== undefined && { asset: resource.asset }), ...(resource.sighting !== undefined && { sighting: resource.sighting }),
});

/** The states for which the canon has a word; in the others the attribute is absent. */
const POWER: Readonly<Record<string, string>> = { running: 'running', stopped: 'stopped', terminated: 'terminated' };

function instance(cloud: Cloud, resource: Resource): ExpectedFacts {
  const { raw } = resource;
  const interfaces = (raw['NetworkInterfaces'] as readonly Raw[] | undefined) ?? [];
  const macs = interfaces.flatMap((one) => (typeof one['MacAddress'] === 'string' ? [one['MacAddress']] : []));
  const type = String(raw['InstanceType']);
  const memory = INSTANCE_TYPES.get(type)?.memoryMib;
  const cpu = raw['CpuOptions'] as Raw | undefined;
  const power = POWER[String((raw['State'] as Raw | undefined)?.['Name'])];
  const identifiers: Identifier[] = [{ kind: 'cloud_resource_id', value: cloud.arn(resource) }, ...macs.map((value): Identifier => ({ kind: 'mac', value }))];
  const claims: Claims = {
    name: tag(raw, 'Name') ?? resource.id, manufacturer: 'Amazon EC2', model: type, cloud_account: resource.account, cloud_region: resource.region,
    ...(power !== undefined && { power_state: power }),
    ...(cpu !== undefined && { cpu_count: Number(cpu['CoreCount']) * Number(cpu['ThreadsPerCore']) }),
    ...(memory !== undefined && { memory_mb: memory }),
    ...(macs.length > 0 && { mac_addresses: macs }),
  };
  return {
    kind: 'asset', assetClass: 'virtual_machine', identifiers, claims, ...origin(resource),
    ...(resource.terminatedAt !== undefined && { told: Math.floor(resource.terminatedAt / 1_000) * 1_000 }),
  };
}

function volume(cloud: Cloud, resource: Resource): ExpectedFacts {
  const { raw } = resource;
  return {
    kind: 'asset', assetClass: 'volume', identifiers: [{ kind: 'cloud_resource_id', value: cloud.arn(resource) }],
    claims: { name: tag(raw, 'Name') ?? resource.id, disk_gb: Number(raw['Size']), cloud_account: resource.account, cloud_region: resource.region }, ...origin(resource),
  };
}
