import { createHash } from 'node:crypto';
import { canonicalJson } from '../sync/canonical-json.js';
import { invalid } from './problem.js';
import { integer, list, record, text, type Schema } from './schema/schema.js';

/** Where a list goes on: behind the last entry that was given, in the order of the list. */
export type Position = readonly (string | number)[];

/** Opaque to callers. Bound to the list that it came from: another filter or order would make it mean something else. */
export function cursorFor(scope: unknown, position: Position): string {
  return Buffer.from(JSON.stringify([digest(scope), ...position])).toString('base64url');
}

export function positionOf(cursor: string | undefined, scope: unknown, shape: readonly ('string' | 'number')[]): Position | undefined {
  if (cursor === undefined) return undefined;
  const [bound, ...position] = parsed(cursor);
  if (position.length !== shape.length || !shape.every((type, place) => (type === 'number' ? Number.isSafeInteger(position[place]) : typeof position[place] === type))) throw invalid([{ parameter: 'cursor', detail: 'is none that this list has given' }]);
  if (bound !== digest(scope)) throw invalid([{ parameter: 'cursor', detail: 'belongs to another filter or order: begin again without it' }]);
  return position as Position;
}

function parsed(cursor: string): readonly unknown[] {
  try {
    const value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown;
    return Array.isArray(value) ? value : [];
  } catch {
    return []; // no JSON: as wrong as any other that we never gave
  }
}

const digest = (scope: unknown): string => createHash('sha256').update(canonicalJson(scope)).digest('base64url').slice(0, 12);

export const MOST_ITEMS = 500;

export const PAGING: Readonly<Record<string, Schema>> = {
  'limit?': integer({ minimum: 1, maximum: MOST_ITEMS, default: 50, description: `entries a page, at most ${MOST_ITEMS}` }),
  'cursor?': text({ minLength: 1, maxLength: 2_000, description: '`next` of the page before; the other parameters must stay the same' }),
};
export interface Paged { readonly limit?: number; readonly cursor?: string }

export const pageOf = (items: Schema): Schema => record({ items: list(items, { maxItems: MOST_ITEMS }), next: { type: ['string', 'null'], description: 'cursor of the next page; null: this is the last' } });

export interface Page<T> { readonly items: readonly T[]; readonly next: string | null }

/** `found` holds one entry more than asked for where there is a further page. */
export function page<T>(found: readonly T[], limit: number, scope: unknown, position: (last: T) => Position): Page<T> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: found.length > limit && last !== undefined ? cursorFor(scope, position(last)) : null };
}

export const sizeOf = ({ limit }: Paged): number => limit ?? 50;
