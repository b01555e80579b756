/** A world of normalised records, as identity takes it, with a short way to write and to print one. */
import fc from 'fast-check';
import { ASSET_CLASSES, type IdentifierKind, type SourceRole } from '../../../connectors/sdk/contract/index.js';
import { recordKey, type Constraint, type IdentityRules, type RecordIdentifier, type RecordState, type SourceRecord, type TierLists } from '../../../src/core/model/index.js';

/** What identity looks at, and nothing else. A value that starts with `~` is a placeholder, one that starts with `=` an echo. */
export interface RecordSpec {
  readonly source: string;
  readonly stream?: string;
  readonly id: string;
  readonly assetClass?: string;
  readonly state?: RecordState;
  readonly maker?: string;
  readonly hostnames?: readonly string[];
  readonly nameLabel?: string;
  readonly identifiers?: Readonly<Partial<Record<IdentifierKind, readonly string[]>>>;
}

const ROLES: Readonly<Record<string, SourceRole>> = { cmdb: 'itsm', scan: 'discovery', cloud: 'cloud', agent: 'agent' };

export function keyOf(spec: RecordSpec): string {
  return recordKey(spec.source, spec.stream ?? 'records', spec.id);
}

function identifierOf(kind: IdentifierKind, text: string): RecordIdentifier {
  if (text.startsWith('~')) return { kind, value: text.slice(1), placeholder: true };
  if (text.startsWith('=')) return { kind, value: text.slice(1), echo: true };
  return { kind, value: text };
}

export function recordOf(spec: RecordSpec): SourceRecord {
  const identifiers = (Object.entries(spec.identifiers ?? {}) as [IdentifierKind, readonly string[]][])
    .flatMap(([kind, values]) => [...new Set(values)].map((value) => identifierOf(kind, value)));
  const hostnames = spec.hostnames ?? [];
  return {
    key: keyOf(spec), source: spec.source, stream: spec.stream ?? 'records', externalId: spec.id,
    role: ROLES[spec.source] ?? 'itsm', state: spec.state ?? 'live',
    ...(spec.assetClass !== undefined && { assetClass: spec.assetClass }),
    identifiers: [
      ...identifiers.filter((one) => !(one.kind === 'external_ref' && one.value === keyOf(spec))),
      ...hostnames.filter((label) => !identifiers.some((one) => one.kind === 'hostname' && one.value === label)).map((value) => ({ kind: 'hostname' as const, value })),
      { kind: 'external_ref', value: keyOf(spec) },
    ],
    ...(spec.maker !== undefined && { maker: spec.maker }),
    hostnames,
    ...(spec.nameLabel !== undefined && { nameLabel: spec.nameLabel }),
    claims: {}, confirmedAt: 0, firstSeenAt: 0, lastSeenAt: 0,
    ...(spec.state === 'tombstoned' && { tombstonedAt: 0 }),
  };
}

export const DEFAULT_TIERS: TierLists = {
  link: ['external_ref', 'cloud_resource_id', 'instance_uuid', 'bios_uuid', 'serial'],
  attach: ['asset_tag', 'mac', 'fqdn'],
  suggest: ['hostname', 'ip', 'name'],
};
export const DEFAULT_RULES: IdentityRules = { sharedLimit: 5, tiers: { default: DEFAULT_TIERS, byClass: {} }, classes: ASSET_CLASSES };

/** One line a record: what differs between two records stands in the same order. */
export function describeRecord(record: SourceRecord): string {
  const mark = (one: RecordIdentifier): string => `${one.placeholder ? '~' : one.echo ? '=' : ''}${one.value}`;
  const kinds = [...new Set(record.identifiers.map((one) => one.kind))];
  const held = kinds.map((kind) => [kind, record.identifiers.filter((one) => one.kind === kind && !(kind === 'external_ref' && one.value === record.key)).map(mark)] as const)
    .filter(([, values]) => values.length > 0).map(([kind, values]) => `${kind}=${values.join(',')}`);
  return [
    record.key, record.assetClass ?? '-', record.state, ...held,
    ...(record.hostnames.length > 0 ? [`names itself ${record.hostnames.join(',')}`] : []),
    ...(record.nameLabel !== undefined ? [`name=${record.nameLabel}`] : []),
    ...(record.maker !== undefined ? [`maker=${record.maker}`] : []),
  ].join('  ');
}

export class World {
  constructor(readonly records: readonly SourceRecord[], readonly constraints: readonly Constraint[] = [], readonly rules: IdentityRules = DEFAULT_RULES) {}

  static of(specs: readonly RecordSpec[], constraints: readonly Constraint[] = [], rules: IdentityRules = DEFAULT_RULES): World {
    return new World(specs.map(recordOf), constraints, rules);
  }

  describe(): string {
    const { sharedLimit, tiers } = this.rules;
    const tierText = (lists: TierLists): string => `link [${lists.link.join(' ')}] attach [${lists.attach.join(' ')}] suggest [${lists.suggest.join(' ')}]`;
    return [
      `world of ${this.records.length}, sharedLimit ${sharedLimit}`,
      ...(tiers.default === DEFAULT_TIERS ? [] : [`  default: ${tierText(tiers.default)}`]),
      ...Object.entries(tiers.byClass).map(([assetClass, lists]) => `  ${assetClass}: ${tierText(lists)}`),
      ...this.records.map((record) => `  ${describeRecord(record)}`),
      ...this.constraints.map((constraint) => `  ${constraint.kind} ${constraint.a} ${constraint.b}`),
    ].join('\n');
  }

  [fc.toStringMethod](): string {
    return `\n${this.describe()}\n`;
  }
}
