import type { Database } from '../../src/database/database.js';
import { canonicalJson } from '../../src/sync/canonical-json.js';

export interface CanonicalModel {
  /** Assets named by their smallest record, each with what it says. */
  readonly assets: readonly { readonly records: readonly string[]; readonly class: string | null; readonly stage: string; readonly attributes: unknown }[];
  readonly relationships: readonly string[];
}

/** Two models are equal when partition, attributes, stages and relationships are: ids and times of observation are left out. */
export async function canonicalModel(database: Database): Promise<CanonicalModel> {
  return database.read(async (tx) => {
    const heads = await tx.query(`SELECT h.id AS id, h.asset_id AS asset_id, st.source AS source, st.name AS name, h.external_id AS external_id FROM record_heads h JOIN streams st ON st.id = h.stream_id`);
    const keyOf = new Map(heads.map((row) => [Number(row['id']), `${row['source']}/${row['name']}/${row['external_id']}`]));
    const members = new Map<string, string[]>();
    for (const row of heads) if (row['asset_id'] !== null) members.set(row['asset_id'], [...(members.get(row['asset_id']) ?? []), keyOf.get(Number(row['id'])) as string]);
    const assets = (await tx.query('SELECT id, class, stage, attributes FROM assets')).map((row) => ({
      records: (members.get(row['id']) ?? []).sort(), class: row['class'] as string | null, stage: row['stage'] as string, attributes: JSON.parse(canonicalJson(JSON.parse(row['attributes']))) as unknown,
    }));
    const edges = await tx.query('SELECT r.relation AS relation, r.from_record_id AS f, r.to_record_id AS t FROM relationships r JOIN record_heads h ON h.id = r.record_id WHERE h.state = \'live\'');
    return {
      assets: assets.sort((a, b) => ((a.records[0] ?? '') < (b.records[0] ?? '') ? -1 : 1)),
      relationships: edges.map((row) => `${keyOf.get(Number(row['f'])) ?? '?'} ${row['relation']} ${keyOf.get(Number(row['t'])) ?? '?'}`).sort(),
    };
  });
}
