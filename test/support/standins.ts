import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../connectors/sdk/contract/index.js';
import { createFleet, type Fleet } from '../../connectors/sdk/sandbox/fleet.js';
import type { Sandbox, SandboxModule, SandboxOptions } from '../../connectors/sdk/sandbox/types.js';

/** One source of the configuration, and the sandbox behind it. */
export interface StandinSource {
  /** Folder of the connector; default: the source's name. */
  readonly connector?: string;
  /** Further keys of the source in the YAML, unindented, e.g. `streams: [computers]`. */
  readonly extra?: readonly string[];
  /** For the sandbox; fleet and clock are those of all unless given here. */
  readonly options?: SandboxOptions;
}

export interface StandinOptions {
  /** Default: 60 machines, seed 1. All sandboxes draw from it. */
  readonly fleet?: Fleet;
  readonly clock?: Clock;
  /** Source name -> what stands behind it. Default: one each of servicenow, aws and nvd. */
  readonly sources?: Readonly<Record<string, StandinSource>>;
  /** Lines before `sources:`, e.g. the database. Default: only the version. */
  readonly head?: readonly string[];
}

export interface Standins<Names extends string = string> {
  readonly fleet: Fleet;
  readonly sandboxes: Readonly<Record<Names, Sandbox>>;
  /** A whole `lockstep.yaml`; `head` stands before the sources in the place of the one given at the start. */
  yaml(head?: readonly string[]): string;
  /** The variables that the YAML refers to; nothing else. */
  env(): Readonly<Record<string, string>>;
  /** Everything that may appear in no log, message, answer or database. */
  secrets(): readonly string[];
  /** Writes the YAML into a folder and gives its path. */
  writeConfig(folder: string, head?: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

const DEFAULT_SOURCES = { servicenow: {}, aws: {}, nvd: {} } as const satisfies Record<string, StandinSource>;

/**
 * Starts the vendors' sandboxes with one fleet, so that they speak of the same machines, and writes the configuration that
 * a user would. When one of them does not start, those that did are closed again.
 */
export async function startStandins(options?: StandinOptions & { readonly sources?: undefined }): Promise<Standins<keyof typeof DEFAULT_SOURCES>>;
export async function startStandins<Names extends string>(options: StandinOptions & { readonly sources: Readonly<Record<Names, StandinSource>> }): Promise<Standins<Names>>;
export async function startStandins(options: StandinOptions = {}): Promise<Standins> {
  const fleet = options.fleet ?? createFleet({ size: 60 });
  const sources: Readonly<Record<string, StandinSource>> = options.sources ?? DEFAULT_SOURCES;
  const sandboxes: Record<string, Sandbox> = {};
  const close = async (): Promise<void> => { await Promise.all(Object.values(sandboxes).map((sandbox) => sandbox.close())); };
  try {
    for (const [name, source] of Object.entries(sources)) {
      const module = await sandboxOf(source.connector ?? name);
      sandboxes[name] = await module.start({ fleet, ...(options.clock && { clock: options.clock }), ...source.options });
    }
  } catch (error) {
    await close();
    throw error;
  }
  const yaml = (head: readonly string[] = options.head ?? []): string =>
    ['version: 1', ...head, 'sources:', ...Object.entries(sandboxes).map(([name, sandbox]) => sandbox.yaml(name, sources[name]?.extra).replace(/\n*$/, '')), ''].join('\n');

  return {
    fleet, sandboxes, yaml, close,
    env: () => joined(Object.values(sandboxes).map((sandbox) => sandbox.env())),
    secrets: () => [...new Set(Object.values(sandboxes).flatMap((sandbox) => sandbox.secrets()))],
    writeConfig: async (folder, head) => {
      const path = join(folder, 'lockstep.yaml');
      await writeFile(path, yaml(head));
      return path;
    },
  };
}

/** By the folder's name, as the product itself finds them. */
async function sandboxOf(connector: string): Promise<SandboxModule> {
  if (!/^[a-z][a-z0-9-]*$/.test(connector)) throw new RangeError(`not the name of a connector: ${connector}`);
  const loaded = await import(new URL(`../../connectors/${connector}/sandbox/index.ts`, import.meta.url).href) as { sandbox?: SandboxModule };
  if (loaded.sandbox === undefined) throw new TypeError(`connectors/${connector}/sandbox/index.ts exports no \`sandbox\``);
  return loaded.sandbox;
}

/** Two sandboxes may name one variable only when they mean one value. */
function joined(parts: readonly Readonly<Record<string, string>>[]): Readonly<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const [name, value] of parts.flatMap((part) => Object.entries(part))) {
    if (all[name] !== undefined && all[name] !== value) throw new RangeError(`two sandboxes want ${name} with different values: give them one seed`);
    all[name] = value;
  }
  return all;
}
