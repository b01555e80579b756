import { resolve } from 'node:path';
import { BuildContext, optional } from './build/context.js';
import { buildSource, type BuiltSource } from './build/source.js';
import { buildAuthority, buildIdentity, buildLifecycle, buildReferences, classTreeOf } from './build/model.js';
import { buildNotifications, buildPolicies, buildRetention, buildSecurity } from './build/operation.js';
import { defaultTree } from './defaults.js';
import { hashOf, rowsOf, type ConfigRow } from './effective.js';
import { namesFor, parseOptionsFor } from './expression-names.js';
import { readFiles, type ConfigFile } from './files.js';
import { DEFAULTS, under, type LocatedMap } from './located.js';
import { overlay, replace, withDefaults, without } from './overlay.js';
import { problemAt, sortProblems, type ConfigProblem, type Place } from './problem.js';
import { References } from './references.js';
import { ScalarReader } from './scalar-reader.js';
import { attachSnippets } from './snippets.js';
import { Walker } from './walker.js';
import { RootSection } from './sections/root.js';
import type { ConnectorCatalogue } from './build/connector-rules.js';
import type { LoadedConfig } from './types.js';

export interface LoadRequest {
  /** As `--config` names them: later ones win key by key; a folder stands for its `*.yaml`. Empty: `LOCKSTEP_CONFIG`, else `lockstep.yaml`. */
  readonly files: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly catalogue: ConnectorCatalogue;
  /** The working directory: where file names and the paths of built-in defaults start. */
  readonly cwd: string;
  /** `false`: unset variables and missing files of references are borne; what depends on them stays out. Default true. */
  readonly requireSecrets?: boolean;
}

export type LoadResult =
  | { readonly ok: true; readonly config: LoadedConfig }
  /** All there are, sorted by place. */
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** The rows of `config show`, kept beside a configuration, so that it stays plain data. */
const ROWS = new WeakMap<LoadedConfig, readonly ConfigRow[]>();

/** The effective configuration, value by value, with origins. Secrets are masked. */
export function showConfig(config: LoadedConfig): readonly ConfigRow[] {
  return ROWS.get(config) ?? [];
}

/** The names of the files to read: what was asked for, else `LOCKSTEP_CONFIG` (several separated by `:`), else `lockstep.yaml`. */
export function configFiles(asked: readonly string[], env: Readonly<Record<string, string | undefined>>): readonly string[] {
  if (asked.length) return asked;
  const fromEnv = (env['LOCKSTEP_CONFIG'] ?? '').split(':').filter((name) => name !== '');
  return fromEnv.length ? fromEnv : ['lockstep.yaml'];
}

/** Reads, checks and completes the configuration. Nothing is started, nothing but files is read. */
export async function loadConfig(request: LoadRequest): Promise<LoadResult> {
  const { files, problems } = await readFiles(configFiles(request.files, request.env), request.cwd);
  const all: ConfigProblem[] = [...problems, ...files.flatMap((file) => file.problems)];
  const trees = files.flatMap((file) => (file.root ? [file.root] : []));
  const fail = (): LoadResult => {
    const sorted = sortProblems(all, files.map((file) => file.name));
    attachSnippets(sorted, files);
    return { ok: false, problems: sorted };
  };
  const [first, ...later] = trees;
  if (!first) return fail();
  const merged = later.reduce(overlay, first);
  const { config, problems: found } = await build(merged, files, request);
  all.push(...found);
  return all.length || !config ? fail() : { ok: true, config };
}

async function build(merged: LocatedMap, files: readonly ConfigFile[], request: LoadRequest): Promise<{ readonly config?: LoadedConfig; readonly problems: readonly ConfigProblem[] }> {
  const folders = new Map(files.map((file) => [file.name, file.folder]));
  const folderOf = (file: string): string => folders.get(file) ?? request.cwd;
  const lost = new Map(files.map((file) => [file.name, file.lost]));
  const isLost = (from: Place, endLine = from.line): boolean => (lost.get(from.file) ?? []).some((line) => line >= from.line && line <= endLine + 1);
  const references = new References(request.env, request.requireSecrets !== false);
  const scalars = new ScalarReader(references, folderOf);
  const walker = new Walker(scalars, isLost);
  const effective = complete(merged);
  const start: Place = { file: merged.place.file, line: 1, column: 1 };
  const root = walker.section(RootSection, effective, '', start);
  judgeSourceNames(effective, walker.problems);
  const context = contextOf(root, walker, folderOf);
  const sources: BuiltSource[] = [];
  for (const [name, source] of Object.entries(root.sources ?? {})) sources.push(await buildSource(name, source, request.catalogue, context));
  const tree = classTreeOf(root.identity?.classes);
  const notifications = buildNotifications(root.notifications, context);
  const parts = {
    sources: sources.map(({ settings }) => settings),
    identity: buildIdentity(root.identity, tree, context), references: buildReferences(root.references, context),
    authority: buildAuthority(root.authority, context), lifecycle: buildLifecycle(root.lifecycle, context),
    notifications, policies: buildPolicies(root.policies, notifications.channels, context), security: buildSecurity(root.security, context),
    retention: buildRetention(root.retention),
  };
  if (walker.problems.length) return { problems: walker.problems };
  const rows = [...rowsOf(effective, references, folderOf), ...sources.flatMap(chosenRows)];
  const { environment, server, queue } = root;
  const config: LoadedConfig = {
    environment: { name: environment?.name ?? '', writes: environment?.writes === true || environment?.writes === 'on' },
    database: databaseOf(root, context), ...optional('queue', queue && { url: queue.url, prefix: queue.prefix ?? 'lockstep' }),
    server: { host: server?.host ?? '127.0.0.1', port: server?.port ?? 8080, ...optional('publicUrl', server?.publicUrl), trustedProxies: server?.trustedProxies ?? [] },
    ...parts, hash: hashOf(rows), secrets: [...scalars.secrets],
  };
  ROWS.set(config, rows);
  return { config, problems: [] };
}

/** Defaults under what was given; each source on top of what every source starts from. */
function complete(merged: LocatedMap): LocatedMap {
  const defaults = defaultTree();
  const perSource = defaults.entries.get('source')?.value;
  const whole = withDefaults(merged, without(without(defaults, 'source'), 'version'));
  const sources = whole.entries.get('sources')?.value;
  if (sources?.kind !== 'map' || perSource?.kind !== 'map') return whole;
  const entries = new Map([...sources.entries].map(([name, entry]) => [name, entry.value.kind === 'map' ? { ...entry, value: withDefaults(entry.value, perSource) } : entry]));
  return replace(whole, 'sources', { ...sources, entries });
}

/** Databases that do not tell capitals apart would take two such sources for one. */
function judgeSourceNames(effective: LocatedMap, problems: ConfigProblem[]): void {
  const sources = effective.entries.get('sources')?.value;
  if (sources?.kind !== 'map') return;
  const seen = new Map<string, string>();
  for (const { key, keyPlace } of sources.entries.values()) {
    const before = seen.get(key.toLowerCase());
    if (before !== undefined) problems.push(problemAt(keyPlace, under('sources', key), { what: 'named twice', found: `"${key}" beside "${before}"`, expected: 'names that differ in more than capitals' }));
    seen.set(key.toLowerCase(), key);
  }
}

function contextOf(root: RootSection, walker: Walker, folderOf: (file: string) => string): BuildContext {
  const sources = root.sources && Object.keys(root.sources);
  const classes = Object.keys(classTreeOf(root.identity?.classes));
  const added = [...new Set(Object.values(root.sources ?? {}).flatMap((source) => Object.values(source.mapping ?? {}).flatMap((attributes) => Object.keys(attributes))))];
  const names = namesFor(classes, sources, added);
  return new BuildContext(walker, sources, classes, added, { record: parseOptionsFor('record', names, sources), rule: parseOptionsFor('rule', names, sources) }, folderOf);
}

function databaseOf(root: RootSection, context: BuildContext): LoadedConfig['database'] {
  const url = root.database?.url ?? '';
  if (!url.startsWith('sqlite:')) return { url, kind: 'mysql' };
  const given = url.slice('sqlite:'.length);
  const file = root.database && context.nodeOf(root.database, 'url')?.place.file;
  const path = given === ':memory:' ? given : resolve(context.folderOf(file ?? DEFAULTS), given);
  return { url: `sqlite:${path}`, kind: 'sqlite', path };
}

/** What the connectors' manifests chose where nothing was given. */
function chosenRows({ settings, chosen }: BuiltSource): ConfigRow[] {
  return Object.entries(chosen).map(([key, value]) => ({ path: `sources.${settings.name}.${key}`, value: value as ConfigRow['value'], origin: DEFAULTS }));
}
