import type { Located, LocatedEntry, LocatedMap } from './located.js';

/** Later wins key by key; lists and single values replace; each value keeps the place at which it stands. */
export function overlay(base: LocatedMap, later: LocatedMap): LocatedMap {
  const entries = new Map(base.entries);
  for (const [key, entry] of later.entries) {
    const before = entries.get(key);
    const merged: LocatedEntry = before && before.value.kind === 'map' && entry.value.kind === 'map' ? { ...before, value: overlay(before.value, entry.value) } : entry;
    entries.set(key, merged);
  }
  return { ...base, entries };
}

/** Defaults fill what is absent or empty (`key:` without a value); they never reach into a list. */
export function withDefaults(given: LocatedMap, defaults: LocatedMap): LocatedMap {
  const entries = new Map(given.entries);
  for (const [key, fallback] of defaults.entries) {
    const own = entries.get(key);
    if (!own || isNothing(own.value)) entries.set(key, own ? { ...own, value: fallback.value } : fallback);
    else if (own.value.kind === 'map' && fallback.value.kind === 'map') entries.set(key, { ...own, value: withDefaults(own.value, fallback.value) });
  }
  return { ...given, entries };
}

export const isNothing = (node: Located): boolean => node.kind === 'scalar' && node.value === null;

export function without(map: LocatedMap, key: string): LocatedMap {
  const entries = new Map(map.entries);
  entries.delete(key);
  return { ...map, entries };
}

export function replace(map: LocatedMap, key: string, value: Located): LocatedMap {
  const entry = map.entries.get(key);
  return entry ? { ...map, entries: new Map([...map.entries, [key, { ...entry, value }]]) } : map;
}
