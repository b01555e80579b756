/** A row as the Table API sends it: every scalar is text, `""` for null, a reference its sys_id. Hostile until read by a mapper. */
export type Row = { readonly [column: string]: unknown };

/** A reference resolved from a cached table in the pull step; `name` is absent where the row cannot be read. */
export interface Reference {
  readonly id: string;
  readonly name?: string;
  readonly email?: string;
  readonly user_name?: string;
  readonly model_number?: string;
  readonly manufacturer?: Reference;
}

/** Of cmdb_serial_number: `system`, `uuid`, `chassis`, `bios` or `baseboard`. */
export interface SerialRow { readonly serial_number: unknown; readonly serial_number_type: unknown; readonly valid: unknown }
export interface AdapterRow { readonly name: unknown; readonly mac_address: unknown; readonly ip_address: unknown }
/** Of cmdb_ci_vmware_instance, beside what cmdb_ci_vm_instance shows. */
export interface VmwareRow { readonly bios_uuid: unknown; readonly vm_instance_uuid: unknown; readonly vcenter_uuid: unknown }

/**
 * A CI: its row, with reference columns replaced by `Reference`s and what is joined to it. Paths of a mapping in the
 * configuration (`location.name`, `network_adapters.mac_address`) start here.
 */
export interface CiRaw extends Row {
  /** From the row's own class up to the root, as far as known. */
  readonly class_path?: readonly string[];
  readonly serial_numbers?: readonly SerialRow[];
  readonly network_adapters?: readonly AdapterRow[];
  readonly vmware?: VmwareRow;
  /** CIs of the guest operating system that `Instantiates` names as this very machine. */
  readonly guests?: readonly string[];
  /** Its hardware asset is read by the stream `assets`, which speaks of the stage for both. */
  readonly stage_from_asset?: boolean;
}

/** sys_id of a reference column, whether it comes as text or (links not excluded) as `{ link, value }`. */
export function refId(value: unknown): string | undefined {
  const id = typeof value === 'object' && value !== null ? (value as { value?: unknown; id?: unknown }).value ?? (value as { id?: unknown }).id : value;
  return isSysId(id) ? id : undefined;
}

/** 32 lower-case hex; a few records shipped with the platform have other short names. Nothing that could change a query. */
export const isSysId = (value: unknown): value is string => typeof value === 'string' && /^[0-9A-Za-z_-]{1,64}$/.test(value);
/** Names of tables and columns: nothing that could change a query. */
export const isName = (value: unknown): value is string => typeof value === 'string' && /^[A-Za-z0-9_]{1,80}$/.test(value);
