import { CursorExpiredError } from '../sdk/contract/index.js';
import { readPage, WITH_INACTIVE, type ListQuery } from './list.js';
import type { HaloClient } from './session.js';

/** A time stamp is set when a write starts and seen when it commits: an increment looks back this far. */
const OVERLAP_MS = 600_000;
/** No asset was changed after this. */
const NEVER = '2099-01-01T00:00:00';

/** UTC without a zone, in whole seconds: what `lastupdatefromdate` takes. */
export const haloTime = (ms: number): string => new Date(ms).toISOString().slice(0, 19);

/** All assets, inactive ones too; `noicon` spares a picture a row. */
export const assetsQuery = (stream: string, filter: ListQuery['filter'] = {}): ListQuery =>
  ({ path: '/api/Asset', name: 'assets', filter: { ...WITH_INACTIVE, noicon: 'true', ...filter }, stream });

export interface Begun {
  /** ms UTC by the instance's clock. */
  readonly at: number;
  /** Assets that this agent sees. */
  readonly total: number;
  /**
   * Whether changes can be asked for. The API's own description types the parameter as a truth for assets, so it is tried:
   * an instance that answers with assets changed in 2099 ignores it. One without assets tells nothing, and is not believed.
   */
  readonly obeys: boolean;
}

/** Two requests of one row: what there is, and whether the filter is obeyed. */
export async function begin(client: HaloClient, stream: string): Promise<Begun> {
  const all = await readPage(client, assetsQuery(stream), 1, 1);
  const none = await readPage(client, assetsQuery(stream, { lastupdatefromdate: NEVER }), 1, 1);
  return { at: all.serverTime ?? client.clock.now(), total: all.total, obeys: all.total > 0 && none.total === 0 };
}

/** The filter for what changed since a mark. */
export const changedSince = (at: number): ListQuery['filter'] => ({ lastupdatefromdate: haloTime(at - OVERLAP_MS) });

export const cursorOf = (at: number): string => JSON.stringify({ v: 1, at });

export function parseCursor(text: string | undefined): number {
  const cursor = text === undefined ? undefined : parseObject(text) as { v?: unknown; at?: unknown } | undefined;
  if (cursor?.v !== 1 || !isTime(cursor.at)) throw new CursorExpiredError('the mark of the last pass cannot be read: a full pass is needed');
  return cursor.at;
}

export function parseToken<T>(text: string, isToken: (value: Readonly<Record<string, unknown>>) => boolean): T {
  const token = parseObject(text);
  if (token?.['v'] !== 1 || !isToken(token)) throw new CursorExpiredError('the place in an interrupted pass cannot be read: the pass begins anew');
  return token as T;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value as Readonly<Record<string, unknown>> : undefined;
  } catch {
    return undefined;
  }
}
/** Leaves room for the overlap on both sides of what a date can hold. */
export const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && Math.abs(value) < 8e15;
export const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
