import { NotFoundError, ProtocolError, SourceError, type FetchedOne, type PullFrom } from '../sdk/contract/index.js';
import { ahead } from './ahead.js';
import type { AwsClient } from './client.js';
import { manifest } from './manifest.js';
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

/** Beyond this many places, asking all of them for one record costs more than waiting for the next pass. */
const MOST_PLACES = 40;

/**
 * One record by its id. An id does not say where it lives, so every place is asked, by a filter: an unknown id is an
 * empty list there, and no error. It is gone only when every place has answered.
 */
export async function findOne<Raw>(client: AwsClient, stream: string, ask: (place: Place) => Promise<Raw | undefined>): Promise<FetchedOne<Raw>> {
  let missing: string | undefined;
  const places: Place[] = [];
  try {
    const { partition } = await client.identity();
    for (const id of await client.accountIds()) {
      try {
        const account = await client.account(id, stream);
        for (const region of (await regionsOf(client, account, stream)).usable) places.push({ account, region, partition });
      } catch (error) {
        missing ??= wordsOf(error);
      }
    }
  } catch (error) {
    return { kind: 'unknown', reason: wordsOf(error) };
  }
  if (places.length > MOST_PLACES) return { kind: 'unknown', reason: `${places.length} accounts and regions would have to be asked for one record` };
  for await (const { outcome } of ahead(places, manifest.concurrency, ask)) {
    if (outcome.ok && outcome.value !== undefined) return { kind: 'found', raw: outcome.value };
    if (!outcome.ok && !(outcome.error instanceof NotFoundError)) missing ??= wordsOf(outcome.error);
  }
  return missing === undefined ? { kind: 'gone' } : { kind: 'unknown', reason: missing };
}

function wordsOf(error: unknown): string {
  if (error instanceof SourceError && error.code !== 'interrupted') return error.message;
  throw error;
}
