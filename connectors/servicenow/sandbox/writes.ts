import { jsonAnswer, type SandboxAnswer, type SandboxRequest } from '../../sdk/sandbox/index.js';
import { failure } from './answers.js';
import { CREDENTIALS } from './auth.js';
import { note, renderOne, type Instance } from './instance.js';
import { columnsOf } from './schema.js';
import { idOf, stamp, type Row, type Store } from './store.js';

/** Never set from outside; https://www.servicenow.com/docs/r/api-reference/rest-apis/c_TableAPI.html */
const READ_ONLY: Readonly<Record<string, readonly string[]>> = { alm_asset: ['ci', 'old_status', 'skip_sync'], ast_contract: ['state', 'number'] };

/** A new row. Columns that are not given are empty, and empty ones are not kept. */
export function insertRow(store: Store, table: string, given: Readonly<Record<string, unknown>>, at: number, by: string): Row {
  const values: Record<string, string> = { sys_id: '', sys_created_on: stamp(at), sys_created_by: by, sys_updated_on: stamp(at), sys_updated_by: by, sys_mod_count: '0' };
  const columns = columnsOf(table);
  for (const name in given) {
    const value = text(given[name]);
    if (value !== '' && name !== 'sys_class_name' && columns.has(name)) values[name] = value;
  }
  if (values['sys_id'] === '') values['sys_id'] = store.nextId();
  return store.put(table, values);
}

/** Changes that change nothing leave the counters alone. Returns the row as it then stands. */
export function updateRow(store: Store, row: Row, given: Readonly<Record<string, unknown>>, at: number, by: string): Row {
  const changed = Object.entries(given).filter(([name, value]) => columnsOf(row.table).has(name) && (row.values[name] ?? '') !== text(value));
  if (changed.length === 0) return row;
  const values = {
    ...row.values, sys_updated_on: stamp(at), sys_updated_by: by, sys_mod_count: String(Number(row.values['sys_mod_count'] ?? '0') + 1),
    ...Object.fromEntries(changed.map(([name, value]) => [name, text(value)])),
  };
  const table = changed.find(([name]) => name === 'sys_class_name')?.[1];
  return typeof table === 'string' ? store.reclassify({ ...row, values }, table) : store.put(row.table, values);
}

/** The trace of a delete, under the name of the leaf class. Some tables leave none. */
export function auditDelete(store: Store, row: Row, at: number, by: string, ignored: readonly string[]): void {
  if (ignored.includes(row.table)) return;
  const xml = Object.entries(row.values).map(([name, value]) => `<${name}>${value.replace(/[<&]/g, (sign) => (sign === '<' ? '&lt;' : '&amp;'))}</${name}>`).join('');
  insertRow(store, 'sys_audit_delete', {
    tablename: row.table, documentkey: idOf(row), display_value: store.displayOf(row.table, idOf(row)),
    payload: `<?xml version="1.0" encoding="UTF-8"?><${row.table}>${xml}</${row.table}>`,
  }, at, by);
}

const text = (value: unknown): string => (value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value));

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
  return answered(instance, request, table, row, 201, { location: `${request.origin}/api/now/table/${table}/${idOf(row)}` });
}

export function changeRow(instance: Instance, request: SandboxRequest, table: string, row: Row): SandboxAnswer {
  const body = readBody(request);
  if ('refusal' in body) return body.refusal;
  if (instance.switches.readOnly) return refused('Update');
  const changed = updateRow(instance.store, row, writable(request, table, body.fields), request.now, CREDENTIALS.username);
  return answered(instance, request, table, changed, 200);
}

export function deleteRow(instance: Instance, request: SandboxRequest, row: Row): SandboxAnswer {
  if (instance.switches.readOnly) return refused('Delete');
  instance.store.remove(row);
  auditDelete(instance.store, row, request.now, CREDENTIALS.username, instance.switches.auditIgnored);
  return { status: 204 };
}
