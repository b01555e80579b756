/**
 * The tables that the sandbox has, with the columns that the vendor's tables own, as far as a connector may ask for them.
 * A query on a parent table gives only the parent's columns; https://www.servicenow.com/docs/r/api-reference/rest-apis/c_TableAPI.html
 */
export type ColumnType = 'string' | 'integer' | 'boolean' | 'GUID' | 'glide_date_time' | 'glide_date' | 'currency' | 'reference' | 'choice' | 'sys_class_name';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Table to which a reference points. */
  readonly reference?: string;
}

export interface Table {
  readonly name: string;
  readonly label: string;
  readonly parent?: string;
  readonly own: readonly Column[];
  /** Column that stands for a row when it is referred to. */
  readonly display: string;
}

/** `a, b:type, c>table`: a column is text unless said. */
function columns(text: string): Column[] {
  return text.split(/[\s,]+/).filter((word) => word !== '').map((word) => {
    const [, name = '', type, reference] = /^([a-z0-9_]+)(?::([A-Za-z_]+))?(?:>([a-z_]+))?$/.exec(word) ?? [];
    if (name === '') throw new RangeError(`no column: ${word}`);
    return { name, type: reference !== undefined ? 'reference' : (type ?? 'string') as ColumnType, ...(reference !== undefined && { reference }) };
  });
}

const SYS = columns('sys_id:GUID sys_created_on:glide_date_time sys_created_by sys_updated_on:glide_date_time sys_updated_by sys_mod_count:integer');
const CLASS = columns('sys_class_name:sys_class_name');

const CI = columns(`name asset>alm_asset asset_tag serial_number model_id>cmdb_model manufacturer>core_company install_status:choice operational_status:choice
  life_cycle_stage:choice life_cycle_stage_status:choice ip_address mac_address fqdn location>cmn_location department>cmn_department assigned_to>sys_user
  owned_by>sys_user managed_by>sys_user purchase_date:glide_date warranty_expiration:glide_date cost:currency cost_cc discovery_source:choice
  last_discovered:glide_date_time correlation_id duplicate_of>cmdb_ci`);
const ASSET = columns(`display_name asset_tag serial_number ci>cmdb_ci model>cmdb_model model_category>cmdb_model_category install_status:choice substatus:choice
  old_status old_substatus life_cycle_stage:choice life_cycle_stage_status:choice assigned_to>sys_user owned_by>sys_user department>cmn_department location>cmn_location
  company>core_company vendor>core_company cost:currency purchase_date:glide_date warranty_expiration:glide_date install_date:glide_date_time po_number
  retired:glide_date skip_sync:boolean`);

interface Definition { readonly parent?: string; readonly label: string; readonly columns?: string | readonly Column[]; readonly display?: string }

const DEFINITIONS: Readonly<Record<string, Definition>> = {
  cmdb_ci: { label: 'Configuration Item', columns: [...CLASS, ...CI] },
  cmdb_ci_hardware: { parent: 'cmdb_ci', label: 'Hardware', columns: 'hardware_status:choice hardware_substatus:choice' },
  cmdb_ci_computer: {
    parent: 'cmdb_ci_hardware', label: 'Computer',
    columns: 'os os_version ram:integer disk_space:integer cpu_count:integer cpu_core_count:integer host_name virtual:boolean object_id',
  },
  cmdb_ci_server: { parent: 'cmdb_ci_computer', label: 'Server' },
  cmdb_ci_linux_server: { parent: 'cmdb_ci_server', label: 'Linux Server' },
  cmdb_ci_win_server: { parent: 'cmdb_ci_server', label: 'Windows Server' },
  cmdb_ci_unix_server: { parent: 'cmdb_ci_server', label: 'UNIX Server' },
  cmdb_ci_virtualization_server: { parent: 'cmdb_ci_server', label: 'Virtualization Server' },
  cmdb_ci_esx_server: { parent: 'cmdb_ci_virtualization_server', label: 'ESX Server' },
  cmdb_ci_netgear: { parent: 'cmdb_ci_hardware', label: 'Network Gear' },
  cmdb_ci_ip_switch: { parent: 'cmdb_ci_netgear', label: 'IP Switch' },
  cmdb_ci_ip_router: { parent: 'cmdb_ci_netgear', label: 'IP Router' },
  cmdb_ci_ip_firewall: { parent: 'cmdb_ci_netgear', label: 'IP Firewall' },
  cmdb_ci_vm_object: { parent: 'cmdb_ci', label: 'Virtual Machine Object', columns: 'object_id' },
  cmdb_ci_vm_instance: {
    parent: 'cmdb_ci_vm_object', label: 'Virtual Machine Instance',
    columns: 'state vm_inst_id cpus:integer memory:integer disks:integer disks_size:integer nics:integer',
  },
  cmdb_ci_vmware_instance: {
    parent: 'cmdb_ci_vm_instance', label: 'VMware Virtual Machine Instance', columns: 'bios_uuid vm_instance_uuid vcenter_uuid image_path template:boolean',
  },
  cmdb_ci_network_adapter: { parent: 'cmdb_ci', label: 'Network Adapter', columns: 'cmdb_ci>cmdb_ci' },
  cmdb_ci_spkg: { parent: 'cmdb_ci', label: 'Software', columns: 'version' },
  cmdb_ci_appl: { parent: 'cmdb_ci', label: 'Application' },
  cmdb_serial_number: { label: 'Serial Number', columns: 'serial_number serial_number_type:choice valid:boolean cmdb_ci>cmdb_ci', display: 'serial_number' },
  cmdb_rel_type: { label: 'CI Relationship Type', columns: 'name' },
  cmdb_rel_ci: { label: 'CI Relationship', columns: 'parent>cmdb_ci child>cmdb_ci type>cmdb_rel_type', display: 'sys_id' },
  cmdb_model: { label: 'Product Model', columns: [...CLASS, ...columns('name display_name model_number manufacturer>core_company')], display: 'display_name' },
  cmdb_hardware_product_model: { parent: 'cmdb_model', label: 'Hardware Model' },
  cmdb_software_product_model: { parent: 'cmdb_model', label: 'Software Model' },
  cmdb_model_category: { label: 'Model Category', columns: 'name' },
  cmdb_sam_sw_install: {
    label: 'Software Installation', display: 'display_name',
    columns: 'display_name publisher version installed_on>cmdb_ci discovery_model>cmdb_software_product_model install_date:glide_date_time',
  },
  cmdb_software_instance: { label: 'Software Instance', columns: 'name installed_on>cmdb_ci software>cmdb_ci_spkg' },
  alm_asset: { label: 'Asset', columns: [...CLASS, ...ASSET], display: 'display_name' },
  alm_hardware: { parent: 'alm_asset', label: 'Hardware' },
  alm_license: { parent: 'alm_asset', label: 'Software License', columns: 'rights:integer' },
  alm_consumable: { parent: 'alm_asset', label: 'Consumable' },
  alm_asset_ci_state_mapping: {
    label: 'Asset CI State Mapping', display: 'asset_state', columns: 'asset_state asset_substate configuration_item_status synch_direction:choice active:boolean',
  },
  ast_contract: {
    label: 'Contract', display: 'number',
    columns: 'number vendor_contract short_description vendor>core_company starts:glide_date ends:glide_date state:choice substate:choice',
  },
  clm_m2m_contract_asset: { label: 'Covered Asset', columns: 'contract>ast_contract asset>alm_asset added:glide_date_time removed:glide_date_time', display: 'sys_id' },
  core_company: { label: 'Company', columns: 'name manufacturer:boolean vendor:boolean' },
  sys_user: { label: 'User', columns: 'user_name email name active:boolean' },
  cmn_location: { label: 'Location', columns: 'name city country' },
  cmn_department: { label: 'Department', columns: 'name' },
  sys_audit_delete: { label: 'Audit Deleted Record', columns: 'tablename documentkey display_value payload', display: 'display_value' },
  sys_choice: { label: 'Choice', columns: 'name element value label dependent_value inactive:boolean language sequence:integer', display: 'label' },
  sys_db_object: { label: 'Table', columns: 'name label super_class>sys_db_object', display: 'label' },
  sys_dictionary: { label: 'Dictionary Entry', columns: 'name element internal_type column_label reference read_only:boolean', display: 'element' },
};

export const TABLES: ReadonlyMap<string, Table> = new Map(Object.entries(DEFINITIONS).map(([name, one]) => [name, {
  name, label: one.label, ...(one.parent !== undefined && { parent: one.parent }), display: one.display ?? 'name',
  own: [...(one.parent === undefined ? SYS : []), ...(typeof one.columns === 'string' ? columns(one.columns) : one.columns ?? [])],
}]));

const kept = new Map<string, ReadonlyMap<string, Column>>();
/** Own and inherited columns, by name. */
export function columnsOf(table: string): ReadonlyMap<string, Column> {
  const known = kept.get(table);
  if (known !== undefined) return known;
  const found = TABLES.get(table);
  const all = new Map([...(found?.parent === undefined ? [] : columnsOf(found.parent)), ...(found?.own ?? []).map((column) => [column.name, column] as const)]);
  kept.set(table, all);
  return all;
}

/** Is `table` the same as `ancestor`, or below it? */
export function isA(table: string, ancestor: string): boolean {
  for (let at: string | undefined = table; at !== undefined; at = TABLES.get(at)?.parent) if (at === ancestor) return true;
  return false;
}

export function descendants(table: string): readonly string[] { return [...TABLES.keys()].filter((name) => isA(name, table)); }

/** The uppermost table of a family: where its rows are numbered. */
export function rootOf(table: string): string {
  const parent = TABLES.get(table)?.parent;
  return parent === undefined ? table : rootOf(parent);
}
