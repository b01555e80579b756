import fc from 'fast-check';
import { byCodeUnit, isLive, type RecordKey } from '../../src/core/model/index.js';
import { identify } from '../../src/core/reconcile/identify.js';
import { judge } from '../support/oracle/reference-contradictions.js';
import { referenceIdentify } from '../support/oracle/reference-identify.js';
import { REMOVABLE, valuesOf } from '../support/oracle/reference-values.js';
import { parameters } from '../support/property-runs.js';
import { arbitraryRecords } from '../support/worlds/arbitrary-records.js';
import { EXAMPLES } from '../support/worlds/examples.js';
import { DEFAULT_TIERS, recordOf, World } from '../support/worlds/world.js';

type Components = readonly (readonly RecordKey[])[];
/** What is judged: the product, or a mutant of it. */
type Identify = (world: World) => Components;

const real: Identify = ({ records, constraints, rules }) => identify({ records, constraints, rules }).components;
const reference: Identify = ({ records, constraints, rules }) => referenceIdentify(records, constraints, rules).components;

const sorted = (components: Components): Components => components.map((component) => [...component].sort(byCodeUnit)).sort((a, b) => byCodeUnit(a[0] ?? '', b[0] ?? ''));
const idOf = (key: RecordKey): string => key.split('/').at(-1) ?? '';

const properties = {
  'equals the reference': (subject: Identify) => fc.property(arbitraryRecords, (world) => expect(subject(world)).toEqual(reference(world))),

  'is a partition of the records': (subject: Identify) => fc.property(arbitraryRecords, (world) => {
    expect(subject(world).flat().sort(byCodeUnit)).toEqual(world.records.map((record) => record.key).sort(byCodeUnit));
  }),

  'does not depend on the order of records, identifiers or constraints': (subject: Identify) => fc.property(arbitraryRecords, fc.array(fc.nat(), { minLength: 64, maxLength: 64, size: 'max' }), (world, random) => {
    const shuffle = <T>(list: readonly T[]): T[] => list.map((one, at) => ({ one, rank: random[at % random.length] ?? 0 })).sort((a, b) => a.rank - b.rank).map(({ one }) => one);
    const records = shuffle(world.records).map((record) => ({ ...record, identifiers: shuffle(record.identifiers), hostnames: shuffle(record.hostnames) }));
    const constraints = shuffle(world.constraints).map((constraint) => ({ ...constraint, a: constraint.b, b: constraint.a }));

    expect(subject(new World(records, constraints, world.rules))).toEqual(subject(world));
  }),

  'is not changed by a record that has nothing to do with it': (subject: Identify) => fc.property(arbitraryRecords, (world) => {
    const stranger = recordOf({ source: 'cmdb', id: 'stranger', assetClass: 'server', hostnames: ['stranger'], identifiers: { serial: ['STRANGER'], bios_uuid: ['stranger'], mac: ['00:50:56:ff:ff:ff'] } });

    expect(subject(new World([...world.records, stranger], world.constraints, world.rules))).toEqual(sorted([...subject(world), [stranger.key]]));
  }),

  'merges nothing by values of the suggest tier': (subject: Identify) => fc.property(arbitraryRecords, (world) => {
    const plain = new World(world.records, world.constraints, { ...world.rules, tiers: { default: DEFAULT_TIERS, byClass: {} } });
    const hostnames = [...new Set(world.records.flatMap((record) => record.hostnames))];
    const ips = world.records.flatMap((record) => record.identifiers.filter((one) => one.kind === 'ip').map((one) => one.value));
    // In a stream of its own, so that no value becomes junk by it.
    const namesake = recordOf({ source: 'namesakes', id: '1', assetClass: 'server', hostnames, identifiers: { ip: ips } });

    expect(subject(new World([...plain.records, namesake], plain.constraints, plain.rules))).toEqual(sorted([...subject(plain), [namesake.key]]));
  }),

  'computed for what shares identifiers equals the computation over everything': (subject: Identify) => fc.property(arbitraryRecords, fc.nat(), (world, pick) => {
    const start = world.records[pick % Math.max(world.records.length, 1)];
    if (!start) return;
    const within = new Set([start.key]);
    const values = new Set<string>();
    for (let size = 0; size !== within.size + values.size;) {
      size = within.size + values.size;
      for (const record of world.records) {
        const held = record.identifiers.map(({ kind, value }) => `${kind}:${value}`);
        if (within.has(record.key) || held.some((value) => values.has(value))) { within.add(record.key); for (const value of held) values.add(value); }
      }
      for (const { a, b } of world.constraints) if (within.has(a) || within.has(b)) { within.add(a); within.add(b); }
    }
    const part = new World(world.records.filter((record) => within.has(record.key)), world.constraints.filter(({ a }) => within.has(a)), world.rules);

    expect(subject(part)).toEqual(subject(world).filter((component) => component.some((key) => within.has(key))));
  }),

  'never makes one asset of records that contradict or may not link': (subject: Identify) => fc.property(arbitraryRecords, (world) => {
    const verdicts = judge(valuesOf(world.records, world.rules, new Set()), world.constraints, world.rules, new Set());
    for (const component of subject(world)) {
      const records = world.records.filter((record) => component.includes(record.key));
      const wrong = records.flatMap((a) => records.filter((b) => a.key < b.key && (verdicts.mayNotLink(a, b) || (isLive(a) && isLive(b) && verdicts.contradict(a, b)))).map((b) => `${a.key} ${b.key}`));
      expect(wrong).toEqual([]);
    }
  }),
} satisfies Record<string, (subject: Identify) => unknown>;
type PropertyName = keyof typeof properties;

describe('identify, over generated worlds', () => {
  it.each(Object.keys(properties) as PropertyName[])('%s', (name) => {
    fc.assert(properties[name](real) as fc.IRawProperty<unknown, false>, parameters(name === 'equals the reference' ? 300 : 60));
  });

  it('says of values by the default tiers what the reference says', () => {
    const linking = /^(serial|bios_uuid|instance_uuid|cloud_resource_id|external_ref):/;
    const usable = (world: World): Set<string> => new Set(world.records.flatMap((record) => record.identifiers.filter((one) => !one.placeholder && !one.echo).map(({ kind, value }) => `${kind}:${value}`)));
    fc.assert(fc.property(arbitraryRecords, (drawn) => {
      const world = new World(drawn.records, drawn.constraints, { ...drawn.rules, tiers: { default: DEFAULT_TIERS, byClass: {} } });
      const held = usable(world);
      const expected = referenceIdentify(world.records, world.constraints, world.rules);

      const { values, reviews } = identify({ records: world.records, constraints: world.constraints, rules: world.rules });

      const inState = (state: string): string[] => [...new Set(values.filter((value) => value.state === state).map(({ kind, value }) => `${kind}:${value}`))].filter((value) => held.has(value)).sort(byCodeUnit);
      expect({
        shared: inState('junk').filter((value) => expected.shared.includes(value)), contested: inState('contested').filter((value) => linking.test(value)),
        spoilt: inState('spoilt'), attached: inState('attached'), alone: reviews.filter((review) => review.kind === 'cut_tie').flatMap((review) => review.records).sort(byCodeUnit),
      }).toEqual({
        shared: expected.shared, contested: expected.contested.filter((value) => linking.test(value) && !expected.spoilt.includes(value)),
        spoilt: expected.spoilt, attached: [...new Set(expected.attachedBy.map(({ value }) => value))], alone: expected.alone,
      });
    }), parameters(60));
  });
});

describe('each rule has a world that shows it', () => {
  it.each(EXAMPLES.map((one) => [one.rule, one.says, one] as const))('%s: %s', (rule, _, { world, assets }) => {
    const named = (components: Components): string[] => components.map((component) => component.map(idOf).sort(byCodeUnit).join(' ')).sort(byCodeUnit);
    const { records, constraints, rules } = world;

    expect(named(real(world))).toEqual(assets);
    expect(named(reference(world))).toEqual(assets);
    expect(named(referenceIdentify(records, constraints, rules, [rule]).components)).not.toEqual(assets);
  });

  it('and none is left out', () => {
    expect([...REMOVABLE].filter((rule) => !EXAMPLES.some((one) => one.rule === rule))).toEqual([]);
  });
});

describe('the properties can fail', () => {
  /** As it would be if the first record to come decided: each joins the first asset with which it shares a value. */
  const byArrival: Identify = ({ records }) => {
    const assets: { keys: RecordKey[]; values: Set<string> }[] = [];
    for (const record of records) {
      const held = record.identifiers.filter(({ kind }) => ['serial', 'bios_uuid', 'asset_tag'].includes(kind)).map(({ kind, value }) => `${kind}:${value}`);
      const found = assets.find((asset) => held.some((value) => asset.values.has(value)));
      if (found) { found.keys.push(record.key); held.forEach((value) => found.values.add(value)); } else assets.push({ keys: [record.key], values: new Set(held) });
    }
    return sorted(assets.map(({ keys }) => keys));
  };
  /** The limit counts whoever is there, not who holds the value. */
  const bySize: Identify = (world) => (world.records.length > 10 ? sorted(world.records.map((record) => [record.key])) : reference(world));
  const byHostname: Identify = (world) => {
    const { records, constraints, rules } = world;
    return referenceIdentify(records, constraints, { ...rules, tiers: { ...rules.tiers, default: { ...rules.tiers.default, attach: [...rules.tiers.default.attach, 'hostname', 'ip'] } } }).components;
  };
  const without = (...removed: (typeof REMOVABLE)[number][]): Identify => ({ records, constraints, rules }) => referenceIdentify(records, constraints, rules, removed).components;

  it.each([
    ['equals the reference', 'the rule of one stream is lost', without('same-stream contest')],
    ['equals the reference', 'ties join the first side', without('ties alone')],
    ['is a partition of the records', 'single records are forgotten', (world) => reference(world).filter((component) => component.length > 1)],
    ['does not depend on the order of records, identifiers or constraints', 'the first to come decides', byArrival],
    ['is not changed by a record that has nothing to do with it', 'the size of the world counts', bySize],
    ['merges nothing by values of the suggest tier', 'hostnames attach', byHostname],
    ['computed for what shares identifiers equals the computation over everything', 'the size of the world counts', bySize],
    ['never makes one asset of records that contradict or may not link', 'components are not cut', without('cut')],
    ['never makes one asset of records that contradict or may not link', 'attaching looks at nobody', without('attach guard', 'cluster guard')],
  ] satisfies [PropertyName, string, Identify][])('%s: not if %s', (name, _, mutant) => {
    const outcome = fc.check(properties[name](mutant) as fc.IRawProperty<unknown, false>, { numRuns: 500, seed: 1, endOnFailure: true });

    expect(outcome.failed).toBe(true);
    expect(outcome.counterexample).not.toBeNull();
  });
});
