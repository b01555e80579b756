/** The words that every part shares. Values are part of the public interface: extend, never rename. */

export const LIFECYCLE_STAGES = ['requested', 'acquired', 'deployed', 'in_use', 'maintenance', 'retired', 'disposed'] as const;
export type LifecycleStage = (typeof LIFECYCLE_STAGES)[number];

/** Beside the stage: reasons why an asset may not move on. */
export const HOLDS = ['legal', 'lost', 'stolen'] as const;
export type Hold = (typeof HOLDS)[number];

export const SOURCE_ROLES = ['itsm', 'discovery', 'cloud', 'hypervisor', 'agent', 'finance', 'vulnerability'] as const;
export type SourceRole = (typeof SOURCE_ROLES)[number];

export const IDENTIFIER_KINDS = [
  'serial', 'bios_uuid', 'instance_uuid', 'cloud_resource_id', 'external_ref', 'mac', 'fqdn', 'hostname', 'ip', 'asset_tag',
] as const;
export type IdentifierKind = (typeof IDENTIFIER_KINDS)[number];

/** Attribute -> identifier kind: a claim of the left always gives an identifier of the right, and the other way round. */
export const IDENTIFYING_ATTRIBUTES = {
  serial_number: 'serial', mac_addresses: 'mac', ip_addresses: 'ip', fqdn: 'fqdn', hostname: 'hostname',
  asset_tag: 'asset_tag', cloud_resource_id: 'cloud_resource_id',
} as const satisfies Record<string, IdentifierKind>;

export const RELATIONSHIP_KINDS = [
  'runs_on', 'hosted_by', 'member_of', 'attached_to', 'connected_to', 'depends_on', 'installed_on', 'covered_by',
  'supplied_by', 'located_in', 'used_by', 'redundant_with', 'instance_of',
] as const;
export type RelationshipKind = (typeof RELATIONSHIP_KINDS)[number];

export const POWER_STATES = ['running', 'stopped', 'suspended', 'terminated'] as const;
export type PowerState = (typeof POWER_STATES)[number];

/** How an attribute's values look. `minor` = integer of minor units (cents); `day` = ISO 8601 date; lists are sets of text. */
export type AttributeType = 'text' | 'integer' | 'minor' | 'day' | 'list' | 'tags' | 'power_state' | 'email';

/** The canonical attributes. A mapping may claim others too: they are kept as text. */
export const ATTRIBUTES = {
  name: 'text', description: 'text', serial_number: 'text', asset_tag: 'text', manufacturer: 'text', model: 'text',
  fqdn: 'text', hostname: 'text', ip_addresses: 'list', mac_addresses: 'list', os_name: 'text', os_version: 'text',
  cpu_count: 'integer', memory_mb: 'integer', disk_gb: 'integer', power_state: 'power_state', cloud_provider: 'text',
  cloud_account: 'text', cloud_region: 'text', cloud_resource_id: 'text', owner: 'email', assigned_to: 'email',
  department: 'text', location: 'text', environment: 'text', criticality: 'text', data_sensitivity: 'text',
  condition: 'text', purchase_date: 'day', purchase_order: 'text', cost: 'minor', currency: 'text', vendor: 'text',
  warranty_expires_on: 'day', support_ends_on: 'day', end_of_life_on: 'day', contract: 'text', tags: 'tags',
  disposal_reference: 'text',
} as const satisfies Record<string, AttributeType>;
export type AttributeName = keyof typeof ATTRIBUTES;

/** The tree of classes: child -> parent. Extensible in YAML. */
export const ASSET_CLASSES: Readonly<Record<string, string | null>> = {
  hardware: null, server: 'hardware', computer: 'hardware', hypervisor: 'hardware', network_device: 'hardware',
  storage: 'hardware', printer: 'hardware', mobile: 'hardware',
  virtual_machine: null,
  cloud_resource: null, database: 'cloud_resource', volume: 'cloud_resource', bucket: 'cloud_resource',
  load_balancer: 'cloud_resource', function: 'cloud_resource',
  application: null, business_service: null, software_product: null, licence: null,
};
