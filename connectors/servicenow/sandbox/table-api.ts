import { jsonAnswer, type SandboxAnswer, type SandboxRequest } from '../../sdk/sandbox/index.js';
import { failure, noRecord, QUOTA_DETAIL, QUOTA_MESSAGE, undescribed } from './answers.js';
import { note, renderBy, renderOne, type Instance } from './instance.js';
import { parseQuery, select, type ParsedQuery, type QueryContext } from './query.js';
import { render } from './render.js';
import { columnsOf, TABLES } from './schema.js';
import { idOf, type Row } from './store.js';
import type { Switches } from './switches.js';
import { createRow, changeRow, deleteRow } from './writes.js';

const LIST = ['sysparm_query', 'sysparm_limit', 'sysparm_offset', 'sysparm_fields', 'sysparm_display_value', 'sysparm_exclude_reference_link',
  'sysparm_no_count', 'sysparm_suppress_pagination_header'];
const ONE = ['sysparm_fields', 'sysparm_display_value', 'sysparm_exclude_reference_link'];
const WRITE = [...ONE, 'sysparm_input_display_value'];

/** https://www.servicenow.com/docs/r/api-reference/rest-apis/c_TableAPI.html */
export function answerTable(instance: Instance, request: SandboxRequest, table: string, id: string | undefined, version: string): SandboxAnswer {
  if (!instance.tables.has(table)) return failure(400, `Invalid table ${table}`);
  const reading = request.method === 'GET';
  const allowed = id === undefined ? (reading ? LIST : WRITE) : reading ? ONE : WRITE;
  const wrong = refusedParameter(request.params, allowed, reading && id === undefined ? table : undefined);
  if (wrong !== undefined) return undescribed(wrong);
  const denied = instance.switches.denied[table];
  if (denied === 'forbidden') return failure(403, 'Insufficient rights to query records');
  if (id === undefined) {
    if (reading) return denied === 'empty' ? list(instance, request, table, version, () => false) : list(instance, request, table, version);
    return request.method === 'POST' ? createRow(instance, request, table) : failure(405, 'Method not supported');
  }
  const row = instance.store.get(table, id);
  if (row === undefined || denied === 'empty' || instance.hidden.has(id)) return noRecord();
  switch (request.method) {
    case 'GET': return jsonAnswer(200, { result: renderOne(instance, request, table, row) });
    case 'PATCH': case 'PUT': return changeRow(instance, request, table, row);
    case 'DELETE': return deleteRow(instance, request, row);
    default: return failure(405, 'Method not supported');
  }
}

/** The first parameter that is not described, or a value that is none. */
function refusedParameter(params: URLSearchParams, allowed: readonly string[], filterOf: string | undefined): string | undefined {
  for (const [name, value] of params) {
    // Name-value pairs filter a list, when no sysparm_query is given.
    if (filterOf !== undefined && !params.has('sysparm_query') && columnsOf(filterOf).has(name)) continue;
    if (!allowed.includes(name)) return `unknown parameter ${name}`;
    if (params.getAll(name).length > 1) return `${name} is given twice`;
    const values = name === 'sysparm_display_value' ? ['true', 'false', 'all']
      : /_(exclude_reference_link|no_count|suppress_pagination_header|input_display_value)$/.test(name) ? ['true', 'false'] : undefined;
    if (values !== undefined && !values.includes(value)) return `${name} is one of ${values.join(', ')}, not ${value}`;
  }
  return undefined;
}

/** A whole number of at least `least`, else the vendor's refusal. */
function wholeNumber(params: URLSearchParams, name: string, least: number, absent: number): number | SandboxAnswer {
  const text = params.get(name);
  if (text === null) return absent;
  if (!/^-?\d+$/.test(text)) return failure(400, `Invalid value given for ${name}`);
  return Number(text) < least ? failure(400, `${name} value must be a positive integer`) : Number(text);
}

/** The query of a list or a count, or the refusal. */
export function readQuery(instance: Instance, request: SandboxRequest, context: QueryContext): ParsedQuery | SandboxAnswer {
  const pairs = [...request.params].filter(([name]) => !name.startsWith('sysparm_')).map(([name, value]) => `${name}=${value}`).join('^');
  const query = parseQuery(request.params.get('sysparm_query') ?? pairs, context);
  for (const text of query.dropped) note(request, `condition not understood and dropped: ${text}`);
  const unreadable = query.fields.find((field) => instance.switches.unreadableFields.includes(`${context.table}.${field.split('.')[0] ?? ''}`));
  if (unreadable !== undefined) return failure(403, 'Insufficient rights to query records', 'Field(s) present in the query do not have permission to be read');
  return query;
}

/** A result that a fault makes small: nothing, or the tenth whose ids say so, the same tenth on every page. */
export function reduction(request: SandboxRequest): ((row: Row) => boolean) | undefined {
  if (request.fault?.kind === 'returns_nothing') return () => false;
  if (request.fault?.kind === 'returns_tenth') return (row) => parseInt(idOf(row).slice(0, 6), 16) % 10 === 0;
  return undefined;
}

function list(instance: Instance, request: SandboxRequest, table: string, version: string, only?: (row: Row) => boolean): SandboxAnswer {
  const { params } = request;
  const context: QueryContext = { store: instance.store, table, zoneHours: instance.switches.zoneHours };
  const limit = wholeNumber(params, 'sysparm_limit', 1, 10_000);
  if (typeof limit !== 'number') return limit;
  const offset = wholeNumber(params, 'sysparm_offset', 0, 0);
  if (typeof offset !== 'number') return offset;
  const query = readQuery(instance, request, context);
  if ('status' in query) return query;
  const count = params.get('sysparm_no_count') !== 'true';
  const size = Math.min(limit, instance.pageLimit() ?? limit);
  const nothing = query.dropped.length > 0 && instance.switches.invalidQueryReturnsNoRows ? () => false : undefined;
  const found = select(query, context, { offset, limit: size, count, shuffle: instance.shuffle(), only: only ?? nothing ?? reduction(request) });

  // The limit comes first, then the rights: a page may be short, or empty, though more follow.
  let rows = found.rows.filter((row) => !instance.hidden.has(idOf(row)) && (instance.fresh.get(idOf(row)) ?? 0) <= request.now);
  let total = found.total;
  switch (request.fault?.kind) {
    case 'duplicate_across_pages': if (found.previous !== undefined && rows.length > 0) rows = [found.previous, ...rows]; break;
    case 'empty_page': rows = []; break;
    case 'total_too_high': total = total * 2 + 7; break;
    case 'total_too_low': total = Math.floor(total / 2); break;
    default: break;
  }
  if (version === 'v1' && rows.length === 0) return noRecord();
  const by = renderBy(instance, request, table);
  const result = rows.map((row) => render(instance.store, row, by));
  const [spoilt] = result;
  if (request.fault?.kind === 'bad_record' && spoilt !== undefined) {
    for (const name of Object.keys(spoilt)) if (name !== 'sys_id') spoilt[name] = name.startsWith('sys_') ? null : { unexpected: [1] };
  }
  const headers = { ...(count && { 'x-total-count': String(total) }), ...links(request, { offset, limit, total, count }) };
  const quota = request.fault?.kind === 'error_in_200' ? Math.floor(rows.length / 2) : instance.switches.quotaRows;
  if (quota !== undefined && (size > quota || request.fault?.kind === 'error_in_200')) return cutShort(instance, result.slice(0, quota), headers);
  return jsonAnswer(200, { result }, headers);
}

/** The transaction is cancelled while its rows go out: 200, and the rows before are real. */
function cutShort(instance: Instance, rows: readonly unknown[], headers: Record<string, string>): SandboxAnswer {
  const error = { message: QUOTA_MESSAGE, detail: QUOTA_DETAIL };
  if (instance.switches.quotaCut === 'error_behind') return jsonAnswer(200, { result: rows, error, status: 'failure' }, headers);
  const text = JSON.stringify({ result: rows });
  return { ...jsonAnswer(200, {}, headers), body: `${text.slice(0, -Math.min(20, text.length >> 1))}${JSON.stringify({ error, status: 'failure' })}` };
}

function links(request: SandboxRequest, page: { offset: number; limit: number; total: number; count: boolean }): Record<string, string> {
  if (request.params.get('sysparm_suppress_pagination_header') === 'true') return {};
  const to = (offset: number, rel: string): string => {
    const params = new URLSearchParams(request.params);
    params.set('sysparm_limit', String(page.limit));
    params.set('sysparm_offset', String(offset));
    return `<${request.origin}${request.path}?${params.toString()}>;rel="${rel}"`;
  };
  const parts = [to(0, 'first')];
  if (page.offset > 0) parts.push(to(Math.max(0, page.offset - page.limit), 'prev'));
  if (!page.count || page.offset + page.limit < page.total) parts.push(to(page.offset + page.limit, 'next'));
  if (page.count) parts.push(to(Math.max(0, Math.ceil(page.total / page.limit) - 1) * page.limit, 'last'));
  return { link: parts.join(',') };
}

const STATS = ['sysparm_query', 'sysparm_count', 'sysparm_group_by'];

/** https://www.servicenow.com/docs/r/api-reference/rest-apis/c_AggregateAPI.html */
export function answerStats(instance: Instance, request: SandboxRequest, table: string): SandboxAnswer {
  if (request.method !== 'GET') return failure(405, 'Method not supported');
  if (!instance.tables.has(table)) return failure(400, `Invalid table ${table}`);
  const wrong = refusedParameter(request.params, STATS, table);
  if (wrong !== undefined) return undescribed(wrong);
  const denied = instance.switches.denied[table];
  if (denied === 'forbidden') return failure(403, 'Insufficient rights to query records');
  const context: QueryContext = { store: instance.store, table, zoneHours: instance.switches.zoneHours };
  const query = readQuery(instance, request, context);
  if ('status' in query) return query;
  const nothing = denied === 'empty' || (query.dropped.length > 0 && instance.switches.invalidQueryReturnsNoRows) ? () => false : reduction(request);
  const { rows, total } = select(query, context, { offset: 0, limit: Number.MAX_SAFE_INTEGER, count: true, shuffle: 0, only: nothing });
  const stats = (count: number): object => (request.params.get('sysparm_count') === 'true' ? { count: String(count) } : {});
  const group = request.params.get('sysparm_group_by');
  if (group === null) return jsonAnswer(200, { result: { stats: stats(total) } });
  const names = group.split(',');
  const missing = names.find((name) => context.store.walk(undefined, table, name) === undefined);
  if (missing !== undefined) return undescribed(`${table} has no field ${missing} to group by`);
  const groups = new Map<string, { fields: object[]; count: number }>();
  for (const row of rows) {
    const fields = names.map((field) => ({ field, value: context.store.walk(row, table, field)?.value ?? '' }));
    const known = groups.get(JSON.stringify(fields)) ?? { fields, count: 0 };
    known.count += 1;
    groups.set(JSON.stringify(fields), known);
  }
  return jsonAnswer(200, { result: [...groups.values()].map(({ fields, count }) => ({ stats: stats(count), groupby_fields: fields })) });
}

export const knownTables = (switches: Switches): ReadonlySet<string> =>
  new Set([...TABLES.keys()].filter((name) => name !== 'cmdb_sam_sw_install' || switches.sam));
