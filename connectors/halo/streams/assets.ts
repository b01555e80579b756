import { CursorExpiredError, defineStream, ProtocolError, type FetchedOne, type Page, type PullFrom, type ScopeEnd } from '../../sdk/contract/index.js';
import { COLUMNS, mapAsset } from '../assets.js';
import { assetsQuery, begin, changedSince, cursorOf, isCount, isTime, parseCursor, parseToken } from '../changes.js';
import { classOfType } from '../classes.js';
import { chunks, get, PAGE_SIZE, readAll, walk, type Place } from '../list.js';
import type { HaloClient } from '../session.js';
import { idOf, isRow, rowId, type AssetRaw, type Row } from '../types.js';

/** Ids in one request: with 100 of 15 digits a URL stays below 2 kB. */
const IDS = 100;

/** A place in a full pass: types are read one after the other, for their fields come only with `assettype_id`. */
interface FullToken {
  readonly v: 1;
  readonly at: number;
  readonly obeys: boolean;
  readonly total: number;
  /** Types still to read; the first is under way. */
  readonly types: readonly number[];
  readonly place?: Place;
}
/** A place in an increment: what changed is asked for again, and steps over what was given. */
interface ChangedToken { readonly v: 1; readonly since: number; readonly at: number; readonly after: readonly [type: number, id: number] }

export const assets = defineStream<HaloClient, AssetRaw>({
  name: 'assets',
  permissions: ['read:assets', 'read:customers (owners)', 'access to each asset type'],
  deletes: 'by_full_scan',
  // a change of a name that an asset refers to (site, owner, status) does not touch the asset
  incremental: 'partial',
  pull: (client, from) => (from.mode === 'full' ? pullAll(client, from) : pullChanged(client, from)),
  map: mapAsset,
  fetchOne,
});

async function* pullAll(client: HaloClient, from: PullFrom): AsyncGenerator<Page<AssetRaw>> {
  const asked = Math.max(1, Math.min(from.pageSize ?? PAGE_SIZE, PAGE_SIZE));
  let token = from.resume === undefined ? undefined : parseToken<FullToken>(from.resume, isFullToken);
  if (token === undefined) {
    const begun = await begin(client, 'assets');
    const known = await client.catalogue.types(client, 'assets');
    const types = [...known.values()].filter((type) => classOfType(type, client.source.options) !== null).map(({ id }) => id).sort((a, b) => a - b);
    if (types.length === 0) {
      throw new ProtocolError(`${client.source.name} assets: this agent sees no asset type that is to be read`, undefined, {
        hint: "Check the agent's role and the access control of the asset types, and options.classes." });
    }
    token = { v: 1, ...begun, types };
  }
  const { v, at, obeys, total } = token;
  for (let { types, place } = token; types.length > 0; place = undefined) {
    const [type = 0, ...rest] = types;
    const query = assetsQuery('assets', { assettype_id: type, includeassetfields: 'true' });
    for await (const page of walk(client, query, asked, place)) {
      place = page.place;
      obeyed(client, type, page.rows);
      const ended = place.page === 0;
      const next: FullToken | null = ended ? (rest.length === 0 ? null : { v, at, obeys, total, types: rest }) : { v, at, obeys, total, types, place };
      const ends: ScopeEnd[] = ended ? [{ scope: scopeOf(type), coverage: 'complete', ...hiddenRows(place) }] : [];
      yield {
        scope: scopeOf(type), records: await enrich(client, page.rows, 'assets'), expected: total, next: next === null ? null : JSON.stringify(next), ...(ended && { ends }),
        // without a filter that works there is no mark: the next pass is a full one too
        ...(next === null && obeys && { cursor: cursorOf(at) }),
      };
    }
    types = rest;
  }
}

const scopeOf = (type: number): string => `type=${type}`;

/** An unknown parameter is ignored in silence, and the whole list comes. */
function obeyed(client: HaloClient, type: number, rows: readonly Row[]): void {
  const stray = rows.map((row) => idOf(row['assettype_id'])).find((id) => id !== undefined && id !== type);
  if (stray !== undefined) {
    throw new ProtocolError(`${client.source.name} assets: asked for assets of type ${type}, the instance gave one of type ${stray}: assettype_id was ignored`, undefined, {
      hint: 'Look whether a proxy changes the query of requests.' });
  }
}

/** Rows that are counted and were not given. */
function hiddenRows({ total, read }: Place): Pick<ScopeEnd, 'hidden' | 'warning'> {
  const hidden = Math.max(0, total - read);
  return hidden === 0 ? { hidden } : { hidden, warning: `the instance counts ${hidden} asset${hidden === 1 ? '' : 's'} of this type more than it gives` };
}

async function* pullChanged(client: HaloClient, from: PullFrom): AsyncGenerator<Page<AssetRaw>> {
  const resumed = from.resume === undefined ? undefined : parseToken<ChangedToken>(from.resume, isChangedToken);
  const since = resumed?.since ?? parseCursor(from.cursor);
  const begun = await begin(client, 'assets');
  if (!begun.obeys) throw new CursorExpiredError('the instance ignores lastupdatefromdate for assets: a full pass is needed');
  const at = resumed?.at ?? begun.at;
  const [afterType, afterId] = resumed?.after ?? [0, 0];

  // rows of this list carry no fields; they say what changed, and which type to ask
  const byType = new Map<number, number[]>();
  const known = await client.catalogue.types(client, 'assets');
  for (const row of await readAll(client, assetsQuery('assets', changedSince(Math.min(since, begun.at))))) {
    const [id, type] = [rowId(row), idOf(row['assettype_id'])];
    const settings = type === undefined ? undefined : known.get(type) ?? { id: type };
    if (id === undefined || type === undefined || (settings && classOfType(settings, client.source.options) === null)) continue;
    if (type > afterType || (type === afterType && id > afterId)) byType.set(type, [...byType.get(type) ?? [], id]);
  }
  const size = Math.max(1, Math.min(from.pageSize ?? IDS, IDS));
  for (const [type, ids] of [...byType].sort(([a], [b]) => a - b)) {
    for (const chunk of chunks(ids.sort((a, b) => a - b), size)) {
      const rows = await readAll(client, assetsQuery('assets', { assettype_id: type, includeassetfields: 'true', assets: chunk.join(',') }));
      const asked = new Set<number | undefined>(chunk);
      if (rows.some((row) => !asked.has(rowId(row)))) {
        throw new ProtocolError(`${client.source.name} assets: asked for ${chunk.length} assets by id, the instance gave others: the parameter assets was ignored`, undefined, {
          hint: 'Look whether a proxy changes the query of requests.' });
      }
      const token: ChangedToken = { v: 1, since, at, after: [type, chunk.at(-1)!] };
      yield { scope: scopeOf(type), records: await enrich(client, rows, 'assets'), next: JSON.stringify(token) };
    }
  }
  // an increment covers what changed, not a scope: it ends none
  yield { scope: '', records: [], next: null, cursor: cursorOf(at) };
}

/** Only what says something of the asset, and the names behind its ids: in sets, never one call a row. */
export async function enrich(client: HaloClient, rows: readonly Row[], stream: string): Promise<AssetRaw[]> {
  if (rows.length === 0) return [];
  const types = await client.catalogue.types(client, stream);
  const statuses = await client.catalogue.statuses(client, stream);
  const ids = new Set(rows.flatMap((row) => idOf(row['business_owner_id']) ?? []));
  const people = await client.catalogue.people(client, ids, stream);
  return rows.map((row) => {
    const [type, status, owner] = [idOf(row['assettype_id']), idOf(row['status_id']), idOf(row['business_owner_id'])];
    const kept = Object.fromEntries(COLUMNS.flatMap((name) => (Object.hasOwn(row, name) ? [[name, row[name]] as const] : [])));
    return {
      ...kept,
      type: (type === undefined ? undefined : types.get(type)) ?? { id: type ?? null, name: row['assettype_name'] ?? null, keys: [] },
      status: status === undefined ? null : { id: status, name: (statuses === undefined ? row['status_name'] : statuses.get(status)) ?? null },
      owner: (owner === undefined ? undefined : people.get(owner)) ?? null,
    };
  });
}

/** 404 is given for what is deleted and for what this agent may no longer see, so it proves nothing. */
export async function fetchOne(client: HaloClient, externalId: string): Promise<FetchedOne<AssetRaw>> {
  const id = idOf(externalId);
  if (id === undefined) return { kind: 'unknown', reason: 'not an id of Halo' };
  const response = await get(client, `/api/Asset/${id}`, { includedetails: 'true' }, 'assets', [404]);
  if (response.status === 404) return { kind: 'unknown', reason: 'Halo answers 404 both for an asset that is deleted and for one that this agent may not see' };
  const row: unknown = response.json();
  if (!isRow(row)) throw new ProtocolError(`${client.source.name} assets: the answer for asset ${id} is none`);
  const [raw] = await enrich(client, [row], 'assets');
  return { kind: 'found', raw: raw! };
}

const isFullToken = (token: Readonly<Record<string, unknown>>): boolean => isTime(token['at']) && isCount(token['total']) && typeof token['obeys'] === 'boolean'
  && Array.isArray(token['types']) && token['types'].length > 0 && token['types'].every(isCount) && (token['place'] === undefined || isPlace(token['place']));
const isPlace = (place: unknown): boolean => isRow(place) && ['page', 'top', 'size', 'asked', 'total', 'read'].every((name) => isCount(place[name])) && Number(place['size']) > 0 && Number(place['asked']) > 0 && typeof place['up'] === 'boolean';
const isChangedToken = (token: Readonly<Record<string, unknown>>): boolean =>
  isTime(token['since']) && isTime(token['at']) && Array.isArray(token['after']) && token['after'].length === 2 && token['after'].every(isCount);
