import type { AssetRecord, AttributeValue, Claims, Hold, IdentifierKind, LifecycleStage, StageReading } from '../../../connectors/sdk/contract/index.js';
import { readHolds, readMove, type AgreedStage, type KeptReading } from '../lifecycle/index.js';
import { newBag } from '../model/bag.js';
import { byCodeUnit, sameValue } from '../model/compare.js';
import type { Move } from '../model/lifecycle.js';
import type { ClassTree } from '../model/rules.js';
import type { Claim, RecordIdentifier, RecordKey } from '../model/source-record.js';
import { identityOf, normaliseIdentifier, normaliseIp, normaliseMac } from './normalise.js';

/** What a record's accepted version says, beside its head. */
export interface RecordContent {
  readonly assetClass?: string;
  readonly identifiers: readonly RecordIdentifier[];
  readonly maker?: string;
  readonly hostnames: readonly string[];
  readonly nameLabel?: string;
  readonly claims: { readonly [attribute: string]: Claim };
  /** Of attributes that are written to it and that it may not claim. */
  readonly shown?: Claims;
  readonly facts?: { readonly [fact: string]: string | number | boolean };
  readonly classChangedAt?: number | null;
  readonly holds?: readonly Hold[];
  readonly holdsSince?: { readonly [H in Hold]?: number };
  readonly holdsLifted?: readonly Hold[];
  /** The latest codes, and the latest stage that could be read from any. */
  readonly reading?: KeptReading;
  readonly baseline?: LifecycleStage;
  readonly firstRunningAt?: number;
  readonly terminatedAt?: number;
}

/** What Lockstep wrote to that very record, as it stands there if nobody has touched it since. */
export interface WrittenValues {
  /** attribute -> what was written, and what the target made of it. */
  readonly attributes: ReadonlyMap<string, readonly AttributeValue[]>;
  /** The last one that is known to stand there, and one that may be on its way. */
  readonly stage?: readonly AgreedStage[];
}

export interface NextVersionInput {
  readonly key: RecordKey;
  readonly mapped: AssetRecord;
  readonly previous?: RecordContent;
  /** When the previous version was read, ms UTC. */
  readonly previousReadAt?: number;
  readonly readAt: number;
  readonly written?: WrittenValues;
  /** Attributes that are not said anew: the earlier claim stays. */
  readonly keep?: readonly string[];
  readonly classes: ClassTree;
  readonly isJunk: (kind: IdentifierKind, value: string) => boolean;
}

export interface NextVersion {
  readonly content: RecordContent;
  readonly move?: Move;
  /** Codes that no stage table row reads. */
  readonly unmapped?: StageReading['raw'];
}

/** A record's next version from what it says now and what it said before. */
export function nextVersion(input: NextVersionInput): NextVersion {
  const { mapped, previous, readAt, written } = input;
  const modifiedAt = mapped.modifiedAt ?? null;
  const claims = newBag<Claim>();
  const plain = newBag<AttributeValue | null>();
  for (const attribute of Object.keys(mapped.claims)) {
    const value = canonical(attribute, mapped.claims[attribute] as AttributeValue | null);
    if (value === undefined) continue;
    plain[attribute] = value;
    const before = previous?.claims[attribute];
    const same = before !== undefined && sameValue(before.value, value);
    const echo = written !== undefined && value !== null && written.attributes.get(attribute)?.some((each) => sameValue(each, value));
    claims[attribute] = { value, changedAt: same ? before.changedAt : modifiedAt, ...(echo && { echo: true as const }) };
  }
  for (const attribute of input.keep ?? []) {
    const before = previous?.claims[attribute];
    if (before === undefined) continue;
    claims[attribute] = before;
    plain[attribute] = before.value;
  }
  const identity = identityOf({ ...(mapped.assetClass !== undefined && { assetClass: mapped.assetClass }), identifiers: mapped.identifiers, claims: plain }, input.key, input.classes, input.isJunk);
  const read = readMove({
    key: input.key, readAt, ...(mapped.stage && { reading: mapped.stage }), ...(previous?.reading && { previousReading: previous.reading }), ...(written?.stage && { agreed: written.stage }),
    ...(input.previousReadAt !== undefined && { previousReadAt: input.previousReadAt }), ...(mapped.modifiedAt !== undefined && { modifiedAt: mapped.modifiedAt }),
  });
  const seenAt = Math.min(mapped.modifiedAt ?? readAt, readAt);
  const running = previous?.firstRunningAt ?? (plain['power_state'] === 'running' ? seenAt : undefined);
  const terminated = plain['power_state'] === 'terminated' || mapped.told !== undefined ? (previous?.terminatedAt ?? mapped.told?.at ?? seenAt) : undefined;
  const baseline = read.kind === 'baseline' ? read.stage : previous?.baseline;
  const classChangedAt = previous !== undefined && previous.assetClass === mapped.assetClass ? previous.classChangedAt : modifiedAt;
  return {
    content: {
      ...(mapped.assetClass !== undefined && { assetClass: mapped.assetClass, ...(classChangedAt !== undefined && { classChangedAt }) }), ...identity,
      identifiers: written ? markEchoes(identity.identifiers, written, plain) : identity.identifiers, claims, ...(mapped.shown && { shown: mapped.shown }), ...(mapped.facts && { facts: mapped.facts }), ...readHolds(heldBy(previous), mapped.stage, readAt),
      ...(read.keep && { reading: read.keep }), ...(baseline && { baseline }), ...(running !== undefined && { firstRunningAt: running }), ...(terminated !== undefined && { terminatedAt: terminated }),
    },
    ...(read.kind === 'move' && { move: read.move }),
    ...(read.kind === 'none' && read.because === 'unmapped' && mapped.stage && { unmapped: mapped.stage.raw }),
  };
}

/** Only what belongs to holds: a record that says nothing of its stage gets this back as it is. */
const heldBy = (previous: RecordContent | undefined): Pick<RecordContent, 'holds' | 'holdsSince' | 'holdsLifted'> => ({
  ...(previous?.holds && { holds: previous.holds }), ...(previous?.holdsSince && { holdsSince: previous.holdsSince }), ...(previous?.holdsLifted && { holdsLifted: previous.holdsLifted }),
});

/** Lists are sets: sorted, each once, addresses in one spelling; so the same set is the same value. */
function canonical(attribute: string, value: AttributeValue | null): AttributeValue | null | undefined {
  if (value === null || typeof value !== 'object') return value;
  if (!isList(value)) return Object.fromEntries(Object.keys(value).sort(byCodeUnit).map((key) => [key, value[key] as string]));
  const spell = attribute === 'mac_addresses' ? normaliseMac : attribute === 'ip_addresses' ? normaliseIp : (text: string): string => text;
  const set = [...new Set(value.map(spell).filter((each) => each !== undefined))].sort(byCodeUnit);
  return set.length === 0 && value.length > 0 ? undefined : set;
}
const isList = (value: object): value is readonly string[] => Array.isArray(value);

const KIND_OF: Readonly<Record<string, IdentifierKind>> = { serial_number: 'serial', mac_addresses: 'mac', ip_addresses: 'ip', fqdn: 'fqdn', hostname: 'hostname', asset_tag: 'asset_tag', cloud_resource_id: 'cloud_resource_id' };

/** A value that we wrote there proves nothing about which machine this is, however the target spells it. */
function markEchoes(identifiers: readonly RecordIdentifier[], written: WrittenValues, claims: { readonly [attribute: string]: AttributeValue | null }): RecordIdentifier[] {
  const echoes = new Set<string>();
  for (const [attribute, values] of written.attributes) {
    const kind = KIND_OF[attribute];
    if (kind === undefined || claims[attribute] === undefined) continue;
    for (const value of values) for (const text of typeof value === 'string' ? [value] : Array.isArray(value) ? value : []) {
      const one = normaliseIdentifier(kind, text);
      if (one) echoes.add(`${one.kind}:${one.value}`);
    }
  }
  return identifiers.map((identifier) => (echoes.has(`${identifier.kind}:${identifier.value}`) ? { ...identifier, echo: true } : identifier));
}
