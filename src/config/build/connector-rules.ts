import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { nearest } from '../nearest.js';
import { mapOf, under, type LocatedEntry, type LocatedMap } from '../located.js';
import { isNothing } from '../overlay.js';
import { propertiesOf } from '../shape.js';
import type { BuildContext } from './context.js';
import type { SourceSection } from '../sections/source.js';
import type { Connector, Manifest } from '../../../connectors/sdk/contract/index.js';

/** Finds connectors. The configuration asks nothing else of the world. */
export interface ConnectorCatalogue {
  /** Names of the bundled connectors. */
  names(): readonly string[];
  /** A bundled name, a package, or a path (relative to `folder`). Undefined: there is none; throws when it is there but cannot be used. */
  load(name: string, folder: string): Promise<Connector | undefined>;
}

export const isPath = (name: string): boolean => /^\.{1,2}(\/|$)/.test(name) || isAbsolute(name);

/** The connector of a source; an unknown one is told with those that there are. */
export async function loadConnector(source: SourceSection, catalogue: ConnectorCatalogue, context: BuildContext): Promise<{ readonly connector?: Connector; readonly name: string }> {
  const node = context.nodeOf(source, 'connector');
  const given = source.connector;
  if (typeof given !== 'string' || !node) return { name: '' };
  const folder = context.folderOf(node.place.file);
  const name = isPath(given) ? resolve(folder, given) : given;
  const path = context.pathOf(source, 'connector');
  try {
    const connector = await catalogue.load(name, folder);
    if (connector) return { connector, name };
    const known = catalogue.names();
    context.report(node.place, path, {
      what: 'unknown connector', found: `"${given}"`, expected: `one of ${known.join(', ')}, the name of an installed package, or a path such as ./my-connector`, suggestion: isPath(given) ? undefined : nearest(given, known),
    });
  } catch (error) {
    context.report(node.place, path, { what: 'connector cannot be used', found: `"${given}"`, expected: 'a connector that can be loaded', hint: (error as Error).message.split('\n')[0]!.slice(0, 200) });
  }
  return { name };
}

/** Everything about a source that only its connector can judge. Gives the validated options. */
export function judgeByConnector(source: SourceSection, connector: Connector, context: BuildContext): { readonly options: Readonly<Record<string, unknown>>; readonly authMethod: string } {
  const { manifest } = connector;
  judgeBaseUrl(source, manifest, context);
  const authMethod = judgeAuth(source, manifest, context);
  judgeWebhook(source, manifest, context);
  const streams = manifest.streams.map((stream) => stream.name);
  context.eachOf(context.nodeOf(source, 'streams'), context.pathOf(source, 'streams'), (text, place, path) => context.mustBe('unknown stream', text, streams, place, path));
  const mapping = context.nodeOf(source, 'mapping');
  if (mapping?.kind === 'map') for (const { key, keyPlace } of mapping.entries.values()) context.mustBe('unknown stream', key, streams, keyPlace, under(context.pathOf(source, 'mapping'), key));
  const own = source.schedule && context.nodeOf(source.schedule, 'streams');
  if (source.schedule && own?.kind === 'map') for (const { key, keyPlace } of own.entries.values()) context.mustBe('unknown stream', key, streams, keyPlace, under(context.pathOf(source.schedule, 'streams'), key));
  return { options: judgeOptions(source, connector, context), authMethod };
}

function judgeBaseUrl(source: SourceSection, manifest: Manifest, context: BuildContext): void {
  const { walker } = context;
  const { keyPlace, path } = walker.originOf(source);
  const entry = walker.entryOf(source, 'baseUrl');
  const given = entry && !isNothing(entry.value);
  if (manifest.baseUrl === 'required' && !given) walker.missing('baseUrl', entry, keyPlace, path, `the URL of the system${manifest.baseUrlExample ? `, e.g. ${manifest.baseUrlExample}` : ''}`);
  if (manifest.baseUrl === 'none' && given) context.report(entry.keyPlace, under(path, 'baseUrl'), { what: 'unknown key', found: '"baseUrl"', expected: `nothing: ${manifest.name} has no address` });
}

function judgeAuth(source: SourceSection, manifest: Manifest, context: BuildContext): string {
  const { walker } = context;
  const free = manifest.auth.find((auth) => auth.keys.every((key) => key.endsWith('?')));
  const entry = walker.entryOf(source, 'auth');
  if (!source.auth) {
    if (entry && !isNothing(entry.value)) return '';                                            // of a wrong type, which is told
    if (manifest.auth.length > 0 && !free) {
      const { keyPlace, path } = walker.originOf(source);
      walker.missing('auth', entry, keyPlace, path, `how to sign in: ${manifest.auth.map(({ method, keys }) => `{ method: ${[method, ...keys.map((key) => key.replace('?', ''))].join(', ')} }`).join(' or ')}`);
    }
    return free?.method ?? 'none';
  }
  const known = manifest.auth.length ? manifest.auth : [{ method: 'none', keys: [] }];
  judgeMethod(source.auth, known, context, `${manifest.name} signs in by`);
  return source.auth.method ?? '';
}

function judgeWebhook(source: SourceSection, manifest: Manifest, context: BuildContext): void {
  if (!source.webhook) return;
  const { keyPlace, path } = context.walker.originOf(source.webhook);
  if (!manifest.webhookAuth.length) {
    context.report(keyPlace, path, { what: 'unknown key', found: '"webhook"', expected: `nothing: ${manifest.name} takes no deliveries` });
    return;
  }
  for (const auth of [source.webhook.auth ?? []].flat()) judgeMethod(auth, manifest.webhookAuth, context, `deliveries of ${manifest.name} are proved by`);
}

/** A method of the manifest with exactly its keys: `key?` may be left out, of `a|b` one is needed. */
function judgeMethod(auth: { readonly method: string }, methods: readonly { readonly method: string; readonly keys: readonly string[] }[], context: BuildContext, why: string): void {
  const { walker } = context;
  const { map, path, keyPlace } = walker.originOf(auth);
  const node = map.entries.get('method')?.value;
  if (!node || typeof auth.method !== 'string') return;                                          // missing, or of a wrong type: told before
  const found = methods.find(({ method }) => method === auth.method);
  if (!found) {
    context.report(node.place, under(path, 'method'), { what: 'unknown method', found: walker.shown(node, 'method', path), expected: `one of ${methods.map(({ method }) => method).join(', ')}`, suggestion: nearest(auth.method, methods.map(({ method }) => method)), hint: why === '' ? undefined : `${why} nothing else` });
    return;
  }
  const admitted = found.keys.flatMap((key) => key.replace(/\?$/, '').split('|'));
  if (admitted.includes('secret')) admitted.push('previousSecret');
  const meant = new Set<string>();
  for (const { key, keyPlace: at } of map.entries.values()) {
    if (key === 'method' || admitted.includes(key)) continue;
    const suggestion = walker.unknownKey(key, admitted, at, under(path, key), `it is no key of ${found.method}`);
    if (suggestion !== undefined) meant.add(suggestion);
  }
  for (const key of found.keys) {
    if (key.endsWith('?')) continue;
    const choices = key.split('|');
    const given = choices.some((choice) => { const entry = map.entries.get(choice); return entry !== undefined && !isNothing(entry.value); });
    if (!given && !choices.some((choice) => meant.has(choice))) walker.missing(choices[0]!, map.entries.get(choices[0]!), keyPlace, path, `"${choices.join('" or "')}" for the method ${found.method}`);
  }
}

/** Option keys that hold paths, relative to the file in which each stands. */
const PATH_KEYS = ['path', 'folder', 'file', 'files', 'caFile', 'tokenFile'] as const;

function judgeOptions(source: SourceSection, { optionsClass, manifest }: Connector, context: BuildContext): Readonly<Record<string, unknown>> {
  const { walker } = context;
  const origin = walker.originOf(source);
  const entry = walker.entryOf(source, 'options');
  const path = under(origin.path, 'options');
  const map: LocatedMap = entry?.value.kind === 'map' ? entry.value : mapOf([], entry?.keyPlace ?? origin.keyPlace);
  if (entry && entry.value.kind !== 'map' && !isNothing(entry.value)) return {};                 // of a wrong type, which is told
  if (!optionsClass) {
    for (const { key, keyPlace } of map.entries.values()) context.report(keyPlace, under(path, key), { what: 'unknown key', found: `"${key}"`, expected: `nothing: ${manifest.name} has no options` });
    return {};
  }
  const options = walker.section(optionsClass, map, path, entry?.keyPlace ?? origin.keyPlace) as Record<string, unknown>;
  if (propertiesOf(optionsClass).size > 0) for (const key of PATH_KEYS) absolute(options, map.entries.get(key), context);
  return options;
}

function absolute(options: Record<string, unknown>, entry: LocatedEntry | undefined, context: BuildContext): void {
  if (!entry) return;
  const folder = context.folderOf(entry.value.place.file);
  const put = (value: unknown): unknown => (typeof value === 'string' && value !== '' && !/^[a-z]+:\/\//.test(value) ? resolve(folder, value) : value);
  const value = options[entry.key];
  if (Array.isArray(value)) options[entry.key] = value.map(put);
  else options[entry.key] = put(value);
}

/** A file that a section names by a path: absolute, and there. */
export function fileOf(instance: object, key: string, value: string | undefined, context: BuildContext): string | undefined {
  const node = context.nodeOf(instance, key);
  if (value === undefined || !node) return undefined;
  const path = resolve(context.folderOf(node.place.file), value);
  if (!existsSync(path)) context.report(node.place, context.pathOf(instance, key), { what: 'missing file', found: `no file at ${path}`, expected: 'a file that this user may read' });
  return path;
}
