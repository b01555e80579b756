/** Arbitrary worlds of normalised records with adversarial sharing: scenes of known trouble, and a soup of records that draw from few values. */
import fc from 'fast-check';
import type { IdentifierKind } from '../../../connectors/sdk/contract/index.js';
import type { Constraint, IdentityRules, RecordState, TierLists } from '../../../src/core/model/index.js';
import { SCENES, TWISTS, twisted, type SceneName, type Twist } from './scenes.js';
import { DEFAULT_RULES, DEFAULT_TIERS, keyOf, recordOf, World, type RecordSpec } from './world.js';

/** Of some values, mostly none or one; shrinks to none. */
const few = (odds: number): fc.Arbitrary<number[]> => fc.oneof({ withCrossShrink: true },
  { weight: 10 - odds, arbitrary: fc.constant<number[]>([]) },
  { weight: odds, arbitrary: fc.nat(23).map((n) => [n]) },
  { weight: 1, arbitrary: fc.array(fc.nat(23), { minLength: 2, maxLength: 3, size: 'max' }) });

const KINDS: Readonly<Record<IdentifierKind, number>> = { serial: 4, bios_uuid: 4, instance_uuid: 2, cloud_resource_id: 2, external_ref: 2, mac: 3, fqdn: 2, hostname: 0, ip: 1, asset_tag: 2 };
type Numbers = { readonly [K in IdentifierKind]: number[] };
const numbers: fc.Arbitrary<Numbers> = fc.record(Object.fromEntries(Object.entries(KINDS).map(([kind, odds]) => [kind, few(odds)])) as { [K in IdentifierKind]: fc.Arbitrary<number[]> });

const soupRecord = fc.record({
  /** Drawn, not counted: taking another record away leaves this one's references what they are. */
  id: fc.noShrink(fc.nat(99)),
  source: fc.constantFrom('cmdb', 'scan', 'cloud', 'agent'),
  stream: fc.constantFrom('records', 'records', 'records', 'extra'),
  assetClass: fc.constantFrom('server', 'computer', 'server', 'virtual_machine', 'virtual_machine', undefined, 'volume', 'application'),
  state: fc.constantFrom<RecordState[]>('live', 'live', 'live', 'live', 'tombstoned', 'unread'),
  maker: fc.constantFrom(undefined, undefined, 'DELL', 'HP'),
  hostnames: few(5), name: few(2), numbers,
  /** Position in `~ =` or none, for a few. */
  mark: fc.constantFrom('', '', '', '', '', '', '', '', '', '~', '='),
});
type SoupRecord = typeof soupRecord extends fc.Arbitrary<infer T> ? T : never;

const MACS = ['00:50:56:aa:00', '52:54:00:aa:00', '00:50:56:bb:00', 'da:00:00:aa:00'];
function soupSpec(record: SoupRecord, pool: number, keyOfId: (id: number) => string): RecordSpec {
  const value = (kind: IdentifierKind, n: number): string => {
    const drawn = n % pool;
    switch (kind) {
      case 'mac': return `${MACS[drawn % MACS.length] ?? ''}:0${Math.floor(drawn / MACS.length)}`;
      case 'external_ref': return keyOfId(n);
      case 'ip': return `10.0.0.${drawn}`;
      default: return `${kind.slice(0, 1).toUpperCase()}${drawn}`;
    }
  };
  const identifiers = Object.fromEntries((Object.entries(record.numbers) as [IdentifierKind, number[]][]).filter(([, drawn]) => drawn.length > 0)
    .map(([kind, drawn]) => [kind, drawn.map((n, first) => `${first === 0 && kind !== 'external_ref' ? record.mark : ''}${value(kind, n)}`)]));
  const [name] = record.name;
  return {
    source: record.source, stream: record.stream, id: String(record.id), state: record.state,
    ...(record.assetClass !== undefined && { assetClass: record.assetClass }), ...(record.maker !== undefined && { maker: record.maker }),
    hostnames: [...new Set(record.hostnames.map((n) => `h${n % pool}`))], ...(name !== undefined && { nameLabel: `h${name % pool}` }), identifiers,
  };
}

const scene = fc.record({
  name: fc.constantFrom(...(Object.keys(SCENES) as SceneName[])),
  slot: fc.nat(2),
  variant: fc.oneof({ withCrossShrink: true }, fc.nat(15), fc.nat(0x7fffffff)),
  twists: fc.array(fc.record({ at: fc.nat(6), twist: fc.constantFrom<Twist[]>(...TWISTS) }), { maxLength: 3 }),
});

function sceneSpecs(drawn: typeof scene extends fc.Arbitrary<infer T> ? T : never, at: number, sharedLimit: number): RecordSpec[] {
  let bits = drawn.variant;
  const flip = (): boolean => {
    const bit = (bits & 1) === 1;
    // After its last bit the variant starts again, so that a long scene does not end in plain records.
    bits = bits > 1 ? bits >>> 1 : drawn.variant;
    return bit;
  };
  const slot = `x${drawn.slot}`;
  const specs = SCENES[drawn.name]({ slot, id: `${at}.`, sharedLimit, flip });
  return specs.map((spec, position): RecordSpec => drawn.twists.filter((twist) => twist.at === position).reduce((so, { twist }) => twisted(so, twist, slot), spec as RecordSpec));
}

const TIER_KINDS: readonly (IdentifierKind | 'name')[] = ['cloud_resource_id', 'instance_uuid', 'bios_uuid', 'serial', 'asset_tag', 'mac', 'fqdn', 'hostname', 'ip', 'name'];
/** As a YAML may give them: a few kinds stand in another tier than by default. external_ref links, listed or not. */
const tierLists: fc.Arbitrary<TierLists> = fc.dictionary(fc.constantFrom(...TIER_KINDS), fc.constantFrom('link', 'attach', 'suggest', 'none'), { maxKeys: 4 }).map((moved) => {
  const tier = (name: 'link' | 'attach' | 'suggest'): (IdentifierKind | 'name')[] => TIER_KINDS.filter((kind) => (moved[kind] ?? tierByDefault(kind)) === name && (kind !== 'name' || name === 'suggest'));
  return { link: tier('link') as IdentifierKind[], attach: tier('attach') as IdentifierKind[], suggest: tier('suggest') };
});
const tierByDefault = (kind: IdentifierKind | 'name'): string => ((DEFAULT_TIERS.link as readonly string[]).includes(kind) ? 'link' : (DEFAULT_TIERS.attach as readonly string[]).includes(kind) ? 'attach' : 'suggest');

export const arbitraryRules: fc.Arbitrary<IdentityRules> = fc.oneof({ withCrossShrink: true },
  { weight: 5, arbitrary: fc.constant<IdentityRules>(DEFAULT_RULES) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 3 }).map((sharedLimit) => ({ ...DEFAULT_RULES, sharedLimit })) },
  { weight: 2, arbitrary: fc.record({
    sharedLimit: fc.integer({ min: 1, max: 5 }),
    byClass: fc.dictionary(fc.constantFrom('hardware', 'server', 'virtual_machine', 'cloud_resource', 'application'), tierLists, { maxKeys: 2 }),
    default: fc.option(tierLists, { nil: DEFAULT_TIERS, freq: 2 }),
  }).map(({ sharedLimit, byClass, default: lists }) => ({ ...DEFAULT_RULES, sharedLimit, tiers: { default: lists, byClass } })) });

interface DrawnConstraint { readonly kind: Constraint['kind']; readonly a: number; readonly b: number }
const drawnConstraint: fc.Arbitrary<DrawnConstraint> = fc.record({ kind: fc.constantFrom<Constraint['kind'][]>('must_link', 'cannot_link'), a: fc.nat(59), b: fc.nat(59) });
const drawnConstraints: fc.Arbitrary<DrawnConstraint[]> = fc.oneof({ withCrossShrink: true }, fc.constant<DrawnConstraint[]>([]), fc.array(drawnConstraint, { maxLength: 4, size: 'max' }));
const soup = (maxLength: number): fc.Arbitrary<SoupRecord[]> => fc.uniqueArray(soupRecord, { maxLength, size: 'max', selector: (record) => record.id });

/** Small worlds (up to about 60 records). Each part shrinks by itself: scenes and records go first, then variants, values, constraints, rules. */
export const arbitraryRecords: fc.Arbitrary<World> = fc.record({
  scenes: fc.array(scene, { maxLength: 5, size: 'max' }),
  soup: fc.oneof({ withCrossShrink: true }, fc.constant<SoupRecord[]>([]), soup(8), soup(30)),
  pool: fc.integer({ min: 1, max: 12 }),
  constraints: drawnConstraints,
  rules: arbitraryRules,
}).map(({ scenes, soup, pool, constraints, rules }) => {
  const specs = scenes.flatMap((drawn, at) => sceneSpecs(drawn, at, rules.sharedLimit)).slice(0, 40);
  const identified = soup.map((record): RecordSpec => ({ source: record.source, stream: record.stream, id: String(record.id) }));
  // A reference points at one of the records nearby, at one of a scene, or at nothing that is known.
  const keyOfId = (n: number): string => {
    const target = n < 16 ? identified.find((spec) => Number(spec.id) % 16 === n) : specs[n - 16];
    return target ? keyOf(target) : `scan/records/unknown${n % 3}`;
  };
  const records = [...specs, ...soup.map((record) => soupSpec(record, pool, keyOfId))].map(recordOf);
  const drawn = constraints.flatMap(({ kind, a, b }): Constraint[] => {
    const [first, second] = [records[a % Math.max(records.length, 1)]?.key, records[b % Math.max(records.length, 1)]?.key];
    return first === undefined || second === undefined || first === second ? [] : [{ kind, a: first, b: second }];
  });
  return new World(records, drawn, rules);
});
