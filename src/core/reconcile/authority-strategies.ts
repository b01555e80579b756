import type { AttributeValue } from '../../../connectors/sdk/contract/index.js';
import { byCodeUnit } from '../model/compare.js';
import type { CompiledRule } from './authority.js';
import { isEmpty, type Candidate } from './authority-order.js';

export interface Decision {
  /** null: said to be empty. */
  readonly value: AttributeValue | null;
  /** Whose claims make the value, best first: the winner alone, or for a set all that put something in. */
  readonly counted: readonly Candidate[];
}

/** Takes at least one claim, best first. */
export function decide(rule: CompiledRule, ranked: readonly Candidate[]): Decision {
  const best = ranked[0]!;
  // Echoes rank last, so a first echo means that there is nothing else: then it is the last known value, by authority.
  if (ranked.length === 1 || rule.strategy === 'ordered' || rule.strategy === 'newest' || best.claim.echo) return alone(best);
  if (rule.empty === 'wins' && isEmpty(best.claim) && rule.strategy !== 'most_reported') return alone(best);
  const own = ranked.filter(({ claim }) => !claim.echo);
  const filled = own.filter(({ claim }) => !isEmpty(claim));
  if (filled.length === 0) return alone(best);
  switch (rule.strategy) {
    case 'most_reported': return mostReported(rule.empty === 'wins' ? own : filled);
    case 'union': return union(filled);
    case 'max': return greatest(filled);
  }
}

const alone = (candidate: Candidate): Decision => ({ value: valueOf(candidate), counted: [candidate] });

/** Null for everything that is said to be empty; sets in one spelling. */
export function valueOf({ claim }: Candidate): AttributeValue | null {
  if (isEmpty(claim)) return null;
  return typeof claim.value === 'object' ? inOrder(claim.value!) : claim.value;
}

function inOrder(value: Exclude<AttributeValue, string | number | boolean>): AttributeValue {
  if (isList(value)) return value.every((item, i) => i === 0 || value[i - 1]! < item) ? value : sortedSet(value);
  const keys = Object.keys(value);
  return keys.every((key, i) => i === 0 || keys[i - 1]! < key) ? value : tagsOf(keys.map((key) => [key, value[key]!]));
}

const isList = (value: unknown): value is readonly string[] => Array.isArray(value);
const sortedSet = (items: Iterable<string>): string[] => [...new Set(items)].sort(byCodeUnit);
const tagsOf = (entries: Iterable<readonly [string, string]>): { readonly [key: string]: string } =>
  Object.fromEntries([...entries].sort(([a], [b]) => byCodeUnit(a, b)));

/** One vote a source, so that a record kept twice in one system weighs no more; equal votes: by authority. */
function mostReported(voters: readonly Candidate[]): Decision {
  const groups = new Map<string, { readonly best: Candidate; readonly sources: Set<string> }>();
  for (const voter of voters) {
    const value = JSON.stringify(valueOf(voter));
    const group = groups.get(value);
    if (group) group.sources.add(voter.record.source);
    else groups.set(value, { best: voter, sources: new Set([voter.record.source]) });
  }
  let winner: { readonly best: Candidate; readonly sources: Set<string> } | undefined;
  for (const group of groups.values()) if (!winner || group.sources.size > winner.sources.size) winner = group;
  return alone(winner!.best);
}

/** Lists: all members. Tags: key by key, each from the best claim that has it. Values that are no sets cannot be joined: by authority. */
function union(filled: readonly Candidate[]): Decision {
  const sets = filled.filter(({ claim }) => typeof claim.value === 'object');
  const first = sets[0];
  if (!first) return alone(filled[0]!);
  const counted = sets.filter(({ claim }) => isList(claim.value) === isList(first.claim.value));
  if (isList(first.claim.value)) return { value: sortedSet(counted.flatMap(({ claim }) => claim.value as readonly string[])), counted };
  const tags = new Map<string, string>();
  for (const { claim } of counted) {
    for (const [key, value] of Object.entries(claim.value as { readonly [key: string]: string })) if (!tags.has(key)) tags.set(key, value);
  }
  return { value: tagsOf(tags), counted };
}

/** Numbers by size, days and other texts by code unit; kinds are not compared: that of the best claim counts. Sets: by authority. */
function greatest(filled: readonly Candidate[]): Decision {
  const best = filled[0]!;
  if (typeof best.claim.value === 'object') return alone(best);
  let winner = best;
  for (const candidate of filled) {
    const [value, greatest] = [candidate.claim.value!, winner.claim.value!];
    if (typeof value === typeof greatest && value > greatest) winner = candidate;
  }
  return alone(winner);
}
