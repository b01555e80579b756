import { createHash } from 'node:crypto';
import { DEFAULTS, under, type Located, type LocatedMap, type LocatedScalar } from './located.js';
import { isSecretKey, withoutPasswords } from './secrets.js';
import { isNothing } from './overlay.js';
import type { References } from './references.js';

type Scalar = string | number | boolean | null;

/** One value of the effective configuration. */
export interface ConfigRow {
  readonly path: string;
  /** Secrets are `***`. Lists of single values are one row. */
  readonly value: Scalar | readonly Scalar[];
  /** `file:line`, or `default`. */
  readonly origin: string;
}

const MASK = '***';

/** Every value with its origin, references replaced, secrets masked. */
export function rowsOf(root: LocatedMap, references: References, folderOf: (file: string) => string): ConfigRow[] {
  const rows: ConfigRow[] = [];
  const scalar = (node: LocatedScalar, path: string, key: string): Scalar => {
    if (node.value === null) return null;
    if (isSecretKey(key, path) || CHANNEL_URL.test(path)) return MASK;
    if (typeof node.value !== 'string' || RAW.test(path)) return node.value;
    const resolved = references.resolve(node.value, folderOf(node.place.file));
    return resolved.ok ? masked(resolved.text) : node.value;
  };
  const walk = (node: Located, path: string, key: string): void => {
    const origin = node.place.file === DEFAULTS ? DEFAULTS : `${node.place.file}:${node.place.line}`;
    if (node.kind === 'scalar') {
      if (node.value !== null || /\.mapping\./.test(path)) rows.push({ path, value: scalar(node, path, key), origin });
    } else if (node.kind === 'map') {
      for (const entry of node.entries.values()) walk(entry.value, under(path, entry.key), entry.key);
    } else if (node.items.every((item) => item.kind === 'scalar')) {
      rows.push({ path, value: node.items.map((item, index) => scalar(item as LocatedScalar, under(path, index), key)), origin });
    } else {
      for (const [index, item] of node.items.entries()) if (!isNothing(item)) walk(item, under(path, index), key);
    }
  };
  walk(root, '', '');
  return rows;
}

/** Who knows where to post can post there. */
const CHANNEL_URL = /^notifications\.channels\..+\.url$/;

/** Conditions and `from` take no references: there `${` is a plain sign. */
const RAW = /(^|\.)(where|when|from)$|\.mapping\.[^.]+\.[^.]+$/;

/** A resolved URL holds no reference any more: whatever stands as its password is hidden. */
const masked = (text: string): string => withoutPasswords(text.replace(/\$\{/g, '$ {')).replaceAll('$ {', '${');

/** The same meaning, the same hash: order of keys, comments and places do not count, nor do secrets. */
export function hashOf(rows: readonly ConfigRow[]): string {
  const canonical = rows.map(({ path, value }) => [path.normalize('NFC'), typeof value === 'string' ? value.normalize('NFC') : value]).sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex');
}
