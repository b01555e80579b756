/** What several systems said of one estate over time, as rows of files; and ways to play it: in any interleaving, duplication and batch size. */
import fc from 'fast-check';
import type { SourceRole } from '../../../connectors/sdk/contract/index.js';
import { byCodeUnit } from '../../../src/core/model/index.js';

/** One row of a JSON file of a `file` source: `id`, `class`, `stage`, `modified_at`, attributes and identifier kinds by name. `null`: said to be empty. */
export interface RawRow {
  readonly id: string;
  readonly [column: string]: string | readonly string[] | null;
}

export interface RecordHistory {
  readonly source: string;
  readonly id: string;
  /** In order. `null`: the row is missing from the file at that time; a row after it is a return. */
  readonly versions: readonly (RawRow | null)[];
}

export interface HistorySource {
  readonly name: string;
  readonly role: SourceRole;
}

/** A row that every file of the source holds from the first to the last, so that no file is ever empty. Shares nothing with anybody. */
export const keeperOf = (source: string): RawRow => ({ id: 'keeper', class: 'business_service', name: `keeper of ${source}`, modified_at: '2024-01-01T00:00:00Z' });

export class History {
  constructor(readonly sources: readonly HistorySource[], readonly records: readonly RecordHistory[]) {}

  /** The files at the end: what a full read of everything finds. */
  finalRows(source: string): RawRow[] {
    return [keeperOf(source), ...this.records.filter((record) => record.source === source).flatMap((record) => record.versions.at(-1) ?? [])];
  }

  describe(): string {
    const cell = (value: RawRow[string] | undefined): string => (value === null ? 'empty' : Array.isArray(value) ? value.join(';') : String(value));
    const lines = this.records.flatMap(({ source, id, versions }) => versions.map((row, at) => {
      const before = versions[at - 1];
      if (row === null) return `  ${source}/${id} v${at}: gone`;
      const columns = [...new Set([...Object.keys(row), ...Object.keys(before ?? {})])].filter((column) => column !== 'id' && (!before || cell(row[column]) !== cell(before[column])));
      return `  ${source}/${id} v${at}: ${columns.map((column) => (column in row ? `${column}=${cell(row[column])}` : `${column} not said`)).join('  ') || 'the same'}`;
    }));
    return [`history of ${this.records.length} records in ${this.sources.map(({ name, role }) => `${name} (${role})`).join(', ')}`, ...lines].join('\n');
  }

  [fc.toStringMethod](): string {
    return `\n${this.describe()}\n`;
  }
}

/** How to play a history. Every list is read round and round; an empty one means: the plainest way. */
export interface Schedule {
  /** Which source is next, and where in it to start. */
  readonly picks: readonly number[];
  /** How many records change between two files of a source. */
  readonly chunks: readonly number[];
  /** How many more times the same file is read. */
  readonly repeats: readonly number[];
  /** Where the rows of a file start: their order says nothing. */
  readonly rotations: readonly number[];
  /** Records a slice of the page store. */
  readonly batchSize: number;
  /** At some steps one record stands in its file once more as it was before: an older version, which must change nothing. */
  readonly stale: readonly boolean[];
}
export const PLAIN_SCHEDULE: Schedule = { picks: [], chunks: [], repeats: [], rotations: [], batchSize: 200, stale: [] };

/** One reading of one source: the file as it stands then, whole. */
export interface Step {
  readonly source: string;
  readonly rows: readonly RawRow[];
  readonly batchSize: number;
  readonly because: 'changed' | 'read again' | 'older version';
}

const round = <T>(list: readonly T[], at: number, otherwise: T): T => list[at % Math.max(list.length, 1)] ?? otherwise;

/**
 * Plays a history: each record's versions are read in their own order, each of them by at least one step (a step takes a record at most one version on);
 * everything else is up to the schedule.
 */
export function playback(history: History, schedule: Schedule): Step[] {
  const next = new Map(history.records.map((record) => [record, 0]));
  const steps: Step[] = [];
  const rowAt = (record: RecordHistory, version: number): RawRow | null => (version < 0 ? null : record.versions[version] ?? null);
  const fileOf = (source: string, rotation: number, older?: RecordHistory): RawRow[] => {
    const rows = history.records.filter((record) => record.source === source)
      .flatMap((record) => rowAt(record, (next.get(record) ?? 0) - (record === older ? 2 : 1)) ?? []);
    const start = rows.length === 0 ? 0 : rotation % rows.length;
    return [...rows.slice(start), keeperOf(source), ...rows.slice(0, start)];
  };

  for (let at = 0; ; at += 1) {
    const due = history.records.filter((record) => (next.get(record) ?? 0) < record.versions.length);
    const sources = history.sources.filter((source) => due.some((record) => record.source === source.name));
    const pick = round(schedule.picks, at, 0);
    const source = sources[pick % Math.max(sources.length, 1)];
    if (!source) return steps;
    const mine = due.filter((record) => record.source === source.name);
    const start = Math.floor(pick / 4) % mine.length;
    const count = Math.max(1, round(schedule.chunks, at, mine.length));
    for (const record of [...mine.slice(start), ...mine.slice(0, start)].slice(0, count)) next.set(record, (next.get(record) ?? 0) + 1);

    const rotation = round(schedule.rotations, at, 0);
    const step = { source: source.name, rows: fileOf(source.name, rotation), batchSize: schedule.batchSize };
    steps.push({ ...step, because: 'changed' });
    for (let again = round(schedule.repeats, at, 0); again > 0; again -= 1) steps.push({ ...step, because: 'read again' });
    const older = history.records.find((record) => record.source === source.name && (next.get(record) ?? 0) >= 2
      && rowAt(record, (next.get(record) ?? 0) - 1) !== null && rowAt(record, (next.get(record) ?? 0) - 2) !== null);
    if (older && round(schedule.stale, at, false)) {
      steps.push({ ...step, rows: fileOf(source.name, rotation, older), because: 'older version' });
      steps.push({ ...step, because: 'read again' });
    }
  }
}

export const describeSteps = (steps: readonly Step[]): string => steps.map((step, at) =>
  `  ${at}: ${step.source} (${step.because}, batches of ${step.batchSize}): ${step.rows.map((row) => row.id).filter((id) => id !== 'keeper').sort(byCodeUnit).join(' ') || 'nothing'}`).join('\n');
