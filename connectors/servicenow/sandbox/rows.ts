import { columnsOf } from './schema.js';
import { idOf, stamp, type Row, type Store } from './store.js';

/** A new row. Columns that are not given are empty, and empty ones are not kept. */
export function insertRow(store: Store, table: string, given: Readonly<Record<string, unknown>>, at: number, by: string): Row {
  const values: Record<string, string> = { sys_id: '', sys_created_on: stamp(at), sys_created_by: by, sys_updated_on: stamp(at), sys_updated_by: by, sys_mod_count: '0' };
  const columns = columnsOf(table);
  for (const name in given) {
    const value = text(given[name]);
    if (value !== '' && name !== 'sys_class_name' && columns.has(name)) values[name] = value;
  }
  if (values['sys_id'] === '') values['sys_id'] = store.nextId();
  const row = store.put(table, values);
  store.wrote?.({ kind: 'create', row, before: {}, at, by });
  return row;
}

/** Changes that change nothing leave the counters alone. Returns the row as it then stands. */
export function updateRow(store: Store, row: Row, given: Readonly<Record<string, unknown>>, at: number, by: string): Row {
  const changed = Object.entries(given).filter(([name, value]) => columnsOf(row.table).has(name) && (row.values[name] ?? '') !== text(value));
  if (changed.length === 0) {
    store.wrote?.({ kind: 'update', row, before: row.values, at, by });
    return row;
  }
  const values = {
    ...row.values, sys_updated_on: stamp(at), sys_updated_by: by, sys_mod_count: String(Number(row.values['sys_mod_count'] ?? '0') + 1),
    ...Object.fromEntries(changed.map(([name, value]) => [name, text(value)])),
  };
  const table = changed.find(([name]) => name === 'sys_class_name')?.[1];
  const after = typeof table === 'string' ? store.reclassify({ ...row, values }, table) : store.put(row.table, values);
  store.wrote?.({ kind: 'update', row: after, before: row.values, at, by });
  return after;
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
