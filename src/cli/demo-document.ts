import type { Explanation } from '../queries/explain.js';
import type { Oddities } from '../demo/oddities.js';
import type { CheckedSource, Comparison, Edit, Outcome, ReviewsOpened, Vulnerabilities, Written } from '../demo/tour.js';
import type { PushStory } from '../demo/push-tour.js';
import type { SyncReport } from '../sync/sync.service.js';

/** `demo --json`: all that the demonstration found, act by act. */
export interface DemoDocument {
  readonly formatVersion: 1;
  /** Every source could be read, the model is the truth, and a sync that had nothing to do wrote nothing. */
  readonly ok: boolean;
  readonly machines: number;
  readonly sources: readonly { readonly name: string; readonly title: string; readonly role: string; readonly reads: string }[];
  /** The YAML. */
  readonly configuration: string;
  readonly checks: readonly CheckedSource[];
  readonly firstSync: SyncReport;
  readonly comparison: Comparison;
  readonly explained?: { readonly about: string; readonly explanation: Explanation };
  readonly oddities: Oddities;
  readonly reviews: ReviewsOpened;
  readonly secondSync: SyncReport;
  /** Rows that the second sync added. */
  readonly written: Written;
  readonly edit?: Edit & Outcome & { readonly sync: SyncReport };
  readonly vulnerabilities: Vulnerabilities;
  /** What was written back, where there are two systems to tell each other. */
  readonly push?: PushStory;
  readonly tookMs: number;
}
