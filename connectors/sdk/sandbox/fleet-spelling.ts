import type { SourceRole } from '../contract/index.js';
import { COMPANIES, MODELS } from './fleet-catalogue.js';
import type { FleetAsset, FleetSighting } from './fleet-model.js';

/** The same UUID with its first three groups byte-swapped, as half of all tools read it from the firmware. */
export function swapUuid(uuid: string): string {
  const [a = '', b = '', c = '', ...rest] = uuid.split('-');
  const swap = (group: string): string => (group.match(/../g) ?? []).reverse().join('');
  return [swap(a), swap(b), swap(c), ...rest].join('-');
}

const dashes = (mac: string): string => mac.replaceAll(':', '-').toUpperCase();
const dotted = (mac: string): string => (mac.replaceAll(':', '').match(/.{4}/g) ?? []).join('.');

const byKey = <T extends { readonly key: string }>(list: readonly T[]): ReadonlyMap<string, T> => new Map(list.map((entry) => [entry.key, entry]));
const companies = byKey(COMPANIES);
const models = byKey(MODELS);

/** What the systems of a role say of an asset: none, one, or, of a duplicate, two. */
export function sightingsOf(asset: FleetAsset, role: SourceRole): readonly FleetSighting[] {
  if (!asset.knownTo.includes(role)) return [];
  const id = asset.kind === 'volume' ? `${role}-${asset.key}` : `${role}-${String(asset.index).padStart(6, '0')}`;
  const first: FleetSighting = { role, id, asset, isDuplicate: false, ...common(asset), ...spelled(asset, role) };
  if (role !== 'itsm') return [first];
  if (asset.oddities.includes('duplicate_in_itsm')) return [first, second(first)];
  if (asset.oddities.includes('flagged_duplicate')) return [first, { ...second(first), duplicateOf: id }];
  return [first];
}

/** Someone entered the machine again, from its label: no tag, the name in capitals, half the facts. */
function second(first: FleetSighting): FleetSighting {
  const { fqdn: _fqdn, biosUuid: _uuid, assetTag: _tag, ...rest } = first;
  return { ...rest, id: `${first.id}-b`, name: first.asset.name.toUpperCase(), macs: [], ips: [], isDuplicate: true, modifiedAt: first.modifiedAt - 86_400_000 };
}

type Common = Pick<FleetSighting, 'name' | 'fqdn' | 'macs' | 'ips' | 'model' | 'stage' | 'modifiedAt'>;
function common(asset: FleetAsset): Common {
  const model = models.get(asset.model);
  return {
    name: asset.name, macs: asset.macs, ips: asset.ips, stage: asset.stage, modifiedAt: asset.modifiedAt,
    ...(asset.fqdn !== '' && { fqdn: asset.fqdn }), ...(model && { model: model.name }),
  };
}

type Spelled = Partial<Pick<FleetSighting, 'name' | 'fqdn' | 'serial' | 'biosUuid' | 'macs' | 'ips' | 'manufacturer' | 'assetTag' | 'stage'>>;
function spelled(asset: FleetAsset, role: SourceRole): Spelled {
  const company = companies.get(asset.company);
  const maker = (nth: number): Spelled => (company ? { manufacturer: nth === 0 ? company.name : company.spellings[nth - 1] ?? company.name } : {});
  const tag = asset.assetTag === undefined ? {} : { assetTag: asset.assetTag };
  const virtual = asset.kind === 'virtual_machine';
  switch (role) {
    case 'itsm': return {
      ...maker(0), ...tag, serial: asset.serial,
      name: asset.oddities.includes('renamed') ? `old-${asset.name}` : asset.index % 3 === 0 ? asset.name.toUpperCase() : asset.index % 4 === 1 ? asset.fqdn : asset.name,
      fqdn: asset.oddities.includes('renamed') ? `old-${asset.fqdn}` : asset.fqdn,
      biosUuid: asset.oddities.includes('mainboard_swap') ? otherUuid(asset.biosUuid) : asset.oddities.includes('swapped_uuid') ? swapUuid(asset.biosUuid) : asset.biosUuid,
      stage: asset.oddities.includes('retired_still_seen') ? 'retired' : asset.stage,
    };
    case 'agent': return {
      ...maker(1), serial: asset.index % 2 === 0 ? asset.serial : asset.serial.toLowerCase(),
      biosUuid: asset.os.family === 'windows' ? swapUuid(asset.biosUuid).toUpperCase() : asset.biosUuid,
      name: asset.os.family === 'windows' ? asset.name.toUpperCase() : asset.fqdn, macs: asset.macs.map(dashes),
    };
    case 'discovery': return { ...maker(2), serial: asset.serial, name: asset.fqdn, macs: asset.macs.map(dotted), biosUuid: asset.biosUuid.toUpperCase() };
    case 'finance': return { ...maker(2), ...tag, serial: virtual ? '' : ` ${asset.serial} `, name: '', fqdn: '', macs: [], ips: [] };
    case 'cloud': return { name: asset.name, fqdn: '' };
    case 'hypervisor': return { ...maker(0), biosUuid: asset.biosUuid, ...(virtual ? {} : { serial: asset.serial }), name: asset.kind === 'hypervisor' ? asset.fqdn : asset.name };
    case 'vulnerability': return {};
  }
}

/** The firmware of the board that was there before. */
const otherUuid = (uuid: string): string => uuid.replace(/[0-9a-f]/g, (digit) => (15 - parseInt(digit, 16)).toString(16));
