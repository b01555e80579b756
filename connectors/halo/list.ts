import { ProtocolError, type HttpResponse, type Verdict } from '../sdk/contract/index.js';
import { mustBeJson } from '../sdk/http/index.js';
import { field, integer } from '../sdk/mapping/index.js';
import type { HaloClient } from './session.js';
import { isRow, rowId, type Row } from './types.js';

/** The documented maximum for tickets; for assets none is documented, and a server that cuts more says so in its reply at best. */
export const PAGE_SIZE = 100;
/** Retired assets are inactive, and inactive ones are left out unless they are asked for. */
export const WITH_INACTIVE = { includeactive: 'true', includeinactive: 'true' } as const;
/** Waits after 429 without Retry-After: existing clients do not rely on that header. */
const THROTTLE_MS = [15_000, 30_000, 60_000];

type Query = Readonly<Record<string, string | number | undefined>>;

/** One request. A 429 that names no time waits longer each time; an answer that is not JSON is asked for again. */
export async function get(client: HaloClient, url: string, query: Query, stream: string, expect: readonly number[] = []): Promise<HttpResponse> {
  return await client.http.send({ url, query, stream, expect, judge: patient(mustBeJson), headers: { accept: 'application/json' } });
}

/** `POST /Asset` takes arrays alone; the `id` of an element decides between update and create. Sent once: only a 429 was surely not worked on. */
export async function sendAssets(client: HaloClient, elements: readonly Row[], stream: string): Promise<unknown> {
  const response = await client.http.send({ method: 'POST', url: '/api/Asset', body: elements, stream, judge: patient(mustBeAnswer), headers: { accept: 'application/json' } });
  return response.json();
}

type Judge = (response: HttpResponse) => Verdict | undefined;

function patient(judge: Judge): Judge {
  let throttled = 0;
  return (response) => {
    if (response.status !== 429 || response.headers['retry-after'] !== undefined) return judge(response);
    throttled += 1;
    return { kind: 'retry', reason: 'rate limit exceeded', afterMs: THROTTLE_MS[Math.min(throttled, THROTTLE_MS.length) - 1]! };
  };
}

/** An answer to a write that is no JSON comes from something in between, and says nothing of what stands behind it: nothing is sent again. */
function mustBeAnswer(response: HttpResponse): Verdict | undefined {
  const verdict = mustBeJson(response);
  return verdict?.kind === 'retry' && verdict.error !== undefined ? { kind: 'fail', error: verdict.error } : verdict;
}

export interface ListQuery {
  readonly path: string;
  /** Name of the array in the envelope. */
  readonly name: string;
  readonly filter: Query;
  /** On whose behalf. */
  readonly stream: string;
}

export interface ListPage { readonly rows: readonly Row[]; readonly total: number; readonly said: number | undefined; readonly serverTime: number | undefined }

/** One page of `{page_no, page_size, record_count, <name>: […]}`; some resources answer a bare array, which is all there is. */
export async function readPage(client: HaloClient, query: ListQuery, page: number, size: number): Promise<ListPage> {
  // `pageinate` is how the API spells it; without `order` nothing is promised of the order
  const response = await get(client, query.path, { ...query.filter, pageinate: 'true', page_size: size, page_no: page, order: 'id' }, query.stream);
  const body: unknown = response.json();
  const rows = arrayIn(body, query.name);
  const total = Array.isArray(body) ? rows?.length : integer(field(body, 'record_count'));
  if (rows === undefined || total === undefined) {
    throw new ProtocolError(`${client.source.name} ${query.stream}: the answer of ${query.path} has no ${rows === undefined ? `list of ${query.name}` : 'record_count'}`, undefined, {
      hint: 'Check that baseUrl is the address of the instance itself, without /api.' });
  }
  // what is no object becomes one without an id, which the mapping rejects: nothing is dropped in silence
  return { rows: rows.map((row) => (isRow(row) ? row : {})), total, said: integer(field(body, 'page_size'), 1), serverTime: response.serverTime };
}

/** The array under its name, else the only one there is. */
export function arrayIn(body: unknown, name: string): readonly unknown[] | undefined {
  if (Array.isArray(body)) return body;
  const named = field(body, name);
  if (Array.isArray(named)) return named;
  const arrays = isRow(body) ? Object.values(body).filter((value) => Array.isArray(value)) : [];
  return arrays.length === 1 ? arrays[0] as readonly unknown[] : undefined;
}

/** A place in a walk. */
export interface Place {
  /** Next page to read; 0: over. */
  readonly page: number;
  /** Still looking for the end, above what the count says; pages below `top` come after. */
  readonly up: boolean;
  readonly top: number;
  /** Rows of a whole page as the server really cuts them. */
  readonly size: number;
  /** Size that was asked for: the same for the whole walk, or pages would be cut elsewhere. */
  readonly asked: number;
  /** Rows that the server counts: the least that it said. */
  readonly total: number;
  /** Distinct rows given so far. */
  readonly read: number;
}
export interface WalkPage { readonly rows: readonly Row[]; readonly place: Place; readonly serverTime: number | undefined }

/**
 * Walks a list from its last page to its first. Pages are cut by number, so what is deleted behind a forward walk pulls a row
 * over the edge that it never sees. Backwards nothing is lost: a row that is pulled down lands on a page that is still to
 * come, and new rows, whose ids are the highest, stand where the walk has been. The count is not believed: the walk begins
 * above it while pages are full, and the size of a page is that of the first one, not what was asked for or is said.
 */
export async function* walk(client: HaloClient, query: ListQuery, asked: number, from?: Place): AsyncGenerator<WalkPage> {
  const given = new Set<number>();
  const fresh = (rows: readonly Row[]): Row[] => rows.filter((row) => {
    const id = rowId(row);
    if (id === undefined) return true;
    return !given.has(id) && given.add(id) !== undefined;
  });
  let place = from;
  if (place === undefined) {
    const first = await readPage(client, query, 1, asked);
    const size = first.rows.length > 0 && first.rows.length < first.total ? first.rows.length : first.said ?? asked;
    const base = { size, asked, total: first.total };
    if (first.total <= first.rows.length && first.rows.length < size) {
      const rows = fresh(first.rows);
      yield { rows, place: { ...base, page: 0, up: false, top: 1, read: rows.length }, serverTime: first.serverTime };
      return;
    }
    const top = Math.max(1, Math.ceil(first.total / size));
    place = { ...base, page: top, up: true, top, read: 0 };
  }
  while (place.page > 0) {
    const { page, up, top, size }: Place = place;
    let found = await readPage(client, query, page, place.asked);
    // a page in the middle is whole, or it is asked for once more
    if (!up && found.rows.length < size) {
      const again = await readPage(client, query, page, place.asked);
      if (again.rows.length > found.rows.length) found = again;
    }
    const rows = fresh(found.rows);
    const goesUp: boolean = up && found.rows.length >= size;
    place = { ...place, page: goesUp ? page + 1 : up ? top - 1 : page - 1, up: goesUp, total: Math.min(place.total, found.total), read: place.read + rows.length };
    yield { rows, place, serverTime: found.serverTime };
  }
}

/** All rows of a list. */
export async function readAll(client: HaloClient, query: ListQuery): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const page of walk(client, query, PAGE_SIZE)) rows.push(...page.rows);
  return rows;
}

export function chunks<T>(values: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < values.length; at += size) parts.push(values.slice(at, at + size));
  return parts;
}
