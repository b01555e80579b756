import type { AttributeValue, LifecycleStage, SourceRole, StageCodes } from '../../../connectors/sdk/contract/index.js';
import type { Expression } from '../expressions/index.js';

/** `theirs`: the target keeps what it has. `newest`: whose value changed later; where one side tells no time: hold. */
export type Side = 'ours' | 'theirs' | 'newest' | 'hold';

/** How the records of one stream of a target are written. */
export interface StreamRules {
  readonly stream: string;
  /** Attributes that can be written there. */
  readonly attributes: ReadonlySet<string>;
  /** Every status field together; undefined: the target cannot be told this stage. Absent: its records carry no stage. */
  readonly codesFor?: (stage: LifecycleStage) => StageCodes | undefined;
  /** Our value in the target's spelling. */
  readonly spell: (attribute: string, value: AttributeValue) => AttributeValue;
}

/** One target, as the decision needs it. */
export interface TargetRules {
  readonly target: string;
  readonly role: SourceRole;
  /** Stages to which it may move an asset: drift to one of them is a move, which the fold has decided on before. */
  readonly speaks: 'all' | 'none' | readonly LifecycleStage[];
  readonly fields: readonly string[];
  /** Absent: all. */
  readonly classes?: readonly string[];
  readonly where?: Expression;
  readonly creates: boolean;
  /** Classes of which it takes new records. */
  readonly createsClasses: readonly string[];
  readonly onConflict: Readonly<Record<string, Side>>;
  readonly onDrift: Readonly<Record<string, Exclude<Side, 'newest'>>>;
  readonly streams: ReadonlyMap<string, StreamRules>;
}

/** What a field was when we and the target were last of one mind. */
export interface Agreed {
  /** Our value at that time. */
  readonly value: unknown;
  /** What the target showed for it, as it shows values. */
  readonly shown: unknown;
  /** `adopted`: found equal, or accepted as it was. `written`: Lockstep put it there. */
  readonly origin: 'adopted' | 'written';
}

/** What the target shows of a field, as last read. */
export interface Seen {
  readonly shown: unknown;
  /** It means what we want: equal, or a code that the table reads as the stage, or one that is written for it. */
  readonly isDesired: boolean;
  /** false: a stage code that no table row reads. It is never overwritten. */
  readonly isReadable: boolean;
  /** When it came to be what it is, ms UTC, by the target's own time; null or absent: it tells none. */
  readonly changedAt?: number | null;
}

export interface FieldInput {
  readonly field: string;
  readonly desired: unknown;
  /** When our value came to be what it is, ms UTC. */
  readonly desiredSince?: number | null;
  readonly agreed?: Agreed;
  readonly seen: Seen;
  readonly onConflict: Side;
  readonly onDrift: Exclude<Side, 'newest'>;
}

/**
 * `settled`: nothing to do. `agree`: nothing to write, and from now on we agree. `align`: we have never agreed and differ:
 * people decide in bulk. `hold`: people decide of this change. `wait`: its stage cannot be read.
 */
export type FieldDecision =
  | { readonly kind: 'settled' }
  | { readonly kind: 'agree'; readonly agreed: Agreed; readonly because: 'found equal' | 'theirs' }
  | { readonly kind: 'write'; readonly because: 'changed here' | 'drift, ours' | 'conflict, ours' | 'conflict, newest' }
  | { readonly kind: 'align' }
  | { readonly kind: 'hold'; readonly of: 'drift' | 'conflict' }
  | { readonly kind: 'wait'; readonly because: string };
