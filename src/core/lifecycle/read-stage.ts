import type { LifecycleStage, StageReading } from '../../../connectors/sdk/contract/index.js';
import type { Move } from '../model/lifecycle.js';
import type { RecordKey } from '../model/source-record.js';

type RawCodes = StageReading['raw'];

/** What is kept of a record's readings: the latest codes, and the latest stage that the table could read from any. */
export interface KeptReading {
  readonly raw: RawCodes;
  readonly stage?: LifecycleStage;
  /** The latest codes are not what `stage` was read from: no table row reads them. */
  readonly isUnmapped?: true;
}

/** What was last agreed with a record: written there, or found equal. */
export interface AgreedStage {
  readonly stage: LifecycleStage;
  /** The codes that were written, and every one that `write(stage)` gives: a coarse vocabulary reads some of them as another stage. */
  readonly raws: readonly RawCodes[];
}

export interface ReadMoveInput {
  readonly key: RecordKey;
  /** Absent: the record said nothing of its life cycle this time. */
  readonly reading?: StageReading;
  /** Absent: this is the first one. */
  readonly previousReading?: KeptReading;
  /** Every one of them is our own word. */
  readonly agreed?: readonly AgreedStage[];
  readonly previousReadAt?: number;
  readonly readAt: number;
  /** The record's modified time. */
  readonly modifiedAt?: number;
}

/** `silent`: no codes. `unmapped`: codes that the table does not know: to be reported, with the codes. */
export type ReadMove = { /** To be stored as the next `previousReading`. */ readonly keep?: KeptReading } & (
  | { readonly kind: 'baseline'; readonly stage: LifecycleStage }
  | { readonly kind: 'move'; readonly move: Move }
  | { readonly kind: 'none'; readonly because: 'same' | 'echo' | 'unmapped' | 'silent' }
);

/**
 * A reading makes a move only if it differs, as a stage, from the record's own previous one and from what was last agreed with it; so
 * the repetition of an old value moves nothing, nor does what Lockstep wrote there itself. A first reading that is only our own word
 * (a record that Lockstep created) is an echo too, and no baseline.
 */
export function readMove(input: ReadMoveInput): ReadMove {
  const { reading, previousReading: previous, agreed } = input;
  if (!reading || (reading.stage === undefined && isSilent(reading.raw))) return { kind: 'none', because: 'silent', ...keepOf(previous) };
  const { stage } = reading;
  if (stage === undefined) return { kind: 'none', because: 'unmapped', ...keepOf({ ...previous, raw: reading.raw, isUnmapped: true }) };
  const kept = keepOf({ raw: reading.raw, stage });
  if (stage === previous?.stage) return { kind: 'none', because: 'same', ...kept };
  if (agreed?.some((each) => isAgreed(each, reading))) return { kind: 'none', because: 'echo', ...kept };
  if (previous?.stage === undefined) return { kind: 'baseline', stage, ...kept };
  const move: Move = {
    origin: { kind: 'record', key: input.key }, anchor: input.key, to: stage, at: timeOf(input, reading),
    ...(reading.evidence !== undefined && { evidence: reading.evidence }),
  };
  return { kind: 'move', move, ...kept };
}

const keepOf = (keep: KeptReading | undefined): { keep?: KeptReading } => (keep ? { keep } : {});
const isSilent = (raw: RawCodes): boolean => Object.values(raw).every((code) => code === '');

/** Every field that was written reads as it was written; what the vendor shows besides does not matter. */
export function isAgreed(agreed: AgreedStage, reading: StageReading): boolean {
  if (reading.stage === agreed.stage) return true;
  return agreed.raws.some((raw) => { const fields = Object.entries(raw); return fields.length > 0 && fields.every(([field, code]) => reading.raw[field] === code); });
}

/** The vendor's time of that change where it tells one, else the record's; it happened after the previous reading and by this one. */
function timeOf({ previousReadAt, readAt, modifiedAt }: ReadMoveInput, reading: StageReading): number {
  const told = Math.min(reading.at ?? modifiedAt ?? readAt, readAt);
  return previousReadAt !== undefined && told <= previousReadAt ? Math.min(previousReadAt + 1, readAt) : told;
}
