import {
  ATTRIBUTES, HOLDS, IDENTIFIER_KINDS, IDENTIFYING_ATTRIBUTES, LIFECYCLE_STAGES, POWER_STATES,
  type AttributeName, type AttributeValue, type Hold, type Identifier, type IdentifierKind, type LifecycleStage, type Mapping, type StageReading,
} from '../sdk/contract/index.js';
import { claims, currency, day, email, identifiers, instant, integer, ips, list, macs, mapped, rejected, text } from '../sdk/mapping/index.js';
import type { FileRow } from './row.js';

const OWN = ['id', 'class', 'stage', 'holds', 'modified_at'];
const KNOWN = new Set<string>([...OWN, ...Object.keys(ATTRIBUTES), ...IDENTIFIER_KINDS]);

/** Whether a column of that name is read without a mapping. In any case. */
export const isKnownColumn = (name: string): boolean => KNOWN.has(name.trim().toLowerCase());

/** The tree of classes may be extended in the configuration, so any name will do. */
const CLASS = /^[a-z][a-z0-9_]{0,99}$/;
/** Cells that hold several values. */
const SEPARATOR = ';';
const word = (value: unknown): string | undefined => text(value)?.toLowerCase().replace(/[\s-]+/g, '_');

/** Columns by their names in lower case; of two that differ in case alone the first. Own keys only. */
function columnsOf(row: FileRow): ReadonlyMap<string, unknown> {
  const columns = new Map<string, unknown>();
  for (const [name, value] of Object.entries(row)) {
    const key = name.trim().toLowerCase();
    if (KNOWN.has(key) && !columns.has(key)) columns.set(key, value);
  }
  return columns;
}

/** A row as a canonical record: `id`, `class`, `stage` and the columns named as attributes and identifier kinds. */
export function mapRow(row: FileRow): Mapping {
  if (typeof row !== 'object' || row === null) return rejected('no row');
  const columns = columnsOf(row);
  const place = `${text(row['_file']) ?? 'the file'}, line ${text(row['_line']) ?? '?'}`;
  const id = text(columns.get('id'));
  const problem = text(row['_problem']);
  if (problem !== undefined) return rejected(`${place}: ${problem}`, id);
  if (id === undefined) return rejected(`${place}: it has no id`);

  const notes: string[] = [];
  const note = (column: string, why: string): undefined => {
    notes.push(`${place}: ${column} ${why} and is not claimed`);
    return undefined;
  };
  const said: Record<string, AttributeValue | null | undefined> = {};
  for (const name of Object.keys(ATTRIBUTES) as AttributeName[]) if (columns.has(name)) said[name] = attribute(name, columns.get(name), note);
  const kinds: { [kind in IdentifierKind]?: unknown } = {};
  for (const kind of IDENTIFIER_KINDS) if (columns.has(kind) && !Object.hasOwn(ATTRIBUTES, kind)) kinds[kind] = identifierValues(kind, columns.get(kind), note);

  const classWord = word(columns.get('class'));
  const assetClass = classWord !== undefined && CLASS.test(classWord) ? classWord : classWord === undefined ? undefined : note('class', 'is no name of a class');
  const modifiedAt = instant(columns.get('modified_at'));
  if (modifiedAt === undefined && text(columns.get('modified_at')) !== undefined) note('modified_at', 'is no ISO 8601 time');
  const stage = stageOf(columns, note);
  const result = mapped({
    kind: 'asset', externalId: id,
    ...(assetClass !== undefined && { assetClass }),
    ...(modifiedAt !== undefined && { modifiedAt }),
    identifiers: [...identifiers(kinds), ...attributeIdentifiers(said)],
    claims: claims(said),
    ...(stage && { stage }),
  });
  if (!result.ok) return rejected(`${place}: ${result.reason}`);
  return 'record' in result && (notes.length > 0 || result.notes) ? { ...result, notes: [...notes, ...(result.notes ?? []).map((entry) => `${place}: ${entry}`)] } : result;
}

type Note = (column: string, why: string) => undefined;

/** JSON's null is "said to be empty"; an empty cell is not said, for a spreadsheet cannot tell. */
function attribute(name: AttributeName, value: unknown, note: Note): AttributeValue | null | undefined {
  if (value === null) return null;
  if (value === undefined || (typeof value === 'string' && text(value) === undefined)) return undefined;
  switch (ATTRIBUTES[name]) {
    case 'list': {
      const values = name === 'mac_addresses' ? macs(list(value, SEPARATOR)) : ips(list(value, SEPARATOR));
      return values.length > 0 ? values : note(name, 'holds no address');
    }
    case 'tags': return tagsOf(value) ?? note(name, 'is neither an object nor key=value;key=value');
    case 'integer': return integer(value) ?? note(name, 'is no whole number');
    case 'minor': return /^-?\d+$/.test(text(value) ?? '') ? integer(value, -Number.MAX_SAFE_INTEGER) ?? note(name, 'is too large') : note(name, 'is no whole number of minor units (cents)');
    case 'day': return day(value) ?? note(name, 'is no ISO 8601 date');
    case 'power_state': {
      const state = word(value);
      return POWER_STATES.find((known) => known === state) ?? note(name, `is none of ${POWER_STATES.join(', ')}`);
    }
    case 'email': return email(value) ?? text(value) ?? note(name, 'is no text');
    default: return name === 'currency' ? currency(value) ?? note(name, 'is no code of ISO 4217') : text(value) ?? note(name, 'is no text');
  }
}

function tagsOf(value: unknown): { readonly [key: string]: string } | undefined {
  const pairs: (readonly [string | undefined, string | undefined])[] = typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).map(([key, entry]) => [text(key), text(entry)])
    : list(value, SEPARATOR).map((entry) => { const at = entry.indexOf('='); return at < 0 ? [text(entry), ''] : [text(entry.slice(0, at)), text(entry.slice(at + 1)) ?? '']; });
  const good = pairs.filter((pair): pair is readonly [string, string] => pair[0] !== undefined && pair[1] !== undefined);
  return good.length > 0 ? Object.fromEntries(good) : undefined;
}

function identifierValues(kind: IdentifierKind, value: unknown, note: Note): string[] {
  const values = list(value, SEPARATOR);
  switch (kind) {
    case 'mac': return macs(values);
    case 'ip': return ips(values);
    case 'external_ref': {
      const good = values.filter((entry) => /^[^/]+\/[^/]+\/.+$/s.test(entry));
      if (good.length < values.length) note('external_ref', 'holds an entry that is no source/stream/id, which');
      return good;
    }
    default: return values;
  }
}

/** Columns that are attribute and identifier at once (fqdn, hostname, asset_tag …) give both. */
function attributeIdentifiers(said: Readonly<Record<string, AttributeValue | null | undefined>>): Identifier[] {
  return identifiers(Object.fromEntries(Object.entries(IDENTIFYING_ATTRIBUTES).map(([name, kind]) => [kind, said[name] ?? undefined])));
}

function stageOf(columns: ReadonlyMap<string, unknown>, note: Note): StageReading | undefined {
  const raw = text(columns.get('stage'));
  const named = list(columns.get('holds') ?? [], SEPARATOR).map((entry) => entry.toLowerCase());
  const holds = HOLDS.filter((hold: Hold) => named.includes(hold));
  const strange = named.filter((entry) => !(HOLDS as readonly string[]).includes(entry));
  if (strange.length > 0) note('holds', `names ${strange.slice(0, 3).join(', ').slice(0, 100)}, which is none of ${HOLDS.join(', ')},`);
  if (raw === undefined && holds.length === 0) return undefined;
  const stage = LIFECYCLE_STAGES.find((known: LifecycleStage) => known === word(raw));
  const evidence = text(columns.get('disposal_reference'));
  return {
    raw: { ...(raw !== undefined && { stage: raw.slice(0, 200) }), ...(holds.length > 0 && { holds: holds.join(SEPARATOR) }) },
    ...(stage !== undefined && { stage }), ...(holds.length > 0 && { holds }), ...(evidence !== undefined && { evidence: evidence.slice(0, 500) }),
  };
}
