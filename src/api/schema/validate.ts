import type { Components, Schema, SchemaType } from './schema.js';

/** `at`: a JSON pointer into what was checked, '' for all of it. */
export interface Fault {
  readonly at: string;
  readonly detail: string;
}

/** Nobody reads more, and a hostile body must not make a long answer. */
const MOST_FAULTS = 20;

/** What is wrong with a value; empty: nothing. Never throws, whatever the value is. */
export function validate(schema: Schema, value: unknown, components: Components = {}): Fault[] {
  const faults: Fault[] = [];
  check(schema, value, '', components, faults);
  return faults.slice(0, MOST_FAULTS);
}

function check(schema: Schema, value: unknown, at: string, components: Components, faults: Fault[]): void {
  if (faults.length >= MOST_FAULTS) return;
  const say = (detail: string): void => void faults.push({ at, detail });
  if (schema.$ref !== undefined) {
    const target = components[schema.$ref.slice('#/components/schemas/'.length)];
    return target ? check(target, value, at, components, faults) : say(`refers to ${schema.$ref}, which does not exist`);
  }
  for (const part of schema.allOf ?? []) check(part, value, at, components, faults);
  if (schema.anyOf && !schema.anyOf.some((part) => validate(part, value, components).length === 0)) say('fits none of the shapes that it may have');
  if (schema.type !== undefined && !typesOf(schema.type).some((type) => isOf(type, value))) return say(`must be ${typesOf(schema.type).map(article).join(' or ')}`);
  if (schema.enum && !schema.enum.includes(value as string)) say(`must be one of ${schema.enum.map(String).join(', ')}`);
  if (typeof value === 'string') ofText(schema, value, say);
  else if (typeof value === 'number') ofNumber(schema, value, say);
  else if (Array.isArray(value)) {
    if (value.length < (schema.minItems ?? 0)) say(`must have at least ${schema.minItems} ${schema.minItems === 1 ? 'entry' : 'entries'}`);
    if (value.length > (schema.maxItems ?? Infinity)) return say(`must have at most ${schema.maxItems} entries`);
    if (schema.items) for (const [place, item] of value.entries()) check(schema.items, item, `${at}/${place}`, components, faults);
  } else if (typeof value === 'object' && value !== null) ofObject(schema, value as Record<string, unknown>, at, components, faults);
}

function ofText(schema: Schema, value: string, say: (detail: string) => void): void {
  if (value.length < (schema.minLength ?? 0)) say(schema.minLength === 1 ? 'must not be empty' : `must have at least ${schema.minLength} characters`);
  if (value.length > (schema.maxLength ?? Infinity)) say(`must have at most ${schema.maxLength} characters`);
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value)) say(schema.description === undefined ? `must match ${schema.pattern}` : `is not what it must be: ${schema.description}`);
  if (schema.format === 'date-time' && (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/.test(value) || Number.isNaN(Date.parse(value)))) say('must be an instant such as 2027-01-31T18:00:00Z');
}

function ofNumber(schema: Schema, value: number, say: (detail: string) => void): void {
  if (value < (schema.minimum ?? -Infinity)) say(`must be at least ${schema.minimum}`);
  if (value > (schema.maximum ?? Infinity)) say(`must be at most ${schema.maximum}`);
}

function ofObject({ properties = {}, required = [], additionalProperties = true }: Schema, value: Record<string, unknown>, at: string, components: Components, faults: Fault[]): void {
  for (const name of required) if (!Object.hasOwn(value, name)) faults.push({ at: `${at}/${escaped(name)}`, detail: 'is missing' });
  for (const name of Object.keys(value)) {
    const inner = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    const place = `${at}/${escaped(name.slice(0, 100))}`;
    if (inner === false) faults.push({ at: place, detail: 'is not known here' });
    else if (typeof inner === 'object') check(inner, value[name], place, components, faults);
    if (faults.length >= MOST_FAULTS) return;
  }
}

const typesOf = (type: SchemaType | readonly SchemaType[]): readonly SchemaType[] => (typeof type === 'string' ? [type] : type);
const article = (type: SchemaType): string => (type === 'null' ? 'null' : `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`);
const escaped = (name: string): string => name.replace(/~/g, '~0').replace(/\//g, '~1');

function isOf(type: SchemaType, value: unknown): boolean {
  switch (type) {
    case 'null': return value === null;
    case 'array': return Array.isArray(value);
    case 'object': return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer': return Number.isSafeInteger(value);
    case 'number': return typeof value === 'number' && Number.isFinite(value);
    case 'string': case 'boolean': return typeof value === type;
  }
}
