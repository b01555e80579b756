import type { ServiceNowClient } from './session.js';
import { cachedColumns, tableOf } from './references.js';
import { isName, refId, type Row } from './types.js';

/** What is joined to a row, or made for it: no columns of a table. */
const JOINED = new Set(['class_path', 'serial_numbers', 'network_adapters', 'vmware', 'guests', 'stage_from_asset']);
/** The platform walks no further than this from one table to the next without a warning; three tables are enough for a name. */
const MOST_STEPS = 3;

/** A path of the configuration's mapping that the cached references do not answer. */
const walked = (path: readonly string[]): boolean => path.length > 1 && !(tableOf(path[0]!) !== undefined && (path[1] === 'id' || cachedColumns(tableOf(path[0]!)!).includes(path[1]!)));

const pathsOf = (client: ServiceNowClient, stream: string): string[][] =>
  (client.source.wanted?.[stream] ?? []).map((path) => path.slice(0, MOST_STEPS)).filter((path) => path.length > 0 && path.every(isName) && !JOINED.has(path[0]!));

/**
 * Columns that the mapping of the configuration reads beside those that the stream asks for itself: an instance's own ones
 * (`u_rack`), and dot-walks along its references (`u_rack.name`). Without this they would be absent, in silence.
 */
export function withWanted(client: ServiceNowClient, stream: string, fields: readonly string[]): readonly string[] {
  const more = pathsOf(client, stream).flatMap((path) => [path[0]!, ...(walked(path) ? [path.join('.')] : [])]);
  return [...new Set([...fields, ...more])];
}

/** `"u_rack.name": "R7"` becomes `u_rack: { id, name: "R7" }`, as with the references that are resolved anyway. */
export function nestWanted<Raw extends Row>(client: ServiceNowClient, stream: string, rows: readonly Raw[]): readonly Raw[] {
  const paths = pathsOf(client, stream).filter(walked);
  if (paths.length === 0) return rows;
  return rows.map((row) => {
    const nested: Record<string, unknown> = { ...row };
    for (const path of paths) {
      const value = nested[path.join('.')];
      delete nested[path.join('.')];
      if (value === undefined || value === '') continue;
      const id = refId(nested[path[0]!]);
      nested[path[0]!] = at({ ...(id !== undefined && { id }), ...asObject(nested[path[0]!]) }, path.slice(1), value);
    }
    return nested as unknown as Raw;
  });
}

function at(into: Readonly<Record<string, unknown>>, [step, ...rest]: readonly string[], value: unknown): Record<string, unknown> {
  return { ...into, [step!]: rest.length === 0 ? value : at(asObject(into[step!]), rest, value) };
}

const asObject = (value: unknown): Readonly<Record<string, unknown>> => (typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : {});
