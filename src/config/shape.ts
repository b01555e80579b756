import 'reflect-metadata';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { getMetadataStorage } from 'class-validator';
import type { ValidationMetadata } from 'class-validator/types/metadata/ValidationMetadata.js';
import type { Finding } from './problem.js';

export type SectionClass = new () => object;

/** What a text is judged by beyond being one. */
export interface Format {
  readonly name: string;
  /** e.g. `a duration such as 30s, 5m, 2h or 7d`. */
  readonly expected: string;
  /** Undefined: it is well formed. `offset`: place in the text. `found` left out: the text as it stands. */
  readonly judge: (text: string) => (Partial<Finding> & { readonly offset?: number }) | undefined;
  /** For editors. */
  readonly schema?: Readonly<Record<string, unknown>>;
}

export type Shape =
  | { readonly kind: 'text'; readonly format?: Format; readonly values?: readonly string[]; /** `${…}` is not special: an expression. */ readonly raw?: boolean }
  | { readonly kind: 'number'; readonly whole?: boolean; readonly min?: number; readonly max?: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'null' }
  | { readonly kind: 'any' }
  | { readonly kind: 'list'; readonly of: Shape }
  | { readonly kind: 'record'; readonly of: Shape; readonly keys?: KeyRule }
  | { readonly kind: 'section'; readonly of: () => SectionClass }
  | { readonly kind: 'either'; readonly of: readonly Shape[] };

export interface KeyRule {
  readonly what: string;
  readonly expected: string;
  readonly values?: readonly string[];
  readonly pattern?: RegExp;
}

const SHAPES = new WeakMap<object, Map<string, Shape>>();
const RESTS = new WeakMap<object, { readonly shape: Shape; readonly keys?: KeyRule }>();

export function setShape(target: object, key: string, shape: Shape): void {
  const shapes = SHAPES.get(target) ?? new Map<string, Shape>();
  SHAPES.set(target, shapes.set(key, shape));
}
export const setRest = (of: SectionClass, shape: Shape, keys?: KeyRule): void => void RESTS.set(of.prototype as object, { shape, ...(keys && { keys }) });
export const restOf = (of: SectionClass): { readonly shape: Shape; readonly keys?: KeyRule } | undefined => inherited(of, RESTS);

function inherited<T>(of: SectionClass, store: WeakMap<object, T>): T | undefined {
  for (let at: object | null = of.prototype as object; at; at = Object.getPrototypeOf(at) as object | null) {
    const found = store.get(at);
    if (found !== undefined) return found;
  }
  return undefined;
}

export interface PropertyShape { readonly shape: Shape; readonly optional: boolean }

const KNOWN = new WeakMap<SectionClass, ReadonlyMap<string, PropertyShape>>();

/**
 * The keys of a section and what each takes. Our own sections say it outright; for a connector's options class it is read from the
 * types that the compiler emitted and from its class-validator and class-transformer decorators.
 */
export function propertiesOf(of: SectionClass): ReadonlyMap<string, PropertyShape> {
  const known = KNOWN.get(of);
  if (known) return known;
  const metadata = getMetadataStorage().getTargetValidationMetadatas(of, '', false, false);
  const byProperty = new Map<string, ValidationMetadata[]>();
  for (const entry of metadata) byProperty.set(entry.propertyName, [...(byProperty.get(entry.propertyName) ?? []), entry]);
  const properties = new Map([...byProperty].map(([key, rules]): [string, PropertyShape] => [
    key, { shape: shapeOf(of, key, rules), optional: rules.some((rule) => rule.type === 'conditionalValidation' || rule.name === 'isEmpty') },
  ]));
  KNOWN.set(of, properties);
  return properties;
}

function shapeOf(of: SectionClass, key: string, rules: readonly ValidationMetadata[]): Shape {
  for (let at: object | null = of.prototype as object; at; at = Object.getPrototypeOf(at) as object | null) {
    const own = SHAPES.get(at)?.get(key);
    if (own) return own;
  }
  // What the class transforms itself may be given in more forms than its type says: its rules judge the outcome.
  if (defaultMetadataStorage.findTransformMetadatas(of, key, 0).length > 0) return { kind: 'any' };
  const design = Reflect.getMetadata('design:type', of.prototype as object, key) as unknown;
  const nested = defaultMetadataStorage.findTypeMetadata(of, key)?.typeFunction as (() => SectionClass) | undefined;
  const isList = design === Array || rules.some((rule) => rule.name === 'isArray');
  if (nested && rules.some((rule) => rule.type === 'nestedValidation')) {
    const section: Shape = { kind: 'section', of: nested };
    return isList ? { kind: 'list', of: section } : design === Map ? { kind: 'record', of: section } : section;
  }
  const primitive = primitiveOf(isList ? undefined : design, rules);
  if (isList) return { kind: 'list', of: primitive };
  return primitive;
}

function primitiveOf(design: unknown, rules: readonly ValidationMetadata[]): Shape {
  const named = (name: string): ValidationMetadata | undefined => rules.find((rule) => rule.name === name);
  const values = named('isIn')?.constraints?.[0] as readonly unknown[] | undefined;
  if (values?.every((value) => typeof value === 'string')) return { kind: 'text', values: values as string[] };
  if (named('isInt')) return { kind: 'number', whole: true };
  if (named('isNumber') || design === Number) return { kind: 'number' };
  if (named('isBoolean') || design === Boolean) return { kind: 'boolean' };
  if (named('isString') || design === String) return { kind: 'text' };
  return { kind: 'any' };
}
