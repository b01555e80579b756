import jsonata from 'jsonata';
import { RE2JS } from 're2js';
import { ATTRIBUTES, IDENTIFIER_KINDS, IDENTIFYING_ATTRIBUTES, LIFECYCLE_STAGES, POWER_STATES, type AssetRecord, type AttributeType, type AttributeValue, type IdentifierKind, type LifecycleStage, type Mapping } from '../../connectors/sdk/contract/index.js';
import { completeRecord, currency, day, email, integer, ips, list, macs, text } from '../../connectors/sdk/mapping/index.js';
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
    const own = this.rules.length === 0 ? { ok: true as const, record: mapping.record, held: [], notes: [] } : await this.mapped(raw, mapping.record);
    if (!own.ok) return own;
    const claims = this.respelled(own.record.claims);
    const given = claims === own.record.claims ? own.record : { ...own.record, claims };
    const notes = [...(mapping.notes ?? []), ...own.notes];
    return { ok: true, record: completeRecord(this.shown.length === 0 ? given : { ...given, shown: shownOf(mapping.record, this.shown) }), ...(notes.length > 0 && { notes }), ...(own.held.length > 0 && { held: own.held }) };
  }

  private async mapped(raw: unknown, record: AssetRecord): Promise<{ readonly ok: true; readonly record: AssetRecord; readonly held: readonly UnknownValue[]; readonly notes: readonly string[] } | Extract<Mapping, { ok: false }>> {
    const claims: Record<string, AttributeValue | null> = { ...record.claims };
    let identifiers = record.identifiers;
    const held: UnknownValue[] = [];
    const notes: string[] = [];
    let { stage, assetClass } = record;
    for (const { attribute, rule, expression } of this.rules) {
      // An attribute that identifies and its identifier are one: what the configuration says of one holds for the other.
      const kind = kindOf(attribute);
      // References are the exception: those that the connector gives hold its own records together.
      if (kind !== undefined && (rule === null || (rule.from !== undefined && kind !== 'external_ref'))) identifiers = identifiers.filter((identifier) => identifier.kind !== kind);
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
      if (attribute === 'stage' && stage?.stage !== undefined && addsToTable(rule, found)) continue;
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
      else if (kind !== undefined && !(attribute in ATTRIBUTES)) identifiers = [...identifiers, ...listOf(attribute, translated.value).filter((value) => kind !== 'external_ref' || REFERENCE.test(value)).map((value) => ({ kind, value }))];
      else {
        const type = rule.kind ?? (ATTRIBUTES as Record<string, AttributeType>)[attribute] ?? 'text';
        const typed = typedValue(translated.value, type, attribute);
        if (typed !== undefined) claims[attribute] = typed;
        else {
          delete claims[attribute];
          if (isSaid(translated.value)) notes.push(`mapping of ${attribute}: ${shown(translated.value)} ${attribute === 'currency' ? 'is no code of ISO 4217' : NO_VALUE[type]} and is not claimed`);
        }
      }
    }
    const { stage: _stage, assetClass: _class, ...rest } = record;
    return { ok: true, record: { ...rest, identifiers, claims, ...(stage && { stage }), ...(assetClass !== undefined && { assetClass }) }, held, notes };
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

/** `source/stream/id`: without an id it names no record, and would link all that have none. */
const REFERENCE = /^[^/]+\/[^/]+\/./s;

const kindOf = (attribute: string): IdentifierKind | undefined =>
  (IDENTIFYING_ATTRIBUTES as Readonly<Record<string, IdentifierKind>>)[attribute] ?? IDENTIFIER_KINDS.find((kind) => kind === attribute);

/** Values listed for the stage add to the connector's own table: what that reads, and they do not name, stays as it is read. */
const addsToTable = (rule: MappingRule, found: unknown): boolean =>
  rule.values !== undefined && (rule.unknown === 'hold' || rule.unknown === 'keep') && !Object.hasOwn(rule.values, String(found));

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

function typedValue(value: unknown, type: AttributeType, attribute: string): AttributeValue | null | undefined {
  if (value === null) return null;
  switch (type) {
    case 'integer': return integer(value);
    case 'minor': return wholeMinor(value);
    case 'day': return day(value);
    case 'email': return email(value) ?? text(value);
    case 'list': { const entries = listOf(attribute, value); return entries.length > 0 ? entries : undefined; }
    case 'tags': return tagsOf(value);
    case 'power_state': { const state = text(value)?.toLowerCase(); return POWER_STATES.find((known) => known === state); }
    default: return attribute === 'currency' ? currency(value) : Array.isArray(value) ? text(value.join(', ')) : text(value);
  }
}

/** Addresses are spelled one way, whoever maps them. */
function listOf(name: string, value: unknown): string[] {
  const entries = list(value);
  return name === 'mac' || name === 'mac_addresses' ? macs(entries) : name === 'ip' || name === 'ip_addresses' ? ips(entries) : entries;
}

/** No unit is guessed: 12 and 12.50 of one column would differ by a factor of 100. What arithmetic leaves behind the point (19.99 * 100) is rounded away. */
function wholeMinor(value: unknown): number | undefined {
  const amount = typeof value === 'number' ? value : /^-?\d{1,16}$/.test(text(value) ?? '') ? Number(text(value)) : Number.NaN;
  const whole = Math.round(amount);
  return Number.isSafeInteger(whole) && Math.abs(amount - whole) <= 1e-9 * Math.max(1, Math.abs(amount)) ? whole || 0 : undefined;
}

function tagsOf(value: unknown): { readonly [key: string]: string } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value).flatMap(([key, each]): [string, string][] => { const said = text(each); return said === undefined ? [] : [[key, said]]; });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

const NO_VALUE: Readonly<Record<AttributeType, string>> = {
  text: 'is no text', email: 'is no text', integer: 'is no whole number', minor: 'is no whole number of minor units (cents)', day: 'is no ISO 8601 date', list: 'holds no address',
  tags: 'is no object of texts', power_state: `is none of ${POWER_STATES.join(', ')}`,
};
const isSaid = (value: unknown): boolean => value !== undefined && !(typeof value === 'string' && text(value) === undefined) && !(Array.isArray(value) && value.length === 0);
const shown = (value: unknown): string => { const plain = JSON.stringify(value) ?? typeof value; return plain.length <= 80 ? plain : `${plain.slice(0, 79)}…`; };

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

