import type { InstallationRecord, MappedRecord, ReferenceRecord, RelationshipRecord, VulnerabilityRecord } from '../../connectors/sdk/contract/index.js';
import { DEPENDENCY_KINDS } from '../core/lifecycle/index.js';
import { insertHeads, updateHeads } from '../database/repositories/records.js';
import type { RecordHead } from '../database/repositories/rows.js';
import { loadStreams } from '../database/repositories/streams.js';
import { selectIn, take, type Tx } from '../database/tx.js';
import { saveEdges } from './edge-store.js';
import { isOlder } from './slice-load.js';

export interface OtherRecord {
  readonly streamId: number;
  readonly scopeId: number;
  readonly mapped: Exclude<MappedRecord, { kind: 'asset' }>;
  readonly contentHash: string;
  readonly mappingHash: string;
  readonly readAt: number;
  readonly pass: number;
  readonly head?: RecordHead;
}

/** Records that are no assets: kept by their source's id, without identity. Returns assets whose guards must look again. */
export async function storeOthers(tx: Tx, records: readonly OtherRecord[]): Promise<string[]> {
  if (records.length === 0) return [];
  const streams = await loadStreams(tx);
  const fresh = records.filter((record) => !isOlder(record));
  let nextId = await take(tx, 'records', fresh.filter((record) => record.head === undefined).length);
  const heads = fresh.map((record): { head: RecordHead; isNew: boolean; record: OtherRecord } => {
    const { head, mapped } = record;
    return {
      isNew: head === undefined, record,
      head: {
        id: head?.id ?? nextId++, streamId: record.streamId, externalId: mapped.externalId, kind: mapped.kind, scopeId: record.scopeId, state: 'live', assetId: null, contentHash: record.contentHash, mappingHash: record.mappingHash,
        modifiedAt: mapped.modifiedAt ?? null, version: mapped.version ?? null, versionNo: (head?.versionNo ?? 0) + 1, firstSeenAt: head?.firstSeenAt ?? record.readAt, seenAt: record.readAt, seenPass: record.pass,
        misses: 0, missingSince: null, toldAt: null, tombstonedAt: null,
      },
    };
  });
  await insertHeads(tx, heads.filter((each) => each.isNew).map((each) => each.head));
  await updateHeads(tx, heads.filter((each) => !each.isNew).map((each) => each.head));
  const source = (record: OtherRecord): string => streams.get(record.streamId)?.source ?? '';
  const edges = heads.flatMap(({ head, record }) => (record.mapped.kind === 'relationship' || record.mapped.kind === 'installation' ? [{ recordId: head.id, source: source(record), mapped: record.mapped }] : []));
  await saveEdges(tx, edges, streams);
  await saveReferences(tx, heads.flatMap(({ head, record }) => (record.mapped.kind === 'reference' ? [{ id: head.id, mapped: record.mapped }] : [])));
  await saveVulnerabilities(tx, heads.flatMap(({ head, record }) => (record.mapped.kind === 'vulnerability' ? [{ id: head.id, mapped: record.mapped }] : [])));
  return guardedHosts(tx, edges.filter((edge) => isDependency(edge.mapped)).map((edge) => edge.recordId));
}

const isDependency = (mapped: RelationshipRecord | InstallationRecord): boolean => mapped.kind === 'relationship' && DEPENDENCY_KINDS.includes(mapped.relation);

async function saveReferences(tx: Tx, records: readonly { readonly id: number; readonly mapped: ReferenceRecord }[]): Promise<void> {
  await tx.insertMany('record_bodies', ['record_id', 'body'], records.map(({ id, mapped }) => [id, JSON.stringify({ type: mapped.referenceType, name: mapped.name, fields: mapped.fields })]), { keys: ['record_id'], update: ['body'] });
}

async function saveVulnerabilities(tx: Tx, records: readonly { readonly id: number; readonly mapped: VulnerabilityRecord }[]): Promise<void> {
  const columns = ['record_id', 'cve', 'status', 'published_at', 'modified_at', 'score', 'severity', 'known_exploited', 'body'];
  await tx.insertMany('vulnerabilities', columns, records.map(({ id, mapped }) => {
    const best = leadingScore(mapped);
    const { kind: _kind, externalId, modifiedAt, version: _version, status, publishedAt, ...body } = mapped;
    return [id, externalId.slice(0, 64), status.slice(0, 64), publishedAt, modifiedAt ?? null, best?.score ?? null, best?.severity?.slice(0, 64) ?? null, mapped.knownExploited ? 1 : 0, JSON.stringify(body)];
  }), { keys: ['record_id'], update: columns.slice(1) });
}

/** One written rule: the newest CVSS version, then the primary scorer. */
function leadingScore({ scores }: VulnerabilityRecord): VulnerabilityRecord['scores'][number] | undefined {
  return [...scores].sort((a, b) => Number(b.version) - Number(a.version) || (a.type === b.type ? 0 : a.type === 'Primary' ? -1 : 1))[0];
}

/** Assets that these dependencies stand on and that somebody has wanted to retire or dispose of. */
export async function guardedHosts(tx: Tx, relationshipIds: readonly number[]): Promise<string[]> {
  if (relationshipIds.length === 0) return [];
  const rows = await selectIn(tx, `SELECT DISTINCT h.asset_id AS id FROM relationships r JOIN record_heads h ON h.id = r.to_record_id JOIN record_heads other ON other.asset_id = h.asset_id JOIN stage_moves m ON m.record_id = other.id
    WHERE h.asset_id IS NOT NULL AND m.to_stage IN ('retired', 'disposed') AND r.record_id IN (?)`, relationshipIds);
  return rows.map((row) => row['id'] as string);
}
