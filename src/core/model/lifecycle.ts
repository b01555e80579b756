import type { LifecycleStage } from '../../../connectors/sdk/contract/index.js';
import type { RecordKey } from './source-record.js';

export type MoveOrigin =
  | { readonly kind: 'record'; readonly key: RecordKey }
  | { readonly kind: 'person'; readonly name: string }
  | { readonly kind: 'rule'; readonly name: string };

/**
 * One change of stage. Append-only; unique by (origin, at, to). `anchor` is the record with which the move goes when
 * assets merge or are split: the record itself, or for persons and rules a record of the asset at that time.
 */
export interface Move {
  readonly origin: MoveOrigin;
  readonly anchor: RecordKey;
  readonly to: LifecycleStage;
  /** ms UTC. */
  readonly at: number;
  /** Reference that proves a disposal. */
  readonly evidence?: string;
  readonly reason?: string;
  /** A rule's move counts only if the asset is in one of these stages at `at`. */
  readonly from?: readonly LifecycleStage[];
  /** A rule's move that its author lists as allowed to leave a protected stage. */
  readonly leavesProtected?: true;
}

export const originText = (origin: MoveOrigin): string => (origin.kind === 'record' ? `record:${origin.key}` : `${origin.kind}:${origin.name}`);
/** Names a move for verdicts and reviews. */
export const moveKey = (move: Pick<Move, 'origin' | 'at' | 'to'>): string => `${originText(move.origin)}@${move.at}>${move.to}`;

/** A person's answer to a review of a skipped move: it counts from its `at`, or never. */
export interface MoveVerdict {
  readonly moveKey: string;
  /** The move's anchor: rules and persons move many assets at one instant. Absent: any. */
  readonly anchor?: RecordKey;
  readonly verdict: 'accept' | 'reject';
  readonly by: string;
  readonly at: number;
}
