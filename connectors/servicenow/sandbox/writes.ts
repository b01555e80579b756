import { jsonAnswer, type SandboxAnswer, type SandboxRequest, type WriteRuleKind } from '../../sdk/sandbox/index.js';
import { failure } from './answers.js';
import { CREDENTIALS } from './auth.js';
import { note, renderOne, type Instance } from './instance.js';
import { columnsOf } from './schema.js';
import { streamOf } from './streams.js';
import { SYSTEM, synchronise } from './synchronise.js';
import { auditDelete, insertRow, updateRow } from './rows.js';
import { idOf, type Row } from './store.js';

/** Never set from outside; https://www.servicenow.com/docs/r/api-reference/rest-apis/c_TableAPI.html */
const READ_ONLY: Readonly<Record<string, readonly string[]>> = { alm_asset: ['ci', 'old_status', 'skip_sync'], ast_contract: ['state', 'number'] };

type Body = { readonly fields: Record<string, unknown> } | { readonly refusal: SandboxAnswer };

/** The object of a body; an array's first element. */
function readBody(request: SandboxRequest): Body {
  const type = request.headers['content-type'];
  if (type === undefined) return { refusal: failure(400, 'Exception while reading request', 'Content-Type is missing') };
  if (!/^application\/json\b/i.test(type)) return { refusal: failure(415, 'Unsupported media type', type) };
  let body: unknown;
  try {
    body = JSON.parse(request.body);
  } catch (error) {
    return { refusal: failure(400, 'Exception while reading request', (error as Error).message) };
  }
  const first: unknown = Array.isArray(body) ? body[0] : body;
  if (typeof first !== 'object' || first === null || Array.isArray(first)) return { refusal: failure(400, 'Exception while reading request') };
  return { fields: first as Record<string, unknown> };
}

function writable(request: SandboxRequest, table: string, body: Record<string, unknown>): Record<string, unknown> {
  const columns = columnsOf(table);
  const forbidden = Object.entries(READ_ONLY).find(([family]) => table === family || (family === 'alm_asset' && table.startsWith('alm_')))?.[1] ?? [];
  return Object.fromEntries(Object.entries(body).filter(([name]) => {
    const takes = columns.has(name) && !name.startsWith('sys_') && !forbidden.includes(name);
    if (!takes) note(request, `${table}.${name} cannot be written: ignored without a word`);
    return takes;
  }));
}

const answered = (instance: Instance, request: SandboxRequest, table: string, row: Row, status: number, headers: Record<string, string> = {}): SandboxAnswer =>
  (request.headers['x-no-response-body'] === 'true' ? { status, headers } : jsonAnswer(status, { result: renderOne(instance, request, table, row) }, headers));

const refused = (what: string): SandboxAnswer => failure(403, 'Operation Failed', `ACL Exception ${what} Failed due to security constraints`);

export function createRow(instance: Instance, request: SandboxRequest, table: string): SandboxAnswer {
  const body = readBody(request);
  if ('refusal' in body) return body.refusal;
  if (instance.switches.readOnly) return refused('Insert');
  const row = insertRow(instance.store, table, writable(request, table, body.fields), request.now, CREDENTIALS.username);
  instance.fresh.set(idOf(row), request.now + instance.switches.indexLagMs);
  return answered(instance, request, table, row, 201, { location: `${request.origin}/api/now/table/${table}/${idOf(row)}` });
}

export function changeRow(instance: Instance, request: SandboxRequest, table: string, row: Row): SandboxAnswer {
  const body = readBody(request);
  if ('refusal' in body) return body.refusal;
  if (instance.switches.readOnly) return refused('Update');
  const { desk, store } = instance;
  const stream = streamOf(row.table);
  const given = writable(request, table, body.fields);
  const meets = <Kind extends WriteRuleKind>(kind: Kind) => desk.take(kind, stream, idOf(row), row.values, given);
  const throttle = meets('throttle');
  if (throttle !== undefined) return failure(429, 'Rate limit exceeded', 'Rate limit of 100 requests per hour for Table API exceeded', { 'retry-after': String(Math.ceil(throttle.ms / 1_000)) });
  const refusal = meets('refuse');
  if (refusal !== undefined) return failure(403, 'Operation Failed', `Operation against file '${table}' was aborted by Business Rule '${refusal.words}'. Business Rule Stack:${refusal.words}`);
  if (meets('ignore') !== undefined) return answered(instance, request, table, row, 200);
  const fixed = meets('read_only')?.fields ?? [];
  const kept = Object.fromEntries(Object.entries(given).filter(([name]) => !fixed.includes(name)));
  const changed = updateRow(store, row, meets('normalise') === undefined ? kept : normalised(row.table, kept), request.now, CREDENTIALS.username);
  if (changed !== row) synchronise(store, row, changed, request.now);
  const rule = meets('own_rule');
  if (rule !== undefined) {
    desk.later(request.now + rule.afterMs, (at) => {
      const then = store.get(row.table, idOf(row));
      if (then !== undefined) updateRow(store, then, rule.patch, at, SYSTEM);
    });
  }
  return answered(instance, request, table, changed, 200);
}

/** As a rule of a customer tidies up: lower case, no blanks around, dates with a time behind. */
export function normalised(table: string, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const columns = columnsOf(table);
  return Object.fromEntries(Object.entries(given).map(([name, value]) => {
    if (typeof value !== 'string' || value === '') return [name, value];
    const type = columns.get(name)?.type;
    return [name, type === 'string' ? value.trim().toLowerCase() : type === 'glide_date' && value.length === 10 ? `${value} 00:00:00` : value];
  }));
}

export function deleteRow(instance: Instance, request: SandboxRequest, row: Row): SandboxAnswer {
  if (instance.switches.readOnly) return refused('Delete');
  instance.store.remove(row);
  instance.store.wrote?.({ kind: 'delete', row, before: row.values, at: request.now, by: CREDENTIALS.username });
  auditDelete(instance.store, row, request.now, CREDENTIALS.username, instance.switches.auditIgnored);
  return { status: 204 };
}
