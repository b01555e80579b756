import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConnector, defineStream, type AssetRecord, type Connector, type Manifest, type Mapping, type Page, type PullFrom } from '../../connectors/sdk/contract/index.js';
import { loadConfig, formatProblem, type ConnectorCatalogue, type LoadedConfig } from '../../src/config/index.js';
import { openEngine, type Engine, type EngineOptions } from '../../src/engine/engine.js';
import { SyncService, type SyncReport } from '../../src/sync/sync.service.js';
import { writeFileSync } from 'node:fs';

/** A raw record of the laboratory's connector: an asset record, or one that cannot be mapped. */
export type LabRecord = Omit<AssetRecord, 'kind'> & { readonly broken?: string };

/** What each source of the laboratory has now: source -> records. Tests change it between syncs. */
export class LabWorld {
  readonly records = new Map<string, LabRecord[]>();
  /** Records a page. */
  pageSize = 100;
  /** Called before each page is given; may throw what a source throws. */
  onPage: (source: string, page: number) => void | Promise<void> = () => undefined;
  /** Scopes that cannot be read: source -> reason. */
  readonly denied = new Map<string, string>();
}

const manifest = (name: string): Manifest => ({
  name, title: 'Laboratory', role: 'itsm', about: 'records from a test', streams: [{ name: 'records', default: true, about: 'assets' }], auth: [{ method: 'none', keys: [], about: 'none' }], baseUrl: 'none', webhookAuth: [], leastRights: 'none', concurrency: 1,
});

interface LabClient { readonly source: string; readonly world: LabWorld }

export function labConnector(world: LabWorld, options: { readonly missingIsTold?: boolean } = {}): Connector<LabClient> {
  return defineConnector<LabClient>({
    manifest: manifest('lab'),
    streams: [defineStream<LabClient, LabRecord>({
      name: 'records', permissions: [], deletes: 'by_full_scan', incremental: 'none', ...(options.missingIsTold && { missingIsTold: true }),
      pull: (client, from) => pull(client, from),
      map: (raw): Mapping => {
        if (raw.broken !== undefined) return { ok: false, reason: raw.broken, ...(raw.externalId !== '' && { externalId: raw.externalId }) };
        return { ok: true, record: { ...raw, kind: 'asset' } };
      },
    })],
    connect: ({ source }) => ({ source: source.name, world }),
    async *check() { yield { what: 'reach', outcome: 'ok', message: 'ok' }; },
  });
}

async function* pull({ source, world }: LabClient, from: PullFrom): AsyncIterable<Page<LabRecord>> {
  const denied = world.denied.get(source);
  if (denied !== undefined) {
    yield { scope: '', records: [], next: null, ends: [{ scope: '', coverage: 'uncovered', reason: denied }] };
    return;
  }
  const records = world.records.get(source) ?? [];
  let at = from.resume === undefined ? 0 : Number(from.resume);
  for (let page = 0; ; page++) {
    await world.onPage(source, page);
    const part = records.slice(at, at + world.pageSize);
    at += part.length;
    const last = at >= records.length;
    yield { scope: '', records: part, next: last ? null : String(at), ...(last && { ends: [{ scope: '', coverage: 'complete' as const }], cursor: 'end' }) };
    if (last) return;
  }
}

export const silentLog = { debug: () => undefined, info: () => undefined, warn: () => undefined };

/** A clock that moves only when told, and at once when waited for. */
export class LabClock {
  constructor(private at = Date.UTC(2026, 10, 1)) {}
  now(): number { return this.at; }
  advance(ms: number): void { this.at += ms; }
  sleep(ms: number): Promise<void> {
    this.at += ms;
    return Promise.resolve();
  }
}

export interface Lab {
  readonly world: LabWorld;
  readonly clock: LabClock;
  readonly engine: Engine;
  readonly config: LoadedConfig;
  sync(sources?: readonly string[], full?: boolean): Promise<SyncReport>;
  /** Closes and opens again, on the same file (not for in-memory databases). */
  reopen(yaml?: string): Promise<void>;
  close(): Promise<void>;
}

export interface LabOptions {
  /** Source names, or `name: extra yaml lines` pairs. */
  readonly sources?: readonly string[] | Readonly<Record<string, string>>;
  /** Further top-level YAML. */
  readonly yaml?: string;
  readonly url?: string;
  readonly world?: LabWorld;
  readonly clock?: LabClock;
  readonly missingIsTold?: boolean;
  /** Another connector than the laboratory's own. */
  readonly connector?: Connector;
  readonly engine?: Partial<EngineOptions>;
}

/** The whole engine on a database of its own, with sources that tests fill. */
export async function openLab(options: LabOptions = {}): Promise<Lab> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-lab-'));
  const world = options.world ?? new LabWorld();
  const clock = options.clock ?? new LabClock();
  const connector = options.connector ?? labConnector(world, options);
  const catalogue: ConnectorCatalogue = { names: () => ['lab'], load: async (name) => (name === 'lab' ? connector : undefined) };
  const sources = options.sources ?? ['alpha'];
  const entries: (readonly [string, string])[] = Array.isArray(sources) ? sources.map((name: string) => [name, ''] as const) : Object.entries(sources);
  const yamlOf = (extra = options.yaml ?? ''): string => `version: 1\ndatabase: { url: "\${env:LAB_DATABASE}" }\nsources:\n${entries.map(([name, lines]) => `  ${name}:\n    connector: lab\n    auth: { method: none }\n${lines.split('\n').filter((line) => line !== '').map((line) => `    ${line}\n`).join('')}`).join('')}${extra}\n`;
  const load = async (text: string): Promise<LoadedConfig> => {
    const file = join(folder, 'lockstep.yaml');
    writeFileSync(file, text);
    const loaded = await loadConfig({ files: [file], env: { LAB_DATABASE: options.url ?? 'sqlite::memory:' }, catalogue, cwd: folder });
    if (!loaded.ok) throw new Error(loaded.problems.map((problem) => formatProblem(problem)).join('\n'));
    return loaded.config;
  };
  const open = (config: LoadedConfig): Promise<Engine> => openEngine({ config, catalogue, clock, log: silentLog, signal: new AbortController().signal, actor: 'test', url: options.url ?? 'sqlite::memory:', ...options.engine });
  let config = await load(yamlOf());
  let engine = await open(config);
  return {
    world, clock,
    get engine() { return engine; },
    get config() { return config; },
    sync: (names, full = true) => new SyncService(engine).sync({ full, ...(names && { sources: names }) }),
    reopen: async (extra) => {
      await engine.close();
      config = await load(yamlOf(extra));
      engine = await open(config);
    },
    close: async () => {
      await engine.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A computer, said shortly. */
export function computer(externalId: string, claims: Record<string, any> = {}, more: Partial<LabRecord> = {}): LabRecord {
  const { serial, bios_uuid, instance_uuid, mac, stage, ...rest } = claims;
  return {
    externalId, assetClass: 'computer', modifiedAt: Date.UTC(2026, 0, 1),
    identifiers: [
      ...(bios_uuid ? [{ kind: 'bios_uuid' as const, value: bios_uuid }] : []), ...(instance_uuid ? [{ kind: 'instance_uuid' as const, value: instance_uuid }] : []),
      ...(mac ? [{ kind: 'mac' as const, value: mac }] : []),
    ],
    claims: { ...(serial && { serial_number: serial }), ...rest },
    ...(stage && { stage: { raw: { stage }, stage } }),
    ...more,
  };
}
