import { PermissionError } from '../sdk/contract/index.js';
import type { Classes, ServiceNowClient } from './session.js';
import { chunks, readAll } from './table.js';
import { isName } from './types.js';

/** Child -> parent, of the base system (class-hardware.md of the CMDB documentation). What an instance adds is read from sys_db_object. */
export const BASE_CLASSES: Readonly<Record<string, string>> = {
  cmdb_ci_hardware: 'cmdb_ci',
  cmdb_ci_computer: 'cmdb_ci_hardware', cmdb_ci_server: 'cmdb_ci_computer',
  cmdb_ci_linux_server: 'cmdb_ci_server', cmdb_ci_win_server: 'cmdb_ci_server', cmdb_ci_unix_server: 'cmdb_ci_server',
  cmdb_ci_virtualization_server: 'cmdb_ci_server', cmdb_ci_esx_server: 'cmdb_ci_virtualization_server',
  cmdb_ci_netgear: 'cmdb_ci_hardware', cmdb_ci_ip_switch: 'cmdb_ci_netgear', cmdb_ci_ip_router: 'cmdb_ci_netgear', cmdb_ci_ip_firewall: 'cmdb_ci_netgear',
  cmdb_ci_vm_object: 'cmdb_ci', cmdb_ci_vm_instance: 'cmdb_ci_vm_object', cmdb_ci_vmware_instance: 'cmdb_ci_vm_instance',
  alm_hardware: 'alm_asset',
};

/** Vendor class -> ours; a class that is not listed takes that of its nearest ancestor. */
const ASSET_CLASS: Readonly<Record<string, string>> = {
  cmdb_ci_hardware: 'hardware', cmdb_ci_computer: 'computer', cmdb_ci_server: 'server', cmdb_ci_linux_server: 'server', cmdb_ci_win_server: 'server', cmdb_ci_unix_server: 'server',
  cmdb_ci_esx_server: 'hypervisor', cmdb_ci_netgear: 'network_device', cmdb_ci_vm_instance: 'virtual_machine', cmdb_ci_vmware_instance: 'virtual_machine',
};

/** Our class by a path of ancestors, nearest first; `fallback` where none is known. */
export function assetClass(path: readonly unknown[], fallback: string): string {
  for (const name of path) if (typeof name === 'string' && Object.hasOwn(ASSET_CLASS, name)) return ASSET_CLASS[name]!;
  return fallback;
}

/** What an instance's own tables are read again after. */
const KEPT_MS = 60 * 60_000;

/** The class tree of an instance: the base system's, and what sys_db_object adds where a class is met that is not in it. */
export class ClassTree implements Classes {
  private readonly parents = new Map<string, string>(Object.entries(BASE_CLASSES));
  private readonly loaded = new Map<string, { readonly at: number; readonly names: readonly string[] }>();

  /** From `name` up to the root, as far as known. */
  path(name: unknown): string[] {
    const path: string[] = [];
    for (let at = typeof name === 'string' ? name : undefined; at !== undefined && !path.includes(at); at = this.parents.get(at)) path.push(at);
    return path;
  }

  knows(name: unknown): boolean {
    return typeof name === 'string' && this.parents.has(name);
  }

  /** `root` and all classes below it. Level by level: a few calls an hour, whatever the number of classes. */
  async below(client: ServiceNowClient, root: string, stream: string): Promise<readonly string[]> {
    const kept = this.loaded.get(root);
    if (kept !== undefined && client.clock.now() - kept.at < KEPT_MS) return kept.names;
    const names = new Set([root]);
    for (const [child] of this.parents) if (this.path(child).includes(root)) names.add(child);
    try {
      for (let level = [root]; level.length > 0;) {
        const next: string[] = [];
        for (const chunk of chunks(level)) {
          const rows = await readAll(client, {
            table: 'sys_db_object', stream, fields: ['sys_id', 'name', 'super_class', 'super_class.name'], filter: `super_class.nameIN${chunk.join(',')}`,
          });
          for (const row of rows) {
            const { name } = row;
            const parent = row['super_class.name'];
            if (!isName(name) || !isName(parent) || !chunk.includes(parent) || this.path(parent).includes(name)) continue;
            this.parents.set(name, parent);
            names.add(name);
            next.push(name);
          }
        }
        level = next;
      }
    } catch (error) {
      if (!(error instanceof PermissionError)) throw error;
      client.log.warn('sys_db_object may not be read: classes of your own are taken for their table', { stream });
    }
    this.loaded.set(root, { at: client.clock.now(), names: [...names].sort() });
    return this.loaded.get(root)!.names;
  }
}
