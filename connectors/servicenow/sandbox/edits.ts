import type { Edits, RawFields } from '../../sdk/sandbox/index.js';
import { filled } from './seed.js';
import { idOf, stamp, type Row, type Store } from './store.js';
import { STREAM_TABLES } from './streams.js';
import type { Switches } from './switches.js';
import { TABLES } from './schema.js';
import { synchronise } from './synchronise.js';
import { auditDelete, insertRow, updateRow } from './rows.js';

/** Who works at the instance besides the connector. */
const CLERK = 'abel.tuter';

/** Changes at the instance, as its users make them. */
export function editsOf(store: Store, switches: Switches, tables: ReadonlySet<string>, now: () => number, settle: (now: number) => void): Edits {
  let count = 0;
  const table = (stream: string): { readonly read: readonly string[]; readonly insert: string } => {
    const known = STREAM_TABLES[stream];
    if (known === undefined) throw new RangeError(`no stream ${stream}`);
    const read = known.read.filter((name) => tables.has(name) && (name !== 'cmdb_software_instance' || !switches.sam));
    return { read, insert: tables.has(known.insert) ? known.insert : read[0] ?? known.insert };
  };
  const find = (stream: string, id: string): Row => {
    const row = table(stream).read.map((name) => store.get(name, id)).find((found) => found !== undefined);
    if (row === undefined) throw new RangeError(`${stream} has no ${id}`);
    return row;
  };
  const fresh = (stream: string): RawFields => {
    count += 1;
    const number = String(count).padStart(6, '0');
    const any = (name: string, at = 0): string => { const row = store.all(name)[at]; return row === undefined ? '' : idOf(row); };
    switch (stream) {
      case 'computers': case 'network': return {
        name: `new-${number}`, fqdn: `new-${number}.corp.example.com`, serial_number: `NEW${number}`, asset_tag: `N${number}`, install_status: '1', operational_status: '1',
        model_id: any('cmdb_model'), manufacturer: any('core_company'), location: any('cmn_location'), assigned_to: any('sys_user'),
      };
      case 'vms': return { name: `new-${number}`, object_id: `i-0ffff${number.padStart(12, '0')}`, vm_inst_id: `i-0ffff${number.padStart(12, '0')}`, state: 'on', install_status: '1' };
      case 'assets': return { display_name: `N${number}`, asset_tag: `A${number}`, serial_number: `NEWA${number}`, install_status: '1', model: any('cmdb_model'), purchase_date: '2026-01-15' };
      case 'relationships': return { parent: any('cmdb_ci_server', count), child: any('cmdb_ci_netgear'), type: idOf(typeOf(store, 'Depends on::Used by')) };
      case 'software': return table(stream).insert === 'cmdb_sam_sw_install'
        ? { display_name: `New Tool ${number}`, publisher: 'Example', version: '1.0', installed_on: any('cmdb_ci_computer') }
        : { name: `New Tool ${number}`, installed_on: any('cmdb_ci_computer'), software: any('cmdb_ci_spkg') };
      case 'users': return { user_name: `new.${number}`, name: `New ${number}`, email: `new.${number}@example.com`, active: 'true' };
      default: return { name: `New ${number}` };
    }
  };
  /** A change that a mapping sees. */
  const change = (stream: string, row: Row): RawFields => {
    count += 1;
    switch (stream) {
      case 'computers': return { os_version: `99.${count}` };
      case 'network': return { warranty_expiration: `20${30 + (count % 60)}-01-01` };
      case 'vms': return { memory: String(1_000_000 + count) };
      case 'assets': return { po_number: `PO-9${count}`, warranty_expiration: `20${30 + (count % 60)}-01-01` };
      case 'relationships': {
        const [one, other] = [idOf(typeOf(store, 'Depends on::Used by')), idOf(typeOf(store, 'Hosted on::Hosts'))];
        return { type: row.values['type'] === one ? other : one };
      }
      case 'software': return row.table === 'cmdb_sam_sw_install' ? { version: `99.${count}` } : { installed_on: idOf(store.all('cmdb_ci_computer')[count] ?? row) };
      default: return { name: `Renamed ${count}` };
    }
  };
  return {
    insert(stream, record = {}, at = now()) {
      const { sys_class_name: given, ...fields } = { ...fresh(stream), ...record };
      const into = typeof given === 'string' && TABLES.has(given) ? given : table(stream).insert;
      return idOf(insertRow(store, into, fields, at, CLERK));
    },
    update(stream, id, patch, at = now()) {
      const row = find(stream, id);
      synchronise(store, row, updateRow(store, row, patch ?? change(stream, row), at, CLERK), at);
    },
    touch(stream, id, at = now()) {
      const row = find(stream, id);
      store.put(row.table, { ...row.values, sys_updated_on: stamp(at), sys_mod_count: String(Number(row.values['sys_mod_count'] ?? '0') + 1) });
    },
    remove(stream, id, at = now()) {
      const row = find(stream, id);
      store.remove(row);
      store.wrote?.({ kind: 'delete', row, before: row.values, at, by: CLERK });
      auditDelete(store, row, at, CLERK, switches.auditIgnored);
    },
    vanish: (stream, id) => { store.remove(find(stream, id)); },
    read(stream, id) {
      settle(now());
      const row = table(stream).read.map((name) => store.get(name, id)).find((found) => found !== undefined);
      return row === undefined ? undefined : filled(row.table, row.values);
    },
    ids: (stream) => table(stream).read.flatMap((name) => store.all(name).map(idOf)),
  };
}

function typeOf(store: Store, name: string): Row {
  const row = store.all('cmdb_rel_type').find(({ values }) => values['name'] === name);
  if (row === undefined) throw new RangeError(`no relationship type ${name}`);
  return row;
}
