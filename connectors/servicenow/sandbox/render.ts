import type { Column } from './schema.js';
import { TABLES } from './schema.js';
import { stamp, unstamp, type Row, type Store } from './store.js';

export interface RenderBy {
  readonly fields: readonly string[];
  /** Table of the URL: its columns, its paths. */
  readonly table: string;
  readonly display: 'false' | 'true' | 'all';
  readonly withoutLinks: boolean;
  readonly origin: string;
  readonly zoneHours: number;
}

/** One row as `sysparm_fields`, `sysparm_display_value` and `sysparm_exclude_reference_link` want it. All scalars are text. */
export function render(store: Store, row: Row, by: RenderBy): Record<string, unknown> {
  return Object.fromEntries(by.fields.flatMap((path) => {
    const found = store.walk(row, by.table, path);
    return found === undefined ? [] : [[path, shape(store, row, path, found.value, found.column, by)]];
  }));
}

function shape(store: Store, row: Row, path: string, value: string, column: Column, by: RenderBy): unknown {
  const target = column.reference;
  const link = target === undefined || value === '' ? undefined : `${by.origin}/api/now/table/${target}/${value}`;
  if (by.display === 'false') {
    if (target === undefined || by.withoutLinks) return value;
    return link === undefined ? '' : { link, value };
  }
  const label = labelOf(store, row, path, value, column, by.zoneHours);
  if (by.display === 'true') {
    if (target === undefined || by.withoutLinks) return label;
    return link === undefined ? '' : { display_value: label, link };
  }
  return { display_value: label, ...(link !== undefined && !by.withoutLinks && { link }), value };
}

/** What the form shows: in the user's zone, format and language. */
function labelOf(store: Store, row: Row, path: string, value: string, column: Column, zoneHours: number): string {
  if (value === '') return '';
  switch (column.type) {
    case 'reference': return store.displayOf(column.reference ?? '', value);
    case 'glide_date_time': return stamp(unstamp(value) + zoneHours * 3_600_000);
    case 'sys_class_name': return TABLES.get(value)?.label ?? value;
    case 'currency': return `$${Number(value).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
    case 'integer': return Number(value).toLocaleString('en-US');
    case 'choice': return choiceLabel(store, row, path, value) ?? value;
    default: return value;
  }
}

function choiceLabel(store: Store, row: Row, path: string, value: string): string | undefined {
  if (path.includes('.')) return undefined;
  const tables = new Set<string>();
  for (let at: string | undefined = row.table; at !== undefined; at = TABLES.get(at)?.parent) tables.add(at);
  return store.all('sys_choice').find(({ values }) => tables.has(values['name'] ?? '') && values['element'] === path && values['value'] === value)?.values['label'];
}
