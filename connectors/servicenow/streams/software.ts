import type { Mapping } from '../../sdk/contract/index.js';
import { day, instant, integer, mapped, rejected, skipped, text } from '../../sdk/mapping/index.js';
import { isInvalidTable } from '../judge.js';
import type { ServiceNowClient } from '../session.js';
import { defineTableStream } from '../pass.js';
import { getTable } from '../table.js';
import { isSysId, refId, type Row } from '../types.js';

const SAM = 'cmdb_sam_sw_install';
const PLAIN = 'cmdb_software_instance';

/** With Software Asset Management the installs are in another table, with other columns. Without it that table is a 400. */
export async function softwareTable(client: ServiceNowClient): Promise<string> {
  if (client.softwareTable === undefined) {
    try {
      await getTable(client, `/api/now/table/${SAM}`, { sysparm_limit: 1, sysparm_fields: 'sys_id', sysparm_no_count: 'true' }, 'software');
      client.softwareTable = SAM;
    } catch (error) {
      if (!isInvalidTable(error)) throw error;
      client.softwareTable = PLAIN;
    }
  }
  return client.softwareTable;
}

/** glide.db.audit.ignore.delete lists both tables: deletes show in a full scan only. */
export const software = defineTableStream<Row>({
  name: 'software',
  table: softwareTable,
  fields: (table) => (table === SAM
    ? ['sys_id', 'display_name', 'publisher', 'version', 'installed_on', 'discovery_model', 'install_date', 'sys_updated_on', 'sys_mod_count']
    : ['sys_id', 'name', 'installed_on', 'software', 'software.name', 'software.version', 'sys_updated_on', 'sys_mod_count']),
  joins: [],
  roles: 'cmdb_read, with Software Asset Management sam_user',
  hasClasses: false,
  audited: false,
  incremental: 'partial',
  after: ['computers', 'vms'],
  enrich: async (_client, rows) => rows,
  map: mapInstall,
});

function mapInstall(raw: Row): Mapping {
  const id = raw['sys_id'];
  if (!isSysId(id)) return rejected('no sys_id');
  const on = refId(raw['installed_on']);
  if (on === undefined) return skipped(id, 'installed on nothing');
  const product = text(raw['display_name']) ?? text(raw['software.name']) ?? text(raw['name']);
  if (product === undefined) return rejected('an installation without a name', id);
  const publisher = text(raw['publisher']);
  const productVersion = text(raw['version']) ?? text(raw['software.version']);
  const installedOn = day(raw['install_date']);
  const modifiedAt = instant(raw['sys_updated_on']);
  const version = integer(raw['sys_mod_count']);
  return mapped({
    kind: 'installation', externalId: id, on: { streams: ['computers', 'vms', 'network'], externalId: on }, product,
    ...(publisher !== undefined && { publisher }), ...(productVersion !== undefined && { productVersion }), ...(installedOn !== undefined && { installedOn }),
    ...(modifiedAt !== undefined && { modifiedAt }), ...(version !== undefined && { version }),
  });
}
