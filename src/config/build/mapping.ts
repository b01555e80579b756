import jsonata from 'jsonata';
import { under, type Located, type LocatedEntry } from '../located.js';
import { tryPattern } from '../expression-names.js';
import { optional, type BuildContext } from './context.js';
import { MappingEntrySection, type SourceSection } from '../sections/source.js';
import type { MappingRule, MappingSettings } from '../types.js';
import { LIFECYCLE_STAGES, POWER_STATES } from '../../../connectors/sdk/contract/index.js';

const MAX_FROM = 1_000;
const PLAIN = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*$/;

export function buildMapping(source: SourceSection, context: BuildContext): MappingSettings {
  const node = context.nodeOf(source, 'mapping');
  const streams = Object.create(null) as Record<string, Record<string, MappingRule | null>>;
  if (node?.kind !== 'map') return streams;
  for (const [stream, attributes] of Object.entries(source.mapping ?? {})) {
    const entries = node.entries.get(stream)?.value;
    if (entries?.kind !== 'map') continue;
    const rules = streams[stream] = Object.create(null) as Record<string, MappingRule | null>;
    for (const [attribute, given] of Object.entries(attributes)) {
      const path = under(under(context.pathOf(source, 'mapping'), stream), attribute);
      const entry = entries.entries.get(attribute)!;
      if (!/^[a-z][a-z0-9_]{0,62}$/.test(attribute)) {
        context.report(entry.keyPlace, path, { what: 'bad name of an attribute', found: `"${attribute}"`, expected: 'small letters, digits and "_"' });
        continue;
      }
      context.mappedAttribute(attribute, entry.keyPlace, path);
      rules[attribute] = given === null ? null : ruleOf(given, attribute, entry, path, context);
    }
  }
  return streams;
}

function ruleOf(given: string | MappingEntrySection, attribute: string, entry: LocatedEntry, path: string, context: BuildContext): MappingRule {
  if (typeof given === 'string') return { ...fromOf(given, entry.value, path, context), unknown: attribute === 'stage' ? 'hold' : 'keep' };
  const { map, keyPlace } = context.walker.originOf(given);
  const from = given.from === undefined ? {} : fromOf(given.from, map.entries.get('from')?.value, under(path, 'from'), context);
  if (given.unknown === 'default' && !map.entries.has('default')) context.walker.missing('default', undefined, keyPlace, path, 'the value to take, beside "unknown: default"');
  const values = map.entries.get('values')?.value;
  if (values?.kind === 'map') for (const { key, value } of values.entries.values()) judgeValue(attribute, value, under(under(path, 'values'), key), context);
  const fallback = map.entries.get('default')?.value;
  if (fallback) judgeValue(attribute, fallback, under(path, 'default'), context);
  return {
    ...from, ...optional('values', given.values), ...optional('default', given.default), ...optional('kind', given.kind),
    unknown: given.unknown ?? (given.default !== undefined ? 'default' : attribute === 'stage' ? 'hold' : 'keep'),
  };
}

/** Attributes with a closed vocabulary take only its words. */
function judgeValue(attribute: string, node: Located, path: string, context: BuildContext): void {
  if (node.kind !== 'scalar' || typeof node.value !== 'string' || node.value.includes('${')) return;
  const known = attribute === 'stage' ? LIFECYCLE_STAGES : attribute === 'power_state' ? POWER_STATES : attribute === 'class' ? context.classes : undefined;
  if (known) context.mustBe(`unknown ${attribute}`, node.value, known, node.place, path);
}

function fromOf(text: string, node: Located | undefined, path: string, context: BuildContext): Pick<MappingRule, 'from' | 'path'> {
  if (node?.kind !== 'scalar') return { from: text };
  const refuse = (offset: number, found: string, expected: string, hint?: string): void => context.report(node.within(offset), path, { what: 'bad mapping', found, expected, hint });
  if (text.trim() === '') refuse(0, 'an empty text', 'a path such as location.name, or a JSONata expression');
  else if (text.length > MAX_FROM) refuse(MAX_FROM, `${text.length} characters`, `at most ${MAX_FROM} characters`);
  else if (PLAIN.test(text)) return { from: text, path: text.split('.') };
  else judgeJsonata(text, refuse);
  return { from: text };
}

function judgeJsonata(text: string, refuse: (offset: number, found: string, expected: string, hint?: string) => void): void {
  try {
    const seen = new Set<unknown>();
    const waiting: unknown[] = [jsonata(text).ast()];
    while (waiting.length) {
      const node = waiting.pop();
      if (node === null || typeof node !== 'object' || seen.has(node)) continue;
      seen.add(node);
      const { type, value, position } = node as { type?: unknown; value?: unknown; position?: unknown };
      if (type === 'regex' && value instanceof RegExp) {
        const reason = tryPattern(value.source);
        if (reason !== undefined) return refuse(typeof position === 'number' ? Math.max(0, position - value.source.length - 2) : 0, `/${value.source}/`, `a regular expression of RE2: ${reason}`);
      }
      waiting.push(...Object.values(node));
    }
  } catch (error) {
    const { position, token, message } = error as { position?: number; token?: string; message?: string };
    const ended = token === '(end)';
    const offset = ended ? text.length : Math.max(0, Math.min(text.length, (position ?? 1) - String(token ?? '').length));
    refuse(offset, ended ? 'the end' : token === undefined ? 'something else' : `"${token}"`, 'a path such as location.name, or a JSONata expression', (message ?? 'it cannot be read').slice(0, 120));
  }
}
