import type { AttributeValue, Hold } from '../../../connectors/sdk/contract/index.js';
import type { RecordKey } from './source-record.js';

/** A person's decision on identity, kept between record keys, never asset ids: it outlives rebuilds. */
export interface Constraint {
  readonly kind: 'must_link' | 'cannot_link';
  readonly a: RecordKey;
  readonly b: RecordKey;
}

/** Says of every two of these records that they are one: a must-link silences what these two alone hold against each other, not what a third one does. */
export const allOne = (keys: readonly RecordKey[]): Constraint[] => keys.flatMap((a, at) => keys.slice(at + 1).map((b): Constraint => ({ kind: 'must_link', a, b })));

/** A person's pinned value. It wins until released or expired. Anchored to a record, so that it goes with it at a split. */
export interface Override {
  readonly id: string;
  readonly anchor: RecordKey;
  /** An attribute, `class` or `stage`. */
  readonly attribute: string;
  readonly value: AttributeValue | null;
  readonly by: string;
  readonly reason: string;
  readonly at: number;
  /** ms UTC; absent: until released. */
  readonly until?: number;
}

/** A hold that a person set. Read holds stand on the records. */
export interface PersonHold {
  readonly anchor: RecordKey;
  readonly hold: Hold;
  readonly by: string;
  readonly reason: string;
  readonly at: number;
}
