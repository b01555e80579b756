import type { LifecycleStage, PowerState, SourceRole } from '../contract/index.js';

/**
 * The words of the fleet from which all sandboxes draw. Plain data: a sandbox turns it into its own rows, so that
 * several systems speak of the same machines, each in its own spelling.
 */

export type FleetKind = 'server' | 'computer' | 'network_device' | 'hypervisor' | 'virtual_machine' | 'volume';

/** Where a machine runs: on its own metal, on a host of the fleet, or rented from a cloud. */
export type FleetPlatform = 'metal' | 'hypervisor' | 'cloud';

/** What is odd about an asset on purpose. Each is a trap for identity, resolution or life cycle. */
export type FleetOddity =
  | 'duplicate_in_itsm' | 'flagged_duplicate' | 'junk_serial' | 'clone' | 'cloned' | 'mainboard_swap' | 'shared_dock'
  | 'renamed' | 'retired_still_seen' | 'terminated' | 'swapped_uuid';

export interface FleetCompany { readonly key: string; readonly name: string; readonly spellings: readonly string[]; readonly maker: boolean; readonly supplier: boolean }
export interface FleetModel { readonly key: string; readonly company: string; readonly name: string; readonly number: string; readonly kind: FleetKind }
export interface FleetPerson { readonly key: string; readonly userName: string; readonly name: string; readonly email: string; readonly department: string; readonly active: boolean }
export interface FleetLocation { readonly key: string; readonly name: string; readonly code: string; readonly city: string; readonly country: string }
export interface FleetDepartment { readonly key: string; readonly name: string }
export interface FleetSoftware { readonly key: string; readonly product: string; readonly publisher: string; readonly versions: readonly string[]; readonly on: readonly FleetKind[] }

export interface FleetInstallation { readonly software: string; readonly product: string; readonly publisher: string; readonly version: string; readonly installedAt: number }

export interface FleetVolume {
  readonly key: string;
  readonly resourceId: string;
  readonly name: string;
  readonly sizeGb: number;
  readonly device: string;
  readonly encrypted: boolean;
  readonly createdAt: number;
}

export interface FleetCloud {
  readonly resourceId: string;
  readonly account: string;
  readonly region: string;
  readonly zone: string;
  readonly instanceType: string;
  readonly imageId: string;
  readonly privateIp: string;
  readonly publicIp?: string;
  readonly networkInterfaceId: string;
  readonly tags: { readonly [key: string]: string };
  readonly volumes: readonly FleetVolume[];
  readonly launchedAt: number;
  /** Set when the machine was terminated; a cloud shows it for a while longer. */
  readonly terminatedAt?: number;
}

export interface FleetHypervisor {
  /** `key` of the host in the fleet. */
  readonly host: string;
  readonly managedObject: string;
  readonly instanceUuid: string;
  readonly imagePath: string;
}

/** One thing that exists once in the world. */
export interface FleetAsset {
  readonly index: number;
  /** The truth's name of it, e.g. `machine-000014`. */
  readonly key: string;
  readonly kind: FleetKind;
  readonly platform: FleetPlatform;
  /** Short host name, lower case. */
  readonly name: string;
  readonly fqdn: string;
  readonly serial: string;
  readonly biosUuid: string;
  readonly macs: readonly string[];
  readonly ips: readonly string[];
  /** Keys into `companies`, `models`, `people`, `locations`, `departments`. */
  readonly company: string;
  readonly model: string;
  readonly owner: string;
  readonly location: string;
  readonly department: string;
  readonly supplier: string;
  readonly assetTag?: string;
  readonly os: { readonly family: 'linux' | 'windows' | 'macos' | 'network' | 'hypervisor'; readonly name: string; readonly version: string };
  readonly cpuCount: number;
  readonly coresPerCpu: number;
  readonly memoryMb: number;
  readonly diskGb: number;
  readonly purchasedOn: string;
  readonly warrantyExpiresOn: string;
  readonly costMinor: number;
  readonly currency: string;
  readonly purchaseOrder: string;
  readonly stage: LifecycleStage;
  readonly powerState: PowerState;
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly cloud?: FleetCloud;
  readonly hypervisor?: FleetHypervisor;
  /** For a volume: the machine to which it is attached. */
  readonly attachedTo?: string;
  readonly installations: readonly FleetInstallation[];
  readonly knownTo: readonly SourceRole[];
  readonly oddities: readonly FleetOddity[];
}

/** What one system says of one asset, in its own spelling. A system with a duplicate gives two of one asset. */
export interface FleetSighting {
  readonly role: SourceRole;
  /** Unique within the role and stable, e.g. `itsm-000014`, the duplicate `itsm-000014-b`. A sandbox derives its native id from it. */
  readonly id: string;
  /** `key` of the asset. */
  readonly asset: FleetAsset;
  readonly name: string;
  readonly fqdn?: string;
  readonly serial?: string;
  readonly biosUuid?: string;
  readonly macs: readonly string[];
  readonly ips: readonly string[];
  readonly manufacturer?: string;
  readonly model?: string;
  readonly assetTag?: string;
  readonly stage: LifecycleStage;
  readonly modifiedAt: number;
  /** The system itself marked this record as a duplicate of the sighting with this id. */
  readonly duplicateOf?: string;
  /** Second record of an asset in one system. */
  readonly isDuplicate: boolean;
}

export interface FleetShowcase { readonly key: string; readonly name: string; readonly about: string }

/** Which sightings are one asset. */
export interface FleetTruth { readonly asset: string; readonly records: readonly { readonly role: SourceRole; readonly id: string }[] }

export interface Fleet {
  readonly size: number;
  readonly seed: number;
  /** The present of the fleet, ms UTC: nothing in it is younger. */
  readonly at: number;
  readonly companies: readonly FleetCompany[];
  readonly models: readonly FleetModel[];
  readonly people: readonly FleetPerson[];
  readonly locations: readonly FleetLocation[];
  readonly departments: readonly FleetDepartment[];
  readonly software: readonly FleetSoftware[];
  /** Machine by index, `0 … size - 1`; made on demand, equal at each call. */
  asset(index: number): FleetAsset;
  /** All machines; volumes are not among them. */
  assets(): Iterable<FleetAsset>;
  /** The volumes of all cloud machines, as assets of their own. */
  volumes(): Iterable<FleetAsset>;
  /** What the system of that role knows, in its spelling; volumes only for `cloud`. */
  sightings(role: SourceRole): Iterable<FleetSighting>;
  /** Assets to explain by name in a demo. */
  readonly showcases: readonly FleetShowcase[];
  truth(): Iterable<FleetTruth>;
}

export interface FleetOptions { readonly size?: number; readonly seed?: number; readonly at?: number }
