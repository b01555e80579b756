import { jsonAnswer, type SandboxAnswer, type SandboxRequest } from '../../sdk/sandbox/index.js';
import { failure, undescribed } from './answers.js';
import { CREDENTIALS } from './auth.js';
import type { Instance } from './instance.js';
import { columnsOf, isA, TABLES } from './schema.js';
import { idOf, type Row } from './store.js';
import { streamOf } from './streams.js';
import { insertRow, updateRow } from './rows.js';
import { normalised } from './writes.js';

interface Item {
  readonly className?: unknown;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly lookup?: readonly { readonly className?: unknown; readonly values?: Readonly<Record<string, string>> }[];
  readonly sys_object_source_info?: { readonly source_name?: unknown; readonly source_native_key?: unknown };
}
type Found = { readonly row?: Row; readonly by?: string; readonly error?: readonly [code: string, message: string] };

/**
 * The Identification and Reconciliation Engine, as far as hardware goes: known source key, then serial numbers, then the name.
 * https://www.servicenow.com/docs/r/api-reference/rest-apis/c_IdentifyReconcileAPI.html. Its errors come as 200.
 */
export function answerEngine(instance: Instance, request: SandboxRequest, dryRun: boolean): SandboxAnswer {
  if (request.method !== 'POST') return failure(405, 'Method not supported');
  const wrong = [...request.params.keys()].find((name) => name !== 'sysparm_data_source' && name !== 'options');
  if (wrong !== undefined) return undescribed(`unknown parameter ${wrong}`);
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) return failure(415, 'Unsupported media type');
  if (instance.switches.readOnly) return failure(403, 'Operation Failed', 'ACL Exception Insert Failed due to security constraints');
  let body: { readonly items?: unknown };
  try {
    body = JSON.parse(request.body) as typeof body;
  } catch (error) {
    return failure(400, 'Exception while reading request', (error as Error).message);
  }
  if (!Array.isArray(body.items) || body.items.length === 0) return failure(400, 'Exception while reading request', 'items is missing');
  const items = (body.items as Item[]).map((item, at) => answerItem(instance, request, item, at, dryRun));
  return jsonAnswer(200, { result: { hasError: items.some((item) => 'errors' in item), items, relations: [], additionalCommittedItems: [], additionalCommittedRelations: [], logContextId: 'a1b2' } });
}

function answerItem(instance: Instance, request: SandboxRequest, item: Item, at: number, dryRun: boolean): object {
  const table = String(item.className);
  const failed = (code: string, message: string): object => ({ className: table, operation: 'NO_CHANGE', sysId: 'Unknown', inputIndices: [at], errorCount: 1, errors: [{ error: code, message }] });
  const source = request.params.get('sysparm_data_source') ?? '';
  const known = instance.store.all('sys_choice').some(({ values }) => values['element'] === 'discovery_source' && values['value'] === source);
  if (!known) return failed('INVALID_INPUT_DATA', `Invalid data source [${source}]`);
  if (!TABLES.has(table) || !isA(table, 'cmdb_ci')) return failed('INVALID_INPUT_DATA', `In payload className [${table}] is not a valid CMDB class`);
  if (isA(table, 'cmdb_ci_vm_instance')) return failed('MISSING_DEPENDENCY', `In payload missing dependency for class [${table}]: Hosted on::Hosts [cmdb_ci_logical_datacenter]`);
  const values = Object.fromEntries(Object.entries(item.values ?? {}).filter(([name]) => columnsOf(table).has(name) && !name.startsWith('sys_')));
  const key = JSON.stringify([item.sys_object_source_info?.source_name, item.sys_object_source_info?.source_native_key]);
  const found = identify(instance, table, values, item.lookup ?? [], key);
  if (found.error !== undefined) return failed(...found.error);
  if (instance.switches.engine === 'lock_timeout') return failed('LOCK_TIMEOUT', 'Lock could not be acquired within the timeout');
  const told = (operation: string, id: string): object => ({
    className: table, operation, sysId: id, identifierEntrySysId: 'Unknown', inputIndices: [at], errorCount: 0,
    identificationAttempts: [{ identifierName: 'Hardware Rule', attemptResult: found.row === undefined ? 'NO_MATCH' : 'MATCHED', attributes: [found.by ?? 'name'], searchOnTable: 'cmdb_ci_hardware' }],
  });
  if (found.row !== undefined) {
    const changes = Object.entries(values).some(([name, value]) => (found.row?.values[name] ?? '') !== value);
    if (!dryRun) updateRow(instance.store, found.row, values, request.now, CREDENTIALS.username);
    return told(changes ? 'UPDATE' : 'NO_CHANGE', idOf(found.row));
  }
  if (instance.switches.engine !== 'inserts') return told(instance.switches.engine === 'parks_partial' ? 'INSERT_AS_PARTIAL' : 'INSERT_AS_INCOMPLETE', 'Unknown');
  if (dryRun) return told('INSERT', 'Unknown');
  const row = insertRow(instance.store, table, { ...tidied(instance, table, values), discovery_source: source }, request.now, CREDENTIALS.username);
  for (const { className, values: part } of item.lookup ?? []) if (className === 'cmdb_serial_number') insertRow(instance.store, className, { ...part, cmdb_ci: idOf(row) }, request.now, CREDENTIALS.username);
  instance.fresh.set(idOf(row), request.now + instance.switches.indexLagMs);
  instance.native.set(key, idOf(row));
  return told('INSERT', idOf(row));
}

/** What the rules of the customer leave of a new CI: they run whoever inserts. */
function tidied({ desk }: Instance, table: string, values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const stream = streamOf(table);
  const fixed = desk.take('read_only', stream, '', {}, values)?.fields ?? [];
  const kept = Object.fromEntries(Object.entries(values).filter(([name]) => !fixed.includes(name)));
  return desk.take('normalise', stream, '', {}, values) === undefined ? kept : normalised(table, kept);
}

/** By the source's own key, then each entry of the rule in its order; several rows for one entry are a duplicate that people must merge. */
function identify({ store, native }: Instance, table: string, values: Readonly<Record<string, unknown>>, lookup: NonNullable<Item['lookup']>, key: string): Found {
  const remembered = store.get('cmdb_ci', native.get(key) ?? '');
  if (remembered !== undefined) return { row: remembered, by: 'source_native_key' };
  const root = isA(table, 'cmdb_ci_hardware') ? 'cmdb_ci_hardware' : table;
  const rows = store.all(root).filter((row) => (row.values['duplicate_of'] ?? '') === '');
  const numbers = new Set(lookup.map(({ values: part }) => (part?.['serial_number'] ?? '').toLowerCase()).filter((number) => number !== ''));
  const holders = new Set(store.all('cmdb_serial_number').filter((row) => row.values['valid'] === 'true' && numbers.has((row.values['serial_number'] ?? '').toLowerCase())).map((row) => row.values['cmdb_ci']));
  const text = (name: string): string => (typeof values[name] === 'string' ? values[name].toLowerCase() : '');
  const entries: readonly (readonly [string, (row: Row) => boolean])[] = [
    ['serial_number', (row) => holders.has(idOf(row))],
    ['serial_number', (row) => text('serial_number') !== '' && (row.values['serial_number'] ?? '').toLowerCase() === text('serial_number')],
    ['name', (row) => text('name') !== '' && (row.values['name'] ?? '').toLowerCase() === text('name')],
  ];
  if (text('serial_number') === '' && text('name') === '' && numbers.size === 0) return { error: ['MISSING_MATCHING_ATTRIBUTES', `In payload missing minimum set of input values for criterion (matching) attributes from identify rule for table [${table}]`] };
  for (const [by, fits] of entries) {
    const matches = rows.filter(fits);
    const [row] = matches;
    if (matches.length > 1) return { error: ['MULTIPLE_DUPLICATE_RECORDS', `Found duplicate records (${matches.map(idOf).join(',')}) in table [${root}] using fields [${by}]`] };
    if (row !== undefined) return { row, by };
  }
  return {};
}
