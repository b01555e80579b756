import { LIFECYCLE_STAGES, NotFoundError, PermissionError, SourceError, type CheckFinding } from '../sdk/contract/index.js';
import { reach } from '../sdk/http/index.js';
import { text } from '../sdk/mapping/index.js';
import { CI_REFERENCES } from './ci.js';
import { isInvalidTable } from './judge.js';
import type { ServiceNowClient } from './session.js';
import { fieldsOf, type TableStream } from './pass.js';
import { probe } from './push/ire.js';
import { referenceTablesOf } from './references.js';
import { streams } from './streams/index.js';
import { softwareTable } from './streams/software.js';
import { assetStages } from './stages.js';
import { getTable, readAll } from './table.js';
import type { Row } from './types.js';

/** No walk goes by other columns. */
const INDISPENSABLE = ['sys_id', 'sys_updated_on'];

interface Need { readonly table: string; readonly fields: readonly string[]; readonly optional: boolean; readonly roles: string }

/** Reaches, authenticates, and asks each table that the streams need for one row. Changes nothing. */
export async function* check(client: ServiceNowClient, names: readonly string[]): AsyncGenerator<CheckFinding> {
  const chosen = streams.filter((stream) => names.includes(stream.name));
  const ask = () => getTable(client, '/api/now/table/sys_user', { sysparm_limit: 1, sysparm_fields: 'sys_id', sysparm_no_count: 'true' }, chosen[0]?.spec.name ?? 'computers', [403]);
  if (!(yield* reach(client, ask))) return;
  const done = new Set<string>();
  for (const stream of chosen) {
    for (const need of await needsOf(client, stream.spec as TableStream<Row>)) {
      const key = `${need.table} ${need.fields.join()}`;
      if (done.has(key)) continue;
      done.add(key);
      yield await readable(client, stream.name, need);
    }
  }
  if (chosen.some((stream) => stream.spec.hasClasses)) yield await classes(client);
  if (chosen.some((stream) => stream.spec.audited) && client.source.options['deletes'] !== 'scan') yield await audit(client);
  if (names.includes('assets')) yield* carriedOver(client);
  const makes = chosen.find((stream) => 'push' in stream && stream.push?.create !== undefined);
  const dataSource: unknown = client.source.options['dataSource'];
  if (makes !== undefined && typeof dataSource === 'string' && dataSource !== '') yield await creating(client, makes.name, dataSource);
}

async function needsOf(client: ServiceNowClient, spec: TableStream<Row>): Promise<Need[]> {
  let table: string;
  try {
    table = typeof spec.table === 'string' ? spec.table : await softwareTable(client);
  } catch (error) {
    if (!(error instanceof PermissionError)) throw error;
    table = 'cmdb_sam_sw_install'; // it is there, and asked for below: the missing right is named then
  }
  const fields = fieldsOf(client, spec, table);
  const references = referenceTablesOf(fields.filter((column) => CI_REFERENCES.includes(column) || ['model', 'vendor', 'company'].includes(column)));
  return [
    { table, fields, optional: false, roles: spec.roles },
    ...spec.joins.map((join) => ({ table: join.table, fields: join.fields, optional: join.optional === true, roles: spec.roles })),
    ...(spec.name === 'companies' || spec.name === 'users' ? [] : references).map((name) => ({ table: name, fields: ['sys_id', 'name'], optional: false, roles: 'any role' })),
  ];
}

async function readable(client: ServiceNowClient, stream: string, need: Need): Promise<CheckFinding> {
  const what = `read ${need.table}`;
  const base = { what, stream };
  try {
    const response = await getTable(client, `/api/now/table/${need.table}`, {
      sysparm_limit: 1, sysparm_fields: need.fields.join(','), sysparm_exclude_reference_link: 'true', sysparm_display_value: 'false',
    }, stream);
    const rows = (response.json() as { result?: unknown }).result;
    const row: unknown = Array.isArray(rows) ? rows[0] : undefined;
    const total = Number(response.headers['x-total-count'] ?? NaN);
    if (row === undefined) {
      return total > 0
        ? { ...base, outcome: 'failed', message: `${need.table} holds ${total} rows, but this user may read none of the first`, hint: `Give the user a role that reads it: ${need.roles}.` }
        : { ...base, outcome: 'warning', message: `${need.table} is empty, or this user may read none of it`, hint: `If there should be rows, give the user a role that reads them: ${need.roles}.` };
    }
    const missing = need.fields.filter((column) => !column.includes('.') && !Object.hasOwn(row as object, column));
    const needed = missing.filter((column) => INDISPENSABLE.includes(column));
    if (needed.length > 0) {
      return { ...base, outcome: 'failed', message: `columns of ${need.table} that are not readable: ${needed.join(', ')}`,
        hint: 'Give the user a field access rule that reads them: without sys_id there is no record, without sys_updated_on every full scan is read and no increment.' };
    }
    if (missing.length > 0) {
      return { ...base, outcome: 'warning', message: `columns of ${need.table} that are not there or not readable: ${missing.join(', ')}`, hint: 'What they hold is not claimed. If the columns exist, a field access rule hides them from this user.' };
    }
    const extra = need.table === 'cmdb_sam_sw_install' ? ' (Software Asset Management is installed)' : need.table === 'cmdb_software_instance' ? ' (Software Asset Management is not installed)' : '';
    return { ...base, outcome: 'ok', message: `readable${extra}` };
  } catch (error) {
    if (isInvalidTable(error)) {
      return need.optional
        ? { ...base, outcome: 'ok', message: `${need.table} is not on this instance, nothing is joined from it` }
        : { ...base, outcome: 'failed', message: `${need.table} is not on this instance`, hint: `Take the stream ${stream} out of the configuration, or activate the plugin that brings the table.` };
    }
    if (error instanceof PermissionError || error instanceof NotFoundError) {
      return { ...base, outcome: 'failed', message: `this user may not read ${need.table}: ${error.vendorWords ?? error.message}`, hint: `Give the user a role that reads it: ${need.roles}.` };
    }
    if (!(error instanceof SourceError)) throw error;
    return { ...base, outcome: 'failed', message: error.message, ...(error.hint !== undefined && { hint: error.hint }) };
  }
}

/** Which classes the instance has of its own: read where it may be, done without where not. */
async function classes(client: ServiceNowClient): Promise<CheckFinding> {
  const what = 'read sys_db_object';
  const without = (why: string): CheckFinding => ({ what, outcome: 'warning', message: `${why}: classes of your own are taken for their table, and deletes of their records are noticed in full scans only`,
    hint: 'Give the integration user a read access rule on sys_db_object.' });
  try {
    const response = await getTable(client, '/api/now/table/sys_db_object', { sysparm_limit: 1, sysparm_fields: 'name,super_class', sysparm_no_count: 'true' }, 'classes');
    const rows = (response.json() as { result?: unknown }).result;
    return Array.isArray(rows) && rows.length > 0 ? { what, outcome: 'ok', message: 'classes of your own are known' } : without('this user may read none of it');
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return without(error.vendorWords ?? error.message);
  }
}

/**
 * t_CreateAssetandCIInstallStatusMapping: the platform carries over the exact pairs of state and substate that this table
 * holds; another one leaves the CI as it was. Where the table may not be read, or holds nothing, nothing is known.
 */
async function* carriedOver(client: ServiceNowClient): AsyncGenerator<CheckFinding> {
  const base = { what: 'state of assets reaches their CIs', stream: 'assets' };
  const table = 'alm_asset_ci_state_mapping';
  let rows: readonly Row[];
  try {
    rows = await readAll(client, { table, stream: 'assets', fields: ['sys_id', 'asset_state', 'asset_substate', 'synch_direction', 'active'], filter: 'active=true' });
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    client.log.debug('which states reach the CI may not be read', { table, because: error.message });
    return;
  }
  const carried = new Set(rows.filter((row) => row['active'] === 'true' && row['synch_direction'] !== 'ci_to_asset').map((row) => `${String(row['asset_state'])}/${text(row['asset_substate']) ?? ''}`));
  if (carried.size === 0) return;
  const lost = LIFECYCLE_STAGES.flatMap((stage) => {
    const codes = assetStages.write(stage);
    return codes === undefined || carried.has(`${codes['install_status']!}/${codes['substatus']!}`) ? [] : [`${stage} (${codes['install_status']!}/${codes['substatus']!})`];
  });
  yield lost.length === 0 ? { ...base, outcome: 'ok', message: 'ServiceNow carries each stage that is written over to the CI' }
    : { ...base, outcome: 'warning', message: `when written, these stages of an asset leave its CI as it was: ${lost.join(', ')}`, hint: `Add these pairs of state and substate to ${table}, or map the stages to pairs that are there.` };
}

/** The one right to write that can be known without writing: the identification engine refuses a dry run too. */
async function creating(client: ServiceNowClient, stream: string, dataSource: string): Promise<CheckFinding> {
  const base = { what: `create CIs as ${dataSource}`, stream };
  try {
    const outcome = await probe(client, stream, dataSource);
    if (outcome.kind === 'retry' || outcome.kind === 'unknown') return { ...base, outcome: 'warning', message: outcome.reason, hint: 'Check again: the instance was busy.' };
    // parked, or without a rule: that depends on the asset, and the engine says so then
    const wrong = outcome.kind === 'refused' && (outcome.error instanceof PermissionError || /^INVALID_INPUT_DATA/.test(outcome.error.vendorWords ?? ''));
    return wrong ? { ...base, outcome: 'failed', message: outcome.error.message, ...(outcome.error.hint !== undefined && { hint: outcome.error.hint }) }
      : { ...base, outcome: 'ok', message: 'the identification engine takes CIs from this user' };
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return { ...base, outcome: 'failed', message: error.message, ...(error.hint !== undefined && { hint: error.hint }) };
  }
}

/** Without the right the answer is 200 and no rows, the same as without any delete. */
async function audit(client: ServiceNowClient): Promise<CheckFinding> {
  const what = 'read sys_audit_delete';
  const hint = 'Give the integration user a read access rule on sys_audit_delete, or set options.deletes: scan and let full scans find deletes.';
  try {
    const response = await getTable(client, '/api/now/table/sys_audit_delete', { sysparm_limit: 1, sysparm_fields: 'tablename,documentkey,sys_created_on', sysparm_no_count: 'true' }, 'deletes');
    const rows = (response.json() as { result?: unknown }).result;
    const row: unknown = Array.isArray(rows) ? rows[0] : undefined;
    if (row === undefined) return { what, outcome: 'warning', message: 'no delete can be read: none was made, or this user may not read the table; deletes are then noticed in full scans only', hint };
    const missing = ['tablename', 'documentkey', 'sys_created_on'].filter((column) => !Object.hasOwn(row as object, column));
    return missing.length === 0 ? { what, outcome: 'ok', message: 'deletes are noticed in every run' }
      : { what, outcome: 'warning', message: `columns of sys_audit_delete that cannot be read: ${missing.join(', ')}; deletes are noticed in full scans only`, hint };
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return { what, outcome: 'warning', message: `deletes are noticed in full scans only: ${error.vendorWords ?? error.message}`, hint };
  }
}
