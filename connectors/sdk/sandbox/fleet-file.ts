import type { SourceRole } from '../contract/index.js';
import type { Fleet } from './fleet-model.js';

/** One row of a spreadsheet; the columns are named as our attributes and identifier kinds, so that no mapping is needed. */
export interface FileRow { readonly id: string; readonly [column: string]: string | readonly string[] | undefined }

/**
 * What the systems of a role know, as an inventory tool would export it. `agent` and `discovery` tell what they measured,
 * `finance` what was bought; a stage is told by the service desk alone.
 */
export function* fileRows(fleet: Fleet, role: SourceRole): Iterable<FileRow> {
  const suppliers = new Map(fleet.companies.map(({ key, name }) => [key, name]));
  for (const sighting of fleet.sightings(role)) {
    const { asset } = sighting;
    const measured = role === 'agent' || role === 'discovery' || role === 'hypervisor';
    yield {
      id: sighting.id, class: asset.kind, name: sighting.name, serial_number: sighting.serial, bios_uuid: sighting.biosUuid, asset_tag: sighting.assetTag,
      fqdn: sighting.fqdn, mac_addresses: sighting.macs, ip_addresses: sighting.ips, manufacturer: sighting.manufacturer, model: sighting.model,
      ...(measured && { os_name: asset.os.name, os_version: asset.os.version, cpu_count: String(asset.cpuCount * asset.coresPerCpu), memory_mb: String(asset.memoryMb), disk_gb: String(asset.diskGb) }),
      ...(role === 'finance' && { purchase_date: asset.purchasedOn, purchase_order: asset.purchaseOrder, warranty_expires_on: asset.warrantyExpiresOn, vendor: suppliers.get(asset.supplier) }),
      ...(role === 'itsm' && { stage: sighting.stage }),
      modified_at: new Date(sighting.modifiedAt).toISOString(),
    };
  }
}

/** CSV by RFC 4180; the entries of a list are separated by `;`. Columns that no row fills are left out. */
export function toCsv(rows: Iterable<FileRow>): string {
  const list = [...rows].map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === 'string' ? value : (value ?? []).join(';')])));
  const columns = [...new Set(list.flatMap((row) => Object.keys(row)))].filter((name) => list.some((row) => (row[name] ?? '') !== ''));
  const cell = (text: string): string => (/[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [columns, ...list.map((row) => columns.map((name) => row[name] ?? ''))].map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}
