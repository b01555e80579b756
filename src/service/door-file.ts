import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isRunning, startOf } from '../database/processes.js';

/** Where the service that holds a database file takes commands, and the token that opens: only who may read the file may use it. */
export interface Door {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  readonly started: string;
}

export const doorPath = (databasePath: string): string => `${databasePath}.token`;

export const newDoorToken = (): string => randomBytes(32).toString('base64url');

export function writeDoor(path: string, url: string, token: string): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify({ url, token, pid: process.pid, started: startOf(process.pid) ?? '' } satisfies Door), { mode: 0o600 });
  renameSync(draft, path);
}

export function removeDoor(path: string): void {
  if (readDoor(path)?.pid === process.pid) rmSync(path, { force: true });
}

/** Undefined: no service holds the database, or one that died left its file. */
export function readDoor(path: string): Door | undefined {
  let door: Door;
  try {
    door = JSON.parse(readFileSync(path, 'utf8')) as Door;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
  return isRunning(door.pid, door.started) ? door : undefined;
}
