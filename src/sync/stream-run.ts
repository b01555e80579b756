import type { Connector, MapContext, Stream } from '../../connectors/sdk/contract/index.js';
import type { SourceSettings } from '../config/types.js';
import type { Lease } from '../database/repositories/leases.js';
import type { RunStatus, ScopeProgress, StreamCounts } from '../database/repositories/runs.js';
import type { StreamMapping } from '../sources/mapping.js';
import type { AssetCounts, Judgement } from './slice-types.js';

/** One pass over one stream, as its parts share it. Counts and scopes move with each checkpoint. */
export interface StreamRun {
  readonly runId: string;
  /** Whose doing it is, where stored payloads are worked on and there is no run that a change could name. */
  readonly person?: string;
  readonly source: SourceSettings;
  readonly connector: Connector;
  readonly stream: Stream<any, any>;
  readonly streamId: number;
  readonly position: number;
  readonly pass: number;
  readonly passStartedAt: number;
  readonly mode: 'full' | 'incremental';
  readonly startCursor: string | null;
  readonly filterHash: string;
  readonly mappingHash: string;
  readonly mapping: StreamMapping;
  readonly judgement: Judgement;
  readonly lease: Lease;
  /** The source had no asset records when the run began. */
  readonly firstLoad: boolean;
  /** The source's assets when the run began: what ratios of changes are of. */
  readonly assetsBefore: number;
  readonly mapContext: Omit<MapContext, 'readAt'>;
  counts: StreamCounts;
  scopes: Map<string, ScopeProgress>;
  nextCursor: string | null;
  pageToken: string | null;
  /** An earlier run stored all pages of this pass already. */
  readonly pulled: boolean;
  assets: AssetCounts;
  reviews: number;
  readonly unmapped: Map<string, number>;
  /** Records of which something was left out on the way, with the words of the first. */
  noted: { readonly records: number; readonly first?: string };
  readonly warnings: string[];
}

export interface StreamReport {
  readonly read: number;
  readonly unchanged: number;
  readonly changed: number;
  readonly quarantined: number;
  readonly filtered: number;
  readonly tombstoned: number;
}

export interface RunReport {
  readonly id: string;
  readonly source: string;
  readonly mode: 'full' | 'incremental';
  readonly status: RunStatus;
  readonly streams: { readonly [name: string]: StreamReport };
  readonly assets: AssetCounts;
  readonly pushes: { readonly queued: number; readonly sent: number; readonly failed: number };
  readonly reviews: number;
  readonly uncoveredScopes: readonly { readonly stream: string; readonly scope: string; readonly reason: string }[];
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly resumedFrom?: string;
  readonly warnings: readonly string[];
  readonly error?: ErrorReport;
}

/** What failed, where, in whose words, and what to do next. No field holds a secret. */
export interface ErrorReport {
  readonly id: string;
  readonly code: string;
  readonly message: string;
  readonly stream?: string;
  readonly request?: { readonly method: string; readonly url: string; readonly status?: number; readonly requestId?: string };
  readonly vendorWords?: string;
  readonly hint?: string;
}

export const LEASE_MS = 60_000;
