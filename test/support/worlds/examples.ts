/**
 * For each rule of identity the smallest world that shows it, with the assets that come out. Found by taking the rule out of the reference and
 * shrinking the first world that came out differently; kept, so that a rule that is lost is seen at once and by name.
 */
import type { IdentifierKind } from '../../../connectors/sdk/contract/index.js';
import type { Constraint, IdentityRules, TierLists } from '../../../src/core/model/index.js';
import type { Removable } from '../oracle/reference-values.js';
import { DEFAULT_RULES, DEFAULT_TIERS, keyOf, World, type RecordSpec } from './world.js';

export interface Example {
  readonly rule: Removable;
  readonly says: string;
  readonly world: World;
  /** Assets by the ids of their records. */
  readonly assets: readonly string[];
}

type Held = Readonly<Partial<Record<IdentifierKind, string>>>;
type Rest = Partial<Omit<RecordSpec, 'source' | 'id' | 'identifiers'>> & { readonly host?: string };
/** `cmdb1` is record `cmdb1` of source cmdb; a value with a comma is several. */
function record(id: string, held: Held, { host, ...rest }: Rest = {}): RecordSpec {
  const identifiers = Object.fromEntries(Object.entries(held).map(([kind, values]) => [kind, values.split(',')]));
  return { source: id.replace(/\d+$/, ''), id, assetClass: 'server', ...(host !== undefined && { hostnames: [host] }), identifiers, ...rest };
}
const refTo = (id: string): string => keyOf({ source: id.replace(/\d+$/, ''), id });
const apart = (a: string, b: string): Constraint => ({ kind: 'cannot_link', a: refTo(a), b: refTo(b) });
const together = (a: string, b: string): Constraint => ({ kind: 'must_link', a: refTo(a), b: refTo(b) });
const rules = (defaults: Partial<TierLists>, byClass: Readonly<Record<string, TierLists>> = {}): IdentityRules =>
  ({ ...DEFAULT_RULES, tiers: { default: { ...DEFAULT_TIERS, ...defaults }, byClass } });
const example = (rule: Removable, says: string, specs: readonly RecordSpec[], assets: readonly string[], constraints: readonly Constraint[] = [], by: IdentityRules = DEFAULT_RULES): Example =>
  ({ rule, says, world: World.of(specs, constraints, by), assets });

const MAC = '00:50:56:00:00:01';
const LOCAL = '52:54:00:00:00:01';

export const EXAMPLES: readonly Example[] = [
  example('placeholders', 'a placeholder links nobody', [record('cmdb1', { serial: '~NONE' }), record('scan1', { serial: '~NONE' })], ['cmdb1', 'scan1']),
  example('echoes', 'what Lockstep itself wrote links nobody', [record('cmdb1', { serial: '=S1' }), record('scan1', { serial: 'S1' })], ['cmdb1', 'scan1']),
  example('shared limit', 'more than sharedLimit live holders in one stream make a value junk',
    [1, 2, 3, 4, 5, 6].map((n) => record(`cmdb${n}`, { bios_uuid: 'u1' })), ['cmdb1', 'cmdb2', 'cmdb3', 'cmdb4', 'cmdb5', 'cmdb6']),
  example('makers', 'a serial of two makers is one value for each, and links nobody who names none',
    [record('cmdb1', { serial: 'S1' }, { maker: 'DELL' }), record('scan1', { serial: 'S1' }, { maker: 'HP' }), record('agent1', { serial: 'S1' }, { maker: 'HP' }), record('cloud1', { serial: 'S1' })],
    ['agent1 scan1', 'cloud1', 'cmdb1']),
  example('own key', 'every record holds its own key as external_ref', [record('cmdb1', { external_ref: refTo('scan1') }), record('scan1', {})], ['cmdb1 scan1']),
  example('external_ref always links', 'also where the configured list of the link tier leaves it out',
    [record('cmdb1', { external_ref: refTo('scan1') }), record('scan1', {})], ['cmdb1 scan1'], [], rules({ link: ['serial'] })),
  example('tiers of a class', 'a class without own tiers takes its nearest ancestor\'s',
    [record('cmdb1', { bios_uuid: 'u1' }), record('cmdb2', { bios_uuid: 'u1' })], ['cmdb1', 'cmdb2'], [], rules({}, { hardware: { ...DEFAULT_TIERS, link: ['serial'] } })),
  example('differing serial', 'hardware with different serials is different, whatever else it shares',
    [record('cmdb1', { serial: 'S1', bios_uuid: 'u1' }), record('scan1', { serial: 'S2', bios_uuid: 'u1' })], ['cmdb1', 'scan1']),
  example('differing instance_uuid', 'virtual machines with different instance_uuids are different, also beside a record of another class',
    [record('cmdb1', { instance_uuid: 'i1', bios_uuid: 'u1' }), record('scan1', { instance_uuid: 'i2', bios_uuid: 'u1' }, { assetClass: 'virtual_machine' })], ['cmdb1', 'scan1']),
  example('differing cloud_resource_id', 'cloud resources with different ids are different',
    [record('cmdb1', { cloud_resource_id: 'c1', external_ref: refTo('cloud1') }), record('cloud1', { cloud_resource_id: 'c2' }, { assetClass: 'volume' })], ['cloud1', 'cmdb1']),
  example('other bios_uuid', 'equal serial and another bios_uuid in one stream: two assets', [record('cmdb1', { serial: 'S1', bios_uuid: 'u1' }), record('cmdb2', { serial: 'S1', bios_uuid: 'u2' })], ['cmdb1', 'cmdb2']),
  example('changed component', 'equal serial and another bios_uuid in two streams: one asset with a new mainboard',
    [record('cmdb1', { serial: 'S1', bios_uuid: 'u1' }), record('scan1', { serial: 'S1', bios_uuid: 'u2' })], ['cmdb1 scan1']),
  example('asset tags part a changed component', 'unless both name an asset_tag and these differ',
    [record('cmdb1', { serial: 'S1', bios_uuid: 'u1', asset_tag: 'T1' }), record('scan1', { serial: 'S1', bios_uuid: 'u2', asset_tag: 'T2' })], ['cmdb1', 'scan1']),
  example('spoilt', 'a serial whose holders contradict so is ignored when serials are compared',
    [record('scan1', { serial: 'CHASSIS', bios_uuid: 'u1' }), record('scan2', { serial: 'CHASSIS', bios_uuid: 'u2' }), record('cmdb1', { serial: 'S1', bios_uuid: 'u1' })], ['cmdb1 scan1', 'scan2']),
  example('contested', 'a value whose live holders contradict one another links nobody, not even those who do not contradict',
    [record('cmdb1', { serial: 'S1', cloud_resource_id: 'c1', bios_uuid: 'u1' }), record('scan1', { serial: 'S2', bios_uuid: 'u1' }), record('cloud1', { cloud_resource_id: 'c2', bios_uuid: 'u1' }, { assetClass: 'virtual_machine' })],
    ['cloud1', 'cmdb1', 'scan1']),
  example('same-stream contest', 'two records of one stream that share one value and differ in hostname are two assets',
    [record('agent1', { bios_uuid: 'u1' }, { host: 'host' }), record('agent2', { bios_uuid: 'u1' }, { host: 'web' })], ['agent1', 'agent2']),
  example('single or MACs', 'with two shared values and no MACs they are one: renamed, and twice in its source',
    [record('agent1', { bios_uuid: 'u1', serial: 'S1' }, { host: 'host' }), record('agent2', { bios_uuid: 'u1', serial: 'S1' }, { host: 'web' })], ['agent1 agent2']),
  example('shared names', 'the name of one is the hostname of the other: they share a suggest value',
    [record('cmdb1', { bios_uuid: 'u1' }, { host: 'web1' }), record('cmdb2', { bios_uuid: 'u1' }, { host: 'web2', nameLabel: 'web1' })], ['cmdb1 cmdb2']),
  example('agreeing records', 'a value contested in one stream links records of other streams by their hostname',
    [record('agent1', { bios_uuid: 'u1' }, { host: 'host' }), record('agent2', { bios_uuid: 'u1' }, { host: 'web' }), record('scan1', { bios_uuid: 'u1' }, { host: 'web' }), record('scan2', { bios_uuid: 'u1' }, { host: 'db' })],
    ['agent1', 'agent2 scan1', 'scan2']),
  example('contested under 3 as well', 'then not even by hostname',
    [record('agent1', { bios_uuid: 'u1' }, { host: 'host' }), record('agent2', { bios_uuid: 'u1' }, { host: 'web' }), record('scan1', { bios_uuid: 'u1', serial: 'S1' }, { host: 'web' }), record('cmdb1', { bios_uuid: 'u1', serial: 'S2' }, { host: 'db' })],
    ['agent1', 'agent2', 'cmdb1', 'scan1']),
  example('tombstone that would contradict', 'a tombstone that would contradict a live holder is linked by that value to nobody',
    [record('cmdb1', { serial: 'S1', bios_uuid: 'u1' }, { state: 'tombstoned' }), record('scan1', { serial: 'S2', bios_uuid: 'u1' }), record('agent1', { bios_uuid: 'u1' })], ['agent1 scan1', 'cmdb1']),
  example('tombstone that would contradict', 'also one that would be among those that spoil the serial',
    [record('cmdb1', { serial: 'S1', bios_uuid: 'u1' }), record('cmdb2', { serial: 'S1', bios_uuid: 'u2' }), record('cmdb3', { serial: 'S1', bios_uuid: 'u1', external_ref: refTo('cmdb2') }, { state: 'tombstoned' })],
    ['cmdb1 cmdb3', 'cmdb2']),
  example('tombstones link', 'a return finds its asset', [record('cmdb1', { serial: 'S1' }, { state: 'tombstoned' }), record('cmdb2', { serial: 'S1' })], ['cmdb1 cmdb2']),
  example('tombstones do not contest', 'a tombstone takes no value from the living',
    [record('cmdb1', { serial: 'S1', bios_uuid: 'u1' }, { state: 'tombstoned' }), record('scan1', { serial: 'S2', bios_uuid: 'u1' }), record('agent1', { bios_uuid: 'u1' })], ['agent1 scan1', 'cmdb1']),
  example('tombstones do not attach', 'nor does it attach', [record('cmdb1', { mac: MAC }, { state: 'tombstoned' }), record('scan1', { mac: MAC })], ['cmdb1', 'scan1']),
  example('must-link', 'a person\'s must-link is a link', [record('cmdb1', {}), record('scan1', {})], ['cmdb1 scan1'], [together('cmdb1', 'scan1')]),
  example('must-link silences', 'and silences the contradiction between its two records, and the contest that rests on that pair',
    [record('cmdb1', { serial: 'S1', bios_uuid: 'u1' }), record('scan1', { serial: 'S2', bios_uuid: 'u1' }), record('agent1', { bios_uuid: 'u1' })], ['agent1 cmdb1 scan1'], [together('cmdb1', 'scan1')]),
  example('cannot-link', 'a cannot-link wins over a path of links', [record('cmdb1', { serial: 'S1' }), record('scan1', { serial: 'S1' })], ['cmdb1', 'scan1'], [apart('cmdb1', 'scan1')]),
  example('cannot-link', 'and forbids attaching, also between tombstones of the two components',
    [record('cmdb1', { serial: 'S1', mac: MAC }), record('cmdb2', { serial: 'S1' }, { state: 'tombstoned' }), record('scan1', { mac: MAC })], ['cmdb1 cmdb2', 'scan1'], [apart('cmdb2', 'scan1')]),
  example('cut', 'a component that holds a contradiction is cut between its seeds',
    [record('cmdb1', { serial: 'S1' }), record('scan1', { external_ref: refTo('cmdb1') }), record('agent1', { external_ref: refTo('scan1') }), record('cloud1', { serial: 'S2', external_ref: refTo('agent1') })],
    ['agent1 cloud1', 'cmdb1 scan1']),
  example('sides', 'seeds that share a linking value and do not contradict are one side',
    [record('cmdb1', { serial: 'S1' }), record('cloud1', { serial: 'S1', bios_uuid: 'u1' }), record('scan1', { bios_uuid: 'u1', external_ref: refTo('agent1') }), record('agent1', { serial: 'S2' })],
    ['agent1', 'cloud1 cmdb1', 'scan1']),
  example('every seed by itself', 'if that puts contradicting seeds on one side, every seed is a side by itself',
    [record('cmdb1', { serial: 'S1', bios_uuid: 'u1' }), record('scan1', { serial: 'S1,S2' }, {}), record('agent1', { serial: 'S2', bios_uuid: 'u3', external_ref: refTo('cloud1') }), record('cloud1', { bios_uuid: 'u4' })],
    ['agent1', 'cloud1', 'cmdb1', 'scan1'], [apart('scan1', 'cloud1')]),
  example('nearest seed', 'any other record belongs to the side whose nearest seed is the fewest records away',
    [record('cmdb1', { serial: 'S1' }), record('scan1', { external_ref: refTo('cmdb1') }), record('agent1', { external_ref: refTo('scan1') }), record('cloud1', { serial: 'S2', external_ref: refTo('agent1') })],
    ['agent1 cloud1', 'cmdb1 scan1']),
  example('ties alone', 'equally near: it stands alone', [record('cmdb1', { serial: 'S1' }), record('scan1', { serial: 'S1,S2' }), record('agent1', { serial: 'S2' })], ['agent1', 'cmdb1', 'scan1']),
  example('attach', 'a value of the attach tier joins finished components', [record('cmdb1', { asset_tag: 'T1', serial: 'S1' }), record('scan1', { asset_tag: 'T1' })], ['cmdb1 scan1']),
  example('attach guard', 'a value that may not join two of its holders joins none, and is no part of a cluster',
    [record('cmdb1', { mac: MAC, asset_tag: 'T1' }), record('cmdb2', { mac: MAC }), record('scan1', { asset_tag: 'T1' })], ['cmdb1 scan1', 'cmdb2']),
  example('attach guard: one stream', 'two components with live records in one stream are not attached', [record('cmdb1', { fqdn: 'a.example' }), record('cmdb2', { fqdn: 'a.example' })], ['cmdb1', 'cmdb2']),
  example('attach guard: bios_uuid', 'nor two that name different bios_uuids', [record('cmdb1', { bios_uuid: 'u1', mac: MAC }), record('scan1', { bios_uuid: 'u2', mac: MAC })], ['cmdb1', 'scan1']),
  example('cluster guard', 'joins that together would bring two such components into one asset are not made',
    [record('cmdb1', { serial: 'S1', asset_tag: 'T1' }), record('scan1', { asset_tag: 'T1', mac: MAC }), record('agent1', { mac: MAC, serial: 'S2' })], ['agent1', 'cmdb1', 'scan1']),
  example('one family', 'components of two families are not attached', [record('cmdb1', { fqdn: 'a.example' }, { assetClass: 'application' }), record('scan1', { fqdn: 'a.example' })], ['cmdb1', 'scan1']),
  example('locally administered MAC', 'it never identifies hardware', [record('cmdb1', { mac: LOCAL }), record('scan1', { mac: LOCAL })], ['cmdb1', 'scan1']),
];
