import { defineStream, type FetchedOne, type MapContext, type Mapping, type Page, type PullFrom, type RelationshipKind } from '../../sdk/contract/index.js';
import { field, mapped, rejected, skipped, text } from '../../sdk/mapping/index.js';
import { assetsQuery, begin, changedSince, cursorOf, isCount, isTime, parseCursor, parseToken } from '../changes.js';
import { classOfType } from '../classes.js';
import { chunks, get, readAll } from '../list.js';
import type { HaloClient } from '../session.js';
import { idOf, isRow, rowId, rowsOf, type RelationRaw, type Row } from '../types.js';

/** Assets whose details are read for one page: a checkpoint about every quarter of a minute. */
const ASSETS_A_PAGE = 25;

interface Token {
  readonly v: 1;
  readonly at: number;
  readonly obeys: boolean;
  readonly since?: number;
  /** Assets up to this id are done. */
  readonly after: number;
}

/**
 * Relations stand in the details of assets alone, so each asset costs a call. An edge is read once: a parent at its child, a
 * sibling at the lower id.
 */
export const relationships = defineStream<HaloClient, RelationRaw>({
  name: 'relationships',
  permissions: ['read:assets'],
  deletes: 'by_full_scan',
  // whether a change of relations moves the asset's own date is not known
  incremental: 'partial',
  after: ['assets'],
  pull,
  map: mapRelation,
  fetchOne,
});

async function* pull(client: HaloClient, from: PullFrom): AsyncGenerator<Page<RelationRaw>> {
  const size = Math.max(1, Math.min(from.pageSize ?? ASSETS_A_PAGE, ASSETS_A_PAGE));
  let token = from.resume === undefined ? undefined : parseToken<Token>(from.resume, isToken);
  if (token === undefined) {
    const since = from.mode === 'incremental' ? parseCursor(from.cursor) : undefined;
    const { at, obeys } = await begin(client, 'relationships');
    token = { v: 1, at, obeys, after: 0, ...(since !== undefined && { since: Math.min(since, at) }) };
  }
  const { since, obeys, after } = token;
  if (since !== undefined && !obeys) {
    client.log.info('the instance does not tell which assets changed: their relations are read by full scans alone', { stream: 'relationships' });
    yield { scope: '', records: [], next: null, cursor: cursorOf(since) };
    return;
  }
  const typeOf = new Map<number, number | undefined>();
  for (const row of await readAll(client, assetsQuery('relationships', since === undefined ? {} : changedSince(since)))) {
    const id = rowId(row);
    if (id !== undefined) typeOf.set(id, idOf(row['assettype_id']));
  }
  const wanted = await wantedTypes(client);
  const ids = [...typeOf].filter(([id, type]) => id > after && (wanted === undefined || (type !== undefined && wanted.has(type)))).map(([id]) => id).sort((a, b) => a - b);
  for (const chunk of chunks(ids, size)) {
    const records: RelationRaw[] = [];
    for (const id of chunk) {
      const row = await details(client, id);
      if (row !== undefined) records.push(...await edgesOf(client, row, typeOf));
    }
    token = { ...token, after: chunk.at(-1)! };
    yield { scope: '', records, next: JSON.stringify(token) };
  }
  yield { scope: '', records: [], next: null, cursor: cursorOf(token.at), ...(since === undefined && { ends: [{ scope: '', coverage: 'complete' as const }] }) };
}

/** Ids of the types that the configuration chose; undefined: all. */
async function wantedTypes(client: HaloClient): Promise<ReadonlySet<number> | undefined> {
  const named = client.source.options['relationshipsOf'] as readonly string[] | undefined;
  if (named === undefined) return undefined;
  const names = new Set(named.map((name) => name.trim().toLowerCase()));
  const types = await client.catalogue.types(client, 'relationships');
  return new Set([...types.values()].filter(({ id, name }) => names.has(String(id)) || names.has(name.toLowerCase())).map(({ id }) => id));
}

/** Undefined: deleted since the list was read, or no longer to be seen. */
async function details(client: HaloClient, id: number): Promise<Row | undefined> {
  const response = await get(client, `/api/Asset/${id}`, { includedetails: 'true' }, 'relationships', [404]);
  const row: unknown = response.status === 404 ? undefined : response.json();
  return isRow(row) ? row : undefined;
}

/** The edges that are this asset's to tell. What a machine is below a hypervisor depends on the types at both ends. */
async function edgesOf(client: HaloClient, row: Row, typeOf: ReadonlyMap<number, number | undefined>): Promise<RelationRaw[]> {
  const own = rowId(row);
  if (own === undefined) return [];
  const types = await client.catalogue.types(client, 'relationships');
  const end = (id: number | undefined, type: number | undefined): Row => ({ id: id ?? null, type: { id: type ?? null, name: (type === undefined ? undefined : types.get(type)?.name) ?? null } });
  const edge = async (relation: Row, side: string): Promise<RelationRaw> => {
    const id = rowId(relation);
    const type = idOf(relation['assettype_id']) ?? (id === undefined ? undefined : typeOf.get(id) ?? idOf((await details(client, id))?.['assettype_id']));
    return { from: end(own, idOf(row['assettype_id'])), to: end(id, type), side, relationship_id: relation['relationship_id'] ?? null };
  };
  const edges: RelationRaw[] = [];
  for (const relation of rowsOf(row['parent_assets'])) edges.push(await edge(relation, 'parent'));
  for (const relation of rowsOf(row['sibling_assets'])) if ((rowId(relation) ?? 0) > own) edges.push(await edge(relation, 'sibling'));
  return edges;
}

const SIGNS: Readonly<Record<string, string>> = { parent: '>', sibling: '=' };

function mapRelation(raw: RelationRaw, context: MapContext): Mapping {
  const [from, to] = [rowId(raw.from), rowId(raw.to)];
  const sign = SIGNS[text(raw.side) ?? ''];
  if (from === undefined || to === undefined || sign === undefined) return rejected('a relation without both of its ends');
  const id = `${from}${sign}${to}`;
  const given: unknown = field(context.options['relationshipKinds'], String(idOf(raw.relationship_id) ?? 0));
  if (given === null) return skipped(id, `options.relationshipKinds leaves relations ${String(idOf(raw.relationship_id))} out`);
  const kind = typeof given === 'string' ? given as RelationshipKind : sign === '=' ? undefined : kindBelow(raw, context);
  if (kind === undefined) return skipped(id, 'siblings have no kind of ours; options.relationshipKinds may name one by their relationship_id');
  const end = (externalId: number) => ({ streams: ['assets'], externalId: String(externalId) });
  return mapped({ kind: 'relationship', externalId: id, relation: kind, from: end(from), to: end(to) });
}

function kindBelow(raw: RelationRaw, context: MapContext): RelationshipKind {
  const classAt = (end: unknown): string | null | undefined => { const type = field(end, 'type'); return classOfType({ id: rowId(type), name: text(field(type, 'name')) }, context.options); };
  return classAt(raw.from) === 'virtual_machine' && classAt(raw.to) === 'hypervisor' ? 'runs_on' : 'depends_on';
}

/** Read at the asset that tells it: an asset that is there without the relation says that it is gone. */
async function fetchOne(client: HaloClient, externalId: string): Promise<FetchedOne<RelationRaw>> {
  const [, from, sign, to] = /^(\d{1,15})([>=])(\d{1,15})$/.exec(externalId) ?? [];
  if (from === undefined || to === undefined) return { kind: 'unknown', reason: 'not a relation of Halo' };
  const row = await details(client, Number(from));
  if (row === undefined) return { kind: 'unknown', reason: `asset ${from}, which would tell of it, is deleted or may not be seen` };
  const found = (await edgesOf(client, row, new Map())).find((edge) => SIGNS[text(edge.side) ?? ''] === sign && rowId(edge.to) === Number(to));
  return found === undefined ? { kind: 'gone' } : { kind: 'found', raw: found };
}

const isToken = (token: Readonly<Record<string, unknown>>): boolean =>
  isTime(token['at']) && typeof token['obeys'] === 'boolean' && isCount(token['after']) && (token['since'] === undefined || isTime(token['since']));
