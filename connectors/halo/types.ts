import { field, text } from '../sdk/mapping/index.js';

/** A row as the API sends it. Hostile until read by a mapper. */
export type Row = { readonly [column: string]: unknown };

/** One asset, as a mapping in the configuration sees it: its row without what is noise, and what was resolved for it. */
export interface AssetRaw extends Row {
  /** `{id, name, keys}`: keys are the names of the three fields that `key_field`, `key_field2` and `key_field3` show. */
  readonly type?: unknown;
  /** `{id, name}`, the name as lookup 61 of this instance has it. */
  readonly status?: unknown;
  /** `{id, name, email, login}` of the business owner. */
  readonly owner?: unknown;
}

/** One relation, seen from the asset below its parent, or from the sibling with the lower id. */
export interface RelationRaw extends Row {
  readonly from?: unknown;
  readonly to?: unknown;
  readonly side?: unknown;
  readonly relationship_id?: unknown;
}

/** Ids come as numbers, as text, and as `2.0`; unset ones are 0 or -1. */
export function idOf(value: unknown): number | undefined {
  const plain = text(value);
  if (plain === undefined || !/^\d{1,15}(\.0+)?$/.test(plain)) return undefined;
  const id = Number(plain);
  return Number.isSafeInteger(id) && id > 0 ? id : undefined;
}

export const rowId = (row: unknown): number | undefined => idOf(field(row, 'id'));
export const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);
export const rowsOf = (value: unknown): readonly Row[] => (Array.isArray(value) ? value.filter(isRow) : []);
export const nameOf = (value: unknown): string | undefined => text(field(value, 'name'));
