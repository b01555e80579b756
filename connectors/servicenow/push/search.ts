import { ProtocolError, type FoundRecord, type NewRecord } from '../../sdk/contract/index.js';
import { text, uuid } from '../../sdk/mapping/index.js';
import type { ServiceNowClient } from '../session.js';
import { readByIds, readPage } from '../table.js';
import { isName, isSysId, refId, type Row } from '../types.js';
import type { Target } from './write.js';

/** More rows with one reference or one serial number are no match but a mess: the first of them show it. */
const MOST = 20;
/** What ends a condition or an entry of a list cannot be asked for. */
const isAskable = (value: string): boolean => !/[\^,]/.test(value);

/** CIs that carry our asset id, then those that hold one of its serial numbers or UUIDs. Rows marked as duplicates are none. */
export async function search(client: ServiceNowClient, target: Target, wanted: NewRecord): Promise<FoundRecord[]> {
  const found = new Map<string, FoundRecord>();
  if (isName(wanted.reference) && isAskable(wanted.assetId)) {
    for (const row of await rowsWith(client, target, wanted.reference, wanted.assetId)) {
      add(found, row, { by: 'reference', match: `${wanted.reference} ${wanted.assetId}` });
    }
  }
  const serials = valuesOf(wanted, 'serial', text);
  // Asked for as they were read somewhere and as they are mostly written; what comes back is compared by what it says.
  const uuids = valuesOf(wanted, 'bios_uuid', uuid);
  const spelled = valuesOf(wanted, 'bios_uuid', text);
  for (const serial of serials) for (const row of await rowsWith(client, target, 'serial_number', serial)) add(found, row, { by: 'identifier', match: `serial ${serial}` });
  const numbers = [...new Set([...serials, ...uuids, ...spelled, ...uuids.map((each) => each.toUpperCase())])];
  if (numbers.length > 0) {
    const holders = await readByIds(client, { table: 'cmdb_serial_number', stream: target.stream, fields: ['sys_id', 'cmdb_ci', 'serial_number', 'serial_number_type', 'valid'], also: 'valid=true' }, 'serial_number', numbers);
    const matches = new Map<string, string>();
    for (const row of holders) {
      const ci = refId(row['cmdb_ci']);
      const number = String(row['serial_number']);
      const type = text(row['serial_number_type'])?.toLowerCase();
      if (ci === undefined || row['valid'] !== 'true' || found.has(ci)) continue;
      if (type === 'uuid' ? uuids.includes(uuid(number) ?? '') : type === 'system' && serials.includes(number)) matches.set(ci, `${type === 'uuid' ? 'bios_uuid' : 'serial'} ${number}`);
    }
    if (matches.size > 0) {
      // of another stream's table: not one of these records
      for (const row of await readByIds(client, { table: target.table, stream: target.stream, fields: ['sys_id', 'duplicate_of'] }, 'sys_id', [...matches.keys()])) {
        add(found, row, { by: 'identifier', match: matches.get(String(row['sys_id']))! });
      }
    }
  }
  return [...found.values()];
}

function add(found: Map<string, FoundRecord>, row: Row, how: Omit<FoundRecord, 'externalId'>): void {
  const id = row['sys_id'];
  if (isSysId(id) && refId(row['duplicate_of']) === undefined && !found.has(id)) found.set(id, { externalId: id, ...how });
}

/** Rows of which the column says exactly this. A dropped condition would give any rows: none that fits among some is no answer. */
async function rowsWith(client: ServiceNowClient, target: Target, column: string, value: string): Promise<readonly Row[]> {
  const { rows } = await readPage(client, { table: target.table, stream: target.stream, filter: `${column}=${value}`, fields: ['sys_id', column, 'duplicate_of'] }, { limit: MOST }, false);
  if (rows.length > 0 && !rows.some((row) => Object.hasOwn(row, column) && text(row[column])?.toLowerCase() === value.toLowerCase())) {
    throw new ProtocolError(`${client.source.name} ${target.stream}: ${target.table} was asked for ${column} and gave other rows: the condition was dropped`, undefined, {
      hint: `Check that ${target.table} has the column ${column} and that this user may read it.` });
  }
  return rows.filter((row) => text(row[column]) === value);
}

function valuesOf(wanted: NewRecord, kind: string, read: (value: unknown) => string | undefined): string[] {
  return [...new Set(wanted.identifiers.flatMap((one) => (one.kind === kind ? read(one.value) ?? [] : [])))].filter(isAskable);
}
