import { parseExpression, type ParseOptions } from '../../core/expressions/index.js';
import { parseDuration } from '../durations.js';
import { nearMiss, nearest } from '../nearest.js';
import { under, type Located } from '../located.js';
import type { Finding, Place } from '../problem.js';
import type { Condition, Trigger } from '../types.js';
import type { Walker } from '../walker.js';
import { ATTRIBUTES, IDENTIFIER_KINDS } from '../../../connectors/sdk/contract/index.js';

const BUILT_IN: readonly string[] = [...Object.keys(ATTRIBUTES), ...IDENTIFIER_KINDS, 'class', 'stage'];

/** What the builders share: the way back to places, and what the whole configuration knows. */
export class BuildContext {
  constructor(
    readonly walker: Walker,
    /** Undefined: the sources could not be read, which is told; nothing is asked of their names then. */
    readonly sources: readonly string[] | undefined,
    /** All class names, built in and added. */
    readonly classes: readonly string[],
    /** Attributes of one's own that mappings make. */
    readonly added: readonly string[],
    private readonly parsing: Readonly<Record<'record' | 'rule', ParseOptions>>,
    /** Where relative paths in that file start. */
    readonly folderOf: (file: string) => string,
  ) {}

  report(place: Place, path: string, finding: Finding): void { this.walker.report(place, path, finding); }
  pathOf(instance: object, key?: string): string {
    const { path } = this.walker.originOf(instance);
    return key === undefined ? path : under(path, key);
  }
  nodeOf(instance: object, key: string): Located | undefined { return this.walker.entryOf(instance, key)?.value; }

  /** A condition of a section, parsed. Undefined: not given, or told as a problem. */
  condition<T extends object>(instance: T, key: keyof T & string, kind: 'record' | 'rule'): Condition | undefined {
    const text = instance[key];
    const node = this.nodeOf(instance, key);
    if (typeof text !== 'string' || node?.kind !== 'scalar') return undefined;
    const result = parseExpression(text, this.parsing[kind]);
    if (result.ok) return { text, expression: result.expression };
    const { offset, found, expected, suggestion } = result.problem;
    this.report(node.within(offset), this.pathOf(instance, key), { what: 'bad expression', found, expected, suggestion });
    return undefined;
  }

  /** Judges a name that refers to something of this configuration. */
  mustBe(what: string, name: string, known: readonly string[] | undefined, place: Place, path: string): boolean {
    if (known === undefined || known.includes(name)) return true;
    this.report(place, path, { what, found: `"${name}"`, expected: known.length ? `one of ${known.join(', ')}` : 'none: there is none here', suggestion: nearest(name, known) });
    return false;
  }

  /** An attribute that is there, or that some mapping adds; only a slip is told. */
  attribute(name: string, place: Place, path: string): boolean {
    return this.noSlip(name, [...BUILT_IN, ...this.added], 'an attribute', place, path);
  }
  /** Attributes may be invented by mapping them, so only a slip of a built-in one is told. */
  mappedAttribute(name: string, place: Place, path: string): boolean {
    return this.noSlip(name, BUILT_IN, 'a built-in attribute; one of its own needs a name less alike', place, path);
  }
  private noSlip(name: string, known: readonly string[], expected: string, place: Place, path: string): boolean {
    const meant = known.includes(name) ? undefined : nearMiss(name, known);
    if (meant === undefined) return true;
    this.report(place, path, { what: 'unknown attribute', found: `"${name}"`, expected, suggestion: meant });
    return false;
  }

  /** Applies a judgement to each text of a list, at its own place. */
  eachOf(node: Located | undefined, path: string, judge: (text: string, place: Place, path: string) => void): void {
    if (node?.kind !== 'list') return;
    for (const [index, item] of node.items.entries()) if (item.kind === 'scalar' && typeof item.value === 'string') judge(item.value, item.place, under(path, index));
  }
}

/** ms of a duration that was judged before; 0 where it was faulty, which is told. */
export const msOf = (text: string | undefined): number => (text === undefined ? 0 : parseDuration(text) ?? 0);
export const optional = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } => (value === undefined ? {} : { [key]: value } as { [P in K]: V });

export function triggerOf(text: string): Trigger {
  const ms = parseDuration(text);
  return ms === undefined ? { kind: 'cron', cron: text.trim() } : { kind: 'every', ms };
}
