import jsonata from 'jsonata';
import { RE2JS } from 're2js';
import { ATTRIBUTES, IDENTIFIER_KINDS, IDENTIFYING_ATTRIBUTES, LIFECYCLE_STAGES, type AssetRecord, type AttributeType, type AttributeValue, type IdentifierKind, type LifecycleStage, type Mapping } from '../../connectors/sdk/contract/index.js';
import { completeRecord, day, email, integer, list, minor, text } from '../../connectors/sdk/mapping/index.js';
import type { MappingRule, SourceSettings } from '../config/types.js';

/** One value that `values` does not list, where the mapping says `hold`: one review a value. */
export interface UnknownValue {
  readonly attribute: string;
  readonly value: string;
}

export type MappedBySource = Mapping & { readonly held?: readonly UnknownValue[] };

/** Limits without which a one-line recursion eats the machine and a regex blocks it for good. */
const LIMITS = { timeout: 200, stack: 200, sequence: 10_000 };

/** The YAML mapping of one stream, compiled once. */
export class StreamMapping {
  private readonly rules: readonly { readonly attribute: string; readonly rule: MappingRule | null; readonly expression?: jsonata.Expression }[];

  /** Attributes that are written to the source although it may not claim them: what it shows of them has to be known. */
  private readonly shown: readonly string[];

  constructor(source: SourceSettings, stream: string, private readonly spellings: ReadonlyMap<string, ReadonlyMap<string, string>>) {
    this.shown = unclaimedFields(source, stream);
    this.rules = Object.entries(source.mapping[stream] ?? {}).map(([attribute, rule]) => ({
      attribute, rule, ...(rule?.from !== undefined && rule.path === undefined && { expression: jsonata(rule.from, { ...LIMITS, RegexEngine: LinearRegex } as never) }),
    }));
  }

  /** What the connector mapped, as this source's configuration wants it. Never throws. */
  async apply(raw: unknown, mapping: Mapping): Promise<MappedBySource> {
    if (!mapping.ok || 'skip' in mapping || mapping.record.kind !== 'asset') return mapping;
    const own = this.rules.length === 0 ? { ok: true as const, record: mapping.record, held: [] } : await this.mapped(raw, mapping.record);
    if (!own.ok) return own;
    const claims = this.respelled(own.record.claims);
    const given = claims === own.record.claims ? own.record : { ...own.record, claims };
    return { ok: true, record: completeRecord(this.shown.length === 0 ? given : { ...given, shown: shownOf(mapping.record, this.shown) }), ...(own.held.length > 0 && { held: own.held }) };
  }

  private async mapped(raw: unknown, record: AssetRecord): Promise<{ readonly ok: true; readonly record: AssetRecord; readonly held: readonly UnknownValue[] } | Extract<Mapping, { ok: false }>> {
    const claims: Record<string, AttributeValue | null> = { ...record.claims };
    let identifiers = record.identifiers;
    const held: UnknownValue[] = [];
    let { stage, assetClass } = record;
    for (const { attribute, rule, expression } of this.rules) {
      // An attribute that identifies and its identifier are one: what the configuration says of one holds for the other.
      const kind = kindOf(attribute);
      if (kind !== undefined && (rule === null || rule.from !== undefined)) identifiers = identifiers.filter((identifier) => identifier.kind !== kind);
      if (rule === null) {
        delete claims[attribute];
        if (attribute === 'stage') stage = undefined;
        continue;
      }
      let found: unknown;
      try {
        found = expression ? await expression.evaluate(raw) : rule.path ? follow(raw, rule.path) : attribute === 'stage' ? stage?.stage : attribute === 'class' ? assetClass : claims[attribute];
      } catch (error) {
        return { ok: false, externalId: record.externalId, reason: `mapping of ${attribute}: ${wordsOf(error)}` };
      }
      const translated = translate(found, rule, attribute);
      if (translated.kind === 'refused') return { ok: false, externalId: record.externalId, reason: `mapping of ${attribute}: the value ${JSON.stringify(translated.value)} is not among its values, and unknown: fail says to stop here` };
      if (translated.kind === 'held') {
        held.push({ attribute, value: translated.value });
        if (attribute === 'stage') stage = { raw: rule.path ? { ...stage?.raw, [rule.path.join('.')]: translated.value } : { stage: translated.value } };
        else delete claims[attribute];
        continue;
      }
      if (attribute === 'stage') stage = stageOf(translated.value, stage, rule.path, found);
      else if (attribute === 'class') assetClass = text(translated.value) ?? assetClass;
      else if (kind !== undefined && !(attribute in ATTRIBUTES)) identifiers = [...identifiers, ...list(translated.value).map((value) => ({ kind, value }))];
      else {
        const typed = typedValue(translated.value, rule.kind ?? (ATTRIBUTES as Record<string, AttributeType>)[attribute] ?? 'text');
        if (typed === undefined) delete claims[attribute];
        else claims[attribute] = typed;
      }
    }
    const { stage: _stage, assetClass: _class, ...rest } = record;
    return { ok: true, record: { ...rest, identifiers, claims, ...(stage && { stage }), ...(assetClass !== undefined && { assetClass }) }, held };
  }

  /** The same place or person spelled differently is one value. */
  private respelled(claims: AssetRecord['claims']): AssetRecord['claims'] {
    let changed: Record<string, AttributeValue | null> | undefined;
    for (const [attribute, spellings] of this.spellings) {
      const value = claims[attribute];
      const ours = typeof value === 'string' ? spellings.get(value.trim().toLowerCase()) : undefined;
      if (ours !== undefined && ours !== value) (changed ??= { ...claims })[attribute] = ours;
    }
    return changed ?? claims;
  }
}

export const unclaimedFields = ({ push, mapping }: SourceSettings, stream: string): readonly string[] => (push.enabled ? push.fields.filter((field) => field !== 'stage' && mapping[stream]?.[field] === null) : []);

const shownOf = (record: AssetRecord, attributes: readonly string[]): AssetRecord['claims'] => Object.fromEntries(attributes.map((attribute) => [attribute, record.claims[attribute] ?? null]));

const SPELLED: Readonly<Record<string, readonly string[]>> = {
  locations: ['location'], people: ['owner', 'assigned_to'], departments: ['department'], vendors: ['vendor'], environments: ['environment'], manufacturers: ['manufacturer'], models: ['model'],
};

/** attribute -> spelling in lower case -> ours. */
export function spellingsOf(references: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>): Map<string, Map<string, string>> {
  const byAttribute = new Map<string, Map<string, string>>();
  for (const [kind, entries] of Object.entries(references)) {
    for (const attribute of SPELLED[kind] ?? [kind.replace(/s$/, '')]) {
      const spellings = byAttribute.get(attribute) ?? new Map<string, string>();
      for (const [ours, others] of Object.entries(entries)) for (const spelling of [ours, ...others]) spellings.set(spelling.trim().toLowerCase(), ours);
      byAttribute.set(attribute, spellings);
    }
  }
  return byAttribute;
}

const kindOf = (attribute: string): IdentifierKind | undefined =>
  (IDENTIFYING_ATTRIBUTES as Readonly<Record<string, IdentifierKind>>)[attribute] ?? IDENTIFIER_KINDS.find((kind) => kind === attribute);

type Translated = { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'refused' | 'held'; readonly value: string };

function translate(found: unknown, rule: MappingRule, attribute: string): Translated {
  if (rule.values === undefined || found === undefined || found === null) return { kind: 'value', value: found };
  const key = typeof found === 'string' ? found : String(found);
  if (Object.hasOwn(rule.values, key)) return { kind: 'value', value: rule.values[key] };
  // A value that is ours already needs no translation.
  if (attribute === 'stage' && rule.from === undefined && (LIFECYCLE_STAGES as readonly string[]).includes(key)) return { kind: 'value', value: key };
  switch (rule.unknown) {
    case 'fail': return { kind: 'refused', value: key };
    case 'hold': return { kind: 'held', value: key };
    case 'default': return { kind: 'value', value: rule.default };
    case 'keep': return { kind: 'value', value: found };
  }
}

/** `found`: the raw code at the path that the configuration names, which is the one to be written. */
function stageOf(value: unknown, before: AssetRecord['stage'], path?: readonly string[], found?: unknown): AssetRecord['stage'] {
  const word = text(value);
  const code = path && text(found);
  const raw = code !== undefined && path ? { ...before?.raw, [path.join('.')]: code } : before?.raw;
  if (word === undefined) return raw ? { raw } : undefined;
  const stage = (LIFECYCLE_STAGES as readonly string[]).includes(word) ? (word as LifecycleStage) : undefined;
  const { stage: _before, ...rest } = before ?? {};
  return { ...rest, raw: raw ?? { stage: word }, ...(stage && { stage }) };
}

function typedValue(value: unknown, type: AttributeType): AttributeValue | null | undefined {
  if (value === null) return null;
  switch (type) {
    case 'integer': return integer(value);
    case 'minor': return typeof value === 'number' && Number.isInteger(value) ? value : minor(value);
    case 'day': return day(value);
    case 'email': return email(value) ?? text(value);
    case 'list': { const entries = list(value); return entries.length > 0 ? entries : undefined; }
    case 'tags': return isTags(value) ? value : undefined;
    default: return Array.isArray(value) ? text(value.join(', ')) : text(value);
  }
}

const isTags = (value: unknown): value is { readonly [key: string]: string } => typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every((each) => typeof each === 'string');

/** A plain path: own keys only, so that a record cannot reach its prototype. */
function follow(raw: unknown, path: readonly string[]): unknown {
  let at: unknown = raw;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string, unknown>)[step];
  }
  return at;
}

function wordsOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return `${message ?? String(error)}${code ? ` (${code})` : ''}`.slice(0, 300);
}

/** JSONata asks for something like RegExp; this one runs in time linear to the text. */
class LinearRegex {
  lastIndex = 0;
  readonly global = true;
  private readonly pattern: ReturnType<typeof RE2JS.compile>;
  constructor(readonly source: string | { source: string; flags?: string }, flags = '') {
    const body = typeof source === 'string' ? source : source.source;
    const all = flags + (typeof source === 'string' ? '' : (source.flags ?? ''));
    this.pattern = RE2JS.compile(body, (all.includes('i') ? RE2JS.CASE_INSENSITIVE : 0) | (all.includes('m') ? RE2JS.MULTILINE : 0));
  }
  exec(input: string): (RegExpExecArray) | null {
    const matcher = this.pattern.matcher(input);
    if (this.lastIndex > input.length || !matcher.find(this.lastIndex)) {
      this.lastIndex = 0;
      return null;
    }
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, i) => matcher.group(i) ?? undefined);
    this.lastIndex = Math.max(matcher.end(), matcher.start() + 1);
    return Object.assign(groups, { index: matcher.start(), input }) as unknown as RegExpExecArray;
  }
  test(input: string): boolean {
    return this.exec(input) !== null;
  }
}

/** For `matches` in expressions: linear time, compiled patterns kept. */
export function createMatcher(): (pattern: string, value: string) => boolean {
  const compiled = new Map<string, ReturnType<typeof RE2JS.compile>>();
  return (pattern, value) => {
    let re = compiled.get(pattern);
    if (!re) compiled.set(pattern, (re = RE2JS.compile(pattern)));
    return re.matcher(value).find();
  };
}

