export interface RunFact {
  readonly id: string;
  /** Its place among all runs. */
  readonly seq: number;
  readonly mode: 'full' | 'incremental';
  readonly status: 'succeeded' | 'partial' | 'suspect' | 'failed';
  readonly at: number;
  readonly error: string | null;
}

/** So many of the latest runs of a source are looked at. */
export const RUNS_LOOKED_AT = 30;

export interface SourceFact {
  readonly name: string;
  /** Nobody expects anything of it. */
  readonly paused: boolean;
  /** The latest runs that came to an end, in any order. */
  readonly runs: readonly RunFact[];
  readonly lastSuccessAt: number | null;
  /** From then on its data is too old, ms UTC. */
  readonly staleAt: number;
  /** In words, e.g. `three times "every 5 min"`. */
  readonly expected: string;
}

export interface HeldSetFact {
  readonly id: number;
  readonly kind: string;
  readonly source: string | null;
  readonly because: string;
  /** Open records in it. */
  readonly records: number;
  readonly openedAt: number;
}

/** What stands now, as far as it is worth a notice. Order and repetition mean nothing. */
export interface Facts {
  readonly now: number;
  readonly sources: readonly SourceFact[];
  readonly heldSets: readonly HeldSetFact[];
  /** Other open reviews, by source. */
  readonly waiting: readonly { readonly source: string | null; readonly reviews: number; readonly newestAt: number }[];
  readonly deadLetters: readonly { readonly target: string; readonly assets: number; readonly newestAt: number }[];
  /** `fresh`: came in within the last day. */
  readonly quarantine: readonly { readonly source: string; readonly fresh: number; readonly total: number; readonly newestAt: number }[];
  readonly silent: readonly { readonly source: string; readonly since: number; readonly lastAt: number | null }[];
  readonly breakers: readonly { readonly source: string; readonly since: number; readonly failures: number; readonly reason: string | null }[];
}

/** Reviews over many records that keep something from taking effect. */
export const HOLDING_REVIEWS: readonly string[] = ['held_stage_move', 'held_class_change', 'held_merge', 'held_split', 'held_emptied', 'held_tombstone', 'suspect_scope', 'alignment', 'push_drift', 'push_conflict', 'push_guard'];

/** So many new entries within a day are not the usual odd record. */
export const GROWING_QUARANTINE = 10;
