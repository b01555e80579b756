import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectorCatalogue } from './catalogue.js';

const body = (name: string, how: string): string => `${how} { manifest: { name: '${name}', auth: [], streams: [], webhookAuth: [] }, streams: [], connect() {}, async *check() {} };\n`;

describe('connectorCatalogue', () => {
  let folder: string;
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'lockstep-catalogue-')); });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const put = (path: string, content: string): void => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content);
  };

  it('names the folders that hold a manifest and an index, and loads by name', async () => {
    put('connectors/acme/manifest.ts', '');
    put('connectors/acme/index.ts', body('acme', 'export const connector ='));
    put('connectors/half/manifest.ts', '');
    put('connectors/sdk/contract/index.ts', '');
    const catalogue = connectorCatalogue(join(folder, 'connectors'));

    expect(catalogue.names()).toEqual(['acme']);
    expect((await catalogue.load('acme', folder))?.manifest.name).toBe('acme');
    expect(await catalogue.load('half', folder)).toBeUndefined();
    expect(await catalogue.load('../acme', folder)).toBeUndefined();
  });

  it('loads a package that is installed beside the configuration', async () => {
    put('connectors/none', '');
    put('node_modules/@acme/lockstep-acme/package.json', '{ "name": "@acme/lockstep-acme", "type": "module", "main": "main.js" }');
    put('node_modules/@acme/lockstep-acme/main.js', body('acme', 'export default'));
    const catalogue = connectorCatalogue(join(folder, 'connectors', '..'));

    expect((await catalogue.load('@acme/lockstep-acme', folder))?.manifest.name).toBe('acme');
    expect(await catalogue.load('lockstep-of-nobody', folder)).toBeUndefined();
    expect(await catalogue.load('not a name', folder)).toBeUndefined();
  });

  it('loads a path to a file or a folder, and refuses what is no connector', async () => {
    put('mine/index.mjs', body('mine', 'export const connector ='));
    put('broken/index.mjs', 'export const connector = {};\n');
    put('single.mjs', body('single', 'export default'));
    const catalogue = connectorCatalogue(folder);

    expect((await catalogue.load(join(folder, 'mine'), folder))?.manifest.name).toBe('mine');
    expect((await catalogue.load(join(folder, 'single.mjs'), folder))?.manifest.name).toBe('single');
    expect(await catalogue.load(join(folder, 'nowhere'), folder)).toBeUndefined();
    await expect(catalogue.load(join(folder, 'broken'), folder)).rejects.toThrow('is no connector');
  });

  it('knows the bundled ones', () => {
    expect(connectorCatalogue().names()).not.toContain('sdk');
  });
});
