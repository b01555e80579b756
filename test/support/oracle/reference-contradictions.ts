/** Second part of the reference of identity: which pairs of records contradict, which contest what they share (section 5, rules 2 to 4). */
import type { IdentifierKind } from '../../../connectors/sdk/contract/index.js';
import { isA, isLive, streamOf, type Constraint, type IdentityRules, type RecordKey, type SourceRecord } from '../../../src/core/model/index.js';
import { differ, isLocallyAdministered, linksFor, tiersOf, type Value, type Without } from './reference-values.js';

export interface Judge {
  readonly spoilt: ReadonlySet<Value>;
  readonly contested: ReadonlySet<Value>;
  /** Rule 4: value -> the pairs of one stream that contest it. */
  readonly contesting: ReadonlyMap<Value, readonly (readonly [SourceRecord, SourceRecord])[]>;
  /** Rule 2, whether or not the two are live: callers ask for that. */
  contradict(a: SourceRecord, b: SourceRecord): boolean;
  differInBiosUuid(a: SourceRecord, b: SourceRecord): boolean;
  mayNotLink(a: SourceRecord, b: SourceRecord): boolean;
  mustLink(a: SourceRecord, b: SourceRecord): boolean;
  linkValuesOf(record: SourceRecord): readonly Value[];
}

/** Whether a constraint of this kind stands between the two. */
const constrained = (kind: Constraint['kind'], constraints: readonly Constraint[]) => (a: RecordKey, b: RecordKey): boolean =>
  a !== b && constraints.some((c) => c.kind === kind && ((c.a === a && c.b === b) || (c.a === b && c.b === a)));

const pairsOf = <T>(all: readonly T[]): [T, T][] => all.flatMap((a, at) => all.slice(at + 1).map((b): [T, T] => [a, b]));

/** The same two records are asked about for every value that they share: remember the answer. */
function remembered(answer: (a: SourceRecord, b: SourceRecord) => boolean): (a: SourceRecord, b: SourceRecord) => boolean {
  const known = new Map<string, boolean>();
  return (a, b) => {
    const pair = a.key < b.key ? `${a.key}\n${b.key}` : `${b.key}\n${a.key}`;
    let is = known.get(pair);
    if (is === undefined) known.set(pair, (is = answer(a, b)));
    return is;
  };
}

export function judge(values: readonly Value[], constraints: readonly Constraint[], rules: IdentityRules, without: Without): Judge {
  const must = constrained('must_link', without.has('must-link') ? [] : constraints);
  const cannot = constrained('cannot_link', without.has('cannot-link') ? [] : constraints);
  const mustLink = (a: SourceRecord, b: SourceRecord): boolean => must(a.key, b.key);
  const mayNotLink = (a: SourceRecord, b: SourceRecord): boolean => cannot(a.key, b.key);
  /** "must-link is a link and silences the contradiction between its two records, and every contest that rests on that pair alone" */
  const silenced = (a: SourceRecord, b: SourceRecord): boolean => mustLink(a, b) && !without.has('must-link silences');
  const isHardware = (record: SourceRecord): boolean => isA(record.assetClass, 'hardware', rules.classes);

  const byRecord = new Map<SourceRecord, Value[]>();
  for (const value of values) for (const holder of value.holders) byRecord.set(holder, [...(byRecord.get(holder) ?? []), value]);
  /** "Junk neither links, attaches, contradicts, contests nor counts as shared or as differing" */
  const meaningful = (record: SourceRecord): Value[] => (byRecord.get(record) ?? []).filter((value) => !value.junk);
  const spoilt = new Set<Value>();
  /** What the record names of a kind, by the value alone: "serial (…; also when the makers differ, but one serial of two makers contradicts nothing)". */
  const named = (record: SourceRecord, kind: IdentifierKind): string[] =>
    meaningful(record).filter((value) => value.kind === kind && !spoilt.has(value)).map((value) => value.value);

  const differInBiosUuid = (a: SourceRecord, b: SourceRecord): boolean => !silenced(a, b) && differ(named(a, 'bios_uuid'), named(b, 'bios_uuid'));

  /**
   * "Equal serial and another bios_uuid: between two hardware records of different streams a *changed component* (one asset, flagged), unless both name
   * an asset_tag and these differ; in one stream, or where not both are hardware, a contradiction."
   * Equal means one value: a serial of two makers is two, and holders that name no maker hold none of them ("one serial of two makers contradicts nothing").
   */
  const equalSerialOtherUuid = remembered((a, b) => {
    if (without.has('other bios_uuid') || silenced(a, b)) return false;
    const serials = (record: SourceRecord): Value[] => meaningful(record).filter((value) => value.kind === 'serial' && !value.linksNobody);
    if (!serials(a).some((serial) => serials(b).includes(serial))) return false;
    if (!differInBiosUuid(a, b)) return false;
    if (isHardware(a) && isHardware(b) && streamOf(a) !== streamOf(b) && !without.has('changed component')) {
      return !without.has('asset tags part a changed component') && differ(named(a, 'asset_tag'), named(b, 'asset_tag'));
    }
    return true;
  });

  // "A serial whose own holders contradict in this way is *spoilt*: it links nothing and is ignored when serials are compared; the holders that spoilt it
  // go on contradicting each other (judged before all other contradictions …)". All serials are judged before the first is marked.
  const toSpoil = values.filter((value) => value.kind === 'serial' && !value.junk && !value.linksNobody
    && pairsOf(value.holders.filter(isLive)).some(([a, b]) => equalSerialOtherUuid(a, b)));
  if (!without.has('spoilt')) for (const value of toSpoil) spoilt.add(value);

  /** "both name values of a kind that is exclusive for the class of either, and share none" */
  const contradict = remembered((a, b) => {
    if (a.key === b.key || silenced(a, b)) return false;
    if (equalSerialOtherUuid(a, b)) return true;
    const either = (ancestor: string): boolean => isA(a.assetClass, ancestor, rules.classes) || isA(b.assetClass, ancestor, rules.classes);
    if (!without.has('differing serial') && either('hardware') && differ(named(a, 'serial'), named(b, 'serial'))) return true;
    if (!without.has('differing instance_uuid') && either('virtual_machine') && differ(named(a, 'instance_uuid'), named(b, 'instance_uuid'))) return true;
    return !without.has('differing cloud_resource_id') && (either('virtual_machine') || either('cloud_resource'))
      && differ(named(a, 'cloud_resource_id'), named(b, 'cloud_resource_id'));
  });

  const contesters = (value: Value): SourceRecord[] => value.holders.filter((holder) => isLive(holder) || without.has('tombstones do not contest'));
  /** "A value whose live holders contradict one another links and attaches nothing until a person decides" */
  const contested = new Set(without.has('contested') ? [] : values.filter((value) => !value.junk && !value.linksNobody
    && pairsOf(contesters(value)).some(([a, b]) => contradict(a, b))));

  /**
   * Values of the record's link tier; a spoilt serial is one, though it links nothing: rule 4 counts it with the contested ones. "A locally administered MAC never
   * identifies hardware … it is used where one of the two sides (components) has a live virtual machine record": in a link tier there are no components yet: it links nobody.
   */
  const linkValuesOf = (record: SourceRecord): Value[] => meaningful(record).filter((value) => !value.linksNobody
    && linksFor(record, value.kind, rules, without)
    && !(value.kind === 'mac' && isLocallyAdministered(value.value) && !without.has('locally administered MAC')));

  /** "share no attach or suggest value": by the tiers of each; the attribute name "compared like a hostname". */
  const sharesAttachOrSuggest = (a: SourceRecord, b: SourceRecord): boolean => {
    if (without.has('shared names')) return false;
    const counted = (record: SourceRecord): string[] => {
      const tiers = tiersOf(record, rules, without);
      return [...tiers.attach, ...tiers.suggest];
    };
    const weak = (record: SourceRecord): Value[] => meaningful(record)
      .filter((value) => !value.linksNobody && counted(record).includes(value.kind));
    // "the attribute name (compared like a hostname, …)": with the other's name or host name, where names count for both.
    const byName = (one: SourceRecord, other: SourceRecord): boolean => counted(one).includes('name') && counted(other).includes('name')
      && one.nameLabel !== undefined && (one.nameLabel === other.nameLabel || other.hostnames.includes(one.nameLabel));
    return weak(a).some((value) => weak(b).includes(value)) || byName(a, b) || byName(b, a);
  };

  // "two live records of one stream contest the link values that they share (contested ones counted, junk not) when they differ in hostname, share no
  // attach or suggest value, and either share a single one or both name MACs"
  const contesting = new Map<Value, [SourceRecord, SourceRecord][]>();
  if (!without.has('same-stream contest')) {
    for (const [a, b] of pairsOf([...byRecord.keys()].filter(isLive))) {
      if (streamOf(a) !== streamOf(b) || silenced(a, b)) continue;
      const shared = linkValuesOf(a).filter((value) => linkValuesOf(b).includes(value));
      if (shared.length === 0 || !differ(a.hostnames, b.hostnames) || sharesAttachOrSuggest(a, b)) continue;
      const bothNameMacs = named(a, 'mac').length > 0 && named(b, 'mac').length > 0;
      if (shared.length > 1 && !bothNameMacs && !without.has('single or MACs')) continue;
      for (const value of shared) contesting.set(value, [...(contesting.get(value) ?? []), [a, b]]);
    }
  }
  return { spoilt, contested, contesting, contradict, differInBiosUuid, mayNotLink, mustLink, linkValuesOf };
}
