import type { Delivery } from '../sdk/contract/index.js';
import { webhook } from './webhook.js';

const AUTH = { method: 'basic', username: 'lockstep', password: 'long-and-random' };
const NOW = Date.parse('2026-09-25T06:41:08.789Z');
const of = (body: unknown): Delivery => ({ headers: { authorization: `Basic ${Buffer.from('lockstep:long-and-random').toString('base64')}` }, query: {}, body: Buffer.from(JSON.stringify(body)) });
/** As seen on a live tenant (vendor's shape; the nested object's name is the one that is unconfirmed). */
const event = (more: object = {}): Record<string, unknown> => ({
  id: '8e25bc7b-e07e-4102-9398-5d6647e1e79d', webhook_id: '53232637-7724-4a19-b126-3c7267a292aa', notification_id: 41, escmsg_id: 'a726ee11-acb8-f111-8260-02725cb0e102', event: 'asset updated', object_id: 2007, agent_id: 3,
  timestamp: '2026-09-25T06:41:08.7895915Z', asset: { id: 2007, status_id: 6 }, ...more,
});
const hint = (externalId: string, change = 'changed') => ({ streams: ['assets'], externalId, change });

it.each`
  what                                  | body                                                                    | hints
  ${'the nested asset'}                 | ${event({ object_id: 1 })}                                              | ${[hint('2007')]}
  ${'event information only'}           | ${event({ asset: undefined })}                                          | ${[hint('2007')]}
  ${'a name that somebody changed'}     | ${event({ event: 'Gerät geändert' })}                                   | ${[hint('2007')]}
  ${'a delete'}                         | ${event({ event: 'Asset Deleted' })}                                    | ${[hint('2007', 'deleted')]}
  ${'a batch, a ticket among it'}       | ${[event(), event({ asset: { id: 8 } }), event({ asset: undefined, ticket: { id: 3 } })]} | ${[hint('2007'), hint('8')]}
`('takes the record from $what', ({ body, hints }) => expect(webhook.read(of(body), ['assets'])).toEqual({ kind: 'hints', hints }));

it('leaves aside what is no asset', () => {
  expect(webhook.read(of(event({ asset: undefined, ticket: { id: 3 } })), ['assets']).kind).toBe('elsewhere');
  expect(webhook.read(of(event({ asset: undefined, object_id: '7; drop' })), ['assets']).kind).toBe('elsewhere');
  expect(webhook.read(of(Array.from({ length: 1_001 }, () => event())), ['assets']).kind).toBe('malformed');
});

it.each`
  timestamp                         | kind
  ${'2026-09-24T06:41:09.0000000Z'} | ${'verified'}
  ${'2026-09-24T06:41:08.0000000Z'} | ${'refused'}
  ${'2026-09-25T06:46:08.0000000Z'} | ${'verified'}
  ${'2026-09-25T06:46:09.7890000Z'} | ${'refused'}
  ${undefined}                      | ${'verified'}
`('dated $timestamp: $kind', ({ timestamp, kind }) => expect(webhook.verify(of(event({ timestamp })), AUTH, NOW).kind).toBe(kind));

it('knows a delivery by its id, else by that of its message', () => {
  expect(webhook.verify(of(event()), AUTH, NOW)).toMatchObject({ eventId: '8e25bc7b-e07e-4102-9398-5d6647e1e79d' });
  expect(webhook.verify(of(event({ id: undefined })), AUTH, NOW)).toMatchObject({ eventId: 'a726ee11-acb8-f111-8260-02725cb0e102' });
  expect(webhook.verify(of([event(), event()]), AUTH, NOW)).not.toHaveProperty('eventId');
});
