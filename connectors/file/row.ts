/** A row or object of a file: its columns as they are named there, and where it stands. */
export interface FileRow {
  readonly [column: string]: unknown;
  readonly _file: string;
  /** Line in which it begins, from 1. */
  readonly _line: number;
  /** Why it cannot be used, though it may name an id. */
  readonly _problem?: string;
}

/** What a reader gives: a row's columns, or why there are none. */
export interface ReadRow {
  readonly line: number;
  readonly columns: Readonly<Record<string, unknown>>;
  readonly problem?: string;
}

/** The file as a whole cannot be read on from here. */
export class UnreadableFileError extends Error {
  override readonly name = 'UnreadableFileError';
}

/** One record may not fill the memory. Characters. */
export const MOST_RECORD = 8 * 1024 * 1024;
