import type { DeliveryHint } from '../../connectors/sdk/contract/index.js';
import type { DeliveryEnd, WaitingDelivery } from '../database/inbox.js';
import type { Refetched } from '../sync/refetch.service.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** Before each further look at a record that does not show what was told of it: what is told may be faster than what can be read. */
export const LOOK_AGAIN_MS: readonly number[] = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE];

/** A source that does not answer is asked again after half of the time that the delivery has waited, for as long as it takes: nothing is given up. */
export const downWaitMs = (waitedMs: number): number => Math.min(10 * MINUTE, Math.max(5 * SECOND, Math.floor(waitedMs / 2)));

/** A delivery by what its records showed. A record that shows nothing in the end is left to the next poll, and says so. */
export function endOf({ id, attempts }: Pick<WaitingDelivery, 'id' | 'attempts'>, hints: readonly DeliveryHint[], found: (stream: string, externalId: string) => Refetched | undefined, now: number): DeliveryEnd {
  const open = hints.flatMap((hint) => openReason(hint, hint.streams.flatMap((stream) => found(stream, hint.externalId) ?? [])) ?? []);
  const [reason] = open;
  if (reason === undefined) return { id, state: 'done' };
  const wait = LOOK_AGAIN_MS[attempts];
  if (wait === undefined) return { id, state: 'done', reason: `${reason}: left to the next poll` };
  return { id, state: 'waiting', notBefore: now + wait, looked: true, reason };
}

/** Why a record is to be looked at once more; undefined: it shows what was told. */
function openReason({ externalId, change }: DeliveryHint, outcomes: readonly Refetched[]): string | undefined {
  if (outcomes.some(({ outcome }) => outcome === 'gone')) return undefined;
  if (outcomes.some(({ outcome }) => outcome === 'stored')) return change === 'deleted' ? `${externalId} is still there` : undefined;
  const unknown = outcomes.find(({ outcome }) => outcome === 'unknown')?.reason;
  return `${externalId} ${unknown === undefined ? 'is not there' : `cannot be read (${unknown})`}`.slice(0, 500);
}
