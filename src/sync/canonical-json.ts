import { createHash } from 'node:crypto';

/**
 * JSON with sorted keys: the same record gives the same text in whatever order its source writes the keys. What JSON cannot
 * hold (undefined, functions) is left out; a Date becomes its ISO text, a bigint its digits.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'string') return JSON.stringify(value);
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
    text += (text.length > 1 ? ',' : '') + JSON.stringify(key) + ':' + canonicalJson(inner);
  }
  return text + '}';
}

/** 128 bits of SHA-256: no two records of a stream meet by chance, and the narrow rows stay narrow. */
export const contentHash = (canonical: string): string => createHash('sha256').update(canonical).digest('base64url').slice(0, 22);
