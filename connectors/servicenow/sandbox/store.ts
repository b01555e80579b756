import { columnsOf, descendants, isA, rootOf, TABLES, type Column } from './schema.js';

/** A row: raw values, all of them text, as the vendor gives them. `class` is its leaf table. */
export interface Row { readonly table: string; readonly values: Record<string, string> }

/** Dates are UTC without a zone. */
export function stamp(time: number): string {
  const known = stamps.get(time);
  if (known !== undefined) return known;
  const text = new Date(time).toISOString().slice(0, 19).replace('T', ' ');
  if (stamps.size > 50_000) stamps.clear();
  stamps.set(time, text);
  return text;
}
/** Rows share their times: writing one out is what a large instance spends its start on. */
const stamps = new Map<number, string>();
export const unstamp = (text: string): number => Date.parse(`${text.replace(' ', 'T')}Z`);

/** All rows, with the order by sys_id kept for keyset paging. */
export class Store {
  private readonly rows = new Map<string, Map<string, Row>>();
  private readonly sorted = new Map<string, readonly Row[]>();
  private made = 0;
  /** Told of each insert, update and delete once the instance is filled. */
  wrote: ((what: { readonly kind: 'create' | 'update' | 'delete'; readonly row: Row; readonly before: Readonly<Record<string, string>>; readonly at: number; readonly by: string }) => void) | undefined;

  constructor(private readonly newId: (count: number) => string) {
    for (const name of TABLES.keys()) this.rows.set(name, new Map());
  }

  nextId(): string { this.made += 1; return this.newId(this.made); }

  /** Rows of a table and of those below it, by sys_id. */
  all(table: string): readonly Row[] {
    const known = this.sorted.get(table);
    if (known !== undefined) return known;
    const list = descendants(table).flatMap((name) => [...(this.rows.get(name)?.values() ?? [])]);
    list.sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
    this.sorted.set(table, list);
    return list;
  }

  get(table: string, id: string): Row | undefined {
    for (const name of descendants(table)) {
      const row = this.rows.get(name)?.get(id);
      if (row !== undefined) return row;
    }
    return undefined;
  }

  /** Keeps `values` as they are: they belong to the store from now on. */
  put(table: string, values: Record<string, string>): Row {
    if (columnsOf(table).has('sys_class_name')) values['sys_class_name'] = table;
    const row: Row = { table, values };
    this.rows.get(table)?.set(idOf(row), row);
    this.forget(table);
    return row;
  }

  remove(row: Row): void {
    this.rows.get(row.table)?.delete(idOf(row));
    this.forget(row.table);
  }

  /** The class changes, the sys_id stays. */
  reclassify(row: Row, table: string): Row {
    if (rootOf(row.table) !== rootOf(table)) throw new RangeError(`${row.table} cannot become ${table}`);
    this.remove(row);
    return this.put(table, row.values);
  }

  private forget(table: string): void {
    for (const name of this.sorted.keys()) if (isA(table, name)) this.sorted.delete(name);
  }

  /**
   * The value at a dotted path from a row, with the column it ends in. `undefined`: no such path. Only the columns that
   * `seenAs` owns are seen.
   */
  walk(row: Row | undefined, seenAs: string, path: string): { readonly value: string; readonly column: Column } | undefined {
    const [head = '', ...rest] = path.split('.');
    const column = columnsOf(seenAs).get(head);
    if (column === undefined) return undefined;
    const value = row?.values[head] ?? '';
    if (rest.length === 0) return { value, column };
    if (column.reference === undefined) return undefined;
    return this.walk(value === '' ? undefined : this.get(column.reference, value), column.reference, rest.join('.'));
  }

  displayOf(table: string, id: string): string {
    const row = this.get(table, id);
    return row === undefined ? '' : row.values[TABLES.get(table)?.display ?? 'name'] ?? '';
  }
}

export const idOf = (row: Row): string => row.values['sys_id'] ?? '';
