import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Clock, Manifest, SourceRole } from '../../connectors/sdk/contract/index.js';
import { createFleet, fileRows, toCsv, type Fleet, type Sandbox } from '../../connectors/sdk/sandbox/index.js';
import type { ConnectorCatalogue } from '../config/index.js';
import { recordKey, type RecordKey } from '../core/model/index.js';
import { findSandboxes, type Showable } from './find-sandboxes.js';

export interface DemoSource {
  readonly name: string;
  readonly title: string;
  readonly role: SourceRole;
  /** An address on loopback, or a file. */
  readonly reads: string;
  /** What must be said where its data is shown. */
  readonly notice?: string;
  readonly sandbox?: Sandbox;
  /** Those that are read when the configuration names none. */
  readonly streams: readonly string[];
}

/** Systems that know one fleet, and the configuration that a user would have written for them. */
export interface DemoWorld {
  readonly folder: string;
  readonly configPath: string;
  readonly yaml: string;
  readonly fleet: Fleet;
  readonly sources: readonly DemoSource[];
  /** Writes the configuration anew, with writing switched on for the systems in which people work. */
  switchOn(): Promise<void>;
  /** Which record speaks of which thing of the fleet, as its system has it now; what a connector rightly leaves out is not in it. */
  truth(): ReadonlyMap<RecordKey, string>;
  /** Ends the systems and takes the folder away. */
  close(): Promise<void>;
}

export const MACHINES = 200;
const SEED = 1;
const HOUR = 3_600_000;
/** So long a machine that a cloud has ended stays to be seen, so that two days can be told of. */
const GONE_SHOWS_FOR_MS = 72 * HOUR;
/** The name that the spreadsheet's source gets, and the part that it plays. */
const SPREADSHEET = { source: 'inventory', role: 'agent' } as const;

export interface WorldOptions {
  readonly catalogue: ConnectorCatalogue;
  readonly clock: Clock;
  /** Where the demonstration's folder is made. Default: the system's temporary folder. */
  readonly within?: string;
}

/** When a part does not start, those that did are ended again and nothing stays on the disk. */
export async function openWorld({ catalogue, clock, within = tmpdir() }: WorldOptions): Promise<DemoWorld> {
  // The fleet's present is ours, so that nothing in it is of tomorrow.
  const fleet = createFleet({ size: MACHINES, seed: SEED, at: Math.floor(clock.now() / HOUR) * HOUR });
  const folder = await mkdtemp(join(within, 'lockstep-demo-'));
  const sources: DemoSource[] = [];
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= (async () => {
    await Promise.all(sources.map(async ({ sandbox }) => sandbox?.close()));
    await rm(folder, { recursive: true, force: true });
  })());
  try {
    await mkdir(join(folder, 'secrets'), { mode: 0o700 });
    const entries: string[] = [];
    for (const each of await findSandboxes(catalogue)) {
      const { source, entry } = await (each.sandbox === undefined ? spreadsheet(each, fleet, folder) : system(each, fleet, clock, folder));
      sources.push(source);
      entries.push(entry.replace(/\n*$/, ''));
    }
    const yaml = ['version: 1', 'database: { url: "sqlite:lockstep.db" }', 'sources:', ...entries, ''].join('\n');
    const configPath = join(folder, 'lockstep.yaml');
    await writeFile(configPath, yaml, { mode: 0o600 });
    const switchOn = (): Promise<void> => writeFile(configPath, withWriting(yaml, sources.filter(({ role, sandbox }) => role === 'itsm' && sandbox?.writes).map(({ name }) => name)), { mode: 0o600 });
    return { folder, configPath, yaml, fleet, sources, switchOn, truth: () => truthOf(sources, fleet), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The two switches: for everything, and for each system. In a company so small every act is a mass change. */
export function withWriting(yaml: string, targets: readonly string[]): string {
  const lines = yaml.replace('version: 1\n', 'version: 1\nenvironment: { name: demo, writes: on }\n').split('\n');
  return lines.flatMap((line) => (targets.some((name) => line === `  ${name}:`) ? [line, '    push: { enabled: true, fields: [stage], maxPushRatio: 1 }'] : [line])).join('\n');
}

interface Started { readonly source: DemoSource; readonly entry: string }

async function system({ manifest, sandbox: module }: Showable, fleet: Fleet, clock: Clock, folder: string): Promise<Started> {
  if (module === undefined) throw new TypeError(`${manifest.name} brings no sandbox`);
  const sandbox = await module.start({ fleet, clock, seed: SEED, goneShowsForMs: GONE_SHOWS_FOR_MS });
  try {
    for (const [name, value] of Object.entries(sandbox.env())) await writeFile(join(folder, 'secrets', name), `${value}\n`, { mode: 0o600 });
    const written = await sandbox.yamlFromFiles?.(manifest.name, folder);
    // Another terminal has none of our variables, but it can read our files.
    const entry = (written ?? sandbox.yaml(manifest.name)).replace(/\$\{env:(\w+)\}/g, '${file:secrets/$1}').replaceAll(`${folder}/`, '');
    const reads = written === undefined ? sandbox.url : 'files';
    return { entry, source: { name: manifest.name, title: manifest.title, role: manifest.role, reads, sandbox, streams: defaultStreams(manifest), ...(manifest.notice !== undefined && { notice: manifest.notice }) } };
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

/** What an inventory tool without an interface would export. */
async function spreadsheet({ manifest }: Showable, fleet: Fleet, folder: string): Promise<Started> {
  const path = join(folder, `${SPREADSHEET.source}.csv`);
  await writeFile(path, toCsv(fileRows(fleet, SPREADSHEET.role)));
  return {
    source: { name: SPREADSHEET.source, title: manifest.title, role: SPREADSHEET.role, reads: basename(path), streams: defaultStreams(manifest) },
    entry: [`${SPREADSHEET.source}:`, `  connector: ${manifest.name}`, `  role: ${SPREADSHEET.role}`, `  options: { path: ${basename(path)} }`].map((line) => `  ${line}`).join('\n'),
  };
}

const defaultStreams = ({ streams }: Manifest): readonly string[] => streams.filter((stream) => stream.default).map(({ name }) => name);

function truthOf(sources: readonly DemoSource[], fleet: Fleet): ReadonlyMap<RecordKey, string> {
  const known = new Map<RecordKey, string>();
  for (const { name, sandbox, streams } of sources) {
    for (const stream of streams) {
      if (sandbox === undefined) {
        for (const sighting of fleet.sightings(SPREADSHEET.role)) known.set(recordKey(name, stream, sighting.id), sighting.asset.key);
        continue;
      }
      for (const [externalId, { kind, asset, skipped }] of sandbox.truth(stream)) {
        if (kind === 'asset' && asset !== undefined && skipped !== true) known.set(recordKey(name, stream, externalId), asset);
      }
    }
  }
  return known;
}
