import type { MapContext, Mapping, RecordRef, RelationshipKind } from '../../sdk/contract/index.js';
import { field, instant, integer, mapped, rejected, skipped, text } from '../../sdk/mapping/index.js';
import { defineTableStream } from '../pass.js';
import { isSysId, refId, type Row } from '../types.js';

/**
 * Type -> kind, and whether our direction is the table's (parent to child) or the other. Names are "parent verb::child
 * verb". Others are left out and listed; `options.relationshipKinds` names a kind for them.
 */
interface Kind { readonly kind: RelationshipKind; readonly reversed?: true }
const KINDS: Readonly<Record<string, Kind>> = {
  'Runs on::Runs': { kind: 'runs_on' },
  'Registered on::Has registered': { kind: 'runs_on' },
  'Virtualized by::Virtualizes': { kind: 'runs_on' },
  'Hosted on::Hosts': { kind: 'hosted_by' },
  'Depends on::Used by': { kind: 'depends_on' },
  'Connects to::Connected by': { kind: 'connected_to' },
  'Contains::Contained by': { kind: 'member_of', reversed: true },
  'Members::Member of': { kind: 'member_of', reversed: true },
  // guest and VM instance: one asset by identity (the VM's record names the guest's), so the ends fall together
  'Instantiates::Instantiated by': { kind: 'instance_of' },
};

/** cmdb_rel_ci; `type.name` is the one dot-walk, for the type's sys_id differs from instance to instance. */
export const relationships = defineTableStream<Row>({
  name: 'relationships',
  table: 'cmdb_rel_ci',
  fields: ['sys_id', 'parent', 'child', 'type', 'type.name', 'sys_updated_on', 'sys_mod_count'],
  joins: [],
  roles: 'cmdb_read, or itil',
  hasClasses: false,
  audited: true,
  incremental: 'full',
  after: ['computers', 'network', 'vms'],
  enrich: async (_client, rows) => rows,
  map: mapRelationship,
});

function mapRelationship(raw: Row, context: MapContext): Mapping {
  const id = raw['sys_id'];
  if (!isSysId(id)) return rejected('no sys_id');
  const parent = refId(raw['parent']);
  const child = refId(raw['child']);
  if (parent === undefined || child === undefined) return rejected('a relationship without parent or child', id);
  const type = text(raw['type.name']);
  if (type === undefined) return rejected('a relationship without type', id);
  const named: unknown = field(context.options['relationshipKinds'], type);
  const kind: Kind | undefined = typeof named === 'string' ? { kind: named as RelationshipKind } : named === null ? undefined : Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (kind === undefined) return skipped(id, `relationships of the type "${type}" have no kind of ours; options.relationshipKinds may name one`);
  const end = (externalId: string): RecordRef => ({ streams: ['computers', 'network', 'vms'], externalId });
  const modifiedAt = instant(raw['sys_updated_on']);
  const version = integer(raw['sys_mod_count']);
  const [from, to] = kind.reversed === true ? [child, parent] : [parent, child];
  return mapped({
    kind: 'relationship', externalId: id, relation: kind.kind, from: end(from), to: end(to),
    ...(modifiedAt !== undefined && { modifiedAt }), ...(version !== undefined && { version }),
  });
}
