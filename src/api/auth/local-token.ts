import { randomBytes, timingSafeEqual } from 'node:crypto';
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import ipaddr from 'ipaddr.js';
import type { LoadedConfig } from '../../config/types.js';
import { hashOf } from './token.service.js';

/** What the command line of the same user finds beside the database: where the service listens, and what lets it in. */
export interface LocalAccess {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
}

/** Who types: the name that the operating system knows them by. */
export const LOCAL_USER_HEADER = 'x-lockstep-user';

/** undefined: the database is no file, so that commands act on it directly. */
export const localTokenPath = ({ database }: Pick<LoadedConfig, 'database'>): string | undefined => (database.kind === 'sqlite' && database.path !== undefined ? `${database.path}.token` : undefined);

export const newLocalToken = (): string => `lsl_${randomBytes(32).toString('base64url')}`;

/** Whole and readable by its owner alone from the first byte on. */
export function writeLocalToken(path: string, access: LocalAccess): void {
  const draft = `${path}.${access.pid}.new`;
  rmSync(draft, { force: true });
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeSync(file, `${JSON.stringify(access)}\n`);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
}

/** Only the own one: a service that has started meanwhile keeps its. */
export function removeLocalToken(path: string, token: string): void {
  if (readLocalToken(path)?.token === token) rmSync(path, { force: true });
}

export function readLocalToken(path: string): LocalAccess | undefined {
  try {
    const { url, token, pid } = JSON.parse(readFileSync(path, 'utf8')) as Partial<LocalAccess>;
    return typeof url === 'string' && typeof token === 'string' && typeof pid === 'number' ? { url, token, pid } : undefined;
  } catch {
    return undefined; // no service runs, or not as this user
  }
}

/** In constant time. */
export function isSame(expected: string | undefined, given: string): boolean {
  return expected !== undefined && timingSafeEqual(Buffer.from(hashOf(expected), 'hex'), Buffer.from(hashOf(given), 'hex'));
}

/** Of the connection itself, whatever headers say. */
export function isLoopback(address: string | undefined): boolean {
  if (address === undefined || !ipaddr.isValid(address)) return address === 'localhost';
  return ipaddr.process(address).range() === 'loopback';
}
