import type { Volume } from '@aws-sdk/client-ec2';
import { defineStream, type MapContext, type Mapping, type PullFrom } from '../../sdk/contract/index.js';
import { claims, identifiers, integer, mapped, rejected, text } from '../../sdk/mapping/index.js';
import { ec2Arn } from '../arn.js';
import { mustHold, type AwsClient } from '../client.js';
import { mappingOptions } from '../config.js';
import { claimsOfTags, own, tagsOf, whereOf } from '../facts.js';
import { findOne, nextOf, pageSizeOf } from '../pull.js';
import { plain, type AwsAttachment, type AwsVolume } from '../raw.js';
import { scan, type Found, type Place } from '../scan.js';

const ATTACHED = '/attached/';

/**
 * Volumes, each followed by its attachments as records of their own, `arn:…:volume/vol-…/attached/i-…`: a raw record maps to one
 * record, and a volume with Multi-Attach has several instances. A detached one is missing from the next complete pass.
 */
export const volumes = defineStream<AwsClient, AwsVolume | AwsAttachment>({
  name: 'volumes',
  permissions: ['ec2:DescribeRegions', 'ec2:DescribeVolumes'],
  deletes: 'by_full_scan',
  incremental: 'none',
  after: ['instances'],
  pull: (client, from) => scan(client, from, 'volumes', (place, token) => describe(client, place, token, from)),
  map: mapVolume,
  fetchOne(client, externalId) {
    const [arn, instanceId] = externalId.split(ATTACHED, 2) as [string, string?];
    return findOne(client, 'volumes', arn, async (place, id) => (await describe(client, place, undefined, {}, id)).records.find((raw) =>
      (instanceId === undefined ? raw.what === 'volume' && raw.volume.VolumeId === id : raw.what === 'attachment' && raw.volumeId === id && raw.instanceId === instanceId)));
  },
});

async function describe(client: AwsClient, place: Place, token: string | undefined, from: Pick<PullFrom, 'pageSize'>, id?: string): Promise<Found<AwsVolume | AwsAttachment>> {
  const { account, region, partition } = place;
  const question = { action: 'DescribeVolumes', account: account.id, region, stream: 'volumes' };
  const { found, given } = await client.ec2(account.session, question, async (ec2, options) => {
    const answer = await ec2.send(new client.commands.DescribeVolumesCommand({
      MaxResults: pageSizeOf(client, { mode: 'full', ...from }),
      ...(token !== undefined && { NextToken: token }),
      ...(id !== undefined && { Filters: [{ Name: 'volume-id', Values: [id] }] }),
    }), options);
    return { found: mustHold(answer.Volumes, 'volumeSet'), given: answer.NextToken };
  });
  const where = { account: account.id, region, partition };
  return {
    records: found.flatMap((volume) => [{ what: 'volume' as const, ...where, volume: plain<Volume>(volume) }, ...attachmentsOf(volume, where)]),
    ...nextOf(client, place, token, given),
  };
}

/** An attachment that is on its way, or ending, is none (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VolumeAttachment.html). */
function attachmentsOf(volume: Volume, where: Pick<AwsAttachment, 'account' | 'region' | 'partition'>): readonly AwsAttachment[] {
  return (volume.Attachments ?? []).flatMap(({ InstanceId, State }) =>
    (InstanceId === undefined || volume.VolumeId === undefined || (State !== undefined && State !== 'attached' && State !== 'busy') ? []
      : [{ what: 'attachment' as const, ...where, volumeId: volume.VolumeId, instanceId: InstanceId, ...(State !== undefined && { state: State }) }]));
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Volume.html: `Size` is in GiB. */
export function mapVolume(raw: AwsVolume | AwsAttachment, context: MapContext): Mapping {
  if (raw?.what === 'attachment') return mapAttachment(raw);
  const volume = raw?.volume;
  const id = text(volume?.VolumeId);
  if (id === undefined) return rejected('the volume has no VolumeId');
  const where = whereOf(raw);
  if (where === undefined) return rejected('the record does not say in which account and region it was read');
  const options = mappingOptions(context.options);
  const arn = ec2Arn(where.partition, where.region, where.account, 'volume', id);
  const tags = tagsOf(volume.Tags, options);
  const state = text(volume.State);
  return mapped({
    kind: 'asset',
    externalId: arn,
    assetClass: 'volume',
    identifiers: identifiers({ cloud_resource_id: [arn, id.toLowerCase()] }),
    claims: claims({
      name: text(own(tags, 'Name')) ?? id,
      model: text(volume.VolumeType),
      disk_gb: integer(volume.Size),
      cloud_provider: 'aws',
      cloud_account: where.account,
      cloud_region: where.region,
      cloud_resource_id: arn,
      location: text(volume.AvailabilityZone) ?? where.region,
      ...claimsOfTags(tags, options),
    }),
    ...(state !== undefined && { facts: { state } }),
    ...(state === 'deleted' && { told: { because: 'EC2 says deleted' } }),
  });
}

function mapAttachment(raw: AwsAttachment): Mapping {
  const volumeId = text(raw.volumeId);
  const instanceId = text(raw.instanceId);
  const where = whereOf(raw);
  if (volumeId === undefined || instanceId === undefined || where === undefined) return rejected('the attachment does not name its volume, its instance and where they are');
  const volume = ec2Arn(where.partition, where.region, where.account, 'volume', volumeId);
  return mapped({
    kind: 'relationship',
    externalId: `${volume}${ATTACHED}${instanceId.toLowerCase()}`,
    relation: 'attached_to',
    from: { streams: ['volumes'], externalId: volume },
    to: { streams: ['instances'], externalId: ec2Arn(where.partition, where.region, where.account, 'instance', instanceId) },
  });
}
