import { bendPage } from '../../sdk/sandbox/faults.js';
import type { Resource, Stream } from './cloud.js';
import { dryRun, ec2Response, itemSet, notFound, type Ec2Action, type Ec2Call } from './ec2-common.js';
import { INSTANCE_FILTERS, INSTANCE_TYPE_FILTERS, matcher, NETWORK_INTERFACE_FILTERS, REGION_FILTERS, VOLUME_FILTERS } from './filters.js';
import { INSTANCE_TYPES, type InstanceTypeFacts } from './instance-types.js';
import type { Filter, Params } from './params.js';
import { PARTITIONS, regionEndpoint } from './partition.js';
import type { Slice } from './passes.js';
import { Refusal } from './refusal.js';
import { INSTANCE, INSTANCE_TYPE, NETWORK_INTERFACE, REGION, toXml, VOLUME, type Raw } from './shapes.js';
import { createTags } from './tags.js';

interface Paging { readonly maxResults: number | undefined; readonly nextToken: string | undefined }

function paging(params: Params, most: number): Paging {
  const maxResults = params.integer('MaxResults');
  const nextToken = params.text('NextToken');
  if (maxResults !== undefined && maxResults < 5) throw new Refusal(400, 'InvalidParameterValue', `Value ( ${maxResults} ) for parameter maxResults is invalid. Expecting a value greater than 5.`);
  if (maxResults !== undefined && maxResults > most) throw new Refusal(400, 'InvalidParameterValue', `Value ( ${maxResults} ) for parameter maxResults is invalid. Expecting a value less than ${most}.`);
  return { maxResults, nextToken };
}

/** Ids name what is wanted: they go with no paging. */
function notWithIds(ids: readonly string[], set_: string, { maxResults, nextToken }: Paging): void {
  if (ids.length > 0 && maxResults !== undefined) throw new Refusal(400, 'InvalidParameterCombination', `The parameter ${set_} cannot be used with the parameter maxResults`);
  if (ids.length > 0 && nextToken !== undefined) throw new Refusal(400, 'InvalidParameterCombination', `The parameter ${set_} cannot be used with the parameter nextToken`);
}

function pageOf(call: Ec2Call, query: string, { maxResults, nextToken }: Paging, all: () => readonly string[]): Slice {
  const place = nextToken === undefined ? call.passes.begin(query, all()) : call.passes.resume(query, nextToken);
  if (call.fault?.kind === 'empty_page') return call.passes.again(place);
  if (call.fault?.kind === 'returns_nothing') return { ids: [], before: undefined, next: undefined };
  const end = call.fault?.kind === 'returns_tenth' ? Math.ceil(place.ids.length / 10) : place.ids.length;
  if (maxResults === undefined && nextToken === undefined) return { ids: place.ids.slice(0, end), before: undefined, next: undefined };
  return call.passes.slice(place, Math.min(maxResults ?? 1_000, call.pageLimit), end);
}

const queryKey = (call: Ec2Call, action: string, parts: unknown): string => `${action} ${call.principal.account} ${call.region} ${JSON.stringify(parts)}`;
const tokenXml = (next: string | undefined): string => (next === undefined ? '' : `<nextToken>${next}</nextToken>`);

interface Kind { readonly stream: Stream; readonly idName: string; readonly idSet: string; readonly form: RegExp; readonly errors: string; readonly word: string }
const INSTANCES: Kind = { stream: 'instances', idName: 'InstanceId', idSet: 'instancesSet', form: /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/, errors: 'InvalidInstanceID', word: 'instance ID' };
const VOLUMES: Kind = { stream: 'volumes', idName: 'VolumeId', idSet: 'volumeSet', form: /^vol-(?:[0-9a-f]{8}|[0-9a-f]{17})$/, errors: 'InvalidVolume', word: 'volume' };

const managed = (resource: Resource): boolean => (resource.raw['Operator'] as Raw | undefined)?.['Managed'] === true && (resource.raw['Operator'] as Raw)['HiddenByDefault'] !== false;

/** What `DescribeInstances` and `DescribeVolumes` have in common. */
function list(call: Ec2Call, params: Params, kind: Kind, known: typeof INSTANCE_FILTERS): { rows: readonly Resource[]; next: string | undefined; spoiled: Resource | undefined } {
  const ids = params.list(kind.idName);
  const filters = params.filters();
  const where = paging(params, 1_000);
  const includeManaged = params.flag('IncludeManagedResources');
  const dry = params.flag('DryRun');
  params.done();
  notWithIds(ids, kind.idSet, where);
  const fits = matcher(filters, known, 'Tags');
  dryRun(dry);

  const { account } = call.principal;
  const malformed = ids.find((id) => !kind.form.test(id));
  if (malformed !== undefined) {
    throw kind.stream === 'instances' ? new Refusal(400, 'InvalidInstanceID.Malformed', `Invalid id: "${malformed}"`)
      : new Refusal(400, 'InvalidParameterValue', `Value (${malformed}) for parameter volumes is invalid. Expected: 'vol-...'.`);
  }
  const shown = (resource: Resource | undefined): resource is Resource => resource !== undefined && (includeManaged || !managed(resource)) && fits(resource.raw, resource);
  const get = (id: string): Resource | undefined => call.cloud.one(kind.stream, account, call.region, id, call.now);
  if (ids.length > 0) {
    const missing = ids.filter((id) => get(id) === undefined);
    if (missing.length > 0) throw notFound(kind.stream, missing);
    return { rows: [...new Set(ids)].map(get).filter(shown), next: undefined, spoiled: undefined };
  }
  const query = queryKey(call, kind.stream, [filters, includeManaged]);
  const page = pageOf(call, query, where, () => call.cloud.visible(kind.stream, account, call.region, call.now).map((resource) => resource.id));
  const rows = page.ids.map(get).filter(shown);
  const before = page.before === undefined ? undefined : get(page.before);
  const bent = call.fault?.kind === 'duplicate_across_pages' ? bendPage(call.fault, { rows, total: rows.length }, { previous: () => before }).rows : rows;
  return { rows: bent, next: page.next, spoiled: call.fault?.kind === 'bad_record' ? bent[0] : undefined };
}

/** A record that nobody can file: its id is gone. */
function spoiledXml(resource: Resource): string {
  const { InstanceId: _instance, VolumeId: _volume, ...rest } = resource.raw;
  return toXml(resource.stream === 'instances' ? INSTANCE : VOLUME, rest);
}

const describeInstances: Ec2Action = (call, params) => {
  const { rows, next, spoiled } = list(call, params, INSTANCES, INSTANCE_FILTERS);
  const reservations = new Map<string, { owner: string; items: string[] }>();
  for (const row of rows) {
    let reservation = reservations.get(row.reservation);
    if (reservation === undefined) reservations.set(row.reservation, reservation = { owner: row.account, items: [] });
    reservation.items.push(row === spoiled ? spoiledXml(row) : call.cloud.xml(row));
  }
  const sets = [...reservations].map(([id, { owner, items }]) => `<reservationId>${id}</reservationId><ownerId>${owner}</ownerId><groupSet/>${itemSet('instancesSet', items)}`);
  return ec2Response('DescribeInstances', call.requestId, itemSet('reservationSet', sets) + tokenXml(next));
};

const describeVolumes: Ec2Action = (call, params) => {
  const { rows, next, spoiled } = list(call, params, VOLUMES, VOLUME_FILTERS);
  return ec2Response('DescribeVolumes', call.requestId, itemSet('volumeSet', rows.map((row) => (row === spoiled ? spoiledXml(row) : call.cloud.xml(row)))) + tokenXml(next));
};

const describeRegions: Ec2Action = (call, params) => {
  const names = params.list('RegionName');
  const all = params.flag('AllRegions');
  const filters = params.filters();
  const dry = params.flag('DryRun');
  params.done();
  const fits = matcher(filters, REGION_FILTERS);
  const unknown = names.filter((name) => call.accounts.region(name) === undefined);
  if (unknown.length > 0) throw new Refusal(400, 'InvalidParameterValue', `Invalid region names provided: ${unknown.join(', ')}`);
  dryRun(dry);
  const { partition } = call.accounts;
  const regions = call.accounts.regions
    .filter((region) => (names.length > 0 ? names.includes(region.name) : all || region.optIn !== 'not-opted-in'))
    .map(({ name, optIn }): Raw => ({ OptInStatus: optIn, RegionName: name, Endpoint: regionEndpoint(partition, name), Geography: [{ Name: PARTITIONS[partition].regions[name]?.geography }] }))
    .filter((region) => fits(region, { account: call.principal.account, region: call.region }));
  return ec2Response('DescribeRegions', call.requestId, itemSet('regionInfo', regions.map((region) => toXml(REGION, region))));
};

const typeRecord = (type: InstanceTypeFacts): Raw => ({
  InstanceType: type.name, CurrentGeneration: type.hypervisor === 'nitro', FreeTierEligible: false, BareMetal: false, Hypervisor: type.hypervisor,
  ProcessorInfo: { SupportedArchitectures: [type.architecture], Manufacturer: type.maker },
  VCpuInfo: { DefaultVCpus: type.vcpus, DefaultCores: type.cores, DefaultThreadsPerCore: type.threadsPerCore },
  MemoryInfo: { SizeInMiB: type.memoryMib }, InstanceStorageSupported: false, BurstablePerformanceSupported: type.burstable,
});

const describeInstanceTypes: Ec2Action = (call, params) => {
  const names = params.list('InstanceType');
  const filters = params.filters();
  const where = paging(params, 100);
  const dry = params.flag('DryRun');
  params.done();
  notWithIds(names, 'instanceTypes', where);
  if (names.length > 100) throw new Refusal(400, 'InvalidParameterValue', `Value ( ${names.length} ) for parameter instanceTypes is invalid. The maximum number of instance types is 100.`);
  const fits = matcher(filters, INSTANCE_TYPE_FILTERS);
  const unknown = names.filter((name) => !INSTANCE_TYPES.has(name));
  if (unknown.length > 0) throw new Refusal(400, 'InvalidInstanceType', `The following supplied instance types do not exist: [${unknown.join(', ')}]`);
  dryRun(dry);
  const page = names.length > 0 ? { ids: names, next: undefined } : pageOf(call, queryKey(call, 'instance-types', filters), where, () => [...INSTANCE_TYPES.keys()]);
  const rows = [...new Set(page.ids)].map((name) => typeRecord(INSTANCE_TYPES.get(name) as InstanceTypeFacts)).filter((raw) => fits(raw, { account: call.principal.account, region: call.region }));
  return ec2Response('DescribeInstanceTypes', call.requestId, itemSet('instanceTypeSet', rows.map((row) => toXml(INSTANCE_TYPE, row))) + tokenXml(page.next));
};

/** The interfaces that instances hold, seen from their own side. */
function interfaces(call: Ec2Call): ReadonlyMap<string, Raw> {
  const found = new Map<string, Raw>();
  for (const instance of call.cloud.visible('instances', call.principal.account, call.region, call.now)) {
    for (const face of (instance.raw['NetworkInterfaces'] as readonly Raw[] | undefined) ?? []) {
      found.set(String(face['NetworkInterfaceId']), {
        ...face, AvailabilityZone: (instance.raw['Placement'] as Raw)['AvailabilityZone'], RequesterManaged: false, TagSet: [],
        Attachment: { ...(face['Attachment'] as Raw), InstanceId: instance.id, InstanceOwnerId: instance.account },
      });
    }
  }
  return found;
}

const describeNetworkInterfaces: Ec2Action = (call, params) => {
  const ids = params.list('NetworkInterfaceId');
  const filters: readonly Filter[] = params.filters();
  const where = paging(params, 1_000);
  const includeManaged = params.flag('IncludeManagedResources');
  const dry = params.flag('DryRun');
  params.done();
  notWithIds(ids, 'networkInterfaceIdSet', where);
  const fits = matcher(filters, NETWORK_INTERFACE_FILTERS, 'TagSet');
  dryRun(dry);
  const all = interfaces(call);
  const unknown = ids.find((id) => !all.has(id));
  if (unknown !== undefined) throw new Refusal(400, 'InvalidNetworkInterfaceID.NotFound', `The networkInterface ID '${unknown}' does not exist`);
  const page = ids.length > 0 ? { ids, next: undefined } : pageOf(call, queryKey(call, 'interfaces', [filters, includeManaged]), where, () => [...all.keys()]);
  const rows = [...new Set(page.ids)].map((id) => all.get(id)).filter((raw) => raw !== undefined).filter((raw) => fits(raw, { account: call.principal.account, region: call.region }));
  return ec2Response('DescribeNetworkInterfaces', call.requestId, itemSet('networkInterfaceSet', rows.map((row) => toXml(NETWORK_INTERFACE, row))) + tokenXml(page.next));
};

export const EC2_ACTIONS: Readonly<Record<string, Ec2Action>> = {
  DescribeInstances: describeInstances, DescribeVolumes: describeVolumes, DescribeRegions: describeRegions, DescribeInstanceTypes: describeInstanceTypes,
  DescribeNetworkInterfaces: describeNetworkInterfaces, CreateTags: createTags,
};
