import { CUSTOM_FIELDS, FIELDS, STATUSES, TYPES, type Asset, type AssetType, type Row } from './model.js';

/** UTC, seven decimals, as the product writes the times that it keeps itself. */
export const stamp = (at: number): string => `${new Date(at).toISOString().slice(0, -1)}0000Z`;
/** An unset date. Which of the two is met depends on the column. */
export const UNSET = '0001-01-01T00:00:00';
export const UNSET_OLD = '1900-01-01T00:00:00';

/** All that the instance holds. */
export class Store {
  readonly assets = new Map<number, Asset>();
  readonly users = new Map<number, Row>();
  readonly sites = new Map<number, Row>();
  readonly suppliers = new Map<number, Row>();
  /** Code -> text of the list of departments. */
  readonly departments = new Map<string, string>();
  private last = 2_000;
  private sorted: readonly Asset[] | undefined;

  nextId(): number { this.last += 1; return this.last; }

  put(asset: Asset): Asset {
    this.assets.set(asset.id, asset);
    this.sorted = undefined;
    return asset;
  }

  /** For good: no trace stays. What pointed at it no longer does. */
  remove(id: number): void {
    this.assets.delete(id);
    this.sorted = undefined;
    for (const asset of this.assets.values()) {
      if (asset.parents.some((relation) => relation.id === id)) asset.parents = asset.parents.filter((relation) => relation.id !== id);
      if (asset.siblings.some((relation) => relation.id === id)) asset.siblings = asset.siblings.filter((relation) => relation.id !== id);
    }
  }

  /** By id. */
  all(): readonly Asset[] {
    this.sorted ??= [...this.assets.values()].sort((a, b) => a.id - b.id);
    return this.sorted;
  }

  typeOf(asset: Asset): AssetType {
    const type = TYPES.find(({ id }) => id === asset.columns['assettype_id']);
    if (type === undefined) throw new RangeError(`asset ${asset.id} is of no type`);
    return type;
  }

  children(id: number): { id: number; relationship_id: number }[] {
    return this.all().flatMap((asset) => asset.parents.filter((relation) => relation.id === id).map(({ relationship_id }) => ({ id: asset.id, relationship_id })));
  }
}

const statusName = (id: unknown): string => STATUSES.find((status) => status.id === id)?.name ?? '';
const nameIn = (table: ReadonlyMap<number, Row>, id: unknown): string => String(table.get(Number(id))?.['name'] ?? '');
/** What people see of a field. */
const displayOf = (store: Store, id: number, value: string): string => (FIELDS.get(id)?.lookup === 0 ? value : store.departments.get(value) ?? value);

export interface RenderBy { readonly fields: boolean; readonly icon: boolean; readonly details: boolean; readonly allowed: boolean }

/** One asset as lists give it; with `details` as a single read does. */
export function renderAsset(store: Store, asset: Asset, by: RenderBy): Row {
  const type = store.typeOf(asset);
  const { columns } = asset;
  const key = (nth: number): string => { const id = type.keys[nth] ?? 0; return displayOf(store, id, asset.fields[id] ?? ''); };
  return {
    id: asset.id, inventory_number: '', key_field: key(0), key_field2: key(1), key_field3: key(2), client_id: 12, client_name: 'Internal IT', ...columns,
    site_name: nameIn(store.sites, columns['site_id']), business_owner_name: nameIn(store.users, columns['business_owner_id']),
    username: String(store.users.get(Number(columns['business_owner_id']))?.['login'] ?? ''), assettype_name: type.name,
    status_name: statusName(columns['status_id']), supplier_name: nameIn(store.suppliers, columns['supplier_id']),
    contract_id: 0, contract_ref: '', third_party_id: 0, criticality: 0, open_ticket_count: asset.id % 3, colour: '#3a8bbb',
    ...(by.icon && { icon: 'fal fa-server' }),
    ...(by.fields && { fields: type.fields.map((id) => fieldOf(store, type, id, asset.fields[id] ?? '')), customfields: CUSTOM_FIELDS.map((field) => ({ ...field, value: asset.customs[field.id] ?? '', display: asset.customs[field.id] ?? '' })) }),
    ...(by.details && detailsOf(store, asset)),
    ...(by.allowed && { allowed_status: statusesOf(type) }),
  };
}

function fieldOf(store: Store, type: AssetType, id: number, value: string): Record<string, unknown> {
  const field = FIELDS.get(id);
  return { id, name: field?.name, value, display: displayOf(store, id, value), mandatory: false, lookup: field?.lookup, typeinfo_id: type.id * 1_000 + id };
}

function detailsOf(store: Store, asset: Asset): Record<string, unknown> {
  const owner = store.users.get(Number(asset.columns['business_owner_id']));
  return {
    last_modified: stamp(asset.modifiedAt), dlastupdate: stamp(asset.modifiedAt), users: owner === undefined ? [] : [owner], software: [], contracts: [], licences: [], notes: '',
    parent_assets: asset.parents, child_assets: store.children(asset.id), sibling_assets: asset.siblings,
  };
}

export const statusesOf = (type: AssetType): { id: number; name: string }[] =>
  STATUSES.filter(({ id }) => type.allowedStatuses === undefined || type.allowedStatuses.includes(id)).map(({ id, name }) => ({ id, name }));

export function renderType(type: AssetType, details: boolean): Row {
  const keys = Object.fromEntries(type.keys.flatMap((id, nth) => { const name = `keyfield${nth === 0 ? '' : nth + 1}`; return [[`${name}_id`, id], [`${name}_name`, FIELDS.get(id)?.name]]; }));
  return {
    id: type.id, name: type.name, assetgroup_id: 1, assetgroup_name: type.group, ...keys,
    ...(details && {
      fields: type.fields.map((id) => ({ ...FIELDS.get(id), typeinfo_id: type.id * 1_000 + id, mandatory: false })),
      allowed_status: statusesOf(type), allowall_status: type.allowedStatuses === undefined,
    }),
  };
}
