import {
  CursorExpiredError, PermissionError, ProtocolError,
  type FetchedOne, type MapContext, type Mapping, type Page, type PullFrom, type ScopeEnd, type Stream, type ToldDelete,
} from '../sdk/contract/index.js';
import { instant } from '../sdk/mapping/index.js';
import { isInvalidTable } from './judge.js';
import type { ServiceNowClient } from './session.js';
import { chunks, conditions, countRows, getTable, glideTime, PAGE_SIZE, readAll, readByIds, walk, type Place, type TableQuery } from './table.js';
import { isSysId, type Row } from './types.js';
import { nestWanted, withWanted } from './wanted.js';

/** What makes one table a stream; all that is common to them is here. */
export interface TableStream<Raw extends Row> {
  readonly name: string;
  /** The table, or how this instance's is found. */
  readonly table: string | ((client: ServiceNowClient) => Promise<string>);
  readonly fields: readonly string[] | ((table: string) => readonly string[]);
  /** Other tables that it joins: `check` asks for each. `optional` ones may be missing on an instance. */
  readonly joins: readonly { readonly table: string; readonly fields: readonly string[]; readonly optional?: boolean }[];
  /** Roles that give the read access, for messages. */
  readonly roles: string;
  /** The table has classes below it, whose names stand in the audit of deletes. */
  readonly hasClasses: boolean;
  /** Deletes are in sys_audit_delete by default (glide.db.audit.ignore.delete names those that are not). */
  readonly audited: boolean;
  readonly incremental: 'full' | 'partial';
  readonly after?: readonly string[];
  /** Resolves references and joins what belongs to the rows: sets, never one call a row. */
  enrich(client: ServiceNowClient, rows: readonly Row[]): Promise<readonly Raw[]>;
  map(raw: Raw, context: MapContext): Mapping;
}

/** Rows are stamped when a write starts and seen when it commits: an increment looks back this far. */
const OVERLAP_MS = 300_000;
/** The newest seconds are left to the next run. */
const SETTLE_MS = 5_000;

interface Token extends Place {
  readonly v: 1;
  /** Upper edge of this pass, frozen when it began. ms UTC by the instance's clock. */
  readonly to: number;
  /** Lower edge, in incremental mode. */
  readonly from?: number;
  readonly read: number;
  readonly total?: number;
}

export function defineTableStream<Raw extends Row>(spec: TableStream<Raw>): Stream<ServiceNowClient, Raw> & { readonly spec: TableStream<Raw> } {
  const table = async (client: ServiceNowClient): Promise<string> => (typeof spec.table === 'string' ? spec.table : await spec.table(client));
  return {
    spec,
    name: spec.name,
    permissions: [typeof spec.table === 'string' ? spec.table : 'cmdb_sam_sw_install or cmdb_software_instance', ...spec.joins.map((join) => join.table)].map((name) => `read ${name} (${spec.roles})`),
    deletes: 'by_full_scan',
    incremental: spec.incremental,
    ...(spec.after && { after: spec.after }),
    map: (raw, context) => spec.map(raw, context),
    async *pull(client, from) {
      const name = await table(client);
      yield* pullTable(client, spec, { table: name, filter: '', fields: fieldsOf(client, spec, name), stream: spec.name }, from);
    },
    async fetchOne(client, externalId) {
      const name = await table(client);
      return await fetchRow(client, spec, name, fieldsOf(client, spec, name), externalId);
    },
  };
}

/** Columns to ask for: the stream's own, and what the configuration's mapping reads. */
export const fieldsOf = <Raw extends Row>(client: ServiceNowClient, spec: TableStream<Raw>, table: string): readonly string[] =>
  withWanted(client, spec.name, typeof spec.fields === 'function' ? spec.fields(table) : spec.fields);

const enriched = async <Raw extends Row>(client: ServiceNowClient, spec: TableStream<Raw>, rows: readonly Row[]): Promise<readonly Raw[]> =>
  nestWanted(client, spec.name, await spec.enrich(client, rows));

async function* pullTable<Raw extends Row>(client: ServiceNowClient, spec: TableStream<Raw>, query: TableQuery, from: PullFrom): AsyncGenerator<Page<Raw>> {
  const scope = `table=${query.table}`;
  let token = from.resume === undefined ? undefined : parseToken(from.resume);
  const limit = token?.limit ?? Math.max(1, Math.min(from.pageSize ?? PAGE_SIZE, PAGE_SIZE));

  if (from.mode === 'incremental' && token === undefined) {
    const since = parseCursor(from.cursor, query.table);
    const begun = await beginIncrement(client, spec, query, since);
    token = { v: 1, to: begun.to, from: Math.min(since, begun.to) - OVERLAP_MS, read: 0, limit };
    if (begun.gone.length > 0) yield { scope, records: [], gone: begun.gone, next: JSON.stringify(token) };
  }

  const filtered = token?.from === undefined ? query
    : { ...query, filter: conditions(query.filter, `sys_updated_on>=${glideTime(token.from)}`, `sys_updated_on<${glideTime(token.to)}`) };
  for await (const page of walk(client, filtered, token ?? { limit })) {
    if (token?.from !== undefined) obeyed(client, filtered, page.rows, token.from, token.to);
    const total = token?.total ?? page.total;
    token = {
      v: 1, ...page.place, to: token?.to ?? (page.serverTime ?? client.clock.now()) - SETTLE_MS, read: (token?.read ?? 0) + page.rows.length,
      ...(token?.from !== undefined && { from: token.from }), ...(total !== undefined && { total }),
    };
    yield { scope, records: await enriched(client, spec, page.rows), next: JSON.stringify(token), ...(total !== undefined && { expected: total }) };
  }

  const counted = token?.from === undefined ? await countRows(client, query.table, query.filter, query.stream) : {};
  const to = token?.to ?? (counted.serverTime ?? client.clock.now()) - SETTLE_MS;
  const ends: ScopeEnd[] = [{ scope, coverage: 'complete', ...(token?.from === undefined && hiddenRows(counted.count, token)) }];
  // An increment covers what changed, not the scope: it ends none.
  yield { scope, records: [], next: null, cursor: JSON.stringify({ v: 1, table: query.table, to }), ...(token?.from === undefined && { ends }) };
}

/** Rows that are counted but were not given. The lower count of before and after: what was inserted meanwhile is not hidden. */
function hiddenRows(count: number | undefined, token: Token | undefined): { readonly hidden?: number; readonly warning?: string } {
  if (count === undefined) return { warning: 'the rows could not be counted, so it is not known whether some are hidden from this user' };
  const hidden = Math.max(0, Math.min(count, token?.total ?? count) - (token?.read ?? 0));
  return hidden === 0 ? { hidden } : { hidden, warning: `this user cannot read ${hidden} row${hidden === 1 ? '' : 's'} of the table` };
}

/** Freezes the upper edge by the instance's own clock, and reads what was deleted since. */
async function beginIncrement<Raw extends Row>(client: ServiceNowClient, spec: TableStream<Raw>, query: TableQuery, since: number): Promise<{ readonly to: number; readonly gone: readonly ToldDelete[] }> {
  // One cheap call tells the time: Date of its answer.
  const begun = await countRows(client, query.table, `sys_updated_on>=${glideTime(since - OVERLAP_MS)}`, query.stream);
  const to = (begun.serverTime ?? client.clock.now()) - SETTLE_MS;
  if (!spec.audited || client.source.options['deletes'] === 'scan') return { to, gone: [] };
  return { to, gone: await toldDeletes(client, spec, query, Math.min(since, to) - OVERLAP_MS) };
}

/**
 * Rows of sys_audit_delete since `from`. `tablename` is the leaf class of what was deleted. Who may not read the table
 * gets 200 and no rows; a full scan finds the same deletes later. A row that exists again (undeleted, or the audit's own
 * overlap) is not gone.
 */
async function toldDeletes<Raw extends Row>(client: ServiceNowClient, spec: TableStream<Raw>, query: TableQuery, from: number): Promise<ToldDelete[]> {
  const tables = spec.hasClasses ? await client.classes.below(client, query.table, query.stream) : [query.table];
  const gone = new Map<string, number | undefined>();
  try {
    for (const names of chunks(tables)) {
      const rows = await readAll(client, {
        table: 'sys_audit_delete', stream: query.stream, fields: ['sys_id', 'tablename', 'documentkey', 'display_value', 'sys_created_on'],
        filter: `tablenameIN${names.join(',')}^sys_created_on>=${glideTime(from)}`,
      });
      for (const row of rows) {
        const { documentkey: key, tablename } = row;
        const at = instant(row['sys_created_on']);
        if (!isSysId(key) || typeof tablename !== 'string' || !names.includes(tablename) || (at !== undefined && at < from)) continue;
        gone.set(key, Math.max(at ?? 0, gone.get(key) ?? 0) || undefined);
      }
    }
  } catch (error) {
    if (!(error instanceof PermissionError) && !isInvalidTable(error)) throw error;
    client.log.warn('sys_audit_delete may not be read: deletes are found by the next full scan', { stream: query.stream });
    return [];
  }
  if (gone.size === 0) return [];
  const back = await readByIds(client, { table: query.table, stream: query.stream, fields: ['sys_id'] }, 'sys_id', [...gone.keys()]);
  for (const row of back) gone.delete(String(row['sys_id']));
  return [...gone].map(([externalId, at]) => ({ externalId, ...(at !== undefined && { at }) }));
}

/** An invalid or unreadable condition is dropped in silence and the rest runs: an increment would become a full read. */
function obeyed(client: ServiceNowClient, query: TableQuery, rows: readonly Row[], from: number, to: number): void {
  const stray = rows.find((row) => {
    const at = instant(row['sys_updated_on']);
    return at !== undefined && (at < Math.floor(from / 1000) * 1000 || at >= Math.ceil(to / 1000) * 1000);
  });
  if (stray !== undefined) {
    throw new ProtocolError(`${client.source.name} ${query.stream}: ${query.table} was asked for rows of ${glideTime(from)} to ${glideTime(to)} UTC and gave one of ${String(stray['sys_updated_on'])}: the condition was dropped`, undefined, {
      hint: 'Check that sys_updated_on of this table is readable for this user; glide.invalid_query.returns_no_rows may be set to see such cases.' });
  }
}

async function fetchRow<Raw extends Row>(client: ServiceNowClient, spec: TableStream<Raw>, table: string, fields: readonly string[], externalId: string): Promise<FetchedOne<Raw>> {
  if (!isSysId(externalId)) return { kind: 'unknown', reason: 'not a sys_id' };
  const response = await getTable(client, `/api/now/table/${table}/${externalId}`, {
    sysparm_fields: fields.join(','), sysparm_display_value: 'false', sysparm_exclude_reference_link: 'true',
  }, spec.name, [404]);
  if (response.status === 404) return (await absent(client, spec, table, [externalId])).get(externalId)!;
  const row: unknown = (response.json() as { result?: unknown } | null)?.result;
  if (typeof row !== 'object' || row === null || Array.isArray(row)) throw new ProtocolError(`${client.source.name} ${spec.name}: the answer for one row of ${table} is none`);
  const [raw] = await enriched(client, spec, [row as Row]);
  return { kind: 'found', raw: raw! };
}

/** Many rows as `fetchOne` gives them, 100 a call, with the joins of the stream. */
export async function fetchRows<Raw extends Row>(client: ServiceNowClient, spec: TableStream<Raw>, externalIds: readonly string[]): Promise<ReadonlyMap<string, FetchedOne<Raw>>> {
  const table = typeof spec.table === 'string' ? spec.table : await spec.table(client);
  const fields = fieldsOf(client, spec, table);
  const asked = [...new Set(externalIds)];
  const found = new Map<string, FetchedOne<Raw>>(asked.filter((id) => !isSysId(id)).map((id) => [id, { kind: 'unknown', reason: 'not a sys_id' }]));
  const rows = await readByIds(client, { table, fields, stream: spec.name }, 'sys_id', asked.filter(isSysId));
  for (const raw of await enriched(client, spec, rows)) found.set(String(raw['sys_id']), { kind: 'found', raw });
  const missing = asked.filter((id) => !found.has(id));
  if (missing.length > 0) for (const [id, answer] of await absent(client, spec, table, missing)) found.set(id, answer);
  return found;
}

/** "Record doesn't exist or ACL restricts the record retrieval": only the audit can tell which. */
async function absent<Raw extends Row>(client: ServiceNowClient, spec: TableStream<Raw>, table: string, ids: readonly string[]): Promise<Map<string, FetchedOne<Raw>>> {
  const answers = new Map<string, FetchedOne<Raw>>(ids.map((id) => [id, { kind: 'unknown', reason: 'ServiceNow answers 404 both for a record that is gone and for one that this user may not read' }]));
  if (!spec.audited || client.source.options['deletes'] === 'scan') return answers;
  try {
    const tables = spec.hasClasses ? await client.classes.below(client, table, spec.name) : [table];
    const fields = ['sys_id', 'tablename', 'documentkey', 'sys_created_on'];
    for (const row of await readByIds(client, { table: 'sys_audit_delete', stream: spec.name, fields }, 'documentkey', ids)) {
      if (!tables.includes(String(row['tablename']))) continue;
      const id = String(row['documentkey']);
      const before = answers.get(id);
      const at = Math.max(instant(row['sys_created_on']) ?? 0, before?.kind === 'gone' ? before.at ?? 0 : 0);
      answers.set(id, { kind: 'gone', ...(at > 0 && { at }) });
    }
  } catch (error) {
    if (!(error instanceof PermissionError) && !isInvalidTable(error)) throw error;
  }
  return answers;
}

function parseToken(text: string): Token {
  const token = parseObject(text) as Partial<Token> | undefined;
  const good = token?.v === 1 && isTime(token.to) && isCount(token.read) && isCount(token.limit) && token.limit > 0
    && (token.last === undefined || isSysId(token.last)) && (token.from === undefined || isTime(token.from)) && (token.skip === undefined || isCount(token.skip));
  if (!good) throw new CursorExpiredError('the place in an interrupted pass cannot be read: the pass begins anew');
  return token as Token;
}

function parseCursor(text: string | undefined, table: string): number {
  const cursor = text === undefined ? undefined : parseObject(text) as { v?: unknown; to?: unknown; table?: unknown } | undefined;
  if (cursor?.table !== undefined && cursor.table !== table) throw new CursorExpiredError(`the last pass read ${String(cursor.table)}, this one reads ${table}: a full pass is needed`);
  if (cursor?.v !== 1 || !isTime(cursor.to)) throw new CursorExpiredError('the mark of the last pass cannot be read: a full pass is needed');
  return cursor.to;
}

function parseObject(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && Math.abs(value) < 8.64e15;
const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
