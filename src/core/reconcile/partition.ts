import type { IdentifierKind } from '../../../connectors/sdk/contract/index.js';
import type { Constraint } from '../model/decisions.js';
import type { IdentityRules } from '../model/rules.js';
import type { RecordKey, SourceRecord } from '../model/source-record.js';

export interface IdentifyInput {
  /** Closed: every record that shares a link or attach value with one of these is here too, except by values in `known`. */
  readonly records: readonly SourceRecord[];
  readonly constraints: readonly Constraint[];
  readonly rules: IdentityRules;
  /** What the store knows of values whose holders are not all given. */
  readonly known?: KnownValues;
}

export interface KnownValues {
  /** Values (`kind:value`, serials of several makers `serial:value|MAKER`) that more live records of one stream hold than `sharedLimit`. */
  readonly junk: ReadonlySet<string>;
  /** `serial:value` -> the makers that its holders name. */
  readonly makers: ReadonlyMap<string, readonly string[]>;
}

export type ValueState = 'linked' | 'attached' | 'junk' | 'contested' | 'spoilt' | 'single';

export interface ValueOutcome {
  readonly kind: IdentifierKind;
  readonly value: string;
  /** Set where a serial has several makers. */
  readonly maker?: string;
  readonly state: ValueState;
  readonly tier: 'link' | 'attach' | 'suggest' | 'none';
  readonly holders: readonly RecordKey[];
}

export type IdentityReviewKind = 'contested_value' | 'spoilt_serial' | 'duplicate_in_source' | 'ambiguous_attach' | 'cut_tie' | 'suggestion';

/** One review a cause, not a pair. `key` names the cause, so that the same cause never opens two. */
export interface IdentityReview {
  readonly kind: IdentityReviewKind;
  readonly key: string;
  readonly records: readonly RecordKey[];
  readonly value?: { readonly kind: string; readonly value: string };
  readonly because: string;
}

export interface IdentityFlag {
  readonly flag: 'duplicate_in_source' | 'changed_component';
  readonly records: readonly RecordKey[];
}

export interface Partition {
  /** Each sorted by code unit; the list sorted by first. */
  readonly components: readonly (readonly RecordKey[])[];
  readonly values: readonly ValueOutcome[];
  readonly reviews: readonly IdentityReview[];
  /** Keys of reviews that nothing stands behind any more, whichever records they name. */
  readonly over: readonly string[];
  readonly flags: readonly IdentityFlag[];
}
