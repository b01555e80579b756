import type { DatedFacts, FactValue } from '../expressions/types.js';
import { isA } from '../model/classes.js';
import { byCodeUnit } from '../model/compare.js';
import { isLive, type SourceRecord } from '../model/source-record.js';
import { knownSince } from './built-in-rules.js';
import type { RuleInput } from './rule-types.js';

/**
 * What a rule's condition may ask. Names: `stage`, `class`, `holds`, every attribute, `tags.<key>`, kinds of identifiers, whose records
 * are live, and the facts that connectors hand over beside attributes. Functions: those of the rule vocabulary in core/expressions.
 */
export function ruleFacts(input: RuleInput): DatedFacts {
  const { records, fold, asOf } = input;
  const stageSince = fold.since ?? undefined;
  const changedAt = (attribute: string): number | undefined => input.changedAt?.(attribute.startsWith('tags.') ? 'tags' : attribute) ?? undefined;
  const meant = (args: readonly (FactValue | undefined)[]): readonly SourceRecord[] => recordsOf(records, args[0]);
  return {
    asOf,
    isA: (assetClass, ancestor) => isA(assetClass, ancestor, input.classes),
    matches: (pattern, text) => input.matches?.(pattern, text) ?? false,
    get: (name) => factOf(input, name),
    since: (name) => (name === 'stage' ? stageSince : changedAt(name)),
    call(fn, args) {
      switch (fn) {
        case 'first_seen_by': return meant(args).length > 0;
        case 'seen_by': return meant(args).some(isLive);
        case 'absent_for': return agedSince(goneSince(meant(args)), asOf);
        case 'in_stage_for': return agedSince(stageSince ?? (records.length > 0 ? knownSince(records) : undefined), asOf);
        case 'unchanged_for': return agedSince(changedAt(String(args[0])), asOf);
        default: return undefined;
      }
    },
    sinceCall(fn, args) {
      if (fn === 'first_seen_by') return meant(args).length > 0 ? knownSince(meant(args)) : undefined;
      if (fn !== 'seen_by') return undefined;
      const live = meant(args).filter(isLive);
      return live.length > 0 ? knownSince(live) : goneSince(meant(args));
    },
  };
}

function factOf({ fold, assetClass, attributes, records }: RuleInput, name: string): FactValue | undefined {
  if (name === 'stage') return fold.stage;
  if (name === 'class') return assetClass;
  if (name === 'holds') return fold.holds;
  if (name.startsWith('tags.')) return tagOf(attributes.tags, name.slice('tags.'.length));
  if (Object.hasOwn(attributes, name)) {
    const value = attributes[name]!;
    return typeof value !== 'object' || isList(value) ? value : undefined;
  }
  const live = records.filter(isLive);
  if (Object.hasOwn(OF_RECORDS, name)) return listOf(live.map(OF_RECORDS[name as keyof typeof OF_RECORDS]));
  const values = live.flatMap(({ identifiers }) => identifiers.filter(({ kind, placeholder }) => kind === name && !placeholder).map(({ value }) => value));
  return listOf(values) ?? sourceFact(records, name.replace(/^facts\./, ''));
}

/** An asset has as many of them as it has live records: a comparison asks whether one of them fits. */
const OF_RECORDS = { source: (record: SourceRecord) => record.source, role: (record: SourceRecord) => record.role, stream: (record: SourceRecord) => record.stream, external_id: (record: SourceRecord) => record.externalId, id: (record: SourceRecord) => record.externalId };
const listOf = (values: readonly string[]): readonly string[] | undefined => (values.length > 0 ? [...new Set(values)].sort(byCodeUnit) : undefined);

const isList = (value: unknown): value is readonly string[] => Array.isArray(value);

function tagOf(tags: unknown, key: string): string | undefined {
  return typeof tags === 'object' && tags !== null && Object.hasOwn(tags, key) ? (tags as Record<string, string>)[key] : undefined;
}

/** Facts have no authority: of several live records that tell one, that with the smallest key is heard. */
function sourceFact(records: readonly SourceRecord[], name: string): FactValue | undefined {
  const telling = records.filter((record) => isLive(record) && record.facts && Object.hasOwn(record.facts, name)).sort((a, b) => byCodeUnit(a.key, b.key));
  return telling[0]?.facts?.[name];
}

/** Of a source by name, of a role, or, without either, all. */
function recordsOf(records: readonly SourceRecord[], who: FactValue | undefined): readonly SourceRecord[] {
  if (who === undefined) return records;
  return records.filter(({ source, role }) => source === who || role === who || `role:${role}` === who);
}

/** Since when none of these records is live; undefined: one is, or there never was any. */
function goneSince(records: readonly SourceRecord[]): number | undefined {
  if (records.length === 0 || records.some(isLive)) return undefined;
  return Math.max(...records.map((record) => record.tombstonedAt ?? record.lastSeenAt));
}

const agedSince = (at: number | undefined, asOf: number): number | undefined => (at === undefined ? undefined : asOf - at);
