import { field, integer, text, uuid } from '../../sdk/mapping/index.js';
import { arrayOf, BASE_FIELDS, CI_JOINS, cloudId, enrichCis, joined, mapCi } from '../ci.js';
import { isInvalidTable } from '../judge.js';
import type { ServiceNowClient } from '../session.js';
import { defineTableStream } from '../pass.js';
import { VM_COLUMNS } from '../push/columns.js';
import { writable } from '../push/index.js';
import { ciStages } from '../stages.js';
import { readByIds } from '../table.js';
import { isSysId, refId, type CiRaw, type Row, type VmwareRow } from '../types.js';

const VMWARE_FIELDS = ['sys_id', 'bios_uuid', 'vm_instance_uuid', 'vcenter_uuid', 'image_path', 'template'];
const RELATION_FIELDS = ['sys_id', 'parent', 'child', 'type', 'type.name'];

/** `state` of cmdb_ci_vm_instance; other words are absent rather than guessed. */
const POWER: Readonly<Record<string, string>> = { on: 'running', off: 'stopped', suspended: 'suspended', terminated: 'terminated' };

/** The relationship by which the guest's CI and the VM's CI are one machine. */
export const INSTANTIATES = 'Instantiates::Instantiated by';

/**
 * cmdb_ci_vm_instance and the classes below it. `object_id` is AWS's instance id, Azure's resource id or vSphere's managed
 * object; `vm_inst_id` is vSphere's instance UUID or Azure's vmId.
 * markdown/it-operations-management/itom-visibility/data-collected-vmware-cloud-disco.md, aws-virtual-server-pattern.md,
 * azure-vm-pattern.md. A VM's status speaks for itself: its CI is no hardware, so status and asset are kept in step.
 */
export const vms = writable(defineTableStream<CiRaw>({
  name: 'vms',
  table: 'cmdb_ci_vm_instance',
  fields: [...BASE_FIELDS, 'state', 'object_id', 'vm_inst_id', 'cpus', 'memory', 'disks', 'disks_size', 'nics'],
  joins: [...CI_JOINS, { table: 'cmdb_ci_vmware_instance', fields: VMWARE_FIELDS, optional: true }, { table: 'cmdb_rel_ci', fields: RELATION_FIELDS }],
  roles: 'cmdb_read, or itil',
  hasClasses: true,
  audited: true,
  incremental: 'partial',
  async enrich(client, rows) {
    const cis = await enrichCis(client, 'vms', rows, () => false);
    const ids = rows.map((row) => row['sys_id']).filter(isSysId);
    const vmware = await vmwareExtras(client, rows);
    const guests = await joined(client, 'vms', 'cmdb_rel_ci', RELATION_FIELDS, 'child', ids, `type.name=${INSTANTIATES}`);
    return cis.map((ci) => {
      const id = String(ci['sys_id']);
      const extras = vmware.get(id);
      const own = (guests.get(id) ?? []).filter((row) => row['type.name'] === INSTANTIATES).flatMap((row) => refId(row['parent']) ?? []).sort();
      return { ...ci, ...(extras && { vmware: extras }), ...(own.length > 0 && { guests: own }) };
    });
  },
  map(raw, context) {
    const cloud = cloudId(raw);
    const azure = cloud !== undefined && cloud.startsWith('/');
    const instanceId = uuid(raw['vm_inst_id']);
    const biosUuids = arrayOf(raw.serial_numbers).filter((row) => text(field(row, 'serial_number_type'))?.toLowerCase() === 'uuid' && text(field(row, 'valid')) !== 'false').map((row) => uuid(field(row, 'serial_number')));
    return mapCi(raw, context, {
      stream: 'vms',
      fallbackClass: 'virtual_machine',
      identifiers: {
        // the guest sees Azure's vmId as its BIOS UUID
        bios_uuid: [...biosUuids, uuid(field(raw.vmware, 'bios_uuid')), azure ? instanceId : undefined],
        instance_uuid: [uuid(field(raw.vmware, 'vm_instance_uuid')), cloud === undefined ? instanceId : undefined],
      },
      claims: {
        power_state: POWER[text(raw['state'])?.toLowerCase() ?? ''],
        cpu_count: integer(raw['cpus'], 1), memory_mb: integer(raw['memory'], 1), disk_gb: integer(raw['disks_size'], 1),
      },
      // the guest's CI, wherever it is kept
      externalRefs: arrayOf(raw.guests).filter(isSysId).map((guest) => `${context.source}/computers/${guest}`),
    });
  },
}), { columns: VM_COLUMNS, stages: ciStages, second: { field: 'operational_status' } });

async function vmwareExtras(client: ServiceNowClient, rows: readonly Row[]): Promise<Map<string, VmwareRow>> {
  const ids = rows.filter((row) => client.classes.path(row['sys_class_name']).includes('cmdb_ci_vmware_instance')).map((row) => row['sys_id']).filter(isSysId);
  if (ids.length === 0) return new Map();
  try {
    const extras = await readByIds(client, { table: 'cmdb_ci_vmware_instance', fields: VMWARE_FIELDS, stream: 'vms' }, 'sys_id', ids);
    return new Map(extras.map(({ sys_id, bios_uuid, vm_instance_uuid, vcenter_uuid }) => [String(sys_id), { bios_uuid, vm_instance_uuid, vcenter_uuid }]));
  } catch (error) {
    if (!isInvalidTable(error)) throw error;
    return new Map(); // an instance without the VMware classes has no such rows either
  }
}
