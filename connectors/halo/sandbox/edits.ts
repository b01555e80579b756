import type { Edits, RawFields, WriteDesk } from '../../sdk/sandbox/index.js';
import { edgesOf, setEdge } from './edges.js';
import { journal, patched } from './journal.js';
import type { Asset, Row } from './model.js';
import { NEEDS, RUNS_BELOW } from './seed.js';
import { renderAsset, type Store } from './store.js';
import type { Switches } from './switches.js';

/** Changes at the instance, as its people make them. Raw fields of an asset: columns, and the type's own fields by name. */
export function editsOf(store: Store, switches: Switches, desk: WriteDesk, now: () => number): Edits {
  let count = 0;
  const others: Readonly<Record<string, Map<number, Row>>> = { users: store.users, sites: store.sites, suppliers: store.suppliers };
  const assetOf = (id: string): Asset => {
    const asset = store.assets.get(Number(id));
    if (asset === undefined) throw new RangeError(`assets has no ${id}`);
    return asset;
  };
  const other = (stream: string, id: string): Row => {
    const row = others[stream]?.get(Number(id));
    if (row === undefined) throw new RangeError(`${stream} has no ${id}`);
    return row;
  };
  const change = (asset: Asset, patch: RawFields, at: number): void => {
    const before = store.assets.get(asset.id);
    journal(desk, { id: asset.id, before, after: store.put(patched(asset, patch, at)), at, by: 'person' });
  };
  const touchEnds = (ends: readonly Asset[], at: number): void => { if (switches.relationsTouch) for (const asset of ends) asset.modifiedAt = at; };

  /** An edge that is not there yet: below the first hypervisor, or, once all are, below one another. */
  const freshEdge = (): string => {
    const known = new Set(edgesOf(store).flatMap(({ from, to }) => [`${from}>${to}`, `${to}>${from}`]));
    for (const parent of store.all()) {
      for (const child of store.all()) if (child.id !== parent.id && !known.has(`${child.id}>${parent.id}`)) return `${child.id}>${parent.id}`;
    }
    throw new RangeError('everything is related to everything');
  };

  return {
    insert(stream, record = {}, at = now()) {
      count += 1;
      const number = String(count).padStart(6, '0');
      if (stream === 'relationships') {
        const id = freshEdge();
        touchEnds(setEdge(store, id, NEEDS), at);
        return id;
      }
      const table = others[stream];
      if (table !== undefined) {
        const id = Math.max(...table.keys()) + 1;
        table.set(id, { id, name: `New ${number}`, ...(stream === 'users' && { emailaddress: `new.${number}@example.com`, login: `new.${number}`, site_id: 1 }), inactive: false, ...record });
        return String(id);
      }
      if (stream !== 'assets') throw new RangeError(`no stream ${stream}`);
      const id = store.nextId();
      const blank: Asset = {
        id, listedFrom: 0, modifiedAt: at, fields: {}, customs: {}, parents: [], siblings: [],
        columns: { assettype_id: 11, inventory_number: `N${number}`, status_id: 1, inactive: false, site_id: 1, business_owner_id: 1, supplier_id: 501, warranty_end: '2029-01-01T00:00:00' },
      };
      change(blank, { 'Hostname': `new-${number}`, 'FQDN': `new-${number}.corp.example.com`, 'Serial Number': `NEW${number}`, 'Department': '1', ...record }, at);
      return String(id);
    },
    update(stream, id, patch, at = now()) {
      count += 1;
      if (stream === 'relationships') {
        const edge = edgesOf(store).find((one) => one.id === id);
        touchEnds(setEdge(store, id, edge?.relationship_id === RUNS_BELOW ? NEEDS : RUNS_BELOW), at);
      } else if (others[stream] !== undefined) others[stream].set(Number(id), { ...other(stream, id), ...(patch ?? { name: `Renamed ${count}` }) });
      else change(assetOf(id), patch ?? { 'OS Version': `99.${count}`, 'warranty_end': `20${30 + (count % 60)}-01-01T00:00:00` }, at);
    },
    touch(stream, id, at = now()) {
      if (stream === 'assets') assetOf(id).modifiedAt = at;
      else if (stream === 'relationships') for (const end of id.split(/[>=]/)) assetOf(end).modifiedAt = at;
    },
    remove(stream, id, at = now()) {
      if (stream === 'relationships') touchEnds(setEdge(store, id, undefined), at);
      else if (others[stream] !== undefined) others[stream].delete(other(stream, id).id);
      else {
        const before = assetOf(id);
        store.remove(before.id);
        journal(desk, { id: before.id, before, after: undefined, at, by: 'person' });
      }
    },
    // the vendor keeps no trace of any delete
    vanish(stream, id) { this.remove(stream, id); },
    read(stream, id) {
      if (stream === 'relationships') return edgesOf(store).find((edge) => edge.id === id) as RawFields | undefined;
      if (others[stream] !== undefined) return others[stream].get(Number(id));
      const asset = store.assets.get(Number(id));
      return asset && renderAsset(store, asset, { fields: true, icon: true, details: true, allowed: false });
    },
    ids(stream) {
      if (stream === 'relationships') return edgesOf(store).map(({ id }) => id);
      return (others[stream] === undefined ? store.all().map(({ id }) => id) : [...others[stream].keys()]).map(String);
    },
  };
}
