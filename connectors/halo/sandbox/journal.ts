import type { RawFields, WriteDesk, Written } from '../../sdk/sandbox/index.js';
import { CUSTOM_FIELDS, FIELDS, fieldId, type Asset } from './model.js';

/** An asset as flat raw fields: its columns, the type's own fields and custom ones by name. */
export const rawOf = (asset: Asset | undefined): RawFields => (asset === undefined ? {} : {
  ...asset.columns,
  ...Object.fromEntries(Object.entries(asset.fields).map(([id, value]) => [FIELDS.get(Number(id))?.name ?? id, value])),
  ...Object.fromEntries(Object.entries(asset.customs).map(([id, value]) => [CUSTOM_FIELDS.find((field) => String(field.id) === id)?.name ?? id, value])),
});

/** With some raw fields put to other values, as a person or a rule at the instance does. */
export function patched(asset: Asset, patch: RawFields, at: number): Asset {
  const isField = (name: string): boolean => FIELDS.has(fieldId(name));
  const columns = Object.entries(patch).filter(([name]) => !isField(name));
  const fields = Object.entries(patch).filter(([name]) => isField(name)).map(([name, value]) => [fieldId(name), String(value)] as const);
  return { ...asset, modifiedAt: at, columns: { ...asset.columns, ...Object.fromEntries(columns) }, fields: { ...asset.fields, ...Object.fromEntries(fields) } };
}

export function journal(desk: WriteDesk, what: { readonly id: number; readonly before: Asset | undefined; readonly after: Asset | undefined; readonly at: number; readonly by: Written['by'] }): void {
  const [before, after] = [rawOf(what.before), rawOf(what.after)];
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => before[name] !== after[name]);
  const kind = what.before === undefined ? 'create' : what.after === undefined ? 'delete' : 'update';
  desk.note({ kind, stream: 'assets', externalId: String(what.id), by: what.by, at: what.at, changed, before, after });
}
