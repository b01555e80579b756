import { readFileSync } from 'node:fs';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import { configFile, defaultTree } from './defaults.js';
import type { Located, LocatedMap } from './located.js';
import { SECRET_KEYS } from './secrets.js';
import { propertiesOf, restOf, type KeyRule, type SectionClass, type Shape } from './shape.js';
import { RootSection } from './sections/root.js';

type Schema = Record<string, unknown>;

/** The comment above a section, or above one of its keys. */
export type Describe = (section: string, key?: string) => string | undefined;

/** The schema for editors, as it is committed: `config/lockstep.schema.json`. A test holds it equal to what the classes give. */
export function configSchema(): Schema {
  return JSON.parse(readFileSync(configFile('lockstep.schema.json'), 'utf8')) as Schema;
}

/** JSON Schema 2020-12 of the section classes; `describe` gives their comments. */
export function schemaFromClasses(describe: Describe): Schema {
  const generator = new SchemaGenerator(describe);
  const defaults = defaultTree();
  const perSource = defaults.entries.get('source')?.value;
  const root = generator.section(RootSection, '', { '': defaults, ...(perSource?.kind === 'map' && { 'sources.*': perSource }) });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Lockstep configuration', ...root,
    $defs: { reference: { type: 'string', pattern: '^\\$\\{(env|file):.+\\}$', description: 'A reference: ${env:NAME}, ${env:NAME:-default} or ${file:/path}.' }, ...generator.definitions },
  };
}

class SchemaGenerator {
  readonly definitions: Record<string, Schema> = {};
  /** What class-validator's decorators say of bounds; types and nesting are said by the shapes. */
  private readonly bounds = validationMetadatasToSchemas({ classTransformerMetadataStorage: defaultMetadataStorage as never, refPointerPrefix: '#/$defs/' }) as Record<string, { properties?: Record<string, Schema> }>;

  constructor(private readonly describe: Describe) {}

  section(of: SectionClass, path: string, defaults: Readonly<Record<string, Located>>): Schema {
    const properties = Object.fromEntries([...propertiesOf(of)].map(([key, { shape, optional }]) => {
      const here = path === '' ? key : `${path}.${key}`;
      const description = this.describe(of.name, key);
      const fallback = optional ? defaultAt(here, defaults) : undefined;
      return [key, {
        ...(description !== undefined && { description }), ...this.property(of, key, shape, here, defaults), ...(fallback !== undefined && { default: fallback }),
      }];
    }));
    const required = [...propertiesOf(of)].filter(([, { optional }]) => !optional).map(([key]) => key);
    const rest = restOf(of);
    const description = this.describe(of.name);
    return {
      type: 'object', ...(description !== undefined && { description }), properties, ...(required.length > 0 && { required }),
      additionalProperties: rest ? this.of(rest.shape, `${path}.*`, defaults) : false,
    };
  }

  private property(of: SectionClass, key: string, shape: Shape, path: string, defaults: Readonly<Record<string, Located>>): Schema {
    if (SECRET_KEYS.has(key)) return { $ref: '#/$defs/reference', writeOnly: true };
    const { minimum, maximum, enum: values } = this.bounds[of.name]?.properties?.[key] ?? {};
    if (shape.kind !== 'number') return this.of(shape, path, defaults);
    return orReference({ type: shape.whole ? 'integer' : 'number', ...(minimum !== undefined && { minimum }), ...(maximum !== undefined && { maximum }), ...(values !== undefined && { enum: values }) });
  }

  private of(shape: Shape, path: string, defaults: Readonly<Record<string, Located>>): Schema {
    switch (shape.kind) {
      case 'text': {
        if (shape.values) return orReference({ type: 'string', enum: shape.values });
        const form = shape.format?.schema;
        return form ? orReference({ type: 'string', ...form }) : { type: 'string' };
      }
      case 'number': return orReference({ type: shape.whole ? 'integer' : 'number' });
      case 'boolean': return orReference({ type: 'boolean' });
      case 'null': return { type: 'null' };
      case 'any': return {};
      case 'list': return { type: 'array', items: this.of(shape.of, `${path}.*`, defaults) };
      case 'record': return { type: 'object', ...names(shape.keys), additionalProperties: this.of(shape.of, `${path}.*`, defaults) };
      case 'section': return this.reference(shape.of(), path, defaults);
      case 'either': return { anyOf: unique(shape.of.map((one) => this.of(one, path, defaults)).flatMap((schema) => (Array.isArray(schema['anyOf']) ? schema['anyOf'] as Schema[] : [schema]))) };
    }
  }

  private reference(of: SectionClass, path: string, defaults: Readonly<Record<string, Located>>): Schema {
    if (!(of.name in this.definitions)) {
      this.definitions[of.name] = {};                                      // named before it is filled, should it hold itself
      this.definitions[of.name] = this.section(of, path, defaults);
    }
    return { $ref: `#/$defs/${of.name}` };
  }
}

/** A value may always be a reference instead, which takes the type that its key expects. */
const orReference = (schema: Schema): Schema => ({ anyOf: [schema, { $ref: '#/$defs/reference' }] });

function names(keys: KeyRule | undefined): Schema {
  if (keys?.values) return { propertyNames: { enum: keys.values } };
  return keys?.pattern ? { propertyNames: { pattern: keys.pattern.source } } : {};
}

function unique(schemas: readonly Schema[]): Schema[] {
  return [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
}

/** The built-in value of a key, where it is a single value or a list of them. */
function defaultAt(path: string, defaults: Readonly<Record<string, Located>>): unknown {
  for (const [prefix, tree] of Object.entries(defaults).toReversed()) {
    if (prefix !== '' && !path.startsWith(`${prefix}.`)) continue;
    let at: Located | undefined = tree;
    for (const key of (prefix === '' ? path : path.slice(prefix.length + 1)).split('.')) at = (at as LocatedMap | undefined)?.kind === 'map' ? (at as LocatedMap).entries.get(key)?.value : undefined;
    if (at?.kind === 'scalar') return at.value;
    if (at?.kind === 'list') return at.items.map((item) => (item.kind === 'scalar' ? item.value : undefined));
  }
  return undefined;
}
