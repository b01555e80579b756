import { NotFoundError, ProtocolError, SourceError, type FetchedOne, type PullFrom } from '../sdk/contract/index.js';
import { ec2ArnParts } from './arn.js';
import type { AwsClient } from './client.js';
import { regionsOf, type Found, type Place } from './scan.js';

/** EC2 takes 5 to 1000 (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html); a call without MaxResults has half the throttle budget. */
export const pageSizeOf = (client: AwsClient, from: PullFrom): number => Math.min(1000, Math.max(5, Math.trunc(from.pageSize ?? client.settings.pageSize)));

/** NextToken may be the empty text at the end. One that comes back unchanged would be followed for ever. */
export function nextOf(client: AwsClient, place: Place, asked: string | undefined, given: string | undefined): Pick<Found<never>, 'next'> {
  if (given === undefined || given === '') return {};
  if (given === asked) {
    throw new ProtocolError(`${client.context.source.name}: account ${place.account.id}, region ${place.region}: NextToken is the one that was sent: the list would never end`);
  }
  return { next: given };
}

/**
 * One record by its ARN, which says where it lives. Asked for by a filter, so that an unknown id is an empty list and no
 * error: EC2 has then looked, and it is gone.
 */
export async function findOne<Raw>(client: AwsClient, stream: string, arn: string, ask: (place: Place, id: string) => Promise<Raw | undefined>): Promise<FetchedOne<Raw>> {
  const parts = ec2ArnParts(arn);
  if (parts === undefined) return { kind: 'unknown', reason: `${arn} is no ARN of EC2` };
  try {
    const { partition } = await client.identity();
    if (!(await client.accountIds()).includes(parts.account)) return { kind: 'unknown', reason: `account ${parts.account} is not read any more` };
    const account = await client.account(parts.account, stream);
    if (!(await regionsOf(client, account, stream)).usable.includes(parts.region)) return { kind: 'unknown', reason: `region ${parts.region} of account ${parts.account} is not read any more` };
    const raw = await ask({ account, region: parts.region, partition }, parts.id);
    return raw === undefined ? { kind: 'gone' } : { kind: 'found', raw };
  } catch (error) {
    if (error instanceof NotFoundError) return { kind: 'gone' };
    return { kind: 'unknown', reason: wordsOf(error) };
  }
}

function wordsOf(error: unknown): string {
  if (error instanceof SourceError && error.code !== 'interrupted') return error.message;
  throw error;
}
