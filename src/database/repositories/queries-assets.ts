import { isA, type ClassTree } from '../../core/model/index.js';
import { selectIn, type Row, type SqlValue, type Tx } from '../tx.js';
import { assetsInOrder, assetsPage, type StoredAsset } from './assets.js';
import { idsOfAssets, loadRecords, type StoredRecord } from './records.js';
import type { StreamRow } from './rows.js';

export interface AssetFilter {
  /** Exact class names: descendants are worked out before. */
  readonly classes?: readonly string[];
  readonly stages?: readonly string[];
  /** Assets with a record of one of these sources that is not tombstoned. */
  readonly sources?: readonly string[];
  /** Text in a name, an attribute, an identifier or an external id; the case does not count. */
  readonly search?: string;
  /** Name -> values of which the asset has one, exactly. The names are those of attributes. */
  readonly attributes?: Readonly<Record<string, readonly string[]>>;
}

/** What lists of assets can be ordered by; ties are broken by the order of creation. */
export const ASSET_SORTS = { created: 'a.seq', updated: 'a.updated_at', name: `COALESCE(a.name, '')`, class: `COALESCE(a.class, '')`, stage: 'a.stage' } as const;
export interface AssetOrder {
  readonly by: keyof typeof ASSET_SORTS;
  readonly isDescending: boolean;
}
/** Behind which asset a page begins: its value of what is sorted by, and its number. */
export interface AssetPlace {
  readonly value: string | number;
  readonly seq: number;
}

/** `names` with every class below them. */
export function withDescendants(names: readonly string[], tree: ClassTree): string[] {
  return [...new Set([...names, ...Object.keys(tree).filter((each) => names.some((name) => isA(each, name, tree)))])];
}

const marks = (count: number): string => Array<string>(count).fill('?').join(',');
/** `!` escapes on both dialects alike; a backslash does not. */
const likely = (text: string): string => `%${text.replace(/[!%_]/g, (sign) => `!${sign}`)}%`;

interface Condition { readonly sql: string; readonly params: readonly SqlValue[] }

function conditions(tx: Tx, filter: AssetFilter): Condition {
  const parts: Condition[] = [];
  if (filter.classes) parts.push({ sql: `a.class IN (${marks(filter.classes.length)})`, params: filter.classes });
  if (filter.stages) parts.push({ sql: `a.stage IN (${marks(filter.stages.length)})`, params: filter.stages });
  if (filter.sources) {
    parts.push({
      sql: `a.id IN (SELECT fh.asset_id FROM record_heads fh JOIN streams fs ON fs.id = fh.stream_id WHERE fh.state IN ('live', 'unread') AND fh.asset_id IS NOT NULL AND fs.source IN (${marks(filter.sources.length)}))`,
      params: filter.sources,
    });
  }
  for (const [name, values] of Object.entries(filter.attributes ?? {})) parts.push({ sql: `${attributeText(tx, name)} IN (${marks(values.length)})`, params: values });
  if (filter.search !== undefined) parts.push(searchCondition(tx, filter.search));
  return { sql: parts.map(({ sql }) => ` AND ${sql}`).join(''), params: parts.flatMap(({ params }) => params) };
}

/** `name` is one of ours. Compared byte by byte on both dialects. */
function attributeText(tx: Tx, name: string): string {
  if (!/^[a-z_]+$/.test(name)) throw new Error(`${name} is no attribute`);
  return tx.dialect === 'sqlite' ? `json_extract(a.attributes, '$.${name}')` : `JSON_UNQUOTE(JSON_EXTRACT(a.attributes, '$.${name}')) COLLATE utf8mb4_bin`;
}

/** One scan a table, whatever the text: nobody waits for an index while typing. */
function searchCondition(tx: Tx, search: string): Condition {
  // SQLite's LIKE folds ASCII by itself; MySQL's compares bytes under our collation.
  const like = (column: string): string => (tx.dialect === 'sqlite' ? `${column} LIKE ? ESCAPE '!'` : `LOWER(${column}) LIKE LOWER(?) ESCAPE '!'`);
  const inJson = JSON.stringify(search).slice(1, -1);
  const bare = search.replace(/[-_.:/\\# ]/g, '');
  const spellings = [...new Set([search, ...(bare.length > 2 ? [bare] : [])])];
  const byValue = spellings.map(() => like('si.value_key')).join(' OR ');
  return {
    sql: `(${like('a.attributes')} OR a.id = ? OR a.id IN (SELECT sh.asset_id FROM record_heads sh WHERE sh.asset_id IS NOT NULL AND ${like('sh.external_id')})
      OR a.id IN (SELECT sj.asset_id FROM identifiers si JOIN record_heads sj ON sj.id = si.record_id WHERE sj.asset_id IS NOT NULL AND (${byValue})))`,
    params: [likely(inJson), search, likely(search), ...spellings.map(likely)],
  };
}

/** In order of creation, after the asset numbered `afterSeq`. */
export async function listAssets(tx: Tx, filter: AssetFilter, afterSeq: number, limit: number): Promise<StoredAsset[]> {
  const { sql, params } = conditions(tx, filter);
  return assetsPage(tx, afterSeq, limit, sql, params as readonly (string | number)[]);
}

/** A page behind a place. An asset that changes meanwhile may come again or not at all; every other comes exactly once. */
export async function listAssetsInOrder(tx: Tx, filter: AssetFilter, { by, isDescending }: AssetOrder, after: AssetPlace | undefined, limit: number): Promise<StoredAsset[]> {
  const { sql, params } = conditions(tx, filter);
  const [column, direction, sign] = [ASSET_SORTS[by], isDescending ? 'DESC' : 'ASC', isDescending ? '<' : '>'];
  const behind: Condition = after === undefined ? { sql: '', params: [] } : { sql: ` AND (${column} ${sign} ? OR (${column} = ? AND a.seq ${sign} ?))`, params: [after.value, after.value, after.seq] };
  return assetsInOrder(tx, sql + behind.sql, [...params, ...behind.params], `${column} ${direction}, a.seq ${direction}`, limit);
}

export async function countAssets(tx: Tx, filter: AssetFilter): Promise<number> {
  const { sql, params } = conditions(tx, filter);
  const [row] = await tx.query(`SELECT COUNT(*) AS n FROM assets a WHERE 1 = 1${sql}`, params);
  return Number(row?.['n'] ?? 0);
}

/** By asset id: its accepted records, tombstoned ones too, in order of arrival. */
export async function recordsOfAssets(tx: Tx, assetIds: readonly string[], streams: ReadonlyMap<number, StreamRow>): Promise<Map<string, StoredRecord[]>> {
  const byAsset = new Map<string, StoredRecord[]>();
  const records = await loadRecords(tx, await idsOfAssets(tx, assetIds), streams);
  for (const record of records.sort((a, b) => a.head.id - b.head.id)) {
    const { assetId } = record.head;
    if (assetId === null) continue;
    const list = byAsset.get(assetId);
    if (list) list.push(record);
    else byAsset.set(assetId, [record]);
  }
  return byAsset;
}

export async function redirectOf(tx: Tx, id: string): Promise<string | undefined> {
  const [row] = await tx.query('SELECT new_id FROM asset_redirects WHERE old_id = ?', [id]);
  return row ? (row['new_id'] as string) : undefined;
}

/** Ids that once named assets which are this one now. */
export async function formerIds(tx: Tx, id: string): Promise<string[]> {
  return (await tx.query('SELECT old_id FROM asset_redirects WHERE new_id = ? ORDER BY at, old_id', [id])).map((row) => row['old_id'] as string);
}

export interface AssetHit { readonly assetId: string; readonly live: boolean; readonly by: string }

export async function assetsHolding(tx: Tx, valueKeys: readonly string[]): Promise<AssetHit[]> {
  const rows = await selectIn(tx, `SELECT DISTINCT i.value_key AS value_key, i.live AS live, h.asset_id AS asset_id FROM identifiers i JOIN record_heads h ON h.id = i.record_id
    WHERE h.asset_id IS NOT NULL AND h.state NOT IN ('pending', 'withdrawn') AND i.value_key IN (?)`, valueKeys);
  return rows.map((row) => ({ assetId: row['asset_id'], live: Number(row['live']) === 1, by: row['value_key'] }));
}

export async function assetsNamed(tx: Tx, name: string): Promise<AssetHit[]> {
  const exact = await tx.query('SELECT id FROM assets WHERE name = ?', [name]);
  const rows = exact.length > 0 ? exact : await tx.query('SELECT id FROM assets WHERE LOWER(name) = LOWER(?)', [name]);
  return rows.map((row) => ({ assetId: row['id'], live: true, by: 'name' }));
}

/** `source` and `stream` absent: in any. */
export async function assetsOfExternalId(tx: Tx, externalId: string, source?: string, stream?: string): Promise<AssetHit[]> {
  const rows = await tx.query(`SELECT h.asset_id AS asset_id, h.state AS state, st.source AS source, st.name AS name FROM record_heads h JOIN streams st ON st.id = h.stream_id
    WHERE h.external_id = ? AND h.asset_id IS NOT NULL AND h.state NOT IN ('pending', 'withdrawn')${source === undefined ? '' : ' AND st.source = ?'}${stream === undefined ? '' : ' AND st.name = ?'}`,
    [externalId, ...(source === undefined ? [] : [source]), ...(stream === undefined ? [] : [stream])]);
  return rows.map((row) => ({ assetId: row['asset_id'], live: row['state'] !== 'tombstoned', by: `${row['source']}/${row['name']}/${externalId}` }));
}

export interface ChangeRow {
  readonly seq: number;
  readonly assetId: string;
  readonly at: number;
  readonly attribute: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly kind: string;
  readonly runId: string | null;
  readonly source: string | null;
  readonly rule: string | null;
  readonly person: string | null;
  readonly configHash: string;
}

const changeOf = (row: Row): ChangeRow => ({
  seq: Number(row['seq']), assetId: row['asset_id'], at: Number(row['at']), attribute: row['attribute'],
  before: row['before_value'] === null ? null : JSON.parse(row['before_value']), after: row['after_value'] === null ? null : JSON.parse(row['after_value']),
  kind: row['cause_kind'], runId: row['run_id'], source: row['source'], rule: row['rule'], person: row['person'], configHash: row['config_hash'],
});

/** The latest `limit` changes of these assets, oldest first; `before`: of those with a lower number. */
export async function changesOf(tx: Tx, assetIds: readonly string[], limit: number, attribute?: string, before?: number): Promise<ChangeRow[]> {
  const rows = await tx.query(`SELECT * FROM changes WHERE asset_id IN (${marks(assetIds.length)})${attribute === undefined ? '' : ' AND attribute = ?'}${before === undefined ? '' : ' AND seq < ?'} ORDER BY seq DESC LIMIT ?`, [...assetIds, ...(attribute === undefined ? [] : [attribute]), ...(before === undefined ? [] : [before]), limit]);
  return rows.map(changeOf).reverse();
}
