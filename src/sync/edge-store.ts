import type { InstallationRecord, RecordRef, RelationshipRecord } from '../../connectors/sdk/contract/index.js';
import { recordKey } from '../core/model/index.js';
import { headsByKey } from '../database/repositories/records.js';
import type { StreamRow } from '../database/repositories/rows.js';
import { executeByKey, executeIn, selectIn, setEach, type Tx } from '../database/tx.js';

/** The keys that an end may mean: the vendor's id is known, the stream that holds it may be one of several. */
export const keysOfRef = (ref: RecordRef, source: string): string[] => ref.streams.map((stream) => recordKey(ref.source ?? source, stream, ref.externalId));

interface Edge {
  readonly recordId: number;
  readonly source: string;
  readonly mapped: RelationshipRecord | InstallationRecord;
}

/** Relationships and installations, with ends that point to records; an end that has not arrived yet is parked. */
export async function saveEdges(tx: Tx, edges: readonly Edge[], streams: ReadonlyMap<number, StreamRow>): Promise<void> {
  if (edges.length === 0) return;
  const sides = edges.flatMap((edge) => sidesOf(edge.mapped).map(({ side, ref }) => ({ edge, side, keys: keysOfRef(ref, edge.source) })));
  const heads = await headsByKey(tx, sides.flatMap((side) => side.keys), streams);
  const found = new Map<string, number>();
  const parked: (string | number)[][] = [];
  await executeIn(tx, 'DELETE FROM parked_refs WHERE record_id IN (?)', edges.map((edge) => edge.recordId));
  for (const { edge, side, keys } of sides) {
    const id = keys.map((key) => heads.get(key)?.id).find((each) => each !== undefined);
    if (id === undefined) parked.push(...keys.map((key) => [key, edge.recordId, side]));
    else found.set(`${edge.recordId} ${side}`, id);
  }
  const end = (edge: Edge, side: string): number | null => found.get(`${edge.recordId} ${side}`) ?? null;
  const relationships = edges.flatMap((edge) => (edge.mapped.kind === 'relationship' ? [[edge.recordId, edge.mapped.relation, end(edge, 'from'), end(edge, 'to'), JSON.stringify(edge.mapped.from), JSON.stringify(edge.mapped.to)]] : []));
  await tx.insertMany('relationships', ['record_id', 'relation', 'from_record_id', 'to_record_id', 'from_ref', 'to_ref'], relationships, { keys: ['record_id'], update: ['relation', 'from_record_id', 'to_record_id', 'from_ref', 'to_ref'] });
  const installations = edges.flatMap((edge) => (edge.mapped.kind === 'installation' ? [[edge.recordId, end(edge, 'on'), JSON.stringify(edge.mapped.on), edge.mapped.product.slice(0, 255), edge.mapped.publisher?.slice(0, 255) ?? null, edge.mapped.productVersion?.slice(0, 255) ?? null, edge.mapped.installedOn ?? null]] : []));
  await tx.insertMany('installations', ['record_id', 'on_record_id', 'on_ref', 'product', 'publisher', 'product_version', 'installed_on'], installations, { keys: ['record_id'], update: ['on_record_id', 'on_ref', 'product', 'publisher', 'product_version', 'installed_on'] });
  await tx.insertMany('parked_refs', ['ref_key', 'record_id', 'side'], parked, { keys: ['ref_key', 'record_id', 'side'], update: [] });
}

function sidesOf(mapped: RelationshipRecord | InstallationRecord): { readonly side: 'from' | 'to' | 'on'; readonly ref: RecordRef }[] {
  return mapped.kind === 'relationship' ? [{ side: 'from', ref: mapped.from }, { side: 'to', ref: mapped.to }] : [{ side: 'on', ref: mapped.on }];
}

const ENDS: Readonly<Record<string, readonly [table: string, column: string]>> = { from: ['relationships', 'from_record_id'], to: ['relationships', 'to_record_id'], on: ['installations', 'on_record_id'] };

/** Records that have just arrived take the ends that waited for them. */
export async function settleParkedRefs(tx: Tx, arrived: readonly { readonly key: string; readonly id: number }[]): Promise<void> {
  if (arrived.length === 0) return;
  const idOf = new Map(arrived.map(({ key, id }) => [key, id]));
  const waiting = await selectIn(tx, 'SELECT ref_key, record_id, side FROM parked_refs WHERE ref_key IN (?)', [...idOf.keys()]);
  for (const [side, [table, column]] of Object.entries(ENDS)) {
    await setEach(tx, table, column, 'record_id', waiting.filter((row) => row['side'] === side).map((row) => [Number(row['record_id']), idOf.get(row['ref_key']) as number]));
  }
  await executeByKey(tx, 'DELETE FROM parked_refs', ['record_id', 'side'], waiting.map((row) => [Number(row['record_id']), row['side']]));
}
