import { createHash } from 'node:crypto';
import type { DeliveryAuth } from '../../sdk/contract/index.js';
import { basicHeader, Courier, type ComposedDelivery, type Deliveries, type WriteDesk } from '../../sdk/sandbox/index.js';
import { renderAsset, stamp, type Store } from './store.js';

const EVENTS = { create: 'asset created', update: 'asset updated', delete: 'asset deleted' } as const;
type Kind = keyof typeof EVENTS;

/** A standard webhook with Basic, payload "Full object with linked objects", on the events of assets. Who changed it makes no difference. */
export function webhookOf(store: Store, desk: WriteDesk, seed: number, now: () => number): Deliveries {
  const courier = new Courier();
  let events = 0;
  const guid = (text: string): string => createHash('md5').update(text).digest('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  const head = (auth: DeliveryAuth): Readonly<Record<string, string>> => ({ 'content-type': 'application/json', authorization: basicHeader(auth) });
  const envelope = (event: string, id: number): Readonly<Record<string, unknown>> => {
    events += 1;
    return {
      id: guid(`delivery/${seed}/${events}`), webhook_id: guid(`webhook/${seed}`), notification_id: 41, escmsg_id: guid(`message/${seed}/${events}`), event, message: '', object_id: id, agent_id: 3, timestamp: stamp(now()),
    };
  };
  const compose = (auth: DeliveryAuth, kind: Kind, id: number, given: Readonly<Record<string, unknown>> = {}): ComposedDelivery => {
    const asset = store.assets.get(id);
    const nested = asset === undefined ? { id, ...given } : { ...renderAsset(store, asset, { fields: true, icon: true, details: true, allowed: false }), ...given };
    return { headers: head(auth), body: JSON.stringify({ ...envelope(EVENTS[kind], id), asset: nested }) };
  };
  desk.noted = ({ kind, stream, externalId, changed }) => {
    if (stream === 'assets' && (kind !== 'update' || changed.length > 0)) courier.send(externalId, (auth) => compose(auth, kind, Number(externalId)));
  };
  return {
    deliverTo: (target) => { courier.target = target; },
    delivered: () => courier.delivered(),
    compose: (auth, stream, externalId, kind, record) => {
      if (stream !== 'assets') throw new RangeError(`${stream} has no events`);
      return compose(auth, kind, Number(externalId), record);
    },
    foreign: (auth) => ({ headers: head(auth), body: JSON.stringify({ ...envelope('new ticket logged', 77), ticket: { id: 77, summary: 'printer' } }) }),
  };
}
