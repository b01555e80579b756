/**
 * The reference of identity: section 5 of the design, rules 1 to 8, sentence by sentence, with loops over all pairs. It is slow and shares no code with
 * the product: its only use is to judge it. Where a sentence has two readings, the one that merges less is built, and the comment says so.
 */
import { byCodeUnit, familyOf, isA, isLive, streamOf, type Constraint, type IdentityRules, type RecordKey, type SourceRecord } from '../../../src/core/model/index.js';
import { judge, type Judge } from './reference-contradictions.js';
import { cut, type Edge } from './reference-cut.js';
import { isLocallyAdministered, linksFor, share, textOf, tiersOf, valuesOf, type Removable, type Value, type Without } from './reference-values.js';

export interface ReferencePartition {
  /** Each sorted by code unit; the list by the first of each. */
  readonly components: readonly (readonly RecordKey[])[];
  /** `kind:value`, sorted: placeholders, echoes, shared by too many of one stream. */
  readonly junk: readonly string[];
  /** Of these, the ones that are shared by too many of one stream. */
  readonly shared: readonly string[];
  /** Rule 3 or rule 4. */
  readonly contested: readonly string[];
  readonly spoilt: readonly string[];
  /** Which value joined which finished link components (each named by its smallest record). */
  readonly attachedBy: readonly { readonly value: string; readonly components: readonly RecordKey[] }[];
  /** Equally near to two sides of a cut. */
  readonly alone: readonly RecordKey[];
  /** Finished link components, before rule 6. */
  readonly linked: readonly (readonly RecordKey[])[];
}

export function referenceIdentify(records: readonly SourceRecord[], constraints: readonly Constraint[], rules: IdentityRules, removed: readonly Removable[] = []): ReferencePartition {
  const without: Without = new Set(removed);
  const values = valuesOf(records, rules, without);
  const verdicts = judge(values, constraints, rules, without);

  const edges = linksOf(records, values, verdicts, without);
  const link = cut(componentsOf(records, edges), edges, verdicts, without);
  const attached = attach(link.components, values, verdicts, rules, without);

  const ignored = records.flatMap((record) => record.identifiers.filter((identifier) => identifier.placeholder || identifier.echo));
  return {
    components: sorted(attached.components),
    junk: texts([...ignored, ...values.filter((value) => value.junk)]),
    shared: texts(values.filter((value) => value.junk)),
    contested: texts([...verdicts.contested, ...verdicts.contesting.keys()]),
    spoilt: texts([...verdicts.spoilt]),
    attachedBy: attached.by,
    alone: link.alone.map((record) => record.key).sort(byCodeUnit),
    linked: sorted(link.components),
  };
}

const texts = (values: readonly Pick<Value, 'kind' | 'value'>[]): string[] => [...new Set(values.map(textOf))].sort(byCodeUnit);
const sorted = (components: readonly (readonly SourceRecord[])[]): RecordKey[][] =>
  components.map((component) => component.map((record) => record.key).sort(byCodeUnit)).sort((a, b) => byCodeUnit(a[0] ?? '', b[0] ?? ''));

/** Rules 1 to 5, 7 and 8: who is linked to whom directly. */
function linksOf(records: readonly SourceRecord[], values: readonly Value[], verdicts: Judge, without: Without): Edge[] {
  const edges: Edge[] = [];
  for (const value of values) {
    // "Junk neither links …"; "holders that name none are linked by none of them"; spoilt: "it links nothing"; contested: "links and attaches nothing".
    if (value.junk || value.linksNobody || verdicts.spoilt.has(value)) continue;
    // "A value that is contested under 3 as well links nothing."
    if (verdicts.contested.has(value) && !(without.has('contested under 3 as well') && verdicts.contesting.has(value))) continue;
    // A value links the holders for whose class its kind is in the link tier.
    // "*Tombstones* go on linking …; a tombstone that would contradict a live holder of a value, were it live, is linked by that value to nobody."
    const able = value.holders.filter((holder) => verdicts.linkValuesOf(holder).includes(value))
      .filter((holder) => isLive(holder) || !without.has('tombstones link'))
      .filter((holder) => isLive(holder) || without.has('tombstone that would contradict')
        || !value.holders.some((other) => isLive(other) && verdicts.contradict(holder, other)));
    const pairs = verdicts.contesting.get(value);
    if (pairs === undefined) {
      for (const a of able) for (const b of able) if (a.key < b.key) edges.push([a, b]);
      continue;
    }
    if (without.has('agreeing records')) continue;
    // "such a value then links only records of other streams that agree in hostname with one of the contesting records and with none that contests the
    // value with it, and to that one". So not even two records of one stream that do not contest it, and no two that only share it.
    for (const one of new Set(pairs.flat())) {
      const against = pairs.filter((pair) => pair.includes(one)).flat().filter((other) => other !== one);
      for (const record of able) {
        if (streamOf(record) === streamOf(one) || !able.includes(one)) continue;
        if (share(record.hostnames, one.hostnames) && !against.some((other) => share(record.hostnames, other.hostnames))) edges.push([record, one]);
      }
    }
  }
  // "must-link is a link": also of tombstones.
  for (const a of records) for (const b of records) if (a.key < b.key && verdicts.mustLink(a, b)) edges.push([a, b]);
  return edges;
}

/** Whatever hangs together by links: "merges, transitively". */
function componentsOf(records: readonly SourceRecord[], edges: readonly Edge[]): SourceRecord[][] {
  const components: SourceRecord[][] = [];
  const seen = new Set<SourceRecord>();
  for (const start of records) {
    if (seen.has(start)) continue;
    const component = [start];
    seen.add(start);
    for (const at of component) {
      for (const [a, b] of edges) {
        for (const next of a === at ? [b] : b === at ? [a] : []) {
          if (seen.has(next)) continue;
          seen.add(next);
          component.push(next);
        }
      }
    }
    components.push(component);
  }
  return components;
}

type Component = readonly SourceRecord[];

/** Rule 6: "*Attach*, once, on the finished link components". */
function attach(components: readonly Component[], values: readonly Value[], verdicts: Judge, rules: IdentityRules, without: Without): { components: SourceRecord[][]; by: ReferencePartition['attachedBy'] } {
  // "Tombstones … neither contest nor attach"; "hold it on a live record".
  const counts = (record: SourceRecord): boolean => isLive(record) || without.has('tombstones do not attach');
  // "a component has the families of its live records"
  const familiesOf = (component: Component): string[] => without.has('one family') ? ['any']
    : [...new Set(component.filter(counts).map((record) => familyOf(record.assetClass, rules.classes)))];
  const apart = (a: Component, b: Component): boolean => mayNotBeOne(a, b, verdicts, without);

  const joins: { value: string; components: Component[] }[] = [];
  for (const value of without.has('attach') ? [] : values) {
    // "unless it is junk or contested": under rule 3 or rule 4. What links nobody attaches nobody.
    if (value.junk || value.linksNobody || verdicts.spoilt.has(value) || verdicts.contested.has(value) || verdicts.contesting.has(value)) continue;
    for (const family of new Set(components.flatMap(familiesOf))) {
      // "a value of the tier joins **all** components of one family that hold it on a live record": with the holders for whose class its kind is in the
      // link or attach tier, where at least one of those that it would join has it in attach.
      const holders = value.holders.filter(counts)
        .filter((holder) => linksFor(holder, value.kind, rules, without) || tiersOf(holder, rules, without).attach.includes(value.kind))
        .filter((holder) => components.some((component) => component.includes(holder) && familiesOf(component).includes(family)));
      if (!holders.some((holder) => tiersOf(holder, rules, without).attach.includes(value.kind))) continue;
      const holding = components.filter((component) => holders.some((holder) => component.includes(holder)));
      if (holding.length < 2) continue;
      // "or two of those components contradict (…) or have live records in one stream: then it joins none, with a review"
      if (!without.has('attach guard') && holding.some((a) => holding.some((b) => a !== b && apart(a, b)))) continue;
      // "A locally administered MAC never identifies hardware …; it is used where one of the two sides (components) has a live virtual machine record":
      // so of the components that it would join at most one has none.
      if (value.kind === 'mac' && isLocallyAdministered(value.value) && !without.has('locally administered MAC')) {
        const virtual = holding.filter((component) => component.some((record) => isLive(record) && isA(record.assetClass, 'virtual_machine', rules.classes)));
        if (virtual.length === 0 || holding.length - virtual.length > 1) continue;
      }
      joins.push({ value: textOf(value), components: holding });
    }
  }

  // "If these joins together would bring two such components into one asset, none of that cluster's joins is made."
  let clusters: Component[][] = components.map((component) => [component]);
  for (const join of joins) {
    const touched = clusters.filter((cluster) => cluster.some((component) => join.components.includes(component)));
    clusters = [...clusters.filter((cluster) => !touched.includes(cluster)), touched.flat()];
  }
  const isWhole = (cluster: readonly Component[]): boolean => without.has('cluster guard') || !cluster.some((a) => cluster.some((b) => a !== b && apart(a, b)));
  const whole = clusters.filter(isWhole);
  const broken = clusters.filter((cluster) => !isWhole(cluster));
  const nameOf = (component: Component): RecordKey => component.map((record) => record.key).sort(byCodeUnit)[0] ?? '';
  return {
    components: [...whole.map((cluster) => cluster.flat()), ...broken.flat().map((component) => [...component])],
    by: joins.filter((join) => whole.some((cluster) => join.components.every((component) => cluster.includes(component))))
      .map((join) => ({ value: join.value, components: join.components.map(nameOf).sort(byCodeUnit) }))
      .sort((a, b) => byCodeUnit(a.value, b.value)),
  };
}

/**
 * "two of those components contradict (here two live records that name different bios_uuids contradict too) or have live records in one stream";
 * a cannot-link between any two of their records, live or not, forbids it too.
 */
function mayNotBeOne(a: Component, b: Component, verdicts: Judge, without: Without): boolean {
  return a.some((one) => b.some((other) => verdicts.mayNotLink(one, other)
    || (isLive(one) && isLive(other) && (verdicts.contradict(one, other)
      || (!without.has('attach guard: bios_uuid') && verdicts.differInBiosUuid(one, other))
      || (!without.has('attach guard: one stream') && streamOf(one) === streamOf(other))))));
}
