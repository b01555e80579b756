import { createHash } from 'node:crypto';
import type { Database } from '../../../src/database/database.js';
import { TABLES } from '../../../src/database/schema.js';

/** https://www.sqlite.org/fileformat2.html#the_write_ahead_log: a header of 32 bytes, then frames of 24 bytes and a page each. */
const HEADER = 32;
const FRAME_HEADER = 24;

/** Where the frames of a log end, and which of these ends is a commit. */
export interface LogPlaces {
  readonly ends: readonly number[];
  /** The end of the last transaction that is whole in the first `cut` bytes; 0: there is none. */
  committedBefore(cut: number): number;
}

export function placesOf(log: Buffer): LogPlaces {
  const pageSize = log.readUInt32BE(8);
  const ends: number[] = [];
  const commits: number[] = [];
  for (let at = HEADER; at + FRAME_HEADER + pageSize <= log.length; at += FRAME_HEADER + pageSize) {
    const end = at + FRAME_HEADER + pageSize;
    ends.push(end);
    // The size of the database after the commit; 0 in all other frames.
    if (log.readUInt32BE(at + 4) !== 0) commits.push(end);
  }
  return { ends, committedBefore: (cut) => commits.findLast((end) => end <= cut) ?? 0 };
}

/** All rows of all tables as one value. */
export async function digestOf(database: Database): Promise<string> {
  const hash = createHash('sha256');
  await database.read(async (tx) => {
    for (const table of TABLES) hash.update(JSON.stringify(await tx.query(`SELECT * FROM ${table.name} ORDER BY ${table.primary.join(', ')}`)));
  });
  return hash.digest('hex');
}
