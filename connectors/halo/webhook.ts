import type { Delivery, DeliveryHint, DeliveryReading, DeliveryVerdict, Webhook } from '../sdk/contract/index.js';
import { field, text } from '../sdk/mapping/index.js';
import { hasBasic, isTimely, jsonBody } from '../sdk/webhook/index.js';
import { idOf, isRow } from './types.js';

/** The time stands in the body, which nobody signs: it keeps old ones out, and proves nothing. */
const WINDOW = { pastMs: 24 * 3_600_000, aheadMs: 300_000 };
/** A batch of events; more is no list that Halo makes. */
const MOST_EVENTS = 1_000;

/** Halo signs nothing that it sends: a user and a long random password by Basic are all there is. */
export const webhook: Webhook = {
  tells: ['assets'],

  verify(delivery, auth, now): DeliveryVerdict {
    if (auth.method !== 'basic' || !hasBasic(delivery, auth)) return { kind: 'refused', because: 'signature' };
    const events = eventsOf(delivery) ?? [];
    const times = events.flatMap((event) => { const at = instantOf(field(event, 'timestamp')); return at === undefined ? [] : [at]; });
    // one timely event is enough to look at what is in a batch
    if (times.length > 0 && !times.some((at) => isTimely(at, now, WINDOW))) return { kind: 'refused', because: 'stale' };
    const [only] = events.length === 1 ? events : [];
    const eventId = wordOf(field(only, 'id')) ?? wordOf(field(only, 'escmsg_id'));
    return { kind: 'verified', ...(eventId !== undefined && { eventId }), ...(times.length > 0 && { sentAt: Math.max(...times) }) };
  },

  read(delivery, streams): DeliveryReading {
    const body = jsonBody(delivery.body);
    if (!body.ok) return { kind: 'malformed', because: body.because };
    const events = eventsOf(delivery);
    if (events === undefined) return { kind: 'malformed', because: `a batch of more than ${MOST_EVENTS} events` };
    const hints: DeliveryHint[] = [];
    let because = 'the body names no record';
    for (const event of events) {
      const nested = field(event, 'asset');
      if (!isRow(nested) && OTHERS.some((name) => isRow(field(event, name)))) { because = 'it tells of something else than an asset'; continue; }
      const id = idOf(field(nested, 'id')) ?? idOf(field(event, 'object_id'));
      if (id === undefined) continue;
      if (!streams.includes('assets')) { because = 'assets are not read'; continue; }
      hints.push({ streams: ['assets'], externalId: String(id), change: DELETED.test(text(field(event, 'event')) ?? '') ? 'deleted' : 'changed' });
    }
    return hints.length === 0 ? { kind: 'elsewhere', because } : { kind: 'hints', hints };
  },
};

const OTHERS = ['ticket', 'action', 'user', 'client', 'site', 'supplier', 'contract', 'invoice', 'appointment', 'opportunity'];
/** Names of events vary and can be changed: it is a hint at what to expect, no more. */
const DELETED = /\bdeleted?\b/i;

/** One event or a batch; undefined: too many. */
function eventsOf(delivery: Delivery): readonly unknown[] | undefined {
  const body = jsonBody(delivery.body);
  if (!body.ok) return [];
  const events = Array.isArray(body.value) ? body.value as readonly unknown[] : [body.value];
  return events.length > MOST_EVENTS ? undefined : events;
}

const wordOf = (value: unknown): string | undefined => (typeof value === 'string' && /^[\w.-]{1,64}$/.test(value) ? value : undefined);

/** UTC with up to seven decimals. */
function instantOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})?$/.test(value)) return undefined;
  const plain = value.replace(/(\.\d{3})\d*/, '$1');
  const at = Date.parse(/(Z|[+-]\d{2}:\d{2})$/.test(plain) ? plain : `${plain}Z`);
  return Number.isNaN(at) ? undefined : at;
}
