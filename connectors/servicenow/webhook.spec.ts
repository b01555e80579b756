import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import type { Delivery } from '../sdk/contract/index.js';
import { webhook } from './webhook.js';

const SECRET = 'a-secret-of-the-instance';
const README = readFileSync(fileURLToPath(new URL('./README.md', import.meta.url)), 'utf8');
const SCRIPT = /```js\n([\s\S]*?)```/.exec(README)![1]!;
const ALL = ['computers', 'network', 'vms', 'assets', 'relationships'];
const of = (body: object): Delivery => ({ headers: {}, query: {}, body: Buffer.from(JSON.stringify(body)) });

interface Row { readonly table: string; readonly operation: 'insert' | 'update' | 'delete'; readonly values: Readonly<Record<string, string>>; readonly changed: readonly string[]; readonly user?: string }

/** Runs the script of the README as the platform would, and gives what it sent. */
function ruleSends(row: Row): (Delivery & { readonly url: string; readonly sync: boolean }) | undefined {
  let sent: (Delivery & { readonly url: string; readonly sync: boolean }) | undefined;
  const current: Record<string, unknown> = {
    operation: () => row.operation, isValidField: (name: string) => name in row.values, getValue: (name: string) => row.values[name] ?? null, getRecordClassName: () => row.table, getUniqueValue: () => row.values['sys_id'],
  };
  for (const name of Object.keys(row.values)) current[name] = { changes: () => row.changed.includes(name) };
  class RESTMessageV2 {
    private readonly headers: Record<string, string> = {};
    private url = '';
    private body = '';
    setEndpoint(url: string): void { this.url = url; }
    setHttpMethod(method: string): void { expect(method).toBe('post'); }
    setRequestHeader(name: string, value: string): void { this.headers[name.toLowerCase()] = value; }
    setRequestBody(body: string): void { this.body = body; }
    setHttpTimeout(ms: number): void { expect(ms).toBe(10_000); }
    executeAsync(): void { sent = { headers: this.headers, query: {}, body: Buffer.from(this.body, 'latin1'), url: this.url, sync: false }; }
  }
  runInNewContext(SCRIPT, {
    current, previous: null, Date, sn_ws: { RESTMessageV2 },
    gs: { getUserName: () => row.user ?? 'abel.tuter', generateGUID: () => '9f0c2d4be1a34c7fb6d2f5a1c0e87d35', getProperty: (name: string) => (name === 'x_lockstep.webhook_secret' ? SECRET : 'acme') },
    GlideStringUtil: { base64Encode: (text: string) => Buffer.from(text).toString('base64') },
    GlideCertificateEncryption: class { generateMac(key: string, algorithm: string, data: string): string { expect(algorithm).toBe('HmacSHA256'); return createHmac('sha256', Buffer.from(key, 'base64')).update(data, 'utf8').digest('base64'); } },
  });
  return sent;
}

const row = (more: Partial<Row> = {}): Row => ({
  table: 'cmdb_ci_linux_server', operation: 'update', changed: ['location'],
  values: { sys_id: '3a290cc6c0a8016400c0ffee00000001', sys_updated_on: '2026-11-20 10:00:00', sys_updated_by: 'abel.tuter', sys_mod_count: '25', location: 'Zürich 東', install_status: '7' }, ...more,
});

describe('the business rule of the README', () => {
  it('sends what is verified over its raw bytes, in whatever language the record is', () => {
    const sent = ruleSends(row())!;
    const now = Number(sent.headers['x-lockstep-timestamp']) * 1_000;

    expect(webhook.verify(sent, { method: 'hmac_sha256', secret: SECRET }, now)).toEqual({ kind: 'verified', sentAt: now, eventId: '9f0c2d4be1a34c7fb6d2f5a1c0e87d35', changeId: '3a290cc6c0a8016400c0ffee00000001/25/update' });
    expect(webhook.verify(sent, { method: 'hmac_sha256', secret: 'another' }, now).kind).toBe('refused');
    expect(webhook.read(sent, ALL)).toEqual({ kind: 'hints', hints: [{ streams: ['computers'], externalId: '3a290cc6c0a8016400c0ffee00000001', change: 'changed' }] });
    expect(JSON.parse(Buffer.from(sent.body).toString())).toMatchObject({ changed_fields: ['location'], record: { location: 'Zürich 東' } });
    expect(sent.url).toMatch(/^https:\/\/.*\/webhooks\//);
  });

  it('is silent about what Lockstep writes and what nobody watches', () => {
    expect(ruleSends(row({ user: 'lockstep.integration' }))).toBeUndefined();
    expect(ruleSends(row({ changed: ['last_discovered'] }))).toBeUndefined();
    expect(ruleSends(row({ operation: 'delete', changed: [] }))).toBeDefined();
  });
});

it('does not believe the header of the event id, which is not signed', () => {
  const sent = ruleSends(row())!;
  const now = Number(sent.headers['x-lockstep-timestamp']) * 1_000;
  expect(webhook.verify({ ...sent, headers: { ...sent.headers, 'x-lockstep-event-id': 'another' } }, { method: 'hmac_sha256', secret: SECRET }, now)).toMatchObject({ eventId: '9f0c2d4be1a34c7fb6d2f5a1c0e87d35' });
});

it.each`
  table                        | streams
  ${'cmdb_ci_esx_server'}      | ${['computers']}
  ${'cmdb_ci_ip_switch'}       | ${['network']}
  ${'cmdb_ci_vmware_instance'} | ${['vms']}
  ${'alm_hardware'}            | ${['assets']}
  ${'alm_facility'}            | ${['assets']}
  ${'cmdb_rel_ci'}             | ${['relationships']}
  ${'cmdb_ci_own_class'}       | ${['computers', 'network', 'vms']}
  ${'u_own_class'}             | ${['computers', 'network', 'vms', 'assets']}
  ${'alm_license'}             | ${[]}
  ${'sys_user'}                | ${[]}
  ${'incident'}                | ${[]}
`('$table is in $streams, as far as they are read', ({ table, streams }) => {
  const reading = webhook.read(of({ table, sys_id: 'abc', event: 'update' }), ALL);
  expect(reading.kind === 'hints' ? reading.hints[0]!.streams : []).toEqual(streams);
});

it.each`
  body                                          | kind
  ${{ table: 'x', sys_id: '1^ORDERBYname' }}    | ${'malformed'}
  ${{ table: 'x/../y', sys_id: '1' }}           | ${'malformed'}
  ${{ table: 'cmdb_ci_server', sys_id: 7 }}     | ${'malformed'}
  ${{ sys_id: '1' }}                            | ${'malformed'}
  ${{ hello: 'world' }}                         | ${'elsewhere'}
  ${{ __proto__: { table: 'cmdb_ci_server', sys_id: '1' } }} | ${'elsewhere'}
`('reads $body as $kind', ({ body, kind }) => expect(webhook.read(of(body), ALL).kind).toBe(kind));
