import { RE2JS } from 're2js';
import { RULE_FUNCTIONS, type FunctionSpec, type NameSpec, type ParseOptions } from '../core/expressions/index.js';
import { ATTRIBUTES, HOLDS, IDENTIFIER_KINDS, LIFECYCLE_STAGES, POWER_STATES, SOURCE_ROLES, type AttributeType } from '../../connectors/sdk/contract/index.js';

const TYPES: Readonly<Record<AttributeType, NameSpec>> = {
  text: { type: 'text' }, integer: { type: 'number' }, minor: { type: 'number' }, day: { type: 'day' }, list: { type: 'list' }, tags: { type: 'any' },
  power_state: { type: 'text', values: POWER_STATES }, email: { type: 'text' },
};

/** What expressions of this configuration may name: attributes, identifiers, facts of a record, and attributes that mappings add. */
export function namesFor(classes: readonly string[], sources: readonly string[] | undefined, added: readonly string[]): Readonly<Record<string, NameSpec>> {
  return Object.assign(Object.create(null) as Record<string, NameSpec>, {
    ...Object.fromEntries(added.map((name) => [name, { type: 'any' }])),
    ...Object.fromEntries(IDENTIFIER_KINDS.map((kind) => [kind, { type: 'list' }])),
    ...Object.fromEntries(Object.entries(ATTRIBUTES).map(([name, type]) => [name, TYPES[type]])),
    class: { type: 'text', values: classes }, stage: { type: 'text', values: LIFECYCLE_STAGES }, holds: { type: 'list', values: HOLDS },
    source: { type: 'text', ...(sources && { values: sources }) }, role: { type: 'text', values: SOURCE_ROLES }, stream: { type: 'text' }, external_id: { type: 'text' }, id: { type: 'text' },
    'tags.*': { type: 'text' }, 'facts.*': { type: 'any' },
  });
}

/** `rule`: functions over an asset's history are known too. */
export function parseOptionsFor(kind: 'record' | 'rule', names: Readonly<Record<string, NameSpec>>, sources: readonly string[] | undefined): ParseOptions {
  return { names, open: true, functions: kind === 'rule' ? functionsFor(sources) : {}, compile: tryPattern };
}

const BY_SOURCE = new Set(['first_seen_by', 'seen_by', 'absent_for']);
function functionsFor(sources: readonly string[] | undefined): Readonly<Record<string, FunctionSpec>> {
  if (!sources) return RULE_FUNCTIONS;
  const values = [...SOURCE_ROLES, ...sources];
  return Object.fromEntries(Object.entries(RULE_FUNCTIONS).map(([name, spec]) => [name, BY_SOURCE.has(name) ? { ...spec, args: spec.args.map((arg) => ({ ...arg, values })) } : spec]));
}

/** Why a pattern cannot be used, or undefined. The engine takes linear time, so it knows no look-around and no back-references. */
export function tryPattern(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return (error as Error).message.replace(/^error parsing regexp: /, '').split('\n')[0]!.slice(0, 120);
  }
}
