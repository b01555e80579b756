import { ConflictError, ProtocolError, RejectedError, SourceConfigurationError, type CreateOutcome, type HttpResponse, type NewRecord } from '../../sdk/contract/index.js';
import { printable } from '../../sdk/http/index.js';
import { field, text, uuid } from '../../sdk/mapping/index.js';
import type { ServiceNowClient } from '../session.js';
import { glideTime } from '../table.js';
import { isName, isSysId, type Row } from '../types.js';
import { refused, wishesOf, type Refusal } from './columns.js';
import { judgeWrite, outcomeOf, taken } from './outcome.js';
import type { Target } from './write.js';

/** Our class -> the vendor's class, from what is known of the system. */
const SERVERS: readonly (readonly [RegExp, string])[] = [
  [/windows/i, 'cmdb_ci_win_server'], [/linux|red ?hat|rhel|ubuntu|debian|suse|centos|rocky|alma|fedora/i, 'cmdb_ci_linux_server'], [/aix|solaris|hp-?ux|unix|bsd/i, 'cmdb_ci_unix_server'],
];
function classFor(wanted: NewRecord, root: string): string {
  const system = text(wanted.attributes['os_name']) ?? '';
  switch (wanted.assetClass) {
    case 'server': return SERVERS.find(([words]) => words.test(system))?.[1] ?? 'cmdb_ci_server';
    case 'hypervisor': return /esx|vmware/i.test(system) ? 'cmdb_ci_esx_server' : 'cmdb_ci_virtualization_server';
    default: return root;
  }
}

/** id-engine-error-messages.md: what to do about each code of the identification engine. */
const HINTS: Readonly<Record<string, string>> = {
  INVALID_INPUT_DATA: 'Check options.dataSource: it must be a choice of discovery_source on cmdb_ci.',
  MISSING_MATCHING_ATTRIBUTES: 'The identification rule of the class wants an attribute that the asset does not have, mostly a serial number or a name.',
  REQUIRED_ATTRIBUTE_EMPTY: 'The class wants an attribute that the asset does not have.',
  IDENTIFICATION_RULE_MISSING: 'The class has no identification rule: have one made in the CI Class Manager.',
  MISSING_DEPENDENCY: 'A CI of this class needs the CI that hosts it: let Discovery create it.',
  MULTIPLE_DUPLICATE_RECORDS: 'Several CIs fit: merge the duplicates, then try again.',
  MULTI_MATCH: 'Several CIs fit: merge the duplicates, then try again.',
  RECLASSIFICATION_NOT_ALLOWED: 'A CI of another class fits: correct its class, or let the engine reclassify.',
};

/** The item that the engine is given; references are sys_ids. */
async function itemOf(client: ServiceNowClient, target: Target, wanted: NewRecord, dataSource: string): Promise<Row | Refusal> {
  const wishes = [];
  for (const [attribute, value] of Object.entries(wanted.attributes)) {
    // what a CI has no column for is the asset's, or nobody's
    if (value === null || !Object.hasOwn(target.columns, attribute)) continue;
    const own = wishesOf({ attribute, value }, target.columns, {});
    // several addresses are Discovery's to bring: they keep no CI from being made
    if ('refusal' in own && /_addresses$/.test(attribute)) continue;
    if ('refusal' in own) return own;
    wishes.push(...own);
  }
  const find = await client.names.find(client, wishes.flatMap((wish) => ('name' in wish ? [wish.name] : [])), target.stream);
  const values: Record<string, string> = {};
  for (const wish of wishes) {
    const found = 'name' in wish ? find(wish.name) : { id: wish.value };
    if ('trouble' in found) return refused(`${wish.column} cannot be written: ${found.trouble}`, 'References are written by their exact name. Add the row, make its name unique, or map the value to the name that ServiceNow uses.');
    values[wish.column] = found.id;
  }
  values['name'] ??= text(wanted.attributes['hostname']) ?? text(wanted.attributes['fqdn']) ?? text(wanted.attributes['serial_number']) ?? wanted.assetId;
  Object.assign(values, wanted.stage?.codes, { [wanted.reference]: wanted.assetId });
  const lookup = wanted.identifiers.flatMap(({ kind, value }) => {
    const number = kind === 'serial' ? text(value) : kind === 'bios_uuid' ? uuid(value) : undefined;
    return number === undefined ? [] : [{ className: 'cmdb_serial_number', values: { serial_number: number, serial_number_type: kind === 'serial' ? 'system' : 'uuid', valid: 'true' } }];
  });
  return {
    className: classFor(wanted, target.table), internal_id: wanted.assetId, values, ...(lookup.length > 0 && { lookup }),
    sys_object_source_info: { source_name: dataSource, source_native_key: wanted.assetId, source_recency_timestamp: glideTime(client.clock.now()) },
  };
}

/**
 * https://www.servicenow.com/docs/r/api-reference/rest-apis/c_IdentifyReconcileAPI.html. The engine identifies by the
 * customer's rules, so it is asked first, without writing: a CI that it would take is matched and stays untouched, for
 * what differs there is no new record's business, and the reference it carries may be another tool's.
 */
export async function create(client: ServiceNowClient, target: Target, wanted: NewRecord): Promise<CreateOutcome> {
  const dataSource: unknown = client.source.options['dataSource'];
  if (typeof dataSource !== 'string' || dataSource === '') {
    return { kind: 'refused', error: new SourceConfigurationError(`${client.source.name} ${target.stream}: CIs are created under a data source, and options.dataSource names none`, undefined, {
      hint: 'Have an admin add a choice to discovery_source of cmdb_ci, e.g. Lockstep, and name it under options.dataSource.' }) };
  }
  const reference: string = wanted.reference;
  if (!isName(reference as unknown)) return { kind: 'refused', error: refused(`${reference} is no column`, 'Name a column of cmdb_ci under push.reference.').refusal };
  const item = await itemOf(client, target, wanted, dataSource);
  if ('refusal' in item) return { kind: 'refused', error: (item as Refusal).refusal };

  const first = await ask(client, target, 'queryEnhanced', item, dataSource);
  if (first.kind !== 'created') return first.kind === 'unknown' ? { kind: 'retry', reason: first.reason } : first;
  const made = await ask(client, target, 'enhanced', item, dataSource);
  return made.kind === 'created' && made.externalId === 'Unknown' ? { kind: 'unknown', reason: 'the identification engine created a CI and did not say which' } : made;
}

/** Whether the engine would take a CI from this user under this data source: a dry run, which writes nothing. */
export async function probe(client: ServiceNowClient, stream: string, dataSource: string): Promise<CreateOutcome> {
  const target = { stream, table: 'cmdb_ci_computer', columns: {} };
  return await ask(client, target, 'queryEnhanced', { className: target.table, internal_id: 'check', values: { name: 'lockstep-check' } }, dataSource);
}

async function ask(client: ServiceNowClient, target: Target, what: 'enhanced' | 'queryEnhanced', item: Row, dataSource: string): Promise<CreateOutcome> {
  let response: HttpResponse;
  try {
    response = await client.http.send({
      method: 'POST', url: `/api/now/identifyreconcile/${what}`, stream: target.stream, idempotent: what === 'queryEnhanced', judge: judgeWrite,
      // in the body it is ignored, and everything refused inside a 200
      query: { sysparm_data_source: dataSource }, body: { items: [item], relations: [] },
    });
  } catch (error) {
    if (error instanceof ConflictError) return { kind: 'refused', error: taken(error) };
    const outcome = outcomeOf(error, target.table);
    // a create that was cancelled may have been made before
    if (outcome.kind === 'retry' && outcome.afterMs === undefined && /cancell?ed/i.test(outcome.reason)) return { kind: 'unknown', reason: outcome.reason };
    if (outcome.kind === 'refused' || outcome.kind === 'retry' || outcome.kind === 'unknown') return outcome;
    throw error;
  }
  return readAnswer(client, target, response);
}

function readAnswer(client: ServiceNowClient, target: Target, response: HttpResponse): CreateOutcome {
  const result = field(response.json(), 'result');
  const items = field(result, 'items');
  const item: unknown = Array.isArray(items) ? items[0] : undefined;
  const operation = text(field(item, 'operation')) ?? '';
  const id = field(item, 'sysId');
  const errors = [field(result, 'errors'), field(item, 'errors')].flatMap((list): readonly unknown[] => (Array.isArray(list) ? list : []));
  const code = text(field(errors[0], 'error')) ?? '';
  // inside a 200 they passed the port unseen, and the engine repeats what it was given
  const said = (part: string): string => printable(part, client.redact);
  const words = said(errors.slice(0, 5).map((error) => [text(field(error, 'error')), text(field(error, 'message'))].filter(Boolean).join(': ')).join('; '));
  const who = `${client.source.name} ${target.stream}`;
  if (errors.length > 0 || field(result, 'hasError') === true) {
    if (errors.some((error) => field(error, 'error') === 'LOCK_TIMEOUT')) return { kind: 'retry', reason: `${who}: the identification engine waited too long for a lock` };
    return { kind: 'refused', error: new RejectedError(`${who}: the identification engine refused: ${words === '' ? 'without words' : words}`, undefined, {
      vendorWords: words, hint: HINTS[code] ?? 'See the identification rule of the class in the CI Class Manager.' }) };
  }
  if (operation.startsWith('INSERT_AS_')) {
    return { kind: 'refused', error: new RejectedError(`${who}: the identification engine parked the asset as ${operation === 'INSERT_AS_PARTIAL' ? 'partial' : 'incomplete'} instead of creating a CI`, undefined, {
      vendorWords: said(operation), hint: 'The rules of the class want more than the asset has (mostly a serial number): complete it, then try again.' }) };
  }
  // a dry run knows no sys_id of what is not there yet
  if (operation === 'INSERT') return { kind: 'created', externalId: isSysId(id) ? id : 'Unknown' };
  if (isSysId(id) && id !== 'Unknown' && (operation.startsWith('UPDATE') || operation === 'NO_CHANGE')) {
    return { kind: 'matched', externalId: id, reason: `the identification engine of the instance takes it for ${said(text(field(item, 'className')) ?? target.table)} ${id}` };
  }
  throw new ProtocolError(`${who}: the identification engine answered with the operation ${operation === '' ? 'none' : said(operation).slice(0, 80)}`, undefined, { hint: 'A newer release may speak differently: compare with its documentation of the Identification and Reconciliation API.' });
}

