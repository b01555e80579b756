import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Transform, Type } from 'class-transformer';
import { ArrayMinSize, IsArray, IsBoolean, IsInt, IsOptional, IsString, Matches, Max, Min, ValidateNested } from 'class-validator';
import { loadConfig, type ConfigProblem, type LoadedConfig } from '../../src/config/index.js';
import type { ConnectorCatalogue, LoadRequest } from '../../src/config/index.js';
import type { Connector, Manifest } from '../../connectors/sdk/contract/index.js';

export class AcmeRole {
  @IsString() @Matches(/^[a-z]+$/, { message: 'a role is written in small letters' })
  roleName!: string;

  @IsOptional() @IsString()
  externalId?: string;
}

export class AcmeOptions {
  @IsOptional() @IsArray() @ArrayMinSize(1) @Matches(/^[a-z]+-\d$/, { each: true, message: 'a region looks like eu-1' })
  regions?: string[];

  @IsOptional() @IsInt() @Min(5) @Max(1000)
  pageSize?: number = 100;

  @IsOptional() @IsBoolean()
  deep?: boolean;

  @IsOptional() @ValidateNested() @Type(() => AcmeRole)
  assumeRole?: AcmeRole;

  @IsOptional() @IsArray() @ValidateNested({ each: true }) @Type(() => AcmeRole)
  roles?: AcmeRole[];

  @IsOptional() @IsString()
  path?: string;
}

class SheetOptions {
  @IsString()
  path!: string;

  @IsOptional() @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? [value] : value)) @IsArray() @IsString({ each: true })
  files?: string[];
}

const manifest = (given: Partial<Manifest> & { readonly name: string }): Manifest => ({
  title: given.name, role: 'itsm', about: 'invented', auth: [], baseUrl: 'none', webhookAuth: [], leastRights: '', concurrency: 1,
  streams: [{ name: 'records', default: true, about: '' }], ...given,
});

const connector = (given: Manifest, optionsClass?: new () => object): Connector => ({
  manifest: given, streams: [], connect: () => ({}), check: async function* () { /* an invented vendor has nothing to check */ }, ...(optionsClass && { optionsClass }),
});

/** Invented vendors: `acme` with everything, `sheet` that only reads a file, `bare` without any option. */
export const CONNECTORS: Readonly<Record<string, Connector>> = {
  acme: connector(manifest({
    name: 'acme', role: 'discovery', baseUrl: 'required', baseUrlExample: 'https://acme.example.com',
    auth: [{ method: 'basic', keys: ['username', 'password'], about: '' }, { method: 'oauth_client_credentials', keys: ['clientId', 'clientSecret', 'tenant?'], about: '' }],
    webhookAuth: [{ method: 'hmac_sha256', keys: ['secret'] }, { method: 'jwt', keys: ['algorithm', 'publicKey|discovery'] }, { method: 'shared', keys: ['key'] }],
    streams: [{ name: 'computers', default: true, about: '' }, { name: 'assets', default: true, about: '' }, { name: 'relationships', default: false, about: '' }],
  }), AcmeOptions),
  sheet: connector(manifest({ name: 'sheet' }), SheetOptions),
  bare: connector(manifest({ name: 'bare', role: 'vulnerability', baseUrl: 'optional', auth: [{ method: 'none', keys: [], about: '' }, { method: 'api_key', keys: ['apiKey'], about: '' }] })),
};

export const CATALOGUE: ConnectorCatalogue = {
  names: () => Object.keys(CONNECTORS),
  load: (name) => Promise.resolve(Object.hasOwn(CONNECTORS, name) ? CONNECTORS[name] : undefined),
};

export const ENV: Readonly<Record<string, string>> = { ACME_USER: 'robot', ACME_PASSWORD: 'hunter2-canary', HOOK: 'hook-canary', DB_PASSWORD: 'p@ss/w:rd-canary', EMPTY: '', PORT: '9090', FLAG: 'true' };

const folders: string[] = [];
/** A folder of files by name, removed after the tests of the file that asked for it. */
export function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-config-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}
afterAll(() => { for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true }); });

export async function load(text: string | Uint8Array, more: Partial<LoadRequest> & { readonly with?: Readonly<Record<string, string | Uint8Array>> } = {}): Promise<{ config?: LoadedConfig; problems: readonly ConfigProblem[]; folder: string }> {
  const { with: files = {}, ...request } = more;
  const folder = folderOf({ 'lockstep.yaml': text, ...files });
  const result = await loadConfig({ files: ['lockstep.yaml'], env: ENV, catalogue: CATALOGUE, cwd: folder, ...request });
  return result.ok ? { config: result.config, problems: [], folder } : { problems: result.problems, folder };
}

export async function loaded(text: string, more: Parameters<typeof load>[1] = {}): Promise<LoadedConfig> {
  const { config, problems } = await load(text, more);
  if (!config) throw new Error(problems.map((problem) => `${problem.line}:${problem.column} ${problem.path}: ${problem.message}`).join('\n'));
  return config;
}

/** The smallest source, to hang other things on. */
export const MINIMAL = 'version: 1\nsources:\n  b: { connector: bare }\n';

/** A source of `acme` that is right, and what is to hang below it. */
export const acme = (rest: string): string => `version: 1\nsources:\n  a:\n    connector: acme\n    baseUrl: https://a.example.com\n    auth: { method: basic, username: u, password: "\${env:ACME_PASSWORD}" }\n${rest}`;

/** The first problem of a text, and how many there are. */
export const first = async (text: string | Uint8Array): Promise<{ at: string; path: string; message: string; suggestion?: string; count: number }> => {
  const { problems } = await load(text);
  const [problem] = problems;
  if (!problem) throw new Error('no problem was found');
  return { at: `${problem.line}:${problem.column}`, path: problem.path, message: problem.message, ...(problem.suggestion !== undefined && { suggestion: problem.suggestion }), count: problems.length };
};
