import { byCodeUnit } from '../model/compare.js';
import type { Claim, SourceRecord } from '../model/source-record.js';
import type { CompiledRule } from './authority.js';

/** One record's word on one attribute. */
export interface Candidate { readonly record: SourceRecord; readonly claim: Claim }

/** The order in which claims are preferred; another one is handed in only to show that a test would notice. */
export type ClaimOrder = (rule: CompiledRule, a: Candidate, b: Candidate) => number;

/** Said to be empty: nothing, or a set of nothing. */
export function isEmpty({ value }: Claim): boolean {
  if (typeof value !== 'object') return false;
  if (value === null) return true;
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;
}

/** Newest first; a source that tells no time comes after all that do. */
export function byChangedAt(a: Claim, b: Claim): number {
  if (a.changedAt === b.changedAt) return 0;
  if (a.changedAt === null) return 1;
  return b.changedAt === null ? -1 : b.changedAt - a.changedAt;
}

/**
 * Best first, to the last tie, so that any order of records gives the same answer. What Lockstep wrote there itself comes after every
 * source's own word, also after a source's own "it is empty": else a value that nobody claims any more would keep itself alive.
 * Never by confirmation or arrival.
 */
export const compareClaims: ClaimOrder = (rule, a, b) => {
  if (a.claim.echo !== b.claim.echo) return a.claim.echo ? 1 : -1;
  if (rule.empty === 'ignore') {
    const empty = isEmpty(a.claim);
    if (empty !== isEmpty(b.claim)) return empty ? 1 : -1;
  }
  const standing = rule.strategy === 'newest' ? byChangedAt(a.claim, b.claim) || byRank(rule, a, b) : byRank(rule, a, b) || byChangedAt(a.claim, b.claim);
  return standing || byCodeUnit(a.record.source, b.record.source) || byCodeUnit(a.record.stream, b.record.stream)
    || byCodeUnit(a.record.externalId, b.record.externalId);
};

const byRank = (rule: CompiledRule, a: Candidate, b: Candidate): number => rule.rank(a.record.source, a.record.role) - rule.rank(b.record.source, b.record.role);

/** The instant at which a claim of this record turns stale; `undefined`: never. Exactly at it, it is stale. */
export function staleAt(rule: CompiledRule, record: SourceRecord): number | undefined {
  return rule.staleAfterMs === undefined ? undefined : record.confirmedAt + rule.staleAfterMs;
}
