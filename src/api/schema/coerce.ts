import type { Schema } from './schema.js';

/** Texts of a path or a query as what their schema wants; what cannot be read so stays text, and `validate` says so. */
export function coerce(properties: Readonly<Record<string, Schema>>, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const result = Object.create(null) as Record<string, unknown>;
  for (const name of Object.keys(given)) result[name] = Object.hasOwn(properties, name) ? one(properties[name] as Schema, given[name]) : given[name];
  return result;
}

function one(schema: Schema, value: unknown): unknown {
  if (schema.type === 'array') return (Array.isArray(value) ? value : [value]).map((each) => one(schema.items ?? {}, each));
  if (typeof value !== 'string') return value;
  if (schema.type === 'integer') return /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  if (schema.type === 'boolean') return value === 'true' ? true : value === 'false' ? false : value;
  return value;
}
