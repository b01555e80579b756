import type { AttributeValue, Hold, IdentifierKind, LifecycleStage, SourceRole, StageReading } from '../../../connectors/sdk/contract/index.js';
import type { Claim, RecordState, SourceRecord } from '../../core/model/index.js';
import { newBag, recordKey } from '../../core/model/index.js';
import type { RecordContent } from '../../core/reconcile/next-version.js';

/** The narrow row that every pass touches. */
export interface RecordHead {
  readonly id: number;
  readonly streamId: number;
  readonly externalId: string;
  readonly kind: string;
  readonly scopeId: number;
  /** `pending`: its first version waits for a decision. */
  readonly state: RecordState | 'pending' | 'withdrawn';
  readonly assetId: string | null;
  readonly contentHash: string;
  readonly mappingHash: string;
  readonly modifiedAt: number | null;
  readonly version: number | null;
  readonly versionNo: number;
  readonly firstSeenAt: number;
  readonly seenAt: number;
  readonly seenPass: number;
  readonly misses: number;
  readonly missingSince: number | null;
  readonly toldAt: number | null;
  readonly tombstonedAt: number | null;
}

export const HEAD_COLUMNS = [
  'id', 'stream_id', 'external_id', 'kind', 'scope_id', 'state', 'asset_id', 'content_hash', 'mapping_hash', 'modified_at', 'version', 'version_no',
  'first_seen_at', 'seen_at', 'seen_pass', 'misses', 'missing_since', 'told_at', 'tombstoned_at',
] as const;

const number = (value: unknown): number | null => (value === null || value === undefined ? null : Number(value));

export function headOf(row: Record<string, any>): RecordHead {
  return {
    id: Number(row['id']), streamId: Number(row['stream_id']), externalId: row['external_id'], kind: row['kind'], scopeId: Number(row['scope_id']), state: row['state'], assetId: row['asset_id'],
    contentHash: row['content_hash'], mappingHash: row['mapping_hash'], modifiedAt: number(row['modified_at']), version: number(row['version']), versionNo: Number(row['version_no']),
    firstSeenAt: Number(row['first_seen_at']), seenAt: Number(row['seen_at']), seenPass: Number(row['seen_pass']), misses: Number(row['misses']),
    missingSince: number(row['missing_since']), toldAt: number(row['told_at']), tombstonedAt: number(row['tombstoned_at']),
  };
}

export function rowOfHead(head: RecordHead): (string | number | null)[] {
  return [
    head.id, head.streamId, head.externalId, head.kind, head.scopeId, head.state, head.assetId, head.contentHash, head.mappingHash, head.modifiedAt, head.version, head.versionNo,
    head.firstSeenAt, head.seenAt, head.seenPass, head.misses, head.missingSince, head.toldAt, head.tombstonedAt,
  ];
}

export type RecordBody = RecordContent;

type PackedIdentifier = [IdentifierKind, string] | [IdentifierKind, string, number];

/** Short keys and arrays: bodies are the widest rows of the model. */
export function packBody(body: RecordBody): string {
  const claims = newBag<unknown[]>();
  for (const name of Object.keys(body.claims)) {
    const { value, changedAt, echo } = body.claims[name] as Claim;
    claims[name] = echo ? [value, changedAt, 1] : [value, changedAt];
  }
  const identifiers = body.identifiers.map(({ kind, value, placeholder, echo }): PackedIdentifier => (placeholder || echo ? [kind, value, (placeholder ? 1 : 0) + (echo ? 2 : 0)] : [kind, value]));
  return JSON.stringify({ c: body.assetClass, i: identifiers, m: body.maker, h: body.hostnames, n: body.nameLabel, a: claims, w: body.shown, f: body.facts, o: body.holds, os: body.holdsSince, ol: body.holdsLifted, r: body.reading, b: body.baseline, u: body.firstRunningAt, t: body.terminatedAt, ct: body.classChangedAt });
}

export function unpackBody(text: string): RecordBody {
  const packed = JSON.parse(text) as { c?: string; i: PackedIdentifier[]; m?: string; h: string[]; n?: string; a: Record<string, [AttributeValue | null, number | null, 1?]>; w?: RecordBody['shown']; f?: RecordBody['facts']; o?: Hold[]; os?: RecordBody['holdsSince']; ol?: Hold[]; r?: StageReading; b?: LifecycleStage; u?: number; t?: number; ct?: number | null };
  const claims = newBag<Claim>();
  for (const name of Object.keys(packed.a)) {
    const [value, changedAt, echo] = packed.a[name] as [AttributeValue | null, number | null, 1?];
    claims[name] = echo ? { value, changedAt, echo: true } : { value, changedAt };
  }
  return {
    ...(packed.c !== undefined && { assetClass: packed.c }),
    identifiers: packed.i.map(([kind, value, marks]) => (marks ? { kind, value, ...((marks & 1) === 1 && { placeholder: true as const }), ...((marks & 2) === 2 && { echo: true as const }) } : { kind, value })),
    ...(packed.m !== undefined && { maker: packed.m }), hostnames: packed.h, ...(packed.n !== undefined && { nameLabel: packed.n }), claims,
    ...(packed.w && { shown: packed.w }), ...(packed.f && { facts: packed.f }), ...(packed.o && { holds: packed.o }), ...(packed.r && { reading: packed.r }), ...(packed.b && { baseline: packed.b }), ...(packed.u !== undefined && { firstRunningAt: packed.u }),
    ...(packed.os && { holdsSince: packed.os }), ...(packed.ol && { holdsLifted: packed.ol }), ...(packed.t !== undefined && { terminatedAt: packed.t }), ...(packed.ct !== undefined && { classChangedAt: packed.ct }),
  };
}

export interface StreamRow {
  readonly id: number;
  readonly source: string;
  readonly name: string;
  readonly role: SourceRole;
}

/** What a scope says of the confirmation of all its records. */
export interface ScopeMark {
  readonly coveredTo: number;
  /** Since when no run could read it: what it cannot confirm does not age. ms UTC. */
  readonly failingSince?: number;
}
export const NO_MARK: ScopeMark = { coveredTo: 0 };

/**
 * The pure core's record from its stored parts. A record that a full pass did not return is confirmed by increments no
 * more; one that is unread by nothing.
 */
export function sourceRecordOf(head: RecordHead, body: RecordBody, stream: StreamRow, { coveredTo, failingSince }: ScopeMark): SourceRecord {
  return {
    key: recordKey(stream.source, stream.name, head.externalId), source: stream.source, stream: stream.name, externalId: head.externalId, role: stream.role,
    state: head.state === 'live' || head.state === 'unread' ? head.state : 'tombstoned',
    ...(body.assetClass !== undefined && { assetClass: body.assetClass }), identifiers: body.identifiers, ...(body.maker !== undefined && { maker: body.maker }), hostnames: body.hostnames,
    ...(body.nameLabel !== undefined && { nameLabel: body.nameLabel }), claims: body.claims,
    confirmedAt: head.state === 'unread' ? head.seenAt : Math.max(head.seenAt, Math.min(coveredTo, head.missingSince ?? coveredTo)),
    ...(head.state === 'live' && failingSince !== undefined && { failingSince }),
    firstSeenAt: head.firstSeenAt, lastSeenAt: head.seenAt, ...(head.tombstonedAt !== null && { tombstonedAt: head.tombstonedAt }),
    ...(body.baseline && { baseline: body.baseline }), ...(body.holds && { holds: body.holds }), ...(body.facts && { facts: body.facts }), ...(body.firstRunningAt !== undefined && { firstRunningAt: body.firstRunningAt }),
    ...(body.holdsSince && { holdsSince: body.holdsSince }), ...(body.holdsLifted && { holdsLifted: body.holdsLifted }), ...(body.terminatedAt !== undefined && { terminatedAt: body.terminatedAt }), ...(body.classChangedAt !== undefined && { classChangedAt: body.classChangedAt }),
    ...(body.reading?.stage && { stageRead: body.reading.stage }),
  };
}
