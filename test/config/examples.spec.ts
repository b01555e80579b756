import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { loadConfig, packageRoot } from '../../src/config/index.js';
import { connectorCatalogue } from '../../src/sources/catalogue.js';
import type { Connector } from '../../connectors/sdk/contract/index.js';

class FileOptions {
  @IsOptional() @IsString() path?: string;
  @IsOptional() @IsString() folder?: string;
  @IsOptional() @IsIn(['csv', 'json', 'ndjson']) format?: string;
}

/** Stands in for a connector of the examples as long as it is not bundled. */
const STAND_INS: Readonly<Record<string, Connector>> = {
  file: {
    manifest: { name: 'file', title: 'Files', role: 'itsm', about: '', streams: [{ name: 'records', default: true, about: '' }], auth: [], baseUrl: 'none', webhookAuth: [], leastRights: '', concurrency: 1 },
    optionsClass: FileOptions, streams: [], connect: () => ({}), check: async function* () { /* nothing to check */ },
  },
};

const root = packageRoot();
const bundled = connectorCatalogue();
const catalogue = { names: () => [...new Set([...bundled.names(), ...Object.keys(STAND_INS)])], load: async (name: string, folder: string) => await bundled.load(name, folder) ?? STAND_INS[name] };
const examples = ['lockstep.example.yaml', ...readdirSync(join(root, 'config/examples')).map((name) => `examples/${name}`)];
const env = { SN_CLIENT_ID: 'id', SN_CLIENT_SECRET: 's', SN_HOOK: 'h', NVD_API_KEY: 'k', SMTP_PASSWORD: 'p', LOCKSTEP_KEY: 'a'.repeat(64) };

describe('config/', () => {
  it.each(examples)('%s is valid', async (name) => {
    const result = await loadConfig({ files: [join('config', name)], env, catalogue, cwd: root });

    expect(result.ok ? [] : result.problems).toEqual([]);
  });

  it('the example of three systems is no longer than thirty lines', () => {
    expect(readFileSync(join(root, 'config/examples/servicenow-aws-nvd.yaml'), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(30);
  });

  it('the full example shows every section', () => {
    const text = readFileSync(join(root, 'config/lockstep.example.yaml'), 'utf8');
    const schema = JSON.parse(readFileSync(join(root, 'config/lockstep.schema.json'), 'utf8')) as { properties: Record<string, unknown> };

    for (const section of Object.keys(schema.properties)) expect(text).toMatch(new RegExp(`^(# )?${section}:`, 'm'));
  });
});
