import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/index.js';
import { connectorCatalogue } from '../../src/sources/catalogue.js';
import { ROOT } from '../support/planted-tree.js';

const catalogue = connectorCatalogue();
const examples = ['lockstep.example.yaml', ...readdirSync(join(ROOT, 'config/examples')).map((name) => `examples/${name}`)];
const env = { SN_CLIENT_ID: 'id', SN_CLIENT_SECRET: 's', SN_HOOK: 'h', NVD_API_KEY: 'k', SMTP_PASSWORD: 'p', LOCKSTEP_KEY: 'a'.repeat(64) };

describe('config/', () => {
  it.each(examples)('%s is valid', async (name) => {
    const result = await loadConfig({ files: [join('config', name)], env, catalogue, cwd: ROOT });

    expect(result.ok ? [] : result.problems).toEqual([]);
  });

  it('the example of three systems is no longer than thirty lines', () => {
    expect(readFileSync(join(ROOT, 'config/examples/servicenow-aws-nvd.yaml'), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(30);
  });

  it('the full example shows every section', () => {
    const text = readFileSync(join(ROOT, 'config/lockstep.example.yaml'), 'utf8');
    const schema = JSON.parse(readFileSync(join(ROOT, 'config/lockstep.schema.json'), 'utf8')) as { properties: Record<string, unknown> };

    for (const section of Object.keys(schema.properties)) expect(text).toMatch(new RegExp(`^(# )?${section}:`, 'm'));
  });
});
