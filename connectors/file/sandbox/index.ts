import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFleet } from '../../sdk/sandbox/fleet.js';
import type { FleetSighting } from '../../sdk/sandbox/fleet-model.js';
import { machineClock } from '../../sdk/sandbox/server.js';
import type { ExpectedFacts, RawFields, Sandbox, SandboxModule, SandboxOptions } from '../../sdk/sandbox/types.js';

/** What stands in for a vendor here: a folder of three files that a finance department might keep, one a format. */
type Row = Record<string, unknown>;

const iso = (at: number): string => new Date(at).toISOString();
const FILES = ['hardware.csv', 'inventory.json', 'laptops.ndjson'] as const;
const CLASSES: Readonly<Record<string, string>> = { server: 'server', computer: 'computer', network_device: 'network_device', hypervisor: 'hypervisor', virtual_machine: 'virtual_machine', volume: 'volume' };

export async function start(options: SandboxOptions = {}): Promise<Sandbox> {
  const clock = options.clock ?? machineClock;
  const fleet = options.fleet ?? createFleet();
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-files-'));
  const rows = new Map<string, { readonly file: string; readonly sighting?: FleetSighting; row: Row }>();
  let made = 0;

  [...fleet.sightings('itsm')].forEach((sighting, index) => rows.set(sighting.id, { file: FILES[index % FILES.length]!, sighting, row: rowOf(sighting) }));
  const write = (): void => {
    for (const file of FILES) {
      const inside = [...rows.values()].filter((entry) => entry.file === file).map((entry) => entry.row);
      // replaced as a whole, as a good exporter does: a reader sees the old list or the new one
      writeFileSync(join(folder, `.${file}.part`), textOf(file, inside));
      renameSync(join(folder, `.${file}.part`), join(folder, file));
    }
  };
  write();
  const entryOf = (id: string) => {
    const entry = rows.get(id);
    if (entry === undefined) throw new RangeError(`records has no ${id}`);
    return entry;
  };
  return {
    name: 'file', url: '', streams: ['records'], authMethods: [], auth: () => ({ method: 'none' }),
    sourceConfig: (overrides = {}) => ({ name: 'file-sandbox', connector: 'file', role: 'itsm', auth: { method: 'none' }, streams: ['records'], options: { path: '.' }, folder, ...overrides }),
    yaml: (name, extra = []) => [`${name}:`, '  connector: file', `  options: { path: ${JSON.stringify(folder)} }`, ...extra.map((line) => `  ${line}`)].map((line) => `  ${line}\n`).join(''),
    env: () => ({}), secrets: () => [], requests: () => [], clearRequests: () => undefined,
    // a folder has no wire: what it can do wrong is tried file by file
    faults: { supported: [], inject: (fault) => { throw new RangeError(`files cannot show ${fault.kind}`); }, clear: () => undefined },
    truth: (stream) => new Map(stream === 'records' ? [...rows].map(([id, { row }]) => [id, factsOf(row)]) : []),
    edit: {
      insert(_stream, record = {}, at = clock.now()) {
        made += 1;
        const id = typeof record['id'] === 'string' ? record['id'] : `made-${made}`;
        rows.set(id, { file: FILES[made % FILES.length]!, row: { id, class: 'server', name: `made-${made}`, serial_number: `MADE${made}X`, modified_at: iso(at), ...record } });
        write();
        return id;
      },
      update(_stream, id, patch = { location: `Room ${(made += 1)}` }, at = clock.now()) { const entry = entryOf(id); entry.row = { ...entry.row, ...patch, modified_at: iso(at) }; write(); },
      touch(_stream, id, at = clock.now()) { const entry = entryOf(id); entry.row = { ...entry.row, modified_at: iso(at) }; write(); },
      remove(_stream, id) { entryOf(id); rows.delete(id); write(); },
      vanish(_stream, id) { entryOf(id); rows.delete(id); write(); },
      read: (_stream, id): RawFields | undefined => rows.get(id)?.row,
      ids: () => [...rows.keys()],
    },
    setLimits: () => undefined, setClockSkew: () => undefined,
    close: async () => { rmSync(folder, { recursive: true, force: true }); },
  };

  function rowOf(sighting: FleetSighting): Row {
    const { asset } = sighting;
    const named = (list: readonly { readonly key: string; readonly name: string }[], key: string): string => list.find((entry) => entry.key === key)?.name ?? '';
    return {
      id: sighting.id, class: CLASSES[asset.kind], stage: sighting.stage, name: sighting.name, serial_number: sighting.serial, asset_tag: sighting.assetTag, manufacturer: sighting.manufacturer, model: sighting.model,
      fqdn: sighting.fqdn, mac_addresses: sighting.macs, bios_uuid: sighting.biosUuid, location: named(fleet.locations, asset.location), department: named(fleet.departments, asset.department),
      owner: fleet.people.find((person) => person.key === asset.owner)?.email, cost: asset.costMinor, currency: asset.currency, purchase_date: asset.purchasedOn,
      warranty_expires_on: asset.warrantyExpiresOn, purchase_order: asset.purchaseOrder, modified_at: iso(sighting.modifiedAt), 'Cost centre': 'not ours',
    };
  }
}

function factsOf(row: Row): ExpectedFacts {
  const text = (name: string): Record<string, string> => (typeof row[name] === 'string' && row[name] !== '' ? { [name]: row[name] as string } : {});
  return {
    kind: 'asset', assetClass: String(row['class']), modifiedAt: Date.parse(String(row['modified_at'])),
    ...(row['stage'] !== undefined && { stage: row['stage'] as NonNullable<ExpectedFacts['stage']> }),
    claims: { ...text('name'), ...text('serial_number'), ...text('asset_tag'), ...text('manufacturer'), ...text('model'), ...text('location'), ...text('owner'), ...text('purchase_date'), ...(typeof row['cost'] === 'number' && { cost: row['cost'] }) },
    identifiers: [...(typeof row['serial_number'] === 'string' ? [{ kind: 'serial' as const, value: row['serial_number'] }] : []), ...((row['mac_addresses'] as string[] | undefined) ?? []).map((value) => ({ kind: 'mac' as const, value }))],
  };
}

function textOf(file: string, rows: readonly Row[]): string {
  if (file.endsWith('.json')) return `${JSON.stringify(rows, null, 1)}\n`;
  if (file.endsWith('.ndjson')) return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const columns = ['ID', ...new Set(rows.flatMap((row) => Object.keys(row)).filter((name) => name !== 'id'))];
  const cell = (value: unknown): string => {
    const plain = Array.isArray(value) ? value.join(';') : value === undefined || value === null ? '' : String(value);
    return /[",\r\n]/.test(plain) ? `"${plain.replace(/"/g, '""')}"` : plain;
  };
  return [columns, ...rows.map((row) => columns.map((name) => cell(row[name === 'ID' ? 'id' : name])))].map((cells) => `${cells.join(',')}\r\n`).join('');
}

export const sandbox: SandboxModule = { name: 'file', start };
