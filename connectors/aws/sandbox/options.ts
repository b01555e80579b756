import type { Partition } from './partition.js';
import type { Raw } from './shapes.js';

/** A record that stands in one account and region, in the SDK's spelling; `OwnerId` and the availability zone say where. */
export type PlacedRecord = Raw;

/** `SandboxOptions.vendor` of this sandbox: the switches of the stand-in's world. */
export interface AwsSandboxOptions {
  /** Default `aws`. GovCloud and China have regions, endpoints and ARNs of their own. */
  readonly partition?: Partition;
  /** Account ids; the first is the one that the access key belongs to. Default: the accounts of the fleet. */
  readonly accounts?: readonly string[];
  /** Regions that exist. Default: those of the fleet, the partition's home region and one that is not opted in. */
  readonly regions?: readonly string[];
  /** Regions that the accounts have not enabled: EC2 answers them like a bad key. Default: `me-central-1` in partition aws. */
  readonly notOptedIn?: readonly string[];
  /** Role of each account that the key may assume. Default `LockstepReader`. */
  readonly roleName?: string;
  /** External id that the roles' trust policy demands; null: none. Default `lockstep-sandbox`. */
  readonly externalId?: string | null;
  /** MaxSessionDuration of the roles, seconds. Default 3600, as IAM's. */
  readonly maxSessionSeconds?: number;
  /** Accounts whose role nobody may assume. */
  readonly deniedAccounts?: readonly string[];
  /** Actions that policies do not allow, e.g. `ec2:DescribeVolumes`; with an account only there: `111122223333 ec2:DescribeVolumes`. */
  readonly deniedActions?: readonly string[];
  /** Whether the key itself, without a role, may read its own account. Default true. */
  readonly callerMayRead?: boolean;
  /** An empty page with a NextToken after the first page of a longer list. Default true: EC2 promises no full pages. */
  readonly emptyPages?: boolean;
  /** Token buckets as published. Default true. */
  readonly throttle?: boolean;
  /** How long a terminated instance stays visible, ms. Default one hour. */
  readonly terminatedForMs?: number;
  /** How long a written tag stays invisible to reads, ms (EC2 is eventually consistent). Default 0. */
  readonly tagLagMs?: number;
  /** Sessions from us-east-1 are those of the old global STS endpoint: not valid in opt-in regions. Default false. */
  readonly legacyGlobalTokens?: boolean;
  /** What the external ids of `edit` and `truth` look like. Default `arn`. */
  readonly recordIds?: 'arn' | 'id';
  /** Records instead of the fleet's. */
  readonly instances?: readonly PlacedRecord[];
  readonly volumes?: readonly PlacedRecord[];
}
