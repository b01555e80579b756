import { ASSET_CLASSES, type AttributeValue } from '../../connectors/sdk/contract/index.js';
import { recordKey, type AuthorityRules, type Claim, type LifecycleRules, type Move, type SourceRecord } from '../../src/core/model/index.js';
import type { FoldInput } from '../../src/core/lifecycle/index.js';
import type { ResolveInput } from '../../src/core/reconcile/resolve.js';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A live record of source `a` unless said otherwise. */
export function sourceRecord(part: Partial<SourceRecord> & { readonly source: string }): SourceRecord {
  const { source, stream = 'things', externalId = '1' } = part;
  return {
    stream, externalId, key: recordKey(source, stream, externalId), role: 'itsm', state: 'live', identifiers: [], hostnames: [], claims: {},
    confirmedAt: 0, firstSeenAt: 0, lastSeenAt: 0, ...part,
  };
}

export const claim = (value: AttributeValue | null, changedAt: number | null = null): Claim => ({ value, changedAt });
export const echo = (value: AttributeValue | null, changedAt: number | null = null): Claim => ({ value, changedAt, echo: true });

export const NO_AUTHORITY: AuthorityRules = { byClass: {} };
export const DEFAULT_LIFECYCLE: LifecycleRules = { speakers: {}, add: [], remove: [], protected: ['maintenance', 'retired', 'disposed'], tieWindowMs: 2 * MINUTE };

export function resolveInput(part: Partial<ResolveInput> & Pick<ResolveInput, 'records'>): ResolveInput {
  return { rules: NO_AUTHORITY, classes: ASSET_CLASSES, overrides: [], asOf: 100 * DAY, ...part };
}

export function foldInput(part: Partial<FoldInput> & Pick<FoldInput, 'records'>): FoldInput {
  return {
    moves: [], verdicts: [], rules: DEFAULT_LIFECYCLE, authority: NO_AUTHORITY, classes: ASSET_CLASSES, personHolds: [], overrides: [], liveDependants: [], asOf: 100 * DAY, ...part,
  };
}

export const movedBy = (record: SourceRecord, to: Move['to'], at: number, part: Partial<Move> = {}): Move => ({ origin: { kind: 'record', key: record.key }, anchor: record.key, to, at, ...part });
export const transition = (record: SourceRecord, to: Move['to'], at: number, part: Partial<Move> = {}): Move => ({ origin: { kind: 'person', name: 'eve' }, anchor: record.key, to, at, ...part });
export const ruled = (record: SourceRecord, to: Move['to'], at: number, part: Partial<Move> = {}): Move => ({ origin: { kind: 'rule', name: 'r' }, anchor: record.key, to, at, ...part });
