import { createHmac } from 'node:crypto';
import type { DeliveryAuth } from '../../sdk/contract/index.js';
import { basicHeader, Courier, type ComposedDelivery, type Deliveries } from '../../sdk/sandbox/index.js';
import { columnsOf, isA } from './schema.js';
import { sysId } from './seed.js';
import { idOf, type Row, type Store } from './store.js';

/** Columns that the condition of the business rules of the README watches. */
const WATCHED = ['install_status', 'substatus', 'operational_status', 'hardware_status', 'hardware_substatus', 'life_cycle_stage', 'life_cycle_stage_status', 'serial_number', 'asset_tag', 'assigned_to', 'location', 'warranty_expiration', 'name'];
const EVENTS = { create: 'insert', update: 'update', delete: 'delete' } as const;
type Kind = keyof typeof EVENTS;

export interface Rules extends Deliveries {
  /** The four business rules, after a row was written. `integration`: the user whose changes they leave out. */
  wrote(kind: Kind, row: Row, before: Readonly<Record<string, string>>, by: string): void;
}

export interface RulesOptions {
  readonly store: Store;
  readonly seed: number;
  readonly integration: string;
  readonly tablesOf: (stream: string) => readonly string[];
  readonly now: () => number;
}

/** The business rules of the README, pasted on `cmdb_ci` and `alm_asset` of this instance. */
export function rulesOf({ store, seed, integration, tablesOf, now }: RulesOptions): Rules {
  const courier = new Courier();
  let events = 0;

  const compose = (auth: DeliveryAuth, kind: Kind, row: Row, changed: readonly string[], given: Readonly<Record<string, unknown>> = {}): ComposedDelivery => {
    events += 1;
    const eventId = sysId(`event/${seed}/${events}`);
    const { sys_id, sys_updated_on = '', sys_updated_by = '', sys_mod_count = '0' } = row.values;
    const body = JSON.stringify({
      event_id: eventId, event: EVENTS[kind], table: row.table, sys_id, sys_updated_on, sys_updated_by, sys_mod_count, instance: 'acme', changed_fields: changed,
      record: { ...Object.fromEntries([...columnsOf(row.table).keys()].map((name) => [name, row.values[name] ?? ''])), ...given },
    });
    const timestamp = String(Math.floor(now() / 1_000));
    return { headers: { 'content-type': 'application/json', 'user-agent': 'ServiceNow/1.0', 'x-lockstep-event-id': eventId, ...proofOf(auth, timestamp, body) }, body };
  };

  return {
    deliverTo: (target) => { courier.target = target; },
    delivered: () => courier.delivered(),
    compose(auth, stream, externalId, kind, record) {
      const row = tablesOf(stream).map((name) => store.get(name, externalId)).find((found) => found !== undefined);
      if (row === undefined) throw new RangeError(`${stream} has no ${externalId}`);
      return compose(auth, kind, row, ['install_status'], record);
    },
    foreign: (auth) => compose(auth, 'update', { table: 'incident', values: { sys_id: sysId('incident/1') } }, ['state']),
    wrote(kind, row, before, by) {
      if (by === integration || !(isA(row.table, 'cmdb_ci') || isA(row.table, 'alm_asset'))) return;
      const changed = kind === 'update' ? WATCHED.filter((name) => (before[name] ?? '') !== (row.values[name] ?? '')) : [];
      if (kind === 'update' && changed.length === 0) return;
      courier.send(idOf(row), (auth) => compose(auth, kind, row, changed));
    },
  };
}

function proofOf(auth: DeliveryAuth, timestamp: string, body: string): Readonly<Record<string, string>> {
  switch (auth.method) {
    case 'hmac_sha256': return { 'x-lockstep-timestamp': timestamp, 'x-lockstep-signature': `sha256=${generateMac(Buffer.from(String(auth['secret'])).toString('base64'), `${timestamp}.${body}`)}` };
    case 'header': return { 'x-lockstep-token': String(auth['token']) };
    default: return { authorization: basicHeader(auth) };
  }
}

/** `GlideCertificateEncryption.generateMac(key, 'HmacSHA256', data)`: key and result are base64. */
const generateMac = (key: string, data: string): string => createHmac('sha256', Buffer.from(key, 'base64')).update(data, 'utf8').digest('base64');
