import type { Delivery, DeliveryHint, DeliveryReading, DeliveryVerdict, Webhook } from '../sdk/contract/index.js';
import { field } from '../sdk/mapping/index.js';
import { hasBasic, hasHeader, headerOf, hmacOf, isSigned, isTimely, jsonBody } from '../sdk/webhook/index.js';
import { BASE_CLASSES } from './classes.js';
import { isName, isSysId } from './types.js';

export const EVENT_HEADER = 'x-lockstep-event-id';
export const TIMESTAMP_HEADER = 'x-lockstep-timestamp';
export const SIGNATURE_HEADER = 'x-lockstep-signature';
export const TOKEN_HEADER = 'x-lockstep-token';
/** Both ways: clocks of instances run off. */
const WINDOW = { pastMs: 300_000, aheadMs: 300_000 };

/** `sha256=` and base64, over the time in Unix seconds, a dot, and the body; as the business rule of the README computes it. */
export const signatureOf = (secret: string, timestamp: string, body: string | Uint8Array): string => `sha256=${hmacOf('sha256', secret, [`${timestamp}.`, body]).toString('base64')}`;

/** What the business rules of the README send; ServiceNow has no webhooks of its own. */
export const webhook: Webhook = {
  tells: ['computers', 'network', 'vms', 'assets'],

  verify(delivery, auth, now): DeliveryVerdict {
    switch (auth.method) {
      case 'hmac_sha256': {
        const timestamp = headerOf(delivery, TIMESTAMP_HEADER) ?? '';
        if (!isSigned(auth, headerOf(delivery, SIGNATURE_HEADER), (secret) => signatureOf(secret, timestamp, delivery.body)) || !/^\d{1,12}$/.test(timestamp)) return { kind: 'refused', because: 'signature' };
        const sentAt = Number(timestamp) * 1_000;
        return isTimely(sentAt, now, WINDOW) ? { kind: 'verified', sentAt, ...namesOf(delivery) } : { kind: 'refused', because: 'stale' };
      }
      case 'header': return hasHeader(delivery, TOKEN_HEADER, auth) ? { kind: 'verified', ...namesOf(delivery) } : { kind: 'refused', because: 'signature' };
      case 'basic': return hasBasic(delivery, auth) ? { kind: 'verified', ...namesOf(delivery) } : { kind: 'refused', because: 'signature' };
      default: return { kind: 'refused', because: 'signature' };
    }
  },

  read(delivery, streams): DeliveryReading {
    const body = jsonBody(delivery.body);
    if (!body.ok) return { kind: 'malformed', because: body.because };
    const [table, id, event] = [field(body.value, 'table'), field(body.value, 'sys_id'), field(body.value, 'event')];
    if (table === undefined && id === undefined) return { kind: 'elsewhere', because: 'the body names no table and no sys_id' };
    if (!isName(table)) return { kind: 'malformed', because: 'table is no name of a table' };
    if (!isSysId(id)) return { kind: 'malformed', because: 'sys_id is none' };
    const holding = streamsOf(table).filter((name) => streams.includes(name));
    if (holding.length === 0) return { kind: 'elsewhere', because: `${table} is in no stream that is read` };
    const hint: DeliveryHint = { streams: holding, externalId: id, change: event === 'delete' ? 'deleted' : 'changed' };
    return { kind: 'hints', hints: [hint] };
  },
};

/** The header of the event's id is not signed, so only the body names it. */
function namesOf(delivery: Delivery): { readonly eventId?: string; readonly changeId?: string } {
  const body = jsonBody(delivery.body);
  if (!body.ok) return {};
  const said = (name: string): string | undefined => { const value = field(body.value, name); return typeof value === 'string' && /^[\w.-]{1,64}$/.test(value) ? value : undefined; };
  const [eventId, id, count, event] = [said('event_id'), said('sys_id'), said('sys_mod_count'), said('event')];
  return { ...(eventId !== undefined && { eventId }), ...(id !== undefined && count !== undefined && event !== undefined && { changeId: `${id}/${count}/${event}` }) };
}

const CI_STREAMS = ['computers', 'network', 'vms'] as const;
const BY_ROOT: Readonly<Record<string, readonly string[]>> = {
  cmdb_ci_computer: ['computers'], cmdb_ci_netgear: ['network'], cmdb_ci_vm_instance: ['vms'], alm_hardware: ['assets'], cmdb_rel_ci: ['relationships'],
  cmdb_sam_sw_install: ['software'], cmdb_software_instance: ['software'], core_company: ['companies'], sys_user: ['users'], cmn_location: ['locations'], cmdb_model: ['models'],
};

/** By the class tree of the base system; which table a class of the customer's own is below only the instance knows. */
function streamsOf(table: string): readonly string[] {
  for (let at: string | undefined = table; at !== undefined; at = Object.hasOwn(BASE_CLASSES, at) ? BASE_CLASSES[at] : undefined) if (Object.hasOwn(BY_ROOT, at)) return BY_ROOT[at]!;
  if (Object.hasOwn(BASE_CLASSES, table)) return [];
  if (/^alm_(?!license$|consumable$|asset$|stockroom|transfer)/.test(table)) return ['assets'];
  return /^(cmdb_ci_|u_|x_)/.test(table) ? [...CI_STREAMS, ...(/^(u_|x_)/.test(table) ? ['assets'] : [])] : [];
}
