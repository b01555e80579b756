import { hash } from 'node:crypto';

/**
 * JSON with sorted keys: the same record gives the same text in whatever order its source writes the keys. What JSON cannot
 * hold (undefined, functions) is left out; a Date becomes its ISO text, a bigint its digits.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'bigint') return `"${value}"`;
  if (typeof value !== 'object') return 'null';
  if (Array.isArray(value)) {
    let text = '[';
    for (let i = 0; i < value.length; i++) text += (i > 0 ? ',' : '') + canonicalJson(value[i]);
    return text + ']';
  }
  if (value instanceof Date) return JSON.stringify(value);
  let text = '{';
  for (const key of Object.keys(value).sort()) {
    const inner = (value as Record<string, unknown>)[key];
    if (inner === undefined || typeof inner === 'function') continue;
    text += (text.length > 1 ? ',' : '') + nameOf(key) + canonicalJson(inner);
  }
  return text + '}';
}

/** Whatever JSON must escape, and lone halves of a pair. Few texts have any; looking is cheaper than quoting each one. */
const ESCAPED = /[^\x20\x21\x23-\x5b\x5d-\ud7ff\ue000-\uffff]/;
const quoted = (text: string): string => (ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`);

/** The keys of a source's records are always the same few. */
const NAMES = new Map<string, string>();
function nameOf(key: string): string {
  let name = NAMES.get(key);
  if (name === undefined) {
    name = `${JSON.stringify(key)}:`;
    if (NAMES.size < 10_000) NAMES.set(key, name);
  }
  return name;
}

/** 128 bits of SHA-256: no two records of a stream meet by chance, and the narrow rows stay narrow. */
export const contentHash = (canonical: string): string => hash('sha256', canonical, 'base64url').slice(0, 22);
