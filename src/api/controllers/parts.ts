import { createHash } from 'node:crypto';
import { ATTRIBUTES } from '../../../connectors/sdk/contract/index.js';
import { nearest } from '../../core/expressions/nearest.js';
import type { AssetLookup } from '../../queries/asset-lookup.js';
import type { Found } from '../../queries/asset-queries.service.js';
import { canonicalJson } from '../../sync/canonical-json.js';
import type { Call } from '../call.js';
import { invalid, notFound, Problem } from '../problem.js';
import { list, text, type Schema } from '../schema/schema.js';

export const REASON: Schema = text({ minLength: 1, maxLength: 2_000, pattern: '\\S', description: 'why, for the audit and for those who come after' });
export const ASSET_PARAMS = { id: text({ minLength: 1, maxLength: 300, description: 'an id (also one that has merged), kind:value such as serial:ABC123, or a bare identifier or name' }) };
export const NUMBER_PARAMS = { id: { type: 'integer', minimum: 1, maximum: 1e15 } as Schema };
export const NAME_PARAMS = { name: text({ minLength: 1, maxLength: 63 }) };
export const REFERENCE = text({ minLength: 1, maxLength: 300 });
export const RECORD_KEYS = list(text({ minLength: 1, maxLength: 400 }), { minItems: 1, maxItems: 10_000, description: 'source/stream/externalId' });
export const IDS = list({ type: 'integer', minimum: 1, maximum: 1e15 }, { minItems: 1, maxItems: 1_000 });

/** What was looked for, or the refusal that says why not. */
export function found<T>(reference: string, result: Found<T>): T {
  if (result.kind === 'found') return result.value;
  throw notOne(reference, result);
}

export function notOne(reference: string, result: Exclude<AssetLookup, { readonly kind: 'one' }>): Problem {
  if (result.kind === 'none') return notFound(`no asset is known as "${reference}"`, result.hint);
  const choices = result.found.slice(0, 50).map(({ asset: { state } }) => ({ id: state.id, class: state.assetClass ?? null, name: typeof state.attributes['name'] === 'string' ? state.attributes['name'] : null, stage: state.stage }));
  return new Problem(409, 'several_assets', `"${reference}" fits ${result.found.length} assets`, { choices, hint: 'name the one you mean by its id' });
}

/** Each must be one of the known; else the nearest is named. */
export function mustBeKnown(parameter: string, given: readonly string[], known: readonly string[]): void {
  const errors = given.filter((each) => !known.includes(each)).map((each) => {
    const suggestion = nearest(each, known);
    return { parameter, detail: `"${each}" is not known${suggestion === undefined ? '' : `; did you mean "${suggestion}"?`}` };
  });
  if (errors.length > 0) throw invalid(errors.slice(0, 20));
}

/** A configured source; 404 else, for it stands in the path. */
export function configuredSource(call: Call<any, any, any>, name: string): string {
  const known = call.engine.config.sources.map((source) => source.name);
  if (known.includes(name)) return name;
  const suggestion = nearest(name, known);
  throw notFound(`there is no source "${name}"`, suggestion === undefined ? 'see /api/v1/sources' : `did you mean "${suggestion}"?`);
}

/** Changes with everything that people decide upon; not when a source merely shows the same again. */
export function tagOf(document: object): string {
  return `"${createHash('sha256').update(canonicalJson(withoutSightings(document))).digest('base64url').slice(0, 22)}"`;
}

const SIGHTINGS: ReadonlySet<string> = new Set(['lastSeenAt', 'asOf', 'nextDueAt', 'redirectedFrom']);

function withoutSightings(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSightings);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !SIGHTINGS.has(key)).map(([key, each]) => [key, withoutSightings(each)]));
}

/** Throws where the tags of If-Match are not the present one. `current`: undefined where it is gone. */
export function mustMatch(tags: readonly string[] | undefined, current: string | undefined): void {
  if (tags === undefined || (current !== undefined && (tags.includes('*') || tags.includes(current)))) return;
  throw new Problem(412, 'changed_meanwhile', 'it has changed since it was read', { hint: 'read it again, look whether the decision still holds, and send its new ETag' });
}

/** Attributes by which lists can be filtered: single texts and days. */
export const FILTER_ATTRIBUTES = Object.entries(ATTRIBUTES).filter(([, type]) => type === 'text' || type === 'email' || type === 'day').map(([name]) => name).filter((name) => name !== 'description');
