/** The part of JSON Schema 2020-12 that the API speaks; each word that stands here is checked by `validate`. */
export interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly type?: SchemaType | readonly SchemaType[];
  readonly enum?: readonly (string | number | null)[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly format?: 'date-time' | 'uri-reference';
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly default?: string | number | boolean;
}
export type SchemaType = 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array' | 'null';

/** Name -> schema: what `#/components/schemas/<name>` leads to. */
export type Components = Readonly<Record<string, Schema>>;

export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
export const text = (more: Schema = {}): Schema => ({ type: 'string', ...more });
export const oneOf = (values: readonly string[], more: Schema = {}): Schema => ({ type: 'string', enum: values, ...more });
export const integer = (more: Schema = {}): Schema => ({ type: 'integer', ...more });
export const flag = (more: Schema = {}): Schema => ({ type: 'boolean', ...more });
export const instant = (more: Schema = {}): Schema => ({ type: 'string', format: 'date-time', ...more });
export const list = (items: Schema, more: Schema = {}): Schema => ({ type: 'array', items, ...more });
export const map = (values: Schema, more: Schema = {}): Schema => ({ type: 'object', additionalProperties: values, ...more });
/** Whatever JSON can hold. */
export const anything = (more: Schema = {}): Schema => ({ ...more });
export const anyObject = (more: Schema = {}): Schema => ({ type: 'object', additionalProperties: true, ...more });

export function orNull(schema: Schema): Schema {
  if (schema.$ref !== undefined) return { anyOf: [schema, { type: 'null' }] };
  const types = (Array.isArray(schema.type) ? schema.type : [schema.type]) as readonly SchemaType[];
  return { ...schema, type: [...types, 'null'], ...(schema.enum && { enum: [...schema.enum, null] }) };
}

/** An object of exactly these properties; a name that ends in `?` may be absent. */
export function record(properties: Readonly<Record<string, Schema>>, more: Schema = {}): Schema {
  const named = Object.entries(properties).map(([name, schema]) => ({ name: name.replace(/\?$/, ''), schema, isOptional: name.endsWith('?') }));
  return {
    type: 'object', properties: Object.fromEntries(named.map(({ name, schema }) => [name, schema])), required: named.filter(({ isOptional }) => !isOptional).map(({ name }) => name), additionalProperties: false, ...more,
  };
}

/** The properties of one record, for another that has them too. */
export function propertiesOf({ properties = {}, required = [] }: Schema): Record<string, Schema> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [required.includes(name) ? name : `${name}?`, schema]));
}
