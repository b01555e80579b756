import type { Discovery } from '../sdk/contract/index.js';
import { field, text } from '../sdk/mapping/index.js';
import { isInvalidTable } from './judge.js';
import type { ServiceNowClient } from './session.js';
import { BASE_CLASSES } from './classes.js';
import { assetStages, ciStages } from './stages.js';
import { streams } from './streams/index.js';
import { countRows, getTable, readAll } from './table.js';
import { isName, type Row } from './types.js';

type Table = Discovery['tables'][number];
type Unmapped = Discovery['unmapped'][number];

/** Columns and their choices are kept at the table that owns them: a class and its ancestors are asked together. */
const ancestors = (table: string): string[] => {
  const path = [table];
  for (let at = BASE_CLASSES[table]; at !== undefined; at = BASE_CLASSES[at]) path.push(at);
  return path;
};

/** What this instance offers for the chosen streams, and status values in use that the stage tables do not know. */
export async function discover(client: ServiceNowClient, names: readonly string[]): Promise<Discovery> {
  const tables: Table[] = [];
  const unmapped: Unmapped[] = [];
  for (const stream of streams.filter((candidate) => names.includes(candidate.name))) {
    const spec = stream.spec;
    const table = typeof spec.table === 'string' ? spec.table : await spec.table(client);
    const { count } = await countRows(client, table, '', stream.name);
    const path = ancestors(table);
    const choices = await choicesOf(client, path, stream.name);
    const columns = await columnsOf(client, path, stream.name);
    tables.push({
      stream: stream.name, table, ...(count !== undefined && { count }),
      fields: columns.map((column) => ({ ...column, ...(choices.has(column.name) && { choices: choices.get(column.name)! }) })),
    });
    if (['computers', 'network', 'vms', 'assets'].includes(stream.name)) unmapped.push(...await unmappedStages(client, stream.name, table, choices));
  }
  return { tables, unmapped };
}

async function columnsOf(client: ServiceNowClient, path: readonly string[], stream: string): Promise<{ name: string; type?: string; label?: string }[]> {
  const rows = await readAll(client, {
    table: 'sys_dictionary', stream, fields: ['sys_id', 'name', 'element', 'internal_type', 'column_label'], filter: `nameIN${path.join(',')}^elementISNOTEMPTY`,
  });
  const found = new Map<string, { name: string; type?: string; label?: string }>();
  // the nearest table's word on a column counts
  for (const table of path) for (const row of rows.filter((entry) => entry['name'] === table)) {
    const name = row['element'];
    if (!isName(name) || found.has(name)) continue;
    const type = text(row['internal_type']);
    const label = text(row['column_label']);
    found.set(name, { name, ...(type !== undefined && { type }), ...(label !== undefined && { label }) });
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function choicesOf(client: ServiceNowClient, path: readonly string[], stream: string): Promise<Map<string, { value: string; label: string }[]>> {
  const rows = await readAll(client, {
    table: 'sys_choice', stream, fields: ['sys_id', 'name', 'element', 'value', 'label', 'inactive'], filter: `nameIN${path.join(',')}^inactive=false`,
  });
  const found = new Map<string, { value: string; label: string }[]>();
  for (const row of rows) {
    const element = text(row['element']);
    const value = text(row['value']);
    if (element === undefined || value === undefined) continue;
    const known = found.get(element) ?? [];
    if (!known.some((choice) => choice.value === value)) known.push({ value, label: text(row['label']) ?? value });
    found.set(element, known);
  }
  return found;
}

/** What a mapping of the stage reads. A CI whose asset speaks for both stays silent, as does `100 Absent`, which is no stage; an empty status is not said. */
const CI_STATUS = 'stage_from_asset or install_status in ["", "100"] ? null : install_status';
const ASSET_STATE = 'install_status = "" ? null : install_status & "/" & substatus';

/** Combinations of status that are in use, by the Aggregate API: one call, whatever the number of rows. */
async function unmappedStages(client: ServiceNowClient, stream: string, table: string, choices: ReadonlyMap<string, readonly { value: string; label: string }[]>): Promise<Unmapped[]> {
  const stages = stream === 'assets' ? assetStages : ciStages;
  const fields = stream === 'assets' ? ['install_status', 'substatus'] : ['install_status'];
  const from = stream === 'assets' ? ASSET_STATE : CI_STATUS;
  let groups: readonly Row[];
  try {
    const response = await getTable(client, `/api/now/stats/${table}`, { sysparm_count: 'true', sysparm_group_by: fields.join(',') }, stream);
    const result: unknown = (response.json() as { result?: unknown }).result;
    groups = Array.isArray(result) ? result as Row[] : [];
  } catch (error) {
    if (!isInvalidTable(error)) throw error;
    groups = [];
  }
  return groups.flatMap((group) => {
    const codes = Object.fromEntries((Array.isArray(group['groupby_fields']) ? group['groupby_fields'] as unknown[] : [])
      .map((entry) => [text(field(entry, 'field')) ?? '', text(field(entry, 'value')) ?? '']));
    const status = codes['install_status'] ?? '';
    if (status === '' || status === '100' || stages.read(codes)?.stage !== undefined) return [];
    const label = choices.get('install_status')?.find((choice) => choice.value === status)?.label;
    return [{ stream, field: fields.join('/'), value: fields.map((name) => codes[name] ?? '').join('/'), ...(label !== undefined && { label }), from }];
  });
}
