import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configSchema } from '../../src/config/index.js';
import { schemaFromClasses } from '../../src/config/schema.js';
import { SECRET_KEYS } from '../../src/config/secrets.js';
import { ROOT } from '../support/planted-tree.js';
import { sectionComments } from './section-comments.js';

type Node = Record<string, any>;
const file = join(ROOT, 'config/lockstep.schema.json');
const generated = schemaFromClasses(sectionComments()) as Node;
const sections = (): [string, Node][] => [['RootSection', generated], ...Object.entries(generated['$defs'] as Record<string, Node>).filter(([, schema]) => schema['type'] === 'object')];

describe('config/lockstep.schema.json', () => {
  it('is what the classes give (LOCKSTEP_UPDATE=1 writes it anew)', () => {
    const text = `${JSON.stringify(generated, null, 2)}\n`;
    if (process.env['LOCKSTEP_UPDATE'] === '1') writeFileSync(file, text);

    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(configSchema()).toEqual(generated);
  });

  it('describes every section and every key by its comment', () => {
    const bare = sections().flatMap(([name, schema]) => [
      ...(schema['description'] ? [] : [name]),
      ...Object.entries(schema['properties'] as Record<string, Node>).filter(([, property]) => !property['description']).map(([key]) => `${name}.${key}`),
    ]);

    expect(bare).toEqual([]);
  });

  it('admits no key that is not named, but where names are the user’s own', () => {
    const open = sections().filter(([, schema]) => schema['additionalProperties'] !== false).map(([name]) => name).sort();

    expect(open).toEqual(['AuthSection', 'AuthoritySection', 'OnConflictSection', 'WebhookAuthSection']);
  });

  it('takes nothing but references for secrets, whole numbers where no others make sense, and tells defaults', () => {
    const secrets = sections().flatMap(([, schema]) => Object.entries(schema['properties'] as Record<string, Node>)).filter(([key]) => SECRET_KEYS.has(key));

    expect(secrets.length).toBeGreaterThan(2);
    for (const [, schema] of secrets) expect(schema['$ref']).toBe('#/$defs/reference');
    expect(generated['$defs'].SafetySection.properties.minDeletes).toMatchObject({ anyOf: [{ type: 'integer', minimum: 0 }, { $ref: '#/$defs/reference' }], default: 10 });
    expect(generated['$defs'].SafetySection.properties.maxDeleteRatio).toMatchObject({ anyOf: [{ type: 'number', minimum: 0, maximum: 1 }, {}], default: 0.1 });
    expect(generated['$defs'].RetentionSection.properties.inbox).toMatchObject({ default: '30d' });
    expect(generated['required']).toEqual(['version', 'sources']);
    expect(generated['properties'].sources.additionalProperties).toEqual({ $ref: '#/$defs/SourceSection' });
  });
});
