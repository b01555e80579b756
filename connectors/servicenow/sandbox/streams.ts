import { isA } from './schema.js';

/** Tables behind the streams of the connector: those read, and the one in which a new record is made. */
export const STREAM_TABLES: Readonly<Record<string, { readonly read: readonly string[]; readonly insert: string }>> = {
  computers: { read: ['cmdb_ci_computer'], insert: 'cmdb_ci_linux_server' },
  network: { read: ['cmdb_ci_netgear'], insert: 'cmdb_ci_ip_switch' },
  vms: { read: ['cmdb_ci_vm_instance'], insert: 'cmdb_ci_vm_instance' },
  assets: { read: ['alm_hardware'], insert: 'alm_hardware' },
  relationships: { read: ['cmdb_rel_ci'], insert: 'cmdb_rel_ci' },
  software: { read: ['cmdb_sam_sw_install', 'cmdb_software_instance'], insert: 'cmdb_sam_sw_install' },
  companies: { read: ['core_company'], insert: 'core_company' },
  users: { read: ['sys_user'], insert: 'sys_user' },
  locations: { read: ['cmn_location'], insert: 'cmn_location' },
  models: { read: ['cmdb_model'], insert: 'cmdb_hardware_product_model' },
};

/** The stream that a table (or one above or below it) belongs to. */
export function streamOf(table: string): string | undefined {
  return Object.entries(STREAM_TABLES).find(([, { read }]) => read.some((name) => isA(table, name)))?.[0];
}
