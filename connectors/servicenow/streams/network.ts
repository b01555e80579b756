import { BASE_FIELDS, CI_JOINS, enrichCis, hardwareSpeaksByAsset, mapCi } from '../ci.js';
import { defineTableStream } from '../pass.js';
import { CI_COLUMNS } from '../push/columns.js';
import { writable } from '../push/index.js';
import { ciStages } from '../stages.js';
import type { CiRaw } from '../types.js';

/** cmdb_ci_netgear and the classes below it: switches, routers, firewalls. */
export const network = writable(defineTableStream<CiRaw>({
  name: 'network',
  table: 'cmdb_ci_netgear',
  fields: [...BASE_FIELDS, 'hardware_status', 'hardware_substatus'],
  joins: CI_JOINS,
  roles: 'cmdb_read, or itil',
  hasClasses: true,
  audited: true,
  incremental: 'partial',
  enrich: (client, rows) => enrichCis(client, 'network', rows, hardwareSpeaksByAsset(client)),
  map: (raw, context) => mapCi(raw, context, { stream: 'network', fallbackClass: 'network_device' }),
}), { columns: CI_COLUMNS, stages: ciStages, second: { field: 'operational_status' }, creates: ['network_device'] });
