import type { Column } from './schema.js';
import { columnsOf, isA, TABLES } from './schema.js';
import { idOf, stamp, type Row, type Store } from './store.js';

/**
 * Encoded queries: `^` and, `^OR` or with the condition before, `^NQ` a further query, `ORDERBY`. A condition that the
 * platform cannot understand is dropped, and the rest runs.
 */
interface Condition { readonly path: string; readonly column: Column; readonly operator: string; readonly value: string }
export interface ParsedQuery {
  /** Any of these; each is a list of groups, all of which must hold; a group is a list of conditions, one of which must. */
  readonly alternatives: readonly (readonly (readonly Condition[])[])[];
  readonly order: readonly { readonly path: string; readonly descending: boolean }[];
  /** Texts of the conditions that were not understood. */
  readonly dropped: readonly string[];
  /** Columns in conditions, for the check of rights. */
  readonly fields: readonly string[];
}

const OPERATORS = ['INSTANCEOF', 'ISNOTEMPTY', 'STARTSWITH', 'ENDSWITH', 'ISEMPTY', 'BETWEEN', 'NOT IN', 'LIKE', 'IN', '!=', '>=', '<=', '=', '>', '<'] as const;
const CONDITION = new RegExp(`^([a-z_][a-z0-9_.]*)(${OPERATORS.join('|')})([^]*)$`);

export interface QueryContext { readonly store: Store; readonly table: string; /** Hours that the user's zone is ahead of UTC. */ readonly zoneHours: number }

export function parseQuery(text: string, context: QueryContext): ParsedQuery {
  const alternatives: Condition[][][] = [];
  const order: { path: string; descending: boolean }[] = [];
  const dropped: string[] = [];
  let groups: Condition[][] = [];
  let last: Condition[] | undefined;
  const close = (): void => { if (groups.some((group) => group.length > 0)) alternatives.push(groups.filter((group) => group.length > 0)); groups = []; last = undefined; };

  for (const [index, part] of text.split('^').entries()) {
    if (part === '') continue;
    const sort = /^ORDERBY(DESC)?([a-z][a-z0-9_.]*)$/.exec(part);
    if (sort !== null) {
      const path = sort[2] ?? '';
      if (context.store.walk(undefined, context.table, path) === undefined) dropped.push(part);
      else order.push({ path, descending: sort[1] !== undefined });
      continue;
    }
    let condition = part;
    let or = false;
    if (part.startsWith('NQ') && index > 0) { close(); condition = part.slice(2); }
    else if (part.startsWith('OR') && index > 0) { or = true; condition = part.slice(2); }
    const read = readCondition(condition, context);
    if (read === undefined) dropped.push(part);
    if (or && last !== undefined) { if (read !== undefined) last.push(read); continue; }
    last = read === undefined ? [] : [read];
    groups.push(last);
  }
  close();
  return { alternatives, order, dropped, fields: alternatives.flat(2).map(({ path }) => path) };
}

function readCondition(text: string, context: QueryContext): Condition | undefined {
  const [, path = '', operator = '', raw = ''] = CONDITION.exec(text) ?? [];
  const column = path === '' ? undefined : context.store.walk(undefined, context.table, path)?.column;
  if (column === undefined) return undefined;
  const values = operator === 'BETWEEN' ? raw.split('@') : operator === 'IN' || operator === 'NOT IN' ? raw.split(',') : [raw];
  if (operator === 'BETWEEN' && values.length !== 2) return undefined;
  if ((operator === 'ISEMPTY' || operator === 'ISNOTEMPTY') && raw !== '') return undefined;
  if (operator === 'INSTANCEOF' && (column.type !== 'sys_class_name' || !TABLES.has(raw))) return undefined;
  const read = operator.endsWith('LIKE') || operator.endsWith('WITH') || operator.endsWith('EMPTY') || operator === 'INSTANCEOF'
    ? values : values.map((value) => readValue(value, column, context.zoneHours));
  if (read.includes(undefined)) return undefined;
  return { path, column, operator, value: read.join(operator === 'BETWEEN' ? '@' : ',') };
}

/** The value as it compares, or undefined when it is none of the column's type. */
function readValue(value: string, column: Column, zoneHours: number): string | undefined {
  if (value === '') return '';
  switch (column.type) {
    case 'glide_date_time': case 'glide_date': {
      const script = /^javascript:gs\.dateGenerate\('(\d{4}-\d{2}-\d{2})','(\d{2}:\d{2}:\d{2})'\)$/.exec(value);
      if (script !== null) return stamp(Date.parse(`${script[1] ?? ''}T${script[2] ?? ''}Z`) - zoneHours * 3_600_000);
      if (!/^\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?$/.test(value)) return undefined;
      const full = value.length === 10 ? `${value} 00:00:00` : value;
      const time = Date.parse(`${full.replace(' ', 'T')}Z`);
      if (Number.isNaN(time) || stamp(time) !== full) return undefined;
      return column.type === 'glide_date' ? full.slice(0, 10) : full;
    }
    case 'integer': return /^-?\d+$/.test(value) ? value : undefined;
    case 'currency': return /^-?\d+(\.\d+)?$/.test(value) ? value : undefined;
    case 'boolean': return /^(true|false|1|0)$/.test(value) ? String(value === 'true' || value === '1') : undefined;
    default: return value;
  }
}

/** Text compares without regard to case, as the platform's database does. */
function compare(a: string, b: string, column: Column): number {
  if (column.type === 'integer' || column.type === 'currency') return Number(a) - Number(b);
  const [left, right] = [a.toLowerCase(), b.toLowerCase()];
  return left < right ? -1 : left > right ? 1 : 0;
}

function holds({ column, operator, value }: Condition, actual: string): boolean {
  const same = (other: string): boolean => (actual === '' || other === '' ? actual === other : compare(actual, other, column) === 0);
  const has = (test: (left: string, right: string) => boolean): boolean => test(actual.toLowerCase(), value.toLowerCase());
  switch (operator) {
    case '=': return same(value);
    // An empty value is "not equal" too: the platform adds OR NULL.
    case '!=': return !same(value);
    case 'IN': return value.split(',').some(same);
    case 'NOT IN': return !value.split(',').some(same);
    case 'LIKE': return has((left, right) => left.includes(right));
    case 'STARTSWITH': return has((left, right) => left.startsWith(right));
    case 'ENDSWITH': return has((left, right) => left.endsWith(right));
    case 'ISEMPTY': return actual === '';
    case 'ISNOTEMPTY': return actual !== '';
    case 'INSTANCEOF': return isA(actual, value);
    case 'BETWEEN': {
      const [from = '', to = ''] = value.split('@');
      return actual !== '' && compare(actual, from, column) >= 0 && compare(actual, to, column) <= 0;
    }
    default: {
      if (actual === '') return false;
      const order = compare(actual, value, column);
      return operator === '>' ? order > 0 : operator === '>=' ? order >= 0 : operator === '<' ? order < 0 : order <= 0;
    }
  }
}

const matches = (row: Row, query: ParsedQuery, context: QueryContext): boolean => query.alternatives.length === 0
  || query.alternatives.some((groups) => groups.every((group) => group.some((condition) => holds(condition, context.store.walk(row, context.table, condition.path)?.value ?? ''))));

export interface Selection {
  /** The rows from `offset` on, at most `limit`. */
  readonly rows: readonly Row[];
  /** Rows that the query finds in all; only counted when asked for. */
  readonly total: number;
  /** The row before the first one, in the query's order. */
  readonly previous?: Row | undefined;
}

/**
 * Without ORDERBY the order is that of a hash that `shuffle` changes: nothing is promised. A query by sys_id starts at the
 * row that `sys_id>` names, so that walking a large table is fast.
 */
export function select(
  query: ParsedQuery, context: QueryContext, by: { readonly offset: number; readonly limit: number; readonly count: boolean; readonly shuffle: number; readonly only?: ((row: Row) => boolean) | undefined },
): Selection {
  const rows = context.store.all(context.table);
  const wanted = (row: Row): boolean => (by.only === undefined || by.only(row)) && matches(row, query, context);
  const [first, ...others] = query.order;
  if (first?.path === 'sys_id' && !first.descending && others.length === 0) {
    const bound = query.alternatives.length === 1
      ? query.alternatives[0]?.find((group) => group.length === 1 && group[0]?.path === 'sys_id' && group[0].operator === '>')?.[0]?.value.toLowerCase() : undefined;
    const start = bound === undefined ? 0 : after(rows, bound);
    const page: Row[] = [];
    let total = 0;
    for (let at = start; at < rows.length && (by.count || page.length < by.limit); at += 1) {
      const row = rows[at];
      if (row === undefined || !wanted(row)) continue;
      if (total >= by.offset && page.length < by.limit) page.push(row);
      total += 1;
    }
    return { rows: page, total, previous: start > 0 ? rows[start - 1] : undefined };
  }
  const found = rows.filter(wanted);
  if (query.order.length === 0) found.sort((a, b) => shuffled(idOf(a), by.shuffle) - shuffled(idOf(b), by.shuffle));
  else found.sort((a, b) => {
    for (const { path, descending } of query.order) {
      const [left, right] = [context.store.walk(a, context.table, path), context.store.walk(b, context.table, path)];
      if (left === undefined || right === undefined) continue;
      const order = compare(left.value, right.value, left.column);
      if (order !== 0) return descending ? -order : order;
    }
    return shuffled(idOf(a), by.shuffle) - shuffled(idOf(b), by.shuffle);
  });
  return { rows: found.slice(by.offset, by.offset + by.limit), total: found.length, previous: by.offset > 0 ? found[by.offset - 1] : undefined };
}

/** Place of the first row whose sys_id is greater. */
function after(rows: readonly Row[], bound: string): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row !== undefined && idOf(row) <= bound) low = middle + 1; else high = middle;
  }
  return low;
}

const shuffled = (id: string, by: number): number => (Math.imul(parseInt(id.slice(0, 7), 16) + by * 7_919, 0x9e3779b1) >>> 0);

/** Names of a `sysparm_fields` list that the table has, and those that it has not. */
export function readFields(text: string | null, context: QueryContext): { readonly known: readonly string[]; readonly unknown: readonly string[] } {
  if (text === null || text === '') return { known: [...columnsOf(context.table).keys()], unknown: [] };
  const names = text.split(',');
  const known = names.filter((name) => context.store.walk(undefined, context.table, name) !== undefined);
  return { known: [...new Set(known)], unknown: names.filter((name) => !known.includes(name)) };
}
