import type { AssetRecord } from '../../connectors/sdk/contract/index.js';
import type { EffectKind, ReconcileRules } from '../core/reconcile/plan-types.js';
import type { IdentifierKind } from '../../connectors/sdk/contract/index.js';
import type { ChangeCause } from '../database/repositories/assets.js';
import type { WrittenValues } from '../core/reconcile/next-version.js';
import type { PushRules } from '../push/rules.js';
import type { RecordHead } from '../database/repositories/rows.js';

/** What a run knows that is the same for all its slices. */
export interface Judgement {
  readonly rules: ReconcileRules;
  readonly isJunk: (kind: IdentifierKind, value: string) => boolean;
  readonly matches: (pattern: string, text: string) => boolean;
  readonly configHash: string;
  /** Raw payloads kept of a record; older ones are put away when a newer version counts. */
  readonly rawVersions: number;
  /** Who is told of changes. Absent: nobody. */
  readonly push?: PushRules;
}

/** A new version of an asset record, to be judged. */
export interface IncomingVersion {
  readonly kind: 'version';
  readonly streamId: number;
  readonly externalId: string;
  readonly scopeId: number;
  readonly mapped: AssetRecord;
  readonly contentHash: string;
  readonly mappingHash: string;
  /** As the vendor sent it, canonical JSON. */
  readonly raw: string;
  readonly readAt: number;
  /** When the record was read before; absent: when its head was seen last, unless this version has waited. */
  readonly previousReadAt?: number;
  readonly pass: number;
  readonly head?: RecordHead;
  /** Attributes whose new value nobody has decided on: the earlier claim stays. */
  readonly held: readonly string[];
  /** Of a record that Lockstep created: what it says is our own word. */
  readonly written?: WrittenValues;
}

/** A change of a stored record's state without new content. */
export interface IncomingState {
  readonly kind: 'state';
  readonly head: RecordHead;
  readonly state: 'tombstoned' | 'unread' | 'live' | 'withdrawn';
  readonly at: number;
}

export type Incoming = IncomingVersion | IncomingState;

export interface SliceOptions {
  /** Guarded effects make their records wait for the stream's end. */
  readonly guard: boolean;
  /** The source had no records before: its coming refines classes and values, so only merges and splits wait. */
  readonly firstLoad: boolean;
  readonly cause: ChangeCause;
  readonly runId: string | null;
  readonly source: string | null;
  readonly now: number;
  /** Assets to resolve although no record of theirs changed. */
  readonly touched?: readonly string[];
  /** Records whose closure is to be judged again although they did not change. */
  readonly rejudge?: readonly number[];
}

export interface SliceResult {
  readonly accepted: number;
  readonly waiting: readonly { readonly externalId: string; readonly effects: readonly EffectKind[] }[];
  /** Older than what is stored: left out. */
  readonly older: number;
  readonly assets: AssetCounts;
  readonly reviews: number;
  /** Raw stage codes that no table row reads, with how many records say them. */
  readonly unmapped: ReadonlyMap<string, number>;
}

export interface AssetCounts {
  readonly created: number;
  readonly updated: number;
  readonly merged: number;
  readonly retired: number;
}
export const NO_ASSETS: AssetCounts = { created: 0, updated: 0, merged: 0, retired: 0 };
export const plusAssets = (a: AssetCounts, b: AssetCounts): AssetCounts => ({ created: a.created + b.created, updated: a.updated + b.updated, merged: a.merged + b.merged, retired: a.retired + b.retired });
