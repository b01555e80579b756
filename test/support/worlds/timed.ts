/** Histories whose versions have instants, and readings that do not cut across them: each version is read after its own instant and before the next one of its record. */
import fc from 'fast-check';
import { arbitraryHistories, type HistoryShape } from './arbitrary-histories.js';
import { History, keeperOf, type RawRow, type RecordHistory } from './history.js';

/** A minute. Two changes may lie within the tie window, in the same slot, or far apart. */
const SLOT_MS = 60_000;
const START = Date.UTC(2024, 2, 1, 8);

export class TimedHistory {
  readonly history: History;
  /** Slots in which something changes, in order. */
  private readonly eventful: readonly number[];
  /** By record: the slot of each of its versions. */
  private readonly slots: ReadonlyMap<RecordHistory, readonly number[]>;

  /** `gaps` are read round and round: where a record begins, and how long each of its versions stands. */
  constructor(history: History, gaps: readonly number[]) {
    const slots = new Map<RecordHistory, number[]>();
    let drawn = 0;
    const gap = (): number => gaps[drawn++ % gaps.length] as number;
    const records = history.records.map((record): RecordHistory => {
      let at = gap() - 1;
      const mine = record.versions.map((_, version) => (at += version === 0 ? 0 : gap()));
      const timed = { ...record, versions: record.versions.map((row, version) => (row === null ? null : { ...row, modified_at: instantOf(mine[version] as number) })) };
      slots.set(timed, mine);
      return timed;
    });
    this.history = new History(history.sources, records);
    this.slots = slots;
    this.eventful = [...new Set([...slots.values()].flat())].sort((a, b) => a - b);
  }

  private mine(source: string): RecordHistory[] {
    return this.history.records.filter((record) => record.source === source);
  }

  private versionAt(record: RecordHistory, slot: number): number {
    return (this.slots.get(record) as readonly number[]).filter((at) => at <= slot).length - 1;
  }

  /** The source's list as it stands in a slot. */
  rowsAt(source: string, slot: number): RawRow[] {
    return [keeperOf(source), ...this.mine(source).flatMap((record) => record.versions[this.versionAt(record, slot)] ?? [])];
  }

  /** Something stands there that has not been read since `readIn`, and that will have changed again in `next`. */
  private isPressing(source: string, slot: number, next: number, readIn: number): boolean {
    return this.mine(source).some((record) => {
      const version = this.versionAt(record, slot);
      return version > this.versionAt(record, readIn) && this.versionAt(record, next) > version;
    });
  }

  /** When each source is read: where the schedule says so, where a version would be missed otherwise, and once at the end. */
  readings({ reads, turns }: TimedSchedule): Reading[] {
    const readings: Reading[] = [];
    const lastRead = new Map<string, number>();
    let drawn = 0;
    for (const [at, slot] of this.eventful.entries()) {
      const next = this.eventful[at + 1];
      const turn = (turns[at % Math.max(turns.length, 1)] ?? 0) % this.history.sources.length;
      const inTurn = [...this.history.sources.slice(turn), ...this.history.sources.slice(0, turn)];
      const names = inTurn.flatMap(({ name }) => {
        const times = reads.length === 0 ? 0 : (reads[drawn++ % reads.length] as number);
        const needed = next === undefined || this.isPressing(name, slot, next, lastRead.get(name) ?? -1);
        if (times > 0 || needed) lastRead.set(name, slot);
        return Array.from({ length: Math.max(times, needed ? 1 : 0) }, () => name);
      });
      // Within its slot each reading has an instant of its own, behind everything that happened in it.
      readings.push(...names.map((source, nth) => ({ source, slot, at: START + slot * SLOT_MS + (nth + 1) * 1_000 })));
    }
    return readings;
  }

  [fc.toStringMethod](): string {
    return `\n${this.history.describe()}\n`;
  }
}

const instantOf = (slot: number): string => new Date(START + slot * SLOT_MS).toISOString().replace('.000Z', 'Z');

export interface Reading {
  readonly source: string;
  readonly slot: number;
  /** ms UTC. */
  readonly at: number;
}

export interface TimedSchedule {
  /** How often a source is read in a slot; 0, and where nothing is said: not unless it must be. */
  readonly reads: readonly number[];
  /** Which source is first. */
  readonly turns: readonly number[];
  readonly batchSize: number;
}
/** As seldom as can be. */
export const SELDOM: TimedSchedule = { reads: [], turns: [], batchSize: 200 };

export const arbitraryTimedHistories = (shape: HistoryShape): fc.Arbitrary<TimedHistory> =>
  fc.tuple(arbitraryHistories(shape), fc.array(fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 90 })), { minLength: 1, maxLength: 8 })).map(([history, gaps]) => new TimedHistory(history, gaps));

export const arbitraryTimedSchedule: fc.Arbitrary<TimedSchedule> = fc.record({
  reads: fc.array(fc.constantFrom(0, 0, 0, 1, 2), { minLength: 1, maxLength: 9 }), turns: fc.array(fc.nat(3), { maxLength: 5 }),
  batchSize: fc.oneof({ withCrossShrink: true }, fc.constant(200), fc.integer({ min: 1, max: 8 })),
});
