import { ProtocolError, type HttpResponse } from '../sdk/contract/index.js';
import { CutAnswerError, judge } from './judge.js';
import type { ServiceNowClient } from './session.js';
import { isSysId, type Row } from './types.js';

/** Rows asked for at once: the 60 s quota bites before a documented maximum does (vendor documentation c_TableAPI, KB1297438). */
export const PAGE_SIZE = 1000;
/** A page that was cut is halved down to this. */
const LEAST_PAGE = 50;
const MOST_TRIES = 8;

export interface TableQuery {
  readonly table: string;
  /** Encoded query without order and place; `''` for all rows. */
  readonly filter: string;
  readonly fields: readonly string[];
  /** On whose behalf. */
  readonly stream: string;
}

/** A place in a walk over a table by sys_id. */
export interface Place {
  /** sys_id of the last row given. */
  readonly last?: string;
  /** Rows behind it to step over, because access rules emptied a page. */
  readonly skip?: number;
  readonly limit: number;
}

export interface TablePage {
  readonly rows: readonly Row[];
  /** Rows of the query from this place on, readable or not; where it was asked for. */
  readonly total?: number;
  readonly serverTime?: number;
  /** The limit that the page was read with at last. */
  readonly limit: number;
}

/** `YYYY-MM-DD HH:mm:ss`, read as UTC by an encoded query. */
export const glideTime = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

export const conditions = (...parts: readonly (string | undefined)[]): string => parts.filter((part) => part !== undefined && part !== '').join('^');

export async function getTable(client: ServiceNowClient, path: string, query: Readonly<Record<string, string | number | undefined>>, stream: string, expect: readonly number[] = []): Promise<HttpResponse> {
  return await client.http.send({ url: path, query, stream, expect, judge: (response) => judge(response, client.clock.now()) });
}

/** One page; halved and asked for again while the instance cuts it. */
export async function readPage(client: ServiceNowClient, query: TableQuery, place: Place, count: boolean, least = LEAST_PAGE): Promise<TablePage> {
  let limit = place.limit;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await getTable(client, `/api/now/table/${query.table}`, {
        sysparm_query: conditions(query.filter, place.last === undefined ? undefined : `sys_id>${place.last}`, 'ORDERBYsys_id'),
        sysparm_limit: limit,
        // Stepping over hidden rows is the one use of an offset: as a way to page it would slide.
        ...(place.skip !== undefined && place.skip > 0 && { sysparm_offset: place.skip }),
        sysparm_fields: query.fields.join(','),
        sysparm_display_value: 'false',
        sysparm_exclude_reference_link: 'true',
        sysparm_suppress_pagination_header: 'true',
        ...(!count && { sysparm_no_count: 'true' }),
      }, query.stream);
      const total = Number(response.headers['x-total-count'] ?? NaN);
      return { rows: rowsOf(response, query), limit, ...(count && Number.isSafeInteger(total) && { total }), ...(response.serverTime !== undefined && { serverTime: response.serverTime }) };
    } catch (error) {
      if (!(error instanceof CutAnswerError)) throw error;
      if (attempt >= MOST_TRIES) {
        throw new CutAnswerError(`${client.source.name} ${query.stream}: ${query.table}: ${error.message} (given up after ${attempt} tries, at last with ${limit} rows a page)`, error.request, { cause: error, vendorWords: error.vendorWords, hint: error.hint } as object);
      }
      limit = Math.max(Math.min(least, place.limit), Math.ceil(limit / 2));
      client.log.warn('an answer was cut, asking for a smaller page', { table: query.table, stream: query.stream, limit, because: error.message });
      await client.clock.sleep(Math.min(30_000, 1000 * 2 ** (attempt - 1)), client.signal);
    }
  }
}

function rowsOf(response: HttpResponse, query: TableQuery): Row[] {
  const result: unknown = (response.json() as { result?: unknown } | null)?.result;
  if (!Array.isArray(result)) {
    throw new ProtocolError(`the answer for ${query.table} has no list of results`, undefined, { hint: 'A scripted REST resource or a proxy may answer at this address instead of the Table API.' });
  }
  return result.map((row: unknown) => (typeof row === 'object' && row !== null && !Array.isArray(row) ? row as Row : {}));
}

export interface WalkPage {
  readonly rows: readonly Row[];
  /** Where the walk goes on behind these rows. */
  readonly place: Place;
  /** Rows in all by the first answer's count, where this page began the walk. */
  readonly total?: number;
  readonly serverTime?: number;
}

/**
 * Walks a table by sys_id: `sys_id>last^ORDERBYsys_id`. Rows that are inserted, deleted or changed while it walks shift
 * nothing. The limit is applied before access rules, so a short or an empty page proves nothing; the walk ends when the
 * count from its place on is used up (c_TableAPI: X-Total-Count).
 */
export async function* walk(client: ServiceNowClient, query: TableQuery, from: Place): AsyncGenerator<WalkPage> {
  let place = from;
  let count = from.last === undefined && (from.skip ?? 0) === 0;
  let emptyBefore = false;
  let given = new Set<string>();
  for (;;) {
    const page = await readPage(client, query, place, count);
    const { limit } = page;
    if (page.rows.length === 0) {
      const skip = place.skip ?? 0;
      if (page.total !== undefined && page.total <= skip) return;
      if (page.total !== undefined && emptyBefore) {
        // Twice empty though rows are counted: they are hidden from this user. Step over them.
        if (skip + limit >= page.total) return;
        place = { ...place, limit, skip: skip + limit };
        continue;
      }
      if (page.total === undefined && count) return; // an instance that counts nothing: empty is the end
      emptyBefore = true;
      count = true;
      place = { ...place, limit };
      continue;
    }
    emptyBefore = false;
    const rows = page.rows.filter((row) => !isSysId(row['sys_id']) || !given.has(row['sys_id']));
    const ids = page.rows.map((row) => row['sys_id']).filter(isSysId);
    const last = ids.at(-1);
    if (last === undefined || last === place.last || rows.length === 0) {
      throw new ProtocolError(`${client.source.name} ${query.stream}: ${query.table} gives no rows behind ${place.last ?? 'the start'}: the order or the filter by sys_id is not obeyed`, undefined, {
        hint: 'Check that sys_id is readable for this user, and that no before-query business rule changes queries on this table.' });
    }
    place = { last, limit };
    given = new Set(ids);
    yield {
      rows, place,
      ...(page.total !== undefined && from.last === undefined && count && { total: page.total }),
      ...(page.serverTime !== undefined && { serverTime: page.serverTime }),
    };
    // All that is counted has come, on a page that is not full: the end, without another call.
    if (page.total !== undefined && page.rows.length >= page.total && page.rows.length < limit) return;
    count = page.rows.length < limit;
  }
}

/** All rows of a small query. */
export async function readAll(client: ServiceNowClient, query: TableQuery): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const page of walk(client, query, { limit: PAGE_SIZE })) rows.push(...page.rows);
  return rows;
}

/** GET URLs have a limit: 300 ids gave a 400 "Request header is too large". */
export const CHUNK = 100;

export function chunks<T>(values: readonly T[], size = CHUNK): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < values.length; at += size) parts.push(values.slice(at, at + size));
  return parts;
}

/** Rows of a table whose `column` is one of `ids`; 100 a call. Rows for which that is not true are refused: a dropped condition would give the whole table. */
export async function readByIds(client: ServiceNowClient, query: Omit<TableQuery, 'filter'> & { readonly also?: string }, column: string, ids: readonly string[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const chunk of chunks(ids)) {
    const asked = new Set(chunk);
    const found = await readAll(client, { ...query, filter: conditions(`${column}IN${chunk.join(',')}`, query.also) });
    const wanted = found.filter((row) => asked.has(String(row[column])));
    if (found.length > 0 && wanted.length === 0) {
      throw new ProtocolError(`${client.source.name} ${query.stream}: ${query.table} was asked for ${column} in a list and gave other rows: the condition was dropped`, undefined, {
        hint: `Check that the column ${column} of ${query.table} is readable for this user.` });
    }
    rows.push(...wanted);
  }
  return rows;
}

/** Rows that match, readable or not: the count ignores access rules where X-Total-Count does. `undefined`: not allowed. */
export async function countRows(client: ServiceNowClient, table: string, filter: string, stream: string): Promise<{ readonly count?: number; readonly serverTime?: number }> {
  const response = await getTable(client, `/api/now/stats/${table}`, { sysparm_count: 'true', ...(filter !== '' && { sysparm_query: filter }) }, stream, [403]);
  const time = response.serverTime === undefined ? {} : { serverTime: response.serverTime };
  if (response.status === 403) return time;
  const raw: unknown = (response.json() as { result?: { stats?: { count?: unknown } } } | null)?.result?.stats?.count;
  const count = typeof raw === 'string' || typeof raw === 'number' ? Number(raw) : NaN;
  return Number.isSafeInteger(count) && count >= 0 ? { count, ...time } : time;
}
