import type { Row, Tx } from '../tx.js';

/** The other end of a relationship, as far as it is known. */
export interface EdgeRow {
  readonly relation: string;
  /** `out`: this asset stands on the left (`volume attached_to instance`: the volume's own view). */
  readonly direction: 'out' | 'in';
  readonly assetId: string | null;
  readonly name: string | null;
  readonly assetClass: string | null;
  readonly stage: string | null;
  /** JSON of the reference, for an end that has not arrived. */
  readonly ref: string;
  readonly source: string;
  readonly stream: string;
  readonly externalId: string;
  readonly seenAt: number;
}

const EDGE = (own: 'from' | 'to', other: 'from' | 'to'): string => `SELECT r.relation AS relation, r.${other}_ref AS ref, other.asset_id AS asset_id, a.name AS name, a.class AS class, a.stage AS stage,
    st.source AS source, st.name AS stream, edge.external_id AS external_id, edge.seen_at AS seen_at
  FROM relationships r JOIN record_heads own ON own.id = r.${own}_record_id JOIN record_heads edge ON edge.id = r.record_id JOIN streams st ON st.id = edge.stream_id
    LEFT JOIN record_heads other ON other.id = r.${other}_record_id LEFT JOIN assets a ON a.id = other.asset_id
  WHERE own.asset_id = ? AND edge.state <> 'tombstoned' AND (other.asset_id IS NULL OR other.asset_id <> own.asset_id) ORDER BY r.relation, a.name, edge.id`;

const edgeOf = (row: Row, direction: 'out' | 'in'): EdgeRow => ({
  relation: row['relation'], direction, assetId: row['asset_id'], name: row['name'], assetClass: row['class'], stage: row['stage'], ref: row['ref'],
  source: row['source'], stream: row['stream'], externalId: row['external_id'], seenAt: Number(row['seen_at']),
});

/** Live relationships of an asset, those that lead away from it first. Two records that turned out to be one asset stand in none to each other. */
export async function edgesOf(tx: Tx, assetId: string): Promise<EdgeRow[]> {
  const out = await tx.query(EDGE('from', 'to'), [assetId]);
  const into = await tx.query(EDGE('to', 'from'), [assetId]);
  return [...out.map((row) => edgeOf(row, 'out')), ...into.map((row) => edgeOf(row, 'in'))];
}

export interface InstallationRow {
  readonly product: string;
  readonly publisher: string | null;
  readonly version: string | null;
  readonly installedOn: string | null;
  readonly source: string;
  readonly stream: string;
  readonly externalId: string;
  readonly seenAt: number;
}

export async function installationsOn(tx: Tx, assetId: string): Promise<InstallationRow[]> {
  const rows = await tx.query(`SELECT i.product AS product, i.publisher AS publisher, i.product_version AS version, i.installed_on AS installed_on, st.source AS source, st.name AS stream, h.external_id AS external_id, h.seen_at AS seen_at
    FROM installations i JOIN record_heads machine ON machine.id = i.on_record_id JOIN record_heads h ON h.id = i.record_id JOIN streams st ON st.id = h.stream_id
    WHERE machine.asset_id = ? AND h.state <> 'tombstoned' ORDER BY i.product, i.product_version, h.id`, [assetId]);
  return rows.map((row) => ({ product: row['product'], publisher: row['publisher'], version: row['version'], installedOn: row['installed_on'], source: row['source'], stream: row['stream'], externalId: row['external_id'], seenAt: Number(row['seen_at']) }));
}
