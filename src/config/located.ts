import type { Place } from './problem.js';

/** YAML as data in which everything still knows where it stands. */
export type Located = LocatedMap | LocatedList | LocatedScalar;

export interface LocatedMap {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, LocatedEntry>;
  readonly place: Place;
  /** The last line that may belong to it. */
  readonly endLine?: number;
}
export interface LocatedEntry { readonly key: string; readonly keyPlace: Place; readonly value: Located }
export interface LocatedList { readonly kind: 'list'; readonly items: readonly Located[]; readonly place: Place }
export interface LocatedScalar {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** As written, without quotes: `0123` where the value is 123. */
  readonly source: string;
  readonly place: Place;
  /** Where the character at `offset` of a text stands. */
  readonly within: (offset: number) => Place;
}

/** The file name of what nobody wrote: values that come from `config/defaults.yaml`. */
export const DEFAULTS = 'default';

export function mapOf(entries: readonly LocatedEntry[], place: Place, endLine?: number): LocatedMap {
  return { kind: 'map', entries: new Map(entries.map((entry) => [entry.key, entry])), place, ...(endLine !== undefined && { endLine }) };
}

/** For messages: never longer than a line. */
export function describe(node: Located): string {
  if (node.kind === 'map') return node.entries.size === 0 ? 'an empty map' : `a map (${[...node.entries.keys()].slice(0, 3).join(', ')}${node.entries.size > 3 ? ', …' : ''})`;
  if (node.kind === 'list') return node.items.length === 0 ? 'an empty list' : `a list of ${node.items.length}`;
  if (node.value === null) return 'nothing';
  if (typeof node.value === 'string') return node.value === '' ? 'an empty text' : `"${shorten(node.value)}"`;
  return `${typeof node.value === 'number' ? 'the number' : 'the truth value'} ${shorten(node.source)}`;
}

export const shorten = (text: string, most = 60): string => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);

/** `parent.key`, or `parent[index]`. */
export const under = (path: string, key: string | number): string => (typeof key === 'number' ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`);
