import { integer, text } from '../../sdk/mapping/index.js';
import { BASE_FIELDS, CI_JOINS, enrichCis, hardwareSpeaksByAsset, mapCi } from '../ci.js';
import { defineTableStream } from '../pass.js';
import { COMPUTER_COLUMNS } from '../push/columns.js';
import { writable } from '../push/index.js';
import { ciStages } from '../stages.js';
import type { CiRaw } from '../types.js';

/**
 * cmdb_ci_computer and the classes below it: laptops, desktops, servers, ESX hosts. `ram` is in MB, `disk_space` in GB.
 * https://www.servicenow.com/docs/r/servicenow-platform/configuration-management-database-cmdb/class-hardware.html
 */
export const computers = writable(defineTableStream<CiRaw>({
  name: 'computers',
  table: 'cmdb_ci_computer',
  fields: [...BASE_FIELDS, 'hardware_status', 'hardware_substatus', 'os', 'os_version', 'ram', 'disk_space', 'cpu_count', 'cpu_core_count', 'host_name', 'virtual', 'object_id'],
  joins: CI_JOINS,
  roles: 'cmdb_read, or itil',
  hasClasses: true,
  audited: true,
  // serials and adapters are rows of their own: their changes do not touch the CI
  incremental: 'partial',
  enrich: (client, rows) => enrichCis(client, 'computers', rows, hardwareSpeaksByAsset(client)),
  map: (raw, context) => mapCi(raw, context, {
    stream: 'computers',
    fallbackClass: 'computer',
    identifiers: { hostname: raw['host_name'] },
    claims: {
      hostname: text(raw['host_name']), os_name: text(raw['os']), os_version: text(raw['os_version']),
      cpu_count: integer(raw['cpu_count'], 1), memory_mb: integer(raw['ram'], 1), disk_gb: integer(raw['disk_space'], 1),
    },
  }),
}), { columns: COMPUTER_COLUMNS, stages: ciStages, second: { field: 'operational_status' }, creates: ['computer', 'server', 'hypervisor'] });
