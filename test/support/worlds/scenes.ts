/**
 * Small scenes of what goes wrong with identity in real estates. A scene is a handful of records; its `variant` is read bit by bit, so that a failing
 * world shrinks to the plainest variant that still fails. Two scenes of one slot share their values.
 */
import type { IdentifierKind } from '../../../connectors/sdk/contract/index.js';
import { keyOf, type RecordSpec } from './world.js';

export interface Stage {
  /** Prefix of every value: scenes of one slot share theirs. */
  readonly slot: string;
  /** Prefix of every id: unique for a scene. */
  readonly id: string;
  readonly sharedLimit: number;
  /** Reads the next bit of the variant. */
  readonly flip: () => boolean;
}
type Scene = (stage: Stage) => RecordSpec[];

const SOURCES = ['cmdb', 'scan', 'cloud', 'agent'] as const;
const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

export const SCENES = {
  placeholderSerials: ({ slot, id, flip }) => range(flip() ? 5 : 3).map((at) => ({
    source: at < 2 || flip() ? 'cmdb' : 'scan', id: `${id}${at}`, assetClass: 'server', hostnames: [`${slot}h${at}`],
    identifiers: { serial: ['~TOBEFILLEDBYOEM'], ...(flip() && { asset_tag: [`${slot}T${at % 2}`] }) },
  })),

  serialOfTwoMakers: ({ slot, id, flip }) => (['DELL', 'HP', undefined, 'DELL', undefined] as const).slice(0, flip() ? 5 : 3).map((maker, at) => ({
    source: SOURCES[flip() ? 0 : at % 4] ?? 'cmdb', id: `${id}${at}`, assetClass: 'server', ...(maker && { maker }), hostnames: flip() ? [`${slot}h${at}`] : [],
    ...(flip() && { state: 'tombstoned' as const }), identifiers: { serial: [`${slot}S1`], ...(flip() && { bios_uuid: [`${slot}u${at}`] }) },
  })),

  clones: ({ slot, id, flip }) => range(flip() ? 4 : 2).map((at) => ({
    source: flip() ? 'scan' : 'cmdb', id: `${id}${at}`, assetClass: flip() ? 'virtual_machine' : 'server', hostnames: [`${slot}h${at % 2}`],
    identifiers: { serial: [`${slot}S1`], bios_uuid: [`${slot}u1`], ...(flip() && { mac: [`00:50:56:00:00:0${at}`] }), ...(flip() && { ip: ['10.0.0.1'] }) },
  })),

  renamedAndReimaged: ({ slot, id, flip }) => range(3).map((at) => ({
    source: at === 2 || flip() ? 'scan' : 'cmdb', id: `${id}${at}`, assetClass: 'computer', hostnames: [`${slot}h${at}`], nameLabel: flip() ? `${slot}h0` : `${slot}h${at}`,
    identifiers: { serial: [`${slot}S1`], ...(flip() && { bios_uuid: [`${slot}u1`] }), ...(flip() && { mac: [`00:50:56:01:00:0${at % 2}`] }) },
  })),

  mainboardSwap: ({ slot, id, flip }) => range(flip() ? 3 : 2).map((at) => ({
    source: flip() ? 'cmdb' : SOURCES[at] ?? 'cmdb', id: `${id}${at}`, assetClass: flip() ? 'virtual_machine' : 'server',
    identifiers: { serial: [`${slot}S1`], bios_uuid: [`${slot}u${at}`], ...(flip() && { asset_tag: [`${slot}T${flip() ? at : 0}`] }) },
    ...(flip() && { state: 'tombstoned' as const }),
  })),

  swappedUuids: ({ slot, id, flip }) => [[1, 1], [2, 2], [1, 2], [2, 1]].slice(0, flip() ? 4 : 3).map(([serial, uuid], at) => ({
    source: at < 2 ? 'cmdb' : 'agent', id: `${id}${at}`, assetClass: 'server', ...(flip() && { hostnames: [`${slot}h${serial}`] }),
    identifiers: { serial: [`${slot}S${serial}`], bios_uuid: [`${slot}u${uuid}`] },
  })),

  bridge: ({ slot, id, flip }) => [
    { source: 'cmdb', id: `${id}0`, assetClass: 'server', identifiers: { serial: [`${slot}S1`], ...(flip() && { instance_uuid: [`${slot}i1`] }) } },
    { source: 'scan', id: `${id}1`, assetClass: flip() ? 'virtual_machine' : 'server', identifiers: { bios_uuid: [`${slot}u1`], ...(flip() && { serial: [`${slot}S2`] }) } },
    { source: flip() ? 'scan' : 'agent', id: `${id}2`, assetClass: 'server', identifiers: { bios_uuid: [`${slot}u1`], ...(flip() && { external_ref: [`cmdb/records/${id}0`] }), ...(flip() && { serial: [`${slot}S1`] }) } },
  ],

  duplicatesInSource: ({ slot, id, flip }) => range(flip() ? 3 : 2).map((at) => ({
    source: 'cmdb', id: `${id}${at}`, assetClass: 'computer', hostnames: flip() ? [`${slot}h${at}`] : [`${slot}h`], ...(flip() && { nameLabel: `${slot}h0` }),
    identifiers: { serial: [`${slot}S1`], ...(flip() && { bios_uuid: [`${slot}u1`] }), ...(flip() && { asset_tag: [`${slot}T1`] }), ...(flip() && { mac: [`00:50:56:02:00:0${at}`] }) },
  })),

  containersWithHostUuid: ({ slot, id, flip }) => {
    const names = ['host', 'web', 'db'].slice(0, flip() ? 3 : 2);
    const seenBy = (source: string, first: number): RecordSpec[] => names.map((name, at) => ({
      source, id: `${id}${first + at}`, assetClass: at === 0 ? 'server' : flip() ? 'virtual_machine' : 'server', hostnames: [`${slot}${name}`],
      identifiers: { bios_uuid: [`${slot}u1`], ...(flip() && { mac: [`02:42:ac:00:0${first}:0${at}`] }), ...(flip() && { serial: [`${slot}S1`] }) },
    }));
    return [...seenBy('agent', 0), ...seenBy('scan', 3).slice(0, flip() ? 3 : 1)];
  },

  bladesOfOneChassis: ({ slot, id, flip }) => range(flip() ? 5 : 3).map((at) => ({
    source: at < 3 ? 'scan' : 'cmdb', id: `${id}${at}`, assetClass: 'server', ...(flip() && { hostnames: [`${slot}b${at % 3}`] }),
    identifiers: { serial: [`${slot}CHASSIS`], ...(at < 3 || flip() ? { bios_uuid: [`${slot}u${at % 3}`] } : {}), ...(flip() && { mac: [`00:50:56:03:00:0${at}`] }) },
  })),

  contestedUuid: ({ slot, id, flip }) => [
    { source: 'cmdb', id: `${id}0`, assetClass: 'server', identifiers: { serial: [`${slot}S1`], bios_uuid: [`${slot}u1`] } },
    { source: flip() ? 'cmdb' : 'scan', id: `${id}1`, assetClass: 'server', identifiers: { serial: [`${slot}S2`], bios_uuid: [`${slot}u1`], ...(flip() && { mac: ['00:50:56:04:00:01'] }) } },
    { source: 'agent', id: `${id}2`, assetClass: 'server', ...(flip() && { state: 'tombstoned' as const }), identifiers: { bios_uuid: [`${slot}u1`], ...(flip() && { serial: [`${slot}S1`] }), ...(flip() && { mac: ['00:50:56:04:00:01'] }) } },
  ],

  tombstones: ({ slot, id, flip }) => [
    { source: 'cmdb', id: `${id}0`, assetClass: 'server', state: 'tombstoned' as const, identifiers: { serial: [`${slot}S1`], bios_uuid: [`${slot}u1`], ...(flip() && { asset_tag: [`${slot}T1`] }) } },
    { source: flip() ? 'cmdb' : 'scan', id: `${id}1`, assetClass: 'server', identifiers: { bios_uuid: [`${slot}u1`], ...(flip() && { serial: [`${slot}S2`] }), ...(flip() && { asset_tag: [`${slot}T1`] }) } },
    { source: 'agent', id: `${id}2`, assetClass: 'server', state: flip() ? 'unread' as const : 'tombstoned' as const, identifiers: { serial: [`${slot}S1`], ...(flip() && { bios_uuid: [`${slot}u2`] }) } },
  ],

  cloudMachines: ({ slot, id, flip }) => [
    { source: 'cloud', id: `${id}0`, assetClass: 'virtual_machine', hostnames: [`${slot}ip1`], identifiers: { cloud_resource_id: [`${slot}c1`], bios_uuid: [`${slot}u1`], mac: ['02:00:00:00:00:01'] } },
    { source: 'agent', id: `${id}1`, assetClass: flip() ? 'server' : 'virtual_machine', hostnames: [`${slot}web`], identifiers: { ...(flip() ? { bios_uuid: [`${slot}u1`] } : { mac: ['02:00:00:00:00:01'] }), ...(flip() && { cloud_resource_id: [`${slot}c2`] }) } },
    { source: flip() ? 'cloud' : 'scan', id: `${id}2`, assetClass: flip() ? 'volume' : 'virtual_machine', identifiers: { instance_uuid: [`${slot}i${flip() ? 1 : 2}`], ...(flip() && { bios_uuid: [`${slot}u1`] }), ...(flip() && { cloud_resource_id: [`${slot}c1`] }) } },
    { source: 'cmdb', id: `${id}3`, assetClass: 'virtual_machine', identifiers: { instance_uuid: [`${slot}i1`], ...(flip() && { mac: ['02:00:00:00:00:01'] }) } },
  ],

  localMacs: ({ slot, id, flip }) => range(flip() ? 4 : 3).map((at) => ({
    source: SOURCES[at] ?? 'cmdb', id: `${id}${at}`, assetClass: at === 0 && !flip() ? 'virtual_machine' : flip() ? 'computer' : flip() ? 'virtual_machine' : 'server',
    ...(flip() && { state: 'tombstoned' as const }), identifiers: { mac: [`52:54:00:00:00:0${flip() ? 2 : 1}`, ...(flip() ? [`da:00:00:00:00:01`] : [])], ...(flip() && { serial: [`${slot}S${at}`] }) },
  })),

  sharedByTooMany: ({ slot, id, sharedLimit, flip }) => {
    const kinds: IdentifierKind[] = ['serial', 'bios_uuid', 'mac', 'asset_tag', 'external_ref', 'ip', 'fqdn', 'hostname'];
    const kind = kinds[Number(flip()) * 4 + Number(flip()) * 2 + Number(flip())] ?? 'serial';
    const value = kind === 'mac' ? '00:50:56:05:00:01' : kind === 'external_ref' ? 'scan/records/gone' : `${slot}shared`;
    return range(Math.min(sharedLimit + (flip() ? 1 : 2), 7)).map((at) => ({
      source: flip() ? 'scan' : 'cmdb', id: `${id}${at}`, assetClass: 'server', ...(flip() && { state: 'tombstoned' as const }),
      ...(kind === 'hostname' ? { hostnames: [value] } : {}), identifiers: { [kind]: [value], ...(flip() && { serial: [`${slot}S${at % 2}`] }) },
    }));
  },

  references: ({ slot, id, flip }) => [
    { source: 'cmdb', id: `${id}0`, assetClass: 'server', identifiers: { external_ref: [`scan/records/${id}1`] } },
    { source: 'scan', id: `${id}1`, assetClass: flip() ? 'application' : 'server', identifiers: flip() ? { serial: [`${slot}S1`] } : {} },
    { source: flip() ? 'cmdb' : 'agent', id: `${id}2`, assetClass: 'server', hostnames: flip() ? [`${slot}h2`] : [], identifiers: { external_ref: [`scan/records/${id}1`], ...(flip() && { serial: [`${slot}S2`] }) } },
  ],

  attachedInAChain: ({ slot, id, flip }) => range(flip() ? 4 : 3).map((at) => ({
    source: at === 2 && flip() ? 'cmdb' : SOURCES[at] ?? 'cmdb', id: `${id}${at}`, assetClass: flip() ? 'virtual_machine' : at === 1 && flip() ? 'application' : 'server',
    identifiers: { asset_tag: [`${slot}T${Math.floor(at / 2)}`], mac: [`00:50:56:06:00:0${Math.floor((at + 1) / 2)}`], ...(flip() && { serial: [`${slot}S${at}`] }), ...(flip() && { bios_uuid: [`${slot}u${at % 2}`] }) },
  })),

  /** A chain of references whose ends, and perhaps its middle, are different machines: the only way into rule 7 without a person. */
  chainWithContradiction: ({ slot, id, flip }) => {
    const length = 3 + Number(flip()) * 2 + Number(flip());
    return range(length).map((at) => {
      const names = at === 0 || at === length - 1 || (at === 2 && flip());
      const spec = { source: SOURCES[at % 4] ?? 'cmdb', id: `${id}${at}`, assetClass: 'server' };
      const next = { source: SOURCES[(at + 1) % 4] ?? 'cmdb', id: `${id}${at + 1}` };
      return { ...spec, identifiers: { ...(names && { serial: [`${slot}S${flip() ? at % 2 : at}`] }), ...(at + 1 < length && { external_ref: [keyOf(next), ...(flip() ? [`${slot}/ring/1`] : [])] }) } };
    });
  },
} satisfies Record<string, Scene>;
export type SceneName = keyof typeof SCENES;

export const TWISTS = ['tombstoned', 'unread', 'no host name', 'one host name', 'no class', 'other class', 'other source', 'placeholders', 'echoes', 'extra serial', 'a tag'] as const;
export type Twist = (typeof TWISTS)[number];

/** One further thing that is odd about one record. */
export function twisted(spec: RecordSpec, twist: Twist, slot: string): RecordSpec {
  const mark = (sign: string): RecordSpec['identifiers'] => Object.fromEntries(
    Object.entries(spec.identifiers ?? {}).map(([kind, values]) => [kind, values.map((value) => (/^[~=]/.test(value) || kind === 'external_ref' ? value : `${sign}${value}`))]));
  switch (twist) {
    case 'tombstoned': case 'unread': return { ...spec, state: twist };
    case 'no host name': return { ...spec, hostnames: [] };
    case 'one host name': return { ...spec, hostnames: [`${slot}h1`] };
    case 'no class': { const { assetClass: _, ...rest } = spec; return rest; }
    case 'other class': return { ...spec, assetClass: spec.assetClass === 'virtual_machine' ? 'server' : 'virtual_machine' };
    case 'other source': return { ...spec, source: spec.source === 'cmdb' ? 'scan' : 'cmdb', stream: 'extra' };
    case 'placeholders': return { ...spec, identifiers: mark('~') ?? {} };
    case 'echoes': return { ...spec, identifiers: mark('=') ?? {} };
    case 'extra serial': return { ...spec, identifiers: { ...spec.identifiers, serial: [...(spec.identifiers?.serial ?? []), `${slot}S2`] } };
    case 'a tag': return { ...spec, identifiers: { ...spec.identifiers, asset_tag: [`${slot}T1`] } };
  }
}
