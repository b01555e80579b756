import type { References, ServiceNowClient } from './session.js';
import { CHUNK, PAGE_SIZE, readByIds, walk } from './table.js';
import { isSysId, refId, type Reference, type Row } from './types.js';

/** Reference column -> table that it points at. */
const TABLE_OF: Readonly<Record<string, string>> = {
  model_id: 'cmdb_model', model: 'cmdb_model', manufacturer: 'core_company', vendor: 'core_company', company: 'core_company',
  location: 'cmn_location', department: 'cmn_department', assigned_to: 'sys_user', owned_by: 'sys_user', managed_by: 'sys_user',
};
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  cmdb_model: ['sys_id', 'name', 'display_name', 'model_number', 'manufacturer'],
  core_company: ['sys_id', 'name'],
  cmn_location: ['sys_id', 'name'],
  cmn_department: ['sys_id', 'name'],
  sys_user: ['sys_id', 'user_name', 'email', 'name'],
};
export const cachedColumns = (table: string): readonly string[] => FIELDS[table] ?? [];
/** Tables that references of these columns lead to: what `check` asks for. */
export const referenceTablesOf = (columns: readonly string[]): string[] =>
  [...new Set(columns.flatMap((column) => (TABLE_OF[column] === undefined ? [] : [TABLE_OF[column]])).flatMap((table) => (table === 'cmdb_model' ? [table, 'core_company'] : [table])))];

/** The table that a reference column leads to; `undefined`: it is none that is resolved. */
export const tableOf = (column: string): string | undefined => (Object.hasOwn(TABLE_OF, column) ? TABLE_OF[column] : undefined);

/** Above this many unknown ids at once the whole table costs fewer calls. */
const WHOLE_ABOVE = 2 * CHUNK;
/** Beyond this a table is no longer read whole: it would fill the memory. */
const MOST_WHOLE = 200_000;
/** Names change seldom; a run that starts later reads them again. */
const KEPT_MS = 60 * 60_000;

/** The full name, for models that have no short one. */
const named = (value: unknown): { readonly name?: string } => (typeof value === 'string' && value.trim() !== '' ? { name: value.trim() } : {});

interface Cached { readonly entries: Map<string, Reference>; readonly since: number; whole: boolean }

/**
 * Names of what rows refer to, each table read once for a run: never one call a record, and no dot-walk, which would join
 * for every row on the instance.
 */
export class ReferenceTables implements References {
  private readonly tables = new Map<string, Cached>();

  /** The rows with their reference columns resolved. */
  async resolve(client: ServiceNowClient, rows: readonly Row[], columns: readonly string[], stream: string): Promise<Row[]> {
    const byTable = new Map<string, Set<string>>();
    for (const column of columns) {
      const table = TABLE_OF[column];
      if (table === undefined) continue;
      const ids = byTable.get(table) ?? new Set<string>();
      byTable.set(table, ids);
      for (const row of rows) {
        const id = refId(row[column]);
        if (id !== undefined) ids.add(id);
      }
    }
    for (const [table, ids] of byTable) await this.load(client, table, ids, stream);
    return rows.map((row) => {
      const resolved: Record<string, unknown> = { ...row };
      for (const column of columns) {
        const table = TABLE_OF[column];
        const id = refId(row[column]);
        if (table !== undefined && id !== undefined) resolved[column] = this.entry(table, id);
      }
      return resolved;
    });
  }

  private entry(table: string, id: string): Reference {
    return this.tables.get(table)?.entries.get(id) ?? { id };
  }

  private async load(client: ServiceNowClient, table: string, ids: ReadonlySet<string>, stream: string): Promise<void> {
    let cached = this.tables.get(table);
    if (cached === undefined || client.clock.now() - cached.since > KEPT_MS) {
      cached = { entries: new Map(), since: client.clock.now(), whole: false };
      this.tables.set(table, cached);
    }
    const missing = [...ids].filter((id) => !cached.entries.has(id));
    if (missing.length === 0 || cached.whole) return;
    const query = { table, stream, fields: FIELDS[table]! };
    const found: Row[] = [];
    if (missing.length > WHOLE_ABOVE) {
      let whole = true;
      for await (const page of walk(client, { ...query, filter: '' }, { limit: PAGE_SIZE })) {
        found.push(...page.rows);
        if (found.length >= MOST_WHOLE) { whole = false; break; }
      }
      cached.whole = whole;
    } else {
      found.push(...await readByIds(client, query, 'sys_id', missing));
    }
    if (table === 'cmdb_model') {
      const makers = new Set(found.flatMap((row) => refId(row['manufacturer']) ?? []));
      await this.load(client, 'core_company', makers, stream);
    }
    for (const row of found) if (isSysId(row['sys_id'])) cached.entries.set(row['sys_id'], this.referenceOf(table, row['sys_id'], row));
    // What is not readable is asked for once, not once a page.
    for (const id of missing) if (!cached.entries.has(id)) cached.entries.set(id, { id });
  }

  private referenceOf(table: string, id: string, row: Row): Reference {
    const text = (column: string): Record<string, string> => {
      const value = row[column];
      return typeof value === 'string' && value.trim() !== '' ? { [column]: value.trim() } : {};
    };
    const maker = table === 'cmdb_model' ? refId(row['manufacturer']) : undefined;
    return {
      id, ...(table === 'cmdb_model' && { ...named(row['display_name']) }), ...text('name'), ...text('email'), ...text('user_name'), ...text('model_number'),
      ...(maker !== undefined && { manufacturer: this.entry('core_company', maker) }),
    };
  }
}
