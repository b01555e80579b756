import type { SourceRole } from '../contract/index.js';
import { SOURCE_ROLES } from '../contract/index.js';
import { COMPANIES, DEPARTMENTS, LOCATIONS, MODELS, SOFTWARE, personAt } from './fleet-catalogue.js';
import type {
  Fleet, FleetAsset, FleetCloud, FleetInstallation, FleetKind, FleetOddity, FleetOptions, FleetPlatform, FleetShowcase, FleetSighting, FleetTruth, FleetVolume,
} from './fleet-model.js';
import { sightingsOf } from './fleet-spelling.js';

export * from './fleet-model.js';
export { swapUuid } from './fleet-spelling.js';

const DAY = 86_400_000;
/** 20 November 2026, noon: a fleet without `at` is the same on every day. */
const DEFAULT_AT = Date.UTC(2026, 10, 20, 12);
export const JUNK_SERIALS: readonly string[] = ['To Be Filled By O.E.M.', 'Default string'];
/** The adapter in a docking station, seen on every laptop that ever stood in it. */
export const DOCK_MAC = '00:e0:4c:68:00:01';

/** What stands at which place of a block of twenty. */
const PATTERN: readonly (readonly [FleetKind, FleetPlatform])[] = [
  ['hypervisor', 'metal'], ['server', 'metal'], ['computer', 'metal'], ['virtual_machine', 'cloud'], ['virtual_machine', 'hypervisor'],
  ['network_device', 'metal'], ['computer', 'metal'], ['virtual_machine', 'cloud'], ['server', 'metal'], ['virtual_machine', 'hypervisor'],
  ['computer', 'metal'], ['virtual_machine', 'cloud'], ['server', 'metal'], ['computer', 'metal'], ['network_device', 'metal'],
  ['virtual_machine', 'cloud'], ['computer', 'metal'], ['virtual_machine', 'cloud'], ['virtual_machine', 'hypervisor'], ['computer', 'metal'],
];
const BLOCK = PATTERN.length;

/** Place in a block of a hundred -> what is odd there. */
const ODD: Readonly<Record<number, FleetOddity>> = {
  1: 'mainboard_swap', 2: 'duplicate_in_itsm', 3: 'retired_still_seen', 4: 'swapped_uuid', 6: 'shared_dock', 8: 'renamed', 10: 'junk_serial', 11: 'terminated',
  13: 'junk_serial', 16: 'cloned', 19: 'clone', 22: 'shared_dock', 42: 'flagged_duplicate',
};

const SHOWCASES: readonly (FleetShowcase & { readonly index: number })[] = [
  { index: 7, key: machineKey(7), name: 'app-payments-01', about: 'a rented virtual machine that the service desk and the cloud spell differently' },
  { index: 1, key: machineKey(1), name: 'db-ledger-01', about: 'a server whose mainboard was swapped: one serial number, two firmware UUIDs' },
  { index: 2, key: machineKey(2), name: 'lt-avery-01', about: 'a laptop that the service desk holds twice' },
];

const OUI: Readonly<Record<string, string>> = { dell: '00:14:22', hpe: '9c:8e:99', lenovo: '54:ee:75', apple: 'a4:83:e7', cisco: '00:1b:54' };
const ACCOUNTS = ['111122223333', '444455556666', '777788889999'];
const REGIONS = ['eu-west-1', 'eu-central-1', 'us-east-1'];
const KNOWN: Readonly<Record<FleetKind, readonly (readonly [SourceRole, number])[]>> = {
  server: [['itsm', 100], ['finance', 100], ['agent', 90], ['discovery', 80]],
  computer: [['itsm', 95], ['finance', 100], ['agent', 95]],
  network_device: [['itsm', 100], ['finance', 100], ['discovery', 100]],
  hypervisor: [['itsm', 100], ['finance', 100], ['hypervisor', 100], ['discovery', 80]],
  virtual_machine: [['itsm', 80], ['agent', 75]],
  volume: [['cloud', 100]],
};

/**
 * A fleet that is the same for the same size, seed and time, on every machine. Machines are made when asked for, so that
 * 100,000 of them cost nothing until they are read. Each is made from its own index alone.
 */
export function createFleet(options: FleetOptions = {}): Fleet {
  const { size = 200, seed = 1, at = DEFAULT_AT } = options;
  if (!Number.isInteger(size) || size < 10 || size > 1_000_000) throw new RangeError('a fleet has 10 to 1,000,000 machines');
  const people = Array.from({ length: Math.max(16, Math.ceil(size / 4)) }, (_, index) => personAt(index));
  // A small fleet is read again and again (each system, the truth); a large one once, in a stream.
  const cache: FleetAsset[] | undefined = size <= 5_000 ? [] : undefined;
  const asset = (index: number): FleetAsset => {
    if (!Number.isInteger(index) || index < 0 || index >= size) throw new RangeError(`no machine ${index} in a fleet of ${size}`);
    const kept = cache?.[index];
    if (kept !== undefined) return kept;
    const made = makeMachine(index, seed, at, people.length);
    if (cache !== undefined) cache[index] = made;
    return made;
  };
  const assets = function* (): Iterable<FleetAsset> { for (let index = 0; index < size; index += 1) yield asset(index); };
  const volumes = function* (): Iterable<FleetAsset> {
    for (const machine of assets()) for (const volume of machine.cloud?.volumes ?? []) yield makeVolume(machine, volume);
  };
  const everything = function* (): Iterable<FleetAsset> { yield* assets(); yield* volumes(); };
  return {
    size, seed, at, companies: COMPANIES, models: MODELS, people, locations: LOCATIONS, departments: DEPARTMENTS, software: SOFTWARE,
    asset, assets, volumes,
    showcases: SHOWCASES.map(({ key, name, about }) => ({ key, name, about })),
    *sightings(role): Iterable<FleetSighting> { for (const one of role === 'cloud' ? everything() : assets()) yield* sightingsOf(one, role); },
    *truth(): Iterable<FleetTruth> {
      for (const one of everything()) yield { asset: one.key, records: SOURCE_ROLES.flatMap((role) => sightingsOf(one, role).map(({ id }) => ({ role, id }))) };
    },
  };
}

function machineKey(index: number): string { return `machine-${String(index).padStart(6, '0')}`; }

/** A stream of numbers for (seed, index): mulberry32 over a mixed start, equal on every machine. */
function numbers(seed: number, index: number): (below: number) => number {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35);
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) * 2 ** -32 * below);
  };
}

function hex(next: (below: number) => number, digits: number): string {
  let text = '';
  while (text.length < digits) text += (0x1000000 + next(0x1000000)).toString(16).slice(1);
  return text.slice(0, digits);
}
/** Different for different indexes (an odd factor is a bijection), and no sequence to the eye. */
const code = (index: number, digits: number): string => {
  const letters = '0123456789ABCDEFGHJKLMNPQRSTVWXY';
  let rest = Math.imul(index + 1, 0x9e3779b1) & 0x1ffffff;
  let text = '';
  for (let digit = 0; digit < 5; digit += 1) { text = (letters[rest & 31] ?? '') + text; rest >>>= 5; }
  return text.padStart(digits, 'X');
};
const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
const SHOWCASE_AT = new Map(SHOWCASES.map((one) => [one.index, one.name]));
const pick = <T>(list: readonly T[], at: number): T => {
  const found = list[at % list.length];
  if (found === undefined) throw new RangeError('nothing to pick from');
  return found;
};
const MODELS_OF = new Map(PATTERN.map(([kind]) => [kind, MODELS.filter((one) => one.kind === kind)]));
const byte = (number: number): string => (256 + (number & 255)).toString(16).slice(1);
const macOf = (prefix: string, number: number): string => `${prefix}:${byte(number >> 16)}:${byte(number >> 8)}:${byte(number)}`;

function makeMachine(index: number, seed: number, at: number, people: number): FleetAsset {
  const next = numbers(seed, index);
  const [kind, platform] = pick(PATTERN, index);
  const odd = ODD[index % 100];
  const oddities = odd === undefined ? [] : [odd];
  const metal = platform === 'metal';
  // A clone is of its original's make: the first number drawn for that one.
  const drawn = next(97);
  const serialOwner = odd === 'clone' ? index - 3 : index;
  const model = metal ? pick(MODELS_OF.get(kind) ?? [], odd === 'clone' ? numbers(seed, serialOwner)(97) : drawn) : undefined;
  const company = model?.company ?? '';
  const windows = kind === 'computer' ? model?.company !== 'apple' : kind === 'server' && next(3) === 0;
  const os = osOf(kind, windows, next);
  const name = SHOWCASE_AT.get(index) ?? `${PREFIX[kind][platform]}-${String(index).padStart(6, '0')}`;
  const createdAt = seconds(at - (100 + next(1_500)) * DAY - next(86_400) * 1_000);
  const purchased = createdAt - next(20) * DAY;
  const macs = metal ? [macOf(OUI[company] ?? '00:14:22', index * 2), ...(kind === 'computer' ? [] : [macOf(OUI[company] ?? '00:14:22', index * 2 + 1)])]
    : [platform === 'hypervisor' ? macOf('00:50:56', 0x800000 + index) : macOf('0a:1f:5c', index)];
  const biosUuid = `${platform === 'cloud' ? `ec2${hex(next, 5)}` : hex(next, 8)}-${hex(next, 4)}-4${hex(next, 3)}-a${hex(next, 3)}-${hex(next, 12)}`;
  const terminated = odd === 'terminated' && platform === 'cloud';
  const cloud = platform === 'cloud' ? makeCloud(index, name, next, at, createdAt, terminated) : undefined;
  const host = index - (index % BLOCK);
  return {
    index, key: machineKey(index), kind, platform, name, fqdn: `${name}.corp.example.com`,
    serial: odd === 'junk_serial' ? pick(JUNK_SERIALS, index) : metal ? serialOf(company, serialOwner) : biosUuid,
    biosUuid, macs: odd === 'shared_dock' ? [...macs, DOCK_MAC] : macs,
    ips: cloud ? [cloud.privateIp] : [`10.${20 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`],
    company, model: model?.key ?? '', owner: `person-${next(people)}`, location: pick(LOCATIONS, next(97)).key, department: pick(DEPARTMENTS, next(97)).key,
    supplier: next(2) === 0 ? 'bechtold' : 'northwind',
    ...(metal && { assetTag: `P${String(1_000_000 + index)}` }),
    os, cpuCount: kind === 'computer' || !metal ? 1 : 2, coresPerCpu: metal ? pick([8, 16], next(2)) : pick([2, 4], next(2)),
    memoryMb: pick(metal && kind !== 'computer' ? [65_536, 131_072, 262_144] : [8_192, 16_384, 32_768], next(3)), diskGb: pick([256, 512, 1_024], next(3)),
    purchasedOn: metal ? day(purchased) : '', warrantyExpiresOn: metal ? day(purchased + 3 * 365 * DAY) : '', costMinor: metal ? 80_000 + next(900_000) : 0,
    currency: 'USD', purchaseOrder: metal ? `PO-${20_000 + (index >> 2)}` : '',
    stage: stageOf(metal, odd, next), powerState: terminated ? 'terminated' : odd !== 'retired_still_seen' && !metal && next(12) === 0 ? 'stopped' : 'running',
    createdAt, modifiedAt: seconds(at - (1 + next(90)) * DAY - next(86_400) * 1_000),
    ...(cloud && { cloud }),
    ...(platform === 'hypervisor' && { hypervisor: {
      host: machineKey(host), managedObject: `vm-${1_000 + index}`, instanceUuid: `50${hex(next, 6)}-${hex(next, 4)}-${hex(next, 4)}-${hex(next, 4)}-${hex(next, 12)}`,
      imagePath: `[datastore-${1 + (host % 3)}] ${name}/${name}.vmx`,
    } }),
    installations: installationsOf(kind, next, at),
    knownTo: [...(platform === 'cloud' ? ['cloud' as const] : platform === 'hypervisor' ? ['hypervisor' as const] : []),
      ...KNOWN[kind].flatMap(([role, percent]) => (next(100) < percent || odd !== undefined || SHOWCASE_AT.has(index) ? [role] : []))],
    oddities,
  };
}

const PREFIX: Readonly<Record<FleetKind, Readonly<Record<FleetPlatform, string>>>> = {
  server: { metal: 'srv', hypervisor: 'srv', cloud: 'srv' }, computer: { metal: 'lt', hypervisor: 'lt', cloud: 'lt' },
  network_device: { metal: 'sw', hypervisor: 'sw', cloud: 'sw' }, hypervisor: { metal: 'esx', hypervisor: 'esx', cloud: 'esx' },
  virtual_machine: { metal: 'vm', hypervisor: 'vm', cloud: 'app' }, volume: { metal: 'vol', hypervisor: 'vol', cloud: 'vol' },
};

const seconds = (time: number): number => Math.floor(time / 1_000) * 1_000;

function serialOf(company: string, index: number): string {
  switch (company) {
    case 'dell': return code(index, 7);
    case 'hpe': return `CZ2${code(index, 7)}`;
    case 'lenovo': return `PF${code(index, 6)}`;
    case 'apple': return `C02${code(index, 9)}`;
    default: return `FOC2${code(index, 7)}`;
  }
}

function osOf(kind: FleetKind, windows: boolean, next: (below: number) => number): FleetAsset['os'] {
  if (kind === 'network_device') return { family: 'network', name: 'IOS XE', version: '17.9.4' };
  if (kind === 'hypervisor') return { family: 'hypervisor', name: 'ESXi', version: '8.0.2' };
  if (kind === 'computer') return windows ? { family: 'windows', name: 'Windows 11 Pro', version: '10.0.22631' } : { family: 'macos', name: 'macOS', version: '14.5' };
  if (windows) return { family: 'windows', name: 'Windows Server 2022 Standard', version: '10.0.20348' };
  return pick([{ family: 'linux', name: 'Red Hat Enterprise Linux', version: '9.4' }, { family: 'linux', name: 'Ubuntu', version: '22.04' }] as const, next(2));
}

function stageOf(metal: boolean, odd: FleetOddity | undefined, next: (below: number) => number): FleetAsset['stage'] {
  const draw = next(100);
  if (odd !== undefined) return 'in_use';
  if (draw < 5 && metal) return 'acquired';
  if (draw < 8) return 'maintenance';
  if (draw < 11 && metal) return 'retired';
  if (draw < 12 && metal) return 'disposed';
  return 'in_use';
}

function installationsOf(kind: FleetKind, next: (below: number) => number, at: number): FleetInstallation[] {
  return SOFTWARE.flatMap((one) => {
    const drawn = next(2);
    const version = pick(one.versions, next(97));
    const installedAt = seconds(at - (1 + next(400)) * DAY);
    return drawn === 0 && one.on.includes(kind) ? [{ software: one.key, product: one.product, publisher: one.publisher, version, installedAt }] : [];
  });
}

function makeCloud(index: number, name: string, next: (below: number) => number, at: number, launchedAt: number, terminated: boolean): FleetCloud {
  const region = pick(REGIONS, index >> 2);
  const volumes: FleetVolume[] = Array.from({ length: 1 + next(3) }, (_, nth) => ({
    key: `volume-${String(index).padStart(6, '0')}-${nth + 1}`, resourceId: `vol-0${hex(next, 16)}`, name: `${name}-${nth === 0 ? 'root' : `data${nth}`}`,
    sizeGb: nth === 0 ? 50 : 100 * nth, device: nth === 0 ? '/dev/xvda' : `/dev/sd${'fghij'[nth] ?? 'z'}`, encrypted: next(2) === 0, createdAt: launchedAt,
  }));
  return {
    resourceId: `i-0${hex(next, 16)}`, account: pick(ACCOUNTS, Math.floor(index / 12)), region, zone: `${region}${pick(['a', 'b', 'c'], next(3))}`,
    instanceType: pick(['t3.medium', 'm5.large', 'c6i.xlarge'], next(3)), imageId: `ami-0${hex(next, 16)}`,
    privateIp: `10.${120 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`, ...(next(4) === 0 && { publicIp: `203.0.113.${index % 254 + 1}` }),
    networkInterfaceId: `eni-0${hex(next, 16)}`,
    tags: { Name: name, environment: pick(['production', 'staging', 'test'], next(3)), 'cost-center': `CC-${100 + next(8)}` },
    volumes, launchedAt, ...(terminated && { terminatedAt: at - 20 * 60_000 }),
  };
}

function makeVolume(machine: FleetAsset, volume: FleetVolume): FleetAsset {
  const { cloud: _cloud, hypervisor: _hypervisor, assetTag: _tag, ...rest } = machine;
  return {
    ...rest, key: volume.key, kind: 'volume', name: volume.name, fqdn: '', serial: '', biosUuid: '', macs: [], ips: [], cpuCount: 0, coresPerCpu: 0, memoryMb: 0,
    diskGb: volume.sizeGb, createdAt: volume.createdAt, attachedTo: machine.key, installations: [], knownTo: ['cloud'], oddities: [],
  };
}
